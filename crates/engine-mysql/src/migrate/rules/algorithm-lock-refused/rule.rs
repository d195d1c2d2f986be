//! `migrate/algorithm-lock-refused`: a statement that demands a way which the server does not have for it.

use std::ops::Range;

use dbwright_core::{Cx, Severity};

use crate::flavour::Flavour;
use crate::migrate::lint::steps::ddl;
use crate::migrate::lint::{Cause, Scene, Verdict};
use crate::migrate::text::Cursor;
use crate::migrate::ways::Way;

/// Words of ALGORITHM from the least work to the most; those of LOCK from the least harm to the most.
const ALGORITHMS: [&str; 3] = ["INSTANT", "INPLACE", "COPY"];
const LOCKS: [&str; 3] = ["NONE", "SHARED", "EXCLUSIVE"];

/// Reports statements that will be refused for their own ALGORITHM or LOCK.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let Some((altered, verdict)) = scene.plainly() else { return };
    let sql = scene.sql();
    let demands = demands(sql);
    let Some(refused) = refused(scene, &demands, &verdict) else { return };
    let table = &altered.table;
    let accepted = accepted(scene.flavour, verdict.way);
    let title = format!("{} refuses {} for this change of {}", scene.flavour.name(), refused.0, table.sql());
    let finding = cx
        .finding(table.subject(), title)
        .evidence("demanded", said(sql, &demands), "", "the statement")
        .evidence("accepted", accepted.clause(), "", "the manual, and trials on real servers");
    if !scene.as_is {
        let why = "the statement fails when anything but dbwright runs it; `dbwright migrate apply` leaves ALGORITHM and LOCK out, asks the server, \
                   and takes the way that does the least harm; no change is shown: leave them out";
        cx.report(finding.severity(Severity::Low).why(why));
        return;
    }
    let why = format!("{}; the statement fails, changes nothing, and the deployment stops there", refused.1);
    cx.report(if verdict.way.online() {
        finding.why(why).change(ddl(
            vec![rewritten(sql, &demands, accepted)],
            "LOCK=NONE or an instant: reads and writes go on, apart from a moment at both ends",
        ))
    } else {
        finding.why(format!(
            "{why}; the least that the server takes is {}, under which writes wait: no change is shown, because `dbwright migrate apply` has a way \
             around it",
            accepted.clause()
        ))
    });
}

/// What is demanded: ALGORITHM or LOCK, and where its value stands.
struct Demand {
    what: &'static str,
    value: Range<usize>,
}

fn demands(sql: &str) -> Vec<Demand> {
    let (mut cursor, mut found) = (Cursor::new(sql), Vec::new());
    while cursor.seek(&["algorithm", "lock"]) {
        let what = if cursor.is("algorithm") { "ALGORITHM" } else { "LOCK" };
        cursor.skip();
        cursor.accept(&["="]);
        let word = cursor.peek().to_ascii_uppercase();
        let known = ALGORITHMS.contains(&word.as_str()) || LOCKS.contains(&word.as_str());
        if known {
            let start = cursor.start();
            found.push(Demand { what, value: start..start + word.len() });
        }
    }
    found
}

fn value<'a>(sql: &'a str, demands: &[Demand], what: &str) -> Option<&'a str> {
    demands.iter().find(|demand| demand.what == what).and_then(|demand| sql.get(demand.value.clone()))
}

fn said(sql: &str, demands: &[Demand]) -> String {
    let one = |demand: &Demand| format!("{}={}", demand.what, sql[demand.value.clone()].to_ascii_uppercase());
    demands.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What is refused, and why.
fn refused(scene: &Scene, demands: &[Demand], verdict: &Verdict) -> Option<(String, &'static str)> {
    let (sql, way) = (scene.sql(), verdict.way);
    let rank = |words: &[&str], word: &str| words.iter().position(|known| known.eq_ignore_ascii_case(word));
    let algorithm = value(sql, demands, "ALGORITHM").and_then(|word| rank(&ALGORITHMS, word));
    let lock = value(sql, demands, "LOCK").and_then(|word| rank(&LOCKS, word));
    let needed = rank(&ALGORITHMS, way.algorithm)?;
    let mysql = scene.flavour == Flavour::MySql;
    if algorithm.is_some_and(|demanded| demanded < needed) && !taken_all_the_same(mysql, verdict) {
        let word = ALGORITHMS[algorithm?];
        return Some((format!("ALGORITHM={word}"), "the change needs more work than that"));
    }
    // What is instant by demand takes no other lock than its own.
    if mysql && algorithm == Some(0) && lock.is_some() {
        let word = LOCKS[lock?];
        return Some((
            format!("ALGORITHM=INSTANT with LOCK={word}"),
            "beside ALGORITHM=INSTANT it takes no LOCK but DEFAULT",
        ));
    }
    let copies = needed == 2 || algorithm == Some(2);
    // From 11.2 on MariaDB copies beside writes where it can.
    if copies && !mysql && scene.version >= (11, 2, 0) {
        return None;
    }
    let least = if copies { 1 } else { rank(&LOCKS, way.lock).unwrap_or(0) };
    let reason = if copies { "a copy is made while writes wait" } else { "writes have to wait for this change" };
    (lock? < least).then(|| (format!("LOCK={}", LOCKS[lock.unwrap_or(0)]), reason))
}

/// MariaDB takes another ALGORITHM for some changes that it makes by a copy all the same.
fn taken_all_the_same(mysql: bool, verdict: &Verdict) -> bool {
    let told = matches!(
        verdict.cause,
        Cause::Type | Cause::LongerText | Cause::Charset | Cause::Values | Cause::StoredColumn | Cause::NumberedColumn
    );
    !mysql && verdict.way.algorithm == "COPY" && !told
}

/// The way as the flavour takes it when it is said.
fn accepted(flavour: Flavour, way: Way) -> Way {
    let instant = way.algorithm == "INSTANT" && flavour == Flavour::MySql;
    if instant { Way { algorithm: "INSTANT", lock: "DEFAULT" } } else { way }
}

/// The statement with the accepted words in place of those that are demanded.
fn rewritten(sql: &str, demands: &[Demand], way: Way) -> String {
    let mut text = sql.to_owned();
    for demand in demands.iter().rev() {
        text.replace_range(demand.value.clone(), if demand.what == "LOCK" { way.lock } else { way.algorithm });
    }
    text
}
