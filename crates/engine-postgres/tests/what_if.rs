//! What-if on real servers: indexes that need not exist change plans, and nothing on the target changes.

use dbwright_advise::index::{Index, Key, KeyPart, ObjectName};
use dbwright_advise::port::{Advises as _, Ask, WhatIf, WhatIfOptions};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_core::workload::Statement;
use dbwright_engine_postgres::Postgres;
use dbwright_testkit::Database;
use dbwright_testkit::sql::query;

const SCHEMA: &str = r#"
    CREATE SCHEMA "odd ""s"""; CREATE TABLE "odd ""s"""."the table" (id bigint PRIMARY KEY, "a b" int, note text, day date);
    INSERT INTO "odd ""s"""."the table" SELECT n, n % 5000, 'note ' || n, date '2026-01-01' + n % 300 FROM generate_series(1, 50000) n;
    CREATE INDEX "old one" ON "odd ""s"""."the table" (day);
    CREATE TABLE parts (id int, place int) PARTITION BY RANGE (id);
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (20000);
    CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (20000) TO (40000);
    INSERT INTO parts SELECT n, n % 3000 FROM generate_series(0, 39999) n"#;

const QUERIES: [&str; 4] = [
    r#"SELECT note FROM "odd ""s"""."the table" t WHERE "a b" = 7"#,
    "SELECT count(*) FROM parts p WHERE place = 5",
    r#"SELECT count(*) FROM "odd ""s"""."the table" WHERE day = '2026-02-01'"#,
    "SELECT nothing FROM nowhere",
];

fn name(schema: &str, name: &str) -> ObjectName {
    ObjectName { schema: schema.to_owned(), name: name.to_owned() }
}

fn statement(text: &str) -> Statement {
    Statement { text: text.to_owned(), calls: 10.0, total_ms: Some(50.0), ..Statement::default() }
}

/// Gathers statistics and fills the visibility map, which index-only scans want. A row counts as visible only once the
/// log of its commit is on disk, which a checkpoint sees to, and no other session may still see what was before.
fn visible(database: &Database) {
    let left = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relallvisible < relpages \
                AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)";
    for _ in 0..100 {
        database.execute("CHECKPOINT");
        database.execute("VACUUM (FREEZE, ANALYZE)");
        if query(&database.url, left).expect("an answer").is_empty() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("not all rows are visible: {:?}", query(&database.url, left));
}

async fn open(database: &Database, options: &WhatIfOptions) -> Box<dyn WhatIf> {
    let address = Address::parse(&database.url).expect("an address");
    let snapshot = Postgres.observe(&address, &ObserveOptions::default(), &Silent).await.expect("a snapshot");
    Postgres.what_if(&snapshot, Some(&address), options, &Silent).await.unwrap_or_else(|failure| panic!("{failure:?}"))
}

/// On the target, because the named folder has no programs.
fn on_target() -> WhatIfOptions {
    WhatIfOptions { on_target: true, ..with_programs(std::env::temp_dir()) }
}

fn with_programs(folder: std::path::PathBuf) -> WhatIfOptions {
    let observe = ObserveOptions { programs: vec![folder], ..ObserveOptions::default() };
    WhatIfOptions { observe, ..WhatIfOptions::default() }
}

