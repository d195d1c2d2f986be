//! Tables as earlier statements of the run leave them: columns with their types, and keys.
//!
//! What is not certain is [`Seen::Unknown`], and nothing is said about it.

use std::collections::{BTreeMap, BTreeSet};

use dbwright_core::Failure;

use crate::ddl::{Act, Action, Column, ColumnConstraint, Constraint, ConstraintKind, CreateTable, Name, Object};
use crate::migrate::names::words_of;
use crate::migrate::plan::Catalog;
use crate::migrate::plan::name::literal;

/// A table's columns and keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    /// Names and types as written, or as the server writes them.
    pub(super) columns: Vec<(String, String)>,
    /// The columns of each unique key; none when some may not be known.
    pub(super) keys: Option<BTreeSet<BTreeSet<String>>>,
    /// The columns of the primary key.
    pub(super) primary: Vec<String>,
}

/// What is known of a table before a statement.
#[derive(Debug)]
pub(super) enum Seen<'s> {
    /// No statement of the run changed it: it is as the server has it.
    Untouched,
    /// It is not known what it is.
    Unknown,
    /// It is this.
    Shape(&'s Shape),
}

type Key = (Option<String>, String);

/// All tables that statements of the run made or changed.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    touched: BTreeMap<Key, Option<Shape>>,
    /// The schema in which unqualified names are made, when it is certain.
    pub(super) home: Option<String>,
}

impl Shape {
    /// The columns' types by name.
    pub(super) fn ty(&self, column: &str) -> Option<&str> {
        self.columns.iter().find(|(name, _)| name == column).map(|(_, ty)| ty.as_str())
    }

    /// A table that the server has.
    pub(super) async fn read(catalog: &Catalog<'_>, name: &Name) -> Result<Option<Self>, Failure> {
        let Some(table) = catalog.table(name).await?.filter(|table| matches!(&*table.kind, "r" | "p")) else {
            return Ok(None);
        };
        let query = format!(
            "SELECT x.indisprimary, pg_catalog.string_agg(pg_catalog.quote_literal(a.attname), ',' ORDER BY k.nr) \
             FROM pg_catalog.pg_index x CROSS JOIN LATERAL pg_catalog.unnest(x.indkey) WITH ORDINALITY k(number, nr) \
             JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number \
             WHERE x.indrelid = {} AND x.indisunique AND x.indpred IS NULL AND k.nr <= x.indnkeyatts GROUP BY x.indexrelid, 1",
            table.oid
        );
        let mut shape = Self { keys: Some(BTreeSet::new()), ..Self::default() };
        for row in catalog.rows(&query).await? {
            let [Some(primary), Some(columns)] = row.as_slice() else { continue };
            let columns = names_of(columns);
            shape.keys.get_or_insert_default().insert(columns.iter().cloned().collect());
            if primary == "t" {
                shape.primary = columns;
            }
        }
        shape.columns = table.columns.into_iter().map(|column| (column.name, column.ty)).collect();
        Ok(Some(shape))
    }

    fn add(&mut self, column: &Column) {
        self.columns.push((column.name.clone(), plain(&column.ty)));
        for constraint in &column.constraints {
            match constraint {
                ColumnConstraint::PrimaryKey { .. } => self.key(std::slice::from_ref(&column.name), true),
                ColumnConstraint::Unique { .. } => self.key(std::slice::from_ref(&column.name), false),
                _ => {}
            }
        }
    }

    fn key(&mut self, columns: &[String], primary: bool) {
        if let Some(keys) = &mut self.keys {
            keys.insert(columns.iter().cloned().collect());
        }
        if primary {
            self.primary = columns.to_vec();
        }
    }

    fn constraint(&mut self, constraint: &Constraint) {
        match &constraint.kind {
            ConstraintKind::PrimaryKey { using_index: Some(_), .. }
            | ConstraintKind::Unique { using_index: Some(_), .. } => self.keys = None,
            ConstraintKind::PrimaryKey { columns, .. } => self.key(columns, true),
            ConstraintKind::Unique { columns, .. } => self.key(columns, false),
            _ => {}
        }
    }

    /// Takes in a clause; false when nobody knows what the table is then.
    fn clause(&mut self, action: &Action) -> bool {
        match action {
            Action::AddColumn { column, if_not_exists } if self.ty(&column.name).is_none() || !if_not_exists => {
                self.add(column);
            }
            Action::DropColumn { name, .. } => self.columns.retain(|(column, _)| column != name),
            Action::SetType { column, ty, .. } => {
                let found = self.columns.iter_mut().find(|(name, _)| name == column);
                if let Some((_, own)) = found {
                    own.clone_from(ty);
                }
            }
            Action::RenameColumn { from, to } => self.rename(from, to),
            Action::AddConstraint(constraint) => self.constraint(constraint),
            Action::Rename { .. } | Action::SetSchema { .. } | Action::Inherit { .. } | Action::Other => return false,
            _ => {}
        }
        true
    }

    fn rename(&mut self, from: &str, to: &str) {
        let other = |name: &String| if name == from { to.to_owned() } else { name.clone() };
        self.columns.iter_mut().for_each(|(name, _)| *name = other(name));
        self.keys = self.keys.take().map(|keys| keys.iter().map(|key| key.iter().map(other).collect()).collect());
        self.primary.iter_mut().for_each(|name| *name = other(name));
    }
}

impl Shapes {
    fn key(&self, name: &Name) -> Key {
        (name.schema.clone().or_else(|| self.home.clone()), name.name.clone())
    }

