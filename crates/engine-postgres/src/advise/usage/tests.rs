//! Usage of many statements, explained by real servers.

use dbwright_advise::index::Key;
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_testkit::Database;

use super::*;
use crate::connect::{self, Connection};

/// A database with a schema, observed, and a session that explains as usage wants it.
pub(crate) struct Bench {
    /// The session.
    pub(crate) connection: Connection,
    /// What was observed.
    pub(crate) body: PgBody,
}

impl Bench {
    /// Observes a database.
    pub(crate) async fn open(url: &str) -> Self {
        let address = Address::parse(url).expect("a URL");
        let options = ObserveOptions::default();
        let (_, body) = crate::observe::take(&address, &options, &Silent).await.expect("a snapshot");
        let connection = connect::open(&address, options.connect_timeout).await.expect("a connection");
        for (name, value) in SETTINGS {
            connection.client.batch_execute(&format!("SET {name} = {value}")).await.expect("a setting");
        }
        Self { connection, body }
    }

    /// The plan of a statement.
    pub(crate) async fn plan(&self, sql: &str) -> Plan {
        let explain = format!("EXPLAIN (VERBOSE, FORMAT JSON) {sql}");
        let rows = self.connection.client.simple_query(&explain).await;
        let rows = rows.unwrap_or_else(|error| panic!("{error:?} in {sql}"));
        let text = rows.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        Plan::parse(&text.expect("a plan")).expect("JSON")
    }

    /// Usage of a statement.
    pub(crate) async fn usage(&self, sql: &str) -> Usage {
        of(&self.plan(sql).await, &self.body)
    }

    /// Fails unless the statement's usage, in the words of [`words`], is this.
    async fn expect(&self, sql: &str, expected: &[&str]) {
        let usage = words(&self.usage(sql).await);
        assert_eq!(usage, expected, "PostgreSQL {}: {sql}", self.body.server.major());
    }
}

fn part(part: &KeyPart) -> String {
    match part {
        KeyPart::Column(name) => name.clone(),
        KeyPart::Expression(text) => format!("[{text}]"),
    }
}

fn condition(condition: &Condition) -> String {
    let constant = condition.constant.as_deref().unwrap_or("…");
    let arm = condition.alternative.map_or(String::new(), |group| format!(" or{group}.{}", condition.arm));
    format!("{:?} {} {} {constant}{arm}", condition.operator, part(&condition.part), condition.symbol)
}

fn key(key: &Key) -> String {
    let nulls = key.nulls_first.map_or("", |first| if first { " nulls first" } else { " nulls last" });
    let collation = key.collation.as_ref().map_or(String::new(), |collation| format!(" {collation}"));
    format!("{}{collation}{}{nulls}", part(&key.part), if key.descending { " desc" } else { "" })
}

/// A usage in a line for each fact, so that a test reads like the plan's story.
fn words(usage: &Usage) -> Vec<String> {
    let mut lines = Vec::new();
    let mut tables: Vec<&TableUse> = usage.tables.iter().collect();
    // Which side of a join comes first is the planner's choice.
    tables.sort_by(|a, b| (&a.table.name, &a.alias).cmp(&(&b.table.name, &b.alias)));
    for table in tables {
        let flags = [(table.limited, " limited"), (table.written, " written")];
        let flags: String = flags.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        let needed = table.needed.as_ref().map_or("*".to_owned(), |needed| needed.join(" "));
        lines.push(format!("{} as {}: {needed}{flags}", table.table.name, table.alias));
        let mut facts: Vec<String> = table.conditions.iter().map(condition).collect();
        facts.sort();
        lines.extend(facts);
        lines.extend(table.nested.iter().map(|one| format!("nested {}", condition(one))));
        let mut joins: Vec<String> = table
            .joins
            .iter()
            .map(|join| format!("join {} = {}.{}", part(&join.part), join.other, part(&join.other_part)))
            .collect();
        joins.sort();
        lines.extend(joins);
        lines.extend(
            table.orders.iter().map(|order| format!("order {}", order.iter().map(key).collect::<Vec<_>>().join(", "))),
        );
        lines.extend(
            table.groups.iter().map(|group| format!("group {}", group.iter().map(part).collect::<Vec<_>>().join(", "))),
        );
    }
    lines
}

