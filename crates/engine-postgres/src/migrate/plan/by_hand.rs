//! Steps as text that a DBA runs by hand with psql: batches as a loop that commits, questions that end the script.

use dbwright_migrate::ByHand;
use dbwright_migrate::plan::{Backfill, KeyColumn, Require};

use super::name::literal;
use super::step::dollar_tag;

/// Rows in one batch of the printed loop.
const BATCH: usize = 10_000;

/// For psql.
pub const PSQL: ByHand = ByHand {
    head: "\
-- Run it step by step with psql, and look at the result of each; nothing of it is in dbwright's journal then:
-- record it afterwards with `dbwright migrate baseline`.
\\set ON_ERROR_STOP on
\\set AUTOCOMMIT on
SET lock_timeout = '250ms';  -- when a step fails because of it, wait a little and run that step again
",
    ask: question,
    run_results: |query| format!("{query} \\gexec\n"),
    batches: Some(batches),
    back: |back| back.statements.clone(),
    before_begin: |_| false,
};

/// Ends the script when the answer is no.
fn question(require: &Require) -> String {
    let body = format!(
        "BEGIN\nIF NOT coalesce(({}), false) THEN RAISE EXCEPTION USING MESSAGE = {}; END IF;\nEND",
        require.query,
        literal(&require.or)
    );
    let tag = dollar_tag(&body);
    format!("DO {tag}\n{body} {tag};\n")
}

/// A backfill as a block: a loop over the key, one transaction for each range.
fn batches(fill: &Backfill) -> String {
    let only = if fill.only { "ONLY " } else { "" };
    let (body, declare) = if fill.key.is_empty() { by_place(fill) } else { by_key(fill, only) };
    let block = format!("DECLARE\n{declare}BEGIN\n{body}END");
    let tag = dollar_tag(&block);
    format!("DO {tag}\n{block} {tag};\n")
}

/// One batch, tried again when a row is locked for long: whoever gives way before `deadlock_timeout` is never the cause of an
/// application's deadlock.
fn patient(fill: &Backfill, range: &str) -> String {
    let before: String = fill.before_batch.iter().flat_map(|one| [one.as_str(), ";\n"]).collect();
    format!(
        "LOOP\nBEGIN\nSET LOCAL lock_timeout = '250ms';\n{before}{};\nEXIT;\n\
         EXCEPTION WHEN lock_not_available OR deadlock_detected THEN\nPERFORM pg_catalog.pg_sleep(0.1);\nEND;\nEND LOOP;\n",
        fill.batch.replace("{range}", range)
    )
}

fn by_key(fill: &Backfill, only: &str) -> (String, String) {
    let names: Vec<String> = fill.key.iter().map(|key| format!("s.{}", key.name)).collect();
    let list = names.join(", ");
    let variables = |prefix: &str| (0..fill.key.len()).map(|at| format!("{prefix}{at}")).collect::<Vec<_>>().join(", ");
    let declared = |prefix: &str, keys: &[KeyColumn]| {
        keys.iter().enumerate().map(|(at, key)| format!("{prefix}{at} {};\n", key.ty)).collect::<Vec<_>>().concat()
    };
    let (low, high) = (variables("low"), variables("high"));
    let range = format!("(first OR ({list}) > ({low})) AND (high0 IS NULL OR ({list}) <= ({high}))");
    let rest = format!("first OR ({list}) > ({low})");
    let body = format!(
        "LOOP\nSELECT {list} INTO {high} FROM {only}{table} AS s WHERE {rest} ORDER BY {list} OFFSET {skip} LIMIT 1;\n{batch}\
         EXIT WHEN high0 IS NULL;\nCOMMIT;\n{next}first := false;\nEND LOOP;\n",
        table = fill.table,
        skip = BATCH - 1,
        batch = patient(fill, &format!("({range})")),
        next = (0..fill.key.len()).map(|at| format!("low{at} := high{at};\n")).collect::<Vec<_>>().concat(),
    );
    let declare = format!("first boolean := true;\n{}{}", declared("low", &fill.key), declared("high", &fill.key));
    (body, declare)
}

/// Pages by number, for tables without a key.
fn by_place(fill: &Backfill) -> (String, String) {
    let range = "(s.ctid >= format('(%s,0)', page)::tid AND s.ctid < format('(%s,0)', page + 1000)::tid)";
    let body = format!(
        "pages := pg_catalog.pg_relation_size({}::regclass) / current_setting('block_size')::bigint;\nWHILE page <= pages LOOP\n{}COMMIT;\npage := page + 1000;\nEND LOOP;\n",
        literal(&fill.table),
        patient(fill, range),
    );
    (body, "page bigint := 0;\npages bigint;\n".to_owned())
}
