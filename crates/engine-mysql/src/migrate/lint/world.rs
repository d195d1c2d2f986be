//! What is known of the database before a statement: from the target, from earlier statements, else assumed.

use std::collections::BTreeMap;
use std::sync::Arc;

use dbwright_migrate::names::Key;
use dbwright_sql::Dialect;

use super::definition::Definition;
use crate::body::Account;
use crate::migrate::table::same;
use crate::migrate::text::cursor::Name;

/// A shared table.
pub(in crate::migrate) type TableRef = Arc<Table>;

/// The state of the database.
#[derive(Debug, Clone, Default)]
pub(in crate::migrate) struct World {
    /// Tables by schema and name, in lower case where the server compares them so.
    pub(in crate::migrate) tables: BTreeMap<Key, TableRef>,
    /// Whether there is a target, so that what isn't here isn't there.
    pub(in crate::migrate) known: bool,
    /// The database of names without one; empty when it is not known.
    pub(in crate::migrate) home: String,
    /// Whether names of tables that differ by case alone mean the same.
    pub(in crate::migrate) folds: bool,
    /// Accounts of the target; none when they are not known.
    pub(in crate::migrate) accounts: Vec<Account>,
    /// The character set that tables take which say none.
    pub(in crate::migrate) charset: Option<String>,
}

/// Where a table is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::migrate) enum Origin {
    /// Nothing is known; it is assumed to be large and in use.
    Assumed,
    /// It is in the target.
    Target,
    /// An earlier file made it.
    Earlier,
    /// This file made it: nobody else uses it yet.
    Here,
}

