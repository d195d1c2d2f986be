//! Runs the user's schema file in a lab, statement by statement.
//!
//! A dump names things of the server it came from: accounts, settings, replication, rows. What does not matter to the schema
//! is passed over, and all else is the engine's own error at its place in the user's file.

use std::borrow::Cow;
use std::path::Path;

use dbwright_core::progress::Progress;
use dbwright_core::{Failure, FailureKind};
use dbwright_migrate::Statement;
use dbwright_sql::Dialect;
use dbwright_sql::excerpt::{self, Place};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Error};

use crate::flavour::Flavour;
use crate::migrate::text::Cursor;
use crate::migrate::text::lex::{Kind, Lexer};
use crate::migrate::text::split;

/// The database of a file that names none.
const UNNAMED: &str = "schema";

/// What was passed over, for the snapshot's header.
#[derive(Debug, Default)]
pub(super) struct Passed {
    /// Statements that are about rows.
    pub(super) rows: usize,
    /// Lines of statements that are about the server.
    pub(super) lines: Vec<usize>,
}

/// A file on its way into a lab.
pub(super) struct Loader<'a> {
    file: &'a Path,
    sql: Cow<'a, str>,
    conn: &'a mut Conn,
    passed: Passed,
    /// The first database that the file made or went to.
    database: Option<String>,
    /// Whether it is in a database of the server's own, which the lab has already.
    system: bool,
}

/// What becomes of a statement.
#[derive(Debug, PartialEq, Eq)]
enum What {
    Run,
    /// It goes to a database.
    Use(String),
    /// It makes a database.
    Make(String),
    /// It is about rows.
    Rows,
    /// It is about the server.
    Server,
}

impl<'a> Loader<'a> {
    /// The text of `file`, and a session of the lab's.
    pub(super) fn new(file: &'a Path, sql: &'a str, conn: &'a mut Conn) -> Self {
        Self { file, sql: readable(sql), conn, passed: Passed::default(), database: None, system: false }
    }

    /// What was passed over, and the first database of the file; an empty name when it made none.
    pub(super) fn done(self) -> (Passed, String) {
        (self.passed, self.database.unwrap_or_default())
    }

    /// Runs the file.
    ///
    /// # Errors
    /// When the engine rejects a statement, or the file holds what only its own client can do.
    pub(super) async fn run(&mut self, progress: &dyn Progress) -> Result<(), Failure> {
        let script = split::script(&self.file.display().to_string(), &self.sql)?;
        progress.stage("loading the schema file", u64::try_from(script.statements.len()).ok());
        for (done, statement) in script.statements.iter().enumerate() {
            progress.step(done as u64);
            if progress.cancelled() {
                return Err(Failure::new(
                    FailureKind::Interrupted,
                    "interrupted",
                    "stopped while the schema file was loading",
                ));
            }
            self.statement(statement).await?;
        }
        Ok(())
    }

    async fn statement(&mut self, statement: &Statement) -> Result<(), Failure> {
        match what(&statement.sql) {
            What::Use(name) => {
                self.system = is_system(&name);
                if !self.system {
                    self.database.get_or_insert(name);
                }
            }
            What::Make(name) if is_system(&name) => return Ok(()),
            What::Make(name) => drop(self.database.get_or_insert(name)),
            What::Rows => {
                self.passed.rows += 1;
                return Ok(());
            }
            What::Server => {
                self.passed.lines.push(statement.line);
                return Ok(());
            }
            What::Run if self.system => return Ok(()),
            What::Run => {}
        }
        self.send(statement).await
    }

