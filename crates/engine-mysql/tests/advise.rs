//! Advice on real servers: what is proposed is carried out on the target, whose own plans then show it.

use dbwright_advise::port::{CopyOptions, Run, WhatIfOptions};
use dbwright_advise::run::{self, Advised, Options, Subject};
use dbwright_advise::{Advises as _, settle};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::report::ReportTarget;
use dbwright_core::target::Address;
use dbwright_core::workload::Workload;
use dbwright_core::{Failure, Proof, Snapshot};
use dbwright_engine_mysql::MySql;
use dbwright_engine_mysql::body::Body;
use dbwright_sql::{Dialect, workload};
use dbwright_testkit::{MyDatabase, engines, my_server, programs};

/// Tables with an index that is missing, one that is there twice, one that another begins with, and names of any kind.
const SHOP: &str = "
    CREATE TABLE n (i int PRIMARY KEY);
    INSERT INTO n WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 1000) SELECT i FROM s;
    CREATE TABLE customers (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, email varchar(60) NOT NULL, country char(2) NOT NULL, note text);
    CREATE TABLE orders (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id int NOT NULL, status varchar(10) NOT NULL,
      created datetime NOT NULL, total decimal(10,2) NOT NULL, KEY orders_customer (customer_id), KEY orders_customer_again (customer_id),
      KEY orders_created (created), KEY orders_created_total (created, total),
      CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers (id));
    CREATE TABLE `odd ``t €` (`select` int NOT NULL, `a``b €` varchar(30) NOT NULL, v int);
    CREATE TABLE nothing (id int PRIMARY KEY, v int);
    INSERT INTO customers (email, country, note) SELECT CONCAT('u', i, '@example.org'), ELT(1 + i % 4, 'de', 'fr', 'us', 'nl'), REPEAT('n', 200) FROM n;
    INSERT INTO orders (customer_id, status, created, total) SELECT a.i, ELT(1 + (a.i * 7 + b.i) % 50, 'new', 'paid', 'sent', 'late', 'done', 'done', 'done',
      'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done',
      'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done', 'done',
      'done', 'done', 'done', 'done', 'done'), '2025-01-01' + INTERVAL (a.i * 13 + b.i * 29) % 500 DAY, a.i + b.i FROM n a JOIN n b ON b.i <= 15;
    INSERT INTO `odd ``t €` SELECT i, CONCAT('k', i), i % 7 FROM n;
    CREATE VIEW late AS SELECT id, customer_id, total FROM orders WHERE status = 'late';
    ANALYZE TABLE customers, orders, `odd ``t €`, nothing";

const STATEMENTS: &str = "
    -- weight: 1000
    SELECT id, total FROM orders WHERE status = 'new' AND created > '2026-01-01';
    -- weight: 500
    SELECT id FROM customers WHERE email = 'u77@example.org';
    -- weight: 300
    SELECT count(*) FROM orders WHERE customer_id = 12;
    -- weight: 50
    SELECT v FROM `odd ``t €` WHERE `a``b €` = 'k5';
    -- weight: 20
    SELECT count(*) FROM late WHERE total > 900;
    -- weight: 5
    UPDATE orders SET total = 5 WHERE status = 'paid' AND total = 33;
    -- weight: 5
    SELECT * FROM elsewhere.things WHERE a = 1;
    -- weight: 5
    SELECT v FROM nothing WHERE v = 1";

fn statements(text: &str) -> Workload {
    workload::from_sql(text, Dialect::Mysql, "file workload.sql").expect("a workload")
}

async fn observed(database: &MyDatabase) -> (Snapshot, Address) {
    let address = Address::parse(&database.url).expect("an address");
    let snapshot = MySql.observe(&address, &ObserveOptions::default(), &Silent).await;
    (snapshot.unwrap_or_else(|failure| panic!("{failure:#?}")), address)
}

