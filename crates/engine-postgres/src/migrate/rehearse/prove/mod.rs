//! What statements really do on a server: the table of locks, and the claims of the rules.

mod claims;
mod forms;
mod page;
mod statement;

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_migrate::rehearse::Form;
use tokio_postgres::Client;

pub use claims::prove_claims;
pub use page::{MEASURED, MEASURED_FILE, locks_page};

use forms::{FormText, forms};
use statement::{Afterwards, Measured, measure, outside, run};

/// The schema that all is tried in.
const SCHEMA: &str = "dbwright_proof";
/// What a writer holds while a statement is watched that is not in a transaction: once all, once all but what is partitioned.
const HELD: [&str; 2] = [
    "dbwright_proof.t, dbwright_proof.loose, dbwright_proof.p",
    "dbwright_proof.t, dbwright_proof.loose, dbwright_proof.p1, dbwright_proof.p2",
];
/// How long the server may take to accept a connection.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

const SETUP: &str = "\
RESET ALL;
DROP SCHEMA IF EXISTS dbwright_proof CASCADE; DROP SCHEMA IF EXISTS dbwright_proof_2 CASCADE;
CREATE SCHEMA dbwright_proof; SET search_path = dbwright_proof; SET client_min_messages = warning;
CREATE TYPE mood AS ENUM ('a', 'b'); CREATE DOMAIN positive AS int CHECK (value > 0); CREATE SEQUENCE s;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE r (id int PRIMARY KEY); INSERT INTO r SELECT generate_series(1, 500);
CREATE TABLE t (id int PRIMARY KEY, n int, nn int NOT NULL, v varchar(50), x text, ch char(10), num numeric(10,2),
  ts timestamp, tz timestamptz, j json, feeling mood);
INSERT INTO t SELECT n, n, n, 'v', 'x', 'c', n, '2026-01-01', '2026-01-01', '{}', 'a' FROM generate_series(1, 500) n;
CREATE INDEX t_n ON t (n); CREATE INDEX t_x ON t (x); CREATE UNIQUE INDEX t_nn ON t (nn);
CREATE TABLE p (id int, k int) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (1000); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (1000) TO (2000);
INSERT INTO p SELECT n, n * 2 FROM generate_series(1, 900) n;
CREATE TABLE loose (id int, k int); INSERT INTO loose SELECT n, 2000 + n FROM generate_series(1, 500) n;
CREATE MATERIALIZED VIEW m AS SELECT id, nn FROM t; CREATE UNIQUE INDEX m_id ON m (id);
CREATE VIEW w AS SELECT id FROM t;
ANALYZE r, t, p1, p2, loose, m";

/// Measures all forms of statements on a server, in a schema that is made anew for each and dropped in the end.
///
/// # Errors
/// When the server can't be reached or refuses what every server must do.
pub async fn measure_forms(url: &str, progress: &dyn Progress) -> Result<Vec<Form>, Failure> {
    let connection = crate::connect::open(&Address::parse(url)?, PATIENCE).await?;
    let client = &connection.client;
    let texts = forms();
    progress.stage("measuring what statements lock", Some(texts.len() as u64));
    let mut all = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        all.push(form(client, url, text).await?);
        progress.step(at as u64 + 1);
    }
    run(
        client,
        "RESET ALL; DROP SCHEMA IF EXISTS dbwright_proof CASCADE; DROP SCHEMA IF EXISTS dbwright_proof_2 CASCADE",
    )
    .await?;
    Ok(all)
}

async fn form(client: &Client, url: &str, text: &FormText) -> Result<Form, Failure> {
    prepare(client, text).await?;
    let mut measured = measure(client, url, &text.statement, Afterwards::TakenBack).await?;
    if measured.alone && measured.refused.is_none() {
        for held in HELD {
            prepare(client, text).await?;
            measured = measured.with(outside(client, url, &text.statement, held).await?);
        }
    }
    Ok(shown(text, &measured))
}

/// A refusal to be prepared shows itself at the statement.
async fn prepare(client: &Client, text: &FormText) -> Result<(), Failure> {
    run(client, SETUP).await?;
    for sql in &text.setup {
        let _ = client.batch_execute(sql).await;
    }
    Ok(())
}

/// The strongest lock on each table; where no table is locked, on each index.
fn shown(text: &FormText, measured: &Measured) -> Form {
    let short =
        |name: &String| name.strip_prefix(SCHEMA).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name).to_owned();
    let tables = measured.locks.iter().filter(|(name, _)| !measured.indexes.contains(*name));
    let mut locks: Vec<_> = tables.map(|(name, mode)| (short(name), mode.words().to_owned())).collect();
    if locks.is_empty() {
        locks = measured.locks.iter().map(|(name, mode)| (short(name), mode.words().to_owned())).collect();
    }
    Form {
        group: text.group.clone(),
        form: text.name.clone(),
        statement: text.statement.clone(),
        locks,
        rewrites: measured.rewrites.iter().map(short).collect(),
        reads: measured.reads.iter().map(short).collect(),
        refused: measured.refused.as_ref().map(|(_, words)| words.clone()),
    }
}
