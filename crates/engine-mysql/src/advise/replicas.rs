//! What a replica reads, added to what the source counts: an index that only the replica uses is used.

use dbwright_core::{Failure, Snapshot};
use dbwright_sql::Dialect;
use dbwright_sql::model::{Catalog, Table};

use crate::body::{Body, Io, area};

/// The snapshot with the reads of a replica's indexes and tables added.
///
/// # Errors
/// When the replica holds other tables, or does not count what it reads.
pub(super) fn with_reads_of(snapshot: &Snapshot, replica: &Snapshot) -> Result<Snapshot, Failure> {
    let (body, other) = (snapshot.body::<Body>()?, replica.body::<Body>()?);
    let (name, target) = (&replica.header.name, &snapshot.header.name);
    if let Some(reason) = differs(body, other) {
        return Err(Failure::usage("advise.not-a-replica", format!("{name} is no replica of {target}: {reason}"))
            .hint("give the URL of a replica, with the same database"));
    }
    if !other.indexes.is_empty() && other.indexes.values().all(|facts| facts.io.is_none()) {
        let gap = replica.header.gaps.iter().find(|gap| gap.area == area::INDEX_USE);
        let why = gap.map_or("", |gap| gap.reason.as_str());
        let remedy = gap.and_then(|gap| gap.remedy.clone());
        let failure = Failure::usage(
            "advise.replica-not-counted",
            format!(
                "{name} does not tell which indexes it uses, so that one which only it uses could be dropped: {why}"
            ),
        );
        return Err(failure.hint(remedy.unwrap_or_else(|| "let it count them, or advise with --no-drops".to_owned())));
    }
    Ok(Snapshot::new(snapshot.header.clone(), sum(body, other)))
}

/// Why the other body is not of the same databases. Ids are numbered per snapshot here: names tell.
fn differs(body: &Body, other: &Body) -> Option<String> {
    let (ours, theirs) = (&body.server.database, &other.server.database);
    if ours != theirs {
        let shown = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
        return Some(format!("its database is {}, not {}", shown(theirs), shown(ours)));
    }
    // A replica may lag behind by some tables, and filters may leave some out, but not half of them.
    let shared = body.catalog.tables.iter().filter(|table| same(&other.catalog, table).is_some());
    (shared.count() * 2 < body.catalog.tables.len()).then(|| "its tables are others".to_owned())
}

fn same<'c>(catalog: &'c Catalog, table: &Table) -> Option<&'c Table> {
    catalog.tables.iter().find(|own| own.schema == table.schema && own.name == table.name)
}

/// The first body with the counters of both; they cover what the shorter of the two windows covers.
fn sum(body: &Body, replica: &Body) -> Body {
    let mut sum = body.clone();
    sum.server.uptime_s = body.server.uptime_s.min(replica.server.uptime_s);
    for table in &body.catalog.tables {
        let Some(far) = same(&replica.catalog, table) else { continue };
        if let (Some(own), Some(more)) = (sum.tables.get_mut(&table.id), replica.table(far.id)) {
            add(&mut own.io, more.io);
            own.created = own.created.clone().max(more.created.clone());
        }
        for index in &table.indexes {
            let known = far.indexes.iter().find(|one| Dialect::Mysql.same_name(&one.name, &index.name));
            let more = known.and_then(|known| replica.index(known.id)).and_then(|facts| facts.io);
            if let Some(own) = sum.indexes.get_mut(&index.id) {
                add(&mut own.io, more);
            }
        }
    }
    sum
}

/// Adds reads only: what a replica writes is what its source wrote.
fn add(own: &mut Option<Io>, more: Option<Io>) {
    if let (Some(own), Some(more)) = (own, more) {
        own.fetched += more.fetched;
    }
}
