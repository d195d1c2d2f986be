//! Names that are not there, or are there already: refused before anything is done where the server would refuse them, and
//! never where it would not.

use dbwright_core::progress::Silent;
use dbwright_migrate::Migration;
use dbwright_migrate::run::{self, Options};
use dbwright_testkit::MyDatabase;

use crate::common::{cell, engines, open, options, schema};

const START: &str = "\
    CREATE TABLE parcels (id int PRIMARY KEY, label varchar(40), qty int NOT NULL, place int, \
        CONSTRAINT qty_positive CHECK (qty > 0), UNIQUE KEY by_label (label), KEY by_qty (qty)); \
    INSERT INTO parcels VALUES (1, 'a', 1, 1), (2, 'b', 2, 2); \
    CREATE TABLE invoices (id int AUTO_INCREMENT PRIMARY KEY, parcel int, total decimal(10, 2), \
        CONSTRAINT of_parcel FOREIGN KEY (parcel) REFERENCES parcels (id)); \
    CREATE TABLE `Odd ``One` (`Id` int PRIMARY KEY, `Some Value` varchar(20), `näme` int); \
    CREATE VIEW labels AS SELECT id, label FROM parcels; \
    CREATE PROCEDURE grow() CREATE TABLE grown (id int PRIMARY KEY);";

