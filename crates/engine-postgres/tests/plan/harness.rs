//! One case: a start, a statement, and what must be true of its plan.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dbwright_engine_postgres::ddl;
use dbwright_engine_postgres::migrate::plan::{self, Catalog, by_hand::PSQL};
use dbwright_migrate::Statement;
use dbwright_migrate::by_hand::ended;
use dbwright_migrate::plan::{Phase, Planned, Require, Step, Work};
use dbwright_testkit::sql::{execute, query};
use dbwright_testkit::{Database, majors, postgres_bin};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// A start and a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'c> {
    pub(crate) setup: &'c str,
    pub(crate) statement: &'c str,
    /// What the planner must choose.
    pub(crate) method: &'c str,
    /// What an application writes all the time; it must never fail. It counts in a table `written`.
    pub(crate) writer: Option<&'c str>,
    /// Versions of which this is true.
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// Whether the plain statement must be refused, so that only the start is compared.
    pub(crate) twin: Option<&'c str>,
    /// A column whose values are random.
    pub(crate) hidden: Option<&'c str>,
}

impl<'c> Case<'c> {
    pub(crate) const fn new(method: &'c str, setup: &'c str, statement: &'c str) -> Self {
        Self { setup, statement, method, writer: None, from: 0, to: 99, twin: None, hidden: None }
    }

    pub(crate) const fn writer(mut self, sql: &'c str) -> Self {
        self.writer = Some(sql);
        self
    }

    pub(crate) const fn from(mut self, major: u32) -> Self {
        self.from = major;
        self
    }

    pub(crate) const fn to(mut self, major: u32) -> Self {
        self.to = major;
        self
    }

    /// What the twin does instead of the statement, where the server would refuse that.
    pub(crate) const fn twin(mut self, sql: &'c str) -> Self {
        self.twin = Some(sql);
        self
    }

    /// A column whose values can't be compared.
    pub(crate) const fn hidden(mut self, column: &'c str) -> Self {
        self.hidden = Some(column);
        self
    }

    /// Runs the case on every version.
    pub(crate) fn check(&self) {
        for major in majors().expect("versions").into_iter().filter(|major| (self.from..=self.to).contains(major)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(self.on(major));
        }
    }

    /// Looks only which method is chosen, where its own tests carry it out.
    pub(crate) fn chosen(&self) {
        for major in majors().expect("versions") {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let own = Database::create(major);
            own.execute(self.setup);
            let planned = runtime.block_on(async { plan_on(&connect(&own.url).await, self.statement).await });
            assert_eq!(planned.method, self.method, "{} on {major}: {planned:#?}", self.statement);
            assert!(!planned.steps.is_empty() && planned.blocking.is_none(), "{planned:#?}");
        }
    }

    async fn on(&self, major: u32) {
        let place = format!("{} on {major}", self.statement);
        let twin = Database::create(major);
        twin.execute(self.setup);
        execute(&twin.url, self.twin.unwrap_or(self.statement)).unwrap_or_else(|e| panic!("{place}: {e}"));
        let wanted = State::of(&twin, major, self.hidden);

        let own = Database::create(major);
        own.execute(self.setup);
        let start = State::of(&own, major, self.hidden);
        let client = connect(&own.url).await;
        let planned = plan_on(&client, self.statement).await;
        assert_eq!(planned.method, self.method, "{place}: {planned:#?}");
        self.undo_each_prefix(&client, &own, major, &planned, &start).await;

        let before = nodes(&own);
        let planned = plan_on(&client, self.statement).await;
        let writer = self.writer.map(|sql| Writer::start(&own, sql));
        for step in &planned.steps {
            run(&client, step, planned.blocking.is_some()).await;
        }
        let acknowledged = writer.map(Writer::stop);
        let end = State::of(&own, major, self.hidden);
        same(&wanted.schema, &end.schema, &format!("{place}: the schema is not that of the plain statement"));
        match acknowledged {
            None => same(&wanted.rows, &end.rows, &format!("{place}: rows differ")),
            Some(count) => {
                assert!(count > 0, "{place}: the writer wrote");
                let written = query(&own.url, "SELECT count(*) FROM written").expect("counted");
                assert_eq!(written[0][0], count.to_string(), "{place}: what was acknowledged is there");
            }
        }
        if planned.blocking.is_none() {
            let after = nodes(&own);
            let moved: Vec<_> =
                before.iter().filter(|(name, node)| after.iter().any(|(n, o)| n == name && o != node)).collect();
            assert!(moved.is_empty(), "{place}: written anew: {moved:?}");
        }
        self.by_hand(major, &wanted, &place).await;
    }

