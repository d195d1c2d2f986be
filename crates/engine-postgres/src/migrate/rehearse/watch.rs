//! Watches the steps: what is looked at from beside ([`super::trace`]) and what is noted at the commit ([`super::exact`]).

use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::plan::Step;
use dbwright_migrate::rehearse::{LockHeld, Watch, Watched};

use super::exact::{Exact, SCHEMA};
use super::trace::{LockMode, Look, Trace, Tracer};

/// Both watchers.
pub(super) struct PgWatch {
    pub(super) tracer: Tracer,
    pub(super) exact: Exact,
}

impl Watch for PgWatch {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async {
            self.exact.begin().await?;
            self.tracer.cut().await.map(drop)
        })
    }

    fn end<'a>(&'a mut self, _: &'a Step) -> BoxFuture<'a, Result<Watched, Failure>> {
        Box::pin(async {
            let trace = self.tracer.cut().await?;
            let exact = self.exact.end().await?;
            let locks = locks(&trace, exact);
            let rewritten = trace.rewritten.into_iter().map(|(name, _)| name);
            Ok(Watched {
                ms: trace.ms,
                locks,
                waited_ms: trace.waited_ms,
                blocked: trace.blocked,
                rewritten: rewritten.filter(|name| !is_ours(name)).collect(),
                wal_bytes: trace.wal_bytes,
                temp_bytes: trace.temp_bytes,
            })
        })
    }
}

fn is_ours(relation: &str) -> bool {
    relation.starts_with("dbwright.") || relation.strip_prefix(SCHEMA).is_some_and(|rest| rest.starts_with('.'))
}

/// What was looked at and what was noted, together: a lock that no look saw lasted no longer than the time between two.
fn locks(trace: &Trace, exact: impl IntoIterator<Item = (String, LockMode)>) -> Vec<LockHeld> {
    let table = |kind: char| matches!(kind, 'r' | 'p' | 'm' | 'v' | 'f');
    let held = trace.locks.iter().filter(|held| held.was_there && table(held.kind) && !is_ours(&held.relation));
    let mut all: Vec<(LockMode, LockHeld)> = held
        .map(|held| {
            let (relation, mode) = (held.relation.clone(), held.mode.words().to_owned());
            (held.mode, LockHeld { relation, mode, longest_ms: held.longest_ms, times: held.times })
        })
        .collect();
    let unseen_ms = (Look::default().every.as_secs_f64() * 2000.0).min(trace.ms);
    for (relation, mode) in exact {
        if !all.iter().any(|(seen, held)| *seen == mode && held.relation == relation) {
            let held = LockHeld { relation, mode: mode.words().to_owned(), longest_ms: unseen_ms, times: 1 };
            all.push((mode, held));
        }
    }
    all.sort_by(|(a, one), (b, other)| one.relation.cmp(&other.relation).then_with(|| b.cmp(a)));
    all.into_iter().map(|(_, held)| held).collect()
}
