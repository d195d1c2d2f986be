//! What a rule looks at: one statement of a script, and the state before it.

use std::sync::Arc;

use dbwright_core::Location;
use dbwright_migrate::{Script, lint};

use super::effect;
use super::line::Line;
use super::trial::{self, Trial};
use super::world::{Table, World};
use crate::body::SqliteBody;
use crate::migrate::parse::{Act, Clause};

/// What rules look at.
#[derive(Debug)]
pub struct Scene {
    /// The database before the statement.
    pub(crate) world: World,
    /// The file as the user named it.
    pub(crate) file: String,
    /// Whether another tool than `dbwright migrate apply` runs the file, as it is.
    pub(crate) as_is: bool,
    text: Arc<str>,
    /// The statements of the script.
    pub(crate) lines: Vec<Line>,
    /// The statement that is looked at.
    pub(crate) at: usize,
    /// The transaction that is open before the statement.
    pub(crate) transaction: Option<Transaction>,
    /// Whether the connection enforces foreign keys.
    pub(crate) keys: Keys,
    /// The table that the statement is about, before it.
    pub(crate) table: Option<Table>,
    /// What SQLite says of the statement.
    pub(crate) trial: Trial,
    stood: Option<usize>,
}

/// An open transaction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transaction {
    /// Whether the file says `BEGIN`; else the user's tool makes it.
    pub(crate) explicit: bool,
    /// Whether it waited for the right to write when it began.
    pub(crate) immediate: bool,
    /// The line of the first statement that reads, when none wrote before it.
    pub(crate) read: Option<usize>,
    /// Whether a statement has written.
    pub(crate) wrote: bool,
}

/// Whether foreign keys are enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// The file switched them on.
    On,
    /// The file switched them off.
    Off,
    /// It depends on the connection: SQLite's own default is off, that of many libraries and frameworks on.
    Unsaid,
}

impl Scene {
    /// The scene before the first script.
    ///
    /// # Errors
    /// When SQLite has no memory for it.
    pub(super) fn new(body: Option<&SqliteBody>) -> rusqlite::Result<Self> {
        Ok(Self {
            world: World::new(body)?,
            file: String::new(),
            as_is: false,
            text: Arc::from(""),
            lines: Vec::new(),
            at: 0,
            transaction: None,
            keys: Keys::Unsaid,
            table: None,
            trial: Trial::default(),
            stood: None,
        })
    }

    /// The statement.
    pub(crate) fn line(&self) -> &Line {
        &self.lines[self.at]
    }

    /// What the statement does.
    pub(crate) fn act(&self) -> &Act {
        &self.line().act
    }

    /// Its text.
    pub(crate) fn sql(&self) -> &str {
        &self.line().sql
    }

    /// The statements of the script before this one.
    pub(crate) fn before(&self) -> &[Line] {
        &self.lines[..self.at]
    }

    /// The statements of the script after this one.
    pub(crate) fn after(&self) -> &[Line] {
        &self.lines[(self.at + 1).min(self.lines.len())..]
    }

    /// The table that the statement is about, when it can be in use and hold rows.
    pub(crate) fn busy(&self) -> Option<&Table> {
        self.table.as_ref().filter(|table| !table.quiet())
    }

    /// The clauses of `ALTER TABLE`, with the table before the statement and what becomes of each.
    pub(crate) fn clauses(&self) -> impl Iterator<Item = (&Table, &Clause, &trial::Outcome)> {
        let clauses = match self.act() {
            Act::Alter { clauses, .. } => clauses.as_slice(),
            _ => &[],
        };
        let table = self.table.as_ref();
        table.into_iter().flat_map(move |table| {
            clauses.iter().zip(&self.trial.clauses).map(move |(clause, outcome)| (table, clause, outcome))
        })
    }
}

impl lint::Scene for Scene {
    fn assumptions(&self) -> Vec<String> {
        if self.world.known {
            return Vec::new();
        }
        vec![
            format!("the library is SQLite {}, as dbwright's own", rusqlite::version()),
            "tables that the files do not make are large and in use".to_owned(),
        ]
    }

    fn open(&mut self, script: &Script, in_transaction: bool, as_is: bool) {
        self.as_is = as_is;
        self.file.clone_from(&script.file);
        self.text = Arc::clone(&script.text);
        self.lines = script.statements.iter().map(Line::read).collect();
        self.transaction = in_transaction.then(Transaction::default);
        // dbwright's own session enforces them, but where a table is made anew or dropped.
        self.keys = Keys::Unsaid;
        self.stood = None;
    }

    fn stand(&mut self, statement: usize, _part: usize) {
        if self.stood == Some(statement) {
            return;
        }
        self.stood = Some(statement);
        self.at = statement;
        self.table = self.line().table().map(|name| self.world.table(name));
        self.trial = trial::tried(&self.world, self.line(), self.table.as_ref(), (self.as_is, self.keys));
    }

    fn pass(&mut self) {
        effect::pass(self);
    }

    fn close(&mut self) {
        self.world.close();
        self.transaction = None;
    }

    fn here(&self) -> Location {
        let Line { row: line, column, .. } = *self.line();
        Location { file: self.file.clone(), line, column }
    }

    /// SQLite itself reads each statement, and what it can't read is a finding.
    fn unread(&self) -> Option<String> {
        None
    }
}
