//! The names of what a copy makes, and the scripts that keep two tables in step.

use dbwright_sql::Dialect;

use super::super::session::backfill::ON_DUPLICATE;
use super::super::session::switch::{LOCKED, ROUND};
use super::super::table::mark;
use super::Bound;
use super::columns::{Columns, Key, Pair};

/// Names, quoted and qualified.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) schema: String,
    /// Database and table, plain.
    pub(super) home: String,
    pub(super) table_name: String,
    pub(super) table: String,
    pub(super) new: String,
    pub(super) old: String,
    /// The same two, plain.
    pub(super) new_name: String,
    pub(super) old_name: String,
    /// Keys that triggers note: [`OLD`] those of the old table's, [`NEW`] those of the new one's; and keys that differ.
    pub(super) notes: String,
    pub(super) differences: String,
    /// What the end of the name of a temporary table is put to: keys that are being brought over, in the session alone.
    pub(super) take: String,
    /// What names of triggers begin with.
    pub(super) mark: String,
}

/// Told by its comment: a table that is there only so that a rename can't come too early.
pub(super) const IN_THE_WAY: &str = "dbwright: stands in the way of a rename";

/// Columns of the notes: keys of the old table, with its types.
pub(super) const OLD: char = 'o';

/// And keys of the new one.
pub(super) const NEW: char = 'n';

/// More notes than this are not brought over under the lock.
const MOST: u32 = 2_000;

/// Until so few are left rounds go on without it.
const FEW: u32 = 100;

/// Notes of one round.
const ROUND_SIZE: u32 = 500;

/// What names of tables begin with.
const PLAIN: &str = "dbwright_";

/// The same behind every letter. A rename takes the locks of its tables in the order of their names, and must queue for the
/// user's table first: were it to wait for another, writers would come before it.
const BEHIND: &str = "~dbwright_";

/// Whether the server locks a table before all those whose names begin so.
fn sorts_before(table: &str, prefix: &str) -> bool {
    table < prefix && table.to_lowercase().as_str() < prefix
}

/// Whether a rename queues for this table before it queues for what a copy makes.
pub(super) fn is_first(table: &str) -> bool {
    sorts_before(table, BEHIND)
}

impl Names {
    pub(super) fn of(home: &str, table: &str) -> Self {
        let schema = Dialect::Mysql.ident(home);
        let hash = mark(&format!("{home}\0{table}"));
        let own = |name: &str| format!("{schema}.{}", Dialect::Mysql.ident(name));
        let before = if sorts_before(table, PLAIN) { PLAIN } else { BEHIND };
        let (new_name, old_name) = (format!("{before}new_{hash}"), format!("{before}old_{hash}"));
        let note = |end: &str| format!("dbwright.note_{}_{hash}_{end}", mark(home));
        Self {
            table: own(table),
            new: own(&new_name),
            old: own(&old_name),
            new_name,
            old_name,
            notes: note("n"),
            differences: note("d"),
            take: format!("dbwright.take_{hash}"),
            mark: format!("dbwright_{hash}"),
            schema,
            home: home.to_owned(),
            table_name: table.to_owned(),
        }
    }
}

/// One direction of bringing over.
pub(super) struct Direction<'a> {
    pub(super) names: &'a Names,
    /// Where rows come from and where they go; names that hold when the script runs.
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    /// Which columns of the notes hold the keys: [`OLD`] or [`NEW`].
    pub(super) side: char,
    /// Names of the key in both, and its type in the notes.
    pub(super) key: Vec<(String, String, String)>,
    /// Columns: to, from.
    pub(super) columns: Vec<(String, String)>,
    /// Columns that are given a value.
    pub(super) given: &'a [(String, String)],
    /// Whether the target's counter follows.
    pub(super) counts: bool,
    pub(super) zoned: bool,
}

impl<'a> Direction<'a> {
    pub(super) fn forward(names: &'a Names, columns: &'a Columns) -> Self {
        Self {
            names,
            from: &names.table,
            to: &names.new,
            side: OLD,
            key: keys(columns, |key| (key.old.clone(), key.new.clone(), key.old_type.clone())),
            columns: columns.forward.iter().map(|pair| (pair.new.clone(), pair.old.clone())).collect(),
            given: &columns.given,
            counts: columns.counts,
            zoned: columns.zoned,
        }
    }

