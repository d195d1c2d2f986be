//! Changing a server setting: the statements that do it, those that undo it, or why no statement can.
//!
//! `ALTER SYSTEM` writes `postgresql.auto.conf`, which the command line and a value of a role or a
//! database override. Proposing it blindly would leave the fault in place, so where the value comes
//! from decides what is proposed.

use dbwright_core::finding::Value;
use dbwright_core::{Change, Finding, Proof};
use dbwright_sql::Dialect;

use crate::body::{PgBody, Setting};

/// Adds what the setting is, where that comes from, and the change that gives it the value `to`. When
/// no statement can, the reason joins the finding's `why`.
pub(crate) fn mended(body: &PgBody, finding: Finding, setting: &Setting, to: &str) -> Finding {
    let finding = evidence(finding, setting);
    match change(body, setting, to) {
        Ok(change) => finding.change(change),
        Err(reason) => {
            let why = format!("{}; {reason}", finding.why);
            finding.why(why)
        }
    }
}

/// Adds what the setting is, and where that comes from.
pub(crate) fn evidence(finding: Finding, setting: &Setting) -> Finding {
    let source = match &setting.file {
        Some(file) => format!("{} {file}", setting.source),
        None => setting.source.clone(),
    };
    let finding = finding.proof(Proof::unproven("it concerns the server as a whole, which no lab stands in for"));
    let (value, unit) = measured(setting);
    finding.evidence(&setting.name, value, unit, "pg_settings").evidence(
        &format!("{}.source", setting.name),
        source,
        "",
        "pg_settings",
    )
}

/// A setting's value with a unit that people know: bytes instead of pages. Negative numbers mean something
/// special (no limit, automatic) and have no unit.
pub(crate) fn measured(setting: &Setting) -> (Value, &str) {
    let Ok(number) = setting.value.parse::<i64>() else { return (setting.value.as_str().into(), "") };
    let bytes = match setting.unit.as_str() {
        "B" => 1,
        "kB" => 1 << 10,
        "8kB" => 8 << 10,
        "MB" => 1 << 20,
        unit => return (number.into(), if number < 0 { "" } else { unit }),
    };
    if number < 0 { (number.into(), "") } else { (number.saturating_mul(bytes).into(), "bytes") }
}

/// The change that gives `setting` the value `to`, written as in `SET name = …` (see [`list`] for lists).
///
/// # Errors
/// The reason why no statement can, as a clause for the finding's `why`.
fn change(body: &PgBody, setting: &Setting, to: &str) -> Result<Change, String> {
    let name = setting.name.as_str();
    match setting.source.as_str() {
        "command line" | "environment variable" => Err(format!(
            "the value is given where the server is started (its {}), which ALTER SYSTEM can't override: \
             take `{name}` out there, then restart the server",
            setting.source
        )),
        "database" | "user" | "database user" => Ok(of_scope(body, setting, to)),
        _ if body.setting("allow_alter_system").is_some_and(|s| s.value == "off") => Err(format!(
            "`allow_alter_system` is off: whoever manages the server's configuration has to set `{name} = {to}`"
        )),
        _ => Ok(of_server(setting, to)),
    }
}

/// For the whole server; says so when a restart is needed.
fn of_server(setting: &Setting, to: &str) -> Change {
    let name = setting.name.as_str();
    let back = if kept_elsewhere(setting) {
        format!("ALTER SYSTEM RESET {name}")
    } else {
        format!("ALTER SYSTEM SET {name} = {}", old_value(setting))
    };
    let forward = format!("ALTER SYSTEM SET {name} = {to}");
    if setting.context == "postmaster" {
        Change::new([forward], "no lock; it takes effect when the server is restarted")
            .outside_transaction()
            .back([back])
            .needs_restart()
    } else {
        let reload = "SELECT pg_reload_conf()".to_owned();
        Change::new([forward, reload.clone()], "no lock; it takes effect with the reload, without a restart")
            .outside_transaction()
            .back([back, reload])
    }
}

/// Where a role or database has a value of its own, that one has to change.
fn of_scope(body: &PgBody, setting: &Setting, to: &str) -> Change {
    let database = Dialect::Postgres.name(&body.server.database);
    let role = Dialect::Postgres.name(&body.server.role);
    let scope = match setting.source.as_str() {
        "database" => format!("DATABASE {database}"),
        "user" => format!("ROLE {role}"),
        _ => format!("ROLE {role} IN DATABASE {database}"),
    };
    let set = |value: &str| format!("ALTER {scope} SET {} = {value}", setting.name);
    Change::new([set(to)], "no lock; it holds for sessions that connect from then on").back([set(&old_value(setting))])
}

/// Whether taking a line out of `postgresql.auto.conf` brings the old value back.
fn kept_elsewhere(setting: &Setting) -> bool {
    match &setting.file {
        Some(file) => !file.ends_with("postgresql.auto.conf"),
        None => setting.source == "default",
    }
}

