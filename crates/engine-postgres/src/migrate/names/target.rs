//! The names that a snapshot of the target shows.

use std::collections::BTreeSet;

use dbwright_migrate::observed::Observed;
use dbwright_migrate::{Script, names};
use dbwright_sql::model::{Table, TableKind};

use super::{Kind, Names, Relation};
use crate::body::PgBody;

impl Names {
    /// The names of a target.
    #[must_use]
    pub(crate) fn of(body: &PgBody, path: &[String]) -> Self {
        let mut names = Self { known: true, ..Self::on(path.to_vec(), path.first().cloned()) };
        names.schemas = Some(body.schemas.iter().map(|one| one.name.clone()).collect());
        let major = body.server.major();
        for table in &body.catalog.tables {
            let key = (table.schema.clone(), table.name.clone());
            names.relations.insert(key.clone(), relation(body, table, major >= 18 && body.not_nulls.is_none()));
            for index in &table.indexes {
                let own = Relation { on: Some(key.clone()), certain: index.valid, ..Relation::new(Kind::Index) };
                names.relations.insert((key.0.clone(), index.name.clone()), own);
            }
        }
        // Whose column a sequence belongs to is left open: it may be gone with it.
        for sequence in &body.catalog.sequences {
            let own = Relation { certain: false, ..Relation::new(Kind::Sequence) };
            names.relations.insert((sequence.schema.clone(), sequence.name.clone()), own);
        }
        for ty in body.catalog.types.iter().filter(|ty| ty.kind == "composite") {
            names.relations.entry((ty.schema.clone(), ty.name.clone())).or_insert(Relation::new(Kind::Type));
        }
        names
    }

    /// What is known without a target: nothing but what files make.
    #[must_use]
    pub(crate) fn unknown() -> Self {
        let public = "public".to_owned();
        Self::on(vec![public.clone()], Some(public))
    }

    /// The files that the target has already: by the journal, and where that holds nothing, those up to the last one whose
    /// work is there to be seen.
    #[must_use]
    pub(crate) fn done(&self, journal: &Observed, scripts: &[Script]) -> BTreeSet<String> {
        names::done(journal, scripts, |script| self.clone().looks_done(script))
    }

    /// Whether a script leaves nothing to be done, and has something that is done: it was run before.
    #[must_use]
    fn looks_done(mut self, script: &Script) -> bool {
        self.fresh = 0;
        let mut done = 0;
        for statement in &script.statements {
            let acts = crate::ddl::read(&statement.sql).unwrap_or_default();
            let found = self.pass(&acts, &statement.sql, statement.line);
            done += found.iter().filter(|one| one.as_if_done).count();
        }
        done > 0 && self.fresh == 0
    }
}

/// From version 18 on a NOT NULL is a constraint with a name, which older snapshots do not hold.
fn relation(body: &PgBody, table: &Table, more_constraints: bool) -> Relation {
    let kind = match table.kind {
        TableKind::View => Kind::View,
        TableKind::MaterializedView => Kind::MaterializedView,
        _ => Kind::Table,
    };
    let columns: BTreeSet<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let constraints: BTreeSet<String> = table
        .constraints
        .iter()
        .map(|one| one.name.clone())
        .chain(table.triggers.iter().map(|trigger| trigger.name.clone()))
        .chain(body.not_nulls.iter().filter_map(|all| all.get(&table.id)).flatten().cloned())
        .collect();
    let has_children = body.catalog.tables.iter().any(|other| other.parents.contains(&table.id));
    Relation {
        columns: (!columns.is_empty() && !matches!(kind, Kind::View)).then_some(columns),
        constraints: Some(constraints),
        more_constraints,
        child: !table.parents.is_empty(),
        parent: table.kind == TableKind::Partitioned || has_children,
        ..Relation::new(kind)
    }
}
