//! Observing as roles with few rights: what they can't see is a gap with the grant that closes it.

use crate::common::{VERSIONS, body, observe};
use dbwright_core::Snapshot;
use dbwright_testkit::Database;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A role of a test, dropped with it.
struct Role<'a> {
    name: String,
    database: &'a Database,
}

impl<'a> Role<'a> {
    /// A role that may log in, with a name that needs quotes. `more` goes into CREATE ROLE.
    fn create(database: &'a Database, more: &str) -> Self {
        let role = Self { name: format!("{} \"r'o", database.name), database };
        database.execute(&format!("CREATE ROLE {} LOGIN PASSWORD 'geheim-7' {more}", role.quoted()));
        role
    }

    fn quoted(&self) -> String {
        format!("\"{}\"", self.name.replace('"', "\"\""))
    }

    /// The database's URL for this role.
    fn url(&self) -> String {
        let (scheme, rest) = self.database.url.split_once("://").expect("a URL");
        let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
        format!("{scheme}://{}:geheim-7@{rest}", utf8_percent_encode(&self.name, NON_ALPHANUMERIC))
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        let name = self.quoted();
        self.database.execute(&format!("DROP OWNED BY {name}; DROP ROLE {name}"));
    }
}

fn gap<'a>(snapshot: &'a Snapshot, area: &str) -> Option<&'a dbwright_core::snapshot::Gap> {
    snapshot.header.gaps.iter().find(|gap| gap.area == area)
}

#[tokio::test]
async fn a_role_with_nothing_but_connect_sees_the_schema_and_says_what_it_lacks() {
    for major in VERSIONS {
        let database = Database::create(major);
        database.execute(include_str!("nasty.sql"));
        database.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC");
        let whole = observe(&database.url).await;
        let role = Role::create(&database, "");
        let snapshot = observe(&role.url()).await;
        let (seen, all) = (body(&snapshot), body(&whole));
        assert!(!seen.server.superuser && !seen.server.monitor && seen.server.role == role.name);
        let names = |body: &dbwright_engine_postgres::body::PgBody| -> Vec<String> {
            body.catalog.tables.iter().map(|table| table.name.clone()).collect()
        };
        assert_eq!(names(seen), names(all));
        assert_eq!(
            seen.catalog.tables.iter().map(|t| &t.indexes).collect::<Vec<_>>(),
            all.catalog.tables.iter().map(|t| &t.indexes).collect::<Vec<_>>()
        );
        for area in ["column-statistics", "sequences"] {
            let gap =
                gap(&snapshot, area).unwrap_or_else(|| panic!("{major}: no gap {area}: {:?}", snapshot.header.gaps));
            assert_eq!(gap.remedy, Some(format!("GRANT pg_read_all_data TO {}", role.quoted())));
        }
        assert!(gap(&snapshot, "settings-partial").is_some());
        assert!(gap(&snapshot, "catalog").is_none(), "{:?}", snapshot.header.gaps);

        database.execute(&format!("GRANT pg_read_all_data, pg_monitor TO {}", role.quoted()));
        let again = observe(&role.url()).await;
        for area in ["column-statistics", "column-statistics-partial", "sequences", "settings-partial", "activity"] {
            assert!(gap(&again, area).is_none(), "{major}: {:?}", again.header.gaps);
        }
        assert_eq!(body(&again).columns, all.columns);
    }
}

#[tokio::test]
async fn statements_are_found_wherever_the_extension_is_and_hold_no_secret() {
    for major in VERSIONS {
        let database = Database::create(major);
        let secret_role = format!("{}_x", database.name);
        database.execute(
            "CREATE SCHEMA \"odd ext\"; CREATE EXTENSION pg_stat_statements SCHEMA \"odd ext\"; CREATE TABLE t (a int)",
        );
        for i in 0..3 {
            database.execute(&format!("SELECT * FROM t WHERE a = {i}"));
        }
        database.execute(&format!("CREATE ROLE {secret_role} PASSWORD 'geheim-8'"));
        database.execute(&format!("DROP ROLE {secret_role}"));
        let snapshot = observe(&database.url).await;
        let seen = body(&snapshot);
        assert!(gap(&snapshot, "statements").is_none(), "{major}: {:?}", snapshot.header.gaps);
        let workload = seen.workload.as_ref().expect("a workload");
        let ours =
            workload.statements.iter().find(|statement| statement.text.contains("FROM t WHERE a =")).expect("it ran");
        assert_eq!(ours.calls, 3.0, "{major}");
        assert!(workload.window_s.is_some() && workload.dropped.is_some());
        let totals = seen.statement_totals.expect("totals");
        assert!(totals.calls >= 3 && totals.calls_under_100ms <= totals.calls && totals.statements >= 2);
        let text = serde_json::to_string(seen).expect("JSON");
        assert!(!text.contains("geheim") && !text.contains("dbwright */"), "{major}: a secret or our own statement");
    }
}

#[tokio::test]
async fn a_stranger_to_the_statements_is_told_the_grant() {
    let database = Database::create(17);
    database.execute("CREATE EXTENSION pg_stat_statements; CREATE TABLE t (a int); SELECT * FROM t");
    let role = Role::create(&database, "");
    let snapshot = observe(&role.url()).await;
    let gap = gap(&snapshot, "statements").expect("only others' statements are there");
    assert_eq!(gap.remedy, Some(format!("GRANT pg_monitor TO {}", role.quoted())));
    assert!(body(&snapshot).workload.as_ref().is_some_and(|workload| workload.statements.is_empty()));
}