    /// Every prefix of the steps is undone, and the start is there again.
    async fn undo_each_prefix(&self, client: &Client, own: &Database, major: u32, planned: &Planned, start: &State) {
        let reversible = planned.steps.iter().take_while(|step| step.back.irreversible.is_none()).count();
        for length in 1..=reversible {
            for step in &planned.steps[..length] {
                run(client, step, planned.blocking.is_some()).await;
            }
            for step in planned.steps[..length].iter().rev() {
                back(client, step).await;
                // Twice: an interruption may come between the work and its mark.
                back(client, step).await;
            }
            let now = State::of(own, major, self.hidden);
            let place = format!("{} on {major}, undone after {length} of {}", self.statement, planned.steps.len());
            same(&start.schema, &now.schema, &place);
            same(&start.rows, &now.rows, &place);
        }
    }

    /// The printed text does the same in psql.
    async fn by_hand(&self, major: u32, wanted: &State, place: &str) {
        let hand = Database::create(major);
        hand.execute(self.setup);
        let client = connect(&hand.url).await;
        let planned = plan_on(&client, self.statement).await;
        let steps: String = planned.steps.iter().map(|step| PSQL.step(step, ended)).collect();
        let text = format!("{}{steps}", PSQL.head);
        drop(client);
        let file = std::env::temp_dir().join(format!("{}.sql", hand.name));
        std::fs::write(&file, &text).expect("written");
        let out = Command::new(postgres_bin(major).join("psql"))
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &hand.url, "-f"])
            .arg(&file)
            .output()
            .expect("psql runs");
        std::fs::remove_file(&file).expect("removed");
        assert!(out.status.success(), "{place}: by hand: {}\n{text}", String::from_utf8_lossy(&out.stderr));
        let end = State::of(&hand, major, self.hidden);
        same(&wanted.schema, &end.schema, &format!("{place}: by hand"));
        same(&wanted.rows, &end.rows, &format!("{place}: by hand"));
    }
}

/// Schema and rows of a database, comparable.
#[derive(Debug, PartialEq)]
pub(crate) struct State {
    pub(crate) schema: Vec<String>,
    pub(crate) rows: Vec<String>,
}

impl State {
    pub(crate) fn of(database: &Database, major: u32, hidden: Option<&str>) -> Self {
        let out = Command::new(postgres_bin(major).join("pg_dump"))
            .args(["-s", "--exclude-schema=dbwright", "-d", &database.url])
            .output()
            .expect("pg_dump runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8(out.stdout).expect("UTF-8");
        // Columns may stand in another order; everything else of a dump is in the order of names.
        let mut schema: Vec<String> = text
            .lines()
            .map(|line| in_order(line.trim().trim_end_matches(',')))
            .filter(|line| !line.is_empty() && !line.starts_with("--") && !line.starts_with('\\'))
            .collect();
        schema.sort();
        Self { schema, rows: rows(database, hidden) }
    }
}

/// Columns of statistics stand in the order of the table's.
fn in_order(line: &str) -> String {
    let parts =
        line.strip_prefix("CREATE STATISTICS ").and_then(|rest| rest.split_once(" ON ")?.1.split_once(" FROM "));
    let Some((columns, _)) = parts else { return line.to_owned() };
    let mut sorted: Vec<_> = columns.split(", ").collect();
    sorted.sort_unstable();
    line.replacen(columns, &sorted.join(", "), 1)
}

fn rows(database: &Database, hidden: Option<&str>) -> Vec<String> {
    let tables = query(
        &database.url,
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
         WHERE relkind IN ('r', 'm') AND nspname !~ '^(pg_|information_schema|dbwright)' AND (relkind = 'r' OR relispopulated) ORDER BY 1",
    )
    .expect("tables");
    let mut all = Vec::new();
    for table in tables {
        let hidden = hidden.map(|column| format!(" - '{column}'")).unwrap_or_default();
        let sql = format!("SELECT (to_jsonb(t){hidden})::text FROM {} t ORDER BY 1", table[0]);
        let rows = query(&database.url, &sql).expect("rows");
        all.extend(rows.into_iter().map(|row| format!("{}: {}", table[0], row[0])));
    }
    all
}

/// Tables with the files that hold them.
fn nodes(database: &Database) -> Vec<(String, String)> {
    let rows = query(
        &database.url,
        "SELECT c.oid::text, pg_relation_filenode(c.oid)::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
         WHERE relkind = 'r' AND nspname !~ '^(pg_|information_schema|dbwright)' ORDER BY 1",
    );
    rows.expect("nodes").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}

pub(crate) fn same(wanted: &[String], got: &[String], place: &str) {
    if wanted == got {
        return;
    }
    let lack = |of: &[String], all: &[String]| {
        let all: std::collections::HashSet<_> = all.iter().collect();
        of.iter().filter(|line| !all.contains(line)).take(12).cloned().collect::<Vec<_>>()
    };
    panic!("{place}\nmissing: {:#?}\ntoo much: {:#?}", lack(wanted, got), lack(got, wanted));
}

pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("connected");
    tokio::spawn(connection);
    client
}

