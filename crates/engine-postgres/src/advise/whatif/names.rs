//! Names for new indexes: free, within PostgreSQL's limit, the same for the same index.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use dbwright_advise::index::{Index, KeyPart};
use dbwright_sql::model::Catalog;

/// Longest name that PostgreSQL keeps, in bytes.
const LONGEST: usize = 63;

/// Names that are taken, and those given so far.
#[derive(Debug)]
pub(super) struct Names {
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    names: HashSet<(String, String)>,
    given: HashMap<(Index, String), String>,
}

impl Names {
    /// The names of a catalog: tables, indexes, views, sequences and types share one name space.
    pub(super) fn of(catalog: &Catalog) -> Self {
        let mut names = HashSet::new();
        for table in &catalog.tables {
            names.insert((table.schema.clone(), table.name.clone()));
            names.extend(table.indexes.iter().map(|index| (table.schema.clone(), index.name.clone())));
        }
        names.extend(catalog.sequences.iter().map(|sequence| (sequence.schema.clone(), sequence.name.clone())));
        names.extend(catalog.types.iter().map(|kind| (kind.schema.clone(), kind.name.clone())));
        Self { taken: Mutex::new(Taken { names, given: HashMap::new() }) }
    }

    /// A name for an index of a table (the index's own, or one of its partitions): `table_a_b_idx`.
    pub(super) fn give(&self, index: &Index, schema: &str, table: &str) -> String {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (index.clone(), format!("{schema}.{table}"));
        if let Some(name) = taken.given.get(&key) {
            return name.clone();
        }
        let stem = stem(index, table);
        let mut name = fit(&stem, "_idx");
        let mut number = 2_u32;
        while !taken.names.insert((schema.to_owned(), name.clone())) {
            name = fit(&stem, &format!("_idx_{number}"));
            number += 1;
        }
        taken.given.insert(key, name.clone());
        name
    }
}

fn stem(index: &Index, table: &str) -> String {
    let mut parts = vec![table.to_owned()];
    parts.extend(index.keys.iter().map(|key| match &key.part {
        KeyPart::Column(name) => name.clone(),
        KeyPart::Expression(text) => words(text),
    }));
    if index.method != "btree" {
        parts.push(index.method.clone());
    }
    parts.join("_")
}

/// The words of an expression, which make a readable part of a name.
fn words(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    words.into_iter().take(4).collect::<Vec<_>>().join("_").to_lowercase()
}

fn fit(stem: &str, ending: &str) -> String {
    let mut end = stem.len().min(LONGEST - ending.len());
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", &stem[..end])
}

#[cfg(test)]
mod tests {
    use dbwright_advise::{Key, ObjectName};
    use dbwright_sql::Dialect;

    use super::*;

    #[test]
    fn names_are_free_short_and_stay() {
        let names = Names::of(&Catalog::new(Dialect::Postgres));
        let table = ObjectName { schema: "s".to_owned(), name: "ü".repeat(40) };
        let a = Index::btree(table.clone(), ["a"]);
        let mut b = a.clone();
        b.keys = vec![Key::of(KeyPart::Expression("lower((\"A b\")::text)".to_owned()))];
        let given: Vec<String> = [&a, &b, &a].iter().map(|i| names.give(i, "s", &table.name)).collect();
        assert_eq!(given[0], given[2]);
        assert_ne!(given[0], given[1]);
        assert!(given.iter().all(|name| name.len() <= LONGEST), "{given:?}");
        assert_eq!(names.give(&b, "s", "t"), "t_lower_a_b_text_idx");
    }
}
