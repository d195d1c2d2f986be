//! Bodies for unit tests of a rule's arithmetic; what the rules see of a real server is tested in `tests/`.

use std::collections::BTreeMap;

use dbwright_core::rule::{self, Limits};
use dbwright_core::snapshot::{Gap, Header};
use dbwright_core::{Finding, NotLookedAt};
use dbwright_sql::model::{Index, IndexKey, Table, TableKind};
use dbwright_sql::{Catalog, Dialect};
use jiff::Timestamp;

use crate::body::{PgBody, Replication, Server, Session, Setting};

/// An empty database `shop` on a server that has run for 30 days.
pub(crate) fn body() -> PgBody {
    let now = Timestamp::from_second(1_790_000_000).expect("in range");
    let started = Timestamp::from_second(1_790_000_000 - 30 * 86_400).expect("in range");
    PgBody {
        server: Server {
            version_num: 170_006,
            database: "shop".to_owned(),
            role: "auditor".to_owned(),
            superuser: false,
            monitor: true,
            in_recovery: false,
            started_at: Some(started),
            now,
            stats_reset: None,
            created_at: None,
            database_bytes: None,
            wal_position: None,
        },
        catalog: Catalog {
            dialect: Dialect::Postgres,
            tables: Vec::new(),
            sequences: Vec::new(),
            functions: Vec::new(),
            types: Vec::new(),
            extensions: Vec::new(),
        },
        schemas: Vec::new(),
        tables: BTreeMap::new(),
        indexes: BTreeMap::new(),
        columns: BTreeMap::new(),
        extended: Vec::new(),
        settings: Vec::new(),
        scoped_settings: Vec::new(),
        databases: Vec::new(),
        available_extensions: None,
        workload: None,
        statement_totals: None,
        sessions: Vec::new(),
        waits: Vec::new(),
        prepared: Vec::new(),
        replication: Replication::default(),
        migrations: dbwright_migrate::observed::Observed::default(),
        column_uses: BTreeMap::new(),
        not_nulls: None,
        blueprint: None,
    }
}

/// A table of the schema `public`, without columns.
pub(crate) fn table(id: u64, name: &str) -> Table {
    Table {
        id,
        schema: "public".to_owned(),
        name: name.to_owned(),
        kind: TableKind::Table,
        owner: None,
        parents: Vec::new(),
        is_partition: false,
        partitioning: None,
        internal: false,
        columns: Vec::new(),
        constraints: Vec::new(),
        indexes: Vec::new(),
        triggers: Vec::new(),
        rows: None,
        bytes: None,
        writes: None,
        definition: None,
        comment: None,
        storage: None,
    }
}

/// A plain, valid index on one column.
pub(crate) fn index(id: u64, name: &str, column: &str) -> Index {
    let key = IndexKey {
        column: Some(column.to_owned()),
        expression: None,
        descending: false,
        nulls_first: false,
        opclass: String::new(),
        collation: String::new(),
    };
    Index {
        id,
        name: name.to_owned(),
        method: "btree".to_owned(),
        unique: false,
        primary: false,
        constraint: None,
        keys: vec![key],
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        valid: true,
        replica_identity: false,
        parent: None,
        automatic: false,
        bytes: None,
        definition: None,
    }
}

/// A setting with its value, source and context.
pub(crate) fn setting(name: &str, value: &str, source: &str, context: &str) -> Setting {
    Setting {
        name: name.to_owned(),
        value: value.to_owned(),
        unit: String::new(),
        source: source.to_owned(),
        context: context.to_owned(),
        boot_value: None,
        reset_value: None,
        pending_restart: false,
        file: None,
    }
}

/// A client session in a state, whose transaction, statement and state are this old.
pub(crate) fn session(pid: i32, state: &str, seconds: f64) -> Session {
    Session {
        pid,
        backend_type: "client backend".to_owned(),
        state: Some(state.to_owned()),
        transaction_s: (state != "idle").then_some(seconds),
        query_s: Some(seconds),
        state_s: Some(seconds),
        ..Session::default()
    }
}

/// Runs one rule over a body, with gaps in these areas and these limits.
pub(crate) fn run_with(
    id: &str,
    body: &PgBody,
    gaps: &[&str],
    limits: &[(&str, f64)],
) -> (Vec<Finding>, Vec<NotLookedAt>) {
    let gap = |area: &&str| Gap { area: (*area).to_owned(), reason: "not permitted".to_owned(), remedy: None };
    let header = Header {
        engine: "postgres".to_owned(),
        version: "17.6".to_owned(),
        name: "shop".to_owned(),
        observed_at: body.server.now,
        dbwright: "test".to_owned(),
        without_values: false,
        gaps: gaps.iter().map(gap).collect(),
        cost: dbwright_core::snapshot::Cost::default(),
    };
    let own = limits.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    let limits: Limits = BTreeMap::from([(id.to_owned(), own)]);
    let at = crate::rules::RULES.iter().position(|rule| rule.meta.id == id).expect("a rule of this crate");
    rule::run(&crate::rules::RULES[at..=at], body, &header, &limits)
}

/// Runs one rule as it is by default; nothing may be left unlooked.
pub(crate) fn run(id: &str, body: &PgBody) -> Vec<Finding> {
    let (found, skipped) = run_with(id, body, &[], &[]);
    assert!(skipped.is_empty(), "{skipped:?}");
    found
}
