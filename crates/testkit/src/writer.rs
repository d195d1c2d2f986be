//! A writer that never stops while a schema is changed under it, and remembers what the server acknowledged.
//!
//! It works on a table with a whole-number key and one whole-number value, one row a statement. A row whose
//! acknowledgement was lost with the connection is looked up as soon as the server answers again: from then on it is
//! known as well.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, NoTls};

/// A table as a writer sees it.
#[derive(Debug, Clone)]
pub struct Columns {
    /// The table, quoted and qualified.
    pub table: String,
    /// Its key, quoted.
    pub key: String,
    /// The value, quoted.
    pub value: String,
}

/// What the writer knows in the end.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Every row that must be there, with its value.
    pub rows: BTreeMap<i64, i64>,
    /// Statements that the server acknowledged.
    pub acknowledged: u64,
    /// Statements that the server refused, with its words: an application would have seen these.
    pub refused: Vec<String>,
    /// The longest time from a statement to its acknowledgement, connections that were lost left out.
    pub longest: Duration,
}

/// A writer at work on a thread of its own.
#[derive(Debug)]
pub struct Writer {
    stop: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    thread: JoinHandle<Result<Ledger, String>>,
}

impl Writer {
    /// Reads what is there and begins to write.
    #[must_use]
    pub fn start(url: &str, columns: &Columns, seed: u64) -> Self {
        let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let work = Work {
            url: url.to_owned(),
            columns: columns.clone(),
            stop: Arc::clone(&stop),
            written: Arc::clone(&written),
            dice: Dice(seed | 1),
            ledger: Ledger::default(),
        };
        let thread = std::thread::spawn(move || work.run());
        // From the first statement on; one that can't write ends, and says why at its end.
        while written.load(Ordering::Relaxed) == 0 && !thread.is_finished() {
            std::thread::sleep(Duration::from_millis(2));
        }
        Self { stop, written, thread }
    }

    /// How many statements were acknowledged so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Stops, and gives what it knows.
    ///
    /// # Errors
    /// When the server could not be reached for minutes, with its words.
    pub fn finish(self) -> Result<Ledger, String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the writer panicked".to_owned())?
    }
}

impl Ledger {
    /// What differs between the ledger and the table now: rows lost, doubled or stale. None when all is well.
    ///
    /// # Errors
    /// When the table can't be read.
    pub fn differences(&self, url: &str, columns: &Columns) -> Result<Option<String>, String> {
        let Columns { table, key, value } = columns;
        let rows = crate::sql::query(url, &format!("SELECT {key}, {value} FROM {table} ORDER BY {key}"))?;
        Ok(self.compare(&rows))
    }

    /// The same for rows of key and value that were read already.
    #[must_use]
    pub fn compare(&self, rows: &[Vec<String>]) -> Option<String> {
        let mut found = BTreeMap::new();
        let mut wrong = Vec::new();
        for row in rows {
            let (key, value) = (row[0].parse::<i64>(), row[1].parse::<i64>());
            let (Ok(key), Ok(value)) = (key, value) else {
                wrong.push(format!("{row:?} is no row of ours"));
                continue;
            };
            if found.insert(key, value).is_some() {
                wrong.push(format!("row {key} is there twice"));
            }
        }
        for (key, value) in &self.rows {
            match found.get(key) {
                None => wrong.push(format!("row {key} is lost")),
                Some(other) if other != value => wrong.push(format!("row {key} has {other}, not {value}")),
                Some(_) => {}
            }
        }
        wrong.extend(found.keys().filter(|key| !self.rows.contains_key(key)).map(|key| format!("row {key} is back")));
        (!wrong.is_empty()).then(|| format!("{} differences: {}", wrong.len(), wrong[..wrong.len().min(5)].join("; ")))
    }
}

/// Numbers that a seed determines (xorshift).
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % end.max(1)
    }
}

struct Work {
    url: String,
    columns: Columns,
    stop: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    dice: Dice,
    ledger: Ledger,
}

/// How long a server may be away.
const AWAY: Duration = Duration::from_mins(3);

/// One change of one row: its value afterwards, none when it is gone.
struct Change {
    key: i64,
    after: Option<i64>,
}

