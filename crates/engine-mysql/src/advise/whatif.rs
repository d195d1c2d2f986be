//! What-if by doing: trial indexes stand in the copy, are shown for a question, and the server plans.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use dbwright_advise::index::{Index, ObjectName};
use dbwright_advise::port::{Ask, Estimate, Existing, IndexId, Planned, Prepared, Query, Skip, WhatIf};
use dbwright_core::progress::Progress;
use dbwright_core::workload::Statement;
use dbwright_core::{BoxFuture, Change, Failure};
use dbwright_sql::model::Catalog;
use tokio::sync::Mutex;

use super::copy::Copy;
use super::figures::Gathered;
use super::planner::{self, Asked};
use super::trials::Trials;
use super::writers::Writers;
use super::{definition, existing, fill, named, usage};
use crate::body::Body;

/// Bytes of rows that are copied to plan with, when the user does not say: each candidate is built there.
const ROWS: u64 = 64 << 20;
/// Why a statement can't be weighed.
const NO_COST: &str = "the server tells no cost of it";
/// First words of the statements that read or change rows.
const WORK: [&str; 8] = ["select", "with", "values", "table", "insert", "replace", "update", "delete"];

/// The copy as a what-if side.
pub(super) struct Whatif {
    body: Body,
    /// Most bytes of rows.
    sample: u64,
    state: Mutex<State>,
    place: OnceLock<String>,
    existing: OnceLock<Vec<Existing>>,
    notes: OnceLock<Vec<String>>,
    ms_per_cost: OnceLock<Option<f64>>,
}

struct State {
    copy: Copy,
    trials: Trials,
    figures: Gathered,
    writers: Writers,
    /// How each prepared statement is asked for.
    forms: HashMap<String, Asked>,
    queries: Vec<Query>,
}

impl Whatif {
    pub(super) fn new(copy: Copy, body: &Body, sample: Option<u64>) -> Self {
        let state = State {
            copy,
            trials: Trials::new("dbwright_trial_"),
            figures: Gathered::default(),
            writers: Writers::default(),
            forms: HashMap::new(),
            queries: Vec::new(),
        };
        Self {
            body: body.clone(),
            sample: sample.unwrap_or(ROWS),
            state: Mutex::new(state),
            place: OnceLock::new(),
            existing: OnceLock::new(),
            notes: OnceLock::new(),
            ms_per_cost: OnceLock::new(),
        }
    }

    async fn prepare_all(&self, statements: &[Statement], progress: &dyn Progress) -> Result<Vec<Prepared>, Failure> {
        let state = &mut *self.state.lock().await;
        let wanted = named::tables(&self.body.catalog, statements);
        state.copy.fill(&self.body, &wanted, (self.sample, "--sample"), progress).await?;
        let near = named::near(&self.body.catalog, &wanted);
        progress.stage("planning statements", Some(statements.len() as u64));
        let mut prepared = Vec::with_capacity(statements.len());
        for (at, statement) in statements.iter().enumerate() {
            progress.step(at as u64);
            prepared.push(if progress.cancelled() {
                Err(Skip { reason: "stopped before it was looked at".to_owned() })
            } else {
                self.prepare_one(state, &near, (at, statement)).await.map_err(|reason| Skip { reason })
            });
        }
        let tables = state.copy.tables();
        let (writers, copy) = (&state.writers, &state.copy);
        let upkeep = |index: &Index| writers.upkeep(index, copy.share(&index.table));
        let _ = self.existing.set(existing::of(&self.body, &tables, &upkeep));
        let _ = self.place.set(copy.place());
        let _ = self.notes.set(copy.notes.clone());
        let _ = self.ms_per_cost.set(pace(statements, &prepared));
        Ok(prepared)
    }

    /// One statement as queries, one for each sample of its parameters.
    async fn prepare_one(
        &self,
        state: &mut State,
        near: &Catalog,
        (at, statement): (usize, &Statement),
    ) -> Result<Vec<Query>, String> {
        let text = statement.text.trim_start_matches(|c: char| c == '(' || c.is_whitespace());
        let first = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_lowercase();
        if !WORK.contains(&first.as_str()) {
            return Err("it neither reads nor changes rows, so that no index could serve it".to_owned());
        }
        let database = match &statement.database {
            Some(other) if !state.copy.has(other) => {
                return Err(format!("it ran in the database {other}, and the URL names another"));
            }
            Some(own) => Some(own.clone()),
            None => state.copy.home().map(str::to_owned),
        };
        let texts = fill::samples(&mut state.copy, near, statement, database.as_deref()).await?;
        let share = 1.0 / texts.len() as f64;
        let mut queries = Vec::new();
        for sql in texts {
            let asked = asked(state, &sql, database.as_deref()).await?;
            let expressions = definition::has_expressions(&state.copy.server);
            let drafts = usage::read(&asked.resolved, near, expressions);
            let State { copy, figures, .. } = state;
            figures.gather(copy, near, &drafts).await;
            let usage = usage::finish(&drafts, near, figures);
            let plan = planner::plan(copy, &asked).await?;
            if queries.is_empty() {
                state.writers.note(statement, &drafts, &usage);
            }
            state.forms.insert(sql.clone(), asked);
            queries.push(Query { statement: at, share, sql, usage, cost: plan.cost.ok_or(NO_COST)? });
        }
        Ok(queries)
    }

    fn first(&self) -> usize {
        self.existing.get().map_or(0, Vec::len)
    }

