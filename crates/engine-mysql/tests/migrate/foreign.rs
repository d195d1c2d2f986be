//! Folders of migrations as other tools and people write them: applied while an application writes, compared with what plain
//! execution gives, and undone.

use std::path::{Path, PathBuf};

use dbwright_core::progress::Silent;
use dbwright_engine_mysql::MySql;
use dbwright_migrate::files::{Entry, Style, read};
use dbwright_migrate::run::{self, Options};
use dbwright_migrate::{Migration, Session};
use dbwright_testkit::MyDatabase;
use dbwright_testkit::my::sql;
use dbwright_testkit::my::writer::MyWriter;
use dbwright_testkit::writer::Columns;

use crate::common::{engines, leftovers, open, options, schema};

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
    read.migrations.iter().map(|source| source.read(&MySql).unwrap_or_else(|e| panic!("{name}: {e:?}")).0).collect()
}

/// What is in a database: its tables, triggers, views, routines and events, and the rows of all tables but the one that
/// is written to all the time, which its writer knows.
#[derive(Debug, PartialEq)]
struct State {
    schema: Vec<String>,
    rows: Vec<String>,
}

impl State {
    fn of(url: &str) -> Self {
        let ask = |query: &str| sql::query(url, query).unwrap_or_else(|reason| panic!("{reason} in {query}"));
        let mut lines: Vec<String> = schema(url).lines().map(str::to_owned).collect();
        for query in [
            "SELECT CONCAT(routine_name, ': ', routine_definition) FROM information_schema.routines WHERE routine_schema = DATABASE() ORDER BY 1",
            "SELECT CONCAT(event_name, ' ', status, ': ', event_definition) FROM information_schema.events WHERE event_schema = DATABASE() ORDER BY 1",
        ] {
            lines.extend(ask(query).into_iter().flatten());
        }
        let mut rows = Vec::new();
        let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() \
            AND table_type = 'BASE TABLE' AND table_name <> 'stock' ORDER BY 1";
        for table in ask(tables).into_iter().flatten() {
            let read = ask(&format!("SELECT * FROM `{table}` ORDER BY 1, 2"));
            rows.extend(read.into_iter().map(|row| format!("{table}: {}", row.join(" | "))));
        }
        Self { schema: lines, rows }
    }
}

/// Equal but for what is told, if it is not.
fn same(wanted: &[String], found: &[String], what: &str) {
    let missing: Vec<&String> = wanted.iter().filter(|line| !found.contains(line)).take(8).collect();
    let added: Vec<&String> = found.iter().filter(|line| !wanted.contains(line)).take(8).collect();
    assert!(missing.is_empty() && added.is_empty(), "{what}:\nmissing {missing:#?}\nnot wanted {added:#?}");
    assert_eq!(wanted, found, "{what}: in another order");
}

/// What plain execution leaves: one statement after the other, each file in a session of its own.
fn plain(engine: &str, migrations: &[Migration]) -> State {
    let database = MyDatabase::create(engine);
    database.execute(START);
    for migration in migrations {
        let session = database.session();
        for statement in &migration.up.statements {
            session.query(&statement.sql).unwrap_or_else(|reason| panic!("{}: {reason}", statement.place(0)));
        }
    }
    State::of(&database.url)
}

/// A database with the migrations applied while an application writes, whose acknowledged writes are there.
struct Trial {
    own: MyDatabase,
    session: Box<dyn Session>,
    options: Options,
    place: String,
}

impl Trial {
    async fn begin(place: &str, engine: &str) -> Self {
        let own = MyDatabase::create(engine);
        own.execute(START);
        let session = open(&own.url).await.expect("a session");
        // What a statement has written over is gone; where its column goes too, nobody misses it.
        let options = Options { leave_irreversible: true, ..options() };
        Self { own, session, options, place: place.to_owned() }
    }

    fn settle(&self, writer: MyWriter, what: &str) {
        let place = &self.place;
        let ledger = writer.finish().expect("the writer's end");
        assert!(ledger.refused.is_empty(), "{place}, {what}: {:?}", ledger.refused.first());
        assert!(ledger.acknowledged > 0, "{place}, {what}: nothing was written");
        assert_eq!(ledger.compare(&self.own.query("SELECT id, v FROM stock")), None, "{place}, {what}");
    }

    async fn apply(&mut self, migrations: &[Migration]) {
        let writer = MyWriter::start(&self.own.url, &written(), 7);
        let applied = run::apply(self.session.as_mut(), migrations, &self.options, &Silent).await;
        applied.unwrap_or_else(|e| panic!("{}: {e:?}", self.place));
        self.settle(writer, "applied");
    }

    async fn undo(&mut self, migrations: &[Migration]) {
        // What repeatable files made stays, and its author takes it away.
        self.own.execute("DROP VIEW IF EXISTS stock_report");
        let writer = MyWriter::start(&self.own.url, &written(), 8);
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

async fn there_and_back(name: &str, style: Style, engine: &str) {
    let migrations = migrations(name, style);
    let place = format!("{name} on {engine}");
    let wanted = plain(engine, &migrations);
    let mut trial = Trial::begin(&place, engine).await;
    trial.apply(&migrations).await;
    let contracted = run::contract(trial.session.as_mut(), &migrations, &trial.options, &Silent).await;
    contracted.unwrap_or_else(|e| panic!("{place}: contract: {e:?}"));
    let end = State::of(&trial.own.url);
    same(&wanted.schema, &end.schema, &format!("{place}: the schema is not that of plain execution"));
    same(&wanted.rows, &end.rows, &format!("{place}: rows differ"));

    let mut trial = Trial::begin(&place, engine).await;
    let start = State::of(&trial.own.url);
    trial.apply(&migrations).await;
    trial.undo(&migrations).await;
    let back = State::of(&trial.own.url);
    same(&start.schema, &back.schema, &format!("{place}: the schema is not that of the start"));
    same(&start.rows, &back.rows, &format!("{place}: rows are not those of the start"));
    assert_eq!(leftovers(&trial.own.url).await, [""; 0], "{place}");
}

async fn check(name: &str, style: Style) {
    for engine in engines() {
        there_and_back(name, style, engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn golang_migrate() {
    check("golang", Style::GolangMigrate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dbmate() {
    check("dbmate", Style::Dbmate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flyway() {
    check("flyway", Style::Flyway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rails() {
    check("rails", Style::Dbwright).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn django() {
    check("django", Style::Dbwright).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn laravel() {
    check("laravel", Style::Dbwright).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doctrine() {
    check("doctrine", Style::Dbwright).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prisma() {
    check("prisma", Style::Dbwright).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn goose() {
    check("goose", Style::Goose).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn written_by_hand() {
    check("hand", Style::Dbwright).await;
}
