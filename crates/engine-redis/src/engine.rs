//! Redis and Valkey as an engine of dbwright: its facts, and which ports it implements.

use dbwright_check::{Checks, Outcome};
use dbwright_core::engine::{Capability, Engine, EngineInfo, ObserveOptions};
use dbwright_core::progress::Progress;
use dbwright_core::report::TableSize;
use dbwright_core::rule::{self, Limits};
use dbwright_core::snapshot::Header;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure, RuleMeta, Snapshot};

use crate::body::Body;
use crate::{observe, scorecard, together};

/// The engine.
#[derive(Debug)]
pub struct Redis;

static INFO: EngineInfo = EngineInfo {
    id: "redis",
    name: "Redis/Valkey",
    schemes: &["redis", "rediss", "valkey", "valkeys", "redis+unix", "redis+sentinel"],
    versions: "Redis 6–8, Valkey 7.2–9",
    capabilities: &[
        Capability {
            name: "observe",
            how: "every node of a cluster; a sample of the keys by SCAN, 5 s, below 5 % of the server's time",
        },
        Capability { name: "check", how: "`redis/` rules" },
        Capability { name: "diff", how: "settings, users, nodes and slots, growth by pattern of keys, commands" },
    ],
};

impl Engine for Redis {
    fn info(&self) -> &'static EngineInfo {
        &INFO
    }

    fn product(&self, version: &str) -> &'static str {
        if version.contains("Valkey") { INFO.name } else { "Redis" }
    }

    fn observe<'a>(
        &'a self,
        address: &'a Address,
        options: &'a ObserveOptions,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot, Failure>> {
        Box::pin(observe::target(address, options, progress))
    }

    fn decode(&self, header: Header, body: &str) -> Result<Snapshot, Failure> {
        let body: Body = serde_json::from_str(body).map_err(|e| dbwright_core::snapshot::damaged(&header.name, &e))?;
        Ok(Snapshot::new(header, body))
    }
}

impl Checks for Redis {
    fn rules(&self) -> Vec<&'static RuleMeta> {
        crate::rules::RULES.iter().map(|rule| rule.meta).collect()
    }

    fn check(&self, snapshot: &Snapshot, limits: &Limits) -> Result<Outcome, Failure> {
        let body: &Body = snapshot.body()?;
        let (findings, not_looked_at) = rule::run(crate::rules::RULES, body, &snapshot.header, limits);
        let findings = together::findings(body, findings);
        let not_looked_at = together::not_looked_at(body, not_looked_at);
        Ok(Outcome { findings, not_looked_at, scorecard: scorecard::scorecard(body) })
    }

    /// Patterns of keys stand for tables; there are no indexes.
    fn sizes(&self, snapshot: &Snapshot) -> Vec<TableSize> {
        snapshot.body::<Body>().map(|body| body.keyspace.sizes()).unwrap_or_default()
    }

    fn compare(&self) -> Option<&dyn dbwright_check::Compare> {
        Some(self)
    }
}
