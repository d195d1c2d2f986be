//! `migrate/unbatched-write`: one transaction holds all row locks and bloats the table.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;
use dbwright_sql::lex::{Lexer, Token, TokenKind};

use crate::ddl::Act;
use crate::migrate::lint::{Scene, Table};

/// Reports UPDATE and DELETE that can concern many rows.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let (Act::Update { table, filter: Some(filter), limited: false, sql }
        | Act::Delete { table, filter: Some(filter), limited: false, sql }) = act
        else {
            continue;
        };
        let table = scene.world.table(table);
        let few = table.rows.is_some_and(|rows| rows < cx.limit("rows"));
        if table.quiet() || few || names_rows(&table, filter) {
            continue;
        }
        let verb = if matches!(act, Act::Update { .. }) { "updating" } else { "deleting" };
        let size =
            table.rows.map_or_else(|| "nobody knows how many rows".to_owned(), |rows| format!("up to {rows} rows"));
        let mut finding = cx
            .finding(table.subject(), format!("{verb} {size} of {} in one statement", table.sql()))
            .why("all of them stay locked until the last one is done, replicas fall behind, and vacuum can't clean up meanwhile; in batches \
                  each is locked for a moment")
            .evidence("condition", filter.as_str(), "", "the statement");
        if let Some(rows) = table.rows {
            finding = finding.evidence("rows", rows, "rows", "pg_class");
        }
        if let Some(batch) = batch(&table, sql, filter) {
            let change = Change::new([batch], "the rows of a batch").outside_transaction();
            finding = finding.change(change.irreversible("rows are changed; write the way back yourself"));
        }
        cx.report(finding);
    }
}

/// Whether the condition names single rows: a column is equal to a literal or in a list of them, and it is a key or called like one.
fn names_rows(table: &Table, filter: &str) -> bool {
    let tokens: Vec<Token> = Lexer::new(filter, Dialect::Postgres).filter(Token::significant).collect();
    let text = |at: usize| tokens.get(at).map(|token| token.text(filter).to_ascii_lowercase()).unwrap_or_default();
    if tokens.iter().any(|token| token.kind == TokenKind::Word && token.text(filter).eq_ignore_ascii_case("or")) {
        return false;
    }
    tokens.iter().enumerate().any(|(at, token)| {
        let name = token.text(filter).trim_matches('"').to_ascii_lowercase();
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::Quoted);
        let literal =
            |at: usize| tokens.get(at).is_some_and(|token| matches!(token.kind, TokenKind::Number | TokenKind::String));
        let equal = text(at + 1) == "=" && literal(at + 2) && tokens.len() < at + 8;
        let listed = text(at + 1) == "in" && text(at + 2) == "(" && literal(at + 3);
        is_name && (equal || listed) && is_key(table, &name)
    })
}

fn is_key(table: &Table, name: &str) -> bool {
    let constraint =
        table.constraints.iter().any(|one| matches!(one.kind, 'p' | 'u') && one.columns == [name.to_owned()]);
    let index = table.indexes.iter().any(|index| index.unique && !index.partial && index.keys == [name.to_owned()]);
    let called = !table.complete && matches!(name, "id" | "uuid" | "key" | "code" | "slug" | "name" | "email");
    constraint || index || called
}

/// The statement over the next rows; none where its tables or names are more than one.
fn batch(table: &Table, sql: &str, filter: &str) -> Option<String> {
    let mut words = sql.split_whitespace();
    let plain = match words.next()?.to_ascii_lowercase().as_str() {
        "update" => words.nth(1)?.eq_ignore_ascii_case("set") && !sql.to_ascii_lowercase().contains(" from "),
        "delete" => words.nth(2)?.eq_ignore_ascii_case("where"),
        _ => false,
    };
    let at = sql.rfind(filter).filter(|_| plain)?;
    Some(format!(
        "{}ctid = ANY (ARRAY(SELECT ctid FROM {} WHERE {filter} LIMIT 10000)){} /* again and again, each in a transaction of its own, until \
         it changes no row */",
        &sql[..at],
        table.sql(),
        &sql[at + filter.len()..]
    ))
}
