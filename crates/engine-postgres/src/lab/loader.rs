//! Runs the user's schema file in a lab, statement by statement.
//!
//! A dump names things of the server it came from: roles, tablespaces, its own database, settings of a
//! newer version. What is needed is made, what does not matter to the schema is passed over, and all
//! else is the engine's own error at its place in the user's file.

use std::path::Path;

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_sql::Dialect;
use dbwright_sql::split::{Piece, PieceKind, pieces};
use tokio_postgres::Client;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use dbwright_sql::excerpt::{self, Place};

/// How many things one statement may lack that are made for it.
const MENDS: usize = 20;

/// What was passed over, for the snapshot's header.
#[derive(Debug, Default)]
pub(super) struct Passed {
    /// `COPY … FROM stdin` blocks whose rows were not loaded.
    pub(super) copies: usize,
    /// Statements that the lab's version does not have or need, with their lines.
    pub(super) statements: Vec<usize>,
}

/// The database that a dump wants to be in: the first that it creates or connects to.
pub(super) fn database_of(sql: &str) -> Option<String> {
    let pieces = pieces(sql, Dialect::Postgres);
    let mut commands = pieces.iter().filter(|piece| piece.kind == PieceKind::Meta);
    commands.find_map(|piece| connected(piece.text))
}

/// A psql command without the comments before it.
fn spoken(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| line.starts_with('\\')).unwrap_or(text)
}

/// The database that a psql command connects to. None for other commands, for the same database again, and for
/// the server's template, to which `pg_dumpall` has something to say.
fn connected(command: &str) -> Option<String> {
    let command = spoken(command);
    let rest = command.strip_prefix("\\connect").or_else(|| command.strip_prefix("\\c"))?;
    let rest = rest.strip_prefix(char::is_whitespace)?.trim();
    // `-reuse-previous=on "dbname='my shop'"` is how `pg_dump` writes odd names.
    let name = match rest.strip_prefix("-reuse-previous=") {
        Some(rest) => rest.split_once(' ').map_or("", |(_, name)| name),
        None if rest.starts_with('"') => rest,
        None => rest.split_whitespace().next().unwrap_or_default(),
    };
    Some(unquoted(name)).filter(|name| !matches!(name.as_str(), "" | "-" | "template1"))
}

/// A name as psql takes it.
fn unquoted(name: &str) -> String {
    let name = name.trim_end_matches(';').trim_matches('"');
    name.strip_prefix("dbname='").and_then(|name| name.strip_suffix('\'')).unwrap_or(name).to_owned()
}

/// A file on its way into a lab.
pub(super) struct Loader<'a> {
    /// Its name, for messages.
    pub(super) file: &'a Path,
    /// Its text.
    pub(super) sql: &'a str,
    /// Connection to the database that it goes to.
    pub(super) client: &'a Client,
    /// Another, for what is made on the way: databases and tablespaces can't be made inside a transaction.
    pub(super) helper: &'a Client,
    /// Name of that database.
    pub(super) database: &'a str,
    /// Major version of the lab.
    pub(super) major: u32,
}

