//! Two snapshots of one database: what was done in between is told, and nothing else.

use dbwright_check::Checks as _;
use dbwright_check::port::Difference;
use dbwright_core::Snapshot;
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_engine_postgres::Postgres;
use dbwright_testkit::{Database, postgres_url};

async fn observe(database: &Database) -> Snapshot {
    let address = Address::parse(&database.url).expect("a URL");
    Postgres.observe(&address, &ObserveOptions::default(), &Silent).await.expect("the test server answers")
}

fn shown(differences: &[Difference], area: &str) -> Vec<String> {
    let own = differences.iter().filter(|one| one.area == area);
    own.map(|one| {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        format!("{} {}: {} -> {}", one.kind, one.subject, text(&one.before), text(&one.after))
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_in_between_is_told() {
    let database = Database::on(&postgres_url(17));
    let before = {
        database.execute(
            "CREATE TABLE orders (id bigint PRIMARY KEY, note text, gone int);
             CREATE INDEX orders_note ON orders (note);
             CREATE SEQUENCE numbers;
             CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
             CREATE VIEW notes AS SELECT note FROM orders;
             CREATE TABLE untouched (id bigint PRIMARY KEY);",
        );
        observe(&database).await
    };
    let compare = Postgres.compare().expect("PostgreSQL compares");
    assert_eq!(compare.compare(&before, &observe(&database).await).expect("the same engine"), []);
    database.execute(
        "ALTER TABLE orders DROP COLUMN gone, ADD COLUMN state text NOT NULL DEFAULT 'new', ADD CHECK (id > 0);
         DROP INDEX orders_note;
         CREATE INDEX \"orders.state\" ON orders (state);
         INSERT INTO orders SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i;
         ALTER SEQUENCE numbers INCREMENT 5;
         SELECT nextval('numbers');
         CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a + 1';
         CREATE OR REPLACE VIEW notes AS SELECT upper(note) AS note FROM orders;
         CREATE TABLE items (id bigint PRIMARY KEY, order_id bigint REFERENCES orders);",
    );
    let differences = compare.compare(&before, &observe(&database).await).expect("the same engine");
    let schema = shown(&differences, "schema");
    let expected = [
        "added public.items: ",
        "changed public.notes: view:",
        "removed public.orders.gone: integer -> ",
        "added public.orders.state:  -> text not null default 'new'::text",
        "added public.orders.orders_id_check:  -> CHECK ((id > 0))",
        "added public.orders.\"orders.state\":  -> CREATE INDEX",
        "removed public.orders.orders_note: CREATE INDEX",
        "changed public.numbers: sequence int8",
        "changed public.f(a integer): function in sql",
    ];
    assert_eq!(schema.len(), expected.len(), "{schema:#?}");
    for (line, start) in schema.iter().zip(expected) {
        assert!(line.starts_with(start), "{line}\nis not\n{start}");
    }
    let growth = shown(&differences, "growth");
    assert!(growth[0].starts_with("changed public.orders: ") && growth[0].contains("MB"), "{growth:?}");
    assert!(shown(&differences, "setting").is_empty());
}
