//! Plans statements: each as steps that hold up nobody, in the way that the server itself said it would do them.
//!
//! DDL is not transactional here: a step is one statement with a question that says whether it is done, and a way back that
//! asks first whether there is anything to undo.

pub(super) mod alter;
mod assume;
mod batch;
pub(super) mod by_hand;
mod definition;
pub(super) mod facts;
mod objects;
mod reference;
mod rows;
pub(super) mod step;
mod tables;

use std::collections::BTreeSet;

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Blocking, Planned};
use dbwright_migrate::{Statement, Step};
use dbwright_sql::Dialect;
use mysql_async::Error;

use super::lab::{Lab, Own};
use super::parse::{Act, Kind, Stored, act, stored};
use super::session::link::Link;
use super::session::trouble;
use super::text::cursor::Name;
use super::tool::Tools;

pub(super) use facts::Size;

/// Plans statements that follow each other.
pub(super) struct Planner<'a> {
    pub(super) link: &'a mut Link,
    /// The database of names without one.
    pub(super) home: &'a str,
    /// Where the server is asked, or one like it; none where neither can be.
    pub(super) lab: Option<Lab>,
    /// Tables that earlier statements of the same run make, in lower case: nobody uses them yet.
    pub(super) made: BTreeSet<String>,
    /// Tables of the target whose names earlier statements of the same run take away, in lower case.
    pub(super) freed: BTreeSet<String>,
    /// Whether an earlier statement of the run may make tables that nobody sees in it: `CALL`.
    pub(super) veiled: bool,
    /// Why the lab could not be had.
    pub(super) no_lab: Option<String>,
    /// Why there is no private server to ask, where the target itself is asked when the plan is carried out.
    pub(super) missing: Option<String>,
    /// Whether a private server refused what the target may take.
    pub(super) doubted: bool,
    /// Tools that copy tables, and who shall.
    pub(super) tools: Tools,
}

/// Whom a planner asks.
pub(super) enum Ask {
    /// The target, where a schema for it may be made.
    Target,
    /// A private server like it.
    Own(Box<Own>),
    /// Nobody, for this reason: what the manual says must do.
    Nobody(Option<String>),
}

/// What becomes of a statement.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) method: String,
    pub(super) steps: Vec<Step>,
    pub(super) notes: Vec<String>,
    pub(super) blocking: Option<Blocking>,
    pub(super) later: Option<String>,
}

impl Draft {
    pub(super) fn of(method: &str) -> Self {
        Self { method: method.to_owned(), ..Self::default() }
    }

