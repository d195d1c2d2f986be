//! Private servers of MySQL and MariaDB do what tests of an engine rely on.

use std::thread::sleep;
use std::time::Duration;

use dbwright_testkit::my::answers;
use dbwright_testkit::my::sql::query;
use dbwright_testkit::{MyDatabase, engines, my_server};

#[test]
fn a_server_is_gone_with_its_value() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        assert!(answers(server.port) && server.socket.exists());
        let (port, home) = (server.port, server.home().to_owned());
        drop(server);
        assert!(!answers(port) && !home.exists());
    }
}

#[test]
fn an_option_that_is_decided_at_initialisation_is_heeded() {
    for engine in engines(&["mysql", "mariadb"]) {
        let mut server = my_server(engine, &["--lower-case-table-names=1"]);
        server.kill();
        assert!(!answers(server.port));
        server.start();
        server.restart(&["--lower-case-table-names=1", "--max-connections=17"]);
        assert!(answers(server.port));
    }
}

#[test]
fn sessions_stay_open_and_one_may_wait_for_another() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &["--innodb-lock-wait-timeout=100"]);
        let database = MyDatabase::on(&server.url);
        database.execute(
            "CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, NULL), (2, 5);
             CREATE PROCEDURE p() BEGIN UPDATE t SET v = 6 WHERE id = 2; SELECT v FROM t; END; CALL p()",
        );
        assert_eq!(
            database.query("SELECT id, v FROM t ORDER BY id; SELECT 'x'"),
            [vec!["1", ""], vec!["2", "6"], vec!["x"]]
        );
        let (first, second) = (database.session(), database.session());
        assert_ne!(first.id, second.id);
        first.execute("BEGIN; UPDATE t SET v = 1 WHERE id = 1");
        let waits = second.begin("UPDATE t SET v = v + 1 WHERE id = 1");
        let is_waiting = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'";
        while server.query(is_waiting) != [["1"]] {
            sleep(Duration::from_millis(20));
        }
        assert!(waits.outcome().is_none());
        first.execute("COMMIT");
        waits.wait().expect("the lock was free");
        assert_eq!(database.query("SELECT v FROM t WHERE id = 1"), [["2"]]);
        let refused = first.query("SELECT nothing").expect_err("there is no such column");
        assert!(refused.contains("nothing"), "{refused}");
    }
}

#[test]
fn a_database_lives_as_long_as_its_value_even_when_a_transaction_is_open() {
    for engine in engines(&["mysql", "mariadb"]) {
        let database = MyDatabase::create(engine);
        database.execute("CREATE TABLE t (i INT)");
        let (session, url) = (database.session(), database.url.clone());
        session.execute("BEGIN; INSERT INTO t VALUES (1)");
        drop(database);
        let reason = query(&url, "SELECT 1").expect_err("it is gone");
        assert!(reason.contains("Unknown database"), "{reason}");
    }
}

#[test]
fn a_replica_follows() {
    for engine in engines(&["mysql", "mariadb"]) {
        let primary = my_server(engine, &[]);
        primary.execute("CREATE DATABASE d; CREATE TABLE d.t (i INT PRIMARY KEY)");
        let replica = primary.replica(&["--read-only=ON"]);
        primary.execute("INSERT INTO d.t VALUES (7)");
        let has_it = || query(&replica.url, "SELECT i FROM d.t").is_ok_and(|rows| rows == [["7"]]);
        while !has_it() {
            sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn a_killed_server_has_what_was_committed() {
    for engine in engines(&["mysql", "mariadb"]) {
        let mut server = my_server(engine, &[]);
        server.execute("CREATE DATABASE d; CREATE TABLE d.t (i INT PRIMARY KEY); INSERT INTO d.t VALUES (7)");
        server.kill();
        query(&server.url, "SELECT 1").expect_err("nobody listens");
        server.start();
        assert_eq!(server.query("SELECT i FROM d.t"), [["7"]]);
    }
}
