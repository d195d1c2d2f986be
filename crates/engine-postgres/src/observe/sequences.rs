//! Sequences, their last values, and the columns they serve.
//!
//! `pg_sequences.last_value` takes a ROW EXCLUSIVE lock on every sequence and keeps all of them until the
//! transaction ends, which can fill the server's lock table. So the sequences are selected from, a
//! thousand a query, and a rollback to the savepoint gives their ACCESS SHARE locks up after each.

use std::collections::HashMap;

use dbwright_core::Failure;
use dbwright_sql::Dialect;
use dbwright_sql::model::{ObjectId, Sequence};
use tokio_postgres::Error as PgError;

use super::cells::Cells;
use super::session::Session;
use crate::body::{Server, area};

/// Sequences read by one query, and so the most locks held at a time; a server has room for 6,400 by default.
const BATCH: usize = 1_000;

/// `locked` are those that would make a query wait; the lock table is read once, since reading it stops it.
const SQL: &str = "\
WITH uses(seq, tab, att, own) AS (
  SELECT d.objid, d.refobjid, d.refobjsubid, 0 FROM pg_depend d
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
    AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
  UNION ALL
  SELECT d.refobjid, f.adrelid, f.adnum, 1 FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
  WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'n'),
locked AS MATERIALIZED (SELECT DISTINCT l.relation FROM pg_locks l
  WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())),
first AS (SELECT DISTINCT ON (u.seq) u.seq, u.tab, u.att, u.own FROM uses u ORDER BY u.seq, u.own, u.tab, u.att)
SELECT /* dbwright */ c.oid::int8, n.nspname, c.relname, t.typname,
       s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle, s.seqcache, f.tab::int8, a.attname, coalesce(f.own = 0, false),
       coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_sequence_privilege(c.oid, 'SELECT'), false),
       k.relation IS NOT NULL
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = s.seqtypid
LEFT JOIN first f ON f.seq = c.oid
LEFT JOIN locked k ON k.relation = c.oid
LEFT JOIN pg_attribute a ON a.attrelid = f.tab AND a.attnum = f.att
WHERE c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY 2, 3";

/// A sequence, and whether its value may and can be read now.
struct Raw {
    sequence: Sequence,
    allowed: bool,
    locked: bool,
}

/// Reads all sequences.
pub(super) async fn read(session: &mut Session, server: &Server) -> Result<Vec<Sequence>, Failure> {
    let rows = session.read(area::SEQUENCES, SQL, &[], decode).await?;
    let refused = rows.iter().filter(|raw| !raw.allowed).count();
    let all = rows.len();
    let mut sequences = Vec::with_capacity(all);
    for batch in rows.chunks(BATCH) {
        let values = values(session, batch).await?;
        sequences.extend(batch.iter().map(|raw| {
            let value = values.get(&raw.sequence.id).copied();
            Sequence { last_value: value.flatten(), readable: value.is_some(), ..raw.sequence.clone() }
        }));
    }
    if refused > 0 {
        let area = if refused == all { area::SEQUENCES } else { area::SEQUENCES_PARTIAL };
        session.gap(
            area,
            format!("role {} may not read {refused} of {all} sequences", server.role),
            Some(super::rights::read_all_data(server)),
        );
    }
    Ok(sequences)
}

fn decode(row: &mut Cells<'_>) -> Result<Raw, PgError> {
    let mut sequence = Sequence {
        id: row.count()?,
        schema: row.text()?,
        name: row.text()?,
        data_type: row.text()?,
        start: row.get()?,
        increment: row.get()?,
        min_value: row.get()?,
        max_value: row.get()?,
        cycle: row.get()?,
        cache: row.get()?,
        last_value: None,
        readable: false,
        column: None,
        owned: false,
    };
    let (table, column) = (row.opt_count()?, row.opt_text()?);
    sequence.column = table.zip(column);
    sequence.owned = row.get()?;
    Ok(Raw { sequence, allowed: row.get()?, locked: row.get()? })
}

/// Last values by id; none where the sequence was never used. What can't be read is missing.
///
/// One that was dropped or locked meanwhile fails the whole query; halving finds it.
async fn values(session: &mut Session, batch: &[Raw]) -> Result<HashMap<ObjectId, Option<i64>>, Failure> {
    let readable: Vec<&Sequence> =
        batch.iter().filter(|raw| raw.allowed && !raw.locked).map(|raw| &raw.sequence).collect();
    let mut work = vec![readable.as_slice()];
    let mut found = HashMap::new();
    let mut failures = 0;
    while let Some(part) = work.pop().filter(|part| !part.is_empty()) {
        match session.attempt(&query(part), &[], |row| Ok((row.count()?, row.get()?))).await? {
            Ok(rows) => {
                session.forget().await?;
                found.extend(rows);
            }
            Err(error) if failures == MOST_FAILURES => {
                session.gap("sequence-values", crate::error::text(&error), super::session::remedy(&error));
                break;
            }
            Err(_) => {
                failures += 1;
                if part.len() > 1 {
                    let (left, right) = part.split_at(part.len() / 2);
                    work.extend([left, right]);
                }
            }
        }
    }
    Ok(found)
}

/// How many failures a batch is halved for: enough for two dropped sequences among a thousand.
const MOST_FAILURES: u32 = 20;

fn query(sequences: &[&Sequence]) -> String {
    let name = |name| Dialect::Postgres.ident(name);
    let arms = sequences.iter().map(|sequence| {
        let (schema, own) = (name(&sequence.schema), name(&sequence.name));
        format!("{}::int8, CASE WHEN is_called THEN last_value END FROM {schema}.{own}", sequence.id)
    });
    format!("SELECT /* dbwright */ {}", arms.collect::<Vec<_>>().join("\nUNION ALL SELECT "))
}
