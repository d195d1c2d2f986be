//! `migrate/nullable-primary-key`: an old quirk that stays.

use dbwright_core::Cx;

use crate::migrate::lint::Scene;
use crate::migrate::lint::quoted;
use crate::migrate::parse::{Act, Kind, PartKind, TableText};

/// Reports new tables whose primary key may be NULL.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Act::Create { kind: Kind::Table, name, .. } = scene.act() else { return };
    let Some(text) = TableText::read(scene.sql()) else { return };
    if text.has_option("strict") || text.has_option("rowid") || scene.trial.refusal.is_some() {
        return;
    }
    let key = text.primary_key();
    let nullable = key.iter().filter_map(|name| text.column(name)).find(|(at, column)| {
        let ty = column.ty.as_ref().map_or("", |ty| text.items[*at].text[ty.clone()].trim());
        let alias = key.len() == 1 && ty.eq_ignore_ascii_case("integer");
        // The rule about types tells of those.
        let counted =
            ["serial", "auto_increment", "identity"].iter().any(|word| ty.to_ascii_lowercase().contains(word));
        !alias && !counted && !column.has(PartKind::NotNull)
    });
    let Some((_, column)) = nullable else { return };
    let finding = cx
        .finding(
            dbwright_sql::Dialect::Sqlite.subject(&["main", name, &column.name]),
            format!("the primary key {} takes NULL, any number of times", quoted(&column.name)),
        )
        .why(
            "by an old fault that applications rely on, SQLite allows NULL in every primary key but INTEGER PRIMARY KEY and those of STRICT and \
             WITHOUT ROWID tables; no change is shown: write NOT NULL, or WITHOUT ROWID behind the table",
        )
        .evidence("NOT NULL", "none", "", "the statement");
    cx.report(finding);
}
