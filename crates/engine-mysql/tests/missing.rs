//! Missing indexes on real servers: what the counters let guess is measured with `--prove`, and withdrawn when it does not pay.

use dbwright_check::{Checks as _, Outcome};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::target::Address;
use dbwright_core::{Finding, Proof, Snapshot};
use dbwright_engine_mysql::MySql;
use dbwright_testkit::{MyDatabase, engines, my_server, programs};

const RULE: &str = "mysql/missing-index";
/// Orders that are looked up by their customer; nearly all of them are done, and their notes are too long for an index.
const ORDERS: &str = "
    CREATE TABLE n (i int PRIMARY KEY);
    INSERT INTO n WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 1000) SELECT i FROM s;
    CREATE TABLE orders (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, `cus.tomer €` int NOT NULL, status varchar(10) NOT NULL, note text NOT NULL);
    INSERT INTO orders (`cus.tomer €`, status, note) SELECT a.i, 'done', REPEAT('n', 50) FROM n a JOIN n b ON b.i <= 8;
    ANALYZE TABLE orders";

async fn observed(database: &MyDatabase) -> (Snapshot, Address) {
    let address = Address::parse(&database.url).expect("an address");
    let snapshot = MySql.observe(&address, &ObserveOptions::default(), &Silent).await;
    (snapshot.unwrap_or_else(|failure| panic!("{failure:#?}")), address)
}

fn checked(snapshot: &Snapshot) -> Outcome {
    MySql.check(snapshot, &Limits::new()).expect("its own snapshot")
}

fn missing(outcome: &Outcome) -> Vec<&Finding> {
    outcome.findings.iter().filter(|finding| finding.rule == RULE).collect()
}

fn ran(database: &MyDatabase, statement: &str) {
    for _ in 0..20 {
        let _ = database.query(statement);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_is_measured_and_the_index_mends_it() {
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        // What others run on a shared server fills the table in which it counts.
        let server = my_server(engine, &[]);
        let database = MyDatabase::on(&server.url);
        database.execute(ORDERS);
        ran(&database, "SELECT id, note FROM orders WHERE `cus.tomer €` = 17");
        ran(&database, "SELECT SUM(LENGTH(note)) FROM orders WHERE status = 'done'");
        let (snapshot, address) = observed(&database).await;
        let mut outcome = checked(&snapshot);
        let found = missing(&outcome);
        let subjects: Vec<&str> = found.iter().map(|finding| finding.subject.as_str()).collect();
        assert_eq!(found.len(), 2, "{engine}: {subjects:?}");
        for finding in found {
            assert!(finding.change.is_some(), "{engine}: {finding:#?}");
            assert!(matches!(finding.proof, Proof::Unproven { .. }), "{engine}: {:?}", finding.proof);
        }
        let options = ObserveOptions { programs: vec![programs(engine)], ..ObserveOptions::default() };
        let prover = MySql.prover().expect("a prover");
        let done = prover.prove(&address, &snapshot, &options, &mut outcome, &Limits::new(), &Silent).await;
        done.unwrap_or_else(|failure| panic!("{engine}: {failure:#?}"));
        let found = missing(&outcome);
        let of = |column: &str| {
            let one = found.iter().find(|finding| finding.subject.contains(column));
            one.unwrap_or_else(|| panic!("{engine}: {found:#?}"))
        };
        let (customer, status) = (of("cus.tomer €"), of("status"));
        let Proof::Measured(experiment) = &customer.proof else { panic!("{engine}: {:#?}", customer.proof) };
        assert!(experiment.after < experiment.before && experiment.unit == "ms", "{engine}: {experiment:?}");
        assert!(experiment.repeat.contains("--prove --only mysql/missing-index"), "{engine}: {experiment:?}");
        assert!(status.change.is_none() && status.why.contains("does not pay"), "{engine}: {status:#?}");
        for statement in &customer.change.as_ref().expect("a change").forward {
            database.execute(statement);
        }
        let (snapshot, _) = observed(&database).await;
        let outcome = checked(&snapshot);
        let left = missing(&outcome);
        assert!(left.iter().all(|finding| finding.subject.contains("status")), "{engine}: {left:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_programs_the_estimate_stays_one() {
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        // What others run on a shared server fills the table in which it counts.
        let server = my_server(engine, &[]);
        let database = MyDatabase::on(&server.url);
        database.execute(ORDERS);
        ran(&database, "DELETE FROM orders WHERE `cus.tomer €` = 0");
        let (snapshot, address) = observed(&database).await;
        let mut outcome = checked(&snapshot);
        let options = ObserveOptions { programs: vec!["/nowhere".into()], ..ObserveOptions::default() };
        let prover = MySql.prover().expect("a prover");
        let failure = prover.prove(&address, &snapshot, &options, &mut outcome, &Limits::new(), &Silent).await;
        assert_eq!(failure.err().map(|failure| failure.code), Some("mysql.no-programs"), "{engine}");
        let found = missing(&outcome);
        let [finding] = found.as_slice() else { panic!("{engine}: {found:#?}") };
        let Proof::Unproven { note } = &finding.proof else { panic!("{engine}: {:?}", finding.proof) };
        assert!(finding.change.is_some() && note.contains("could not be measured: "), "{engine}: {note}");
    }
}
