//! Every form of the report, from hand-made reports: one as users have them, one whose names are hostile.

use crate::common::{data, dbwright, stdout};

fn rendered(report: &str, format: &str) -> String {
    stdout(&["render", report, "--format", format])
}

#[test]
fn text() {
    insta::assert_snapshot!(rendered("report.json", "text"));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(rendered("report.json", "markdown"));
}

#[test]
fn html() {
    let page = rendered("report.json", "html");
    // The style sheet is a file of its own; what is pinned is the page.
    let (before, rest) = page.split_once("<style>").expect("a style sheet");
    let (_, after) = rest.split_once("</style>").expect("its end");
    insta::assert_snapshot!(format!("{before}{after}").replace("><", ">\n<"));
}

#[test]
fn json_is_the_report_itself() {
    let text = std::fs::read_to_string(data().join("report.json")).expect("test data");
    let file: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let out: serde_json::Value = serde_json::from_str(&rendered("report.json", "json")).expect("JSON");
    assert_eq!(out, file);
}

#[test]
fn sarif_has_what_code_scanning_needs() {
    let sarif: serde_json::Value = serde_json::from_str(&rendered("report.json", "sarif")).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert!(rules.iter().all(|rule| rule["help"]["text"].as_str().is_some_and(|text| !text.is_empty())));
    let results = run["results"].as_array().expect("results");
    let levels: Vec<_> = results.iter().map(|result| result["level"].as_str().unwrap_or_default()).collect();
    assert_eq!(levels, ["error", "error", "error", "warning", "note"]);
    for result in results {
        assert!(result["partialFingerprints"]["dbwright/v1"].as_str().is_some_and(|f| f.len() == 16), "{result}");
        assert!(result["message"]["text"].as_str().is_some_and(|text| text.contains("Evidence: ")), "{result}");
        if let Some(index) = result["ruleIndex"].as_u64() {
            assert_eq!(rules[usize::try_from(index).expect("small")]["id"], result["ruleId"]);
        }
    }
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"].as_array().map(Vec::len), Some(3));
}

/// Nothing in a name may act on a terminal, a page, or a reader's eyes.
#[test]
fn hostile_names_act_on_nothing() {
    for format in ["text", "markdown", "html", "json", "sarif"] {
        let out = rendered("hostile.json", format);
        let odd = out.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        let json = matches!(format, "json" | "sarif");
        // JSON may hold any character but control characters; its reader escapes for its own medium.
        assert!(odd.is_none() || (json && odd == Some('\u{202e}')), "{format}: {odd:?} in {out}");
    }
}

#[test]
fn hostile_names_in_text() {
    insta::assert_snapshot!(rendered("hostile.json", "text"));
}

#[test]
fn hostile_names_in_markdown() {
    let out = rendered("hostile.json", "markdown");
    insta::assert_snapshot!(out);
    assert!(!out.contains("\n</details>") && !out.contains("\n# x"), "{out}");
}

#[test]
fn hostile_names_in_html() {
    let page = rendered("hostile.json", "html");
    for tag in ["<script", "<img", "</script", "</details>\u{20}"] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert!(page.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
    for request in ["http://", "https://", "url(", "@import", " src=\"", "<link"] {
        assert!(!page.contains(request), "the page must be self-contained: {request}");
    }
}

#[test]
fn many_findings_of_one_rule_are_shortened() {
    let text = std::fs::read_to_string(data().join("report.json")).expect("test data");
    let mut report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let model = report["findings"][4].clone();
    let many = (0..25).map(|i| {
        let mut one = model.clone();
        one["title"] = format!("index orders_{i}_idx has not been used").into();
        one["change"]["forward"] = serde_json::json!([format!("DROP INDEX CONCURRENTLY public.orders_{i}_idx")]);
        one
    });
    report["findings"] = many.collect();
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("many.json");
    std::fs::write(&path, report.to_string()).expect("written");
    let path = path.to_string_lossy();
    let short = stdout(&["render", &path]);
    assert_eq!(short.matches("dbwright rules pg/unused-index").count(), 5, "{short}");
    assert!(short.contains("and 20 more of pg/unused-index"), "{short}");
    let full = stdout(&["render", &path, "--all"]);
    assert_eq!(full.matches("dbwright rules pg/unused-index").count(), 25);
    for i in 0..25 {
        let fix = format!("DROP INDEX CONCURRENTLY public.orders_{i}_idx;");
        assert!(short.contains(&fix) && full.contains(&fix), "{fix}");
    }
}

#[test]
fn colour_only_where_it_is_wanted() {
    let has_colour = |variables: &[(&str, &str)], option: &[&str]| {
        let mut command = dbwright();
        command.current_dir(data()).envs(variables.iter().copied()).args(["render", "report.json"]).args(option);
        command.output().expect("dbwright starts").stdout.contains(&0x1b)
    };
    assert!(!has_colour(&[], &[]), "a pipe");
    assert!(has_colour(&[("CLICOLOR_FORCE", "1")], &[]));
    assert!(!has_colour(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &["--color", "never"]));
    assert!(!has_colour(&[("NO_COLOR", "1")], &[]));
    assert!(has_colour(&[("NO_COLOR", "1")], &["--color", "always"]));
}

#[test]
fn a_file_never_gets_colour() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("report.txt");
    let mut command = dbwright();
    command.current_dir(data()).env("CLICOLOR_FORCE", "1").args(["render", "report.json", "-o"]).arg(&path);
    command.assert().success().stdout("");
    let text = std::fs::read_to_string(&path).expect("written");
    assert!(!text.contains('\u{1b}') && text.starts_with("db.example:5432/shop\n"), "{text}");
}
