//! Settings whose value comes from another place than the configuration files, and roles that see little of them.
//!
//! The folders' scripts can't make these states: they need the command line, a database's own value, or
//! another role.

use dbwright_check::{Checks as _, Outcome};
use dbwright_core::Finding;
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::target::Address;
use dbwright_engine_postgres::Postgres;
use dbwright_testkit::Database;
use tokio::runtime::Runtime;

use crate::server::Private;

async fn look(url: &str) -> Outcome {
    let address = Address::parse(url).expect("an address");
    let snapshot = Postgres.observe(&address, &ObserveOptions::default(), &Silent).await.expect("a snapshot");
    Postgres.check(&snapshot, &Limits::new()).expect("rules run")
}

async fn found(url: &str, rule: &str) -> Option<Finding> {
    look(url).await.findings.into_iter().find(|finding| finding.rule == rule)
}

fn on_17<T>(test: impl AsyncFnOnce(&mut Private) -> T) -> T {
    Runtime::new().expect("threads can be started").block_on(async {
        let mut server = Private::start(17).await.expect("a private server");
        test(&mut server).await
    })
}

#[test]
fn a_value_from_the_command_line_has_a_reason_instead_of_a_change() {
    on_17(async |server| {
        server.restart_with(&["-c", "fsync=off"]).await.expect("starts");
        let finding = found(&server.url(), "pg/fsync-off").await.expect("found");
        assert!(finding.change.is_none() && finding.why.contains("command line"), "{finding:?}");
        server.restart_with(&[]).await.expect("starts");
        assert!(found(&server.url(), "pg/fsync-off").await.is_none());
    });
}

#[test]
fn a_value_of_the_database_is_changed_in_the_database() {
    on_17(async |server| {
        let database = Database::on(&server.url());
        database.execute(&format!("ALTER DATABASE {} SET track_counts = off", database.name));
        let finding = found(&database.url, "pg/autovacuum-off").await.expect("found");
        assert_eq!(finding.subject, "track_counts");
        let change = finding.change.expect("a change");
        change.forward.iter().for_each(|sql| database.execute(sql));
        assert!(found(&database.url, "pg/autovacuum-off").await.is_none());
        change.back.iter().for_each(|sql| database.execute(sql));
        assert!(found(&database.url, "pg/autovacuum-off").await.is_some());
    });
}

#[test]
fn creating_the_extension_is_all_when_its_library_is_loaded() {
    on_17(async |server| {
        let database = Database::on(&server.url());
        let rule = "pg/no-statement-statistics";
        let change = found(&database.url, rule).await.expect("found").change.expect("a change");
        assert_eq!(change.forward, ["CREATE EXTENSION IF NOT EXISTS pg_stat_statements"]);
        assert!(!change.restart);
        database.execute(&change.forward[0]);
        assert!(found(&database.url, rule).await.is_none());
        database.execute("ALTER SYSTEM SET pg_stat_statements.track = none");
        database.execute("SELECT pg_reload_conf()");
        std::thread::sleep(std::time::Duration::from_millis(300));
        let finding = found(&database.url, rule).await.expect("found");
        assert_eq!(finding.subject, "pg_stat_statements.track");
        let change = finding.change.expect("a change");
        change.forward.iter().for_each(|sql| database.execute(sql));
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(found(&database.url, rule).await.is_none());
    });
}

#[test]
fn a_role_without_rights_is_told_what_it_cannot_see_and_offered_no_blind_change() {
    on_17(async |server| {
        let database = Database::on(&server.url());
        database.execute("CREATE ROLE auditor LOGIN");
        let url = database.url.replace("postgres@", "auditor@");
        let config: tokio_postgres::Config = database.url.parse().expect("a URL");
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.expect("connects");
        let session = tokio::spawn(connection);
        client.batch_execute("BEGIN; SELECT 1").await.expect("runs");
        let outcome = look(&url).await;
        let unseen = |rule: &str| outcome.not_looked_at.iter().find(|skipped| skipped.rule == rule);
        for rule in ["pg/long-transaction", "pg/idle-in-transaction", "pg/blocked-sessions"] {
            let remedy = unseen(rule).unwrap_or_else(|| panic!("{rule} claims to have looked")).remedy.as_deref();
            assert_eq!(remedy, Some("GRANT pg_monitor TO \"auditor\""));
        }
        assert!(outcome.findings.iter().all(|finding| finding.change.as_ref().is_none_or(|change| !change.restart)));
        drop(client);
        session.await.expect("ends").expect("cleanly");
    });
}
