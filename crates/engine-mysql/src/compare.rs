//! What changed between two snapshots: schema, variables, growth, statements.

use std::collections::BTreeMap;

use dbwright_check::Compare;
use dbwright_check::port::Difference;
use dbwright_core::{Failure, Snapshot};
use dbwright_sql::diff::{self, Differs};

use crate::MySql;
use crate::body::Body;

/// Variables that differ from server to server, or from moment to moment, and say nothing.
const OF_THE_MOMENT: [&str; 10] = [
    "gtid_binlog_pos",
    "gtid_binlog_state",
    "gtid_current_pos",
    "gtid_executed",
    "gtid_purged",
    "gtid_slave_pos",
    "hostname",
    "pseudo_thread_id",
    "server_uuid",
    "timestamp",
];

impl Compare for MySql {
    fn compare(&self, before: &Snapshot, after: &Snapshot) -> Result<Vec<Difference>, Failure> {
        let (before, after): (&Body, &Body) = (before.body()?, after.body()?);
        let area = |area, list: Vec<Differs>| list.into_iter().map(move |one| difference(area, one));
        let mut all: Vec<Difference> = area("schema", diff::schema(&before.catalog, &after.catalog)).collect();
        all.extend(area("setting", diff::values(&variables(before), &variables(after))));
        all.extend(area("growth", diff::growth(&before.catalog, &after.catalog)));
        if let (Some(old), Some(new)) = (&before.workload, &after.workload) {
            all.extend(area("statement", diff::statements(old, new)));
        }
        Ok(all)
    }
}

fn difference(area: &'static str, one: Differs) -> Difference {
    Difference { area, kind: one.kind, subject: one.subject, before: one.before, after: one.after }
}

fn variables(body: &Body) -> BTreeMap<String, String> {
    let lasting = body.variables.iter().filter(|(name, _)| !OF_THE_MOMENT.contains(&name.as_str()));
    lasting.map(|(name, variable)| (name.clone(), variable.value.clone())).collect()
}
