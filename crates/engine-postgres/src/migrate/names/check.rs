//! What each statement needs to be there, and what it leaves.

use super::problem::{Problem, What};
use super::{Found, Key, Kind, Names, Relation, TEMPORARY, is_system, words};
use crate::ddl::{Act, Name, Object};

/// Functions that make and drop nothing.
const HARMLESS: [&str; 50] = [
    "abs",
    "array_agg",
    "avg",
    "bool_and",
    "bool_or",
    "cardinality",
    "clock_timestamp",
    "coalesce",
    "concat",
    "count",
    "current_database",
    "current_schema",
    "current_setting",
    "currval",
    "date_trunc",
    "extract",
    "format",
    "gen_random_uuid",
    "generate_series",
    "greatest",
    "json_agg",
    "jsonb_agg",
    "jsonb_build_object",
    "lastval",
    "least",
    "left",
    "length",
    "lower",
    "max",
    "md5",
    "min",
    "nextval",
    "now",
    "nullif",
    "pg_advisory_xact_lock",
    "pg_backend_pid",
    "pg_get_serial_sequence",
    "pg_notify",
    "pg_sleep",
    "pg_typeof",
    "random",
    "replace",
    "round",
    "row_number",
    "setval",
    "string_agg",
    "sum",
    "to_char",
    "upper",
    "version",
];

/// Extensions that bring types, functions and operators, and no relation that a migration names.
const PLAIN_EXTENSIONS: [&str; 16] = [
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "earthdistance",
    "fuzzystrmatch",
    "hstore",
    "intarray",
    "isn",
    "ltree",
    "pg_trgm",
    "pgcrypto",
    "tablefunc",
    "unaccent",
    "uuid-ossp",
    "vector",
];

/// Statements of other kinds that make and drop no relation.
const HARMLESS_STARTS: [&str; 17] = [
    "ALTER DEFAULT",
    "ALTER SYSTEM",
    "CHECKPOINT",
    "CLOSE",
    "DEALLOCATE",
    "DECLARE",
    "DISCARD",
    "EXPLAIN SELECT",
    "FETCH",
    "LISTEN",
    "LOAD",
    "NOTIFY",
    "PREPARE",
    "RESET",
    "SECURITY LABEL",
    "SHOW",
    "UNLISTEN",
];

impl Names {
    pub(super) fn act(&mut self, act: &Act, sql: &str, line: usize, out: &mut Vec<Problem>) {
        match act {
            Act::Alter { object, name, if_exists, clauses, .. } => {
                let kind = kind_of(*object);
                match self.find(name) {
                    Found::There(key) => self.clauses(&key, clauses, line, out),
                    Found::Absent if !*if_exists => {
                        let mut problem = self.absent(kind, name);
                        problem.as_if_done = clauses.iter().any(|one| renames(&one.action)) && problem.near.is_empty();
                        out.extend(self.unless_chosen(problem));
                    }
                    Found::Absent | Found::Unknown => self.of_unknown(clauses, line),
                }
            }
            Act::CreateTable(table) => self.create_table(table, sql, line, out),
            Act::CreateIndex(index) => self.create_index(index, line, out),
            Act::CreateTableAs { object, name, if_not_exists, temporary, .. } => {
                self.relation(name, kind_of(*object), *temporary, *if_not_exists, line, out);
            }
            Act::CreateView { name, replace } => {
                self.relation(name, Kind::View, words::are_temporary(sql), *replace, line, out);
            }
            Act::CreateSequence { name, if_not_exists, owned_by } => {
                self.relation(name, Kind::Sequence, words::are_temporary(sql), *if_not_exists, line, out);
                if let Some((table, column)) = owned_by {
                    self.needs_columns(table, std::slice::from_ref(column), out);
                }
            }
            Act::CreateType { name, .. } => {
                self.make(name, false, Relation { line: Some(line), ..Relation::new(Kind::Type) });
            }
            Act::Create { object, name, .. } => self.create_other(*object, name, sql, line),
            Act::Drop { object, names, if_exists, cascade, on, .. } => {
                self.shrunk |= *cascade;
                if let Some(table) = on
                    && !*if_exists
                {
                    self.needs(table, out);
                }
                for name in names {
                    self.drop_one(*object, name, *if_exists, line, out);
                }
            }
            Act::AlterOther { object, text, .. } => self.alter_other(*object, text),
            Act::Set { name, value, .. } if name == "search_path" => self.look_in(value),
            Act::Do { .. } => self.opaque = true,
            Act::Query { calls } => self.call(calls, sql),
            Act::Other { words, unread } => {
                self.opaque |= unread.is_some() || !HARMLESS_STARTS.iter().any(|start| words.starts_with(start));
            }
            _ => {
                for name in uses(act, sql) {
                    self.needs(name, out);
                }
            }
        }
    }

