//! What each statement needs to be there, and what it leaves.

use dbwright_migrate::names::Problem;

use super::{Found, Names, words};
use crate::migrate::lint::effect;
use crate::migrate::lint::read::stored::stored;
use crate::migrate::parse::{Act, Action, Clause, Kind};
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::Name;

/// First words of statements of other kinds that make and drop nothing that has a table's name.
const HARMLESS: [&str; 16] = [
    "CHANGE",
    "DEALLOCATE",
    "FLUSH",
    "GRANT",
    "HANDLER",
    "INSTALL",
    "KILL",
    "LOAD",
    "PURGE",
    "RENAME",
    "REPAIR",
    "RESET",
    "REVOKE",
    "SIGNAL",
    "STOP",
    "UNINSTALL",
];

impl Names {
    pub(super) fn act(&mut self, act: &Act, sql: &str, line: usize, out: &mut Vec<Problem>) {
        match act {
            Act::Alter { table, if_exists, clauses } => self.alter(table, *if_exists, (sql, clauses), line, out),
            Act::CreateTable { table, if_not_exists, temporary, rows } => {
                let made = super::create::Made { table, temporary: *temporary, rows: *rows, may_be: *if_not_exists };
                self.create_table(&made, sql, line, out);
            }
            Act::DropTable { tables, if_exists, temporary } => {
                for table in tables {
                    self.drop_table(table, *if_exists, *temporary, line, out);
                }
            }
            Act::RenameTable { pairs } => {
                for (from, to) in pairs {
                    match self.find(from) {
                        Found::Absent => {
                            let problem = self.absent("table", from);
                            out.push(Problem { as_if_done: problem.near.is_empty(), ..problem });
                        }
                        _ => self.rename(from, to, line, out),
                    }
                }
            }
            Act::Truncate { table } => drop(self.needs(table, out)),
            Act::Create { kind: Kind::View, name, replace, if_not_exists } => {
                self.create_view(name, *replace || *if_not_exists, line, out);
            }
            Act::Create { kind: Kind::Trigger, .. } => {
                if let Some(table) = stored(sql).and_then(|made| made.table) {
                    self.needs(&table, out);
                }
            }
            Act::Drop { kind: Kind::View, name, if_exists } => self.drop_view(name, *if_exists, line, out),
            Act::Write { verb, table: Some(table), .. } if words::names_its_table(sql) => {
                let found = self.needs(table, out);
                if matches!(*verb, "INSERT" | "REPLACE")
                    && let Some(key) = found
                {
                    out.extend(words::inserted(sql).iter().filter_map(|column| self.no_column(&key, column)));
                }
            }
            Act::Set => self.unchecked |= sql.to_ascii_lowercase().contains("foreign_key_checks"),
            Act::Use => {
                let mut cursor = Cursor::new(sql);
                cursor.skip();
                self.world.home = cursor.name().unwrap_or_default();
            }
            Act::Other(word) => self.other(word, sql),
            _ => {}
        }
    }

    /// A table or view that has to be there.
    pub(super) fn needs(&self, name: &Name, out: &mut Vec<Problem>) -> Option<super::Key> {
        match self.find(name) {
            Found::Table(key) => Some(key),
            Found::Absent => {
                out.push(self.absent("table", name));
                None
            }
            Found::Other(_) | Found::Unknown => None,
        }
    }

    fn alter(
        &mut self,
        table: &Name,
        if_exists: bool,
        (sql, clauses): (&str, &[Clause]),
        line: usize,
        out: &mut Vec<Problem>,
    ) {
        let to = clauses.iter().find_map(|clause| match &clause.action {
            Action::RenameTable(to) => Some(to.in_schema_of(table)),
            _ => None,
        });
        match self.find(table) {
            Found::Table(key) => {
                self.clauses(&key, sql, clauses, out);
                let kept: Vec<Clause> =
                    clauses.iter().filter(|one| !matches!(one.action, Action::RenameTable(_))).cloned().collect();
                effect::alter(&mut self.world, table, &kept);
            }
            Found::Absent if !if_exists => {
                let problem = self.absent("table", table);
                out.push(Problem { as_if_done: to.is_some() && problem.near.is_empty(), ..problem });
            }
            Found::Absent | Found::Other(_) | Found::Unknown => {}
        }
        if let Some(to) = to {
            self.rename(table, &to, line, out);
        }
    }

