//! What is there before each statement, and what it makes of that.

use std::collections::BTreeSet;

use dbwright_core::Failure;
use tokio_postgres::Client;

use super::facts::Facts;
use super::server::Server;
use super::shapes::Shapes;
use super::values::Enums;
use super::{Catalog, World};
use crate::ddl::{Act, Action, Name, Object, Part};
use crate::migrate::names::{Names, words_of};
use crate::migrate::plan::maintenance::for_session;
use crate::migrate::plan::name::literal;

impl<'c> World<'c> {
    pub(super) async fn open(client: &'c Client, parts: &[Vec<Part>]) -> Result<Self, Failure> {
        let catalog = Catalog::open(client).await?;
        let facts = Facts::read(&catalog, parts).await?;
        let mut world = Self {
            client,
            catalog,
            server: Server::new(client),
            facts,
            names: Names::default(),
            shapes: Shapes::default(),
            enums: Enums::default(),
            words: BTreeSet::new(),
            altered: BTreeSet::new(),
            made: BTreeSet::new(),
            functions: BTreeSet::new(),
            good: BTreeSet::new(),
            blind: false,
            operators: false,
            enums_changed: false,
        };
        world.shapes.home = world.catalog.text("SELECT current_schema()::text").await?;
        Ok(world)
    }

    /// Another file begins, with a session of its own.
    pub(super) async fn next_file(&mut self) -> Result<(), Failure> {
        self.names.next_file();
        self.catalog = Catalog::open(self.client).await?;
        self.server = Server::new(self.client);
        self.good.clear();
        self.shapes.home = self.catalog.text("SELECT current_schema()::text").await?;
        if let Some(home) = self.shapes.home.clone()
            && self.words.contains("schema")
            && self.words.contains(&home)
        {
            self.shapes.home = None;
        }
        Ok(())
    }

    /// Whether the server leaves a statement out; yes where that is not certain.
    pub(super) async fn left_out(&self, acts: &[Act]) -> Result<bool, Failure> {
        for act in acts {
            let name = match act {
                Act::CreateTable(table) if table.if_not_exists => table.name.clone(),
                Act::CreateTableAs { name, if_not_exists: true, .. } => name.clone(),
                Act::CreateIndex(index) if index.if_not_exists => {
                    let schema = index.table.schema.clone();
                    Name { schema, name: index.name.clone().unwrap_or_default() }
                }
                Act::Create { object: Object::Extension, name, if_not_exists: true, .. } => {
                    if self.facts.installed.contains(&name.name) {
                        return Ok(true);
                    }
                    continue;
                }
                Act::Create { if_not_exists: true, .. } => return Ok(true),
                Act::Alter { name, if_exists, clauses, .. } => {
                    if *if_exists && !self.shapes.is_there(&self.catalog, name).await? {
                        return Ok(true);
                    }
                    if self.has_added(name, clauses.iter().map(|clause| &clause.action)).await? {
                        return Ok(true);
                    }
                    continue;
                }
                _ => continue,
            };
            if self.shapes.is_there(&self.catalog, &name).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a column that is added if it is not there may be there.
    async fn has_added(&self, table: &Name, actions: impl Iterator<Item = &Action>) -> Result<bool, Failure> {
        for action in actions {
            let Action::AddColumn { column, if_not_exists: true } = action else { continue };
            let shape = self.shapes.before(&self.catalog, table).await?;
            if shape.is_none_or(|shape| shape.ty(&column.name).is_some()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes in what acts make of tables.
    pub(super) async fn shape(&mut self, acts: &[Act], sql: &str) -> Result<(), Failure> {
        for act in acts {
            self.shapes.note(&self.catalog, act, sql).await?;
        }
        Ok(())
    }

    /// Takes in what a statement makes of all else.
    pub(super) async fn note(&mut self, acts: &[Act], sql: &str) -> Result<(), Failure> {
        for act in acts {
            self.enums.note(&self.catalog, act).await?;
            self.act(act, sql);
        }
        self.words.extend(words_of(sql));
        if !acts.iter().all(leaves_columns) {
            self.altered.extend(words_of(sql));
        }
        Ok(())
    }

    fn act(&mut self, act: &Act, sql: &str) {
        match act {
            Act::CreateType { name, .. } | Act::CreateDomain { name, .. } => {
                self.made.insert(name.name.clone());
            }
            Act::CreateFunction { name, .. } => {
                self.functions.insert(name.name.clone());
            }
            Act::AlterOther { object: Object::Type | Object::Domain, text, .. } => self.made.extend(words_of(text)),
            Act::Drop { object: Object::Schema | Object::Extension, .. } => {
                (self.blind, self.enums_changed) = (true, true);
            }
            Act::Drop { object: Object::Type | Object::Domain, names, .. } => {
                self.made.extend(names.iter().map(|name| name.name.clone()));
                self.enums_changed = true;
            }
            Act::Create { object: Object::Extension, name, .. } => {
                self.blind |= !self.facts.installed.contains(&name.name);
            }
            // Operators, casts, event triggers and what else has no kind of its own.
            Act::Create { object: Object::Other, .. } | Act::AlterOther { object: Object::Other, .. } => {
                self.operators = true;
                self.blind |= words_of(sql).any(|word| word == "event");
            }
            Act::Set { name, local, .. } if name == "search_path" => self.look_in(sql, *local),
            Act::Query { calls } if calls.iter().any(|call| call == "set_config") && sql.contains("search_path") => {
                let value = sql.split('\'').nth(3).unwrap_or_default();
                let set = format!("SELECT pg_catalog.set_config('search_path', {}, true)", literal(value));
                self.server.paths.push(set);
                self.forget_path();
            }
            Act::Other { words, .. } if words.starts_with("RESET") => {
                self.server.paths.push(String::new());
                self.forget_path();
            }
            _ => {}
        }
        let is_enum = matches!(act, Act::AddEnumValue { .. } | Act::RenameEnumValue { .. });
        self.enums_changed |= is_enum || matches!(act, Act::AlterOther { object: Object::Type, .. });
    }

    fn look_in(&mut self, sql: &str, local: bool) {
        if !local {
            self.server.paths.clear();
        }
        self.server.paths.push(for_session(sql, "SET LOCAL"));
        self.catalog.look_in(sql);
        self.forget_path();
    }

    fn forget_path(&mut self) {
        self.shapes.home = None;
        self.good.clear();
    }
}

/// Whether relations that are there have the same columns after an act, and no function is new.
const fn leaves_columns(act: &Act) -> bool {
    matches!(
        act,
        Act::CreateTable(_)
            | Act::CreateIndex(_)
            | Act::CreateTrigger { .. }
            | Act::CreatePolicy { .. }
            | Act::CreateType { .. }
            | Act::CreateDomain { .. }
            | Act::CreateSequence { .. }
            | Act::Comment { .. }
            | Act::Grant { .. }
            | Act::Insert { .. }
            | Act::Update { .. }
            | Act::Delete { .. }
            | Act::Set { .. }
    )
}