/// What every place must do.
async fn behaves(place: &dyn WhatIf, database: &Database, hides: bool) {
    let statements: Vec<_> = QUERIES.iter().map(|text| statement(text)).collect();
    let prepared = place.prepare(&statements, &Silent).await.expect("prepared");
    let skip = prepared[3].as_ref().expect_err("there is no such table");
    assert!(skip.reason.contains("nowhere"), "{}", skip.reason);
    let queries: Vec<_> = prepared.into_iter().flatten().flatten().collect();
    assert_eq!(queries.len(), 3);
    assert!(place.ms_per_cost().is_some_and(|pace| pace > 0.0));
    place.admit(&queries).await.expect("admitted");

    let existing = place.existing();
    let keys: Vec<_> = existing.iter().filter(|e| e.keeps.as_deref() == Some("primary key")).collect();
    assert_eq!(keys.len(), 1, "{existing:?}");
    let old = existing.iter().position(|e| e.name == "old one").expect("an existing index");
    assert_eq!(existing[old].index, Index::btree(name("odd \"s\"", "the table"), ["day"]));
    assert_eq!((&existing[old].keeps, existing[old].bytes > 8192), (&None, true));

    let mut lower = Index::btree(name("odd \"s\"", "the table"), ["id"]);
    lower.keys = vec![Key::of(KeyPart::Expression("lower(note)".to_owned()))];
    let indexes = [
        Index::btree(name("odd \"s\"", "the table"), ["a b"]),
        Index::btree(name("public", "parts"), ["place"]),
        Index::btree(name("public", "parts"), ["nothing"]),
        Index { include: vec!["note".to_owned()], ..Index::btree(name("odd \"s\"", "the table"), ["a b"]) },
        lower,
    ];
    let defined = place.define(&indexes).await.expect("defined");
    let first = existing.len();
    assert!(defined[2].as_ref().expect_err("no such column").contains("nothing"));
    let bytes: Vec<u64> = defined.iter().filter_map(|d| d.as_ref().ok()).map(|e| e.bytes).collect();
    assert!(bytes.len() == 4 && bytes.iter().all(|bytes| *bytes > 8192), "{defined:?}");

    let ask = |query, with: &[usize], without: &[usize]| Ask { query, with: with.to_vec(), without: without.to_vec() };
    let mut asks = vec![
        ask(0, &[], &[]),
        ask(0, &[first], &[]),
        ask(0, &[first, first + 3], &[]),
        ask(1, &[first + 1], &[]),
        ask(2, &[], &[]),
        ask(0, &[first + 2], &[]),
        ask(0, &[], &[]),
    ];
    if hides {
        asks.push(ask(2, &[], &[old]));
        asks.push(ask(2, &[], &[]));
    }
    let answers = place.plan(&asks).await.expect("answers");
    let plan = |at: usize| answers[at].as_ref().unwrap_or_else(|reason| panic!("ask {at}: {reason}"));
    assert!(plan(0).used.is_empty() && plan(0).cost == queries[0].cost, "{:?} {}", plan(0), queries[0].cost);
    assert_eq!(plan(1).used, [first]);
    assert!(plan(1).cost < plan(0).cost / 5.0);
    assert_eq!(plan(2).used, [first + 3]);
    assert!(plan(2).leaves[0].covered && plan(2).leaves[0].index == Some(first + 3), "{:?}", plan(2));
    assert_eq!(plan(3).used, [first + 1]);
    assert_eq!(plan(4).used, [old]);
    assert!(answers[5].is_err());
    assert_eq!(plan(6), plan(0), "a hidden index leaves nothing behind");
    if hides {
        assert!(plan(7).used.is_empty() && plan(7).cost > plan(4).cost, "{:?}", plan(7));
        assert_eq!(plan(8), plan(4));
    }
    carried_out(place, database, &indexes, old);
}

/// The statements run, and the ways back lead back.
fn carried_out(place: &dyn WhatIf, database: &Database, indexes: &[Index], old: usize) {
    let list = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname IN ('public', 'odd \"s\"') ORDER BY 1";
    let before = query(&database.url, list).expect("indexes");
    assert_eq!(before.len(), 2, "nothing was left on the target: {before:?}");
    let mut changes: Vec<_> = [0, 1, 3, 4].iter().map(|at| place.create(&indexes[*at], None)).collect();
    changes.push(place.drop(old));
    for change in &changes {
        for sql in &change.forward {
            database.execute(sql);
        }
    }
    let between = query(&database.url, list).expect("indexes");
    assert_eq!(between.len(), 2 + 3 + 3 - 1, "{between:?}");
    let invalid = query(&database.url, "SELECT 1 FROM pg_index WHERE NOT indisvalid").expect("pg_index");
    assert!(invalid.is_empty());
    for sql in changes.iter().rev().flat_map(|change| &change.back) {
        database.execute(sql);
    }
    assert_eq!(query(&database.url, list).expect("indexes"), before);
}

