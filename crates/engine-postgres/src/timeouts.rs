//! Time limits that the server can keep for its sessions, and whether anybody has set one.
//!
//! A limit on a role or a database is as good as one on the server, and usually better: dumps and
//! migrations need other limits than requests.

use dbwright_core::{Change, Finding};
use dbwright_sql::Dialect;

use crate::body::PgBody;
use crate::settings;

/// Whether a time limit is set: for the server, for this database, or for some role.
pub(crate) fn is_set(body: &PgBody, name: &str) -> Option<bool> {
    let setting = body.setting(name)?;
    let here = |scope: &crate::body::ScopedSetting| {
        scope.name == name && scope.database.as_ref().is_none_or(|database| *database == body.server.database)
    };
    Some(setting.value != "0" || body.scoped_settings.iter().any(here))
}

/// Completes the finding that a limit is missing: what is set, and the limit for this database.
pub(crate) fn limited(body: &PgBody, finding: Finding, name: &str, to: &str) -> Finding {
    let database = Dialect::Postgres.name(&body.server.database);
    let scopes = body.scoped_settings.iter().filter(|scope| scope.name == name).count();
    let finding = match body.setting(name) {
        Some(setting) => settings::evidence(finding, setting),
        None => finding,
    };
    let change = Change::new(
        [format!("ALTER DATABASE {database} SET {name} = {}", Dialect::Postgres.literal(to))],
        "no lock; it holds for sessions that connect from then on",
    )
    .back([format!("ALTER DATABASE {database} RESET {name}")]);
    finding.evidence("roles_or_databases_with_a_value", scopes, "values", "pg_db_role_setting").change(change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::ScopedSetting;
    use crate::sample;

    #[test]
    fn a_value_of_a_role_or_of_this_database_counts() {
        let mut body = sample::body();
        assert_eq!(is_set(&body, "statement_timeout"), None);
        body.settings.push(sample::setting("statement_timeout", "0", "default", "user"));
        assert_eq!(is_set(&body, "statement_timeout"), Some(false));
        let scope = |role: Option<&str>, database: Option<&str>| ScopedSetting {
            name: "statement_timeout".to_owned(),
            role: role.map(str::to_owned),
            database: database.map(str::to_owned),
        };
        body.scoped_settings = vec![scope(None, Some("another"))];
        assert_eq!(is_set(&body, "statement_timeout"), Some(false));
        body.scoped_settings.push(scope(Some("app"), None));
        assert_eq!(is_set(&body, "statement_timeout"), Some(true));
        body.scoped_settings = vec![scope(None, Some("shop"))];
        assert_eq!(is_set(&body, "statement_timeout"), Some(true));
    }
}
