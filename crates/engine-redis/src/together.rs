//! What every node of a cluster shows alike is told once, with the nodes that show it.

use dbwright_core::{Change, Evidence, Finding, NotLookedAt};

use crate::body::Body;

/// Puts together findings that differ by nothing but the node: same rule, words, severity and change. The evidence is that
/// of the first.
pub(crate) fn findings(body: &Body, all: Vec<Finding>) -> Vec<Finding> {
    let mut groups: Vec<(Finding, Vec<&str>)> = Vec::new();
    for finding in all {
        let Some((word, address)) = of_node(body, &finding.subject) else {
            groups.push((finding, Vec::new()));
            continue;
        };
        let alike = groups.iter_mut().find(|(first, addresses)| {
            !addresses.is_empty()
                && of_node(body, &first.subject).is_some_and(|(other, _)| other == word)
                && (&first.rule, &first.title, first.severity) == (&finding.rule, &finding.title, finding.severity)
                && statements(first.change.as_ref()) == statements(finding.change.as_ref())
        });
        match alike {
            Some((_, addresses)) => addresses.push(address),
            None => groups.push((finding, vec![address])),
        }
    }
    groups.into_iter().map(|(finding, addresses)| told_once(body, finding, &addresses)).collect()
}

fn told_once(body: &Body, first: Finding, addresses: &[&str]) -> Finding {
    let Some((word, _)) = of_node(body, &first.subject).filter(|_| addresses.len() > 1) else { return first };
    // The fingerprint is made of the subject, so it is made anew.
    let Finding { fingerprint, subject, .. } = Finding::new(&first.rule, first.severity, word, first.title.as_str());
    let mut finding = Finding { fingerprint, subject, ..first };
    if let Some(change) = &mut finding.change {
        change.lock = format!("on each of the {} nodes; {}", addresses.len(), change.lock);
    }
    finding.evidence.push(Evidence {
        name: "nodes".to_owned(),
        value: addresses.join(", ").into(),
        unit: String::new(),
        source: "each says so; the other evidence is the first one's".to_owned(),
    });
    finding
}

/// Puts together what could not be looked at for the same reason on several nodes.
pub(crate) fn not_looked_at(body: &Body, all: Vec<NotLookedAt>) -> Vec<NotLookedAt> {
    let mut groups: Vec<(NotLookedAt, Option<String>, usize)> = Vec::new();
    for one in all {
        let plain = without_address(body, &one.reason);
        let known = groups.iter_mut().find(|(first, other, _)| {
            plain.is_some() && *other == plain && first.rule == one.rule && first.remedy == one.remedy
        });
        match known {
            Some((_, _, count)) => *count += 1,
            None => groups.push((one, plain, 1)),
        }
    }
    groups.into_iter().map(|(one, _, count)| and_more(body, one, count)).collect()
}

fn and_more(body: &Body, one: NotLookedAt, count: usize) -> NotLookedAt {
    let address = body.nodes.iter().map(|node| &node.address).find(|address| holds(&one.reason, address));
    let Some(address) = address.filter(|_| count > 1) else { return one };
    let others = if count == 2 { "one other".to_owned() } else { format!("{} others", count - 1) };
    NotLookedAt { reason: one.reason.replacen(address.as_str(), &format!("{address} and {others}"), 1), ..one }
}

/// The word and the node of a subject like `maxmemory on 10.0.0.1:6379`.
fn of_node<'b>(body: &'b Body, subject: &str) -> Option<(String, &'b str)> {
    body.nodes.iter().find_map(|node| {
        let word = subject.strip_suffix(node.address.as_str())?.strip_suffix(" on ")?;
        Some((word.to_owned(), node.address.as_str()))
    })
}

fn without_address(body: &Body, reason: &str) -> Option<String> {
    let address = body.nodes.iter().map(|node| &node.address).find(|address| holds(reason, address))?;
    Some(reason.replacen(address.as_str(), "", 1))
}

/// Whether the address stands there by itself, and is not the start of a longer one.
fn holds(text: &str, address: &str) -> bool {
    text.split_once(address).is_some_and(|(_, rest)| !rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn statements(change: Option<&Change>) -> Option<(&[String], &[String])> {
    change.map(|change| (change.forward.as_slice(), change.back.as_slice()))
}

#[cfg(test)]
mod tests {
    use dbwright_core::Severity;

    use super::*;
    use crate::body::Node;

    fn body() -> Body {
        let nodes = ["a:1", "a:11", "a:2"].map(|address| Node { address: address.to_owned(), ..Node::default() });
        Body { nodes: nodes.into(), ..Body::default() }
    }

    fn finding(subject: &str, set: &str) -> Finding {
        Finding::new("redis/x", Severity::Low, subject, "it is off").change(Change::new([set], "no lock"))
    }

    #[test]
    fn what_all_nodes_show_is_one_finding_and_what_differs_stays() {
        let all = vec![finding("m on a:1", "SET 1"), finding("m on a:11", "SET 1"), finding("m on a:2", "SET 2")];
        let told = findings(&body(), all);
        let subjects: Vec<_> = told.iter().map(|f| f.subject.as_str()).collect();
        assert_eq!(subjects, ["m", "m on a:2"]);
        assert_eq!(told[0].evidence.last().map(|e| e.value.clone()), Some("a:1, a:11".into()));
        assert_eq!(told[0].fingerprint, finding("m", "SET 1").fingerprint);
        assert_eq!(told[0].change.as_ref().map(|c| c.lock.as_str()), Some("on each of the 2 nodes; no lock"));
    }

    #[test]
    fn the_same_reason_on_several_nodes_is_told_once() {
        let one = |reason: &str| NotLookedAt { rule: "redis/x".to_owned(), reason: reason.to_owned(), remedy: None };
        let all = vec![one("a:11 is off"), one("a:1 is off"), one("a:2 is on"), one("nothing"), one("nothing else")];
        let told: Vec<_> = not_looked_at(&body(), all).into_iter().map(|one| one.reason).collect();
        assert_eq!(told, ["a:11 and one other is off", "a:2 is on", "nothing", "nothing else"]);
    }
}
