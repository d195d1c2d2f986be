//! Reads `SHOW ENGINE INNODB STATUS`: the latest deadlock, with the values of its statements taken away, and what the status has not.
//!
//! The text holds rows and statements as they were. Of these only the statements are kept, normalised; the rest is never stored.

use jiff::civil::DateTime;

use super::activity::without_values;
use super::session::Session;
use crate::body::{Deadlock, Party, area};

const PROCESS: &str = "GRANT PROCESS ON *.* TO the account";

/// What the monitor says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Monitor {
    /// The latest deadlock.
    pub(super) deadlock: Option<Deadlock>,
    /// Transactions whose old versions are not purged.
    pub(super) history: Option<u64>,
    /// Bytes of the redo log between the last checkpoint and now.
    pub(super) checkpoint_age: Option<u64>,
}

/// Reads it.
pub(super) async fn read(session: &mut Session) -> Monitor {
    let sql = "SHOW /* dbwright */ ENGINE INNODB STATUS";
    let rows = session.read(area::INNODB_MONITOR, PROCESS, sql, |row| {
        let _ = (row.text(), row.text());
        row.text()
    });
    rows.await.first().map(|text| parse(text)).unwrap_or_default()
}

fn parse(text: &str) -> Monitor {
    let number = |label: &str| {
        let line = text.lines().find_map(|line| line.trim_start().strip_prefix(label))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let written = number("Log sequence number");
    let age = written.zip(number("Last checkpoint at")).map(|(now, then)| now.saturating_sub(then));
    Monitor { deadlock: deadlock(text), history: number("History list length"), checkpoint_age: age }
}

/// The section of the latest deadlock: up to the next headline.
fn deadlock(text: &str) -> Option<Deadlock> {
    let now = text.lines().find(|line| line.contains("INNODB MONITOR OUTPUT")).and_then(time)?;
    let lines: Vec<&str> = text.lines().skip_while(|line| *line != "LATEST DETECTED DEADLOCK").skip(2).collect();
    let at = lines.first().and_then(|line| time(line))?;
    let end = lines.windows(2).position(|pair| pair[0].starts_with("------") && pair[1] == "TRANSACTIONS");
    let lines = &lines[..end.unwrap_or(lines.len())];
    let seconds = now.duration_since(at).as_secs();
    let victim = lines.iter().rev().find_map(|line| line.strip_prefix("*** WE ROLL BACK TRANSACTION ("));
    let victim = victim.and_then(|rest| rest.trim_end_matches(')').parse().ok());
    let starts: Vec<usize> = (0..lines.len()).filter(|at| is_transaction(lines[*at])).collect();
    let parties = starts.iter().enumerate().map(|(nth, start)| {
        let end = starts.get(nth + 1).copied().unwrap_or(lines.len());
        party(&lines[*start..end])
    });
    Some(Deadlock { seconds_ago: u64::try_from(seconds).unwrap_or(0), parties: parties.collect(), victim })
}

/// `*** (1) TRANSACTION:`.
fn is_transaction(line: &str) -> bool {
    let inner = line.strip_prefix("*** (").and_then(|rest| rest.strip_suffix(") TRANSACTION:"));
    inner.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// One transaction of the deadlock.
fn party(lines: &[&str]) -> Party {
    let Some(head) = lines.iter().position(|line| line.contains(" thread id ") && line.contains("query id ")) else {
        return Party::default();
    };
    let waits = lines.iter().position(|line| line.contains("WAITING FOR THIS LOCK TO BE GRANTED"));
    let lock = waits.and_then(|at| lines.get(at + 1)).copied().unwrap_or_default();
    // The statement ends before the locks; a blank line comes before them on some versions.
    let body: Vec<&str> = lines[head + 1..].iter().take_while(|line| !line.starts_with("*** ")).copied().collect();
    let statement = body.join("\n");
    let id = lines[head].split(" thread id ").nth(1).and_then(|rest| rest.split(',').next()?.trim().parse().ok());
    Party {
        id: id.unwrap_or(0),
        table: between(lock, "of table ", " trx id").map(|table| table.replace('`', "")),
        index: between(lock, " index ", " of table").map(|index| index.trim_matches('`').to_owned()),
        mode: between(lock, "lock_mode ", " waiting").or_else(|| between(lock, "lock mode ", " waiting")),
        statement: Some(statement.trim()).filter(|text| !text.is_empty()).map(without_values),
    }
}

fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inner, _)| inner.to_owned())
}

/// The time at the beginning of a line, in whatever zone: both that are compared are in the same.
fn time(line: &str) -> Option<DateTime> {
    let mut words = line.split_whitespace();
    let (day, hour) = (words.next()?, words.next()?);
    format!("{day}T{hour}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
=====================================
2026-11-22 05:30:09 140583313135296 INNODB MONITOR OUTPUT
=====================================
------------------------
LATEST DETECTED DEADLOCK
------------------------
2026-11-22 05:29:09 140583313135296
*** (1) TRANSACTION:
TRANSACTION 1414430, ACTIVE 2 sec starting index read
mysql tables in use 1, locked 1
MySQL thread id 14, OS thread handle 140583219758784, query id 38 localhost 127.0.0.1 root updating
update acc set bal=99,
 name='geheim' where id=1

*** (1) WAITING FOR THIS LOCK TO BE GRANTED:
RECORD LOCKS space id 4849 page no 4 n bits 72 index PRIMARY of table `dd`.`acc` trx id 1414430 lock_mode X locks rec but not gap waiting
 3: len 8; hex 7365637265742d31; asc geheim;;
*** (2) TRANSACTION:
TRANSACTION 1414431, ACTIVE 2 sec starting index read
MariaDB thread id 15, OS thread handle 140583218702016, query id 39 localhost 127.0.0.1 root updating
update acc set name='geheim *** and cut
*** (2) WAITING FOR THIS LOCK TO BE GRANTED:
RECORD LOCKS space id 4849 page no 4 n bits 72 index PRIMARY of table `dd`.`acc` trx id 1414431 lock mode S waiting
*** WE ROLL BACK TRANSACTION (2)
------------
TRANSACTIONS
------------
History list length 12
Log sequence number          7224760088
Last checkpoint at           7224760000
";

    #[test]
    fn the_latest_deadlock_is_told_without_values() {
        let found = parse(TEXT);
        assert_eq!((found.history, found.checkpoint_age), (Some(12), Some(88)));
        let deadlock = found.deadlock.expect("a deadlock");
        assert_eq!((deadlock.seconds_ago, deadlock.victim, deadlock.parties.len()), (60, Some(2), 2));
        let first = &deadlock.parties[0];
        assert_eq!((first.id, first.table.as_deref(), first.index.as_deref()), (14, Some("dd.acc"), Some("PRIMARY")));
        assert_eq!(first.mode.as_deref(), Some("X locks rec but not gap"));
        let statement = first.statement.as_deref().expect("a statement");
        assert!(statement.starts_with("update acc set bal") && statement.contains("where id"), "{statement}");
        assert!(!format!("{deadlock:?}").contains("geheim"), "{deadlock:?}");
    }

    #[test]
    fn no_deadlock_is_none() {
        let text = "2026-11-22 05:30:09 0x7f INNODB MONITOR OUTPUT\nTRANSACTIONS\nHistory list length 0\n";
        assert_eq!(parse(text), Monitor { history: Some(0), ..Monitor::default() });
    }
}
