//! A source and its replica: an index that only the replica reads is used.

use std::time::{Duration, Instant};

use dbwright_advise::Advises as _;
use dbwright_core::Snapshot;
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_engine_mysql::MySql;
use dbwright_engine_mysql::body::Body;
use dbwright_testkit::my::sql::query;
use dbwright_testkit::{MyDatabase, engines, my_server};

const TABLE: &str = "CREATE TABLE orders (id int PRIMARY KEY, created date, KEY by_created (created)); \
    INSERT INTO orders WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) \
    SELECT i, '2026-01-01' + INTERVAL i DAY FROM n";

async fn observed(url: &str) -> Snapshot {
    let address = Address::parse(url).expect("a URL");
    MySql.observe(&address, &ObserveOptions::default(), &Silent).await.unwrap_or_else(|e| panic!("{e:?}"))
}

/// Reads of the index, as they are counted.
fn reads(snapshot: &Snapshot) -> u64 {
    let body: &Body = snapshot.body().expect("its own body");
    let orders = body.catalog.tables.iter().find(|table| table.name == "orders").expect("orders");
    let index = orders.indexes.iter().find(|index| index.name == "by_created").expect("the index");
    body.index(index.id).and_then(|facts| facts.io).map_or(0, |io| io.fetched)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_replica_reads_counts() {
    for engine in engines(&["mysql", "mariadb"]) {
        let counts: &[&str] = if engine == "mariadb" { &["--userstat=ON", "--performance-schema=ON"] } else { &[] };
        let source = my_server(engine, counts);
        let replica = source.replica(counts);
        let database = MyDatabase::on(&source.url);
        database.execute(TABLE);
        let there = database.url.replace(&source.port.to_string(), &replica.port.to_string());
        let end = Instant::now() + Duration::from_mins(2);
        while query(&there, "SELECT COUNT(*) FROM orders").ok().is_none_or(|rows| rows != [["500"]]) {
            assert!(Instant::now() < end, "{engine}: the rows never came");
            std::thread::sleep(Duration::from_millis(50));
        }
        query(&there, "SELECT COUNT(*) FROM orders FORCE INDEX (by_created) WHERE created > '2026-06-01'")
            .expect("read");
        let (own, far) = (observed(&database.url).await, observed(&there).await);
        assert_eq!(reads(&own), 0, "{engine}");
        assert!(reads(&far) > 0, "{engine}");
        let merged = MySql.with_reads_of(&own, &far).unwrap_or_else(|e| panic!("{engine}: {e:?}"));
        assert_eq!(reads(&merged), reads(&far), "{engine}");
    }
}
