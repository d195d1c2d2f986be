//! `migrate/sequence-not-reset`: the next insert takes a number that is there already.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;

use crate::ddl::Act;
use crate::migrate::lint::{Column, Scene, Table};

/// Reports rows that are inserted with keys of their own where a sequence gives them.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let Act::Insert { table, sql, .. } = act else { continue };
        let table = scene.world.table(table);
        let Some(column) = numbered(&table, sql) else { continue };
        let reset = |sql: &str| {
            let lower = sql.to_ascii_lowercase();
            lower.contains("setval") || lower.contains("restart")
        };
        if scene.after().iter().any(|line| reset(&line.sql)) {
            continue;
        }
        let dialect = Dialect::Postgres;
        let change = Change::new(
            [format!(
                "SELECT setval(pg_get_serial_sequence({}, {}), (SELECT max({}) FROM {}))",
                dialect.literal(&table.sql()),
                dialect.literal(&column.name),
                dialect.name(&column.name),
                table.sql()
            )],
            "no lock that others wait for",
        );
        let finding = cx
            .finding(table.subject_in(&column.name), format!("rows get their own {}, and the sequence that gives it is not told", column.name))
            .why("the next row that leaves the key to the sequence gets a number that is there already, and fails as a duplicate")
            .evidence("column", column.ty.as_str(), "", "the table")
            .change(change.irreversible("a sequence is only set forward"));
        cx.report(finding);
    }
}

/// The column of the insert's list whose values a sequence gives.
fn numbered<'a>(table: &'a Table, sql: &str) -> Option<&'a Column> {
    let (_, rest) = sql.split_once('(')?;
    let (list, _) = rest.split_once(')')?;
    let names: Vec<String> = list.split(',').map(|name| name.trim().trim_matches('"').to_lowercase()).collect();
    let key = |column: &&Column| {
        table.constraints.iter().any(|one| one.kind == 'p' && one.columns == [column.name.clone()])
            && column.filled
            && whole(&column.ty)
    };
    table.columns.iter().filter(key).find(|column| names.contains(&column.name))
}

fn whole(ty: &str) -> bool {
    matches!(
        ty.to_ascii_lowercase().as_str(),
        "int" | "int4" | "int8" | "integer" | "bigint" | "smallint" | "serial" | "bigserial" | "smallserial"
    )
}
