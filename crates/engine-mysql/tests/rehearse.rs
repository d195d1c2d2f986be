//! Rehearsals on real servers: the target is only read, the stage does what the target would.

use std::time::Duration;

use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_engine_mysql::MySql;
use dbwright_migrate::rehearse::{Pass, Rehearsal, RehearseOptions, Rehearses as _, Size, StepRun};
use dbwright_migrate::{Limits, Migration, OnlineDdl as _};
use dbwright_testkit::{MyDatabase, engines, programs};

/// A table of every kind of column that rows are made for, keys in a row of tables, names of any kind.
const SCHEMA: &str = "
    CREATE TABLE `odd ``d €` (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, note varchar(20) NOT NULL,
      feeling enum('glad', 'it''s', 'a,b') NOT NULL DEFAULT 'glad', price decimal(8,2) CHECK (price >= 0), code varchar(30) UNIQUE,
      raw varbinary(8), flags set('x', 'y'), bits bit(3), born date, seen datetime(3), at time, y year, doc json, small tinyint NOT NULL,
      twice decimal(9,2) AS (price * 2) STORED, fine double) DEFAULT CHARSET utf8mb4;
    CREATE TABLE customers (id int NOT NULL PRIMARY KEY, name varchar(60) NOT NULL, made timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP);
    CREATE TABLE orders (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id int NOT NULL, total decimal(10,2) NOT NULL CHECK (total > 0),
      state varchar(10) CHECK (state IN ('new', 'paid')), noted varchar(50), stars int CHECK (stars BETWEEN 1 AND 5),
      CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers (id));
    CREATE TABLE `lines` (order_id int NOT NULL, number int NOT NULL, thing int unsigned, PRIMARY KEY (order_id, number),
      CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders (id), CONSTRAINT of_thing FOREIGN KEY (thing) REFERENCES `odd ``d €` (id));
    CREATE TABLE n (i int PRIMARY KEY);
    INSERT INTO n WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 1000) SELECT i FROM s;
    INSERT INTO customers (id, name) SELECT i, CONCAT('c', i) FROM n WHERE i <= 200;
    INSERT INTO `odd ``d €` (note, price, code, raw, bits, small, doc, flags) SELECT CONCAT('n''\\\\', i), i, CONCAT('k', i), UNHEX('00FF27'), b'101', 1, '{\"a\": \"b\"}', 'x,y' FROM n WHERE i <= 100;
    INSERT INTO orders (id, customer_id, total, state, stars) SELECT i, 1 + i % 200, i, IF(i % 3 = 0, 'new', 'paid'), 1 + i % 5 FROM n;
    INSERT INTO `lines` SELECT i, 1, 1 + i % 100 FROM n;
    INSERT INTO `lines` SELECT i, 2, NULL FROM n;
    CREATE VIEW paid AS SELECT id, total FROM orders WHERE state = 'paid';
    CREATE TRIGGER of_lines BEFORE INSERT ON `lines` FOR EACH ROW SET NEW.number = NEW.number;
    ANALYZE TABLE customers, orders, `lines`, `odd ``d €`";

/// A table that is too large to be copied under a lock.
const LARGE: &str = "
    CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, v int NOT NULL DEFAULT 0, tag varchar(40), pad varchar(1000)
      CHARACTER SET latin1 NOT NULL DEFAULT 'pad', UNIQUE KEY t_tag (tag), KEY t_v (v));
    CREATE TABLE n (i int PRIMARY KEY);
    INSERT INTO n WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 1000) SELECT i FROM s;
    INSERT INTO t (v, tag, pad) SELECT a.i % 100, CONCAT('tag', a.i, '-', b.i), REPEAT('p', 900) FROM n a JOIN n b ON b.i <= 8;
    ANALYZE TABLE t";

fn migration(up: &str, down: Option<&str>) -> [Migration; 1] {
    let read = |text: &str| MySql.read("m.sql", text).expect("it can be read");
    [Migration {
        version: "1".to_owned(),
        name: "a change".to_owned(),
        file: "1_a_change.sql".to_owned(),
        checksum: format!("{:064}", 1),
        up: read(up),
        down: down.map(read),
        repeatable: false,
    }]
}

