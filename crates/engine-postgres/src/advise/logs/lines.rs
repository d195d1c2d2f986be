//! `log_destination = stderr`, with whatever `log_line_prefix`: what stands before the severity is searched for what is needed.

use super::csv::is_time;
use super::{Reader, Report};

/// What begins a report. Debugging levels are never about durations, but end the report before them.
const MAIN: [&str; 12] =
    ["LOG", "ERROR", "FATAL", "PANIC", "WARNING", "NOTICE", "INFO", "DEBUG1", "DEBUG2", "DEBUG3", "DEBUG4", "DEBUG5"];
/// What goes on with the report before.
const MORE: [&str; 6] = ["DETAIL", "HINT", "QUERY", "CONTEXT", "LOCATION", "STATEMENT"];
/// Longest prefix that is searched.
const PREFIX: usize = 400;

/// Reads lines with a prefix.
#[derive(Debug, Default)]
pub(super) struct Prefixed {
    report: Option<Report>,
    /// The part that lines without a prefix belong to.
    part: Part,
    damaged: u64,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Part {
    #[default]
    Message,
    Detail,
    Context,
    Other,
}

/// Whether a line begins a report.
pub(super) fn begins(line: &str) -> bool {
    split(line).is_some_and(|(_, word, _)| MAIN.contains(&word)) && !line.starts_with("--")
}

/// Prefix, severity, and text of a line that has them: the severity is a word before a colon and two spaces.
fn split(line: &str) -> Option<(&str, &str, &str)> {
    if line.starts_with('\t') {
        return None;
    }
    let mut from = 0;
    while let Some(at) = line[from..].find(":  ").map(|at| at + from).filter(|at| *at < PREFIX) {
        let start = line[..at].rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |before| before + 1);
        // A letter beyond ASCII is longer than a byte.
        let word = line.get(start..at).unwrap_or_default();
        if MAIN.contains(&word) || MORE.contains(&word) {
            return Some((&line[..start], word, &line[at + 3..]));
        }
        from = at + 3;
    }
    None
}

impl Prefixed {
    fn flush(&mut self, take: &mut dyn FnMut(Report)) {
        if let Some(report) = self.report.take() {
            take(report);
        }
    }

    fn more(&mut self, prefix: &str, word: &str, text: &str) {
        let Some(report) = &mut self.report else { return };
        let part = match word {
            "DETAIL" => Part::Detail,
            "CONTEXT" => Part::Context,
            _ => Part::Other,
        };
        // Another session's line that came in between.
        let own = session(prefix) == report.session;
        self.part = if own { part } else { Part::Other };
        match self.part {
            Part::Detail => text.clone_into(&mut report.detail),
            Part::Context => text.clone_into(&mut report.context),
            _ => {}
        }
    }
}

impl Reader for Prefixed {
    fn line(&mut self, line: &str, take: &mut dyn FnMut(Report)) {
        match split(line) {
            Some((prefix, word, text)) if MAIN.contains(&word) => {
                self.flush(take);
                self.part = Part::Message;
                let (user, database) = who(prefix);
                self.report = Some(Report {
                    time: time(prefix),
                    user,
                    database,
                    session: session(prefix),
                    severity: word.to_owned(),
                    message: without_code(text).to_owned(),
                    ..Report::default()
                });
            }
            Some((prefix, word, text)) => self.more(prefix, word, without_code(text)),
            None => {
                // Servers indent what goes on; some collectors strip that.
                let Some(report) = &mut self.report else {
                    self.damaged += u64::from(!line.trim().is_empty());
                    return;
                };
                let text = line.strip_prefix('\t').unwrap_or(line);
                let part = match self.part {
                    Part::Message => &mut report.message,
                    Part::Detail => &mut report.detail,
                    Part::Context => &mut report.context,
                    Part::Other => return,
                };
                part.push('\n');
                part.push_str(text);
            }
        }
    }

    fn end(&mut self, take: &mut dyn FnMut(Report)) {
        self.flush(take);
    }

    fn damaged(&self) -> u64 {
        self.damaged
    }
}

/// Without the code that `log_error_verbosity = verbose` puts first: `00000: `.
fn without_code(text: &str) -> &str {
    let code = text.get(..7).filter(|code| {
        code.ends_with(": ") && code[..5].bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
    });
    code.map_or(text, |_| &text[7..])
}

/// The first time in a prefix (`%t`, `%m`).
fn time(prefix: &str) -> Option<String> {
    let at = (0..prefix.len()).find(|&at| prefix.get(at..).is_some_and(is_time))?;
    prefix.get(at..at + 19).map(str::to_owned)
}

