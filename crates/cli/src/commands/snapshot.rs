//! `snapshot`: observe a target into a file.

use std::io::IsTerminal as _;
use std::path::Path;

use dbwright_core::Failure;

use super::observe;
use crate::args::{Snapshot, SnapshotFormat};
use crate::context::Context;
use crate::failure::Exit;
use crate::render::units;
use crate::{config, interrupt, output, target};

/// Observes a target and writes the snapshot file.
///
/// # Errors
/// When the target can't be observed, or the file can't be written.
pub(crate) async fn run(args: &Snapshot, cx: &Context) -> Result<Exit, Failure> {
    let to_terminal = args.output == Path::new("-") && std::io::stdout().is_terminal();
    if to_terminal && args.format == SnapshotFormat::Zst {
        return Err(Failure::usage("output.binary", "a compressed snapshot is not for a terminal")
            .hint("name a file with -o, or add --format json"));
    }
    let found = config::load(&cx.global)?;
    let source = target::resolve(&args.target, args.observe.dialect.as_deref(), &found.config)?;
    let options = observe::options(&args.observe, &source)?;
    let observed = observe::observe(source, &options, cx).await?;
    interrupt::check()?;
    let mut bytes = match args.format {
        SnapshotFormat::Zst => observed.snapshot.encode()?,
        SnapshotFormat::Json => observed.snapshot.encode_plain()?,
    };
    if args.format == SnapshotFormat::Json {
        bytes.push(b'\n');
    }
    cx.progress.finish();
    output::write(Some(&args.output), &bytes)?;
    note(&observed.snapshot, &args.output, bytes.len());
    Ok(Exit::Clean)
}

/// Says on stderr what was written, and what is missing from it.
fn note(snapshot: &dbwright_core::Snapshot, file: &Path, bytes: usize) {
    let size = units::bytes(bytes as f64);
    if file != Path::new("-") {
        anstream::eprintln!("wrote {} ({size})", file.display());
    }
    for gap in &snapshot.header.gaps {
        let remedy = gap.remedy.as_ref().map(|r| format!("; to let it: {r}")).unwrap_or_default();
        anstream::eprintln!(
            "not observed: {}",
            crate::render::layout::inline(&format!("{}: {}{remedy}", gap.area, gap.reason))
        );
    }
}