#[tokio::test]
async fn hypothetical_indexes_on_the_target() {
    for major in [15, 17] {
        let database = Database::create(major);
        database.execute("CREATE SCHEMA tools; CREATE EXTENSION hypopg SCHEMA tools");
        database.execute(SCHEMA);
        visible(&database);
        let place = open(&database, &on_target()).await;
        assert!(place.place().contains("HypoPG"), "{}", place.place());
        behaves(place.as_ref(), &database, major == 17).await;
    }
}

#[tokio::test]
async fn bytes_are_those_of_hypopg_when_its_sizes_are_asked_for() {
    let database = Database::create(17);
    database.execute("CREATE SCHEMA tools; CREATE EXTENSION hypopg SCHEMA tools");
    database.execute(SCHEMA);
    visible(&database);
    let index = [Index::btree(name("odd \"s\"", "the table"), ["a b"])];
    let mut bytes = Vec::new();
    for hypothetical_sizes in [false, true] {
        let place = open(&database, &WhatIfOptions { hypothetical_sizes, ..on_target() }).await;
        bytes.push(place.define(&index).await.expect("defined")[0].as_ref().expect("an estimate").bytes);
    }
    let theirs = "SELECT tools.hypopg_relation_size(indexrelid) \
        FROM tools.hypopg_create_index('CREATE INDEX ON \"odd \"\"s\"\"\".\"the table\" (\"a b\")')";
    assert_eq!(query(&database.url, theirs).expect("HypoPG")[0][0], bytes[1].to_string());
    // Ten rows of each value: HypoPG does not know that a b-tree keeps them together.
    assert!(bytes[0] < bytes[1], "{bytes:?}");
}

#[tokio::test]
async fn a_target_without_hypopg_says_what_is_missing() {
    let database = Database::create(18);
    let address = Address::parse(&database.url).expect("an address");
    let snapshot = Postgres.observe(&address, &ObserveOptions::default(), &Silent).await.expect("a snapshot");
    let opened = Postgres.what_if(&snapshot, Some(&address), &on_target(), &Silent).await;
    let failure = opened.err().expect("no HypoPG");
    assert_eq!(failure.code, "postgres.no-hypopg");
    assert!(failure.hints.iter().any(|hint| hint.contains("--programs")), "{failure:?}");
}

#[tokio::test]
async fn indexes_in_the_twin() {
    for major in [15, 17, 18] {
        let database = Database::create(major);
        database.execute(SCHEMA);
        visible(&database);
        let place = open(&database, &with_programs(dbwright_testkit::postgres_bin(major))).await;
        assert!(place.place().starts_with("a planner twin of PostgreSQL"), "{}", place.place());
        behaves(place.as_ref(), &database, true).await;
    }
}

const KINDS: &str = "
    CREATE EXTENSION vector;
    CREATE TABLE kinds (id int, day date, tags text[], doc jsonb, span int4range, spot point, name text, near vector(3));
    INSERT INTO kinds SELECT n, date '2020-01-01' + n / 20, ARRAY['t' || n % 997, 'u' || n % 13], jsonb_build_object('k', n % 5000),
        int4range(n, n + 5), point(n % 300, n / 300), md5(n::text), ARRAY[n % 7, n % 11, n % 13]::vector FROM generate_series(1, 60000) n";

/// A statement, the access method that serves it, and its key.
const SERVED: [(&str, &str, &str, Option<&str>); 7] = [
    ("SELECT id FROM kinds WHERE tags @> ARRAY['t5']", "gin", "tags", None),
    ("SELECT id FROM kinds WHERE doc @> '{\"k\": 7}'", "gin", "doc", Some("jsonb_path_ops")),
    ("SELECT id FROM kinds WHERE span @> 17", "gist", "span", None),
    ("SELECT id FROM kinds WHERE spot <@ box '((1,1),(2,2))'", "spgist", "spot", None),
    ("SELECT id FROM kinds WHERE day = '2021-01-01'", "brin", "day", None),
    ("SELECT id FROM kinds WHERE name = 'x'", "hash", "name", None),
    ("SELECT id FROM kinds ORDER BY near <-> '[1,2,3]' LIMIT 5", "hnsw", "near", Some("vector_l2_ops")),
];

