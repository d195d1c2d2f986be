//! Every rule on a folder beside a journal: its bad example yields exactly what is expected, its good one nothing.

use std::path::Path;
use std::{env, fs};

use dbwright_core::Finding;
use dbwright_core::rule::Limits;
use dbwright_migrate::folder::registry::{EXAMPLES, RULES};
use dbwright_migrate::folder::{Beside, check};
use dbwright_migrate::lint::no_target;
use serde_json::{Value, json};

/// The findings of a rule on an example.
fn found(text: &str, rule: &str) -> Vec<Finding> {
    let beside: Beside = serde_json::from_str(text).expect("a folder beside a journal");
    let (found, skipped) = check(&beside, &no_target("sqlite"), &Limits::default());
    assert!(skipped.is_empty(), "{skipped:?}");
    found.into_iter().filter(|finding| finding.rule == rule).collect()
}

/// What is compared of them.
fn shown(found: &[Finding]) -> Vec<Value> {
    let one = |f: &Finding| json!({"rule": f.rule, "severity": f.severity, "subject": f.subject, "title": f.title});
    found.iter().map(one).collect()
}

#[test]
fn every_rule_finds_its_bad_example_and_keeps_silent_on_its_good_one() {
    assert_eq!(EXAMPLES.len(), RULES.len() * 2);
    for (rule, file, text) in EXAMPLES {
        let found = shown(&found(text, rule));
        if file.starts_with("good.") {
            assert!(found.is_empty(), "{rule}: {found:#?}");
            continue;
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/folder/rules");
        let path = root.join(rule.rsplit('/').next().expect("a name")).join("expected.json");
        if env::var_os("DBWRIGHT_BLESS").is_some() {
            let text = serde_json::to_string_pretty(&found).expect("JSON") + "\n";
            fs::write(&path, text).expect("written");
        }
        let expected = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let expected: Vec<Value> = serde_json::from_str(&expected).expect("findings");
        assert!(!found.is_empty() && found == expected, "{rule}: {found:#?}");
    }
}
