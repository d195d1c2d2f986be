//! Tables that are made: what they are made of, and what has their name.

use dbwright_migrate::names::{Key, Problem};

use super::constraints::{CHECK, FOREIGN};
use super::{Found, Names, words};
use crate::migrate::lint::read::made::items;
use crate::migrate::lint::{Foreign, define, effect};
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::Name;

/// What `CREATE TABLE` says of the table as a whole.
pub(super) struct Made<'a> {
    pub(super) table: &'a Name,
    pub(super) temporary: bool,
    /// Whether it is filled from a query, whose columns nobody knows.
    pub(super) rows: bool,
    pub(super) may_be: bool,
}

impl Names {
    pub(super) fn create_table(&mut self, made: &Made<'_>, sql: &str, line: usize, out: &mut Vec<Problem>) {
        let key = self.world.key(made.table);
        if made.temporary {
            // It hides what is there, and nothing is in its way but another one.
            let below = self.world.tables.remove(&key);
            self.hidden.entry(key.clone()).or_insert(below);
        } else {
            match self.find(made.table) {
                Found::Table(_) | Found::Other(_) => {
                    let problem = self.occupied(&key, made.table).filter(|_| !made.may_be);
                    out.extend(problem.map(|one| self.not_again(one, &key, sql)));
                    return;
                }
                Found::Unknown if made.may_be => {
                    self.gone.remove(&key);
                    self.unsure.insert(key);
                    return;
                }
                Found::Unknown | Found::Absent => {}
            }
            self.fresh += 1;
        }
        if let Some(like) = words::like(sql) {
            self.needs(&like, out);
        }
        effect::create(&mut self.world, made.table, sql, made.temporary, made.rows);
        self.parts(&key, sql, out);
        if !made.temporary {
            self.made(key, line);
        }
    }

    /// What is to be told of a table that is there already: whether it looks as if the statement had been run.
    fn not_again(&self, problem: Problem, key: &Key, sql: &str) -> Problem {
        let mut names = Self::default();
        let own = Name { schema: None, name: "t".to_owned() };
        effect::create(&mut names.world, &own, sql, false, false);
        let made = names.world.table(&own);
        let same = self
            .world
            .tables
            .get(key)
            .is_some_and(|there| made.columns.iter().all(|column| there.column(&column.name).is_some()));
        let as_if_done = same && problem.since.is_none();
        let way = "IF NOT EXISTS lets it be, where it is meant to be the same; else give the new one another name";
        Problem { as_if_done, way, ..problem }
    }

    /// Keys and constraints between the parentheses: the columns that they name, and the tables that they refer to.
    fn parts(&mut self, key: &Key, sql: &str, out: &mut Vec<Problem>) {
        for (part, at) in items(sql) {
            let mut found = Vec::new();
            let mut chooses = false;
            if let Some(index) = define::key(&part) {
                found.extend(index.columns.iter().filter_map(|column| self.no_column(key, column)));
                chooses = !names_itself(&part);
            } else if let Some(foreign) = define::foreign(&part) {
                found.extend(foreign.columns.iter().filter_map(|column| self.no_column(key, column)));
                self.referred(key, &foreign, &mut found);
                found.extend(self.elsewhere(key, FOREIGN, &foreign.name));
                chooses = true;
            } else if let Some(check) = define::check(&part) {
                found.extend(self.elsewhere(key, CHECK, &check));
                chooses = check.is_empty();
            } else {
                let mut cursor = Cursor::new(&part);
                chooses |= cursor.seek(&["unique", "check", "references"]);
            }
            if chooses {
                self.chosen.insert(key.clone());
            }
            out.extend(found.into_iter().map(|one| Problem { clause: Some(at), ..one }));
        }
    }

    /// The table and the columns that a foreign key refers to.
    pub(super) fn referred(&self, key: &Key, foreign: &Foreign, out: &mut Vec<Problem>) {
        let child = Name { schema: Some(key.0.clone()).filter(|schema| !schema.is_empty()), name: String::new() };
        if self.unchecked {
            return;
        }
        if let Some(parent) = self.needs(&foreign.table.in_schema_of(&child), out) {
            out.extend(foreign.referenced.iter().filter_map(|column| self.no_column(&parent, column)));
        }
    }
}

/// Whether a key says its name.
pub(super) fn names_itself(text: &str) -> bool {
    let mut cursor = Cursor::new(text);
    cursor.accept(&["add"]);
    if cursor.accept(&["constraint"]) && !cursor.is_any(&["unique", "primary"]) {
        return true;
    }
    if cursor.is("primary") {
        return true;
    }
    cursor.any(&["unique", "fulltext", "spatial", "vector"]);
    cursor.any(&["index", "key"]);
    cursor.accept(&["if", "not", "exists"]);
    !cursor.is_any(&["(", "using"])
}
