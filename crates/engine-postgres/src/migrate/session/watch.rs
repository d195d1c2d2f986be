//! Seen from the second connection: whom the first one waits for.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::{Duration, Instant};

use dbwright_core::progress::Progress;
use dbwright_core::target::redact_text;
use tokio_postgres::{Client, Row};

use super::link::Link;

/// Sessions that the working connection waits for.
#[derive(Default)]
pub(super) struct Seen {
    /// By pid, as messages name them.
    blockers: BTreeMap<i32, String>,
    /// Whether one of them is an autovacuum, which gives way after `deadlock_timeout`.
    pub(super) autovacuum: bool,
    noted: Option<Instant>,
    /// Whether the user asked to stop while it waited.
    pub(super) stopped: bool,
}

/// How much of a session's statement is shown.
const SHOWN: usize = 100;

/// How often the same waiting is said again.
const AGAIN: Duration = Duration::from_secs(30);

const BLOCKERS: &str = "SELECT /* dbwright */ a.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, ''), \
    coalesce(a.state, ''), coalesce(a.query, ''), coalesce(a.backend_type, ''), \
    extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.query_start))::float8 \
    FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids($1)) b(pid) \
    JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid \
    UNION ALL \
    SELECT 0, x.gid, x.owner::text, 'prepared transaction', '', 'prepared', \
    extract(epoch FROM pg_catalog.clock_timestamp() - x.prepared)::float8 \
    FROM pg_catalog.pg_prepared_xacts x WHERE 0 = ANY (pg_catalog.pg_blocking_pids($1))";

impl Seen {
    /// Whom it waited for, for a message; none when nobody was seen.
    pub(super) fn whom(&self) -> Option<String> {
        (!self.blockers.is_empty()).then(|| self.blockers.values().cloned().collect::<Vec<_>>().join("; "))
    }

    /// Forgets who was seen before the next attempt, but not when the user was last told.
    pub(super) fn again(&mut self) {
        self.blockers.clear();
        self.autovacuum = false;
    }

    fn take(&mut self, rows: &[Row], what: &str, progress: &dyn Progress) {
        if rows.is_empty() {
            return;
        }
        self.blockers = rows.iter().filter_map(|row| Some((row.try_get(0).ok()?, name(row)?))).collect();
        self.autovacuum =
            rows.iter().any(|row| row.try_get::<_, &str>(5).is_ok_and(|kind| kind == "autovacuum worker"));
        if self.noted.is_none_or(|at| at.elapsed() > AGAIN) {
            self.noted = Some(Instant::now());
            if let Some(whom) = self.whom() {
                progress.note(&format!("{what} waits for {whom}"));
            }
        }
    }
}

/// `pid 4711 (psql, role ann, idle in transaction for 3 min: UPDATE …)`.
fn name(row: &Row) -> Option<String> {
    let text = |at| row.try_get::<_, &str>(at).ok().filter(|text| !text.is_empty());
    let age = row.try_get::<_, Option<f64>>(6).ok().flatten().map(|s| format!(" for {}", age(s)));
    let (state, kind) = (text(3), text(5)?);
    let mut facts: Vec<String> = Vec::new();
    facts.extend(text(1).map(str::to_owned));
    facts.extend(text(2).map(|role| format!("role {role}")));
    if !matches!(kind, "client backend" | "prepared") {
        facts.push(kind.to_owned());
    }
    facts.push(format!("{}{}", state.unwrap_or("at work"), age.unwrap_or_default()));
    let query = text(4).map(|query| format!(": {}", shown(query))).unwrap_or_default();
    let pid: i32 = row.try_get(0).ok()?;
    let who = if pid == 0 { "a prepared transaction".to_owned() } else { format!("pid {pid}") };
    Some(format!("{who} ({}{query})", facts.join(", ")))
}

/// A statement in one line, cut, without secrets.
fn shown(query: &str) -> String {
    let line = query.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = line.chars().take(SHOWN).collect();
    let more = if line.chars().count() > SHOWN { " …" } else { "" };
    redact_text(&format!("{cut}{more}"))
}

/// A duration as people say it.
pub(super) fn age(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => "under 1 s".to_owned(),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7_200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3_600.0),
    }
}

/// Awaits work of the main connection, looks meanwhile whom it waits for, and cancels it when the user asks to stop.
pub(super) async fn watched<T>(
    work: impl Future<Output = T>,
    main: i32,
    watch: &Link,
    every: Duration,
    what: &str,
    seen: &mut Seen,
    progress: &dyn Progress,
) -> T {
    let mut work = pin!(work);
    let mut every = every;
    loop {
        let look = async {
            tokio::time::sleep(every).await;
            blockers(watch.client(), main).await
        };
        tokio::select! {
            biased;
            result = &mut work => return result,
            rows = look => seen.take(&rows, what, progress),
        }
        // Looking takes the lock manager's own locks for a moment: early once, then rarely.
        every = every.max(Duration::from_millis(500));
        if progress.cancelled() && !seen.stopped {
            seen.stopped = true;
            cancel(watch.client(), main).await;
        }
    }
}

async fn blockers(client: &Client, main: i32) -> Vec<Row> {
    // Without the view there is nothing to name; the work goes on.
    client.query_typed(BLOCKERS, &[(&main, tokio_postgres::types::Type::INT4)]).await.unwrap_or_default()
}

/// Ends the statement that the main connection runs.
async fn cancel(client: &Client, main: i32) {
    let sql = "SELECT /* dbwright */ pg_catalog.pg_cancel_backend($1)";
    // When it can't be cancelled, it ends by itself, and the session stops then.
    let _ = client.query_typed(sql, &[(&main, tokio_postgres::types::Type::INT4)]).await;
}
