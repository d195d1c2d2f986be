//! The state that a snapshot of the target shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use dbwright_sql::model::{self, ConstraintKind, ObjectId, TableKind};

use super::expression::Volatility;
use super::world::{Column, Constraint, Index, Origin, Table, World};
use crate::body::{PgBody, TableStats};
use crate::ddl::Name;
use crate::words::as_f64;

/// The world as the target has it.
pub(super) fn world(body: &PgBody) -> World {
    let catalog = &body.catalog;
    let names: BTreeMap<ObjectId, &model::Table> = catalog.tables.iter().map(|table| (table.id, table)).collect();
    let mut world = World { known: true, utc: utc(body), search_path: path(body), ..World::default() };
    for table in &catalog.tables {
        let key = (table.schema.clone(), table.name.clone());
        world.tables.insert(key, Arc::new(self::table(body, table, &names)));
    }
    for ty in &catalog.types {
        let key = (ty.schema.clone(), ty.name.clone());
        if ty.kind == "domain" {
            let constrained = ty.definition.contains("CHECK") || ty.definition.contains("NOT NULL");
            world.domains.insert(key.clone(), constrained);
            let ends = [" DEFAULT ", " NOT NULL", " CHECK ("].iter().filter_map(|word| ty.definition.find(word)).min();
            let base = ty.definition.get(..ends.unwrap_or(ty.definition.len())).unwrap_or_default();
            world.bases.insert(key, base.to_owned());
        } else if ty.kind == "enum" {
            world.enums.insert(key, Vec::new());
        }
    }
    for function in &catalog.functions {
        world.functions.insert(function.name.clone(), Volatility::Unknown);
    }
    world
}

/// Whether sessions have UTC, as far as the setting tells.
fn utc(body: &PgBody) -> Option<bool> {
    let zone = body.setting("TimeZone").or_else(|| body.setting("timezone"))?;
    Some(super::scene::is_utc(&zone.value))
}

/// The schemas of `search_path`.
fn path(body: &PgBody) -> Vec<String> {
    let value = body.setting("search_path").map_or("public", |setting| setting.value.as_str());
    let mut path: Vec<String> = crate::migrate::names::schemas(value).collect();
    if path.is_empty() {
        path.push("public".to_owned());
    }
    path
}

fn table(body: &PgBody, table: &model::Table, names: &BTreeMap<ObjectId, &model::Table>) -> Table {
    let leaves = leaves(body, table.id);
    let figures: Vec<&TableStats> = leaves.iter().filter_map(|id| body.tables.get(id)).collect();
    let mut partitions =
        body.catalog.tables.iter().filter(|part| part.is_partition && part.parents.contains(&table.id));
    let is_default = |part: &&model::Table| {
        part.partitioning.as_deref().is_some_and(|bound| bound.trim().eq_ignore_ascii_case("default"))
    };
    // Its children's rows are changed with its own.
    let inherited = leaves.len() > 1 && leaves.contains(&table.id);
    let indexes: Vec<Index> = table.indexes.iter().map(index).collect();
    let every = |ids: &dyn Fn(&&model::Table) -> Option<u64>| -> Option<u64> {
        leaves.iter().filter_map(|id| names.get(id)).map(ids).sum()
    };
    let index_bytes = every(&|leaf| leaf.indexes.iter().map(|index| index.bytes).sum());
    let heap = |one: &TableStats| one.heap_bytes + one.toast_bytes;
    Table {
        kind: table.kind,
        origin: Origin::Target,
        in_target: true,
        empty: holds_nothing(table, &figures),
        complete: true,
        columns: table.columns.iter().map(column).collect(),
        constraints: table.constraints.iter().map(constraint).collect(),
        indexes,
        rows: table.rows.filter(|_| !inherited).or_else(|| figures.iter().map(|one| one.reltuples).sum()),
        bytes: (!figures.is_empty()).then(|| figures.iter().map(|one| heap(one)).sum()),
        index_bytes,
        writes: rate(body, &figures),
        default_partition: partitions.clone().find(is_default).map(|part| (part.schema.clone(), part.name.clone())),
        partitions: partitions.by_ref().map(|part| body.catalog.subject(part)).collect(),
        replica_identity: figures.first().map_or_else(|| "d".to_owned(), |one| one.replica_identity.clone()),
        readers: readers(body, table),
        uses: body.column_uses.get(&table.id).cloned().unwrap_or_default(),
        ..Table::assumed((table.schema.clone(), table.name.clone()))
    }
}

