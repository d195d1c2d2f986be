//! `mysql/zero-dates`: defaults that are no dates, told by table because one statement has to mend them all.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;
use dbwright_sql::model::{Column, Table};

use crate::alter::{self, INSTANT, ONLINE};
use crate::body::Body;

/// Reports tables with such defaults.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    for (table, _) in alter::tables(cx.body) {
        let columns: Vec<&Column> = table.columns.iter().filter(|column| is_zero(column)).collect();
        if columns.is_empty() {
            continue;
        }
        let name = catalog.qualified(table);
        let list: Vec<String> = columns
            .iter()
            .map(|column| format!("{} {}", catalog.dialect.name(&column.name), date(column).unwrap_or_default()))
            .collect();
        let plural = if columns.len() == 1 { "a date" } else { "dates" };
        let finding = cx
            .finding(catalog.subject(table), format!("{name} has defaults that are not {plural}"))
            .why("with a current sql_mode no ALTER TABLE of it works, dumps of it can't be loaded, and drivers fail on such values")
            .evidence("defaults", list.join(", "), "", "information_schema.COLUMNS");
        cx.report(finding.change(change(&name, table, &columns)));
    }
}

/// The default as a date, without quotes.
fn date(column: &Column) -> Option<&str> {
    Some(column.default.as_deref()?.trim_matches('\''))
}

/// Whether the default of a date is none: year, month or day is 0.
fn is_zero(column: &Column) -> bool {
    let dated = matches!(column.base_type.as_str(), "date" | "datetime" | "timestamp");
    let Some(text) = date(column).filter(|_| dated) else { return false };
    let mut parts = text.get(..10).unwrap_or_default().splitn(3, '-').map(str::parse::<u32>);
    let zero = |part: Option<Result<u32, _>>| matches!(part, Some(Ok(0)));
    let (_, month, day) = (parts.next(), parts.next(), parts.next());
    zero(month) || zero(day)
}

fn change(name: &str, table: &Table, columns: &[&Column]) -> Change {
    let quoted = |column: &Column| Dialect::Mysql.name(&column.name);
    let forward = columns.iter().map(|column| {
        let to = if column.not_null { "DROP DEFAULT" } else { "SET DEFAULT NULL" };
        format!("ALTER COLUMN {} {to}", quoted(column))
    });
    let back = columns
        .iter()
        .map(|column| format!("ALTER COLUMN {} SET DEFAULT '{}'", quoted(column), date(column).unwrap_or_default()));
    let statement = |clauses: Vec<String>| {
        let how = if alter::is_innodb(table) { format!(", {ONLINE}") } else { String::new() };
        format!("ALTER TABLE {name} {}{how}", clauses.join(", "))
    };
    alter::ddl(vec![statement(forward.collect())], INSTANT).back([
        "SET SESSION sql_mode = ''".to_owned(),
        statement(back.collect()),
        "SET SESSION sql_mode = DEFAULT".to_owned(),
    ])
}
