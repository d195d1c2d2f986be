//! Global variables with who set them, and the global status.

use std::collections::BTreeMap;

use super::session::Session;
use crate::body::{Latency, Variable, area};
use crate::flavour::{Flavour, Server};

/// Longest value that is kept: sets of GTIDs can have megabytes.
const LONGEST: usize = 4_096;

/// MySQL: values and their origin; variables that only sessions have carry no global value.
const MYSQL_SOURCES: &str =
    "SELECT /* dbwright */ VARIABLE_NAME, VARIABLE_SOURCE, VARIABLE_PATH FROM performance_schema.variables_info";
const MARIADB_SOURCES: &str = "SELECT /* dbwright */ LOWER(VARIABLE_NAME), GLOBAL_VALUE_ORIGIN, GLOBAL_VALUE_PATH, DEFAULT_VALUE \
    FROM information_schema.SYSTEM_VARIABLES WHERE GLOBAL_VALUE IS NOT NULL";

/// Reads the variables.
pub(super) async fn read(session: &mut Session, server: &Server) -> BTreeMap<String, Variable> {
    let rows =
        session.read(area::VARIABLES, "", "SHOW /* dbwright */ GLOBAL VARIABLES", |row| (row.text(), row.text())).await;
    let mut variables: BTreeMap<String, Variable> = rows
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), Variable { value: kept(value), ..Variable::default() }))
        .collect();
    if let Some(secret) = variables.get_mut("report_password").filter(|variable| !variable.value.is_empty()) {
        "***".clone_into(&mut secret.value);
    }
    let sql = match server.flavour {
        Flavour::MySql if !server.performance_schema => return variables,
        Flavour::MySql => MYSQL_SOURCES,
        Flavour::MariaDb => MARIADB_SOURCES,
    };
    let sources = session
        .read(area::VARIABLE_SOURCES, "GRANT SELECT ON performance_schema.* TO the account", sql, |row| {
            (row.text(), row.text(), row.opt_text().filter(|path| !path.is_empty()), row.opt_text())
        })
        .await;
    for (name, source, file, default) in sources {
        if let Some(variable) = variables.get_mut(&name) {
            (variable.source, variable.file, variable.default) = (source, file, default.map(kept));
        }
    }
    variables
}

/// Reads the status.
pub(super) async fn status(session: &mut Session) -> BTreeMap<String, String> {
    let rows =
        session.read(area::STATUS, "", "SHOW /* dbwright */ GLOBAL STATUS", |row| (row.text(), row.text())).await;
    rows.into_iter().map(|(name, value)| (name, kept(value))).collect()
}

/// Statements by how long they took.
const HISTOGRAM: &str = "SELECT /* dbwright */ SUM(COUNT_BUCKET), SUM(IF(BUCKET_TIMER_HIGH <= 100000000000, COUNT_BUCKET, 0)) \
    FROM performance_schema.events_statements_histogram_global";

/// Reads how fast statements were; what can't be read is told by what is read of statements one by one.
pub(super) async fn latency(session: &mut Session, server: &Server) -> Option<Latency> {
    if !server.performance_schema || !server.flavour.has_statement_histogram() {
        return None;
    }
    let rows = session.rows(HISTOGRAM, |row| Latency { calls: row.counter(), under_100ms: row.counter() }).await;
    rows.ok()?.pop()
}

fn kept(mut value: String) -> String {
    if value.len() > LONGEST {
        let mut end = LONGEST;
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        value.truncate(end);
        value.push('…');
    }
    value
}
