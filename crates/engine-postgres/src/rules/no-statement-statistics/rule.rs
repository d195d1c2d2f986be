//! `pg/no-statement-statistics`: nobody can tell which statement costs the time.
//!
//! Whether the library is loaded is read from the settings that only it defines: everybody sees those, while
//! `shared_preload_libraries` itself is hidden from many roles.

use dbwright_core::{Change, Cx, Finding};

use crate::body::{PgBody, Setting};
use crate::settings;

/// Library and extension have the same name.
const NAME: &str = "pg_stat_statements";
const LIBRARIES: &str = "shared_preload_libraries";
const CREATE: &str = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements";
const DROP: &str = "DROP EXTENSION IF EXISTS pg_stat_statements";

/// Reports the first thing that keeps statements from being counted.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    let loaded = body.setting("pg_stat_statements.max").is_some();
    let created = body.catalog.extensions.iter().any(|extension| extension.name == NAME);
    let off = switched_off(body);
    if loaded && created && off.is_none() {
        return;
    }
    let finding = cx
        .finding(subject(loaded, off), title(loaded, created, off))
        .why("which statements cost the time can't be told, by dbwright or by anybody")
        .evidence("library_loaded", loaded, "", "pg_settings")
        .evidence("extension_created", created, "", "pg_extension");
    let finding = match (loaded, created, off) {
        (false, ..) => load(body, finding, created),
        (true, false, _) => create(body, finding),
        (true, true, Some((setting, to))) => settings::mended(body, finding, setting, to),
        (true, true, None) => finding,
    };
    cx.report(finding);
}

/// The setting that keeps a loaded library from counting, and the value it should have.
fn switched_off(body: &PgBody) -> Option<(&Setting, &'static str)> {
    let track = body.setting("pg_stat_statements.track").filter(|setting| setting.value == "none");
    let ids = body.setting("compute_query_id").filter(|setting| setting.value == "off");
    track.map(|setting| (setting, "top")).or(ids.map(|setting| (setting, "auto")))
}

fn subject(loaded: bool, off: Option<(&Setting, &str)>) -> String {
    match off {
        Some((setting, _)) if loaded => setting.name.clone(),
        _ => NAME.to_owned(),
    }
}

fn title(loaded: bool, created: bool, off: Option<(&Setting, &str)>) -> String {
    match (loaded, created, off) {
        (false, ..) => "statements are not counted: the library pg_stat_statements is not loaded".to_owned(),
        (true, false, _) => {
            "statements can't be read: the extension pg_stat_statements is not in this database".to_owned()
        }
        (true, true, Some((setting, _))) => {
            format!("statements are not counted: {} is {}", setting.name, setting.value)
        }
        (true, true, None) => String::new(),
    }
}

/// The library is loaded, so creating the extension is all that is missing.
fn create(body: &PgBody, finding: Finding) -> Finding {
    if body.server.in_recovery {
        return because(finding, "this server is a standby: run CREATE EXTENSION pg_stat_statements on its primary");
    }
    finding.change(Change::new([CREATE], "no lock on any table").back([DROP]))
}

/// The library has to be added to those that are loaded, and the server restarted.
fn load(body: &PgBody, finding: Finding, created: bool) -> Finding {
    let Some(setting) = body.setting(LIBRARIES) else {
        return because(
            finding,
            "the role does not see which libraries are loaded already (shared_preload_libraries), and setting the list \
             blindly could drop one: GRANT pg_read_all_settings to it",
        );
    };
    if !created && body.available_extensions.as_ref().is_some_and(|all| !all.iter().any(|name| name == NAME)) {
        return because(
            settings::evidence(finding, setting),
            "its files are not on the server either: install PostgreSQL's contrib package there first, since a server that \
             is told to load a missing library does not start",
        );
    }
    let mut libraries = settings::elements(&setting.value);
    if setting.pending_restart || libraries.iter().any(|library| library == NAME) {
        return because(
            settings::evidence(finding, setting),
            "a change of shared_preload_libraries waits for a restart of the server already",
        );
    }
    libraries.push(NAME.to_owned());
    let finding = settings::mended(body, finding, setting, &settings::list(&libraries));
    with_extension(body, finding, created)
}

/// Adds the creation of the extension, which works before the library is loaded.
fn with_extension(body: &PgBody, mut finding: Finding, created: bool) -> Finding {
    if let Some(change) = finding.change.as_mut().filter(|_| !created && !body.server.in_recovery) {
        change.forward.push(CREATE.to_owned());
        change.back.insert(0, DROP.to_owned());
    }
    finding
}

fn because(finding: Finding, reason: &str) -> Finding {
    let why = format!("{}; {reason}", finding.why);
    finding.why(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use dbwright_sql::model::Extension;

    fn body(libraries: &str, available: &[&str]) -> PgBody {
        let mut body = sample::body();
        body.settings.push(sample::setting(LIBRARIES, libraries, "configuration file", "postmaster"));
        body.available_extensions = Some(available.iter().map(|&name| name.to_owned()).collect());
        body
    }

    fn loaded(mut body: PgBody, created: bool) -> PgBody {
        body.settings.push(sample::setting("pg_stat_statements.max", "5000", "default", "postmaster"));
        if created {
            let (name, version, schema) = (NAME.to_owned(), "1.11".to_owned(), "public".to_owned());
            body.catalog.extensions.push(Extension { name, version, default_version: None, schema });
        }
        body
    }

    fn one(body: &PgBody) -> Finding {
        let mut found = sample::run("pg/no-statement-statistics", body);
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    #[test]
    fn libraries_that_are_loaded_already_stay() {
        let change = one(&body("auto_explain,pg_cron", &[NAME])).change.expect("a change");
        assert_eq!(
            change.forward,
            ["ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', 'pg_cron', 'pg_stat_statements'", CREATE]
        );
        assert_eq!(change.back, [DROP, "ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', 'pg_cron'"]);
        assert!(change.restart);
    }

    #[test]
    fn a_server_that_would_not_start_again_is_not_proposed() {
        let found = one(&body("", &["plpgsql"]));
        assert!(found.change.is_none() && found.why.contains("contrib"), "{}", found.why);
        let hidden = PgBody { settings: Vec::new(), ..body("", &[NAME]) };
        assert!(one(&hidden).why.contains("pg_read_all_settings"));
        assert!(one(&body("pg_stat_statements", &[NAME])).why.contains("waits for a restart"));
    }

    #[test]
    fn what_is_missing_decides_the_change() {
        let absent = one(&loaded(body(NAME, &[NAME]), false));
        assert_eq!(absent.change.expect("a change").forward, [CREATE]);
        let mut off = loaded(body(NAME, &[NAME]), true);
        assert!(sample::run("pg/no-statement-statistics", &off).is_empty());
        off.settings.push(sample::setting("compute_query_id", "off", "default", "superuser"));
        let found = one(&off);
        assert_eq!(found.subject, "compute_query_id");
        assert_eq!(found.change.expect("a change").forward[0], "ALTER SYSTEM SET compute_query_id = auto");
    }

    #[test]
    fn a_standby_is_sent_to_its_primary() {
        let mut standby = loaded(body(NAME, &[NAME]), false);
        standby.server.in_recovery = true;
        let found = one(&standby);
        assert!(found.change.is_none() && found.why.contains("primary"));
    }
}
