//! A benchmark's database: made once by a server of dbwright's own, whose data stay in the cache folder.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dbwright_testkit::cache;
use dbwright_testkit::sql::{execute, query};

use super::Kind;
use crate::Done;
use crate::command::{on_path, openly, quietly, read};
use crate::servers::{self, Kept};

/// The settings under which the peers were measured.
const SETTINGS: &[&str] = &[
    "shared_buffers=4GB",
    "work_mem=64MB",
    "maintenance_work_mem=512MB",
    "effective_cache_size=12GB",
    "random_page_cost=4",
    "max_parallel_workers_per_gather=0",
    "jit=off",
    "max_wal_size=8GB",
    "shared_preload_libraries=pg_stat_statements",
];
/// Packages that hold the rows and the queries.
const PACKAGES: &[&str] = &["duckdb==1.5.5", "duckdb-extensions", "duckdb-extension-tpch", "duckdb-extension-tpcds"];
const SCRIPT: &str = include_str!("data.py");

/// A benchmark that is ready.
pub(super) struct Ready {
    /// Its database.
    pub(super) url: String,
    /// Its queries with their numbers.
    pub(super) queries: Vec<(u32, String)>,
    /// The server, when it is ours.
    _server: Option<Kept>,
}

/// Brings a benchmark's database and queries up.
pub(super) fn ready(kind: Kind, url: Option<&str>) -> Done<Ready> {
    // For a database that is there, its rows need not be made once more.
    let folder = data(kind, url.is_none())?;
    let queries = (1..=kind.queries()).map(|n| Ok((n, read(&folder.join(format!("{n:02}.sql")))?)));
    let queries = queries.collect::<Done<Vec<_>>>()?;
    if let Some(url) = url {
        return Ok(Ready { url: url.to_owned(), queries, _server: None });
    }
    let server = servers::kept("bench-advise", 15, SETTINGS)?;
    let url = server.database(kind.name());
    let there = query(&server.url, &format!("SELECT 1 FROM pg_database WHERE datname = '{}'", kind.name()))?;
    if there.is_empty() {
        make(kind, &server, &folder)?;
    }
    Ok(Ready { url, queries, _server: Some(server) })
}

/// Rows, queries, tables and keys as files, or the queries alone; fetched and made when they are not there yet.
fn data(kind: Kind, rows: bool) -> Done<PathBuf> {
    let parent = cache::folder().join("bench").join("data");
    let all = parent.join(kind.name());
    let whole = if rows { all.clone() } else { parent.join(format!("{}-queries", kind.name())) };
    if let Some(there) = [all, whole.clone()].into_iter().find(|folder| folder.exists() && (!rows || *folder == whole))
    {
        return Ok(there);
    }
    let part = whole.with_extension("part");
    let shown = |e: std::io::Error| format!("{}: {e}", part.display());
    if part.exists() {
        fs::remove_dir_all(&part).map_err(shown)?; // a run that was stopped left it
    }
    fs::create_dir_all(&part).map_err(shown)?;
    let python = environment(&parent)?;
    let script = part.join("data.py");
    fs::write(&script, SCRIPT).map_err(shown)?;
    let what = if rows { "rows" } else { "queries" };
    eprintln!("{}: making the {what}", kind.name());
    quietly(Command::new(python).arg(&script).arg(kind.name()).arg(&part).arg(what))?;
    fs::rename(&part, &whole).map_err(shown)?;
    Ok(whole)
}

/// A Python with the packages, in a folder of its own.
fn environment(parent: &Path) -> Done<PathBuf> {
    if !on_path("python3") {
        return Err("the rows and queries come from Python packages: install python3 with venv and pip".to_owned());
    }
    let folder = parent.join("python");
    let python = folder.join("bin/python");
    if !python.exists() {
        quietly(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    eprintln!("fetching {}", PACKAGES.join(", "));
    quietly(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
    Ok(python)
}

/// Loads the rows. The database gets its name last, so that one that has it is whole.
fn make(kind: Kind, server: &Kept, folder: &Path) -> Done {
    let name = kind.name();
    eprintln!("{name}: loading the rows");
    execute(&server.url, &format!("DROP DATABASE IF EXISTS {name}_part"))?;
    execute(&server.url, &format!("CREATE DATABASE {name}_part TEMPLATE template0"))?;
    let url = server.database(&format!("{name}_part"));
    let tables = read(&folder.join("tables.sql"))?;
    let mut script = tables.clone();
    for table in tables.lines().filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split(' ').next()) {
        let file = folder.join(format!("{table}.csv"));
        let _ = writeln!(script, "\\copy {table} from '{}' (format csv)", file.display());
    }
    script.push_str(&read(&folder.join("keys.sql"))?);
    script.push_str("CREATE EXTENSION hypopg; CREATE EXTENSION pg_stat_statements;\nVACUUM ANALYZE;\n");
    let file = folder.join("load.sql");
    fs::write(&file, script).map_err(|e| format!("{}: {e}", file.display()))?;
    openly(Command::new(server.program("psql")).args(["-q", "-v", "ON_ERROR_STOP=1", "-f"]).arg(&file).arg(&url))?;
    execute(&server.url, &format!("ALTER DATABASE {name}_part RENAME TO {name}"))
}
