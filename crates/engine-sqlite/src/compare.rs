//! What changed between two snapshots of SQLite: schema, settings that the file keeps, growth.

use dbwright_check::Compare;
use dbwright_check::port::Difference;
use dbwright_core::{Failure, Snapshot};
use dbwright_sql::diff::{self, Differs};

use crate::Sqlite;
use crate::body::{FileFacts, SqliteBody};

impl Compare for Sqlite {
    fn compare(&self, before: &Snapshot, after: &Snapshot) -> Result<Vec<Difference>, Failure> {
        let (before, after): (&SqliteBody, &SqliteBody) = (before.body()?, after.body()?);
        let area = |area, list: Vec<Differs>| list.into_iter().map(move |one| difference(area, one));
        let mut all: Vec<Difference> = area("schema", diff::schema(&before.catalog, &after.catalog)).collect();
        all.extend(settings(&before.file, &after.file));
        all.extend(area("growth", diff::growth(&before.catalog, &after.catalog)));
        Ok(all)
    }
}

fn difference(area: &'static str, one: Differs) -> Difference {
    Difference { area, kind: one.kind, subject: one.subject, before: one.before, after: one.after }
}

fn settings(before: &FileFacts, after: &FileFacts) -> Vec<Difference> {
    let pairs = kept(before).into_iter().zip(kept(after));
    pairs
        .filter(|((_, old), (_, new))| old != new)
        .map(|((name, old), (_, new))| Difference {
            area: "setting",
            kind: "changed",
            subject: name.to_owned(),
            before: Some(old),
            after: Some(new),
        })
        .collect()
}

/// The settings that the file keeps, in a fixed order.
fn kept(file: &FileFacts) -> [(&'static str, String); 6] {
    [
        ("application_id", file.application_id.to_string()),
        ("auto_vacuum", file.auto_vacuum.clone()),
        ("encoding", file.encoding.clone()),
        ("journal", file.journal.clone()),
        ("page_size", file.page_size.to_string()),
        ("user_version", file.user_version.to_string()),
    ]
}