    /// A relation that has to be there.
    pub(super) fn needs(&self, name: &Name, out: &mut Vec<Problem>) -> Option<Key> {
        match self.find(name) {
            Found::There(key) => Some(key),
            Found::Absent => {
                out.extend(self.unless_chosen(self.absent(Kind::Table, name)));
                None
            }
            Found::Unknown => None,
        }
    }

    /// Columns that a relation has to have.
    pub(super) fn needs_columns(&self, table: &Name, columns: &[String], out: &mut Vec<Problem>) {
        if let Some(key) = self.needs(table, out) {
            out.extend(columns.iter().filter_map(|column| self.no_column(&key, column)));
        }
    }

    /// A column that is not there.
    pub(super) fn no_column(&self, key: &Key, column: &str) -> Option<Problem> {
        let known = self.columns(key)?;
        if known.contains(column) || column.is_empty() {
            return None;
        }
        let mut problem = Problem::missing(What::Column, column);
        problem.table = Some(key.clone());
        problem.nearest(known.iter().map(String::as_str));
        problem.instead = known.iter().map(|name| dbwright_sql::Dialect::Postgres.name(name)).collect();
        Some(problem)
    }

    /// The columns of a relation, when all of them are known.
    pub(super) fn columns(&self, key: &Key) -> Option<&std::collections::BTreeSet<String>> {
        let relation = self.relations.get(key)?;
        relation.columns.as_ref().filter(|_| !(relation.child && self.children_changed))
    }

    /// The constraints of a relation, when all of them are known.
    pub(super) fn constraints(&self, key: &Key) -> Option<&std::collections::BTreeSet<String>> {
        let relation = self.relations.get(key)?;
        relation.constraints.as_ref().filter(|_| !(relation.child && self.children_changed))
    }

    pub(super) fn absent(&self, kind: Kind, name: &Name) -> Problem {
        let mut problem = Problem::missing(What::Relation(kind), &name.name);
        problem.schema.clone_from(&name.schema);
        problem.since = self.lost(name);
        // What has lost its name says where it went; nothing near is meant.
        if problem.since.is_none() {
            let of_kind = |one: &Relation| one.kind == kind || (kind != Kind::Index && one.kind != Kind::Index);
            let all = self.relations.iter().filter(|((schema, _), one)| !is_system(schema) && of_kind(one));
            let same = all.clone().filter(|(key, _)| key.1 == name.name).map(|(key, _)| super::problem::shown(key));
            problem.near = same.take(3).collect();
            if problem.near.is_empty() {
                let here = all.filter(|((schema, _), _)| match &name.schema {
                    Some(own) => own == schema,
                    None => self.path.contains(schema),
                });
                problem.look_near(here.map(|((_, name), _)| name.as_str()));
            }
        }
        problem
    }

    /// The problem, unless the server may have chosen that name for what an earlier statement made.
    pub(super) fn unless_chosen(&self, problem: Problem) -> Option<Problem> {
        let part = matches!(problem.what, What::Relation(Kind::Index | Kind::Sequence) | What::Constraint);
        (!part || !self.may_be_chosen(&problem.name)).then_some(problem)
    }

    /// What the clauses of an `ALTER` of something unknown may make.
    fn of_unknown(&mut self, clauses: &[crate::ddl::Clause], line: usize) {
        for clause in clauses {
            if let crate::ddl::Action::Rename { to } = &clause.action {
                let name = Name { schema: None, name: to.clone() };
                self.make(&name, false, Relation { line: Some(line), ..Relation::new(Kind::Table) });
            }
        }
    }

    fn drop_one(&mut self, object: Object, name: &Name, if_exists: bool, line: usize, out: &mut Vec<Problem>) {
        match object {
            Object::Table
            | Object::View
            | Object::MaterializedView
            | Object::Sequence
            | Object::Index
            | Object::ForeignTable => match self.find(name) {
                Found::There(key) => {
                    self.fresh += usize::from(self.relations.get(&key).is_some_and(|one| one.line.is_none()));
                    self.remove(&key, line);
                }
                Found::Absent if !if_exists => {
                    let mut problem = self.absent(kind_of(object), name);
                    problem.as_if_done = problem.near.is_empty() && problem.since.is_none();
                    out.extend(self.unless_chosen(problem));
                }
                Found::Absent | Found::Unknown => {}
            },
            Object::Schema => {
                let lacks = self.schemas.as_ref().is_some_and(|all| !all.contains(&name.name));
                if lacks && !if_exists && !is_system(&name.name) {
                    let mut problem = Problem::missing(What::Schema, &name.name);
                    problem.nearest(self.schemas.iter().flatten().map(String::as_str));
                    problem.as_if_done = problem.near.is_empty();
                    out.push(problem);
                }
                let own: Vec<Key> = self.relations.keys().filter(|key| key.0 == name.name).cloned().collect();
                for key in &own {
                    self.remove(key, line);
                }
                if let Some(all) = &mut self.schemas {
                    all.remove(&name.name);
                }
                self.shrunk = true;
            }
            Object::Extension => self.shrunk = true,
            _ => {}
        }
    }