    async fn send(&mut self, statement: &Statement) -> Result<(), Failure> {
        match self.conn.query_drop(statement.sql.as_str()).await {
            Ok(()) => Ok(()),
            // No database is selected: the file does not say which one it is about.
            Err(Error::Server(error)) if error.code == 1046 => {
                let name = Dialect::Mysql.ident(UNNAMED);
                self.database.get_or_insert_with(|| UNNAMED.to_owned());
                for sql in [format!("CREATE DATABASE IF NOT EXISTS {name}"), format!("USE {name}")] {
                    self.conn.query_drop(sql).await.map_err(|e| self.rejected(statement, &e))?;
                }
                self.conn.query_drop(statement.sql.as_str()).await.map_err(|e| self.rejected(statement, &e))
            }
            // It is to be gone, and is.
            Err(Error::Server(error)) if error.code == 1049 && matches!(what(&statement.sql), What::Use(_)) => {
                let name = self.database.clone().unwrap_or_default();
                let sql = format!("CREATE DATABASE IF NOT EXISTS {}", Dialect::Mysql.ident(&name));
                self.conn.query_drop(sql).await.map_err(|e| self.rejected(statement, &e))?;
                self.conn.query_drop(statement.sql.as_str()).await.map_err(|e| self.rejected(statement, &e))
            }
            Err(error) => Err(self.rejected(statement, &error)),
        }
    }

    /// The engine's error, at its place.
    fn rejected(&self, statement: &Statement, error: &Error) -> Failure {
        let text = crate::error::text(error);
        let Error::Server(server) = error else {
            let message = format!("the lab's server ended while it ran line {}: {text}", statement.line);
            return Failure::internal("mysql.lab", message);
        };
        let byte = statement.range.start + place(&statement.sql, &text);
        let place = Place::of(&self.sql, byte);
        let message = format!("{}:{}:{}: {text} ({})", self.file.display(), place.line, place.column, server.code);
        let failure =
            Failure::unreachable("mysql.schema-file", message).excerpt(excerpt::show(self.file, &self.sql, place));
        match server.code {
            1064 | 1193 | 1273 | 1286 | 1115 => failure.hint(
                "MySQL and MariaDB differ, and so do their versions: name the one that the file is for with --dialect, and \
                 the folder of its programs with --programs",
            ),
            _ => failure.hint("mend the statement in the file, and check again"),
        }
    }
}

/// The text without the line by which dumps of MariaDB keep its client from running commands of the shell; as long as before.
fn readable(sql: &str) -> Cow<'_, str> {
    let start = sql.find(|c: char| !c.is_whitespace() && c != '\u{feff}').unwrap_or(0);
    let marked = ["/*!999999\\-", "/*M!999999\\-"].iter().any(|mark| sql[start..].starts_with(mark));
    match sql[start..].find('\n').filter(|_| marked) {
        Some(length) => Cow::Owned(format!("{}{}", " ".repeat(start + length), &sql[start + length..])),
        None => Cow::Borrowed(sql),
    }
}

fn is_system(database: &str) -> bool {
    Flavour::MySql.system_schemas().iter().any(|name| name.eq_ignore_ascii_case(database))
}

/// What a statement is about.
fn what(sql: &str) -> What {
    const ROWS: [&str; 9] = ["insert", "replace", "load", "update", "delete", "truncate", "lock", "unlock", "handler"];
    const SERVER: [&str; 15] = [
        "grant",
        "revoke",
        "flush",
        "change",
        "start",
        "stop",
        "reset",
        "purge",
        "install",
        "uninstall",
        "import",
        "kill",
        "shutdown",
        "restart",
        "clone",
    ];
    const OBJECTS: [&str; 6] = ["user", "role", "tablespace", "logfile", "resource", "undo"];
    let mut cursor = Cursor::new(sql);
    if cursor.is_any(&ROWS) {
        return What::Rows;
    }
    // `START TRANSACTION` is no more about the schema than `START REPLICA`, but nobody has to be told.
    if cursor.accept(&["start", "transaction"]) {
        return What::Rows;
    }
    if cursor.is_any(&SERVER) {
        return What::Server;
    }
    if cursor.accept(&["use"]) {
        return cursor.name().map_or(What::Run, What::Use);
    }
    if cursor.accept(&["set"]) {
        let words = ["global", "persist", "persist_only", "password", "role", "default"];
        let text = cursor.rest().to_ascii_lowercase();
        let about = cursor.is_any(&words) || text.starts_with("@@global") || text.starts_with("@@persist");
        return if about || text.contains("sql_log_bin") { What::Server } else { What::Run };
    }
    if cursor.any(&["create", "alter", "drop"]).is_some() {
        let made = matches!(Cursor::new(sql).peek().to_ascii_lowercase().as_str(), "create");
        cursor.accept(&["or", "replace"]);
        if cursor.is_any(&OBJECTS) {
            return What::Server;
        }
        if made && cursor.any(&["database", "schema"]).is_some() {
            cursor.accept(&["if", "not", "exists"]);
            return cursor.name().map_or(What::Run, What::Make);
        }
    }
    What::Run
}

