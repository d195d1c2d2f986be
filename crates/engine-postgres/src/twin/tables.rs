//! Tables, their parts and views as statements, out of the catalog.
//!
//! Every table is made on its own and then attached to its parent, as dumps do it: so its columns keep their numbers.
//! Numbers of dropped columns are filled and dropped again.

use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, Constraint, ConstraintKind, Generated, Index, Table, TableKind};

use super::load::Statement;
use crate::body::{Blueprint, ColumnExtra, PgBody, RelationExtra};

const SQL: Dialect = Dialect::Postgres;

/// What the statements of a table are made from.
pub(super) struct Maker<'a> {
    body: &'a PgBody,
    blueprint: Option<&'a Blueprint>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(body: &'a PgBody) -> Self {
        Self { body, blueprint: body.blueprint.as_deref() }
    }

    fn extra(&self, table: &Table) -> Option<&'a RelationExtra> {
        self.blueprint?.relations.get(&table.id)
    }

    fn column_extra(&self, table: &Table, column: &Column) -> Option<&'a ColumnExtra> {
        self.blueprint?.columns.get(&table.id)?.iter().find(|extra| extra.number == column.number)
    }

    /// Makes the table with its columns.
    pub(super) fn table(&self, table: &Table) -> Vec<Statement> {
        let name = SQL.qualified(&table.schema, &table.name);
        let object = format!("table {name}");
        let (columns, dropped) = self.columns(table);
        let foreign = self.extra(table).and_then(|extra| extra.foreign.as_deref());
        let kind = if table.kind == TableKind::Foreign { "FOREIGN TABLE" } else { "TABLE" };
        let tail = match table.kind {
            TableKind::Foreign => foreign.unwrap_or_default().to_owned(),
            TableKind::Partitioned => table.partitioning.clone().unwrap_or_default(),
            _ => self.options(table),
        };
        let mut made = vec![Statement::new(&object, format!("CREATE {kind} {name} ({}) {tail}", columns.join(", ")))];
        if !dropped.is_empty() {
            let drops: Vec<_> = dropped.iter().map(|filler| format!("DROP COLUMN {filler}")).collect();
            // Together with the table: another run of it alone would find nothing to drop.
            made[0].sql = format!("{}; ALTER {kind} {name} {}", made[0].sql, drops.join(", "));
        }
        if let Some((true, force)) = self.extra(table).map(|extra| extra.row_security) {
            let force = if force { ", FORCE ROW LEVEL SECURITY" } else { "" };
            made.push(Statement::new(&object, format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY{force}")));
        }
        made
    }

    /// Columns with their fillers, and the fillers' names.
    fn columns(&self, table: &Table) -> (Vec<String>, Vec<String>) {
        let (mut all, mut dropped) = (Vec::new(), Vec::new());
        let mut number = 1;
        for column in &table.columns {
            while number < column.number {
                let filler = SQL.ident(&format!("dbwright dropped {number}"));
                all.push(format!("{filler} \"char\""));
                dropped.push(filler);
                number += 1;
            }
            all.push(self.column(table, column));
            number = column.number + 1;
        }
        (all, dropped)
    }

    fn column(&self, table: &Table, column: &Column) -> String {
        let extra = self.column_extra(table, column);
        let collation = extra.and_then(|extra| extra.collation.clone());
        let collation = collation.or_else(|| column.collation.as_ref().map(|name| SQL.ident(name)));
        let value = match (column.generated, &column.default) {
            (Some(Generated::Stored), Some(expression)) => Some(format!("GENERATED ALWAYS AS ({expression}) STORED")),
            (Some(Generated::Virtual), Some(expression)) => Some(format!("GENERATED ALWAYS AS ({expression}) VIRTUAL")),
            // A partition gets it from its parent.
            (Some(Generated::IdentityAlways | Generated::IdentityByDefault), _) => {
                (!table.is_partition).then(|| self.identity(table, column))
            }
            (_, default) => default.as_ref().map(|default| format!("DEFAULT {default}")),
        };
        let not_null = extra.map_or(column.not_null, |extra| extra.not_null).then(|| "NOT NULL".to_owned());
        let name = format!("{} {}", SQL.ident(&column.name), column.data_type);
        let collation = collation.map(|collation| format!("COLLATE {collation}"));
        [Some(name), collation, value, not_null].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// The sequence gets its own name, so that it can stand in statements.
    fn identity(&self, table: &Table, column: &Column) -> String {
        let word = if column.generated == Some(Generated::IdentityAlways) { "ALWAYS" } else { "BY DEFAULT" };
        let of = (table.id, column.name.clone());
        let sequence = self.body.catalog.sequences.iter().find(|s| s.owned && s.column.as_ref() == Some(&of));
        let name = sequence.map(|s| format!(" (SEQUENCE NAME {})", SQL.qualified(&s.schema, &s.name)));
        format!("GENERATED {word} AS IDENTITY{}", name.unwrap_or_default())
    }

    /// Storage parameters that the planner reads; the others would only be in the way.
    fn options(&self, table: &Table) -> String {
        let read = |option: &&String| {
            ["parallel_workers=", "fillfactor=", "user_catalog_table="].iter().any(|name| option.starts_with(name))
        };
        let options = self.body.tables.get(&table.id).map(|stats| stats.options.as_slice()).unwrap_or_default();
        let options: Vec<_> = options.iter().filter(read).cloned().collect();
        let tablespace = self.extra(table).and_then(|extra| extra.tablespace.as_ref());
        let with = if options.is_empty() { String::new() } else { format!("WITH ({})", options.join(", ")) };
        match tablespace {
            Some(tablespace) => format!("{with} TABLESPACE {}", SQL.ident(tablespace)),
            None => with,
        }
    }

    /// Attaches a partition or an inheriting table to its parents.
    pub(super) fn attach(&self, table: &Table, by_id: &std::collections::HashMap<u64, &Table>) -> Vec<Statement> {
        let name = SQL.qualified(&table.schema, &table.name);
        let object = format!("partition {name}");
        let parents = table.parents.iter().filter_map(|id| by_id.get(id));
        let attach = |parent: &&Table| {
            let parent = SQL.qualified(&parent.schema, &parent.name);
            if !table.is_partition {
                return Some(format!("ALTER TABLE {name} INHERIT {parent}"));
            }
            let bound = self.extra(table).and_then(|extra| extra.bound.clone());
            let bound = bound.or_else(|| table.partitioning.clone().filter(|_| table.kind == TableKind::Table))?;
            Some(format!("ALTER TABLE ONLY {parent} ATTACH PARTITION {name} {bound}"))
        };
        parents.filter_map(attach).map(|sql| Statement::new(&object, sql)).collect()
    }

    /// CHECK constraints: a partition must have those of its parent before it is attached.
    pub(super) fn checks(table: &Table) -> Vec<Statement> {
        table
            .constraints
            .iter()
            .filter(|c| c.kind == ConstraintKind::Check)
            .filter_map(|c| constraint(table, c))
            .collect()
    }

    /// Keys that own an index.
    pub(super) fn keys(table: &Table) -> Vec<Statement> {
        let owns = |c: &&Constraint| {
            matches!(c.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion)
        };
        table.constraints.iter().filter(owns).filter_map(|c| constraint(table, c)).collect()
    }

    /// Indexes of their own.
    pub(super) fn indexes(table: &Table) -> Vec<Statement> {
        let own = table.indexes.iter().filter(|index| index.constraint.is_none());
        own.filter_map(|index| Some(Statement::new(of(table, "index", &index.name), index.definition.clone()?)))
            .collect()
    }

    /// Attaches an index of a partition to that of its parent.
    pub(super) fn attach_index(
        table: &Table,
        index: &Index,
        parents: &std::collections::HashMap<u64, String>,
    ) -> Option<Statement> {
        let parent = parents.get(&index.parent?)?;
        let name = SQL.qualified(&table.schema, &index.name);
        Some(Statement::new(of(table, "index", &index.name), format!("ALTER INDEX {parent} ATTACH PARTITION {name}")))
    }

    /// Foreign keys, which the planner trusts when it estimates joins. None is checked: there are no rows.
    pub(super) fn foreign_keys(table: &Table) -> Vec<Statement> {
        let own = table.foreign_keys().filter(|(key, _)| !key.inherited);
        own.filter_map(|(key, _)| constraint(table, key)).collect()
    }

    /// A view or materialized view.
    pub(super) fn view(&self, table: &Table) -> Option<Statement> {
        let name = SQL.qualified(&table.schema, &table.name);
        let columns = table.columns.iter().map(|column| SQL.ident(&column.name)).collect::<Vec<_>>().join(", ");
        let query = table.definition.as_ref()?.trim_end().trim_end_matches(';');
        let options =
            self.extra(table).map(|extra| extra.view_options.join(", ")).filter(|options| !options.is_empty());
        let with = options.map(|options| format!(" WITH ({options})")).unwrap_or_default();
        let columns = if columns.is_empty() { columns } else { format!(" ({columns})") };
        Some(match table.kind {
            TableKind::MaterializedView => Statement::new(
                format!("materialized view {name}"),
                format!("CREATE MATERIALIZED VIEW {name}{columns} AS {query} WITH NO DATA"),
            ),
            _ => Statement::new(format!("view {name}"), format!("CREATE VIEW {name}{columns}{with} AS {query}")),
        })
    }
}

fn of(table: &Table, what: &str, part: &str) -> String {
    format!("{what} {} of {}", SQL.name(part), SQL.qualified(&table.schema, &table.name))
}

fn constraint(table: &Table, constraint: &Constraint) -> Option<Statement> {
    let only = if table.kind == TableKind::Foreign { "FOREIGN TABLE" } else { "TABLE ONLY" };
    let only = match constraint.kind {
        ConstraintKind::ForeignKey(_) if table.kind == TableKind::Partitioned => "TABLE",
        _ => only,
    };
    let name = SQL.qualified(&table.schema, &table.name);
    let (own, definition) = (SQL.ident(&constraint.name), constraint.definition.as_ref()?);
    Some(Statement::new(
        of(table, "constraint", &constraint.name),
        format!("ALTER {only} {name} ADD CONSTRAINT {own} {definition}"),
    ))
}
