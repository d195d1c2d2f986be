//! What a server has written: the files of relations, its log, temporary files.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use tokio_postgres::{Client, Error};

/// A relation at one time.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// `schema.name`, unquoted.
    pub(super) name: String,
    /// `pg_class.relkind`.
    pub(super) kind: char,
    /// Its file; 0 without one.
    pub(super) file: u32,
}

/// The state that a later one is compared with.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// User relations by oid, TOAST tables left out.
    pub(super) relations: HashMap<u32, Relation>,
    /// Bytes of write-ahead log since the server was made.
    pub(super) wal: i64,
    /// Bytes of temporary files since the statistics were reset.
    pub(super) temp: i64,
}

const RELATIONS: &str = "\
SELECT c.oid, n.nspname || '.' || c.relname, c.relkind::text, c.relfilenode
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";

const COUNTERS: &str = "\
SELECT pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
         ELSE pg_catalog.pg_current_wal_insert_lsn() END, '0/0')::bigint,
       (SELECT coalesce(s.temp_bytes, 0) FROM pg_catalog.pg_stat_database s WHERE s.datname = pg_catalog.current_database())";

impl State {
    /// Reads it.
    pub(super) async fn read(client: &Client) -> Result<Self, Error> {
        let relations = client.query(RELATIONS, &[]).await?;
        let counters = client.query_one(COUNTERS, &[]).await?;
        let relation = |row: &tokio_postgres::Row| {
            let kind = row.get::<_, &str>(2).chars().next().unwrap_or(' ');
            (row.get(0), Relation { name: row.get(1), kind, file: row.get(3) })
        };
        Ok(Self {
            relations: relations.iter().map(relation).collect(),
            wal: counters.get(0),
            temp: counters.get::<_, Option<i64>>(1).unwrap_or_default(),
        })
    }

    /// The relations whose file is another one in `after`; an index that was made anew under its name counts.
    pub(super) fn rewritten(&self, after: &Self) -> Vec<(String, char)> {
        let mut by_name: HashMap<&str, &Relation> = HashMap::new();
        for relation in self.relations.values().filter(|relation| is_index(relation.kind)) {
            by_name.insert(&relation.name, relation);
        }
        let mut found: Vec<(String, char)> = Vec::new();
        for (oid, now) in &after.relations {
            let before = self.relations.get(oid).or_else(|| by_name.get(now.name.as_str()).copied());
            if before.is_some_and(|before| before.file != now.file && before.kind == now.kind) {
                found.push((now.name.clone(), now.kind));
            }
        }
        found.sort();
        found
    }
}

const fn is_index(kind: char) -> bool {
    matches!(kind, 'i' | 'I')
}

/// The bytes of temporary files that the log tells of behind `from`, and its length; none when it can't be read.
pub(super) fn logged(log: &Path, from: u64) -> Option<(u64, u64)> {
    let mut file = File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut bytes = Vec::new();
    file.take(length.saturating_sub(from)).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let size = |line: &str| -> Option<u64> {
        let (_, rest) = line.split_once("temporary file: path ")?;
        rest.rsplit_once("size ")?.1.trim().parse().ok()
    };
    Some((text.lines().filter_map(size).sum(), length))
}
