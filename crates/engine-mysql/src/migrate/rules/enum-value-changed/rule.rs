//! `migrate/enum-value-changed`: values of an enum or set that get other numbers, or go.

use dbwright_core::Cx;

use crate::migrate::lint::steps::{alter, ddl, quoted};
use crate::migrate::lint::{Cause, Definition, Effort, Scene, Table};
use crate::migrate::ways::Way;
use crate::words::some_of;

/// The way of values that are added at the end.
const AT_END: Way = Way { algorithm: "INPLACE", lock: "NONE" };

/// Reports lists of values that are not only longer at their end.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Some(altered) = cx.body.busy() else { return };
    let table = &altered.table;
    for part in altered.parts.iter().filter(|part| part.verdict.cause == Cause::Values && part.verdict.certain) {
        let Some((column, new)) = part.redefined() else { continue };
        let Some(old) = table.column(column).map(|known| &known.definition) else { continue };
        let effort = Effort { table, way: part.verdict.way };
        let (before, after) = (old.values(), new.values());
        let gone: Vec<String> = before.iter().filter(|value| !after.contains(value)).cloned().collect();
        let name = quoted(column);
        let title = if gone.is_empty() {
            format!("the values of {name} get other numbers, which {}", effort.says())
        } else {
            format!("{name} loses {}, which {}", some_of(&gone), effort.says())
        };
        let fate = match (gone.is_empty(), cx.body.strict()) {
            (true, _) => {
                "values are stored by their number in the list: added at its end they take an instant, anywhere else all rows are written anew"
            }
            (false, true) => {
                "the first row that has such a value makes the statement fail; update those rows before, and let no code write it"
            }
            (false, false) => {
                "rows that have such a value get an empty one, without an error, since sql_mode is not strict; update those rows before"
            }
        };
        let mut finding = cx
            .finding(table.subject_in(column), title)
            .why(format!("{fate}; {}", effort.waits()))
            .at(part.place.clone());
        if let Some(text) = at_end(old, &new).filter(|_| gone.is_empty()) {
            finding = finding.change(ddl(vec![modify(table, column, &text)], "an instant"));
        }
        cx.report(effort.weigh(finding));
    }
}

fn modify(table: &Table, column: &str, text: &str) -> String {
    alter(table, AT_END, &format!("MODIFY COLUMN {} {text}", quoted(column)))
}

/// The new definition with its new values at the end; none when the list then takes more bytes.
fn at_end(old: &Definition, new: &Definition) -> Option<String> {
    let added = new.args.iter().filter(|value| !old.args.contains(value));
    let values: Vec<String> = old.args.iter().chain(added).cloned().collect();
    let room = if old.base == "enum" { 255 } else { old.args.len().div_ceil(8) * 8 };
    let (from, to) = (new.text.find('(')?, new.text.find(')')?);
    // A parenthesis inside a value.
    let plain = !new.args.iter().any(|value| value.contains(['(', ')']));
    (values.len() <= room && plain)
        .then(|| format!("{}({}){}", &new.text[..from], values.join(","), &new.text[to + 1..]))
}
