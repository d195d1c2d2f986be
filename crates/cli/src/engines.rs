//! The engines of this binary, one line each, and how a scheme or a dialect finds its engine.

use std::collections::BTreeMap;

use dbwright_advise::Advises;
use dbwright_advise::lab::PlanLab;
use dbwright_check::{Checks, SchemaLab};
use dbwright_core::{Failure, RuleMeta, near};
use dbwright_engine_mysql::MySql;
use dbwright_engine_postgres::Postgres;
use dbwright_engine_redis::Redis;
use dbwright_engine_sqlite::Sqlite;
use dbwright_migrate::OnlineDdl;
use dbwright_migrate::rehearse::Rehearses;

/// A new engine is one more line here.
static ENGINES: &[Engine] = &[
    Engine::of(&Postgres).advising(&Postgres).planning(&Postgres).migrating(&Postgres).rehearsing(&Postgres), //
    Engine::of(&Sqlite).advising(&Sqlite).migrating(&Sqlite).rehearsing(&Sqlite),
    Engine::of(&MySql).advising(&MySql).migrating(&MySql).rehearsing(&MySql),
    Engine::of(&Redis),
];

/// What this binary can do with an engine: the ports that it implements.
struct Engine {
    checks: &'static dyn Checks,
    advises: Option<&'static dyn Advises>,
    plans: Option<&'static dyn PlanLab>,
    migrates: Option<&'static dyn OnlineDdl>,
    rehearses: Option<&'static dyn Rehearses>,
}

impl Engine {
    const fn of(checks: &'static dyn Checks) -> Self {
        Self { checks, advises: None, plans: None, migrates: None, rehearses: None }
    }

    /// The same engine, which gives advice besides.
    const fn advising(self, advises: &'static dyn Advises) -> Self {
        Self { advises: Some(advises), ..self }
    }

    /// The same engine, which has a lab that plans as the target does besides.
    const fn planning(self, plans: &'static dyn PlanLab) -> Self {
        Self { plans: Some(plans), ..self }
    }

    /// The same engine, whose schema can be changed online besides.
    const fn migrating(self, migrates: &'static dyn OnlineDdl) -> Self {
        Self { migrates: Some(migrates), ..self }
    }

    /// The same engine, on which migrations can be rehearsed besides.
    const fn rehearsing(self, rehearses: &'static dyn Rehearses) -> Self {
        Self { rehearses: Some(rehearses), ..self }
    }
}

/// Every engine, in order.
pub(crate) fn all() -> impl Iterator<Item = &'static dyn Checks> {
    ENGINES.iter().map(|engine| engine.checks)
}

/// What gives advice on an engine.
pub(crate) fn adviser(of: &dyn Checks) -> Result<&'static dyn Advises, Failure> {
    let info = of.info();
    line(of).and_then(|engine| engine.advises).ok_or_else(|| {
        let able: Vec<_> = ENGINES.iter().filter(|e| e.advises.is_some()).map(|e| e.checks.info().name).collect();
        Failure::usage("advise.engine", format!("dbwright can't advise on {} yet", info.name))
            .hint(format!("engines that it advises on: {}", able.join(", ")))
            .hint("`dbwright check TARGET --workload FILE` finds missing indexes one by one")
    })
}

/// The planning lab of an engine.
pub(crate) fn plan_lab(of: &dyn Checks) -> Result<&'static dyn PlanLab, Failure> {
    let info = of.info();
    line(of).and_then(|engine| engine.plans).ok_or_else(|| {
        Failure::usage("lab.none", format!("there is no planning lab for {}", info.name))
            .hint("`dbwright engines` shows what can be done on which engine")
    })
}

/// What changes the schema of an engine.
pub(crate) fn migrator(of: &dyn Checks) -> Result<&'static dyn OnlineDdl, Failure> {
    let info = of.info();
    line(of).and_then(|engine| engine.migrates).ok_or_else(|| {
        let able: Vec<_> = ENGINES.iter().filter(|e| e.migrates.is_some()).map(|e| e.checks.info().name).collect();
        Failure::usage("migrate.engine", format!("dbwright can't change the schema of {} yet", info.name))
            .hint(format!("engines whose schema it changes: {}", able.join(", ")))
    })
}

/// What rehearses migrations of an engine.
pub(crate) fn rehearser(of: &dyn Checks) -> Result<&'static dyn Rehearses, Failure> {
    let info = of.info();
    line(of).and_then(|engine| engine.rehearses).ok_or_else(|| {
        let able: Vec<_> = ENGINES.iter().filter(|e| e.rehearses.is_some()).map(|e| e.checks.info().name).collect();
        Failure::usage("migrate.rehearse-engine", format!("migrations of {} can't be rehearsed yet", info.name))
            .hint(format!("engines that they are rehearsed on: {}", able.join(", ")))
            .hint("`dbwright migrate plan TARGET` shows the steps; try them on a copy of the database")
    })
}

fn line(of: &dyn Checks) -> Option<&'static Engine> {
    ENGINES.iter().find(|engine| engine.checks.info().id == of.info().id)
}

/// Removes whatever labs still exist.
pub(crate) fn clean_up() {
    dbwright_scratch::cleanup_all();
}

