//! What a rule looks at: one statement of a script, the state before it, and what the server would do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dbwright_core::Location;
use dbwright_migrate::Script;
use dbwright_migrate::lint::LintOptions;
use dbwright_migrate::names::{self, Problem};

use super::definition::Definition;
use super::effect;
use super::target;
use super::verdict::{self, Verdict};
use super::world::{Origin, Table, TableRef, World};
use crate::body::Body;
use crate::flavour::Flavour;
use crate::migrate::names::Names;
use crate::migrate::parse::{Act, Action, Clause, act, places};
use crate::migrate::text::Cursor;

/// What rules look at.
#[derive(Debug)]
pub(in crate::migrate) struct Scene {
    /// The database before the statement.
    pub(in crate::migrate) world: World,
    /// The server; MySQL where that is not known.
    pub(in crate::migrate) flavour: Flavour,
    /// Its version, or the oldest that is assumed.
    pub(in crate::migrate) version: (u16, u16, u16),
    /// The version as it was asked for or observed; none when it is assumed.
    version_known: bool,
    /// Settings of the target's server, by name in lower case.
    globals: BTreeMap<String, String>,
    /// The file as the user named it.
    pub(in crate::migrate) file: String,
    /// Whether another tool than `dbwright migrate apply` runs the file, as it is.
    pub(in crate::migrate) as_is: bool,
    /// Whether that tool runs the file in one transaction.
    pub(in crate::migrate) in_transaction: bool,
    /// The whole text of the file.
    text: Arc<str>,
    /// The statements of the script.
    pub(in crate::migrate) lines: Vec<Line>,
    /// The statement that is looked at.
    pub(in crate::migrate) at: usize,
    /// Settings that the file made for its session, by name in lower case, as written.
    pub(in crate::migrate) settings: BTreeMap<String, String>,
    /// What the server would do with each clause of the statement.
    verdicts: Vec<Verdict>,
    /// What it would do with all of them together.
    whole: Verdict,
    /// What the statement names that is not there, or that something has already.
    pub(in crate::migrate) problems: Vec<Problem>,
    /// The names that are there.
    names: Names,
    /// Files that the target has already: nothing is told of their names.
    done: BTreeSet<String>,
    /// The statement up to which names are followed.
    followed: Option<usize>,
}

/// A statement of the script.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "the line of the file is called so")]
pub(in crate::migrate) struct Line {
    /// Its text.
    pub(in crate::migrate) sql: String,
    /// First byte in the file.
    pub(in crate::migrate) start: usize,
    /// Line, from 1.
    pub(in crate::migrate) line: usize,
    /// Column, from 1.
    pub(in crate::migrate) column: usize,
    /// What it does.
    pub(in crate::migrate) act: Act,
    /// First byte of each clause of an `ALTER TABLE` in the statement.
    places: Vec<usize>,
}

/// An `ALTER TABLE`, with what the server would do.
#[derive(Debug, Clone)]
pub(in crate::migrate) struct Altered<'a> {
    /// The table before the statement.
    pub(in crate::migrate) table: TableRef,
    /// Its clauses.
    pub(in crate::migrate) parts: Vec<Part<'a>>,
    /// What the server would do with all of them together.
    pub(in crate::migrate) whole: &'a Verdict,
}

/// A clause, with what the server would do with it.
#[derive(Debug, Clone)]
pub(in crate::migrate) struct Part<'a> {
    pub(in crate::migrate) clause: &'a Clause,
    pub(in crate::migrate) verdict: &'a Verdict,
    /// Where it stands.
    pub(in crate::migrate) place: Location,
}

impl Scene {
    /// The scene before the first script.
    pub(super) fn new(target: Option<(&Body, bool)>, scripts: &[Script], options: &LintOptions) -> Self {
        let (body, whole) = (target.map(|(body, _)| body), target.is_some_and(|(_, whole)| whole));
        let assumed = options.dialect.as_deref().filter(|word| *word == "mariadb");
        let flavour =
            body.map_or(if assumed.is_some() { Flavour::MariaDb } else { Flavour::MySql }, |b| b.server.flavour);
        let asked = options.version.as_deref().map(crate::flavour::version_numbers);
        let version = body.map(|body| body.server.version).or(asked);
        let world = body.map(target::world).unwrap_or_default();
        let names = Names::of(&world, body, whole);
        let looks_done = |script: &Script| names.looks_done(script);
        let done = body.map(|body| names::done(&body.migrations, scripts, looks_done)).unwrap_or_default();
        Self {
            world,
            flavour,
            version: version.unwrap_or_else(|| flavour.oldest()),
            version_known: version.is_some(),
            globals: body.map(target::settings).unwrap_or_default(),
            file: String::new(),
            as_is: false,
            in_transaction: false,
            text: Arc::from(""),
            lines: Vec::new(),
            at: 0,
            settings: BTreeMap::new(),
            verdicts: Vec::new(),
            whole: Verdict::nothing(),
            problems: Vec::new(),
            names,
            done,
            followed: None,
        }
    }