/// The value that is set now, in the setting's own unit, as `SET` takes it.
fn old_value(setting: &Setting) -> String {
    if is_list(&setting.name) { list(&elements(&setting.value)) } else { value(&setting.value) }
}

/// A single value as `SET` takes it.
pub(crate) fn value(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(word);
    if plain || text.parse::<f64>().is_ok_and(f64::is_finite) {
        text.to_owned()
    } else {
        Dialect::Postgres.literal(text)
    }
}

/// A list value as `SET` takes it: one literal an element, since one literal for all would become one name.
pub(crate) fn list(elements: &[String]) -> String {
    if elements.is_empty() {
        return "''".to_owned();
    }
    elements.iter().map(|element| Dialect::Postgres.literal(element)).collect::<Vec<_>>().join(", ")
}

/// The elements of a list value, quotes taken off.
pub(crate) fn elements(text: &str) -> Vec<String> {
    let (mut all, mut one, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(std::mem::take(&mut one)),
            c => one.push(c),
        }
    }
    all.push(one);
    all.into_iter().map(|e| e.trim().to_owned()).filter(|e| !e.is_empty()).collect()
}

/// Settings whose value is a list of names.
fn is_list(name: &str) -> bool {
    matches!(
        name,
        "shared_preload_libraries"
            | "session_preload_libraries"
            | "local_preload_libraries"
            | "search_path"
            | "temp_tablespaces"
            | "log_destination"
            | "listen_addresses"
            | "unix_socket_directories"
            | "synchronous_standby_names"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn forward_and_back(source: &str, file: Option<&str>, context: &str) -> (Vec<String>, Vec<String>, bool) {
        let mut body = sample::body();
        let setting = Setting { file: file.map(str::to_owned), ..sample::setting("fsync", "off", source, context) };
        body.settings.push(setting.clone());
        let change = change(&body, &setting, "on").expect("a statement can");
        (change.forward, change.back, change.restart)
    }

    #[test]
    fn the_way_back_depends_on_where_the_old_value_is_kept() {
        let reload = "SELECT pg_reload_conf()";
        let back = |source, file| forward_and_back(source, file, "sighup").1;
        assert_eq!(back("configuration file", Some("/pg/postgresql.conf")), ["ALTER SYSTEM RESET fsync", reload]);
        assert_eq!(
            back("configuration file", Some("/pg/postgresql.auto.conf")),
            ["ALTER SYSTEM SET fsync = off", reload]
        );
        assert_eq!(back("configuration file", None), ["ALTER SYSTEM SET fsync = off", reload]);
        assert_eq!(back("default", None), ["ALTER SYSTEM RESET fsync", reload]);
    }

    #[test]
    fn a_postmaster_setting_asks_for_a_restart_and_not_for_a_reload() {
        let (forward, _, restart) = forward_and_back("default", None, "postmaster");
        assert_eq!((forward.as_slice(), restart), (["ALTER SYSTEM SET fsync = on".to_owned()].as_slice(), true));
    }

    #[test]
    fn a_value_of_the_database_is_changed_there() {
        let (forward, back, _) = forward_and_back("database", None, "user");
        assert_eq!(forward, ["ALTER DATABASE shop SET fsync = on"]);
        assert_eq!(back, ["ALTER DATABASE shop SET fsync = off"]);
    }

    #[test]
    fn what_statements_cannot_change_is_said() {
        let mut body = sample::body();
        let given = sample::setting("fsync", "off", "command line", "sighup");
        assert!(change(&body, &given, "on").expect_err("no statement").contains("where the server is started"));
        body.settings.push(sample::setting("allow_alter_system", "off", "configuration file", "sighup"));
        let set = sample::setting("fsync", "off", "configuration file", "sighup");
        assert!(change(&body, &set, "on").expect_err("no statement").contains("allow_alter_system"));
    }

    #[test]
    fn pages_are_shown_as_bytes_and_special_values_as_they_are() {
        let of = |value: &str, unit: &str| Setting {
            unit: unit.to_owned(),
            ..sample::setting("x", value, "default", "user")
        };
        assert_eq!(measured(&of("16384", "8kB")), (Value::Int(128 << 20), "bytes"));
        assert_eq!(measured(&of("-1", "MB")), (Value::Int(-1), ""));
        assert_eq!(measured(&of("1000", "ms")), (Value::Int(1000), "ms"));
        assert_eq!(measured(&of("on", "")), (Value::Text("on".to_owned()), ""));
    }

    #[test]
    fn lists_keep_their_elements_apart() {
        let text = "auto_explain, \"odd,name\",pg_cron";
        assert_eq!(elements(text), ["auto_explain", "odd,name", "pg_cron"]);
        assert_eq!(list(&elements(text)), "'auto_explain', 'odd,name', 'pg_cron'");
        assert!(elements(" ").is_empty());
        assert_eq!([value("on"), value("128"), value("5min"), value("it's")], ["on", "128", "'5min'", "'it''s'"]);
    }
}
