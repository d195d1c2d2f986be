//! Carries an example's migration out and looks whether the server does what is claimed.

use std::collections::BTreeMap;

use dbwright_engine_postgres::migrate::LockMode;
use dbwright_engine_postgres::migrate::lint::{Claim, Example};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

/// Connects to a database.
pub(crate) async fn connect(url: &str) -> Result<Client, String> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(|e| format!("{e:?}"))?;
    tokio::spawn(connection);
    Ok(client)
}

/// Runs the migration, statement by statement, and returns what is not as claimed.
pub(crate) async fn replay(client: &Client, example: &Example, major: u32) -> Result<Vec<String>, String> {
    let mut wrong = Vec::new();
    for (at, statement) in example.migration.statements.iter().enumerate() {
        let holds = |claim: &&Claim| claim.statement == at && claim.versions.contains(&major);
        let claims: Vec<&Claim> = example.claims.iter().filter(holds).collect();
        let open = in_transaction(client).await?;
        if !open && claims.iter().any(|claim| claim.fails.is_none()) {
            client.batch_execute("BEGIN").await.map_err(|e| format!("{e:?}"))?;
            wrong.extend(look(client, &statement.sql, &claims).await?);
            client.batch_execute("ROLLBACK").await.map_err(|e| format!("{e:?}"))?;
        }
        let expected = claims.iter().find_map(|claim| claim.fails.clone());
        let state = client
            .batch_execute(&statement.sql)
            .await
            .err()
            .map(|e| e.code().map_or_else(|| e.to_string(), |code| format!("{} {e:?}", code.code())));
        match (&expected, &state) {
            (Some(wanted), Some(state)) if state.starts_with(wanted.as_str()) => {}
            (None, None) => {}
            _ => wrong.push(format!("line {}: fails with {state:?}, expected {expected:?}", statement.line)),
        }
        if state.is_some() && open {
            client.batch_execute("ROLLBACK").await.map_err(|e| format!("{e:?}"))?;
        }
    }
    Ok(wrong)
}

/// Whether a transaction block is open.
async fn in_transaction(client: &Client) -> Result<bool, String> {
    // Only inside a block two statements share their time of start.
    let now = "SELECT now() = statement_timestamp()";
    client.query_one("SELECT pg_sleep(0.001)", &[]).await.map_err(|e| format!("{e:?}"))?;
    Ok(!client.query_one(now, &[]).await.map_err(|e| format!("{e:?}"))?.get::<_, bool>(0))
}

/// Runs a statement in an open transaction and compares locks and files with the claims.
async fn look(client: &Client, sql: &str, claims: &[&Claim]) -> Result<Vec<String>, String> {
    let before = files(client).await?;
    match client.batch_execute(sql).await {
        Ok(()) => {}
        // CONCURRENTLY refuses a transaction; its locks are seen from outside only.
        Err(e) if e.code() == Some(&SqlState::ACTIVE_SQL_TRANSACTION) => return Ok(Vec::new()),
        Err(e) => return Ok(vec![format!("{sql}: {e:?}")]),
    }
    let (after, locks) = (files(client).await?, locks(client).await?);
    let changed = after.iter().any(|(oid, file)| before.get(oid).is_some_and(|old| old != file));
    let mut wrong = Vec::new();
    for claim in claims {
        for (mode, table) in &claim.locks {
            let held = locks.get(table).map(|mode| mode.words());
            if held != Some(mode.as_str()) {
                wrong.push(format!("{sql}: holds {held:?} on {table}, claimed {mode}"));
            }
        }
        if claim.rewrite.is_some_and(|rewrite| rewrite != changed) {
            wrong.push(format!("{sql}: rewrite is {changed}"));
        }
    }
    Ok(wrong)
}

/// The file of each table with storage.
async fn files(client: &Client) -> Result<BTreeMap<u32, u32>, String> {
    let sql = "SELECT oid, pg_relation_filenode(oid) FROM pg_class WHERE relkind IN ('r', 'm') AND oid >= 16384";
    let rows = client.query(sql, &[]).await.map_err(|e| format!("{e:?}"))?;
    Ok(rows.iter().filter_map(|row| Some((row.get(0), row.get::<_, Option<u32>>(1)?))).collect())
}

/// The strongest lock that this session holds on each relation, by its name as it is written.
async fn locks(client: &Client) -> Result<BTreeMap<String, LockMode>, String> {
    let sql = "SELECT relation::regclass::text, mode FROM pg_locks \
               WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted AND relation >= 16384";
    let mut found: BTreeMap<String, LockMode> = BTreeMap::new();
    for row in client.query(sql, &[]).await.map_err(|e| format!("{e:?}"))? {
        let word = words(row.get(1));
        let mode = LockMode::read(&word).ok_or_else(|| format!("the mode {word}"))?;
        let strongest = found.entry(row.get(0)).or_insert(mode);
        *strongest = mode.max(*strongest);
    }
    Ok(found)
}

/// `AccessExclusiveLock` as `ACCESS EXCLUSIVE`.
fn words(mode: &str) -> String {
    let mut text = String::new();
    for c in mode.trim_end_matches("Lock").chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(c.to_ascii_uppercase());
    }
    text
}