    /// What is known of a table.
    pub(super) fn seen(&self, name: &Name) -> Seen<'_> {
        match self.touched.get(&self.key(name)) {
            Some(Some(shape)) => Seen::Shape(shape),
            Some(None) => Seen::Unknown,
            None if self.touched.keys().any(|key| key.1 == name.name) => Seen::Unknown,
            None => Seen::Untouched,
        }
    }

    /// A table before a statement; none when it is not certain, or not there.
    pub(super) async fn before(&self, catalog: &Catalog<'_>, name: &Name) -> Result<Option<Shape>, Failure> {
        match self.seen(name) {
            Seen::Shape(shape) => Ok(Some(shape.clone())),
            Seen::Unknown => Ok(None),
            Seen::Untouched => Shape::read(catalog, name).await,
        }
    }

    /// The tables that were touched, by their bare names.
    pub(super) fn touched(&self) -> impl Iterator<Item = (&str, Option<&Shape>)> {
        self.touched.iter().map(|(key, shape)| (key.1.as_str(), shape.as_ref()))
    }

    fn put(&mut self, name: &Name, shape: Option<Shape>) {
        let key = self.key(name);
        // Two of one name in several schemas: which one is meant is not certain.
        let shape = shape.filter(|_| !self.touched.keys().any(|other| other.1 == key.1 && *other != key));
        self.touched.insert(key, shape);
    }

    /// Takes in what a statement does.
    pub(super) async fn note(&mut self, catalog: &Catalog<'_>, act: &Act, sql: &str) -> Result<(), Failure> {
        match act {
            Act::CreateTable(table) => {
                if table.if_not_exists && self.is_there(catalog, &table.name).await? {
                    return Ok(());
                }
                self.put(&table.name, made(table, sql));
            }
            Act::Alter { object: Object::Table | Object::ForeignTable, name, clauses, .. } => {
                let mut shape = self.before(catalog, name).await?;
                if let Some(own) = &mut shape
                    && !clauses.iter().all(|clause| own.clause(&clause.action))
                {
                    shape = None;
                }
                self.put(name, shape);
                self.names(name, clauses.iter().map(|clause| &clause.action));
            }
            Act::Alter { name, clauses, .. } => {
                if clauses.iter().any(|c| matches!(c.action, Action::Rename { .. } | Action::SetSchema { .. })) {
                    self.put(name, None);
                }
                self.names(name, clauses.iter().map(|clause| &clause.action));
            }
            Act::CreateIndex(index) if index.unique && index.filter.is_none() => {
                let mut shape = self.before(catalog, &index.table).await?;
                let columns: Vec<String> = index.keys.iter().flat_map(|key| words_of(key)).collect();
                if let Some(shape) = &mut shape {
                    shape.key(&columns, false);
                }
                self.put(&index.table, shape);
            }
            Act::CreateTableAs { name, .. } | Act::CreateView { name, .. } | Act::CreateSequence { name, .. } => {
                self.put(name, None);
            }
            Act::Create { object: Object::ForeignTable, name, .. } => self.put(name, None),
            Act::Drop { names, .. } => names.iter().for_each(|name| self.put(name, None)),
            _ => {}
        }
        Ok(())
    }

    /// The new names that clauses give.
    fn names<'a>(&mut self, name: &Name, actions: impl Iterator<Item = &'a Action>) {
        for action in actions {
            match action {
                Action::Rename { to } => self.put(&Name { schema: name.schema.clone(), name: to.clone() }, None),
                Action::SetSchema { to } => {
                    self.put(&Name { schema: Some(to.clone()), name: name.name.clone() }, None);
                }
                _ => {}
            }
        }
    }

    /// Whether something has the name; yes where that is not certain.
    pub(super) async fn is_there(&self, catalog: &Catalog<'_>, name: &Name) -> Result<bool, Failure> {
        if !matches!(self.seen(name), Seen::Untouched) {
            return Ok(true);
        }
        let written = literal(&super::super::name::written(name));
        catalog.holds(&format!("pg_catalog.to_regclass({written}) IS NOT NULL")).await
    }
}

/// The table that a statement makes; none when its columns come from elsewhere too.
fn made(table: &CreateTable, sql: &str) -> Option<Shape> {
    let elsewhere = table.partition_of.is_some() || !table.inherits.is_empty();
    if elsewhere || words_of(sql).any(|word| word == "like" || word == "of") {
        return None;
    }
    let mut shape = Shape { keys: Some(BTreeSet::new()), ..Shape::default() };
    table.columns.iter().for_each(|column| shape.add(column));
    table.constraints.iter().for_each(|constraint| shape.constraint(constraint));
    Some(shape)
}

/// The type of a column with a sequence is that of its numbers.
fn plain(ty: &str) -> String {
    match ty.to_ascii_lowercase().as_str() {
        "serial" | "serial4" => "integer".to_owned(),
        "bigserial" | "serial8" => "bigint".to_owned(),
        "smallserial" | "serial2" => "smallint".to_owned(),
        _ => ty.to_owned(),
    }
}

/// Names of a list of literals.
fn names_of(list: &str) -> Vec<String> {
    let tokens = dbwright_sql::lex::tokens(list, dbwright_sql::Dialect::Postgres);
    let strings = tokens.iter().filter(|token| token.kind == dbwright_sql::lex::TokenKind::String);
    strings.map(|token| dbwright_sql::lex::unquoted(token.text(list))).collect()
}
