//! Whether something is done: asked of the schema, because nothing else survives a crash in the middle of DDL.
//!
//! A question is a query that yields one true, or `SHOW CREATE TABLE x /* is MARK */`: the table is defined exactly so (or,
//! with `is not`, no longer so).

use dbwright_core::Failure;
use dbwright_migrate::plan::Require;
use mysql_async::Error;

use super::MySession;
use super::link::{Cells, Link};
use super::trouble::{code, failure};
use crate::migrate::table::TableText;

/// How a question about a table's definition begins.
const SHOW: &str = "SHOW CREATE TABLE ";

/// Asks whether a table (quoted) is defined as a mark says.
pub(in crate::migrate) fn is(table: &str, mark: &str) -> String {
    format!("{SHOW}{table} /* is {mark} */")
}

/// Asks whether a table (quoted) is defined otherwise than a mark says.
pub(in crate::migrate) fn is_not(table: &str, mark: &str) -> String {
    format!("{SHOW}{table} /* is not {mark} */")
}

/// The answer to a question.
pub(super) async fn ask(link: &mut Link, question: &str) -> Result<bool, Error> {
    if !question.starts_with(SHOW) {
        return Ok(yes(&link.rows(&format!("/* dbwright */ {question}")).await?));
    }
    let Some((show, rest)) = question.rsplit_once(" /* is ") else { return Ok(false) };
    let wanted = rest.trim_end_matches("*/").trim();
    let now = match link.rows(&format!("/* dbwright */ {show}")).await {
        Ok(rows) => rows.first().and_then(|row| row.get(1).cloned().flatten()),
        // No such table.
        Err(error) if code(&error) == 1146 => return Ok(false),
        Err(error) => return Err(error),
    };
    let mark = now.and_then(|text| TableText::read(&text)).map(|table| table.mark()).unwrap_or_default();
    Ok(match wanted.strip_prefix("not ") {
        Some(other) => mark != other,
        None => mark == wanted,
    })
}

/// Whether the answer is one true.
pub(super) fn yes(rows: &[Cells]) -> bool {
    rows.first().and_then(|row| row.first()).and_then(Option::as_deref) == Some("1")
}

impl MySession {
    pub(super) async fn ask_all(&mut self, questions: &[Require]) -> Result<Vec<Require>, Failure> {
        let mut no = Vec::new();
        for question in questions {
            let answer = ask(&mut self.main, &question.query).await;
            if !answer.map_err(|e| failure(&e, "a question can't be asked"))? {
                no.push(question.clone());
            }
        }
        Ok(no)
    }
}
