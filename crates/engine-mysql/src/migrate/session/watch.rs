//! Seen from the second connection: whether the first one waits for the lock of a table, and whether others queue behind it.
//! Whoever asks for a table's metadata lock keeps all later statements waiting, even readers, as long as an older
//! transaction keeps it waiting: so it gives way when somebody is behind it.

use std::pin::pin;
use std::time::{Duration, Instant};

use dbwright_core::progress::Progress;
use dbwright_core::target::redact_text;
use mysql_async::Error;

use super::link::{Cells, Link};

/// Sessions that the working connection waits for.
#[derive(Default)]
pub(super) struct Seen {
    blockers: Vec<String>,
    noted: Option<Instant>,
    /// Whether the user asked to stop while it waited.
    pub(super) stopped: bool,
    /// Whether the statement was ended because others waited behind it.
    pub(super) gave_way: bool,
}

/// Whose work is watched, and how long others may wait behind it.
pub(super) struct Guard<'a> {
    pub(super) main: u32,
    pub(super) queue: Duration,
    pub(super) what: &'a str,
    pub(super) progress: &'a dyn Progress,
}

/// How much of a session's statement is shown.
const SHOWN: usize = 100;

/// How often the same waiting is said again.
const AGAIN: Duration = Duration::from_secs(30);

/// What a session's state says that waits for the lock of a table.
const WAITS: &str = "Waiting for table metadata lock";

impl Seen {
    /// Whom it waited for, for a message; none when nobody was seen.
    pub(super) fn whom(&self) -> Option<String> {
        (!self.blockers.is_empty()).then(|| self.blockers.join("; "))
    }

    /// Before the next attempt.
    pub(super) fn again(&mut self) {
        self.gave_way = false;
    }

    fn take(&mut self, blockers: Vec<String>, guard: &Guard<'_>) {
        if blockers.is_empty() {
            return;
        }
        self.blockers = blockers;
        if self.noted.is_none_or(|at| at.elapsed() > AGAIN) {
            self.noted = Some(Instant::now());
            if let Some(whom) = self.whom() {
                guard.progress.note(&format!("{} waits for {whom}", guard.what));
            }
        }
    }
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

/// Awaits work of the main connection; ends it when others wait behind it for too long, or when the user asks to stop.
pub(super) async fn watched<T>(
    work: impl Future<Output = Result<T, Error>>,
    watch: &mut Link,
    guard: &Guard<'_>,
    seen: &mut Seen,
) -> Result<T, Error> {
    let mut work = pin!(work);
    let mut behind: Option<Instant> = None;
    let mut looked = false;
    seen.again();
    loop {
        let look = async {
            tokio::time::sleep((guard.queue / 4).clamp(Duration::from_millis(20), Duration::from_millis(100))).await;
            waiting(watch, guard.main).await
        };
        let (ours, others) = tokio::select! {
            biased;
            result = &mut work => return result,
            seen = look => seen,
        };
        if ours && !looked {
            looked = true;
            seen.take(blockers(watch, guard.main).await, guard);
        }
        behind = if ours && others { behind.or_else(|| Some(Instant::now())) } else { None };
        let too_long = behind.is_some_and(|since| since.elapsed() >= guard.queue);
        if too_long && !seen.gave_way {
            seen.gave_way = true;
            kill(watch, guard.main).await;
        }
        if guard.progress.cancelled() && !seen.stopped {
            seen.stopped = true;
            kill(watch, guard.main).await;
        }
    }
}

/// Whether the main connection waits for a table's lock, and whether anybody else does.
pub(super) async fn waiting(watch: &mut Link, main: u32) -> (bool, bool) {
    let sql = format!("SELECT /* dbwright */ id FROM information_schema.processlist WHERE state = '{WAITS}'");
    // What can't be seen is waited for no longer than the server's own limit.
    let rows = watch.rows(&sql).await.unwrap_or_default();
    let main = main.to_string();
    let is_main = |row: &Cells| row.first().and_then(Option::as_deref) == Some(main.as_str());
    (rows.iter().any(is_main), rows.iter().any(|row| !is_main(row)))
}

/// Whom the main connection waits for, as messages name them.
async fn blockers(watch: &mut Link, main: u32) -> Vec<String> {
    let exact = watch.rows(&watch.flavour.lock_holders(main)).await;
    let rows = match exact {
        Ok(rows) if !rows.is_empty() => rows,
        // Whoever has had a transaction open for longest.
        _ => {
            let sql = format!(
                "SELECT /* dbwright */ p.id, p.user, p.command, COALESCE(p.info, ''), \
                 TIMESTAMPDIFF(SECOND, t.trx_started, NOW()) FROM information_schema.innodb_trx t \
                 JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id \
                 WHERE p.id <> {main} ORDER BY t.trx_started LIMIT 2"
            );
            watch.rows(&sql).await.unwrap_or_default()
        }
    };
    rows.iter().filter_map(name).collect()
}

/// `session 4711 (account ann, idle in a transaction for 3 min: UPDATE …)`.
fn name(row: &Cells) -> Option<String> {
    let text = |at: usize| row.get(at).and_then(Option::as_deref).filter(|text| !text.is_empty());
    let state = if text(2) == Some("Sleep") { "idle in a transaction" } else { "at work" };
    let age = text(4).and_then(|s| s.parse().ok()).map(|s| format!(" for {}", age(s))).unwrap_or_default();
    let query = text(3).map(|query| format!(": {}", shown(query))).unwrap_or_default();
    Some(format!("session {} (account {}, {state}{age}{query})", text(0)?, text(1).unwrap_or("?")))
}

/// Ends the statement that the main connection runs.
pub(super) async fn kill(watch: &mut Link, main: u32) {
    // When it can't be ended, it ends by itself.
    let _ = watch.run(&format!("KILL /* dbwright */ QUERY {main}")).await;
}
