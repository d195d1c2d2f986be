//! What of a definition belongs to the machine or the accounts it came from, and can't be taken over.

use crate::migrate::text::lex::{Kind, Lexer, Token};

/// The definition without its definer: the lab has other accounts.
pub(super) fn without_definer(sql: &str) -> String {
    let tokens = significant(sql);
    let word = |at: usize, word: &str| is(&tokens, sql, at, word);
    for at in 0..tokens.len().min(12) {
        if word(at, "definer") && word(at + 1, "=") {
            let host = if word(at + 3, "@") { at + 4 } else { at + 2 };
            return cut(sql, &[(tokens[at].start, end(&tokens, host, sql))]);
        }
    }
    sql.to_owned()
}

/// The definition without folders, tablespaces and encryption, which are the other machine's.
pub(crate) fn without_place(sql: &str) -> String {
    let tokens = significant(sql);
    let word = |at: usize, word: &str| is(&tokens, sql, at, word);
    let (mut cuts, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let names = if (word(at, "data") || word(at, "index")) && word(at + 1, "directory") {
            2
        } else if ["tablespace", "encryption", "encrypted", "encryption_key_id"].iter().any(|name| word(at, name)) {
            1
        } else {
            at += 1;
            continue;
        };
        let value = at + names + usize::from(word(at + names, "="));
        cuts.push((tokens[at].start, end(&tokens, value, sql)));
        at = value + 1;
    }
    cut(sql, &cuts)
}

/// The counter of keys is a state of the rows, and no part of a definition.
pub(crate) fn without_counter(text: &str) -> String {
    let Some(at) = text.rfind(" AUTO_INCREMENT=") else { return text.to_owned() };
    let rest = &text[at + " AUTO_INCREMENT=".len()..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    format!("{}{}", &text[..at], &rest[digits..])
}

fn significant(sql: &str) -> Vec<Token> {
    Lexer::new(sql).filter(|token| token.significant()).collect()
}

fn is(tokens: &[Token], sql: &str, at: usize, word: &str) -> bool {
    let fits = |token: &Token| matches!(token.kind, Kind::Word | Kind::Symbol);
    tokens.get(at).is_some_and(|token| fits(token) && token.text(sql).eq_ignore_ascii_case(word))
}

fn end(tokens: &[Token], at: usize, sql: &str) -> usize {
    tokens.get(at).map_or(sql.len(), |token| token.end)
}

fn cut(sql: &str, cuts: &[(usize, usize)]) -> String {
    let (mut text, mut from) = (String::with_capacity(sql.len()), 0);
    for (start, end) in cuts {
        text.push_str(&sql[from..*start]);
        from = *end;
    }
    text + &sql[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definer_goes_and_nothing_else() {
        let view = "CREATE ALGORITHM=UNDEFINED DEFINER=`a b`@`%` SQL SECURITY DEFINER VIEW `v` AS select 'DEFINER=x'";
        let without = "CREATE ALGORITHM=UNDEFINED  SQL SECURITY DEFINER VIEW `v` AS select 'DEFINER=x'";
        assert_eq!(without_definer(view), without);
        assert_eq!(without_definer("CREATE DEFINER=`role` PROCEDURE p() x"), "CREATE  PROCEDURE p() x");
        assert_eq!(without_definer("CREATE TABLE t (a int)"), "CREATE TABLE t (a int)");
    }

    #[test]
    fn places_go_and_nothing_else() {
        let table = "CREATE TABLE `t` (`data` int) /*!50100 TABLESPACE `ts` */ ENGINE=InnoDB DATA DIRECTORY='/a b/' \
            COMMENT='DATA DIRECTORY' /*!80016 ENCRYPTION='Y' */";
        let without = "CREATE TABLE `t` (`data` int) /*!50100  */ ENGINE=InnoDB  COMMENT='DATA DIRECTORY' /*!80016  */";
        assert_eq!(without_place(table), without);
    }
}
