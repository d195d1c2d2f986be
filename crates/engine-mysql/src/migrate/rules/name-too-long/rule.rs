//! `migrate/name-too-long`: the server refuses it.

use dbwright_core::Cx;
use dbwright_sql::lex::unquoted;

use crate::flavour::Flavour;
use crate::migrate::lint::Scene;
use crate::migrate::lint::read::made::made;
use crate::migrate::parse::{Act, Action};
use crate::migrate::text::cursor::Name;
use crate::migrate::text::lex::{Kind, Lexer};

/// The most characters of a name.
const LIMIT: usize = 64;
/// What the server adds to a table's name for a foreign key, and for a CHECK.
const FOREIGN: usize = "_ibfk_1".len();
const CHECK: usize = "_chk_1".len();

/// Reports names that the server refuses.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let mut names = given(scene);
    names.retain(|name| name.chars().count() > LIMIT);
    names.dedup();
    for name in names {
        let finding = cx
            .finding(name.clone(), format!("a name of {} characters is refused: {name}", name.chars().count()))
            .why("names have at most 64 characters, so that the statement fails after those before it are done; no change is shown: choose a shorter name")
            .evidence("length", name.chars().count(), "characters", "the statement");
        cx.report(finding);
    }
    if let Some((table, made)) = chosen(scene) {
        let finding = cx
            .finding(table.clone(), format!("the server's own name for an unnamed constraint of {table} is too long: {made}"))
            .why("it adds to the table's name, and refuses what is longer than 64 characters; no change is shown: give the constraint a name")
            .evidence("length", made.chars().count(), "characters", "the statement");
        cx.report(finding);
    }
}

/// The names that a statement gives; those that it only uses can't be too long.
fn given(scene: &Scene) -> Vec<String> {
    match scene.act() {
        Act::CreateTable { rows: false, .. } | Act::Alter { .. } => names(scene.sql()),
        Act::CreateTable { table, .. } => vec![table.name.clone()],
        Act::RenameTable { pairs } => pairs.iter().map(|(_, to)| to.name.clone()).collect(),
        Act::Create { name: Name { name, .. }, .. } => vec![name.clone()],
        _ => Vec::new(),
    }
}

/// All names of a statement.
fn names(sql: &str) -> Vec<String> {
    let named = Lexer::new(sql)
        .filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted) && token.end - token.start > LIMIT);
    named.map(|token| unquoted(token.text(sql))).collect()
}

/// The table and the name that the server will choose for an unnamed constraint of it, where that is too long.
fn chosen(scene: &Scene) -> Option<(String, String)> {
    let (table, foreign, check) = match scene.act() {
        Act::CreateTable { table, .. } => {
            let made = made(scene)?;
            let inline = |name: &str| name.is_empty();
            (
                table.name.clone(),
                made.foreign.iter().any(|one| inline(&one.name)),
                made.checks.iter().any(|one| inline(one)),
            )
        }
        Act::Alter { table, clauses, .. } => {
            let unnamed = |action: &Action| {
                clauses
                    .iter()
                    .any(|clause| clause.action == *action && !clause.text.to_ascii_lowercase().contains("constraint"))
            };
            (table.name.clone(), unnamed(&Action::AddForeignKey), unnamed(&Action::AddCheck))
        }
        _ => return None,
    };
    let length = table.chars().count();
    // MariaDB names a CHECK by its own table alone.
    let check = check && scene.flavour == Flavour::MySql;
    if length > LIMIT {
        None
    } else if foreign && length + FOREIGN > LIMIT {
        Some((table.clone(), format!("{table}_ibfk_1")))
    } else if check && length + CHECK > LIMIT {
        Some((table.clone(), format!("{table}_chk_1")))
    } else {
        None
    }
}