#[tokio::test]
async fn every_access_method_can_be_tried_in_the_twin() {
    let database = Database::create(17);
    database.execute(KINDS);
    visible(&database);
    let place = open(&database, &with_programs(dbwright_testkit::postgres_bin(17))).await;
    let statements: Vec<_> = SERVED.iter().map(|(sql, ..)| statement(sql)).collect();
    let prepared = place.prepare(&statements, &Silent).await.expect("prepared");
    let queries: Vec<_> = prepared.into_iter().flat_map(|queries| queries.expect("a plan")).collect();
    place.admit(&queries).await.expect("admitted");
    let index = |(_, method, column, opclass): &(&str, &str, &str, Option<&str>)| {
        let mut index = Index::btree(name("public", "kinds"), [*column]);
        index.method = (*method).to_owned();
        index.keys[0].opclass = opclass.map(str::to_owned);
        index
    };
    let indexes: Vec<Index> = SERVED.iter().map(index).collect();
    let estimates = place.define(&indexes).await.expect("defined");
    let asks: Vec<Ask> = (0..indexes.len()).map(|at| Ask { query: at, with: vec![at], without: Vec::new() }).collect();
    let answers = place.plan(&asks).await.expect("answers");
    for (at, answer) in answers.iter().enumerate() {
        let planned = answer.as_ref().unwrap_or_else(|reason| panic!("{}: {reason}", SERVED[at].1));
        assert_eq!(planned.used, [at], "{:?} {planned:?}", SERVED[at]);
        assert!(planned.cost < queries[at].cost, "{:?} {planned:?} against {}", SERVED[at], queries[at].cost);
        let created = place.create(&indexes[at], Some("tried"));
        database.execute(&created.forward[0]);
        let size = query(&database.url, "SELECT pg_relation_size('tried')").expect("a size")[0][0].parse::<f64>();
        let (size, said) = (size.expect("a number"), estimates[at].as_ref().expect("an estimate").bytes as f64);
        assert!(said / size < 3.0 && size / said < 3.0, "{:?}: {said} estimated, {size} built", SERVED[at]);
        database.execute(&created.back[0]);
    }
}

/// A role that may not read a table sees no statistics of it: what the planner made of that would be a guess.
#[tokio::test]
async fn statements_on_tables_whose_statistics_nobody_shows_are_left_out_with_the_grant() {
    for major in [15, 17, 18] {
        let database = Database::create(major);
        database.execute(
            "CREATE TABLE open (id int, a int); CREATE TABLE closed (id int, a int); CREATE TABLE never (id int, a int); \
             INSERT INTO open SELECT n, n % 900 FROM generate_series(1, 9000) n; INSERT INTO closed TABLE open; \
             INSERT INTO never TABLE open; ANALYZE open, closed; CREATE INDEX ON never (id)",
        );
        let role = format!("{}_reader", database.name);
        database.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'geheim'; GRANT SELECT ON open, never TO {role}"));
        let (scheme, rest) = database.url.split_once("://").expect("a URL");
        let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
        let address = Address::parse(&format!("{scheme}://{role}:geheim@{rest}")).expect("an address");
        let snapshot = Postgres.observe(&address, &ObserveOptions::default(), &Silent).await.expect("a snapshot");
        let options = with_programs(dbwright_testkit::postgres_bin(major));
        let place = Postgres.what_if(&snapshot, Some(&address), &options, &Silent).await.expect("a twin");
        let statements =
            ["open", "closed", "never"].map(|name| statement(&format!("SELECT * FROM {name} WHERE a = 7")));
        let prepared = place.prepare(&statements, &Silent).await.expect("prepared");
        drop(place);
        database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
        assert!(prepared[0].is_ok(), "{:?}", prepared[0]);
        for (at, name) in [(1, "closed"), (2, "never")] {
            let reason = &prepared[at].as_ref().expect_err("nothing is known of it").reason;
            assert!(
                reason.contains(&format!("GRANT SELECT ON public.{name} TO ")) && reason.contains(&role),
                "{major}: {reason}"
            );
            assert!(reason.contains("ANALYZE"), "{major}: {reason}");
        }
    }
}
