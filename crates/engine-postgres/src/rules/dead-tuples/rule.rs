//! `pg/dead-tuples`: more dead rows than autovacuum should have let stand.
//!
//! Dead rows are normal until autovacuum's own threshold for the table, so the rule counts in multiples of
//! that. It is `low` while autovacuum can be expected to come by itself.

use dbwright_core::{Change, Cx, Finding, Severity};
use dbwright_sql::model::{Table, TableKind};

use crate::autovacuum::Autovacuum;
use crate::body::{PgBody, TableStats};
use crate::words;

/// Seconds after which a transaction is what keeps vacuum from cleaning, and not just passing by.
const HOLDS: f64 = 300.0;

/// Reports tables with far more dead rows than autovacuum waits for.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    let holder = holder(body);
    let (least, factor) = (cx.limit("min_dead_rows"), cx.limit("overdue_factor"));
    for table in body.catalog.tables.iter().filter(|t| matches!(t.kind, TableKind::Table | TableKind::MaterializedView))
    {
        let Some(stats) = body.tables.get(&table.id).filter(|_| !table.internal) else { continue };
        let dead = words::as_f64(stats.n_dead_tup);
        let autovacuum = Autovacuum::of(body, stats);
        if dead >= least && dead > factor * autovacuum.vacuum_at {
            let finding = finding(cx, table, stats, autovacuum, holder.as_deref());
            cx.report(finding);
        }
    }
}

/// Who has kept old row versions visible in this database for minutes, in words.
fn holder(body: &PgBody) -> Option<String> {
    let database = body.server.database.as_str();
    let here = |of: Option<&str>| of.is_none_or(|name| name == database);
    let sessions = body
        .sessions
        .iter()
        .filter(|s| here(s.database.as_deref()) && (s.xmin_age.is_some() || s.has_xid))
        .filter_map(|s| Some((s.transaction_s?, format!("the transaction of pid {}", s.pid))));
    let prepared = body.prepared.iter().filter(|p| p.database == database);
    let prepared =
        prepared.map(|p| (p.age_s, format!("the prepared transaction {}", body.catalog.dialect.literal(&p.gid))));
    let slots = body.replication.slots.iter().filter(|slot| slot.xmin_age.is_some() && !slot.active);
    let slots = slots.map(|slot| (slot.inactive_s.unwrap_or(HOLDS), format!("the inactive slot {}", slot.name)));
    let oldest =
        sessions.chain(prepared).chain(slots).filter(|(age, _)| *age >= HOLDS).max_by(|a, b| a.0.total_cmp(&b.0));
    oldest.map(|(age, who)| format!("{who} has kept them visible for {}", words::seconds(age)))
}

fn finding(
    cx: &Cx<'_, PgBody>,
    table: &Table,
    stats: &TableStats,
    autovacuum: Autovacuum,
    holder: Option<&str>,
) -> Finding {
    let name = cx.body.catalog.qualified(table);
    let (live, dead) = (words::as_f64(stats.n_live_tup), words::as_f64(stats.n_dead_tup));
    let comes = autovacuum.enabled && holder.is_none();
    let cause = match (holder, autovacuum.enabled) {
        (Some(holder), _) => format!("vacuum can't remove them while {holder}: end that first"),
        (None, false) => "autovacuum is switched off for the table or the server".to_owned(),
        (None, true) => "autovacuum is due; when this stays so, its workers or its cost limit are too few".to_owned(),
    };
    let mut finding = cx
        .finding(
            cx.body.catalog.subject(table),
            format!("{name} has {} dead rows beside {} live ones", words::count(dead), words::count(live)),
        )
        .severity(if comes { Severity::Low } else { Severity::Medium })
        .why(format!(
            "scans and indexes still pass through them, and the table grows instead of reusing their space; {cause}"
        ))
        .evidence("n_dead_tup", stats.n_dead_tup, "rows", "pg_stat_user_tables")
        .evidence("n_live_tup", stats.n_live_tup, "rows", "pg_stat_user_tables")
        .evidence("autovacuum threshold", autovacuum.vacuum_at.round(), "rows", "pg_settings, pg_class.reloptions");
    if let Some(last) = stats.last_vacuum.max(stats.last_autovacuum) {
        let ago = cx.body.server.now.duration_since(last).as_secs_f64().round();
        finding = finding.evidence("last vacuum", ago, "s ago", "pg_stat_user_tables");
    }
    finding.change(
        Change::new(
            [format!("VACUUM (ANALYZE) {name}")],
            "SHARE UPDATE EXCLUSIVE on the table while it is read: reads and writes go on",
        )
        .outside_transaction()
        .irreversible("nobody can see dead rows, so nothing is lost"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::PreparedTransaction;
    use crate::sample;

    fn dead_rows() -> PgBody {
        let mut body = sample::body();
        body.catalog.tables.push(sample::table(1, "orders"));
        let stats =
            TableStats { n_dead_tup: 50_000, n_live_tup: 1_000, reltuples: Some(1_000.0), ..TableStats::default() };
        body.tables.insert(1, stats);
        body
    }

    #[test]
    fn it_is_low_while_autovacuum_can_come() {
        let found = sample::run("pg/dead-tuples", &dead_rows());
        assert_eq!(found[0].severity, Severity::Low);
        assert!(found[0].why.contains("autovacuum is due"), "{}", found[0].why);
    }

    #[test]
    fn whoever_keeps_the_rows_visible_is_named() {
        let mut body = dead_rows();
        let mut session = sample::session(77, "idle in transaction", 4_000.0);
        session.xmin_age = Some(9);
        session.database = Some("shop".to_owned());
        body.sessions.push(session);
        let found = sample::run("pg/dead-tuples", &body);
        assert_eq!(found[0].severity, Severity::Medium);
        assert!(
            found[0].why.contains("the transaction of pid 77 has kept them visible for 67 min"),
            "{}",
            found[0].why
        );
        let (gid, database) = ("it's".to_owned(), "shop".to_owned());
        body.prepared.push(PreparedTransaction { gid, database, owner: "app".to_owned(), age_s: 90_000.0 });
        let found = sample::run("pg/dead-tuples", &body);
        assert!(
            found[0].why.contains("the prepared transaction 'it''s' has kept them visible for 25 h"),
            "{}",
            found[0].why
        );
    }

    #[test]
    fn sessions_of_other_databases_hold_nothing_here() {
        let mut body = dead_rows();
        let mut session = sample::session(77, "idle in transaction", 4_000.0);
        session.xmin_age = Some(9);
        session.database = Some("other".to_owned());
        body.sessions.push(session);
        assert_eq!(sample::run("pg/dead-tuples", &body)[0].severity, Severity::Low);
    }
}
