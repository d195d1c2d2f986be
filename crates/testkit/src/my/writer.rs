//! A writer on MySQL or MariaDB that never stops while a schema is changed under it, and remembers what the server
//! acknowledged: inserts, updates, deletes, and rows that get another key. A row whose acknowledgement was lost with the
//! connection is looked up as soon as the server answers again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::sql::Session;
use crate::writer::{Columns, Dice, Ledger};

/// A writer at work on a thread of its own.
#[derive(Debug)]
pub struct MyWriter {
    stop: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    thread: JoinHandle<Result<Ledger, String>>,
}

/// How long a server may be away.
const AWAY: Duration = Duration::from_mins(3);

/// One change of one row: its key before and after, and its value afterwards; none when it is gone.
#[derive(Debug, Clone, Copy)]
enum Change {
    Insert { key: i64, value: i64 },
    Update { key: i64, value: i64 },
    Delete { key: i64 },
    Move { from: i64, to: i64 },
}

impl MyWriter {
    /// Reads what is there and begins to write.
    #[must_use]
    pub fn start(url: &str, columns: &Columns, seed: u64) -> Self {
        let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut work = Work {
            url: url.to_owned(),
            columns: columns.clone(),
            written: Arc::clone(&written),
            dice: Dice(seed | 1),
            ledger: Ledger::default(),
        };
        let ends = Arc::clone(&stop);
        let thread = std::thread::spawn(move || work.run(&ends).map(|()| work.ledger));
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

struct Work {
    url: String,
    columns: Columns,
    written: Arc<AtomicU64>,
    dice: Dice,
    ledger: Ledger,
}

impl Work {
    fn run(&mut self, stop: &AtomicBool) -> Result<(), String> {
        let mut session = self.connect()?;
        let Columns { table, key, value } = &self.columns;
        let rows = session.query(&format!("SELECT {key}, {value} FROM {table}"))?;
        let number = |text: &String| text.parse::<i64>().map_err(|e| format!("{text}: {e}"));
        for row in &rows {
            self.ledger.rows.insert(number(&row[0])?, number(&row[1])?);
        }
        while !stop.load(Ordering::Relaxed) {
            let change = self.next();
            if !self.write(&session, change) {
                session = self.find_out(change)?;
            }
        }
        Ok(())
    }

    fn connect(&self) -> Result<Session, String> {
        let began = Instant::now();
        loop {
            match Session::open(&self.url) {
                Ok(session) => return Ok(session),
                Err(reason) if began.elapsed() > AWAY => return Err(format!("the writer can't connect: {reason}")),
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    fn next(&mut self) -> Change {
        let keys = self.ledger.rows.len() as u64;
        let value = i64::try_from(self.dice.below(1_000_000)).unwrap_or(0);
        let at = usize::try_from(self.dice.below(keys)).unwrap_or(0);
        let free = self.ledger.rows.keys().next_back().map_or(1, |last| last + 1);
        match (self.dice.below(10), self.ledger.rows.keys().nth(at).copied()) {
            (0..=4, Some(key)) => Change::Update { key, value },
            (5 | 6, Some(key)) => Change::Delete { key },
            (7, Some(from)) => Change::Move { from, to: free },
            _ => Change::Insert { key: free, value },
        }
    }

    fn sql(&self, change: Change) -> String {
        let Columns { table, key, value } = &self.columns;
        match change {
            Change::Insert { key: at, value: v } => format!("INSERT INTO {table} ({key}, {value}) VALUES ({at}, {v})"),
            Change::Update { key: at, value: v } => format!("UPDATE {table} SET {value} = {v} WHERE {key} = {at}"),
            Change::Delete { key: at } => format!("DELETE FROM {table} WHERE {key} = {at}"),
            Change::Move { from, to } => format!("UPDATE {table} SET {key} = {to} WHERE {key} = {from}"),
        }
    }

    /// Writes a change; false when nobody knows what became of it.
    fn write(&mut self, session: &Session, change: Change) -> bool {
        let sql = self.sql(change);
        let began = Instant::now();
        match session.query(&format!("{sql}; SELECT ROW_COUNT()")) {
            Ok(_) => {
                self.ledger.longest = self.ledger.longest.max(began.elapsed());
                self.know(change);
            }
            Err(reason) if reason.starts_with("Server error") || reason.contains("ERROR ") => {
                if uncertain(&reason) {
                    return false;
                }
                self.ledger.refused.push(format!("{reason} in {sql}"));
            }
            Err(_) => return false,
        }
        true
    }

    fn know(&mut self, change: Change) {
        let rows = &mut self.ledger.rows;
        match change {
            Change::Insert { key, value } | Change::Update { key, value } => drop(rows.insert(key, value)),
            Change::Delete { key } => drop(rows.remove(&key)),
            Change::Move { from, to } => {
                if let Some(value) = rows.remove(&from) {
                    rows.insert(to, value);
                }
            }
        }
        self.ledger.acknowledged += 1;
        self.written.fetch_add(1, Ordering::Relaxed);
    }

    /// Connects again, and looks whether the change was made.
    fn find_out(&mut self, change: Change) -> Result<Session, String> {
        let Columns { table, key, value } = &self.columns;
        let (at, expected) = match change {
            Change::Insert { key, value } | Change::Update { key, value } => (key, Some(value)),
            Change::Delete { key } => (key, None),
            Change::Move { from, to } => (to, self.ledger.rows.get(&from).copied()),
        };
        for _ in 0..200 {
            let session = self.connect()?;
            match session.query(&format!("SELECT {value} FROM {table} WHERE {key} = {at}")) {
                Ok(rows) => {
                    let now = rows.first().and_then(|row| row.first()).and_then(|text| text.parse::<i64>().ok());
                    if now == expected {
                        self.know(change);
                    }
                    return Ok(session);
                }
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
        Err("the writer's connection is cut again and again".to_owned())
    }
}

/// Whether a statement may or may not have been carried out: the server was on its way down.
fn uncertain(reason: &str) -> bool {
    ["1053", "1927", "3169", "2006", "2013", "4031"].iter().any(|code| reason.contains(code))
}
