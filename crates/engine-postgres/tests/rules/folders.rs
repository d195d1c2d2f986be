//! The rule folders, straight from the source tree: what a build found there is what is tested.

use std::fs;
use std::path::{Path, PathBuf};

use crate::script::{self, Script};

/// From this major version on, all servers print the catalog with the same words.
const FIRST_LIKE_THE_NEWEST: u32 = 15;

/// A rule folder with its two scripts.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Rule id.
    pub(crate) id: String,
    /// Where the expected findings are, unless an older server has words of its own.
    expected: PathBuf,
    /// Makes the fault.
    pub(crate) bad: Script,
    /// The same without the fault.
    pub(crate) good: Script,
    /// Statements to serve, for rules whose findings come from plans.
    pub(crate) workload: Option<String>,
}

impl Folder {
    /// Whether one of its scripts touches what all databases of the server share.
    pub(crate) const fn alone(&self) -> bool {
        self.bad.alone || self.good.alone
    }

    /// Where the findings are that are expected of this major version: in `expected-14.json` for 14 and before, when
    /// there is one, else where those of every version are.
    pub(crate) fn expected(&self, major: u32) -> PathBuf {
        let older = |upto| self.expected.with_file_name(format!("expected-{upto}.json"));
        (major..FIRST_LIKE_THE_NEWEST).map(older).find(|file| file.is_file()).unwrap_or_else(|| self.expected.clone())
    }
}

/// Every folder of `pg/`, `sql/` and `migrate/`, or why one can't be read. `DBWRIGHT_RULES=a,b` limits a run by hand to some names.
pub(crate) fn all() -> Vec<Result<Folder, String>> {
    ["pg", "sql", "migrate"].into_iter().flat_map(|prefix| below(&root(prefix), prefix)).collect()
}

/// The code of a rule.
pub(crate) fn code(id: &str) -> String {
    let (prefix, name) = id.split_once('/').expect("ids have a slash");
    let file = root(prefix).join(name).join("rule.rs");
    let mut code = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    if let Some(prover) = prover(&code) {
        let prove = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/prove");
        let parts = fs::read_dir(prove.join(&prover)).into_iter().flatten().flatten().map(|entry| entry.path());
        for part in parts.chain([prove.join(format!("{prover}.rs"))]) {
            code += &fs::read_to_string(&part).unwrap_or_else(|e| panic!("{}: {e}", part.display()));
        }
    }
    // How bad a missing index is, is decided in one place for all engines.
    if code.contains("missing::severity(") {
        let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../advise/src/missing.rs");
        code += &fs::read_to_string(&shared).unwrap_or_else(|e| panic!("{}: {e}", shared.display()));
    }
    code.replace("limit(limits, ", "limit(")
}

/// The part of `prove` that makes the findings of a rule, when experiments do.
pub(crate) fn prover(code: &str) -> Option<String> {
    let (_, rest) = code.split_once("use crate::prove::")?;
    rest.split_once(';').map(|(name, _)| name.to_owned())
}

/// The folder of the rules with this prefix.
fn root(prefix: &str) -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a crate of the workspace");
    crates.join(match prefix {
        "sql" => "sql/src/rules",
        "migrate" => "migrate/src/rules",
        _ => "engine-postgres/src/rules",
    })
}

fn below(root: &Path, prefix: &str) -> Vec<Result<Folder, String>> {
    let chosen = std::env::var("DBWRIGHT_RULES").unwrap_or_default();
    let entries = fs::read_dir(root).unwrap_or_else(|e| panic!("{}: {e}", root.display()));
    let mut paths: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_dir()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| (path, path.file_name().and_then(|n| n.to_str()).expect("rule folders have plain names")))
        .filter(|(_, name)| chosen.is_empty() || chosen.split(',').any(|one| one == *name))
        .map(|(path, name)| read(path, format!("{prefix}/{name}"), prefix != "pg"))
        .collect()
}

fn read(path: &Path, id: String, shared: bool) -> Result<Folder, String> {
    let script = |kind: &str| {
        let own = path.join(format!("{kind}.postgres.sql"));
        let file = if own.is_file() { own } else { path.join(format!("{kind}.sql")) };
        let text = fs::read_to_string(&file).map_err(|e| format!("{id}: {}: {e}", file.display()))?;
        script::parse(&text).map_err(|e| format!("{id}: {}: {e}", file.display()))
    };
    let (bad, good) = (script("bad")?, script("good")?);
    let expected = path.join(if shared { "expected.postgres.json" } else { "expected.json" });
    let workload = fs::read_to_string(path.join("workload.sql")).ok();
    Ok(Folder { id, expected, bad, good, workload })
}
