//! `pg/shared-buffers-default`: nobody has told the server how much memory it may use.

use dbwright_core::Cx;

use crate::body::PgBody;
use crate::settings;
use crate::words;

/// Blocks of 8 kB that PostgreSQL comes with: 128 MB.
const DEFAULT: u64 = 16_384;

/// Reports the setting when the database is large.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let limit = cx.limit("bytes");
    let Some(setting) = cx.body.setting("shared_buffers") else { return };
    let Some(blocks) = setting.value.parse::<u64>().ok().filter(|blocks| *blocks <= DEFAULT) else { return };
    let Some(bytes) = cx.body.server.database_bytes.filter(|bytes| words::as_f64(*bytes) >= limit) else { return };
    let title = format!("shared_buffers is {} for a database of {}", words::bytes(blocks * 8192), words::bytes(bytes));
    let finding = cx.finding("shared_buffers", title).why(
        "blocks go back and forth between it and the operating system's cache; how large it may be depends on the \
         machine's memory, which can't be seen from here, so there is no change: a quarter of it is the documented start",
    );
    cx.report(settings::evidence(finding, setting).evidence("database_size", bytes, "bytes", "pg_database_size"));
}