/// The tables that hold a table's rows: all partitions below it, or itself and what inherits from it.
fn leaves(body: &PgBody, id: ObjectId) -> Vec<ObjectId> {
    let below: Vec<_> = body.catalog.tables.iter().filter(|t| t.parents.contains(&id)).collect();
    let own = (!below.iter().any(|one| one.is_partition)).then_some(id);
    own.into_iter().chain(below.iter().flat_map(|part| leaves(body, part.id))).collect()
}

/// A file without a page holds no row, whatever statistics say; a partitioned table without partitions neither.
fn holds_nothing(table: &model::Table, figures: &[&TableStats]) -> bool {
    match table.kind {
        TableKind::Table | TableKind::MaterializedView => {
            !figures.is_empty() && figures.iter().all(|one| one.main_bytes == 0)
        }
        TableKind::Partitioned => figures.iter().all(|one| one.main_bytes == 0),
        _ => false,
    }
}

/// Rows written in a second since the counters were reset.
fn rate(body: &PgBody, figures: &[&TableStats]) -> Option<f64> {
    let window = body.server.window_s().filter(|window| *window >= 60.0)?;
    let written: u64 = figures.iter().map(|one| one.n_tup_ins + one.n_tup_upd + one.n_tup_del).sum();
    Some(as_f64(written) / window)
}

/// Views whose text names the table; a word too many is better than a broken view.
fn readers(body: &PgBody, table: &model::Table) -> Vec<String> {
    let views = body.catalog.tables.iter();
    let views = views.filter(|view| matches!(view.kind, TableKind::View | TableKind::MaterializedView));
    let names = |view: &&model::Table| {
        let text = view.definition.as_deref().unwrap_or_default();
        view.id != table.id && text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == table.name)
    };
    views.filter(names).map(|view| body.catalog.subject(view)).collect()
}

fn column(column: &model::Column) -> Column {
    Column {
        name: column.name.clone(),
        ty: column.data_type.clone(),
        not_null: column.not_null,
        filled: column.default.is_some() || column.generated.is_some(),
        collation: column.collation.clone(),
        here: false,
    }
}

fn constraint(constraint: &model::Constraint) -> Constraint {
    let definition = constraint.definition.clone().unwrap_or_default();
    let (kind, references) = match &constraint.kind {
        ConstraintKind::PrimaryKey => ('p', None),
        ConstraintKind::Unique => ('u', None),
        ConstraintKind::ForeignKey(to) => ('f', Some(Name { schema: Some(to.schema.clone()), name: to.table.clone() })),
        ConstraintKind::Check => ('c', None),
        ConstraintKind::Exclusion => ('x', None),
    };
    let inner = definition.strip_prefix("CHECK (").map(|text| text.trim_end_matches(" NOT VALID"));
    let inner = inner.and_then(|text| text.strip_suffix(')')).map(str::to_owned);
    Constraint {
        name: constraint.name.clone(),
        kind,
        columns: constraint.columns.clone(),
        validated: constraint.validated,
        text: inner.unwrap_or(definition),
        references,
    }
}

fn index(index: &model::Index) -> Index {
    let key = |key: &model::IndexKey| key.column.clone().or_else(|| key.expression.clone()).unwrap_or_default();
    Index {
        name: index.name.clone(),
        unique: index.unique,
        keys: index.keys.iter().map(key).collect(),
        partial: index.predicate.is_some(),
        valid: index.valid,
        replica_identity: index.replica_identity,
        bytes: index.bytes,
        here: false,
    }
}
