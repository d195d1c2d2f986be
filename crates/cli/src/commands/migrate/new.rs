//! `migrate new`: an empty file with the next version, in the style of its folder.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dbwright_core::Failure;
use dbwright_migrate::files::{Folder, Style};
use jiff::{Timestamp, tz::TimeZone};

use super::folder;
use crate::args::migrate::New;
use crate::failure::Exit;
use crate::output;

/// Makes the file and says its name.
///
/// # Errors
/// When the name says nothing, or the file can't be written.
pub(super) fn run(args: &New) -> Result<Exit, Failure> {
    let name = slug(&args.name)?;
    let dir = &args.dir.dir;
    let folder = if dir.exists() { Some(folder::read(dir)?) } else { None };
    let style = folder.as_ref().map_or(Style::Dbwright, |folder| folder.style);
    if style == Style::Sqitch {
        return Err(Failure::usage(
            "migrate.sqitch",
            format!("{} is a project of sqitch, whose plan sqitch keeps", dir.display()),
        )
        .hint(format!("sqitch add {name} -n '…'")));
    }
    let version = version(folder.as_ref());
    let made = contents(style, &version, &name);
    fs::create_dir_all(dir).map_err(|e| failed(dir, &e))?;
    for (file, text) in &made {
        let path = dir.join(file);
        write_new(&path, text)?;
        output::write_styled(None, &format!("{}\n", path.display()))?;
    }
    Ok(Exit::Clean)
}

/// A name for a file: letters and digits in lower case, everything else an underscore.
fn slug(name: &str) -> Result<String, Failure> {
    let name = name.trim().trim_end_matches(".sql");
    let parts: Vec<String> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_lowercase).collect();
    let slug: String = parts.join("_").chars().take(100).collect();
    if slug.is_empty() {
        return Err(Failure::usage("migrate.name", "the name of the migration has neither letters nor digits")
            .hint("say what it does in a few words, for example add_customer_tier"));
    }
    Ok(slug)
}

/// The time of now; in a folder that counts, one more than the last.
fn version(folder: Option<&Folder>) -> String {
    let now = Timestamp::now().to_zoned(TimeZone::UTC).strftime("%Y%m%d%H%M%S").to_string();
    let mut versions = folder.into_iter().flat_map(|f| &f.migrations).filter(|m| !m.repeatable);
    let Some(last) = versions.next_back() else { return now };
    let written = digits(&last.up.file);
    match last.version.split('.').next().and_then(|first| first.parse::<u64>().ok()) {
        // As many digits as the last one had.
        Some(number) if last.version.len() < 8 => format!("{:0width$}", number + 1, width = written),
        // A second one in the same second.
        Some(number) if last.version >= now && last.version.len() == now.len() => (number + 1).to_string(),
        _ => now,
    }
}

/// How many digits a file's name begins with.
fn digits(file: &str) -> usize {
    let base = file.rsplit('/').next().unwrap_or(file);
    base.trim_start_matches('V').bytes().take_while(u8::is_ascii_digit).count()
}

fn contents(style: Style, version: &str, name: &str) -> Vec<(String, String)> {
    let plain = |text: &str| vec![(format!("{version}_{name}.sql"), text.to_owned())];
    match style {
        Style::Dbwright | Style::Sqitch => plain(OWN),
        Style::Dbmate => plain("-- migrate:up\n\n\n-- migrate:down\n\n"),
        Style::Goose => plain("-- +goose Up\n\n\n-- +goose Down\n\n"),
        Style::Flyway => vec![(format!("V{version}__{name}.sql"), String::new())],
        Style::GolangMigrate => vec![
            (format!("{version}_{name}.up.sql"), String::new()),
            (format!("{version}_{name}.down.sql"), String::new()),
        ],
    }
}

const OWN: &str = "\
-- Write ordinary SQL below, such as
--   ALTER TABLE orders ALTER COLUMN id TYPE bigint;
-- `dbwright migrate plan TARGET` shows how it is carried out without a long lock, and how it is undone.
-- Only where dbwright knows no way back (lost data): a line `-- down`, and after it the SQL that goes back.

";

fn write_new(path: &PathBuf, text: &str) -> Result<(), Failure> {
    let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|e| failed(path, &e))
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage("output.place", format!("{} can't be written: {error}", path.display()))
        .hint("name a folder that you may write to with --dir")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_parts_of_file_names() {
        assert_eq!(slug("Add customer  tier!").ok().as_deref(), Some("add_customer_tier"));
        assert_eq!(slug("größe_ändern.sql").ok().as_deref(), Some("größe_ändern"));
        assert!(slug(" ../ ").is_err());
    }

    #[test]
    fn a_folder_that_counts_is_counted_on() {
        let entries = |names: &[&str]| -> Vec<_> {
            let entry = |name: &&str| dbwright_migrate::files::Entry { path: (*name).to_owned(), bytes: Vec::new() };
            names.iter().map(entry).collect()
        };
        let next = |names: &[&str]| {
            let folder = dbwright_migrate::files::read("m", &entries(names)).expect("one style");
            version(Some(&folder))
        };
        assert_eq!(next(&["0001_a.sql", "0009_b.sql"]), "0010");
        assert_eq!(next(&["V1__a.sql", "V2__b.sql"]), "3");
        assert_eq!(next(&["99991121093000_a.sql"]), "99991121093001");
        assert_eq!(next(&["20200101000000_a.sql"]).len(), 14);
        assert_eq!(version(None).len(), 14);
    }
}
