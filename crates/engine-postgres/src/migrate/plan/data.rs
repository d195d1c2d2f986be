//! UPDATE and DELETE of many rows: in batches, where one row does not depend on others.

use dbwright_core::Failure;
use dbwright_migrate::plan::Held;
use dbwright_migrate::{Step, Work};

use crate::ddl::Act;

use super::catalog::Table;
use super::draft::{Cx, Draft};
use super::plain::unknown;
use super::size::update_ms;
use super::step::{self, Drafted as _};
use super::{fill, plain, tokens};

/// Bytes above which rows are not locked all at once.
const BIG: i64 = 1 << 20;

/// Plans an UPDATE or DELETE.
pub(super) async fn change(cx: &Cx<'_, '_>, act: &Act) -> Result<Draft, Failure> {
    let gone = plain::draft(cx).lost("the old values are gone");
    let (table, sql, limited) = match act {
        Act::Update { table, sql, limited, .. } | Act::Delete { table, sql, limited, .. } => (table, sql, *limited),
        _ => return Ok(gone),
    };
    let Some(table) = cx.catalog.table(table).await? else { return Ok(gone) };
    if !table.is_table() || table.bytes < BIG || limited {
        return Ok(gone);
    }
    let Some(batch) = batch(act, &table, sql) else {
        return Ok(gone.locked(step::ROW_EXCLUSIVE, &table.subject(), Held::Rewrite).note(
            "in one statement, because its rows may depend on others: every changed row stays locked until it ends",
        ));
    };
    let fill = fill::batches(cx, &table, batch.sql).await?;
    let moves = fill.key.iter().any(|key| batch.sets.iter().any(|set| super::name::ident(set) == key.name));
    if matches!(act, Act::Update { .. }) && (moves || fill.key.is_empty()) {
        return Ok(gone
            .note("in one statement, because a row could be met twice in batches: the key changes, or there is none"));
    }
    let word = if matches!(act, Act::Update { .. }) { "update" } else { "delete" };
    let step = Step {
        back: unknown(),
        ..step::step(format!("{word} rows in batches"), dbwright_migrate::Phase::Backfill, Work::Backfill(fill))
    }
    .locks(step::ROW_EXCLUSIVE, &table, Held::Moment)
    .takes(update_ms(table.total_bytes));
    Ok(Draft::one("batched", step)
        .lost("the old values are gone")
        .note("in batches: others see some rows changed and some not yet, and rows that are written meanwhile may be met or not"))
}

struct Batch {
    sql: String,
    sets: Vec<String>,
}

/// The statement for one range, when it concerns one table and no row asks for another.
fn batch(act: &Act, table: &Table, sql: &str) -> Option<Batch> {
    let words = ["SELECT", "RETURNING", "WITH", "FROM", "USING", "CURRENT"];
    let update = matches!(act, Act::Update { .. });
    let (head, rest) = match act {
        Act::Update { .. } => sql.split_at(tokens::find_word(sql, &["SET"])?),
        _ => sql.split_at(tokens::find_word(sql, &["WHERE"]).unwrap_or(sql.len())),
    };
    let first =
        if update { head.trim() } else { head.trim().strip_prefix_word("DELETE")?.strip_prefix_word("FROM")? };
    let first = if update { first.strip_prefix_word("UPDATE")? } else { first };
    let only = first.strip_prefix_word("ONLY");
    let name = only.unwrap_or(first);
    let used =
        |text: &str| tokens::significant(text).iter().any(|t| words.iter().any(|word| tokens::is_word(text, t, word)));
    if used(rest) || used(name) {
        return None;
    }
    let alias = tokens::significant(name).last().and_then(|token| tokens::name_of(name, token))?;
    let rest = tokens::requalify(rest, &alias, "s");
    let (change, filter) = match tokens::find_word(&rest, &["WHERE"]) {
        Some(at) => (rest[..at].trim(), Some(rest[at + "WHERE".len()..].trim())),
        None => (rest.trim(), None),
    };
    let sets = if update { sets(change)? } else { Vec::new() };
    let filter = filter.map(|filter| format!(" AND ({filter})")).unwrap_or_default();
    let only = if only.is_some() { "ONLY " } else { "" };
    let sql = if update {
        format!("UPDATE {only}{} AS s {change} WHERE {{range}}{filter}", table.sql())
    } else {
        format!("DELETE FROM {only}{} AS s WHERE {{range}}{filter}", table.sql())
    };
    Some(Batch { sql, sets })
}

/// The columns that are set; none when several are set at once.
fn sets(change: &str) -> Option<Vec<String>> {
    let list = change.strip_prefix_word("SET")?;
    tokens::split(list)
        .iter()
        .map(|one| tokens::significant(one).first().and_then(|token| tokens::name_of(one, token)))
        .collect()
}

trait Words {
    /// What follows a keyword at the start.
    fn strip_prefix_word(&self, word: &str) -> Option<&str>;
}

impl Words for str {
    fn strip_prefix_word(&self, word: &str) -> Option<&str> {
        let all = tokens::significant(self);
        let first = all.first().filter(|token| tokens::is_word(self, token, word))?;
        Some(self[first.end..].trim_start())
    }
}
