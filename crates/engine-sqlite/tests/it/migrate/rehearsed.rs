//! Rehearsals: the target is only read, the copy does what the target would, under a load.

use std::time::Duration;

use dbwright_core::Proof;
use dbwright_core::progress::Silent;
use dbwright_engine_sqlite::Sqlite;
use dbwright_migrate::rehearse::{Pass, Rehearsal, RehearseOptions, Rehearses as _, Size};
use dbwright_migrate::{Migration, OnlineDdl as _};

use crate::common::{Database, address};

const SCHEMA: &str = "
    CREATE TABLE \"the orders\" (id INTEGER PRIMARY KEY, total REAL, note TEXT);
    CREATE TABLE lines (id INTEGER PRIMARY KEY, \"order\" INTEGER REFERENCES \"the orders\" (id), thing TEXT);
    CREATE INDEX lines_order ON lines (\"order\");
    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
    CREATE TRIGGER seen AFTER INSERT ON lines BEGIN INSERT OR REPLACE INTO settings VALUES ('last', new.id); END;
    WITH n AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM n WHERE n < 3000)
      INSERT INTO \"the orders\" SELECT n, n, 'a note of some length ' || n FROM n;
    WITH n AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM n WHERE n < 6000)
      INSERT INTO lines SELECT n, 1 + n % 3000, 'thing ' || n FROM n;";

fn migration(up: &str) -> Migration {
    Migration {
        version: "1".to_owned(),
        name: "a change".to_owned(),
        file: "1_a_change.sql".to_owned(),
        checksum: format!("{:064}", 1),
        up: Sqlite.read("m.sql", up).expect("it can be read"),
        down: None,
        repeatable: false,
    }
}

fn rehearse(journal: &str, up: &str, options: RehearseOptions) -> Rehearsal {
    let database = Database::of(&format!("PRAGMA journal_mode = {journal}; {SCHEMA}"));
    let before = database.listing();
    let options = RehearseOptions { clients: 4, warm_up: Duration::from_millis(300), ..options };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let done = runtime.block_on(Sqlite.rehearse(&address(&database.path), &[migration(up)], &options, &Silent));
    assert_eq!(database.listing(), before, "the target was touched");
    done.unwrap_or_else(|failure| panic!("{failure}: {failure:#?}"))
}

fn rows(pass: &Pass, table: &str) -> u64 {
    pass.tables.iter().find(|one| one.table == table).map_or(0, |one| one.rows)
}

/// A pass that went to its end and back.
fn sound(pass: &Pass) {
    assert_eq!(pass.failure, None, "{pass:#?}");
    assert!(pass.undo.done && pass.undo.differs.is_empty(), "{pass:#?}");
    assert!(pass.before.statements > 0, "there was no load: {pass:#?}");
    assert_eq!((pass.before.failed, pass.during.failed), (0, 0), "{pass:#?}");
}

#[test]
fn a_rebuild_is_rehearsed_at_several_sizes_and_undone() {
    let sizes = vec![Size::Rows(1_000), Size::Rows(30_000), Size::Copy];
    let up = "ALTER TABLE \"the orders\" ALTER COLUMN total TYPE INTEGER;";
    let found = rehearse("wal", up, RehearseOptions { sizes, ..RehearseOptions::default() });
    let [small, large, copy] = found.passes.as_slice() else { panic!("{found:#?}") };
    // The lines are twice as many, and the largest of the touched.
    assert_eq!((rows(copy, "main.the orders"), rows(copy, "main.lines")), (3_000, 6_000), "{found:#?}");
    assert_eq!((rows(large, "main.the orders"), rows(large, "main.lines")), (15_000, 30_000), "{found:#?}");
    assert_eq!(rows(small, "main.the orders"), 500, "{found:#?}");
    for pass in &found.passes {
        sound(pass);
        let step = pass.steps.first().expect("a step");
        assert!(step.rewritten.contains(&"main.the orders".to_owned()), "{step:#?}");
        assert!(step.wal_bytes > 8_192 && step.ms > 0.0, "{step:#?}");
    }
    let bytes = |pass: &Pass| pass.steps.first().map_or(0, |step| step.wal_bytes);
    assert!(bytes(large) > 4 * bytes(small), "{} {} {:#?}", bytes(large), bytes(small), found.passes);
    let held = large.steps[0].locks.iter().find(|held| held.mode == "RESERVED").expect("the write lock was seen");
    assert!(held.longest_ms > 0.0, "{held:?}");
    assert!(matches!(found.proof, Proof::Rehearsed(_)), "{:?}", found.proof);
}

#[test]
fn a_change_of_the_schema_alone_rewrites_nothing_and_breaks_what_names_the_column() {
    let options = RehearseOptions {
        sizes: vec![Size::Copy],
        app_queries: Some(("app.sql".to_owned(), "SELECT id, note FROM \"the orders\";\nVACUUM;".to_owned())),
        ..RehearseOptions::default()
    };
    let up = "ALTER TABLE lines ADD COLUMN price INTEGER NOT NULL DEFAULT 0;\nALTER TABLE \"the orders\" RENAME COLUMN note TO remark;";
    let found = rehearse("delete", up, options);
    let [pass] = found.passes.as_slice() else { panic!("{found:#?}") };
    assert_eq!(pass.failure, None, "{pass:#?}");
    assert!(pass.undo.done && pass.undo.differs.is_empty(), "{pass:#?}");
    assert!(pass.steps.iter().all(|step| step.rewritten.is_empty()), "{pass:#?}");
    let [broken] = pass.broken_queries.as_slice() else { panic!("{pass:#?}") };
    assert!(broken.error.contains("note") && broken.line == 1, "{broken:?}");
    // The load names the column too, as an application of yesterday does.
    assert!(pass.during.failures.iter().any(|failure| failure.error.contains("note")), "{pass:#?}");
    assert!(found.notes.iter().any(|note| note.contains("VACUUM")), "{:?}", found.notes);
}
