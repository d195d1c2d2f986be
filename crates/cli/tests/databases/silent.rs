//! Healthy databases: no false alarm.

use dbwright_sql::Dialect;
use dbwright_testkit::{Database, Scratch};
use rusqlite::Connection;

use crate::{MEDIUM_AND_ABOVE, check, findings};

fn postgres_is_silent(major: u32) {
    let database = Database::create(major);
    let text = include_str!("healthy.postgres.sql");
    for statement in dbwright_sql::split::statements(text, Dialect::Postgres) {
        database.execute(statement.text);
    }
    let report = check(&[&database.url]);
    let loud = findings(&report, &MEDIUM_AND_ABOVE);
    assert!(loud.is_empty(), "PostgreSQL {major}: {loud:#?}");
    let looked = report["scorecard"].as_array().expect("a scorecard");
    assert!(looked.iter().any(|metric| metric["value"].is_number()), "nothing was measured: {looked:#?}");
}

#[test]
fn a_healthy_postgres_15_is_silent() {
    postgres_is_silent(15);
}

#[test]
fn a_healthy_postgres_17_is_silent() {
    postgres_is_silent(17);
}

#[test]
fn a_healthy_postgres_18_is_silent() {
    postgres_is_silent(18);
}

#[test]
fn a_healthy_sqlite_is_silent() {
    let scratch = Scratch::new();
    let path = scratch.path().join("library.db");
    let db = Connection::open(&path).expect("a file");
    rusqlite::vtab::series::load_module(&db).expect("generate_series");
    db.execute_batch(include_str!("healthy.sqlite.sql")).expect("the schema");
    drop(db);
    let loud = findings(&check(&[&format!("sqlite:{}", path.display())]), &MEDIUM_AND_ABOVE);
    assert!(loud.is_empty(), "{loud:#?}");
}
