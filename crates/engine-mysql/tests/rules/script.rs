//! Reads the `bad.sql` and `good.sql` of a rule folder: statements, and directives for states that plain SQL can't make.
//!
//! A directive is a whole comment line between two statements:
//!
//! - `-- session NAME`: the statements that follow run on a connection of that name (`main` at first);
//! - `-- background`: the next statement is started and not waited for;
//! - `-- either`: the next statement may fail;
//! - `-- repeat N`: the next statement runs so often;
//! - `-- refused: N`: so many logins fail;
//! - `-- wait: SELECT …`: go on when the query says 1 (on a connection of its own);
//! - `-- restart`: the server is started anew, on its data;
//! - `-- limit NAME = VALUE`: a threshold of the rule, changed as a user would in `dbwright.toml`;
//! - `-- server: KEY = VALUE`: an option of the server while the script runs; `<tls>` stands for a folder with a certificate;
//! - `-- fresh`: the server is started anew before the script, so that its counters begin;
//! - `-- replica`: the server is a replica of another one;
//! - `-- only NAME`: the rule has nothing to find, or can't look, on the other flavour;
//! - `-- cleanup: SQL`: run at the end, whatever happens, for what outlives a database (accounts, settings).
//!
//! `<database>` stands for the database's name. Any other comment is prose.

use std::collections::BTreeMap;

use dbwright_sql::Dialect;
use dbwright_sql::split::{PieceKind, pieces};

/// A script, ready to run.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// What to do, in order.
    pub(crate) steps: Vec<Step>,
    /// Changed thresholds of the rule.
    pub(crate) limits: BTreeMap<String, f64>,
    /// Options of the server.
    pub(crate) server: Vec<String>,
    /// Whether the server's counters have to begin with it.
    pub(crate) fresh: bool,
    /// Whether it runs on a replica.
    pub(crate) replica: bool,
    /// The flavour that it is for, when not for both.
    pub(crate) only: Option<String>,
    /// Statements for the end.
    pub(crate) cleanup: Vec<String>,
}

/// One step of a script.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A statement on a named connection, so often.
    Run { session: String, sql: String, how: How, times: u32 },
    /// Log in with a wrong password, so often.
    Refused(u32),
    /// Wait until a query says 1.
    Wait(String),
    /// Start the server anew.
    Restart,
}

/// How a statement is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// It has to succeed.
    Succeeds,
    /// It may fail.
    Either,
    /// It is started and not waited for.
    Background,
}

/// What applies to the next statement.
struct Next {
    session: String,
    how: How,
    times: u32,
}

/// Reads a script.
pub(crate) fn parse(text: &str) -> Result<Script, String> {
    let mut script = Script::default();
    let mut next = Next { session: "main".to_owned(), how: How::Succeeds, times: 1 };
    for piece in pieces(text, Dialect::Mysql) {
        let (comments, sql) = match piece.kind {
            PieceKind::Statement => (&text[piece.range.start..piece.start], &text[piece.start..piece.range.end]),
            PieceKind::Blank => (piece.text, ""),
            PieceKind::Meta | PieceKind::CopyData => return Err(format!("line {}: only SQL is run", piece.line)),
        };
        for comment in comments.lines().filter_map(|line| line.trim().strip_prefix("--")) {
            directive(comment.trim(), &mut script, &mut next)?;
        }
        if !sql.is_empty() {
            let (session, sql) = (next.session.clone(), sql.trim_end_matches(';').to_owned());
            script.steps.push(Step::Run { session, sql, how: next.how, times: next.times });
            (next.how, next.times) = (How::Succeeds, 1);
        }
    }
    Ok(script)
}

fn directive(comment: &str, script: &mut Script, next: &mut Next) -> Result<(), String> {
    let assignment =
        |text: &str| text.split_once('=').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    let sql = |text: &str| text.trim().trim_end_matches(';').to_owned();
    if let Some(query) = comment.strip_prefix("wait:") {
        script.steps.push(Step::Wait(sql(query)));
    } else if let Some(times) = comment.strip_prefix("refused:") {
        script.steps.push(Step::Refused(times.trim().parse().map_err(|e| format!("`-- {comment}`: {e}"))?));
    } else if let Some(statement) = comment.strip_prefix("cleanup:") {
        script.cleanup.push(sql(statement));
    } else if let Some(option) = comment.strip_prefix("server:") {
        let option =
            assignment(option).map_or_else(|| option.trim().to_owned(), |(key, value)| format!("{key}={value}"));
        script.server.push(format!("--{option}"));
    } else if let Some(limit) = comment.strip_prefix("limit ") {
        let (name, value) = assignment(limit).ok_or_else(|| format!("`-- {comment}` has no `=`"))?;
        script.limits.insert(name, value.parse().map_err(|e| format!("`-- {comment}`: {e}"))?);
    } else {
        match comment.split_whitespace().collect::<Vec<_>>()[..] {
            ["session", name] => name.clone_into(&mut next.session),
            ["background"] => next.how = How::Background,
            ["either"] => next.how = How::Either,
            ["repeat", times] => next.times = times.parse().map_err(|e| format!("`-- {comment}`: {e}"))?,
            ["restart"] => script.steps.push(Step::Restart),
            ["fresh"] => script.fresh = true,
            ["replica"] => script.replica = true,
            ["only", name] => script.only = Some(name.to_owned()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_apply_to_what_follows() {
        let text = "-- session other\n-- background\nSELECT 1;\n-- wait: SELECT 1;\n-- repeat 3\nSELECT 2;\n\
                    -- limit rows = 0.5\n-- server: sync_binlog = 0\n-- server: skip-log-bin\n-- cleanup: DROP USER x;\n\
                    -- only mariadb\n-- session of words, as prose\n";
        let script = parse(text).expect("parses");
        let run = |sql: &str, how, times| Step::Run { session: "other".into(), sql: sql.into(), how, times };
        let steps =
            [run("SELECT 1", How::Background, 1), Step::Wait("SELECT 1".into()), run("SELECT 2", How::Succeeds, 3)];
        assert_eq!(script.steps, steps);
        assert_eq!(script.limits, BTreeMap::from([("rows".to_owned(), 0.5)]));
        assert_eq!(script.server, ["--sync_binlog=0", "--skip-log-bin"]);
        assert_eq!((script.cleanup, script.only), (vec!["DROP USER x".to_owned()], Some("mariadb".to_owned())));
    }
}
