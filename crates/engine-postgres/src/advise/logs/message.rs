//! What a report says of a statement.

use serde::Deserialize;

/// One thing that a report tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// A statement, with its time in ms when that is in the same report.
    Statement { text: String, ms: Option<f64>, kind: Kind },
    /// The time in ms of what the session was said to run before.
    Took(f64),
    /// A plan of `auto_explain`, with the parameters as text.
    Plan { text: String, ms: f64, parameters: Option<String> },
}

/// How a statement reached the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As a text.
    Simple,
    /// Prepared by the driver.
    Execute,
    /// More rows of one that was executed before.
    Fetch,
}

/// Reads a message; none when it tells of no statement's run (parsing and binding are none).
pub(super) fn event(message: &str) -> Option<Event> {
    let Some(rest) = message.strip_prefix("duration: ") else {
        let (text, kind) = statement(message)?;
        return Some(Event::Statement { text, ms: None, kind });
    };
    let (number, rest) = rest.split_once(" ms")?;
    let ms: f64 = number.parse().ok().filter(|ms: &f64| ms.is_finite() && *ms >= 0.0)?;
    let rest = rest.trim_start_matches(' ');
    if rest.is_empty() {
        return Some(Event::Took(ms));
    }
    if let Some(plan) = rest.strip_prefix("plan:") {
        let (text, parameters) = planned(plan.trim_start())?;
        return Some(Event::Plan { text, ms, parameters });
    }
    let (text, kind) = statement(rest)?;
    Some(Event::Statement { text, ms: Some(ms), kind })
}

/// `statement: …`, `execute name: …`, `execute fetch from name: …`.
fn statement(text: &str) -> Option<(String, Kind)> {
    if let Some(text) = text.strip_prefix("statement: ") {
        return Some((text.to_owned(), Kind::Simple));
    }
    let rest = text.strip_prefix("execute ")?;
    let (name, text) = rest.split_once(": ")?;
    let kind = if name.starts_with("fetch from ") { Kind::Fetch } else { Kind::Execute };
    Some((text.to_owned(), kind))
}

/// Text and parameters of a plan in text or json; those in xml and yaml are left out.
fn planned(plan: &str) -> Option<(String, Option<String>)> {
    #[derive(Deserialize)]
    struct Document {
        #[serde(rename = "Query Text")]
        text: String,
        #[serde(rename = "Query Parameters")]
        parameters: Option<String>,
    }
    if plan.starts_with(['{', '[']) {
        let one = serde_json::from_str::<Document>(plan).ok();
        let document = one.or_else(|| serde_json::from_str::<Vec<Document>>(plan).ok()?.into_iter().next())?;
        return Some((document.text, document.parameters));
    }
    let rest = plan.strip_prefix("Query Text: ")?;
    let (mut text, mut parameters) = (String::new(), None);
    for line in rest.lines() {
        if let Some(found) = line.strip_prefix("Query Parameters: ") {
            parameters = Some(found.to_owned());
            break;
        }
        if line.contains("  (cost=") {
            break;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
    }
    Some((text, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_duration_is_read() {
        let simple = |text: &str, ms| Some(Event::Statement { text: text.to_owned(), ms, kind: Kind::Simple });
        assert_eq!(event("duration: 1.250 ms  statement: select 1"), simple("select 1", Some(1.25)));
        assert_eq!(event("statement: select 1"), simple("select 1", None));
        assert_eq!(event("duration: 0.5 ms"), Some(Event::Took(0.5)));
        assert_eq!(event("duration: 0.5 ms  bind p1: select $1"), None);
        let executed = event("duration: 3.0 ms  execute s1/c1: select a: b");
        assert!(
            matches!(executed, Some(Event::Statement { ref text, kind: Kind::Execute, .. }) if text == "select a: b")
        );
        let fetched = event("execute fetch from s1/c1: select 1");
        assert!(matches!(fetched, Some(Event::Statement { kind: Kind::Fetch, ms: None, .. })));
        assert_eq!(event("checkpoint starting: time"), None);
    }

    #[test]
    fn plans_give_their_query() {
        let text = "duration: 2.0 ms  plan:\nQuery Text: select *\nfrom t where a = $1\nQuery Parameters: $1 = '7'\nSeq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n  Filter: (a = 7)";
        let plan = |parameters: Option<&str>| Event::Plan {
            text: "select *\nfrom t where a = $1".to_owned(),
            ms: 2.0,
            parameters: parameters.map(str::to_owned),
        };
        assert_eq!(event(text), Some(plan(Some("$1 = '7'"))));
        assert_eq!(event(&text.replace("Query Parameters: $1 = '7'\n", "")), Some(plan(None)));
        let json = r#"duration: 2.0 ms  plan:
{"Query Text": "select *\nfrom t where a = $1", "Plan": {"Node Type": "Seq Scan"}}"#;
        assert_eq!(event(json), Some(plan(None)));
    }
}
