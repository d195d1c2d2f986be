//! A TOML table with the file and line of everything in it, for errors that point at the mistake.

use dbwright_core::Failure;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::pattern::nearest;

/// The file that is being read.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    /// Its name, for messages.
    pub(super) name: &'a str,
    /// Its text.
    pub(super) text: &'a str,
}

/// A table of the file; `path` is how the user would write it.
pub(super) struct Table<'a> {
    pub(super) file: File<'a>,
    pub(super) path: String,
    pub(super) at: usize,
    pub(super) entries: &'a DeTable<'a>,
}

/// A value with where it stands.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) file: File<'a>,
    pub(super) at: usize,
    pub(super) value: &'a DeValue<'a>,
}

impl File<'_> {
    /// A failure at a byte of the file: its line goes into the message and is shown with a caret.
    pub(super) fn failure(self, code: &'static str, at: usize, message: &str) -> Failure {
        let at = at.min(self.text.len());
        let before = &self.text[..at];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let shown = self.text[start..].lines().next().unwrap_or_default();
        let caret = " ".repeat(self.text[start..at].chars().count());
        // A line may hold a password; it is shown only where no address can be.
        let secret = shown.contains("://") || shown.contains("password") || shown.contains('@');
        let failure = Failure::usage(code, format!("{}, line {line}: {message}", self.name));
        if secret {
            failure
        } else {
            failure.excerpt(format!("{line} | {shown}\n{} | {caret}^", " ".repeat(line.to_string().len())))
        }
    }
}

impl<'a> Table<'a> {
    /// A value by its key.
    pub(super) fn get(&self, key: &str) -> Option<Entry<'a>> {
        let value = self.entries.get(key)?;
        Some(Entry { file: self.file, at: value.span().start, value: value.get_ref() })
    }

    /// Keys and values in the file's order.
    pub(super) fn entries(&self) -> Vec<(&'a str, usize, Entry<'a>)> {
        let mut entries: Vec<_> = self
            .entries
            .iter()
            .map(|(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
                let key_text: &'a str = key.get_ref();
                (key_text, key.span().start, Entry { file: self.file, at: value.span().start, value: value.get_ref() })
            })
            .collect();
        entries.sort_by_key(|(_, at, _)| *at);
        entries
    }

    /// Fails on a key that is not among the known ones.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Failure> {
        match self.entries().into_iter().find(|(key, ..)| !known.contains(key)) {
            None => Ok(()),
            Some((key, at, _)) => Err(self.unknown("config.unknown-key", "key", key, at, known.iter().copied())),
        }
    }

    /// The failure for a word that is not known here, with the nearest one.
    pub(super) fn unknown<'k>(
        &self,
        code: &'static str,
        what: &str,
        word: &str,
        at: usize,
        known: impl Iterator<Item = &'k str> + Clone,
    ) -> Failure {
        let place = if self.path.is_empty() { String::new() } else { format!(" in [{}]", self.path) };
        let failure = self.file.failure(code, at, &format!("unknown {what} `{word}`{place}"));
        let words: Vec<_> = known.clone().map(|word| format!("`{word}`")).collect();
        failure.hint(match nearest(word, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None if words.is_empty() => format!("no {what} is known here"),
            None => format!("known here: {}", words.join(", ")),
        })
    }
}

impl<'a> Entry<'a> {
    /// The failure for a value of the wrong kind.
    pub(super) fn failure(self, message: &str) -> Failure {
        self.file.failure("config.bad-value", self.at, message)
    }

    /// The value as a table.
    pub(super) fn table(self, path: &str) -> Result<Table<'a>, Failure> {
        let DeValue::Table(table) = self.value else { return Err(self.failure(&format!("`{path}` must be a table"))) };
        Ok(Table { file: self.file, path: path.to_owned(), at: self.at, entries: table })
    }

    /// The value as a text.
    pub(super) fn string(self, what: &str) -> Result<&'a str, Failure> {
        match self.value {
            DeValue::String(text) => Ok(text),
            _ => Err(self.failure(&format!("`{what}` must be a text in quotes"))),
        }
    }

    /// The value as a list of texts with their places; a single text counts as a list of one.
    pub(super) fn strings(self, what: &str) -> Result<Vec<(&'a str, usize)>, Failure> {
        match self.value {
            DeValue::Array(list) => list
                .iter()
                .map(|item| {
                    let entry = Entry { file: self.file, at: item.span().start, value: item.get_ref() };
                    Ok((entry.string(what)?, entry.at))
                })
                .collect(),
            _ => Ok(vec![(self.string(what)?, self.at)]),
        }
    }

    /// The value as a number.
    pub(super) fn number(self, what: &str) -> Result<f64, Failure> {
        let parsed = match self.value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        };
        let number = parsed.filter(|number: &f64| number.is_finite() && *number >= 0.0);
        number.ok_or_else(|| self.failure(&format!("`{what}` must be a number that is not negative")))
    }
}
