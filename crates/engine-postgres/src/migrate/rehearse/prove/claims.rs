//! Replays the examples of the rules, and compares what the server does with what they claim.

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_migrate::rehearse::ClaimProof;
use dbwright_sql::Dialect;
use tokio_postgres::Client;

use super::PATIENCE;
use super::statement::{Afterwards, Measured, lost, measure, outside, refused, run};
use crate::ddl::{self, Act};
use crate::lab::Lab;
use crate::migrate::lint::{Claim, Example, examples};

const SQL: Dialect = Dialect::Postgres;

/// Runs all examples in a lab, each in a database of its own.
///
/// # Errors
/// When an example is not of the form, or the lab refuses what every server must do.
pub async fn prove_claims(lab: &Lab, progress: &dyn Progress) -> Result<Vec<ClaimProof>, Failure> {
    let major = lab.programs().major;
    let examples = examples()?;
    progress.stage("running the examples of the rules", Some(examples.len() as u64));
    let mut all = Vec::new();
    for (at, example) in examples.iter().enumerate() {
        progress.step(at as u64);
        let claims: Vec<&Claim> = example.claims.iter().filter(|claim| claim.versions.contains(&major)).collect();
        if claims.is_empty() {
            continue;
        }
        let database = format!("example_{at}");
        lab.create_database(&database).await?;
        all.extend(replay(&lab.url(&database), example, &claims).await?);
        lab.execute("postgres", &format!("DROP DATABASE {} WITH (FORCE)", SQL.ident(&database))).await?;
    }
    Ok(all)
}

async fn replay(url: &str, example: &Example, claims: &[&Claim]) -> Result<Vec<ClaimProof>, Failure> {
    let connection = crate::connect::open(&Address::parse(url)?, PATIENCE).await?;
    let client = &connection.client;
    let mut proofs = Vec::new();
    for statement in &example.setup {
        if let Err(error) = client.batch_execute(&statement.sql).await {
            let claimed = "the set-up runs".to_owned();
            let measured = crate::error::text(&error);
            proofs.push(proof(example, &statement.sql, claimed, measured, false));
            return Ok(proofs);
        }
    }
    run(client, "ANALYZE").await?;
    // Whether the example itself has begun a transaction.
    let mut open = false;
    for (at, statement) in example.migration.statements.iter().enumerate() {
        open = begun(&statement.sql).unwrap_or(open);
        let of_it: Vec<&Claim> = claims.iter().copied().filter(|claim| claim.statement == at).collect();
        if of_it.is_empty() {
            // What fails here without a claim about it shows itself where something depends on it.
            if let Err(error) = client.batch_execute(&statement.sql).await
                && error.is_closed()
            {
                return Err(lost(&error));
            }
            continue;
        }
        let measured = one(client, url, &statement.sql, &of_it, open).await?;
        for claim in of_it {
            let (claimed, found, holds) = compare(client, claim, &measured).await?;
            proofs.push(proof(example, &statement.sql, claimed, found, holds));
        }
    }
    Ok(proofs)
}

/// Measures a statement and keeps what it did. Inside of a transaction of the example's own it is measured there, and what
/// the server asks of one that must stand alone is seen from outside.
async fn one(client: &Client, url: &str, sql: &str, claims: &[&Claim], open: bool) -> Result<Measured, Failure> {
    let fails = claims.iter().any(|claim| claim.fails.is_some());
    if open
        && fails
        && let Err(error) = client.batch_execute(sql).await
    {
        return refused(&error);
    }
    let measured = measure(client, url, sql, Afterwards::Kept).await?;
    // A concurrent statement that was too quick to be seen whole is run again with a writer in its way, where it can be.
    if !measured.alone || fails || !measured.locks.is_empty() {
        return Ok(measured);
    }
    let held: Vec<String> = claims.iter().flat_map(|claim| &claim.locks).map(|(_, table)| table.clone()).collect();
    let again = outside(client, url, sql, &held.join(", ")).await?;
    Ok(if again.refused.is_some() { measured } else { measured.with(again) })
}

/// Whether a transaction is open after a statement that begins or ends one.
fn begun(sql: &str) -> Option<bool> {
    // `ROLLBACK TO` a savepoint ends nothing; the reader calls it a savepoint.
    match ddl::read(sql).ok()?.as_slice() {
        [Act::Begin] => Some(true),
        [Act::Commit | Act::Rollback] => Some(false),
        _ => None,
    }
}

fn proof(example: &Example, statement: &str, claimed: String, measured: String, holds: bool) -> ClaimProof {
    let kind = if example.bad { "bad" } else { "good" };
    let (rule, statement) = (format!("{} ({kind}.sql)", example.rule), statement.to_owned());
    ClaimProof { rule, statement, claimed, measured, holds }
}

/// The claim in words, what was measured in the same words, and whether they agree.
async fn compare(client: &Client, claim: &Claim, measured: &Measured) -> Result<(String, String, bool), Failure> {
    let (mut claimed, mut found, mut holds) = (Vec::new(), Vec::new(), true);
    let state = measured.refused.as_ref().map(|(state, _)| state.as_str());
    if claim.fails.is_some() || state.is_some() {
        let words = |state: Option<&str>| state.map_or_else(|| "runs".to_owned(), |state| format!("fails {state}"));
        claimed.push(words(claim.fails.as_deref()));
        found.push(words(state));
        holds &= claim.fails.as_deref() == state;
    }
    let mut tables = Vec::new();
    for (mode, table) in &claim.locks {
        let name = resolve(client, table).await?;
        let held = measured.locks.get(&name).map_or("no lock", |mode| mode.words());
        claimed.push(format!("{mode} ON {table}"));
        found.push(format!("{held} ON {table}"));
        holds &= held == mode;
        tables.push(name);
    }
    if let Some(rewrite) = claim.rewrite {
        let of_claim = |name: &String| tables.is_empty() || tables.contains(name);
        let rewritten = measured.rewrites.iter().any(of_claim);
        let words = |yes: bool| if yes { "rewrite" } else { "no rewrite" }.to_owned();
        claimed.push(words(rewrite));
        found.push(words(rewritten));
        holds &= rewrite == rewritten;
    }
    Ok((claimed.join("; "), found.join("; "), holds))
}

/// `schema.name` of a table as written; a table that is gone or renamed by now goes by its schema `public`.
async fn resolve(client: &Client, table: &str) -> Result<String, Failure> {
    let sql = "SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c \
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = pg_catalog.to_regclass($1)";
    let row = client.query_opt(sql, &[&table]).await.map_err(|e| lost(&e))?;
    let plain = || table.split('.').map(unquoted).collect::<Vec<_>>().join(".");
    Ok(row.map_or_else(|| if table.contains('.') { plain() } else { format!("public.{}", plain()) }, |row| row.get(0)))
}

fn unquoted(part: &str) -> String {
    match part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => part.to_lowercase(),
    }
}
