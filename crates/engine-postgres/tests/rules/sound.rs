//! A sound database draws no finding worse than `low`, from any rule: false alarms count as much as misses.

use std::collections::BTreeMap;

use dbwright_core::Severity;
use dbwright_core::rule::Limits;
use dbwright_testkit::Database;
use tokio::runtime::Runtime;

use crate::life;
use crate::script;
use crate::server::Private;
use crate::stage::Stage;

#[test]
fn a_sound_database_is_left_alone_on_postgresql_15() {
    sound(15);
}

#[test]
fn a_sound_database_is_left_alone_on_postgresql_17() {
    sound(17);
}

#[test]
fn a_sound_database_is_left_alone_on_postgresql_18() {
    sound(18);
}

fn sound(major: u32) {
    let runtime = Runtime::new().expect("threads can be started");
    let alarms = runtime.block_on(alarms(major)).unwrap_or_else(|reason| panic!("PostgreSQL {major}: {reason}"));
    assert!(alarms.is_empty(), "on PostgreSQL {major}:\n{}", alarms.join("\n"));
}

/// What the rules report at `medium` or worse, or could not look at, on a server of its own with sound settings.
async fn alarms(major: u32) -> Result<Vec<String>, String> {
    let server = Private::start(major).await?;
    let database = Database::on(&server.url());
    let mut stage = Stage::open(&database.url).await?;
    stage.run(&script::parse(include_str!("sound.sql"))?).await?;
    let snapshot = life::observe(&database.url).await?;
    let outcome = life::check(&snapshot, &young())?;
    let skipped = outcome.not_looked_at.iter().map(|one| format!("{} did not look: {}", one.rule, one.reason));
    let worse = outcome.findings.iter().filter(|finding| finding.severity >= Severity::Medium);
    let worse = worse.map(|f| format!("{} {} {}: {} {:?}", f.severity, f.rule, f.subject, f.title, f.evidence));
    Ok(worse.chain(skipped).collect())
}

/// Lets the rules judge by counters of some seconds, which is as much as a test has.
fn young() -> Limits {
    let windows =
        [("pg/unused-index", "min_window_days"), ("pg/low-cache-hit", "minutes"), ("pg/low-index-hit", "minutes")];
    windows.map(|(rule, limit)| (rule.to_owned(), BTreeMap::from([(limit.to_owned(), 0.0)]))).into()
}
