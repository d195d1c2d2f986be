//! Parameters on real servers: every statement that is filled must be one that the server plans.

use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_core::workload::Statement;
use dbwright_testkit::{Database, majors};
use tokio_postgres::Client;

use super::{Filled, fill, skip_reason};
use crate::body::PgBody;
use crate::connect::Connection;

const SETUP: &str = "\
CREATE SCHEMA app;
CREATE TYPE app.state AS ENUM ('new', 'paid', 'sent');
CREATE TABLE app.orders (id int PRIMARY KEY, customer int NOT NULL, state app.state, note text, total numeric(10,2),
    placed date, seen timestamptz, tags text[], doc jsonb, words tsvector, \"odd name\" text, gone boolean);
INSERT INTO app.orders SELECT n, (n * 7919) % 500, (CASE WHEN n % 100 = 0 THEN 'new' WHEN n % 20 = 0 THEN 'paid' ELSE 'sent' END)::app.state,
    'note ' || md5(n::text), n % 1000, date '2020-01-01' + n % 1500, timestamptz '2020-01-01' + n * interval '1 hour',
    ARRAY['a', 'tag' || n % 10], jsonb_build_object('kind', CASE WHEN n % 10 = 0 THEN 'rare' ELSE 'common' END, 'n', n % 3),
    to_tsvector('simple', 'word' || n % 20 || ' every'), 'it''s \\ ' || n % 5, n % 50 = 0
    FROM generate_series(1, 5000) n;
CREATE TABLE app.parted (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE app.parted_1 PARTITION OF app.parted FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE app.parted_2 PARTITION OF app.parted FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
INSERT INTO app.parted SELECT n, date '2020-01-01' + n % 366 FROM generate_series(1, 2000) n;
CREATE VIEW app.paid AS SELECT * FROM app.orders WHERE state = 'paid';
CREATE TABLE app.never (id int, v int) WITH (autovacuum_enabled = off);
CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.twice (i int); CREATE TABLE b.twice (i int);
ANALYZE app.orders; ANALYZE app.parted;
SET search_path = app;";

struct Place {
    connection: Connection,
    body: PgBody,
    database: Database,
}

impl Place {
    async fn new(major: u32) -> Self {
        let database = Database::create(major);
        database.execute(SETUP);
        let address = Address::parse(&database.url).expect("an address");
        let options = ObserveOptions::default();
        let (_, body) = crate::observe::take(&address, &options, &Silent).await.expect("a snapshot");
        let connection = crate::connect::open(&address, options.connect_timeout).await.expect("a connection");
        Self { connection, body, database }
    }

    fn client(&self) -> &Client {
        &self.connection.client
    }

    async fn fill(&self, text: &str) -> Vec<Filled> {
        self.try_fill(&Statement { text: text.to_owned(), calls: 10.0, ..Statement::default() }).await.expect(text)
    }

    async fn try_fill(&self, statement: &Statement) -> Result<Vec<Filled>, String> {
        let filled = fill(self.client(), statement, &self.body).await.map_err(|skip| skip.reason)?;
        let sum: f64 = filled.iter().map(|filled| filled.share).sum();
        assert!((sum - 1.0).abs() < 1e-9, "shares of {} add up to {sum}", statement.text);
        for filled in &filled {
            self.rows(&filled.sql).await;
        }
        Ok(filled)
    }

    /// Rows that the planner expects.
    async fn rows(&self, sql: &str) -> f64 {
        let explained = self.client().simple_query(&format!("EXPLAIN (FORMAT JSON) {sql}")).await;
        let messages = explained.unwrap_or_else(|error| panic!("{sql}: {}", crate::error::text(&error)));
        let row = messages.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        crate::explain::Plan::parse(row.expect("a plan")).expect("a plan").rows
    }

    async fn estimates(&self, text: &str) -> Vec<f64> {
        let mut found = Vec::new();
        for filled in self.fill(text).await {
            found.push(self.rows(&filled.sql).await);
        }
        found
    }

    async fn refused(&self, text: &str) -> String {
        let statement = Statement { text: text.to_owned(), ..Statement::default() };
        self.try_fill(&statement).await.expect_err(text)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_frequent_middling_and_rare_as_the_statistics_say() {
    for major in majors().expect("versions") {
        let place = Place::new(major).await;
        let by_state = place.fill("select * from app.orders where state = $1").await;
        let values: Vec<_> = by_state.iter().map(|f| f.sql.split('\'').nth(1).unwrap_or_default()).collect();
        assert_eq!(values, ["sent", "paid", "new"], "{by_state:?}");
        assert!(by_state[0].share > by_state[1].share && by_state[2].share >= 0.08, "{by_state:?}");
        let by_key = place.fill("select * from app.orders where id = $1").await;
        assert_eq!((by_key.len(), by_key[0].share), (1, 1.0), "{by_key:?}");
        let ranges = place.estimates("select * from app.orders where placed between $1 and $2").await;
        for (rows, expected) in ranges.iter().zip([1500.0, 500.0, 50.0]) {
            assert!((expected * 0.5..expected * 2.0).contains(rows), "{ranges:?}");
        }
        let open = place.estimates("select * from app.orders where total > $1").await;
        assert!((1200.0..1800.0).contains(&open[0]) && open[2] < 120.0, "{open:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_comparison_gets_values_that_the_server_takes() {
    let texts = [
        "select * from app.orders where customer in ($1, $2, $3) and total < $4 order by id limit $5 offset $6",
        "select * from app.orders where customer = any ($1) and note like $2",
        "select * from app.orders where note ilike '%' || $1 || '%' and lower(note) = $2 and note ~ $3",
        "select * from app.orders where tags @> $1 and tags && $2",
        "select * from app.orders where doc @> $1 and doc ->> $2 = $3 and doc ? $4",
        "select * from app.orders where words @@ to_tsquery($1, $2)",
        "select * from app.orders where (placed, id) > ($1, $2) order by placed, id limit $3",
        "select * from app.orders where \"odd name\" = $1 and gone = $2",
        "select * from app.orders where placed >= date $1 and placed < date $2 + interval $3 month",
        "select extract($1 from placed), count(*) from app.orders where seen > now() - interval $2 group by 1",
        "select * from app.orders where ($1 is null or customer = $2) and customer = $3",
        "select count(*) from app.paid where customer = $1 group by note having sum(total) > $2",
        "select * from app.orders o join app.orders p on p.customer = o.customer where o.id = $1 and p.total + $2 > $3",
        "with x as (select * from app.orders where state in ($1, $2)) select * from x where total between $3 and $4",
        "insert into app.orders (id, customer, state, note) values ($1, $2, $3, $4)",
        "update app.orders set note = $1, total = total + $2 where id = $3",
        "delete from app.orders where seen < $1",
        "select * from app.parted where day = $1 and id > $2",
        "select * from app.orders where customer in ($1 /*, ... */) and id = $2",
        "select $1, $2::text, case when customer = $3 then $4 else $5 end from app.orders",
        "declare c cursor for select * from app.orders where customer = $1",
        "prepare p (int) as select * from app.orders where customer = $1",
        "explain analyze select * from app.orders where customer = $1",
    ];
    for major in majors().expect("versions") {
        let place = Place::new(major).await;
        for text in texts {
            let filled = place.fill(text).await;
            assert!(filled.iter().all(|f| !f.sql.contains("$1")), "{major}: {filled:?}");
        }
        let parted = place.estimates("select * from app.parted where day = $1").await;
        assert!(parted.iter().all(|rows| *rows < 50.0), "{major}: {parted:?}");
        let json = place.fill("select * from app.orders where doc ->> 'kind' = $1").await;
        assert!(json[0].sql.contains("'common'"), "{major}: {json:?}");
        let list = place.fill("select * from app.orders where customer in ($1 /*, ... */)").await;
        assert!(list[0].sql.matches(',').count() >= 7, "{major}: {list:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_the_recording_lost_are_found_or_the_reason_is_given() {
    for major in majors().expect("versions") {
        let place = Place::new(major).await;
        let unqualified = place.fill("select orders.id from orders where customer = $1").await;
        assert!(unqualified[0].sql.contains("from app.orders"), "{unqualified:?}");
        let nested = Statement {
            text: "select * from app.orders o where o.customer = wanted and o.id > r.id".to_owned(),
            nested: true,
            ..Statement::default()
        };
        let filled = place.try_fill(&nested).await.expect("a function's statement");
        assert!(!filled[0].sql.contains("wanted") && !filled[0].sql.contains("r.id"), "{filled:?}");
        let outside = place.refused("select * from app.orders where customer = wanted").await;
        assert!(outside.contains("column \"wanted\" does not exist"), "{outside}");
        let ambiguous = place.refused("select * from twice where i = $1").await;
        assert!(ambiguous.contains("a, b") && ambiguous.contains("search path"), "{ambiguous}");
        let missing = place.refused("select * from app.temporary where i = $1").await;
        assert!(missing.contains("does not exist") && missing.contains("temporary table"), "{missing}");
        let never = place.refused("select * from app.never where id = $1").await;
        assert!(never.contains("run ANALYZE app.never"), "{never}");
        let two = place.refused("select 1; drop table app.orders").await;
        assert!(two.contains("more than one"), "{two}");
        let cut = place.refused("select * from app.orders where note = 'cut").await;
        assert!(cut.contains("cut off"), "{cut}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_values_a_note_says_so() {
    for major in majors().expect("versions") {
        let mut place = Place::new(major).await;
        for stats in place.body.columns.values_mut().flatten() {
            (stats.most_common_vals, stats.histogram_bounds) = (None, None);
        }
        let filled = place.fill("select * from app.orders where customer = $1").await;
        assert!(filled[0].notes[0].contains("orders.customer"), "{filled:?}");
        let samples = ["select * from app.orders where id = 1", "select * from app.orders where id = 2"];
        let statement = Statement { samples: samples.map(str::to_owned).to_vec(), ..Statement::default() };
        let filled = place.try_fill(&statement).await.expect("samples");
        assert_eq!(filled.iter().map(|f| (f.sql.as_str(), f.share)).collect::<Vec<_>>(), samples.map(|s| (s, 0.5)));
        let error =
            place.client().batch_execute("select * from pg_class where nonsense = 1").await.expect_err("an error");
        assert!(skip_reason(&statement, &error).reason.contains("function"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_pg_stat_statements_keeps_of_real_statements_is_planned() {
    let work = [
        "select extract(year from placed), sum(total) from app.orders where placed <= date '2022-12-01' - interval '90 day' group by 1",
        "select * from app.orders where customer in (1, 2, 3, 4, 5, 6) and placed < timestamp '2021-01-01'",
        "select count(*) from app.orders where note like 'note 1%' limit 5",
        "create function app.inside(wanted int) returns bigint language plpgsql as $$ declare n bigint; begin \
         select count(*) into n from app.orders where customer = wanted; return n; end $$",
        "select app.inside(7)",
        "begin; declare c cursor for select id from app.orders where total > 5; fetch 5 from c; commit",
    ];
    for major in majors().expect("versions") {
        let place = Place::new(major).await;
        place.database.execute("CREATE EXTENSION pg_stat_statements SCHEMA public");
        let client = place.client();
        client.batch_execute("set pg_stat_statements.track = 'all'").await.expect("a superuser");
        for sql in work {
            client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {}", crate::error::text(&error)));
        }
        let address = Address::parse(&place.database.url).expect("an address");
        let (_, body) = crate::observe::take(&address, &ObserveOptions::default(), &Silent).await.expect("a snapshot");
        let statements = body.workload.as_ref().expect("a workload").statements.iter();
        let planned = |s: &&Statement| s.text.contains("app.orders") && !super::is_utility(&s.text);
        // The set-up calls a function whose arguments no text tells the type of.
        let orders: Vec<_> = statements.filter(planned).filter(|s| !s.text.contains("generate_series")).collect();
        assert!(orders.len() >= 4, "{major}: {orders:#?}");
        for statement in &orders {
            let filled =
                place.try_fill(statement).await.unwrap_or_else(|why| panic!("{major}: {}: {why}", statement.text));
            assert!(filled.iter().all(|f| !f.sql.contains("$1")), "{major}: {filled:?}");
        }
        let inner =
            orders.iter().find(|s| s.text.contains("wanted") || s.text.contains("customer = $1")).expect("inner");
        assert_eq!((inner.nested, inner.shared_blks_hit.is_some()), (major >= 14, true), "{major}: {inner:#?}");
    }
}
