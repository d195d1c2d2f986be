//! Logs that real servers wrote of real statements, in every format, read back.

use std::collections::BTreeMap;
use std::time::Duration;

use dbwright_core::progress::Silent;
use dbwright_core::target::Address;
use dbwright_core::workload::{Statement, Workload};
use dbwright_testkit::postgres_bin;
use futures_util::TryStreamExt;

use super::read;
use crate::connect::Connection;
use crate::lab::{Lab, LabOptions};

const TABLE: &str = "CREATE TABLE t (a int, b text); INSERT INTO t SELECT n, 'x' FROM generate_series(1, 100) n; \
    CREATE FUNCTION inside(wanted int) RETURNS bigint LANGUAGE plpgsql AS \
    $$ BEGIN RETURN (SELECT count(*) FROM t WHERE a = wanted); END $$";
const END: &str = "select 'the end of the log'";

/// A private server that writes its log in all formats.
struct Logging {
    lab: Lab,
    connection: Connection,
}

impl Logging {
    async fn start(major: u32, settings: &[(&str, &str)]) -> Self {
        let formats = if major >= 15 { "stderr,csvlog,jsonlog" } else { "stderr,csvlog" };
        let base = [
            ("logging_collector", "on"),
            ("log_destination", formats),
            ("log_directory", "log"),
            ("log_filename", "all.log"),
            ("log_rotation_size", "0"),
            ("session_preload_libraries", "auto_explain"),
        ];
        let settings = base.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let options = LabOptions {
            programs: vec![postgres_bin(major)],
            major: Some(major),
            settings: settings.collect(),
            ..LabOptions::default()
        };
        let lab = Lab::start(&options, &Silent).await.expect("a lab");
        let address = Address::parse(&lab.url("postgres")).expect("an address");
        let connection = crate::connect::open(&address, Duration::from_secs(10)).await.expect("a connection");
        Self { lab, connection }
    }

    async fn run(&self, sql: &str) {
        let done = self.connection.client.batch_execute(sql).await;
        done.unwrap_or_else(|error| panic!("{sql}: {}", crate::error::text(&error)));
    }

    /// What applications do: texts, parameters, cursors, copies, and an error.
    async fn work(&self) {
        let client = &self.connection.client;
        for id in [1, 2, 3] {
            self.run(&format!("select * from t -- it's \"one\", of three\n\twhere a = {id}\n")).await;
        }
        let prepared = client.prepare("select b from t where a = $1 and b = $2").await.expect("prepared");
        for (a, b) in [(1, "it's,\n a \"b\" $1"), (2, "x")] {
            client.query(&prepared, &[&a, &b]).await.expect("rows");
        }
        self.run("prepare p (int) as select count(*) from t where a > $1").await;
        self.run("execute p(7)").await;
        self.run("execute p(8)").await;
        self.run("begin").await;
        self.run("declare c cursor for select a from t order by b").await;
        self.run("fetch 10 from c").await;
        self.run("fetch 10 from c").await;
        self.run("commit").await;
        let copy = client.copy_out("copy (select a from t where b = 'y') to stdout").await.expect("a copy");
        copy.try_collect::<Vec<_>>().await.expect("rows");
        client.batch_execute("select 1 / 0 from t").await.expect_err("an error");
        self.run("select inside(5)").await;
    }

    /// The logs by the end of their names, once the last statement has arrived in all of them.
    async fn logs(&self) -> BTreeMap<String, String> {
        self.run(END).await;
        self.run("select 1").await;
        let folder = self.lab.data().join("log");
        for _ in 0..1000 {
            let files = std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("a file").path());
            let texts: BTreeMap<_, _> = files
                .map(|path| {
                    (
                        path.file_name().expect("a name").to_string_lossy().into_owned(),
                        std::fs::read_to_string(&path).expect("text"),
                    )
                })
                .collect();
            if texts.values().all(|text| text.contains("the end of the log")) {
                return texts;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the log never had its last statement");
    }
}

fn workload(name: &str, text: &str) -> Workload {
    read(name, &mut text.as_bytes()).expect(name).unwrap_or_else(|| panic!("{name} is no log:\n{text}"))
}

fn find<'a>(workload: &'a Workload, part: &str) -> &'a Statement {
    let found =
        workload.statements.iter().find(|s| s.text.contains(part) || s.samples.iter().any(|text| text.contains(part)));
    found.unwrap_or_else(|| panic!("{part} is not in {:#?}", workload.statements))
}

/// What every way of logging must tell of the work.
fn told(workload: &Workload, name: &str) {
    let text = find(workload, "from t where a = ?");
    assert_eq!((text.calls, text.samples.len()), (3.0, text.samples.len().clamp(1, 3)), "{name}: {text:#?}");
    assert!(text.samples[0].contains("one\", of three"), "{name}: {text:#?}");
    assert!(text.total_ms.expect("a time") >= text.max_ms.expect("a time"), "{name}");
    let driver = find(workload, "select b from t");
    assert_eq!(driver.calls, 2.0, "{name}: {driver:#?}");
    let errors = workload.statements.iter().filter(|s| s.text.contains('/') && s.text.contains("from t")).count();
    assert_eq!(errors, 0, "{name}: an error is no run");
    assert!(find(workload, "order by b").total_ms.is_some(), "{name}");
    assert!(workload.window_s.is_none_or(|seconds| seconds < 600.0), "{name}");
}

