//! Names of constraints, which are the schema's: another table may have one. Those of foreign keys on both servers, those of
//! CHECKs on MySQL.

use dbwright_migrate::names::{Key, Problem, What};
use dbwright_sql::Dialect;

use super::Names;
use crate::migrate::lint::define;
use crate::migrate::lint::read::made::items;
use crate::migrate::parse::{Act, Action, act};
use crate::migrate::table::same;
use crate::migrate::text::cursor::Name;

/// What to do about it.
const WAY: &str =
    "the name has to be the only one in the schema: give the new one another name, or drop the old one before";

impl Names {
    /// A constraint of another table of the schema that has the name.
    pub(super) fn elsewhere(&self, key: &Key, word: &'static str, name: &str) -> Option<Problem> {
        if name.is_empty() || self.is_hidden(key) || (word == CHECK && !self.checks_of_schema) {
            return None;
        }
        let has = |other: &Key| {
            let table = self.world.tables.get(other)?;
            let there = match word {
                CHECK => table.checks.iter().any(|check| same(check, name)),
                _ => table.foreign.iter().any(|foreign| same(&foreign.name, name)),
            };
            (there && !table.temporary && !self.unsure.contains(other)).then(|| self.of_table(other))
        };
        let mut others = self.world.tables.keys().filter(|other| other.0 == key.0 && *other != key);
        let unnamed = || {
            let table = self.constraints.get(&(key.0.clone(), word, name.to_lowercase()))?;
            Some((self.schema_of(key).unwrap_or_default(), table.clone()))
        };
        let table = others.find_map(has).or_else(unnamed)?;
        let problem = Problem::taken(What::Constraint(word), name, Dialect::Mysql);
        Some(Problem { table: Some(table), way: WAY, ..problem })
    }

    /// Whether a table of the session's own has the name: its constraints are nobody else's.
    fn is_hidden(&self, key: &Key) -> bool {
        self.hidden.contains_key(key)
    }
}

/// The word for a constraint that is no foreign key.
pub(super) const CHECK: &str = "constraint";
/// The word for one that is.
pub(super) const FOREIGN: &str = "foreign key";

/// The names of constraints that a statement brings, with its table.
pub(super) fn brought(sql: &str) -> Option<(Name, Vec<String>)> {
    let named = |text: &str| match define::foreign(text) {
        Some(foreign) => Some(foreign.name),
        None => define::check(text),
    };
    let (table, names): (Name, Vec<String>) = match act(sql) {
        Act::Alter { table, clauses, .. } => {
            let added = clauses.iter().filter(|one| matches!(one.action, Action::AddForeignKey | Action::AddCheck));
            let names = added.filter_map(|one| named(&one.text)).collect();
            (table, names)
        }
        Act::CreateTable { table, temporary: false, .. } => {
            (table, items(sql).iter().filter_map(|(part, _)| named(part)).collect())
        }
        _ => return None,
    };
    let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
    (!names.is_empty()).then_some((table, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_are_said_are_told() {
        let names = |sql: &str| brought(sql).map(|(_, names)| names).unwrap_or_default();
        let two =
            "ALTER TABLE t ADD CONSTRAINT `a b` FOREIGN KEY (x) REFERENCES p (id), ADD CONSTRAINT c CHECK (x > 0)";
        assert_eq!(names(two), ["a b", "c"]);
        assert!(names("ALTER TABLE t ADD FOREIGN KEY (x) REFERENCES p (id), ADD CHECK (x > 0)").is_empty());
        assert_eq!(names("CREATE TABLE t (x int, CONSTRAINT f FOREIGN KEY (x) REFERENCES p (id))"), ["f"]);
        assert!(names("CREATE TABLE t (x int, UNIQUE KEY u (x))").is_empty());
    }
}
