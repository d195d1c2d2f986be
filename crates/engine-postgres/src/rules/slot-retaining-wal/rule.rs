//! `pg/slot-retaining-wal`: a slot fills the disk for a consumer that does not fetch.
//!
//! A slot without a consumer is reported, mildly, before it has kept much: nothing but its consumer ever
//! makes it smaller.

use dbwright_core::{Change, Cx, Finding, Proof, Severity};
use dbwright_sql::Dialect;

use crate::body::{PgBody, Slot};
use crate::settings;
use crate::words;

const SOURCE: &str = "pg_replication_slots";

/// What is wrong with a slot.
enum Fault {
    Lost,
    Behind,
    Rows,
    Wal,
    Unused,
}

/// Reports slots one by one.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let (bytes, rows, unused_s) = (cx.limit("bytes"), cx.limit("transactions"), cx.limit("inactive_minutes") * 60.0);
    for slot in &cx.body.replication.slots {
        if let Some(fault) = fault(slot, bytes, rows, unused_s) {
            let finding = finding(cx, slot, &fault);
            cx.report(finding);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "compared with thresholds of a few digits")]
fn fault(slot: &Slot, bytes: f64, rows: f64, unused_s: f64) -> Option<Fault> {
    let much = slot.retained_bytes.is_some_and(|kept| kept as f64 >= bytes);
    let old = slot.xmin_age.is_some_and(|age| age as f64 >= rows);
    if slot.wal_status.as_deref() == Some("lost") {
        return Some(Fault::Lost);
    }
    if slot.active || slot.temporary {
        return much.then_some(Fault::Behind);
    }
    if much || slot.wal_status.as_deref() == Some("unreserved") {
        return Some(Fault::Wal);
    }
    if old {
        return Some(Fault::Rows);
    }
    let keeps = slot.retained_bytes.is_some() || slot.xmin_age.is_some();
    (keeps && slot.inactive_s.is_none_or(|inactive| inactive >= unused_s)).then_some(Fault::Unused)
}

fn finding(cx: &Cx<'_, PgBody>, slot: &Slot, fault: &Fault) -> Finding {
    let bound = cx.body.setting("max_slot_wal_keep_size").filter(|setting| setting.value != "-1");
    let severity = match fault {
        Fault::Lost | Fault::Behind => Severity::Medium,
        Fault::Wal if bound.is_some() && slot.wal_status.as_deref() != Some("unreserved") => Severity::Medium,
        Fault::Wal | Fault::Rows => Severity::High,
        Fault::Unused => Severity::Low,
    };
    let finding = cx
        .finding(Dialect::Postgres.subject(&[&slot.name]), title(slot, fault))
        .severity(severity)
        .why(why(slot, fault, bound.is_some()))
        .proof(Proof::unproven("it concerns a consumer outside of the database, which no lab has"))
        .evidence("slot_type", slot.kind.as_str(), "", SOURCE)
        .evidence("active", slot.active, "", SOURCE);
    let finding = with(finding, "retained_wal", slot.retained_bytes, "bytes");
    let finding = with(finding, "oldest_rows_kept", slot.xmin_age, "transactions");
    let finding = match &slot.wal_status {
        Some(status) => finding.evidence("wal_status", status.as_str(), "", SOURCE),
        None => finding,
    };
    let finding = match slot.inactive_s {
        Some(inactive) if inactive >= 60.0 => finding.evidence("inactive_for", inactive.round(), "s", SOURCE),
        _ => finding,
    };
    let finding = match cx.body.setting("max_slot_wal_keep_size") {
        Some(setting) => {
            let (value, unit) = settings::measured(setting);
            finding.evidence("max_slot_wal_keep_size", value, unit, "pg_settings")
        }
        None => finding,
    };
    if slot.active || slot.temporary { finding } else { finding.change(drop_slot(slot)) }
}

fn with(finding: Finding, name: &str, value: Option<i64>, unit: &str) -> Finding {
    match value {
        Some(value) => finding.evidence(name, value, unit, SOURCE),
        None => finding,
    }
}

