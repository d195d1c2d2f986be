//! `mysql/checksums-off`: what the disk does to the data is not noticed.

use dbwright_core::{Cx, Severity};

use crate::body::Body;
use crate::settings::{self, When};

/// Reports each setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let cases = [
        ("innodb_checksum_algorithm", "NONE", "'crc32'", Severity::High, "pages are written without a checksum"),
        ("innodb_checksum_algorithm", "STRICT_NONE", "'crc32'", Severity::High, "pages are written without a checksum"),
        ("innodb_log_checksums", "OFF", "ON", Severity::High, "the redo log is written without checksums"),
        ("binlog_checksum", "NONE", "'CRC32'", Severity::Medium, "the binary log is written without checksums"),
    ];
    for (name, bad, good, severity, title) in cases {
        let is_bad = body.variable(name).is_some_and(|value| value.eq_ignore_ascii_case(bad));
        if !is_bad || (name == "binlog_checksum" && body.is_on("log_bin") != Some(true)) {
            continue;
        }
        let finding = cx
            .finding(name, title)
            .severity(severity)
            .why("what a disk, a controller or memory damages is found by a checksum alone; without one it is answered from, and goes to replicas and backups");
        cx.report(settings::mended(body, finding, name, good, When::Now));
    }
}
