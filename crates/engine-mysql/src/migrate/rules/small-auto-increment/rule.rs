//! `migrate/small-auto-increment`: numbers that end soon.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::Scene;
use crate::migrate::lint::read::made::given;

/// Reports new columns that count in a small type.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for column in given(scene) {
        let known =
            !column.new_table && column.table.column(&column.name).is_some_and(|old| old.definition.auto_increment);
        let definition = &column.definition;
        if !definition.auto_increment || known || column.table.temporary {
            continue;
        }
        let Some((severity, last)) = last(&definition.base, definition.unsigned) else { continue };
        let place = scene.place_at(column.at);
        let sql = column.table.sql();
        let finding = cx
            .finding(column.table.subject_in(&column.name), format!("{sql}.{} ends at {last}: then every insert fails", crate::migrate::lint::steps::quoted(&column.name)))
            .why("numbers are used up by inserts that fail too, and widening the column later copies the table; no change is shown: bigint unsigned")
            .evidence("type", definition.ty(), "", "the statement")
            .at(place);
        cx.report(finding.severity(severity));
    }
}

/// How bad a type is, and its last number.
fn last(base: &str, unsigned: bool) -> Option<(Severity, &'static str)> {
    match (base, unsigned) {
        ("tinyint", false) => Some((Severity::Medium, "127")),
        ("tinyint", true) => Some((Severity::Medium, "255")),
        ("smallint", false) => Some((Severity::Medium, "32,767")),
        ("smallint", true) => Some((Severity::Medium, "65,535")),
        ("mediumint", false) => Some((Severity::Medium, "8,388,607")),
        ("mediumint", true) => Some((Severity::Medium, "16,777,215")),
        ("int", false) => Some((Severity::Low, "2,147,483,647")),
        _ => None,
    }
}
