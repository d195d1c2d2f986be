//! Views, triggers, routines and events come back as they were: under the modes that they were written under, in their place
//! among triggers, with the grants that went with them, and in an order in which the server takes them.

use dbwright_core::progress::Silent;
use dbwright_testkit::MyDatabase;
use dbwright_testkit::my::sql;

use crate::common::{cell, engines, leftovers, open, plan, schema, verb};

const START: &str = "CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(20)); INSERT INTO t VALUES (1, 2, 'x'); \
    CREATE TABLE log (what varchar(40)); CREATE VIEW v AS SELECT id, a FROM t; CREATE VIEW w AS SELECT a FROM v; \
    CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2031-01-01 00:00:00' DISABLE COMMENT 'nightly' DO DELETE FROM log; \
    CREATE TRIGGER first BEFORE UPDATE ON t FOR EACH ROW SET NEW.b = CONCAT(NEW.b, '1'); \
    CREATE TRIGGER second BEFORE UPDATE ON t FOR EACH ROW SET NEW.b = CONCAT(NEW.b, '2'); \
    CREATE TRIGGER third BEFORE UPDATE ON t FOR EACH ROW SET NEW.b = CONCAT(NEW.b, '3'); \
    SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT', collation_connection = 'latin1_swedish_ci'; \
    CREATE PROCEDURE p (IN n int) BEGIN INSERT INTO \"log\" SELECT 'p' || n; END; \
    CREATE FUNCTION f (n int) RETURNS varchar(20) DETERMINISTIC NO SQL RETURN 'f' || n";

/// All that the server remembers of views, triggers, routines and events; of several statements that were sent at once it keeps
/// the semicolons with the bodies.
fn objects(url: &str) -> String {
    let mut lines = vec![schema(url).replace(";\n", "\n")];
    for query in [
        "SELECT CONCAT_WS('; ', trigger_name, action_order, TRIM(TRAILING ';' FROM action_statement), sql_mode, collation_connection, definer) \
         FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1",
        "SELECT CONCAT_WS('; ', routine_name, TRIM(TRAILING ';' FROM routine_definition), sql_mode, collation_connection, definer, security_type, \
         routine_comment) FROM information_schema.routines WHERE routine_schema = DATABASE() ORDER BY 1",
        "SELECT CONCAT_WS('; ', event_name, TRIM(TRAILING ';' FROM event_definition), sql_mode, collation_connection, definer, status, starts, \
         interval_value, interval_field, time_zone, event_comment) FROM information_schema.events \
         WHERE event_schema = DATABASE() ORDER BY 1",
        "SELECT CONCAT_WS('; ', User, Host, Routine_name, Routine_type, Proc_priv) FROM mysql.procs_priv \
         WHERE Db = DATABASE() ORDER BY 1",
    ] {
        let rows = sql::query(url, query).unwrap_or_else(|reason| panic!("{reason} in {query}"));
        lines.extend(rows.into_iter().flatten());
    }
    lines.join("\n")
}

