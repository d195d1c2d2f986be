//! `mysql/utf8mb3`: text that can't hold every character, told by table.

use std::collections::BTreeMap;

use dbwright_core::{Change, Cx};
use dbwright_sql::model::{Column, ObjectId, Table};

use crate::alter::{self, COPY, WRITES_WAIT};
use crate::body::{Body, ColumnFacts, TableFacts};
use crate::joins::{self, Side};
use crate::words;

/// Reports tables with such columns.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    let joined = joined(cx.body);
    for (table, facts) in alter::tables(cx.body) {
        let columns: Vec<(&Column, &ColumnFacts)> = table
            .columns
            .iter()
            .filter_map(|column| Some((column, facts.columns.get(&column.name)?)))
            .filter(|(_, facts)| facts.charset.as_deref().is_some_and(is_mb3))
            .collect();
        if columns.is_empty() {
            continue;
        }
        let name = catalog.qualified(table);
        let names: Vec<String> = columns.iter().map(|(column, _)| catalog.dialect.name(&column.name)).collect();
        let plural = if columns.len() == 1 { "column" } else { "columns" };
        let mut finding = cx
            .finding(catalog.subject(table), format!("{} {plural} of {name} can't hold every character", columns.len()))
            .evidence("columns", names.join(", "), "", "information_schema.COLUMNS")
            .evidence("character_set", "utf8mb3", "", "information_schema.COLUMNS");
        if let Some(rows) = table.rows {
            finding = finding.evidence("rows", rows.round(), "rows", words::ROWS);
        }
        let why =
            "an emoji or a rare character fails or is cut off, and joins with utf8mb4 columns can't use their indexes";
        cx.report(match change(cx.body, table, facts, &columns, &joined) {
            Ok(change) => finding.why(why).change(change),
            Err(reason) => finding.why(format!("{why}. No change is given: {reason}")),
        });
    }
}

/// Collations by table and number of a column.
type Joined = BTreeMap<(ObjectId, i32), String>;

/// The collation of the utf8mb4 column that statements join a column with: with another one the join would go on without its index.
fn joined(body: &Body) -> Joined {
    let collation = |side: Side<'_>| {
        let facts = body.table(side.table.id)?.columns.get(&side.column.name)?;
        facts.collation.clone().filter(|_| facts.charset.as_deref() == Some("utf8mb4"))
    };
    let mut found: BTreeMap<(ObjectId, i32), (u64, String)> = BTreeMap::new();
    for pair in joins::pairs(body) {
        for (own, other) in [(pair.left, pair.right), (pair.right, pair.left)] {
            let Some(collation) = collation(other) else { continue };
            let known =
                found.entry((own.table.id, own.column.number)).or_insert_with(|| (pair.calls, collation.clone()));
            if pair.calls > known.0 {
                *known = (pair.calls, collation);
            }
        }
    }
    found.into_iter().map(|(column, (_, collation))| (column, collation)).collect()
}

fn is_mb3(charset: &str) -> bool {
    matches!(charset, "utf8mb3" | "utf8")
}

/// The collation of the same name in utf8mb4. One was made for old servers alone and has none.
fn wide(collation: &str) -> String {
    let kind = collation.strip_prefix("utf8mb3_").or_else(|| collation.strip_prefix("utf8_")).unwrap_or("general_ci");
    let kind = if matches!(kind, "general_mysql500_ci" | "tolower_ci") { "general_ci" } else { kind };
    format!("utf8mb4_{kind}")
}

fn change(
    body: &Body,
    table: &Table,
    facts: &TableFacts,
    columns: &[(&Column, &ColumnFacts)],
    joined: &Joined,
) -> Result<Change, String> {
    if let Some((column, _)) = columns.iter().find(|(c, _)| alter::in_foreign_key(&body.catalog, table, &c.name)) {
        return Err(format!("of {}, {}", body.catalog.dialect.name(&column.name), alter::FOREIGN_KEY));
    }
    let (mut forward, mut back) = (Vec::new(), Vec::new());
    for (column, facts) in columns {
        let (charset, collation) = (facts.charset.as_deref(), facts.collation.as_deref());
        let (Some(charset), Some(collation)) = (charset, collation) else { continue };
        let unknown = || format!("the definition of {} is not known", column.name);
        let same = joined.get(&(table.id, column.number)).cloned();
        forward.push(alter::recode(column, "utf8mb4", &same.unwrap_or_else(|| wide(collation))).ok_or_else(unknown)?);
        back.push(alter::recode(column, charset, collation).ok_or_else(unknown)?);
    }
    if facts.collation.starts_with("utf8_") || facts.collation.starts_with("utf8mb3_") {
        let old = facts.collation.split('_').next().unwrap_or("utf8mb3");
        forward.push(format!("DEFAULT CHARACTER SET = utf8mb4 COLLATE = {}", wide(&facts.collation)));
        back.push(format!("DEFAULT CHARACTER SET = {old} COLLATE = {}", facts.collation));
    }
    let name = body.catalog.qualified(table);
    let statement = |clauses: &[String]| format!("ALTER TABLE {name} {}, {COPY}", clauses.join(", "));
    Ok(alter::ddl(vec![statement(&forward)], WRITES_WAIT).back([statement(&back)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_equality_stay_as_they_were() {
        assert_eq!(wide("utf8mb3_unicode_ci"), "utf8mb4_unicode_ci");
        assert_eq!(wide("utf8_bin"), "utf8mb4_bin");
        assert_eq!(wide("utf8mb3_general_mysql500_ci"), "utf8mb4_general_ci");
    }
}
