//! `DROP TABLE`: put aside until `contract`, so that it can be had back.
//!
//! A table that refers to others would go on holding their rows under its new name, so that it is first made anew
//! without its foreign keys. A virtual one holds its own tables: that is dropped.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Held};
use dbwright_sql::Dialect;

use super::parse::{ConstraintKind, PartKind, TableText};
use super::plan::{COPY_MS_A_ROW, Done, LONG_MS, Planner, broken_rows, renamed, unless_gone, unreadable};
use super::rebuild::{KEYS_OFF, Rebuild};
use super::schema::{Scratch, TableState, mark};
use crate::observe::quoted;

/// A table that is about to go.
struct Going {
    state: TableState,
    kept: String,
    /// Its text without foreign keys, when it has some.
    bare: Option<TableText>,
}

impl Planner<'_> {
    pub(super) fn drop_table(&mut self, plain: Done, sql: &str, name: &str) -> Result<Done, Failure> {
        let state = TableState::read(&self.scratch.db, name).map_err(unreadable)?;
        let require = self.required_of_children(name);
        let made = self.made.remove(&name.to_lowercase());
        let empty = made || !self.has_rows(name);
        let base = Done { require, table: Some(name.to_owned()), title: format!("drop the table {name}"), ..plain };
        let Some(state) = state.filter(|_| !empty) else {
            let back = match TableState::read(&self.scratch.db, name).map_err(unreadable)? {
                Some(state) => Back::by(again(&self.scratch, &state)),
                None => Back::impossible(format!("the rows of {name} are gone")),
            };
            self.attempt(&[sql.to_owned()])?;
            return Ok(Done { forward: vec![KEYS_OFF.to_owned(), sql.to_owned()], back, ..base });
        };
        let own = "SELECT count(*) FROM pragma_foreign_key_list(?1)";
        let own: i64 = self.scratch.db.query_row(own, [name], |row| row.get(0)).map_err(unreadable)?;
        let copied = if own == 0 { None } else { self.rows_of(name).map(|rows| rows * COPY_MS_A_ROW) };
        if copied.is_some_and(|ms| ms > LONG_MS) {
            self.attempt(&[sql.to_owned()])?;
            let reason = format!(
                "the rows of {name} are gone: it refers to other tables, so that keeping them would mean to copy them, \
                 and others would wait for that too long"
            );
            let back = Back::impossible(reason);
            return Ok(Done { forward: vec![KEYS_OFF.to_owned(), sql.to_owned()], back, ..base });
        }
        let kept = format!("dbwright_kept_{}", mark(&format!("{name} {}", state.text.create("t"))));
        let going = Going { bare: (own > 0).then(|| without_keys(&state.text)), kept, state };
        let forward = self.put_aside(&going);
        let back = self.taken_back(&going);
        self.attempt(&forward)?;
        let kept = going.kept;
        Ok(Done {
            method: "kept-aside",
            forward,
            back: Back::by(back),
            contract: vec![KEYS_OFF.to_owned(), format!("DROP TABLE IF EXISTS {kept}")],
            notes: vec![format!("until `contract` its rows stay as {kept}")],
            held: if copied.is_some() { Held::Rewrite } else { base.held },
            estimate_ms: copied,
            ..base
        })
    }

    /// What is asked of tables that refer to the one that goes: at once, or when another takes its name.
    fn required_of_children(&mut self, name: &str) -> Vec<dbwright_migrate::plan::Require> {
        let mut require = self.keys_of_children(name);
        if self.coming.contains(&name.to_lowercase()) {
            for question in &mut require {
                question.query.push_str(&unless_gone(name));
            }
            self.owed.extend(require.iter().cloned());
        }
        require
    }

    fn put_aside(&self, going: &Going) -> Vec<String> {
        let Going { state, kept, bare } = going;
        let mut forward = vec![KEYS_OFF.to_owned()];
        forward.extend(state.triggers.iter().map(|(trigger, _)| format!("DROP TRIGGER {}", quoted(trigger))));
        forward.extend(state.indexes.iter().map(|(index, _)| format!("DROP INDEX {}", quoted(index))));
        if let Some(bare) = bare {
            forward.extend(remade(state, bare, Vec::new()));
        }
        // As DROP TABLE does.
        let gone = |stat: &&str| format!("DELETE FROM {stat} WHERE tbl = {}", Dialect::Sqlite.literal(&state.name));
        forward.extend(self.statistics().iter().map(gone));
        forward.extend(renamed(&state.name, kept));
        forward
    }

    fn taken_back(&self, going: &Going) -> Vec<String> {
        let Going { state, kept, bare } = going;
        let mut back = renamed(kept, &state.name);
        let after: Vec<String> = state.indexes.iter().chain(&state.triggers).map(|(_, sql)| sql.clone()).collect();
        let Some(bare) = bare else {
            back.extend(after);
            return back;
        };
        let now = TableState { text: bare.clone(), indexes: Vec::new(), triggers: Vec::new(), ..state.clone() };
        back.extend(remade(&now, &state.text, after));
        back.extend(self.checked(&state.name, kept));
        back
    }

    /// Rows that they refer to may be gone by then: SQLite rolls the way back back, with a word on what to do.
    fn checked(&self, name: &str, kept: &str) -> Vec<String> {
        let broken = |name: &str| format!("SELECT count(*) {}", broken_rows(name));
        let Ok(now) = self.live.query_row(&broken(self.live_name(name)), [], |row| row.get::<_, i64>(0)) else {
            return Vec::new();
        };
        let told = format!(
            "rows of {name} refer to rows that were deleted meanwhile: give those back, or delete the rows of {kept} that refer to them"
        );
        vec![
            format!("CREATE TABLE dbwright_check (broken, CONSTRAINT {} CHECK (broken <= {now}))", quoted(&told)),
            format!("INSERT INTO dbwright_check {}", broken(name)),
            "DROP TABLE dbwright_check".to_owned(),
        ]
    }
}

/// The statements that make a table anew with another text.
fn remade(from: &TableState, to: &TableText, after: Vec<String>) -> Vec<String> {
    Rebuild { from, to, using: &[], keep: None, restore: None, after, statistics: &[] }.statements()
}

/// The table's text without what refers to others.
fn without_keys(text: &TableText) -> TableText {
    let mut bare = text.clone();
    for (at, constraint) in bare.constraints().into_iter().rev() {
        if matches!(constraint.kind, ConstraintKind::ForeignKey { .. }) {
            bare.items.remove(at);
        }
    }
    for (at, column) in bare.columns() {
        let parts = column.of(|kind| matches!(kind, PartKind::References | PartKind::Deferrable));
        let ranges: Vec<_> = parts.map(|part| part.range.clone()).collect();
        for range in ranges.into_iter().rev() {
            super::edit::cut(&mut bare.items[at].text, range);
        }
    }
    bare
}

/// The statements that make a table with all that belongs to it.
fn again(scratch: &Scratch, state: &TableState) -> Vec<String> {
    let table = scratch.sql_of("table", &state.name).into_iter();
    table.chain(state.indexes.iter().chain(&state.triggers).map(|(_, sql)| sql.clone())).collect()
}
