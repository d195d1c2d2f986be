//! Files with both parts in one, told apart by comment lines: `-- down`, `-- migrate:down`, `-- +goose Down`.
//!
//! Marks are lines, as in the tools whose they are: the text around them is not parsed.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use dbwright_core::Failure;
use dbwright_sql::excerpt::show_range;

use super::names::Named;
use super::{Folder, Found, Part, Source, Style, checksum, version};

/// A line that means something to a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Up,
    Down,
    /// The tool must not open a transaction.
    NoTransaction,
    /// Environment variables would be put in here.
    Substitution,
}

/// The parts of one file.
pub(super) struct Parts {
    pub(super) up: Part,
    pub(super) down: Option<Part>,
    pub(super) in_transaction: bool,
}

/// The style that a text's marks say; none for a text that has none of another tool.
pub(super) fn style_of(text: &str) -> Option<Style> {
    let has = |style| lines(text).any(|(line, _)| matches!(mark(line, style), Some((Mark::Up | Mark::Down, _))));
    [Style::Dbmate, Style::Goose].into_iter().find(|style| has(*style))
}

/// The migrations of a folder whose files hold both parts.
pub(super) fn read(found: &Found<'_>, style: Style) -> Result<Folder, Failure> {
    if style == Style::Goose {
        no_programs(found)?;
    }
    let mut migrations = Vec::new();
    for (entry, named) in found.named() {
        let Some(Named::Plain { version: written, name }) = named else { continue };
        let file = found.shown(&entry.path);
        let parts = parts(&file, &found.text(entry)?, style)?;
        migrations.push(Source {
            version: version::normal(written),
            name: name.to_owned(),
            checksum: checksum(&entry.bytes),
            up: parts.up,
            down: parts.down,
            in_transaction: parts.in_transaction,
            repeatable: false,
        });
    }
    Ok(Folder { style, migrations, notes: Vec::new() })
}

/// goose also has migrations that are Go programs; without them the order would have holes.
fn no_programs(found: &Found<'_>) -> Result<(), Failure> {
    let numbered = |path: &str| {
        path.rsplit_once('.').is_some_and(|(_, ending)| ending == "go")
            && path.starts_with(|c: char| c.is_ascii_digit())
    };
    match found.entries.iter().find(|entry| numbered(&entry.path)) {
        Some(entry) => Err(Failure::usage(
            "migrate.program",
            format!("{} is a migration written in Go, which dbwright can't run", found.shown(&entry.path)),
        )
        .hint("write it as SQL, or run this folder with goose")),
        None => Ok(()),
    }
}

/// Tells the parts of a file apart.
pub(super) fn parts(file: &str, text: &Arc<str>, style: Style) -> Result<Parts, Failure> {
    let mut seen = Seen { file, text, style, up: None, down: None, in_transaction: style.in_transaction() };
    for (line, range) in lines(text) {
        if let Some((mark, options)) = mark(line, style) {
            seen.take(mark, options, range)?;
        }
    }
    seen.finish()
}

struct Seen<'a> {
    file: &'a str,
    text: &'a Arc<str>,
    style: Style,
    up: Option<Range<usize>>,
    down: Option<Range<usize>>,
    in_transaction: bool,
}

impl Seen<'_> {
    fn take(&mut self, mark: Mark, options: &str, range: Range<usize>) -> Result<(), Failure> {
        let before = self.down.is_some();
        let slot = match mark {
            Mark::Up if before => return Err(self.disorder("the up part comes first", range)),
            Mark::Up => &mut self.up,
            Mark::Down => &mut self.down,
            Mark::NoTransaction => {
                self.in_transaction = false;
                return Ok(());
            }
            Mark::Substitution => return Err(self.disorder("environment variables are not put in by dbwright", range)),
        };
        if slot.replace(range.clone()).is_some() {
            return Err(self.disorder("this mark is there twice", range));
        }
        if mark == Mark::Up && options.split_whitespace().any(|option| option.eq_ignore_ascii_case("transaction:false"))
        {
            self.in_transaction = false;
        }
        Ok(())
    }

    fn finish(self) -> Result<Parts, Failure> {
        let start = match (&self.up, self.style) {
            (Some(up), _) => up.end,
            (None, Style::Dbwright) => 0,
            (None, style) => return Err(self.no_up(style)),
        };
        let lead = self.up.as_ref().map_or("", |up| &self.text[..up.start]);
        if let Some(line) = lead.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("--")) {
            let at = lead.find(line).unwrap_or_default();
            return Err(self.disorder("statements before the up part belong to no part", at..at + line.len()));
        }
        let end = self.down.as_ref().map_or(self.text.len(), |down| down.start);
        let part = |range| Part { file: self.file.to_owned(), text: Arc::clone(self.text), range };
        Ok(Parts {
            up: part(start..end),
            down: self.down.as_ref().map(|down| part(down.end..self.text.len())),
            in_transaction: self.in_transaction,
        })
    }

    fn no_up(&self, style: Style) -> Failure {
        let mark = if style == Style::Dbmate { "-- migrate:up" } else { "-- +goose Up" };
        Failure::usage(
            "migrate.no-up",
            format!("{} has no line `{mark}`, unlike its neighbours of {}", self.file, style.name()),
        )
        .hint(format!("write `{mark}` above its first statement"))
    }

    fn disorder(&self, what: &str, range: Range<usize>) -> Failure {
        Failure::usage("migrate.marks", format!("{}: {what}", self.file))
            .excerpt(show_range(Path::new(self.file), self.text, range))
            .hint(format!(
                "one `up` line, then its statements, then one `down` line and its statements, is how {} writes it",
                self.style.name()
            ))
    }
}