/// What the last statement names wrongly: the code, a part of the message, and a part of the hints.
const WRONG: [(&str, &str, &str, &str); 46] = [
    (
        "ALTER TABLE parcel ADD COLUMN a int",
        "no-table",
        "1_test.sql:1: there is no table parcel",
        "did you mean parcels?",
    ),
    (
        "CREATE TABLE a (i int PRIMARY KEY);\n\nALTER TABLE parcels\n  ADD COLUMN b int,\n  ALTER COLUMN qtty SET DEFAULT 1",
        "no-column",
        "1_test.sql:5: there is no column qtty of parcels",
        "did you mean qty?",
    ),
    (
        "ALTER TABLE parcels DROP COLUMN colour",
        "no-column",
        "colour of parcels",
        "its columns are id, label, qty, place",
    ),
    ("ALTER TABLE parcels MODIFY labl varchar(80)", "no-column", "labl", "label"),
    ("ALTER TABLE parcels CHANGE labl name varchar(80)", "no-column", "labl", "label"),
    ("ALTER TABLE parcels RENAME COLUMN labl TO name", "no-column", "labl", "label"),
    ("ALTER TABLE parcels ADD COLUMN a int AFTER lable", "no-column", "lable", "label"),
    (
        "ALTER TABLE parcels RENAME COLUMN place TO QTY",
        "name-taken",
        "there is a column QTY of parcels",
        "another name",
    ),
    ("ALTER TABLE parcels CHANGE place label int", "name-taken", "column label of parcels", "another name"),
    ("ALTER TABLE parcels ADD COLUMN LABEL text", "name-taken", "column LABEL of parcels", "another name"),
    ("ALTER TABLE parcels ADD (a int, label text)", "name-taken", "column label", ""),
    ("ALTER TABLE parcels DROP INDEX by_labl", "no-index", "by_labl of parcels", "by_label"),
    ("DROP INDEX by_quantity ON parcels", "no-index", "there is no index by_quantity of parcels", "by_label, by_qty"),
    ("ALTER TABLE parcels RENAME INDEX by_q TO by_n", "no-index", "by_q", "by_qty"),
    ("ALTER TABLE parcels RENAME INDEX by_label TO BY_QTY", "name-taken", "there is an index BY_QTY", ""),
    ("ALTER TABLE parcels ADD INDEX by_qty (place)", "name-taken", "there is an index by_qty of parcels already", ""),
    ("CREATE UNIQUE INDEX by_qty ON parcels (qty, id)", "name-taken", "index by_qty", ""),
    ("CREATE INDEX i ON parcels (lable)", "no-column", "lable of parcels", "label"),
    ("ALTER TABLE parcels ADD UNIQUE (id, qtty)", "no-column", "qtty", "qty"),
    ("ALTER TABLE parcels ADD PRIMARY KEY (label)", "name-taken", "primary key", "DROP PRIMARY KEY"),
    ("ALTER TABLE parcels DROP CONSTRAINT qty_positiv", "no-constraint", "qty_positiv of parcels", "qty_positive"),
    ("ALTER TABLE invoices DROP FOREIGN KEY of_parcels", "no-constraint", "foreign key of_parcels", "of_parcel"),
    ("ALTER TABLE parcels ADD CONSTRAINT qty_positive CHECK (qty > 1)", "name-taken", "constraint qty_positive", ""),
    ("ALTER TABLE parcels ADD FOREIGN KEY (place) REFERENCES places (id)", "no-table", "there is no table places", ""),
    ("ALTER TABLE parcels ADD FOREIGN KEY (place) REFERENCES invoices (nr)", "no-column", "nr of invoices", ""),
    ("CREATE TABLE parcels (id int)", "name-taken", "there is a table parcels already", "IF NOT EXISTS"),
    ("CREATE TABLE labels (id int)", "name-taken", "there is a view labels already", ""),
    ("CREATE VIEW labels AS SELECT 1 AS one", "name-taken", "view labels", "CREATE OR REPLACE"),
    ("CREATE TABLE a LIKE parcles", "no-table", "parcles", "parcels"),
    (
        "CREATE TABLE a (i int PRIMARY KEY); CREATE TABLE a (i int PRIMARY KEY)",
        "name-taken",
        "the statement on line 1 makes a table a already",
        "",
    ),
    (
        "RENAME TABLE invoices TO entries;\nALTER TABLE invoices ADD b int",
        "no-table",
        "1_test.sql:2: there is no table invoices any more: the statement on line 1",
        "",
    ),
    ("CREATE TABLE a (i int PRIMARY KEY, KEY by_kind (kind))", "no-column", "kind of a", "its columns are i"),
    ("DROP TABLE invoices, parcles", "no-table", "parcles", "parcels"),
    ("DROP VIEW label", "no-table", "there is no view label", "labels"),
    ("UPDATE parcel SET qty = 1 WHERE id = 1", "no-table", "parcel", "parcels"),
    (
        "INSERT INTO `Odd ``One` (`Id`, `Sone Value`) VALUES (1, 'x')",
        "no-column",
        "`Sone Value` of `Odd ``One`",
        "`Some Value`",
    ),
    ("ALTER TABLE `odd one` ADD a int", "no-table", "`odd one`", "`Odd ``One`"),
    (
        "ALTER TABLE parcels ADD CONSTRAINT of_parcel FOREIGN KEY (place) REFERENCES parcels (id)",
        "name-taken",
        "there is a foreign key of_parcel of invoices already",
        "only one in the schema",
    ),
    (
        "CREATE TABLE a (id int PRIMARY KEY, b int, CONSTRAINT OF_PARCEL FOREIGN KEY (b) REFERENCES parcels (id))",
        "name-taken",
        "foreign key OF_PARCEL of invoices",
        "another name",
    ),
    (
        "CREATE TABLE a (id int PRIMARY KEY, CONSTRAINT mine FOREIGN KEY (id) REFERENCES parcels (id)); \
         ALTER TABLE invoices ADD CONSTRAINT mine FOREIGN KEY (id) REFERENCES parcels (id)",
        "name-taken",
        "foreign key mine of a",
        "",
    ),
    (
        "UPDATE parcels SET qtty = 1 WHERE id = 1",
        "no-column",
        "there is no column qtty of parcels",
        "did you mean qty?",
    ),
    (
        "UPDATE parcels p SET p.qty = 1 WHERE p.colour = 'a:b'",
        "no-column",
        "colour of parcels",
        "its columns are id, label",
    ),
    ("DELETE FROM parcels WHERE labl = 'it''s'", "no-column", "labl of parcels", "label"),
    ("INSERT INTO invoices (id, parcel) SELECT id, qtty FROM parcels", "no-column", "there is no column qtty", "qty"),
    ("UPDATE invoices i JOIN parcels p ON p.id = i.parcl SET i.total = 1", "no-column", "no column parcl", "parcel"),
    (
        "CREATE TABLE a (i int PRIMARY KEY); ALTER TABLE parcels ADD b int;\nUPDATE parcels SET plase = 2, b = 1 WHERE id = 1",
        "no-column",
        "1_test.sql:2: there is no column plase",
        "place",
    ),
];

/// What MySQL alone refuses: there the names of CHECKs are the schema's.
const WRONG_ON_MYSQL: [(&str, &str); 2] = [
    ("ALTER TABLE invoices ADD CONSTRAINT qty_positive CHECK (total > 0)", "constraint qty_positive of parcels"),
    (
        "CREATE TABLE a (id int PRIMARY KEY, CONSTRAINT QTY_Positive CHECK (id > 0))",
        "constraint QTY_Positive of parcels",
    ),
];