/// What tells one session from another: the process id in brackets, after `pid=`, or the session id (`%c`).
fn session(prefix: &str) -> String {
    let words = prefix.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|'));
    let digits = |text: &str| {
        let length = text.bytes().take_while(u8::is_ascii_digit).count();
        (length > 0).then(|| text[..length].to_owned())
    };
    for (at, _) in prefix.match_indices('[') {
        if let Some(pid) = digits(&prefix[at + 1..]) {
            return pid;
        }
    }
    if let Some(at) = prefix.find("pid=")
        && let Some(pid) = digits(&prefix[at + 4..])
    {
        return pid;
    }
    let is_session = |word: &&str| {
        word.split_once('.').is_some_and(|(start, pid)| {
            let hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            start.len() == 8 && hex(start) && hex(pid)
        })
    };
    if let Some(word) = words.clone().find(is_session) {
        return word.to_owned();
    }
    let is_pid = |word: &&str| word.len() > 1 && word.len() < 9 && word.bytes().all(|byte| byte.is_ascii_digit());
    words.clone().find(is_pid).unwrap_or_default().to_owned()
}

/// Role and database: `user=u,db=d`, or `u@d`.
fn who(prefix: &str) -> (Option<String>, Option<String>) {
    let named = |names: &[&str]| {
        let at = names.iter().find_map(|name| prefix.find(name).map(|at| at + name.len()))?;
        known(prefix[at..].split([',', ' ', ';', ')', ']', '|']).next()?)
    };
    let (user, database) = (named(&["user=", "usr=", "u="]), named(&["db=", "database=", "dbname=", "d="]));
    if user.is_some() || database.is_some() {
        return (user, database);
    }
    let mut words = prefix.split([' ', ',', ':', '[', ']', '(', ')', '|']);
    let Some((user, database)) = words.find_map(|word| word.split_once('@')) else { return (None, None) };
    (known(user), known(database))
}

fn known(name: &str) -> Option<String> {
    (!name.is_empty() && name != "[unknown]" && name != "[unknown").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Report {
        let mut found = Vec::new();
        let mut reader = Prefixed::default();
        reader.line(line, &mut |report| found.push(report));
        reader.end(&mut |report| found.push(report));
        found.pop().expect(line)
    }

    #[test]
    fn usual_prefixes_tell_time_session_role_and_database() {
        let cases = [
            ("2026-01-31 12:00:01.123 UTC [42] LOG:  x", "42", None, None),
            (
                "2026-01-31 12:00:01 UTC [42]: [7-1] user=app,db=shop,app=x,client=10.0.0.1 LOG:  x",
                "42",
                Some("app"),
                Some("shop"),
            ),
            ("2026-01-31 12:00:01 UTC:10.0.0.1(5000):app@shop:[42]:LOG:  00000: x", "42", Some("app"), Some("shop")),
            ("2026-01-31 12:00:01.5 CET [42] app@shop LOG:  x", "42", Some("app"), Some("shop")),
            ("2026-01-31 12:00:01 UTC 65b0c1d2.1f app shop LOG:  x", "65b0c1d2.1f", None, None),
        ];
        for (line, session, user, database) in cases {
            let report = one(line);
            let seen = (report.session.as_str(), report.user.as_deref(), report.database.as_deref());
            assert_eq!(seen, (session, user, database), "{line}");
            assert_eq!((report.message.as_str(), report.time.as_deref()), ("x", Some("2026-01-31 12:00:01")), "{line}");
        }
        assert_eq!(one("LOG:  duration: 1 ms").message, "duration: 1 ms");
    }

    #[test]
    fn what_goes_on_belongs_to_its_part() {
        let mut found = Vec::new();
        let mut reader = Prefixed::default();
        let lines = [
            "noise",
            "[1] LOG:  a",
            "\tb",
            "[1] DETAIL:  c",
            "\td",
            "[2] CONTEXT:  e",
            "[1] CONTEXT:  f",
            "[2] ERROR:  g",
        ];
        for line in lines {
            reader.line(line, &mut |report| found.push(report));
        }
        reader.end(&mut |report| found.push(report));
        assert_eq!((found.len(), reader.damaged()), (2, 1));
        let parts = [&found[0].message, &found[0].detail, &found[0].context].map(String::as_str);
        assert_eq!(parts, ["a\nb", "c\nd", "f"]);
    }
}
