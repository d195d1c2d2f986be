//! SQLite as an engine of dbwright: its facts, and which ports it implements.

use dbwright_check::{Checks, Outcome, Prover, SchemaLab};
use dbwright_core::engine::{Capability, Engine, EngineInfo, ObserveOptions};
use dbwright_core::progress::Progress;
use dbwright_core::report::TableSize;
use dbwright_core::rule::{self, Limits};
use dbwright_core::snapshot::Header;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, RuleMeta, Snapshot};

use crate::body::SqliteBody;
use crate::{observe, path, scorecard};

/// The engine.
#[derive(Debug)]
pub struct Sqlite;

static INFO: EngineInfo = EngineInfo {
    id: "sqlite",
    name: "SQLite",
    schemes: &["sqlite", "file"],
    versions: "3",
    capabilities: &[
        Capability { name: "observe", how: "read-only; the file is never changed" },
        Capability { name: "check", how: "`sql/` and `sqlite/` rules" },
        Capability {
            name: "prove",
            how: "measured on two copies, with and without the change, in turns; other changes rehearsed in a copy",
        },
        Capability { name: "advise", how: "in a copy, with real indexes; costs are counted, not timed" },
        Capability {
            name: "migrate",
            how: "lint, rehearse, and apply: each statement by itself, or one rebuild of the table in one transaction",
        },
        Capability { name: "schema-file", how: "`--dialect sqlite`, in a database in memory" },
        Capability { name: "diff", how: "schema, settings of the file, growth" },
        Capability { name: "lab", how: "a copy by online backup in the folder for temporary files" },
    ],
};

impl Engine for Sqlite {
    fn info(&self) -> &'static EngineInfo {
        &INFO
    }

    fn observe<'a>(
        &'a self,
        address: &'a Address,
        options: &'a ObserveOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot, Failure>> {
        Box::pin(async move { observe::file(&path::resolve(address)?, options, progress) })
    }

    fn decode(&self, header: Header, body: &str) -> Result<Snapshot, Failure> {
        let body: SqliteBody =
            serde_json::from_str(body).map_err(|e| dbwright_core::snapshot::damaged(&header.name, &e))?;
        Ok(Snapshot::new(header, body))
    }
}

impl Checks for Sqlite {
    fn rules(&self) -> Vec<&'static RuleMeta> {
        let sql = dbwright_sql::rules::RULES.iter().map(|rule| rule.meta);
        let own = crate::rules::RULES.iter().map(|rule| rule.meta);
        let migrate = dbwright_migrate::rules::RULES.iter().map(|rule| rule.meta);
        sql.chain(own).chain(migrate).collect()
    }

    fn sizes(&self, snapshot: &Snapshot) -> Vec<TableSize> {
        snapshot.body::<SqliteBody>().map(|body| body.catalog.sizes()).unwrap_or_default()
    }

    fn compare(&self) -> Option<&dyn dbwright_check::Compare> {
        Some(self)
    }

    fn check(&self, snapshot: &Snapshot, limits: &Limits) -> Result<Outcome, Failure> {
        let body: &SqliteBody = snapshot.body()?;
        let (mut findings, mut not_looked_at) =
            rule::run(dbwright_sql::rules::RULES, &body.catalog, &snapshot.header, limits);
        let (own, skipped) = rule::run(crate::rules::RULES, body, &snapshot.header, limits);
        findings.extend(own);
        not_looked_at.extend(skipped);
        let migrate = dbwright_migrate::rules::RULES;
        let (own, skipped) = rule::run(migrate, &body.migrations, &snapshot.header, limits);
        findings.extend(own);
        not_looked_at.extend(skipped);
        Ok(Outcome { findings, not_looked_at, scorecard: scorecard::scorecard() })
    }

    fn prover(&self) -> Option<&dyn Prover> {
        Some(self)
    }

    fn schema_lab(&self) -> Option<&dyn SchemaLab> {
        Some(self)
    }
}