/// What the server does without complaint.
const RIGHT: [&str; 22] = [
    "DROP TABLE IF EXISTS nowhere; DROP VIEW IF EXISTS nowhere; CREATE TABLE IF NOT EXISTS parcels (other int PRIMARY KEY); \
     CREATE OR REPLACE VIEW labels AS SELECT id, label, qty FROM parcels",
    "ALTER TABLE parcels ADD COLUMN later int, ADD COLUMN last int AFTER LATER, ADD UNIQUE KEY later_once (Later, LAST)",
    "ALTER TABLE parcels DROP CONSTRAINT qty_positive, ADD CONSTRAINT qty_positive CHECK (qty > 0)",
    "ALTER TABLE parcels DROP COLUMN place, ADD COLUMN place bigint; ALTER TABLE parcels MODIFY place int",
    "ALTER TABLE parcels DROP INDEX by_qty, ADD INDEX by_qty (qty, id); ALTER TABLE parcels RENAME INDEX by_qty TO by_number; \
     DROP INDEX BY_NUMBER ON parcels",
    "ALTER TABLE parcels RENAME COLUMN label TO tag, RENAME COLUMN place TO label; CREATE INDEX by_both ON parcels (tag, label); \
     ALTER TABLE parcels CHANGE qty QTY bigint NOT NULL",
    "CREATE TABLE packets LIKE parcels; ALTER TABLE packets DROP COLUMN label; ALTER TABLE packets DROP INDEX by_qty; DROP TABLE packets; \
     CREATE TABLE packets (id int PRIMARY KEY)",
    "RENAME TABLE parcels TO swap_0, invoices TO parcels, swap_0 TO invoices; ALTER TABLE parcels ADD note text; \
     ALTER TABLE invoices ADD INDEX by_place (place)",
    "SET foreign_key_checks = 0; CREATE TABLE a (id int PRIMARY KEY, b int, CONSTRAINT to_b FOREIGN KEY (b) REFERENCES b (id)); \
     CREATE TABLE b (id int PRIMARY KEY)",
    "CREATE TABLE a (id int PRIMARY KEY, b int UNIQUE, c int, UNIQUE (c), FOREIGN KEY (c) REFERENCES parcels (id)); \
     ALTER TABLE a DROP INDEX b; ALTER TABLE a DROP FOREIGN KEY a_ibfk_1",
    "ALTER TABLE invoices DROP FOREIGN KEY of_parcel; ALTER TABLE invoices DROP INDEX of_parcel",
    "CALL grow(); ALTER TABLE grown ADD COLUMN a int",
    "ALTER TABLE `Odd ``One` ALTER COLUMN `some value` SET DEFAULT 'x', ADD INDEX `by ``name` (`NÄME`); ALTER TABLE `Odd ``One` DROP INDEX `BY ``NAME`",
    "INSERT INTO parcels (ID, Label, QTY) VALUES (7, 'g', 7); UPDATE parcels p SET p.qty = 8 WHERE p.id = 7; DELETE FROM parcels WHERE id = 7; \
     DELETE i FROM invoices i JOIN parcels p ON p.id = i.parcel WHERE p.qty = 9",
    "CREATE TABLE a AS SELECT id, label AS name FROM parcels; ALTER TABLE a ADD PRIMARY KEY (id); CREATE INDEX by_name ON a (name)",
    "CREATE TABLE a (id int PRIMARY KEY, x int); CREATE INDEX both_ways ON a (x DESC, id); ALTER TABLE a RENAME TO c; DROP TABLE c; \
     CREATE TABLE a (x int PRIMARY KEY)",
    "ALTER TABLE invoices ADD INDEX of_parcel (parcel, total)",
    "ALTER TABLE invoices DROP INDEX of_parcel, ADD INDEX of_parcel (parcel, id)",
    "ALTER TABLE invoices DROP FOREIGN KEY of_parcel; \
     ALTER TABLE parcels ADD CONSTRAINT of_parcel FOREIGN KEY (place) REFERENCES parcels (id)",
    "DROP TABLE invoices; CREATE TABLE bills (id int PRIMARY KEY, CONSTRAINT of_parcel FOREIGN KEY (id) REFERENCES parcels (id))",
    "ALTER TABLE parcels ADD COLUMN weight int; UPDATE parcels SET weight = 1 WHERE weight IS NULL; \
     ALTER TABLE parcels RENAME COLUMN weight TO grams; UPDATE parcels SET grams = 2 WHERE grams = 1",
    "CREATE TABLE a (i int PRIMARY KEY, j int); INSERT INTO a (i, j) SELECT id, qty FROM parcels; UPDATE a SET j = 3 WHERE i = 1; \
     DELETE a FROM a JOIN parcels ON parcels.id = a.i WHERE parcels.label = 'x:y ?'",
];

