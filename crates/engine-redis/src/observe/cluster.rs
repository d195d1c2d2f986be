//! The cluster: what the first node knows of it, and a visit to every member.

use dbwright_core::engine::{ObserveOptions, Values};
use dbwright_core::progress::Progress;

use super::node;
use super::visit::{Gaps, Visit, text_of};
use crate::body::{Body, Cluster, Member, OpenSlot, area};
use crate::connect::{self, params::Params, params::Place};

/// Reads the cluster into the body, and visits every member that can be reached.
pub(super) async fn visits(
    mut first: Visit,
    params: &Params,
    options: &ObserveOptions,
    body: &mut Body,
    gaps: &mut Gaps,
    progress: &dyn Progress,
) -> Vec<Visit> {
    let cluster = read(&mut first, gaps).await;
    if cluster.is_some() {
        open_slots(&mut first, gaps).await;
    }
    node::observe(&mut first, gaps).await;
    still_open(&mut first, gaps).await;
    let mut visits = vec![first];
    let members = cluster.as_ref().map(|cluster| cluster.members.clone()).unwrap_or_default();
    progress.stage("visiting the cluster's nodes", Some(members.len() as u64));
    let own = visits.first().map(|visit| visit.node.id.clone()).unwrap_or_default();
    for (done, member) in members.iter().filter(|member| member.id != own).enumerate() {
        if progress.cancelled() {
            break;
        }
        if let Some(mut visit) = reach(member, params, options, gaps).await {
            own_slots(&mut visit, cluster.as_ref(), gaps).await;
            if member.master && members.len() <= MEMBERS {
                open_slots(&mut visit, gaps).await;
            }
            node::observe(&mut visit, gaps).await;
            still_open(&mut visit, gaps).await;
            visits.push(visit);
        }
        progress.step(done as u64 + 1);
    }
    if let Some(cluster) = &cluster {
        tell(cluster, gaps);
    }
    body.cluster = cluster;
    visits
}

/// Asks a member for its own slots when it sees another number of them assigned: whoever gives slots up tells nobody, so that the
/// others still take them for served.
async fn own_slots(visit: &mut Visit, cluster: Option<&Cluster>, gaps: &mut Gaps) {
    let Some(cluster) = cluster else { return };
    let Some(info) = visit.ask(gaps, area::CLUSTER, &["CLUSTER", "INFO"]).await else { return };
    if count(&text_of(&info), "cluster_slots_assigned") == cluster.slots_assigned {
        return;
    }
    let Some(nodes) = visit.ask(gaps, area::CLUSTER, &["CLUSTER", "NODES"]).await else { return };
    let mut lines = text_of(&nodes).lines().filter_map(|line| member(line, "")).collect::<Vec<_>>().into_iter();
    visit.node.slots = lines.find(|(_, myself)| *myself).map(|(member, _)| member.slots);
}

/// Asks a node which slots are on their way to it or from it: others do not know.
async fn open_slots(visit: &mut Visit, gaps: &mut Gaps) {
    let Some(nodes) = visit.ask(gaps, area::CLUSTER, &["CLUSTER", "NODES"]).await else { return };
    visit.node.open_slots = opened(&text_of(&nodes));
}

/// Keeps those that are on their way still: a slot that is being moved takes a moment.
async fn still_open(visit: &mut Visit, gaps: &mut Gaps) {
    if visit.node.open_slots.is_empty() {
        return;
    }
    let before = std::mem::take(&mut visit.node.open_slots);
    open_slots(visit, gaps).await;
    visit.node.open_slots.retain(|slot| before.contains(slot));
}

