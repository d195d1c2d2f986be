//! Every form of an advice, from hand-made ones: one as users have them, one whose names are hostile.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::common::{data, failure, stdout};

fn rendered(format: &str) -> String {
    stdout(&["render", "advice.json", "--format", format])
}

fn model() -> Value {
    let text = std::fs::read_to_string(data().join("advice.json")).expect("test data");
    serde_json::from_str(&text).expect("JSON")
}

/// A changed advice as a file, which lives as long as its folder.
fn changed(change: impl FnOnce(&mut Value)) -> (tempfile::TempDir, PathBuf) {
    let mut advice = model();
    change(&mut advice);
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("advice.json");
    std::fs::write(&path, advice.to_string()).expect("written");
    (folder, path)
}

fn in_form(path: &std::path::Path, format: &str) -> String {
    stdout(&["render", &path.to_string_lossy(), "--format", format])
}

#[test]
fn text() {
    insta::assert_snapshot!(rendered("text"));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(rendered("markdown"));
}

#[test]
fn html() {
    let page = rendered("html");
    let (before, rest) = page.split_once("<style>").expect("a style sheet");
    let (_, after) = rest.split_once("</style>").expect("its end");
    insta::assert_snapshot!(format!("{before}{after}").replace("><", ">\n<"));
    for request in ["http://", "https://", "url(", "@import", " src=\"", "<link", "<script"] {
        assert!(!page.contains(request), "the page must be self-contained: {request}");
    }
}

#[test]
fn json_is_the_advice_itself() {
    let out: Value = serde_json::from_str(&rendered("json")).expect("JSON");
    assert_eq!(out, model());
}

#[test]
fn sarif_has_a_result_for_each_change() {
    let sarif: Value = serde_json::from_str(&rendered("sarif")).expect("JSON");
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().expect("results");
    let ids: Vec<_> = results.iter().filter_map(|result| result["ruleId"].as_str()).collect();
    let created = ["advise/create-index"; 3];
    assert_eq!(ids, [&created[..], &["advise/replace-index", "advise/drop-index"]].concat());
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        assert!(result["message"]["text"].as_str().is_some_and(|text| text.contains("\nFix:\n")), "{result}");
        assert!(result["partialFingerprints"]["dbwright/v1"].as_str().is_some_and(|f| f.len() == 16), "{result}");
    }
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"].as_array().map(Vec::len), Some(2));
}

/// The schema pins the JSON: a change of it shows here, and tools that read advice must learn of it.
#[test]
fn the_schema_of_an_advice_is_pinned_and_has_its_keys() {
    let schema = stdout(&["schema", "advise"]);
    let parsed: Value = serde_json::from_str(&schema).expect("JSON");
    let advice = model();
    let required = parsed["required"].as_array().expect("a list");
    for key in required.iter().filter_map(Value::as_str) {
        assert!(advice.get(key).is_some(), "{key}");
    }
    let promised = [
        "schema_version",
        "workload",
        "budget_bytes",
        "cost_before",
        "cost_after",
        "optimality_gap",
        "planner_calls",
        "cache_hits",
        "seconds",
        "create",
        "drop",
        "replace",
        "statements",
    ];
    for key in promised {
        assert!(parsed["properties"].get(key).is_some(), "{key}");
    }
    insta::assert_snapshot!(schema);
}

/// Nothing in a name, a statement or a reason may act on a terminal, a page, or a reader's eyes.
#[test]
fn hostile_names_act_on_nothing() {
    let hostile = "a\u{1b}[31m\nDROP TABLE x; -- \u{202e}```<script>alert(1)</script>|\u{7}";
    let (_folder, path) = changed(|advice| {
        advice["target"]["name"] = hostile.into();
        advice["notes"] = json!([hostile]);
        advice["workload"]["source"] = hostile.into();
        advice["workload"]["skipped"][0] = json!({"statement": hostile, "reason": hostile, "time_share": 0.1});
        let sql = format!("CREATE INDEX ON public.\"{hostile}\" USING btree (\"{hostile}\")");
        advice["create"][0]["statement"] = sql.as_str().into();
        advice["create"][0]["change"]["forward"] = json!([sql]);
        advice["create"][0]["write_reason"] = hostile.into();
        advice["drop"][0]["index"] = hostile.into();
        advice["drop"][0]["reason"] = hostile.into();
        advice["statements"][0]["text"] = hostile.into();
        advice["withdrawn"][0] =
            json!({"statement": sql, "reason": hostile, "proof": {"method": "unproven", "note": hostile}});
    });
    for format in ["text", "markdown", "html", "json", "sarif"] {
        let out = in_form(&path, format);
        let json = matches!(format, "json" | "sarif");
        let odd = out.chars().find(|c| (c.is_control() && *c != '\n') || (*c == '\u{202e}' && !json));
        assert!(odd.is_none(), "{format}: {odd:?} in {out}");
        assert!(json || !out.lines().any(|line| line.starts_with("DROP TABLE x")), "{format}: {out}");
        assert!(format != "html" || !out.contains("<script"), "{out}");
    }
    assert!(in_form(&path, "text").contains("take the statement from --format json"));
}

#[test]
fn no_advice_says_why_and_gives_no_sql() {
    let (_folder, path) = changed(|advice| {
        for key in ["create", "replace", "drop", "withdrawn", "curve"] {
            advice[key] = json!([]);
        }
        advice["cost_after"] = advice["cost_before"].clone();
        advice["optimality_gap"] = json!(0.0);
        advice["budget_bytes"] = Value::Null;
    });
    let text = in_form(&path, "text");
    assert!(text.contains("No change: none of the indexes considered would pay."), "{text}");
    assert!(text.contains("Proven best: no other set of the 318 indexes considered costs less (gap 0 %)."), "{text}");
    assert!(text.contains("none, because writes") && !text.contains("To run"), "{text}");
    for format in ["markdown", "html"] {
        let out = in_form(&path, format);
        assert!(out.contains("No change") && !out.contains("To run") && !out.contains("svg"), "{out}");
    }
}

#[test]
fn an_interrupted_advice_says_so_in_every_form() {
    let (_folder, path) = changed(|advice| advice["interrupted"] = true.into());
    for format in ["text", "markdown", "html"] {
        assert!(in_form(&path, format).contains("Stopped before the end"), "{format}");
    }
    assert!(in_form(&path, "sarif").contains("\"executionSuccessful\": false"));
}

#[test]
fn a_gap_is_never_shown_smaller_than_it_is() {
    let (_folder, path) = changed(|advice| advice["optimality_gap"] = json!(0.000_01));
    let text = in_form(&path, "text");
    assert!(text.contains("gap ≤ 0.1"), "{text}");
}

#[test]
fn wrong_quantities_say_how_they_are_written() {
    for (arguments, words) in [
        (["advise", "postgres://nobody@localhost/x", "--budget", "2 floppies"], "MB, GB"),
        (["advise", "postgres://nobody@localhost/x", "--fail-on", "10"], "write 10% or any"),
        (["advise", "postgres://nobody@localhost/x", "--time", "soon"], "write ms, s or min"),
    ] {
        let (code, message) = failure(&arguments);
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn a_schema_file_has_nothing_to_advise_on() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("schema.sql");
    std::fs::write(&path, "CREATE TABLE a (id int)").expect("written");
    let (code, message) = failure(&["advise", &path.to_string_lossy()]);
    assert_eq!(code, Some(2));
    assert!(message.contains("no rows to advise on"), "{message}");
}
