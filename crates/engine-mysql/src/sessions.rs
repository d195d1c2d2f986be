//! What rules about sessions share: who it is, and how to end it.

use dbwright_core::{Change, Finding};

use crate::body::{Body, Connected};

/// Where sessions are read.
pub(crate) const SOURCE: &str = "SHOW PROCESSLIST";

/// The session with a connection id.
pub(crate) fn find(body: &Body, id: u64) -> Option<&Connected> {
    body.activity.sessions.iter().find(|session| session.id == id)
}

/// Whether a session works at something, as opposed to waiting for its client.
pub(crate) fn works(session: &Connected) -> bool {
    session.command != "Sleep"
}

/// Adds who a session is and what it does.
pub(crate) fn evidence(finding: Finding, session: Option<&Connected>) -> Finding {
    let Some(session) = session else { return finding };
    let mut finding = finding
        .evidence("user", format!("{}@{}", session.user, session.host), "", SOURCE)
        .evidence("command", session.command.as_str(), "", SOURCE)
        .evidence("seconds in it", session.seconds, "s", SOURCE);
    if let Some(state) = &session.state {
        finding = finding.evidence("state", state.as_str(), "", SOURCE);
    }
    if let Some(statement) = &session.statement {
        finding = finding.evidence("statement", statement.as_str(), "", SOURCE);
    }
    finding
}

/// Ends a session. Connection ids are not used again while the server runs.
pub(crate) fn kill(id: u64) -> Change {
    Change::new([format!("KILL {id}")], "no lock; the session's own locks are released once it is rolled back")
        .outside_transaction()
        .irreversible("the session is closed and its transaction rolled back: what it did has to be done again")
}

/// Whether a session is the server's own work: replication, which ending it would only stop, or a thread such as the one that
/// tidies the table of GTIDs, which is in no list of clients.
pub(crate) fn is_servers_own(body: &Body, id: u64) -> bool {
    let own = |session: &Connected| session.user == "system user" || session.command.starts_with("Binlog Dump");
    id == 0 || find(body, id).is_none_or(own)
}

/// Roots of waits, each with everybody behind it: `(waiter, blocker)` pairs in any order.
///
/// A circle is cut at its lowest id, so that it is told once.
pub(crate) fn groups(pairs: &[(u64, u64)]) -> Vec<(u64, Vec<u64>)> {
    let waits_for = |id: u64| pairs.iter().filter(move |(waiter, _)| *waiter == id).map(|(_, blocker)| *blocker);
    let mut roots: Vec<u64> =
        pairs.iter().map(|(_, blocker)| *blocker).filter(|id| waits_for(*id).next().is_none()).collect();
    roots.sort_unstable();
    roots.dedup();
    if roots.is_empty() {
        roots.extend(pairs.iter().map(|(_, blocker)| *blocker).min());
    }
    roots.into_iter().map(|root| (root, behind(pairs, root))).collect()
}

/// Everybody who waits for an id, directly or not.
fn behind(pairs: &[(u64, u64)], root: u64) -> Vec<u64> {
    let (mut found, mut at) = (vec![root], 0);
    while let Some(&id) = found.get(at) {
        at += 1;
        for (waiter, _) in pairs.iter().filter(|(_, blocker)| *blocker == id) {
            if !found.contains(waiter) {
                found.push(*waiter);
            }
        }
    }
    found.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_stands_behind_the_root() {
        assert_eq!(groups(&[(2, 1), (3, 2), (4, 1)]), [(1, vec![2, 4, 3])]);
        assert_eq!(groups(&[(2, 1), (4, 3)]), [(1, vec![2]), (3, vec![4])]);
    }

    #[test]
    fn a_circle_is_told_once() {
        assert_eq!(groups(&[(1, 2), (2, 1)]), [(1, vec![2])]);
    }
}
