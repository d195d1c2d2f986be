//! Has the server read a query, as the first half of running it: names, types and operators are looked up, nothing is done.

use tokio_postgres::error::{DbError, ErrorPosition};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::migrate::plan::queries;

/// The server, and the search paths that may hold when a statement runs.
pub(super) struct Server<'c> {
    client: &'c Client,
    /// Each as a statement; an empty one stands for the session's own.
    pub(super) paths: Vec<String>,
}

/// A text of the user's between what makes a query of it.
#[derive(Debug)]
pub(super) struct Question {
    before: String,
    text: String,
    after: String,
}

impl Question {
    /// The text is the user's, as it stands in the statement.
    pub(super) fn new(before: impl Into<String>, text: &str, after: impl Into<String>) -> Self {
        // What follows must not be part of a comment that ends the text.
        Self { before: before.into(), text: text.to_owned(), after: format!("\n{}", after.into()) }
    }

    /// The byte of the text that an error is about; none when it is not in the text.
    pub(super) fn place(&self, error: &DbError) -> Option<usize> {
        let Some(ErrorPosition::Original(position)) = error.position() else { return None };
        let at = usize::try_from(*position).ok()?.checked_sub(1)?.checked_sub(self.before.chars().count())?;
        self.text.char_indices().nth(at).map(|(byte, _)| byte)
    }
}

impl<'c> Server<'c> {
    pub(super) fn new(client: &'c Client) -> Self {
        Self { client, paths: vec![String::new()] }
    }

    /// What the server says against a query under every path that may hold; none when one of them will do.
    pub(super) async fn refusal(&self, question: &Question) -> Option<DbError> {
        let sql = format!("{}{}{}", question.before, question.text, question.after);
        let mut last = None;
        for path in &self.paths {
            last = Some(queries::refusal(self.client, path, &sql).await?);
        }
        last
    }

    /// The first cell of a query under one of the paths: none when it can't be asked, none inside when it is NULL.
    pub(super) async fn text(&self, path: &str, query: &str) -> Option<Option<String>> {
        let set = if path.is_empty() { String::new() } else { format!("{path}; ") };
        // Statements of one message are one transaction, after which the setting is gone.
        let messages = self.client.simple_query(&format!("/* dbwright */ {set}{query}")).await.ok()?;
        let row = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).map(str::to_owned)),
            _ => None,
        };
        messages.iter().filter_map(row).next_back()
    }
}
