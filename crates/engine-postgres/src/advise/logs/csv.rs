//! `log_destination = csvlog`.

use super::{Reader, Report};

/// Most bytes of one report; what is longer is taken for a lost quote.
const LONGEST: usize = 64 << 20;
/// Fewest fields that a report has (PostgreSQL 12 and before have 23, later ones more).
const FIELDS: usize = 23;

/// Reads csv, whose reports span lines.
#[derive(Debug, Default)]
pub(super) struct Csv {
    /// What has been read of a report whose quotes are still open.
    open: String,
    damaged: u64,
}

/// Whether a line begins like a report: a time with milliseconds and zone, then the role.
pub(super) fn begins(line: &str) -> bool {
    let Some((time, rest)) = line.split_once(',') else { return false };
    is_time(time) && (rest.starts_with('"') || rest.starts_with(','))
}

/// Whether a text is `2026-01-31 12:00:00.000 UTC`, as far as it is looked at.
pub(super) fn is_time(text: &str) -> bool {
    let shape = |(at, byte): (usize, &u8)| match at {
        4 | 7 => *byte == b'-',
        10 => matches!(*byte, b' ' | b'T'),
        13 | 16 => *byte == b':',
        _ => byte.is_ascii_digit(),
    };
    text.len() >= 19 && text.as_bytes()[..19].iter().enumerate().all(shape)
}

impl Reader for Csv {
    fn line(&mut self, line: &str, take: &mut dyn FnMut(Report)) {
        if self.open.is_empty() {
            line.clone_into(&mut self.open);
        } else if begins(line) && fields(line).is_some_and(|fields| fields.len() >= FIELDS) {
            // The report before it lost its end.
            self.damaged += 1;
            line.clone_into(&mut self.open);
        } else {
            self.open.push('\n');
            self.open.push_str(line);
        }
        match fields(&self.open) {
            Some(fields) => {
                match report(fields) {
                    Some(report) => take(report),
                    None => self.damaged += u64::from(!self.open.trim().is_empty()),
                }
                self.open.clear();
            }
            None if self.open.len() > LONGEST || !begins(&self.open) => {
                self.damaged += 1;
                self.open.clear();
            }
            None => {}
        }
    }

    fn end(&mut self, _take: &mut dyn FnMut(Report)) {
        self.damaged += u64::from(!self.open.is_empty());
        self.open.clear();
    }

    fn damaged(&self) -> u64 {
        self.damaged
    }
}

/// The fields of a report; none while a quote is open.
fn fields(text: &str) -> Option<Vec<String>> {
    // Most lines of a long statement change nothing: counting quotes is cheap.
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        return None;
    }
    let mut fields = Vec::with_capacity(26);
    let mut rest = text;
    loop {
        let (field, after) = if let Some(quoted) = rest.strip_prefix('"') {
            unquoted(quoted)?
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Some(fields),
        }
    }
}

/// A quoted field and what follows it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let quote = rest.find('"')?;
        field.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => return Some((field, rest)),
        }
    }
}

fn report(mut fields: Vec<String>) -> Option<Report> {
    if fields.len() < FIELDS || !is_time(&fields[0]) {
        return None;
    }
    let mut take = |at: usize| std::mem::take(&mut fields[at]);
    let some = |text: String| (!text.is_empty()).then_some(text);
    Some(Report {
        time: Some(take(0)),
        user: some(take(1)),
        database: some(take(2)),
        session: take(5),
        severity: take(11),
        message: take(13),
        detail: take(14),
        context: take(18),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_hold_quotes_commas_and_line_ends() {
        let read = fields("a,\"b \"\"x\"\", c\n d\",,e").expect("fields");
        assert_eq!(read, ["a", "b \"x\", c\n d", "", "e"]);
        assert_eq!(fields("a,\"b"), None);
        assert!(begins("2026-01-31 12:00:00.123 UTC,\"u\",\"d\",1") && !begins("a,b") && !begins("é,\"b\""));
    }
}
