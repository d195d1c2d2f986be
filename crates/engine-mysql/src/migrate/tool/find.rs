//! Which tools are installed, and what they can.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use dbwright_core::Failure;

use super::facts::Tool;

/// How long a program may take to say what it is.
const ANSWER: Duration = Duration::from_secs(20);

/// An installed tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct Found {
    pub(in crate::migrate) tool: Tool,
    pub(in crate::migrate) path: PathBuf,
    /// `3.7.1`; what it says when that is no number.
    pub(in crate::migrate) version: String,
    /// Its options, as it lists them itself.
    help: String,
}

impl Found {
    /// Whether it knows an option (without dashes).
    pub(in crate::migrate) fn knows(&self, option: &str) -> bool {
        self.help
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .any(|word| word.trim_start_matches('-') == option)
    }

    /// `pt-online-schema-change 3.7.1`.
    pub(in crate::migrate) fn title(&self) -> String {
        format!("{} {}", self.tool.name(), self.version)
    }

    #[cfg(test)]
    pub(super) fn made_up(tool: Tool, version: &str, help: &str) -> Self {
        Self { tool, path: PathBuf::new(), version: version.to_owned(), help: help.to_owned() }
    }
}

/// Every tool that is in one of these folders, or else on the PATH.
pub(super) async fn all(folders: &[PathBuf]) -> Vec<Found> {
    let mut found = Vec::new();
    for tool in Tool::ALL {
        if let Some(path) = path(tool, folders) {
            found.extend(asked(tool, path).await);
        }
    }
    found
}

/// One tool, to be started.
///
/// # Errors
/// When it is not there (any more).
pub(in crate::migrate) async fn one(tool: Tool, folders: &[PathBuf]) -> Result<Found, Failure> {
    let found = match path(tool, folders) {
        Some(path) => asked(tool, path).await,
        None => None,
    };
    found.ok_or_else(|| missing(tool))
}

pub(super) fn missing(tool: Tool) -> Failure {
    Failure::usage("migrate.no-copy-tool", format!("{} is not installed, or does not run", tool.name()))
        .hint("install it, or name its folder with --programs DIR")
        .hint("--copy-tool own copies without it, where that can be done")
}

fn path(tool: Tool, folders: &[PathBuf]) -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let places = folders.iter().cloned().chain(on_path.unwrap_or_default());
    places.map(|folder| folder.join(tool.name())).find(|path| path.is_file())
}

/// What a program says of itself; none when it does not run.
async fn asked(tool: Tool, path: PathBuf) -> Option<Found> {
    let said = answer(&path, "--version").await?;
    let version = version(&said);
    let help = answer(&path, "--help").await?;
    Some(Found { tool, path, version, help })
}

async fn answer(path: &Path, option: &str) -> Option<String> {
    let mut command = Command::new(path);
    command.arg(option).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = tokio::time::timeout(ANSWER, output).await.ok()?.ok()?.ok()?;
    let both = [output.stdout, output.stderr].concat();
    Some(String::from_utf8_lossy(&both).into_owned())
}

/// The number in what a program says, else its first word.
fn version(said: &str) -> String {
    let line = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let number =
        line.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'));
    number.or_else(|| line.split_whitespace().next()).unwrap_or("of an unknown version").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_and_options_are_read_from_what_a_program_says() {
        assert_eq!(version("pt-online-schema-change 3.7.1\n"), "3.7.1");
        assert_eq!(version("1.1.7 (git commit: abc)\n"), "1.1.7");
        assert_eq!(version("unversioned (git commit: unknown)\n"), "unversioned");
        let found = Found::made_up(Tool::Pt, "3.7.1", "  --history   Write\n  --[no]swap-tables\n  -resume\n");
        assert!(found.knows("history") && found.knows("resume") && !found.knows("hist"));
    }
}
