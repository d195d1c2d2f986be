//! `pg/connection-saturation`: the next client may be refused.
//!
//! Sessions are counted even where a role may not see what they do, so the rule needs no privilege; only
//! the change, which ends idle ones, does.

use std::collections::BTreeMap;

use dbwright_core::{Change, Cx, Finding, Proof, Severity};

use crate::body::{PgBody, Session};
use crate::words;

/// How the usable connections are taken.
struct Load {
    max: i64,
    reserved: i64,
    used: i64,
    source: &'static str,
}

impl Load {
    fn usable(&self) -> i64 {
        self.max - self.reserved
    }

    #[expect(clippy::cast_precision_loss, reason = "max_connections is at most 262143")]
    fn share(&self) -> f64 {
        self.used as f64 / self.usable() as f64
    }
}

/// Reports the server when the share is too high.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let (share, high, idle) = (cx.limit("share"), cx.limit("high_share"), cx.limit("idle_minutes") * 60.0);
    let Some(load) = load(cx.body) else {
        return cx.not_looked("neither sessions nor max_connections could be read", None);
    };
    if load.share() >= share {
        let finding = finding(cx, &load, share, high, idle);
        cx.report(finding);
    }
}

fn load(body: &PgBody) -> Option<Load> {
    let number = |name: &str| body.setting(name)?.value.parse::<i64>().ok();
    let max = number("max_connections")?;
    let reserved = number("superuser_reserved_connections").unwrap_or(0) + number("reserved_connections").unwrap_or(0);
    let (used, source) = if body.sessions.is_empty() {
        // Workers that are connected to a database are in these counts too, a few at most.
        (body.databases.iter().map(|database| database.backends).sum(), "pg_stat_database.numbackends")
    } else {
        (i64::try_from(body.sessions.len()).ok()? + 1, "pg_stat_activity, dbwright's own session included")
    };
    (used > 0 && max > reserved).then_some(Load { max, reserved, used, source })
}

fn finding(cx: &Cx<'_, PgBody>, load: &Load, share: f64, high: f64, idle: f64) -> Finding {
    let body = cx.body;
    let severity = match load.share() {
        all if all >= 1.0 => Severity::Critical,
        most if most >= high => Severity::High,
        _ => Severity::Medium,
    };
    let in_state = |state: &str| body.sessions.iter().filter(|s| s.state.as_deref() == Some(state)).count();
    let idle_long = body.sessions.iter().filter(|session| is_idle(session, idle)).count();
    let rest = Load { used: load.used - i64::try_from(idle_long).unwrap_or(0), ..*load };
    let title =
        format!("{} of {} usable connections are in use ({})", load.used, load.usable(), words::percent(load.share()));
    let finding = cx
        .finding("server", title)
        .severity(severity)
        .proof(Proof::unproven("it concerns sessions of that moment, which no lab has"))
        .evidence("sessions", load.used, "sessions", load.source)
        .evidence("max_connections", load.max, "connections", "pg_settings")
        .evidence("reserved", load.reserved, "connections", "pg_settings")
        .evidence("share", (load.share() * 1000.0).round() / 1000.0, "ratio", "computed")
        .evidence("active", in_state("active"), "sessions", "pg_stat_activity")
        .evidence("idle_in_transaction", in_state("idle in transaction"), "sessions", "pg_stat_activity")
        .evidence("idle", in_state("idle"), "sessions", "pg_stat_activity")
        .evidence("idle_for_long", idle_long, "sessions", "pg_stat_activity");
    let finding = match most(body) {
        Some((who, count)) => finding.evidence("most_sessions_of", format!("{who}: {count}"), "", "pg_stat_activity"),
        None => finding,
    };
    let refused = "when none is left, new connections are refused";
    if rest.share() < share {
        let why = format!(
            "{refused}; {idle_long} sessions have been idle for {} or longer, and ending them is enough",
            words::seconds(idle)
        );
        finding.why(why).change(end_idle(idle))
    } else {
        finding.why(format!(
            "{refused}; ending the {idle_long} long idle ones would not be enough, so no statement mends it: put a pool in \
             front or make the applications' pools smaller; a larger max_connections takes a restart, and memory for each"
        ))
    }
}

fn is_idle(session: &Session, seconds: f64) -> bool {
    session.state.as_deref() == Some("idle") && session.state_s.is_some_and(|idle| idle >= seconds)
}

/// The application and role with the most sessions.
fn most(body: &PgBody) -> Option<(String, usize)> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for session in &body.sessions {
        *counts.entry((&session.application, session.user.as_deref().unwrap_or_default())).or_default() += 1;
    }
    let ((application, role), count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let application = if application.is_empty() { "(no application_name)" } else { application };
    Some((format!("{application}, role {role}"), count))
}

fn end_idle(seconds: f64) -> Change {
    let sql = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND state = 'idle' \
         AND state_change <= now() - interval '{seconds} seconds' AND pid <> pg_backend_pid()"
    );
    Change::new([sql], "no lock").irreversible("the sessions are closed; their clients have to connect again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn server(sessions: usize, state: &str, seconds: f64) -> PgBody {
        let mut body = sample::body();
        for (name, value) in
            [("max_connections", "100"), ("superuser_reserved_connections", "3"), ("reserved_connections", "7")]
        {
            body.settings.push(sample::setting(name, value, "default", "postmaster"));
        }
        body.sessions =
            (0..sessions).map(|pid| sample::session(i32::try_from(pid).unwrap_or(0), state, seconds)).collect();
        body
    }

    fn severity(sessions: usize) -> Option<Severity> {
        sample::run("pg/connection-saturation", &server(sessions, "active", 1.0)).first().map(|f| f.severity)
    }

    #[test]
    fn the_share_is_of_what_ordinary_roles_may_use_and_counts_us() {
        assert_eq!([severity(70), severity(71)], [None, Some(Severity::Medium)]);
        assert_eq!([severity(85), severity(89)], [Some(Severity::High), Some(Severity::Critical)]);
    }

    #[test]
    fn ending_idle_sessions_is_proposed_only_when_it_is_enough() {
        let idle = sample::run("pg/connection-saturation", &server(80, "idle", 600.0)).remove(0);
        assert!(idle.change.expect("a change").forward[0].contains("interval '600 seconds'"));
        let fresh = sample::run("pg/connection-saturation", &server(80, "idle", 599.0)).remove(0);
        assert!(fresh.change.is_none() && fresh.why.contains("pool"));
    }

    #[test]
    fn without_sessions_the_databases_counts_stand_in() {
        let mut body = server(0, "idle", 0.0);
        body.databases.push(crate::body::DatabaseStats { backends: 80, ..Default::default() });
        assert_eq!(sample::run("pg/connection-saturation", &body).len(), 1);
        let (found, skipped) = sample::run_with("pg/connection-saturation", &sample::body(), &[], &[]);
        assert_eq!((found.len(), skipped.len()), (0, 1));
    }
}
