//! Time zones that SQL converts between, from its text.
//!
//! Offsets (`+02:00`) and `SYSTEM` need nothing; a name is looked up in tables of the server that are empty until somebody loads
//! them, and gives NULL until then, without a warning.

use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, TokenKind, tokens, unquoted};

/// The time zones that a text names as arguments of `CONVERT_TZ`, in the order of their places; those that it computes, or that
/// the server has replaced by `?`, are not among them.
pub(crate) fn named(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !sql.to_ascii_lowercase().contains("convert_tz") {
        return found;
    }
    let all = tokens(sql, Dialect::Mysql);
    let all: Vec<&Token> =
        all.iter().filter(|one| !matches!(one.kind, TokenKind::Space | TokenKind::Comment)).collect();
    for (at, token) in all.iter().enumerate() {
        if token.kind == TokenKind::Word && token.text(sql).eq_ignore_ascii_case("convert_tz") {
            let zones =
                arguments(sql, &all[at + 1..]).into_iter().skip(1).filter_map(|argument| literal(sql, argument));
            zones.filter(|zone| is_name(zone)).for_each(|zone| found.push(zone));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|zone| seen.insert(zone.clone()));
    found
}

/// What stands between the parentheses that follow, by commas.
fn arguments<'a, 'b>(sql: &str, rest: &'b [&'a Token]) -> Vec<&'b [&'a Token]> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_usize, 1);
    for (at, token) in rest.iter().enumerate() {
        match token.text(sql) {
            "(" => depth += 1,
            ")" if depth == 1 => {
                found.push(rest.get(start..at).unwrap_or_default());
                return found;
            }
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 1 => {
                found.push(rest.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ if depth == 0 => break,
            _ => {}
        }
    }
    Vec::new()
}

/// The text of a string, which views write with its character set before it.
fn literal(sql: &str, argument: &[&Token]) -> Option<String> {
    let string = match argument {
        [one] => one,
        [set, one] if set.text(sql).starts_with('_') => one,
        _ => return None,
    };
    (string.kind == TokenKind::String).then(|| unquoted(string.text(sql)))
}

/// Whether a zone is a name: no offset, and not the system's own.
fn is_name(zone: &str) -> bool {
    zone.starts_with(|first: char| first.is_ascii_alphabetic()) && !zone.eq_ignore_ascii_case("SYSTEM")
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn names_are_told_from_offsets_and_from_what_is_computed() {
        for (sql, zones) in [
            ("SELECT CONVERT_TZ(NOW(), 'UTC', 'Europe/Berlin')", &["UTC", "Europe/Berlin"][..]),
            ("select convert_tz ( concat(a, ',', b) , \"SYSTEM\" , 'MET' ) from t", &["MET"]),
            ("select convert_tz(`t`.`at`,_utf8mb4'+00:00',_latin1'MET') AS `x` from `t`", &["MET"]),
            ("SELECT CONVERT_TZ(CONVERT_TZ(a, 'UTC', '+02:00'), '+02:00', 'UTC')", &["UTC"]),
            ("SELECT CONVERT_TZ(a, '+00:00', '-07:00'), 'Europe/Berlin'", &[]),
            ("SELECT CONVERT_TZ ( NOW ( ) , ? , ? )", &[]),
            ("SELECT CONVERT_TZ(a, @@time_zone, zone) FROM t", &[]),
            ("SELECT 'convert_tz(a, ''UTC'', ''MET'')', `convert_tz`", &[]),
            ("SELECT CONVERT_TZ(a, 'UTC'", &[]),
        ] {
            assert_eq!(named(sql), zones, "{sql}");
        }
    }
}