    /// What the statement does.
    pub(in crate::migrate) fn act(&self) -> &Act {
        &self.line().act
    }

    /// The statement.
    pub(in crate::migrate) fn line(&self) -> &Line {
        &self.lines[self.at]
    }

    /// The text of the statement.
    pub(in crate::migrate) fn sql(&self) -> &str {
        &self.line().sql
    }

    /// The statements of the script before this one.
    pub(in crate::migrate) fn before(&self) -> &[Line] {
        &self.lines[..self.at.min(self.lines.len())]
    }

    /// The statements of the script after this one.
    pub(in crate::migrate) fn after(&self) -> &[Line] {
        &self.lines[(self.at + 1).min(self.lines.len())..]
    }

    /// The `ALTER TABLE` that the statement is, `CREATE INDEX` and `DROP INDEX` included; whatever the table is.
    pub(in crate::migrate) fn altered(&self) -> Option<Altered<'_>> {
        let Act::Alter { table, clauses, .. } = self.act() else { return None };
        let part = |(at, clause)| Part {
            clause,
            verdict: self.verdicts.get(at).unwrap_or(&self.whole),
            place: self.place_at(self.line().places.get(at).copied().unwrap_or(0)),
        };
        let parts = clauses.iter().enumerate().map(part).collect();
        Some(Altered { table: self.world.table(table), parts, whole: &self.whole })
    }

    /// The `ALTER TABLE`, with what the server would do whatever the statement demands; none where that is not certain, or where the
    /// statement has no place for a demand.
    pub(in crate::migrate) fn plainly(&self) -> Option<(Altered<'_>, Verdict)> {
        let Act::Alter { clauses, .. } = self.act() else { return None };
        let altered = self.altered()?;
        let known = clauses.iter().all(|clause| !matches!(clause.action, Action::Partition(_) | Action::Unknown));
        let verdict = self.judged(clauses, &altered.table);
        (known && verdict.certain).then_some((altered, verdict))
    }

    /// The same on a table that can be in use and hold rows.
    pub(in crate::migrate) fn busy(&self) -> Option<Altered<'_>> {
        self.altered().filter(|altered| !altered.table.quiet())
    }

    /// A setting of the session: the file's, else the target's; `ON` and `1` as written.
    pub(in crate::migrate) fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).or_else(|| self.globals.get(name)).map(String::as_str)
    }

    /// Whether the file turned a switch off that is on otherwise: `foreign_key_checks`.
    pub(in crate::migrate) fn turned_off(&self, name: &str) -> bool {
        self.setting(name).is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "0" | "off" | "false"))
    }

    /// Whether what does not fit is refused: `sql_mode` holds a strict mode, as it does by default.
    pub(in crate::migrate) fn strict(&self) -> bool {
        self.setting("sql_mode").is_none_or(|mode| {
            let mode = mode.to_ascii_uppercase();
            mode.contains("STRICT_") || mode.contains("TRADITIONAL") || mode.contains("DEFAULT") || mode.contains("@@")
        })
    }

    /// The place of the statement.
    pub(in crate::migrate) fn place(&self) -> Location {
        self.place_at(0)
    }

    /// The place of a byte of the statement.
    pub(in crate::migrate) fn place_at(&self, offset: usize) -> Location {
        let line = self.line();
        let passed = self.text.get(line.start..line.start + offset).unwrap_or_default();
        let (row, column) = match passed.rfind('\n') {
            None => (line.line, line.column + passed.chars().count()),
            Some(last) => (line.line + passed.matches('\n').count(), passed[last + 1..].chars().count() + 1),
        };
        Location { file: self.file.clone(), line: row, column }
    }

    /// The server as people name it: `MySQL 8.0`.
    pub(in crate::migrate) fn server(&self) -> String {
        format!("{} {}.{}", self.flavour.name(), self.version.0, self.version.1)
    }

    /// What is read out of the statement's text: the words behind the table's name and the like.
    pub(in crate::migrate) fn cursor(&self) -> Cursor<'_> {
        Cursor::new(self.sql())
    }

    /// What the server would do with clauses on a table, as the session is now.
    pub(super) fn judged(&self, clauses: &[Clause], table: &Table) -> Verdict {
        verdict::judge(self.server_now(), clauses, table).1
    }

    fn server_now(&self) -> verdict::Server {
        verdict::Server {
            flavour: self.flavour,
            version: self.version,
            strict: self.strict(),
            unchecked: self.turned_off("foreign_key_checks"),
        }
    }

    fn judge(&mut self) {
        let Act::Alter { table, clauses, .. } = &self.lines[self.at].act else {
            (self.verdicts, self.whole) = (Vec::new(), Verdict::nothing());
            return;
        };
        let table = self.world.table(table);
        let (mut verdicts, mut whole) = verdict::judge(self.server_now(), clauses, &table);
        let copies =
            |clause: &Clause| matches!(&clause.action, Action::Wanted { what: "ALGORITHM", value } if value == "COPY");
        if self.as_is && whole.way.online() && clauses.iter().any(copies) {
            whole = Verdict::of(crate::migrate::ways::COPY, verdict::Cause::Wanted);
            verdicts = vec![whole.clone(); clauses.len()];
        }
        (self.verdicts, self.whole) = (verdicts, whole);
    }
}

