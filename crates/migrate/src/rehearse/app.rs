//! The application's own statements, tried against every state that a change goes through.

use std::collections::BTreeSet;

use dbwright_core::Failure;
use dbwright_sql::split::{PieceKind, pieces};

use super::report::BrokenQuery;
use super::stage::TryOut;

struct Query {
    line: usize,
    sql: String,
}

/// The statements that work before the change.
pub(super) struct AppQueries {
    session: Box<dyn TryOut>,
    queries: Vec<Query>,
    /// What was broken, each once by the error that it gives.
    pub(super) broken: Vec<BrokenQuery>,
    told: BTreeSet<(usize, String)>,
    /// States that they were tried in.
    pub(super) states: usize,
}

impl AppQueries {
    /// Reads the statements and tries each; those that fail at once are told of in `notes`.
    pub(super) async fn new(
        mut session: Box<dyn TryOut>,
        file: &str,
        text: &str,
        notes: &mut Vec<String>,
    ) -> Result<Self, Failure> {
        let mut queries = Vec::new();
        let pieces = pieces(text, session.dialect());
        for piece in pieces.iter().filter(|piece| piece.kind == PieceKind::Statement) {
            let query = Query { line: piece.line, sql: text[piece.start..piece.range.end].to_owned() };
            if let Some(why) = session.refuses(&query.sql) {
                notes.push(format!("{file}:{}: left out: {why}", query.line));
                continue;
            }
            match session.attempt(&query.sql).await? {
                Ok(()) => queries.push(query),
                Err(error) => notes.push(format!(
                    "{file}:{}: left out, because it fails before the change as well: {error}",
                    query.line
                )),
            }
        }
        Ok(Self { session, queries, broken: Vec::new(), told: BTreeSet::new(), states: 0 })
    }

    pub(super) fn count(&self) -> usize {
        self.queries.len()
    }

    /// Tries all in the state after a step.
    pub(super) async fn after(&mut self, step: &str) -> Result<(), Failure> {
        self.states += 1;
        for query in &self.queries {
            let Err(error) = self.session.attempt(&query.sql).await? else { continue };
            if self.told.insert((query.line, error.clone())) {
                let (after, statement) = (step.to_owned(), query.sql.clone());
                self.broken.push(BrokenQuery { after, line: query.line, statement, error });
            }
        }
        Ok(())
    }
}
