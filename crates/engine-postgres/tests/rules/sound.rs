//! A sound database draws no finding worse than `low`, from any rule: false alarms count as much as misses.

use std::collections::BTreeMap;

use dbwright_check::{Checks as _, Prover};
use dbwright_core::Severity;
use dbwright_core::rule::Limits;
use dbwright_engine_postgres::Postgres;
use dbwright_testkit::{Database, majors};
use tokio::task::JoinSet;

use crate::life;
use crate::runtime;
use crate::script;
use crate::server::Private;
use crate::stage::Stage;

#[test]
fn a_sound_database_is_left_alone_on_every_version() {
    let failures = runtime().block_on(async {
        let mut versions = JoinSet::new();
        majors().expect("versions").into_iter().for_each(|major| drop(versions.spawn(sound(major))));
        versions.join_all().await.concat()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn sound(major: u32) -> Vec<String> {
    let alarms = alarms(major).await.unwrap_or_else(|reason| vec![reason]);
    alarms.into_iter().map(|alarm| format!("PostgreSQL {major}: {alarm}")).collect()
}

/// No schema is sound enough for this rule once the calendar says that a version has ended.
const CALENDAR: &str = "pg/end-of-life-version";

/// What the rules report at `medium` or worse, or could not look at, on a server of its own with sound settings.
async fn alarms(major: u32) -> Result<Vec<String>, String> {
    let server = Private::start(major).await?;
    let database = Database::on(&server.url());
    let mut stage = Stage::open(&database.url).await?;
    stage.run(&script::parse(include_str!("sound.sql"))?).await?;
    let snapshot = life::observe(&database.url).await?;
    let outcome = life::check(&snapshot, &young())?;
    // A rule whose findings come from plans looks only when some are made.
    let planned = Postgres.prover().map_or(&[][..], Prover::rules);
    let skipped = outcome.not_looked_at.iter().filter(|one| !planned.contains(&one.rule.as_str()));
    let skipped = skipped.map(|one| format!("{} did not look: {}", one.rule, one.reason));
    let worse =
        outcome.findings.iter().filter(|finding| finding.severity >= Severity::Medium && finding.rule != CALENDAR);
    let worse = worse.map(|f| format!("{} {} {}: {} {:?}", f.severity, f.rule, f.subject, f.title, f.evidence));
    Ok(worse.chain(skipped).collect())
}

/// Lets the rules judge by counters of some seconds, which is as much as a test has.
fn young() -> Limits {
    let windows =
        [("pg/unused-index", "min_window_days"), ("pg/low-cache-hit", "minutes"), ("pg/low-index-hit", "minutes")];
    windows.map(|(rule, limit)| (rule.to_owned(), BTreeMap::from([(limit.to_owned(), 0.0)]))).into()
}
