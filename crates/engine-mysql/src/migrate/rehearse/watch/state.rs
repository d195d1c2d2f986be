//! What a server has written: the tables of InnoDB by their ids, its log, temporary files.

use std::collections::{BTreeMap, BTreeSet};

use mysql_async::Error;

use super::locks::Name;
use crate::migrate::session::link::Link;

/// The state that a later one is compared with.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// The ids of each table's parts: what is written anew gets another.
    pub(super) tables: BTreeMap<Name, BTreeSet<u64>>,
    /// Position in the redo log, in bytes.
    pub(super) log: u64,
    /// Bytes written to temporary files; none when the server does not count them.
    pub(super) temp: Option<u64>,
}

/// The position in the log, as different versions call it, the best first.
const LOG: [&str; 3] = ["Innodb_redo_log_current_lsn", "Innodb_lsn_current", "Innodb_os_log_written"];

const STATUS: &str = "SHOW /* dbwright */ GLOBAL STATUS WHERE Variable_name IN \
    ('Innodb_redo_log_current_lsn', 'Innodb_lsn_current', 'Innodb_os_log_written')";

/// Sorting for an index, and tables in the making.
const TEMP: &str = "SELECT /* dbwright */ SUM(SUM_NUMBER_OF_BYTES_WRITE) \
    FROM performance_schema.file_summary_by_event_name \
    WHERE EVENT_NAME IN ('wait/io/file/innodb/innodb_temp_file', 'wait/io/file/sql/io_cache')";

impl State {
    /// Reads it.
    pub(super) async fn read(link: &mut Link) -> Result<Self, Error> {
        let sql = link.flavour.innodb_ids();
        let mut tables: BTreeMap<Name, BTreeSet<u64>> = BTreeMap::new();
        for row in link.rows(sql).await? {
            let text = |at: usize| row.get(at).and_then(Option::as_deref);
            let named = text(0).and_then(table).zip(text(1).and_then(|id| id.parse().ok()));
            if let Some((name, id)) = named {
                tables.entry(name).or_default().insert(id);
            }
        }
        let status = link.rows(STATUS).await?;
        let value = |name: &&str| {
            let row = status.iter().find(|row| row.first().is_some_and(|own| own.as_deref() == Some(*name)))?;
            row.get(1)?.as_deref()?.parse().ok()
        };
        let log = LOG.iter().find_map(value).unwrap_or_default();
        let temp = link.rows(TEMP).await?;
        let temp = temp.first().and_then(|row| row.first()?.as_deref()?.parse().ok());
        Ok(Self { tables, log, temp })
    }

    /// The tables that stand for new ids in `after`; a table that only took over another's name is none of them.
    pub(super) fn rewritten(&self, after: &Self) -> Vec<Name> {
        let known: BTreeSet<&u64> = self.tables.values().flatten().collect();
        let anew = |(name, ids): &(&Name, &BTreeSet<u64>)| {
            self.tables.contains_key(*name) && ids.iter().any(|id| !known.contains(id))
        };
        after.tables.iter().filter(anew).map(|(name, _)| name.clone()).collect()
    }
}

/// `shop/the@0020table#p#p0` as a schema and a table.
fn table(path: &str) -> Option<Name> {
    let (schema, rest) = path.split_once('/')?;
    let end = rest.find('#').unwrap_or(rest.len());
    // What the server makes for itself begins with it.
    (end > 0).then(|| (decoded(schema), decoded(&rest[..end])))
}

/// A file's name as the name that it stands for: `@` and four hexadecimal digits are a character.
fn decoded(text: &str) -> String {
    let mut units = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        units.extend(rest[..at].encode_utf16());
        let code = rest.get(at + 1..at + 5).and_then(|hex| u16::from_str_radix(hex, 16).ok());
        units.push(code.unwrap_or(u16::from(b'@')));
        rest = &rest[at + if code.is_some() { 5 } else { 1 }..];
    }
    units.extend(rest.encode_utf16());
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(table: &str) -> Name {
        ("d".to_owned(), table.to_owned())
    }

    #[test]
    fn paths_are_read() {
        let pair = |schema: &str, table: &str| Some((schema.to_owned(), table.to_owned()));
        assert_eq!(table("shop/orders"), pair("shop", "orders"));
        assert_eq!(table("a@002db/the@0020table#p#p0"), pair("a-b", "the table"));
        assert_eq!(table("shop/#sql-ib1065-1"), None);
        assert_eq!(table("sys_virtual"), None);
    }

    #[test]
    fn a_new_id_is_a_rewrite_and_a_new_name_is_none() {
        let state = |tables: &[(&str, u64)]| State {
            tables: tables.iter().map(|(table, id)| (name(table), BTreeSet::from([*id]))).collect(),
            ..State::default()
        };
        let before = state(&[("t", 1), ("shadow", 2), ("plain", 3)]);
        let after = state(&[("t", 2), ("kept", 1), ("plain", 9), ("new", 10)]);
        assert_eq!(before.rewritten(&after), [name("plain")]);
    }
}
