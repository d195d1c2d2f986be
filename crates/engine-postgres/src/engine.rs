//! PostgreSQL as an engine of dbwright: its facts, and which ports it implements.

use dbwright_check::{Checks, Outcome, Prover, SchemaLab};
use dbwright_core::engine::{Capability, Engine, EngineInfo, ObserveOptions};
use dbwright_core::finding::NotLookedAt;
use dbwright_core::progress::Progress;
use dbwright_core::report::TableSize;
use dbwright_core::rule::{self, Limits};
use dbwright_core::snapshot::Header;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, RuleMeta, Snapshot};

use crate::body::{PgBody, area};

/// The engine.
#[derive(Debug)]
pub struct Postgres;

static INFO: EngineInfo = EngineInfo {
    id: "postgres",
    name: "PostgreSQL",
    schemes: &["postgres", "postgresql"],
    versions: "13–18",
    capabilities: &[
        Capability { name: "observe", how: "one read-only, repeatable-read transaction" },
        Capability { name: "check", how: "`sql/` and `pg/` rules" },
        Capability { name: "diff", how: "schema, settings, growth, new and slower statements" },
        Capability {
            name: "prove",
            how: "with `--prove`: missing indexes of foreign keys, measured on a copy of the rows",
        },
        Capability {
            name: "advise",
            how: "in a twin without rows that plans as the target does; `--prove measured` on a copy of the rows",
        },
        Capability {
            name: "migrate",
            how: "lint, rehearse, and apply in steps without long locks: in the table, by a new column or a shadow table",
        },
        Capability { name: "lab", how: "a private server from installed programs" },
        Capability { name: "workload", how: "pg_stat_statements, server logs, files of statements" },
        Capability { name: "schema-file", how: "loaded into a private server from installed programs" },
    ],
};

impl Engine for Postgres {
    fn info(&self) -> &'static EngineInfo {
        &INFO
    }

    fn observe<'a>(
        &'a self,
        address: &'a Address,
        options: &'a ObserveOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot, Failure>> {
        Box::pin(crate::observe::observe(address, options, progress))
    }

    fn decode(&self, header: Header, body: &str) -> Result<Snapshot, Failure> {
        let body: PgBody =
            serde_json::from_str(body).map_err(|e| dbwright_core::snapshot::damaged(&header.name, &e))?;
        Ok(Snapshot::new(header, body))
    }
}

impl Checks for Postgres {
    fn rules(&self) -> Vec<&'static RuleMeta> {
        let sql = dbwright_sql::rules::RULES.iter().map(|rule| rule.meta);
        let own = crate::rules::RULES.iter().map(|rule| rule.meta);
        let migrate = dbwright_migrate::rules::RULES.iter().map(|rule| rule.meta);
        sql.chain(own).chain(migrate).collect()
    }

    fn prover(&self) -> Option<&dyn Prover> {
        Some(self)
    }

    fn sizes(&self, snapshot: &Snapshot) -> Vec<TableSize> {
        snapshot.body::<PgBody>().map(|body| body.catalog.sizes()).unwrap_or_default()
    }

    fn compare(&self) -> Option<&dyn dbwright_check::Compare> {
        Some(self)
    }

    fn schema_lab(&self) -> Option<&dyn SchemaLab> {
        Some(self)
    }

    fn check(&self, snapshot: &Snapshot, limits: &Limits) -> Result<Outcome, Failure> {
        let body: &PgBody = snapshot.body()?;
        let (mut findings, mut not_looked_at) =
            rule::run(dbwright_sql::rules::RULES, &body.catalog, &snapshot.header, limits);
        let (own, skipped) = rule::run(crate::rules::RULES, body, &snapshot.header, limits);
        findings.extend(own);
        not_looked_at.extend(skipped);
        let (own, skipped) = rule::run(dbwright_migrate::rules::RULES, &body.migrations, &snapshot.header, limits);
        findings.extend(own);
        not_looked_at.extend(skipped);
        if let Some(gap) = snapshot.header.gaps.iter().find(|gap| gap.area == "catalog") {
            // Without a part of the catalog, rules accuse what only could not be read, such as a key.
            let blind: Vec<&str> =
                Checks::rules(self).into_iter().filter(|meta| sees_tables(meta)).map(|meta| meta.id).collect();
            findings.retain(|finding| !blind.contains(&finding.rule.as_str()));
            not_looked_at.retain(|skipped| !blind.contains(&skipped.rule.as_str()));
            let skipped = |rule: &str| NotLookedAt {
                rule: rule.to_owned(),
                reason: gap.reason.clone(),
                remedy: gap.remedy.clone(),
            };
            not_looked_at.extend(blind.into_iter().map(skipped));
        }
        Ok(Outcome { findings, not_looked_at, scorecard: crate::scorecard::scorecard(body, &snapshot.header) })
    }
}

/// Whether a rule judges the catalog: all but those that need nothing else than what stands beside it.
fn sees_tables(meta: &RuleMeta) -> bool {
    let beside = [area::SETTINGS, area::ACTIVITY, area::REPLICATION, area::SERVER, area::STATEMENTS, area::MIGRATIONS];
    meta.needs.is_empty() || !meta.needs.iter().all(|need| beside.contains(need))
}