impl dbwright_migrate::lint::Scene for Scene {
    fn assumptions(&self) -> Vec<String> {
        if self.world.known {
            return Vec::new();
        }
        let later = if self.version_known { "" } else { " or later" };
        vec![
            format!("the server is {}{later}", self.server()),
            "tables that the file does not make are large, in use and of InnoDB".to_owned(),
        ]
    }

    fn open(&mut self, script: &Script, in_transaction: bool, as_is: bool) {
        (self.as_is, self.in_transaction) = (as_is, in_transaction);
        self.file.clone_from(&script.file);
        self.text = Arc::clone(&script.text);
        self.lines = script.statements.iter().map(line).collect();
        self.at = 0;
        self.settings.clear();
        self.names.next_file();
        self.followed = None;
    }

    fn stand(&mut self, statement: usize, _part: usize) {
        self.at = statement;
        self.judge();
        if self.done.contains(&self.file) || self.followed.replace(statement) == Some(statement) {
            self.problems.clear();
            return;
        }
        let line = &self.lines[statement];
        self.problems = self.names.pass(&line.sql, line.line);
    }

    fn pass(&mut self) {
        effect::pass(self);
    }

    fn close(&mut self) {
        let known = self.world.known;
        self.world.tables.retain(|_, table| !table.temporary);
        for table in self.world.tables.values_mut().filter(|table| table.origin == Origin::Here) {
            let table: &mut Table = Arc::make_mut(table);
            // A file that is not applied yet makes it, so that the target holds no row of it.
            table.empty = known && !table.in_target;
            table.origin = Origin::Earlier;
        }
    }

    fn here(&self) -> Location {
        self.place()
    }

    fn unread(&self) -> Option<String> {
        let Act::Other(word) = self.act() else { return None };
        let unknown = !KNOWN.contains(&word.as_str());
        unknown.then(|| format!("it begins with {word}"))
    }
}

/// First words of statements that rules have nothing to say of.
const KNOWN: [&str; 26] = [
    "ALTER",
    "CREATE",
    "DROP",
    "GRANT",
    "REVOKE",
    "CALL",
    "LOAD",
    "FLUSH",
    "KILL",
    "INSTALL",
    "UNINSTALL",
    "RENAME",
    "HANDLER",
    "REPAIR",
    "CHANGE",
    "RESET",
    "PURGE",
    "STOP",
    "START",
    "PREPARE",
    "EXECUTE",
    "DEALLOCATE",
    "SIGNAL",
    "IMPORT",
    "OPTIMIZE",
    "BEGIN",
];

fn line(statement: &dbwright_migrate::Statement) -> Line {
    let act = act(&statement.sql);
    let places = match &act {
        Act::Alter { clauses, .. } => places(&statement.sql, clauses),
        _ => Vec::new(),
    };
    Line {
        sql: statement.sql.clone(),
        start: statement.range.start,
        line: statement.line,
        column: statement.column,
        act,
        places,
    }
}

impl<'a> Part<'a> {
    /// The column that the clause defines anew (`MODIFY`, `CHANGE`), by its old name, with its new definition.
    pub(in crate::migrate) fn redefined(&self) -> Option<(&'a str, Definition)> {
        match &self.clause.action {
            Action::Modify { column, definition } => Some((column, Definition::read(definition))),
            Action::Change { from, definition, .. } => Some((from, Definition::read(definition))),
            _ => None,
        }
    }

    /// The columns that the clause adds, with their definitions.
    pub(in crate::migrate) fn added(&self) -> Vec<(&'a str, Definition)> {
        match &self.clause.action {
            Action::AddColumns(columns) => {
                columns.iter().map(|(name, text)| (name.as_str(), Definition::read(text))).collect()
            }
            _ => Vec::new(),
        }
    }
}