/// Texts whose statements are all taken back: what is dropped, replaced and changed, alone and among other changes.
const TEXTS: &[&str] = &[
    "DROP PROCEDURE p; DROP FUNCTION f; DROP EVENT e",
    "DROP TRIGGER first",
    "DROP TRIGGER second; ALTER TABLE t ADD c int; CREATE TRIGGER second AFTER INSERT ON t FOR EACH ROW SET @c = NEW.c",
    "DROP VIEW w, v",
    "DROP VIEW IF EXISTS w, nothing",
    "ALTER VIEW v AS SELECT id, a, b FROM t",
    "ALTER EVENT e ON SCHEDULE EVERY 2 DAY ENABLE",
    "ALTER PROCEDURE p SQL SECURITY INVOKER COMMENT 'as the caller'",
    "ALTER FUNCTION f COMMENT 'label'",
    // The old view can't be made before its column has its name again.
    "ALTER TABLE t RENAME COLUMN a TO amount; CREATE OR REPLACE VIEW v AS SELECT id, amount FROM t; \
     CREATE OR REPLACE VIEW w AS SELECT amount FROM v",
    "ALTER TABLE t RENAME COLUMN a TO amount; ALTER VIEW v AS SELECT id, amount FROM t; DROP VIEW w",
    // Of two definitions in one file the older one counts.
    "ALTER TABLE t RENAME COLUMN a TO amount; CREATE OR REPLACE VIEW v AS SELECT amount FROM t; \
     ALTER TABLE t RENAME COLUMN amount TO total; CREATE OR REPLACE VIEW v AS SELECT total FROM t; DROP VIEW w",
    // A view takes a table's name, and the table's old one is free again.
    "RENAME TABLE log TO log_kept; CREATE VIEW log AS SELECT what FROM log_kept; \
     CREATE OR REPLACE VIEW log AS SELECT what, 1 AS one FROM log_kept",
    "DROP VIEW w; DROP VIEW v; RENAME TABLE t TO v",
    // No row has a value to lose.
    "ALTER TABLE log DROP COLUMN what, ADD COLUMN said text, ADD KEY (said(10))",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_as_text_comes_back_as_it_was() {
    for engine in engines() {
        for text in TEXTS {
            let what = format!("{engine}: {text}");
            let database = MyDatabase::create(engine);
            database.execute(START);
            let account = format!("'{}'@'%'", database.name.trim_start_matches("dbwright_"));
            database.execute(&format!("CREATE USER {account}"));
            database.execute(&format!("GRANT EXECUTE ON PROCEDURE {}.p TO {account}", database.name));
            database.execute(&format!(
                "GRANT EXECUTE, ALTER ROUTINE ON FUNCTION {}.f TO {account} WITH GRANT OPTION",
                database.name
            ));
            let before = objects(&database.url);
            let text = text.replace("; ", ";\n");
            let plans = plan(&database.url, &text).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
            let lost = plans.iter().flat_map(|planned| &planned.steps).find_map(|step| step.back.lost());
            assert_eq!(lost, None, "{what}");
            verb(&database.url, "apply", &text, &Silent).await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
            assert_ne!(objects(&database.url), before, "{what}");
            verb(&database.url, "undo", &text, &Silent).await.unwrap_or_else(|e| panic!("{what}: undo: {e:?}"));
            assert_eq!(objects(&database.url), before, "{what}");
            assert_eq!(cell(&database.url, "SELECT b FROM t"), "x", "{what}");
            assert_eq!(leftovers(&database.url).await, [""; 0], "{what}");
            database.execute(&format!("DROP USER {account}"));
        }
    }
}

/// A second undo goes on after the server has refused a view for good.
#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_can_not_be_made_again_is_told_and_tried_again() {
    let text = "ALTER TABLE t RENAME COLUMN a TO amount;\nCREATE OR REPLACE VIEW v AS SELECT id, amount FROM t;";
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute(START);
        let before = objects(&database.url);
        verb(&database.url, "apply", text, &Silent).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        // Somebody else takes away what the old view reads.
        database.execute("ALTER TABLE t RENAME COLUMN id TO number");
        let failure = verb(&database.url, "undo", text, &Silent).await.expect_err("refused");
        assert!(failure.message.contains("VIEW v") && failure.message.contains("id"), "{engine}: {failure:?}");
        assert!(failure.hints.iter().any(|hint| hint.contains("migrate resume")), "{engine}: {failure:?}");
        assert_eq!(cell(&database.url, "SELECT a FROM t"), "2", "{engine}: the rest is back");
        database.execute("ALTER TABLE t RENAME COLUMN number TO id");
        verb(&database.url, "resume", text, &Silent).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!(objects(&database.url), before, "{engine}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_that_a_file_has_turned_off_stay_off_after_a_copy() {
    // Rows of a child that has no parent are taken without checks alone.
    let text = "SET foreign_key_checks = 0;\nALTER TABLE big MODIFY id bigint NOT NULL;\n\
        INSERT INTO child (id, parent) VALUES (1, 999);\nSET foreign_key_checks = 1;";
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute(
            "CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE big (id int NOT NULL PRIMARY KEY, parent int, \
             pad varchar(1000) NOT NULL, FOREIGN KEY (parent) REFERENCES parents (id)); \
             CREATE TABLE child (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES parents (id)); \
             INSERT INTO big (id, pad) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
             SELECT a.i * 10 + b.i, REPEAT('p', 900) FROM n a JOIN (SELECT i FROM n WHERE i <= 6) b; ANALYZE TABLE big",
        );
        let plans = plan(&database.url, text).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!(plans[1].method, "shadow-table", "{engine}: {:?}", plans[1].blocking);
        verb(&database.url, "apply", text, &Silent).await.unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!(cell(&database.url, "SELECT parent FROM child"), "999", "{engine}");
        let mut session = open(&database.url).await.expect("open");
        assert!(!session.journal().await.expect("readable").is_empty(), "{engine}");
    }
}
