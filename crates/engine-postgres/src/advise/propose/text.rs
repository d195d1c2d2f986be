//! Text: prefixes under a collation that is not by bytes, and hashes of what is wide.

use dbwright_advise::index::{Index, Key, KeyPart};
use dbwright_advise::usage::{Condition, Operator};

use super::{Subject, key};

/// Average bytes from which a hash is worth its place: it keeps four bytes of each value.
const WIDE: i32 = 32;

/// Most equalities before the prefix.
const EQUALITIES: usize = 3;

/// Indexes for `LIKE 'x%'`, and hashes.
pub(super) fn candidates(subject: &Subject<'_>) -> Vec<Index> {
    let mut found = prefixes(subject);
    found.extend(hashes(subject));
    found
}

/// Under a collation that is not by bytes, only a pattern operator class finds a prefix in one stretch.
fn prefixes(subject: &Subject<'_>) -> Vec<Index> {
    let mut found = Vec::new();
    for condition in subject.uses.conditions.iter().filter(|one| one.operator == Operator::Prefix) {
        let Some(opclass) = pattern_opclass(subject, condition) else { continue };
        let own = key(&condition.part, Some(opclass));
        let equal: Vec<Key> =
            subject.equalities().iter().take(EQUALITIES).map(|one| Key::of(one.part.clone())).collect();
        let alone = condition.alternative.is_some() || equal.is_empty();
        found.extend((!alone).then(|| subject.index("btree", equal.into_iter().chain([own.clone()]).collect())));
        let index = subject.index("btree", vec![own]);
        if let Some(needed) = subject.uses.needed.as_ref().filter(|needed| needed.len() <= 6) {
            let include: Vec<String> =
                needed.iter().filter(|name| condition.part.column() != Some(name)).cloned().collect();
            found.extend((!include.is_empty()).then(|| Index { include, ..index.clone() }));
        }
        found.push(index);
    }
    found
}

fn pattern_opclass(subject: &Subject<'_>, condition: &Condition) -> Option<&'static str> {
    let Some(column) = subject.column(&condition.part) else {
        let collated = matches!(&condition.part, KeyPart::Expression(text) if text.contains(" COLLATE "));
        return (!collated).then_some("text_pattern_ops");
    };
    if matches!(column.collation.as_deref(), Some("C" | "POSIX")) {
        return None;
    }
    match column.base_type.as_str() {
        "text" | "varchar" => Some("text_pattern_ops"),
        "bpchar" => Some("bpchar_pattern_ops"),
        _ => None,
    }
}

/// A hash keeps little of a wide value, and takes values of any length.
fn hashes(subject: &Subject<'_>) -> Vec<Index> {
    let equal = subject.equalities().into_iter().map(|condition| &condition.part);
    let joins = subject.uses.joins.iter().map(|join| &join.part);
    let mut found = Vec::new();
    for part in equal.chain(joins) {
        let Some(name) = part.column() else { continue };
        let wide = subject.statistics(name).is_some_and(|stats| stats.avg_width >= WIDE);
        let hashes = subject.table.column(name).is_some_and(|column| {
            matches!(
                column.base_type.as_str(),
                "text" | "varchar" | "bpchar" | "bytea" | "jsonb" | "citext" | "numeric"
            )
        });
        if wide && hashes {
            found.push(subject.index("hash", vec![Key::of(part.clone())]));
        }
    }
    found
}
