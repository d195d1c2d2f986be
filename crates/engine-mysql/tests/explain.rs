//! Every form of plan that the servers print is read, with tables, indexes and figures.

use dbwright_core::plan::Node;
use dbwright_engine_mysql::explain::parse;
use dbwright_engine_mysql::flavour::{ExplainForm, Flavour};
use dbwright_testkit::{MyDatabase, engines, meant};

const TABLES: &str = "CREATE TABLE customers (id int PRIMARY KEY, name varchar(20), KEY name_idx (name));
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int, KEY customer_idx (customer_id));
    INSERT INTO customers VALUES (1, 'a'), (2, 'b'), (3, 'c');
    INSERT INTO orders VALUES (1, 1, 10), (2, 1, 20), (3, 2, 30), (4, 3, 40);
    ANALYZE TABLE customers, orders";

const STATEMENTS: [&str; 4] = [
    "SELECT o.total FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.name = 'a' ORDER BY o.total LIMIT 3",
    "SELECT name FROM customers c WHERE id IN (SELECT customer_id FROM orders FORCE INDEX (customer_idx) WHERE customer_id > 1)",
    "SELECT id FROM customers WHERE name = 'a' UNION SELECT total FROM orders WHERE customer_id = 2",
    "SELECT name, (SELECT max(total) FROM orders o WHERE o.customer_id = c.id) FROM customers c WHERE name > 'a'",
];

fn plan(database: &MyDatabase, form: ExplainForm, sql: &str) -> Node {
    let session = database.session();
    let mut text = String::new();
    for statement in form.statements(sql) {
        let rows = session.query(&statement).unwrap_or_else(|reason| panic!("{statement}: {reason}"));
        text = rows.first().and_then(|row| row.first()).cloned().unwrap_or_default();
    }
    parse(&text).unwrap_or_else(|e| panic!("{form:?} of {sql}: {e}\n{text}"))
}

#[test]
fn every_form_names_tables_and_indexes() {
    for engine in engines(&["mysql", "mariadb", "mariadb11"]) {
        let flavour = if engine == "mysql" { Flavour::MySql } else { Flavour::MariaDb };
        let database = MyDatabase::create(engine);
        database.execute(TABLES);
        // MySQL 8.0 has one form of JSON, without a number.
        let old = [ExplainForm::Json, ExplainForm::Tree, ExplainForm::AnalyzeTree];
        let forms = if meant(engine) == "mysql80" { &old } else { flavour.explain_forms() };
        for form in forms {
            for sql in STATEMENTS {
                let plan = plan(&database, *form, sql);
                let nodes: Vec<&Node> = plan.walk().collect();
                let reads = |names: &[&str]| {
                    nodes.iter().any(|node| node.object.as_deref().is_some_and(|o| names.contains(&o)))
                };
                assert!(reads(&["c", "customers"]), "{engine} {form:?}, {sql}: no customers in {plan:#?}");
                assert!(reads(&["o", "orders"]), "{engine} {form:?}, {sql}: no orders in {plan:#?}");
                assert!(
                    nodes.iter().any(|node| node.index.is_some()),
                    "{engine} {form:?}, {sql}: no index in {plan:#?}"
                );
                assert!(nodes.iter().any(|node| node.estimated_rows.is_some()), "{engine} {form:?}, {sql}: {plan:#?}");
                let ran = nodes.iter().any(|node| node.actual_rows.is_some());
                assert_eq!(ran, form.runs(), "{engine} {form:?}, {sql}: {plan:#?}");
            }
        }
    }
}
