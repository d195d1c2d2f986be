//! `redis/output-buffer-unlimited`: one slow reader takes all memory.

use dbwright_core::{Cx, Severity};

use crate::body::{Body, Node, area};
use crate::mend;

const NAME: &str = "client-output-buffer-limit";

/// Reports node by node and class by class.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    super::tell_gaps(cx, area::CONFIG);
    super::tell_gaps(cx, area::NODES);
    for node in &cx.body.nodes {
        let Some(limits) = node.setting(NAME) else { continue };
        for (class, word, usual) in [
            ("pubsub", "subscriber", "pubsub 33554432 8388608 60"),
            (replicas(limits), "replica", "replica 268435456 67108864 60"),
        ] {
            if is_unlimited(limits, class) {
                let idle = word == "replica" && node.replication.replicas.is_empty();
                let finding = cx
                    .finding(subject(cx.body, node, word), format!("nothing limits what waits for a {word} that does not read"))
                    .severity(if idle { Severity::Low } else { Severity::Medium })
                    .why(format!("one {word} that hangs takes memory until keys are evicted, writes are refused, or the kernel ends the server"))
                    .evidence(NAME, limits, "", "CONFIG GET")
                    .evidence("replicas", node.replication.replicas.len(), "replicas", "INFO replication")
                    .change(mend::settings(node, &[(NAME, usual)]));
                cx.report(finding);
            }
        }
    }
}

fn subject(body: &Body, node: &Node, word: &str) -> String {
    body.subject(node, &format!("{NAME} {word}"))
}

/// The server's own word for replicas in this setting.
fn replicas(limits: &str) -> &'static str {
    if limits.split(' ').any(|word| word == "replica") { "replica" } else { "slave" }
}

/// Whether a class has neither a hard limit nor a soft one.
fn is_unlimited(limits: &str, class: &str) -> bool {
    let mut words = limits.split(' ').skip_while(|word| *word != class).skip(1);
    let (hard, soft, seconds) = (words.next(), words.next(), words.next());
    hard == Some("0") && (soft == Some("0") || seconds == Some("0"))
}

#[cfg(test)]
mod tests {
    use super::is_unlimited;

    #[test]
    fn a_class_is_unlimited_without_any_limit() {
        let limits = "normal 0 0 0 slave 0 67108864 60 pubsub 0 8388608 0";
        assert_eq!(
            ["normal", "slave", "pubsub", "other"].map(|class| is_unlimited(limits, class)),
            [true, false, true, false]
        );
    }
}