    async fn ask(&self, state: &mut State, ask: &Ask) -> Result<Planned, String> {
        let query = state.queries.get(ask.query).ok_or("there is no such query")?;
        let asked = state.forms.get(&query.sql).ok_or("the statement was not planned before")?.clone();
        let first = self.first();
        let shown: Vec<usize> = ask.with.iter().map(|id| id - first).collect();
        let olds = self.existing.get().map(Vec::as_slice).unwrap_or_default();
        let hidden: BTreeSet<(ObjectName, String)> = ask
            .without
            .iter()
            .filter_map(|id| olds.get(*id))
            .map(|e| (e.index.table.clone(), e.name.clone()))
            .collect();
        let State { copy, trials, .. } = state;
        trials.show(copy, &shown, &hidden).await?;
        let plan = planner::plan(copy, &asked).await?;
        let mut used: Vec<IndexId> = Vec::new();
        for (table, name) in &plan.reads {
            let trial = shown.iter().find(|at| trials.name(**at).is_some_and(|(_, own)| planner::reads(name, own)));
            used.extend(trial.map(|at| at + first));
            let tables = planner::tables(table, &state.queries[ask.query]);
            let old = |e: &&Existing| planner::reads(name, &e.name) && tables.contains(&e.index.table);
            used.extend(olds.iter().enumerate().filter(|(_, e)| old(e)).map(|(id, _)| id));
        }
        used.sort_unstable();
        used.dedup();
        Ok(Planned { cost: plan.cost.ok_or(NO_COST)?, used, leaves: Vec::new() })
    }

    async fn define_all(&self, indexes: &[Index]) -> Result<Vec<Result<Estimate, String>>, Failure> {
        let state = &mut *self.state.lock().await;
        let State { copy, trials, writers, .. } = state;
        let built = trials.define(copy, &self.body, indexes).await?;
        let mut answers = Vec::with_capacity(built.len());
        for (index, built) in indexes.iter().zip(built) {
            answers.push(match built {
                Err(reason) => Err(reason),
                Ok(at) => {
                    let share = copy.share(&index.table);
                    let bytes = trials.bytes(copy, at).await;
                    Ok(writers.estimate(index, share, scaled(bytes, share)))
                }
            });
        }
        Ok(answers)
    }
}

/// How a statement is asked for. What only brings rows needs no plan, and its values may have been left out.
async fn asked(state: &mut State, sql: &str, database: Option<&str>) -> Result<Asked, String> {
    let target = fill::target(sql).filter(|_| fill::brings_rows(sql));
    match target {
        Some((schema, table)) => {
            let schema = schema.or_else(|| database.map(str::to_owned)).unwrap_or_default();
            Ok(Asked::bringing(&schema, &table))
        }
        None => Asked::of(&mut state.copy, sql, database).await,
    }
}

/// Bytes of the whole, from those of a share.
pub(super) fn scaled(bytes: u64, share: f64) -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of bytes")]
    let whole = (bytes as f64 / share.max(f64::MIN_POSITIVE)) as u64;
    whole
}

/// Milliseconds of one unit of cost, over all statements whose time was counted.
fn pace(statements: &[Statement], prepared: &[Prepared]) -> Option<f64> {
    let (mut ms, mut cost) = (0.0, 0.0);
    for (statement, queries) in statements.iter().zip(prepared) {
        let (Some(mean), Ok(queries)) = (statement.mean_ms, queries) else { continue };
        ms += mean * statement.calls;
        cost += queries.iter().map(|query| query.cost * query.share).sum::<f64>() * statement.calls;
    }
    (ms > 0.0 && cost > 0.0).then(|| ms / cost)
}

impl WhatIf for Whatif {
    fn place(&self) -> String {
        self.place.get().cloned().unwrap_or_default()
    }

    fn prepare<'a>(
        &'a self,
        statements: &'a [Statement],
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Vec<Prepared>, Failure>> {
        Box::pin(self.prepare_all(statements, progress))
    }

    fn admit<'a>(&'a self, queries: &'a [Query]) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            self.state.lock().await.queries = queries.to_vec();
            Ok(())
        })
    }

    fn existing(&self) -> Vec<Existing> {
        self.existing.get().cloned().unwrap_or_default()
    }

    fn propose(&self, _query: &Query) -> Vec<Index> {
        Vec::new()
    }

    fn define<'a>(&'a self, indexes: &'a [Index]) -> BoxFuture<'a, Result<Vec<Result<Estimate, String>>, Failure>> {
        Box::pin(self.define_all(indexes))
    }

    fn plan<'a>(&'a self, asks: &'a [Ask]) -> BoxFuture<'a, Result<Vec<Result<Planned, String>>, Failure>> {
        Box::pin(async move {
            let state = &mut *self.state.lock().await;
            let mut answers = Vec::with_capacity(asks.len());
            for ask in asks {
                answers.push(self.ask(state, ask).await);
                if state.copy.link.lost() {
                    return Err(Failure::internal("mysql.lab", "the copy's server ended while it made plans"));
                }
            }
            Ok(answers)
        })
    }

    fn create(&self, index: &Index, name: Option<&str>) -> Change {
        definition::create(&self.body, index, name)
    }

    fn drop(&self, existing: IndexId) -> Change {
        let known = self.existing.get().and_then(|all| all.get(existing));
        let change = known.and_then(|known| {
            let table = usage::table(&self.body.catalog, &known.index.table)?;
            definition::drop(&self.body, table, &known.name)
        });
        change.unwrap_or_else(|| Change::new(Vec::<String>::new(), "none"))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.get().cloned().unwrap_or_default()
    }

    fn ms_per_cost(&self) -> Option<f64> {
        self.ms_per_cost.get().copied().flatten()
    }
}
