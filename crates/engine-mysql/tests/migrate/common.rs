//! Sessions, migrations and what a schema looks like.

use std::time::Duration;

use dbwright_core::Failure;
use dbwright_core::progress::{Progress, Silent};
use dbwright_core::target::Address;
use dbwright_engine_mysql::MySql;
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::run::{self, Options, Outcome};
use dbwright_migrate::{Limits, Migration, OnlineDdl, Planned, Session};
use dbwright_testkit::my::sql;

/// The servers that tests run on.
pub(crate) fn engines() -> Vec<&'static str> {
    ["mysql", "mariadb"].into_iter().filter(|engine| !dbwright_testkit::is_skipped(engine)).collect()
}

/// Opens a session.
pub(crate) async fn open(url: &str) -> Result<Box<dyn Session>, Failure> {
    MySql.open(&Address::parse(url)?, &OpenOptions::default(), &Silent).await
}

/// A migration of statements as text.
pub(crate) fn migration(version: &str, up: &str, down: Option<&str>) -> Migration {
    let file = format!("{version}_test.sql");
    let read = |text: &str| MySql.read(&file, text).expect("statements");
    Migration {
        version: version.to_owned(),
        name: "test".to_owned(),
        checksum: format!("checksum {}", up.len()),
        up: read(up),
        down: down.map(read),
        file: file.clone(),
        repeatable: false,
    }
}

/// Options for tests: small batches, patience for a busy machine.
pub(crate) fn options() -> Options {
    let limits = Limits { first_batch: 100, largest_batch: 200, pause: 0.0, waiting: u32::MAX, ..Limits::default() };
    Options { lock_wait: Duration::from_mins(2), limits, ..Options::default() }
}

/// One verb of one migration.
pub(crate) async fn verb(url: &str, verb: &str, up: &str, progress: &dyn Progress) -> Result<Outcome, Failure> {
    let mut session = open(url).await?;
    let (migrations, options) = ([migration("1", up, None)], options());
    let session = session.as_mut();
    match verb {
        "apply" => run::apply(session, &migrations, &options, progress).await,
        "contract" => run::contract(session, &migrations, &options, progress).await,
        "resume" => run::resume(session, &migrations, &options, progress).await,
        _ => run::undo(session, &migrations, &options, progress).await,
    }
}

/// The plans of statements.
pub(crate) async fn plan(url: &str, up: &str) -> Result<Vec<Planned>, Failure> {
    let statements = migration("1", up, None).up.statements;
    open(url).await?.plan(&statements).await
}

/// The database as text, what dbwright left included: two equal ones are the same schema.
pub(crate) fn schema(url: &str) -> String {
    let rows = |query: &str| sql::query(url, query).unwrap_or_else(|reason| panic!("{reason} in {query}"));
    let mut lines = Vec::new();
    for row in rows("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1") {
        let shown = rows(&format!("SHOW CREATE TABLE `{}`", row[0].replace('`', "``")));
        let text = shown[0][1].clone();
        // The counter is a state of the rows.
        let text = text.split(' ').filter(|word| !word.starts_with("AUTO_INCREMENT=")).collect::<Vec<_>>().join(" ");
        lines.push(text);
    }
    let triggers = "SELECT CONCAT(trigger_name, ' on ', event_object_table, ': ', action_statement) \
        FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1";
    lines.extend(rows(triggers).into_iter().flatten());
    lines.join("\n")
}

/// What `verify` finds wrong.
pub(crate) async fn leftovers(url: &str) -> Vec<String> {
    let mut session = open(url).await.expect("open");
    let remarks = session.inspect().await.expect("readable");
    remarks.into_iter().map(|remark| format!("{} {}", remark.object, remark.what)).collect()
}

/// The first cell of a query.
pub(crate) fn cell(url: &str, query: &str) -> String {
    let rows = sql::query(url, query).unwrap_or_else(|reason| panic!("{reason} in {query}"));
    rows.first().and_then(|row| row.first()).cloned().unwrap_or_default()
}
