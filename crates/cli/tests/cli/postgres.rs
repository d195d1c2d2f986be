//! `check`, `snapshot` and `diff` on a real PostgreSQL, also as a role that may do almost nothing.

use std::process::Output;

use dbwright_testkit::Database;
use serde_json::Value;

use crate::common::dbwright;

fn run(arguments: &[&str]) -> Output {
    dbwright().args(arguments).output().expect("dbwright starts")
}

fn json(arguments: &[&str]) -> Value {
    let output = run(&[arguments, &["--format", "json"]].concat());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {error}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {error}"))
}

/// The URL with another user, without a password.
fn as_role(url: &str, role: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let after = rest.split_once('@').map_or(rest, |(_, after)| after);
    format!("{scheme}://{role}@{after}")
}

#[test]
fn the_page_shows_findings_and_sizes_of_a_real_database() {
    let database = Database::create(17);
    database.execute("CREATE TABLE \"big <table>\" AS SELECT g, md5(g::text) AS note FROM generate_series(1, 20000) g");
    let output = run(&["check", &database.url, "--no-prove", "--format", "html"]);
    let page = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(page.contains("big &lt;table&gt;") && !page.contains("big <table>"), "{page}");
    assert!(page.contains("<svg class=\"sizes\"") && page.contains("Table sizes"), "{page}");
    assert!(page.contains("sql/no-primary-key"), "{page}");
}

#[test]
fn a_role_with_nothing_gets_a_report_that_says_what_it_lacks() {
    let database = Database::create(17);
    let role = format!("{}_nobody", database.name);
    database.execute(&format!("CREATE TABLE secret (id int PRIMARY KEY); CREATE ROLE {role} LOGIN"));
    let report = json(&["check", &as_role(&database.url, &role), "--no-prove"]);
    database.execute(&format!("DROP ROLE {role}"));
    let skipped = report["not_looked_at"].as_array().expect("a list");
    let gaps = report["gaps"].as_array().map_or(0, Vec::len);
    assert!(skipped.len() + gaps > 0, "{report}");
    assert!(skipped.iter().all(|one| one["reason"].as_str().is_some_and(|reason| !reason.is_empty())), "{report}");
}

#[test]
fn a_missing_database_is_3_and_named() {
    let database = Database::create(17);
    let url = database.url.replace(&database.name, "no_such_database_at_all");
    let output = run(&["check", &url]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("no_such_database_at_all"), "{message}");
}

#[test]
fn a_diff_tells_what_changed_between_two_snapshots() {
    let database = Database::create(17);
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let take = |name: &str| {
        let output = run(&["snapshot", &database.url, "-o", &file(name)]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    };
    database.execute("CREATE TABLE orders (id bigint PRIMARY KEY, note text)");
    take("before.zst");
    database.execute(
        "ALTER TABLE orders ADD COLUMN \"total\u{1b}[31m\" numeric; CREATE INDEX orders_note_idx ON orders (note)",
    );
    take("after.zst");
    let (before, after) = (file("before.zst"), file("after.zst"));
    let whole = json(&["diff", &before, &after]);
    let subjects: Vec<_> =
        whole["differences"].as_array().expect("a list").iter().map(|d| d["subject"].to_string()).collect();
    assert!(subjects.iter().any(|subject| subject.contains("orders_note_idx")), "{whole}");
    for format in ["text", "markdown"] {
        let output = run(&["diff", &before, &after, "--format", format]);
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.contains("orders_note_idx") && !text.contains('\u{1b}'), "{text}");
    }
    let same = run(&["diff", &before, &before]);
    assert!(String::from_utf8_lossy(&same.stdout).contains("Nothing differs."));
}
