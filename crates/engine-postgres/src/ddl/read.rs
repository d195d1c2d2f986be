//! Reads the text of a statement into what it does.
//!
//! The grammar is the one of the squawk parser. What it does not know is no fault of the statement: the server may know
//! it, so it is kept as [`Act::Other`] with the parser's message. Nothing here panics, whatever the text.

mod alter;
mod body;
mod column;
mod create;
mod data;
mod drop;
mod maintenance;
mod partition_by;
mod parts;
mod rights;
mod session;
#[cfg(test)]
mod tests;
mod tree;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use squawk_syntax::{SourceFile, SyntaxKind, SyntaxNode};

pub use self::body::{Inner, read_body};
pub use self::parts::parts;
use super::{Act, Object};

/// A text that holds no statement at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes of the text.
    pub range: Range<usize>,
}

/// What a statement does; several acts when a CTE changes rows too, and one [`Act::Other`] when it isn't understood.
///
/// # Errors
/// When the text holds no statement.
pub fn read(sql: &str) -> Result<Vec<Act>, SyntaxError> {
    // The parser is young and not ours: a bug in it must cost the understanding of one statement and no more.
    let acts = catch_unwind(AssertUnwindSafe(|| read_checked(sql)))
        .unwrap_or_else(|_| vec![not_understood(sql, "the parser failed".to_owned())]);
    if acts.is_empty() {
        return Err(SyntaxError { message: "there is no statement".to_owned(), range: 0..sql.len() });
    }
    Ok(acts)
}

/// As [`read`], when the parser does not panic.
fn read_checked(sql: &str) -> Vec<Act> {
    if let Some(act) = partition_by::read(sql) {
        return vec![act];
    }
    let parse = SourceFile::parse(sql);
    let root = parse.syntax_node();
    let error = parse.errors().into_iter().find(|error| !inside_string(&root, error.range().start().into()));
    if let Some(error) = error {
        return vec![not_understood(sql, error.message().to_owned())];
    }
    let acts: Vec<Act> = root.children().flat_map(|node| statement(&node)).collect();
    match acts.iter().find(|act| matches!(act, Act::Alter { clauses, .. } if clauses.is_empty())) {
        Some(_) => vec![not_understood(sql, "nothing is said to be altered".to_owned())],
        None => acts,
    }
}

/// Whether a byte is inside a string: the body of a function, whose faults are not faults of the statement.
fn inside_string(root: &SyntaxNode, at: u32) -> bool {
    let mut tokens = root.token_at_offset(at.into());
    tokens.any(|token| tree::STRINGS.contains(&token.kind()) && u32::from(token.text_range().start()) < at)
}

/// The act of a statement that the parser does not know.
fn not_understood(sql: &str, message: String) -> Act {
    Act::Other { words: first_words(sql), unread: Some(message) }
}

/// The first two words, upper case.
fn first_words(sql: &str) -> String {
    let words = tree::words(sql).take(2).map(|(word, _)| word.to_ascii_uppercase());
    words.collect::<Vec<_>>().join(" ")
}

/// The acts of one statement node.
fn statement(node: &SyntaxNode) -> Vec<Act> {
    let readers = [alter::read, create::read, drop::read, maintenance::read, rights::read, session::read];
    let mut acts = data::changes(node);
    if acts.is_empty() {
        acts.extend(readers.iter().find_map(|read| read(node)));
    }
    if acts.is_empty() {
        acts.push(Act::Other { words: first_words(&node.text().to_string()), unread: None });
    }
    acts
}

/// The kind of object that a statement's or an object's node speaks of, by the end of its kind's name:
/// `DROP_TABLE`, `OBJECT_TABLE`, `PRIVILEGE_TABLE`.
fn object(kind: SyntaxKind) -> Object {
    let name = format!("{kind:?}");
    let word = name.split_once('_').map_or("", |(_, rest)| rest);
    match word {
        "TABLE" | "DEFAULT" | "ALL_TABLES_IN_SCHEMA" | "COLUMN" => Object::Table,
        "INDEX" => Object::Index,
        "VIEW" => Object::View,
        "MATERIALIZED_VIEW" => Object::MaterializedView,
        "SEQUENCE" | "ALL_SEQUENCES_IN_SCHEMA" => Object::Sequence,
        "FOREIGN_TABLE" => Object::ForeignTable,
        "TYPE" => Object::Type,
        "DOMAIN" => Object::Domain,
        "SCHEMA" => Object::Schema,
        "FUNCTION"
        | "PROCEDURE"
        | "ROUTINE"
        | "AGGREGATE"
        | "ALL_FUNCTIONS_IN_SCHEMA"
        | "ALL_PROCEDURES_IN_SCHEMA"
        | "ALL_ROUTINES_IN_SCHEMA" => Object::Function,
        "TRIGGER" => Object::Trigger,
        "POLICY" => Object::Policy,
        "RULE" => Object::Rule,
        "EXTENSION" => Object::Extension,
        "PUBLICATION" => Object::Publication,
        "SUBSCRIPTION" => Object::Subscription,
        "STATISTICS" => Object::Statistics,
        "ROLE" | "USER" | "GROUP" => Object::Role,
        "DATABASE" => Object::Database,
        _ => Object::Other,
    }
}
