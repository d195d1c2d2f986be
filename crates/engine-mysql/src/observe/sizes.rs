//! Rows and bytes of tables and indexes from InnoDB's persistent statistics, where they may be read: `information_schema` knows
//! no sizes of single indexes.

use super::catalog::Parts;
use super::session::{Session, Trouble};
use crate::body::area;
use crate::flavour::Server;

const GRANT: &str =
    "GRANT SELECT ON mysql.innodb_table_stats TO the account; GRANT SELECT ON mysql.innodb_index_stats TO the account";

/// Fills sizes in.
pub(super) async fn fill(session: &mut Session, server: &Server, parts: &mut Parts) {
    if let Err(trouble) = persistent(session, server, parts).await {
        session.note(area::STATISTICS, GRANT, &trouble);
    }
    highest(parts);
}

/// What InnoDB keeps in tables of its own: rows, pages of each index, distinct values.
async fn persistent(session: &mut Session, server: &Server, parts: &mut Parts) -> Result<(), Trouble> {
    let filter = parts.filter.on("database_name");
    let sql = format!(
        "SELECT /* dbwright */ database_name, table_name, n_rows, clustered_index_size, last_update \
         FROM mysql.innodb_table_stats WHERE {filter}"
    );
    let rows = session
        .rows(&sql, |row| ((row.text(), row.text()), row.number::<f64>(), row.number::<u64>(), row.opt_text()))
        .await?;
    // A partition has a row of its own: `t#P#p0`, in lower case from MySQL 8 on.
    let mut seen: std::collections::HashSet<(String, String)> = std::collections::HashSet::new();
    for ((schema, file), count, pages, updated) in rows {
        let name = whole(&file).to_owned();
        let Some((table, facts)) = parts.find(&schema, &name) else { continue };
        let first = seen.insert((schema, name));
        let bytes = pages.map(|pages| pages * server.page_size);
        if first {
            (table.rows, table.bytes, facts.analyzed) = (count, bytes, updated);
        } else {
            table.rows = table.rows.zip(count).map(|(a, b)| a + b);
            table.bytes = table.bytes.zip(bytes).map(|(a, b)| a + b);
        }
    }
    let sql = format!(
        "SELECT /* dbwright */ database_name, table_name, index_name, stat_name, stat_value FROM mysql.innodb_index_stats \
         WHERE {filter} AND (stat_name = 'size' OR stat_name LIKE 'n\\_diff%')"
    );
    let rows = session.rows(&sql, |row| (row.text(), row.text(), row.text(), row.text(), row.counter())).await?;
    for (schema, file, index, stat, value) in rows {
        let Some((table, _)) = parts.find(&schema, whole(&file)) else { continue };
        let Some(known) = table.indexes.iter_mut().find(|known| known.name == index) else { continue };
        // The clustered index is the table.
        if stat == "size" && !known.primary {
            known.bytes = Some(known.bytes.unwrap_or(0) + value * server.page_size);
        }
        let id = known.id;
        let part = stat.strip_prefix("n_diff_pfx").and_then(|part| part.parse::<usize>().ok());
        if let (Some(part), Some(facts)) = (part, parts.indexes.get_mut(&id))
            && let Some(slot) = part.checked_sub(1).and_then(|at| facts.cardinality.get_mut(at))
        {
            *slot = Some(slot.unwrap_or(0) + value);
        }
    }
    Ok(())
}

/// The table that a partition's file belongs to.
fn whole(file: &str) -> &str {
    file.split_once("#P#").or_else(|| file.split_once("#p#")).map_or(file, |(table, _)| table)
}

/// The greatest value of the numbered columns is the one before the next.
fn highest(parts: &mut Parts) {
    for table in &mut parts.catalog.tables {
        let next = parts.tables.get(&table.id).and_then(|facts| facts.auto_increment);
        let numbered = table
            .columns
            .iter_mut()
            .find(|column| column.generated == Some(dbwright_sql::model::Generated::Autoincrement));
        if let (Some(next), Some(column)) = (next.filter(|next| *next > 1), numbered) {
            column.highest = Some(dbwright_sql::model::Highest {
                value: i64::try_from(next - 1).unwrap_or(i64::MAX),
                source: "information_schema.TABLES.AUTO_INCREMENT".to_owned(),
            });
        }
    }
}
