//! A foreign key that is added to a table with rows: first for what is written from then on, then for what is there.
//!
//! The server looks at all rows only while nobody can write. Told not to look (`foreign_key_checks = 0`) it takes the foreign
//! key at once and holds it from then on; the rows that were there are looked at afterwards, by a query that locks nothing. A
//! row without its other row ends the change, which goes on when the row is mended, or back.

use dbwright_migrate::plan::{Back, Held, Phase, Require, Step, Work};
use dbwright_sql::Dialect;

use super::alter::{Answer, Change};
use super::{Draft, Planner, step};
use crate::migrate::session::alone::WHEN;
use crate::migrate::session::switch::LOCKED;
use crate::migrate::shadow::foreign::{Foreign, quoted};
use crate::migrate::table::{Item, ItemKind, TableText};
use crate::migrate::ways::IN_PLACE;

impl Planner<'_> {
    /// The steps when the change does nothing but add foreign keys.
    pub(super) fn referring_later(&self, change: &Change<'_>, answer: &Answer) -> Option<Draft> {
        let after = answer.after.as_ref().filter(|_| self.is_home(change.table))?;
        let came = added(&change.before, after)?;
        let home = (self.home.to_owned(), change.table.name.clone());
        let table = quoted(&home);
        let mut draft = Draft::of("validate-later");
        for item in came.iter().filter(|item| item.kind != ItemKind::Foreign) {
            draft.steps.push(self.index(change, item, &table));
        }
        for item in came.iter().filter(|item| item.kind == ItemKind::Foreign) {
            let key = Foreign::read(item, &home, after)?;
            draft.steps.push(self.unchecked(change, &key, item));
            draft.steps.push(looked(&key, change));
        }
        Some(draft.note(
            "rows that are written from then on are checked at once, those that are there afterwards, without a lock",
        ))
    }

    /// The index that the foreign key needs, where there is none: as the server would make it, beside writers.
    fn index(&self, change: &Change<'_>, item: &Item, table: &str) -> Step {
        let (home, name) = (Dialect::Mysql.literal(self.home), Dialect::Mysql.literal(&change.table.name));
        let has = |count: u8| {
            format!(
                "SELECT COUNT(DISTINCT index_name) = {count} FROM information_schema.statistics WHERE table_schema = {home} \
                 AND table_name = {name} AND index_name = {}",
                Dialect::Mysql.literal(&item.name)
            )
        };
        let way = IN_PLACE.clause();
        let drop = format!("ALTER TABLE {table} {way}, DROP INDEX {}", Dialect::Mysql.ident(&item.name));
        let back = Back { alone: true, clear: vec![format!("{}{WHEN}{drop}", has(1))], ..Back::default() };
        let create = format!("ALTER TABLE {table} {way}, ADD {}", item.text);
        let mut step = step::alone(format!("build the index {} that it needs", item.name), create, has(1), back);
        step.lock = step::lock(step::EXCLUSIVE, self.subject(change.table), Held::Moment);
        step.estimate_ms = Some(change.size.copy_ms());
        Step { phase: Phase::Expand, ..step }
    }

    fn unchecked(&self, change: &Change<'_>, key: &Foreign, item: &Item) -> Step {
        let literal = |text: &str| Dialect::Mysql.literal(text);
        let table = quoted(&key.home);
        let has = |count: u8| {
            format!(
                "SELECT COUNT(*) = {count} FROM information_schema.referential_constraints WHERE constraint_schema = {} \
                 AND table_name = {} AND constraint_name = {}",
                literal(&key.home.0),
                literal(&key.home.1),
                literal(&key.name)
            )
        };
        let way = IN_PLACE.clause();
        let other = if key.to == key.home { String::new() } else { format!(", {} READ", quoted(&key.to)) };
        let script = format!(
            "{LOCKED}SET SESSION foreign_key_checks = 0;\nLOCK TABLES {table} WRITE{other};\nALTER TABLE {table} {way}, ADD {}",
            item.text
        );
        let drop = format!("ALTER TABLE {table} {way}, DROP FOREIGN KEY {}", Dialect::Mysql.ident(&key.name));
        let back = Back { alone: true, clear: vec![format!("{}{WHEN}{drop}", has(1))], ..Back::default() };
        let title = format!("add the foreign key {} for what is written from then on", key.name);
        let mut step = step::alone(title, script, has(1), back);
        step.lock = step::lock(step::EXCLUSIVE, self.subject(change.table), Held::Moment);
        step
    }
}

/// Looks for rows without their other row.
fn looked(key: &Foreign, change: &Change<'_>) -> Step {
    let (table, other) = (quoted(&key.home), quoted(&key.to));
    let (own, theirs) = key.pairs();
    let on: Vec<_> = own.iter().zip(&theirs).map(|(a, b)| format!("o.{b} = s.{a}")).collect();
    let filled: Vec<_> = own.iter().map(|column| format!("s.{column} IS NOT NULL")).collect();
    let query = format!(
        "SELECT NOT EXISTS (SELECT 1 FROM {table} s WHERE {} AND NOT EXISTS (SELECT 1 FROM {other} o WHERE {}))",
        filled.join(" AND "),
        on.join(" AND ")
    );
    let or = format!(
        "rows of {} name rows of {} that are not there; mend them, then resume, or undo",
        Dialect::Mysql.name(&key.home.1),
        Dialect::Mysql.name(&key.to.1)
    );
    let work = Work::Verify { require: vec![Require { query, or }] };
    let step = Step { estimate_ms: Some(change.size.copy_ms()), ..step::plain("", Back::nothing()) };
    Step { title: format!("look whether the rows that are there keep to {}", key.name), work, ..step }
}

/// What came, when it is foreign keys and indexes for them and nothing went.
fn added<'a>(before: &TableText, after: &'a TableText) -> Option<Vec<&'a Item>> {
    let same =
        before.columns == after.columns && before.options == after.options && before.partitions == after.partitions;
    let kept = before.items.iter().all(|item| after.items.contains(item));
    let came: Vec<_> = after.items.iter().filter(|item| !before.items.contains(item)).collect();
    let plain = came.iter().all(|item| matches!(item.kind, ItemKind::Foreign | ItemKind::Key));
    let any = came.iter().any(|item| item.kind == ItemKind::Foreign);
    (same && kept && plain && any).then_some(came)
}