/// A table, as far as it is known.
#[derive(Debug, Clone)]
pub(in crate::migrate) struct Table {
    /// Its database; empty when it is not known.
    pub(in crate::migrate) schema: String,
    pub(in crate::migrate) name: String,
    /// Whether its database is that of names without one.
    pub(in crate::migrate) at_home: bool,
    pub(in crate::migrate) origin: Origin,
    /// Whether the target has it.
    pub(in crate::migrate) in_target: bool,
    /// Whether it is known to hold no row, or hardly any.
    pub(in crate::migrate) empty: bool,
    pub(in crate::migrate) temporary: bool,
    /// Whether all its columns and keys are known.
    pub(in crate::migrate) complete: bool,
    pub(in crate::migrate) columns: Vec<Column>,
    pub(in crate::migrate) keys: Vec<TableKey>,
    pub(in crate::migrate) foreign: Vec<Foreign>,
    /// Names of its CHECKs; empty where the server chooses one.
    pub(in crate::migrate) checks: Vec<String>,
    /// `InnoDB`; none means the server's default.
    pub(in crate::migrate) engine: Option<String>,
    /// Character set of columns that say none.
    pub(in crate::migrate) charset: Option<String>,
    pub(in crate::migrate) collation: Option<String>,
    /// In lower case: `dynamic`, `compressed`; none means the server's default.
    pub(in crate::migrate) row_format: Option<String>,
    /// How it is partitioned, as far as that is known; none when it is not.
    pub(in crate::migrate) partitions: Option<String>,
    /// Names of partitions that are known to hold no row.
    pub(in crate::migrate) empty_parts: Vec<String>,
    /// Triggers on it.
    pub(in crate::migrate) triggers: Vec<String>,
    /// Rows, about.
    pub(in crate::migrate) rows: Option<f64>,
    /// Bytes of its rows.
    pub(in crate::migrate) bytes: Option<u64>,
    /// Bytes of its other indexes.
    pub(in crate::migrate) index_bytes: Option<u64>,
    /// Rows written in a second, on average.
    pub(in crate::migrate) writes: Option<f64>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct Column {
    pub(in crate::migrate) name: String,
    /// With the character set and collation that it really has, when they are known.
    pub(in crate::migrate) definition: Definition,
}

/// What kind of key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::migrate) enum KeyKind {
    Primary,
    Unique,
    Plain,
    Fulltext,
    Spatial,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct TableKey {
    /// `PRIMARY` for the primary key.
    pub(in crate::migrate) name: String,
    pub(in crate::migrate) kind: KeyKind,
    /// Its parts: columns, with nothing of lengths and directions; an expression as its text in parentheses.
    pub(in crate::migrate) columns: Vec<String>,
    /// Whether one of them is only the beginning of a column.
    pub(in crate::migrate) prefix: bool,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct Foreign {
    /// Empty where the server chooses it.
    pub(in crate::migrate) name: String,
    pub(in crate::migrate) columns: Vec<String>,
    pub(in crate::migrate) table: Name,
    pub(in crate::migrate) referenced: Vec<String>,
    /// `ON DELETE …`, as written.
    pub(in crate::migrate) tail: String,
}

impl World {
    /// The key of a name.
    pub(in crate::migrate) fn key(&self, name: &Name) -> Key {
        let (schema, table) = name.within(&self.home);
        (self.fold(schema), self.fold(table))
    }

    /// The name of a database or table, as such names are compared.
    pub(in crate::migrate) fn fold(&self, name: &str) -> String {
        if self.folds { name.to_lowercase() } else { name.to_owned() }
    }

    /// The table of a name; one that is assumed when nothing is known.
    pub(in crate::migrate) fn table(&self, name: &Name) -> TableRef {
        self.tables.get(&self.key(name)).cloned().unwrap_or_else(|| Arc::new(self.assumed(name)))
    }

    /// The table of a name, when something is known of it.
    pub(in crate::migrate) fn known_table(&self, name: &Name) -> Option<&TableRef> {
        self.tables.get(&self.key(name))
    }

    /// All tables.
    pub(in crate::migrate) fn tables(&self) -> impl Iterator<Item = &TableRef> {
        self.tables.values()
    }

    /// The tables whose foreign keys refer to a table, itself left out.
    pub(in crate::migrate) fn children(&self, table: &Table) -> Vec<TableRef> {
        let refers = |other: &&TableRef| {
            other.foreign.iter().any(|foreign| {
                let schema = foreign.table.schema.as_deref().unwrap_or(&other.schema);
                same_table(schema, &foreign.table.name, table)
            }) && !same_table(&other.schema, &other.name, table)
        };
        self.tables.values().filter(refers).cloned().collect()
    }

    /// A table of which nothing is known but its name.
    pub(in crate::migrate) fn assumed(&self, name: &Name) -> Table {
        let (schema, table) = name.within(&self.home);
        let at_home = name.schema.as_deref().is_none_or(|schema| schema == self.home);
        Table { at_home, ..Table::named(schema, table) }
    }

    /// Takes a trigger out of its table.
    pub(super) fn drop_trigger(&mut self, name: &str) {
        for table in self.tables.values_mut().filter(|table| table.triggers.iter().any(|own| own == name)) {
            Arc::make_mut(table).triggers.retain(|own| own != name);
        }
    }

    /// The table to be changed, made when nothing was known of it.
    pub(super) fn table_mut(&mut self, name: &Name) -> &mut Table {
        let (key, assumed) = (self.key(name), self.assumed(name));
        Arc::make_mut(self.tables.entry(key).or_insert_with(|| Arc::new(assumed)))
    }
}

fn same_table(schema: &str, name: &str, table: &Table) -> bool {
    schema == table.schema && name == table.name
}

impl Table {
    pub(super) fn named(schema: &str, name: &str) -> Self {
        Self {
            schema: schema.to_owned(),
            name: name.to_owned(),
            at_home: true,
            origin: Origin::Assumed,
            in_target: false,
            empty: false,
            temporary: false,
            complete: false,
            columns: Vec::new(),
            keys: Vec::new(),
            foreign: Vec::new(),
            checks: Vec::new(),
            engine: None,
            charset: None,
            collation: None,
            row_format: None,
            partitions: None,
            empty_parts: Vec::new(),
            triggers: Vec::new(),
            rows: None,
            bytes: None,
            index_bytes: None,
            writes: None,
        }
    }

    /// Whether nothing that is done to it can hold anybody up: made in this file, temporary, or without a row.
    pub(in crate::migrate) fn quiet(&self) -> bool {
        self.fresh() || self.empty
    }

    /// Whether nobody else can use it yet: made in this file, or temporary.
    pub(in crate::migrate) fn fresh(&self) -> bool {
        self.origin == Origin::Here || self.temporary
    }

    /// Whether it is `InnoDB`'s, as far as that is known.
    pub(in crate::migrate) fn innodb(&self) -> bool {
        self.engine.as_deref().is_none_or(|engine| engine.eq_ignore_ascii_case("innodb"))
    }

    /// The column of a name.
    pub(in crate::migrate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| same(&column.name, name))
    }

    /// Names of its columns in order.
    pub(in crate::migrate) fn column_names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// The primary key.
    pub(in crate::migrate) fn primary(&self) -> Option<&TableKey> {
        self.keys.iter().find(|key| key.kind == KeyKind::Primary)
    }

    /// The keys that a column is part of.
    pub(in crate::migrate) fn keys_of(&self, column: &str) -> Vec<&TableKey> {
        self.keys.iter().filter(|key| key.columns.iter().any(|own| same(own, column))).collect()
    }

    /// Whether it has a FULLTEXT index.
    pub(in crate::migrate) fn fulltext(&self) -> bool {
        self.keys.iter().any(|key| key.kind == KeyKind::Fulltext)
    }

    /// Its name for statements: the database only where it is not that of the target.
    pub(in crate::migrate) fn sql(&self) -> String {
        let dialect = Dialect::Mysql;
        if self.at_home { dialect.name(&self.name) } else { dialect.qualified(&self.schema, &self.name) }
    }

    /// Its subject: `schema.table`, or `table` while the database is not known.
    pub(in crate::migrate) fn subject(&self) -> String {
        Dialect::Mysql.subject(&self.path())
    }

    /// The subject of something in it: `schema.table.name`.
    pub(in crate::migrate) fn subject_in(&self, name: &str) -> String {
        let mut path = self.path();
        path.push(name);
        Dialect::Mysql.subject(&path)
    }

    fn path(&self) -> Vec<&str> {
        [self.schema.as_str(), self.name.as_str()].into_iter().filter(|part| !part.is_empty()).collect()
    }
}