fn parameters(workload: &Workload, name: &str) {
    let driver = find(workload, "select b from t");
    let expected = "select b from t where a = '1' and b = 'it''s,\n a \"b\" $1'";
    assert!(driver.samples.iter().any(|sample| sample == expected), "{name}: {driver:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn durations_with_their_statements_are_read_from_every_format() {
    for major in [15, 17, 18] {
        let prefix =
            ("log_line_prefix", if major == 15 { "%t [%p]: [%l-1] user=%u,db=%d,app=%a " } else { "%m [%p] %q%u@%d " });
        let server = Logging::start(major, &[prefix, ("log_min_duration_statement", "0")]).await;
        server.run(TABLE).await;
        server.work().await;
        let logs = server.logs().await;
        assert_eq!(logs.len(), 3, "{:?}", logs.keys());
        for (name, text) in &logs {
            let workload = workload(name, text);
            told(&workload, name);
            parameters(&workload, name);
            let prepared = find(&workload, "count(*) from t where a >");
            assert!(prepared.samples.iter().any(|sample| sample.ends_with("a > 7")), "{major} {name}: {prepared:#?}");
            let copied = find(&workload, "select a from t where b =");
            assert_eq!(copied.samples, ["select a from t where b = 'y'"], "{name}");
            assert_eq!(find(&workload, "order by b").calls, 1.0, "{name}: fetching goes on with one call");
            let divided = |note: &String| note.contains("divided evenly");
            assert!(workload.notes.len() == 1 && workload.notes.iter().all(divided), "{name}: {:?}", workload.notes);
            assert!(workload.statements.iter().all(|s| s.user.as_deref() == Some("postgres")), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_and_durations_in_two_reports_are_joined() {
    for major in [15, 18] {
        let server =
            Logging::start(major, &[("log_statement", "all"), ("log_duration", "on"), ("log_line_prefix", "%c %e ")])
                .await;
        server.run(TABLE).await;
        server.work().await;
        for (name, text) in server.logs().await {
            let workload = workload(&name, &text);
            told(&workload, &name);
            parameters(&workload, &name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_of_auto_explain_are_read_once_beside_durations() {
    for (major, format, both) in [(15, "text", false), (15, "json", true), (18, "json", false), (18, "text", true)] {
        let duration = if both { "0" } else { "-1" };
        let server = Logging::start(
            major,
            &[
                ("auto_explain.log_min_duration", "0"),
                ("auto_explain.log_format", format),
                ("auto_explain.log_nested_statements", "on"),
                ("auto_explain.log_analyze", "on"),
                ("log_min_duration_statement", duration),
            ],
        )
        .await;
        server.run(TABLE).await;
        server.work().await;
        for (name, text) in server.logs().await {
            let workload = workload(&name, &text);
            let name = format!("{major} {format} {name}");
            told(&workload, &name);
            if major >= 16 || both {
                parameters(&workload, &name);
            }
            let inner =
                workload.statements.iter().find(|s| s.nested).unwrap_or_else(|| panic!("{name}: nothing nested"));
            assert!(inner.samples[0].contains("WHERE a = wanted"), "{name}: {inner:#?}");
            assert!(!find(&workload, "inside(?)").nested, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_lines_are_counted_and_other_files_are_no_logs() {
    let server = Logging::start(17, &[("log_min_duration_statement", "0")]).await;
    server.run(TABLE).await;
    server.work().await;
    for (name, text) in server.logs().await {
        // The tail of a report that rotation cut off, and a report without its end in the middle.
        let lines: Vec<_> = text.lines().collect();
        let cut = lines.iter().position(|line| line.contains("execute")).expect("an execute");
        let half = &lines[cut][..lines[cut].len() / 2];
        let damaged = format!(
            "…the rest of a \"report\"\n{}\n{half}\n{}\n",
            lines[..cut].join("\n"),
            lines[cut + 1..].join("\n")
        );
        let whole = workload(&name, &text);
        let partial = workload(&name, &damaged);
        assert!(partial.statements.len() + 4 >= whole.statements.len(), "{name}");
        assert!(partial.notes.iter().any(|note| note.contains("belong to no report")), "{name}: {:?}", partial.notes);
    }
    let is_log = |name: &str, text: &str| read(name, &mut text.as_bytes()).map(|workload| workload.is_some());
    assert!(!is_log("queries.sql", "-- LOG:  x\nselect 1").expect("readable"));
    assert!(!is_log("list", "select 1;\nselect 2;").expect("readable"));
    let failure = is_log("server.log", "2026-01-31 12:00:00 UTC [1] LOG:  checkpoint starting: time\n");
    assert!(failure.expect_err("no statements").message.contains("tells of no statement"));
}