    fn create_other(&mut self, object: Object, name: &Name, sql: &str, line: usize) {
        match object {
            Object::Schema => {
                if let Some(all) = &mut self.schemas {
                    self.fresh += usize::from(all.insert(name.name.clone()));
                }
                // Its own statements follow it, or it is named by its owner alone.
                self.opaque |= name.name.is_empty() || words::count(sql, "CREATE") > 1;
                if self.start.0.contains(&name.name) {
                    // It may come first on the path from now on.
                    (self.home, self.start.1) = (None, None);
                }
            }
            Object::Extension => self.opaque |= !PLAIN_EXTENSIONS.contains(&name.name.as_str()),
            Object::ForeignTable => {
                self.make(name, false, Relation { line: Some(line), ..Relation::new(Kind::Table) });
            }
            Object::Subscription => self.opaque = true,
            _ => {}
        }
    }

    fn alter_other(&mut self, object: Object, text: &str) {
        match object {
            Object::Schema => self.opaque |= words::count(text, "RENAME") > 0,
            Object::Extension => self.opaque = true,
            Object::Type => self.shrunk |= words::count(text, "RENAME") + words::count(text, "SCHEMA") > 0,
            _ => {}
        }
    }

    fn look_in(&mut self, value: &str) {
        for schema in words::schemas(value) {
            if schema != "DEFAULT" && !self.path.contains(&schema) {
                self.path.push(schema);
            }
        }
        self.path_set = true;
        self.home = None;
    }

    fn call(&mut self, calls: &[String], sql: &str) {
        let sets = calls.iter().any(|call| call == "set_config");
        if sets && sql.contains("search_path") {
            let value = sql.split('\'').nth(3).unwrap_or_default();
            self.look_in(value);
        }
        self.opaque |= calls.iter().any(|call| call != "set_config" && !HARMLESS.contains(&call.as_str()));
    }

    /// Whether something stands in the way of a new relation; whatever may be gone by then does not.
    pub(super) fn in_the_way(&self, key: &Key) -> Option<&Relation> {
        let there = self.relations.get(key)?;
        let worn = there.on.as_ref().is_some_and(|on| self.worn.contains(on));
        (there.certain && !self.shrunk && !worn && key.0 != TEMPORARY).then_some(there)
    }

    fn relation(
        &mut self,
        name: &Name,
        kind: Kind,
        temporary: bool,
        may_be: bool,
        line: usize,
        out: &mut Vec<Problem>,
    ) {
        if let Some(key) = self.place(name, temporary)
            && let Some(there) = self.in_the_way(&key)
        {
            if !may_be {
                let mut problem = Problem::taken(What::Relation(there.kind), &name.name);
                (problem.schema, problem.since) = (Some(key.0.clone()), there.line);
                problem.as_if_done = there.kind == kind && there.line.is_none();
                out.push(problem);
            }
            // A view that is replaced may get more columns.
            if let Some(one) = self.relations.get_mut(&key) {
                one.columns = None;
            }
            return;
        }
        self.fresh += 1;
        self.make(name, temporary, Relation { line: Some(line), ..Relation::new(kind) });
    }
}

/// The kind of relation that a statement speaks of.
pub(super) const fn kind_of(object: Object) -> Kind {
    match object {
        Object::View => Kind::View,
        Object::MaterializedView => Kind::MaterializedView,
        Object::Index => Kind::Index,
        Object::Sequence => Kind::Sequence,
        _ => Kind::Table,
    }
}

/// Whether a clause gives the relation another name, so that it has lost its own when it is done.
const fn renames(action: &crate::ddl::Action) -> bool {
    matches!(action, crate::ddl::Action::Rename { .. } | crate::ddl::Action::SetSchema { .. })
}

/// The relations that a statement without clauses is about.
fn uses<'a>(act: &'a Act, sql: &str) -> Vec<&'a Name> {
    match act {
        Act::CreateTrigger { table, .. }
        | Act::CreatePolicy { table, .. }
        | Act::Insert { table, .. }
        | Act::Update { table, .. }
        | Act::Delete { table, .. }
        | Act::Merge { table }
        | Act::CopyFrom { table } => vec![table],
        Act::Truncate { tables, .. }
        | Act::LockTable { tables, .. }
        | Act::Vacuum { tables, .. }
        | Act::Analyze { tables } => tables.iter().collect(),
        Act::Refresh { name, .. }
        | Act::Comment { object: Object::Table | Object::View | Object::MaterializedView, name } => vec![name],
        Act::Cluster { table } => table.iter().collect(),
        Act::Reindex { what, name, .. } if what == "TABLE" => name.iter().collect(),
        Act::Grant { object: Object::Table, on, .. } if words::count(sql, "SCHEMA") == 0 => on.iter().collect(),
        _ => Vec::new(),
    }
}