    /// After the switch: the new table has the table's name.
    pub(super) fn backward(names: &'a Names, columns: &'a Columns, pairs: &[Pair]) -> Self {
        Self {
            names,
            from: &names.table,
            to: &names.old,
            side: NEW,
            key: keys(columns, |key| (key.new.clone(), key.old.clone(), key.new_type.clone())),
            columns: pairs.iter().map(|pair| (pair.old.clone(), pair.new.clone())).collect(),
            given: &[],
            counts: columns.counts,
            zoned: columns.zoned,
        }
    }

    /// What our own session must have set while it writes to either table: texts and moments as they are, nothing cut off
    /// without a word, and triggers of either table silent.
    pub(super) fn settings(&self) -> Vec<String> {
        let mut settings = vec![
            "SET /* dbwright */ SESSION sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'".to_owned(),
            "SET /* dbwright */ @dbwright_silent = 1".to_owned(),
            // The rows were looked at when they came into the other table.
            "SET /* dbwright */ SESSION foreign_key_checks = 0".to_owned(),
        ];
        if !self.zoned {
            settings.push("SET /* dbwright */ SESSION time_zone = '+00:00'".to_owned());
        }
        settings
    }

    /// The insert of rows, without its condition; rows come from `alias`.
    pub(super) fn insert(&self, alias: &str) -> String {
        let given = self.given.iter();
        let to: Vec<_> =
            self.columns.iter().map(|(to, _)| to.clone()).chain(given.clone().map(|(to, _)| to.clone())).collect();
        let from: Vec<_> = self
            .columns
            .iter()
            .map(|(_, from)| format!("{alias}.{from}"))
            .chain(given.map(|(_, value)| value.clone()))
            .collect();
        format!("INSERT INTO {} ({}) SELECT {}", self.to, to.join(", "), from.join(", "))
    }

    fn on(
        &self,
        left: &str,
        right: &str,
        which: impl Fn(usize, &(String, String, String)) -> (String, String),
    ) -> String {
        let part = |(at, key): (usize, &(String, String, String))| {
            let (a, b) = which(at, key);
            format!("{left}.{a} = {right}.{b}")
        };
        self.key.iter().enumerate().map(part).collect::<Vec<_>>().join(" AND ")
    }

    /// The condition that a row of the target has a noted key.
    fn to_on(&self, right: &str) -> String {
        self.on(self.to, right, |at, key| (key.1.clone(), column(self.side, at)))
    }

    /// The condition that a note is one of this direction.
    fn noted(&self) -> String {
        format!("{} IS NOT NULL", column(self.side, 0))
    }

    fn take(&self) -> String {
        format!("{}_{}", self.names.take, self.side)
    }

    fn take_table(&self) -> String {
        let parts =
            self.key.iter().enumerate().map(|(at, key)| format!("{} {} NOT NULL", column(self.side, at), key.2));
        format!(
            "CREATE TEMPORARY TABLE IF NOT EXISTS {} (id bigint NOT NULL PRIMARY KEY, {}, KEY ({})) ENGINE=InnoDB",
            self.take(),
            parts.collect::<Vec<_>>().join(", "),
            columns(self.side, self.key.len())
        )
    }

    /// Removes rows of noted keys from the target: what stands in the way of others is one of them.
    pub(super) fn make_way(&self) -> String {
        format!(
            "DELETE FROM {to} USING {to} JOIN {notes} ON {on}",
            to = self.to,
            notes = self.names.notes,
            on = self.to_on(&self.names.notes)
        )
    }

    /// Takes notes and brings their rows over.
    fn bring(&self, limit: &str) -> Vec<String> {
        let (take, notes, list) = (&self.take(), &self.names.notes, columns(self.side, self.key.len()));
        let on = self.on(self.from, "t", |at, key| (key.0.clone(), column(self.side, at)));
        vec![
            format!("DELETE FROM {take}"),
            format!("INSERT INTO {take} (id, {list}) SELECT id, {list} FROM {notes} WHERE {}{limit}", self.noted()),
            format!("DELETE FROM {to} USING {to} JOIN {take} ON {on}", to = self.to, on = self.to_on(take)),
            format!(
                "{} FROM {} JOIN (SELECT DISTINCT {list} FROM {take}) t ON {on}",
                self.insert(self.from),
                self.from
            ),
        ]
    }

