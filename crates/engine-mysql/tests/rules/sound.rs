//! Sound servers draw no finding worse than `low`, from any rule: false alarms count as much as misses.

use std::time::{Duration, Instant};

use dbwright_check::Checks as _;
use dbwright_core::Severity;
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::target::Address;
use dbwright_engine_mysql::MySql;
use dbwright_testkit::{MyDatabase, engines, meant, my_server};
use tokio::runtime::Runtime;

use crate::script::{self, Script};
use crate::server::{self, Servers};
use crate::stage::Stage;

/// Settings of a server in production. What test servers save for speed is paid here.
const SETTINGS: &str = "
-- server: require_secure_transport = ON
-- server: log_bin = binlog
-- server: binlog_expire_logs_seconds = 864000
-- server: binlog_format = ROW
-- server: sync_binlog = 1
-- server: innodb_flush_log_at_trx_commit = 1
-- server: innodb_doublewrite = ON
-- server: slow_query_log = ON
-- server: max_connections = 100
";

/// A shop, with statements that find what they look for by an index.
const SHOP: &str = "
CREATE TABLE customers (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(190) NOT NULL, name VARCHAR(100) NOT NULL,
  created_at DATETIME NOT NULL, UNIQUE KEY (email)) ENGINE = InnoDB CHARACTER SET utf8mb4;
CREATE TABLE orders (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id BIGINT UNSIGNED NOT NULL, placed_at DATETIME NOT NULL,
  total DECIMAL(12,2) NOT NULL, status ENUM('open', 'paid', 'sent') NOT NULL, KEY (customer_id, placed_at),
  FOREIGN KEY (customer_id) REFERENCES customers (id)) ENGINE = InnoDB CHARACTER SET utf8mb4;
CREATE VIEW open_orders AS SELECT id, customer_id FROM orders WHERE status = 'open';
INSERT INTO customers (email, name, created_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
  SELECT CONCAT('c', i, '@example.org'), CONCAT('Customer ', i), '2026-01-01' FROM n;
INSERT INTO orders (customer_id, placed_at, total, status) SELECT id, created_at + INTERVAL id HOUR, id * 1.5, 'paid' FROM customers;
INSERT INTO orders (customer_id, placed_at, total, status) SELECT customer_id, placed_at + INTERVAL 1 DAY, total, 'open' FROM orders;
ANALYZE TABLE customers, orders;
-- repeat 50
SELECT id, total FROM orders WHERE customer_id = 17 ORDER BY placed_at DESC LIMIT 10;
-- repeat 50
SELECT c.name, o.total FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.email = 'c17@example.org';
-- repeat 20
UPDATE orders SET status = 'sent' WHERE id = 17;
-- repeat 20
DELETE FROM orders WHERE customer_id = 18 AND placed_at < '2020-01-01';
-- repeat 20
SELECT COUNT(*), SUM(total) FROM orders WHERE placed_at > '2026-01-01' AND customer_id BETWEEN 1 AND 20;
-- repeat 20
SELECT status, COUNT(*), SUM(total) FROM orders GROUP BY status;
";

fn alarms(engine: &'static str, script: &Script) -> Result<Vec<String>, String> {
    let mut servers = Servers::start(engine);
    let database = MyDatabase::on(&servers.ready(script));
    let mut stage = Stage::open(&database)?;
    stage.run(script, &mut servers)?;
    loud(engine, &database.url)
}

/// What is found at a place, as far as it is worse than `low`.
fn loud(engine: &str, url: &str) -> Result<Vec<String>, String> {
    let address = Address::parse(url).map_err(|e| e.to_string())?;
    let runtime = Runtime::new().map_err(|e| e.to_string())?;
    let snapshot =
        runtime.block_on(MySql.observe(&address, &ObserveOptions::default(), &Silent)).map_err(|e| e.to_string())?;
    let outcome = MySql.check(&snapshot, &Limits::new()).map_err(|e| e.to_string())?;
    // Nothing mends the age of a server that is tested because it is old.
    let old = |rule: &str| meant(engine) != engine && rule == "mysql/eol-version";
    let worse =
        outcome.findings.iter().filter(|finding| finding.severity >= Severity::Medium && !old(finding.rule.as_str()));
    Ok(worse
        .map(|f| format!("{engine}: {} {} {}: {} {:?}", f.severity, f.rule, f.subject, f.title, f.evidence))
        .collect())
}

#[test]
fn sound_servers_are_left_alone() {
    let script = script::parse(&format!("{SETTINGS}{SHOP}")).expect("it parses");
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        let alarms = alarms(engine, &script).unwrap_or_else(|reason| vec![reason]);
        assert!(alarms.is_empty(), "{}", alarms.join("\n"));
    }
}

#[test]
fn a_sound_pair_is_left_alone() {
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        let source = my_server(engine, server::sound(engine));
        let replica = source.replica(server::sound(engine));
        let session = replica.session();
        let sql = match engine {
            "mysql" => "SET GLOBAL super_read_only = ON",
            // Strict mode is off by default.
            _ => "SET GLOBAL read_only = ON, GLOBAL gtid_strict_mode = OFF",
        };
        session.execute(sql);
        // MariaDB keeps its binary logs for ever unless told otherwise, and packages do tell it.
        for one in [&source, &replica] {
            one.execute("SET GLOBAL binlog_expire_logs_seconds = 864000");
        }
        source.execute(server::ACCOUNT);
        let tester = "SELECT COUNT(*) FROM mysql.user WHERE User = 'tester'";
        let end = Instant::now() + Duration::from_mins(2);
        while session.query(tester) != Ok(vec![vec!["1".to_owned()]]) {
            assert!(Instant::now() < end, "{engine}: the account does not come over\n{}", replica.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        for one in [&source, &replica] {
            let alarms = loud(engine, &server::login(one)).unwrap_or_else(|reason| vec![reason]);
            assert!(alarms.is_empty(), "{}", alarms.join("\n"));
        }
    }
}
