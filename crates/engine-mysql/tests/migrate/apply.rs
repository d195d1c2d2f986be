//! What the server says it would do, applied and undone.

use dbwright_core::progress::Silent;
use dbwright_migrate::plan::Work;
use dbwright_migrate::run;
use dbwright_testkit::MyDatabase;

use crate::common::{cell, engines, leftovers, migration, open, options, plan, schema, verb};

pub(crate) const TABLES: &str = "CREATE TABLE customers (id int PRIMARY KEY, email varchar(50) NOT NULL); \
    CREATE TABLE orders (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, customer int NOT NULL, note varchar(20), \
    total decimal(10,2) NOT NULL DEFAULT 0, KEY by_customer (customer), \
    CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers (id)); \
    INSERT INTO customers VALUES (1, 'a@b'), (2, 'b@b'); \
    INSERT INTO orders (customer, note) VALUES (1, 'x'), (2, 'y'), (1, 'z')";

fn statement(work: &Work) -> &str {
    match work {
        Work::Alone { statement, .. } => statement,
        _ => "",
    }
}

/// A change, the algorithm on MySQL and on MariaDB.
pub(crate) const WAYS: &[(&str, &str, &str)] = &[
    ("ALTER TABLE orders ADD COLUMN tier int NOT NULL DEFAULT 1", "INSTANT", "INSTANT"),
    ("ALTER TABLE orders ADD COLUMN tier int AFTER id, ADD KEY by_tier (tier)", "INPLACE", "INPLACE"),
    ("ALTER TABLE orders RENAME COLUMN note TO remark", "INSTANT", "INSTANT"),
    ("ALTER TABLE orders CHANGE note remark varchar(20) NOT NULL DEFAULT ''", "INPLACE", "INPLACE"),
    ("ALTER TABLE orders MODIFY note varchar(40)", "INPLACE", "INSTANT"),
    ("ALTER TABLE orders ALTER note SET DEFAULT 'z'", "INSTANT", "INSTANT"),
    ("CREATE INDEX by_note ON orders (note(5) DESC)", "INPLACE", "INPLACE"),
    ("ALTER TABLE orders RENAME INDEX by_customer TO per_customer", "INPLACE", "INSTANT"),
    ("ALTER TABLE orders COMMENT = 'what was bought'", "INPLACE", "INSTANT"),
    ("ALTER TABLE orders MODIFY total decimal(10,2) NOT NULL DEFAULT 0 AFTER id", "INPLACE", "INSTANT"),
    ("ALTER TABLE orders DROP FOREIGN KEY orders_customer", "INPLACE", "INSTANT"),
    ("ALTER TABLE orders MODIFY id bigint NOT NULL AUTO_INCREMENT", "COPY", "COPY"),
    ("ALTER TABLE orders ADD CONSTRAINT positive CHECK (total >= 0)", "COPY", "COPY"),
    ("ALTER TABLE orders CONVERT TO CHARACTER SET utf16", "COPY", "COPY"),
];

#[tokio::test]
async fn each_change_is_done_as_the_server_said_and_taken_back_exactly() {
    for engine in engines() {
        for (sql, mysql, mariadb) in WAYS {
            let what = format!("{engine}: {sql}");
            let database = MyDatabase::create(engine);
            database.execute(TABLES);
            let before = schema(&database.url);
            let plans = plan(&database.url, sql).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
            let [planned] = plans.as_slice() else { panic!("{what}: {plans:?}") };
            let algorithm = if engine == "mysql" { mysql } else { mariadb };
            let said = statement(&planned.steps[0].work);
            assert!(said.contains(&format!("ALGORITHM={algorithm}, LOCK=")), "{what}: {said}");
            assert_eq!(planned.blocking, None, "{what}: the table is small");
            verb(&database.url, "apply", sql, &Silent).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
            let after = schema(&database.url);
            assert_ne!(after, before, "{what}");
            // What the plain statement makes.
            let plain = MyDatabase::create(engine);
            plain.execute(TABLES);
            plain.execute(sql);
            assert_eq!(after, schema(&plain.url), "{what}");
            verb(&database.url, "undo", sql, &Silent).await.unwrap_or_else(|e| panic!("{what}: undo: {e:?}"));
            assert_eq!(schema(&database.url), before, "{what}");
            assert_eq!(leftovers(&database.url).await, [""; 0], "{what}");
        }
    }
}

