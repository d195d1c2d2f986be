//! One change to be tried, for all findings that propose the very same: what it touches, and whether a lab can show that.

use std::collections::BTreeSet;

use dbwright_check::rehearsal::{Alike, alike};
use dbwright_core::Finding;

use crate::migrate::text::Cursor;

/// A table: schema and name.
pub(super) type TableName = (String, String);

/// A change, and the findings that propose it.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    /// What is tried, and for whom.
    pub(super) alike: Alike,
    /// What it touches.
    pub(super) touches: Touches,
}

/// What a change touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Touches {
    /// Definitions of tables.
    Tables(BTreeSet<TableName>),
    /// Global variables.
    Settings(BTreeSet<String>),
    /// Accounts, by user and host; the first is there before.
    Accounts(Vec<(String, String)>),
}

/// Whether a finding waits for a rehearsal: it has a change that no experiment speaks for. An index that is missing is
/// measured or not; that it can be built is no proof of its worth.
pub(super) fn waits(finding: &Finding) -> bool {
    finding.rule != super::missing::RULE && finding.change.is_some() && finding.proof.experiment().is_none()
}

/// The changes that wait for a rehearsal, each once, those of the worst findings first.
pub(super) fn all_alike(findings: &[Finding], home: &str) -> Vec<Trial> {
    let tried = |finding: &Finding| waits(finding) && touches(finding, home).is_ok();
    let trials = alike(findings, tried).into_iter();
    trials.filter_map(|(alike, finding)| Some(Trial { alike, touches: touches(finding, home).ok()? })).collect()
}

/// Rules whose findings are states of rows, files or time that no lab without rows has.
const STATES: [(&str, &str); 2] = [
    (
        "mysql/table-fragmented",
        "how much of a file is free comes from the rows that were deleted, and a private server has none of them",
    ),
    (
        "mysql/stale-statistics",
        "how far statistics are behind comes from the rows that were changed, and a private server has none of them",
    ),
];

/// What the change of a finding touches.
///
/// # Errors
/// Why no lab can show that it works.
pub(super) fn touches(finding: &Finding, home: &str) -> Result<Touches, String> {
    if let Some((_, why)) = STATES.iter().find(|(rule, _)| *rule == finding.rule) {
        return Err((*why).to_owned());
    }
    let forward = finding.change.iter().flat_map(|change| &change.forward);
    let mut all = forward.map(|sql| touched(sql, home)).collect::<Result<Vec<_>, _>>()?.into_iter();
    let first = all.next().ok_or("there is no statement to try")?;
    all.try_fold(first, joined)
}

fn joined(one: Touches, other: Touches) -> Result<Touches, String> {
    match (one, other) {
        (Touches::Tables(mut one), Touches::Tables(other)) => {
            one.extend(other);
            Ok(Touches::Tables(one))
        }
        (Touches::Settings(mut one), Touches::Settings(other)) => {
            one.extend(other);
            Ok(Touches::Settings(one))
        }
        _ => Err("it changes several kinds of things at once".to_owned()),
    }
}

/// What one statement touches.
fn touched(sql: &str, home: &str) -> Result<Touches, String> {
    let mut cursor = Cursor::new(sql);
    if cursor.accept(&["alter", "table"]) {
        return table(&mut cursor, home);
    }
    if cursor.accept(&["set"]) && cursor.any(&["persist", "global"]).is_some() {
        let name = cursor.name().ok_or("its variable has no plain name")?;
        return Ok(Touches::Settings(BTreeSet::from([name.to_ascii_lowercase()])));
    }
    let mut cursor = Cursor::new(sql);
    if cursor.any(&["drop", "alter", "rename"]).is_some() && cursor.accept(&["user"]) {
        let mut accounts = vec![account(&mut cursor).ok_or("its account has no plain name")?];
        if cursor.accept(&["to"]) {
            accounts.extend(account(&mut cursor));
        }
        return Ok(Touches::Accounts(accounts));
    }
    let mut cursor = Cursor::new(sql);
    let first = cursor.peek().to_ascii_uppercase();
    cursor.skip();
    Err(match first.as_str() {
        "KILL" => {
            "it ends a session that is connected at this moment, and a private server has none of them".to_owned()
        }
        "START" | "STOP" => "it concerns replication, and a private server replicates from nobody".to_owned(),
        _ if sql.contains(" EVENT ") => {
            "it concerns an event, and a private server does not take over events".to_owned()
        }
        _ => format!("{first} is not a statement that is rehearsed"),
    })
}

fn table(cursor: &mut Cursor<'_>, home: &str) -> Result<Touches, String> {
    let name = cursor.qualified().ok_or("its table has no plain name")?;
    let (schema, table) = name.within(home);
    Ok(Touches::Tables(BTreeSet::from([(schema.to_owned(), table.to_owned())])))
}

/// `'user'@'host'`.
fn account(cursor: &mut Cursor<'_>) -> Option<(String, String)> {
    let user = text(cursor)?;
    cursor.accept(&["@"]).then_some(())?;
    Some((user, text(cursor)?))
}

/// A string as `Dialect::literal` writes it.
fn text(cursor: &mut Cursor<'_>) -> Option<String> {
    let token = cursor.peek();
    let inner = token.strip_prefix('\'')?.strip_suffix('\'')?;
    cursor.skip();
    Some(inner.replace("''", "'").replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use dbwright_core::Severity;

    use dbwright_core::Change;

    use super::*;

    fn of(statements: &[&str]) -> Result<Touches, String> {
        let change = Change::new(statements.iter().copied(), "no lock");
        touches(&Finding::new("mysql/x", Severity::Low, "x", "x").change(change), "home")
    }

    #[test]
    fn what_a_change_touches_is_read_from_its_statements() {
        let table = |schema: &str, name: &str| (schema.to_owned(), name.to_owned());
        let tables = BTreeSet::from([table("home", "a b"), table("other", "c`d")]);
        let read = of(&["ALTER TABLE `a b` DROP INDEX x", "ALTER TABLE other.`c``d` DROP FOREIGN KEY y"]);
        assert_eq!(read, Ok(Touches::Tables(tables)));
        let names = BTreeSet::from(["sort_buffer_size".to_owned(), "max_connections".to_owned()]);
        let read = of(&["SET PERSIST sort_buffer_size = 1", "SET GLOBAL max_connections = 2"]);
        assert_eq!(read, Ok(Touches::Settings(names)));
        let account = |user: &str, host: &str| (user.to_owned(), host.to_owned());
        let read = of(&["RENAME USER 'o''brien'@'%' TO 'o''brien'@'localhost'"]);
        assert_eq!(read, Ok(Touches::Accounts(vec![account("o'brien", "%"), account("o'brien", "localhost")])));
        assert_eq!(of(&["DROP USER ''@'10.0.0.%'"]), Ok(Touches::Accounts(vec![account("", "10.0.0.%")])));
    }

    #[test]
    fn what_a_lab_can_t_show_is_told() {
        for (statement, word) in [
            ("KILL 7", "session"),
            ("START REPLICA SQL_THREAD", "replication"),
            ("ALTER DEFINER = x EVENT e ENABLE", "event"),
        ] {
            let told = of(&[statement]).expect_err("not rehearsed");
            assert!(told.contains(word), "{told}");
        }
    }
}