/// Advises; measured when that is asked for.
async fn advise(engine: &str, database: &MyDatabase, workload: Workload, measured: bool) -> Advised {
    try_advise(engine, database, workload, measured).await.unwrap_or_else(|failure| panic!("{engine}: {failure:#?}"))
}

async fn try_advise(
    engine: &str,
    database: &MyDatabase,
    workload: Workload,
    measured: bool,
) -> Result<Advised, Failure> {
    let (snapshot, address) = observed(database).await;
    let observe = ObserveOptions { programs: vec![programs(engine)], ..ObserveOptions::default() };
    let options = WhatIfOptions { observe, ..WhatIfOptions::default() };
    let place = MySql.what_if(&snapshot, Some(&address), &options, &Silent).await?;
    let target = ReportTarget::of(&snapshot.header);
    let wish = Options { drops: true, ..Options::default() };
    let mut advised = run::advise(&*place, Subject { target, workload }, &wish, &Silent).await?;
    if measured {
        let copy = CopyOptions { programs: vec![programs(engine)], ..CopyOptions::default() };
        let measurer = MySql.measurer(&snapshot, &address, &copy, &Silent).await?;
        settle::settle(&mut advised, &*measurer, &*place, &wish, &Silent).await?;
    }
    Ok(advised)
}

/// The index that the target's plan reads, of the first table.
fn key(database: &MyDatabase, sql: &str) -> String {
    let maria = database.query("SELECT VERSION()")[0][0].contains("Maria");
    let explain = if maria { "" } else { "FORMAT=TRADITIONAL" };
    let row = database.query(&format!("EXPLAIN {explain} {sql}"));
    // id, select_type, table, [partitions,] type, possible_keys, key.
    let at = if explain.is_empty() { 5 } else { 6 };
    row[0].get(at).cloned().unwrap_or_default()
}

