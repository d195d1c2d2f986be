//! `migrate/vacuum-rewrites-file`: all of the file is written, twice.

use dbwright_core::words::bytes;
use dbwright_core::{Cx, Severity};

use crate::migrate::lint::Scene;
use crate::migrate::parse::Act;

/// Reports `VACUUM` of the file itself.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    if !matches!(scene.act(), Act::Vacuum { into: false }) {
        return;
    }
    let size = scene.world.bytes;
    let large = size.is_some_and(|size| dbwright_core::words::as_f64(size) >= cx.limit("bytes"));
    let what = size.map_or_else(|| "the whole file".to_owned(), bytes);
    let mut finding = cx
        .finding("database", format!("VACUUM writes {what} anew while every writer waits"))
        .why(
            "it makes a copy in a temporary file and writes it back through the journal or the write-ahead log, so that up to twice the file's \
             size must be free; no change is shown: run it apart from migrations when nobody writes, or let PRAGMA incremental_vacuum give \
             pages back bit by bit",
        )
        .evidence("statement", "VACUUM", "", "the file");
    if let Some(size) = size {
        finding = finding.evidence("size", size, "bytes", "the target");
    }
    cx.report(if large { finding.severity(Severity::Medium) } else { finding });
}
