//! `mysql/definer-missing`: triggers, views and routines that run with the rights of an account that is gone.
//!
//! Told by account, because one account mends all that it defined. Events have a rule of their own.

use std::collections::{BTreeMap, BTreeSet};

use dbwright_core::{Change, Cx, Finding, Severity};
use dbwright_sql::Dialect;
use dbwright_sql::model::TableKind;

use crate::accounts;
use crate::body::{Body, TableFacts};
use crate::words;

/// What a trigger or a routine does is not known, so that its definer may do all that one usually does.
const RIGHTS: &str = "SELECT, INSERT, UPDATE, DELETE, EXECUTE, TRIGGER";

/// What one account defined.
#[derive(Debug, Default)]
struct Orphans {
    triggers: Vec<String>,
    views: Vec<String>,
    routines: Vec<String>,
    schemas: BTreeSet<String>,
}

/// Reports accounts that are gone.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for (definer, orphans) in gone(cx.body) {
        let finding = finding(cx, &definer, &orphans);
        cx.report(finding);
    }
}

/// The accounts that are gone, each with what it defined.
fn gone(body: &Body) -> BTreeMap<String, Orphans> {
    let catalog = &body.catalog;
    let mut found: BTreeMap<String, Orphans> = BTreeMap::new();
    let mut add = |definer: Option<&str>, schema: &str, put: &dyn Fn(&mut Orphans)| {
        if let Some(definer) = definer.filter(|definer| !accounts::defines(body, definer)) {
            let orphans = found.entry(definer.to_owned()).or_default();
            orphans.schemas.insert(schema.to_owned());
            put(orphans);
        }
    };
    for table in &catalog.tables {
        for trigger in &table.triggers {
            let name = Dialect::Mysql.qualified(&table.schema, &trigger.name);
            add(trigger.definer.as_deref(), &table.schema, &|orphans| orphans.triggers.push(name.clone()));
        }
        let invoker = body.table(table.id).is_some_and(|facts: &TableFacts| facts.as_invoker);
        if table.kind == TableKind::View && !invoker {
            add(table.owner.as_deref(), &table.schema, &|orphans| orphans.views.push(catalog.qualified(table)));
        }
    }
    for routine in catalog.functions.iter().filter(|routine| routine.security_definer) {
        let name = Dialect::Mysql.qualified(&routine.schema, &routine.name);
        add(Some(&routine.owner), &routine.schema, &|orphans| orphans.routines.push(name.clone()));
    }
    found
}

fn finding(cx: &Cx<'_, Body>, definer: &str, orphans: &Orphans) -> Finding {
    let name = account(definer);
    let parts = [("trigger", &orphans.triggers), ("view", &orphans.views), ("routine", &orphans.routines)];
    let parts = parts.into_iter().filter(|(_, names)| !names.is_empty());
    let counts: Vec<String> = parts
        .clone()
        .map(|(kind, names)| match names.len() {
            1 => format!("a {kind}"),
            many => format!("{many} {kind}s"),
        })
        .collect();
    let one = orphans.triggers.len() + orphans.views.len() + orphans.routines.len() == 1;
    let verb = if one { "runs" } else { "run" };
    let title = format!("the account {name} is gone, and {} {verb} with its rights", words::some_of(&counts));
    let (severity, harm) = if orphans.triggers.is_empty() {
        (Severity::Medium, "each use of them fails")
    } else {
        (Severity::High, "each write that a trigger belongs to fails")
    };
    let mut finding = cx
        .finding(definer, title)
        .severity(severity)
        .why(format!(
            "{harm}, with error 1449 (the user specified as a definer does not exist). The account is made again, locked: nobody signs in with it, and what it defined runs. \
             Take away the rights that they don't need, or make them anew with another DEFINER"
        ))
        .evidence("accounts of that name", 0, "accounts", accounts::SOURCE);
    for (kind, names) in parts {
        let source = match kind {
            "trigger" => "information_schema.TRIGGERS",
            "view" => "information_schema.VIEWS",
            _ => "information_schema.ROUTINES",
        };
        finding = finding.evidence(&format!("{kind}s"), words::some_of(names), "", source);
    }
    let grants = orphans.schemas.iter().map(|schema| {
        // `_` and `%` are wildcards where a grant names a schema.
        let pattern = schema.replace('\\', "\\\\").replace('_', "\\_").replace('%', "\\%").replace('`', "``");
        format!("GRANT {RIGHTS} ON `{pattern}`.* TO {name}")
    });
    let forward = std::iter::once(format!("CREATE USER {name} ACCOUNT LOCK")).chain(grants);
    finding.change(Change::new(forward, "no lock").outside_transaction().back([format!("DROP USER {name}")]))
}

/// `user@host` as statements take it.
fn account(definer: &str) -> String {
    let (user, host) = definer.rsplit_once('@').unwrap_or((definer, "%"));
    format!("{}@{}", Dialect::Mysql.literal(user), Dialect::Mysql.literal(host))
}
