//! `migrate/partition-rebuild`: rows move from partition to partition while writers wait.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::{Altered, Effort, Scene};
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
            // The last partition is mostly empty when it is split.
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
