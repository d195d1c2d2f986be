//! Asks the planner, on the connection that will do the work: its settings are the same.

use dbwright_core::Failure;
use dbwright_core::progress::Silent;
use dbwright_migrate::Statement;
use dbwright_migrate::journal::{State, Written};
use dbwright_migrate::plan::Planned;

use super::MySession;
use crate::migrate::plan::Planner;

impl MySession {
    pub(super) async fn plan_statements(&mut self, statements: &[Statement]) -> Result<Vec<Planned>, Failure> {
        match self.try_plan(statements).await {
            Err(_) if self.main.lost() => {
                self.reconnect("while planning", &Silent).await?;
                self.try_plan(statements).await
            }
            planned => planned,
        }
    }

    async fn try_plan(&mut self, statements: &[Statement]) -> Result<Vec<Planned>, Failure> {
        // A likeness waits for the table's lock like anybody, and briefly.
        self.limit(5).await.map_err(|e| super::trouble::failure(&e, "the session can't be set up"))?;
        let passed = self.passed(statements).await?;
        let mut planner = Planner::new(&mut self.main, &self.home, !self.options.read_only).await?;
        for sql in &passed {
            planner.passed(sql);
        }
        let mut plans = Vec::with_capacity(statements.len());
        let mut failed = None;
        for statement in statements {
            match planner.plan(statement).await {
                Ok(plan) => plans.push(plan),
                Err(failure) => {
                    failed = Some(failure);
                    break;
                }
            }
        }
        let closed = planner.close().await;
        match failed {
            Some(failure) => Err(failure),
            None => closed.map(|()| plans),
        }
    }

    /// Statements of the same migration that are done already.
    async fn passed(&mut self, statements: &[Statement]) -> Result<Vec<String>, Failure> {
        let Some(first) = statements.first() else { return Ok(Vec::new()) };
        let mut passed = Vec::new();
        for entry in self.read_journal().await?.into_iter().filter(|entry| entry.state == State::Running) {
            let before = |written: &&Written| !(written.sql == first.sql && written.line == first.line);
            passed.extend(entry.up.iter().take_while(before).map(|written| written.sql.clone()));
        }
        Ok(passed)
    }
}
