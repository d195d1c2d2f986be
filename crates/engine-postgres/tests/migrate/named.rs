//! Names that are not there, or are there already: refused before anything is done where the server would refuse them, and
//! never where it would not.

use dbwright_core::progress::Silent;
use dbwright_migrate::Migration;
use dbwright_migrate::run::{self, Options};
use dbwright_testkit::sql::execute;
use dbwright_testkit::{Database, majors};

use crate::common::{cell, file, options, session};

const START: &str = r#"
    CREATE SCHEMA billing; CREATE SCHEMA "Odd One";
    CREATE TABLE parcels (id int PRIMARY KEY, label text, qty int NOT NULL CONSTRAINT qty_positive CHECK (qty > 0), place int,
        UNIQUE (label));
    CREATE INDEX parcels_qty ON parcels (qty); CREATE SEQUENCE numbers; CREATE VIEW labels AS SELECT id, label FROM parcels;
    INSERT INTO parcels SELECT n, 'L' || n, n FROM generate_series(1, 20) n;
    CREATE TABLE billing.invoices (id serial PRIMARY KEY, parcel int REFERENCES parcels, total numeric);
    CREATE TABLE "Odd One"."Big Table" ("Id" int PRIMARY KEY, "Some Value" text);
    CREATE TABLE days (day date NOT NULL, v int) PARTITION BY RANGE (day);
    CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE TYPE pair AS (x int, y int);
    CREATE TABLE base (id int, note text); CREATE TABLE derived (more int) INHERITS (base);
    CREATE FUNCTION grow() RETURNS void LANGUAGE sql AS 'CREATE TABLE grown (id int); ALTER TABLE parcels ADD COLUMN grown int';
"#;

