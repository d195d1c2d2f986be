//! PostgreSQL's plans, as `EXPLAIN (VERBOSE, FORMAT JSON)` prints them.

use serde::Deserialize;

/// One node. What a node kind does not print is absent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Plan {
    /// `Seq Scan`, `Hash Join`, …
    #[serde(rename = "Node Type")]
    pub node_type: String,
    /// `Outer`, `Inner`, `SubPlan`, `InitPlan`, `Member`, …
    #[serde(rename = "Parent Relationship")]
    pub parent_relationship: Option<String>,
    /// `CTE name` or `SubPlan 1`.
    #[serde(rename = "Subplan Name")]
    pub subplan_name: Option<String>,
    /// Table that it reads or writes.
    #[serde(rename = "Relation Name")]
    pub relation: Option<String>,
    /// The table's schema (with VERBOSE).
    pub schema: Option<String>,
    /// Name of the reference in the statement, made unique by PostgreSQL.
    pub alias: Option<String>,
    /// Index that it reads.
    #[serde(rename = "Index Name")]
    pub index: Option<String>,
    /// `Forward` or `Backward`.
    #[serde(rename = "Scan Direction")]
    pub scan_direction: Option<String>,
    /// `Inner`, `Left`, `Semi`, …
    #[serde(rename = "Join Type")]
    pub join_type: Option<String>,
    /// `Sorted`, `Hashed`, `Plain`, `Mixed`.
    pub strategy: Option<String>,
    /// `Insert`, `Update`, `Delete`, `Merge`, or of a set operation.
    pub operation: Option<String>,
    /// Estimated cost before the first row.
    #[serde(rename = "Startup Cost")]
    pub startup_cost: f64,
    /// Estimated cost of all rows, children included, of one loop.
    #[serde(rename = "Total Cost")]
    pub total_cost: f64,
    /// Estimated rows of one loop.
    #[serde(rename = "Plan Rows")]
    pub rows: f64,
    /// Estimated bytes of a row.
    #[serde(rename = "Plan Width")]
    pub width: f64,
    /// What it yields.
    pub output: Vec<String>,
    /// Condition after reading.
    pub filter: Option<String>,
    /// Condition that the index serves.
    #[serde(rename = "Index Cond")]
    pub index_cond: Option<String>,
    /// Condition on the row that a lossy index needs.
    #[serde(rename = "Recheck Cond")]
    pub recheck_cond: Option<String>,
    /// Order that the index yields by distance.
    #[serde(rename = "Order By")]
    pub order_by: Option<String>,
    /// Condition of a TID scan.
    #[serde(rename = "TID Cond")]
    pub tid_cond: Option<String>,
    /// Equalities of a hash join.
    #[serde(rename = "Hash Cond")]
    pub hash_cond: Option<String>,
    /// Equalities of a merge join.
    #[serde(rename = "Merge Cond")]
    pub merge_cond: Option<String>,
    /// Other conditions of a join.
    #[serde(rename = "Join Filter")]
    pub join_filter: Option<String>,
    /// Condition that is known before anything is read.
    #[serde(rename = "One-Time Filter")]
    pub one_time_filter: Option<String>,
    /// Keys of a sort.
    #[serde(rename = "Sort Key")]
    pub sort_key: Vec<String>,
    /// Keys by which the input of an incremental sort is sorted already.
    #[serde(rename = "Presorted Key")]
    pub presorted_key: Vec<String>,
    /// Keys of a grouping.
    #[serde(rename = "Group Key")]
    pub group_key: Vec<String>,
    /// Keys of grouping sets.
    #[serde(rename = "Grouping Sets")]
    pub grouping_sets: Vec<serde_json::Value>,
    /// Keys of a memoize.
    #[serde(rename = "Cache Key")]
    pub cache_key: Option<String>,
    /// Name of a CTE that it reads.
    #[serde(rename = "CTE Name")]
    pub cte: Option<String>,
    /// Function that it reads.
    #[serde(rename = "Function Name")]
    pub function: Option<String>,
    /// Call of the function that it reads, which may name columns of what stands beside it.
    #[serde(rename = "Function Call")]
    pub function_call: Option<String>,
    /// Condition that ends a window's frame early.
    #[serde(rename = "Run Condition")]
    pub run_condition: Option<String>,
    /// Condition of `ON CONFLICT DO UPDATE`.
    #[serde(rename = "Conflict Filter")]
    pub conflict_filter: Option<String>,
    /// Workers that are wanted.
    #[serde(rename = "Workers Planned")]
    pub workers: Option<u32>,
    /// Rows that it really returned, mean of its loops (ANALYZE).
    #[serde(rename = "Actual Rows")]
    pub actual_rows: Option<f64>,
    /// Loops that really ran (ANALYZE).
    #[serde(rename = "Actual Loops")]
    pub actual_loops: Option<f64>,
    /// Time of one loop, children included, in ms (ANALYZE).
    #[serde(rename = "Actual Total Time")]
    pub actual_ms: Option<f64>,
    /// Nodes that feed it.
    pub plans: Vec<Self>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "Plan")]
    plan: Plan,
}

impl Plan {
    /// Reads the output of `EXPLAIN (FORMAT JSON)`.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        let documents: Vec<Document> = serde_json::from_str(json)?;
        let first = documents.into_iter().next();
        first.map(|document| document.plan).ok_or_else(|| serde::de::Error::custom("EXPLAIN printed no plan"))
    }

    /// This node and all below it, parents first.
    pub fn walk(&self) -> impl Iterator<Item = &Self> {
        let mut stack = vec![self];
        std::iter::from_fn(move || {
            let node = stack.pop()?;
            stack.extend(node.plans.iter().rev());
            Some(node)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_with_its_children() {
        let json = r#"[{"Plan": {"Node Type": "Sort", "Startup Cost": 1.5, "Total Cost": 2.5, "Plan Rows": 3, "Plan Width": 4,
            "Sort Key": ["t.a"], "Plans": [{"Node Type": "Seq Scan", "Relation Name": "t", "Schema": "public", "Alias": "t",
            "Output": ["a"], "Filter": "(t.a = 1)", "Total Cost": 1.0, "Plan Rows": 3, "Plan Width": 4}]}}]"#;
        let plan = Plan::parse(json).expect("a plan");
        assert_eq!((plan.total_cost, plan.sort_key.as_slice()), (2.5, ["t.a".to_owned()].as_slice()));
        let scan = plan.walk().nth(1).expect("a child");
        assert_eq!((scan.relation.as_deref(), scan.filter.as_deref()), (Some("t"), Some("(t.a = 1)")));
        assert!(Plan::parse("[]").is_err());
    }
}
