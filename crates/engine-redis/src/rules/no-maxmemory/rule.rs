//! `redis/no-maxmemory`: as long as the machine has some.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, Node, area};
use crate::mend;
use crate::words;

/// Reports node by node.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::INFO);
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    let high = cx.limit("high_share");
    for node in cx.body.nodes.iter().filter(|node| node.setting("maxmemory") == Some("0")) {
        let finding = finding(cx, node, high);
        cx.report(finding);
    }
}

fn finding(cx: &Cx<'_, Body>, node: &Node, high: f64) -> Finding {
    let used = node.info.number("used_memory").unwrap_or(0.0);
    let machine = node.info.number("total_system_memory").unwrap_or(0.0);
    let share = if machine > 0.0 { used / machine } else { 0.0 };
    let finding = cx
        .finding(cx.body.subject(node, "maxmemory"), "nothing limits how much memory the server takes")
        .severity(if share >= high { Severity::High } else { Severity::Medium })
        .evidence("maxmemory", 0, "bytes", "CONFIG GET")
        .evidence("maxmemory-policy", node.setting("maxmemory-policy").unwrap_or("?"), "", "CONFIG GET")
        .evidence("used_memory", used, "bytes", "INFO memory")
        .evidence("total_system_memory", machine, "bytes", "INFO memory");
    let why = "when the machine has none left, the kernel ends the server; with a limit its policy decides what happens instead";
    match mend::room(node, used, machine) {
        None => finding.why(format!(
            "{why}; {} of the machine's {} are in use, which leaves no room for a limit: there must be more memory, or less \
             in it, first",
            words::bytes(used),
            words::bytes(machine)
        )),
        Some(limit) => finding
            .why(format!("{why}; in a container, or beside other servers, take the share that this one may have"))
            .change(mend::settings(node, &[("maxmemory", &mend::megabytes(limit))])),
    }
}

#[cfg(test)]
mod tests {
    use dbwright_core::Severity;

    use crate::sample;

    #[test]
    fn a_limit_leaves_room_and_never_evicts() {
        let found = |used: &str, save: &str| {
            let mut node = sample::node(&[("maxmemory", "0"), ("save", save), ("appendonly", "no")]);
            let facts = [("used_memory", used), ("total_system_memory", "1073741824")];
            node.info.0.extend(facts.map(|(name, value)| (name.to_owned(), value.to_owned())));
            let found = sample::run("redis/no-maxmemory", &sample::body(node)).remove(0);
            (found.severity, found.change.map(|change| change.forward[0].clone()))
        };
        let set = |mb: u32| Some(format!("CONFIG SET maxmemory {mb}mb"));
        assert_eq!(found("1000000", ""), (Severity::Medium, set(768)));
        assert_eq!(found("1000000", "3600 1"), (Severity::Medium, set(614)));
        assert_eq!(found("700000000", "3600 1"), (Severity::High, set(834)));
        assert_eq!(found("1000000000", ""), (Severity::High, None));
    }
}
