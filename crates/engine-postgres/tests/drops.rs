//! Which existing indexes need not be, by the plans of a real server.

use dbwright_advise::drops::{self, Dropped, Look, Reason};
use dbwright_advise::index::{Index, ObjectName};
use dbwright_advise::port::{Advises as _, IndexId, Query, WhatIf, WhatIfOptions};
use dbwright_advise::run::Options;
use dbwright_advise::weights::Weights;
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_core::workload::Statement;
use dbwright_engine_postgres::Postgres;
use dbwright_testkit::Database;

const MONTH_S: f64 = 30.0 * 86_400.0;

const SCHEMA: &str = "
    CREATE TABLE orders (id bigint PRIMARY KEY, customer int, day date, place int, note text, code int UNIQUE);
    INSERT INTO orders SELECT n, n % 7000, date '2026-01-01' + n % 3000, n % 900, 'note ' || n, n FROM generate_series(1, 60000) n;
    CREATE INDEX by_customer ON orders (customer);
    CREATE INDEX by_customer_day ON orders (customer, day);
    CREATE INDEX one_day ON orders (day);
    CREATE INDEX same_day ON orders (day);
    CREATE INDEX by_place ON orders (place);
    CREATE INDEX by_note ON orders (note);
    CREATE INDEX kept_note ON orders (note, id)";

const QUERIES: [&str; 3] = [
    "SELECT note FROM orders WHERE customer = 12 AND day = '2026-03-01'",
    "SELECT note FROM orders WHERE day = '2026-04-05'",
    "SELECT note FROM orders WHERE place = 7",
];

struct Place {
    whatif: Box<dyn WhatIf>,
    queries: Vec<Query>,
}

impl Place {
    async fn open(database: &Database, major: u32) -> Self {
        database.execute(SCHEMA);
        database.execute("VACUUM (FREEZE, ANALYZE)");
        let address = Address::parse(&database.url).expect("an address");
        let observe =
            ObserveOptions { programs: vec![dbwright_testkit::postgres_bin(major)], ..ObserveOptions::default() };
        let options = WhatIfOptions { observe, ..WhatIfOptions::default() };
        let snapshot = Postgres.observe(&address, &options.observe, &Silent).await.expect("a snapshot");
        let whatif = Postgres.what_if(&snapshot, Some(&address), &options, &Silent).await.expect("a place");
        let statements = QUERIES.map(|text| Statement { text: text.to_owned(), calls: 10.0, ..Statement::default() });
        let prepared = whatif.prepare(&statements, &Silent).await.expect("prepared");
        let queries: Vec<Query> = prepared.into_iter().flat_map(|some| some.expect("planned")).collect();
        whatif.admit(&queries).await.expect("admitted");
        Self { whatif, queries }
    }

    async fn look(&self, options: &Options, chosen: &[(IndexId, &Index)], window_s: f64) -> Dropped {
        let weights = Weights::linear(vec![10.0; self.queries.len()], 1.0);
        let look = Look {
            whatif: self.whatif.as_ref(),
            queries: &self.queries,
            weights: &weights,
            upkeep: 1.0,
            chosen,
            window_s: Some(window_s),
            options,
        };
        drops::look(&look).await.expect("a look")
    }

    fn id(&self, name: &str) -> IndexId {
        self.whatif.existing().iter().position(|existing| existing.name == name).expect("an index")
    }

    /// Name and reason of all that goes.
    fn named(&self, dropped: &Dropped) -> Vec<(String, Reason)> {
        let existing = self.whatif.existing();
        dropped.gone.iter().map(|gone| (existing[gone.id].name.clone(), gone.reason.clone())).collect()
    }
}

fn wanted() -> Options {
    Options { drops: true, keep: vec!["public.kept_note".to_owned()], ..Options::default() }
}

#[tokio::test]
async fn what_no_statement_misses_may_go() {
    for major in [15, 18] {
        let database = Database::create(major);
        let place = Place::open(&database, major).await;
        assert_eq!(place.look(&Options::default(), &[], MONTH_S).await, Dropped::default(), "not asked for");

        let dropped = place.look(&wanted(), &[], MONTH_S).await;
        let mut named = place.named(&dropped);
        named.sort_by(|a, b| a.0.cmp(&b.0));
        let day = named.iter().filter(|(name, _)| name.ends_with("_day")).count();
        assert_eq!(day, 1, "one of the two serves: {named:?}");
        named.retain(|(name, _)| !name.ends_with("_day"));
        let redundant = Reason::Redundant(place.id("by_customer_day"));
        let note = Reason::Redundant(place.id("kept_note"));
        assert_eq!(named, [("by_customer".to_owned(), redundant), ("by_note".to_owned(), note)]);
        assert!(
            dropped.calls > 0 && dropped.gone.iter().all(|gone| gone.after <= gone.before * 1.01 && gone.bytes > 0)
        );
    }
}

#[tokio::test]
async fn an_index_is_unused_only_after_a_long_enough_window() {
    let database = Database::create(17);
    let place = Place::open(&database, 17).await;
    let bare = Options { drops: true, keep: vec!["by_note".to_owned()], ..Options::default() };
    let names = |dropped: &Dropped| place.named(dropped).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let early = place.look(&bare, &[], 3600.0).await;
    assert!(!names(&early).contains(&"kept_note".to_owned()), "{early:?}");
    let late = place.look(&bare, &[], MONTH_S).await;
    let unused = place.named(&late).into_iter().find(|(name, _)| name == "kept_note");
    assert_eq!(unused.map(|(_, reason)| reason), Some(Reason::Unused));
    assert!(!names(&late).iter().any(|name| ["by_place", "orders_code_key", "orders_pkey"].contains(&name.as_str())));
}

#[tokio::test]
async fn a_new_index_takes_the_place_of_what_it_begins_with() {
    let database = Database::create(17);
    let place = Place::open(&database, 17).await;
    let table = ObjectName { schema: "public".to_owned(), name: "orders".to_owned() };
    let wide = Index { include: vec!["note".to_owned()], ..Index::btree(table, ["place"]) };
    let defined = place.whatif.define(std::slice::from_ref(&wide)).await.expect("defined");
    assert!(defined[0].is_ok(), "{defined:?}");
    let id = place.whatif.existing().len();
    let dropped = place.look(&wanted(), &[(id, &wide)], MONTH_S).await;
    let replaced = place.named(&dropped).into_iter().find(|(name, _)| name == "by_place");
    assert_eq!(replaced.map(|(_, reason)| reason), Some(Reason::Replaced(vec![id])));
}
