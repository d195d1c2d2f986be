//! Nearest neighbours among vectors, with pgvector.

use dbwright_advise::index::Index;
use dbwright_advise::usage::{Condition, Operator};

use super::{Subject, key};

/// Dimensions that an index on the type can have.
const MOST: &[(&str, u32)] = &[("vector", 2_000), ("halfvec", 4_000), ("bit", 64_000)];

/// Indexes for `ORDER BY v <-> '…' LIMIT n`.
pub(super) fn candidates(subject: &Subject<'_>) -> Vec<Index> {
    let nearest = |one: &&Condition| one.operator == Operator::Nearest && subject.uses.limited;
    let mut found = Vec::new();
    for condition in subject.conditions().filter(nearest) {
        let Some((kind, distance)) = measure(subject, condition) else { continue };
        let Some(opclass) = subject.opclass("vector", &format!("{kind}_{distance}_ops")) else { continue };
        let graph = subject.index("hnsw", vec![key(&condition.part, Some(&opclass))]);
        // Lists know fewer distances and no sparse vectors.
        if !matches!(distance, "l1" | "jaccard") && kind != "sparsevec" {
            let options = vec![("lists".to_owned(), lists(subject.uses.rows).to_string())];
            found.push(Index { method: "ivfflat".to_owned(), options, ..graph.clone() });
        }
        found.push(graph);
    }
    found
}

/// The type's and the distance's part of the operator class; none when an index is not possible.
fn measure<'s>(subject: &'s Subject<'_>, condition: &Condition) -> Option<(&'s str, &'static str)> {
    let column = subject.column(&condition.part)?;
    let kind = column.base_type.as_str();
    let distance = match condition.symbol.as_str() {
        "<->" => "l2",
        "<#>" => "ip",
        "<=>" => "cosine",
        "<+>" => "l1",
        "<~>" => "hamming",
        "<%>" => "jaccard",
        _ => return None,
    };
    if kind == "sparsevec" {
        return Some((kind, distance));
    }
    let dimensions: u32 = column.data_type.split(['(', ')']).nth(1)?.parse().ok()?;
    let most = MOST.iter().find(|(name, _)| *name == kind)?.1;
    (dimensions <= most).then_some((kind, distance))
}

/// Lists as pgvector's authors advise: a thousandth of the rows, beyond a million their square root.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn lists(rows: f64) -> u32 {
    let lists = if rows > 1e6 { rows.sqrt() } else { rows / 1_000.0 };
    lists.clamp(10.0, 32_768.0) as u32
}
