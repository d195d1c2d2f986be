//! `dbwright.toml`: what it can say, and what each mistake answers.

use dbwright_check::config::{Config, matches, parse};
use dbwright_core::rule::Threshold;
use dbwright_core::{Failure, FailureKind, RuleMeta, Severity};

static UNUSED: RuleMeta = RuleMeta {
    id: "pg/unused-index",
    title: "",
    severity: Severity::Medium,
    thresholds: &[Threshold { name: "min_window_days", default: 7.0, unit: "days", says: "" }],
    docs: "",
    needs: &[],
    unproven: None,
};
static KEY: RuleMeta = RuleMeta {
    id: "sql/no-primary-key",
    title: "",
    severity: Severity::Medium,
    thresholds: &[],
    docs: "",
    needs: &[],
    unproven: None,
};

fn read(text: &str) -> Result<Config, Failure> {
    parse("dbwright.toml", text, &[&UNUSED, &KEY])
}

fn mistake(text: &str) -> (String, String) {
    let failure = read(text).expect_err(text);
    assert_eq!(failure.kind, FailureKind::Usage);
    (failure.message.clone(), failure.hints.join("; "))
}

#[test]
fn everything_that_can_be_said() {
    let config = read(
        "[check]\nskip = [\"sql/*\"]\nmin-severity = \"medium\"\nfail-on = \"high\"\nbaseline = \"old.json\"\n\
         [rules.\"pg/unused-index\"]\nmin_window_days = 14\n\
         [[ignore]]\nrule = \"pg/*\"\nsubject = \"public.*\"\nreason = \"archive\"\nuntil = 2026-12-31\n\
         [targets.shop]\nurl = \"postgres://app@h/db\"\n",
    )
    .expect("all of it is known");
    assert_eq!(config.settings.limits["pg/unused-index"].get("min_window_days"), Some(&14.0));
    assert_eq!(config.settings.min_severity, Some(Severity::Medium));
    assert_eq!((config.fail_on, config.baseline.as_deref()), (Some(Severity::High), Some("old.json")));
    assert!(config.settings.wants("pg/unused-index") && !config.settings.wants("sql/no-primary-key"));
    let ignore = &config.settings.ignore[0];
    assert_eq!(ignore.until.map(|day| day.to_string()).as_deref(), Some("2026-12-31"));
    assert!(!ignore.expired(jiff::civil::date(2026, 12, 31)) && ignore.expired(jiff::civil::date(2027, 1, 1)));
}

#[test]
fn each_mistake_names_its_line_and_the_nearest_word() {
    let cases = [
        ("\n[chekc]\n", "line 2: unknown key `chekc`", "did you mean `check`?"),
        ("[check]\nmin_severity = \"low\"\n", "line 2: unknown key `min_severity` in [check]", "`min-severity`"),
        ("[check]\nonly = [\n\"pg/unusd-index\"]\n", "line 3: unknown rule `pg/unusd-index`", "`pg/unused-index`"),
        ("[check]\nskip = [\"unused-index\"]\n", "line 2: unknown rule `unused-index`", "`pg/unused-index`"),
        ("[check]\nmin-severity = \"hgih\"\n", "line 2: `hgih` is not a severity", ""),
        ("[rules.\"pg/unused-index\"]\nmin_days = 3\n", "line 2: unknown threshold `min_days`", "`min_window_days`"),
        ("[rules.\"sql/no-primary-key\"]\nx = 3\n", "line 2: unknown threshold `x`", "no threshold is known here"),
        ("[rules.\"pg/unused-index\"]\nmin_window_days = \"3\"\n", "line 2: `min_window_days` must be a number", ""),
        ("[[ignore]]\nrule = \"pg/unused-index\"\n", "line 1: an ignore entry needs a `reason`", "reason ="),
        ("[[ignore]]\nrule = \"pg/unused-index\"\nreason = \" \"\n", "needs a `reason`", ""),
        ("[[ignore]]\nrule=\"pg/*\"\nreason=\"x\"\nuntil=\"soon\"\n", "line 4: `until` must be a day", ""),
        ("[targets.a]\nurl = \"sqlite:a\"\nssl = \"x\"\n", "line 3: unknown key `ssl`", "known here: `url`"),
        ("[targets.a]\n", "line 1: the target `a` has no `url`", "url ="),
        ("[check\n", "line 1", ""),
    ];
    for (text, message, hint) in cases {
        let (said, hints) = mistake(text);
        assert!(said.contains(message), "{text}: {said}");
        assert!(hints.contains(hint), "{text}: {hints}");
    }
}

#[test]
fn variables_are_put_in_when_the_target_is_used() {
    let text = "[targets.a]\nurl = \"postgres://app:${PW}@${HOST}/db\"\nsslmode = \"verify-full\"\nconnect_timeout = 3\n\
                [targets.b]\nurl = \"${URL}\"\n[targets.c]\nurl = \"postgres://u:${NONE}@h\"\n";
    let config = read(text).expect("fine until used");
    let lookup = |name: &str| match name {
        "PW" => Some("p@ss/w:rd".to_owned()),
        "HOST" => Some("db:5433".to_owned()),
        "URL" => Some("postgres://x:y@z/w".to_owned()),
        _ => None,
    };
    let address = config.targets["a"].address(&lookup).expect("all variables are set");
    assert_eq!(address.expose(), "postgres://app:p%40ss%2Fw%3Ard@db:5433/db?connect_timeout=3&sslmode=verify-full");
    assert!(!address.shown().contains("p%40ss"), "{}", address.shown());
    assert_eq!(config.targets["b"].address(&lookup).expect("set").expose(), "postgres://x:y@z/w");
    let failure = config.targets["c"].address(&lookup).expect_err("not set");
    assert!(failure.message.contains("NONE is not set"), "{failure}");
}

#[test]
fn a_mistake_near_a_password_does_not_show_it() {
    let failure = read("[targets.a]\nurl = \"postgres://u:geheim@h\" x\n").expect_err("no TOML");
    assert!(!format!("{failure:?}").contains("geheim"), "{failure:?}");
    let config = read("[targets.a]\nurl = \"postgres://u:geheim@h\"\n").expect("fine");
    assert!(!format!("{config:?}").contains("geheim"), "{config:?}");
}

#[test]
fn a_star_stands_for_any_characters() {
    for (pattern, text, fits) in [
        ("pg/*", "pg/x", true),
        ("pg/*", "sql/x", false),
        ("*", "", true),
        ("a*b*c", "a1b2c", true),
        ("a*b*c", "acb", false),
        ("a*a", "a", false),
        ("x", "xx", false),
    ] {
        assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
    }
}
