//! `migrate/rebuild-renames-old-first`: what refers to the table follows the old one.

use dbwright_core::Cx;
use dbwright_core::words::some_of;

use crate::migrate::lint::quoted;
use crate::migrate::lint::{Keys, Outcome, Scene};
use crate::migrate::parse::Action;

/// Reports tables that are put aside so that a new one can have their name.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause, outcome) in scene.clauses().filter(|(table, ..)| !table.quiet()) {
        let (Action::RenameTo { to }, Outcome::Native) = (&clause.action, outcome) else { continue };
        if !scene.made_later(&table.name) || (scene.world.legacy && scene.keys == Keys::Off) {
            continue;
        }
        let mut followers: Vec<String> =
            scene.world.children(&table.name).into_iter().map(|(child, _)| child).collect();
        // With legacy_alter_table only foreign keys follow.
        if !scene.world.legacy {
            followers.extend(scene.world.readers(&table.name));
        }
        if followers.is_empty() && scene.world.complete(&table.name) {
            continue;
        }
        let who =
            if followers.is_empty() { "views, triggers and foreign keys".to_owned() } else { some_of(&followers) };
        let finding = cx
            .finding(table.subject(), format!("renaming {} first takes {who} along to {}", table.sql(), quoted(to)))
            .why(format!(
                "SQLite writes the new name into what refers to the table, so that it means {} from now on, and nothing when that is \
                 dropped; no change is shown, because the order of the whole file is to be turned: make the new table under another name, \
                 copy, drop the old one, rename the new one last",
                quoted(to)
            ));
        cx.report(table.numbers(finding));
    }
}
