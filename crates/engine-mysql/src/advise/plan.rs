//! What a plan costs, and which indexes it reads.
//!
//! MySQL tells costs, of subqueries of the select list apart from the rest. MariaDB before 11 tells only how many rows each
//! step reads: there the cost is reckoned from them, in the weights that MySQL has for a row and a page in memory.

use std::collections::BTreeSet;

use dbwright_core::plan::Node;
use serde_json::{Map, Value};

use crate::explain;
use crate::flavour::{ExplainForm, Flavour};

type Object = Map<String, Value>;

/// Cost of looking at a row.
const ROW: f64 = 0.1;
/// Cost of a page in memory.
const PAGE: f64 = 0.25;
/// Rows on a page, about.
const ROWS_PER_PAGE: f64 = 100.0;
/// Cost of comparing two keys, in a sort or a join buffer.
const COMPARE: f64 = 0.05;
/// What one entry of an index costs when a row is written: a descent through three pages, the entry, and a share of the page
/// that has to be written some time.
pub(super) const ENTRY: f64 = 3.0 * PAGE + ROW + PAGE;

/// A plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Plan {
    /// Its cost; none when the server does not tell.
    pub(super) cost: Option<f64>,
    /// Tables or aliases with the index that is read.
    pub(super) reads: BTreeSet<(String, String)>,
    /// Its operations, without figures.
    pub(super) shape: String,
}

/// How a server is asked for plans that tell costs.
pub(super) fn form(flavour: Flavour, version: (u16, u16, u16)) -> ExplainForm {
    match flavour {
        Flavour::MariaDb => ExplainForm::Json,
        // The first version tells nothing of what a LIMIT spares; the second came with 8.3.
        Flavour::MySql if version >= (8, 3, 0) => ExplainForm::JsonV2,
        Flavour::MySql => ExplainForm::Tree,
    }
}

/// Reads a plan in that form.
///
/// # Errors
/// When it is none.
pub(super) fn read(text: &str, form: ExplainForm) -> Result<Plan, String> {
    let tree = explain::parse(text).map_err(|failure| failure.message)?;
    let mut plan = Plan { shape: shape(&tree), ..Plan::default() };
    if form == ExplainForm::Tree {
        plan.cost = Step::of_text(&tree).told().map(|cost| cost + subqueries(&tree));
        let named = tree.walk().filter_map(|node| Some((node.object.clone()?, node.index.clone()?)));
        plan.reads.extend(named);
        return Ok(plan);
    }
    let Value::Object(root) = serde_json::from_str(text).map_err(|e| e.to_string())? else {
        return Err("the plan is no object".to_owned());
    };
    if form == ExplainForm::JsonV2 {
        let top = root.get("query_plan").and_then(Value::as_object).unwrap_or(&root);
        plan.cost = Step::of_object(top).told().map(|cost| cost + fed(top));
        named(top, &mut plan.reads);
    } else {
        plan.cost = root
            .get("query_block")
            .and_then(Value::as_object)
            .map(|block| number(block, "cost").unwrap_or_else(|| Reckoning::default().of(block)));
        keyed(&root, &mut plan.reads);
    }
    Ok(plan)
}

/// Operations and what they are on; figures in conditions stay, which are the same in each plan of a statement.
fn shape(tree: &Node) -> String {
    let one = |node: &Node| {
        format!("{} {} {}", node.operation, node.object.as_deref().unwrap_or(""), node.index.as_deref().unwrap_or(""))
    };
    tree.walk().map(one).collect::<Vec<_>>().join("\n")
}