const SCHEMA: &str = r#"
CREATE TABLE a (id int PRIMARY KEY, x int, name varchar(20), note text, tags int[], doc jsonb, b bool, "Odd ""n""" int);
CREATE TABLE b (id int PRIMARY KEY, a_id int, x int, at timestamptz);
CREATE TABLE p (id int, k int, d date) PARTITION BY RANGE (d);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE TABLE base (q int); CREATE TABLE child (z int) INHERITS (base);
INSERT INTO a SELECT i, i % 100, 'n' || i, 'e' || i, ARRAY[i], '{}', i % 2 = 0, i FROM generate_series(1, 2000) i;
INSERT INTO b SELECT i, i % 2000, i % 10, '2020-01-01'::timestamptz + i * interval '1 hour' FROM generate_series(1, 2000) i;
INSERT INTO p SELECT i, i % 10, '2020-01-01'::date + i % 700 FROM generate_series(1, 2000) i;
CREATE VIEW both_of_them AS SELECT id, x FROM a UNION ALL SELECT a_id, x FROM b;
CREATE VIEW inner_view AS SELECT id, x, name FROM a WHERE x = 7;
CREATE VIEW outer_view AS SELECT v.id, b.at FROM inner_view v JOIN b ON b.a_id = v.id;
CREATE FUNCTION young(since int) RETURNS SETOF a LANGUAGE sql STABLE AS 'SELECT * FROM a WHERE x > since';
CREATE SCHEMA other; CREATE TABLE other.a (id int, x int);
ANALYZE;
"#;