    pub(super) fn one(method: &str, step: Step) -> Self {
        Self { steps: vec![step], ..Self::of(method) }
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

/// The method of a statement that runs as it is.
pub(super) const AS_IS: &str = "as-is";

impl<'a> Planner<'a> {
    /// A planner and whom it asks.
    pub(super) async fn new(link: &'a mut Link, home: &'a str, ask: Ask) -> Result<Self, Failure> {
        let (made, freed, tools) = (BTreeSet::new(), BTreeSet::new(), Tools::default());
        let (no_lab, missing) = (None, None);
        let mut planner =
            Self { link, home, lab: None, made, freed, veiled: false, no_lab, missing, doubted: false, tools };
        match ask {
            Ask::Target => match Lab::open(planner.link, home).await {
                Ok(lab) => planner.lab = Some(lab),
                Err(error) if planner.link.lost() => return Err(trouble::failure(&error, "the lab can't be made")),
                Err(error) => planner.no_lab = Some(crate::error::text(&error)),
            },
            Ask::Own(own) => planner.lab = Some(Lab::within(own, planner.link, home).await?),
            Ask::Nobody(why) => planner.missing = why,
        }
        Ok(planner)
    }

    /// Takes notice of a statement of the same migration that is done already.
    pub(super) fn passed(&mut self, sql: &str) {
        match act(sql) {
            Act::CreateTable { table, .. } if self.is_home(&table) => {
                self.made.insert(table.name.to_lowercase());
            }
            Act::RenameTable { pairs } => pairs.iter().for_each(|(from, to)| self.moved(from, to)),
            _ => {}
        }
    }

    /// A table that the migration makes goes by another name.
    pub(super) fn moved(&mut self, from: &Name, to: &Name) {
        if self.made.remove(&from.name.to_lowercase()) {
            self.made.insert(to.name.to_lowercase());
        }
    }

    /// Removes the lab; a private server is given back.
    pub(super) async fn close(self) -> Result<Option<Box<Own>>, Failure> {
        match self.lab {
            Some(lab) => lab.close(self.link).await.map_err(|e| trouble::failure(&e, "the lab can't be removed")),
            None => Ok(None),
        }
    }

    /// Plans one statement.
    ///
    /// # Errors
    /// When the server rejects it, or it can't be done to what is there.
    pub(super) async fn plan(&mut self, statement: &Statement) -> Result<Planned, Failure> {
        let draft = self.draft(statement).await.map_err(|mut failure| {
            failure.message = format!("line {}: {}", statement.line, failure.message);
            failure
        })?;
        Ok(Planned {
            statement: statement.sql.clone(),
            line: statement.line,
            method: draft.method,
            steps: draft.steps,
            notes: draft.notes,
            blocking: draft.blocking,
            later: draft.later,
        })
    }

    async fn draft(&mut self, statement: &Statement) -> Result<Draft, Failure> {
        let sql = statement.sql.as_str();
        match act(sql) {
            Act::Alter { table, if_exists, clauses } => self.alter(sql, &table, if_exists, &clauses).await,
            Act::CreateTable { table, if_not_exists, temporary, rows } => {
                self.create_table(sql, &table, if_not_exists, temporary, rows).await
            }
            Act::DropTable { tables, if_exists, temporary } => {
                self.drop_tables(sql, &tables, if_exists, temporary).await
            }
            Act::RenameTable { pairs } => self.rename(sql, &pairs).await,
            Act::Truncate { table } => Ok(self.truncate(sql, &table)),
            Act::Create { kind, name, replace, if_not_exists } => {
                self.create(sql, (kind, &name), replace, if_not_exists).await
            }
            Act::Drop { kind, name, if_exists } => self.dropped(sql, (kind, &[name]), if_exists).await,
            Act::Write { verb, table, condition, limited } => {
                self.rows(sql, verb, table.as_ref(), condition, limited).await
            }
            Act::Set => Ok(Draft::one("session", step::transaction(sql, Back::nothing()))),
            Act::Transaction(word) => transaction(&word),
            Act::Lock => Ok(Draft::of(AS_IS).note("left out: each step takes the locks that it needs, and no longer")),
            Act::Use => {
                Err(Failure::usage("migrate.other-database", "a migration belongs to the database of its target")
                    .hint("write the schema before names of other databases: shop.orders"))
            }
            Act::Query => Ok(Draft::one(AS_IS, step::plain(sql, Back::nothing()))),
            Act::SetGlobal => {
                Ok(Draft::one(AS_IS, step::plain(sql, Back::impossible("what was set before is not kept"))))
            }
            Act::Other(_) => self.other(sql).await,
        }
    }

    async fn other(&mut self, sql: &str) -> Result<Draft, Failure> {
        match stored(sql) {
            Some(Stored::Altered(kind, name)) => self.redefined(sql, (kind, &name)).await,
            Some(Stored::Dropped { names, if_exists }) => self.dropped(sql, (Kind::View, &names), if_exists).await,
            None => {
                self.veiled = true;
                let back = Back::impossible("dbwright knows no statement that undoes it");
                Ok(Draft::one(AS_IS, step::plain(sql, back)))
            }
        }
    }

    /// A table, quoted and qualified.
    pub(super) fn quoted(&self, table: &Name) -> String {
        let (schema, name) = table.within(self.home);
        format!("{}.{}", Dialect::Mysql.ident(schema), Dialect::Mysql.ident(name))
    }

    /// A table, for messages.
    pub(super) fn subject(&self, table: &Name) -> String {
        let (schema, name) = table.within(self.home);
        Dialect::Mysql.subject(&[schema, name])
    }

    /// Whether a table is in the database of the target.
    pub(super) fn is_home(&self, table: &Name) -> bool {
        table.schema.as_deref().is_none_or(|schema| schema == self.home)
    }

    pub(super) fn unreadable(error: &Error) -> Failure {
        trouble::failure(error, "the schema can't be read")
    }
}

/// Whether a server has to be asked about a statement.
pub(super) fn needs_asking(sql: &str) -> bool {
    matches!(act(sql), Act::Alter { .. } | Act::CreateTable { temporary: false, rows: false, .. })
}

/// The server rejects a statement.
pub(super) fn rejected(error: &Error, sql: &str) -> Failure {
    let message = format!("the server rejects the statement: {} ({})", crate::error::text(error), trouble::code(error));
    Failure::usage("migrate.rejected", message).excerpt(sql.to_owned())
}

fn transaction(word: &str) -> Result<Draft, Failure> {
    if matches!(word, "ROLLBACK" | "SAVEPOINT" | "RELEASE") {
        return Err(Failure::usage("migrate.transaction", format!("a migration can't hold {word}"))
            .hint("leave it out: DDL is committed at once here, and `dbwright migrate undo` goes back"));
    }
    Ok(Draft::of(AS_IS).note("left out: DDL ends a transaction here; each step is marked in the journal by itself"))
}