impl Loader<'_> {
    /// Runs the file.
    ///
    /// # Errors
    /// When the engine rejects a statement, or a psql command can't be passed over.
    pub(super) async fn run(&self, progress: &dyn Progress) -> Result<Passed, Failure> {
        let pieces = pieces(self.sql, Dialect::Postgres);
        progress.stage("loading the schema file", u64::try_from(pieces.len()).ok());
        let mut passed = Passed::default();
        let mut in_transaction = false;
        for (at, piece) in pieces.iter().enumerate() {
            progress.step(at as u64);
            if progress.cancelled() {
                return Err(Failure::new(
                    dbwright_core::FailureKind::Interrupted,
                    "interrupted",
                    "stopped while the schema file was loading",
                ));
            }
            match piece.kind {
                PieceKind::Blank => {}
                PieceKind::CopyData => passed.copies += 1,
                PieceKind::Meta => {
                    if !self.meta(piece)? {
                        break;
                    }
                }
                PieceKind::Statement => {
                    let copies = pieces.get(at + 1).is_some_and(|next| next.kind == PieceKind::CopyData);
                    if !copies && !self.statement(piece, in_transaction).await? {
                        passed.statements.push(piece.line);
                    }
                    in_transaction = transaction_after(piece.text, in_transaction);
                }
            }
        }
        Ok(passed)
    }

    /// Runs a statement; false when it was passed over.
    async fn statement(&self, piece: &Piece<'_>, in_transaction: bool) -> Result<bool, Failure> {
        let guard = in_transaction && !ends_transaction(piece.text);
        for _ in 0..MENDS {
            if guard {
                quietly(self.client, "SAVEPOINT dbwright_schema").await;
            }
            let Err(error) = self.client.batch_execute(piece.text).await else { return Ok(true) };
            let Some(db) = error.as_db_error() else {
                return Err(Failure::internal(
                    "postgres.lab",
                    format!("the lab's server ended while it ran line {}: {}", piece.line, crate::error::text(&error)),
                ));
            };
            if guard {
                quietly(self.client, "ROLLBACK TO SAVEPOINT dbwright_schema").await;
            }
            match mend(db, piece.text) {
                Mend::PassOver => return Ok(false),
                Mend::Here(statement) if quietly(self.client, &statement).await => {}
                Mend::Elsewhere(statements) if self.elsewhere(&statements).await => {}
                Mend::Here(_) | Mend::Elsewhere(_) | Mend::Nothing => return Err(self.rejected(piece, db)),
            }
        }
        Err(self.failure(
            piece.start,
            "postgres.schema-file",
            "it needs too many roles and tablespaces that are not there",
        ))
    }

    async fn elsewhere(&self, statements: &[String]) -> bool {
        for statement in statements {
            if !quietly(self.helper, statement).await {
                return false;
            }
        }
        true
    }

    /// Passes over a psql command, or says why not; false when the file ends here.
    fn meta(&self, piece: &Piece<'_>) -> Result<bool, Failure> {
        let mut words = spoken(piece.text).split_whitespace();
        let command = words.next().unwrap_or_default();
        match command {
            "\\q" | "\\quit" => Ok(false),
            "\\connect" | "\\c" => match connected(piece.text).filter(|name| name != self.database) {
                None => Ok(true),
                Some(name) => Err(self
                    .failure(piece.start, "postgres.schema-file", &format!("here begins another database, {name}"))
                    .hint("put each database into a file of its own (`pg_dump` instead of `pg_dumpall`)")),
            },
            "\\i" | "\\ir" | "\\include" | "\\include_relative" => Err(self
                .failure(piece.start, "postgres.schema-file", "another file is included here, which only psql can do")
                .hint("put the files into one, in order, and check that")),
            "\\if" | "\\elif" | "\\else" | "\\endif" | "\\gexec" | "\\gset" | "\\crosstabview" => Err(self
                .failure(
                    piece.start,
                    "postgres.schema-file",
                    &format!("{command} changes what is run, which only psql can do"),
                )
                .hint("write the statements that psql would run")),
            // What is printed, how, and under which name the file was opened, makes no difference.
            _ => Ok(true),
        }
    }

    /// The engine's error, at its place.
    fn rejected(&self, piece: &Piece<'_>, db: &DbError) -> Failure {
        let byte = match db.position() {
            // The server counts characters from 1.
            Some(ErrorPosition::Original(position)) => {
                let characters = usize::try_from(*position).unwrap_or(1).saturating_sub(1);
                let offset = piece.text.char_indices().nth(characters).map_or(piece.text.len(), |(at, _)| at);
                piece.range.start + offset
            }
            _ => piece.start,
        };
        let mut failure = self.failure(byte, "postgres.schema-file", db.message());
        if let Some(detail) = db.detail() {
            failure.message = format!("{} ({detail})", failure.message);
        }
        if let Some(hint) = db.hint() {
            failure = failure.hint(hint);
        }
        match missing_extension(db) {
            Some(name) => failure.hint(package(&name, self.major)),
            None => failure,
        }
    }

    fn failure(&self, byte: usize, code: &'static str, message: &str) -> Failure {
        let place = Place::of(self.sql, byte);
        Failure::unreachable(code, format!("{}:{}:{}: {message}", self.file.display(), place.line, place.column))
            .excerpt(excerpt::show(self.file, self.sql, place))
    }
}

/// Runs a statement of our own; its failure shows itself in the user's statement.
async fn quietly(client: &Client, sql: &str) -> bool {
    client.batch_execute(sql).await.is_ok()
}

/// What can be done about an error.
enum Mend {
    /// The statement may be left out.
    PassOver,
    /// This statement makes what was missing, in the user's own session: another's would not be seen in time,
    /// since a transaction remembers that a role is not there.
    Here(String),
    /// These make it in a session without transaction, which they demand.
    Elsewhere(Vec<String>),
    /// Nothing: it is the user's to see.
    Nothing,
}

