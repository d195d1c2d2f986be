//! Reads `dbwright.toml`.

use dbwright_core::{Failure, RuleMeta, Severity};
use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::table::{Entry, File, Table};
use super::target::TargetEntry;
use super::{Config, Ignore, Settings, pattern};

/// The tables of the file.
const TABLES: [&str; 4] = ["check", "rules", "ignore", "targets"];

/// Reads the text of `dbwright.toml`. `name` is the file's name for messages, `rules` are the rules of
/// all engines.
///
/// # Errors
/// When the text is no TOML, or has an unknown key, rule or threshold, an `ignore` entry without a reason,
/// or a value of the wrong kind: with its line and, for a mistyped word, the nearest known one.
pub fn parse(name: &str, text: &str, rules: &[&RuleMeta]) -> Result<Config, Failure> {
    let file = File { name, text };
    let parsed = DeTable::parse(text)
        .map_err(|e| file.failure("config.not-toml", e.span().map_or(0, |span| span.start), e.message()))?;
    let root = Table { file, path: String::new(), at: 0, entries: parsed.get_ref() };
    root.only(&TABLES)?;
    let mut config = Config::default();
    if let Some(entry) = root.get("check") {
        check(&entry.table("check")?, &mut config, rules)?;
    }
    if let Some(entry) = root.get("rules") {
        thresholds(&entry.table("rules")?, &mut config.settings, rules)?;
    }
    if let Some(entry) = root.get("ignore") {
        config.settings.ignore = ignores(entry, rules)?;
    }
    if let Some(entry) = root.get("targets") {
        for (target, _, entry) in entry.table("targets")?.entries() {
            let table = entry.table(&format!("targets.{target}"))?;
            config.targets.insert(target.to_owned(), TargetEntry::read(target, &table)?);
        }
    }
    Ok(config)
}

/// `[check]`.
fn check(table: &Table<'_>, config: &mut Config, rules: &[&RuleMeta]) -> Result<(), Failure> {
    table.only(&["only", "skip", "min-severity", "fail-on", "baseline"])?;
    for (key, list) in [("only", &mut config.settings.only), ("skip", &mut config.settings.skip)] {
        for (word, at) in table.get(key).map(|entry| entry.strings(key)).transpose()?.unwrap_or_default() {
            known_rule(table, word, at, rules)?;
            list.push(word.to_owned());
        }
    }
    config.settings.min_severity = table.get("min-severity").map(severity).transpose()?;
    config.fail_on = table.get("fail-on").map(severity).transpose()?;
    config.baseline = table.get("baseline").map(|e| e.string("baseline").map(str::to_owned)).transpose()?;
    Ok(())
}

fn severity(entry: Entry<'_>) -> Result<Severity, Failure> {
    let word = entry.string("severity")?;
    word.parse().map_err(|message: String| entry.failure(&message))
}

fn known_rule(table: &Table<'_>, word: &str, at: usize, rules: &[&RuleMeta]) -> Result<(), Failure> {
    if pattern::known(word, rules).is_ok() {
        return Ok(());
    }
    let mut failure = table.unknown("config.unknown-rule", "rule", word, at, rules.iter().map(|rule| rule.id));
    if !failure.hints.iter().any(|hint| hint.starts_with("did you mean")) {
        failure.hints = vec!["`dbwright rules` lists all rules".to_owned()];
    }
    Err(failure)
}

/// `[rules."pg/unused-index"]`: thresholds by name.
fn thresholds(table: &Table<'_>, settings: &mut Settings, rules: &[&RuleMeta]) -> Result<(), Failure> {
    for (id, at, entry) in table.entries() {
        // Rules of several engines may share an id; numbers of all of them are taken.
        let named: Vec<&&RuleMeta> = rules.iter().filter(|rule| rule.id == id).collect();
        if named.is_empty() {
            known_rule(table, id, at, rules)?;
            return Err(table.file.failure(
                "config.unknown-rule",
                at,
                &format!("`{id}` names several rules; thresholds belong to one"),
            ));
        }
        let own = entry.table(&format!("rules.\"{id}\""))?;
        let names = named.iter().flat_map(|rule| rule.thresholds).map(|threshold| threshold.name);
        for (name, at, value) in own.entries() {
            if !names.clone().any(|known| known == name) {
                return Err(own.unknown("config.unknown-threshold", "threshold", name, at, names));
            }
            settings.limits.entry(id.to_owned()).or_default().insert(name.to_owned(), value.number(name)?);
        }
    }
    Ok(())
}

/// `[[ignore]]`.
fn ignores(entry: Entry<'_>, rules: &[&RuleMeta]) -> Result<Vec<Ignore>, Failure> {
    let DeValue::Array(list) = entry.value else {
        return Err(entry.failure("write ignore entries as [[ignore]]"));
    };
    let entries = list.iter().map(|item| Entry { at: item.span().start, value: item.get_ref(), ..entry });
    entries.map(|entry| ignore(&entry.table("[ignore]")?, rules)).collect()
}

fn ignore(table: &Table<'_>, rules: &[&RuleMeta]) -> Result<Ignore, Failure> {
    table.only(&["rule", "subject", "reason", "until"])?;
    let missing = |message| table.file.failure("config.incomplete-ignore", table.at, message);
    let rule = table.get("rule").ok_or_else(|| missing("an ignore entry needs a `rule`"))?;
    known_rule(table, rule.string("rule")?, rule.at, rules)?;
    let reason = table.get("reason").map(|entry| entry.string("reason")).transpose()?.unwrap_or_default().trim();
    if reason.is_empty() {
        return Err(missing("an ignore entry needs a `reason`").hint("say why it is fine: reason = \"…\""));
    }
    Ok(Ignore {
        rule: rule.string("rule")?.to_owned(),
        subject: table.get("subject").map(|e| e.string("subject").map(str::to_owned)).transpose()?,
        reason: reason.to_owned(),
        until: table.get("until").map(date).transpose()?,
    })
}

/// A date, as TOML's own kind or as a text.
fn date(entry: Entry<'_>) -> Result<Date, Failure> {
    let text = match entry.value {
        DeValue::Datetime(date) => date.to_string(),
        DeValue::String(text) => text.to_string(),
        _ => String::new(),
    };
    text.parse().map_err(|_| entry.failure("`until` must be a day, for example 2026-12-31"))
}
