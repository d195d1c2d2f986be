//! Tables, columns, keys and indexes, through PRAGMAs; each table by itself, so that one that can't be
//! read (a broken view, a module that is not loaded) costs only itself.

use std::collections::{BTreeMap, HashMap};

use dbwright_sql::Dialect;
use dbwright_sql::model::{
    Catalog, Column, Constraint, ConstraintKind, Generated, Index, IndexKey, References, Table, TableKind, Trigger,
};

use super::index_sql;
use super::reader::{Reader, optional_text, text};
use crate::body::{TableFacts, area};

/// The schema name that every object of the file has.
pub(crate) const SCHEMA: &str = "main";

/// The tables of dbwright's own journal.
const JOURNAL: [&str; 2] = ["dbwright_migrations", "dbwright_steps"];

/// A row of `sqlite_schema`.
struct Object {
    id: u64,
    kind: String,
    name: String,
    table: String,
    sql: Option<String>,
}

/// Reads the schema: the catalog, and what only SQLite's tables have.
pub(super) fn read(reader: &mut Reader<'_>) -> (Catalog, BTreeMap<u64, TableFacts>) {
    let mut catalog = Catalog::new(Dialect::Sqlite);
    let mut facts = BTreeMap::new();
    let (objects, error) =
        reader.rows_until("SELECT rowid, type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid", [], |row| {
            Ok(Object {
                id: row.get::<_, i64>(0)?.cast_unsigned(),
                kind: text(row, 1)?,
                name: text(row, 2)?,
                table: text(row, 3)?,
                sql: optional_text(row, 4)?,
            })
        });
    if let Some(error) = error {
        reader.gap(area::CATALOG, format!("the schema could be read in part only: {error}"), None);
    }
    let kinds = kinds(reader);
    for object in objects.iter().filter(|object| matches!(object.kind.as_str(), "table" | "view")) {
        let (table, own) = table(reader, object, &objects, &kinds);
        facts.insert(object.id, own);
        catalog.tables.push(table);
    }
    catalog.tables.sort_by(|a, b| a.name.cmp(&b.name));
    link_references(&mut catalog);
    (catalog, facts)
}

/// What `PRAGMA table_list` says of each object: kind, WITHOUT ROWID, STRICT.
fn kinds(reader: &mut Reader<'_>) -> HashMap<String, (String, bool, bool)> {
    let sql = "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'";
    let (rows, _) = reader.rows_until(sql, [], |row| {
        Ok((text(row, 0)?, (text(row, 1)?, row.get::<_, bool>(2)?, row.get::<_, bool>(3)?)))
    });
    rows.into_iter().collect()
}

fn table(
    reader: &mut Reader<'_>,
    object: &Object,
    objects: &[Object],
    kinds: &HashMap<String, (String, bool, bool)>,
) -> (Table, TableFacts) {
    let (listed, without_rowid, strict) = kinds.get(&object.name).cloned().unwrap_or_default();
    let kind = match listed.as_str() {
        "virtual" => TableKind::Virtual,
        "view" => TableKind::View,
        _ if object.kind == "view" => TableKind::View,
        _ if object.sql.as_deref().is_some_and(is_virtual) => TableKind::Virtual,
        _ => TableKind::Table,
    };
    let mut table = Table {
        id: object.id,
        schema: SCHEMA.to_owned(),
        name: object.name.clone(),
        kind,
        owner: None,
        parents: Vec::new(),
        is_partition: false,
        partitioning: None,
        internal: listed == "shadow" || object.name.starts_with("sqlite_") || JOURNAL.contains(&&*object.name),
        columns: Vec::new(),
        constraints: Vec::new(),
        indexes: Vec::new(),
        triggers: triggers(objects, &object.name),
        rows: None,
        bytes: None,
        writes: None,
        definition: object.sql.clone(),
        comment: None,
        storage: None,
    };
    let keys = columns(reader, &mut table, strict);
    if kind == TableKind::Table {
        indexes(reader, &mut table, objects);
        primary_key(&mut table, &keys, without_rowid, strict);
        foreign_keys(reader, &mut table);
        collations(reader, &mut table);
    }
    (table, TableFacts { strict, without_rowid, ..TableFacts::default() })
}

fn is_virtual(sql: &str) -> bool {
    sql.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("create virtual"))
}

