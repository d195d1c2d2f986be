//! `mysql/broken-routine`: a procedure, function or event whose body names a table, column or procedure that is gone.
//!
//! The server looks at a body only when it runs. Tables that any body or counted statement makes may be temporary ones of
//! the session that calls.

use std::collections::{HashMap, HashSet};

use dbwright_core::Cx;
use dbwright_sql::Dialect;
use dbwright_sql::model::Table;

use crate::accounts;
use crate::body::{Body, Routine, area};
use crate::uses::{self, OWN};

/// Reports such routines.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    // Tables that the account may not see are not gone.
    if cx.gap(area::HIDDEN) {
        return;
    }
    let there = There::of(cx.body);
    let found: Vec<_> =
        cx.body.routines.iter().filter_map(|routine| Some(finding(cx, routine, &there.missing(routine)?))).collect();
    for finding in found {
        cx.report(finding);
    }
}

/// What is gone: what kind of thing, its name, and the number of the error.
type Missing = (&'static str, String, &'static str);

/// What is there, by names in lower case.
struct There<'a> {
    schemas: HashSet<&'a str>,
    tables: HashMap<(String, String), &'a Table>,
    made: HashSet<String>,
    /// None when some may be hidden.
    procedures: Option<HashSet<(String, String)>>,
}

impl<'a> There<'a> {
    fn of(body: &'a Body) -> Self {
        let catalog = &body.catalog;
        let lower = |schema: &str, name: &str| (schema.to_lowercase(), name.to_lowercase());
        let counted = body
            .statements
            .statements
            .iter()
            .filter(|one| one.text.starts_with("CREATE") && one.text.contains(" TEMPORARY "));
        let made = counted.flat_map(|one| uses::of(&one.text).makes);
        let all = body.accounts.iter().any(|account| accounts::is_own(body, account) && accounts::may_all(account));
        let procedures = catalog.functions.iter().filter(|one| one.kind == "procedure");
        Self {
            schemas: body.schemas.iter().map(|schema| schema.name.as_str()).filter(|name| *name != OWN).collect(),
            tables: catalog.tables.iter().map(|table| (lower(&table.schema, &table.name), table)).collect(),
            made: body.routines.iter().flat_map(|one| one.makes.iter().cloned()).chain(made).collect(),
            procedures: all.then(|| procedures.map(|one| lower(&one.schema, &one.name)).collect()),
        }
    }

    fn missing(&self, routine: &Routine) -> Option<Missing> {
        let known = |schema: &String| self.schemas.contains(schema.as_str());
        let find = |schema: &str, name: &str| self.tables.get(&(schema.to_lowercase(), name.to_lowercase()));
        let table = routine.tables.iter().find(|(schema, name)| {
            known(schema) && find(schema, name).is_none() && !self.made.contains(&name.to_lowercase())
        });
        if let Some((schema, name)) = table {
            return Some(("table", Dialect::Mysql.qualified(schema, name), "1146"));
        }
        let column = routine.columns.iter().find(|(schema, table, column)| {
            let columns = find(schema, table).map(|table| &table.columns).filter(|columns| !columns.is_empty());
            let gone =
                columns.is_some_and(|all| !all.iter().any(|own| own.name.to_lowercase() == column.to_lowercase()));
            gone && !self.made.contains(&table.to_lowercase())
        });
        if let Some((schema, table, column)) = column {
            let name = format!("{}.{}", Dialect::Mysql.qualified(schema, table), Dialect::Mysql.name(column));
            return Some(("column", name, "1054"));
        }
        let procedures = self.procedures.as_ref()?;
        let call = routine.calls.iter().find(|(schema, name)| {
            known(schema) && !procedures.contains(&(schema.to_lowercase(), name.to_lowercase()))
        })?;
        Some(("procedure", Dialect::Mysql.qualified(&call.0, &call.1), "1305"))
    }
}

fn finding(cx: &Cx<'_, Body>, routine: &Routine, (what, gone, error): &Missing) -> dbwright_core::Finding {
    let kind = &routine.kind;
    let name = Dialect::Mysql.qualified(&routine.schema, &routine.name);
    let runs = if kind == "event" {
        "each run of it fails when it comes there, and nobody but the server's log is told"
    } else {
        "each call that comes there fails"
    };
    let unless = if *what == "table" { ", unless the session has a temporary table of that name" } else { "" };
    let source = if kind == "event" { "information_schema.EVENTS" } else { "information_schema.ROUTINES" };
    cx.finding(format!("{kind} {name}"), format!("the {kind} {name} uses the {what} {gone}, which is gone"))
        .why(format!(
            "{runs} (error {error}{unless}). No change is given: either bring back what is gone, make the {kind} anew without it, or, when nobody needs it any more, DROP {} {name}",
            kind.to_uppercase()
        ))
        .evidence("missing", gone.as_str(), "", source)
}
