//! Reads what InnoDB knows of its tables, its history list and deadlocks.

use std::collections::{BTreeMap, HashMap};

use dbwright_sql::model::{Catalog, ObjectId};

use super::session::Session;
use crate::body::{Innodb, InnodbTable, area};
use crate::flavour::Server;

const PROCESS: &str = "GRANT PROCESS ON *.* TO the account";
const MYSQL: &str = "GRANT SELECT ON mysql.innodb_table_stats TO the account";

/// Persistent statistics: InnoDB writes `last_update` in the time zone of the operating system.
const COUNTED: &str = "SELECT /* dbwright */ database_name, table_name, n_rows, \
     TIMESTAMPDIFF(SECOND, last_update, CONVERT_TZ(NOW(), @@time_zone, 'SYSTEM')) FROM mysql.innodb_table_stats";

/// Reads all of it.
pub(super) async fn read(
    session: &mut Session,
    server: &Server,
    status: &BTreeMap<String, String>,
    catalog: &Catalog,
) -> Innodb {
    let metrics = server.flavour.innodb_metrics();
    let mut figures: HashMap<String, u64> = HashMap::new();
    if let Some(sql) = metrics.sql {
        figures.extend(session.read(area::INNODB, PROCESS, sql, |row| (row.text(), row.counter())).await);
    }
    let monitor = super::monitor::read(session).await;
    let from_status = |name: &str| status.get(name).and_then(|value| value.parse().ok());
    let figure = |name: &str| figures.get(name).copied().or_else(|| from_status(name));
    let (history, deadlocks) = (figure(metrics.history), figure(metrics.deadlocks));
    let tables = tables(session, server, catalog).await;
    let history = history.or(monitor.history);
    let (deadlock, checkpoint_age) = (monitor.deadlock, monitor.checkpoint_age);
    let lock_timeouts = figures.get("lock_timeouts").copied();
    Innodb { history, deadlocks, lock_timeouts, deadlock, checkpoint_age, tables }
}

async fn tables(session: &mut Session, server: &Server, catalog: &Catalog) -> BTreeMap<ObjectId, InnodbTable> {
    let ids: HashMap<(&str, &str), ObjectId> =
        catalog.tables.iter().map(|table| ((table.schema.as_str(), table.name.as_str()), table.id)).collect();
    let id = |schema: &str, table: &str| ids.get(&(schema, unpartitioned(table))).copied();
    let mut tables: BTreeMap<ObjectId, InnodbTable> = BTreeMap::new();
    let open = session
        .read(area::TABLE_STATISTICS, PROCESS, server.flavour.innodb_tables(), |row| {
            (row.text(), row.counter(), row.counter(), row.counter())
        })
        .await;
    for (name, rows, next, modified) in open {
        let Some((schema, table)) = name.split_once('/') else { continue };
        let Some(id) = id(&decoded(schema), &decoded(table)) else { continue };
        let sum = tables.entry(id).or_default();
        sum.rows += rows;
        sum.modified += modified;
        sum.next = sum.next.max(next);
    }
    let counted = session
        .read(area::TABLE_STATISTICS, MYSQL, COUNTED, |row| {
            (row.text(), row.text(), row.counter(), row.number::<i64>().map(|age| age.max(0).unsigned_abs()))
        })
        .await;
    for (schema, table, rows, age) in counted {
        let Some(known) = id(&schema, &table).and_then(|id| tables.get_mut(&id)) else { continue };
        known.counted = Some(known.counted.unwrap_or(0) + rows);
        known.age_s = known.age_s.max(age);
    }
    tables
}

/// A table's name without `#p#partition`, in whichever case the server writes that.
fn unpartitioned(name: &str) -> &str {
    let end = name.find("#p#").or_else(|| name.find("#P#")).unwrap_or(name.len());
    &name[..end]
}

/// A name out of the form that it has as a file: `@0020` is a space.
fn decoded(name: &str) -> String {
    let (mut text, mut rest) = (Vec::new(), name);
    while let Some((before, after)) = rest.split_once('@') {
        text.extend(before.encode_utf16());
        let unit = after.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
        if let Some(unit) = unit {
            text.push(unit);
            rest = &after[4..];
        } else {
            text.push(u16::from(b'@'));
            rest = after;
        }
    }
    text.extend(rest.encode_utf16());
    String::from_utf16_lossy(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_become_names() {
        assert_eq!(decoded("log@0020lines"), "log lines");
        assert_eq!(decoded("plain"), "plain");
        assert_eq!(decoded("a@zz"), "a@zz");
    }

    #[test]
    fn partitions_belong_to_their_table() {
        assert_eq!([unpartitioned("pt#P#p1"), unpartitioned("pt#p#p1#sp#s"), unpartitioned("pt")], ["pt"; 3]);
    }
}