/// What MariaDB alone takes.
const MARIADB: [&str; 4] = [
    "ALTER TABLE invoices ADD CONSTRAINT qty_positive CHECK (total > 0)",
    "ALTER TABLE IF EXISTS parcel ADD COLUMN a int; ALTER TABLE parcels DROP COLUMN IF EXISTS no, ADD COLUMN IF NOT EXISTS label text, \
     DROP INDEX IF EXISTS no, DROP CONSTRAINT IF EXISTS no, ADD INDEX IF NOT EXISTS by_qty (qty)",
    "CREATE INDEX IF NOT EXISTS by_qty ON parcels (qty); DROP INDEX IF EXISTS nowhere ON parcels",
    "CREATE SEQUENCE numbers; CREATE OR REPLACE TABLE fresh (id int PRIMARY KEY); ALTER TABLE fresh ADD COLUMN a int; DROP SEQUENCE numbers",
];

fn read(version: &str, text: &str) -> Migration {
    crate::common::migration(version, text, None)
}

fn start(engine: &str) -> MyDatabase {
    let database = MyDatabase::create(engine);
    database.execute(START);
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_would_refuse_is_refused_before_anything_is_done() {
    for engine in engines() {
        let own = start(engine);
        let before = schema(&own.url);
        for (text, code, message, hint) in WRONG {
            let mut session = open(&own.url).await.expect("open");
            let failure = run::apply(session.as_mut(), &[read("1", text)], &options(), &Silent).await.expect_err(text);
            assert_eq!(failure.code, format!("migrate.{code}"), "{engine}: {text}: {failure:?}");
            assert!(failure.message.contains(message), "{engine}: {text}: {failure:?}");
            assert!(failure.hints.join("; ").contains(hint), "{engine}: {text}: {failure:?}");
            assert_eq!(schema(&own.url), before, "{engine}: {text}");
        }
        for (text, message) in WRONG_ON_MYSQL.into_iter().filter(|_| engine == "mysql") {
            let mut session = open(&own.url).await.expect("open");
            let failure = run::apply(session.as_mut(), &[read("1", text)], &options(), &Silent).await.expect_err(text);
            assert!(failure.code == "migrate.name-taken" && failure.message.contains(message), "{text}: {failure:?}");
            let refused = dbwright_testkit::my::sql::execute(&own.url, text);
            assert!(refused.is_err(), "the server takes {text}");
        }
        for (text, ..) in WRONG {
            let other = start(engine);
            let refused = dbwright_testkit::my::sql::execute(&other.url, text);
            assert!(refused.is_err(), "{engine}: the server takes {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_takes_is_not_refused() {
    for engine in engines() {
        let more = if engine == "mariadb" { MARIADB.as_slice() } else { &[] };
        for text in RIGHT.iter().chain(more) {
            let own = start(engine);
            let mut session = open(&own.url).await.expect("open");
            let allowed = Options { allow_blocking: true, ..options() };
            let applied = run::apply(session.as_mut(), &[read("1", text)], &allowed, &Silent).await;
            applied.unwrap_or_else(|e| panic!("{engine}: {text}: {e:?}"));
        }
    }
}

/// What an earlier pending file makes and takes away counts for the later ones.
#[tokio::test(flavor = "multi_thread")]
async fn several_files_are_looked_at_together() {
    for engine in engines() {
        let own = start(engine);
        let mut session = open(&own.url).await.expect("open");
        let wrong = [
            read("1", "CREATE TABLE a (i int PRIMARY KEY); SET foreign_key_checks = 0"),
            read("2", "ALTER TABLE a ADD COLUMN j int; DROP VIEW labls"),
            read("3", "ALTER TABLE a ALTER k SET DEFAULT 1"),
        ];
        let failure = run::preview(session.as_mut(), &wrong, &options()).await.expect_err("refused");
        assert!(failure.message.contains("2_test.sql:1: there is no view labls"), "{failure:?}");
        assert!(failure.excerpt.as_ref().is_some_and(|all| all.contains("there is no column k of a")), "{failure:?}");
        let right = [
            read("1", "CREATE TABLE a (i int PRIMARY KEY); ALTER TABLE parcels RENAME COLUMN label TO tag"),
            read("2", "DROP TABLE a; CREATE TABLE a (k int PRIMARY KEY); CREATE INDEX by_tag ON parcels (tag)"),
        ];
        run::apply(session.as_mut(), &right, &options(), &Silent).await.expect("applied");
        assert_eq!(
            cell(
                &own.url,
                "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name IN ('tag', 'k')"
            ),
            "2"
        );
    }
}
