//! Carries an example's migration out and looks whether the server does what is claimed.

use dbwright_engine_mysql::flavour::Flavour;
use dbwright_engine_mysql::migrate::lint::Claim;
use dbwright_migrate::lint::Example;
use dbwright_testkit::MyDatabase;
use dbwright_testkit::my::sql::Session;

/// The ways that a server is asked for, from the least harm to the most.
const WAYS: [(&str, &str); 4] =
    [("INSTANT", "DEFAULT"), ("INPLACE", "NONE"), ("INPLACE", "SHARED"), ("COPY", "SHARED")];

/// Runs the migration, statement by statement, and returns what is not as claimed.
pub(crate) fn replay(
    database: &MyDatabase,
    example: &Example<Claim>,
    (flavour, version): (Flavour, (u16, u16, u16)),
) -> Result<Vec<String>, String> {
    let session = database.session();
    let mut wrong = Vec::new();
    for (at, statement) in example.migration.statements.iter().enumerate() {
        let holds = |claim: &&Claim| claim.statement == at && claim.holds(flavour, version);
        let claims: Vec<&Claim> = example.claims.iter().filter(holds).collect();
        let expected = claims.iter().find_map(|claim| claim.fails);
        let asked = claims.iter().find(|claim| claim.algorithm.is_some());
        let outcome = match asked {
            Some(claim) => {
                let done = first_way(&session, &statement.sql, flavour)?;
                wrong.extend(compare(claim, &done, &statement.sql));
                Ok(())
            }
            None => session.query(&statement.sql).map(drop),
        };
        match (expected, outcome) {
            (None, Ok(())) => {}
            (Some(number), Err(reason)) if reason.contains(&number.to_string()) => {}
            (expected, outcome) => {
                wrong.push(format!("line {}: {outcome:?}, expected {expected:?}: {}", statement.line, statement.sql));
            }
        }
    }
    Ok(wrong)
}

fn compare(claim: &Claim, done: &(&str, &str), sql: &str) -> Option<String> {
    let algorithm = claim.algorithm.as_deref().is_none_or(|claimed| claimed == done.0);
    let lock = claim.lock.as_deref().is_none_or(|claimed| claimed == done.1);
    (!algorithm || !lock).then(|| format!("{sql}: done with {done:?}, claimed {:?} {:?}", claim.algorithm, claim.lock))
}

/// Does the statement in the first way that the server takes.
fn first_way(session: &Session, sql: &str, flavour: Flavour) -> Result<(&'static str, &'static str), String> {
    // MariaDB takes INSTANT for some changes that it makes by a copy all the same; it takes INPLACE for none of them.
    let copied = flavour == Flavour::MariaDb && refuses_in_place(session, sql)?;
    let mut last = String::new();
    for way in WAYS.into_iter().filter(|way| !(copied && way.1 != "SHARED")) {
        match session.query(&with(sql, way)) {
            Ok(_) => return Ok(way),
            Err(reason) if is_refusal(&reason) => last = reason,
            Err(reason) => return Err(format!("{}: {reason}", with(sql, way))),
        }
    }
    Err(format!("{sql}: {last}"))
}

/// Whether a likeness of the table is not changed in place.
fn refuses_in_place(session: &Session, sql: &str) -> Result<bool, String> {
    let words: Vec<&str> = sql.split_whitespace().collect();
    if !(words[0].eq_ignore_ascii_case("alter") && words[1].eq_ignore_ascii_case("table")) {
        return Ok(false);
    }
    session.query("DROP TABLE IF EXISTS dbwright_likeness")?;
    session.query(&format!("CREATE TABLE dbwright_likeness LIKE {}", words[2]))?;
    let like = with(&sql.replacen(words[2], "dbwright_likeness", 1), ("INPLACE", "SHARED"));
    let refused = session.query(&like).is_err_and(|reason| is_refusal(&reason));
    session.query("DROP TABLE IF EXISTS dbwright_likeness")?;
    Ok(refused)
}

/// Whether the algorithm or the lock is not for the change.
fn is_refusal(reason: &str) -> bool {
    ["1221", "1845", "1846", "4092"].iter().any(|number| reason.contains(number))
}

/// The statement with a way.
fn with(sql: &str, (algorithm, lock): (&str, &str)) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    if words[0].eq_ignore_ascii_case("alter") {
        let at = sql.find(words[2]).unwrap_or(0) + words[2].len();
        let rest = sql[at..].trim_start();
        let alone = rest.to_ascii_uppercase().starts_with("PARTITION BY")
            || rest.to_ascii_uppercase().starts_with("REMOVE PART");
        let comma = if alone { "" } else { "," };
        return format!("{} ALGORITHM={algorithm}, LOCK={lock}{comma} {rest}", &sql[..at]);
    }
    format!("{sql} ALGORITHM={algorithm} LOCK={lock}")
}
