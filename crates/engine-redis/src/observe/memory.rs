//! `MEMORY STATS` and `MEMORY DOCTOR`.

use std::collections::BTreeMap;

use redis::Value;

use super::visit::{Gaps, Visit, list_of, number_of, pairs_of, text_of};
use crate::body::area;

/// Reads what the server knows of its memory.
pub(super) async fn read(visit: &mut Visit, gaps: &mut Gaps) {
    if let Some(answer) = visit.ask(gaps, area::MEMORY, &["MEMORY", "STATS"]).await {
        let mut found = BTreeMap::new();
        flatten("", &answer, &mut found);
        visit.node.memory = found;
    }
    if let Some(answer) = visit.ask(gaps, area::MEMORY, &["MEMORY", "DOCTOR"]).await {
        text_of(&answer).trim().clone_into(&mut visit.node.doctor);
    }
}

fn flatten(prefix: &str, value: &Value, found: &mut BTreeMap<String, f64>) {
    for (name, value) in pairs_of(value) {
        let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        if let Some(number) = number_of(value) {
            found.insert(name, number);
        } else if !list_of(value).is_empty() || matches!(value, Value::Map(_)) {
            flatten(&name, value, found);
        }
    }
}