fn options(engine: &str, sizes: Vec<Size>) -> RehearseOptions {
    RehearseOptions {
        sizes,
        clients: 4,
        warm_up: Duration::from_millis(500),
        programs: vec![programs(engine)],
        ..RehearseOptions::default()
    }
}

async fn rehearse(database: &MyDatabase, migrations: &[Migration], options: &RehearseOptions) -> Rehearsal {
    let address = Address::parse(&database.url).expect("an address");
    let done = MySql.rehearse(&address, migrations, options, &Silent).await;
    done.unwrap_or_else(|failure| panic!("{failure}: {failure:#?}"))
}

fn database(engine: &str, schema: &str) -> MyDatabase {
    let database = MyDatabase::create(engine);
    database.execute(schema);
    database
}

fn relation(database: &MyDatabase, table: &str) -> String {
    format!("{}.{table}", cell(database, "SELECT DATABASE()"))
}

fn rows(pass: &Pass, database: &MyDatabase, table: &str) -> u64 {
    let relation = relation(database, table);
    pass.tables.iter().find(|one| one.table == relation).map_or(0, |one| one.rows)
}

fn cell(database: &MyDatabase, query: &str) -> String {
    database.query(query).first().and_then(|row| row.first()).cloned().unwrap_or_default()
}

/// Done and undone, and nobody noticed.
fn is_clean(pass: &Pass, engine: &str) {
    assert_eq!(pass.failure, None, "{engine}: {pass:#?}");
    assert_eq!(pass.undo.failure, None, "{engine}: {pass:#?}");
    assert!(pass.undo.done && pass.undo.differs.is_empty(), "{engine}: {pass:#?}");
    assert!(pass.before.statements > 5, "{engine}: {pass:#?}");
    assert_eq!((&pass.before.failures, &pass.during.failures), (&Vec::new(), &Vec::new()), "{engine}");
    assert!(pass.steps.iter().all(|step| step.error.is_none()), "{engine}: {pass:#?}");
}

