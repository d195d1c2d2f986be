//! `bench locks`: measures what each form of statement does on every version, and writes it down.

use std::fmt::Write as _;
use std::fs;

use clap::Args;
use dbwright_core::progress::Silent;
use dbwright_engine_postgres::migrate::rehearse::prove::{MEASURED_FILE, measure_forms};
use dbwright_testkit::MAJORS;

use super::wait;
use crate::command::root;
use crate::{Done, servers};

/// What `bench locks` takes.
#[derive(Args)]
pub(in super::super) struct Options {
    /// Print it only.
    #[arg(long)]
    dry_run: bool,
}

/// Measures and writes.
pub(in super::super) fn run(options: &Options) -> Done {
    let mut text = String::from("{");
    for (at, major) in MAJORS.into_iter().enumerate() {
        let server = servers::private("bench-locks", major)?;
        let forms = wait(measure_forms(&server.url, &Silent))?;
        let _ = write!(text, "{}\n\"{major}\": [\n", if at == 0 { "" } else { "," });
        let lines: Result<Vec<String>, _> = forms.iter().map(serde_json::to_string).collect();
        text.push_str(&lines.map_err(|e| e.to_string())?.join(",\n"));
        text.push_str("\n]");
    }
    text.push_str("\n}\n");
    if options.dry_run {
        print!("{text}");
        return Ok(());
    }
    let file = root().join(MEASURED_FILE);
    fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    println!("{MEASURED_FILE} is written; `cargo xtask docs` makes the page of it");
    Ok(())
}
