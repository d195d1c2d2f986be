//! `migrate/add-column-volatile-default`: a default that needs a value for each row.

use dbwright_core::{Change, Cx};

use crate::ddl::ColumnConstraint;
use crate::migrate::lint::steps::{batched, not_null, quoted};
use crate::migrate::lint::{Effort, Scene, Volatility, Work};

/// Reports new columns with a volatile default.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause, column) in scene.added_columns() {
        let default = column.constraints.iter().find_map(|one| match one {
            ColumnConstraint::Default(text) => Some(text),
            _ => None,
        });
        let Some(default) = default else { continue };
        let (volatility, Some(function)) = scene.volatility(default) else { continue };
        let known = match volatility {
            Volatility::Stable => continue,
            Volatility::Volatile => format!("{function}() gives every row a value of its own"),
            Volatility::Unknown => format!("{function}() is volatile unless it is declared STABLE or IMMUTABLE"),
        };
        let effort = Effort { table: &table, work: Work::Rewrite, lock: "ACCESS EXCLUSIVE" };
        let (sql, name) = (table.sql(), quoted(&column.name));
        let mut steps = vec![
            format!("ALTER TABLE {sql} ADD COLUMN {name} {}", column.ty),
            format!("ALTER TABLE {sql} ALTER COLUMN {name} SET DEFAULT {default}"),
            batched(&table, &format!("{name} = DEFAULT"), &format!("{name} IS NULL")),
        ];
        if column.constraints.contains(&ColumnConstraint::NotNull) {
            steps.extend(not_null(scene, &table, &column.name));
        }
        let finding = cx
            .finding(table.subject_in(&column.name), format!("adding {name} with DEFAULT {default} {}", effort.says()))
            .why(format!("{known}; {}", effort.waits()))
            .change(Change::new(steps, "each for a moment; a batch locks its rows alone").outside_transaction())
            .at(scene.place_of(clause));
        cx.report(effort.weigh(finding));
    }
}
