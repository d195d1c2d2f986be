//! The steps of a copy.

use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Backfill, Held, Phase, Require, Work};
use dbwright_sql::Dialect;

use super::Bound;
use super::columns::Columns;
use super::script::{Direction, IN_THE_WAY, NEW, Names, OLD, column, columns};
use crate::migrate::plan::alter::Change;
use crate::migrate::plan::{Draft, Planner, step};
use crate::migrate::session::alone::{WHEN, WHILE};
use crate::migrate::session::backfill::ON_DUPLICATE;
use crate::migrate::table::{ItemKind, TableText};

/// The method of a copy.
pub(super) const METHOD: &str = "shadow-table";

fn expanding(step: Step) -> Step {
    Step { phase: Phase::Expand, ..step }
}

/// The steps of a change.
struct Copy<'a> {
    change: &'a Change<'a>,
    after: &'a TableText,
    names: &'a Names,
    columns: &'a Columns,
    bound: &'a Bound,
    /// The table with its database, and without.
    path: String,
    subject: String,
    /// Whether a rename is sent by another connection, so that a table must stand in its way.
    guarded: bool,
}

pub(super) fn draft(
    planner: &Planner<'_>,
    change: &Change<'_>,
    after: &TableText,
    names: &Names,
    columns: &Columns,
    bound: &Bound,
) -> Draft {
    let (path, subject) = (planner.subject(change.table), Dialect::Mysql.name(&change.table.name));
    let guarded = !planner.link.flavour.renames_under_lock();
    let copy = Copy { change, after, names, columns, bound, path, subject, guarded };
    let mut steps = copy.expand();
    steps.extend([copy.rows(), copy.bring(), copy.compare(true), copy.compare(false), copy.switch()]);
    steps.extend(copy.named());
    steps.extend(copy.contract());
    let size = change.size;
    let mut draft = Draft { steps, ..Draft::of(METHOD) }
        .note(format!(
            "the table is copied beside itself: about {} MB more are needed until `contract`",
            size.bytes / 1_000_000 + 1
        ))
        .note("every write is noted until `contract`: so `undo` keeps what is written after the switch");
    draft.notes.extend(copy.told());
    if let Err(why) = &columns.backward {
        draft.notes.push(format!("after the switch there is no way back: {why}"));
    }
    draft
}

