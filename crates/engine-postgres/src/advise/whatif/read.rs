//! From a plan to the advisor's answer: its cost, the indexes it uses, and how each table is read.

use std::collections::BTreeSet;

use dbwright_advise::port::{IndexId, Leaf, Planned};

use crate::explain::Plan;

/// Finds the index behind a name in a plan; the table's name tells indexes of one name apart.
pub(super) trait Names {
    /// The index, when it is one that the advisor knows.
    fn find(&self, table: Option<&str>, index: &str) -> Option<IndexId>;
    /// The reference of the statement that a plan's alias belongs to: partitions count as their parent.
    fn alias(&self, table: Option<&str>, alias: &str) -> String;
}

/// Reads a plan.
pub(super) fn planned(plan: &Plan, names: &impl Names) -> Planned {
    let mut reader = Reader { names, used: BTreeSet::new(), leaves: Vec::new() };
    reader.node(plan, 1.0);
    Planned { cost: plan.total_cost, used: reader.used.into_iter().collect(), leaves: reader.leaves }
}

struct Reader<'a, N> {
    names: &'a N,
    used: BTreeSet<IndexId>,
    leaves: Vec<Leaf>,
}

impl<N: Names> Reader<'_, N> {
    fn node(&mut self, node: &Plan, loops: f64) {
        match node.node_type.as_str() {
            "Bitmap Heap Scan" => {
                let mut inner = Vec::new();
                self.bitmap(node, node.relation.as_deref(), &mut inner);
                // Of several bitmaps the first stands for the leaf; `used` names them all.
                self.leaf(node, inner.first().copied(), loops, false);
            }
            kind => {
                let index = node.index.as_deref();
                let index = index.and_then(|index| self.names.find(node.relation.as_deref(), index));
                self.used.extend(index);
                if node.relation.is_some() && kind != "ModifyTable" {
                    self.leaf(node, index, loops, kind == "Index Only Scan");
                }
                self.children(node, loops);
            }
        }
    }

    fn children(&mut self, node: &Plan, loops: f64) {
        let outer = node.plans.iter().find(|child| child.parent_relationship.as_deref() == Some("Outer"));
        for child in &node.plans {
            let inner = node.node_type == "Nested Loop" && child.parent_relationship.as_deref() == Some("Inner");
            let subplan = child.parent_relationship.as_deref() == Some("SubPlan");
            let hashed = child.strategy.as_deref() == Some("Hashed");
            let times = match (inner, subplan && !hashed) {
                (true, _) => outer.map_or(1.0, |outer| outer.rows),
                (_, true) => node.rows,
                _ => 1.0,
            };
            self.node(child, loops * times.max(1.0));
        }
    }

    /// The indexes below a bitmap heap scan, whose table its bitmap scans don't name.
    fn bitmap(&mut self, node: &Plan, table: Option<&str>, found: &mut Vec<IndexId>) {
        for child in &node.plans {
            let index = child.index.as_deref().and_then(|index| self.names.find(table, index));
            if let Some(index) = index {
                self.used.insert(index);
                found.push(index);
            }
            if child.node_type.starts_with("Bitmap") {
                self.bitmap(child, table, found);
            } else {
                self.node(child, 1.0);
            }
        }
    }

    fn leaf(&mut self, node: &Plan, index: Option<IndexId>, loops: f64, covered: bool) {
        let alias = node.alias.as_deref().or(node.relation.as_deref()).unwrap_or_default();
        let alias = self.names.alias(node.relation.as_deref(), alias);
        let cost = node.total_cost * loops;
        let same = |leaf: &&mut Leaf| leaf.alias == alias && leaf.index == index;
        if let Some(leaf) = self.leaves.iter_mut().find(same) {
            leaf.cost += cost;
            leaf.rows += node.rows;
            leaf.covered &= covered;
        } else {
            self.leaves.push(Leaf { alias, index, cost, loops, rows: node.rows, covered });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named;

    impl Names for Named {
        fn find(&self, table: Option<&str>, index: &str) -> Option<IndexId> {
            (table == Some("t")).then(|| index.strip_prefix('i')?.parse().ok()).flatten()
        }
        fn alias(&self, _table: Option<&str>, alias: &str) -> String {
            alias.to_owned()
        }
    }

    #[test]
    fn loops_of_nested_loops_multiply_and_bitmaps_find_their_table() {
        let json = r#"[{"Plan": {"Node Type": "Nested Loop", "Total Cost": 90, "Plan Rows": 5, "Plans": [
            {"Node Type": "Seq Scan", "Parent Relationship": "Outer", "Relation Name": "u", "Alias": "u", "Total Cost": 10, "Plan Rows": 20},
            {"Node Type": "Bitmap Heap Scan", "Parent Relationship": "Inner", "Relation Name": "t", "Alias": "a", "Total Cost": 4, "Plan Rows": 2,
             "Plans": [{"Node Type": "BitmapAnd", "Parent Relationship": "Outer", "Plans": [
               {"Node Type": "Bitmap Index Scan", "Index Name": "i7"}, {"Node Type": "Bitmap Index Scan", "Index Name": "i3"}]}]}]}}]"#;
        let planned = planned(&Plan::parse(json).expect("a plan"), &Named);
        assert_eq!((planned.cost, planned.used), (90.0, vec![3, 7]));
        let leaves: Vec<_> = planned.leaves.iter().map(|l| (l.alias.as_str(), l.index, l.cost, l.loops)).collect();
        assert_eq!(leaves, [("u", None, 10.0, 1.0), ("a", Some(7), 80.0, 20.0)]);
    }
}
