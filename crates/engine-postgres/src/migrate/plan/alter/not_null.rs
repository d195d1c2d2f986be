//! `SET NOT NULL` without reading the table under an exclusive lock.

use dbwright_core::Failure;
use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Held, Phase};

use super::super::catalog::Table;
use super::super::draft::{Cx, Draft};
use super::super::name::{helper, ident};
use super::super::size::scan_ms;
use super::super::step::{self, Drafted as _, transaction};
use super::Alter;
use super::constraint::{add_not_valid, validated};

/// Plans `SET NOT NULL`; none when it takes a moment anyway.
pub(super) async fn set(cx: &Cx<'_, '_>, to: &Alter<'_>, column: &str) -> Result<Option<Draft>, Failure> {
    match to.table.column(column) {
        Some(found) if !found.not_null && !to.only => Ok(Some(not_null(cx, to.table, column).await?)),
        _ => Ok(None),
    }
}

/// The steps that make a column refuse NULL.
pub(in super::super) async fn not_null(cx: &Cx<'_, '_>, table: &Table, column: &str) -> Result<Draft, Failure> {
    if cx.catalog.major() >= 18 && table.kind == "r" && !table.has_children && !table.is_partition {
        let name = cx.free_name(&table.schema, &table.name, column, "not_null").await?;
        let definition = format!("NOT NULL {}", ident(column));
        return Ok(Draft { steps: validated(table, &name, &definition), ..Draft::of("validate-later") });
    }
    let mut steps = by_check(table, column);
    if let Some(switch) = steps.last_mut().filter(|_| table.is_partitioned() && cx.catalog.major() >= 18) {
        switch.back.statements.extend(partitions_back(cx, table, column).await?);
    }
    Ok(Draft { steps, ..Draft::of("check-first") })
}

/// From 18 on, a partition that got a key of its own keeps its NOT NULL when the parent's goes.
async fn partitions_back(cx: &Cx<'_, '_>, table: &Table, column: &str) -> Result<Vec<String>, Failure> {
    let mut statements = Vec::new();
    for member in cx.catalog.partitions(table).await?.iter().filter(|member| member.level > 0) {
        let Some(member) = cx.catalog.relation(&member.oid.to_string()).await? else { continue };
        if member.column(column).is_some_and(|found| !found.not_null) {
            let sql = format!("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL", member.sql(), ident(column));
            statements.push(step::guarded(&step::column_exists(&member, column), &[sql]));
        }
    }
    Ok(statements)
}

/// A valid CHECK lets the server believe that there is no NULL.
pub(in super::super) fn by_check(table: &Table, column: &str) -> Vec<Step> {
    let check = helper(&[&table.schema, &table.name, column], "not_null");
    let mut steps = validated(table, &check, &check_definition(column));
    let (head, quoted) = (format!("ALTER TABLE {}", table.sql()), ident(column));
    // Whoever reads the plan, or an error, knows the column and not the helper.
    steps[0].title = format!("refuse NULL in {quoted} for new rows");
    steps[1].title = format!("look for NULL in {quoted} among the rows that are there");
    let switch = transaction(
        format!("mark {quoted} NOT NULL, which the constraint has proven"),
        Phase::Switch,
        // Two statements: in one, the constraint would be dropped before the server looks for a proof.
        [format!("{head} ALTER COLUMN {quoted} SET NOT NULL"), format!("{head} DROP CONSTRAINT {}", ident(&check))],
    )
    .back(Back::by([step::guarded(
        &step::column_exists(table, column),
        &[format!("{head} ALTER COLUMN {quoted} DROP NOT NULL")],
    )]))
    .locks(step::ACCESS_EXCLUSIVE, table, Held::Moment);
    steps.push(switch);
    steps
}

fn check_definition(column: &str) -> String {
    format!("CHECK ({} IS NOT NULL)", ident(column))
}

/// Going back to NOT NULL, without a long lock: each statement by itself, repeatable.
pub(in super::super) fn not_null_back(table: &Table, column: &str) -> Vec<String> {
    let check = helper(&[&table.schema, &table.name, column], "not_null");
    let (head, quoted) = (format!("ALTER TABLE {}", table.sql()), ident(column));
    let there = step::constraint_exists(table, &check);
    let open = format!(
        "EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = {}::oid AND attname = {} AND NOT attnotnull)",
        table.oid,
        super::super::name::literal(column)
    );
    vec![
        step::guarded(&format!("NOT {there} AND {open}"), &[add_not_valid(table, &check, &check_definition(column))]),
        step::guarded(&there, &[format!("{head} VALIDATE CONSTRAINT {}", ident(&check))]),
        step::guarded(
            &there,
            &[
                format!("{head} ALTER COLUMN {quoted} SET NOT NULL"),
                format!("{head} DROP CONSTRAINT {}", ident(&check)),
            ],
        ),
    ]
}

/// How long reading the table takes.
pub(super) fn reading(table: &Table) -> f64 {
    scan_ms(table.bytes)
}