const SEVERAL: &str = "CREATE TABLE t (id int PRIMARY KEY, a int);
INSERT INTO t VALUES (1, 10);
ALTER TABLE t ADD b int NOT NULL DEFAULT 3;
CREATE INDEX t_b ON t (b);
RENAME TABLE t TO u;
ALTER TABLE u DROP INDEX t_b, ADD UNIQUE KEY u_b (b, a);
CREATE VIEW v AS SELECT a, b FROM u;
CREATE TRIGGER r BEFORE INSERT ON u FOR EACH ROW BEGIN IF NEW.a IS NULL THEN SET NEW.a = 0; END IF; END;
DROP TABLE customers_old;";

#[tokio::test]
async fn later_statements_see_what_earlier_ones_make() {
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute("CREATE TABLE customers_old (id int PRIMARY KEY); INSERT INTO customers_old VALUES (1)");
        let before = schema(&database.url);
        let plans = plan(&database.url, SEVERAL).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert!(plans.iter().all(|planned| planned.later.is_none() && planned.blocking.is_none()), "{plans:#?}");
        let outcome =
            verb(&database.url, "apply", SEVERAL, &Silent).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!(outcome.migrations[0].steps, 9, "{engine}");
        assert_eq!(cell(&database.url, "SELECT CONCAT_WS(',', a, b) FROM v"), "10,3", "{engine}");
        verb(&database.url, "undo", SEVERAL, &Silent).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!(schema(&database.url), before, "{engine}");
        assert_eq!(cell(&database.url, "SELECT COUNT(*) FROM customers_old"), "1", "{engine}: put aside, and back");
    }
}

#[tokio::test]
async fn what_is_applied_is_in_the_journal_of_its_database_alone() {
    for engine in engines() {
        let (one, other) = (MyDatabase::create(engine), MyDatabase::create(engine));
        for database in [&one, &other] {
            database.execute(TABLES);
        }
        let up = "ALTER TABLE orders ADD tier int";
        verb(&one.url, "apply", up, &Silent).await.expect("applied");
        let mut session = open(&one.url).await.expect("open");
        let journal = session.journal().await.expect("journal");
        assert_eq!(journal.len(), 1, "{engine}");
        assert_eq!(journal[0].state.word(), "applied");
        assert!(journal[0].applied_at.is_some() && journal[0].steps.len() == 1);
        assert!(open(&other.url).await.expect("open").journal().await.expect("journal").is_empty(), "{engine}");
        assert_eq!(run::verify(session.as_mut(), &[migration("1", up, None)]).await.expect("verified"), []);
        let again = verb(&one.url, "apply", up, &Silent).await.expect("nothing to do");
        assert!(again.migrations.is_empty(), "{engine}");
    }
}

#[tokio::test]
async fn a_statement_that_the_server_rejects_stops_before_anything_is_done() {
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute(TABLES);
        let before = schema(&database.url);
        for (up, code) in [
            ("ALTER TABLE orders ADD a int;\nALTER TABLE orders DROP COLUMN nothing", "migrate.no-column"),
            ("ALTER TABLE nowhere ADD a int", "migrate.no-table"),
            ("ALTER TABLE orders MODIFY note warchar(10)", "migrate.rejected"),
            ("USE other", "migrate.other-database"),
        ] {
            let failure = verb(&database.url, "apply", up, &Silent).await.expect_err(up);
            assert_eq!(failure.code, code, "{engine}: {up}: {failure:?}");
            assert!(failure.message.starts_with("line ") || failure.message.starts_with("1_test.sql:"), "{failure:?}");
            assert_eq!(schema(&database.url), before, "{engine}: {up}");
            assert_eq!(leftovers(&database.url).await, [""; 0], "{engine}: {up}");
        }
    }
}

#[tokio::test]
async fn a_large_copy_is_not_begun_without_asking_where_it_can_t_be_done_beside_the_table() {
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute(
            "CREATE TABLE big (a int NOT NULL, pad char(250) NOT NULL) CHARACTER SET latin1; \
             INSERT INTO big VALUES (1, REPEAT('x', 250))",
        );
        for _ in 0..15 {
            database.execute("INSERT INTO big SELECT a, pad FROM big");
        }
        database.execute("ANALYZE TABLE big");
        // There is no key by which rows could be copied.
        let up = "ALTER TABLE big MODIFY a bigint NOT NULL";
        let failure = verb(&database.url, "apply", up, &Silent).await.expect_err("it blocks");
        assert_eq!(failure.code, "migrate.blocking", "{engine}: {failure:?}");
        let mut session = open(&database.url).await.expect("open");
        let options = run::Options { allow_blocking: true, ..options() };
        run::apply(session.as_mut(), &[migration("1", up, None)], &options, &Silent).await.expect("allowed");
    }
}
