//! One run of the binary: time on the clock and the most memory it held.
//!
//! The peak is the kernel's own high-water mark, read every few milliseconds until the process ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Done;

/// How often the high-water mark is read.
const LOOK: Duration = Duration::from_millis(2);

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// Seconds on the clock.
    pub(super) wall_s: f64,
    /// Most resident memory, in bytes.
    pub(super) peak_bytes: f64,
}

/// Runs it to its end. An exit code of 1 says that there are findings, and is no failure.
pub(super) fn run(binary: &Path, arguments: &[&str]) -> Done<Run> {
    let mut command = Command::new(binary);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    let begin = Instant::now();
    let mut child = command.spawn().map_err(|e| format!("{}: {e}", binary.display()))?;
    let mut peak_bytes = 0.0;
    loop {
        peak_bytes = high_water(child.id()).unwrap_or(peak_bytes);
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            return match status.code() {
                Some(0 | 1) => Ok(Run { wall_s: begin.elapsed().as_secs_f64(), peak_bytes }),
                _ => Err(format!("{} {}: {status}", binary.display(), arguments.join(" "))),
            };
        }
        sleep(LOOK);
    }
}

fn high_water(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024.0)
}

/// What observing cost, as the header of a snapshot file in plain JSON says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Queries sent.
    pub(super) queries: f64,
    /// Bytes of results received.
    pub(super) bytes: f64,
    /// Seconds of waiting for the target.
    pub(super) target_s: f64,
    /// Seconds of dbwright's own.
    pub(super) own_s: f64,
}

/// Reads it from the file.
pub(super) fn cost(snapshot: &Path) -> Done<Cost> {
    let shown = |e: &dyn std::fmt::Display| format!("{}: {e}", snapshot.display());
    let text = fs::read(snapshot).map_err(|e| shown(&e))?;
    let file: Value = serde_json::from_slice(&text).map_err(|e| shown(&e))?;
    let field = |name: &str| file["header"]["cost"][name].as_f64().ok_or_else(|| shown(&format!("no cost.{name}")));
    Ok(Cost {
        queries: field("queries")?,
        bytes: field("bytes")?,
        target_s: field("target_s")?,
        own_s: field("own_s")?,
    })
}
