//! What changed between two snapshots of PostgreSQL: schema, settings, growth, statements.

use std::collections::BTreeMap;

use dbwright_check::Compare;
use dbwright_check::port::Difference;
use dbwright_core::{Failure, Snapshot};
use dbwright_sql::diff::{self, Differs};

use crate::Postgres;
use crate::body::PgBody;

impl Compare for Postgres {
    fn compare(&self, before: &Snapshot, after: &Snapshot) -> Result<Vec<Difference>, Failure> {
        let (before, after): (&PgBody, &PgBody) = (before.body()?, after.body()?);
        let area = |area, list: Vec<Differs>| list.into_iter().map(move |one| difference(area, one));
        let mut all: Vec<Difference> = area("schema", diff::schema(&before.catalog, &after.catalog)).collect();
        all.extend(area("setting", settings(before, after)));
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

fn settings(before: &PgBody, after: &PgBody) -> Vec<Differs> {
    let values = |body: &PgBody| -> BTreeMap<String, String> {
        let shown =
            body.settings.iter().map(|one| (one.name.clone(), format!("{} {}", one.value, one.unit).trim().to_owned()));
        shown.collect()
    };
    diff::values(&values(before), &values(after))
}
