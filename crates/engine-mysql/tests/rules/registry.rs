//! What holds for the registry as a whole.

use std::collections::BTreeSet;

use dbwright_check::Checks as _;
use dbwright_core::RuleMeta;
use dbwright_engine_mysql::MySql;

fn own() -> impl Iterator<Item = &'static RuleMeta> {
    MySql.rules().into_iter().filter(|meta| meta.id.starts_with("mysql/"))
}

fn section<'a>(meta: &'a RuleMeta, heading: &str) -> &'a str {
    let (_, rest) = meta.docs.split_once(&format!("## {heading}\n")).expect("the build checks the headings");
    rest.split("\n## ").next().unwrap_or_default().trim()
}

#[test]
fn ids_are_unique_and_of_the_fixed_form() {
    let rules = MySql.rules();
    let ids: BTreeSet<_> = rules.iter().map(|meta| meta.id).collect();
    assert_eq!(ids.len(), rules.len(), "an id is used twice");
    for id in ids {
        let (engine, name) = id.split_once('/').expect("ids have a slash");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(["mysql", "sql", "migrate"].contains(&engine) && name.chars().all(plain), "{id}");
    }
}

#[test]
fn every_page_has_something_to_say_under_each_heading() {
    for meta in own() {
        for heading in ["What it finds", "Why it hurts", "Example", "Fix", "Safety of the fix", "References"] {
            assert!(!section(meta, heading).is_empty(), "{}: nothing under {heading}", meta.id);
        }
        assert!(!meta.title.is_empty() && !meta.title.ends_with('.'), "{}: {:?}", meta.id, meta.title);
    }
}

#[test]
fn a_rule_uses_exactly_the_thresholds_that_its_page_declares() {
    for meta in own() {
        let code = crate::folders::code(meta.id);
        let used: BTreeSet<_> = code.split("limit(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let declared: BTreeSet<_> = meta.thresholds.iter().map(|threshold| threshold.name).collect();
        assert_eq!(used, declared, "{}: used and declared", meta.id);
        for threshold in meta.thresholds {
            assert!(threshold.default.is_finite() && threshold.default >= 0.0, "{}: {}", meta.id, threshold.name);
            assert!(!threshold.unit.is_empty() && !threshold.says.is_empty(), "{}: {}", meta.id, threshold.name);
        }
    }
}

#[test]
fn every_area_that_a_rule_needs_is_one_that_the_observer_names() {
    use dbwright_engine_mysql::body::area::ALL;
    for meta in own() {
        for need in meta.needs {
            assert!(ALL.contains(need), "{} needs {need}, which no observer names", meta.id);
        }
    }
}
