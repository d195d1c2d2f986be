//! `migrate/double-quoted-string`: a name that nobody has is taken for a string.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::Scene;

/// Reports strings in double quotes.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(text) = &scene.trial.double_quoted else { return };
    let subject = scene.table.as_ref().map_or_else(|| scene.file.clone(), |table| table.subject_in(text));
    let literal = dbwright_sql::Dialect::Sqlite.literal(text);
    let mended = scene.sql().replace(&format!("\"{text}\""), &literal);
    let finding = cx
        .finding(subject, format!("\"{text}\" names no column, so SQLite takes it for a string"))
        .why(
            "double quotes are for names; a misspelt column becomes a constant without a word, and libraries that are built without this \
             leniency refuse the statement, or even to open a file whose indexes say it",
        )
        .evidence("SQLite", format!("no such column: \"{text}\""), "", "the statement, tried with SQLITE_DBCONFIG_DQS_DML and _DDL off")
        .change(Change::new([mended], "as the statement").irreversible("see the statement itself"));
    cx.report(finding);
}
