//! Files that begin and end transactions of their own.

use std::path::Path;

use dbwright_core::Failure;
use dbwright_sql::excerpt::show_range;

use crate::script::{Script, Statement};

/// A statement that begins or ends a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Control {
    Begin,
    Commit,
    Rollback,
    Savepoint,
}

fn control(sql: &str) -> Option<Control> {
    let mut words = sql.split_whitespace().map(str::to_ascii_lowercase);
    match (words.next()?.as_str(), words.next().as_deref()) {
        ("begin", _) | ("start", Some("transaction")) => Some(Control::Begin),
        ("commit" | "end", _) => Some(Control::Commit),
        ("rollback" | "abort", _) => Some(Control::Rollback),
        ("savepoint" | "release", _) => Some(Control::Savepoint),
        _ => None,
    }
}

/// Whether names mean something else until the transaction ends.
fn sets_local_path(sql: &str) -> bool {
    let mut words = sql.split(|c: char| c.is_whitespace() || c == '=').filter(|word| !word.is_empty());
    ["set", "local", "search_path"].iter().all(|word| words.next().is_some_and(|one| one.eq_ignore_ascii_case(word)))
}

/// The statements that dbwright itself carries out: each is planned into steps with transactions of their own, so that the
/// file's BEGIN and COMMIT are left out. The second value says so, for the user; none when there were none.
///
/// # Errors
/// When the file takes something back (`ROLLBACK`), leaves a transaction open, which `psql` would take back, or looks for
/// names elsewhere in one of its transactions only.
pub fn without_transactions(script: Script) -> Result<(Script, Option<String>), Failure> {
    let mut open: Option<&Statement> = None;
    let (mut path, mut ended): (Option<&Statement>, bool) = (None, false);
    let mut left_out = 0;
    for statement in &script.statements {
        let Some(control) = control(&statement.sql) else {
            if let Some(path) = path.filter(|_| ended) {
                let what = "of the search_path ends with its COMMIT, and statements follow that";
                return Err(refused(&script, path, what));
            }
            path = path.or_else(|| sets_local_path(&statement.sql).then_some(statement));
            continue;
        };
        left_out += 1;
        match control {
            Control::Begin => open = Some(statement),
            Control::Commit => (open, ended) = (None, path.is_some()),
            Control::Savepoint => {}
            Control::Rollback => return Err(refused(&script, statement, "takes back what stands before it")),
        }
    }
    if let Some(statement) = open {
        return Err(refused(&script, statement, "is never followed by COMMIT: psql would keep nothing of it"));
    }
    let note = (left_out > 0).then(|| {
        format!(
            "{}: BEGIN and COMMIT of the file are left out, each statement gets the transactions that its steps need",
            script.file
        )
    });
    let statements = script.statements.into_iter().filter(|statement| control(&statement.sql).is_none()).collect();
    Ok((Script { statements, ..script }, note))
}

fn refused(script: &Script, statement: &Statement, what: &str) -> Failure {
    let word = statement.sql.split_whitespace().next().unwrap_or_default().to_uppercase();
    Failure::usage("migrate.transaction", format!("{}: {word} {what}", script.file))
        .excerpt(show_range(Path::new(&script.file), &script.text, statement.range.clone()))
        .hint("leave transactions to dbwright: it runs each statement in the steps and transactions that it needs")
}

#[cfg(test)]
mod tests {
    use dbwright_sql::Dialect;

    use super::*;

    fn run(text: &str) -> Result<(Vec<String>, bool), Failure> {
        let script = crate::read::read("m.sql", text, Dialect::Postgres)?;
        let (script, note) = without_transactions(script)?;
        Ok((script.statements.into_iter().map(|s| s.sql).collect(), note.is_some()))
    }

    #[test]
    fn its_own_transactions_are_left_out() {
        assert_eq!(run("BEGIN; A x; SAVEPOINT s; COMMIT;").expect("fine"), (vec!["A x".to_owned()], true));
        assert_eq!(run("start transaction; A; end").expect("fine"), (vec!["A".to_owned()], true));
        assert_eq!(run("A;").expect("fine"), (vec!["A".to_owned()], false));
    }

    #[test]
    fn what_would_keep_nothing_is_refused() {
        assert!(run("BEGIN; A; ROLLBACK;").expect_err("taken back").message.contains("ROLLBACK takes back"));
        let path = run("BEGIN; SET LOCAL search_path=a; A; COMMIT; B;").expect_err("ends");
        assert!(path.message.contains("SET of the search_path ends with its COMMIT"), "{}", path.message);
        assert!(run("BEGIN; SET LOCAL search_path=a; A; COMMIT;").is_ok());
        assert!(run("BEGIN; A;").expect_err("open").message.contains("never followed by COMMIT"));
    }
}
