//! A step as text that a person runs by hand, with the engine's own client.

use crate::plan::{ACCOUNT, Back, Backfill, FOLDER, Program, Require, Step, Work};

/// How an engine's client is told what the runner does otherwise.
#[derive(Debug, Clone, Copy)]
pub struct ByHand {
    /// How a file begins: with which client, and that client's settings; whole lines.
    pub head: &'static str,
    /// A question that must be answered with yes, whole lines.
    pub ask: fn(&Require) -> String,
    /// A query whose results are statements to be run; none when the engine has no such steps.
    pub run_results: fn(&str) -> String,
    /// All batches of a backfill, each committed by itself; none when the client has no loop to write it with.
    pub batches: Option<fn(&Backfill) -> String>,
    /// The statements of a way back, in order.
    pub back: fn(&Back) -> Vec<String>,
    /// Whether a statement of a transaction has no effect within it, so that it stands before its `BEGIN`.
    pub before_begin: fn(&str) -> bool,
}

impl Default for ByHand {
    fn default() -> Self {
        Self {
            head: "",
            ask: |require| {
                format!("{}  -- must be true, or: {}\n", ended(&require.query), require.or.replace('\n', " "))
            },
            run_results: |query| format!("{}  -- run what this returns\n", ended(query)),
            batches: None,
            back: |back| back.statements.clone(),
            before_begin: |_| false,
        }
    }
}

impl ByHand {
    /// The work of a step, whole lines. `shown` is how a statement with its semicolon is written.
    pub fn step(&self, step: &Step, shown: impl Fn(&str) -> String) -> String {
        let line = |sql: &str| shown(sql) + "\n";
        let asked = |list: &[Require]| list.iter().map(self.ask).collect::<Vec<_>>().concat();
        match &step.work {
            Work::Transaction { statements, require } => {
                let (first, inside): (Vec<_>, Vec<_>) = statements.iter().partition(|sql| (self.before_begin)(sql));
                let text = |list: Vec<&String>| list.into_iter().map(|sql| line(sql)).collect::<Vec<_>>().concat();
                let single = inside.len() == 1 && require.is_empty();
                let (first, inside) = (text(first), text(inside));
                if single { first + &inside } else { format!("{first}BEGIN;\n{inside}{}COMMIT;\n", asked(require)) }
            }
            Work::Alone { statement, clear, .. } => {
                let clear = clear.iter().map(|query| (self.run_results)(query)).collect::<Vec<_>>().concat();
                clear + &line(statement)
            }
            Work::Backfill(backfill) => {
                let batches = self.batches.map(|batches| batches(backfill));
                batches.unwrap_or_else(|| at_once(backfill, line)) + &asked(&backfill.verify)
            }
            Work::Program(program) => self.program(program),
            Work::Verify { require } => asked(require),
        }
    }

    /// A program's command line as a comment: a client of SQL can't start it.
    fn program(&self, program: &Program) -> String {
        // Only a person can tell whether the next lines are called for.
        let clear = program.clear.iter().map(|query| (self.run_results)(query)).collect::<Vec<_>>().concat();
        let clear =
            clear.lines().map(|line| format!("-- {}\n", line.trim_start_matches("-- "))).collect::<Vec<_>>().concat();
        let what = program.what.lines().map(|line| format!("-- {line}\n")).collect::<Vec<_>>().concat();
        let line = command_line(program).replace('\n', "\n--   ");
        format!("-- First, where an attempt was interrupted:\n{clear}{what}--   {line}\n")
    }
}

/// The command line of a program as a shell takes it.
#[must_use]
pub fn command_line(program: &Program) -> String {
    let words = program.words.iter().chain(&program.throttle);
    let shown = |word: &String| quoted(&word.replace(ACCOUNT, "ACCOUNT_FILE").replace(FOLDER, "FOLDER"));
    std::iter::once(program.name.clone()).chain(words.map(shown)).collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:%+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// All rows in one statement, where there is no loop.
fn at_once(backfill: &Backfill, line: impl Fn(&str) -> String) -> String {
    let before = backfill.before_batch.iter().map(|sql| line(sql)).collect::<Vec<_>>().concat();
    let batch = line(&backfill.batch.replace("{range}", "true"));
    format!(
        "-- all rows at once: cut it into ranges of the key where the table is large\nBEGIN;\n{before}{batch}COMMIT;\n"
    )
}

/// A statement with its semicolon, which stands on a line of its own where a comment could swallow it.
#[must_use]
pub fn ended(sql: &str) -> String {
    let sql = sql.trim_end().trim_end_matches(';');
    let comment = sql.lines().next_back().is_some_and(|line| line.contains("--") || line.contains('#'));
    format!("{sql}{};", if comment { "\n" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Back, Lock, Phase};

    #[test]
    fn a_comment_never_swallows_a_semicolon() {
        assert_eq!(ended("SELECT 1; "), "SELECT 1;");
        assert_eq!(ended("SELECT 1 -- one"), "SELECT 1 -- one\n;");
    }

    #[test]
    fn a_command_line_is_what_a_shell_takes_and_names_no_place_of_this_run() {
        let program = Program {
            name: "mover".to_owned(),
            version: "1.2".to_owned(),
            what: "It moves.".to_owned(),
            words: vec!["--alter".to_owned(), "MODIFY `it's` int".to_owned(), format!("F={ACCOUNT},t=a")],
            throttle: vec!["--slowly".to_owned()],
            busy: String::new(),
            done: String::new(),
            clear: vec!["DROP TABLE left".to_owned()],
            unfinished: String::new(),
            rows: None,
        };
        let line = "mover --alter 'MODIFY `it'\\''s` int' F=ACCOUNT_FILE,t=a --slowly";
        assert_eq!(command_line(&program), line);
        let step = Step {
            title: "move".to_owned(),
            phase: Phase::Switch,
            work: Work::Program(program),
            back: Back::nothing(),
            lock: Lock::default(),
            estimate_ms: None,
        };
        let text = ByHand::default().step(&step, ended);
        assert!(text.lines().all(|line| line.starts_with("--")) && text.contains(line), "{text}");
    }

    #[test]
    fn one_statement_needs_no_transaction_and_a_question_belongs_into_it() {
        let by_hand = ByHand { before_begin: |sql| sql.starts_with("SET"), ..ByHand::default() };
        let step = |require: Vec<Require>| {
            let work =
                Work::Transaction { statements: vec!["SET a = 1".to_owned(), "ALTER TABLE t …".to_owned()], require };
            let (back, lock) = (Back::nothing(), Lock::default());
            Step { title: "change it".to_owned(), phase: Phase::Switch, work, back, lock, estimate_ms: None }
        };
        assert_eq!(by_hand.step(&step(Vec::new()), ended), "SET a = 1;\nALTER TABLE t …;\n");
        let asked = vec![Require { query: "SELECT true".to_owned(), or: "it is false".to_owned() }];
        let whole = "SET a = 1;\nBEGIN;\nALTER TABLE t …;\nSELECT true;  -- must be true, or: it is false\nCOMMIT;\n";
        assert_eq!(by_hand.step(&step(asked), ended), whole);
    }
}
