//! `migrate/non-innodb-table`: a table that a crash or a ROLLBACK leaves half done.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::read::made;
use crate::migrate::lint::{Scene, define};
use crate::migrate::parse::{Act, Action};

/// Engines that keep rows of their own and have no transactions.
const ENGINES: [&str; 6] = ["myisam", "aria", "memory", "heap", "csv", "isam"];

/// Reports tables that are made in, or moved to, such an engine.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let (table, engine, place) = match scene.act() {
        Act::CreateTable { temporary: false, .. } => {
            let Some(table) = made::made(scene) else { return };
            let Some(engine) = define::options(made::options(scene.sql())).engine else { return };
            (std::sync::Arc::new(table), engine, scene.place())
        }
        Act::Alter { .. } => {
            let Some(altered) = scene.altered() else { return };
            let moved = altered.parts.iter().find_map(|part| match &part.clause.action {
                Action::Option(_) => Some((define::options(&part.clause.text).engine?, part.place.clone())),
                _ => None,
            });
            let Some((engine, place)) = moved else { return };
            (altered.table, engine, place)
        }
        _ => return,
    };
    if table.temporary || !ENGINES.contains(&engine.to_lowercase().as_str()) {
        return;
    }
    let memory = matches!(engine.to_lowercase().as_str(), "memory" | "heap");
    let more = if memory { "a restart empties it, on each replica too" } else { "a crash can cost rows" };
    let mut finding = cx
        .finding(table.subject(), format!("{} is in {engine}, which has no transactions", table.sql()))
        .why(format!(
            "a statement that fails stays half done, ROLLBACK does nothing, foreign keys are left out without a word, each write locks the whole \
             table, and {more}"
        ))
        .evidence("engine", engine.as_str(), "", "the statement")
        .at(place);
    if let Some(sql) = in_innodb(scene.sql(), &engine) {
        finding = finding.change(
            Change::new([sql], "as the statement itself").irreversible("it stands in place of the user's statement"),
        );
    }
    cx.report(finding);
}

/// The statement with InnoDB in its place; none where the engine's name stands in it more than once.
fn in_innodb(sql: &str, engine: &str) -> Option<String> {
    let mut places = sql.match_indices(engine);
    let (at, _) = places.next().filter(|_| places.next().is_none())?;
    Some(format!("{}InnoDB{}", &sql[..at], &sql[at + engine.len()..]))
}