/// What a line means to a style, and what follows the mark.
fn mark(line: &str, style: Style) -> Option<(Mark, &str)> {
    let comment = line.strip_prefix("--")?.trim();
    match style {
        Style::Dbwright => match comment.trim_end_matches(':').to_ascii_lowercase().as_str() {
            "up" => Some((Mark::Up, "")),
            "down" => Some((Mark::Down, "")),
            _ => None,
        },
        Style::Dbmate => {
            let rest = comment.strip_prefix("migrate:")?;
            let (word, options) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let mark = match word {
                "up" => Mark::Up,
                "down" => Mark::Down,
                _ => return None,
            };
            Some((mark, options))
        }
        _ => {
            let words: Vec<&str> = comment.strip_prefix("+goose")?.split_whitespace().collect();
            match words.join(" ").to_ascii_lowercase().as_str() {
                "up" => Some((Mark::Up, "")),
                "down" => Some((Mark::Down, "")),
                "no transaction" => Some((Mark::NoTransaction, "")),
                "envsub on" => Some((Mark::Substitution, "")),
                _ => None,
            }
        }
    }
}

/// Lines with their bytes; the line end belongs to the line, and is left out of its text.
fn lines(text: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let range = at..at + line.len();
        at = range.end;
        (line.trim_end(), range)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, style: Style) -> (String, Option<String>, bool) {
        let parts = parts("m.sql", &Arc::from(text), style).expect("in order");
        (parts.up.sql().to_owned(), parts.down.map(|down| down.sql().to_owned()), parts.in_transaction)
    }

    #[test]
    fn own_files_have_an_optional_down_part() {
        assert_eq!(split("A;\n-- down\nB;\n", Style::Dbwright), ("A;\n".into(), Some("B;\n".into()), false));
        assert_eq!(split("-- up\nA;\n-- DOWN:\n", Style::Dbwright), ("A;\n".into(), Some(String::new()), false));
        assert_eq!(split("A; -- down\n-- going down\n", Style::Dbwright).1, None);
    }

    #[test]
    fn dbmate_and_goose_say_when_no_transaction_is_wanted() {
        assert_eq!(style_of("-- migrate:up transaction:false\nA;"), Some(Style::Dbmate));
        let (up, down, transaction) =
            split("-- migrate:up transaction:false\nA;\n-- migrate:down\nB;\n", Style::Dbmate);
        assert_eq!((up.as_str(), down.as_deref(), transaction), ("A;\n", Some("B;\n"), false));
        let goose = "-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\nA;\n-- +goose StatementEnd\n-- +goose Down\r\nB;\n";
        let (up, down, transaction) = split(goose, Style::Goose);
        assert!(up.contains("A;") && down.as_deref() == Some("B;\n") && !transaction);
        assert!(split("-- +goose Up\nA;", Style::Goose).2);
    }

    #[test]
    fn disorder_is_told() {
        let failure = |text: &str, style| parts("m.sql", &Arc::from(text), style).err().map(|f| (f.code, f.message));
        assert!(
            failure("-- migrate:down\nB;\n-- migrate:up\nA;", Style::Dbmate)
                .is_some_and(|f| f.1.contains("up part comes first"))
        );
        assert!(failure("A;\n-- migrate:up\nB;", Style::Dbmate).is_some_and(|f| f.1.contains("before the up part")));
        assert!(failure("-- down\n-- down\n", Style::Dbwright).is_some_and(|f| f.1.contains("twice")));
        assert!(failure("A;", Style::Goose).is_some_and(|f| f.0 == "migrate.no-up"));
        assert!(failure("-- +goose ENVSUB ON\n-- +goose Up\n", Style::Goose).is_some_and(|f| f.0 == "migrate.marks"));
    }
}
