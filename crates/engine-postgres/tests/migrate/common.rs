//! A session whose plans the test writes itself, and migrations to go with them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure};
use dbwright_engine_postgres::Postgres;
use dbwright_migrate::files::without_transactions;
use dbwright_migrate::journal::{Entry, Place, Write};
use dbwright_migrate::plan::{Planned, Require, Step};
use dbwright_migrate::port::{Facts, OpenOptions, Remark};
use dbwright_migrate::run::Options;
use dbwright_migrate::{Limits, Migration, OnlineDdl, Session, Statement};
use dbwright_testkit::{Database, sql};

/// Plans by statement.
pub(crate) type Plans = HashMap<String, Planned>;

/// A real session with plans of the test's own, where it has one.
pub(crate) struct Fixed {
    inner: Box<dyn Session>,
    plans: Arc<Plans>,
}

impl Session for Fixed {
    fn facts(&self) -> &Facts {
        self.inner.facts()
    }

    fn lock<'a>(&'a mut self, wait: Duration, progress: &'a dyn Progress) -> BoxFuture<'a, Result<(), Failure>> {
        self.inner.lock(wait, progress)
    }

    fn journal(&mut self) -> BoxFuture<'_, Result<Vec<Entry>, Failure>> {
        self.inner.journal()
    }

    fn write<'a>(&'a mut self, writes: &'a [Write]) -> BoxFuture<'a, Result<(), Failure>> {
        self.inner.write(writes)
    }

    fn plan<'a>(&'a mut self, statements: &'a [Statement]) -> BoxFuture<'a, Result<Vec<Planned>, Failure>> {
        let fixed: Option<Vec<_>> = statements.iter().map(|s| self.plans.get(&s.sql).cloned()).collect();
        match fixed {
            Some(plans) => Box::pin(async move { Ok(plans) }),
            None => self.inner.plan(statements),
        }
    }

    fn prepare<'a>(&'a mut self, settings: &'a [String]) -> BoxFuture<'a, Result<(), Failure>> {
        self.inner.prepare(settings)
    }

    fn run<'a>(
        &'a mut self,
        place: &'a Place,
        step: &'a Step,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        self.inner.run(place, step, limits, progress)
    }

    fn back<'a>(
        &'a mut self,
        place: &'a Place,
        step: &'a Step,
        limits: &'a Limits,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        self.inner.back(place, step, limits, progress)
    }

    fn ask<'a>(&'a mut self, questions: &'a [Require]) -> BoxFuture<'a, Result<Vec<Require>, Failure>> {
        self.inner.ask(questions)
    }

    fn settle<'a>(&'a mut self, limits: &'a Limits, progress: &'a dyn Progress) -> BoxFuture<'a, Result<(), Failure>> {
        self.inner.settle(limits, progress)
    }

    fn inspect(&mut self) -> BoxFuture<'_, Result<Vec<Remark>, Failure>> {
        self.inner.inspect()
    }
}

/// Opens a session with plans.
pub(crate) async fn open(url: &str, plans: &Arc<Plans>) -> Result<Fixed, Failure> {
    let address = Address::parse(url)?;
    let inner = Postgres.open(&address, &OpenOptions::default(), &dbwright_core::progress::Silent).await?;
    Ok(Fixed { inner, plans: Arc::clone(plans) })
}

/// A migration of statements as text.
pub(crate) fn migration(version: &str, up: &str, down: Option<&str>) -> Migration {
    let file = format!("{version}_test.sql");
    let read = |text: &str| Postgres.read(&file, text).expect("statements");
    Migration {
        version: version.to_owned(),
        name: "test".to_owned(),
        checksum: format!("checksum of {up}"),
        up: read(up),
        down: down.map(read),
        file: file.clone(),
        repeatable: false,
    }
}

/// A migration whose own transactions are taken out, as a folder's are.
pub(crate) fn file(version: &str, text: &str) -> Migration {
    let migration = migration(version, text, None);
    let (up, _) = without_transactions(migration.up).expect("transactions that end");
    Migration { up, ..migration }
}

/// A session that plans for itself.
pub(crate) async fn session(database: &Database) -> Fixed {
    open(&database.url, &Arc::new(Plans::new())).await.expect("open")
}

/// Options for tests: small batches, patience for a busy machine.
pub(crate) fn options() -> Options {
    let limits = Limits { first_batch: 100, largest_batch: 200, pause: 0.0, ..Limits::default() };
    Options { lock_wait: Duration::from_mins(2), limits, ..Options::default() }
}

/// The first cell of a query.
pub(crate) fn cell(url: &str, query: &str) -> String {
    let rows = sql::query(url, query).unwrap_or_else(|reason| panic!("{reason} in {query}"));
    rows.first().and_then(|row| row.first()).cloned().unwrap_or_default()
}

/// The schema `public` as text, journal and helpers of `dbwright` included: two equal ones are the same schema.
pub(crate) fn schema(url: &str) -> String {
    let query = "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
        SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' '
            || coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS line
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT pg_get_indexdef(i.indexrelid) || ' ' || i.indisvalid FROM pg_index i
            JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace
        UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND NOT (contype = 'f' AND conparentid <> 0)
        UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'partition ' || inhrelid::regclass || ' of ' || inhparent::regclass FROM pg_inherits
        UNION ALL SELECT nspname FROM pg_namespace WHERE nspname ~ '^dbwright_'
        UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p
            WHERE pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'dbwright'))
        ) lines(line)";
    cell(url, query)
}

/// The states of the steps, in order.
pub(crate) fn states(url: &str) -> Vec<String> {
    let query = "SELECT state FROM dbwright.steps ORDER BY version, part DESC, statement, step";
    sql::query(url, query).expect("the journal").into_iter().map(|mut row| row.remove(0)).collect()
}