fn triggers(objects: &[Object], table: &str) -> Vec<Trigger> {
    let own = objects.iter().filter(|o| o.kind == "trigger" && o.table.eq_ignore_ascii_case(table));
    let mut triggers: Vec<_> = own
        .map(|o| Trigger {
            name: o.name.clone(),
            enabled: "always".to_owned(),
            constraint: None,
            definer: None,
            definition: o.sql.clone().unwrap_or_default(),
        })
        .collect();
    triggers.sort_by(|a, b| a.name.cmp(&b.name));
    triggers
}

/// Fills the columns in; returns the names of the primary key's columns in the key's order.
fn columns(reader: &mut Reader<'_>, table: &mut Table, strict: bool) -> Vec<String> {
    let sql = "SELECT cid, name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, 'main')";
    let (rows, error) = reader.rows_until(sql, [&table.name], |row| {
        let data_type = text(row, 2)?;
        let column = Column {
            name: text(row, 1)?,
            number: row.get(0)?,
            base_type: affinity(&data_type, strict).to_owned(),
            data_type,
            not_null: row.get(3)?,
            default: optional_text(row, 4)?,
            generated: match row.get(6)? {
                2 => Some(Generated::Virtual),
                3 => Some(Generated::Stored),
                _ => None,
            },
            collation: None,
            highest: None,
            definition: None,
        };
        Ok((column, row.get::<_, i64>(5)?, row.get::<_, i64>(6)? == 1))
    });
    if let Some(error) = error
        && table.kind == TableKind::Table
    {
        reader.gap(area::CATALOG, format!("the columns of {} can't be read: {error}", table.name), None);
    }
    let mut keys: Vec<(i64, String)> =
        rows.iter().filter(|(_, pk, _)| *pk > 0).map(|(column, pk, _)| (*pk, column.name.clone())).collect();
    keys.sort();
    table.columns = rows.into_iter().filter(|(_, _, hidden)| !hidden).map(|(column, _, _)| column).collect();
    keys.into_iter().map(|(_, name)| name).collect()
}

/// The affinity of a declared type (SQLite documentation, "Datatypes", section 3.1).
pub(crate) fn affinity(declared: &str, strict: bool) -> &'static str {
    let upper = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| upper.contains(word));
    match () {
        () if has(&["INT"]) => "integer",
        () if has(&["CHAR", "CLOB", "TEXT"]) => "text",
        () if has(&["BLOB"]) || upper.is_empty() || (strict && upper == "ANY") => "blob",
        () if has(&["REAL", "FLOA", "DOUB"]) => "real",
        () => "numeric",
    }
}

fn indexes(reader: &mut Reader<'_>, table: &mut Table, objects: &[Object]) {
    let sql = "SELECT name, \"unique\", origin, partial FROM pragma_index_list(?1, 'main')";
    let (rows, _) = reader.rows_until(sql, [&table.name], |row| {
        Ok((text(row, 0)?, row.get::<_, bool>(1)?, text(row, 2)?, row.get::<_, bool>(3)?))
    });
    for (name, unique, origin, partial) in rows {
        // The primary key of a WITHOUT ROWID table is the table itself: it is listed, but is no object.
        let object = objects.iter().find(|o| o.kind == "index" && o.name == name);
        let said = object.and_then(|o| o.sql.as_deref()).map(index_sql::parse).unwrap_or_default();
        let index = Index {
            id: object.map_or(table.id, |o| o.id),
            keys: index_keys(reader, &name, &said.keys),
            method: "btree".to_owned(),
            unique,
            primary: origin == "pk",
            constraint: match origin.as_str() {
                "pk" => Some("primary key".to_owned()),
                "u" => Some(name.clone()),
                _ => None,
            },
            include: Vec::new(),
            predicate: partial.then_some(said.predicate).flatten(),
            nulls_not_distinct: false,
            valid: true,
            replica_identity: false,
            parent: None,
            automatic: origin != "c",
            bytes: None,
            definition: object.and_then(|o| o.sql.clone()),
            name,
        };
        if origin == "u" {
            let columns = index.leading_columns().map(str::to_owned).collect();
            table.constraints.push(constraint(&index.name, ConstraintKind::Unique, columns, Some(index.id)));
        }
        table.indexes.push(index);
    }
    table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
}

fn index_keys(reader: &mut Reader<'_>, index: &str, texts: &[String]) -> Vec<IndexKey> {
    let sql =
        "SELECT seqno, cid, name, \"desc\", coll FROM pragma_index_xinfo(?1, 'main') WHERE key = 1 ORDER BY seqno";
    let (keys, _) = reader.rows_until(sql, [index], |row| {
        let number = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX);
        let expression = row.get::<_, i64>(1)? == -2;
        let collation = text(row, 4)?;
        Ok(IndexKey {
            column: if expression { None } else { optional_text(row, 2)?.or_else(|| Some("rowid".to_owned())) },
            expression: expression.then(|| texts.get(number).cloned().unwrap_or_default()),
            descending: row.get(3)?,
            nulls_first: false,
            opclass: String::new(),
            collation: if collation.eq_ignore_ascii_case("binary") { String::new() } else { collation },
        })
    });
    keys
}

