//! `plan` writes nothing to the target: a private server of the same kind says the same as the target itself would.

use std::path::PathBuf;

use dbwright_core::Failure;
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_engine_mysql::MySql;
use dbwright_migrate::port::{Facts, OpenOptions};
use dbwright_migrate::{OnlineDdl, Planned};
use dbwright_testkit::{MyDatabase, my_server, programs};

use crate::common::{engines, migration, plan};

/// The plans of statements as `plan` makes them, and what the session says of itself.
async fn looked(url: &str, programs: PathBuf, up: &str) -> Result<(Vec<Planned>, Facts), Failure> {
    let options = OpenOptions { read_only: true, programs: vec![programs], ..OpenOptions::default() };
    let mut session = MySql.open(&Address::parse(url)?, &options, &Silent).await?;
    let statements = migration("1", up, None).up.statements;
    let plans = session.plan(&statements).await?;
    // A second time on the same private server, with nothing left of the first.
    assert_eq!(session.plan(&statements).await?, plans);
    Ok((plans, session.facts().clone()))
}

const SCHEMA: &str = "CREATE TABLE parent (id int PRIMARY KEY, `od``d ü` varchar(20) CHARACTER SET latin1) COMMENT 'data directory';
    CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, parent int NOT NULL, total decimal(10, 2), state enum('a', 'b'),
        note varchar(60) CHARACTER SET utf8mb4, made timestamp NULL, KEY by_total (total),
        CONSTRAINT its_parent FOREIGN KEY (parent) REFERENCES parent (id)) DEFAULT CHARSET utf8mb4;
    CREATE TABLE days (day date NOT NULL, v int, PRIMARY KEY (day)) PARTITION BY RANGE COLUMNS (day) (
        PARTITION a VALUES LESS THAN ('2025-01-01'), PARTITION b VALUES LESS THAN (MAXVALUE));
    INSERT INTO parent VALUES (1, 'x');
    INSERT INTO orders (parent, total, note) VALUES (1, 2, 'y')";

const CHANGES: &str = "ALTER TABLE orders ADD COLUMN tax decimal(10, 2) NOT NULL DEFAULT 0;
    ALTER TABLE orders MODIFY note varchar(300), ADD INDEX by_note (note(20));
    ALTER TABLE orders MODIFY state enum('a', 'b', 'c'), DROP INDEX by_total;
    ALTER TABLE orders MODIFY id bigint AUTO_INCREMENT;
    ALTER TABLE orders RENAME COLUMN total TO amount;
    ALTER TABLE parent DROP COLUMN `od``d ü`;
    ALTER TABLE days REORGANIZE PARTITION b INTO (PARTITION b VALUES LESS THAN ('2026-01-01'), PARTITION c VALUES LESS THAN (MAXVALUE));
    CREATE TABLE fresh (id int PRIMARY KEY, made datetime DEFAULT CURRENT_TIMESTAMP);
    ALTER TABLE fresh ADD COLUMN b json, ADD UNIQUE (made);
    RENAME TABLE fresh TO newer;
    ALTER TABLE newer ENGINE = InnoDB";

#[tokio::test]
async fn a_private_server_says_what_the_target_would() {
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute(SCHEMA);
        let (plans, facts) = looked(&database.url, programs(engine), CHANGES).await.expect("planned");
        assert_eq!(plans, plan(&database.url, CHANGES).await.expect("planned"), "{engine}");
        let asked = facts.asked.expect("a private server was asked");
        assert!(asked.ends_with("on this machine") && facts.warnings.is_empty(), "{asked} {:?}", facts.warnings);
        // The ways back are real ones.
        let back = &plans[0].steps[0].back;
        assert!(back.clear.iter().any(|sql| sql.contains("DROP COLUMN `tax`")), "{engine}: {back:?}");
        let notes: Vec<_> = plans.iter().flat_map(|plan| &plan.notes).filter(|note| note.contains("manual")).collect();
        assert!(notes.is_empty(), "{engine}: {notes:?}");
        let failure =
            looked(&database.url, programs(engine), "SELECT 1;\nALTER TABLE orders MODIFY COLUMN total warchar(9)");
        let failure = failure.await.expect_err("no such type");
        assert_eq!(failure.code, "migrate.rejected", "{failure:?}");
        assert!(failure.message.starts_with("line 2: ") && failure.message.contains("warchar"), "{failure}");
    }
}

