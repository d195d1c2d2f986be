//! `mysql/non-innodb-table`: tables whose engine has no transactions.

use dbwright_core::{Change, Cx, Severity};
use dbwright_sql::model::{Generated, Table};

use crate::alter::{self, COPY, WRITES_WAIT};
use crate::body::Body;
use crate::words;

/// Reports them, by what a crash does to them.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let catalog = &cx.body.catalog;
    for (table, _) in alter::tables(cx.body) {
        let Some(engine) = table.storage.as_deref() else { continue };
        let Some((severity, why)) = judged(engine) else { continue };
        let mut finding = cx
            .finding(catalog.subject(table), format!("{} is a table of {engine}", catalog.qualified(table)))
            .severity(severity)
            .evidence("engine", engine, "", "information_schema.TABLES");
        if let Some(rows) = table.rows {
            finding = finding.evidence("rows", rows.round(), "rows", words::ROWS);
        }
        cx.report(match change(&catalog.qualified(table), table, engine) {
            Ok(change) => finding.why(why).change(change),
            Err(reason) => finding.why(format!("{why}. No change is given: {reason}")),
        });
    }
}

fn judged(engine: &str) -> Option<(Severity, &'static str)> {
    match engine.to_ascii_lowercase().as_str() {
        "myisam" => Some((
            Severity::High,
            "it has no transactions and locks the whole table for each write; after a crash it has to be repaired, with rows lost",
        )),
        "aria" => Some((
            Severity::Medium,
            "it has no transactions for the user and locks the whole table for each write, though it comes back after a crash",
        )),
        "csv" => Some((Severity::Medium, "it has neither indexes nor transactions, and a crash can leave half a row")),
        "memory" => Some((
            Severity::Low,
            "its rows are gone with a restart, also on each replica by itself, and each write locks the whole table",
        )),
        _ => None,
    }
}

fn change(name: &str, table: &Table, engine: &str) -> Result<Change, String> {
    let leads = |column: &str| table.indexes.iter().any(|index| index.leading_columns().next() == Some(column));
    let numbered = table.columns.iter().find(|column| column.generated == Some(Generated::Autoincrement));
    if let Some(column) = numbered.filter(|column| !leads(&column.name)) {
        return Err(format!("InnoDB needs an index that begins with the AUTO_INCREMENT column {}", column.name));
    }
    let forward = format!("ALTER TABLE {name} ENGINE=InnoDB, {COPY}");
    let back = format!("ALTER TABLE {name} ENGINE={engine}, {COPY}");
    Ok(alter::ddl(vec![forward], WRITES_WAIT).back([back]))
}
