//! `migrate lint`: what is dangerous in migrations, before anything is run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dbwright_check::{Checks, Outcome, Settings, assemble};
use dbwright_core::engine::{ObserveOptions, SampleLimits, Values};
use dbwright_core::report::Report;
use dbwright_core::snapshot::{Cost, Header};
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};
use dbwright_migrate::files::{self, Part, Style};
use dbwright_migrate::lint::{LintOptions, Linted, Verdicts};
use dbwright_migrate::{OnlineDdl, Script};

use super::folder;
use crate::args::migrate::{AppliedBy, Lint, LintForm, LintScene, LintSelect};
use crate::commands::observe;
use crate::config::{self, Found};
use crate::context::Context;
use crate::failure::Exit;
use crate::render::migrate::lint::LintView;
use crate::render::{View, json, migrate, sarif};
use crate::target::{self, Source};
use crate::{engines, output};

/// A file to be looked at.
struct File {
    part: Part,
    style: Style,
    in_transaction: bool,
}

/// Looks at the files and writes the report.
///
/// # Errors
/// When a file is no SQL, or the target can't be observed.
pub(super) async fn run(args: &Lint, cx: &Context) -> Result<Exit, Failure> {
    let found = config::load(&cx.global)?;
    let settings = settings(&found, &args.select)?;
    let (files, mut notes) = files_of(args)?;
    let Known { engine, snapshot, address } = scene(&args.scene, &found, cx).await?;
    let migrator = engines::migrator(engine)?;
    let scripts = files.iter().map(|file| file.part.read(migrator)).collect::<Result<Vec<Script>, _>>()?;
    let mut options = options(&files, &args.scene, &settings);
    if let Some(address) = &address {
        options.verdicts = migrator.parsed(address, &scripts, args.scene.reach.connect_timeout).await?;
    }
    let mut linted = migrator.lint(&scripts, snapshot.as_ref(), &options)?;
    cx.progress.finish();
    notes.extend(assumptions(&mut linted, &files, &options));
    let report = report(engine, snapshot.as_ref(), &mut linted, &settings, notes);
    let view = LintView { report: &report, scripts: &scripts, statements: linted.statements, ignored: &linted.ignored };
    write(args, &view, migrator, cx)?;
    let fails = report.findings.iter().any(|finding| finding.severity >= args.select.fail_on);
    Ok(if fails { Exit::Findings } else { Exit::Clean })
}

fn write(args: &Lint, view: &LintView<'_>, migrator: &dyn OnlineDdl, cx: &Context) -> Result<(), Failure> {
    let file = args.output.as_deref();
    match args.format {
        LintForm::Text => output::write_styled(file, &migrate::lint::text(view, cx.width)),
        LintForm::Json => output::write(file, json(view.report)?.as_bytes()),
        LintForm::Github => output::write(file, migrate::lint::github(view).as_bytes()),
        LintForm::Sarif => {
            let rules = migrator.lint_rules();
            let view = View { report: view.report, rules: &rules, sizes: &[], file: None, all: true };
            output::write(file, sarif::render(&view)?.as_bytes())
        }
    }
}

/// The configuration's settings with those of the command line on top.
fn settings(found: &Found, select: &LintSelect) -> Result<Settings, Failure> {
    let mut settings = found.config.settings.clone();
    if !select.only.is_empty() {
        settings.only.clone_from(&select.only);
    }
    settings.skip.extend(select.skip.iter().cloned());
    settings.min_severity = select.min_severity.or(settings.min_severity);
    let rules = engines::metas();
    settings.validate(&rules)?;
    Ok(settings)
}

/// The files, in the order in which they would be run; what undoes others is left out, with a note.
fn files_of(args: &Lint) -> Result<(Vec<File>, Vec<String>), Failure> {
    if args.files.is_empty() {
        return in_folder(&args.dir.dir);
    }
    let (mut files, mut notes) = (Vec::new(), Vec::new());
    let undoing: Vec<&PathBuf> = args.files.iter().filter(|path| files::undoes(&path.to_string_lossy())).collect();
    let all_undo = undoing.len() == args.files.len();
    for path in &args.files {
        if path.is_dir() {
            let (more, about) = in_folder(path)?;
            files.extend(more);
            notes.extend(about);
        } else if all_undo || !undoing.contains(&path) {
            let name = path.display().to_string();
            let (style, part, in_transaction) = files::read_file(&name, &super::folder::bytes_of(path)?)?;
            files.push(File { part, style, in_transaction });
        }
    }
    if !all_undo && !undoing.is_empty() {
        let what = if undoing.len() == 1 {
            "file that undoes another was".to_owned()
        } else {
            format!("{} files that undo others were", undoing.len())
        };
        notes.push(format!("{what} not looked at: {}", undoing[0].display()));
    }
    files::sort_by_version(&mut files, |file: &File| file.part.file.as_str());
    Ok((files, notes))
}

