//! `mysql/buffer-pool-too-small`: the pool was left at its default, and the data has outgrown it.

use dbwright_core::{Cx, Severity};

use crate::alter;
use crate::body::Body;
use crate::settings::{self, When};
use crate::words;

/// The variable.
const NAME: &str = "innodb_buffer_pool_size";
/// How far it grows without a restart (MariaDB 10.11.12, 11.4.6 and 11.8 on; what it was at the start, unless it is set).
const MOST_NOW: &str = "innodb_buffer_pool_size_max";
/// Bytes of a megabyte.
const MB: f64 = 1_048_576.0;
/// The largest factor that is proposed: what is beyond depends on the machine.
const MOST: f64 = 8.0;

/// Reports a small pool.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let Some(pool) = body.number(NAME) else { return };
    let tables = alter::innodb(body);
    let data: u64 = tables
        .map(|(table, _)| table.bytes.unwrap_or(0) + table.indexes.iter().filter_map(|index| index.bytes).sum::<u64>())
        .sum();
    let data_bytes = words::as_f64(data);
    if pool > cx.limit("default_mb") * MB || data_bytes <= pool * cx.limit("times") {
        return;
    }
    let severity = if data_bytes > pool * 2.0 { Severity::High } else { Severity::Medium };
    let wanted = (data_bytes * 1.25).min(pool * MOST);
    let chunk = body.number("innodb_buffer_pool_chunk_size").filter(|chunk| *chunk >= MB).unwrap_or(MB);
    let to = format!("{:.0}", (wanted / chunk).ceil() * chunk);
    let title = format!("{} of data share a buffer pool of {}", words::bytes(data), words::bytes(whole(pool)));
    let finding = cx
        .finding(NAME, title)
        .severity(severity)
        .why("what is not in the pool is read from the disk; it was never made larger than the default. Look at the free memory of the machine first: a server that swaps is slower still")
        .evidence("InnoDB tables and indexes", data, "bytes", "mysql.innodb_table_stats, mysql.innodb_index_stats");
    let most = body.number(MOST_NOW).filter(|most| *most > 0.0 && to.parse::<f64>().is_ok_and(|to| to > *most));
    let Some(most) = most else {
        cx.report(settings::mended(body, finding, NAME, &to, When::Now));
        return;
    };
    let why = format!(
        "{}. No statement changes it: the running server does not go beyond {MOST_NOW}. Put `{NAME} = {to}` below [mysqld] into the configuration file, and restart the server",
        finding.why
    );
    let finding = settings::evidence(body, finding, NAME);
    cx.report(finding.why(why).evidence(MOST_NOW, whole(most), "bytes", settings::SOURCE));
}

/// A size that came as a decimal.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are whole and positive")]
const fn whole(size: f64) -> u64 {
    size as u64
}
