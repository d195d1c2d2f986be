//! `sqlite/type-differs-from-declared`: what is stored is not what is declared.

use dbwright_core::{Change, Cx, Finding, Severity};
use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, Table};

use crate::body::{Classes, SqliteBody, area};

const SQL: Dialect = Dialect::Sqlite;

/// Words of declared types that promise numbers. SQLite itself would also see one in POINT and INTERVAL.
const NUMBERS: [&str; 16] = [
    "INT",
    "INTEGER",
    "TINYINT",
    "SMALLINT",
    "MEDIUMINT",
    "BIGINT",
    "INT2",
    "INT4",
    "INT8",
    "REAL",
    "DOUBLE",
    "FLOAT",
    "NUMERIC",
    "DECIMAL",
    "NUMBER",
    "SERIAL",
];

/// Reports each column once, for the class that does most harm.
pub(super) fn check(cx: &mut Cx<'_, SqliteBody>) {
    super::tell_gaps(cx, area::STORAGE_CLASSES);
    for table in cx.body.catalog.user_tables() {
        let Some(facts) = cx.body.facts(table.id) else { continue };
        for (column, classes) in table.columns.iter().filter_map(|c| Some((c, facts.classes.get(&c.name)?))) {
            if let Some(odd) = oddity(column, classes) {
                let finding = finding(cx, table, column, classes, &odd, facts.sampled_rows);
                cx.report(finding);
            }
        }
    }
}

/// A class that does not belong into a column.
struct Oddity {
    class: &'static str,
    count: u64,
    severity: Severity,
}

fn oddity(column: &Column, classes: &Classes) -> Option<Oddity> {
    let upper = column.data_type.to_ascii_uppercase();
    let number = upper.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| NUMBERS.contains(&word));
    let odd = |class, count, severity| (count > 0).then_some(Oddity { class, count, severity });
    match column.base_type.as_str() {
        "integer" | "real" | "numeric" if number => odd("text", classes.text, Severity::Medium)
            .or_else(|| odd("blob", classes.blob, Severity::Medium))
            .or_else(|| odd("real", classes.real, Severity::Low).filter(|_| column.base_type == "integer")),
        "text" => odd("blob", classes.blob, Severity::Medium),
        _ => None,
    }
}

fn finding(
    cx: &Cx<'_, SqliteBody>,
    table: &Table,
    column: &Column,
    classes: &Classes,
    odd: &Oddity,
    sampled: u64,
) -> Finding {
    let name = SQL.subject(&[&table.name, &column.name]);
    let source = "typeof() of a sample";
    let finding = cx
        .finding(
            cx.body.catalog.subject_in(table, &column.name),
            format!(
                "{name} is declared {} and holds {} {} value{}",
                column.data_type,
                odd.count,
                odd.class,
                if odd.count == 1 { "" } else { "s" }
            ),
        )
        .severity(odd.severity)
        .evidence("declared", column.data_type.as_str(), "", "PRAGMA table_xinfo")
        .evidence(odd.class, odd.count, "rows", source)
        .evidence("values", classes.values(), "rows", source)
        .evidence("sampled_rows", sampled, "rows", source);
    if odd.class == "blob" && column.base_type == "text" && classes.text_in_blob == classes.blob {
        return finding
            .why("a blob never equals a text, so look-ups miss these rows; their bytes are valid text")
            .change(cast(table, column));
    }
    let list = format!(
        "SELECT * FROM {} WHERE typeof({}) = '{}'",
        SQL.qualified(&table.schema, &table.name),
        SQL.ident(&column.name),
        odd.class
    );
    finding.why(format!("{} No conversion is right for all of them; list them with: {list}", harm(odd, classes)))
}

fn harm(odd: &Oddity, classes: &Classes) -> &'static str {
    match odd.class {
        "text" if classes.text == classes.empty_text => {
            "an empty text is greater than every number and no NULL: comparisons, max() and ORDER BY mislead."
        }
        "text" => {
            "a text is greater than every number: comparisons, max() and ORDER BY mislead, and sum() takes it as 0."
        }
        "blob" => "a blob is greater than every number and equals none: comparisons and look-ups mislead.",
        _ => "fractions are kept where whole numbers are declared: equality with whole numbers fails.",
    }
}

/// Turns blobs into texts of the same bytes.
fn cast(table: &Table, column: &Column) -> Change {
    let ident = SQL.ident(&column.name);
    let statement = format!(
        "UPDATE {} SET {ident} = CAST({ident} AS TEXT) WHERE typeof({ident}) = 'blob'",
        SQL.qualified(&table.schema, &table.name)
    );
    Change::new([statement], "other writers wait while the table is read once")
        .irreversible("which rows held blobs is not kept; the bytes themselves stay the same")
}