    fn rename(&mut self, from: &Name, to: &Name, line: usize, out: &mut Vec<Problem>) {
        let (old, new) = (self.world.key(from), self.world.key(to));
        if old == new {
            return;
        }
        match self.find(from) {
            Found::Table(_) | Found::Other(_) => {
                if let Some(problem) = self.occupied(&new, to) {
                    out.push(problem);
                    return;
                }
                let word = self.others.get(&old).copied();
                self.fresh += 1;
                self.took(&old, line);
                match word {
                    Some(word) => drop(self.others.insert(new.clone(), word)),
                    None => effect::rename(&mut self.world, from, to),
                }
                if self.chosen.remove(&old) {
                    self.chosen.insert(new.clone());
                }
                self.made(new, line);
            }
            Found::Absent => drop(self.unsure.insert(new)),
            Found::Unknown => {
                self.gone.insert(old, line);
                self.unsure.insert(new);
            }
        }
    }

    fn drop_table(&mut self, name: &Name, if_exists: bool, temporary: bool, line: usize, out: &mut Vec<Problem>) {
        let key = self.world.key(name);
        if let Some(below) = self.hidden.remove(&key) {
            return self.uncover(&key, below);
        }
        if temporary {
            return;
        }
        match self.find(name) {
            Found::Absent if !if_exists => {
                let problem = self.absent("table", name);
                out.push(Problem { as_if_done: problem.near.is_empty() && problem.since.is_none(), ..problem });
            }
            Found::Other(word) if word != "sequence" => {}
            Found::Absent => {}
            _ => {
                self.fresh += usize::from(self.world.tables.remove(&key).is_some() && !self.made.contains_key(&key));
                self.took(&key, line);
            }
        }
    }

    fn create_view(&mut self, name: &Name, may_be: bool, line: usize, out: &mut Vec<Problem>) {
        let key = self.world.key(name);
        if self.world.tables.contains_key(&key) || self.others.contains_key(&key) {
            if let Some(mut problem) = self.occupied(&key, name).filter(|_| !may_be) {
                problem.way = "CREATE OR REPLACE VIEW takes a view's place; else give the new one another name";
                problem.as_if_done = self.others.contains_key(&key) && problem.since.is_none();
                out.push(problem);
            }
            return;
        }
        self.fresh += 1;
        self.others.insert(key.clone(), "view");
        self.made(key, line);
    }

    fn drop_view(&mut self, name: &Name, if_exists: bool, line: usize, out: &mut Vec<Problem>) {
        match self.find(name) {
            Found::Absent if !if_exists => {
                let problem = self.absent("view", name);
                out.push(Problem { as_if_done: problem.near.is_empty() && problem.since.is_none(), ..problem });
            }
            Found::Table(_) | Found::Absent => {}
            Found::Other(_) | Found::Unknown => {
                let key = self.world.key(name);
                self.fresh += usize::from(self.others.contains_key(&key) && !self.made.contains_key(&key));
                self.took(&key, line);
            }
        }
    }

    fn other(&mut self, first: &str, sql: &str) {
        let (word, names) = words::other(sql);
        match (first, word.as_str()) {
            ("CREATE" | "DROP", "view" | "sequence" | "table") => {
                // OR REPLACE, several views: nothing is refused for it, and what is there afterwards is not looked at.
                for name in &names {
                    let key = self.world.key(name);
                    self.world.tables.remove(&key);
                    self.others.remove(&key);
                    self.gone.remove(&key);
                    self.unsure.insert(key);
                }
            }
            ("DROP", "database" | "schema") => {
                // What was in it is gone, and what was not looked at is not known.
                self.opaque |= self.schemas.is_none();
                for name in &names {
                    let schema = self.world.fold(&name.name);
                    self.world.tables.retain(|key, _| key.0 != schema);
                    self.others.retain(|key, _| key.0 != schema);
                    self.gone.retain(|key, _| key.0 != schema);
                    if let Some(all) = &mut self.schemas {
                        all.remove(&schema);
                    }
                }
            }
            ("ALTER", "ignore") => self.opaque = true,
            ("CREATE" | "DROP" | "ALTER", _) => {}
            _ => self.opaque |= !HARMLESS.contains(&first),
        }
    }
}
