//! Parameters that a log tells, put into their statement.

use dbwright_sql::Dialect;
use dbwright_sql::lex::{TokenKind, tokens};

/// Values of `$1 = 'it''s', $2 = NULL`, by number; an absent value is none.
pub(super) fn parse(detail: &str) -> Option<Vec<Option<String>>> {
    let list = detail.strip_prefix("Parameters: ").or_else(|| detail.strip_prefix("parameters: ")).unwrap_or(detail);
    let mut values = Vec::new();
    let mut rest = list;
    while let Some(after) = rest.strip_prefix('$') {
        let (number, after) = after.split_once(" = ")?;
        if number.parse::<usize>().ok()? != values.len() + 1 {
            return None;
        }
        let (value, after) = value(after)?;
        values.push(value);
        rest = after.strip_prefix(", ").unwrap_or(after);
    }
    (!values.is_empty()).then_some(values)
}

/// A quoted value or `NULL`, and what follows it.
fn value(text: &str) -> Option<(Option<String>, &str)> {
    if let Some(after) = text.strip_prefix("NULL") {
        return Some((None, after));
    }
    let mut rest = text.strip_prefix('\'')?;
    let mut value = String::new();
    loop {
        let quote = rest.find('\'')?;
        value.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('\'') {
            Some(after) => {
                value.push('\'');
                rest = after;
            }
            None => return Some((Some(value), rest)),
        }
    }
}

/// The statement with its parameters in place; none when one of them is not told.
pub(super) fn put(sql: &str, values: &[Option<String>]) -> Option<String> {
    let mut out = String::with_capacity(sql.len() + 64);
    for token in tokens(sql, Dialect::Postgres) {
        let text = token.text(sql);
        if token.kind != TokenKind::Parameter {
            out.push_str(text);
            continue;
        }
        let number: usize = text[1..].parse().ok()?;
        match values.get(number.checked_sub(1)?)? {
            Some(value) => out.push_str(&Dialect::Postgres.literal(value)),
            None => out.push_str("NULL"),
        }
    }
    Some(out)
}

/// Whether a statement has parameters.
pub(super) fn any(sql: &str) -> bool {
    sql.contains('$') && tokens(sql, Dialect::Postgres).iter().any(|token| token.kind == TokenKind::Parameter)
}

/// The statement behind `EXECUTE name (values)`, whose `PREPARE` the report repeats.
pub(super) fn executed(execute: &str, detail: &str) -> Option<String> {
    let prepare = detail.strip_prefix("prepare: ").or_else(|| detail.strip_prefix("Prepare: "))?;
    let query = super::super::params::inner(prepare).ok()?;
    let tokens: Vec<_> =
        tokens(execute, Dialect::Postgres).into_iter().filter(dbwright_sql::lex::Token::significant).collect();
    if !tokens.first()?.text(execute).eq_ignore_ascii_case("execute") {
        return None;
    }
    let open = tokens.iter().position(|token| token.text(execute) == "(");
    let Some(open) = open else { return Some(query.to_owned()) };
    let mut arguments = Vec::new();
    let (mut depth, mut from) = (0, tokens[open].end);
    for token in &tokens[open..] {
        match token.text(execute) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "," if depth == 1 => {
                arguments.push(execute[from..token.start].trim());
                from = token.end;
            }
            _ => {}
        }
        if depth == 0 {
            arguments.push(execute[from..token.start].trim());
            break;
        }
    }
    let mut out = String::new();
    for token in dbwright_sql::lex::tokens(query, Dialect::Postgres) {
        let text = token.text(query);
        if token.kind == TokenKind::Parameter {
            let number: usize = text[1..].parse().ok()?;
            let argument = arguments.get(number.checked_sub(1)?)?;
            let one = dbwright_sql::lex::tokens(argument, Dialect::Postgres).len() == 1;
            let (open, close) = if one { ("", "") } else { ("(", ")") };
            out.extend([open, argument, close]);
        } else {
            out.push_str(text);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_put_where_they_belong() {
        let values = parse("parameters: $1 = 'it''s, $2', $2 = NULL, $3 = '5'").expect("values");
        assert_eq!(values, [Some("it's, $2".to_owned()), None, Some("5".to_owned())]);
        let put = put("select '$1' from t where a = $1 and b = $2 and c = $3", &values);
        assert_eq!(put.as_deref(), Some("select '$1' from t where a = 'it''s, $2' and b = NULL and c = '5'"));
        assert_eq!(parse("parameters: $1 = 'cut"), None);
        assert_eq!(super::put("select $2", &values[..1]), None);
    }

    #[test]
    fn an_execute_gets_its_statement_back() {
        let text = executed("EXECUTE p(1, f('a,b', 2))", "prepare: PREPARE p (int, text) AS select $2, $1;");
        assert_eq!(text.as_deref(), Some("select (f('a,b', 2)), 1"));
    }
}
