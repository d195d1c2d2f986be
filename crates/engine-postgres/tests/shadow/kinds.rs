//! Every kind of change that needs a shadow, on a small table under writers: done, and undone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use dbwright_testkit::{Database, majors};

use super::{apply, catalog, connect, contract, rows, undo, well};

/// A table `t` with at least `id` and `v`, what is done to it, and what it must be like in the end.
struct Kind {
    name: &'static str,
    before: &'static str,
    change: &'static str,
    /// What gives the same by other means; none when the server itself carries the change out.
    by_hand: Option<&'static str>,
    /// The least version that has it.
    since: u32,
}

const ROWS: &str = "INSERT INTO t (id, v) SELECT n, 'old ' || n FROM generate_series(1, 2000) n;";

const KINDS: &[Kind] = &[
    Kind {
        name: "a serial key",
        before: "CREATE TABLE t (id serial PRIMARY KEY, v text);
            CREATE TABLE c (t int REFERENCES t ON DELETE CASCADE); INSERT_ROWS INSERT INTO c SELECT id FROM t WHERE id < 100;",
        change: "ALTER TABLE t ALTER COLUMN id TYPE bigint",
        by_hand: None,
        since: 13,
    },
    Kind {
        name: "another primary key",
        before: "CREATE TABLE t (id int NOT NULL, tenant int NOT NULL DEFAULT 3, v text, CONSTRAINT t_pkey PRIMARY KEY (id));
            CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (3); ALTER TABLE t ADD FOREIGN KEY (tenant) REFERENCES p;
            CREATE VIEW w AS SELECT id, count(*) FROM t GROUP BY id; INSERT_ROWS",
        change: "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD CONSTRAINT t_pkey PRIMARY KEY (tenant, id)",
        by_hand: None,
        since: 13,
    },
    Kind {
        name: "partitions",
        before: "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);
            CREATE TABLE t (id int NOT NULL, day date NOT NULL DEFAULT '2026-02-03', v text, p int DEFAULT 1 REFERENCES p, CONSTRAINT t_pkey PRIMARY KEY (id, day));
            CREATE INDEX t_v ON t (v); GRANT SELECT ON t TO PUBLIC; INSERT_ROWS UPDATE t SET day = '2025-01-01' WHERE id < 500;",
        change: "ALTER TABLE t PARTITION BY RANGE (day) (PARTITION t_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01'), PARTITION \"t 'rest'\" DEFAULT)",
        by_hand: Some("DROP TABLE t; CREATE TABLE t (id int NOT NULL, day date NOT NULL DEFAULT '2026-02-03', v text, p int DEFAULT 1) PARTITION BY RANGE (day);
            CREATE TABLE t_2025 PARTITION OF t FOR VALUES FROM ('2025-01-01') TO ('2026-01-01'); CREATE TABLE \"t 'rest'\" PARTITION OF t DEFAULT;
            ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id, day); CREATE INDEX t_v ON t (v); GRANT SELECT ON t TO PUBLIC;
            ALTER TABLE t ADD CONSTRAINT t_p_fkey FOREIGN KEY (p) REFERENCES p;"),
        since: 13,
    },
    Kind {
        name: "unlogged",
        before: "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, v text, k int NOT NULL DEFAULT 1); ALTER TABLE t ADD PRIMARY KEY (id);
            INSERT INTO t (v) SELECT 'old ' || n FROM generate_series(1, 2000) n;",
        change: "ALTER TABLE t SET UNLOGGED",
        by_hand: None,
        since: 15,
    },
    Kind {
        name: "no gaps, and a unique key",
        before: "CREATE TABLE t (id bigint NOT NULL UNIQUE, v text); INSERT_ROWS DELETE FROM t WHERE id % 3 = 0;",
        change: "VACUUM FULL t",
        by_hand: None,
        since: 13,
    },
    Kind {
        name: "an order",
        before: "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL); CREATE INDEX \"by v\" ON t (v); INSERT_ROWS",
        change: "CLUSTER t USING \"by v\"",
        by_hand: None,
        since: 13,
    },
    Kind {
        name: "a stored column",
        before: "CREATE TABLE t (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), v text, n int);
            INSERT INTO t (v, n) SELECT 'old ' || n, n FROM generate_series(1, 2000) n;",
        change: "ALTER TABLE t ADD COLUMN double bigint GENERATED ALWAYS AS (n * 2) STORED",
        by_hand: None,
        since: 13,
    },
    Kind {
        name: "a key of texts",
        before: "CREATE TABLE t (a text COLLATE \"C\", id int, v text, PRIMARY KEY (a, id)); CREATE TABLE c (a text, b int, FOREIGN KEY (a, b) REFERENCES t);
            INSERT INTO t SELECT 'a''\\ ' || n % 7, n, 'old' FROM generate_series(1, 2000) n; INSERT INTO c SELECT a, id FROM t WHERE id < 50;
            ALTER TABLE t ALTER a SET DEFAULT 'x';",
        change: "ALTER TABLE t ALTER COLUMN a TYPE varchar(40)",
        by_hand: None,
        since: 13,
    },
];

