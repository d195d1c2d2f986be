//! Patterns with `*`, and the nearest known word for a mistyped one.

use dbwright_core::near::distance;
use dbwright_core::{Failure, RuleMeta};

/// Whether a text fits a pattern, in which `*` stands for any characters, none included.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Fails unless a pattern fits the id of a rule.
pub(super) fn known(pattern: &str, rules: &[&RuleMeta]) -> Result<(), Failure> {
    if rules.iter().any(|rule| matches(pattern, rule.id)) {
        return Ok(());
    }
    let failure = Failure::usage("config.unknown-rule", format!("there is no rule `{pattern}`"));
    let hint = nearest(pattern, rules.iter().map(|rule| rule.id)).map(|id| format!("did you mean `{id}`?"));
    Err(failure.hint(hint.unwrap_or_else(|| "`dbwright rules` lists all rules".to_owned())))
}

/// The known word that is nearest to a mistyped one, when one is near: at most a third of its letters differ.
/// A word without its part before the slash counts as near too.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.map(|candidate| {
        let tail = candidate.rsplit('/').next().unwrap_or(candidate);
        let word_tail = word.rsplit('/').next().unwrap_or(word);
        (distance(word, candidate).min(distance(word_tail, tail) + usize::from(word != tail)), candidate)
    });
    scored
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3))
        .map(|(_, candidate)| candidate)
}
