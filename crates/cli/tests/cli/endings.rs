//! How a run ends: the exit codes, and what is said on the way out.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use dbwright_testkit::Database;
use dbwright_testkit::process::Process;
use dbwright_testkit::redis::redis_server;

use crate::common::{data, dbwright, failure};

#[test]
fn wrong_usage_is_2() {
    let cases: [&[&str]; 9] = [
        &["chekc"],
        &["check", "x", "--fail-on", "terrible"],
        &["check", "x", "--lock-timeout", "soon"],
        &["check", "no-such-file.db"],
        &["check", "oracle://db"],
        &["check", "."],
        &["render", "hostile.sql"],
        &["render", "../cli/main.rs"],
        &["check", "report.json"],
    ];
    for case in cases {
        let (code, message) = failure(case);
        assert_eq!(code, Some(2), "{case:?}: {message}");
        assert!(message.contains("error"), "{case:?}: {message}");
    }
}

#[test]
fn a_target_that_does_not_answer_is_3_and_its_password_is_not_said() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let url = format!("postgres://ann:s3cr%40t@127.0.0.1:{port}/shop");
    for more in [&["--verbose"][..], &[]] {
        let (code, message) = failure(&[&["check", url.as_str()], more].concat());
        assert_eq!(code, Some(3), "{message}");
        assert!(message.starts_with("error[") && message.contains(&port.to_string()), "{message}");
        assert!(!message.contains("s3cr"), "{message}");
    }
}

#[test]
fn a_server_of_another_engine_is_named() {
    let postgres = Database::create(17);
    let redis = redis_server("redis", &[]);
    let place = |url: &str| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        rest.rsplit('@').next().and_then(|rest| rest.split(['/', '?']).next()).expect("a place").to_owned()
    };
    let (postgres, redis) = (place(&postgres.url), place(&redis.url));
    let cases = [
        ("redis", &postgres, "PostgreSQL"),
        ("mysql", &postgres, "PostgreSQL"),
        ("postgres", &redis, "Redis/Valkey"),
        ("mysql", &redis, "Redis/Valkey"),
    ];
    for (scheme, place, there) in cases {
        let (code, message) =
            failure(&["check", &format!("{scheme}://ann:s3cr%40t@{place}"), "--connect-timeout", "2s"]);
        assert_eq!(code, Some(3), "{message}");
        assert!(message.starts_with("error[target.another-engine]"), "{scheme} at {there}: {message}");
        assert!(message.contains(&format!("{there} answers at {place}")) && !message.contains("s3cr"), "{message}");
    }
}

#[test]
fn a_damaged_snapshot_is_3() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path.to_string_lossy().into_owned()
    };
    let cases = [
        (file("cut.snapshot.json.zst", &[0x28, 0xb5, 0x2f, 0xfd, 0x04]), "snapshot.damaged"),
        (file("newer.json", b"{\"dbwright_snapshot\":99}"), "snapshot.newer"),
        (file("edited.json", b"{\"dbwright_snapshot\":1,\"header\":{}}"), "snapshot.damaged"),
    ];
    for (path, code) in cases {
        let (exit, message) = failure(&["check", &path]);
        assert_eq!(exit, Some(3), "{message}");
        assert!(message.starts_with(&format!("error[{code}]")) && message.contains("hint: "), "{message}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_4() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let output = Command::new(assert_cmd::cargo::cargo_bin!("dbwright"))
        .current_dir(data())
        .args(["render", "report.json"])
        .stdout(full)
        .output()
        .expect("dbwright starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{message}");
    assert!(message.starts_with("error[output.full]"), "{message}");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("dbwright"))
        .arg("reference")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("dbwright starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// A server that accepts and never answers keeps the run waiting until it is stopped.
#[test]
#[cfg(unix)]
fn an_interrupt_is_130() {
    let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("postgres://ann@{}/shop", server.local_addr().expect("bound"));
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("dbwright"))
        .args(["check", &url, "--connect-timeout", "60s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("dbwright starts");
    let (mut connection, _) = server.accept().expect("it connects");
    let mut first = [0; 1];
    connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    connection.read_exact(&mut first).expect("it speaks first");
    let process = Process::with_pid(child.id()).expect("it waits for the server");
    process.signal("INT").expect("a signal can be sent");
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
}

#[test]
fn of_two_opposite_options_the_last_one_counts_and_a_file_has_nothing_to_measure() {
    let folder = tempfile::tempdir().expect("temporary folder");
    std::fs::write(folder.path().join("shop.db"), "").expect("written");
    let run = |arguments: &[&str]| {
        let output = dbwright().current_dir(folder.path()).args(arguments).output().expect("dbwright starts");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    run(&["snapshot", "shop.db", "-o", "shop.snapshot.json.zst"]);
    let said = "no experiments were made";
    assert!(run(&["check", "shop.snapshot.json.zst", "--no-prove", "--prove"]).contains(said));
    assert!(!run(&["check", "shop.snapshot.json.zst", "--prove", "--no-prove"]).contains(said));
    assert!(!run(&["check", "shop.snapshot.json.zst"]).contains(said));
}

#[test]
fn output_that_can_not_be_placed_is_2_and_leaves_nothing() {
    let (code, message) = failure(&["render", "report.json", "-o", "/no/such/folder/report.txt"]);
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("/no/such/folder/report.txt"), "{message}");
}

#[test]
fn a_mistake_in_the_configuration_is_2_with_its_line() {
    let folder = tempfile::tempdir().expect("temporary folder");
    std::fs::write(folder.path().join("dbwright.toml"), "[check]\nfail-on = \"terrible\"\n").expect("written");
    let inner = folder.path().join("a/b");
    std::fs::create_dir_all(&inner).expect("a folder");
    let output = dbwright().current_dir(&inner).args(["check", "sqlite:x.db"]).output().expect("dbwright starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("dbwright.toml") && message.contains('2'), "{message}");
}
