//! The one place that maps the end of a command to an exit code and prints its error.
//!
//! Exit codes: 0 nothing at or above `--fail-on`; 1 findings at or above it; 2 wrong usage; 3 target not
//! reachable or not permitted; 4 fault of dbwright or of the machine; 130 stopped by the user.

use std::error::Error;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use dbwright_core::{Failure, FailureKind, target};

use crate::render::layout;

/// How a command ended when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing at or above `--fail-on`.
    Clean,
    /// At least one finding at or above `--fail-on`.
    Findings,
    /// Stopped by the user, with what was found until then printed.
    Stopped,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Stopped => code(FailureKind::Interrupted),
        })
    }
}

/// The exit code of a kind of failure.
pub(crate) const fn code(kind: FailureKind) -> u8 {
    match kind {
        FailureKind::Usage => 2,
        FailureKind::Unreachable | FailureKind::NotPermitted => 3,
        FailureKind::Internal => 4,
        FailureKind::Interrupted => 130,
    }
}

/// Prints the failure to stderr and gives its exit code.
pub(crate) fn report(failure: &Failure, verbose: bool) -> ExitCode {
    anstream::eprint!("{}", text(failure, verbose));
    ExitCode::from(code(failure.kind))
}

/// clap's own message (help, version, wrong usage) with its exit code.
pub(crate) fn of_arguments(error: &clap::Error) -> ExitCode {
    // A closed pipe while printing help is nobody's error.
    drop(error.print());
    if error.use_stderr() { ExitCode::from(code(FailureKind::Usage)) } else { ExitCode::SUCCESS }
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// The failure as it is printed: `error[code]: message`, excerpt, hints, and the causes when asked for.
fn text(failure: &Failure, verbose: bool) -> String {
    let message = layout::inline(&target::redact_text(&failure.message));
    let mut out = format!("{ERROR}error[{}]{ERROR:#}: {message}\n", failure.code);
    if let Some(excerpt) = &failure.excerpt {
        for line in target::redact_text(excerpt).lines() {
            out.push_str(&format!("  {}\n", layout::inline(line)));
        }
    }
    for hint in &failure.hints {
        out.push_str(&format!("{HINT}hint{HINT:#}: {}\n", layout::inline(&target::redact_text(hint))));
    }
    if verbose {
        let mut cause = failure.source();
        while let Some(error) = cause {
            let error_text = target::redact_text(&error.to_string());
            out.push_str(&format!("  caused by: {}\n", layout::inline(&error_text)));
            cause = error.source();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(failure: &Failure, verbose: bool) -> String {
        anstream::adapter::strip_str(&text(failure, verbose)).to_string()
    }

    #[test]
    fn every_kind_has_its_code() {
        let kinds = [
            (FailureKind::Usage, 2),
            (FailureKind::Unreachable, 3),
            (FailureKind::NotPermitted, 3),
            (FailureKind::Internal, 4),
            (FailureKind::Interrupted, 130),
        ];
        for (kind, expected) in kinds {
            assert_eq!(code(kind), expected, "{kind:?}");
        }
    }

    #[test]
    fn causes_only_when_verbose_and_never_a_secret() {
        let cause = std::io::Error::other("cannot reach postgres://ann:pa:ss@db/shop?sslpassword=topsecret");
        let failure =
            Failure::unreachable("target.down", "no answer\u{1b}[2J from db").caused_by(cause).hint("is it up?");
        assert_eq!(plain(&failure, false), "error[target.down]: no answer\\x1b[2J from db\nhint: is it up?\n");
        let verbose = plain(&failure, true);
        assert!(verbose.contains("caused by: cannot reach postgres://ann:***@db/shop"), "{verbose}");
        assert!(!verbose.contains("pa:ss") && !verbose.contains("topsecret"), "{verbose}");
    }
}
