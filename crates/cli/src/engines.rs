//! The engines of this binary, one line each, and how a scheme or a dialect finds its engine.

use dbwright_advise::lab::PlanLab;
use dbwright_check::Checks;
use dbwright_core::{Failure, RuleMeta, near};
use dbwright_engine_postgres::Postgres;
use dbwright_engine_sqlite::Sqlite;

/// A new engine is one more line here.
pub(crate) static ENGINES: &[&dyn Checks] = &[
    &Postgres, //
    &Sqlite,
];

/// The engines that have a lab which plans as the target does, by id.
static PLAN_LABS: &[(&str, &dyn PlanLab)] = &[("postgres", &Postgres)];

/// The planning lab of an engine.
pub(crate) fn plan_lab(engine: &dyn Checks) -> Result<&'static dyn PlanLab, Failure> {
    let info = engine.info();
    let found = PLAN_LABS.iter().find(|(id, _)| *id == info.id).map(|(_, lab)| *lab);
    found.ok_or_else(|| {
        Failure::usage("lab.none", format!("there is no planning lab for {}", info.name))
            .hint("`dbwright engines` shows what can be done on which engine")
    })
}

/// Removes whatever labs still exist.
pub(crate) fn clean_up() {
    dbwright_scratch::cleanup_all();
}

/// The engine of a URL scheme.
pub(crate) fn by_scheme(scheme: &str) -> Result<&'static dyn Checks, Failure> {
    let found = ENGINES.iter().find(|engine| engine.info().schemes.contains(&scheme));
    found.copied().ok_or_else(|| unknown("target.unknown-scheme", "scheme", scheme, &schemes()))
}

/// The engine of an id, as snapshots carry it.
pub(crate) fn by_id(id: &str) -> Option<&'static dyn Checks> {
    ENGINES.iter().copied().find(|engine| engine.info().id == id)
}

/// The engine whose schema lab takes a dialect.
pub(crate) fn by_dialect(dialect: &str) -> Result<&'static dyn Checks, Failure> {
    let found = ENGINES.iter().find(|e| e.schema_lab().is_some_and(|lab| lab.dialects().contains(&dialect)));
    found.copied().ok_or_else(|| unknown("schema.unknown-dialect", "dialect", dialect, &dialects()))
}

/// Every scheme, in the order of the engines.
pub(crate) fn schemes() -> Vec<&'static str> {
    ENGINES.iter().flat_map(|engine| engine.info().schemes.iter().copied()).collect()
}

/// Every word that `--dialect` takes.
pub(crate) fn dialects() -> Vec<&'static str> {
    ENGINES.iter().filter_map(|e| e.schema_lab()).flat_map(|lab| lab.dialects().iter().copied()).collect()
}

/// Every rule once, by id, with the ids of the engines that run it.
pub(crate) fn rules() -> Vec<(&'static RuleMeta, Vec<&'static str>)> {
    let mut all: Vec<(&'static RuleMeta, Vec<&'static str>)> = Vec::new();
    for engine in ENGINES {
        for meta in engine.rules() {
            match all.iter_mut().find(|(known, _)| known.id == meta.id) {
                Some((_, engines)) => engines.push(engine.info().id),
                None => all.push((meta, vec![engine.info().id])),
            }
        }
    }
    all.sort_by_key(|(meta, _)| meta.id);
    all
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
        let ids: BTreeSet<_> = ENGINES.iter().map(|e| e.info().id).collect();
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