fn carry_out(database: &MyDatabase, advised: &Advised) {
    let advice = &advised.advice;
    let creates = advice.create.iter().map(|one| &one.change);
    let changes =
        creates.chain(advice.replace.iter().map(|one| &one.change)).chain(advice.drop.iter().map(|one| &one.change));
    for statement in changes.flat_map(|change| &change.forward) {
        database.execute(statement);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_obvious_set_is_found_and_the_target_uses_it() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = MyDatabase::create(engine);
        database.execute(SHOP);
        let advised = advise(engine, &database, statements(STATEMENTS), false).await;
        let advice = &advised.advice;
        let create = |text: &str| advice.create.iter().find(|one| one.statement.contains(text));
        assert!(create("(`status`").is_some() && create("(`email`").is_some(), "{engine}: {:#?}", advice.create);
        assert!(
            create("`odd ``t €`").is_some_and(|one| one.statement.contains("`a``b €`")),
            "{engine}: {:#?}",
            advice.create
        );
        for one in &advice.create {
            assert!(one.statement.contains("ALGORITHM=INPLACE, LOCK=NONE"), "{engine}: {}", one.statement);
            assert!(one.bytes >= 16_384 && one.gain > 0.0 && !one.helps.is_empty(), "{engine}: {one:#?}");
            assert!(matches!(one.proof, Proof::Planner(_)), "{engine}: {:?}", one.proof);
        }
        assert!(advice.cost_after < advice.cost_before / 5.0, "{engine}: {} {}", advice.cost_before, advice.cost_after);
        let gone: Vec<&str> = advice
            .drop
            .iter()
            .map(|one| one.index.as_str())
            .chain(advice.replace.iter().map(|one| one.index.as_str()))
            .collect();
        assert!(gone.iter().any(|one| one.contains("orders_customer")), "{engine}: {gone:?}");
        assert!(gone.iter().any(|one| one.ends_with("orders_created")), "{engine}: {gone:?}");
        for one in &advice.statements {
            assert!(one.after <= one.before * 1.01 + 0.01, "{engine}: {one:#?}");
        }
        let skipped: Vec<&str> = advice.workload.skipped.iter().map(|one| one.statement.as_str()).collect();
        assert!(skipped.len() == 1 && skipped[0].contains("elsewhere"), "{engine}: {:#?}", advice.workload.skipped);
        assert!(advice.notes.iter().any(|note| note.contains("nothing has no rows")), "{engine}: {:#?}", advice.notes);
        assert!(advice.place.contains("a copy with all rows"), "{}", advice.place);
        let json = serde_json::to_value(advice).expect("json");
        for name in [
            "schema_version",
            "workload",
            "budget_bytes",
            "cost_before",
            "cost_after",
            "optimality_gap",
            "planner_calls",
            "cache_hits",
            "seconds",
            "create",
            "drop",
            "replace",
            "statements",
            "curve",
        ] {
            assert!(json.get(name).is_some(), "{engine}: {name}");
        }
        carry_out(&database, &advised);
        database.execute("ANALYZE TABLE orders, customers");
        let new = |sql: &str| key(&database, sql);
        assert!(
            new("SELECT id, total FROM orders WHERE status = 'new' AND created > '2026-01-01'").contains("status"),
            "{engine}"
        );
        assert!(new("SELECT id FROM customers WHERE email = 'u77@example.org'").contains("email"), "{engine}");
        assert!(new("SELECT count(*) FROM orders WHERE customer_id = 12").starts_with("orders_customer"), "{engine}");
        for change in advice.create.iter().map(|one| &one.change).chain(advice.drop.iter().map(|one| &one.change)) {
            change.back.iter().for_each(|statement| database.execute(statement));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_measured_gains_and_gives_the_same_rows() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = MyDatabase::create(engine);
        database.execute(SHOP);
        let text = "-- weight: 1000\nSELECT id, total FROM orders WHERE status = 'new' AND created > '2026-01-01';\n\
            -- weight: 1\nUPDATE orders SET total = 5 WHERE status = 'paid' AND total = 33";
        let advised = advise(engine, &database, statements(text), true).await;
        let advice = &advised.advice;
        let made = advice.create.iter().find(|one| one.statement.contains("(`status`"));
        let made = made.unwrap_or_else(|| panic!("{engine}: {advice:#?}"));
        assert!(matches!(made.proof, Proof::Measured(_)), "{engine}: {:#?}", made.proof);
        let first =
            advice.statements.iter().find(|one| one.text.starts_with("select") || one.text.starts_with("SELECT"));
        let (before, after) =
            first.and_then(|one| one.measured_before_ms.zip(one.measured_after_ms)).expect("measured");
        assert!(after < before, "{engine}: {before} {after}");
        assert!(made.write_reason.contains("rows a second"), "{engine}: {}", made.write_reason);
        let paid = "SELECT COUNT(*) FROM orders WHERE status = 'paid' AND total = 5";
        assert_eq!(database.query(paid)[0][0], "0", "{engine}: the target was written to");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_mostly_written_gets_none() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = MyDatabase::create(engine);
        database.execute(SHOP);
        let text = "-- weight: 1\nSELECT id FROM customers WHERE country = 'de' AND email = 'u77@example.org';\n\
            -- weight: 1000000\nINSERT INTO customers (email, country) VALUES ('a', 'de');";
        let advised = advise(engine, &database, statements(text), false).await;
        assert!(advised.advice.create.is_empty(), "{engine}: {:#?}", advised.advice.create);
        let why = advised.advice.notes.iter().any(|note| note.contains("because of its writes"));
        assert!(why, "{engine}: {:#?}", advised.advice.notes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statements_that_a_server_counted_are_advised_on() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        let database = MyDatabase::on(&server.url);
        database.execute(SHOP);
        for number in 0..30 {
            let _ = database.query(&format!(
                "SELECT id, total FROM orders WHERE status = 'new' AND created > '2026-01-0{}'",
                1 + number % 9
            ));
        }
        let (snapshot, _) = observed(&database).await;
        let counted = MySql.workload(&snapshot).expect("counted");
        let mut wanted = counted.clone();
        wanted.statements.retain(|one| one.text.contains("created >"));
        assert_eq!(wanted.statements.len(), 1, "{engine}: {counted:#?}");
        let advised = advise(engine, &database, wanted, false).await;
        let advice = &advised.advice;
        assert!(advice.workload.skipped.is_empty(), "{engine}: {:#?}", advice.workload.skipped);
        assert!(advice.create.iter().any(|one| one.statement.contains("(`status`")), "{engine}: {advice:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_spread_and_its_foreign_keys_lead_somewhere() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = MyDatabase::create(engine);
        database.execute(SHOP);
        let (snapshot, address) = observed(&database).await;
        let copy = CopyOptions { programs: vec![programs(engine)], bytes: Some(500_000), ..CopyOptions::default() };
        let measurer = MySql.measurer(&snapshot, &address, &copy, &Silent).await.expect("a copy");
        assert!(measurer.place().contains("a sample of the rows"), "{engine}: {}", measurer.place());
        let run = |sql: &str| Run { sql: sql.to_owned(), with: Vec::new(), without: Vec::new() };
        let runs = [
            run("SELECT id FROM orders"),
            run("SELECT id FROM orders WHERE id > 12000"),
            run("SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE c.id IS NULL"),
        ];
        let ran = measurer.run(&runs, 0, 600_000.0, &Silent).await.expect("run");
        let rows: Vec<u64> =
            ran.iter().map(|one| one.as_ref().expect("it runs").result.expect("a result").rows).collect();
        assert!(rows[0] > 500 && rows[0] < 12_000 && rows[1] > 100 && rows[2] == 0, "{engine}: {rows:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_programs_it_says_what_to_install() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = MyDatabase::create(engine);
        let (snapshot, address) = observed(&database).await;
        let observe = ObserveOptions { programs: vec!["/nowhere".into()], ..ObserveOptions::default() };
        let options = WhatIfOptions { observe, ..WhatIfOptions::default() };
        let failure = MySql.what_if(&snapshot, Some(&address), &options, &Silent).await.err().expect("no programs");
        assert!(
            failure.code == "mysql.no-programs" && failure.hints.iter().any(|hint| hint.contains("install")),
            "{failure:#?}"
        );
        let failure = MySql.what_if(&snapshot, None, &options, &Silent).await.err().expect("no rows");
        assert_eq!(failure.code, "mysql.advise-needs-rows");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wider_index_takes_the_place_of_one_that_only_a_foreign_key_needs() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = MyDatabase::create(engine);
        database.execute(SHOP);
        // The foreign key has one index left.
        database.execute("ALTER TABLE orders DROP INDEX orders_customer_again, DROP INDEX orders_created, DROP INDEX orders_created_total");
        let text = "-- weight: 1000\nSELECT id, total FROM orders WHERE customer_id = 7 AND created > '2026-01-01'";
        let advised = advise(engine, &database, statements(text), false).await;
        let advice = &advised.advice;
        let [replaced] = advice.replace.as_slice() else { panic!("{engine}: {advice:#?}") };
        assert!(replaced.index.ends_with(".orders_customer"), "{engine}: {replaced:#?}");
        assert!(advice.create.iter().any(|one| replaced.by.contains(&one.name)), "{engine}: {advice:#?}");
        carry_out(&database, &advised);
        let keys = "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'orders'";
        let left: Vec<String> = database.query(keys).into_iter().flatten().collect();
        assert!(left.len() == 2 && !left.contains(&"orders_customer".to_owned()), "{engine}: {left:?}");
        let bad = "INSERT INTO orders (customer_id, status, created, total) VALUES (-1, 'new', NOW(), 1)";
        assert!(
            dbwright_testkit::my::sql::Session::open(&database.url).expect("a session").query(bad).is_err(),
            "{engine}"
        );
        let changes = advice.create.iter().map(|one| &one.change).chain(advice.replace.iter().map(|one| &one.change));
        for change in changes.collect::<Vec<_>>().into_iter().rev() {
            change.back.iter().for_each(|statement| database.execute(statement));
        }
        let back: Vec<String> = database.query(keys).into_iter().flatten().collect();
        assert!(back.contains(&"orders_customer".to_owned()), "{engine}: {back:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_size_of_the_sample_is_the_users_and_told() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = MyDatabase::create(engine);
        database.execute(SHOP);
        database.execute("ANALYZE TABLE orders, customers");
        let (snapshot, address) = observed(&database).await;
        let observe = ObserveOptions { programs: vec![programs(engine)], ..ObserveOptions::default() };
        let options = WhatIfOptions { observe, sample: Some(600_000), ..WhatIfOptions::default() };
        let place = MySql.what_if(&snapshot, Some(&address), &options, &Silent).await.expect("a place");
        let workload = statements("SELECT id FROM orders WHERE status = 'new'");
        place.prepare(&workload.statements, &Silent).await.expect("prepared");
        let notes = place.notes();
        let note =
            notes.iter().find(|note| note.contains("holds a sample")).unwrap_or_else(|| panic!("{engine}: {notes:?}"));
        let parts = [".orders ", " % (", " of about ", " is rather more"];
        assert!(parts.iter().all(|part| note.contains(part)), "{engine}: {note}");
        assert!(MySql.plans_on_rows());
    }
}

/// What a join costs that begins at the few orders of one state.
async fn join_cost(engine: &str, database: &MyDatabase) -> f64 {
    let text = "SELECT c.note FROM orders o STRAIGHT_JOIN customers c ON c.id = o.customer_id WHERE o.status = 'late'";
    let advised = advise(engine, database, statements(text), false).await;
    advised.advice.statements[0].before
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_know_the_histograms_of_the_target() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = MyDatabase::create(engine);
        database.execute(SHOP);
        let guessed = join_cost(engine, &database).await;
        let maria = database.query("SELECT VERSION()")[0][0].contains("Maria");
        database.execute(if maria {
            "ANALYZE TABLE orders PERSISTENT FOR COLUMNS (status) INDEXES ()"
        } else {
            "ANALYZE TABLE orders UPDATE HISTOGRAM ON status WITH 16 BUCKETS"
        });
        let known = join_cost(engine, &database).await;
        assert!(known < guessed * 0.9, "{engine}: {known} {guessed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_replica_reads_counts() {
    for engine in engines(&["mysql", "mariadb"]) {
        let (database, other) = (MyDatabase::create(engine), MyDatabase::create(engine));
        database.execute(SHOP);
        let _ = database.query("SELECT COUNT(*) FROM orders FORCE INDEX (orders_created) WHERE created > '2025-06-01'");
        let (snapshot, _) = observed(&database).await;
        let reads = |snapshot: &Snapshot| -> u64 {
            let body: &Body = snapshot.body().expect("its own body");
            let orders = body.catalog.tables.iter().find(|table| table.name == "orders").expect("orders");
            let index = orders.indexes.iter().find(|index| index.name == "orders_created").expect("the index");
            body.index(index.id).and_then(|facts| facts.io).expect("counted").fetched
        };
        assert!(reads(&snapshot) > 0, "{engine}");
        let merged = MySql.with_reads_of(&snapshot, &snapshot).expect("the same tables");
        assert_eq!(reads(&merged), 2 * reads(&snapshot), "{engine}");
        let (elsewhere, _) = observed(&other).await;
        let failure = MySql.with_reads_of(&snapshot, &elsewhere).expect_err("another database");
        assert_eq!(failure.code, "advise.not-a-replica", "{engine}");
        let mut silent: Body = snapshot.body::<Body>().expect("its own body").clone();
        silent.indexes.values_mut().for_each(|facts| facts.io = None);
        let silent = Snapshot::new(snapshot.header.clone(), silent);
        let failure = MySql.with_reads_of(&snapshot, &silent).expect_err("it counts nothing");
        assert_eq!(failure.code, "advise.replica-not-counted", "{engine}");
    }
}
