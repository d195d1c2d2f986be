//! From a target to a snapshot: live, from a file, or of what a schema file creates.

use std::path::{Path, PathBuf};

use dbwright_check::Checks;
use dbwright_core::engine::{ObserveOptions, SampleLimits, Values};
use dbwright_core::target::Address;
use dbwright_core::workload::Workload;
use dbwright_core::{Failure, Snapshot, snapshot};
use dbwright_sql::Dialect;

use crate::args::Observe;
use crate::context::Context;
use crate::engines;
use crate::render::units;
use crate::stranger;
use crate::target::Source;

/// A snapshot with where it came from.
pub(crate) struct Observed {
    /// The engine that the snapshot belongs to.
    pub(crate) engine: &'static dyn Checks,
    /// What was observed.
    pub(crate) snapshot: Snapshot,
    /// Where the live database is, when there is one.
    pub(crate) address: Option<Address>,
    /// The schema file, when it was one.
    pub(crate) file: Option<PathBuf>,
}

/// Takes, reads or makes the snapshot.
///
/// # Errors
/// When the target can't be observed, or the file can't be read.
pub(crate) async fn observe(source: Source, options: &ObserveOptions, cx: &Context) -> Result<Observed, Failure> {
    match source {
        Source::Live(engine, address) => {
            let snapshot = match engine.observe(&address, options, &cx.progress).await {
                Ok(snapshot) => snapshot,
                Err(failure) => return Err(stranger::explained(failure, engine, &address).await),
            };
            if cx.global.verbose {
                cx.progress.finish();
                anstream::eprintln!("{}", cost(&snapshot));
            }
            Ok(Observed { engine, snapshot, address: Some(address), file: None })
        }
        Source::Snapshot(path) => read(&path),
        Source::Schema(engine, path, dialect) => {
            let sql = text_of(&path, "schema")?;
            let lab = engine.schema_lab().ok_or_else(|| no_lab(engine))?;
            let snapshot = lab.load(&path, &sql, &dialect, options, &cx.progress).await?;
            Ok(Observed { engine, snapshot, address: None, file: Some(path) })
        }
    }
}

/// What observing cost the target and us.
fn cost(snapshot: &Snapshot) -> String {
    let cost = snapshot.header.cost;
    let [bytes, target, own] =
        [units::bytes(cost.bytes as f64), units::number(cost.target_s, "s"), units::number(cost.own_s, "s")];
    format!("observed with {} queries, {bytes}; {target} waiting for the target, {own} of our own", cost.queries)
}

/// The options of the command line as the engines take them.
///
/// # Errors
/// When the workload file can't be read.
pub(crate) fn options(args: &Observe, source: &Source) -> Result<ObserveOptions, Failure> {
    let workload = args.workload.as_deref().map(|path| workload(path, source)).transpose()?;
    Ok(ObserveOptions {
        values: if args.no_values { Values::None } else { Values::All },
        lock_timeout: args.reach.lock_timeout,
        statement_timeout: args.reach.statement_timeout,
        connect_timeout: args.reach.connect_timeout,
        workload,
        sample: SampleLimits { time: args.sample.time, keys: args.sample.keys, bytes: args.sample.bytes },
        programs: args.reach.programs.clone(),
    })
}

/// A log of the target's engine, or a file of statements in its SQL.
fn workload(path: &Path, source: &Source) -> Result<Workload, Failure> {
    let (Source::Live(engine, _) | Source::Schema(engine, ..)) = source else {
        return Err(Failure::usage("snapshot.workload", "a snapshot file already holds its workload")
            .hint("give --workload when the snapshot is taken"));
    };
    let info = engine.info();
    if let Ok(file) = std::fs::File::open(path)
        && file.metadata().is_ok_and(|file| file.is_file())
        && let Some(workload) = engine.log(&path.display().to_string(), &mut std::io::BufReader::new(file))?
    {
        return Ok(workload);
    }
    let dialect = Dialect::named(info.id).ok_or_else(|| {
        Failure::usage("workload.no-sql", format!("workload files are SQL, which {} does not speak", info.name))
    })?;
    dbwright_sql::workload::from_sql(&text_of(path, "workload")?, dialect, &format!("file {}", path.display()))
}

/// Reads a snapshot file.
///
/// # Errors
/// When it can't be read, is damaged, or is of an engine that this dbwright does not know.
pub(crate) fn read(path: &Path) -> Result<Observed, Failure> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|e| unreadable(&name, &e))?;
    let (header, body) = snapshot::decode(&name, &bytes)?;
    let engine = engines::by_id(&header.engine).ok_or_else(|| {
        Failure::unreachable(
            "snapshot.engine",
            format!("{name} is a snapshot of `{}`, which this dbwright does not know", header.engine),
        )
        .hint("install the dbwright that wrote it, or a newer one")
    })?;
    let snapshot = engine.decode(header, body.get())?;
    Ok(Observed { engine, snapshot, address: None, file: None })
}

/// A text file of the user's.
///
/// # Errors
/// When it can't be read or is not UTF-8.
pub(crate) fn text_of(path: &Path, what: &str) -> Result<String, Failure> {
    text(bytes_of(path, what)?, &path.display().to_string(), what)
}

/// The content of a file of the user's as text, which must be UTF-8; a mark of its encoding is left out.
///
/// # Errors
/// When it is in another encoding.
pub(crate) fn text(bytes: Vec<u8>, name: &str, what: &str) -> Result<String, Failure> {
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Failure::usage(
            "file.encoding",
            format!("the {what} file {name} is not UTF-8: byte {at} is of another encoding"),
        )
        .hint("convert it, for example with `iconv -f LATIN1 -t UTF-8`")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// A file of the user's as it is.
///
/// # Errors
/// When it can't be read.
pub(crate) fn bytes_of(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|e| unreadable(&format!("{what} file {}", path.display()), &e))
}

/// A file that can't be read, by what it is.
pub(crate) fn unreadable(name: &str, error: &std::io::Error) -> Failure {
    let message = format!("{name} can't be read: {error}");
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => Failure::not_permitted("file.permission", message),
        _ => Failure::usage("file.read", message),
    }
}

fn no_lab(engine: &dyn Checks) -> Failure {
    Failure::usage("schema.no-lab", format!("schema files of {} can't be loaded", engine.info().name))
        .hint(format!("dialects that can: {}", engines::dialects().join(", ")))
}
