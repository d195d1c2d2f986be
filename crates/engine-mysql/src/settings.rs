//! Changing a global variable: the statements that do it, those that undo it, or why no statement can.
//!
//! MySQL keeps what `SET PERSIST` says over restarts; MariaDB has nothing like it, so that the line for the configuration
//! file belongs to the advice. What the command line gives comes back with the next restart on both.

use dbwright_core::{Change, Finding, Proof};
use dbwright_sql::Dialect;

use crate::body::{Body, Variable};

/// Where values are read.
pub(crate) const SOURCE: &str = "SHOW GLOBAL VARIABLES";

/// When a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// At once, for everybody.
    Now,
    /// For sessions that connect from then on.
    NewSessions,
}

/// Adds what the variable is, and the change that gives it the value `to`; where no statement can, the reason joins `why`.
pub(crate) fn mended(body: &Body, finding: Finding, name: &str, to: &str, when: When) -> Finding {
    let finding = evidence(body, finding, name);
    let why = format!("{}{}", finding.why, file_line(body, &[(name, to)]));
    finding.why(why).change(change(body, &[(name, to)], when))
}

/// Adds what a variable is, and where that comes from.
pub(crate) fn evidence(body: &Body, finding: Finding, name: &str) -> Finding {
    let finding = finding.proof(Proof::unproven("it concerns the server as a whole, which no lab stands in for"));
    let Some(variable) = body.variables.get(name) else { return finding };
    let finding = match variable.value.parse::<i64>() {
        Ok(number) => finding.evidence(name, number, unit(name), SOURCE),
        Err(_) => finding.evidence(name, variable.value.as_str(), "", SOURCE),
    };
    match place(variable) {
        Some(place) => finding.evidence(&format!("{name}.source"), place, "", body.server.flavour.variable_sources()),
        None => finding,
    }
}

fn unit(name: &str) -> &'static str {
    let bytes = ["_size", "_capacity", "_stack"].iter().any(|end| name.ends_with(end));
    match name {
        "thread_cache_size" => "threads",
        "performance_schema_digests_size" => "shapes",
        _ if bytes => "bytes",
        _ => "",
    }
}

/// Where a value comes from, in the server's word, with the file.
fn place(variable: &Variable) -> Option<String> {
    match (&variable.file, variable.source.as_str()) {
        (_, "") => None,
        (Some(file), source) => Some(format!("{source} {file}")),
        (None, source) => Some(source.to_owned()),
    }
}

/// The change that gives variables other values.
pub(crate) fn change(body: &Body, to: &[(&str, &str)], when: When) -> Change {
    let lock = match when {
        When::Now => "no lock; it takes effect at once",
        When::NewSessions => "no lock; it holds for sessions that connect from then on",
    };
    let (mut forward, mut back) = (Vec::new(), Vec::new());
    for (name, to) in to {
        let old = body.variables.get(*name);
        let old_value = old.map(|old| value(&old.value)).unwrap_or_default();
        let kept = body.server.keeps_settings();
        let word = if kept { "PERSIST" } else { "GLOBAL" };
        forward.push(format!("SET {word} {name} = {to}"));
        if kept && old.is_some_and(|old| old.source != "PERSISTED" && !old.file.as_deref().is_some_and(is_persisted)) {
            back.extend([format!("RESET PERSIST {name}"), format!("SET GLOBAL {name} = {old_value}")]);
        } else {
            back.push(format!("SET {word} {name} = {old_value}"));
        }
    }
    Change::new(forward, lock).outside_transaction().back(back)
}

/// Whether a file is the one that `SET PERSIST` writes.
fn is_persisted(file: &str) -> bool {
    file.ends_with("mysqld-auto.cnf")
}

/// What has to be done besides the statement so that it holds after a restart.
pub(crate) fn file_line(body: &Body, to: &[(&str, &str)]) -> String {
    let lines: Vec<String> = to.iter().map(|(name, to)| format!("`{name} = {}`", to.trim_matches('\''))).collect();
    let lines = lines.join(" and ");
    let on_command_line = to.iter().any(|(name, _)| {
        body.variables
            .get(*name)
            .is_some_and(|variable| matches!(variable.source.as_str(), "COMMAND_LINE" | "COMMAND-LINE"))
    });
    if on_command_line {
        return format!(
            "; the value is given on the command line of the server, which wins at the next restart: change it there too, to {lines}"
        );
    }
    if body.server.keeps_settings() {
        return String::new();
    }
    format!(
        "; put {lines} below [mysqld] into the configuration file as well, or the next restart brings the old value back"
    )
}

/// Whether the server has a certificate.
pub(crate) fn has_certificate(body: &Body) -> bool {
    match body.variable("have_ssl") {
        Some(have) => have == "YES",
        None => body.variable("ssl_cert").is_some_and(|file| !file.is_empty()),
    }
}

/// A value as `SET` takes it.
pub(crate) fn value(text: &str) -> String {
    let word = matches!(text, "ON" | "OFF" | "DEFAULT");
    if word || text.parse::<f64>().is_ok_and(f64::is_finite) { text.to_owned() } else { Dialect::Mysql.literal(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_and_numbers_are_not() {
        assert_eq!([value("ON"), value("128"), value("a,b"), value("")], ["ON", "128", "'a,b'", "''"]);
    }
}
