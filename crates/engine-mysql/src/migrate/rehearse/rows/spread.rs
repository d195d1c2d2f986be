//! Which part of a large table is copied: stretches of its key that are spread over all of it, at the same places in each
//! table, so that rows which were written together stay together. The key finds them: nothing else is read.

use dbwright_core::Failure;
use dbwright_migrate::rehearse::whole;
use dbwright_sql::Dialect;
use dbwright_sql::model::Table;
use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;

use super::copy::unread;

const SQL: Dialect = Dialect::Mysql;
/// Stretches of a table.
const STRETCHES: u32 = 40;

/// The end of a query for about this share of a table's rows.
pub(super) async fn part(source: &mut Conn, table: &Table, share: f64) -> Result<String, Failure> {
    let key: Vec<&String> = table.primary_key().map(|key| key.columns.iter().collect()).unwrap_or_default();
    let rows = whole((table.rows.unwrap_or(0.0) * share).ceil()).max(1);
    let order = if key.is_empty() { String::new() } else { format!(" ORDER BY {}", SQL.names(&key)) };
    let number = key.first().filter(|name| table.column(name).is_some_and(|one| one.base_type.ends_with("int")));
    let Some(number) = number.map(|name| SQL.ident(name)) else { return Ok(format!("{order} LIMIT {rows}")) };
    // Both ends stand in the key itself.
    let sql = format!(
        "SELECT /* dbwright */ MIN({number}) * 1e0, MAX({number}) * 1e0 FROM {}",
        SQL.qualified(&table.schema, &table.name)
    );
    let ends: Option<(Option<f64>, Option<f64>)> = source.query_first(sql).await.map_err(|e| unread(&e))?;
    Ok(match ends {
        Some((Some(low), Some(high))) => {
            // Keys may be crowded in some places; what is copied stays near what was meant.
            format!(" WHERE {}{order} LIMIT {}", stretches(&number, (low, high), share), rows.saturating_mul(2))
        }
        _ => format!("{order} LIMIT {rows}"),
    })
}

/// The same share of each stretch, from its begin on.
fn stretches(column: &str, (low, high): (f64, f64), share: f64) -> String {
    let width = (high - low + 1.0) / f64::from(STRETCHES);
    let one = |at: u32| {
        let begin = width.mul_add(f64::from(at), low);
        format!("({column} >= {:.0} AND {column} < {:.0})", begin.floor(), width.mul_add(share, begin).ceil())
    };
    format!("({})", (0..STRETCHES).map(one).collect::<Vec<_>>().join(" OR "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_begin_at_both_halves_and_hold_their_share() {
        let text = stretches("`id`", (1.0, 4000.0), 0.1);
        assert!(text.starts_with("((`id` >= 1 AND `id` < 11) OR (`id` >= 101 AND `id` < 111)"), "{text}");
        assert!(text.ends_with("(`id` >= 3901 AND `id` < 3911))"), "{text}");
    }
}
