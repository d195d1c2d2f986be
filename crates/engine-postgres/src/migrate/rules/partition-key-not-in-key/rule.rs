//! `migrate/partition-key-not-in-key`: the server refuses it.

use dbwright_core::Cx;

use crate::ddl::{Act, ColumnConstraint, ConstraintKind, CreateTable};
use crate::migrate::lint::Scene;

/// Reports primary keys and unique constraints that do not hold all columns of the partition key.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let Act::CreateTable(made) = act else { continue };
        let Some(key) = made.partition_by.as_deref().and_then(columns) else { continue };
        for (word, own) in keys(made) {
            let missing: Vec<&String> = key.iter().filter(|column| !own.contains(column)).collect();
            let Some(first) = missing.first() else { continue };
            let table = scene.world.table(&made.name);
            let title = format!("the {word} ({}) lacks {first}, by which the table is partitioned", own.join(", "));
            let finding = cx
                .finding(table.subject(), title)
                .why(format!(
                    "each partition has an index of its own, so that rows can be unique only together with the partition key; the server \
                     refuses the statement; no change is shown: write ({}, {first}) where that is what is meant",
                    own.join(", ")
                ))
                .evidence("partition key", key.join(", "), "", "the statement");
            cx.report(finding);
        }
    }
}

/// The columns of a partition key; none when it has expressions.
fn columns(text: &str) -> Option<Vec<String>> {
    let inner = text.split_once('(')?.1.rsplit_once(')')?.0;
    let plain = |part: &str| {
        let word = part.split_whitespace().next().unwrap_or_default();
        let name = word.trim_matches('"');
        let simple = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        simple.then(|| if word.starts_with('"') { name.to_owned() } else { name.to_lowercase() })
    };
    if inner.contains('(') { None } else { inner.split(',').map(plain).collect() }
}

/// Its keys, with the columns of each.
fn keys(made: &CreateTable) -> Vec<(&'static str, Vec<String>)> {
    let inline = made.columns.iter().flat_map(|column| {
        column.constraints.iter().filter_map(|one| match one {
            ColumnConstraint::PrimaryKey { .. } => Some(("primary key", vec![column.name.clone()])),
            ColumnConstraint::Unique { .. } => Some(("unique constraint", vec![column.name.clone()])),
            _ => None,
        })
    });
    let own = made.constraints.iter().filter_map(|one| match &one.kind {
        ConstraintKind::PrimaryKey { columns, .. } => Some(("primary key", columns.clone())),
        ConstraintKind::Unique { columns, .. } => Some(("unique constraint", columns.clone())),
        _ => None,
    });
    inline.chain(own).collect()
}
