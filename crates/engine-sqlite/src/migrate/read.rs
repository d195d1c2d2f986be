//! From a file's text to its statements.

use std::path::Path;

use dbwright_core::Failure;
use dbwright_migrate::Script;
use dbwright_sql::Dialect;
use dbwright_sql::excerpt::show_range;

/// Splits a text into statements.
///
/// # Errors
/// When it holds commands of the sqlite3 shell, or a string, name or comment that is never closed.
pub(super) fn script(file: &str, text: &str) -> Result<Script, Failure> {
    let script = dbwright_migrate::read::read(file, text, Dialect::Sqlite)?;
    for statement in &script.statements {
        let end = statement.range.start + statement.sql.find('\n').unwrap_or(statement.sql.len());
        let place = || show_range(Path::new(file), text, statement.range.start..end);
        if statement.sql.starts_with('.') {
            return Err(Failure::usage("migrate.client-command", "this is a command of the sqlite3 shell, not SQL")
                .hint("leave it out; what `.read` would read can stand in a migration of its own")
                .excerpt(place()));
        }
        if statement.sql.contains('\0') {
            return Err(Failure::usage(
                "migrate.unfinished",
                "this statement holds a NUL, where SQLite would stop reading",
            )
            .excerpt(place()));
        }
    }
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_sql_is_refused_with_its_place() {
        let texts = [
            ("SELECT 1;\n.tables\n", "migrate.client-command"),
            ("SELECT 'x;", "migrate.unfinished"),
            ("SELECT 1;\nSELECT \0;", "migrate.unfinished"),
        ];
        for (text, code) in texts {
            let failure = script("f.sql", text).expect_err(text);
            assert_eq!(failure.code, code);
            assert!(failure.excerpt.is_some_and(|excerpt| excerpt.contains("f.sql:")));
        }
        let trigger = "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END;\nSELECT 3";
        assert_eq!(script("f.sql", trigger).expect("it is right").statements.len(), 2);
    }
}
