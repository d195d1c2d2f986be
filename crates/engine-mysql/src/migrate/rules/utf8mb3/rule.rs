//! `migrate/utf8mb3`: new text that can't hold every character.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::read::made::{given, made, options};
use crate::migrate::lint::{Definition, Scene, define};
use crate::migrate::parse::{Act, Action};
use crate::migrate::text::Cursor;

/// Reports the character set wherever a statement asks for it.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    if let Some(table) = made(scene) {
        let said = define::options(options(scene.sql()));
        if let Some(word) = said.charset.into_iter().chain(said.collation).find(|word| short(word)) {
            return report(cx, table.subject(), &table.sql(), &word);
        }
    }
    for column in given(scene) {
        if let Some(word) = asked(&column.definition) {
            let place = scene.place_at(column.at);
            let name = format!("{}.{}", column.table.sql(), crate::migrate::lint::steps::quoted(&column.name));
            let finding = finding(cx, column.table.subject_in(&column.name), &name, &word);
            cx.report(finding.at(place));
        }
    }
    match scene.act() {
        Act::Alter { table, clauses, .. } => {
            let table = scene.world.table(table);
            for clause in clauses.iter().filter(|clause| matches!(clause.action, Action::Convert | Action::Option(_))) {
                let said = define::options(&clause.text);
                if let Some(word) = said.charset.into_iter().chain(said.collation).find(|word| short(word)) {
                    report(cx, table.subject(), &table.sql(), &word);
                }
            }
        }
        Act::Other(_) => database(cx),
        _ => {}
    }
}

fn report(cx: &mut Cx<'_, Scene>, subject: String, name: &str, word: &str) {
    let finding = finding(cx, subject, name, word);
    cx.report(finding);
}

fn finding(cx: &Cx<'_, Scene>, subject: String, name: &str, word: &str) -> dbwright_core::Finding {
    let finding = cx
        .finding(subject, format!("{name} is in {word}, which can't hold every character"))
        .why("it has characters of up to three bytes: an emoji fails or is cut off, and a join with utf8mb4 can't use its index")
        .evidence("character set", word, "", "the statement");
    match in_utf8mb4(cx.body.sql()) {
        Some(sql) => finding.change(
            Change::new([sql], "as the statement itself").irreversible("it stands in place of the user's statement"),
        ),
        None => finding,
    }
}

/// `CREATE DATABASE` and `ALTER DATABASE`.
fn database(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let mut cursor = scene.cursor();
    if cursor.any(&["create", "alter"]).is_none() || cursor.any(&["database", "schema"]).is_none() {
        return;
    }
    cursor.accept(&["if", "not", "exists"]);
    let name = cursor.name().unwrap_or_default();
    let said = define::options(cursor.rest());
    if let Some(word) = said.charset.into_iter().chain(said.collation).find(|word| short(word)) {
        let shown = format!("the database {}", crate::migrate::lint::steps::quoted(&name));
        report(cx, name, &shown, &word);
    }
}

/// What a column's definition asks for.
fn asked(column: &Definition) -> Option<String> {
    let national = Cursor::new(&column.text).is_any(&["nchar", "nvarchar", "national"]);
    let said = column.charset.iter().chain(&column.collation).find(|word| short(word)).cloned();
    said.or_else(|| national.then(|| "utf8mb3".to_owned()))
}

/// Whether it is this character set, or one of its collations.
fn short(word: &str) -> bool {
    let set = word.split('_').next().unwrap_or_default().to_ascii_lowercase();
    set == "utf8" || set == "utf8mb3"
}

/// The statement with the other character set; none where a collation has no namesake.
fn in_utf8mb4(sql: &str) -> Option<String> {
    let words =
        crate::migrate::text::lex::Lexer::new(sql).filter(|token| token.kind == crate::migrate::text::lex::Kind::Word);
    let (mut text, mut from) = (String::new(), 0);
    for token in words.filter(|token| short(token.text(sql))) {
        let word = token.text(sql);
        let tail = word.split_once('_').map(|(_, tail)| tail.to_ascii_lowercase());
        if tail.as_deref().is_some_and(|tail| tail.contains("mysql500")) {
            return None;
        }
        text.push_str(&sql[from..token.start]);
        text.push_str(&tail.map_or_else(|| "utf8mb4".to_owned(), |tail| format!("utf8mb4_{tail}")));
        from = token.end;
    }
    (from > 0).then(|| format!("{text}{}", &sql[from..]))
}