impl Copy<'_> {
    fn expand(&self) -> Vec<Step> {
        let names = self.names;
        let mut steps = self.adopted();
        steps.push(self.new_table());
        steps.extend(self.tried());
        steps.extend(self.note_tables());
        if self.columns.backward.is_ok() {
            let new_keys = self.columns.key.iter().map(|key| key.new.as_str()).collect::<Vec<_>>();
            steps.extend(self.triggers(&names.new, NEW, &new_keys));
        }
        let old_keys = self.columns.key.iter().map(|key| key.old.as_str()).collect::<Vec<_>>();
        steps.extend(self.triggers(&names.table, OLD, &old_keys));
        steps
    }

    /// What is seen of the tables around, and of triggers.
    fn told(&self) -> Vec<String> {
        let foreign = &self.bound.foreign;
        let mut around: Vec<String> = Vec::new();
        let tables = foreign.others.iter().map(|key| &key.home).chain(foreign.own.iter().map(|key| &key.to));
        for (schema, name) in tables {
            let subject = Dialect::Mysql.subject(&[schema, name]);
            if subject != self.path && !around.contains(&subject) {
                around.push(subject);
            }
        }
        let mut notes = Vec::new();
        if !around.is_empty() {
            notes.push(format!("for the moment of the switch {} can't be written either", around.join(", ")));
        }
        if self.guarded && !foreign.is_empty() {
            notes.push(
                "for a few milliseconds after the switch foreign keys look at the old table too: a row may be refused                  because only one of the two has the other row"
                    .to_owned(),
            );
        }
        let names: Vec<_> = self.bound.fired.iter().map(|trigger| trigger.name.as_str()).collect();
        if !names.is_empty() {
            notes.push(format!("{} fire for every write of others, once, and for none of the copy", names.join(", ")));
        }
        notes
    }

    /// Indexes that the server may have made for foreign keys are the user's from then on.
    fn adopted(&self) -> Vec<Step> {
        let foreign = &self.bound.foreign;
        let mut steps: Vec<Step> = Vec::new();
        for key in foreign.own.iter().chain(&foreign.others) {
            let Some((script, left)) = key.adopted() else { continue };
            let work = Work::Alone { statement: script, done: String::new(), clear: vec![left.clone()] };
            if steps.iter().any(|step| step.work == work) {
                continue;
            }
            let subject = Dialect::Mysql.subject(&[&key.home.0, &key.home.1]);
            let back = Back { alone: true, clear: vec![left], ..Back::default() };
            let title = format!("keep the index of {}'s foreign key {}", Dialect::Mysql.name(&key.home.1), key.name);
            let lock = step::lock(step::EXCLUSIVE, subject, Held::Moment);
            steps.push(expanding(Step { work, title, lock, ..step::plain("", back) }));
        }
        steps
    }

    /// The user's triggers, made on the new table and dropped again: before it has rows.
    fn tried(&self) -> Vec<Step> {
        let names = self.names;
        let step = |trigger: &super::fired::Fired| {
            let (clear, statement) = trigger.tried(&names.new_name, &names.new);
            let work = Work::Alone { statement: statement.clone(), done: String::new(), clear };
            let back = Back { alone: true, ..Back::by([statement]) };
            let title = format!("see that the trigger {} can be on the new table", trigger.name);
            expanding(Step { work, title, ..step::plain("", back) })
        };
        self.bound.fired.iter().map(step).collect()
    }

    /// What an interrupted switch left of names is put right.
    fn named(&self) -> Vec<Step> {
        let clear = self.mended();
        if clear.is_empty() {
            return Vec::new();
        }
        let work = Work::Alone { statement: "DO 0".to_owned(), done: String::new(), clear };
        let title = "see that foreign keys and triggers go by their names".to_owned();
        vec![Step { title, work, phase: Phase::Switch, ..step::plain("", Back::nothing()) }]
    }

    fn mended(&self) -> Vec<String> {
        let names = self.names;
        let table = (names.home.clone(), names.table_name.clone());
        self.bound.mended(&table, &[&names.new_name, &names.old_name])
    }

    fn new_table(&self) -> Step {
        let names = self.names;
        let own = format!("`{}_chk_", names.table_name.replace('`', "``"));
        let other = format!("`{}_chk_", names.new_name);
        // Names that the server gave go along with the table's name.
        let create = self
            .after
            .create(&names.new, |item| item.kind != ItemKind::Foreign)
            .replace(&format!("CONSTRAINT {own}"), &format!("CONSTRAINT {other}"));
        let back = Back { alone: true, ..Back::by([format!("DROP TABLE IF EXISTS {}", names.new)]) };
        let title = format!("make the new table beside {}", self.subject);
        expanding(step::alone(title, create, self.there(&names.new_name, 1), back))
    }

    /// One table for the notes of both sides; [`super`], 5, says why.
    fn note_tables(&self) -> Vec<Step> {
        let (names, keys) = (self.names, &self.columns.key);
        let side = |side: char, constraint: &str| -> Vec<String> {
            let kind =
                |key: &super::columns::Key| if side == OLD { key.old_type.clone() } else { key.new_type.clone() };
            keys.iter().enumerate().map(|(at, key)| format!("{} {}{constraint}", column(side, at), kind(key))).collect()
        };
        let index = |side: char| format!("KEY ({})", columns(side, keys.len()));
        let (mut noted, mut indexes) = (side(OLD, " NULL"), vec![index(OLD)]);
        if self.columns.backward.is_ok() {
            noted.extend(side(NEW, " NULL"));
            indexes.push(index(NEW));
        }
        let table = |table: &String, what: &str, columns: Vec<String>, indexes: Vec<String>| {
            let create = format!(
                "CREATE TABLE IF NOT EXISTS {table} (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, {}, {}) ENGINE=InnoDB",
                columns.join(", "),
                indexes.join(", ")
            );
            let back = Back { alone: true, ..Back::by([format!("DROP TABLE IF EXISTS {table}")]) };
            expanding(step::alone(format!("make a table for {what}"), create, String::new(), back))
        };
        vec![
            table(&names.differences, "keys of rows that differ", side(OLD, " NOT NULL"), vec![index(OLD)]),
            table(&names.notes, "keys of rows that are written meanwhile", noted, indexes),
        ]
    }

    /// Triggers that note the keys of rows that are written to a table.
    fn triggers(&self, table: &str, side: char, keys: &[&str]) -> Vec<Step> {
        let names = self.names;
        let (notes, list) = (&names.notes, columns(side, keys.len()));
        let note = |row: &str| {
            let values: Vec<_> = keys.iter().map(|key| format!("{row}.{key}")).collect();
            format!("({})", values.join(", "))
        };
        let into = format!("INSERT INTO {notes} ({list}) VALUES");
        let same: Vec<_> = keys.iter().map(|key| format!("OLD.{key} <=> NEW.{key}")).collect();
        let update =
            format!("{into} {}; IF NOT ({}) THEN {into} {}; END IF;", note("OLD"), same.join(" AND "), note("NEW"));
        let events = [
            ("INSERT", "i", format!("{into} {};", note("NEW"))),
            ("UPDATE", "u", update),
            ("DELETE", "d", format!("{into} {};", note("OLD"))),
        ];
        let make = |(event, letter, body): (&str, &str, String)| {
            let name = format!("{}_{side}{letter}", names.mark);
            let quoted = format!("{}.{}", names.schema, Dialect::Mysql.ident(&name));
            let create = format!(
                "CREATE TRIGGER {quoted} AFTER {event} ON {table} FOR EACH ROW BEGIN IF @dbwright_silent IS NULL THEN {body} END IF; END"
            );
            let literal = |text: &str| Dialect::Mysql.literal(text);
            let done = format!(
                "SELECT COUNT(*) = 1 FROM information_schema.triggers WHERE trigger_schema = {} AND trigger_name = {}",
                literal(&names.home),
                literal(&name)
            );
            let back = Back { alone: true, ..Back::by([format!("DROP TRIGGER IF EXISTS {quoted}")]) };
            let on = if side == OLD { self.subject.clone() } else { format!("the new table of {}", self.subject) };
            let mut step = expanding(step::alone(format!("note each {event} of {on}"), create, done, back));
            if side == OLD {
                step.lock = step::lock(step::EXCLUSIVE, self.path.clone(), Held::Moment);
            }
            step
        };
        events.into_iter().map(make).collect()
    }

    fn rows(&self) -> Step {
        let direction = Direction::forward(self.names, self.columns);
        let mut before_batch = direction.settings();
        before_batch.push(format!("{ON_DUPLICATE}{}", direction.make_way()));
        let work = Work::Backfill(Backfill {
            table: self.names.table.clone(),
            only: false,
            key: self.columns.walk_old(),
            batch: format!("{} FROM {} s WHERE {{range}}", direction.insert("s"), self.names.table),
            before_batch,
            rows: Some(self.change.size.rows),
            verify: Vec::new(),
        });
        // Twice what a plain copy takes: it rests between batches.
        let ms = self.change.size.copy_ms() * 2.0;
        let step = Step { estimate_ms: Some(ms), ..step::plain("", Back::nothing()) };
        Step { title: format!("copy the rows of {}", self.subject), phase: Phase::Backfill, work, ..step }
    }

    fn bring(&self) -> Step {
        let direction = Direction::forward(self.names, self.columns);
        let (much, round) = (direction.much(), direction.round());
        let work =
            Work::Alone { statement: round.clone(), done: String::new(), clear: vec![format!("{much}{WHILE}{round}")] };
        let step = step::plain("", Back::nothing());
        Step { title: "bring over what was written meanwhile".to_owned(), phase: Phase::Backfill, work, ..step }
    }

    /// Looks for rows of one table that the other lacks or has otherwise, in ranges of the key.
    fn compare(&self, forward: bool) -> Step {
        let (names, keys) = (self.names, &self.columns.key);
        let (walked, other, key) = if forward {
            (&names.table, &names.new, self.columns.walk_old())
        } else {
            (&names.new, &names.table, self.columns.walk_new())
        };
        let side = |key: &super::columns::Key| {
            if forward { (key.old.clone(), key.new.clone()) } else { (key.new.clone(), key.old.clone()) }
        };
        let own: Vec<_> = keys.iter().map(|key| format!("s.{}", side(key).0)).collect();
        let on: Vec<_> = keys.iter().map(|key| format!("o.{} = s.{}", side(key).1, side(key).0)).collect();
        let noted: Vec<_> =
            keys.iter().enumerate().map(|(at, key)| format!("n.{} = s.{}", column(OLD, at), side(key).0)).collect();
        let mut differs = vec![format!("o.{} IS NULL", keys.first().map_or_else(String::new, |key| side(key).1))];
        if forward {
            let compared = self.columns.forward.iter().filter(|pair| pair.compared);
            differs.extend(compared.map(|pair| format!("NOT (s.{} <=> o.{})", pair.old, pair.new)));
        }
        let batch = format!(
            "INSERT INTO {} ({}) SELECT {} FROM {walked} s LEFT JOIN {other} o ON {} WHERE {{range}} AND ({}) \
             AND NOT EXISTS (SELECT 1 FROM {} n WHERE {})",
            names.differences,
            columns(OLD, keys.len()),
            own.join(", "),
            on.join(" AND "),
            differs.join(" OR "),
            names.notes,
            noted.join(" AND ")
        );
        let verify = Require {
            query: format!("SELECT COUNT(*) = 0 FROM {}", names.differences),
            or: format!(
                "rows of the copy differ from those of {}; their keys are in {}",
                self.subject, names.differences
            ),
        };
        let work = Work::Backfill(Backfill {
            table: walked.clone(),
            only: false,
            key,
            batch,
            before_batch: Vec::new(),
            rows: Some(self.change.size.rows),
            verify: vec![verify],
        });
        let title = if forward { "compare each row with its copy" } else { "look for rows that only the copy has" };
        let step = step::plain("", Back::nothing());
        Step { title: title.to_owned(), phase: Phase::Backfill, work, ..step }
    }

    fn switch(&self) -> Step {
        let names = self.names;
        let forward = Direction::forward(names, self.columns);
        let rename = format!("RENAME TABLE {} TO {}, {} TO {}", names.table, names.old, names.new, names.table);
        let guard = self.guarded.then_some(names.old.as_str());
        let (much, round) = (forward.much(), forward.round());
        let mended = self.mended();
        let mut clear = vec![self.stray()];
        clear.extend(mended.clone());
        clear.push(format!("{much}{WHILE}{round}"));
        let statement = forward.switch(&rename, guard, self.bound, &names.old_name);
        let work = Work::Alone { statement, done: self.switched(), clear };
        let back = match &self.columns.backward {
            Err(why) => Back::impossible(why.clone()),
            Ok(pairs) => {
                let backward = Direction::backward(names, self.columns, pairs);
                let rename = format!("RENAME TABLE {} TO {}, {} TO {}", names.table, names.new, names.old, names.table);
                let guard = self.guarded.then_some(names.new.as_str());
                let switched = self.switched();
                // Before the switch nobody notes anything for the way back.
                let much = format!("SELECT ({switched}) AND ({})", backward.much());
                let again = format!("{much}{WHILE}{}", backward.round());
                let script = backward.switch(&rename, guard, self.bound, &names.new_name);
                let exchange = format!("{switched}{WHEN}{script}");
                let mut clear = vec![self.stray()];
                clear.extend(mended.clone());
                clear.extend([again, exchange]);
                clear.extend(mended);
                Back { alone: true, clear, ..Back::default() }
            }
        };
        let lock = step::lock(step::EXCLUSIVE, self.path.clone(), Held::Moment);
        let step = step::plain("", back);
        Step {
            title: format!("put the new table in the place of {}", self.subject),
            phase: Phase::Switch,
            work,
            lock,
            ..step
        }
    }

    fn contract(&self) -> Vec<Step> {
        let names = self.names;
        let gone = || Back::impossible("the old table is gone");
        let contract = |title: String, sql: String| Step {
            phase: Phase::Contract,
            ..step::alone(title, sql, String::new(), gone())
        };
        let mut steps = Vec::new();
        if self.columns.backward.is_ok() {
            for letter in ["i", "u", "d"] {
                let name = Dialect::Mysql.ident(&format!("{}_{NEW}{letter}", names.mark));
                let drop = format!("DROP TRIGGER IF EXISTS {}.{name}", names.schema);
                let mut step = contract(format!("no longer note what is written to {}", self.subject), drop);
                step.lock = step::lock(step::EXCLUSIVE, self.path.clone(), Held::Moment);
                steps.push(step);
            }
        }
        steps.push(contract(
            format!("drop the old table of {}", self.subject),
            format!("DROP TABLE IF EXISTS {}", names.old),
        ));
        let notes = format!("DROP TABLE IF EXISTS {}, {}", names.notes, names.differences);
        steps.push(contract("drop the tables of notes".to_owned(), notes));
        steps
    }

    /// Asks whether a table is there, one that only stands in the way left out.
    fn there(&self, name: &str, count: u8) -> String {
        let literal = |text: &str| Dialect::Mysql.literal(text);
        format!(
            "SELECT COUNT(*) = {count} FROM information_schema.tables WHERE table_schema = {} AND table_name = {} \
             AND table_comment <> {}",
            literal(&self.names.home),
            literal(name),
            literal(IN_THE_WAY)
        )
    }

    /// Asks whether the tables have exchanged their names.
    fn switched(&self) -> String {
        format!("SELECT ({}) AND ({})", self.there(&self.names.old_name, 1), self.there(&self.names.new_name, 0))
    }

    /// Yields the statements that remove what an interrupted switch left standing in the way.
    fn stray(&self) -> String {
        let literal = |text: &str| Dialect::Mysql.literal(text);
        let names = self.names;
        format!(
            "SELECT CONCAT({}, table_name, '`') FROM information_schema.tables WHERE table_schema = {} AND table_name IN ({}, {}) \
             AND table_comment = {}",
            literal(&format!("DROP TABLE {}.`", names.schema)),
            literal(&names.home),
            literal(&names.old_name),
            literal(&names.new_name),
            literal(IN_THE_WAY)
        )
    }
}
