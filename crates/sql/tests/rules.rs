//! Verdicts that need weeks of statistics or millions of rows, on catalogs made by hand.
//!
//! Everything else about the rules is tested on real engines, by the engines' crates.

use dbwright_core::rule::{self, Limits};
use dbwright_core::snapshot::{Cost, Header};
use dbwright_core::{Finding, Severity};
use dbwright_sql::Dialect::Postgres;
use dbwright_sql::model::{
    Catalog, Column, Constraint, ConstraintKind, Generated, Highest, References, Table, TableKind, Writes,
};
use dbwright_sql::render::{self, Surroundings};
use dbwright_sql::rules;

const DAY_S: f64 = 86_400.0;

fn header() -> Header {
    Header {
        engine: "postgres".to_owned(),
        version: "17".to_owned(),
        name: "h/db".to_owned(),
        observed_at: "2026-01-01T00:00:00Z".parse().expect("a time"),
        dbwright: "0".to_owned(),
        without_values: false,
        gaps: Vec::new(),
        cost: Cost::default(),
    }
}

fn column(name: &str, base: &str, generated: Option<Generated>, highest: Option<i64>) -> Column {
    Column {
        name: name.to_owned(),
        number: 1,
        data_type: base.replace("int4", "integer").replace("int8", "bigint"),
        base_type: base.to_owned(),
        not_null: true,
        default: None,
        generated,
        collation: None,
        highest: highest.map(|value| Highest { value, source: "test".to_owned() }),
        definition: None,
    }
}

fn constraint(kind: ConstraintKind, columns: &[&str]) -> Constraint {
    Constraint {
        name: "c".to_owned(),
        kind,
        columns: columns.iter().map(|&name| name.to_owned()).collect(),
        validated: true,
        deferrable: false,
        index: None,
        inherited: false,
        definition: None,
    }
}

fn table(id: u64, name: &str, columns: Vec<Column>, constraints: Vec<Constraint>) -> Table {
    Table {
        id,
        schema: "public".to_owned(),
        name: name.to_owned(),
        kind: TableKind::Table,
        owner: None,
        parents: Vec::new(),
        is_partition: false,
        partitioning: None,
        internal: false,
        columns,
        constraints,
        indexes: Vec::new(),
        triggers: Vec::new(),
        rows: None,
        bytes: None,
        writes: None,
        definition: None,
        comment: None,
        storage: None,
    }
}

fn findings(tables: Vec<Table>, rule: &str) -> Vec<Finding> {
    let catalog = Catalog { tables, ..Catalog::new(Postgres) };
    let (found, _) = rule::run(rules::RULES, &catalog, &header(), &Limits::new());
    found.into_iter().filter(|finding| finding.rule == rule).collect()
}

fn key(highest: i64, inserts: u64, days: f64) -> Table {
    let id = column("id", "int4", Some(Generated::IdentityAlways), Some(highest));
    let mut orders = table(1, "orders", vec![id], vec![constraint(ConstraintKind::PrimaryKey, &["id"])]);
    orders.writes = Some(Writes { inserts, window_s: Some(days * DAY_S), ..Writes::default() });
    orders
}

#[test]
fn the_pace_of_inserts_tells_the_day_a_key_runs_out() {
    let verdict = |highest, inserts, days| {
        findings(vec![key(highest, inserts, days)], "sql/int-key-exhaustion")
            .pop()
            .map(|finding| (finding.severity, finding.title))
    };
    // 1,000,000 a day for the 1,947,483,647 that are left: 1947 days. For 10,000,000 a day: 194.
    assert_eq!(verdict(200_000_000, 10_000_000, 10.0), None);
    let (severity, title) = verdict(200_000_000, 100_000_000, 10.0).expect("within a year");
    assert_eq!(severity, Severity::Medium);
    assert!(title.contains("runs out about 2026-07-14"), "{title}");
    assert_eq!(verdict(200_000_000, 200_000_000, 10.0).map(|(severity, _)| severity), Some(Severity::High));
    assert_eq!(verdict(200_000_000, 1_000_000_000, 10.0).map(|(severity, _)| severity), Some(Severity::Critical));
    // Half a day says nothing about the pace, and neither does a key that has hardly begun.
    assert_eq!(verdict(200_000_000, 100_000_000, 0.5), None);
    assert_eq!(verdict(2_000_000, 1_000_000_000, 10.0), None);
}

fn reference(rows: Option<f64>, deletes: u64, updates: u64, days: f64) -> Option<Severity> {
    let mut parent = table(1, "customers", vec![column("id", "int8", None, None)], Vec::new());
    parent.writes = Some(Writes { inserts: 0, updates, deletes, window_s: Some(days * DAY_S) });
    let kind = ConstraintKind::ForeignKey(References {
        schema: "public".to_owned(),
        table: "customers".to_owned(),
        id: Some(1),
        columns: vec!["id".to_owned()],
        on_delete: "NO ACTION".to_owned(),
        on_update: "NO ACTION".to_owned(),
    });
    let mut child =
        table(2, "orders", vec![column("customer_id", "int8", None, None)], vec![constraint(kind, &["customer_id"])]);
    child.rows = rows;
    findings(vec![parent, child], "sql/unindexed-foreign-key").pop().map(|finding| finding.severity)
}

#[test]
fn a_missing_index_weighs_what_it_costs() {
    assert_eq!(reference(Some(5e6), 100, 0, 30.0), Some(Severity::High));
    assert_eq!(reference(Some(5e6), 0, 100, 30.0), Some(Severity::Medium));
    assert_eq!(reference(Some(5e6), 0, 0, 30.0), Some(Severity::Low), "a month without a delete or update");
    assert_eq!(reference(Some(5e6), 0, 0, 1.0), Some(Severity::Medium), "a day says little");
    assert_eq!(reference(Some(500.0), 100, 0, 30.0), Some(Severity::Low));
    assert_eq!(reference(None, 100, 0, 30.0), Some(Severity::Medium));
}

#[test]
fn partitions_of_a_foreign_server_leave_only_the_plain_way() {
    let mut events = table(1, "events", vec![column("a", "int8", None, None)], Vec::new());
    events.kind = TableKind::Partitioned;
    let mut far = table(2, "events_far", events.columns.clone(), Vec::new());
    (far.kind, far.is_partition, far.parents) = (TableKind::Foreign, true, vec![1]);
    let catalog = Catalog { tables: vec![events.clone(), far], ..Catalog::new(Postgres) };
    let change = render::create_index(&Surroundings::of(&catalog), &events, &["a"]);
    assert_eq!(change.forward, ["CREATE INDEX events_a_idx ON public.events (a)"]);
    assert!(change.in_transaction && change.lock.contains("writes wait"));
}

#[test]
fn generated_names_are_free_and_fit() {
    let long = "é".repeat(40);
    let mut tables = vec![table(1, &long, Vec::new(), Vec::new())];
    let catalog = |tables: &Vec<Table>| Catalog { tables: tables.clone(), ..Catalog::new(Postgres) };
    let mut seen = Vec::new();
    for id in 2..14 {
        let name = render::index_name(&Surroundings::of(&catalog(&tables)), &tables[0], &["a"]);
        assert!(name.len() <= 63 && !seen.contains(&name), "{name}");
        tables.push(table(id, &name, Vec::new(), Vec::new()));
        seen.push(name);
    }
}