/// What the last statement names wrongly: the code, a part of the message, and a part of the hints.
const WRONG: [(&str, &str, &str, &str); 41] = [
    (
        "ALTER TABLE parcels RENAME CONSTRAINT qty_positive TO parcels_pkey",
        "name-taken",
        "constraint parcels_pkey of parcels",
        "another name",
    ),
    (
        "ALTER TABLE parcel ADD COLUMN a int",
        "no-table",
        "1_test.sql:1: there is no table parcel",
        "did you mean parcels?",
    ),
    (
        "CREATE TABLE a (i int);\n\nALTER TABLE parcels\n  ADD COLUMN b int,\n  ALTER COLUMN qtty SET DEFAULT 1",
        "no-column",
        "1_test.sql:5: there is no column qtty of parcels",
        "did you mean qty?",
    ),
    (
        "ALTER TABLE parcels DROP COLUMN colour",
        "no-column",
        "there is no column colour",
        "its columns are id, label, place, qty",
    ),
    ("ALTER TABLE parcels RENAME COLUMN labl TO name", "no-column", "labl", "label"),
    (
        "ALTER TABLE parcels RENAME COLUMN label TO qty",
        "name-taken",
        "there is a column qty of parcels already",
        "another name",
    ),
    ("ALTER TABLE parcels ADD COLUMN label text", "name-taken", "column label", "IF NOT EXISTS"),
    ("ALTER TABLE parcels DROP CONSTRAINT qty_positiv", "no-constraint", "qty_positiv of parcels", "qty_positive"),
    ("ALTER TABLE parcels VALIDATE CONSTRAINT qty_ok", "no-constraint", "qty_ok of parcels", ""),
    ("ALTER TABLE parcels ADD CONSTRAINT qty_positive CHECK (qty > 1)", "name-taken", "constraint qty_positive", ""),
    ("ALTER TABLE parcels ADD CONSTRAINT parcels_qty UNIQUE (id, qty)", "name-taken", "index parcels_qty", ""),
    ("ALTER TABLE parcels ADD CONSTRAINT u UNIQUE (id, qtty)", "no-column", "qtty", "qty"),
    ("ALTER TABLE parcels ADD CONSTRAINT u UNIQUE USING INDEX parcels_qtty", "no-index", "parcels_qtty", "parcels_qty"),
    ("ALTER TABLE parcels ADD FOREIGN KEY (place) REFERENCES places (id)", "no-table", "there is no table places", ""),
    ("ALTER TABLE billing.invoices ADD FOREIGN KEY (parcel) REFERENCES parcels (nr)", "no-column", "nr of parcels", ""),
    ("CREATE INDEX ON parcels (lable)", "no-column", "lable of parcels", "label"),
    (
        "CREATE INDEX CONCURRENTLY parcels_qty ON parcels (qty, id)",
        "name-taken",
        "there is an index parcels_qty already",
        "IF NOT EXISTS",
    ),
    ("CREATE INDEX billing ON billing.invoice (id)", "no-table", "billing.invoice", "billing.invoices"),
    ("DROP INDEX parcels_qtt", "no-index", "there is no index parcels_qtt", "did you mean parcels_qty?"),
    ("DROP TABLE billing.invoices, parcles CASCADE", "no-table", "parcles", "parcels"),
    ("DROP VIEW label", "no-table", "there is no view label", "labels"),
    ("DROP SEQUENCE number", "no-table", "there is no sequence number", "numbers"),
    ("DROP SCHEMA biling", "no-schema", "biling", "billing"),
    ("ALTER TABLE parcels SET SCHEMA biling", "no-schema", "biling", "billing"),
    ("CREATE TABLE parcels (id int)", "name-taken", "there is a table parcels already", "IF NOT EXISTS"),
    ("CREATE TABLE labels (id int)", "name-taken", "there is a view labels already", ""),
    ("CREATE VIEW labels AS SELECT 1 AS one", "name-taken", "view labels", "CREATE OR REPLACE"),
    (
        "CREATE TABLE a (i int); CREATE TABLE a (i int)",
        "name-taken",
        "the statement on line 1 makes a table a already",
        "",
    ),
    (
        "ALTER TABLE billing.invoices RENAME TO entries;\nALTER TABLE billing.invoices ADD b int",
        "no-table",
        "1_test.sql:2: there is no table billing.invoices any more: the statement on line 1",
        "",
    ),
    ("CREATE TABLE a (i int); ALTER TABLE a DROP COLUMN weight", "no-column", "weight of a", "its columns are i"),
    ("CREATE TABLE a (i int, UNIQUE (k))", "no-column", "k of a", ""),
    ("UPDATE parcel SET qty = 1", "no-table", "parcel", "parcels"),
    ("INSERT INTO \"Odd One\".\"Big table\" VALUES (1)", "no-table", "\"Big table\"", "\"Odd One\".\"Big Table\""),
    ("ALTER TABLE \"Odd One\".\"Big Table\" ALTER id SET DEFAULT 1", "no-column", "id of", "\"Id\""),
    (
        "ALTER TABLE invoices ADD COLUMN a int",
        "no-table",
        "there is no table invoices",
        "did you mean billing.invoices?",
    ),
    ("SET search_path = billing; ALTER TABLE invoices ALTER totl SET DEFAULT 1", "no-column", "totl", "total"),
    ("GRANT SELECT ON parcles TO PUBLIC", "no-table", "parcles", "parcels"),
    (
        "UPDATE parcels SET qty = 1 WHERE lable = 'x'",
        "no-column",
        "1_test.sql:1: column \"lable\" does not exist",
        "parcels.label",
    ),
    (
        "ALTER TABLE parcels ADD COLUMN weight int;\nUPDATE parcels\n SET weigth = qty",
        "no-column",
        "1_test.sql:3: column \"weigth\" of relation \"parcels\"",
        "in a statement before",
    ),
    ("INSERT INTO billing.invoices (parcel, totl) SELECT id, 1 FROM parcels", "no-column", "\"totl\"", ""),
    (
        "CREATE INDEX ON parcels (place); DELETE FROM parcels p USING billing.invoices i WHERE i.parcl = p.id",
        "no-column",
        "column i.parcl does not exist",
        "i.parcel",
    ),
];

