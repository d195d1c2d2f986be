//! A place in the user's file, shown as compilers do: file, line, column, the line, a caret.

use std::ops::Range;
use std::path::Path;

/// A place by line and column, both from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl Place {
    /// Of a byte of a text; a byte within a character counts as its first.
    #[must_use]
    pub fn of(text: &str, byte: usize) -> Self {
        let mut at = byte.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// Longest piece of a line that is shown; a dump may have lines of megabytes.
const WIDEST: usize = 120;

/// The lines to show, with one caret.
#[must_use]
pub fn show(file: &Path, text: &str, place: Place) -> String {
    marked(file, text, place, 1)
}

/// The lines to show, with carets below the bytes of `range` as far as its first line goes.
#[must_use]
pub fn show_range(file: &Path, text: &str, range: Range<usize>) -> String {
    let place = Place::of(text, range.start);
    let end = range.end.min(text.len());
    let marked_text = text.get(range.start.min(end)..end).unwrap_or_default();
    let length = marked_text.lines().next().unwrap_or_default().trim_end().chars().count();
    marked(file, text, place, length.max(1))
}

fn marked(file: &Path, text: &str, place: Place, carets: usize) -> String {
    let line = text.lines().nth(place.line - 1).unwrap_or_default();
    let from = (place.column - 1).saturating_sub(WIDEST / 2);
    // A tab is as wide as the terminal likes; as one space the caret stays below its character.
    let shown: String = line.chars().skip(from).take(WIDEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let before = place.column - 1 - from;
    let carets = format!("{}{}", " ".repeat(before), "^".repeat(carets.min(WIDEST - before).max(1)));
    let number = place.line.to_string();
    let margin = " ".repeat(number.len());
    format!(
        "{margin}--> {}:{}:{}\n{margin} |\n{number} | {}\n{margin} | {carets}",
        file.display(),
        place.line,
        place.column,
        shown.trim_end(),
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Place, show, show_range};

    #[test]
    fn the_caret_is_below_the_character() {
        let text = "SELECT 1;\n\tSELECT 'ä', oops;\n";
        let place = Place::of(text, text.find("oops").expect("it is there"));
        assert_eq!(place, Place { line: 2, column: 14 });
        let shown = show(Path::new("a.sql"), text, place);
        assert_eq!(shown, " --> a.sql:2:14\n  |\n2 |  SELECT 'ä', oops;\n  |              ^");
    }

    #[test]
    fn carets_cover_the_first_line_of_a_range() {
        let text = "SELECT 1;\nALTER TABLE a\n  DROP b;\n";
        let shown = show_range(Path::new("a.sql"), text, 10..33);
        assert_eq!(shown, " --> a.sql:2:1\n  |\n2 | ALTER TABLE a\n  | ^^^^^^^^^^^^^");
        assert!(show_range(Path::new("a.sql"), text, 99..120).ends_with('^'));
    }

    #[test]
    fn a_place_behind_the_end_is_the_end() {
        assert_eq!(Place::of("a\nb", 99), Place { line: 2, column: 2 });
        assert!(show(Path::new("a"), "", Place::of("", 0)).contains("a:1:1"));
    }
}