/// What every supported server says the same about.
const COMMON: &[(&str, &[&str])] = &[
    (
        "SELECT name FROM a WHERE id = 3 AND name = 'x' AND doc @> '{}' AND tags && '{1}' AND b AND 5 <= x ORDER BY note DESC NULLS LAST",
        &[
            "a as a: id x name note tags doc b",
            "Contains doc @> '{}'::jsonb",
            "Contains tags && '{1}'::integer[]",
            "Equal b = true",
            "Equal id = 3",
            "Equal name = 'x'::text",
            "Range x >= 5",
            "order note desc nulls last",
        ],
    ),
    (
        r#"SELECT "Odd ""n""" FROM a WHERE NOT b AND "Odd ""n""" IN (1, 2) AND note IS NULL AND name IS NOT NULL"#,
        &[
            r#"a as a: name note b Odd "n""#,
            "Equal b = false",
            "Equal note IS NULL …",
            "Filter name IS NOT NULL …",
            r#"In Odd "n" = '{1,2}'::integer[]"#,
        ],
    ),
    (
        "SELECT id FROM a WHERE name LIKE 'x%' AND note LIKE '%y%' AND note ILIKE 'z%' AND lower(note) = 'x' AND note ~ '^ab' AND note <> 'u'",
        &[
            "a as a: id name note",
            "Equal [lower(note)] = 'x'::text",
            "Filter note <> 'u'::text",
            "Pattern note ~~ '%y%'::text",
            "Pattern note ~~* 'z%'::text",
            "Prefix name ~~ 'x%'::text",
            "Prefix note ~ '^ab'::text",
        ],
    ),
    // Alternatives; those on one column are a list.
    (
        "SELECT id FROM a WHERE (name = 'b' OR (id = 3 AND x > 4)) AND (x = 1 OR x = 2 OR x IN (5, 6)) AND x IS NOT NULL",
        &[
            "a as a: id x name",
            "Equal id = 3 or1.1",
            "Equal name = 'b'::text or1.0",
            "Filter x IS NOT NULL …",
            r#"In x = '{"1","2","5","6"}'"#,
            "Range x > 4 or1.1",
        ],
    ),
    // Keyset pages: the comparison of rows starts where its first column does.
    (
        "SELECT id FROM a WHERE (x, id) > (3, 4) ORDER BY x, id LIMIT 10",
        &["a as a: id x limited", "Range x > …", "order x, id"],
    ),
    (
        "SELECT max(x), min(id) FROM b WHERE a_id = 3",
        &["b as b: id a_id x limited", "Equal a_id = 3", "order x desc", "order id"],
    ),
    ("SELECT coalesce(max(x), 0) + 1 FROM b", &["b as b: x limited", "order x desc"]),
    ("SELECT sum(x), max(x) FROM b", &["b as b: x"]),
    ("SELECT x, count(*) FROM a GROUP BY x", &["a as a: x", "group x"]),
    ("SELECT DISTINCT x FROM a", &["a as a: x", "group x"]),
    ("SELECT DISTINCT ON (x) x, id FROM a ORDER BY x, id DESC", &["a as a: id x", "order x, id desc"]),
    ("SELECT x, rank() OVER (PARTITION BY x ORDER BY name) FROM a", &["a as a: x name", "order x, name"]),
    ("SELECT count(*) FROM a", &["a as a: "]),
    ("SELECT a FROM a WHERE x = 3", &["a as a: *", "Equal x = 3"]),
    ("SELECT id FROM a WHERE x = 3 FOR UPDATE", &["a as a: *", "Equal x = 3"]),
    // Views over views, functions and policies are what they stand for.
    (
        "SELECT at FROM outer_view",
        &["a as a: id x", "Equal x = 7", "join id = b.a_id", "b as b: a_id at", "join a_id = a.id"],
    ),
    ("SELECT id FROM young(90) WHERE name = 'n5'", &["a as a: id x name", "Equal name = 'n5'::text", "Range x > 90"]),
    (
        "SELECT * FROM both_of_them WHERE x = 3 ORDER BY id LIMIT 3",
        &["a as a: id x limited", "Equal x = 3", "order id", "b as b: a_id x limited", "Equal x = 3", "order a_id"],
    ),
    // Correlated subqueries join.
    (
        "SELECT id FROM a WHERE x = (SELECT max(b.x) FROM b WHERE b.a_id = a.id)",
        &["a as a: id x", "b as b: a_id x limited", "join a_id = a.id", "order x desc"],
    ),
    // What depends on another reference can be read from an index, what depends on the own row can't.
    (
        "SELECT b.id FROM a JOIN b ON b.a_id = a.id WHERE a.x = 3 AND b.x < (SELECT sum(c.x) FROM b c WHERE c.a_id = a.id)",
        &[
            "a as a: id x",
            "Equal x = 3",
            "join id = b.a_id",
            "join id = c.a_id",
            "b as b: id a_id x",
            "nested Range x < …",
            "join a_id = a.id",
            "join a_id = c.a_id",
            "b as c: a_id x",
            "join a_id = a.id",
            "join a_id = b.a_id",
        ],
    ),
    (
        "SELECT l.at FROM a, LATERAL (SELECT at FROM b WHERE b.a_id = a.id ORDER BY at DESC LIMIT 3) l WHERE a.x = 4",
        &["a as a: id x", "Equal x = 4", "b as b: a_id at limited", "join a_id = a.id", "order at desc"],
    ),
    (
        "SELECT a.id FROM a JOIN b ON a.x BETWEEN b.x AND b.id WHERE b.a_id = 7",
        &[
            "a as a: id x",
            "nested Range x >= …",
            "nested Range x <= …",
            "b as b: id a_id x",
            "Equal a_id = 7",
            "nested Range x <= …",
            "nested Range id >= …",
        ],
    ),
    (
        "WITH c AS MATERIALIZED (SELECT id FROM a WHERE x = 3) SELECT b.x FROM c JOIN b ON b.a_id = c.id",
        &["a as a: id x", "Equal x = 3", "b as b: a_id x", "join a_id = c.[c.id]"],
    ),
    // Partitions are their parent; inherited tables are themselves.
    (
        "SELECT p.id FROM p JOIN a ON a.id = p.k WHERE p.d > '2020-05-01' AND a.x = 5 ORDER BY p.d DESC LIMIT 5",
        &[
            "a as a: id x limited",
            "Equal x = 5",
            "join id = p.k",
            "p as p: id k d limited",
            "Range d > '2020-05-01'::date",
            "join k = a.id",
            "order d desc",
        ],
    ),
    ("SELECT k FROM p WHERE d = '2020-05-01'", &["p as p: k d", "Equal d = '2020-05-01'::date"]),
    (
        "SELECT q.k FROM p JOIN p q ON p.id = q.id AND p.d = q.d WHERE p.k = 1",
        &[
            "p as p: id k d",
            "Equal k = 1",
            "join d = q.d",
            "join id = q.id",
            "p as q: id k d",
            "join d = p.d",
            "join id = p.id",
        ],
    ),
    ("SELECT q FROM base WHERE q = 4", &["base as base_1: q", "Equal q = 4", "child as base_2: q", "Equal q = 4"]),
    // Writers.
    ("UPDATE p SET k = 1 WHERE k = 3", &["p as p: * written", "Equal k = 3"]),
    ("DELETE FROM a WHERE x = 3", &["a as a: * written", "Equal x = 3"]),
    ("INSERT INTO a (id) SELECT id FROM b WHERE x = 3", &["a as a:  written", "b as b: id x", "Equal x = 3"]),
    (
        "UPDATE a SET x = b.x FROM b WHERE b.a_id = a.id AND b.id = 3",
        &["a as a: * written", "join id = b.a_id", "b as b: *", "Equal id = 3", "join a_id = a.id"],
    ),
    // What has no index of ours.
    ("SELECT relname FROM pg_class WHERE relname = 'a'", &[]),
    ("SELECT g FROM generate_series(1, 3) g WHERE g > 1", &[]),
    ("SELECT 1", &[]),
];

