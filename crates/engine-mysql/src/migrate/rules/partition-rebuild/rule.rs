//! `migrate/partition-rebuild`: rows move from partition to partition while writers wait.

use dbwright_core::{Cx, Finding, Severity};

use crate::migrate::lint::{Altered, Effort, Part, Scene, Table};
use crate::migrate::parse::Action;
use crate::migrate::text::Cursor;
use crate::migrate::ways::COPY;

/// Reports changes of partitions that copy rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(altered) = scene.busy() else { return };
    for part in &altered.parts {
        let Action::Partition(words) = &part.clause.action else { continue };
        let table = &altered.table;
        let (severity, title) = match words.as_str() {
            "REORGANIZE PARTITION" if all_empty(table, &part.clause.text) => continue,
            "REORGANIZE PARTITION" if !scene.world.known && splits_the_end(&part.clause.text) => {
                cx.report(end(cx, table, part));
                continue;
            }
            "REORGANIZE PARTITION" => (Severity::Medium, moved(words, &table.sql())),
            "REBUILD PARTITION" | "COALESCE PARTITION" => (Severity::High, moved(words, &table.sql())),
            "ADD PARTITION" if spread(&altered, &part.clause.text) => (Severity::High, moved(words, &table.sql())),
            "OPTIMIZE PARTITION" => {
                (Severity::Low, format!("OPTIMIZE PARTITION rebuilds all partitions of {}, not one", table.sql()))
            }
            _ => continue,
        };
        let why = if severity == Severity::Low {
            "InnoDB can't optimise a partition by itself and says so in a note; others go on writing meanwhile; no change is shown: leave it out"
        } else {
            "writes of the whole table wait until the last row is moved; reads go on; an empty partition is reorganised within a moment; no change \
             is shown: `dbwright migrate plan` makes the table anew beside the old one"
        };
        let finding = cx.finding(table.subject(), title).severity(severity).why(why).at(part.place.clone());
        let finding = finding.evidence("clause", words.as_str(), "", "the statement");
        cx.report(if severity == Severity::Low { finding } else { Effort { table, way: COPY }.weigh(finding) });
    }
}

/// Without a target nobody can tell whether the last partition has rows; mostly it has none when it is split.
fn end(cx: &Cx<'_, Scene>, table: &Table, part: &Part<'_>) -> Finding {
    cx.finding(table.subject(), format!("splitting the last partition of {} makes its writes wait if that has rows", table.sql()))
        .severity(Severity::Low)
        .why(
            "an empty partition is reorganised within a moment, which is how months are added before MAXVALUE; once it has rows, writes of the whole table \
             wait until they are moved; no change is shown: lint with the target, which tells whether it is empty",
        )
        .at(part.place.clone())
        .evidence("clause", "REORGANIZE PARTITION", "", "the statement")
}

/// Whether all partitions that are reorganised are known to be empty.
fn all_empty(table: &Table, text: &str) -> bool {
    let names = reorganised(text);
    !names.is_empty() && names.iter().all(|name| table.empty_parts.iter().any(|empty| empty.eq_ignore_ascii_case(name)))
}

/// Whether one partition is split in several, of which the last takes all that is left.
fn splits_the_end(text: &str) -> bool {
    let last = text.rsplit(',').next().unwrap_or_default().to_ascii_uppercase();
    reorganised(text).len() == 1 && text.contains(',') && last.contains("MAXVALUE")
}

/// The partitions that are reorganised.
fn reorganised(text: &str) -> Vec<String> {
    let mut cursor = Cursor::new(text);
    cursor.accept(&["reorganize", "partition"]);
    let mut names = Vec::new();
    while let Some(name) = cursor.name() {
        names.push(name);
        if !cursor.accept(&[","]) {
            break;
        }
    }
    names
}

fn moved(words: &str, table: &str) -> String {
    format!("{words} of {table} makes all its writes wait while rows are moved")
}

/// Whether new partitions get rows of the old ones: those of HASH and KEY.
fn spread(altered: &Altered<'_>, text: &str) -> bool {
    let mut cursor = Cursor::new(text);
    cursor.accept(&["add", "partition"]);
    cursor.accept(&["if", "not", "exists"]);
    let by = altered.table.partitions.as_deref().unwrap_or_default();
    let mut by = Cursor::new(by);
    by.accept(&["partition", "by"]);
    by.accept(&["by"]);
    cursor.is("partitions") || by.is_any(&["hash", "key", "linear"])
}
