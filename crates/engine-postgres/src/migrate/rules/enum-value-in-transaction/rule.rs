//! `migrate/enum-value-in-transaction`: a value that can't be used yet.

use dbwright_core::{Change, Cx};

use crate::ddl::{Act, Name};
use crate::migrate::lint::Scene;

/// Reports values that are used too soon.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    if scene.transaction.is_none() {
        return;
    }
    for act in scene.acts() {
        let Act::AddEnumValue { name, value, .. } = act else { continue };
        // From 17 on, the values of a type that the transaction itself made can be used at once.
        if scene.at_least(17) && made_here(scene, name) {
            continue;
        }
        let Some(line) = used_at(scene, value) else { continue };
        let ty = &name.name;
        let finding = cx
            .finding(
                format!("{ty}.{value}"),
                format!("the value '{value}' of {ty} is used in the transaction that adds it"),
            )
            .why(format!("the statement at line {line} fails (55P04): a new value can be used only after the commit"))
            .evidence("used at line", line, "", "the file")
            .change(
                Change::new([scene.sql().to_owned(), "COMMIT".to_owned()], "the catalog alone").outside_transaction(),
            );
        cx.report(finding);
    }
}

/// Whether the same transaction makes the type.
fn made_here(scene: &Scene, name: &Name) -> bool {
    let made = |act: &Act| matches!(act, Act::CreateType { name: made, .. } if made.name == name.name);
    scene.lines[..scene.at].iter().flat_map(|line| &line.acts).any(made)
}

/// The line of the first statement of the transaction that names the value.
fn used_at(scene: &Scene, value: &str) -> Option<usize> {
    let wanted = format!("'{}'", value.replace('\'', "''"));
    let ends = |act: &Act| matches!(act, Act::Commit | Act::Rollback);
    let inside = scene.after().iter().take_while(|line| !line.acts.iter().any(ends));
    let adds = |act: &Act| matches!(act, Act::AddEnumValue { .. } | Act::Comment { .. });
    { inside }.find(|line| line.sql.contains(&wanted) && !line.acts.iter().any(adds)).map(|line| line.line)
}