pub(crate) async fn plan_on(client: &Client, sql: &str) -> Planned {
    plan_all(client, &[sql]).await.remove(0)
}

/// The plans of one run's statements, each on a line of its own.
pub(crate) async fn plan_all(client: &Client, run: &[&str]) -> Vec<Planned> {
    let mut catalog = Catalog::open(client).await.expect("a catalog");
    let mut all = Vec::new();
    for (before, sql) in run.iter().enumerate() {
        let (sql, range) = ((*sql).to_owned(), 0..sql.len());
        let acts = ddl::read(&sql).expect("readable");
        let statement = Statement { file: "".into(), sql, comments: Vec::new(), range, line: before + 1, column: 1 };
        all.push(plan::plan(&mut catalog, &statement, &acts).await.expect("a plan"));
    }
    all
}

async fn send(client: &Client, sql: &str) {
    client
        .batch_execute(sql)
        .await
        .unwrap_or_else(|e| panic!("{}\nin: {sql}", e.as_db_error().map_or(e.to_string(), ToString::to_string)));
}

async fn texts(client: &Client, sql: &str) -> Vec<String> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|e| panic!("{e:?}\nin: {sql}"));
    let text = |message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
        _ => None,
    };
    messages.into_iter().filter_map(text).collect()
}

async fn ask(client: &Client, require: &[Require]) {
    for one in require {
        assert_eq!(texts(client, &one.query).await, ["t"], "{}", one.or);
    }
}

pub(crate) async fn run(client: &Client, step: &Step, blocking: bool) {
    match &step.work {
        Work::Transaction { statements, require } => {
            send(client, "BEGIN; SET LOCAL lock_timeout = '60s'").await;
            let before = read(client).await;
            for statement in statements {
                send(client, statement).await;
            }
            ask(client, require).await;
            if !blocking {
                nothing_read_under_lock(client, step, &before).await;
            }
            send(client, "COMMIT").await;
        }
        Work::Alone { statement, done, clear } => {
            cleared(client, clear).await;
            send(client, statement).await;
            if !done.is_empty() {
                assert_eq!(texts(client, done).await, ["t"], "{}", step.title);
            }
        }
        Work::Backfill(fill) => {
            send(client, &PSQL.batches.expect("psql has loops")(fill)).await;
            ask(client, &fill.verify).await;
        }
        Work::Verify { require } => ask(client, require).await,
        Work::Program(program) => panic!("no plan of PostgreSQL's starts a program: {}", program.name),
    }
}

/// Rows of each table that this session has read, as far as the server has not yet put them away.
async fn read(client: &Client) -> Vec<String> {
    texts(client, "SELECT relid || ' ' || seq_tup_read FROM pg_stat_xact_user_tables WHERE seq_tup_read > 0").await
}

/// No row of a table was read by a transaction that keeps its writers, or all, away.
async fn nothing_read_under_lock(client: &Client, step: &Step, before: &[String]) {
    let locked = texts(
        client,
        "SELECT DISTINCT relation FROM pg_locks JOIN pg_class c ON c.oid = relation WHERE pid = pg_backend_pid() AND granted \
         AND relname !~ '^dbwright_' \
         AND mode IN ('AccessExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock')",
    )
    .await;
    let mut now = read(client).await;
    now.retain(|one| !before.contains(one) && locked.iter().any(|oid| one.starts_with(&format!("{oid} "))));
    assert!(now.is_empty(), "read under a lock by {}: {now:?}", step.title);
}

async fn cleared(client: &Client, clear: &[String]) {
    for one in clear {
        for statement in texts(client, one).await {
            send(client, &statement).await;
        }
    }
}

pub(crate) async fn back(client: &Client, step: &Step) {
    if step.back.alone {
        cleared(client, &step.back.clear).await;
        for statement in &step.back.statements {
            send(client, statement).await;
        }
    } else if step.phase != Phase::Contract {
        send(client, "BEGIN").await;
        for statement in &step.back.statements {
            send(client, statement).await;
        }
        send(client, "COMMIT").await;
    }
}

/// An application that writes without a pause.
struct Writer {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<u64>,
}

impl Writer {
    fn start(database: &Database, sql: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (flag, url, sql) = (Arc::clone(&stop), database.url.clone(), sql.to_owned());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let client = connect(&url).await;
                let mut count = 0;
                while !flag.load(Ordering::Relaxed) || count == 0 {
                    send(&client, &format!("BEGIN; {sql}; INSERT INTO written DEFAULT VALUES; COMMIT")).await;
                    count += 1;
                }
                count
            })
        });
        Self { stop, thread }
    }

    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("no write failed")
    }
}
