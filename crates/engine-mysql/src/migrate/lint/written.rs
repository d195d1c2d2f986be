//! Migrations as people write them and as their tools make them: what is right is left alone, what is wrong is told by the
//! rule that is meant and by no other.

use std::collections::BTreeSet;

use dbwright_migrate::Script;
use dbwright_migrate::lint::LintOptions;

use super::lint;
use crate::migrate::text::split;

/// What earlier files made.
const SCHEMA: &str = "
CREATE TABLE users (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, email varchar(191) NOT NULL, name varchar(100),
    bio text, seen datetime, UNIQUE KEY users_email (email)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE orders (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id bigint unsigned NOT NULL,
    state varchar(20) NOT NULL, total decimal(10,2), placed date, KEY orders_user (user_id),
    CONSTRAINT orders_user_fk FOREIGN KEY (user_id) REFERENCES users (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE articles (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, body text, code varchar(10),
    FULLTEXT KEY articles_body (body)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE prices (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, amount int NOT NULL, tax int NOT NULL,
    note varchar(20)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE logs (id bigint unsigned NOT NULL, day date NOT NULL, PRIMARY KEY (id, day)) ENGINE=InnoDB
    PARTITION BY RANGE (YEAR(day)) (PARTITION p2024 VALUES LESS THAN (2025), PARTITION p2025 VALUES LESS THAN (2026));
CREATE TABLE loaded (id bigint unsigned NOT NULL, day date NOT NULL, PRIMARY KEY (id, day)) ENGINE=InnoDB;
";

/// Who runs the file.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Dbwright,
    Tool,
    /// A tool that makes a transaction around it.
    Transaction,
}

use By::{Dbwright, Tool, Transaction};

/// The rules of these tests; those on columns, keys and constraints have tests of their own.
const RULES: [&str; 31] = [
    "binlog-off",
    "checks-off",
    "create-trigger",
    "definer",
    "drop-database",
    "drop-partition",
    "drop-table",
    "exchange-partition",
    "implicit-commit",
    "limit-without-order",
    "lock-table",
    "name-too-long",
    "no-lock-timeout",
    "no-primary-key",
    "no-where",
    "non-innodb-table",
    "not-idempotent",
    "online-copy-blocked",
    "partition-rebuild",
    "repartition-table",
    "rows-discarded",
    "server-command",
    "several-alters",
    "small-auto-increment",
    "sql-mode-changed",
    "storage-rewrites",
    "truncate-table",
    "unbatched-write",
    "utf8mb3",
    "widened-grant",
    "zero-dates",
];

fn found(dialect: &str, by: By, text: &str) -> Vec<String> {
    let script = |file: &str, text: &str| -> Script { split::script(file, text).expect("statements") };
    let name = || BTreeSet::from(["m.sql".to_owned()]);
    let options = LintOptions {
        dialect: Some(dialect.to_owned()),
        as_is: if by == Dbwright { BTreeSet::new() } else { name() },
        in_transaction: if by == Transaction { name() } else { BTreeSet::new() },
        ..LintOptions::default()
    };
    let linted = lint(&[script("schema.sql", SCHEMA), script("m.sql", text)], None, &options).expect("a lint");
    let here = linted.findings.into_iter().filter(|f| f.location.as_ref().is_some_and(|place| place.file == "m.sql"));
    let mut ids: Vec<String> = here.map(|finding| finding.rule.trim_start_matches("migrate/").to_owned()).collect();
    ids.retain(|id| RULES.contains(&id.as_str()));
    ids.dedup();
    ids
}

fn all(dialects: &[&str], cases: &[(By, &str, &[&str])]) {
    let mut wrong = Vec::new();
    for dialect in dialects {
        for (by, text, expected) in cases {
            let found = found(dialect, *by, text);
            if found != *expected {
                wrong.push(format!("{dialect}: expected {expected:?}, found {found:?}: {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

const BOTH: [&str; 2] = ["mysql", "mariadb"];

#[test]
fn new_tables_as_frameworks_make_them_are_left_alone() {
    all(
        &BOTH,
        &[
            (
                Dbwright,
                "CREATE TABLE `products` (`id` bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, `name` varchar(255), \
                `price` decimal(10,2) DEFAULT 0.0 NOT NULL, `created_at` datetime(6) NOT NULL, `updated_at` datetime(6) NOT NULL);\n\
                CREATE INDEX `index_products_on_name` ON `products` (`name`);",
                &[],
            ),
            (
                Dbwright,
                "create table `jobs` (`id` bigint unsigned not null auto_increment primary key, `queue` varchar(255) not null, \
                `payload` longtext not null, `attempts` tinyint unsigned not null, `reserved_at` int unsigned null) \
                default character set utf8mb4 collate 'utf8mb4_unicode_ci';\nalter table `jobs` add index `jobs_queue_index`(`queue`);",
                &[],
            ),
            (
                Dbwright,
                "CREATE TABLE `blog_post` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `draft` bool NOT NULL, `author_id` bigint unsigned NOT NULL);\n\
                ALTER TABLE `blog_post` ADD CONSTRAINT `blog_post_author_id_dd7a8485_fk_users_id` FOREIGN KEY (`author_id`) REFERENCES `users` (`id`);\n\
                CREATE TABLE `blog_post_tags` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `post_id` bigint NOT NULL, `tag_id` bigint NOT NULL);\n\
                ALTER TABLE `blog_post_tags` ADD CONSTRAINT `blog_post_tags_post_id_tag_id_uniq` UNIQUE (`post_id`, `tag_id`);",
                &[],
            ),
            (
                Dbwright,
                "CREATE TABLE memberships (user_id bigint unsigned NOT NULL, team_id bigint unsigned NOT NULL, PRIMARY KEY (user_id, team_id), \
                CONSTRAINT memberships_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE);",
                &[],
            ),
            (
                Dbwright,
                "CREATE TABLE states (code char(2) NOT NULL UNIQUE, label varchar(50)) CHARSET=utf8mb4;\n\
                INSERT INTO states VALUES ('de', 'Deutschland'), ('at', 'Österreich');\nUPDATE states SET label = UPPER(label);",
                &[],
            ),
            (
                Tool,
                "CREATE TABLE IF NOT EXISTS settings (name varchar(50) NOT NULL PRIMARY KEY, value json);\n\
                INSERT IGNORE INTO settings VALUES ('theme', '\"dark\"');",
                &[],
            ),
            (Dbwright, "CREATE TABLE orders_copy LIKE orders;\nINSERT INTO orders_copy SELECT * FROM orders;", &[]),
            (
                Dbwright,
                "CREATE TABLE audit (id binary(16) NOT NULL, at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), \
                PRIMARY KEY (id)) ROW_FORMAT=COMPRESSED COMMENT='ENGINE=MyISAM CHARSET=utf8';",
                &[],
            ),
        ],
    );
}

#[test]
fn changes_that_hold_up_nobody_are_left_alone() {
    all(
        &BOTH,
        &[
            (Dbwright, "ALTER TABLE users ADD COLUMN tier varchar(20) DEFAULT NULL, ALGORITHM=INSTANT;", &[]),
            (
                Tool,
                "SET SESSION lock_wait_timeout = 5;\nALTER TABLE users ADD INDEX users_name (name), ALGORITHM=INPLACE, LOCK=NONE;",
                &[],
            ),
            (Dbwright, "ALTER TABLE users ADD a int, ADD b int, ADD INDEX (a), ADD INDEX (b);", &[]),
            (
                Dbwright,
                "ALTER TABLE users ADD INDEX (name);\nUPDATE users SET name = 'x' WHERE id = 5;\nALTER TABLE users ADD INDEX (seen);",
                &[],
            ),
            (
                Dbwright,
                "UPDATE orders SET state = 'paid' WHERE state = 'payed';\nDELETE FROM orders WHERE placed < '2019-01-01';",
                &[],
            ),
            (
                Tool,
                "UPDATE users SET name = 'x' WHERE id = 42;\nDELETE FROM orders WHERE id IN (1, 2, 3);\n\
                DELETE FROM users WHERE email = 'spam@example.com';",
                &[],
            ),
            (
                Dbwright,
                "UPDATE orders o JOIN users u ON u.id = o.user_id SET o.state = 'gone' WHERE u.seen IS NULL;",
                &[],
            ),
            (
                Dbwright,
                "START TRANSACTION;\nINSERT INTO users (email) VALUES ('a@example.com');\nUPDATE orders SET user_id = 1 WHERE id = 7;\nCOMMIT;",
                &[],
            ),
            (
                Dbwright,
                "BEGIN;\nCREATE TEMPORARY TABLE gone AS SELECT id FROM users WHERE seen IS NULL;\n\
                DELETE FROM orders WHERE user_id IN (SELECT id FROM gone);\nDROP TEMPORARY TABLE gone;\nCOMMIT;",
                &[],
            ),
            (Dbwright, "ALTER TABLE logs ADD PARTITION (PARTITION p2026 VALUES LESS THAN (2027));", &[]),
            (
                Dbwright,
                "CREATE TABLE old_logs LIKE loaded;\nALTER TABLE logs EXCHANGE PARTITION p2024 WITH TABLE old_logs;",
                &[],
            ),
            (Dbwright, "ALTER TABLE prices ENGINE=InnoDB;\nOPTIMIZE TABLE orders;", &[]),
        ],
    );
}

#[test]
fn objects_settings_and_grants_that_are_right_are_left_alone() {
    all(
        &BOTH,
        &[
            (
                Dbwright,
                "CREATE OR REPLACE VIEW active AS SELECT id, email FROM users WHERE seen > '2024-01-01' LIMIT 5;",
                &[],
            ),
            (
                Dbwright,
                "DELIMITER $$\nCREATE PROCEDURE purge() SQL SECURITY INVOKER\nBEGIN\n  DELETE FROM orders WHERE placed < '2019-01-01' LIMIT 100;\nEND$$\nDELIMITER ;",
                &[],
            ),
            (
                Tool,
                "SET lock_wait_timeout = 2;\nCREATE TRIGGER users_keep BEFORE UPDATE ON users FOR EACH ROW SET NEW.seen = NOW();",
                &[],
            ),
            (
                Dbwright,
                "SET FOREIGN_KEY_CHECKS = 0;\nCREATE TABLE a (id bigint NOT NULL PRIMARY KEY, b bigint, CONSTRAINT a_b FOREIGN KEY (b) REFERENCES b (id));\n\
                CREATE TABLE b (id bigint NOT NULL PRIMARY KEY, a bigint, CONSTRAINT b_a FOREIGN KEY (a) REFERENCES a (id));\nSET FOREIGN_KEY_CHECKS = 1;",
                &[],
            ),
            (
                Dbwright,
                "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n\
                /*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;\n/*!50503 SET character_set_client = utf8mb4 */;\n\
                CREATE TABLE `cities` (`id` bigint NOT NULL AUTO_INCREMENT, PRIMARY KEY (`id`)) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4;\n\
                LOCK TABLES `cities` WRITE;\n/*!40000 ALTER TABLE `cities` DISABLE KEYS */;\nINSERT INTO `cities` VALUES (1),(2);\n\
                /*!40000 ALTER TABLE `cities` ENABLE KEYS */;\nUNLOCK TABLES;\n/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\n\
                /*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;",
                &[],
            ),
            (
                Dbwright,
                "GRANT SELECT, INSERT ON shop.* TO 'app'@'10.0.%';\nGRANT writer TO 'app'@'10.0.%';\nREVOKE ALL PRIVILEGES ON *.* FROM 'app'@'10.0.%';",
                &[],
            ),
            (Dbwright, "SET NAMES utf8mb4;\nSET time_zone = '+00:00';\nSET @foreign_key_checks = 0;", &[]),
        ],
    );
}

#[test]
fn new_tables_with_faults() {
    let long = "a_table_whose_name_tells_all_about_what_is_kept_in_it_since_when_";
    all(
        &BOTH,
        &[
            (
                Dbwright,
                "create table `posts` (`id` bigint unsigned not null auto_increment primary key, `title` varchar(255)) default character set utf8 collate 'utf8_unicode_ci';",
                &["utf8mb3"],
            ),
            (
                Dbwright,
                "CREATE TABLE tags (id mediumint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(50));",
                &["small-auto-increment"],
            ),
            (
                Dbwright,
                "CREATE TABLE `posts_tags` (`post_id` bigint NOT NULL, `tag_id` bigint NOT NULL);\n\
                CREATE INDEX `by_post` ON `posts_tags` (`post_id`, `tag_id`);",
                &["no-primary-key"],
            ),
            (
                Dbwright,
                "CREATE TABLE hits (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY) ENGINE=MyISAM;",
                &["non-innodb-table"],
            ),
            (Dbwright, "CREATE TABLE kept AS SELECT * FROM orders WHERE state = 'gone';", &["no-primary-key"]),
            (Dbwright, "CREATE DATABASE reports DEFAULT CHARACTER SET utf8;", &["utf8mb3"]),
            (Dbwright, "ALTER TABLE users CONVERT TO CHARACTER SET utf8mb3;", &["utf8mb3"]),
            (Dbwright, &format!("CREATE TABLE {long} (id bigint NOT NULL PRIMARY KEY);"), &["name-too-long"]),
            (
                Dbwright,
                "ALTER TABLE users ADD CONSTRAINT users_who_have_not_been_seen_for_a_very_long_time_and_are_not_missed UNIQUE (name);",
                &["name-too-long"],
            ),
        ],
    );
}

#[test]
fn transactions_that_are_none() {
    all(
        &BOTH,
        &[
            (
                Dbwright,
                "BEGIN;\nALTER TABLE users ADD COLUMN tier int;\nUPDATE users SET tier = 1 WHERE id = 5;\nCOMMIT;",
                &["implicit-commit"],
            ),
            (
                Dbwright,
                "START TRANSACTION;\nUPDATE users SET name = 'x' WHERE id = 5;\nDROP INDEX users_email ON users;\nROLLBACK;",
                &["implicit-commit"],
            ),
            (
                Dbwright,
                "SET autocommit = 0;\nINSERT INTO users (email) VALUES ('a');\nCREATE TABLE x (id bigint NOT NULL PRIMARY KEY);\nCOMMIT;\nSET autocommit = 1;",
                &["implicit-commit"],
            ),
            (
                Dbwright,
                "BEGIN;\nINSERT INTO users (email) VALUES ('a');\nGRANT SELECT ON shop.* TO app@localhost;\nCOMMIT;",
                &["implicit-commit"],
            ),
            (
                Dbwright,
                "BEGIN;\nINSERT INTO users (email) VALUES ('a');\nBEGIN;\nINSERT INTO users (email) VALUES ('b');\nCOMMIT;",
                &["implicit-commit"],
            ),
            (
                Transaction,
                "SET lock_wait_timeout = 2;\nALTER TABLE users ADD COLUMN tier int;\nUPDATE users SET tier = 1 WHERE id = 5;",
                &["implicit-commit", "not-idempotent"],
            ),
        ],
    );
}

#[test]
fn rows_that_are_changed_carelessly() {
    all(
        &BOTH,
        &[
            (Dbwright, "UPDATE users SET seen = NOW();", &["no-where"]),
            (Dbwright, "DELETE FROM sessions;", &["no-where"]),
            (Tool, "DELETE FROM users WHERE 1 = 1;", &["no-where"]),
            (Dbwright, "UPDATE users SET name = 'x' WHERE TRUE;", &["no-where"]),
            (Tool, "UPDATE users SET name = '' WHERE name IS NULL;", &["unbatched-write"]),
            (
                Tool,
                "DELETE o FROM orders o LEFT JOIN users u ON u.id = o.user_id WHERE u.id IS NULL;",
                &["unbatched-write"],
            ),
            (Tool, "UPDATE users SET name = 'x' WHERE id = 5 OR name IS NULL;", &["unbatched-write"]),
            (
                Dbwright,
                "SET SESSION binlog_format = STATEMENT;\nDELETE FROM orders WHERE state = 'gone' LIMIT 500;",
                &["limit-without-order"],
            ),
            (Dbwright, "TRUNCATE TABLE orders;", &["truncate-table"]),
            (Dbwright, "DROP TABLE IF EXISTS orders, users;", &["drop-table"]),
            (Dbwright, "CREATE OR REPLACE TABLE orders (id bigint NOT NULL PRIMARY KEY);", &["drop-table"]),
            (Dbwright, "DROP SCHEMA shop;", &["drop-database"]),
            (Dbwright, "ALTER TABLE orders ADD COLUMN paid date NOT NULL DEFAULT '0000-00-00';", &["zero-dates"]),
            (Dbwright, "ALTER TABLE orders ALTER COLUMN placed SET DEFAULT '0000-00-00';", &["zero-dates"]),
            (Dbwright, "INSERT INTO orders (user_id, state, placed) VALUES (1, 'new', '0000-00-00');", &["zero-dates"]),
        ],
    );
    let compared = "UPDATE orders SET placed = NULL WHERE placed = '0000-00-00';";
    all(&["mysql"], &[(Dbwright, compared, &["zero-dates"])]);
    all(&["mariadb"], &[(Dbwright, compared, &[])]);
}

#[test]
fn settings_rights_and_objects_that_harm() {
    all(
        &BOTH,
        &[
            (Dbwright, "SET FOREIGN_KEY_CHECKS = 0;\nDROP TABLE orders;", &["checks-off", "drop-table"]),
            (Dbwright, "SET GLOBAL foreign_key_checks = OFF;", &["checks-off"]),
            (
                Dbwright,
                "SET SESSION sql_log_bin = OFF;\nDELETE FROM users WHERE id = 5;\nSET SESSION sql_log_bin = ON;",
                &["binlog-off"],
            ),
            (
                Dbwright,
                "SET @@SESSION.sql_mode = 'NO_ENGINE_SUBSTITUTION';\nALTER TABLE users ADD COLUMN x int;",
                &["sql-mode-changed"],
            ),
            (Dbwright, "SET sql_mode = '';\nCREATE PROCEDURE p() SELECT 1;", &["sql-mode-changed"]),
            (Dbwright, "GRANT ALL PRIVILEGES ON *.* TO 'app'@'%' WITH GRANT OPTION;", &["widened-grant"]),
            (Dbwright, "GRANT ALL ON shop.* TO 'app'@'%';", &["widened-grant"]),
            (Dbwright, "GRANT SUPER, PROCESS ON *.* TO app@localhost;", &["widened-grant"]),
            (
                Dbwright,
                "CREATE DEFINER=`root`@`localhost` TRIGGER users_keep BEFORE UPDATE ON users FOR EACH ROW SET NEW.seen = NOW();",
                &["definer"],
            ),
            (Dbwright, "CREATE SQL SECURITY DEFINER VIEW v AS SELECT 1;", &["definer"]),
            (
                Tool,
                "CREATE TRIGGER users_keep BEFORE UPDATE ON users FOR EACH ROW SET NEW.seen = NOW();",
                &["create-trigger", "no-lock-timeout"],
            ),
            (Tool, "ALTER TABLE users ADD COLUMN tier int, ALGORITHM=INSTANT;", &["no-lock-timeout"]),
            (
                Tool,
                "SET lock_wait_timeout = 2;\nCREATE TABLE a (id bigint NOT NULL PRIMARY KEY);\nALTER TABLE users ADD COLUMN b int, ALGORITHM=INSTANT;",
                &["not-idempotent"],
            ),
            (Dbwright, "LOCK TABLES users READ, orders AS o WRITE;\nUNLOCK TABLES;", &["lock-table"]),
            (Dbwright, "FLUSH TABLES WITH READ LOCK;", &["lock-table"]),
            (Dbwright, "SHUTDOWN;", &["server-command"]),
            (Dbwright, "RESET MASTER;", &["server-command"]),
            (Dbwright, "RESET BINARY LOGS AND GTIDS;", &["server-command"]),
            (Dbwright, "STOP REPLICA;", &["server-command"]),
            (Dbwright, "CHANGE MASTER TO MASTER_HOST = 'a';", &["server-command"]),
            (Dbwright, "SET PERSIST innodb_flush_log_at_trx_commit = 2;", &["server-command"]),
            (Dbwright, "SET SESSION sort_buffer_size = 262144;", &[]),
            (Dbwright, "FLUSH PRIVILEGES;", &[]),
            (Dbwright, "ALTER IGNORE TABLE users ADD UNIQUE (phone);", &["rows-discarded"]),
        ],
    );
}

#[test]
fn tables_that_are_made_anew_under_a_lock() {
    all(
        &BOTH,
        &[
            (
                Dbwright,
                "ALTER TABLE logs REORGANIZE PARTITION p2025 INTO (PARTITION p2025a VALUES LESS THAN (2026));",
                &["partition-rebuild"],
            ),
            (Dbwright, "ALTER TABLE users PARTITION BY HASH (id) PARTITIONS 8;", &["repartition-table"]),
            (Dbwright, "ALTER TABLE logs REMOVE PARTITIONING;", &["repartition-table"]),
            (Dbwright, "ALTER TABLE logs DROP PARTITION p2024;", &["drop-partition"]),
            (Dbwright, "ALTER TABLE logs EXCHANGE PARTITION p2024 WITH TABLE loaded;", &["exchange-partition"]),
            (
                Dbwright,
                "ALTER TABLE logs EXCHANGE PARTITION p2024 WITH TABLE loaded WITHOUT VALIDATION;",
                &["exchange-partition"],
            ),
            (Dbwright, "OPTIMIZE TABLE articles;", &["storage-rewrites"]),
            (Dbwright, "ALTER TABLE prices DISCARD TABLESPACE;", &["storage-rewrites"]),
            (Dbwright, "ALTER TABLE prices ENGINE=MyISAM;", &["non-innodb-table"]),
            (Dbwright, "ALTER TABLE orders MODIFY total decimal(12,4);", &[]),
            (
                Dbwright,
                "ALTER TABLE prices MODIFY amount bigint NOT NULL;\nALTER TABLE prices MODIFY tax bigint NOT NULL;",
                &["several-alters"],
            ),
            (Dbwright, "CREATE INDEX a ON prices (amount);\nCREATE INDEX t ON prices (tax);", &["several-alters"]),
        ],
    );
    all(&["mysql"], &[(Dbwright, "ALTER TABLE prices ENCRYPTION = 'Y';", &["storage-rewrites"])]);
}
