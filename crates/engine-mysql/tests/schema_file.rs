//! Schema files loaded into a real lab: dumps come through, faults are shown at their place.

use std::path::{Path, PathBuf};

use dbwright_check::Checks;
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::{Failure, Snapshot};
use dbwright_engine_mysql::MySql;
use dbwright_engine_mysql::body::Body;
use dbwright_testkit::{engines, programs};

async fn load_with(folder: PathBuf, engine: &str, sql: &str) -> Result<Snapshot, Failure> {
    let options = ObserveOptions { programs: vec![folder], ..ObserveOptions::default() };
    let lab = MySql.schema_lab().expect("MySQL has one");
    assert!(lab.dialects().contains(&engine));
    lab.load(Path::new("dir/schema.sql"), sql, engine, &options, &Silent).await
}

async fn load(engine: &str, sql: &str) -> Result<Snapshot, Failure> {
    load_with(programs(engine), engine, sql).await
}

/// What `mysqldump --databases --routines` and `mariadb-dump` write, and what a person adds.
const DUMP: &str = r"/*M!999999\- enable the sandbox mode */
-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
SET @@SESSION.SQL_LOG_BIN= 0;
SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5';
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;
USE `shop`;
DROP TABLE IF EXISTS `line`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
CREATE TABLE `line` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  `order_id` bigint NOT NULL,
  PRIMARY KEY (`id`),
  KEY `twice` (`order_id`),
  KEY `again` (`order_id`),
  CONSTRAINT `line_order` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=4000 DEFAULT CHARSET=utf8mb4;
LOCK TABLES `line` WRITE;
/*!40000 ALTER TABLE `line` DISABLE KEYS */;
INSERT INTO `line` VALUES (1,1),(2,1);
/*!40000 ALTER TABLE `line` ENABLE KEYS */;
UNLOCK TABLES;
CREATE TABLE `orders` (`id` bigint NOT NULL, `note` text, `at` datetime NOT NULL DEFAULT '0000-00-00 00:00:00', PRIMARY KEY (`id`)) ENGINE=InnoDB;
/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`app`@`%`*/ /*!50003 TRIGGER `noted` BEFORE INSERT ON `orders` FOR EACH ROW BEGIN
  SET NEW.note = CONCAT(NEW.note, ';');
END */;;
CREATE DEFINER=`app`@`%` PROCEDURE `clean`() BEGIN DELETE FROM orders WHERE id < 0; END ;;
DELIMITER ;
/*!50001 CREATE VIEW `seen` AS SELECT 1 AS `id`*/;
/*!50001 DROP VIEW IF EXISTS `seen`*/;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`app`@`%` SQL SECURITY DEFINER */
/*!50001 VIEW `seen` AS select `orders`.`id` AS `id` from `orders` */;
GRANT SELECT ON shop.* TO reader;
CREATE DATABASE IF NOT EXISTS `mysql`;
USE `mysql`;
DROP TABLE IF EXISTS `db`;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
";

#[tokio::test]
async fn a_dump_comes_through_and_only_its_schema_is_shown() {
    for engine in engines(&["mysql", "mariadb"]) {
        let snapshot = load(engine, DUMP).await.unwrap_or_else(|failure| panic!("{engine}: {failure:?}"));
        assert_eq!(snapshot.header.name, "dir/schema.sql");
        let body: &Body = snapshot.body().expect("ours");
        assert_eq!(body.schemas.iter().map(|schema| schema.name.as_str()).collect::<Vec<_>>(), ["shop"]);
        let mut names: Vec<_> = body.catalog.tables.iter().map(|table| table.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["line", "orders", "seen"]);
        let line = body.catalog.tables.iter().find(|table| table.name == "line").expect("it");
        assert_eq!((line.rows, line.bytes, line.indexes.len()), (None, None, 3));
        assert_eq!(body.table(line.id).and_then(|facts| facts.auto_increment), Some(4000));
        let orders = body.catalog.tables.iter().find(|table| table.name == "orders").expect("it");
        assert_eq!(orders.triggers.len(), 1);
        assert!(body.variables.is_empty() && body.accounts.is_empty() && body.status.is_empty());
        let gap = |area: &str| snapshot.header.gaps.iter().find(|gap| gap.area == area).cloned();
        assert!(gap("variables").is_some() && gap("catalog").is_none(), "{:?}", snapshot.header.gaps);
        let passed = gap("schema-file").expect("two settings of the server and a grant").reason;
        assert!(passed.contains("at line 9, 10, "), "{passed}");
        let outcome = MySql.check(&snapshot, &Limits::new()).expect("checked");
        assert!(outcome.scorecard.is_empty(), "a file keeps no promises");
        let found: Vec<_> =
            outcome.findings.iter().map(|finding| (finding.rule.as_str(), finding.subject.as_str())).collect();
        assert!(found.iter().any(|(rule, _)| *rule == "sql/duplicate-index"), "{found:?}");
        assert!(found.iter().all(|(_, subject)| subject.contains("shop")), "something is said of the lab: {found:?}");
    }
}

#[tokio::test]
async fn a_file_without_a_database_gets_one() {
    for engine in engines(&["mysql", "mariadb"]) {
        let sql = "CREATE TABLE a (id int PRIMARY KEY, b int, FOREIGN KEY (b) REFERENCES a (id));\nCREATE VIEW v AS SELECT id FROM a;\n";
        let snapshot = load(engine, sql).await.unwrap_or_else(|failure| panic!("{engine}: {failure:?}"));
        let body: &Body = snapshot.body().expect("ours");
        assert_eq!((body.catalog.tables.len(), body.server.database.as_deref()), (2, Some("schema")));
    }
}

#[tokio::test]
async fn a_file_that_makes_nothing_is_an_empty_schema() {
    for engine in engines(&["mariadb"]) {
        let snapshot = load(engine, "-- nothing yet\n").await.unwrap_or_else(|failure| panic!("{failure:?}"));
        let body: &Body = snapshot.body().expect("ours");
        assert!(body.catalog.tables.is_empty() && body.schemas.is_empty());
    }
}

#[tokio::test]
async fn faults_are_shown_at_their_place() {
    for engine in engines(&["mysql", "mariadb"]) {
        for (sql, place, words) in [
            ("SELECT 1;\n\nCREATE TABLE t (\n  id int,\n  b itn\n);", "dir/schema.sql:5:5:", "itn"),
            ("CREATE TABLE t (a int);\nCREATE INDEX i ON t (a, b);", "dir/schema.sql:2:25:", "'b'"),
            ("CREATE TABLE t (a int) ENGINE = NoSuch;", "dir/schema.sql:1:33:", "NoSuch"),
            ("CREATE TABLE t (a int", "dir/schema.sql:1:22:", "syntax"),
            ("CREATE TABLE t (a varchar(3) DEFAULT 'x", "dir/schema.sql:1:38:", "never closed"),
        ] {
            let failure = load(engine, sql).await.err().unwrap_or_else(|| panic!("{sql} was taken"));
            assert!(failure.message.starts_with(place), "{engine}: {failure} for {sql}");
            assert!(failure.message.contains(words), "{engine}: {failure}");
            let excerpt = failure.excerpt.expect("it is shown");
            assert!(excerpt.contains('^') && excerpt.contains("dir/schema.sql"), "{excerpt}");
        }
    }
}

#[tokio::test]
async fn without_the_flavours_programs_nothing_is_guessed() {
    for engine in engines(&["mysql"]) {
        let failure = load_with(programs(engine), "mariadb", "SELECT 1").await.expect_err("MySQL is another");
        assert_eq!(failure.code, "mysql.no-programs", "{failure}");
    }
}
