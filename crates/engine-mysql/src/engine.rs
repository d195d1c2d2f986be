//! MySQL and MariaDB as one engine of dbwright: its facts, and which ports it implements.

use dbwright_check::{Checks, Outcome, Prover, SchemaLab};
use dbwright_core::engine::{Capability, Engine, EngineInfo, ObserveOptions};
use dbwright_core::finding::NotLookedAt;
use dbwright_core::progress::Progress;
use dbwright_core::report::TableSize;
use dbwright_core::rule::{self, Limits};
use dbwright_core::snapshot::Header;
use dbwright_core::target::Address;
use dbwright_core::workload::Workload;
use dbwright_core::{BoxFuture, Failure, RuleMeta, Snapshot};

use crate::body::{Body, area};
use crate::flavour::Flavour;

/// The engine.
#[derive(Debug)]
pub struct MySql;

static INFO: EngineInfo = EngineInfo {
    id: "mysql",
    name: "MySQL/MariaDB",
    schemes: &["mysql", "mariadb"],
    versions: "MySQL 8.0–9.7, MariaDB 10.5–11",
    capabilities: &[
        Capability { name: "observe", how: "one read-only transaction with a consistent snapshot" },
        Capability { name: "check", how: "`sql/` and `mysql/` rules" },
        Capability {
            name: "prove",
            how: "with `--prove`: changes of tables, settings and accounts rehearsed on a private server; what the workload would lose by a dropped index, on a copy of the rows",
        },
        Capability { name: "diff", how: "schema, variables, growth, new and slower statements" },
        Capability {
            name: "advise",
            how: "in a copy of rows on a private server, with real indexes that are shown and hidden; `--prove measured` runs the statements there",
        },
        Capability {
            name: "migrate",
            how: "lint with claims replayed on real servers; rehearse, and apply as the server says that it does each ALTER TABLE, else by a copy beside the table, dbwright's own, or by pt-online-schema-change or gh-ost",
        },
        Capability { name: "lab", how: "a private server from installed programs" },
        Capability { name: "schema-file", how: "loaded into a private server from installed programs" },
        Capability {
            name: "workload",
            how: "counted by `performance_schema`, from a slow query log, or a file of statements (`--workload`)",
        },
    ],
};

impl Engine for MySql {
    fn info(&self) -> &'static EngineInfo {
        &INFO
    }

    fn product(&self, version: &str) -> &'static str {
        Flavour::of(version).name()
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
        let body: Body = serde_json::from_str(body).map_err(|e| dbwright_core::snapshot::damaged(&header.name, &e))?;
        Ok(Snapshot::new(header, body))
    }
}

impl Checks for MySql {
    fn rules(&self) -> Vec<&'static RuleMeta> {
        let sql = dbwright_sql::rules::RULES.iter().map(|rule| rule.meta);
        let own = crate::rules::RULES.iter().map(|rule| rule.meta);
        let migrate = dbwright_migrate::rules::RULES.iter().map(|rule| rule.meta);
        sql.chain(own).chain(migrate).collect()
    }

    fn sizes(&self, snapshot: &Snapshot) -> Vec<TableSize> {
        snapshot.body::<Body>().map(|body| body.catalog.sizes()).unwrap_or_default()
    }

    fn prover(&self) -> Option<&dyn Prover> {
        Some(self)
    }

    fn schema_lab(&self) -> Option<&dyn SchemaLab> {
        Some(self)
    }

    fn compare(&self) -> Option<&dyn dbwright_check::Compare> {
        Some(self)
    }

    fn log(&self, name: &str, input: &mut dyn std::io::BufRead) -> Result<Option<Workload>, Failure> {
        crate::slowlog::read(name, input)
    }

    fn check(&self, snapshot: &Snapshot, limits: &Limits) -> Result<Outcome, Failure> {
        let body: &Body = snapshot.body()?;
        let header = &snapshot.header;
        let (mut findings, mut not_looked_at) = rule::run(dbwright_sql::rules::RULES, &body.catalog, header, limits);
        let (own, skipped) = rule::run(crate::rules::RULES, body, header, limits);
        findings.extend(own);
        not_looked_at.extend(skipped);
        let (own, skipped) = rule::run(dbwright_migrate::rules::RULES, &body.migrations, header, limits);
        findings.extend(own);
        not_looked_at.extend(skipped);
        if let Some(gap) = header.gaps.iter().find(|gap| gap.area == area::CATALOG) {
            // Without a part of the catalog, rules accuse what only could not be read, such as a key.
            let blind: Vec<&str> =
                Checks::rules(self).into_iter().filter(|meta| sees_tables(meta)).map(|meta| meta.id).collect();
            findings.retain(|finding| !blind.contains(&finding.rule.as_str()));
            not_looked_at.retain(|skipped| !blind.contains(&skipped.rule.as_str()));
            not_looked_at.extend(blind.into_iter().map(|rule| NotLookedAt {
                rule: rule.to_owned(),
                reason: gap.reason.clone(),
                remedy: gap.remedy.clone(),
            }));
        }
        Ok(Outcome { findings, not_looked_at, scorecard: crate::scorecard::scorecard(body, header) })
    }
}

/// Whether a rule judges the catalog: all but those that need nothing else than what stands beside it.
fn sees_tables(meta: &RuleMeta) -> bool {
    meta.needs.is_empty() || !meta.needs.iter().all(|need| area::BESIDE_CATALOG.contains(need))
}
