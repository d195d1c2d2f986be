//! Values as bytes, the way the server keeps them in a page.
//!
//! Some of what a twin needs can't be typed in: entries of an index, combinations of frequent values. The twin's own
//! server knows how a value looks in a page, so it writes the values into a table of their own, and they are read back
//! from its file.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use dbwright_core::Failure;
use dbwright_sql::Dialect;
use tokio_postgres::Client;

use super::load::lost;

/// A value by its type and its text.
pub(super) type Value = (u32, String);

/// The bytes of values: what follows the row's header, length word included.
#[derive(Default)]
pub(super) struct Datums {
    bytes: HashMap<Value, Vec<u8>>,
    /// Length of a type's values, negative when it varies, and whether they are passed by value.
    types: HashMap<u32, (i16, bool)>,
}

const PAGE: usize = 8192;
/// Longer values may be compressed or kept elsewhere.
const LONGEST: usize = 1_000;

impl Datums {
    /// Looks values up. What the server refuses or keeps elsewhere is missing.
    pub(super) async fn of(client: &Client, data: &Path, values: &[Value]) -> Result<Self, Failure> {
        let mut by_type: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
        for (kind, text) in values.iter().filter(|(_, text)| text.len() <= LONGEST) {
            by_type.entry(*kind).or_default().push(text);
        }
        let mut datums = Self { types: types(client, by_type.keys().copied().collect()).await?, ..Self::default() };
        if by_type.is_empty() {
            return Ok(datums);
        }
        client.batch_execute(&format!("CREATE SCHEMA {SCHEMA}")).await.map_err(|e| lost(&e))?;
        let mut files = Vec::new();
        for (kind, texts) in &mut by_type {
            texts.sort_unstable();
            texts.dedup();
            if let Some(path) = write(client, *kind, texts).await? {
                files.push((*kind, path));
            }
        }
        client.batch_execute("CHECKPOINT").await.map_err(|e| lost(&e))?;
        for (kind, path) in files {
            let path = data.join(path);
            let pages = fs::read(&path).map_err(|e| super::files::refused(&path, &e))?;
            let texts = by_type[&kind].iter().map(|text| (*text).to_owned());
            datums.bytes.extend(texts.zip(tuples(&pages)).map(|(text, bytes)| ((kind, text), bytes)));
        }
        client.batch_execute(&format!("DROP SCHEMA {SCHEMA} CASCADE")).await.map_err(|e| lost(&e))?;
        Ok(datums)
    }

    /// A value as it stands in a page.
    pub(super) fn get(&self, kind: u32, text: &str) -> Option<&[u8]> {
        self.bytes.get(&(kind, text.to_owned())).map(Vec::as_slice)
    }

    /// A value without its length word.
    pub(super) fn body(&self, kind: u32, text: &str) -> Option<&[u8]> {
        let bytes = self.get(kind, text)?;
        match self.types.get(&kind)?.0 {
            // A short length word is odd; of a long one the two lowest bits mark compression.
            -1 if bytes.first()? & 1 == 1 => bytes.get(1..),
            -1 if bytes.first()?.trailing_zeros() >= 2 => bytes.get(4..),
            -1 => None,
            _ => Some(bytes),
        }
    }

    /// Length of a type's values, and whether they are passed by value.
    pub(super) fn kind(&self, kind: u32) -> Option<(i16, bool)> {
        self.types.get(&kind).copied()
    }
}

async fn types(client: &Client, kinds: Vec<u32>) -> Result<HashMap<u32, (i16, bool)>, Failure> {
    let sql = "SELECT t.oid, t.typlen, t.typbyval FROM pg_type t WHERE t.oid = ANY ($1::oid[])";
    let rows = client.query(sql, &[&kinds]).await.map_err(|e| lost(&e))?;
    Ok(rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect())
}

/// A schema of the values' own, gone when they have been read.
const SCHEMA: &str = "\"dbwright values\"";

fn table(kind: u32) -> String {
    format!("{SCHEMA}.v{kind}")
}

/// Writes the values of one type, in order, and says which file they are in.
async fn write(client: &Client, kind: u32, texts: &[&str]) -> Result<Option<String>, Failure> {
    let table = table(kind);
    let rows = texts.iter().map(|text| format!("({})", Dialect::Postgres.literal(text))).collect::<Vec<_>>().join(", ");
    // The catalog's own name: `character` would mean a single one.
    let name = "SELECT format('%I.%I', n.nspname, t.typname) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = $1";
    let Some(row) = client.query_opt(name, &[&kind]).await.map_err(|e| lost(&e))? else { return Ok(None) };
    let name: String = row.get(0);
    match client.batch_execute(&format!("CREATE TABLE {table} (v {name}); INSERT INTO {table} VALUES {rows}")).await {
        Ok(()) => {}
        Err(error) if error.is_closed() => return Err(lost(&error)),
        Err(_) => return Ok(None),
    }
    let path = client.query_one("SELECT pg_relation_filepath($1::text::regclass)", &[&table]).await;
    Ok(path.map_err(|e| lost(&e))?.get(0))
}

/// The only column of every row of a table, page by page, in the order in which they were written.
fn tuples(file: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for page in file.chunks_exact(PAGE) {
        let half = |at: usize| usize::from(u16::from_le_bytes([page[at], page[at + 1]]));
        let lower = half(12).min(PAGE);
        for at in (24..lower).step_by(4) {
            let pointer = u32::from_le_bytes([page[at], page[at + 1], page[at + 2], page[at + 3]]);
            let (start, length) = ((pointer & 0x7FFF) as usize, (pointer >> 17) as usize);
            let Some(tuple) = page.get(start..start + length) else { continue };
            let header = tuple.get(22).copied().map_or(0, usize::from);
            found.push(tuple.get(header..).unwrap_or_default().to_vec());
        }
    }
    found
}