/// The byte of a statement that the server's message is about: what follows `near`, or the thing that it names.
fn place(sql: &str, message: &str) -> usize {
    near(sql, message).or_else(|| named(sql, message)).unwrap_or(0)
}

/// `… near 'text' at line 3`: the text goes on to the statement's end, or is cut.
fn near(sql: &str, message: &str) -> Option<usize> {
    let (text, line) = message.split_once(" near '")?.1.rsplit_once("' at line ")?;
    let line: usize = line.trim().parse().ok()?;
    if text.is_empty() {
        return Some(sql.trim_end().len());
    }
    let begin = sql.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    let first = text.lines().next().unwrap_or(text);
    // The line is that of the end of what was read; the text may begin before it.
    let after = sql.get(begin..).and_then(|rest| rest.find(first)).map(|at| begin + at);
    after.or_else(|| sql.find(first))
}

/// The last thing in quotes of the message that the statement names, at its last place: what is there twice is meant there.
fn named(sql: &str, message: &str) -> Option<usize> {
    let quoted: Vec<&str> = message.split('\'').skip(1).step_by(2).collect();
    let names = quoted.iter().flat_map(|name| [*name, name.rsplit('.').next().unwrap_or(name)]);
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    let at = |name: &str| {
        let fits = |text: &str| text.trim_matches(['`', '"', '\'']).eq_ignore_ascii_case(name);
        let tokens = Lexer::new(sql).filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted | Kind::String));
        tokens.filter(|token| fits(token.text(sql))).last().map(|token| token.start)
    };
    names.into_iter().find_map(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_dumps_are_told_apart() {
        for (sql, expected) in [
            ("/*!40101 SET NAMES utf8 */", What::Run),
            ("SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ ''", What::Server),
            ("SET @@SESSION.SQL_LOG_BIN= 0", What::Server),
            ("INSERT INTO `t` VALUES (1)", What::Rows),
            ("LOCK TABLES `t` WRITE", What::Rows),
            ("CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT */", What::Make("shop".to_owned())),
            ("USE `a``b`", What::Use("a`b".to_owned())),
            ("CREATE USER app", What::Server),
            (
                "/*!50003 CREATE*/ /*!50017 DEFINER=`u`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET @a = 1 */",
                What::Run,
            ),
            ("DROP TABLE IF EXISTS `t`", What::Run),
        ] {
            assert_eq!(what(sql), expected, "{sql}");
        }
    }

    #[test]
    fn errors_are_put_where_they_belong() {
        let sql = "CREATE TABLE t (\n  a int,\n  b itn NOT NULL\n)";
        let at = |message: &str| &sql[place(sql, message)..];
        let syntax = "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for \
                      the right syntax to use near 'itn NOT NULL\n)' at line 3";
        assert!(at(syntax).starts_with("itn"));
        assert_eq!(at("… syntax to use near '' at line 4"), "");
        assert!(at("Key column 'b' doesn't exist in table").starts_with("b itn"));
        assert!(at("Table 'schema.t' already exists").starts_with("t ("));
        assert!(at("Something else").starts_with("CREATE"));
    }

    #[test]
    fn the_line_of_mariadbs_dumps_is_no_statement() {
        let dump = "/*M!999999\\- enable the sandbox mode */ \n-- x\nCREATE TABLE t (a int);";
        let text = readable(dump);
        assert_eq!(text.len(), dump.len());
        assert!(text.trim_start().starts_with("-- x"));
        assert_eq!(readable("SELECT 1;\n"), "SELECT 1;\n");
    }
}