/// What a node's own line of `CLUSTER NODES` says of slots on their way: `[93->-ID]` goes, `[77-<-ID]` comes.
fn opened(nodes: &str) -> Vec<OpenSlot> {
    let own = nodes.lines().find(|line| line.split(' ').nth(2).is_some_and(|flags| flags.contains("myself")));
    let one = |word: &str| {
        let word = word.strip_prefix('[')?.strip_suffix(']')?;
        let (slot, other, comes) = match word.split_once("->-") {
            Some((slot, other)) => (slot, other, false),
            None => word.split_once("-<-").map(|(slot, other)| (slot, other, true))?,
        };
        Some(OpenSlot { slot: slot.parse().ok()?, comes, other: other.to_owned() })
    };
    own.into_iter().flat_map(|line| line.split(' ')).filter_map(one).collect()
}

/// Members of a cluster up to which each master is asked for slots on their way: each answer names all members.
const MEMBERS: usize = 200;

/// A field of `CLUSTER INFO`.
fn field<'a>(info: &'a str, name: &str) -> &'a str {
    let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_default().trim()
}

fn count(info: &str, name: &str) -> u64 {
    field(info, name).parse().unwrap_or(0)
}

/// Visits one member; one that can't be reached leaves a gap.
async fn reach(member: &Member, params: &Params, options: &ObserveOptions, gaps: &mut Gaps) -> Option<Visit> {
    let place = member.address.rsplit_once(':').and_then(|(host, port)| {
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Some(Place::Tcp(host, port.parse().ok()?))
    });
    let Some(place) = place.filter(|_| !member.flags.iter().any(|flag| flag == "noaddr")) else {
        gaps.add(area::NODES, format!("the address of cluster node {} is not known", member.id), None);
        return None;
    };
    let work = async {
        let client = connect::open(&place, &params.login, params.tls.as_ref(), options).await?;
        Visit::begin(client, &params.login).await
    };
    match work.await {
        Ok(mut visit) => {
            visit.node.id.clone_from(&member.id);
            visit.discreet = options.values == Values::None;
            Some(visit)
        }
        Err(failure) => {
            gaps.add(
                area::NODES,
                format!("a node of the cluster was not visited: {}", failure.message),
                failure.hints.first().cloned(),
            );
            None
        }
    }
}

/// A state in which figures of the whole are not to be had.
fn tell(cluster: &Cluster, gaps: &mut Gaps) {
    if cluster.state != "ok" {
        let reason = format!("the cluster's state is `{}`: its keys can be seen in part only", cluster.state);
        gaps.add(area::NODES, reason, Some("wait until CLUSTER INFO says cluster_state:ok".to_owned()));
    }
    for member in cluster.members.iter().filter(|member| member.failing() && member.master && !member.slots.is_empty())
    {
        let reason = format!("{} is `{}`, a failover may be under way", member.address, member.flags.join(","));
        gaps.add(area::NODES, reason, Some("run the command again after the failover".to_owned()));
    }
}

async fn read(first: &mut Visit, gaps: &mut Gaps) -> Option<Cluster> {
    let nodes = first.ask(gaps, area::CLUSTER, &["CLUSTER", "NODES"]).await?;
    let host = first.node.address.rsplit_once(':').map_or("localhost", |(host, _)| host).to_owned();
    let mut cluster = Cluster::default();
    for line in text_of(&nodes).lines() {
        let Some((member, myself)) = member(line, &host) else { continue };
        if myself {
            first.node.id.clone_from(&member.id);
        }
        cluster.members.push(member);
    }
    if let Some(info) = first.ask(gaps, area::CLUSTER, &["CLUSTER", "INFO"]).await {
        let text = text_of(&info);
        let count = |name| count(&text, name);
        field(&text, "cluster_state").clone_into(&mut cluster.state);
        cluster.slots_assigned = count("cluster_slots_assigned");
        cluster.slots_ok = count("cluster_slots_ok");
        cluster.slots_pfail = count("cluster_slots_pfail");
        cluster.slots_fail = count("cluster_slots_fail");
        cluster.epoch = count("cluster_current_epoch");
    }
    Some(cluster)
}

