//! Candidates in the planner twin: what a statement can't use changes nothing, and what it uses alike costs alike.

use std::collections::{BTreeMap, HashMap, HashSet};

use dbwright_advise::candidates::{self, Signature};
use dbwright_advise::index::Index;
use dbwright_advise::port::{Advises as _, Ask, Query, WhatIf, WhatIfOptions};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_core::workload::Statement;
use dbwright_engine_postgres::Postgres;
use dbwright_testkit::{Database, postgres_bin};

async fn twin(database: &Database, major: u32) -> Box<dyn WhatIf> {
    let address = Address::parse(&database.url).expect("an address");
    let observe = ObserveOptions { programs: vec![postgres_bin(major)], ..ObserveOptions::default() };
    let snapshot = Postgres.observe(&address, &observe, &Silent).await.expect("a snapshot");
    let options = WhatIfOptions { observe, ..WhatIfOptions::default() };
    Postgres.what_if(&snapshot, Some(&address), &options, &Silent).await.unwrap_or_else(|failure| panic!("{failure:?}"))
}

async fn prepare(place: &dyn WhatIf, statements: &[&str]) -> Vec<Query> {
    let of = |text: &&str| Statement { text: (*text).to_owned(), calls: 1.0, ..Statement::default() };
    let statements: Vec<_> = statements.iter().map(of).collect();
    let prepared = place.prepare(&statements, &Silent).await.expect("prepared");
    let queries = prepared.into_iter().map(|one| one.unwrap_or_else(|skip| panic!("{}", skip.reason)));
    let queries: Vec<Query> = queries.flatten().collect();
    place.admit(&queries).await.expect("admitted");
    queries
}

const SHOP: &str = "
    CREATE TABLE customers (id int PRIMARY KEY, name text, city text, since date);
    CREATE TABLE orders (id int PRIMARY KEY, customer int, status text, day date, total numeric, note text);
    CREATE TABLE lines (order_id int, place int, product int, amount int, price numeric);
    INSERT INTO customers SELECT i, 'name ' || i, 'city ' || i % 200, date '2010-01-01' + i % 3000 FROM generate_series(1, 5000) i;
    INSERT INTO orders SELECT i, i * 7 % 5000, CASE WHEN i % 50 = 0 THEN 'open' ELSE 'done' END, date '2020-01-01' + i % 1000,
      i % 500, repeat('x', i % 60) FROM generate_series(1, 40000) i;
    INSERT INTO lines SELECT i / 3, i % 3, i * 31 % 2000, i % 9, i % 100 FROM generate_series(1, 120000) i";

const STATEMENTS: &[&str] = &[
    "SELECT id FROM orders WHERE status = 'open' AND day > '2021-01-01'",
    "SELECT id, total FROM orders WHERE customer = 77 ORDER BY day DESC LIMIT 5",
    "SELECT c.name, o.total FROM customers c JOIN orders o ON o.customer = c.id WHERE c.city = 'city 7'",
    "SELECT o.id, sum(l.price * l.amount) FROM orders o JOIN lines l ON l.order_id = o.id WHERE o.day = '2021-05-05' GROUP BY o.id",
    "SELECT product, count(*) FROM lines WHERE amount = 3 GROUP BY product ORDER BY product",
    "SELECT max(day) FROM orders WHERE status = 'done'",
    "SELECT id FROM orders WHERE customer = 5 OR (status = 'open' AND day = '2020-02-02')",
    "SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer = c.id AND o.total > 498)",
    "SELECT id FROM orders WHERE (day, id) > ('2022-09-01', 30000) ORDER BY day, id LIMIT 20",
    "UPDATE orders SET note = '' WHERE customer = 4 AND status = 'open'",
    "SELECT count(*) FROM lines l JOIN orders o ON l.order_id = o.id AND l.place < o.total WHERE l.product IN (7, 8)",
    "SELECT DISTINCT city FROM customers WHERE since BETWEEN '2012-01-01' AND '2012-02-01'",
];

/// Bytes of an index, the cost of a statement with it alone, and its position.
type Seen = (u64, f64, usize);

