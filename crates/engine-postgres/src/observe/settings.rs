//! Settings, with secrets taken out, and the server's databases.
//!
//! Settings hold passwords in connection strings, keys in commands, and, under names with a dot, whatever
//! an application put there. None of that may enter a snapshot.

use dbwright_core::Failure;
use tokio_postgres::Error as PgError;

use super::cells::Cells;
use super::session::Session;
use crate::body::{DatabaseStats, ScopedSetting, Server, Setting, area};

/// No operator and no unqualified name: `search_path` is not pinned yet.
const SETTINGS: &str = "\
SELECT /* dbwright */ s.name, s.setting, s.unit, s.source, s.context, s.boot_val, s.reset_val, s.pending_restart, s.sourcefile,
       s.category, s.vartype
FROM pg_catalog.pg_settings s";

/// Settings whose value is a connection string.
const CONNECTION_STRINGS: [&str; 1] = ["primary_conninfo"];

/// All settings as a session of this role gets them: read before the transaction changes any.
pub(super) async fn read(session: &mut Session) -> Result<Vec<Setting>, Failure> {
    let mut settings = session.read(area::SETTINGS, SETTINGS, &[], decode).await?;
    settings.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(settings)
}

/// Notes when the role does not see all of them.
pub(super) fn note_hidden(session: &mut Session, settings: &[Setting], server: &Server) {
    if !settings.is_empty() && !settings.iter().any(|setting| setting.name == "shared_preload_libraries") {
        let reason = format!("role {} does not see all settings (shared_preload_libraries, …)", server.role);
        session.gap(area::SETTINGS_PARTIAL, reason, Some(super::rights::monitor(server)));
    }
}

fn decode(row: &mut Cells<'_>) -> Result<Setting, PgError> {
    let mut setting = Setting {
        name: row.text()?,
        value: row.text()?,
        unit: row.text()?,
        source: row.text()?,
        context: row.text()?,
        boot_value: row.opt_text()?,
        reset_value: row.opt_text()?,
        pending_restart: row.get()?,
        file: row.opt_text()?,
    };
    let custom = row.text()? == "Customized Options" && setting.name.contains('.') && row.text()? == "string";
    let hide: Option<fn(&str) -> String> = if custom || CONNECTION_STRINGS.contains(&setting.name.as_str()) {
        Some(|value| if value.is_empty() { String::new() } else { "***".to_owned() })
    } else if setting.name.ends_with("_command") {
        Some(command)
    } else {
        None
    };
    if let Some(hide) = hide {
        setting.value = hide(&setting.value);
        setting.boot_value = setting.boot_value.map(|value| hide(&value));
        setting.reset_value = setting.reset_value.map(|value| hide(&value));
    }
    Ok(setting)
}

/// A shell command without its arguments: they may hold keys.
fn command(command: &str) -> String {
    match command.split_once(char::is_whitespace) {
        _ if command == "exit 0" || command == "cd ." => command.to_owned(),
        Some((program, _)) if program.contains('=') => "***".to_owned(),
        Some((program, _)) => format!("{program} ***"),
        None => command.to_owned(),
    }
}

const SCOPED: &str = "\
SELECT /* dbwright */ DISTINCT split_part(c.one, '=', 1), pg_get_userbyid(nullif(s.setrole, 0))::text, d.datname
FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) c(one) LEFT JOIN pg_database d ON d.oid = s.setdatabase
ORDER BY 1, 2, 3";

/// Settings with values of their own for roles and databases, without the values.
pub(super) async fn scoped(session: &mut Session) -> Result<Vec<ScopedSetting>, Failure> {
    let decode =
        |row: &mut Cells<'_>| Ok(ScopedSetting { name: row.text()?, role: row.opt_text()?, database: row.opt_text()? });
    session.read(area::SETTINGS, SCOPED, &[], decode).await
}

/// `%checksums%` came with 12 but is null where checksums are off.
const DATABASES: &str = "\
SELECT /* dbwright */ d.datname, age(d.datfrozenxid)::int8, mxid_age(d.datminmxid)::int8, d.datallowconn,
       s.numbackends::int8, s.xact_commit, s.xact_rollback, s.blks_read, s.blks_hit, s.temp_bytes, s.temp_files,
       s.deadlocks, s.checksum_failures, s.stats_reset
FROM pg_database d LEFT JOIN pg_stat_database s ON s.datid = d.oid
ORDER BY d.datname";

/// All databases of the server.
pub(super) async fn databases(session: &mut Session) -> Result<Vec<DatabaseStats>, Failure> {
    let decode = |row: &mut Cells<'_>| {
        Ok(DatabaseStats {
            name: row.text()?,
            xid_age: row.get()?,
            mxid_age: row.get()?,
            allows_connections: row.get()?,
            backends: row.get::<Option<i64>>()?.unwrap_or(0),
            xact_commit: row.count()?,
            xact_rollback: row.count()?,
            blks_read: row.count()?,
            blks_hit: row.count()?,
            temp_bytes: row.count()?,
            temp_files: row.count()?,
            deadlocks: row.count()?,
            checksum_failures: row.opt_count()?,
            stats_reset: row.time()?,
        })
    };
    session.read(area::STATISTICS, DATABASES, &[], decode).await
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn arguments_of_commands_go() {
        assert_eq!(command("pgbackrest --stanza=x archive-push %p"), "pgbackrest ***");
        assert_eq!(command("AWS_SECRET=abc aws s3 cp %p"), "***");
        assert_eq!(command("/bin/true"), "/bin/true");
        assert_eq!(command(""), "");
    }
}