fn in_folder(dir: &Path) -> Result<(Vec<File>, Vec<String>), Failure> {
    let folder = folder::read(dir)?;
    let style = folder.style;
    let files = folder.migrations.into_iter().map(|m| File { part: m.up, style, in_transaction: m.in_transaction });
    Ok((files.collect(), folder.notes))
}

/// What is known of the database.
struct Known {
    engine: &'static dyn Checks,
    snapshot: Option<Snapshot>,
    address: Option<Address>,
}

/// The engine, and what is known of the database.
async fn scene(args: &LintScene, found: &Found, cx: &Context) -> Result<Known, Failure> {
    let source = match (&args.target, &args.snapshot) {
        (Some(target), _) => target::resolve(target, args.dialect.as_deref(), &found.config)?,
        (None, Some(file)) => Source::Snapshot(file.clone()),
        (None, None) => {
            let engine = engines::by_sql(args.dialect.as_deref().unwrap_or("postgres"))?;
            return Ok(Known { engine, snapshot: None, address: None });
        }
    };
    let options = ObserveOptions {
        values: Values::None,
        lock_timeout: std::time::Duration::from_secs(1),
        statement_timeout: std::time::Duration::from_secs(30),
        connect_timeout: args.reach.connect_timeout,
        workload: None,
        sample: SampleLimits::default(),
        programs: args.reach.programs.clone(),
    };
    let observed = observe::observe(source, &options, cx).await?;
    Ok(Known { engine: observed.engine, snapshot: Some(observed.snapshot), address: observed.address })
}

fn options(files: &[File], scene: &LintScene, settings: &Settings) -> LintOptions {
    let names = |wanted: &dyn Fn(&File) -> bool| -> BTreeSet<String> {
        files.iter().filter(|file| wanted(file)).map(|file| file.part.file.clone()).collect()
    };
    let in_transaction = |file: &File| match scene.applied_by {
        None => file.in_transaction,
        Some(AppliedBy::Transaction) => true,
        Some(AppliedBy::Psql | AppliedBy::Dbwright) => false,
    };
    let as_is = |file: &File| match scene.applied_by {
        None => file.style != Style::Dbwright,
        Some(AppliedBy::Dbwright) => false,
        Some(AppliedBy::Psql | AppliedBy::Transaction) => true,
    };
    LintOptions {
        limits: settings.limits.clone(),
        dialect: scene.dialect.clone(),
        version: scene.assume_version.clone(),
        in_transaction: names(&in_transaction),
        as_is: names(&as_is),
        verdicts: Verdicts::new(),
    }
}

/// What is assumed, one sentence each, with what would tell better.
fn assumptions(linted: &mut Linted, files: &[File], options: &LintOptions) -> Vec<String> {
    let mut notes = Vec::new();
    let assumed = std::mem::take(&mut linted.assumptions);
    if !assumed.is_empty() {
        notes.push(format!(
            "assumed, because no target is named: {}; --target or --snapshot knows better",
            assumed.join("; ")
        ));
    }
    let foreign = files.iter().find(|file| options.as_is.contains(&file.part.file));
    notes.push(match foreign {
        None => "assumed: `dbwright migrate apply` runs the files, so lock timeouts, short transactions and batches are not asked for; \
                 --applied-by psql asks for them"
            .to_owned(),
        Some(file) if file.style != Style::Dbwright => format!("assumed: {} runs the files as they are; --applied-by says otherwise", file.style.name()),
        Some(_) => "the files are looked at as they are run by another tool than dbwright".to_owned(),
    });
    notes
}

/// The report of `check`, with what lint found.
fn report(
    engine: &dyn Checks,
    snapshot: Option<&Snapshot>,
    linted: &mut Linted,
    settings: &Settings,
    notes: Vec<String>,
) -> Report {
    let now = jiff::Timestamp::now();
    let header = snapshot.map_or_else(|| no_target(engine, now), |snapshot| snapshot.header.clone());
    let outcome = Outcome {
        findings: std::mem::take(&mut linted.findings),
        not_looked_at: std::mem::take(&mut linted.not_looked_at),
        scorecard: Vec::new(),
    };
    // What the snapshot could not show concerns `check`; rules of lint that miss it say so themselves.
    let header = Header { gaps: Vec::new(), ..header };
    let mut report = assemble(&header, outcome, settings, now);
    report.hidden.ignored += linted.ignored.len();
    report.notes.extend(notes);
    report
}

fn no_target(engine: &dyn Checks, now: jiff::Timestamp) -> Header {
    Header {
        engine: engine.info().id.to_owned(),
        version: String::new(),
        name: "no target".to_owned(),
        observed_at: now,
        dbwright: env!("CARGO_PKG_VERSION").to_owned(),
        without_values: true,
        gaps: Vec::new(),
        cost: Cost::default(),
    }
}