fn constraint(name: &str, kind: ConstraintKind, columns: Vec<String>, index: Option<u64>) -> Constraint {
    Constraint {
        name: name.to_owned(),
        kind,
        columns,
        validated: true,
        deferrable: false,
        index,
        inherited: false,
        definition: None,
    }
}

fn primary_key(table: &mut Table, keys: &[String], without_rowid: bool, strict: bool) {
    if keys.is_empty() {
        return;
    }
    let index = table.indexes.iter().find(|index| index.primary).map(|index| index.id);
    let rowid_alias = index.is_none() && !without_rowid;
    for column in table.columns.iter_mut().filter(|column| keys.contains(&column.name)) {
        column.not_null |= rowid_alias || without_rowid || strict;
        if rowid_alias {
            column.generated = Some(Generated::Rowid);
        }
    }
    table.constraints.insert(0, constraint("primary key", ConstraintKind::PrimaryKey, keys.to_vec(), index));
}

fn foreign_keys(reader: &mut Reader<'_>, table: &mut Table) {
    let sql = "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list(?1, 'main') ORDER BY id, seq";
    let (rows, _) = reader.rows_until(sql, [&table.name], |row| {
        Ok((row.get::<_, i64>(0)?, text(row, 1)?, text(row, 2)?, optional_text(row, 3)?, text(row, 4)?, text(row, 5)?))
    });
    for (id, parent, from, to, on_update, on_delete) in rows {
        let declared = table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(&from));
        let from = declared.map_or(from, |column| column.name.clone());
        let name = format!("fk_{id}");
        let known = table.constraints.iter_mut().find(|c| c.name == name);
        if let Some(Constraint { columns, kind: ConstraintKind::ForeignKey(references), .. }) = known {
            columns.push(from);
            references.columns.extend(to);
            continue;
        }
        let references = References {
            schema: SCHEMA.to_owned(),
            table: parent,
            id: None,
            columns: to.into_iter().collect(),
            on_delete,
            on_update,
        };
        table.constraints.push(constraint(&name, ConstraintKind::ForeignKey(references), vec![from], None));
    }
}

/// What needs a look at the column itself: collation and AUTOINCREMENT.
fn collations(reader: &Reader<'_>, table: &mut Table) {
    let name = table.name.clone();
    for column in &mut table.columns {
        let Ok((_, collation, _, _, autoincrement)) =
            reader.db.column_metadata(Some("main"), name.as_str(), column.name.as_str())
        else {
            continue;
        };
        let collation = collation.map(|name| name.to_string_lossy().into_owned());
        column.collation = collation.filter(|name| !name.eq_ignore_ascii_case("binary"));
        if autoincrement {
            column.generated = Some(Generated::Autoincrement);
        }
    }
}

/// A table that foreign keys may mean: id, name, primary key, columns.
type Known = (u64, String, Vec<String>, Vec<String>);

/// Finds the tables that foreign keys mean, and the columns of those that name none. Names are then
/// written as they were declared, since SQLite does not tell upper from lower case.
fn link_references(catalog: &mut Catalog) {
    let of_table = |table: &Table| {
        let keys = table.primary_key().map(|key| key.columns.clone()).unwrap_or_default();
        let columns = table.columns.iter().map(|column| column.name.clone()).collect();
        (table.name.to_ascii_lowercase(), (table.id, table.name.clone(), keys, columns))
    };
    let tables = catalog.tables.iter().filter(|table| table.kind == TableKind::Table);
    let known: HashMap<String, Known> = tables.map(of_table).collect();
    for constraint in catalog.tables.iter_mut().flat_map(|table| &mut table.constraints) {
        let ConstraintKind::ForeignKey(references) = &mut constraint.kind else { continue };
        let Some((id, name, keys, columns)) = known.get(&references.table.to_ascii_lowercase()) else { continue };
        references.id = Some(*id);
        references.table.clone_from(name);
        if references.columns.is_empty() {
            references.columns.clone_from(keys);
        }
        for column in &mut references.columns {
            if let Some(declared) = columns.iter().find(|declared| declared.eq_ignore_ascii_case(column)) {
                column.clone_from(declared);
            }
        }
    }
}
