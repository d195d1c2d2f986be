//! `migrate/security-definer-search-path`: the owner's rights with the caller's path.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;

use crate::ddl::{Act, Name, Object};
use crate::migrate::lint::Scene;

/// Reports functions whose names others decide on.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let name = match act {
            Act::CreateFunction { name, security_definer: true, sets_search_path: false, .. } => name,
            Act::AlterOther { object: Object::Function, name, text } if unguarded(text) => name,
            _ => continue,
        };
        if set_later(scene, name) {
            continue;
        }
        let dialect = Dialect::Postgres;
        let function = name
            .schema
            .as_ref()
            .map_or_else(|| dialect.name(&name.name), |schema| dialect.qualified(schema, &name.name));
        let fix = format!("ALTER ROUTINE {function} SET search_path = pg_catalog, pg_temp");
        let finding = cx
            .finding(function.clone(), format!("{function}() is SECURITY DEFINER and takes its search_path from the caller"))
            .why("whoever can create objects in a schema of the caller's path can have them run with the owner's rights; names in the body are then to be qualified")
            .evidence("search_path", "not set", "", "the statement")
            .change(Change::new([fix], "the catalog alone").back([format!("ALTER ROUTINE {function} RESET search_path")]));
        cx.report(finding);
    }
}

fn unguarded(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("security definer") && !lower.contains("search_path")
}

/// Whether the file sets it right after.
fn set_later(scene: &Scene, name: &Name) -> bool {
    let sets = |act: &Act| matches!(act, Act::AlterOther { name: of, text, .. } if of.name == name.name && text.to_ascii_lowercase().contains("search_path"));
    scene.later_acts().any(sets)
}
