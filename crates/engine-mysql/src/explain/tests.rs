//! Plans as servers printed them, cut down.

use super::parse;

const TREE: &str = "-> Limit: 2 row(s)  (actual time=0.0595..0.0597 rows=1 loops=1)
    -> Nested loop inner join  (cost=1.3 rows=1.5) (actual time=0.04..0.05 rows=1 loops=1)
        -> Filter: (x.b = 'a  (cost=9)')  (cost=0.183 rows=1) (actual time=0.004..0.006 rows=1 loops=1)
            -> Table scan on x  (cost=0.183 rows=3) (actual time=0.002..0.003 rows=3 loops=1)
        -> Index lookup on y using a_idx (a=x.id)  (cost=0.55 rows=2e+0) (actual time=0.01..0.02 rows=4 loops=3)
";

#[test]
fn a_tree_of_text_keeps_its_shape_and_figures() {
    let plan = parse(TREE).expect("a plan");
    assert_eq!(plan.walk().count(), 5);
    let join = &plan.children[0];
    assert_eq!((join.cost, join.estimated_rows, join.children.len()), (Some(1.3), Some(1.5), 2));
    let lookup = &join.children[1];
    assert_eq!((lookup.object.as_deref(), lookup.index.as_deref()), (Some("y"), Some("a_idx")));
    assert_eq!((lookup.estimated_rows, lookup.actual_rows, lookup.time_ms), (Some(2.0), Some(12.0), Some(0.06)));
    assert_eq!(join.children[0].children[0].object.as_deref(), Some("x"));
}

#[test]
fn the_first_version_of_json_nests_by_name() {
    let text = r#"{"query_block":{"select_id":1,"cost_info":{"query_cost":"3.5"},"ordering_operation":{"using_filesort":true,
        "nested_loop":[{"table":{"table_name":"x","access_type":"ALL","rows_examined_per_scan":7,"rows_produced_per_join":5,
        "cost_info":{"prefix_cost":"1.25"},"used_columns":["a"]}},{"table":{"table_name":"y","access_type":"ref","key":"a_idx",
        "rows_examined_per_scan":2,"attached_subqueries":[{"query_block":{"table":{"table_name":"z","access_type":"index"}}}]}}]}}}"#;
    let plan = parse(text).expect("a plan");
    assert_eq!((plan.operation.as_str(), plan.cost), ("query block", Some(3.5)));
    let objects: Vec<_> = plan.walk().filter_map(|node| node.object.as_deref()).collect();
    assert_eq!(objects, ["x", "y", "z"]);
    let x = plan.walk().find(|node| node.object.as_deref() == Some("x")).expect("x");
    assert_eq!((x.operation.as_str(), x.estimated_rows, x.cost), ("table scan", Some(5.0), Some(1.25)));
}

#[test]
fn mariadb_tells_what_really_happened() {
    let text = r#"{"query_block":{"select_id":1,"r_total_time_ms":0.06,"filesort":{"r_output_rows":1,"temporary_table":{"nested_loop":[
        {"table":{"table_name":"y","access_type":"range","key":"a_idx","r_loops":2,"rows":3,"r_rows":4,"r_table_time_ms":0.02,
        "r_other_time_ms":0.01}},{"block-nl-join":{"table":{"table_name":"x","access_type":"ALL","rows":3,"r_loops":1,"r_rows":3},
        "join_type":"BNL"}}]}}}}"#;
    let plan = parse(text).expect("a plan");
    let y = plan.walk().find(|node| node.object.as_deref() == Some("y")).expect("y");
    assert_eq!((y.estimated_rows, y.actual_rows, y.index.as_deref()), (Some(3.0), Some(8.0), Some("a_idx")));
    assert!(y.time_ms.is_some_and(|time| (time - 0.03).abs() < 1e-9));
    assert!(plan.walk().any(|node| node.operation == "block nl join"));
}

#[test]
fn the_second_version_of_json_is_a_tree_already() {
    let text = r#"{"query_plan":{"operation":"Limit: 2 row(s)","inputs":[{"operation":"Index lookup on t","table_name":"t","index_name":"a",
        "estimated_rows":2.0,"estimated_total_cost":0.5,"actual_rows":3.0,"actual_loops":2,"actual_last_row_ms":0.25}]},
        "json_schema_version":"2.0"}"#;
    let lookup = parse(text).expect("a plan").children.remove(0);
    assert_eq!((lookup.object.as_deref(), lookup.index.as_deref(), lookup.cost), (Some("t"), Some("a"), Some(0.5)));
    assert_eq!((lookup.actual_rows, lookup.time_ms), (Some(6.0), Some(0.5)));
}

#[test]
fn what_is_no_plan_is_refused() {
    for text in ["", "id\tselect_type", "{\"a\":1}", "{"] {
        assert!(parse(text).is_err(), "{text}");
    }
}
