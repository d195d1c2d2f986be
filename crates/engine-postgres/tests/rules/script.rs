//! Reads the `bad.sql` and `good.sql` of a rule folder: statements, and directives for states that plain SQL can't make.
//!
//! A directive is a whole comment line between two statements:
//!
//! - `-- session NAME`: the statements that follow run on a connection of that name (`main` at first);
//! - `-- background`: the next statement is started and not waited for;
//! - `-- fails`: the next statement has to fail;
//! - `-- wait: SELECT …`: go on when the query says true (on a connection of its own, with a time limit);
//! - `-- limit NAME = VALUE`: a threshold of the rule, changed as a user would in `dbwright.toml`;
//! - `-- server: KEY = VALUE`: a setting of the whole server while the script runs; implies `alone`;
//! - `-- alone`: no other rule runs at the same time, for what all databases of a server share;
//! - `-- cleanup: SQL`: run at the end, whatever happens, for what outlives a database (roles, slots).
//!
//! Any other comment is prose.

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
    /// Settings of the whole server.
    pub(crate) server: Vec<(String, String)>,
    /// Whether it asked to be the only one.
    pub(crate) alone: bool,
    /// Statements for the end.
    pub(crate) cleanup: Vec<String>,
}

/// One step of a script.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// A statement on a named connection.
    Run { session: String, sql: String, how: How },
    /// Wait until a query says true.
    Wait(String),
}

/// How a statement is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// It has to succeed.
    Succeeds,
    /// It has to fail.
    Fails,
    /// It is started and not waited for.
    Background,
}

/// Reads a script.
pub(crate) fn parse(text: &str) -> Result<Script, String> {
    let mut script = Script::default();
    let mut session = "main".to_owned();
    let mut how = How::Succeeds;
    for piece in pieces(text, Dialect::Postgres) {
        let (comments, sql) = match piece.kind {
            PieceKind::Statement => (&text[piece.range.start..piece.start], &text[piece.start..piece.range.end]),
            PieceKind::Blank => (piece.text, ""),
            PieceKind::Meta | PieceKind::CopyData => return Err(format!("line {}: only SQL is run", piece.line)),
        };
        for comment in comments.lines().filter_map(|line| line.trim().strip_prefix("--")) {
            directive(comment.trim(), &mut script, &mut session, &mut how)?;
        }
        if !sql.is_empty() {
            script.steps.push(Step::Run { session: session.clone(), sql: sql.to_owned(), how });
            how = How::Succeeds;
        }
    }
    Ok(script)
}

fn directive(comment: &str, script: &mut Script, session: &mut String, how: &mut How) -> Result<(), String> {
    let assignment = |text: &str| -> Result<(String, String), String> {
        let (key, value) = text.split_once('=').ok_or_else(|| format!("`-- {comment}` has no `=`"))?;
        Ok((key.trim().to_owned(), value.trim().to_owned()))
    };
    if let Some(query) = comment.strip_prefix("wait:") {
        script.steps.push(Step::Wait(query.trim().trim_end_matches(';').to_owned()));
    } else if let Some(sql) = comment.strip_prefix("cleanup:") {
        script.cleanup.push(sql.trim().trim_end_matches(';').to_owned());
    } else if let Some(setting) = comment.strip_prefix("server:") {
        script.server.push(assignment(setting)?);
        script.alone = true;
    } else if let Some(limit) = comment.strip_prefix("limit ") {
        let (name, value) = assignment(limit)?;
        let value = value.parse().map_err(|e| format!("`-- {comment}`: {e}"))?;
        script.limits.insert(name, value);
    } else {
        match comment.split_whitespace().collect::<Vec<_>>()[..] {
            ["session", name] => name.clone_into(session),
            ["background"] => *how = How::Background,
            ["fails"] => *how = How::Fails,
            ["alone"] => script.alone = true,
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
        let text = "-- session other\n-- background\nSELECT 1;\n-- wait: SELECT true;\n-- fails\nSELECT 2;\n\
                    -- limit rows = 0.5\n-- server: fsync = off\n-- cleanup: DROP ROLE x;\n-- session of words, as prose\n";
        let script = parse(text).expect("parses");
        let run = |sql: &str, how| Step::Run { session: "other".into(), sql: sql.into(), how };
        assert_eq!(
            script.steps,
            [run("SELECT 1", How::Background), Step::Wait("SELECT true".into()), run("SELECT 2", How::Fails)]
        );
        assert_eq!(script.limits, BTreeMap::from([("rows".to_owned(), 0.5)]));
        assert_eq!(script.server, [("fsync".to_owned(), "off".to_owned())]);
        assert_eq!(script.cleanup, ["DROP ROLE x"]);
        assert!(script.alone);
    }
}
