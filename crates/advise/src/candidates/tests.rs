//! Candidates of small usages, key by key.

use std::collections::HashSet;

use super::{MOST, merges, offer, partial, plain, relevant};
use crate::index::{Index, Key, KeyPart, ObjectName};
use crate::port::Query;
use crate::usage::{ColumnFigures, Condition, Join, Operator, TableUse, Usage};

fn name() -> ObjectName {
    ObjectName { schema: "public".to_owned(), name: "t".to_owned() }
}

fn table(columns: &[&str]) -> TableUse {
    let figures = |name: &&str| ColumnFigures {
        name: (*name).to_owned(),
        width: 8.0,
        distinct: Some(1_000.0),
        ordered: *name != "json",
    };
    TableUse {
        table: name(),
        alias: "t".to_owned(),
        rows: 1e6,
        kept: 1e6,
        conditions: Vec::new(),
        joins: Vec::new(),
        nested: Vec::new(),
        orders: Vec::new(),
        groups: Vec::new(),
        needed: None,
        limited: false,
        written: false,
        columns: columns.iter().map(figures).collect(),
    }
}

fn condition(column: &str, operator: Operator, constant: &str, selectivity: f64) -> Condition {
    let symbol = if operator == Operator::Range { ">" } else { "=" };
    Condition {
        part: KeyPart::Column(column.to_owned()),
        operator,
        constant: Some(constant.to_owned()),
        symbol: symbol.to_owned(),
        text: format!("({column} {symbol} {constant})"),
        selectivity: Some(selectivity),
        alternative: None,
        arm: 0,
    }
}

fn join(column: &str, other: &str) -> Join {
    let part = |name: &str| KeyPart::Column(name.to_owned());
    Join { part: part(column), other: other.to_owned(), other_part: part("id") }
}

fn query(statement: usize, tables: Vec<TableUse>) -> Query {
    Query { statement, share: 1.0, sql: String::new(), usage: Usage { tables }, cost: 100.0 }
}

/// `a desc, b + c` for the keys, columns carried along behind it.
fn short(index: &Index) -> String {
    let key = |key: &Key| {
        let part = match &key.part {
            KeyPart::Column(text) | KeyPart::Expression(text) => text.clone(),
        };
        part + if key.descending { " desc" } else { "" }
    };
    let keys: Vec<_> = index.keys.iter().map(key).collect();
    let include = if index.include.is_empty() { String::new() } else { format!(" + {}", index.include.join(", ")) };
    let predicate = index.predicate.as_ref().map_or(String::new(), |text| format!(" where {text}"));
    format!("{}{include}{predicate}", keys.join(", "))
}

fn shorts(indexes: &[Index]) -> Vec<String> {
    indexes.iter().map(short).collect()
}

#[track_caller]
fn has(indexes: &[Index], wanted: &[&str]) {
    let all = shorts(indexes);
    for one in wanted {
        assert!(all.iter().any(|known| known == one), "{one} is missing in {all:#?}");
    }
}

#[test]
fn equalities_come_first_by_selectivity_then_one_range_then_what_else_is_needed() {
    let mut t = table(&["a", "b", "c", "d", "json"]);
    t.conditions = vec![
        condition("a", Operator::Equal, "1", 0.1),
        condition("b", Operator::Equal, "2", 0.01),
        condition("c", Operator::Range, "3", 0.2),
        condition("json", Operator::Equal, "4", 0.001),
    ];
    t.needed = Some(["a", "b", "c", "d"].map(str::to_owned).to_vec());
    let found = plain(&query(0, vec![t]));
    has(&found, &["b, a", "a, b", "b, a, c", "c", "a", "b, a, c + d", "b, a + c, d"]);
    assert!(!shorts(&found).iter().any(|text| text.starts_with("json") || text.contains(", json")), "no order, no key");
    assert_eq!(found.first().map(short).as_deref(), Some("b, a, c + d"));
}

#[test]
fn orders_are_read_from_either_end_and_follow_equalities() {
    let mut t = table(&["a", "b", "c"]);
    t.conditions = vec![condition("a", Operator::Equal, "1", 0.1)];
    let down = |name: &str| Key { descending: true, ..Key::column(name) };
    t.orders = vec![vec![down("b"), Key::column("c")]];
    t.limited = true;
    let found = plain(&query(0, vec![t]));
    has(&found, &["a, b, c desc", "b, c desc", "b, c desc, a"]);
    let index = found.iter().find(|index| short(index) == "a, b, c desc").expect("it is there");
    let nulls: Vec<_> = index.keys.iter().map(|key| key.nulls_first).collect();
    // Downwards, nulls come first; read from the other end, upwards and last: the default again.
    assert_eq!(nulls, [None, None, None]);
}

#[test]
fn joins_stand_alone_in_pairs_and_with_conditions() {
    let mut t = table(&["part", "supplier", "kind", "price"]);
    t.joins = vec![join("part", "p"), join("supplier", "s")];
    t.conditions = vec![condition("kind", Operator::Equal, "1", 0.05)];
    let found = plain(&query(0, vec![t]));
    has(
        &found,
        &["part", "supplier", "part, supplier", "supplier, part", "part, kind", "kind, part", "kind, part, supplier"],
    );
}