/// The engine of a URL scheme.
pub(crate) fn by_scheme(scheme: &str) -> Result<&'static dyn Checks, Failure> {
    let found = all().find(|engine| engine.info().schemes.contains(&scheme));
    found.ok_or_else(|| unknown("target.unknown-scheme", "scheme", scheme, &schemes()))
}

/// The engine of an id, as snapshots carry it.
pub(crate) fn by_id(id: &str) -> Option<&'static dyn Checks> {
    all().find(|engine| engine.info().id == id)
}

/// The engine whose schema lab takes a dialect.
pub(crate) fn by_dialect(dialect: &str) -> Result<&'static dyn Checks, Failure> {
    let found = all().find(|e| e.schema_lab().is_some_and(|lab| lab.dialects().contains(&dialect)));
    found.ok_or_else(|| unknown("schema.unknown-dialect", "dialect", dialect, &dialects()))
}

/// The engine that changes the schemas of a dialect: `--dialect` of what needs no lab.
pub(crate) fn by_sql(dialect: &str) -> Result<&'static dyn Checks, Failure> {
    let able = || ENGINES.iter().filter(|line| line.migrates.is_some()).map(|line| line.checks);
    let found = able().find(|engine| words(*engine).contains(&dialect));
    found.ok_or_else(|| {
        let known: Vec<_> = able().flat_map(words).collect();
        unknown("schema.unknown-dialect", "dialect", dialect, &known)
    })
}

/// The words for an engine's SQL: its schemes, and what its schema lab takes.
fn words(engine: &'static dyn Checks) -> Vec<&'static str> {
    let lab = engine.schema_lab().map(SchemaLab::dialects).unwrap_or_default();
    let mut words = engine.info().schemes.to_vec();
    words.extend(lab.iter().copied().filter(|word| !engine.info().schemes.contains(word)));
    words
}

/// Every scheme, in the order of the engines.
pub(crate) fn schemes() -> Vec<&'static str> {
    all().flat_map(|engine| engine.info().schemes.iter().copied()).collect()
}

/// Every word that `--dialect` takes.
pub(crate) fn dialects() -> Vec<&'static str> {
    all().filter_map(|e| e.schema_lab()).flat_map(|lab| lab.dialects().iter().copied()).collect()
}

/// A rule by its id. Engines that share the rule share a page; those that mean the same by a rule of their own have each theirs.
#[derive(Debug)]
pub(crate) struct Known {
    /// Its id.
    pub(crate) id: &'static str,
    /// Its pages, in the order of the engines; one at least.
    pub(crate) pages: Vec<Page>,
}

/// What is known of a rule, with the ids of the engines of which that is true.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) meta: &'static RuleMeta,
    pub(crate) engines: Vec<&'static str>,
}

impl Known {
    /// The page that comes first.
    pub(crate) fn meta(&self) -> &'static RuleMeta {
        self.pages[0].meta
    }

    /// The ids of all engines that run it.
    pub(crate) fn engines(&self) -> Vec<&'static str> {
        self.pages.iter().flat_map(|page| page.engines.iter().copied()).collect()
    }
}

/// Every rule, those of migrations included, once, by id.
pub(crate) fn rules() -> Vec<Known> {
    let mut found: BTreeMap<&'static str, Vec<Page>> = BTreeMap::new();
    for line in ENGINES {
        let (engine, id) = (line.checks, line.checks.info().id);
        let mut of_migrations = line.migrates.map(OnlineDdl::lint_rules).unwrap_or_default();
        if line.migrates.is_some() {
            of_migrations.extend(dbwright_migrate::folder::rules());
        }
        for meta in engine.rules().into_iter().chain(of_migrations) {
            let pages = found.entry(meta.id).or_default();
            match pages.iter_mut().find(|page| std::ptr::eq(page.meta, meta)) {
                Some(page) => page.engines.push(id),
                None => pages.push(Page { meta, engines: vec![id] }),
            }
        }
    }
    found.into_iter().map(|(id, pages)| Known { id, pages }).collect()
}

/// What is known of all rules, each page by itself: what settings are compared with.
pub(crate) fn metas() -> Vec<&'static RuleMeta> {
    rules().into_iter().flat_map(|rule| rule.pages).map(|page| page.meta).collect()
}

/// The name of an engine for people.
pub(crate) fn name_of(id: &str) -> &'static str {
    by_id(id).map_or("", |engine| engine.info().name)
}

fn unknown(code: &'static str, what: &str, word: &str, known: &[&'static str]) -> Failure {
    let failure = Failure::usage(code, format!("no engine knows the {what} `{word}`"));
    let failure = match near::did_you_mean(word, known.iter().copied()) {
        Some(guess) => failure.hint(guess),
        None => failure,
    };
    failure.hint(format!("known are: {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_and_schemes_are_unique() {
        let ids: BTreeSet<_> = all().map(|e| e.info().id).collect();
        assert_eq!(ids.len(), ENGINES.len());
        let words = schemes();
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
        for word in words {
            assert_eq!(by_scheme(word).map(|e| e.info().schemes.contains(&word)).ok(), Some(true));
        }
    }

    #[test]
    fn an_unknown_scheme_lists_the_known_ones() {
        let failure = by_scheme("postgers").err().expect("unknown");
        assert_eq!(failure.hints[0], "did you mean postgres?");
        assert!(failure.hints[1].contains("sqlite"));
    }
}
