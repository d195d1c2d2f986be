//! `redis/maxmemory-above-machine`: the kernel is quicker than the limit.

use dbwright_core::{Cx, Finding};

use crate::body::{Body, Node, area};
use crate::mend;
use crate::words;

/// Reports node by node; those of one machine share it.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    let share = cx.limit("share");
    for node in &cx.body.nodes {
        let machine = node.info.number("total_system_memory").unwrap_or(0.0);
        let limits: Vec<f64> =
            cx.body.nodes.iter().filter(|other| host(other) == host(node)).filter_map(limit).collect();
        let together: f64 = limits.iter().sum();
        if limit(node).is_some() && machine > 0.0 && together > machine * share {
            let finding = finding(cx, node, &limits, machine);
            cx.report(finding);
        }
    }
}

/// A limit that is one.
fn limit(node: &Node) -> Option<f64> {
    node.setting_number("maxmemory").filter(|limit| *limit > 0.0)
}

fn host(node: &Node) -> &str {
    node.address.rsplit_once(':').map_or(node.address.as_str(), |(host, _)| host)
}

fn finding(cx: &Cx<'_, Body>, node: &Node, limits: &[f64], machine: f64) -> Finding {
    let (own, together) = (limit(node).unwrap_or(0.0), limits.iter().sum::<f64>());
    let title = match limits {
        [_] => format!("a limit of {} on a machine with {}", words::bytes(own), words::bytes(machine)),
        all => format!(
            "{} servers with a limit of {} together on a machine with {}",
            all.len(),
            words::bytes(together),
            words::bytes(machine)
        ),
    };
    let used = node.info.number("used_memory").unwrap_or(0.0);
    let finding = cx
        .finding(cx.body.subject(node, "maxmemory"), title)
        .evidence("maxmemory", own, "bytes", "CONFIG GET")
        .evidence("together", together, "bytes", "CONFIG GET")
        .evidence("total_system_memory", machine, "bytes", "INFO memory")
        .evidence("used_memory", used, "bytes", "INFO memory");
    let why = "before it is reached, the machine swaps or the kernel ends the server";
    match mend::room(node, used, machine / limits.len() as f64) {
        Some(room) => finding.why(why).change(mend::settings(node, &[("maxmemory", &mend::megabytes(room))])),
        None => finding.why(format!(
            "{why}; {} are in use, which leaves no room for a lower limit: there must be more memory, or less in it, first",
            words::bytes(used)
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::body::Node;
    use crate::sample;

    fn node(address: &str, mb: u64) -> Node {
        let mut node =
            sample::node(&[("maxmemory", &(mb * 1_048_576).to_string()), ("save", ""), ("appendonly", "no")]);
        address.clone_into(&mut node.address);
        let facts = [("used_memory", "1000000"), ("total_system_memory", "1073741824")];
        node.info.0.extend(facts.map(|(name, value)| (name.to_owned(), value.to_owned())));
        node
    }

    #[test]
    fn servers_of_one_machine_share_it() {
        let found = |nodes: Vec<Node>| {
            let body = crate::body::Body { nodes, ..sample::body(Node::default()) };
            sample::run("redis/maxmemory-above-machine", &body)
        };
        assert!(found(vec![node("10.0.0.1:6379", 900), node("10.0.0.2:6379", 900)]).is_empty());
        let two = found(vec![node("10.0.0.1:6379", 700), node("10.0.0.1:6380", 700)]);
        assert_eq!(two.len(), 2);
        let change = two[0].change.as_ref().map(|change| change.forward[0].as_str());
        assert_eq!(change, Some("CONFIG SET maxmemory 384mb"));
    }
}