/// The lab speaks English (`lc_messages`), so messages can be read where the code alone is too wide.
fn mend(db: &DbError, statement: &str) -> Mend {
    let message = db.message();
    let code = db.code();
    let named = |before: &str| -> Option<String> {
        let name = message.strip_prefix(before)?.strip_suffix("\" does not exist")?;
        Some(Dialect::Postgres.ident(name))
    };
    if *code == SqlState::DUPLICATE_DATABASE
        || *code == SqlState::DUPLICATE_OBJECT && message.starts_with("role ")
        || *code == SqlState::DUPLICATE_SCHEMA && message == "schema \"public\" already exists"
    {
        return Mend::PassOver;
    }
    if *code == SqlState::INVALID_PARAMETER_VALUE && words(statement, 2).eq_ignore_ascii_case("set default_tablespace")
    {
        return Mend::PassOver;
    }
    if *code == SqlState::UNDEFINED_OBJECT {
        let setting = message.starts_with("unrecognized configuration parameter");
        if setting && first_word(statement).eq_ignore_ascii_case("set") {
            return Mend::PassOver;
        }
        if let Some(role) = named("role \"") {
            return Mend::Here(format!("CREATE ROLE {role}"));
        }
        if let Some(tablespace) = named("tablespace \"") {
            let make = format!("CREATE TABLESPACE {tablespace} LOCATION ''");
            return Mend::Elsewhere(vec!["SET allow_in_place_tablespaces = on".to_owned(), make]);
        }
    }
    if *code == SqlState::INVALID_CATALOG_NAME
        && let Some(database) = named("database \"")
    {
        return Mend::Elsewhere(vec![format!("CREATE DATABASE {database} TEMPLATE template0")]);
    }
    // A tablespace's folder belongs to the other machine.
    if first_word(statement).eq_ignore_ascii_case("create")
        && words(statement, 2).eq_ignore_ascii_case("create tablespace")
    {
        return Mend::PassOver;
    }
    Mend::Nothing
}

/// The first words of a statement, comments left out.
fn words(statement: &str, count: usize) -> String {
    let tokens = dbwright_sql::lex::tokens(statement, Dialect::Postgres);
    let words = tokens.iter().filter(|token| token.significant()).take(count);
    words.map(|token| token.text(statement)).collect::<Vec<_>>().join(" ")
}

fn first_word(statement: &str) -> String {
    words(statement, 1)
}

fn ends_transaction(statement: &str) -> bool {
    matches!(first_word(statement).to_ascii_lowercase().as_str(), "commit" | "end" | "rollback" | "abort")
}

fn transaction_after(statement: &str, before: bool) -> bool {
    match first_word(statement).to_ascii_lowercase().as_str() {
        "begin" | "start" => true,
        "commit" | "end" | "abort" => false,
        "rollback" => before && words(statement, 2).eq_ignore_ascii_case("rollback to"),
        _ => before,
    }
}

/// The extension that an error says is not there.
fn missing_extension(db: &DbError) -> Option<String> {
    let message = db.message();
    let quoted = message.strip_prefix("extension \"").and_then(|rest| rest.strip_suffix("\" is not available"));
    let file = || {
        let path = message.strip_prefix("could not open extension control file \"")?;
        path.split("\":").next()?.rsplit('/').next()?.strip_suffix(".control")
    };
    quoted.or_else(file).map(str::to_owned)
}

/// Extensions whose Debian package is called otherwise than they are.
const PACKAGES: [(&str, &str); 7] = [
    ("postgis", "postgis-3"),
    ("postgis_topology", "postgis-3"),
    ("vector", "pgvector"),
    ("pg_partman", "partman"),
    ("pg_cron", "cron"),
    ("pg_repack", "repack"),
    ("pglogical", "pglogical"),
];

fn package(extension: &str, major: u32) -> String {
    let known = PACKAGES.iter().find(|(name, _)| *name == extension).map(|(_, package)| *package);
    let package = known.map_or_else(|| extension.replace('_', "-"), str::to_owned);
    format!(
        "install the extension's files for the PostgreSQL {major} that the lab runs (on Debian: apt install \
         postgresql-{major}-{package}), or name another installation with --programs"
    )
}

#[cfg(test)]
mod tests {
    use super::{connected, database_of, transaction_after};

    #[test]
    fn the_database_of_a_dump_is_the_one_it_connects_to() {
        assert_eq!(database_of("CREATE DATABASE shop;\n\\connect shop\nCREATE TABLE t ();"), Some("shop".to_owned()));
        assert_eq!(database_of("\\restrict abc\nSELECT 1;"), None);
        let odd = "\\connect template1\n\\connect -reuse-previous=on \"dbname='my shop'\"\n";
        assert_eq!(database_of(odd), Some("my shop".to_owned()));
        assert_eq!(connected("-- here\n\\connect \"a b\""), Some("a b".to_owned()));
        assert_eq!([connected("\\c -"), connected("\\copy t FROM x")], [None, None]);
    }

    #[test]
    fn transactions_of_the_file_are_followed() {
        assert!(transaction_after("-- x\nBEGIN", false));
        assert!(transaction_after("ROLLBACK TO SAVEPOINT a", true));
        assert!(!transaction_after("rollback", true));
        assert!(!transaction_after("CREATE TABLE t ()", false));
    }
}
