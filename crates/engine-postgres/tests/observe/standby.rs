//! A standby is observed like any server, and says how far behind it is.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{attempt, body, observe};
use dbwright_check::Checks;
use dbwright_core::engine::ObserveOptions;
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_engine_postgres::Postgres;
use dbwright_engine_postgres::lab::{Lab, LabOptions, SUPERUSER};
use dbwright_testkit::postgres_bin;
use percent_encoding::percent_decode_str;
use tempfile::TempDir;

/// The folder of a lab's socket.
fn socket(lab: &Lab) -> PathBuf {
    let url = lab.url("x");
    let (_, rest) = url.split_once('@').expect("it names a role");
    let (folder, _) = rest.split_once(':').expect("it names a port");
    PathBuf::from(percent_decode_str(folder).decode_utf8().expect("text").into_owned())
}

/// A standby of a lab, under the lab's account; ended when dropped.
struct Standby {
    folder: TempDir,
    server: Child,
}

impl Drop for Standby {
    fn drop(&mut self) {
        // At once and without ceremony: the folder goes as well.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Standby {
    fn start(lab: &Lab, hot: bool) -> Self {
        let primary = socket(lab);
        let account = fs::metadata(&primary).expect("the lab's socket folder");
        let folder = tempfile::Builder::new().prefix("dbwright-standby-").tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("changed");
        chown(folder.path(), Some(account.uid()), Some(account.gid())).expect("given away");
        let data = folder.path().join("data");
        let run = |program: &str| {
            let mut command = Command::new(lab.programs().path(program));
            command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            if account.uid() != fs::metadata("/proc/self").expect("Linux").uid() {
                command.uid(account.uid()).gid(account.gid());
            }
            command
        };
        let mut copy = run("pg_basebackup");
        copy.arg("-h").arg(&primary).args(["-U", SUPERUSER, "-R", "-X", "stream", "-c", "fast", "-D"]).arg(&data);
        assert!(copy.status().expect("it runs").success(), "no base backup");
        let mut server = run("postgres");
        server.arg("-D").arg(&data).args(["-c", "listen_addresses=", "-c"]);
        server.arg(format!("unix_socket_directories={}", folder.path().display()));
        server.arg("-c").arg(format!("hot_standby={}", if hot { "on" } else { "off" }));
        Self { server: server.spawn().expect("it starts"), folder }
    }

    fn url(&self) -> String {
        let folder: &Path = self.folder.path();
        format!("postgres:///postgres?host={}&user={SUPERUSER}", folder.display())
    }
}

#[tokio::test]
async fn a_standby_tells_its_lag_and_its_primary_the_replica_s() {
    let options = LabOptions { programs: vec![postgres_bin(15)], ..LabOptions::default() };
    let lab = Lab::start(&options, &Silent).await.expect("a lab");
    lab.execute("postgres", "CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t DEFAULT VALUES")
        .await
        .expect("a table");
    let standby = Standby::start(&lab, true);
    let limit = Instant::now() + Duration::from_mins(1);
    let snapshot = loop {
        match attempt(&standby.url(), &ObserveOptions::default()).await {
            Ok(snapshot) => break snapshot,
            Err(failure) => {
                assert!(
                    ["postgres.no-socket", "postgres.starting", "postgres.refused"].contains(&failure.code),
                    "{failure:?}"
                );
                assert!(Instant::now() < limit, "{failure:?}");
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let seen = body(&snapshot);
    assert!(seen.server.in_recovery && seen.server.wal_position.is_none());
    assert_eq!(seen.catalog.tables.len(), 1);
    assert_eq!(seen.catalog.sequences.first().and_then(|sequence| sequence.last_value), Some(1));
    let unexpected: Vec<_> = snapshot.header.gaps.iter().filter(|gap| gap.area != "statements").collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    let lag = |snapshot| {
        let outcome = Postgres.check(snapshot, &Limits::new()).expect("checked");
        outcome.scorecard.into_iter().find(|metric| metric.metric == "replication_lag").expect("it is there")
    };
    assert!(lag(&snapshot).value.is_some_and(|lag| lag < 60.0), "{:?}", lag(&snapshot));

    let primary = observe(&lab.url("postgres")).await;
    let replica = body(&primary).replication.replicas.first().expect("the standby");
    assert_eq!(replica.state.as_deref(), Some("streaming"));
    assert!(lag(&primary).value.is_some(), "{:?}", lag(&primary));
}

#[tokio::test]
async fn a_server_that_takes_no_connections_yet_says_so() {
    let options = LabOptions { programs: vec![postgres_bin(15)], ..LabOptions::default() };
    let lab = Lab::start(&options, &Silent).await.expect("a lab");
    let standby = Standby::start(&lab, false);
    let limit = Instant::now() + Duration::from_mins(1);
    loop {
        let failure = attempt(&standby.url(), &ObserveOptions::default()).await.expect_err("it lets nobody in");
        if failure.code == "postgres.starting" {
            assert!(failure.hints.iter().any(|hint| hint.contains("wait")), "{failure:?}");
            return;
        }
        assert!(Instant::now() < limit, "{failure:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