fn holds(step: &StepRun, table: &str, mode: &str) -> bool {
    step.locks.iter().any(|held| held.relation.ends_with(table) && held.mode == mode)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instant_column_is_rehearsed_at_two_sizes_and_on_copied_rows() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = database(engine, SCHEMA);
        let up = "ALTER TABLE orders ADD COLUMN paid_at datetime;";
        let options = options(engine, vec![Size::Rows(500), Size::Rows(4_000), Size::Copy]);
        let found =
            rehearse(&database, &migration(up, Some("ALTER TABLE orders DROP COLUMN paid_at;")), &options).await;
        assert_eq!(found.notes, Vec::<String>::new(), "{engine}: {found:#?}");
        let [small, large, copy] = found.passes.as_slice() else { panic!("{found:#?}") };
        let counts = |pass: &Pass| (rows(pass, &database, "orders"), rows(pass, &database, "lines"));
        assert_eq!((counts(small).1, counts(large).1, counts(copy)), (500, 4_000, (1_000, 2_000)), "{engine}");
        for pass in &found.passes {
            is_clean(pass, engine);
            let step = pass.steps.iter().find(|step| holds(step, "orders", "EXCLUSIVE"));
            let step = step.unwrap_or_else(|| panic!("{engine}: {pass:#?}"));
            assert_eq!(step.rewritten, Vec::<String>::new(), "{engine}: an instant change writes no table anew");
        }
        assert_eq!(found.proof.method(), "rehearsed", "{engine}: {found:#?}");
        assert!(found.server.to_lowercase().starts_with(engine), "{}", found.server);
        let there = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE 'dbwright%rehearsal%'";
        assert_eq!(
            (cell(&database, there).as_str(), cell(&database, "SELECT COUNT(*) FROM orders").as_str()),
            ("0", "1000")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_is_made_in_place_and_what_it_sorts_is_seen() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = database(engine, LARGE);
        let found = rehearse(
            &database,
            &migration("CREATE INDEX t_pad ON t (pad);", Some("DROP INDEX t_pad ON t;")),
            &options(engine, vec![Size::Copy]),
        )
        .await;
        let pass = &found.passes[0];
        is_clean(pass, engine);
        assert_eq!(rows(pass, &database, "t"), 8_000, "{engine}");
        let step = pass.steps.iter().find(|step| step.title.contains("t_pad")).expect("the index");
        assert!(step.wal_bytes > 0 && step.temp_bytes.is_some(), "{engine}: {step:#?}");
        assert!(holds(step, ".t", "SHARED_UPGRADABLE") || holds(step, ".t", "EXCLUSIVE"), "{engine}: {step:#?}");
        assert!(step.rewritten.is_empty(), "{engine}: {step:#?}");
        assert!(found.dangers.iter().all(|one| one.ms_per_million > 0.0), "{engine}: {:?}", found.dangers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_copy_is_copied_beside_the_table_and_holds_nobody_up() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = database(engine, LARGE);
        let limits = Limits { pause: 0.0, waiting: u32::MAX, ..Limits::default() };
        let options = RehearseOptions {
            app_queries: Some((
                "app.sql".to_owned(),
                "SELECT id, v FROM t LIMIT 1;\nSELECT nothing FROM nowhere;\nDROP TABLE t;\nUPDATE t SET v = 3 WHERE id = 1;".to_owned(),
            )),
            limits: limits.clone(),
            ..options(engine, vec![Size::Rows(3_000)])
        };
        // Planned as the target would be, whose table is large.
        let up = "ALTER TABLE t MODIFY id bigint NOT NULL AUTO_INCREMENT;";
        let found = rehearse(&database, &migration(up, None), &options).await;
        let pass = &found.passes[0];
        is_clean(pass, engine);
        assert!(pass.steps.len() > 3, "{engine}: {pass:#?}");
        assert_eq!(
            (pass.app_queries.map(|(count, _)| count), pass.broken_queries.len()),
            (Some(2), 0),
            "{engine}: {pass:#?}"
        );
        assert!(found.notes.iter().any(|note| note.contains("app.sql:2")), "{engine}: {:?}", found.notes);
        assert!(found.notes.iter().any(|note| note.contains("app.sql:3")), "{engine}: {:?}", found.notes);
        let longest = pass.steps.iter().map(|step| step.blocked.longest_ms).fold(0.0, f64::max);
        let limit = limits.lock_timeout.as_secs_f64() * 1000.0 + 1000.0;
        assert!(longest <= limit, "{engine}: the load was held up for {longest} ms: {pass:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_blocks_shows_for_how_long() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = database(engine, LARGE);
        // The name of a CHECK can't be on two tables of a schema, so that there can be no copy beside this one.
        database.execute("ALTER TABLE t ADD CONSTRAINT mine CHECK (v >= 0)");
        let up = "ALTER TABLE t MODIFY id bigint NOT NULL AUTO_INCREMENT;";
        let refused = rehearse(&database, &migration(up, None), &options(engine, vec![Size::Copy])).await;
        assert!(refused.passes[0].failure.is_some() && refused.proof.method() == "unproven", "{engine}: {refused:#?}");
        let options =
            RehearseOptions { allow_blocking: true, ..options(engine, vec![Size::Rows(2_000), Size::Rows(60_000)]) };
        let found = rehearse(&database, &migration(up, None), &options).await;
        let pass = &found.passes[1];
        is_clean(pass, engine);
        let step =
            pass.steps.iter().find(|step| !step.rewritten.is_empty()).unwrap_or_else(|| panic!("{engine}: {pass:#?}"));
        assert!(step.rewritten == [relation(&database, "t")] && step.wal_bytes > 1_000_000, "{engine}: {step:#?}");
        assert!(holds(step, ".t", "SHARED_NO_WRITE"), "{engine}: {step:#?}");
        assert!(step.blocked.longest_ms > 50.0 && step.blocked.most >= 1, "{engine}: {step:#?}");
        assert!(
            step.blocked.total_ms >= step.blocked.longest_ms && pass.during.longest_ms > 50.0,
            "{engine}: {step:#?}"
        );
        let danger = found.dangers.first().unwrap_or_else(|| panic!("{engine}: {found:#?}"));
        assert!(danger.what.contains("stops writers") && danger.ms_per_million > 0.0, "{engine}: {danger:?}");
    }
}
