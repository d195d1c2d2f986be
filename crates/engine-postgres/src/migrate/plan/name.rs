//! Names: those of helpers, those that the server itself would choose, and how they are written.

use dbwright_sql::Dialect;

use crate::ddl::Name;

/// The most bytes that a name can have.
pub const LONGEST: usize = 63;

/// The name of a helper object: `dbwright_`, a hash of what it belongs to, and what it is for. The same parts give the
/// same name at any time, so that what an interruption left can be found.
#[must_use]
pub fn helper(belongs_to: &[&str], purpose: &str) -> String {
    let hash = belongs_to
        .iter()
        .flat_map(|part| part.bytes().chain([0]))
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mut name = format!("dbwright_{:010x}_{purpose}", hash >> 24);
    name.truncate(LONGEST);
    name
}

/// A name for statements, quoted where needed.
#[must_use]
pub fn ident(name: &str) -> String {
    Dialect::Postgres.name(name)
}

/// A qualified name for statements.
#[must_use]
pub fn qualified(schema: &str, name: &str) -> String {
    Dialect::Postgres.qualified(schema, name)
}

/// A text literal.
#[must_use]
pub fn literal(text: &str) -> String {
    Dialect::Postgres.literal(text)
}

/// A name as written by the user, for `to_regclass` and for statements.
#[must_use]
pub fn written(name: &Name) -> String {
    match &name.schema {
        Some(schema) => qualified(schema, &name.name),
        None => ident(&name.name),
    }
}

/// The name that the server makes from a table, columns and a label (`makeObjectName`): the longer of the first two is
/// cut until all fit, at a character's end.
#[must_use]
pub fn object_name(table: &str, columns: &str, label: &str) -> String {
    let (mut first, mut second) = (table.len(), columns.len());
    let overhead = label.len() + usize::from(!label.is_empty()) + usize::from(!columns.is_empty());
    while first + second + overhead > LONGEST {
        if first > second { first -= 1 } else { second -= 1 }
    }
    let mut name = clip(table, first).to_owned();
    for part in [clip(columns, second), label].into_iter().filter(|part| !part.is_empty()) {
        name = format!("{name}_{part}");
    }
    name
}

/// At most so many bytes, whole characters only.
fn clip(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_has_one_name_and_it_fits() {
        assert_eq!(helper(&["public", "t", "c"], "new"), helper(&["public", "t", "c"], "new"));
        assert_ne!(helper(&["public", "tc"], "new"), helper(&["public", "t", "c"], "new"));
        assert!(helper(&["s", "t"], &"x".repeat(80)).len() <= LONGEST);
        assert!(helper(&["s", "t"], "new").starts_with("dbwright_"));
    }

    #[test]
    fn names_are_cut_as_the_server_cuts_them() {
        assert_eq!(object_name("orders", "customer", "fkey"), "orders_customer_fkey");
        assert_eq!(object_name("orders", "", "pkey"), "orders_pkey");
        let long = object_name(&"t".repeat(60), &"c".repeat(60), "key");
        assert_eq!(long, format!("{}_{}_key", "t".repeat(29), "c".repeat(29)));
        assert!(object_name(&"é".repeat(31), "c", "key").len() <= LONGEST);
    }
}