fn title(slot: &Slot, fault: &Fault) -> String {
    let name = Dialect::Postgres.name(&slot.name);
    let kept = words::bytes(u64::try_from(slot.retained_bytes.unwrap_or(0)).unwrap_or(0));
    match fault {
        Fault::Lost => format!("replication slot {name} is lost: the WAL that its consumer needs is gone"),
        Fault::Behind => format!("the consumer of replication slot {name} is {kept} of WAL behind"),
        Fault::Wal => format!("replication slot {name} keeps {kept} of WAL, and nobody fetches it"),
        Fault::Rows => format!("replication slot {name} keeps old rows from being vacuumed, and nobody uses it"),
        Fault::Unused => format!("replication slot {name} has no consumer; it keeps {kept} of WAL so far"),
    }
}

fn why(slot: &Slot, fault: &Fault, bounded: bool) -> String {
    let end = if bounded {
        "max_slot_wal_keep_size bounds it, and the slot is lost when that is reached"
    } else {
        "nothing bounds it (max_slot_wal_keep_size is -1), and a full disk stops the server"
    };
    match fault {
        Fault::Lost => {
            "its consumer can't go on from here and has to be set up anew; the slot is of no use any more".to_owned()
        }
        Fault::Behind => format!(
            "WAL is kept until the consumer has it; {end}; the slot is in use, so that no statement mends it: find out why \
             its consumer is slow (network, a long transaction, a blocked apply), or end it if it can be spared"
        ),
        Fault::Wal | Fault::Unused => format!(
            "WAL is kept until a consumer fetches it; {end}; drop the slot when its consumer is gone for good, else start it"
        ),
        Fault::Rows => format!(
            "vacuum can't remove rows that died since the slot was last used{}; drop it when its consumer is gone for good, else start it",
            if slot.kind == "logical" { " from the system catalogs" } else { "" }
        ),
    }
}

fn drop_slot(slot: &Slot) -> Change {
    let sql = format!("SELECT pg_drop_replication_slot({})", Dialect::Postgres.literal(&slot.name));
    Change::new([sql], "no lock on any table").irreversible(
        "the position is lost: a replica that comes back may have to be built anew, a subscriber copied anew",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn found(slot: Slot, keep: &str) -> Option<(Severity, bool)> {
        let mut body = sample::body();
        body.settings.push(sample::setting("max_slot_wal_keep_size", keep, "default", "sighup"));
        body.replication.slots.push(Slot { name: "s".to_owned(), kind: "physical".to_owned(), ..slot });
        let found = sample::run("pg/slot-retaining-wal", &body);
        found.first().map(|f| (f.severity, f.change.is_some()))
    }

    fn keeping(bytes: i64) -> Slot {
        Slot { retained_bytes: Some(bytes), wal_status: Some("reserved".to_owned()), ..Slot::default() }
    }

    #[test]
    fn severity_follows_what_is_kept_and_what_bounds_it() {
        assert_eq!(found(keeping(1 << 30), "-1"), Some((Severity::High, true)));
        assert_eq!(found(keeping(1 << 30), "10240"), Some((Severity::Medium, true)));
        assert_eq!(found(keeping((1 << 30) - 1), "-1"), Some((Severity::Low, true)));
        let rows = Slot { xmin_age: Some(10_000_000), ..keeping(0) };
        assert_eq!(found(rows, "-1"), Some((Severity::High, true)));
    }

    #[test]
    fn a_slot_in_use_is_reported_when_far_behind_and_never_dropped() {
        let active = |bytes| Slot { active: true, ..keeping(bytes) };
        assert_eq!(found(active(1 << 30), "-1"), Some((Severity::Medium, false)));
        assert_eq!(found(active(1 << 20), "-1"), None);
    }

    #[test]
    fn slots_that_keep_nothing_or_just_lost_their_consumer_are_left_alone() {
        assert_eq!(found(Slot::default(), "-1"), None);
        assert_eq!(found(Slot { inactive_s: Some(20.0), ..keeping(4096) }, "-1"), None);
        assert_eq!(found(Slot { inactive_s: Some(301.0), ..keeping(4096) }, "-1"), Some((Severity::Low, true)));
        let lost = Slot { wal_status: Some("lost".to_owned()), ..Slot::default() };
        assert_eq!(found(lost, "-1"), Some((Severity::Medium, true)));
    }
}