/// What the server does without complaint.
const RIGHT: [&str; 30] = [
    "ALTER TABLE IF EXISTS parcel ADD COLUMN a int; DROP TABLE IF EXISTS nowhere; DROP INDEX IF EXISTS nowhere; \
     ALTER TABLE parcels DROP COLUMN IF EXISTS no, DROP CONSTRAINT IF EXISTS no, ADD COLUMN IF NOT EXISTS label text",
    "CREATE TABLE IF NOT EXISTS parcels (other int); CREATE INDEX IF NOT EXISTS parcels_qty ON parcels (qty); CREATE SEQUENCE IF NOT EXISTS numbers; \
     CREATE OR REPLACE VIEW labels AS SELECT id, label, qty FROM parcels",
    "ALTER TABLE parcels ALTER COLUMN later SET DEFAULT 5, ADD COLUMN later int, ADD CONSTRAINT later_once UNIQUE (later)",
    "ALTER TABLE parcels DROP CONSTRAINT qty_positive, ADD CONSTRAINT qty_positive CHECK (qty > 0); \
     ALTER TABLE parcels DROP COLUMN place, ADD COLUMN place bigint",
    "DROP INDEX parcels_qty; CREATE INDEX parcels_qty ON parcels (qty, id); ALTER INDEX parcels_qty RENAME TO by_qty; DROP INDEX by_qty",
    "ALTER TABLE parcels RENAME TO packets; CREATE TABLE parcels (LIKE packets INCLUDING ALL); ALTER TABLE parcels DROP COLUMN label; \
     ALTER TABLE packets RENAME COLUMN label TO tag; CREATE INDEX packets_tag ON packets (tag); ALTER TABLE packets RENAME CONSTRAINT parcels_pkey TO packets_pkey",
    "CREATE SCHEMA fresh; CREATE TABLE fresh.parcels (id int); ALTER TABLE fresh.parcels ADD COLUMN label text; DROP SCHEMA fresh CASCADE",
    "SET search_path = billing, public; ALTER TABLE invoices ADD COLUMN label text; CREATE TABLE parcels (id int, weight int); \
     ALTER TABLE parcels ADD COLUMN label text; ALTER TABLE billing.parcels DROP COLUMN weight",
    "BEGIN; SET LOCAL search_path TO \"Odd One\"; ALTER TABLE \"Big Table\" RENAME \"Id\" TO id; ALTER TABLE \"Odd One\".\"Big Table\" ALTER id SET DEFAULT 4; COMMIT",
    "DO $$ BEGIN EXECUTE 'CREATE TABLE made (id int)'; END $$; ALTER TABLE made ADD COLUMN a int; CREATE INDEX made_a ON made (a)",
    "SELECT grow(); ALTER TABLE grown ADD COLUMN a int; ALTER TABLE parcels ALTER COLUMN grown SET DEFAULT 1",
    "CREATE TEMPORARY TABLE parcels_now AS SELECT id, qty AS now FROM parcels; ALTER TABLE parcels_now RENAME COLUMN now TO was",
    "CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2026-02-01') TO ('2026-03-01'); ALTER TABLE days ADD COLUMN note text; \
     ALTER TABLE days_2 ALTER COLUMN note SET DEFAULT 'x'; ALTER TABLE days_1 ALTER COLUMN note SET DEFAULT 'x'; CREATE INDEX days_v ON days (v); \
     ALTER INDEX days_2_v_idx RENAME TO days_2_v",
    "ALTER TABLE base ADD COLUMN extra int; ALTER TABLE derived ALTER COLUMN extra SET DEFAULT 1; ALTER TABLE derived ALTER COLUMN note SET DEFAULT 'x'",
    "CREATE TABLE a (id serial PRIMARY KEY, b int UNIQUE, c int CHECK (c > 0), d int REFERENCES parcels); ALTER SEQUENCE a_id_seq RESTART WITH 100; \
     ALTER TABLE a DROP CONSTRAINT a_b_key, DROP CONSTRAINT a_c_check; ALTER TABLE a RENAME CONSTRAINT a_d_fkey TO a_d; ALTER INDEX a_pkey RENAME TO a_key",
    "CREATE INDEX ON parcels (place); DROP INDEX parcels_place_idx; ALTER TABLE parcels ADD UNIQUE (place); ALTER TABLE parcels DROP CONSTRAINT parcels_place_key",
    "CREATE TABLE a AS SELECT id, label AS name FROM parcels; ALTER TABLE a ALTER COLUMN name SET NOT NULL; CREATE UNIQUE INDEX a_name ON a (name)",
    "CREATE MATERIALIZED VIEW m AS SELECT qty AS amount FROM parcels; CREATE INDEX m_amount ON m (amount); REFRESH MATERIALIZED VIEW m",
    "CREATE INDEX ON parcels (lower(label), (qty + 1)); CREATE INDEX ON parcels ((label COLLATE \"C\"), qty DESC) WHERE qty > 1",
    "DROP TABLE billing.invoices; CREATE TABLE billing.invoices (id int); CREATE SEQUENCE billing.invoices_id_seq; CREATE INDEX invoices_pkey ON billing.invoices (id)",
    "DROP TABLE parcels CASCADE; CREATE VIEW labels AS SELECT 1 AS id; CREATE TABLE parcels (id int)",
    "ALTER TABLE parcels DROP COLUMN qty; CREATE INDEX parcels_qty ON parcels (id); ALTER TABLE parcels ADD CONSTRAINT qty_positive CHECK (id > 0)",
    "CREATE UNIQUE INDEX parcels_id ON parcels (id, qty); ALTER TABLE parcels ADD CONSTRAINT parcels_both UNIQUE USING INDEX parcels_id; ALTER TABLE parcels DROP CONSTRAINT parcels_both",
    "COMMENT ON COLUMN pair.x IS 'x'; COMMENT ON TABLE parcels IS 'p'; ANALYZE parcels; LOCK TABLE parcels; GRANT SELECT ON parcels, labels TO PUBLIC; \
     GRANT SELECT ON ALL TABLES IN SCHEMA billing TO PUBLIC; CREATE TABLE \"order\" (\"select\" int); CREATE INDEX ON \"order\" (\"select\")",
    "ALTER TABLE parcels ADD COLUMN weight int; UPDATE parcels SET weight = qty; UPDATE parcels p SET weight = q.weight + 1 FROM parcels q WHERE q.id = p.id",
    "ALTER TABLE parcels RENAME COLUMN label TO tag; UPDATE parcels SET tag = lower(tag) WHERE parcels.tag <> ''",
    "CREATE TYPE two AS (a int, b int); ALTER TABLE parcels ADD COLUMN both_of two; UPDATE parcels SET both_of.a = 1; UPDATE parcels SET qty = (both_of).a + 1",
    "CREATE FUNCTION name_of(p parcels) RETURNS text LANGUAGE sql AS 'SELECT p.label'; UPDATE parcels SET label = parcels.name_of",
    "CREATE TABLE twice AS SELECT *, qty * 2 AS doubled FROM parcels; UPDATE twice SET doubled = 1; DELETE FROM twice WHERE doubled = 2",
    "CREATE OR REPLACE VIEW labels AS SELECT id, label, place AS spot FROM parcels; INSERT INTO parcels (id, qty) SELECT 100 + id, 1 FROM labels WHERE spot > 1",
];

