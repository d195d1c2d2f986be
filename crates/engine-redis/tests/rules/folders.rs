//! The rule folders, straight from the source tree: what a build found there is what is tested.

use std::fs;
use std::path::{Path, PathBuf};

use crate::script::{self, Script};

/// A rule folder with its two states.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    /// Rule id.
    pub(crate) id: String,
    /// Where it is.
    path: PathBuf,
    /// Makes the fault.
    pub(crate) bad: Script,
    /// The same without the fault.
    pub(crate) good: Script,
}

impl Folder {
    /// Where the findings are that are expected on this engine: in `expected.valkey.json`, when its words differ.
    pub(crate) fn expected(&self, engine: &str) -> PathBuf {
        let own = self.path.join(format!("expected.{engine}.json"));
        if own.is_file() { own } else { self.path.join("expected.json") }
    }
}

/// Every folder, or why one can't be read. `DBWRIGHT_RULES=a,b` limits a run by hand to some names.
pub(crate) fn all() -> Vec<Result<Folder, String>> {
    let chosen = std::env::var("DBWRIGHT_RULES").unwrap_or_default();
    let entries = fs::read_dir(root()).unwrap_or_else(|e| panic!("{}: {e}", root().display()));
    let mut paths: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_dir()).collect();
    paths.sort();
    let name =
        |path: &Path| path.file_name().and_then(|n| n.to_str()).expect("rule folders have plain names").to_owned();
    let paths = paths.into_iter().map(|path| (name(&path), path));
    let wanted = paths.filter(|(name, _)| chosen.is_empty() || chosen.split(',').any(|one| one == name));
    wanted.map(|(name, path)| read(path, format!("redis/{name}"))).collect()
}

/// The code of a rule.
pub(crate) fn code(id: &str) -> String {
    let (_, name) = id.split_once('/').expect("ids have a slash");
    let file = root().join(name).join("rule.rs");
    fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules")
}

fn read(path: PathBuf, id: String) -> Result<Folder, String> {
    let script = |name: &str| {
        let file = path.join(name);
        let text = fs::read_to_string(&file).map_err(|e| format!("{id}: {}: {e}", file.display()))?;
        script::parse(&text).map_err(|e| format!("{id}: {}: {e}", file.display()))
    };
    let (bad, good) = (script("bad.redis")?, script("good.redis")?);
    Ok(Folder { id, path, bad, good })
}
