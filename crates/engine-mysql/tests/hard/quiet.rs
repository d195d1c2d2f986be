//! No write, no lock, no rows read: by the server's own counters.

use std::thread::sleep;
use std::time::Duration;

use dbwright_testkit::{MyServer, engines, my_server};

use crate::common::{body, check, observe, tables};

/// Rows of the user's tables that anyone has read or written, and rows that InnoDB has changed.
fn touched(server: &MyServer) -> Vec<Vec<String>> {
    server.query(
        "SELECT SUM(count_star), SUM(count_read), SUM(count_write) FROM performance_schema.table_io_waits_summary_by_table
         WHERE object_schema = 'd';
         SELECT variable_name, variable_value FROM performance_schema.global_status WHERE variable_name IN
         ('Innodb_rows_inserted', 'Innodb_rows_updated', 'Innodb_rows_deleted', 'Innodb_rows_read', 'Com_insert', 'Com_update',
          'Com_delete', 'Com_create_table', 'Com_lock_tables', 'Com_flush', 'Com_analyze', 'Handler_update', 'Handler_delete')
         ORDER BY 1",
    )
}

/// Where the binary log ends.
fn logged(server: &MyServer) -> Vec<Vec<String>> {
    let of_maria_db = server.name() == "mariadb";
    server.query(if of_maria_db { "SHOW MASTER STATUS" } else { "SELECT LOCAL FROM performance_schema.log_status" })
}

#[test]
fn observing_writes_nothing_and_reads_no_row() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        server.execute("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(10), KEY (v)); INSERT INTO d.t VALUES (1, 'a'), (2, 'b')");
        observe(&server.url); // the first visit opens tables, which the server may count
        let before = (touched(&server), logged(&server));
        observe(&server.url);
        assert_eq!((touched(&server), logged(&server)), before, "{engine}");
    }
}

/// A schema change that waits makes every later reader of its table wait, too. Observing is none of them.
#[test]
fn observing_does_not_wait_behind_a_schema_change() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        server.execute("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); CREATE TABLE d.u (id INT PRIMARY KEY); INSERT INTO d.t VALUES (1)");
        let (reader, changer) = (server.session(), server.session());
        reader.execute("BEGIN; SELECT * FROM d.t");
        let waits = changer.begin("ALTER TABLE d.t ADD COLUMN c INT");
        let is_waiting =
            "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table metadata lock%'";
        while server.query(is_waiting) != [["1"]] {
            sleep(Duration::from_millis(20));
        }
        let snapshot = observe(&server.url);
        assert!(waits.outcome().is_none(), "{engine}: the change still waits");
        let seen = tables(body(&snapshot), "d");
        assert!(seen.contains(&"u"), "{engine}: {seen:?}");
        assert!(seen.contains(&"t") || !snapshot.header.gaps.is_empty(), "{engine}: what is hidden is told");
        reader.execute("COMMIT");
        waits.wait().expect("the table is free");
    }
}

/// A change must be able to begin while dbwright looks: it holds no lock of its own on any table.
#[test]
fn locked_tables_do_not_stop_observing() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        server.execute("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)");
        let locker = server.session();
        locker.execute("LOCK TABLES d.t WRITE");
        let seen = observe(&server.url);
        assert!(tables(body(&seen), "d").contains(&"t") || !seen.header.gaps.is_empty(), "{engine}");
        locker.execute("UNLOCK TABLES; FLUSH TABLES WITH READ LOCK");
        let seen = observe(&server.url);
        assert!(tables(body(&seen), "d").contains(&"t"), "{engine}");
        locker.execute("UNLOCK TABLES");
    }
}

/// MariaDB keeps no list of metadata locks unless it is told to: the queue is told all the same, without a guess at its root.
#[test]
fn a_queue_is_told_where_no_locks_are_listed() {
    for engine in engines(&["mariadb"]) {
        let server = my_server(engine, &["--performance-schema-instrument=wait/lock/metadata/sql/mdl=OFF"]);
        server.execute("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); INSERT INTO d.t VALUES (1)");
        let (reader, changer) = (server.session(), server.session());
        reader.execute("BEGIN; SELECT * FROM d.t");
        let waits = changer.begin("ALTER TABLE d.t ADD COLUMN c INT");
        let longest = "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table metadata lock%' AND time >= 5";
        while server.query(longest) != [["1"]] {
            sleep(Duration::from_millis(100));
        }
        let found = check(&observe(&server.url)).findings;
        let queue: Vec<_> = found.iter().filter(|finding| finding.rule == "mysql/metadata-lock-chain").collect();
        assert_eq!(queue.len(), 1, "{engine}: {found:?}");
        assert!(queue[0].title.starts_with("a session waits for metadata locks"), "{engine}: {queue:?}");
        assert!(queue[0].why.contains("(pid ") && queue[0].change.is_none(), "{engine}: {queue:?}");
        reader.execute("COMMIT");
        waits.wait().expect("the table is free");
    }
}
