//! `migrate/wraparound-risk`: old rows pile up until the server must stop.

use dbwright_core::{Change, Cx};

use crate::ddl::Action;
use crate::migrate::lint::Scene;

/// Reports storage parameters that switch autovacuum off.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.clauses() {
        if !matches!(clause.action, Action::Parameters) || !switches_off(&clause.text) || table.temporary {
            continue;
        }
        let back = "ALTER TABLE";
        let change = Change::new(
            [format!(
                "{back} {} SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 10)",
                table.sql()
            )],
            "SHARE UPDATE EXCLUSIVE, for a moment",
        )
        .back([format!("{back} {} RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_cost_delay)", table.sql())]);
        let finding = cx
            .finding(table.subject(), format!("without autovacuum {} grows and comes near transaction wraparound", table.sql()))
            .why("dead rows are never removed, statistics get old, and at last the server starts a vacuum against wraparound that no lock \
                  request interrupts; make autovacuum gentler instead, or switch it on again at the end of the file")
            .evidence("parameter", clause.text.as_str(), "", "the statement")
            .change(change)
            .at(scene.place_of(clause));
        let again = scene.after().iter().any(|line| switches_on(&line.sql));
        if !again {
            cx.report(finding);
        }
    }
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\'').collect::<String>().to_ascii_lowercase()
}

fn switches_off(text: &str) -> bool {
    let text = squeezed(text);
    ["false", "off", "0", "no"].iter().any(|word| text.contains(&format!("autovacuum_enabled={word}")))
}

fn switches_on(text: &str) -> bool {
    let text = squeezed(text);
    let set = ["true", "on", "1", "yes"].iter().any(|word| text.contains(&format!("autovacuum_enabled={word}")));
    set || text.contains("reset(autovacuum_enabled")
}
