//! What the server counted as a workload: shapes named as those of a slow log or a file are, so that they can be compared.

use std::collections::HashMap;

use dbwright_core::workload::{Statement, Workload};
use dbwright_sql::{Dialect, fingerprint, normalised};

use crate::body::{Digest, Digests};

/// The workload of the counted statements; none when nothing was counted. `database` is the one that the address names.
pub(crate) fn of(digests: &Digests, database: Option<&str>) -> Option<Workload> {
    if digests.statements.is_empty() {
        return None;
    }
    let mut found: Vec<Statement> = Vec::new();
    let mut known: HashMap<(String, Option<String>), usize> = HashMap::new();
    for digest in digests.statements.iter().filter(|digest| is_work(&digest.text)) {
        if database.is_some() && digest.schema.as_deref() != database {
            continue;
        }
        let text = plain(&digest.text);
        let name = fingerprint(&text, Dialect::Mysql);
        let at = *known.entry((name.clone(), digest.schema.clone())).or_insert_with(|| {
            let text = normalised(&text, Dialect::Mysql);
            found.push(Statement { fingerprint: name, text, database: digest.schema.clone(), ..Statement::default() });
            found.len() - 1
        });
        add(&mut found[at], digest);
    }
    let total = |one: &Statement| one.total_ms.unwrap_or(0.0);
    found.sort_by(|a, b| total(b).total_cmp(&total(a)).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
    Some(Workload {
        source: "performance_schema.events_statements_summary_by_digest".to_owned(),
        window_s: Some(digests.window_s).filter(|window| *window > 0.0),
        statements: found,
        ..Workload::default()
    })
}

fn add(one: &mut Statement, digest: &Digest) {
    one.calls += digest.calls as f64;
    one.total_ms = Some(one.total_ms.unwrap_or(0.0) + digest.total_ms);
    one.mean_ms = one.total_ms.map(|total| total / one.calls.max(1.0));
    one.max_ms = Some(one.max_ms.unwrap_or(0.0).max(digest.max_ms));
    one.rows = Some(one.rows.unwrap_or(0.0) + (digest.sent + digest.affected) as f64);
    // The server cuts long ones.
    one.samples.extend(digest.sample.iter().filter(|sample| !sample.ends_with("...")).cloned());
}

/// The server writes `(...)` for a list of values, and `/* , ... */` behind the first of many rows; a column that is called
/// `day`, or a unit of time, by the other name that the word has.
pub(crate) fn plain(text: &str) -> String {
    let mut parts = text.split("(...)");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // How many values a function had is lost: what it yields stands for it.
        match function(&whole) {
            Some(at) => {
                whole.truncate(at);
                whole.push('?');
            }
            None => whole.push_str("(?)"),
        }
        whole.push_str(part);
    }
    whole.replace("SQL_TSI_", "")
}

/// Where the name of a function begins that stands last; the server quotes it.
fn function(text: &str) -> Option<usize> {
    let name = text.trim_end().strip_suffix('`')?;
    let at = name.rfind('`')?;
    let before = name[..at].trim_end().to_ascii_uppercase();
    // `INSERT INTO t (…)`, `WITH t (…)`.
    let named = ["INTO", "WITH", "RECURSIVE", "."].iter().any(|word| before.ends_with(word));
    (!named).then_some(at)
}

/// Whether a statement reads or writes rows.
fn is_work(text: &str) -> bool {
    let first = text.trim_start_matches(['(', ' ']).split([' ', '(']).next().unwrap_or_default().to_ascii_uppercase();
    reads(&first) && !of_the_server(text)
}

/// Whether it reads what the server tells of itself, as monitoring does: no index could serve that.
fn of_the_server(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let schemas = ["`information_schema` .", "`performance_schema` .", "`mysql` .", "`sys` ."];
    let mut named =
        ["from ", "join "].iter().flat_map(|word| text.match_indices(word).map(|(at, _)| &text[at + word.len()..]));
    named.any(|rest| schemas.iter().any(|schema| rest.starts_with(schema)))
}

fn reads(first: &str) -> bool {
    matches!(
        first,
        "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "WITH" | "TABLE" | "VALUES" | "CALL" | "LOAD"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(schema: &str, text: &str, calls: u64, total_ms: f64) -> Digest {
        Digest { schema: Some(schema.to_owned()), text: text.to_owned(), calls, total_ms, ..Digest::default() }
    }

    #[test]
    fn words_of_time_have_their_usual_names() {
        assert_eq!(plain("SELECT ID FROM `t` WHERE SQL_TSI_DAY IN (...)"), "SELECT ID FROM `t` WHERE DAY IN (?)");
    }

    #[test]
    fn a_function_of_an_unknown_number_of_values_is_a_value() {
        assert_eq!(plain("SELECT ? WHERE `a` = LEFT ( `SHA2` (...) , ? )"), "SELECT ? WHERE `a` = LEFT ( ? , ? )");
        assert_eq!(plain("INSERT INTO `t` VALUES (...)"), "INSERT INTO `t` VALUES (?)");
        assert_eq!(plain("INSERT INTO `t` (...)"), "INSERT INTO `t` (?)");
    }

    #[test]
    fn monitoring_is_no_work() {
        assert!(is_work("SELECT `u` FROM `mysqlish`") && !is_work("SELECT `u` FROM `mysql` . `user`"));
        assert!(!is_work("SELECT COUNT ( * ) FROM `information_schema` . `TABLES`"));
    }

    #[test]
    fn digests_have_the_shapes_of_statements() {
        let statements = vec![
            digest("shop", "SELECT * FROM `orders` WHERE `id` IN (...)", 2, 10.0),
            digest("shop", "INSERT INTO `orders` VALUES (...) /* , ... */", 4, 30.0),
            digest("other", "SELECT ?", 1, 99.0),
            digest("shop", "SET NAMES ?", 9, 1.0),
        ];
        let digests = Digests { window_s: 60.0, total_ms: 140.0, statements };
        let workload = of(&digests, Some("shop")).expect("statements");
        let shapes: Vec<_> = workload.statements.iter().map(|one| (one.text.as_str(), one.mean_ms)).collect();
        assert_eq!(
            shapes,
            [("insert into orders values (?)", Some(7.5)), ("select * from orders where id in (?)", Some(5.0))]
        );
        let same = fingerprint("select * from orders where id in (1, 2, 3)", Dialect::Mysql);
        assert_eq!(workload.statements[1].fingerprint, same);
        assert_eq!(of(&digests, None).map(|workload| workload.statements.len()), Some(3));
        assert_eq!(of(&Digests::default(), None), None);
    }
}
