//! `migrate/unbatched-write`: one transaction keeps every other writer out, and grows the write-ahead log.

use dbwright_core::{Change, Cx};

use crate::migrate::lint::{Scene, Table, Work};
use crate::migrate::parse::{Act, Cursor, PartKind};
use crate::migrate::schema::TableState;

/// Reports UPDATE and DELETE that can concern many rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let (Act::Update { filtered: true, .. } | Act::Delete { filtered: true, .. }) = scene.act() else { return };
    let Some(table) = scene.busy() else { return };
    let few = table.rows.is_some_and(|rows| rows < cx.limit("rows"));
    if few || table.name.to_lowercase().starts_with("sqlite_") || names_rows(table, scene.sql()) {
        return;
    }
    let verb = if matches!(scene.act(), Act::Update { .. }) { "updating" } else { "deleting" };
    let size = table.rows.map_or_else(|| "nobody knows how many rows".to_owned(), |rows| format!("up to {rows} rows"));
    let batch = batch(table, scene.sql());
    let no_change =
        if batch.is_none() { "; no change is shown, because the statement is not of one table alone" } else { "" };
    let finding = cx
        .finding(table.subject(), format!("{verb} {size} of {} in one statement", table.sql()))
        .why(format!(
            "whoever writes to the file waits until the last row is done{}, and until then the write-ahead log can't be emptied; in \
             batches each transaction is short{no_change}",
            table.aside(Work::Rows)
        ));
    let finding = table.weigh(finding, Work::Rows);
    cx.report(match batch {
        Some(sql) => {
            let change = Change::new([sql], "the file's write lock for a batch").outside_transaction();
            finding.change(change.irreversible("rows are changed; write the way back yourself"))
        }
        None => finding,
    });
}

/// Whether the condition names single rows: a key, or what is called like one, is equal to a value or in a list of them.
fn names_rows(table: &Table, sql: &str) -> bool {
    let mut cursor = Cursor::new(sql);
    while !cursor.done() && !cursor.accept(&["where"]) {
        if cursor.parens().is_none() {
            cursor.skip();
        }
    }
    let (mut single, mut either) = (false, false);
    while !cursor.done() {
        let name = crate::migrate::parse::unquoted(cursor.peek());
        let value = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '\'' | '?' | ':' | '$' | '-' | '@'))
        };
        let equal = cursor.ahead(1) == "=" && value(cursor.ahead(2));
        let listed = cursor.ahead(1).eq_ignore_ascii_case("in") && cursor.ahead(2) == "(" && value(cursor.ahead(3));
        single |= (equal || listed) && is_key(table, &name);
        either |= cursor.is("or");
        cursor.skip();
    }
    single && !either
}

fn is_key(table: &Table, name: &str) -> bool {
    let Some(state) = &table.state else {
        return ["id", "rowid", "uuid", "key", "code", "slug", "name", "email"]
            .iter()
            .any(|key| key.eq_ignore_ascii_case(name));
    };
    let key = state.text.primary_key();
    let alone = |columns: &[String]| columns.len() == 1 && columns[0].eq_ignore_ascii_case(name);
    let unique = state.text.column(name).is_some_and(|(_, column)| column.has(PartKind::Unique));
    let index = state.indexes.iter().any(|(_, sql)| {
        let unique = sql.to_ascii_lowercase().starts_with("create unique");
        let keys = sql.split_once('(').map_or("", |(_, keys)| keys);
        unique && keys.trim_end().trim_end_matches(')').trim().trim_matches('"').eq_ignore_ascii_case(name)
    });
    name.eq_ignore_ascii_case("rowid") || alone(&key) || unique || index
}

/// The statement over the next rows; none where its tables are more than one.
fn batch(table: &Table, sql: &str) -> Option<String> {
    let lower = sql.to_ascii_lowercase();
    let plain = lower.starts_with("update ") && !lower.contains(" from ") || lower.starts_with("delete from ");
    let at = lower
        .rfind(" where ")
        .filter(|_| plain && !lower.contains("returning") && lower.matches(" where ").count() == 1)?;
    let rowid = table.state.as_ref().map_or(Some("rowid"), TableState::rowid)?;
    let (head, condition) = (&sql[..at], &sql[at + " where ".len()..]);
    let name = table.sql();
    Some(format!(
        "{head} WHERE {rowid} IN (SELECT {rowid} FROM {name} WHERE {condition} LIMIT 10000) /* again and again, each in a transaction of its \
         own, until it changes no row */"
    ))
}
