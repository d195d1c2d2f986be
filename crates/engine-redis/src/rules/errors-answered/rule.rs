//! `redis/errors-answered`: what clients meant to do was not done.

use dbwright_core::{Cx, Finding, Severity};

use crate::body::{Body, CommandStat, Node, area};
use crate::words;

/// Commands that are named in the evidence.
const NAMED: usize = 3;

/// Reports node by node and kind by kind.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::COMMANDS);
    super::tell_gaps(cx, area::NODES);
    let (least, share, moved) = (cx.limit("errors"), cx.limit("share"), cx.limit("moved_share"));
    for node in &cx.body.nodes {
        // Refused commands are not among those that were processed.
        let rejected: u64 = node.commands.iter().map(|command| command.rejected).sum();
        let calls = node.info.number("total_commands_processed").unwrap_or(0.0) + rejected as f64;
        for (kind, count) in &node.errors {
            let Some(meaning) = meaning(kind) else { continue };
            let most = if matches!(kind.as_str(), "MOVED" | "ASK") { moved } else { share };
            let often = *count as f64;
            let frequent = often >= calls * most;
            if often >= least && (frequent || is_never_normal(kind)) {
                let severity = if frequent { Severity::Medium } else { Severity::Low };
                let finding = finding(cx, node, kind, often, calls).severity(severity).why(meaning);
                cx.report(finding);
            }
        }
    }
}

/// Whether a kind of error tells of the server's state, or of strangers, so that it is told however few they are.
fn is_never_normal(kind: &str) -> bool {
    matches!(kind, "OOM" | "MISCONF" | "NOREPLICAS" | "READONLY" | "CLUSTERDOWN" | "MASTERDOWN" | "WRONGPASS")
}

/// What a kind of error says, and what to do about it; none for those that say nothing.
fn meaning(kind: &str) -> Option<&'static str> {
    Some(match kind {
        // A client's normal work, and what has a rule of its own.
        "NOSCRIPT" | "BUSYGROUP" | "UNBLOCKED" | "CROSSSLOT" | "LOADING" | "NOTBUSY" => return None,
        "WRONGTYPE" => {
            "a program uses keys as another type than they have: two programs may use the same names; only they can mend it"
        }
        "WRONGPASS" => {
            "somebody logs in with a wrong password: a program with an old one, or one who tries them; ACL LOG shows from where"
        }
        "NOAUTH" => {
            "clients send commands before they log in: a program without its password, or somebody who looks for open servers; CLIENT LIST shows from where"
        }
        "NOPERM" => "a user lacks a right that its program needs; ACL LOG shows which, ACL SETUSER grants it",
        "OOM" => {
            "writes were refused because memory was full: raise maxmemory, let keys expire, or choose a policy that evicts"
        }
        "READONLY" => "clients write to a replica: they were not told of a failover, or have the wrong address",
        "MISCONF" => {
            "writes were refused because the server could not write to its disk: see redis/rdb-failing and redis/aof-rewrite-failing"
        }
        "NOREPLICAS" => "writes were refused because fewer replicas than min-replicas-to-write follow",
        "MASTERDOWN" => "a replica without its master refuses reads (replica-serve-stale-data no)",
        "CLUSTERDOWN" => "the cluster refused commands because slots were served by nobody",
        "MOVED" | "ASK" => {
            "clients ask the wrong node again and again: they do not keep the map of slots, so that each command takes two round trips; use a client library that knows clusters"
        }
        "BUSY" => "a script ran for longer than busy-reply-threshold, and everybody was refused meanwhile",
        "EXECABORT" => "transactions were given up because a command in them was refused: look at the other errors",
        "NOGROUP" => {
            "a program reads from a stream with a consumer group that is not there: XGROUP CREATE, before it starts"
        }
        "NOPROTO" => "clients ask for a version of the protocol that the server does not speak",
        _ => {
            "programs send what the server refuses: unknown commands, a wrong number of arguments, values that are no numbers; their own logs have the text"
        }
    })
}

fn finding(cx: &Cx<'_, Body>, node: &Node, kind: &str, often: f64, calls: f64) -> Finding {
    let percent = (often / calls.max(1.0) * 100.0).min(100.0);
    let share = if percent < 10.0 { format!("{percent:.1}") } else { format!("{percent:.0}") };
    let title =
        format!("{} of {} commands were answered with {kind} ({share} %)", words::count(often), words::count(calls));
    let mut finding = cx
        .finding(cx.body.subject(node, &format!("error {kind}")), title)
        .evidence(&format!("errorstat_{kind}"), often, "errors", "INFO errorstats")
        .evidence("commands", calls, "commands", "INFO stats, commandstats");
    let failures = |command: &&CommandStat| command.failed + command.rejected;
    let mut failing: Vec<&CommandStat> = node.commands.iter().filter(|command| failures(command) > 0).collect();
    failing.sort_by_key(|command| std::cmp::Reverse(failures(command)));
    for command in failing.iter().take(NAMED) {
        finding = finding.evidence(
            &format!("failed or refused: {}", command.name),
            failures(command),
            "calls",
            "INFO commandstats",
        );
    }
    finding
}

#[cfg(test)]
mod tests {
    use dbwright_core::Severity;

    use crate::sample;

    #[test]
    fn refusals_by_the_servers_state_are_told_however_few_they_are() {
        let found = |kind: &str, count: u64, commands: &str| {
            let mut node = sample::node(&[]);
            node.info.0.insert("total_commands_processed".to_owned(), commands.to_owned());
            node.errors.insert(kind.to_owned(), count);
            sample::run("redis/errors-answered", &sample::body(node)).first().map(|finding| finding.severity)
        };
        assert_eq!(found("WRONGTYPE", 30, "1000"), Some(Severity::Medium));
        assert_eq!(found("WRONGTYPE", 30, "100000"), None);
        assert_eq!(found("OOM", 30, "100000"), Some(Severity::Low));
        assert_eq!(found("MOVED", 50, "1000"), None);
        assert_eq!(found("NOSCRIPT", 500, "1000"), None);
    }
}
