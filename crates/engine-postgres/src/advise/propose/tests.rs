//! Each kind on a real server: the planner takes what is proposed, once it is built.

use dbwright_advise::index::Index;
use dbwright_advise::{Query, Usage};
use dbwright_testkit::Database;

use super::{needs, of};
use crate::advise::usage::SETTINGS;
use crate::advise::usage::tests::Bench;
use crate::advise::whatif::statement;

/// A statement and the indexes that must be proposed and taken.
type Case = (&'static str, &'static [&'static str]);

fn query(usage: Usage) -> Query {
    Query { statement: 0, share: 1.0, sql: String::new(), usage, cost: 1.0 }
}

fn body(index: &Index) -> String {
    statement::body(index, &index.table.name)
}

async fn run(bench: &Bench, sql: &str) {
    bench.connection.client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{error:?} in {sql}"));
}

async fn proposed(bench: &Bench, sql: &str) -> Vec<Index> {
    of(&query(bench.usage(sql).await), &bench.body)
}

/// Builds each expected index alone; the plan must use it.
async fn taken(bench: &Bench, (sql, expected): &Case) {
    let found = proposed(bench, sql).await;
    let texts: Vec<String> = found.iter().map(body).collect();
    for wanted in *expected {
        let index = found.iter().find(|index| body(index) == *wanted);
        let index = index.unwrap_or_else(|| panic!("{wanted} is not proposed for {sql}, but {texts:#?}"));
        run(bench, &reset()).await;
        if let Some(extension) = needs(index, &bench.body) {
            run(bench, &extension).await;
        }
        let table = &index.table.name;
        run(bench, &format!("CREATE INDEX candidate {wanted}")).await;
        run(bench, &format!("ANALYZE {table}")).await;
        let plan = bench.plan(sql).await;
        let used = plan.walk().any(|node| node.index.as_deref() == Some("candidate"));
        assert!(used, "{wanted} is not taken for {sql}: {plan:#?}");
        run(bench, "DROP INDEX candidate").await;
        let set = SETTINGS.iter().map(|(name, value)| format!("SET {name} = {value}"));
        run(bench, &set.collect::<Vec<_>>().join("; ")).await;
    }
}

fn reset() -> String {
    SETTINGS.iter().map(|(name, _)| format!("RESET {name}")).collect::<Vec<_>>().join("; ")
}

async fn all_taken(major: u32, schema: &str, cases: &[Case]) {
    let database = Database::create(major);
    for statement in schema.split(";\n").filter(|statement| !statement.trim().is_empty()) {
        database.execute(statement);
    }
    database.execute("VACUUM ANALYZE");
    let bench = Bench::open(&database.url).await;
    for case in cases {
        taken(&bench, case).await;
    }
}

const DOCUMENTS: &str = "
CREATE TABLE d (id int, kind int, doc jsonb, tags text[], words tsvector, body text);
INSERT INTO d SELECT i, i % 50, jsonb_build_object('n', i, 'of', jsonb_build_object('tag', 't' || i % 3000), 'k' || i % 4000, 1),
  ARRAY['t' || i % 5000, 'u' || i % 7], to_tsvector('english', 'word' || i % 4000 || ' common text'),
  'word' || i % 4000 || ' common text ' || md5(i::text) FROM generate_series(1, 20000) i;
";

#[tokio::test]
async fn documents_arrays_and_words_get_inverted_indexes() {
    let cases: &[Case] = &[
        (
            r#"SELECT id FROM d WHERE doc @> '{"n": 77}'"#,
            &["ON d USING gin (doc jsonb_path_ops)", "ON d USING gin (doc)"],
        ),
        ("SELECT id FROM d WHERE doc ? 'k77'", &["ON d USING gin (doc)"]),
        ("SELECT id FROM d WHERE doc @? '$.of ? (@.tag == \"t77\")'", &["ON d USING gin (doc jsonb_path_ops)"]),
        (
            r#"SELECT id FROM d WHERE doc -> 'of' @> '{"tag": "t77"}'"#,
            &["ON d USING gin (((doc -> 'of'::text)) jsonb_path_ops)"],
        ),
        ("SELECT id FROM d WHERE tags @> '{t77}'", &["ON d USING gin (tags)"]),
        ("SELECT id FROM d WHERE tags && '{t77,t78}'", &["ON d USING gin (tags)"]),
        ("SELECT id FROM d WHERE words @@ to_tsquery('english', 'word77')", &["ON d USING gin (words)"]),
        (
            "SELECT id FROM d WHERE to_tsvector('english', body) @@ to_tsquery('english', 'word77')",
            &["ON d USING gin ((to_tsvector('english'::regconfig, body)))"],
        ),
        ("SELECT id FROM d WHERE tags @> '{u3}' AND kind = 7", &["ON d USING gin (kind public.int4_ops, tags)"]),
    ];
    for major in [15, 18] {
        all_taken(major, DOCUMENTS, cases).await;
    }
    let database = Database::create(17);
    database.execute(DOCUMENTS);
    let bench = Bench::open(&database.url).await;
    // The session's configuration may change: no index can be on it.
    assert_eq!(proposed(&bench, "SELECT id FROM d WHERE to_tsvector(body) @@ to_tsquery('word77')").await, []);
}

#[tokio::test]
async fn patterns_get_trigrams_and_prefixes_their_operator_class() {
    let schema = "
CREATE TABLE t (id int, kind int, name text, short varchar(40), code char(12), bytes text COLLATE \"C\");
INSERT INTO t SELECT i, i % 100, md5(i::text), 'v' || md5(i::text), left(md5(i::text), 10), md5(i::text) FROM generate_series(1, 20000) i;
";
    let cases: &[Case] = &[
        (
            "SELECT id FROM t WHERE name LIKE '%abcd1%'",
            &["ON t USING gin (name public.gin_trgm_ops)", "ON t USING gist (name public.gist_trgm_ops)"],
        ),
        ("SELECT id FROM t WHERE short ILIKE '%ABCD1%'", &["ON t USING gin (short public.gin_trgm_ops)"]),
        ("SELECT id FROM t WHERE name ~ 'abc[de]1f'", &["ON t USING gin (name public.gin_trgm_ops)"]),
        ("SELECT id FROM t WHERE lower(name) LIKE '%abcd1%'", &["ON t USING gin ((lower(name)) public.gin_trgm_ops)"]),
        ("SELECT id FROM t WHERE name LIKE 'abcd%'", &["ON t (name text_pattern_ops)"]),
        ("SELECT id FROM t WHERE short LIKE 'vabc%'", &["ON t (short text_pattern_ops)"]),
        ("SELECT id FROM t WHERE code LIKE 'abcd%'", &["ON t (code bpchar_pattern_ops)"]),
        ("SELECT id FROM t WHERE starts_with(name, 'abcd')", &["ON t (name text_pattern_ops)"]),
        ("SELECT id FROM t WHERE lower(name) LIKE 'abcd%'", &["ON t ((lower(name)) text_pattern_ops)"]),
        ("SELECT id FROM t WHERE name LIKE 'a%' AND kind = 7", &["ON t (kind, name text_pattern_ops)"]),
        ("SELECT id FROM t WHERE name = 'abc'", &["ON t USING hash (name)"]),
    ];
    all_taken(17, schema, cases).await;
    let database = Database::create(17);
    database.execute(schema);
    let bench = Bench::open(&database.url).await;
    // Too short for a trigram; and under a collation by bytes an ordered index needs no help.
    assert_eq!(proposed(&bench, "SELECT id FROM t WHERE name LIKE '%ab%'").await, []);
    let found = proposed(&bench, "SELECT id FROM t WHERE bytes LIKE 'ab%'").await;
    assert!(!found.iter().any(|index| body(index).contains("pattern_ops")), "{found:?}");
    // Not installed, only available: that is said, and what to run.
    let found = proposed(&bench, "SELECT id FROM t WHERE name LIKE '%abcd1%'").await;
    let first = found.first().and_then(|index| needs(index, &bench.body));
    assert_eq!(first.as_deref(), Some("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public"));
    database.execute("CREATE SCHEMA \"my ext\"; CREATE EXTENSION pg_trgm SCHEMA \"my ext\"");
    let bench = Bench::open(&database.url).await;
    let found = proposed(&bench, "SELECT id FROM t WHERE name LIKE '%abcd1%'").await;
    let texts: Vec<_> = found.iter().map(body).collect();
    assert!(texts.contains(&"ON t USING gin (name \"my ext\".gin_trgm_ops)".to_owned()), "{texts:?}");
    assert!(found.iter().all(|index| needs(index, &bench.body).is_none()));
}

#[tokio::test]
async fn stretches_shapes_and_networks_get_generalised_trees() {
    let schema = "
CREATE TABLE g (id int, room int, during tsrange, span int4range, at point, area box, ip inet);
INSERT INTO g SELECT i, i % 200, tsrange('2020-01-01'::timestamp + i * interval '1 hour', '2020-01-01'::timestamp + (i + 1) * interval '1 hour'),
  int4range(i, i + 5), point(i % 141, i / 141.0), box(point(i, i), point(i + 1, i + 1)),
  ('10.' || i % 200 || '.' || i / 200 || '.1')::inet FROM generate_series(1, 20000) i;
";
    let cases: &[Case] = &[
        ("SELECT id FROM g WHERE during && '[2020-03-01,2020-03-02)'", &["ON g USING gist (during)"]),
        ("SELECT id FROM g WHERE span @> 77", &["ON g USING gist (span)"]),
        (
            "SELECT id FROM g WHERE during && '[2020-02-01,2020-12-31)' AND room = 7",
            &["ON g USING gist (room public.gist_int4_ops, during)"],
        ),
        ("SELECT id FROM g WHERE at <@ box '(3,3),(5,5)'", &["ON g USING gist (at)"]),
        ("SELECT id FROM g WHERE area && box '(3,3),(5,5)'", &["ON g USING gist (area)"]),
        ("SELECT id FROM g ORDER BY at <-> point '(3,3)' LIMIT 5", &["ON g USING gist (at)"]),
        ("SELECT id FROM g WHERE ip <<= '10.7.3.0/24'", &["ON g USING gist (ip inet_ops)", "ON g (ip)"]),
        ("SELECT id FROM g WHERE int4range(id, id + 3) @> 77", &["ON g USING gist ((int4range(id, (id + 3))))"]),
    ];
    for major in [15, 17] {
        all_taken(major, schema, cases).await;
    }
}

#[tokio::test]
async fn rows_in_order_get_block_ranges() {
    let schema = "
CREATE TABLE log (id int, at timestamp, mixed int, line text);
INSERT INTO log SELECT i, '2020-01-01'::timestamp + i * interval '1 minute', (i * 7919) % 100003, repeat('x', 150) FROM generate_series(1, 60000) i;
";
    let day = "SELECT count(line) FROM log WHERE at BETWEEN '2020-01-20' AND '2020-01-21'";
    all_taken(17, schema, &[(day, &["ON log USING brin (at) WITH (pages_per_range = 16)"])]).await;
    let database = Database::create(17);
    database.execute(schema);
    database.execute("ANALYZE");
    let bench = Bench::open(&database.url).await;
    assert_eq!(proposed(&bench, "SELECT count(*) FROM log WHERE mixed < 10").await, [], "its rows lie in no order");
}

#[tokio::test]
async fn vectors_get_graphs_and_lists() {
    let schema = "
CREATE EXTENSION vector;
CREATE TABLE v (id int, e vector(4), free vector, h halfvec(4), b bit(16));
INSERT INTO v SELECT i, ARRAY[random(), random(), random(), random()]::vector(4), '[1,2]',
  ARRAY[random(), random(), random(), random()]::halfvec(4), i::bit(16) FROM generate_series(1, 5000) i;
";
    let cases: &[Case] = &[
        (
            "SELECT id FROM v ORDER BY e <-> '[0.1,0.2,0.3,0.4]' LIMIT 5",
            &[
                "ON v USING hnsw (e public.vector_l2_ops)",
                "ON v USING ivfflat (e public.vector_l2_ops) WITH (lists = 10)",
            ],
        ),
        ("SELECT id FROM v ORDER BY e <#> '[1,2,3,4]' LIMIT 5", &["ON v USING hnsw (e public.vector_ip_ops)"]),
        ("SELECT id FROM v ORDER BY '[1,2,3,4]' <=> e LIMIT 5", &["ON v USING hnsw (e public.vector_cosine_ops)"]),
        ("SELECT id FROM v ORDER BY h <-> '[1,2,3,4]' LIMIT 5", &["ON v USING hnsw (h public.halfvec_l2_ops)"]),
        (
            "SELECT id FROM v ORDER BY b <~> B'1010101010101010' LIMIT 5",
            &["ON v USING hnsw (b public.bit_hamming_ops)"],
        ),
    ];
    for major in [17, 18] {
        all_taken(major, schema, cases).await;
    }
    let database = Database::create(17);
    schema.split(";\n").filter(|one| !one.trim().is_empty()).for_each(|statement| database.execute(statement));
    let bench = Bench::open(&database.url).await;
    // Without a limit all rows are wanted; without dimensions there can be no index.
    assert_eq!(proposed(&bench, "SELECT id FROM v ORDER BY e <-> '[1,2,3,4]'").await, []);
    assert_eq!(proposed(&bench, "SELECT id FROM v ORDER BY free <-> '[1,2]' LIMIT 5").await, []);
}

#[tokio::test]
async fn what_has_no_operator_class_is_left_alone() {
    let schema = "CREATE TABLE n (id int, j json, x xml, p point, email text); INSERT INTO n SELECT i FROM generate_series(1, 500) i;";
    let database = Database::create(17);
    database.execute(schema);
    let bench = Bench::open(&database.url).await;
    for sql in [
        "SELECT id FROM n WHERE j ->> 'a' = 'b'",
        "SELECT id FROM n WHERE x IS NULL AND p IS NULL",
        "SELECT p::text FROM n ORDER BY p::text",
    ] {
        assert_eq!(proposed(&bench, sql).await, [], "{sql}");
        let plain = dbwright_advise::candidates::plain(&query(bench.usage(sql).await));
        for index in plain {
            run(&bench, &format!("CREATE INDEX {}", body(&index))).await;
        }
    }
}
