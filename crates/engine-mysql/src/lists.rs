//! The lists of values in a statement: `IN (1, 2, 3)`.

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens};

/// Values in the longest list after an `IN`, and whether the text ends within it.
pub(crate) fn longest(sql: &str) -> (u64, bool) {
    let all: Vec<Token> = tokens(sql, Dialect::Mysql).into_iter().filter(Token::significant).collect();
    let text = |at: usize| all.get(at).map_or("", |token| token.text(sql));
    let mut longest = (0, false);
    for at in 0..all.len() {
        let is_in = all[at].kind == TokenKind::Word && text(at).eq_ignore_ascii_case("IN") && text(at + 1) == "(";
        if !is_in || ["SELECT", "WITH"].iter().any(|word| text(at + 2).eq_ignore_ascii_case(word)) {
            continue;
        }
        let (mut depth, mut values, mut cut) = (0_u32, 1, true);
        for next in at + 1..all.len() {
            match text(next) {
                "(" => depth += 1,
                ")" if depth == 1 => {
                    cut = false;
                    break;
                }
                ")" => depth -= 1,
                "," if depth == 1 => values += 1,
                _ => {}
            }
        }
        longest = longest.max((values, cut));
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::longest;

    #[test]
    fn values_are_counted_and_subqueries_are_not() {
        assert_eq!(longest("SELECT 1 FROM t WHERE a IN (1, 'x,(y', f(2, 3)) AND b in (1)"), (3, false));
        assert_eq!(longest("SELECT 1 FROM t WHERE (a, b) NOT IN ((1, 2), (3, 4))"), (2, false));
        assert_eq!(longest("SELECT 1 FROM t WHERE a IN (SELECT b, c FROM u)"), (0, false));
        assert_eq!(longest("SELECT 1 FROM t WHERE a IN (1, 2, 3, ..."), (4, true));
        assert_eq!(longest("SELECT `in` FROM t"), (0, false));
    }
}
