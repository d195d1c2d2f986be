//! Plans as JSON: MySQL's second version is a tree of nodes; its first version and MariaDB's form nest operations in one
//! another by name.

use dbwright_core::plan::Node;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

/// Reads a plan of either version.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let Value::Object(root) = value else { return Err("it is no JSON object".to_owned()) };
    if let Some(plan) = root.get("query_plan").and_then(Value::as_object) {
        return Ok(second(plan));
    }
    // MySQL 8.3 to 8.4 print the second version without a frame.
    if root.contains_key("operation") {
        return Ok(second(&root));
    }
    match root.get("query_block").and_then(Value::as_object) {
        Some(block) => Ok(block_node("query block", block)),
        None => Err("it has no query_block".to_owned()),
    }
}

fn text(object: &Object, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// A number, which the first version often writes as a text.
fn number(object: &Object, key: &str) -> Option<f64> {
    match object.get(key)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn second(node: &Object) -> Node {
    let loops = number(node, "actual_loops").unwrap_or(1.0);
    let children = node.get("inputs").and_then(Value::as_array).into_iter().flatten();
    let more = node.get("inputs_from_select_list").and_then(Value::as_array).into_iter().flatten();
    Node {
        operation: text(node, "operation").unwrap_or_default(),
        object: text(node, "table_name"),
        index: text(node, "index_name"),
        estimated_rows: number(node, "estimated_rows"),
        actual_rows: number(node, "actual_rows").map(|rows| rows * loops),
        cost: number(node, "estimated_total_cost"),
        time_ms: number(node, "actual_last_row_ms").map(|time| time * loops),
        children: children.chain(more).filter_map(Value::as_object).map(second).collect(),
    }
}

/// A block of the first version: a query block, or an operation over what is nested in it.
fn block_node(name: &str, block: &Object) -> Node {
    let info = block.get("cost_info").and_then(Value::as_object);
    let message = text(block, "message")
        .or_else(|| block.get("table").and_then(Value::as_object).and_then(|t| text(t, "message")));
    let cost = info.and_then(|info| number(info, "query_cost").or_else(|| number(info, "sort_cost")));
    Node {
        operation: message.unwrap_or_else(|| name.to_owned()),
        actual_rows: number(block, "r_output_rows").or_else(|| number(block, "r_rows")),
        cost: cost.or_else(|| number(block, "cost")),
        time_ms: number(block, "r_total_time_ms"),
        children: children(block),
        ..Node::default()
    }
}

/// What is nested in an object, in its own order.
fn children(object: &Object) -> Vec<Node> {
    let mut found = Vec::new();
    for (key, value) in object {
        match (key.as_str(), value) {
            ("table", Value::Object(table)) if table.contains_key("table_name") => found.push(table_node(table)),
            ("cost_info" | "r_engine_stats" | "used_columns" | "possible_keys" | "table", _) => {}
            (name, Value::Object(inner)) if is_operation(inner) => found.push(block_node(&words(name), inner)),
            (name, Value::Array(items)) => found.extend(list(name, items)),
            _ => {}
        }
    }
    found
}

/// An operation over a list: a nested loop, a union, subqueries.
fn list(name: &str, items: &[Value]) -> Option<Node> {
    let inner: Vec<&Object> = items.iter().filter_map(Value::as_object).collect();
    if inner.is_empty() {
        return None;
    }
    let mut nodes: Vec<Node> = Vec::new();
    for one in inner {
        let below = children(one);
        nodes.extend(below);
    }
    (!nodes.is_empty()).then(|| Node { operation: words(name), children: nodes, ..Node::default() })
}

/// Whether an object has tables or operations somewhere below.
fn is_operation(object: &Object) -> bool {
    object.iter().any(|(key, value)| match value {
        Value::Object(inner) => key == "table" || is_operation(inner),
        Value::Array(items) => {
            items.iter().filter_map(Value::as_object).any(|one| one.contains_key("table") || is_operation(one))
        }
        _ => false,
    })
}

fn table_node(table: &Object) -> Node {
    let access = text(table, "access_type").unwrap_or_default();
    let info = table.get("cost_info").and_then(Value::as_object);
    let loops = number(table, "r_loops").unwrap_or(1.0);
    let time = match (number(table, "r_table_time_ms"), number(table, "r_other_time_ms")) {
        (None, None) => number(table, "r_total_time_ms"),
        (own, other) => Some(own.unwrap_or(0.0) + other.unwrap_or(0.0)),
    };
    Node {
        operation: access_words(&access).to_owned(),
        object: text(table, "table_name"),
        index: text(table, "key"),
        estimated_rows: number(table, "rows_produced_per_join")
            .or_else(|| number(table, "rows_examined_per_scan"))
            .or_else(|| number(table, "rows")),
        actual_rows: number(table, "r_rows").map(|rows| rows * loops),
        cost: info.and_then(|info| number(info, "prefix_cost")).or_else(|| number(table, "cost")),
        time_ms: time,
        children: children(table),
    }
}

/// An access type in words, as the tree form has them.
fn access_words(access: &str) -> &str {
    match access {
        "ALL" => "table scan",
        "index" => "index scan",
        "range" => "index range scan",
        "ref" | "ref_or_null" => "index lookup",
        "eq_ref" | "const" | "system" => "single-row index lookup",
        "fulltext" => "full-text index search",
        "index_merge" => "index merge",
        "unique_subquery" | "index_subquery" => "index lookup of a subquery",
        other => other,
    }
}

fn words(name: &str) -> String {
    name.replace(['_', '-'], " ")
}
