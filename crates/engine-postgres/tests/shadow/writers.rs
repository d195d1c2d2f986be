//! Connections that write through the whole change, and remember what the server acknowledged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::task::JoinHandle;
use tokio_postgres::Client;

/// The table that they write.
pub(super) const TABLE: &str = "\"Sh\"\"op\".\"Ord 🦀ers\"";
/// How many there are: each writes rows of its own.
pub(super) const WRITERS: u64 = 4;

/// Rows that the server has, by what it said: id and mark.
pub(super) type Rows = BTreeMap<i64, String>;

/// Running writers.
pub(super) struct Writers {
    stop: Arc<AtomicBool>,
    /// Writes that were acknowledged.
    pub(super) done: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<Writer>>,
}

/// One of them, and what it knows.
pub(super) struct Writer {
    client: Client,
    number: u64,
    state: u64,
    next: i64,
    rows: Rows,
    /// What the trigger of users must have written down: one line for each write.
    writes: BTreeMap<(String, i64, String), u64>,
    isolation: &'static str,
}

impl Writers {
    pub(super) async fn start(url: &str) -> Self {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut tasks = Vec::new();
        for number in 0..WRITERS {
            let client = super::connect(url).await;
            let isolation = if number == 1 { "REPEATABLE READ" } else { "READ COMMITTED" };
            let next = 10_000 + i64::try_from(number).expect("small");
            let state = 77 + number * 1_000_003;
            let writer = Writer { client, number, state, next, rows: Rows::new(), writes: BTreeMap::new(), isolation };
            let (stop, done) = (Arc::clone(&stop), Arc::clone(&done));
            tasks.push(tokio::spawn(writer.run(stop, done)));
        }
        Self { stop, done, tasks }
    }

    /// Waits until so many more writes were acknowledged.
    pub(super) async fn more(&self, writes: u64) {
        let goal = self.done.load(Ordering::SeqCst) + writes;
        while self.done.load(Ordering::SeqCst) < goal {
            assert!(!self.tasks.iter().any(JoinHandle::is_finished), "a writer failed");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// Ends them; what they wrote, and what the users' trigger must have seen.
    pub(super) async fn stop(self) -> (Rows, BTreeMap<(String, i64, String), u64>) {
        self.stop.store(true, Ordering::SeqCst);
        let (mut rows, mut writes) = (Rows::new(), BTreeMap::new());
        for task in self.tasks {
            let writer = task.await.expect("a writer failed");
            rows.extend(writer.rows);
            for (write, times) in writer.writes {
                *writes.entry(write).or_default() += times;
            }
        }
        (rows, writes)
    }
}

impl Writer {
    async fn run(mut self, stop: Arc<AtomicBool>, done: Arc<AtomicU64>) -> Self {
        while !stop.load(Ordering::SeqCst) {
            self.write().await;
            done.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(std::time::Duration::from_micros(500)).await;
        }
        self
    }

    fn dice(&mut self, sides: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % sides
    }

    fn some_row(&mut self) -> Option<i64> {
        let at = self.dice(self.rows.len().max(1) as u64);
        self.rows.keys().nth(usize::try_from(at).expect("small")).copied()
    }

    /// A transaction of a few writes; it is tried again when the server says that it could not be serialized.
    async fn write(&mut self) {
        let mut rows = self.rows.clone();
        let mut writes = Vec::new();
        let mut sql = Vec::new();
        for _ in 0..=self.dice(2) {
            self.one(&mut rows, &mut writes, &mut sql);
        }
        let sql = format!("BEGIN ISOLATION LEVEL {}; {}; COMMIT", self.isolation, sql.join("; "));
        loop {
            match self.client.batch_execute(&sql).await {
                Ok(()) => break,
                Err(e) if e.code().is_some_and(|c| c.code() == "40001") => {
                    self.client.batch_execute("ROLLBACK").await.expect("rolled back");
                }
                Err(e) => panic!("writer {}: {e:?}\n{sql}", self.number),
            }
        }
        self.rows = rows;
        for write in writes {
            *self.writes.entry(write).or_default() += 1;
        }
    }

    fn one(&mut self, rows: &mut Rows, writes: &mut Vec<(String, i64, String)>, sql: &mut Vec<String>) {
        let dice = self.dice(u64::MAX);
        let mark = format!("{}:{dice}", self.number);
        let code = |id: i64| format!("c{id}");
        let kept: Vec<_> = rows.keys().copied().collect();
        let row = self.some_row().filter(|id| kept.contains(id));
        match (self.dice(10), row) {
            (0..=4, _) | (_, None) => {
                let id = self.next;
                self.next += i64::try_from(WRITERS).expect("small");
                sql.push(format!(
                    "INSERT INTO {TABLE} (id, \"Code'n\", customer, mark, parent) VALUES ({id}, '{}', {}, '{mark}', {})",
                    code(id),
                    id % 50 + 1,
                    id % 3000 + 1
                ));
                sql.push(format!("INSERT INTO \"Sh\"\"op\".lines VALUES ({id}, {})", id % 1000));
                writes.push(("INSERT".to_owned(), id, mark.clone()));
                rows.insert(id, mark);
            }
            (5..=6, Some(id)) => {
                sql.push(format!("UPDATE {TABLE} SET mark = '{mark}', number = number + 1 WHERE id = {id}"));
                writes.push(("UPDATE".to_owned(), id, mark.clone()));
                rows.insert(id, mark);
            }
            (7, Some(id)) => {
                let moved = self.next;
                self.next += i64::try_from(WRITERS).expect("small");
                sql.push(format!("UPDATE {TABLE} SET id = {moved}, mark = '{mark}' WHERE id = {id}"));
                writes.push(("UPDATE".to_owned(), moved, mark.clone()));
                rows.remove(&id);
                rows.insert(moved, mark);
            }
            (_, Some(id)) => {
                sql.push(format!("DELETE FROM {TABLE} WHERE id = {id}"));
                let old = rows.remove(&id).unwrap_or_default();
                writes.push(("DELETE".to_owned(), id, old));
            }
        }
    }
}
