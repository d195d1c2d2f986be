//! The text of `CREATE INDEX`, for the user, for the twin and for HypoPG alike.

use dbwright_advise::index::{Index, Key, KeyPart};
use dbwright_sql::Dialect;

const SQL: Dialect = Dialect::Postgres;

/// Everything behind the name: `ON schema.table USING method (keys) INCLUDE (…) WITH (…) WHERE …`.
pub(in crate::advise) fn body(index: &Index, table: &str) -> String {
    let keys: Vec<String> = index.keys.iter().map(key).collect();
    let method = if index.method == "btree" { String::new() } else { format!(" USING {}", SQL.name(&index.method)) };
    let include =
        if index.include.is_empty() { String::new() } else { format!(" INCLUDE ({})", SQL.names(&index.include)) };
    let options: Vec<String> = index.options.iter().map(|(name, value)| option(name, value)).collect();
    let options = if options.is_empty() { String::new() } else { format!(" WITH ({})", options.join(", ")) };
    let predicate = index.predicate.as_ref().map_or_else(String::new, |text| format!(" WHERE {text}"));
    format!("ON {table}{method} ({}){include}{options}{predicate}", keys.join(", "))
}

/// One key as it stands between the parentheses.
fn key(key: &Key) -> String {
    let mut text = match &key.part {
        KeyPart::Column(name) => SQL.name(name),
        KeyPart::Expression(text) => format!("({text})"),
    };
    if let Some(collation) = &key.collation {
        // One with a schema, or in quotes, is written as SQL wants it already.
        let written = collation.contains(['.', '"']);
        text.push_str(" COLLATE ");
        text.push_str(&if written { collation.clone() } else { SQL.name(collation) });
    }
    if let Some(opclass) = &key.opclass {
        text.push(' ');
        text.push_str(opclass);
    }
    if key.descending {
        text.push_str(" DESC");
    }
    match key.nulls_first {
        Some(true) if !key.descending => text.push_str(" NULLS FIRST"),
        Some(false) if key.descending => text.push_str(" NULLS LAST"),
        _ => {}
    }
    text
}

fn option(name: &str, value: &str) -> String {
    let bare = value.parse::<f64>().is_ok() || matches!(value, "on" | "off" | "true" | "false" | "auto");
    format!("{} = {}", SQL.name(name), if bare { value.to_owned() } else { SQL.literal(value) })
}

#[cfg(test)]
mod tests {
    use dbwright_advise::ObjectName;

    use super::*;

    #[test]
    fn every_part_of_an_index_is_written_and_quoted() {
        let table = ObjectName { schema: "s".to_owned(), name: "t".to_owned() };
        let mut index = Index::btree(table, ["a b", "order"]);
        index.keys[0].descending = true;
        index.keys[0].nulls_first = Some(false);
        index.keys[1].collation = Some("C".to_owned());
        index.keys[1].opclass = Some("text_pattern_ops".to_owned());
        index.keys.push(Key::of(KeyPart::Expression("lower(c)".to_owned())));
        index.include = vec!["D".to_owned()];
        index.options = vec![("fillfactor".to_owned(), "70".to_owned()), ("x".to_owned(), "a'b".to_owned())];
        index.predicate = Some("(e > 1)".to_owned());
        let expected = "ON s.t (\"a b\" DESC NULLS LAST, \"order\" COLLATE \"C\" text_pattern_ops, (lower(c))) \
                        INCLUDE (\"D\") WITH (fillfactor = 70, x = 'a''b') WHERE (e > 1)";
        assert_eq!(body(&index, "s.t"), expected);
        let hash = Index { method: "hash".to_owned(), ..Index::btree(index.table, ["a"]) };
        assert_eq!(body(&hash, "s.t"), "ON s.t USING hash (a)");
    }
}
