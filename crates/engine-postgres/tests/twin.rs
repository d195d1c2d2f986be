//! The planner twin plans as its target does, on real servers.

use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_core::workload::Statement;
use dbwright_engine_postgres::Postgres;
use dbwright_engine_postgres::twin::check::compare;
use dbwright_engine_postgres::twin::{Twin, TwinOptions};
use dbwright_testkit::{Database, majors, postgres_bin};

fn options(major: u32) -> TwinOptions {
    TwinOptions { programs: vec![postgres_bin(major)], ..TwinOptions::default() }
}

#[tokio::test]
async fn a_twin_plans_as_its_target() {
    for major in majors().expect("numbers") {
        let database = Database::create(major);
        database.execute(
            "CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL);
             CREATE TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL REFERENCES customer, placed date NOT NULL);
             CREATE INDEX ON orders (customer);
             INSERT INTO customer SELECT i, 'customer ' || i FROM generate_series(1, 5000) i;
             INSERT INTO orders SELECT i, 1 + (i * 7919) % 5000, date '2020-01-01' + i % 1000 FROM generate_series(1, 20000) i",
        );
        database.execute("VACUUM ANALYZE");
        database.execute("CHECKPOINT");
        let address = Address::parse(&database.url).expect("a URL");
        let snapshot = Postgres.observe(&address, &ObserveOptions::default(), &Silent).await.expect("a snapshot");
        let twin = Twin::build(&snapshot, None, &options(major), &Silent).await.expect("a twin");
        assert_eq!((twin.database(), twin.gaps()), (database.name.as_str(), [].as_slice()));
        let statements = [
            "SELECT * FROM orders JOIN customer ON customer.id = orders.customer WHERE placed = '2021-01-01'",
            "SELECT * FROM orders WHERE customer = 7",
            "SELECT count(*) FROM orders WHERE id BETWEEN 100 AND 200",
            "SELECT customer, count(*) FROM orders GROUP BY 1 ORDER BY 2 DESC LIMIT 3",
            "SELECT * FROM orders WHERE customer = $1 AND placed < $2",
        ];
        let statements = statements.map(|text| Statement { text: text.to_owned(), ..Statement::default() });
        let plans = compare(&twin, &address, &ObserveOptions::default(), &statements, &Silent).await.expect("plans");
        for plan in plans {
            assert_eq!(plan.outcome.same(), Some(true), "{major}: {plan:?}");
        }
    }
}