#[tokio::test]
async fn statements_say_what_they_do_with_their_tables() {
    for major in dbwright_testkit::majors().expect("numbers") {
        let database = Database::create(major);
        database.execute(SCHEMA);
        let bench = Bench::open(&database.url).await;
        for (sql, expected) in COMMON {
            bench.expect(sql, expected).await;
        }
    }
}

#[tokio::test]
async fn search_path_policies_and_temporary_tables_are_as_the_session_has_them() {
    let database = Database::create(17);
    database.execute(SCHEMA);
    // Roles belong to the server: this one goes by the name of its database.
    let role = format!("{}_reader", database.name);
    // One by one: in one transaction they can meet an automatic ANALYZE of the new table in a deadlock.
    database.execute(&format!("CREATE ROLE {role}"));
    database.execute(&format!("GRANT SELECT ON a TO {role}"));
    database.execute("ALTER TABLE a ENABLE ROW LEVEL SECURITY");
    database.execute("CREATE POLICY own ON a USING (x = 42)");
    let bench = Bench::open(&database.url).await;
    let run = async |sql: &str| bench.connection.client.batch_execute(sql).await.expect("it runs");
    run("SET search_path = other").await;
    let usage = bench.usage("SELECT id FROM a WHERE x = 1").await;
    assert_eq!(usage.tables.first().map(|table| table.table.schema.as_str()), Some("other"));
    run("RESET search_path").await;
    run(&format!("SET ROLE {role}")).await;
    bench
        .expect("SELECT id FROM a WHERE name = 'n1'", &["a as a: id x name", "Equal name = 'n1'::text", "Equal x = 42"])
        .await;
    run("RESET ROLE").await;
    run("CREATE TEMP TABLE mine (id int)").await;
    bench.expect("SELECT a.x FROM mine JOIN a ON a.id = mine.id", &["a as a: id x", "join id = mine.[mine.id]"]).await;
    run(&format!("RESET ALL; DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test]
async fn figures_come_from_the_plan_and_the_statistics() {
    let database = Database::create(17);
    database.execute(SCHEMA);
    let bench = Bench::open(&database.url).await;
    let usage = bench.usage("SELECT x FROM a WHERE x = 3").await;
    let table = usage.tables.first().expect("one table");
    assert_eq!((table.rows, table.kept), (2_000.0, 20.0));
    assert_eq!(table.conditions.first().and_then(|condition| condition.selectivity), Some(0.01));
    let usage = bench.usage("SELECT x FROM a WHERE x < 25 AND id > 1000 AND note = ''").await;
    let table = usage.tables.first().expect("one table");
    let near = |text: &str, wanted: f64| {
        let found = table.conditions.iter().find(|condition| condition.text == text).and_then(|one| one.selectivity);
        assert!(found.is_some_and(|found| (found - wanted).abs() < 0.02), "{text}: {found:?}");
    };
    near("(x < 25)", 0.25);
    near("(id > 1000)", 0.5);
    near("(note = ''::text)", 0.0005);
    let figures = table.column("note").expect("it is named");
    assert!(figures.ordered && (4.0..8.0).contains(&figures.width) && figures.distinct == Some(2_000.0), "{figures:?}");
    let usage = bench.usage("SELECT k FROM p WHERE k = 1").await;
    assert_eq!(usage.tables.first().map(|table| (table.rows, table.kept)), Some((2_000.0, 200.0)));
}