#[tokio::test]
async fn a_private_server_is_set_as_the_target_is() {
    for engine in engines() {
        let server = my_server(
            engine,
            &[
                "--lower-case-table-names=1",
                "--sql-mode=ANSI_QUOTES",
                "--innodb-default-row-format=compact",
                "--innodb-page-size=8K",
            ],
        );
        server.execute("CREATE DATABASE other; CREATE TABLE other.p (id int PRIMARY KEY); CREATE DATABASE shop CHARACTER SET latin1");
        let url = format!("{}shop", server.url);
        let database = |sql: &str| dbwright_testkit::my::sql::execute(&url, sql).expect("executed");
        database(
            "CREATE TABLE Big (id int PRIMARY KEY, zero date NOT NULL DEFAULT '0000-00-00', t varchar(20), p int,
             CONSTRAINT far FOREIGN KEY (p) REFERENCES other.p (id))",
        );
        let changes = "ALTER TABLE BIG ADD COLUMN \"a b\" varchar(300) DEFAULT 'x', ADD INDEX (t);
            ALTER TABLE big MODIFY t varchar(30) CHARACTER SET utf8mb4;
            ALTER TABLE big ADD COLUMN \"short\" varchar(3) DEFAULT 'xy', ADD INDEX (\"a b\"(255))";
        let logged = || {
            server.query(if engine == "mysql" {
                "SELECT LOCAL FROM performance_schema.log_status"
            } else {
                "SHOW MASTER STATUS"
            })
        };
        let before = logged();
        let (plans, facts) = looked(&url, programs(engine), changes).await.expect("planned");
        assert_eq!(logged(), before, "{engine}: nothing was written to the target");
        assert_eq!(plans, plan(&url, changes).await.expect("planned"), "{engine} {:?}", facts.asked);
    }
}

#[tokio::test]
async fn without_programs_the_manual_is_asked_and_it_is_said_what_is_missing() {
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute(SCHEMA);
        let nowhere = PathBuf::from("/nowhere/at/all");
        let (plans, facts) = looked(&database.url, nowhere, CHANGES).await.expect("planned");
        assert_eq!(facts.asked, None);
        let [warning] = facts.warnings.as_slice() else { panic!("{:?}", facts.warnings) };
        assert!(warning.contains("/nowhere/at/all") && warning.contains("install"), "{warning}");
        let note = plans[0].notes.iter().find(|note| note.contains("manual")).expect("it says so");
        assert!(note.contains("/nowhere/at/all"), "{note}");
        // What asks nothing needs no server.
        let (_, facts) = looked(&database.url, PathBuf::from("/nowhere"), "SELECT 1").await.expect("planned");
        assert!(facts.warnings.is_empty() && facts.asked.is_none(), "{facts:?}");
    }
}

#[tokio::test]
async fn what_copies_the_table_is_never_told_to_be_instant() {
    for engine in engines() {
        let database = MyDatabase::create(engine);
        database.execute(
            "CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL, w int, KEY (v)); INSERT INTO t VALUES (1, 2, 3)",
        );
        for change in ["ENGINE = MyISAM", "ENGINE = MyISAM, ADD COLUMN x int"] {
            let plans = plan(&database.url, &format!("ALTER TABLE t {change}")).await.expect("planned");
            let text = format!("{:?}", plans[0].steps);
            assert!(
                text.contains("ALGORITHM=COPY") && !text.contains("ALGORITHM=INSTANT"),
                "{engine}, {change}: {text}"
            );
        }
        let plans = plan(&database.url, "ALTER TABLE t ADD COLUMN x int, RENAME COLUMN w TO u").await.expect("planned");
        assert!(format!("{:?}", plans[0].steps).contains("ALGORITHM=INSTANT"), "{engine}: {plans:?}");
    }
}