#[test]
fn every_alternative_gets_an_index_or_none_does() {
    let mut t = table(&["a", "b", "c"]);
    let arm = |mut condition: Condition, arm: u32| {
        condition.alternative = Some(1);
        condition.arm = arm;
        condition
    };
    t.conditions = vec![
        arm(condition("a", Operator::Equal, "1", 0.01), 0),
        arm(condition("b", Operator::Equal, "1", 0.01), 1),
        arm(condition("c", Operator::Range, "1", 0.1), 1),
    ];
    has(&plain(&query(0, vec![t.clone()])), &["a", "b, c"]);
    t.conditions.push(arm(condition("c", Operator::Filter, "1", 0.9), 2));
    assert_eq!(plain(&query(0, vec![t])), []);
}

#[test]
fn large_tables_get_more_of_the_room_and_what_is_cut_is_told() {
    let columns = ["a", "b", "c", "d", "e", "f"];
    let mut large = table(&columns);
    large.needed = Some(columns.map(str::to_owned).to_vec());
    large.joins = columns.iter().map(|column| join(column, &format!("x{column}"))).collect();
    let mut small = table(&["a", "b"]);
    small.table.name = "small".to_owned();
    small.rows = 25.0;
    small.joins = vec![join("a", "x"), join("b", "y")];
    let query = query(0, vec![small, large]);
    let offer = offer(&query, MOST);
    assert_eq!(offer.indexes.len(), MOST);
    assert!(!offer.cut.is_empty());
    assert_eq!(offer.indexes.iter().filter(|index| index.table.name == "small").count(), 2);
    let all: HashSet<_> = offer.indexes.iter().chain(&offer.cut).collect();
    assert_eq!(all.len(), offer.indexes.len() + offer.cut.len(), "none twice");
    assert_eq!(plain(&query), offer.indexes, "the same each time");
}

#[test]
fn a_condition_that_comes_back_makes_a_partial_index_and_a_parameter_does_not() {
    let mut open = table(&["id", "status", "day"]);
    open.conditions =
        vec![condition("status", Operator::Equal, "'open'", 0.02), condition("day", Operator::Range, "1", 0.1)];
    let mut other = open.clone();
    other.conditions[1] = condition("day", Operator::Range, "2", 0.1);
    // Statement 0 runs with two samples of its parameter; its status is always the same.
    let found = partial(&[query(0, vec![open.clone()]), query(0, vec![other])]);
    has(&found, &["day where (status = 'open')"]);
    assert!(
        !shorts(&found).iter().any(|text| text.contains("where (day") || text.contains("AND")),
        "{:?}",
        shorts(&found)
    );
    // Too many rows are left.
    open.conditions[0].selectivity = Some(0.9);
    open.conditions[1].selectivity = Some(0.9);
    assert_eq!(partial(&[query(0, vec![open])]), []);
}

#[test]
fn merges_serve_both_and_prefixes_are_narrower() {
    let of = |columns: &[&str], include: &[&str]| {
        let include = include.iter().map(|name| (*name).to_owned()).collect();
        Index { include, ..Index::btree(name(), columns.iter().copied()) }
    };
    let found = merges(&[of(&["a", "b"], &["x"]), of(&["a", "c"], &["y"])]);
    has(&found, &["a, b", "a", "a, b, c + x, y", "a, c, b + x, y", "a, b + c, x, y"]);
    assert_eq!(found, merges(&[of(&["a", "b"], &["x"]), of(&["a", "c"], &["y"])]));
    // What begins otherwise and has other columns serves nobody when merged.
    assert_eq!(shorts(&merges(&[of(&["a"], &[]), of(&["b"], &[])])), Vec::<String>::new());
}

#[test]
fn only_what_a_statement_can_use_of_an_index_tells_two_apart() {
    let mut t = table(&["a", "b", "c", "d"]);
    t.conditions = vec![condition("a", Operator::Equal, "1", 0.1)];
    t.orders = vec![vec![Key::column("b")]];
    t.needed = Some(vec!["a".to_owned(), "b".to_owned()]);
    let usage = Usage { tables: vec![t] };
    let of = |columns: &[&str]| relevant(&Index::btree(name(), columns.iter().copied()), &usage);
    assert_eq!(of(&["a", "c"]), of(&["a", "d"]));
    assert_ne!(of(&["a", "c"]), of(&["a"]), "one key alone is trusted more");
    assert_ne!(of(&["a", "c"]), of(&["a", "b"]));
    assert_ne!(of(&["a", "b"]), of(&["b", "a"]));
    assert_eq!(of(&["c", "d"]), None);
    assert_eq!(of(&["c", "b"]), None, "c is not bound, so b is in no order");
    let covering = Index { include: vec!["b".to_owned(), "d".to_owned()], ..Index::btree(name(), ["a", "c"]) };
    assert_ne!(relevant(&covering, &usage), of(&["a", "c"]));
    let carrying = Index { include: vec!["d".to_owned()], ..Index::btree(name(), ["a", "c"]) };
    assert_eq!(relevant(&carrying, &usage), of(&["a", "c"]));
    let elsewhere = Index::btree(ObjectName { schema: "x".to_owned(), name: "t".to_owned() }, ["a"]);
    assert_eq!(relevant(&elsewhere, &usage), None);
    let partial = |predicate: &str| Index { predicate: Some(predicate.to_owned()), ..Index::btree(name(), ["c"]) };
    assert_eq!(relevant(&partial("(d = 1)"), &usage), None, "nothing implies it");
    assert!(relevant(&partial("(a = 1)"), &usage).is_some());
    assert!(relevant(&partial("(a < 5)"), &usage).is_some(), "the planner may find that it follows");
}
