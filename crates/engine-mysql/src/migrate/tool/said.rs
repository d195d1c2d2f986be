//! What a tool says: how far it is, that it waits for the word to switch, why it failed.

use dbwright_core::Failure;
use dbwright_core::target::redact_text;

use super::facts::Tool;

/// What a line means.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::migrate) enum Said {
    /// So much of the rows is copied, from 0 to 1.
    Copied(f64),
    /// Everything is copied; the switch waits for a file to go.
    Postponed,
    /// It waits, or tries again.
    Waits(String),
    /// Anything else.
    Other,
}

/// Reads a line.
pub(in crate::migrate) fn line(tool: Tool, text: &str) -> Said {
    match tool {
        Tool::Pt => percona(text),
        Tool::GhOst => gh_ost(text),
    }
}

/// ``Copying `shop`.`orders`:  45% 00:12 remain``.
fn percona(text: &str) -> Said {
    if text.starts_with("Copying `")
        && let Some(share) = share(text)
    {
        return Said::Copied(share);
    }
    let waits = ["Replica lag is", "Pausing because", "Waiting for", "Retrying", "waiting"];
    if waits.iter().any(|start| text.contains(start)) { Said::Waits(text.trim().to_owned()) } else { Said::Other }
}

/// `Copy: 1234/5678 21.7%; Applied: 3; Backlog: 0/1000; …; State: migrating; ETA: 12s`.
fn gh_ost(text: &str) -> Said {
    if !text.contains("Copy: ") {
        return Said::Other;
    }
    let state = text.split("State: ").nth(1).and_then(|rest| rest.split(';').next()).unwrap_or_default().trim();
    if state == "postponing cut-over" {
        return Said::Postponed;
    }
    if state.starts_with("throttled") {
        return Said::Waits(state.to_owned());
    }
    share(text).map_or(Said::Other, Said::Copied)
}

/// The number before the first `%`.
fn share(text: &str) -> Option<f64> {
    let before = &text[..text.find('%')?];
    let number = before.rsplit(|c: char| !(c.is_ascii_digit() || c == '.')).next()?;
    let share = number.parse::<f64>().ok()? / 100.0;
    Some(share.clamp(0.0, 1.0))
}

/// Lines that say nothing about a failure.
const CHATTER: [&str; 6] = ["Not dropping ", "DROP TRIGGER", "DROP TABLE", "Tearing down", "# ", "Operation, tries"];

/// How many lines of a tool's are shown.
const SHOWN: usize = 8;

/// A failure from what a tool said at its end.
pub(in crate::migrate) fn failed(title: &str, tool: &str, code: Option<i32>, lines: &[String]) -> Failure {
    let telling: Vec<&String> =
        lines.iter().filter(|line| !CHATTER.iter().any(|start| line.starts_with(start))).collect();
    let wrong = |line: &&&String| {
        ["rror", "FATAL", "failed", "denied", "not ", "cannot", "Cannot"].iter().any(|word| line.contains(word))
    };
    let reason = telling.iter().rev().find(wrong).or_else(|| telling.last());
    let reason = reason.map_or("it said nothing", |line| line.trim());
    let how = code.map_or_else(|| "was ended by a signal".to_owned(), |code| format!("ended with code {code}"));
    let message = redact_text(&format!("{title}: {tool} {how}: {reason}"));
    let shown = telling.iter().rev().take(SHOWN).rev().map(|line| redact_text(line)).collect::<Vec<_>>().join("\n");
    let failure = Failure::not_permitted("migrate.tool", message).excerpt(shown);
    let all = lines.join("\n");
    let failure = if all.contains("denied") {
        failure.hint("the tool needs ALTER, CREATE, DROP, INSERT, LOCK TABLES, TRIGGER and, to see replicas, PROCESS and REPLICATION CLIENT (gh-ost: REPLICATION SLAVE)")
    } else if all.contains("lock wait timeout") || all.contains("Lock wait timeout") {
        failure.hint("somebody holds the table for long: `dbwright check TARGET` names who; or raise --lock-patience")
    } else {
        failure
    };
    failure.hint("what it made is removed again; --copy-tool names another way to copy")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_from_both_tools() {
        assert_eq!(line(Tool::Pt, "Copying `shop`.`orders`:  45% 00:12 remain"), Said::Copied(0.45));
        assert_eq!(line(Tool::Pt, "Copying approximately 20000 rows..."), Said::Other);
        assert!(matches!(line(Tool::Pt, "Replica lag is 12 seconds on db2.  Waiting."), Said::Waits(_)));
        let status = "Copy: 1234/5678 21.7%; Applied: 3; Backlog: 0/1000; Time: 3s(total); State: migrating; ETA: 12s";
        assert_eq!(line(Tool::GhOst, status), Said::Copied(0.217));
        assert_eq!(line(Tool::GhOst, &status.replace("migrating", "postponing cut-over")), Said::Postponed);
        let throttled = status.replace("migrating", "throttled, lag=3.2s");
        assert_eq!(line(Tool::GhOst, &throttled), Said::Waits("throttled, lag=3.2s".to_owned()));
    }

    #[test]
    fn a_failure_says_the_tools_reason_and_no_password() {
        let lines = [
            "Creating new table...",
            "Error altering new table `x`: Unknown column 'b' at mysql://a:secret@h",
            "Not dropping triggers",
        ];
        let failure = failed("copy t", "pt-online-schema-change 3.7.1", Some(11), &lines.map(str::to_owned));
        assert_eq!(failure.code, "migrate.tool");
        assert!(failure.message.contains("code 11: Error altering"), "{}", failure.message);
        assert!(!format!("{failure:?}").contains("secret"), "{failure:?}");
        assert!(failed("copy t", "gh-ost 1", None, &[]).message.ends_with("was ended by a signal: it said nothing"));
    }
}
