//! Steps as text that a person runs by hand with the mysql client: what is asked before a statement stands before it, and
//! batches are a procedure that commits each range.

use dbwright_migrate::ByHand;
use dbwright_migrate::by_hand::ended;
use dbwright_migrate::plan::{Back, Backfill};
use dbwright_sql::Dialect;

use crate::migrate::session::alone::{WHEN, WHILE};
use crate::migrate::session::backfill::ON_DUPLICATE;

/// Rows in one batch of the printed procedure.
const BATCH: usize = 5_000;

/// For the mysql and mariadb clients.
pub(in crate::migrate) fn client() -> ByHand {
    ByHand {
        head: "-- Run it step by step with the mysql client, and look at the result of each; nothing of it is in dbwright's journal\n\
               -- then: record it afterwards with `dbwright migrate baseline`.\nSET SESSION lock_wait_timeout = 1;  \
               -- when a step fails because of it, wait a little and run that step again\n",
        run_results: |query| ended(&before(query)) + "\n",
        batches: Some(batches),
        back,
        ..ByHand::default()
    }
}

/// A way back: what is asked first, then what is done whatever the answer.
fn back(back: &Back) -> Vec<String> {
    back.clear.iter().map(|query| before(query)).chain(back.statements.iter().cloned()).collect()
}

/// A statement behind its question, as a comment says it.
fn before(query: &str) -> String {
    let asked = |word: &str, question: &str, statement: &str| {
        // What a definition is compared with is a mark, which nobody compares by eye.
        if question.starts_with("SHOW CREATE TABLE") {
            return statement.to_owned();
        }
        let question = question.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("-- {word} this yields 1: {question}\n{statement}")
    };
    if let Some((question, statement)) = query.split_once(WHEN) {
        asked("when", question, statement)
    } else if let Some((question, statement)) = query.split_once(WHILE) {
        asked("again and again, as long as", question, statement)
    } else if let Some(text) = query.strip_prefix("SELECT '").and_then(|rest| rest.strip_suffix('\'')) {
        text.replace("''", "'")
    } else {
        format!("-- run what this returns\n{query}")
    }
}

/// A backfill as a procedure: one transaction for each range. `@dbwright_after` holds where it goes on when it was interrupted.
fn batches(fill: &Backfill) -> String {
    let before: String =
        fill.before_batch.iter().filter(|sql| !sql.starts_with(ON_DUPLICATE)).map(|sql| ended(sql) + "\n").collect();
    let [key] = fill.key.as_slice() else { return before + &at_once(fill) };
    let literal = |text: &str| Dialect::Mysql.literal(text);
    let column = format!("s.{}", key.name);
    let value = match key.ty.as_str() {
        "number" => format!("CONCAT({column})"),
        "bytes" => format!("CONCAT('x''', HEX({column}), '''')"),
        "moment" => format!("CONCAT('''', {column}, '''')"),
        charset => format!("CONCAT('_{charset} x''', HEX({column}), '''')"),
    };
    let ask = format!("SELECT {value} INTO @dbwright_upto FROM {} s WHERE ", fill.table);
    let order = format!(" ORDER BY {column} LIMIT 1 OFFSET {}", BATCH - 1);
    let after =
        format!("IF(@dbwright_after IS NULL, '1 = 1', CONCAT({}, @dbwright_after))", literal(&format!("{column} > ")));
    let upto =
        format!("IF(@dbwright_upto IS NULL, '', CONCAT({}, @dbwright_upto))", literal(&format!(" AND {column} <= ")));
    format!(
        "{before}SET @dbwright_after = NULL;  -- once: interrupted, it goes on from there when it is called again in the same session\n\
         DELIMITER //\nCREATE PROCEDURE dbwright_batches()\nBEGIN\nREPEAT\nSET @dbwright_upto = NULL;\n\
         SET @dbwright_sql = CONCAT({}, {after}, {});\nPREPARE dbwright_ask FROM @dbwright_sql;\nEXECUTE dbwright_ask;\n\
         SET @dbwright_sql = REPLACE({}, '{{range}}', CONCAT('(', {after}, {upto}, ')'));\nPREPARE dbwright_batch FROM @dbwright_sql;\n\
         START TRANSACTION;\nEXECUTE dbwright_batch;\nCOMMIT;\nSET @dbwright_after = @dbwright_upto;\n\
         UNTIL @dbwright_upto IS NULL END REPEAT;\nEND//\nDELIMITER ;\nCALL dbwright_batches();\nDROP PROCEDURE dbwright_batches;\n",
        literal(&ask),
        literal(&order),
        literal(&fill.batch),
    )
}

/// All rows in one statement, where the key has several columns.
fn at_once(fill: &Backfill) -> String {
    let batch = ended(&fill.batch.replace("{range}", "true"));
    format!("-- all rows at once: cut it into ranges of the key where the table is large\n{batch}\n")
}
