//! `DROP INDEX`: concurrently, and undone by building it again the same way.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Held, Phase};

use crate::ddl::{Act, Name};

use super::super::catalog::{Index, Table};
use super::super::draft::{Cx, Draft};
use super::super::name::{literal, written};
use super::super::step::{self, Drafted as _};
use super::super::{absent, plain, step::clear_index};
use super::partitioned::concurrently;

/// Plans a `DROP INDEX`.
pub(in super::super) async fn drop(cx: &Cx<'_, '_>, act: &Act) -> Result<Draft, Failure> {
    let Act::Drop { names, cascade, if_exists, .. } = act else { return Ok(plain::draft(cx)) };
    let mut draft = Draft::of("concurrent-index");
    for name in names {
        if *if_exists && absent::lacks(cx.catalog, name).await? {
            draft.notes.push(format!("there is no {}: it is left out", written(name)));
            continue;
        }
        let Some((table, index)) = find(cx, name).await? else { return Ok(plain::draft(cx)) };
        let whole = table.is_partitioned() || index.parent.is_some() || index.constraint.is_some();
        if *cascade || whole || table.persistence == "t" {
            return Ok(plain::draft(cx));
        }
        draft.steps.push(step_of(&table, &index));
    }
    Ok(draft.note("statements that used the index become slow when it is gone"))
}

fn step_of(table: &Table, index: &Index) -> dbwright_migrate::Step {
    let mut back = Back::alone([concurrently(index)]);
    if let Some(comment) = &index.comment {
        back.statements.push(format!("COMMENT ON INDEX {} IS {}", index.sql(), literal(comment)));
    }
    back.clear = vec![clear_index(&index.schema, &index.name)];
    step::alone(
        format!("drop the index {} concurrently", index.sql()),
        Phase::Switch,
        format!("DROP INDEX CONCURRENTLY IF EXISTS {}", index.sql()),
        format!("SELECT to_regclass({}) IS NULL", literal(&index.sql())),
        Vec::new(),
    )
    .back(back)
    .locks(step::SHARE_UPDATE_EXCLUSIVE, table, Held::Moment)
}

/// An index by its name, with its table.
pub(in super::super) async fn find(cx: &Cx<'_, '_>, name: &Name) -> Result<Option<(Table, Index)>, Failure> {
    let query = format!(
        "SELECT indrelid::oid::text || ' ' || indexrelid::oid::text FROM pg_catalog.pg_index WHERE indexrelid = to_regclass({})",
        literal(&written(name))
    );
    let Some(ids) = cx.catalog.text(&query).await? else { return Ok(None) };
    let Some((table, index)) = ids.split_once(' ') else { return Ok(None) };
    let Some(table) = cx.catalog.relation(table).await? else { return Ok(None) };
    let indexes = cx.catalog.indexes(table.oid).await?;
    Ok(indexes.into_iter().find(|one| one.oid.to_string() == index).map(|index| (table, index)))
}
