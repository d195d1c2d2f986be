//! The advice as SARIF 2.1.0: each index to create, replace or drop is a result.

use dbwright_advise::Advice;
use dbwright_core::Failure;
use dbwright_core::finding::fingerprint;
use serde_json::{Value, json};

use super::words::{self, Line, Verb};
use crate::render::{layout, units};

/// Id, level and title for each verb.
const RULES: [(Verb, &str, &str, &str); 3] = [
    (Verb::Create, "advise/create-index", "warning", "An index that the workload would gain from"),
    (Verb::Replace, "advise/replace-index", "note", "An index that a new one takes the place of"),
    (Verb::Drop, "advise/drop-index", "note", "An index that does not pay for itself"),
];

/// The whole advice.
///
/// # Errors
/// When a value has no JSON form, which is a fault of dbwright.
pub(super) fn render(advice: &Advice) -> Result<String, Failure> {
    let results: Vec<_> = words::lines(advice).iter().map(|line| result(line, advice)).collect();
    let skipped = advice.workload.skipped.iter().map(|one| {
        let statement = layout::cut(&layout::inline(&one.statement), 120);
        json!({"level": "note", "message": {"text": format!("left out: {statement}: {}", layout::inline(&one.reason))}})
    });
    crate::render::json(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "dbwright",
                "version": advice.dbwright,
                "semanticVersion": advice.dbwright,
                "rules": RULES.map(|(_, id, level, title)| rule(id, level, title)),
            }},
            "invocations": [{
                "executionSuccessful": !advice.interrupted,
                "toolExecutionNotifications": skipped.collect::<Vec<_>>(),
            }],
            "results": results,
            "properties": {
                "target": advice.target,
                "cost_before": advice.cost_before,
                "cost_after": advice.cost_after,
                "optimality_gap": advice.optimality_gap,
            },
        }],
    }))
}

fn rule(id: &str, level: &str, title: &str) -> Value {
    json!({
        "id": id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": title},
        "help": {"text": "`dbwright advise --help` says how the advice is made; the guide is docs/guides/advise.md."},
        "defaultConfiguration": {"level": level},
    })
}

fn result(line: &Line<'_>, advice: &Advice) -> Value {
    let at = RULES.iter().position(|(verb, ..)| *verb == line.verb).unwrap_or(0);
    let (_, id, level, _) = RULES[at];
    json!({
        "ruleId": id,
        "ruleIndex": at,
        "level": level,
        "message": {"text": message(line, advice)},
        "locations": [{"logicalLocations": [{"fullyQualifiedName": layout::inline(line.subject), "kind": "object"}]}],
        "partialFingerprints": {"dbwright/v1": fingerprint(id, &line.what)},
        "properties": {"bytes": line.bytes, "gain": line.gain, "upkeep": line.writes, "change": line.change, "proof": line.proof},
    })
}

/// What to do, what it brings and the statement, as plain text: viewers show little else.
fn message(line: &Line<'_>, advice: &Advice) -> String {
    let (verb, what) = (line.verb.word(), layout::inline(&line.what));
    let in_all = units::percent(words::saved(advice).max(0.0));
    let saving = layout::inline(&words::saving(line));
    let mut text = format!("{verb} {what}: {saving}. The whole advice makes the workload cost {in_all} less.");
    for (i, sql) in line.change.forward.iter().enumerate() {
        text += if i == 0 { "\nFix:\n" } else { "\n" };
        text += &layout::statement(sql, "");
    }
    text
}