    /// One round, without a lock.
    pub(super) fn round(&self) -> String {
        let mut parts = self.settings();
        parts.push(self.take_table());
        parts.push(format!("{ON_DUPLICATE}{}", self.make_way()));
        parts.extend(self.bring(&format!(" ORDER BY id LIMIT {ROUND_SIZE}")));
        let (take, notes) = (self.take(), &self.names.notes);
        parts.push(format!("DELETE FROM {notes} USING {notes} JOIN {take} ON {notes}.id = {take}.id"));
        format!("{ROUND}{}", parts.join(";\n"))
    }

    /// Whether so many notes are left that another round is worth it.
    pub(super) fn much(&self) -> String {
        let (notes, noted) = (&self.names.notes, self.noted());
        format!("SELECT COUNT(*) > {FEW} FROM (SELECT 1 FROM {notes} WHERE {noted} LIMIT {}) n", FEW + 1)
    }

    /// Under the lock of both tables: the last notes, then the names. `rename` says how; `guard` is a table that must stand in
    /// the way until the rename is seen waiting; the table itself is `aside` afterwards.
    pub(super) fn switch(&self, rename: &str, guard: Option<&str>, bound: &Bound, aside: &str) -> String {
        let mut parts = self.settings();
        parts.push(self.take_table());
        let mut locks = vec![self.from.to_owned(), self.to.to_owned(), self.names.notes.clone()];
        if let Some(guard) = guard {
            parts.push(format!("CREATE TABLE {guard} (a int) ENGINE=InnoDB COMMENT = '{IN_THE_WAY}'"));
            locks.push(guard.to_owned());
        }
        let mut locks: Vec<_> = locks.iter().map(|table| format!("{table} WRITE")).collect();
        locks.extend(bound.foreign.locks());
        parts.push(format!("LOCK TABLES {}", locks.join(", ")));
        let (notes, noted) = (&self.names.notes, self.noted());
        parts.push(format!("SELECT COUNT(*) <= {MOST} FROM {notes} WHERE {noted}"));
        parts.extend(self.bring(""));
        parts.push(format!("DELETE FROM {notes} WHERE {noted}"));
        if self.counts {
            parts.extend(self.counter());
        }
        parts.extend(bound.before(self.to));
        parts.push(rename.to_owned());
        let aside = (self.names.home.clone(), aside.to_owned());
        parts.extend(bound.after(&self.names.table, &aside, guard.is_none()));
        format!("{LOCKED}{}", parts.join(";\n"))
    }

    /// Numbers that were given out are not given out again, though their rows are gone.
    fn counter(&self) -> [String; 4] {
        let literal = |text: &str| Dialect::Mysql.literal(text);
        let (home, table) = (literal(&self.names.home), literal(&self.names.table_name));
        [
            format!(
                "SET @dbwright_counter = (SELECT COALESCE(auto_increment, 1) FROM information_schema.tables \
                 WHERE table_schema = {home} AND table_name = {table})"
            ),
            format!(
                "SET @dbwright_alter = CONCAT({}, @dbwright_counter)",
                literal(&format!("ALTER TABLE {} AUTO_INCREMENT = ", self.to))
            ),
            "PREPARE dbwright_alter FROM @dbwright_alter".to_owned(),
            "EXECUTE dbwright_alter".to_owned(),
        ]
    }
}

/// A column of the notes.
pub(super) fn column(side: char, at: usize) -> String {
    format!("{side}{at}")
}

/// Columns of the notes: so many of one side.
pub(super) fn columns(side: char, count: usize) -> String {
    (0..count).map(|at| column(side, at)).collect::<Vec<_>>().join(", ")
}

fn keys(columns: &Columns, of: impl Fn(&Key) -> (String, String, String)) -> Vec<(String, String, String)> {
    columns.key.iter().map(of).collect()
}
