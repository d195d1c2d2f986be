//! Folders of migrations as other tools and people write them: applied while an application writes, compared with what plain
//! execution gives, and undone.

use std::path::{Path, PathBuf};

use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_engine_postgres::Postgres;
use dbwright_migrate::files::{Entry, Style, read};
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::run::{self, Options};
use dbwright_migrate::{Limits, Migration, OnlineDdl as _, Session};
use dbwright_testkit::writer::{Columns, Writer};
use dbwright_testkit::{Database, majors};

use crate::harness::{State, connect, same};

const START: &str = include_str!("../foreign/start.sql");

fn entries(folder: &Path, below: &Path, found: &mut Vec<Entry>) {
    for entry in std::fs::read_dir(below).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            entries(folder, &path, found);
            continue;
        }
        let name = path.strip_prefix(folder).expect("below").to_string_lossy().replace('\\', "/");
        found.push(Entry { path: name, bytes: std::fs::read(&path).expect("read") });
    }
}

fn migrations(name: &str, style: Style) -> Vec<Migration> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/foreign").join(name);
    let mut found = Vec::new();
    entries(&folder, &folder, &mut found);
    let read = read(name, &found).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    assert_eq!(read.style, style, "{name}");
    read.migrations.iter().map(|source| source.read(&Postgres).unwrap_or_else(|e| panic!("{name}: {e:?}")).0).collect()
}

/// Rows of the table that is written to all the time are compared with what its writer knows.
fn others(rows: &[String]) -> Vec<String> {
    rows.iter().filter(|row| !row.starts_with("stock: ")).cloned().collect()
}

/// What plain execution leaves: one statement after the other, each file in a session of its own.
async fn plain(migrations: &[Migration], major: u32) -> State {
    let database = Database::create(major);
    database.execute(START);
    for migration in migrations {
        let client = connect(&database.url).await;
        for statement in &migration.up.statements {
            let done = client.batch_execute(&statement.sql).await;
            done.unwrap_or_else(|e| panic!("{}: {e:?}", statement.place(0)));
        }
    }
    State::of(&database, major, None)
}

/// A database with the migrations applied while an application writes, whose acknowledged writes are there.
struct Trial {
    own: Database,
    session: Box<dyn Session>,
    options: Options,
    place: String,
}

impl Trial {
    async fn begin(place: &str, major: u32) -> Self {
        let own = Database::create(major);
        own.execute(START);
        let address = Address::parse(&own.url).expect("an address");
        let session = Postgres.open(&address, &OpenOptions::default(), &Silent).await.expect("a session");
        let limits = Limits { first_batch: 500, pause: 0.0, ..Limits::default() };
        // What a statement has written over is gone; where its column goes too, nobody misses it.
        let options = Options { limits, leave_irreversible: true, ..Options::default() };
        Self { own, session, options, place: place.to_owned() }
    }

    fn writer(&self, seed: u64) -> Writer {
        Writer::start(&self.own.url, &written(), seed)
    }

    fn settle(&self, writer: Writer, what: &str) {
        let place = &self.place;
        let ledger = writer.finish().expect("the writer's end");
        assert!(ledger.refused.is_empty(), "{place}, {what}: {:?}", ledger.refused.first());
        assert!(ledger.acknowledged > 0, "{place}, {what}: nothing was written");
        let differences = ledger.differences(&self.own.url, &written()).expect("read");
        assert!(differences.is_none(), "{place}, {what}: {differences:?}");
    }

    async fn apply(&mut self, migrations: &[Migration]) {
        let writer = self.writer(7);
        let applied = run::apply(self.session.as_mut(), migrations, &self.options, &Silent).await;
        applied.unwrap_or_else(|e| panic!("{}: {e:?}", self.place));
        self.settle(writer, "applied");
    }

    async fn undo(&mut self, migrations: &[Migration]) {
        // What repeatable files made stays, and its author takes it away.
        self.own.execute("DROP VIEW IF EXISTS shop.stock_by_depot");
        let writer = self.writer(8);
        for migration in migrations.iter().rev().filter(|migration| !migration.repeatable) {
            let undone = run::undo(self.session.as_mut(), migrations, &self.options, &Silent).await;
            undone.unwrap_or_else(|e| panic!("{}: undo of {}: {e:?}", self.place, migration.file));
        }
        self.settle(writer, "undone");
    }
}

/// The table that an application writes to.
fn written() -> Columns {
    Columns { table: "stock".to_owned(), key: "id".to_owned(), value: "v".to_owned() }
}

async fn there_and_back(name: &str, style: Style, major: u32) {
    let migrations = migrations(name, style);
    let place = format!("{name} on {major}");
    let wanted = plain(&migrations, major).await;
    let mut trial = Trial::begin(&place, major).await;
    trial.apply(&migrations).await;
    let contracted = run::contract(trial.session.as_mut(), &migrations, &trial.options, &Silent).await;
    contracted.unwrap_or_else(|e| panic!("{place}: contract: {e:?}"));
    let end = State::of(&trial.own, major, None);
    same(&wanted.schema, &end.schema, &format!("{place}: the schema is not that of plain execution"));
    same(&others(&wanted.rows), &others(&end.rows), &format!("{place}: rows differ"));

    let mut trial = Trial::begin(&place, major).await;
    let start = State::of(&trial.own, major, None);
    trial.apply(&migrations).await;
    trial.undo(&migrations).await;
    let back = State::of(&trial.own, major, None);
    same(&start.schema, &back.schema, &format!("{place}: the schema is not that of the start"));
    same(&others(&start.rows), &others(&back.rows), &format!("{place}: rows are not those of the start"));
}

fn check(name: &str, style: Style) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let all = majors().expect("versions");
    // Each folder on one version, so that all of them together take a minute at most.
    let at = name.bytes().map(usize::from).sum::<usize>() % all.len();
    runtime.block_on(there_and_back(name, style, all[at]));
}

#[test]
fn golang_migrate() {
    check("golang", Style::GolangMigrate);
}

#[test]
fn dbmate() {
    check("dbmate", Style::Dbmate);
}

#[test]
fn flyway() {
    check("flyway", Style::Flyway);
}

#[test]
fn sqitch() {
    check("sqitch", Style::Sqitch);
}

#[test]
fn rails() {
    check("rails", Style::Dbwright);
}

#[test]
fn django() {
    check("django", Style::Dbwright);
}

#[test]
fn prisma() {
    check("prisma", Style::Dbwright);
}