impl Work {
    fn run(mut self) -> Result<Ledger, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        runtime.block_on(async {
            let mut client = self.connect().await?;
            // The accident may come before the first look.
            while let Err(error) = self.read(&client).await {
                if !uncertain(&error) {
                    return Err(error.to_string());
                }
                client = self.connect().await?;
            }
            while !self.stop.load(Ordering::Relaxed) {
                let change = self.next();
                if let Some(change) = self.write(&client, change).await {
                    client = self.find_out(&change).await?;
                }
            }
            Ok(self.ledger)
        })
    }

    async fn connect(&self) -> Result<Client, String> {
        let began = std::time::Instant::now();
        loop {
            match tokio_postgres::connect(&self.url, NoTls).await {
                Ok((client, connection)) => {
                    tokio::spawn(connection);
                    return Ok(client);
                }
                Err(error) if began.elapsed() > AWAY => return Err(format!("the writer can't connect: {error}")),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn read(&mut self, client: &Client) -> Result<(), Error> {
        let Columns { table, key, value } = &self.columns;
        let sql = format!("SELECT {key}::int8, {value}::int8 FROM {table}");
        let rows = client.query_typed(&sql, &[]).await?;
        self.ledger.rows = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        Ok(())
    }

    fn next(&mut self) -> Change {
        let keys = self.ledger.rows.len() as u64;
        let some = |ledger: &Ledger, at: u64| ledger.rows.keys().nth(usize::try_from(at).unwrap_or(0)).copied();
        let value = i64::try_from(self.dice.below(1_000_000)).unwrap_or(0);
        let at = self.dice.below(keys);
        match (self.dice.below(10), some(&self.ledger, at)) {
            (0..=4, Some(key)) => Change { key, after: Some(value) },
            (5 | 6, Some(key)) => Change { key, after: None },
            _ => Change { key: self.ledger.rows.keys().next_back().map_or(1, |last| last + 1), after: Some(value) },
        }
    }

    /// Writes a change; gives it back when nobody knows what became of it.
    async fn write(&mut self, client: &Client, change: Change) -> Option<Change> {
        let Columns { table, key, value } = &self.columns;
        let there = self.ledger.rows.contains_key(&change.key);
        let sql = match (there, change.after) {
            (true, Some(after)) => format!("UPDATE {table} SET {value} = {after} WHERE {key} = $1"),
            (true, None) => format!("DELETE FROM {table} WHERE {key} = $1"),
            (false, after) => {
                format!("INSERT INTO {table} ({key}, {value}) VALUES ($1, {})", after.unwrap_or_default())
            }
        };
        let began = std::time::Instant::now();
        // As most drivers do: the key's type is the server's business.
        let done = client.execute_typed(&sql.replace("$1", "$1::int8"), &[(&change.key, Type::INT8)]).await;
        match done {
            Ok(rows) => {
                self.ledger.longest = self.ledger.longest.max(began.elapsed());
                if rows != 1 {
                    self.ledger.refused.push(format!("{rows} rows changed by {sql} with {}", change.key));
                }
                self.know(&change);
                None
            }
            Err(error) if uncertain(&error) => Some(change),
            Err(error) => {
                let text = error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned());
                self.ledger.refused.push(format!("{text} in {sql}"));
                None
            }
        }
    }

    fn know(&mut self, change: &Change) {
        match change.after {
            Some(value) => self.ledger.rows.insert(change.key, value),
            None => self.ledger.rows.remove(&change.key),
        };
        self.ledger.acknowledged += 1;
        self.written.fetch_add(1, Ordering::Relaxed);
    }

    /// Connects again, and looks which of the two the row is.
    async fn find_out(&mut self, change: &Change) -> Result<Client, String> {
        let Columns { table, key, value } = &self.columns;
        let sql = format!("SELECT {value}::int8 FROM {table} WHERE {key} = $1::int8");
        for _ in 0..100 {
            let client = self.connect().await?;
            match client.query_typed_opt(&sql, &[(&change.key, Type::INT8)]).await {
                Ok(row) => {
                    let now: Option<i64> = row.map(|row| row.get(0));
                    let before = self.ledger.rows.get(&change.key).copied();
                    if now == change.after {
                        self.know(change);
                    } else if now != before {
                        self.ledger.refused.push(format!("row {} became {now:?}", change.key));
                    }
                    return Ok(client);
                }
                Err(error) if uncertain(&error) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(error) => return Err(error.to_string()),
            }
        }
        Err("the writer's connection is cut again and again".to_owned())
    }
}

/// Whether a statement may or may not have been carried out: the connection is gone.
fn uncertain(error: &Error) -> bool {
    error.code().is_none_or(|code| code.code().starts_with("57P") || code.code().starts_with("08"))
}
