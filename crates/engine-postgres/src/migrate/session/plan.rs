//! Asks the planner, on the connection that will do the work: search path and settings are the same.

use dbwright_core::Failure;
use dbwright_core::progress::Silent;
use dbwright_migrate::Statement;
use dbwright_migrate::plan::Planned;

use super::PgSession;
use crate::ddl;
use crate::migrate::parsed;
use crate::migrate::plan::{self, Catalog};

impl PgSession {
    pub(super) async fn plan_statements(&mut self, statements: &[Statement]) -> Result<Vec<Planned>, Failure> {
        match self.try_plan(statements).await {
            Err(_) if self.main.lost() => {
                self.reconnect("while planning", &Silent).await?;
                self.try_plan(statements).await
            }
            planned => planned,
        }
    }

    async fn try_plan(&self, statements: &[Statement]) -> Result<Vec<Planned>, Failure> {
        let mut catalog = Catalog::open(self.main.client()).await?;
        let mut acts = Vec::with_capacity(statements.len());
        for statement in statements {
            acts.push(ddl::read(&statement.sql).map_err(|e| {
                Failure::usage("migrate.syntax", format!("line {}: {}", statement.line, e.message))
                    .excerpt(statement.sql.clone())
            })?);
        }
        for (statement, acts) in statements.iter().zip(&acts) {
            parsed::readable(self.main.client(), statement, acts).await?;
        }
        let run: Vec<_> = statements.iter().zip(&acts).map(|(statement, acts)| (statement, acts.as_slice())).collect();
        plan::names::check(&catalog, &run).await?;
        plan::queries::check(self.main.client(), &run).await?;
        plan::meaning::check(self.main.client(), &run).await?;
        let mut plans = Vec::with_capacity(statements.len());
        for (statement, acts) in run {
            plans.push(plan::plan(&mut catalog, statement, acts).await?);
        }
        Ok(plans)
    }
}