fn number(object: &Object, key: &str) -> Option<f64> {
    match object.get(key)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A step of MySQL's plan without the subqueries that feed it.
struct Step {
    cost: Option<f64>,
    rows: Option<f64>,
    /// Whether its last input runs once for each row of the others.
    nested: bool,
    /// Whether it reads something.
    reads: bool,
    inputs: Vec<Self>,
}

impl Step {
    fn of_text(node: &Node) -> Self {
        let inputs = node.children.iter().filter(|child| !child.operation.starts_with("Select #"));
        Self {
            cost: node.cost,
            rows: node.estimated_rows,
            nested: node.operation.starts_with("Nested loop"),
            reads: node.object.is_some(),
            inputs: inputs.map(Self::of_text).collect(),
        }
    }

    fn of_object(node: &Object) -> Self {
        let inputs = node.get("inputs").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
        let feeds = |one: &&Object| one.get("subquery").and_then(Value::as_bool) != Some(true);
        let operation = node.get("operation").and_then(Value::as_str).unwrap_or_default();
        Self {
            cost: number(node, "estimated_total_cost"),
            rows: number(node, "estimated_rows"),
            nested: operation.starts_with("Nested loop"),
            reads: node.contains_key("table_name"),
            inputs: inputs.filter(feeds).map(Self::of_object).collect(),
        }
    }

    /// What it costs. The server tells nothing of what reads a temporary table, and of all above: that costs what its inputs cost,
    /// and each of their rows is written and read once more.
    fn told(&self) -> Option<f64> {
        if self.cost.is_some() {
            return self.cost;
        }
        let costs: Vec<f64> = self.inputs.iter().map(Self::told).collect::<Option<_>>()?;
        match (costs.as_slice(), self.nested) {
            // That there are no rows was seen without a look at any.
            ([], _) => (!self.reads).then_some(0.0),
            ([outer, inner], true) => Some(outer + inner * self.inputs[0].yields()),
            (costs, _) => Some(costs.iter().sum::<f64>() + ROW * self.yields()),
        }
    }

    /// Rows that it yields, at least one; those of its inputs where the server does not tell.
    fn yields(&self) -> f64 {
        let inputs = || self.inputs.iter().map(Self::yields).sum();
        self.rows.unwrap_or_else(inputs).max(1.0)
    }
}

/// Subqueries of a tree of text, which stand beside what they feed.
fn subqueries(tree: &Node) -> f64 {
    let rows = tree.estimated_rows.unwrap_or(1.0).max(1.0);
    let of = |node: &Node| {
        let times = if node.operation.contains("dependent") { rows } else { 1.0 };
        node.children.iter().filter_map(|child| child.cost).sum::<f64>() * times
    };
    tree.walk().filter(|node| node.operation.starts_with("Select #")).map(of).sum()
}

/// Subqueries that feed a node or what is below it, once, or once for each of its rows.
fn fed(node: &Object) -> f64 {
    let inputs = node.get("inputs").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    let listed = node.get("inputs_from_select_list").and_then(Value::as_array);
    let is_subquery = |one: &&Object| one.get("subquery").and_then(Value::as_bool) == Some(true);
    let own: Vec<&Object> = inputs.collect();
    let first = own.iter().find(|one| !is_subquery(one)).copied();
    let rows = |of: &Object| number(of, "estimated_rows").unwrap_or(1.0).max(1.0);
    let cost = |one: &Object, rows: f64| {
        let times = if one.get("dependent").and_then(Value::as_bool) == Some(true) { rows } else { 1.0 };
        times * number(one, "estimated_total_cost").unwrap_or(0.0)
    };
    let beside: f64 = own.iter().filter(|one| is_subquery(one)).map(|one| cost(one, first.map_or(1.0, rows))).sum();
    let list: Vec<&Object> = listed.into_iter().flatten().filter_map(Value::as_object).collect();
    let above: f64 = list.iter().map(|one| cost(one, rows(node))).sum();
    beside + above + own.iter().chain(&list).map(|one| fed(one)).sum::<f64>()
}

/// Tables and their indexes in MySQL's second form.
fn named(node: &Object, found: &mut BTreeSet<(String, String)>) {
    let text = |key: &str| node.get(key).and_then(Value::as_str).map(str::to_owned);
    if let (Some(table), Some(index)) = (text("table_name"), text("index_name")) {
        found.insert((table, index));
    }
    for value in node.values() {
        match value {
            Value::Object(inner) => named(inner, found),
            Value::Array(items) => items.iter().filter_map(Value::as_object).for_each(|one| named(one, found)),
            _ => {}
        }
    }
}

/// Aliases and their indexes in MariaDB's form; a merge of indexes names each of them below.
fn keyed(object: &Object, found: &mut BTreeSet<(String, String)>) {
    if let Some(alias) = object.get("table_name").and_then(Value::as_str) {
        keys(object, alias, found);
    }
    for value in object.values() {
        match value {
            Value::Object(inner) => keyed(inner, found),
            Value::Array(items) => items.iter().filter_map(Value::as_object).for_each(|one| keyed(one, found)),
            _ => {}
        }
    }
}

fn keys(object: &Object, alias: &str, found: &mut BTreeSet<(String, String)>) {
    if let Some(key) = object.get("key").and_then(Value::as_str) {
        found.insert((alias.to_owned(), key.to_owned()));
    }
    let merge = object.get("index_merge").and_then(Value::as_object);
    let inner = merge.into_iter().chain(object.values().filter_map(Value::as_object));
    for one in inner.filter(|one| !one.contains_key("table_name")) {
        keys(one, alias, found);
        let lists = one.values().filter_map(Value::as_array).flatten().filter_map(Value::as_object);
        lists.filter(|one| !one.contains_key("table_name")).for_each(|one| keys(one, alias, found));
    }
}

/// A cost from the rows that a plan of MariaDB reads.
struct Reckoning {
    cost: f64,
    /// Rows that the tables so far yield together.
    loops: f64,
}

impl Default for Reckoning {
    fn default() -> Self {
        Self { cost: 0.0, loops: 1.0 }
    }
}

impl Reckoning {
    fn of(mut self, block: &Object) -> f64 {
        self.walk(block);
        self.cost
    }

    fn walk(&mut self, object: &Object) {
        for (name, value) in object {
            match (name.as_str(), value) {
                ("table", Value::Object(table)) => self.table(table, false),
                ("block-nl-join", Value::Object(join)) => {
                    if let Some(table) = join.get("table").and_then(Value::as_object) {
                        self.table(table, true);
                    }
                }
                ("subqueries", Value::Array(items)) => {
                    items.iter().filter_map(Value::as_object).for_each(|one| self.subquery(one));
                }
                ("query_specifications", Value::Array(items)) => {
                    for one in items.iter().filter_map(Value::as_object) {
                        self.cost += Self::default().of(one);
                    }
                }
                ("filesort", Value::Object(inner)) => {
                    let before = self.loops;
                    self.walk(inner);
                    let rows = (self.loops / before.max(1.0)).max(1.0);
                    self.cost += rows * rows.max(2.0).log2() * COMPARE;
                }
                (_, Value::Object(inner)) => self.walk(inner),
                ("nested_loop", Value::Array(items)) => {
                    items.iter().filter_map(Value::as_object).for_each(|one| self.walk(one));
                }
                _ => {}
            }
        }
    }

    /// A subquery that is kept for equal values runs once for each row at most.
    fn subquery(&mut self, object: &Object) {
        let times = if object.contains_key("expression_cache") { self.loops.max(1.0) } else { 1.0 };
        self.cost += times * Self::default().of(object);
    }

    fn table(&mut self, table: &Object, buffered: bool) {
        let rows = number(table, "rows").unwrap_or(1.0);
        let access = table.get("access_type").and_then(Value::as_str).unwrap_or("ALL");
        let covered = table.get("using_index").and_then(Value::as_bool) == Some(true)
            || table.get("key").and_then(Value::as_str) == Some("PRIMARY");
        let scan = rows * ROW + (rows / ROWS_PER_PAGE).ceil() * PAGE;
        let read = match access {
            "ALL" | "index" if covered || access == "ALL" => scan,
            "const" | "eq_ref" | "system" => ROW + PAGE + if covered { 0.0 } else { PAGE },
            _ if covered => PAGE + scan,
            // Each entry leads to a row somewhere in the table.
            _ => PAGE + rows * (ROW + PAGE),
        };
        if let Some(inner) = table.get("materialized").and_then(Value::as_object) {
            self.cost += Self::default().of(inner);
        }
        let kept = rows * number(table, "filtered").unwrap_or(100.0) / 100.0;
        self.cost += if buffered { read + self.loops * rows * COMPARE } else { self.loops * read };
        self.loops *= kept.max(f64::MIN_POSITIVE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_of_subqueries_count_for_each_row_that_they_depend_on() {
        let text = r#"{"query_plan":{"operation":"Nested loop","estimated_rows":10,"estimated_total_cost":5.0,"inputs":[
            {"operation":"Index scan on c","table_name":"c","index_name":"PRIMARY","estimated_total_cost":5.0}],
            "inputs_from_select_list":[{"operation":"Aggregate","dependent":true,"subquery":true,"estimated_total_cost":2.0,
            "inputs":[{"operation":"Index lookup on o","table_name":"orders","index_name":"k","estimated_total_cost":2.0}]}]}}"#;
        let plan = read(text, ExplainForm::JsonV2).expect("a plan");
        assert_eq!(plan.cost, Some(25.0));
        let reads: Vec<_> = plan.reads.iter().map(|(table, index)| format!("{table}.{index}")).collect();
        assert_eq!(reads, ["c.PRIMARY", "orders.k"]);
    }

    #[test]
    fn what_stands_above_a_temporary_table_costs_what_fills_it() {
        let scan = r#"{"operation":"Table scan on orders","table_name":"orders","estimated_rows":60161.0,"estimated_total_cost":6072.35}"#;
        let text = format!(
            r#"{{"query_plan":{{"operation":"Table scan on <temporary>","inputs":[{{"operation":"Aggregate using temporary table",
            "inputs":[{{"operation":"Filter","estimated_rows":100.0,"estimated_total_cost":6072.35,"inputs":[{scan}]}}]}}]}}}}"#
        );
        assert_eq!(read(&text, ExplainForm::JsonV2).expect("a plan").cost, Some(6072.35 + 2.0 * 100.0 * ROW));
        let tree = "-> Table scan on <temporary>\n    -> Aggregate using temporary table\n        \
                    -> Filter: (orders.`day` = 1)  (cost=6072 rows=100)\n            -> Table scan on orders  (cost=6072 rows=60161)\n";
        assert_eq!(read(tree, ExplainForm::Tree).expect("a plan").cost, Some(6072.0 + 2.0 * 100.0 * ROW));
        let joined = r#"{"query_plan":{"operation":"Nested loop inner join","inputs":[
            {"operation":"Index lookup on a","estimated_rows":4.0,"estimated_total_cost":2.0},
            {"operation":"Index lookup on <derived2>","estimated_rows":1.0,"estimated_total_cost":0.5}]}}"#;
        assert_eq!(read(joined, ExplainForm::JsonV2).expect("a plan").cost, Some(4.0));
    }

    #[test]
    fn rows_that_mariadb_reads_become_costs() {
        let cost = |access: &str| {
            let text = format!(
                r#"{{"query_block":{{"select_id":1,"nested_loop":[{{"table":{{"table_name":"o",{access},"filtered":100}}}}]}}}}"#
            );
            read(&text, ExplainForm::Json).expect("a plan")
        };
        let (all, few) =
            (cost(r#""access_type":"ALL","rows":18000"#), cost(r#""access_type":"ref","key":"k","rows":20"#));
        assert!(all.cost > few.cost.map(|cost| cost * 100.0), "{all:?} {few:?}");
        assert_eq!(few.reads.iter().next(), Some(&("o".to_owned(), "k".to_owned())));
        let covered = cost(r#""access_type":"index","key":"k","rows":18000,"using_index":true"#);
        assert!(covered.cost <= all.cost, "{covered:?}");
    }
}
