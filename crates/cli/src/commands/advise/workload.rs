//! Where the statements come from: the target's own statistics, or a file whose kind its content tells.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use dbwright_advise::Advises;
use dbwright_core::engine::EngineInfo;
use dbwright_core::workload::Workload;
use dbwright_core::{Failure, Snapshot, snapshot};
use dbwright_sql::Dialect;

use crate::args::Advise;
use crate::commands::observe;

/// What a user does who has no statement statistics.
const GIVE_A_FILE: &str =
    "or give the statements yourself: --workload FILE takes SQL with weights, a server log, or a snapshot file";

/// The workload that the advice is for.
///
/// # Errors
/// When there is none, or the file is of no known kind.
pub(super) fn find(
    args: &Advise,
    adviser: &dyn Advises,
    engine: &EngineInfo,
    snapshot: &Snapshot,
) -> Result<Workload, Failure> {
    let workload = match args.wish.workload.as_deref() {
        Some(path) => of_file(path, adviser, engine)?,
        None => adviser.workload(snapshot).ok_or_else(|| none(snapshot))?,
    };
    if workload.statements.is_empty() { Err(empty(&workload, args, snapshot)) } else { Ok(workload) }
}

fn of_file(path: &Path, adviser: &dyn Advises, engine: &EngineInfo) -> Result<Workload, Failure> {
    let name = path.display().to_string();
    // A pipe can be read once; a log may be larger than the memory.
    if !path.metadata().is_ok_and(|file| file.is_file()) {
        return of_pipe(path, &name, adviser, engine);
    }
    let unreadable = |error: &std::io::Error| observe::unreadable(&format!("workload file {name}"), error);
    let mut input = BufReader::new(File::open(path).map_err(|e| unreadable(&e))?);
    if snapshot::looks_like_snapshot(input.fill_buf().map_err(|e| unreadable(&e))?) {
        return of_snapshot(path, adviser, engine);
    }
    match adviser.log(&name, &mut input)? {
        Some(workload) => Ok(workload),
        None => of_sql(&observe::text_of(path, "workload")?, &name, engine),
    }
}

fn of_pipe(path: &Path, name: &str, adviser: &dyn Advises, engine: &EngineInfo) -> Result<Workload, Failure> {
    let bytes = observe::bytes_of(path, "workload")?;
    match adviser.log(name, &mut bytes.as_slice())? {
        Some(workload) => Ok(workload),
        None => of_sql(&observe::text(bytes, name, "workload")?, name, engine),
    }
}

fn of_sql(text: &str, name: &str, engine: &EngineInfo) -> Result<Workload, Failure> {
    let dialect = Dialect::named(engine.id).ok_or_else(|| {
        Failure::usage("workload.no-sql", format!("workload files are SQL, which {} does not speak", engine.name))
    })?;
    dbwright_sql::workload::from_sql(text, dialect, &format!("file {name}"))
}

/// The workload of another snapshot of the same engine.
fn of_snapshot(path: &Path, adviser: &dyn Advises, engine: &EngineInfo) -> Result<Workload, Failure> {
    let other = observe::read(path)?;
    if other.engine.info().id != engine.id {
        let message = format!(
            "{} is a snapshot of {}, but the target is {}",
            path.display(),
            other.engine.info().name,
            engine.name
        );
        return Err(Failure::usage("workload.engine", message));
    }
    adviser.workload(&other.snapshot).ok_or_else(|| none(&other.snapshot))
}

/// No workload: the gap of the snapshot says why, and what would give one.
fn none(snapshot: &Snapshot) -> Failure {
    let gap = snapshot.header.gaps.iter().find(|gap| gap.area.starts_with("statements"));
    let reason = gap.map_or("it keeps no statistics of statements", |gap| gap.reason.as_str());
    let message = format!("there is no workload to advise on: {}: {reason}", snapshot.header.name);
    let failure = Failure::unreachable("advise.no-workload", message);
    let failure = match gap.and_then(|gap| gap.remedy.clone()) {
        Some(remedy) => failure.hint(remedy),
        None => failure,
    };
    failure.hint(GIVE_A_FILE)
}

fn empty(workload: &Workload, args: &Advise, snapshot: &Snapshot) -> Failure {
    let message = format!("there is no workload to advise on: {} holds no statement of this database", workload.source);
    let failure = Failure::unreachable("advise.empty-workload", message);
    if args.wish.workload.is_some() {
        return failure.hint("write the statements into it, each ended by a semicolon");
    }
    // Statements that the role may not see are a matter of rights, not of patience.
    let hidden = snapshot.header.gaps.iter().find(|gap| gap.area.starts_with("statements"));
    let failure = match hidden {
        Some(gap) => failure.hint(format!("it may be for lack of rights: {}", gap.reason)),
        None => failure.hint("let the applications run for a while, best a whole day, and try again"),
    };
    let remedy = hidden.and_then(|gap| gap.remedy.clone());
    remedy.into_iter().fold(failure, Failure::hint).hint(GIVE_A_FILE)
}
