//! A plan as text that a DBA runs by hand with psql: every step in order, batches as a loop that commits.

use std::fmt::Write as _;

use dbwright_migrate::plan::{Backfill, KeyColumn, Phase, Planned, Require, Step, Work};

use super::name::literal;
use super::step::dollar_tag;

/// Rows in one batch of the printed loop.
const BATCH: usize = 10_000;

/// The plan of one statement, for psql with `ON_ERROR_STOP`.
#[must_use]
pub fn text(planned: &Planned) -> String {
    let mut out = format!("-- line {}: {}\n", planned.line, planned.method);
    for line in planned.statement.lines() {
        let _ = writeln!(out, "--   {line}");
    }
    for note in &planned.notes {
        let _ = writeln!(out, "-- note: {note}");
    }
    if let Some(blocking) = &planned.blocking {
        let ms = blocking.expected_ms.map(|ms| format!(" (about {ms:.0} ms)")).unwrap_or_default();
        let _ = writeln!(out, "-- blocks others: {}{ms}", blocking.reason);
    }
    if let Some(later) = &planned.later {
        let _ = writeln!(out, "-- {later}");
    }
    for (nth, step) in planned.steps.iter().enumerate() {
        out.push_str(&one(nth + 1, step));
    }
    out
}

fn one(nth: usize, step: &Step) -> String {
    let phase = match step.phase {
        Phase::Expand => "expand",
        Phase::Backfill => "backfill",
        Phase::Switch => "switch",
        Phase::Contract => "contract; no way back from here",
    };
    let mut out = format!("\n-- step {nth} ({phase}): {}\n", step.title.replace('\n', " "));
    if !step.lock.mode.is_empty() {
        let _ = writeln!(out, "-- locks {} {}", step.lock.objects.join(", "), step.lock.mode);
    }
    match &step.work {
        Work::Transaction { statements, require } => {
            out.push_str("BEGIN;\nSET LOCAL lock_timeout = '1s';\n");
            for statement in statements {
                let _ = writeln!(out, "{statement};");
            }
            out.push_str(&questions(require));
            out.push_str("COMMIT;\n");
        }
        Work::Alone { statement, clear, .. } => {
            for query in clear {
                let _ = writeln!(out, "{query} \\gexec");
            }
            let _ = writeln!(out, "{statement};");
        }
        Work::Backfill(backfill) => {
            out.push_str(&batches(backfill));
            out.push_str(&questions(&backfill.verify));
        }
        Work::Verify { require } => out.push_str(&questions(require)),
    }
    out
}

/// Questions that end the script when one is answered with no.
fn questions(require: &[Require]) -> String {
    let ask = |one: &Require| {
        let body = format!(
            "BEGIN\nIF NOT coalesce(({}), false) THEN RAISE EXCEPTION USING MESSAGE = {}; END IF;\nEND",
            one.query,
            literal(&one.or)
        );
        let tag = dollar_tag(&body);
        format!("DO {tag}\n{body} {tag};\n")
    };
    require.iter().map(ask).collect()
}

/// A backfill as a block: a loop over the key, one transaction for each range.
#[must_use]
pub fn batches(fill: &Backfill) -> String {
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
