//! A source and its replica: what stops replication is told in words, and a pair that is well is told nothing.

use std::time::{Duration, Instant};

use dbwright_check::{Checks as _, Outcome};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::target::Address;
use dbwright_core::{Finding, Severity};
use dbwright_engine_mysql::MySql;
use dbwright_testkit::{MyServer, engines, my_server};

/// When waiting counts as hung.
const PATIENCE: Duration = Duration::from_mins(3);

fn of(outcome: &Outcome, rule: &str) -> Vec<Finding> {
    outcome.findings.iter().filter(|finding| finding.rule == rule).cloned().collect()
}

async fn check(server: &MyServer) -> Outcome {
    let address = Address::parse(&server.url).expect("a URL");
    let snapshot = MySql.observe(&address, &ObserveOptions::default(), &Silent).await.expect("observed");
    MySql.check(&snapshot, &Limits::new()).expect("checked")
}

/// Waits until the replica tells of an error.
async fn stopped(replica: &MyServer, words: &str) -> Finding {
    let end = Instant::now() + PATIENCE;
    loop {
        let found = of(&check(replica).await, "mysql/replication-lag");
        if let Some(finding) = found.iter().find(|finding| finding.why.contains(words)) {
            return finding.clone();
        }
        assert!(Instant::now() < end, "{words}: {found:?}\n{}", replica.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stops_replication_is_told_in_words() {
    for engine in engines(&["mysql", "mariadb"]) {
        let source = my_server(engine, &[]);
        source.execute(
            "CREATE DATABASE shop; CREATE TABLE shop.t (id int PRIMARY KEY, secret varchar(40)) ENGINE=InnoDB",
        );
        let replica = source.replica(&[]);
        let found = check(&replica).await;
        for rule in ["mysql/replication-lag", "mysql/replica-own-transactions", "mysql/semisync-fallen-back"] {
            assert!(of(&found, rule).is_empty(), "{engine}: {:?}", of(&found, rule));
        }
        if engine == "mariadb" {
            // Strict mode is off by default: a pair on which nobody writes but the source is well without it.
            let loose = of(&found, "mysql/gtid-off");
            assert!(loose.iter().all(|finding| finding.severity <= Severity::Low), "{engine}: {loose:?}");
        }
        the_same_number(engine, &replica).await;
        a_row_that_is_there(engine, &source, &replica).await;
    }
}

/// Its receiver stops, which `MySQL` calls 0 s behind.
async fn the_same_number(engine: &str, replica: &MyServer) {
    replica.execute("STOP REPLICA; SET GLOBAL server_id = 1; START REPLICA");
    let finding = stopped(replica, "server_id").await;
    assert!(finding.change.is_none() && finding.title.contains("its receiver does not run"), "{engine}: {finding:?}");
    let report = check(replica).await.scorecard;
    let lag = report.iter().find(|metric| metric.metric == "replication_lag").expect("it is on the card");
    assert_eq!(lag.value, None, "{engine}: {lag:?}");
    replica.execute("STOP REPLICA; SET GLOBAL server_id = 2; START REPLICA");
}

async fn a_row_that_is_there(engine: &str, source: &MyServer, replica: &MyServer) {
    // A domain of its own lets MariaDB go on to the row itself.
    let domain = if engine == "mariadb" { "SET SESSION gtid_domain_id = 7; " } else { "" };
    let there = || {
        replica.query("SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 't' AND table_schema = 'shop'")
    };
    let end = Instant::now() + PATIENCE;
    while there() != [["1"]] {
        assert!(Instant::now() < end, "{engine}: the table does not come over\n{}", replica.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    replica.execute(&format!("{domain}INSERT INTO shop.t VALUES (1, 'here')"));
    let own = of(&check(replica).await, "mysql/replica-own-transactions");
    assert_eq!(own.len(), 1, "{engine}: {own:?}");
    source.execute("INSERT INTO shop.t VALUES (1, 'hush-hush')");
    let finding = stopped(replica, "is there already").await;
    assert!(finding.why.contains("1062") && finding.why.contains("mysql/replica-writable"), "{engine}: {finding:?}");
    assert!(!format!("{finding:?}").contains("hush"), "{engine}: {finding:?}");
}

/// What the replica is told for being behind, from a second on.
async fn behind(replica: &MyServer) -> Vec<Finding> {
    let address = Address::parse(&replica.url).expect("a URL");
    let snapshot = MySql.observe(&address, &ObserveOptions::default(), &Silent).await.expect("observed");
    let limits = Limits::from([("mysql/replication-lag".to_owned(), [("seconds".to_owned(), 1.0)].into())]);
    of(&MySql.check(&snapshot, &limits).expect("checked"), "mysql/replication-lag")
}

async fn waits_until(what: &str, replica: &MyServer, says: impl Fn(&[Finding]) -> bool) {
    let end = Instant::now() + PATIENCE;
    loop {
        let found = behind(replica).await;
        if says(&found) {
            return;
        }
        assert!(Instant::now() < end, "{what}: {found:?}\n{}", replica.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_lags_is_told_by_how_much_and_a_delay_that_was_asked_for_is_none() {
    for engine in engines(&["mysql", "mariadb"]) {
        let source = my_server(engine, &[]);
        source.execute("CREATE DATABASE shop; CREATE TABLE shop.t (id int PRIMARY KEY) ENGINE=InnoDB");
        let replica = source.replica(&[]);
        waits_until(&format!("{engine}: level"), &replica, <[Finding]>::is_empty).await;
        let end = Instant::now() + PATIENCE;
        while replica.query("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'shop'") != [["1"]] {
            assert!(Instant::now() < end, "{engine}: the table does not come over\n{}", replica.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Somebody keeps the applier waiting.
        let holder = replica.session();
        holder.execute("LOCK TABLES shop.t READ");
        source.execute("INSERT INTO shop.t VALUES (1)");
        let lags = |found: &[Finding]| {
            found.iter().any(|one| one.title.contains(" behind ") && one.severity == Severity::Medium)
        };
        waits_until(&format!("{engine}: it lags"), &replica, lags).await;
        holder.execute("UNLOCK TABLES");
        waits_until(&format!("{engine}: level again"), &replica, <[Finding]>::is_empty).await;

        replica.execute(match engine {
            "mysql" => "STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 3600; START REPLICA",
            _ => "STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = 3600; START SLAVE",
        });
        source.execute("INSERT INTO shop.t VALUES (2)");
        tokio::time::sleep(Duration::from_secs(3)).await;
        waits_until(&format!("{engine}: delayed"), &replica, <[Finding]>::is_empty).await;
        assert_eq!(replica.query("SELECT COUNT(*) FROM shop.t"), [["1"]], "{engine}: the second row waits");
    }
}
