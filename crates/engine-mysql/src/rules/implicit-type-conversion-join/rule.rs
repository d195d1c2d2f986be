//! `mysql/implicit-type-conversion-join`: text compared with numbers, which no index of the text serves.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;

use crate::alter::{self, COPY, WRITES_WAIT};
use crate::body::Body;
use crate::joins::{self, Side};
use crate::words;

/// Where the statements are read.
const SOURCE: &str = "performance_schema.events_statements_summary_by_digest";

/// The constraint that refuses values which would not survive as numbers; it goes with the change of the type.
const GUARD: &str = "dbwright_only_numbers";

/// Reports the text column of each pair.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    for pair in joins::pairs(cx.body) {
        let (text, number) = match (class(pair.left), class(pair.right)) {
            (Some(Class::Text), Some(Class::Number)) => (pair.left, pair.right),
            (Some(Class::Number), Some(Class::Text)) => (pair.right, pair.left),
            _ => continue,
        };
        if words::as_f64(pair.calls) < cx.limit("calls") {
            continue;
        }
        let name =
            |side: Side<'_>| format!("{}.{}", catalog.qualified(side.table), catalog.dialect.name(&side.column.name));
        let finding = cx
            .finding(
                catalog.subject_in(text.table, &text.column.name),
                format!("the text {} is compared with the number {}", name(text), name(number)),
            )
            .evidence(&name(text), text.column.data_type.as_str(), "", "information_schema.COLUMNS")
            .evidence(&name(number), number.column.data_type.as_str(), "", "information_schema.COLUMNS")
            .evidence("calls", pair.calls, "calls", SOURCE)
            .evidence("time", pair.total_ms.round(), "ms", SOURCE)
            .evidence("statement", pair.worst.text.as_str(), "", SOURCE);
        let why = "both are turned into floating-point numbers for each row, so that no index of the text is of use, and '1', '01' and '1 apple' are all equal to 1";
        cx.report(match change(cx.body, text, number) {
            Ok(change) => finding.why(why).change(change),
            Err(reason) => finding.why(format!("{why}. No change is given: {reason}")),
        });
    }
}

#[derive(Debug, PartialEq)]
enum Class {
    Text,
    Number,
}

fn class(side: Side<'_>) -> Option<Class> {
    let base = side.column.base_type.split(' ').next().unwrap_or_default();
    match base {
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => Some(Class::Text),
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "float" | "double" => Some(Class::Number),
        _ => None,
    }
}

fn change(body: &Body, text: Side<'_>, number: Side<'_>) -> Result<Change, String> {
    if alter::in_foreign_key(&body.catalog, text.table, &text.column.name) {
        return Err(alter::FOREIGN_KEY.to_owned());
    }
    if text.column.generated.is_some() || text.column.base_type.ends_with("text") {
        return Err("the column is computed or a long text: change what writes it".to_owned());
    }
    if !body.server.at_least((8, 0, 16), (10, 2, 1)) {
        return Err(
            "this version has no CHECK that would refuse values such as '01', which as a number would be another"
                .to_owned(),
        );
    }
    let (least, most) = range(&number.column.base_type)
        .ok_or("only whole numbers are certain to be written in one way: change what writes the column")?;
    let name = body.catalog.qualified(text.table);
    let column = Dialect::Mysql.name(&text.column.name);
    let forward = alter::retype(text.column, &number.column.data_type).ok_or("its definition is not known")?;
    let own = body.table(text.table.id).and_then(|facts| facts.columns.get(&text.column.name));
    let back = own.and_then(|own| alter::recode(text.column, own.charset.as_deref()?, own.collation.as_deref()?));
    let back = back.ok_or("its definition is not known")?;
    let lock = format!(
        "{WRITES_WAIT}, twice; the first statement fails, and nothing has changed, when a value is not written as the number would be ('01', '1 apple')"
    );
    // Without it '007' would become 7 in silence, and the way back would not bring the zeros back.
    let guard = format!(
        "ALTER TABLE {name} ADD CONSTRAINT {GUARD} CHECK ({column} REGEXP '^(0|-?[1-9][0-9]{{0,18}})$' AND CAST({column} AS SIGNED) BETWEEN {least} AND {most}), {COPY}"
    );
    let retyped = format!("ALTER TABLE {name} DROP CONSTRAINT {GUARD}, {forward}, {COPY}");
    Ok(alter::ddl(vec![guard, retyped], &lock).back([format!("ALTER TABLE {name} {back}, {COPY}")]))
}

/// The least and the greatest value of a whole-number type, as far as a signed number of 64 bits goes.
fn range(base_type: &str) -> Option<(i64, i64)> {
    let (name, unsigned) = base_type.split_once(' ').map_or((base_type, false), |(name, _)| (name, true));
    let bits = match name {
        "tinyint" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" => 32,
        "bigint" => return Some((if unsigned { 0 } else { i64::MIN }, i64::MAX)),
        _ => return None,
    };
    let half = 1_i64 << (bits - 1);
    Some(if unsigned { (0, 2 * half - 1) } else { (-half, half - 1) })
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn types_hold_what_the_manual_says() {
        assert_eq!(range("tinyint"), Some((-128, 127)));
        assert_eq!(range("int unsigned"), Some((0, 4_294_967_295)));
        assert_eq!(range("bigint"), Some((i64::MIN, i64::MAX)));
        assert_eq!(range("decimal"), None);
    }
}
