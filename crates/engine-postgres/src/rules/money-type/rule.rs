//! `pg/money-type`: amounts whose meaning hangs on a setting of the server.

use dbwright_core::{Change, Cx, Finding};
use dbwright_sql::model::{Column, Table};

use crate::body::PgBody;
use crate::retype;

/// Reports the columns, those of partitions with their parent.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    retype::report_each(cx, |column| column.base_type == "money", finding);
}

fn finding(cx: &Cx<'_, PgBody>, table: &Table, column: &Column) -> Finding {
    let catalog = &cx.body.catalog;
    let (of, name) = (catalog.qualified(table), catalog.dialect.name(&column.name));
    let finding = cx
        .finding(catalog.subject_in(table, &column.name), format!("{of}.{name} has the type money"))
        .evidence("type", column.data_type.as_str(), "", "pg_attribute");
    let finding = match cx.body.setting("lc_monetary") {
        Some(setting) => finding.evidence("lc_monetary", setting.value.as_str(), "", "pg_settings"),
        None => finding,
    };
    let harm =
        "it knows no currency, and how many decimals the same bytes have is a setting of the server (lc_monetary)";
    let in_index = "and it may do what numeric can't";
    if let Some(hindrance) = retype::hindrance(cx.body, table, column, column.data_type == "money", in_index) {
        return finding.why(format!("{harm}; no change is given, because {hindrance}"));
    }
    let to = |new: &str| [format!("ALTER TABLE {of} ALTER COLUMN {name} TYPE {new} USING {name}::{new}")];
    let change =
        Change::new(to("numeric"), "ACCESS EXCLUSIVE on the table while it is written anew: reads and writes wait");
    finding.why(harm).change(change.back(to("money")))
}
