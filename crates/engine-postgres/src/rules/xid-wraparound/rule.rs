//! `pg/xid-wraparound`: transaction ids that run out because old rows are not frozen.
//!
//! An age up to `autovacuum_freeze_max_age` is normal: only there does autovacuum begin to freeze by force.
//! So the rule starts well above that, and grows with the share of the 2^31 ids that are used.

use dbwright_core::{Change, Cx, Finding, Severity};

use crate::body::{DatabaseStats, PgBody};
use crate::words;

/// Transaction ids between a row and its becoming invisible.
const IDS: f64 = 2_147_483_648.0;

/// Tables that are named with a statement of their own.
const NAMED: usize = 10;

/// Reports databases whose oldest row is too old.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    let setting = body.setting("autovacuum_freeze_max_age").and_then(|setting| setting.value.parse::<f64>().ok());
    let forced_at = setting.unwrap_or(200_000_000.0);
    let (high, critical) = (cx.limit("high_share") * IDS, cx.limit("critical_share") * IDS);
    let overdue = (cx.limit("overdue_factor") * forced_at).min(high);
    for database in &body.databases {
        let age = as_f64(database.xid_age);
        if age < overdue {
            continue;
        }
        let severity = match age {
            age if age >= critical => Severity::Critical,
            age if age >= high => Severity::High,
            _ => Severity::Medium,
        };
        let finding = finding(cx, database, forced_at, overdue).severity(severity);
        cx.report(finding);
    }
}

fn finding(cx: &Cx<'_, PgBody>, database: &DatabaseStats, forced_at: f64, overdue: f64) -> Finding {
    let body = cx.body;
    let age = as_f64(database.xid_age);
    let own = database.name == body.server.database;
    let name = body.catalog.dialect.name(&database.name);
    let cure = match (own, database.allows_connections, body.server.in_recovery) {
        (_, _, true) => "this is a standby: vacuum on the primary".to_owned(),
        (true, ..) => {
            "when vacuum does not bring the age down, a long transaction, a prepared one or a slot holds it".to_owned()
        }
        (false, true, _) => format!("connect to {name} and run VACUUM (FREEZE) there, which can't be done from here"),
        (false, false, _) => format!(
            "it accepts no connections: ALTER DATABASE {name} ALLOW_CONNECTIONS true, run VACUUM (FREEZE) in it, and set it back"
        ),
    };
    let title = format!(
        "the oldest row of database {name} is {} transactions old: {} of what is possible",
        words::count(age),
        words::percent(age / IDS)
    );
    let mut finding = cx
        .finding(name, title)
        .why(format!(
            "autovacuum should have frozen rows at {}; some 3 million transactions before the end the whole server refuses \
             every write until the rows are frozen, which may take hours; {cure}",
            words::count(forced_at)
        ))
        .evidence("age(datfrozenxid)", database.xid_age, "transactions", "pg_database")
        .evidence("autovacuum_freeze_max_age", forced_at, "transactions", "pg_settings")
        .evidence("share", (age / IDS * 10_000.0).round() / 10_000.0, "ratio", "age / 2^31");
    if !own || body.server.in_recovery {
        return finding;
    }
    let oldest = oldest(body, overdue);
    for (table, age) in oldest.iter().take(3) {
        finding = finding.evidence(&format!("age(relfrozenxid) of {table}"), *age, "transactions", "pg_class");
    }
    finding.change(change(&oldest))
}

/// The tables above the limit, the oldest first.
fn oldest(body: &PgBody, limit: f64) -> Vec<(String, i64)> {
    let age = |id| body.tables.get(id).and_then(|stats| stats.xid_age);
    let aged = body.catalog.tables.iter().filter_map(|table| Some((body.catalog.qualified(table), age(&table.id)?)));
    let mut oldest: Vec<_> = aged.filter(|(_, age)| as_f64(*age) >= limit).collect();
    oldest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    oldest
}

/// The oldest tables by name, since they decide; then all that is left, catalogs included.
fn change(oldest: &[(String, i64)]) -> Change {
    let named = oldest.iter().take(NAMED).map(|(table, _)| format!("VACUUM (FREEZE) {table}"));
    Change::new(
        named.chain(["VACUUM (FREEZE)".to_owned()]),
        "SHARE UPDATE EXCLUSIVE on one table at a time while it is read: reads and writes go on",
    )
    .outside_transaction()
    .irreversible("freezing marks rows as visible to all, which they are; there is nothing to undo")
}

#[expect(clippy::cast_precision_loss, reason = "ages are below 2^32")]
const fn as_f64(age: i64) -> f64 {
    age as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn of_age(xid_age: i64) -> Vec<Severity> {
        let mut body = sample::body();
        let name = "shop".to_owned();
        body.databases.push(DatabaseStats { name, xid_age, allows_connections: true, ..DatabaseStats::default() });
        sample::run("pg/xid-wraparound", &body).iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn severity_grows_with_the_age() {
        assert_eq!(of_age(200_000_000), [], "where autovacuum begins to freeze by force");
        assert_eq!(of_age(310_000_000), [Severity::Medium]);
        assert_eq!(of_age(1_100_000_000), [Severity::High]);
        assert_eq!(of_age(1_700_000_000), [Severity::Critical]);
    }
}