/// Inserts, changes and deletes rows of its own, and knows what is there.
struct Scribe {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<BTreeMap<String, u64>>,
}

impl Scribe {
    async fn start(url: &str, kind: &Kind) -> Self {
        let client = connect(url).await;
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (end, count) = (Arc::clone(&stop), Arc::clone(&done));
        let own_id = kind.before.contains("ALWAYS AS IDENTITY") || kind.before.contains("uuid");
        let task = tokio::spawn(async move {
            let mut there = BTreeMap::new();
            let mut n = 10_000_u64;
            while !end.load(Ordering::SeqCst) {
                n += 1;
                let sql = match n % 5 {
                    0 => there.pop_first().map(|(v, _)| format!("DELETE FROM t WHERE v = '{v}'")),
                    1 => there.pop_last().map(|(v, _)| {
                        there.insert(format!("new {n}"), n);
                        format!("UPDATE t SET v = 'new {n}' WHERE v = '{v}'")
                    }),
                    2 if !own_id && n % 10 == 2 => {
                        there.last_key_value().map(|(v, _)| format!("UPDATE t SET id = {n} WHERE v = '{v}'"))
                    }
                    _ => {
                        there.insert(format!("new {n}"), n);
                        let own = if own_id {
                            format!("(v) VALUES ('new {n}')")
                        } else {
                            format!("(id, v) VALUES ({n}, 'new {n}')")
                        };
                        Some(format!("INSERT INTO t {own}"))
                    }
                };
                if let Some(sql) = sql {
                    client.batch_execute(&sql).await.unwrap_or_else(|e| panic!("{e:?}\n{sql}"));
                }
                count.fetch_add(1, Ordering::SeqCst);
            }
            there
        });
        Self { stop, done, task }
    }

    async fn more(&self, writes: u64) {
        let goal = self.done.load(Ordering::SeqCst) + writes;
        while self.done.load(Ordering::SeqCst) < goal {
            assert!(!self.task.is_finished(), "the writer failed");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn stop(self) -> Vec<String> {
        self.stop.store(true, Ordering::SeqCst);
        self.task.await.expect("the writer failed").into_keys().collect()
    }
}

async fn there(database: &Database) -> Vec<String> {
    rows(database, "SELECT v FROM t WHERE v LIKE 'new %' ORDER BY v COLLATE \"C\"").await.concat()
}

async fn carried_out(kind: &Kind, before: &str, major: u32) {
    let (database, twin) = (Database::create(major), Database::create(major));
    database.execute(before);
    twin.execute(before);
    twin.execute(kind.by_hand.unwrap_or(kind.change));
    let old = rows(&database, "SELECT count(*)::text FROM t").await;
    let scribe = Scribe::start(&database.url, kind).await;
    scribe.more(100).await;
    well(apply(&database, kind.change).await);
    scribe.more(100).await;
    contract(&database, kind.change).await;
    scribe.more(20).await;
    let known = scribe.stop().await;
    assert_eq!(there(&database).await, known, "{} on {major}", kind.name);
    let now = rows(&database, "SELECT count(*)::text FROM t WHERE v NOT LIKE 'new %'").await;
    assert_eq!(now, old, "{} on {major}", kind.name);
    let difference = catalog::difference(&catalog::lines(&twin).await, &catalog::lines(&database).await);
    assert_eq!(difference, Vec::<String>::new(), "{} on {major}", kind.name);
}

async fn undone(kind: &Kind, before: &str, major: u32) {
    let database = Database::create(major);
    database.execute(before);
    let lines = catalog::lines(&database).await;
    let scribe = Scribe::start(&database.url, kind).await;
    well(apply(&database, kind.change).await);
    scribe.more(100).await;
    well(undo(&database, kind.change).await);
    scribe.more(20).await;
    let known = scribe.stop().await;
    assert_eq!(there(&database).await, known, "{} on {major}", kind.name);
    let difference = catalog::difference(&lines, &catalog::lines(&database).await);
    assert_eq!(difference, Vec::<String>::new(), "{} on {major}", kind.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_change_is_carried_out_and_undone_under_writers() {
    let only = std::env::var("DBWRIGHT_TEST_KIND").unwrap_or_default();
    for major in majors().expect("majors") {
        for kind in KINDS.iter().filter(|kind| kind.since <= major && kind.name.contains(&only)) {
            let before = kind.before.replace("INSERT_ROWS", ROWS);
            carried_out(kind, &before, major).await;
            undone(kind, &before, major).await;
        }
    }
}
