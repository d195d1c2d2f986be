//! The rule folders, straight from the source tree: what a build found there is what is tested.

use std::fs;
use std::path::{Path, PathBuf};

use dbwright_testkit::meant;

use crate::script::{self, Script};

/// A rule folder with its two scripts for one flavour.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Rule id.
    pub(crate) id: String,
    /// Where the expected findings are.
    pub(crate) expected: PathBuf,
    /// Makes the fault.
    pub(crate) bad: Script,
    /// The same without the fault.
    pub(crate) good: Script,
}

/// Every folder of `mysql/`, or why one can't be read. `DBWRIGHT_RULES=a,b` limits a run by hand to some names.
pub(crate) fn all(flavour: &str) -> Vec<Result<Folder, String>> {
    let chosen = std::env::var("DBWRIGHT_RULES").unwrap_or_default();
    let root = root();
    let entries = fs::read_dir(&root).unwrap_or_else(|e| panic!("{}: {e}", root.display()));
    let mut paths: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_dir()).collect();
    paths.sort();
    let name =
        |path: &Path| path.file_name().and_then(|n| n.to_str()).expect("rule folders have plain names").to_owned();
    let paths = paths.into_iter().map(|path| (name(&path), path));
    let paths = paths.filter(|(name, _)| chosen.is_empty() || chosen.split(',').any(|one| one == name));
    paths.map(|(name, path)| read(&path, format!("mysql/{name}"), flavour)).collect()
}

/// The flavour of a server, as scripts and their files name it.
pub(crate) fn common(server: &str) -> &str {
    if server == "mariadb11" { "mariadb" } else { server }
}

/// The code of a rule, with that of the experiment which its first lines name.
pub(crate) fn code(id: &str) -> String {
    let (_, name) = id.split_once('/').expect("ids have a slash");
    let read = |file: PathBuf| fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let code = read(root().join(name).join("rule.rs"));
    let mut words = code.lines().take_while(|line| line.starts_with("//!")).flat_map(|line| line.split('`'));
    let experiment = words.find(|word| word.starts_with("prove/"));
    let more = experiment.map(|file| read(root().join("..").join(file))).unwrap_or_default();
    // How bad a missing index is, is decided in one place for all engines.
    let shared = if more.contains("missing::severity(") {
        read(root().join("../../../advise/src/missing.rs"))
    } else {
        String::new()
    };
    code + &more + &shared
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules")
}

fn read(path: &Path, id: String, flavour: &str) -> Result<Folder, String> {
    // A file of the server's or the flavour's own comes before the common one.
    let file = |stem: &str, end: &str| {
        let own = [meant(flavour), flavour, common(flavour)].map(|name| path.join(format!("{stem}.{name}.{end}")));
        own.into_iter().find(|file| file.is_file()).unwrap_or_else(|| path.join(format!("{stem}.{end}")))
    };
    let script = |stem: &str| {
        let file = file(stem, "sql");
        let text = fs::read_to_string(&file).map_err(|e| format!("{id}: {}: {e}", file.display()))?;
        script::parse(&text).map_err(|e| format!("{id}: {}: {e}", file.display()))
    };
    let (bad, good) = (script("bad")?, script("good")?);
    Ok(Folder { id, expected: file("expected", "json"), bad, good })
}