#[tokio::test]
async fn what_a_statement_cannot_use_changes_nothing_and_what_it_uses_alike_costs_alike() {
    let database = Database::create(17);
    database.execute(SHOP);
    database.execute("VACUUM ANALYZE");
    let place = twin(&database, 17).await;
    let queries = prepare(place.as_ref(), STATEMENTS).await;
    let mut indexes: Vec<Index> = queries.iter().flat_map(candidates::plain).collect();
    indexes.extend(candidates::partial(&queries));
    let mut seen = HashSet::new();
    indexes.retain(|index| seen.insert(index.clone()));
    indexes.extend(candidates::merges(&indexes).into_iter().step_by(3));
    assert!(indexes.len() > 100 && queries.iter().all(|query| candidates::plain(query).len() <= candidates::MOST));
    let first = place.existing().len();
    let defined = place.define(&indexes).await.expect("defined");
    let mut groups: BTreeMap<usize, HashMap<Option<Signature>, Vec<Seen>>> = BTreeMap::new();
    let (mut asks, mut about) = (Vec::new(), Vec::new());
    for (query, one) in queries.iter().enumerate() {
        for (at, index) in indexes.iter().enumerate() {
            let Ok(estimate) = &defined[at] else { panic!("{index:?} was refused: {:?}", defined[at]) };
            asks.push(Ask { query, with: vec![first + at], without: Vec::new() });
            about.push((query, at, estimate.bytes, candidates::relevant(index, &one.usage)));
        }
    }
    let answers = place.plan(&asks).await.expect("answers");
    for ((query, at, bytes, signature), answer) in about.into_iter().zip(answers) {
        let cost = answer.unwrap_or_else(|reason| panic!("{reason}")).cost;
        groups.entry(query).or_default().entry(signature).or_default().push((bytes, cost, at));
    }
    let mut shared = 0;
    for (query, groups) in groups {
        for (signature, mut members) in groups {
            members.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            shared += members.len() - 1;
            for pair in members.windows(2) {
                let [(_, small, a), (_, large, b)] = pair else { continue };
                let what = (&indexes[*a], &indexes[*b]);
                // A page more or less of a small index is no other plan.
                assert!(*small <= large * 1.01 + 0.5, "{}: {small} {large} {what:#?}", STATEMENTS[query]);
            }
            if signature.is_none() {
                let other = members.iter().find(|member| (member.1 - queries[query].cost).abs() > 0.01);
                assert!(other.is_none(), "{}: {:#?}", STATEMENTS[query], other.map(|member| &indexes[member.2]));
            }
        }
    }
    assert!(shared * 2 > indexes.len() * queries.len(), "only {shared} of {} costs are shared", asks.len());
}

#[tokio::test]
async fn an_extension_that_is_only_available_comes_first() {
    let database = Database::create(17);
    database.execute(
        "CREATE TABLE t (id int, name text); INSERT INTO t SELECT i, md5(i::text) FROM generate_series(1, 40000) i",
    );
    database.execute("VACUUM ANALYZE");
    let place = twin(&database, 17).await;
    let queries = prepare(place.as_ref(), &["SELECT id FROM t WHERE name LIKE '%abcde%'"]).await;
    let proposed = place.propose(&queries[0]);
    let at = proposed.iter().position(|index| index.method == "gin").expect("trigrams");
    let defined = place.define(&proposed).await.expect("defined");
    assert!(defined.iter().all(Result::is_ok), "{defined:?}");
    let id = place.existing().len() + at;
    let answer =
        place.plan(&[Ask { query: 0, with: vec![id], without: Vec::new() }]).await.expect("an answer").remove(0);
    let answer = answer.expect("a plan");
    assert!(answer.used == [id] && answer.cost < queries[0].cost / 2.0, "{answer:?} {}", queries[0].cost);
    let change = place.create(&proposed[at], None);
    assert_eq!(
        change.forward.first().map(String::as_str),
        Some("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public")
    );
    change.forward.iter().for_each(|statement| database.execute(statement));
}
