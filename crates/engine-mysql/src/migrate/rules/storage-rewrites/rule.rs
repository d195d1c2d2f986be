//! `migrate/storage-rewrites`: another storage, or a rebuild that can't be done in place.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::{Altered, Effort, KeyKind, Part, Scene};
use crate::migrate::parse::Action;
use crate::migrate::text::Cursor;
use crate::migrate::ways::COPY;

/// Reports changes of the storage that make writers wait, or throw rows away.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(altered) = scene.busy() else { return };
    let table = &altered.table;
    if let Some(part) = altered.parts.iter().find(|part| discards(part)) {
        let finding = cx
            .finding(table.subject(), format!("DISCARD TABLESPACE throws the rows of {} away", table.sql()))
            .why("the table can't be read until another tablespace is imported; no change is shown: it has no place in a migration")
            .at(part.place.clone());
        cx.report(finding);
        return;
    }
    let Some((part, reason)) = altered.parts.iter().find_map(|part| Some((part, reason(scene, &altered, part)?)))
    else {
        return;
    };
    let finding = cx
        .finding(table.subject(), format!("{} is written anew while its writes wait", table.sql()))
        .why(format!("{reason}; no change is shown: `dbwright migrate plan` makes the table anew beside the old one and exchanges the two"))
        .at(part.place.clone());
    let finding = if table.innodb() { finding } else { finding.severity(Severity::Medium) };
    cx.report(Effort { table, way: COPY }.weigh(finding));
}

fn discards(part: &Part<'_>) -> bool {
    Cursor::new(&part.clause.text).accept(&["discard", "tablespace"])
}

/// Why the table is not rebuilt while others write.
fn reason(scene: &Scene, altered: &Altered<'_>, part: &Part<'_>) -> Option<String> {
    let table = &altered.table;
    let rebuild = match &part.clause.action {
        Action::Force => true,
        Action::Option(word) if word == "engine" => {
            let to = engine(&part.clause.text)?;
            if !to.eq_ignore_ascii_case("innodb") {
                return None;
            }
            if !table.innodb() {
                let from = table.engine.as_deref().unwrap_or_default();
                return Some(format!("from {from} to {to} all rows are copied with LOCK=SHARED"));
            }
            true
        }
        Action::Option(word) if word == "encryption" => {
            return Some("the server changes the encryption of a table only by copying it with LOCK=SHARED".to_owned());
        }
        _ => false,
    };
    if !rebuild {
        return None;
    }
    let has = |kind| table.keys.iter().any(|key| key.kind == kind);
    if has(KeyKind::Spatial) {
        return Some("the table has a SPATIAL index, and is rebuilt with LOCK=SHARED at best".to_owned());
    }
    let how = if scene.flavour == crate::flavour::Flavour::MySql {
        "copied with LOCK=SHARED"
    } else {
        "rebuilt with LOCK=SHARED at best"
    };
    has(KeyKind::Fulltext).then(|| format!("the table has a FULLTEXT index, and is {how}"))
}

/// `ENGINE = name`.
fn engine(text: &str) -> Option<String> {
    let mut cursor = Cursor::new(text);
    cursor.accept(&["engine"]);
    cursor.accept(&["="]);
    cursor.name()
}
