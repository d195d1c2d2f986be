//! A target's schema in a lab: all of it, in the same words, with what can't be made told.

use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_engine_mysql::lab::like::copy;
use dbwright_testkit::my::sql;
use dbwright_testkit::{MyServer, engines, my_server, programs};

const SCHEMA: &str = "CREATE DATABASE shop CHARACTER SET latin1;
    CREATE DATABASE other;
    CREATE TABLE other.p (id int PRIMARY KEY);
    CREATE USER keeper@localhost;
    GRANT ALL ON *.* TO keeper@localhost;
    USE shop;
    CREATE TABLE child (id int PRIMARY KEY AUTO_INCREMENT, parent int, far int, KEY (parent),
        CONSTRAINT near FOREIGN KEY (parent) REFERENCES zz (id) ON DELETE CASCADE,
        CONSTRAINT far FOREIGN KEY (far) REFERENCES other.p (id)) AUTO_INCREMENT = 77;
    CREATE TABLE zz (id int PRIMARY KEY, `o``d\"d ü` varchar(20) DEFAULT 'it''s', v varchar(20), zero date NOT NULL DEFAULT '0000-00-00',
        twice int GENERATED ALWAYS AS (id * 2) VIRTUAL, CHECK (id > 0)) COMMENT 'a; b' ROW_FORMAT = COMPACT;
    CREATE TABLE days (day date PRIMARY KEY) PARTITION BY RANGE COLUMNS (day) (
        PARTITION a VALUES LESS THAN ('2025-01-01'), PARTITION z VALUES LESS THAN (MAXVALUE));
    CREATE TABLE place (id int PRIMARY KEY) DATA DIRECTORY = '{files}';
    INSERT INTO zz (id) VALUES (1);
    CREATE FUNCTION plus(a int) RETURNS int DETERMINISTIC RETURN a + 1;
    CREATE DEFINER = keeper@localhost PROCEDURE clean() DELETE FROM zz WHERE id < 0;
    CREATE DEFINER = keeper@localhost VIEW b AS SELECT plus(id) AS id FROM zz;
    CREATE VIEW a AS SELECT id FROM b;
    CREATE DEFINER = keeper@localhost TRIGGER noted BEFORE INSERT ON zz FOR EACH ROW SET NEW.v = plus(1);
    CREATE TRIGGER noted_again BEFORE INSERT ON zz FOR EACH ROW SET NEW.zero = '0000-00-00';
    CREATE VIEW broken AS SELECT 1 AS x FROM other.p;
    DROP TABLE other.p";

/// Each object's definition, without what is not copied: definers and folders.
fn shown(url: &str) -> Vec<String> {
    let rows = |query: &str| sql::query(url, query).unwrap_or_else(|reason| panic!("{reason} in {query}"));
    let mut lines: Vec<String> = rows("SHOW CREATE DATABASE shop").into_iter().flatten().collect();
    for name in ["child", "zz", "days", "place"] {
        lines.push(rows(&format!("SHOW CREATE TABLE shop.{name}"))[0][1].clone());
    }
    for view in ["a", "b"] {
        lines.push(rows(&format!("SHOW CREATE VIEW shop.{view}"))[0][1].clone());
    }
    for name in ["noted", "noted_again"] {
        let row = &rows(&format!("SHOW CREATE TRIGGER shop.{name}"))[0];
        lines.extend([row[1].clone(), row[2].clone()]);
    }
    for kind in ["FUNCTION plus", "PROCEDURE clean"] {
        let (kind, name) = kind.split_once(' ').expect("two words");
        let row = &rows(&format!("SHOW CREATE {kind} shop.{name}"))[0];
        lines.extend([row[1].clone(), row[2].clone()]);
    }
    lines
        .iter()
        .map(|line| {
            line.replace("keeper", "root")
                .replace("127.0.0.1", "localhost")
                .trim_end_matches(';')
                .split(" DATA DIRECTORY")
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}

fn server(engine: &str) -> MyServer {
    let server = my_server(engine, &["--sql-mode=ANSI_QUOTES", "--explicit-defaults-for-timestamp=OFF"]);
    let files = server.home().join("files");
    let folder = format!("--innodb-directories={}", files.display());
    let mut server = server;
    if engine == "mysql" {
        server.restart(&["--sql-mode=ANSI_QUOTES", "--explicit-defaults-for-timestamp=OFF", &folder]);
    }
    server.execute(&format!("SET foreign_key_checks = 0; {}", SCHEMA.replace("{files}", &files.to_string_lossy())));
    server
}

#[tokio::test]
async fn a_schema_is_the_same_in_the_lab() {
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        let server = server(engine);
        let target = Address::parse(&format!("{}shop", server.url)).expect("a URL");
        let before = shown(&format!("{}shop", server.url));
        let copied = copy(&target, &[programs(engine)], &Silent).await.unwrap_or_else(|failure| panic!("{failure:?}"));
        assert_eq!(shown(&copied.lab.url("shop")), before, "{engine}");
        assert!(copied.differs.is_empty(), "{engine}: {:?}", copied.differs);
        let [left] = copied.left.as_slice() else { panic!("{engine}: {:?}", copied.left) };
        assert!(left.object.contains("broken") && left.why.contains("other"), "{left:?}");
        let variable = |url: &str| {
            sql::query(url, "SELECT @@GLOBAL.sql_mode, @@GLOBAL.explicit_defaults_for_timestamp").expect("read")
        };
        assert_eq!(variable(&copied.lab.url("shop")), variable(&server.url));
        assert_eq!(sql::query(&copied.lab.url("shop"), "SELECT COUNT(*) FROM zz").expect("read"), [["0"]], "no rows");
    }
}
