//! Asks the planner, on the connection that will do the work: its settings are the same.

use dbwright_core::Failure;
use dbwright_core::progress::Silent;
use dbwright_migrate::Statement;
use dbwright_migrate::journal::{State, Written};
use dbwright_migrate::plan::Planned;

use super::MySession;
use crate::migrate::lab::Own;
use crate::migrate::names;
use crate::migrate::plan::{Ask, Planner, needs_asking};
use crate::migrate::tool::Tools;
use crate::migrate::tool::account::Reached;

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
        names::check(&mut self.main, &self.home, &self.settings, statements).await?;
        let passed = self.passed(statements).await?;
        let ask = if self.options.read_only { self.own(statements).await? } else { Ask::Target };
        let secure = self.main.secure;
        let mut planner = Planner::new(&mut self.main, &self.home, ask).await?;
        planner.tools = Tools::of(&self.options, Reached::of(&self.address)?.seen(secure))?;
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
        if let Some(failure) = failed {
            return Err(failure);
        }
        self.own = closed?;
        Ok(plans)
    }

    /// A private server like the target, for what may write nothing there: started when it is needed first.
    async fn own(&mut self, statements: &[Statement]) -> Result<Ask, Failure> {
        let system = self.main.flavour.system_schemas().contains(&self.home.to_lowercase().as_str());
        if system || !statements.iter().any(|statement| needs_asking(&statement.sql)) {
            return Ok(Ask::Nobody(None));
        }
        if let Some(own) = self.own.take() {
            return Ok(Ask::Own(own));
        }
        match Own::start(&mut self.main, self.options.programs.clone(), &Silent).await {
            Ok(own) => {
                self.facts.asked = Some(own.name());
                Ok(Ask::Own(Box::new(own)))
            }
            Err(failure) if self.main.lost() => Err(failure),
            Err(failure) => {
                let hints = failure.hints.iter().map(|hint| format!(". To have it asked before: {hint}")).next();
                let warning = format!(
                    "no server like the target could be asked: {}{}",
                    failure.message,
                    hints.unwrap_or_default()
                );
                if !self.facts.warnings.contains(&warning) {
                    self.facts.warnings.push(warning);
                }
                Ok(Ask::Nobody(Some(failure.message)))
            }
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
