//! `migrate/change-type-narrows`: values that the new type may not hold.

use dbwright_core::Cx;

use crate::migrate::lint::steps::quoted;
use crate::migrate::lint::{Definition, Effort, Scene};

/// Reports type changes that values may not fit into.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some(altered) = scene.busy() else { return };
    let table = &altered.table;
    for part in &altered.parts {
        let Some((column, new)) = part.redefined() else { continue };
        let Some(old) = table.column(column).map(|known| &known.definition) else { continue };
        let Some(loss) = loss(old, &new) else { continue };
        let name = quoted(column);
        let fate = if scene.strict() {
            "the first row whose value doesn't fit makes the statement fail, after it has held up writers until then"
        } else {
            "sql_mode is not strict, so that values that don't fit are changed without an error"
        };
        let title = format!("{name} becomes {} where it was {}: {loss}", new.ty(), old.ty());
        let effort = Effort { table, way: part.verdict.way };
        let finding = cx
            .finding(table.subject_in(column), title)
            .why(format!(
                "{fate}; no change is shown, because which values are to be lost is yours to say: look for them first, change or \
                 remove them, and keep new ones out by the application or a CHECK"
            ))
            .at(part.place.clone());
        cx.report(effort.weigh(finding).severity(dbwright_core::Severity::High));
    }
}

/// What may be lost, in words.
fn loss(old: &Definition, new: &Definition) -> Option<String> {
    if old.whole() && new.whole() {
        let (was, is) = (range(old), range(new));
        return (is.0 > was.0 || is.1 < was.1).then(|| format!("it then holds {} to {}", is.0, is.1));
    }
    if let (Some(was), Some(is)) = (room(old), room(new)) {
        return (is < was).then(|| format!("longer values than {is} {} don't fit", unit(new)));
    }
    match (old.base.as_str(), new.base.as_str()) {
        ("decimal", "decimal") => {
            let (was, is) = (digits(old), digits(new));
            let whole = |(all, after): (u64, u64)| all.saturating_sub(after);
            if whole(is) < whole(was) {
                return Some(format!("it then has {} digits before the point", whole(is)));
            }
            (is.1 < was.1).then(|| format!("values are rounded to {} digits after the point", is.1))
        }
        ("decimal" | "double" | "float", _) if new.whole() => {
            Some("what stands after the point is rounded away".to_owned())
        }
        ("double", "float") => Some("values lose digits".to_owned()),
        ("datetime" | "timestamp", "date") => Some("the time of day is lost".to_owned()),
        ("datetime" | "timestamp", "time") => Some("the day is lost".to_owned()),
        ("datetime", "timestamp") => Some("years before 1970 and after 2037 don't fit".to_owned()),
        (was, is) if was == is && matches!(was, "datetime" | "timestamp" | "time") => {
            let places = |definition: &Definition| definition.length().unwrap_or(0);
            (places(new) < places(old)).then(|| "fractions of a second are rounded away".to_owned())
        }
        (_, is) if room(old).is_some() && old.text_type() && (new.whole() || is == "decimal" || is == "double") => {
            Some("texts that are no numbers don't fit".to_owned())
        }
        _ => None,
    }
}

/// The least and the greatest whole number of a type.
fn range(definition: &Definition) -> (i128, i128) {
    let bits = match definition.base.as_str() {
        "tinyint" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" => 32,
        _ => 64,
    };
    if definition.unsigned { (0, (1 << bits) - 1) } else { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) }
}

/// How long a text can be: characters, or bytes of those that are counted so.
fn room(definition: &Definition) -> Option<u64> {
    match definition.base.as_str() {
        "char" | "binary" => Some(definition.length().unwrap_or(1)),
        "varchar" | "varbinary" => definition.length(),
        "tinytext" | "tinyblob" => Some(255),
        "text" | "blob" => Some(65_535),
        "mediumtext" | "mediumblob" => Some(16_777_215),
        "longtext" | "longblob" => Some(4_294_967_295),
        _ => None,
    }
}

fn unit(definition: &Definition) -> &'static str {
    if matches!(definition.base.as_str(), "char" | "varchar") { "characters" } else { "bytes" }
}

/// All digits, and those after the point.
fn digits(definition: &Definition) -> (u64, u64) {
    let number = |at: usize| definition.args.get(at).and_then(|text| text.trim().parse().ok());
    (number(0).unwrap_or(10), number(1).unwrap_or(0))
}
