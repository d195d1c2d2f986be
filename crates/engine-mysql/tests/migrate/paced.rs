//! Pauses between the batches of a copy follow how late the server answers others while a batch works.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dbwright_core::progress::Progress;
use dbwright_migrate::Limits;
use dbwright_migrate::run::{self, Options};
use dbwright_testkit::my::sql::Session;
use dbwright_testkit::{MyDatabase, MyServer, my_server};

use crate::common::{engines, migration, open, options};

const UP: &str = "ALTER TABLE t MODIFY id bigint NOT NULL AUTO_INCREMENT";

const TABLE: &str = "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, pad varchar(300) NOT NULL) ENGINE=InnoDB; \
    INSERT INTO t (pad) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
    SELECT REPEAT('p', 200) FROM n a JOIN (SELECT i FROM n WHERE i <= 300) b";

/// A batch that works.
const WORKING: &str = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%dbwright%INSERT%SELECT%' AND id <> CONNECTION_ID()";

/// What is said of long pauses.
const LATE: &str = "others are answered late";

/// What is said.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Progress for Notes {
    fn stage(&self, _: &str, _: Option<u64>) {}
    fn step(&self, _: u64) {}
    fn note(&self, text: &str) {
        self.0.lock().expect("whole").push(text.to_owned());
    }
    /// What was waited for was said: the rest of the copy tells no more.
    fn cancelled(&self) -> bool {
        self.0.lock().expect("whole").iter().any(|note| note.contains(LATE))
    }
}

/// Holds the whole server for a moment while each batch works, until it is told to end.
fn hold(server: &MyServer, url: &str, ends: &AtomicBool) {
    let session = Session::open(url).expect("a session");
    while !ends.load(Ordering::Relaxed) {
        let working = session.query(WORKING).is_ok_and(|rows| rows[0][0] != "0");
        if working {
            server.pause();
            std::thread::sleep(Duration::from_millis(40));
            server.resume();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn pauses_follow_how_late_others_are_answered() {
    for engine in engines() {
        let server = my_server(engine, &[]);
        let own = MyDatabase::on(&server.url);
        own.execute(TABLE);
        drop(own.query("ANALYZE TABLE t"));
        let limits = Limits { pause: 0.5, largest_batch: 10_000, ..options().limits };
        let options = Options { limits, ..options() };
        let (notes, ends) = (Notes::default(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| hold(&server, &own.url, &ends));
            let done = tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
                let mut session = open(&own.url).await?;
                run::apply(session.as_mut(), &[migration("1", UP, None)], &options, &notes).await
            });
            ends.store(true, Ordering::Relaxed);
            if let Err(failure) = done {
                assert_eq!(failure.code, "migrate.stopped", "{engine}: {failure:?}");
            }
        });
        let said = notes.0.into_inner().expect("whole");
        assert!(said.iter().any(|note| note.contains(LATE)), "{engine}: {said:?}");
    }
}
