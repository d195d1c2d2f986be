//! `CLIENT LIST`, summed up by kind, user, name and library.

use std::collections::BTreeMap;

use super::pattern;
use super::visit::{Gaps, Visit, text_of};
use crate::body::{ClientGroup, Clients, area};

/// Clients above which the list is not asked for: it costs the server time for each of them.
const MOST: u64 = 20_000;
/// Groups that are kept.
const GROUPS: usize = 100;
/// Seconds from which on a client counts as idle.
const IDLE: u64 = 300;

/// Reads who is connected.
pub(super) async fn read(visit: &mut Visit, gaps: &mut Gaps) {
    let connected = visit.node.info.count("connected_clients").unwrap_or(0);
    if connected > MOST {
        let reason =
            format!("{} has {connected} clients, and listing more than {MOST} takes it long", visit.node.address);
        gaps.add(area::CLIENTS, reason, None);
        return;
    }
    if let Some(answer) = visit.ask(gaps, area::CLIENTS, &["CLIENT", "LIST"]).await {
        visit.node.clients = sum_up(&text_of(&answer));
    }
}

type Key = (String, String, String, String, u64);

fn sum_up(list: &str) -> Clients {
    let mut groups: BTreeMap<Key, (ClientGroup, BTreeMap<String, u64>)> = BTreeMap::new();
    let mut total = 0;
    for line in list.lines().filter(|line| !line.is_empty()) {
        let fields: BTreeMap<&str, &str> = line.split(' ').filter_map(|pair| pair.split_once('=')).collect();
        let text = |name: &str| fields.get(name).copied().unwrap_or_default();
        if text("name") == "dbwright" {
            continue;
        }
        total += 1;
        let key = (
            kind(text("flags"), text("cmd")).to_owned(),
            text("user").to_owned(),
            pattern::of(text("name").as_bytes()),
            text("lib-name").to_owned(),
            text("db").parse().unwrap_or(0),
        );
        let (group, commands) = groups.entry(key).or_default();
        add(group, &|name| text(name).parse().unwrap_or(0));
        *commands.entry(text("cmd").to_owned()).or_default() += 1;
    }
    let mut groups: Vec<ClientGroup> = groups.into_iter().map(finish).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups.truncate(GROUPS);
    Clients { total, groups }
}

fn add(group: &mut ClientGroup, number: &dyn Fn(&str) -> u64) {
    group.count += 1;
    group.idle += u64::from(number("idle") > IDLE);
    group.oldest_s = group.oldest_s.max(number("age"));
    // `obl` is the fixed buffer, `omem` what did not fit into it.
    let output = number("obl") + number("omem");
    group.output_bytes += output;
    if output > group.largest_output || group.largest_output_id == 0 {
        group.largest_output = output;
        group.largest_output_id = number("id");
    }
    group.largest_input = group.largest_input.max(number("qbuf"));
    group.memory += number("tot-mem");
    group.subscriptions = group.subscriptions.max(number("sub") + number("psub") + number("ssub"));
}

fn finish((key, (group, commands)): (Key, (ClientGroup, BTreeMap<String, u64>))) -> ClientGroup {
    let (kind, user, name, library, database) = key;
    let command = commands.into_iter().max_by_key(|(_, count)| *count).map(|(name, _)| name).unwrap_or_default();
    ClientGroup { kind, user, name, library, database, command, ..group }
}

fn kind(flags: &str, command: &str) -> &'static str {
    let has = |flag| flags.contains(flag);
    match () {
        () if has('M') => "master",
        () if has('S') && !has('O') => "replica",
        () if has('O') || command == "monitor" => "monitor",
        () if has('P') => "pubsub",
        () if has('b') => "blocked",
        () => "normal",
    }
}

#[cfg(test)]
mod tests {
    use super::sum_up;

    #[test]
    fn clients_are_grouped_and_we_are_left_out() {
        let line = |name: &str, flags: &str, omem: u64| {
            format!(
                "id=1 addr=10.0.0.1:5 name={name} age=9 idle=400 flags={flags} db=0 sub=1 psub=0 qbuf=7 obl=0 omem={omem} cmd=get user=app lib-name="
            )
        };
        let list =
            [line("web-1", "N", 5), line("web-2", "N", 9), line("dbwright", "N", 0), line("", "P", 0)].join("\n");
        let clients = sum_up(&list);
        assert_eq!(clients.total, 3);
        let web = &clients.groups[0];
        assert_eq!(
            (web.name.as_str(), web.count, web.idle, web.largest_output, web.output_bytes),
            ("web-*", 2, 2, 9, 14)
        );
        assert_eq!(clients.groups[1].kind, "pubsub");
    }
}