/// One line of `CLUSTER NODES`, and whether it is the node that was asked. A node that never met another does not
/// know its own address: it is `host`.
fn member(line: &str, host: &str) -> Option<(Member, bool)> {
    let mut words = line.split(' ');
    let (id, address, flags, follows) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let (place, name) = address.split_once(',').map_or((address, ""), |(place, rest)| {
        (place, rest.split(',').next().filter(|name| !name.contains('=')).unwrap_or_default())
    });
    let place = place.split('@').next()?;
    let (ip, port) = place.rsplit_once(':')?;
    let at = match (name, ip) {
        ("", "") => host,
        ("", ip) => ip,
        (name, _) => name,
    };
    let at = if at.contains(':') && !at.starts_with('[') { format!("[{at}]") } else { at.to_owned() };
    let flags: Vec<&str> = flags.split(',').collect();
    let mut member = Member {
        id: id.to_owned(),
        address: format!("{at}:{port}"),
        master: flags.contains(&"master"),
        follows: follows.trim_matches('-').to_owned(),
        flags: flags
            .iter()
            .filter(|f| !matches!(**f, "master" | "slave" | "myself" | "noflags"))
            .map(|f| (*f).to_owned())
            .collect(),
        connected: words.nth(3) == Some("connected"),
        ..Member::default()
    };
    for slot in words {
        if let Some(moving) = slot.strip_prefix('[') {
            member.migrating += u64::from(moving.contains("->-"));
            member.importing += u64::from(moving.contains("-<-"));
        } else if let Ok(range) = slot.split_once('-').map_or((slot, slot), |range| range).try_map() {
            member.slots.push(range);
        }
    }
    Some((member, flags.contains(&"myself")))
}

/// Both ends of a range as numbers.
trait TryMap {
    fn try_map(self) -> Result<(u16, u16), std::num::ParseIntError>;
}

impl TryMap for (&str, &str) {
    fn try_map(self) -> Result<(u16, u16), std::num::ParseIntError> {
        Ok((self.0.parse()?, self.1.parse()?))
    }
}

#[cfg(test)]
mod tests {
    use super::{member, opened};

    #[test]
    fn slots_on_their_way_are_those_of_the_node_itself() {
        let text = "a1 h:1@2 master - 0 0 1 connected 0-9 [3->-c3]\nb2 h:3@4 myself,master - 0 0 2 connected 10-19 [12->-a1] [7-<-c3]\n";
        let found: Vec<_> = opened(text).into_iter().map(|slot| (slot.slot, slot.comes, slot.other)).collect();
        assert_eq!(found, [(12, false, "a1".to_owned()), (7, true, "c3".to_owned())]);
    }

    #[test]
    fn lines_of_every_kind_are_read() {
        let (node, me) =
            member("a1 127.0.0.1:7000@17000 myself,master - 0 0 2 connected 0-9 12 [5->-b2] [6-<-c3]", "h")
                .expect("a line");
        assert!(me && node.master && node.connected);
        assert_eq!((node.slots, node.migrating, node.importing), (vec![(0, 9), (12, 12)], 1, 1));
        let (node, me) =
            member("b2 10.0.0.2:7001@17001,db2.example slave,fail? a1 0 0 2 disconnected", "h").expect("a line");
        assert!(!me && !node.master && !node.connected && node.failing());
        assert_eq!((node.address.as_str(), node.follows.as_str()), ("db2.example:7001", "a1"));
        let (node, _) = member("c3 :7002@17002 myself,master - 0 0 0 connected", "h").expect("a line");
        assert_eq!((node.address.as_str(), node.follows.as_str()), ("h:7002", ""));
        let (node, _) =
            member("d4 ::1:7003@17003,,tls-port=0,shard-id=x master - 0 0 0 connected 5", "h").expect("a line");
        assert_eq!(node.address, "[::1]:7003");
        assert!(member("", "h").is_none());
    }
}