fn read(text: &str) -> Migration {
    file("1", text)
}

fn start(major: u32) -> Database {
    let database = Database::create(major);
    database.execute(START);
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_would_refuse_is_refused_before_anything_is_done() {
    for major in majors().expect("majors") {
        let own = start(major);
        for (text, code, message, hint) in WRONG {
            assert!(
                execute(&own.url, &format!("BEGIN; {}; ROLLBACK", text.replace("CONCURRENTLY ", ""))).is_err(),
                "{major}: the server takes {text}"
            );
            let mut session = session(&own).await;
            let failure = run::apply(&mut session, &[read(text)], &options(), &Silent).await.expect_err(text);
            assert_eq!(failure.code, format!("migrate.{code}"), "{major}: {text}: {failure:?}");
            assert!(failure.message.contains(message), "{major}: {text}: {failure:?}");
            assert!(failure.hints.join("; ").contains(hint), "{major}: {text}: {failure:?}");
        }
        let made = cell(&own.url, "SELECT coalesce(to_regclass('a')::text, 'none') || (SELECT count(*) FROM parcels)");
        assert_eq!(made, "none20", "{major}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_takes_is_not_refused() {
    for (at, text) in RIGHT.into_iter().enumerate() {
        let majors = majors().expect("majors");
        let own = start(majors[at % majors.len()]);
        let mut session = session(&own).await;
        let allowed = Options { allow_blocking: true, ..options() };
        run::apply(&mut session, &[read(text)], &allowed, &Silent).await.unwrap_or_else(|e| panic!("{text}: {e:?}"));
    }
}

/// What an earlier pending file makes and takes away counts for the later ones, and each file begins with its own search path.
#[tokio::test(flavor = "multi_thread")]
async fn several_files_are_looked_at_together() {
    let own = start(majors().expect("majors")[0]);
    let mut session = session(&own).await;
    let wrong = [
        file("1", "CREATE TABLE a (i int); SET search_path = billing"),
        file("2", "ALTER TABLE a ADD COLUMN j int; DROP TABLE labls"),
        file("3", "ALTER TABLE a ALTER k SET DEFAULT 1"),
    ];
    let failure = run::preview(&mut session, &wrong, &options()).await.expect_err("refused");
    assert!(failure.message.contains("labls"), "{failure:?}");
    assert!(failure.excerpt.as_ref().is_some_and(|all| all.contains("there is no column k of a")), "{failure:?}");
    let right = [
        file("1", "CREATE TABLE a (i int); ALTER TABLE parcels RENAME label TO tag"),
        file("2", "DROP TABLE a; CREATE TABLE a (k int); CREATE INDEX ON parcels (tag)"),
    ];
    run::apply(&mut session, &right, &options(), &Silent).await.expect("applied");
}
