//! What a partition's bound demands of each row, written so that the server recognises it.

use dbwright_core::Failure;

use super::super::super::catalog::Table;
use super::super::super::draft::Cx;
use super::super::super::tokens::{self, bare, is_word, significant};

/// The condition of `FOR VALUES …`; none for `DEFAULT`, and for what is not understood.
pub(super) async fn condition(cx: &Cx<'_, '_>, parent: &Table, bound: &str) -> Result<Option<String>, Failure> {
    let definition = cx.catalog.pinned(&format!("SELECT pg_get_partkeydef({})", parent.oid)).await?;
    let Some(definition) = definition.into_iter().next() else { return Ok(None) };
    let Some(group) = tokens::group(&definition) else { return Ok(None) };
    let keys: Vec<Key> = tokens::split(inner(&definition[group])).iter().map(|text| Key::of(parent, text)).collect();
    Ok(match definition.split_whitespace().next() {
        Some("RANGE") => range(&keys, bound),
        Some("LIST") => list(&keys, bound),
        Some("HASH") => hash(parent, &keys, bound),
        _ => None,
    })
}

/// The text between the outer parentheses.
fn inner(group: &str) -> &str {
    group.get(1..group.len().saturating_sub(1)).unwrap_or_default().trim()
}

/// A column or expression of the partition key.
struct Key {
    sql: String,
    ty: Option<String>,
}

impl Key {
    fn of(parent: &Table, text: &str) -> Self {
        // An operator class or collation may follow.
        let all = significant(text);
        let sql = match tokens::group(text) {
            Some(range) => text[..range.end].to_owned(),
            None => all.first().map_or_else(String::new, |token| token.text(text).to_owned()),
        };
        let name = all.first().and_then(|token| tokens::name_of(text, token));
        let ty =
            name.and_then(|name| parent.column(&name)).filter(|_| !all.is_empty() && tokens::group(text).is_none());
        Self { ty: ty.map(|column| column.ty.clone()), sql }
    }

    fn value(&self, text: &str) -> String {
        match &self.ty {
            Some(ty) => format!("CAST({text} AS {ty})"),
            None => text.to_owned(),
        }
    }
}

/// The groups after two keywords.
fn groups(bound: &str) -> Vec<Vec<String>> {
    let (mut rest, mut groups) = (bound, Vec::new());
    while let Some(range) = tokens::group(rest) {
        groups.push(tokens::split(inner(&rest[range.clone()])));
        rest = &rest[range.end..];
    }
    groups
}

fn range(keys: &[Key], bound: &str) -> Option<String> {
    let groups = groups(bound);
    let [low, high] = groups.as_slice() else { return None };
    if low.len() != keys.len() || high.len() != keys.len() {
        return None;
    }
    let mut terms: Vec<String> = keys.iter().map(|key| format!("{} IS NOT NULL", key.sql)).collect();
    let same = (0..keys.len()).take_while(|at| low[*at] == high[*at] && !open(&low[*at])).count();
    terms.extend((0..same).map(|at| format!("{} = {}", keys[at].sql, keys[at].value(&low[at]))));
    terms.extend(side(&keys[same..], &low[same..], ">", "MINVALUE"));
    terms.extend(side(&keys[same..], &high[same..], "<", "MAXVALUE"));
    Some(terms.iter().map(|term| format!("({term})")).collect::<Vec<_>>().join(" AND "))
}

fn open(value: &str) -> bool {
    significant(value)
        .first()
        .is_some_and(|token| is_word(value, token, "MINVALUE") || is_word(value, token, "MAXVALUE"))
}

/// `a > x OR (a = x AND b >= y)`; nothing when the side is open.
fn side(keys: &[Key], values: &[String], operator: &str, unbounded: &str) -> Option<String> {
    let end = values.iter().position(|value| open(value)).unwrap_or(values.len());
    if end == 0 {
        return None;
    }
    // The lower end belongs to the partition, the upper one does not; what is unbounded behind takes the whole value.
    let whole = values.get(end).is_some_and(|value| value.trim().eq_ignore_ascii_case(unbounded));
    let last = match (operator, end == values.len()) {
        (">", true) => ">=".to_owned(),
        (_, false) if whole => format!("{operator}="),
        _ => operator.to_owned(),
    };
    let term = |depth: usize| {
        let mut parts: Vec<String> =
            (0..depth).map(|at| format!("({} = {})", keys[at].sql, keys[at].value(&values[at]))).collect();
        let operator = if depth + 1 == end { &last } else { operator };
        parts.push(format!("({} {operator} {})", keys[depth].sql, keys[depth].value(&values[depth])));
        if parts.len() == 1 { parts.remove(0) } else { format!("({})", parts.join(" AND ")) }
    };
    Some((0..end).map(term).collect::<Vec<_>>().join(" OR "))
}

fn list(keys: &[Key], bound: &str) -> Option<String> {
    let [key] = keys else { return None };
    let groups = groups(bound);
    let [values] = groups.as_slice() else { return None };
    let null = |value: &&String| value.trim().eq_ignore_ascii_case("null");
    let listed: Vec<String> = values.iter().filter(|value| !null(value)).map(|value| key.value(value)).collect();
    let equal = match listed.as_slice() {
        [] => return Some(format!("{} IS NULL", key.sql)),
        [one] => format!("{} = {one}", key.sql),
        many => format!("{} = ANY (ARRAY[{}])", key.sql, many.join(", ")),
    };
    Some(if values.iter().any(|value| null(&value)) {
        format!("({} IS NULL) OR ({equal})", key.sql)
    } else {
        format!("({} IS NOT NULL) AND ({equal})", key.sql)
    })
}

fn hash(parent: &Table, keys: &[Key], bound: &str) -> Option<String> {
    let groups = groups(bound);
    let words = bare(groups.first()?.join(" ").as_str()).to_lowercase();
    let number = |name: &str| {
        let rest = &words[words.find(name)? + name.len()..];
        rest.split_whitespace().next().map(str::to_owned)
    };
    let (modulus, remainder) = (number("modulus")?, number("remainder")?);
    let keys = keys.iter().map(|key| key.sql.as_str()).collect::<Vec<_>>().join(", ");
    Some(format!("pg_catalog.satisfies_hash_partition('{}'::oid, {modulus}, {remainder}, {keys})", parent.oid))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(sql: &str) -> Key {
        Key { sql: sql.to_owned(), ty: None }
    }

    #[test]
    fn ranges_say_what_they_hold() {
        let one = range(&[key("a")], "FOR VALUES FROM (1) TO (10)").expect("a range");
        assert_eq!(one, "(a IS NOT NULL) AND ((a >= 1)) AND ((a < 10))");
        let two = range(&[key("a"), key("b")], "FOR VALUES FROM (1, 2) TO (1, MAXVALUE)").expect("a range");
        assert_eq!(two, "(a IS NOT NULL) AND (b IS NOT NULL) AND (a = 1) AND ((b >= 2))");
        let open = range(&[key("a")], "FOR VALUES FROM (MINVALUE) TO (10)").expect("a range");
        assert_eq!(open, "(a IS NOT NULL) AND ((a < 10))");
    }

    #[test]
    fn lists_and_hashes_too() {
        assert_eq!(list(&[key("a")], "FOR VALUES IN ('x', NULL)").as_deref(), Some("(a IS NULL) OR (a = 'x')"));
        assert_eq!(
            list(&[key("a")], "FOR VALUES IN (1, 2)").as_deref(),
            Some("(a IS NOT NULL) AND (a = ANY (ARRAY[1, 2]))")
        );
    }
}
