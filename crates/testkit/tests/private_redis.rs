//! Private servers of Redis and Valkey do what tests of an engine rely on.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use dbwright_testkit::redis::{Reply, Wire};
use dbwright_testkit::{engines, redis_cluster, redis_sentinel, redis_server};

#[test]
fn a_server_takes_lines_of_configuration_and_is_gone_with_its_value() {
    for engine in engines(&["redis", "valkey"]) {
        let server = redis_server(engine, &["maxmemory 50mb", "rename-command KEYS \"\""]);
        assert_eq!(server.command("CONFIG GET maxmemory").text(), "maxmemory\n52428800");
        let refused = server.wire().command(&["KEYS", "*"]).expect_err("there is no such command");
        assert!(refused.contains("unknown command"), "{refused}");
        assert!(server.socket.exists());
        let (port, home) = (server.port, server.home().to_owned());
        drop(server);
        assert!(Wire::open(port).is_err() && !home.exists());
    }
}

#[test]
fn a_server_that_was_killed_starts_again_on_its_port_and_a_held_one_goes_on() {
    let mut server = redis_server("redis", &["appendonly yes", "appendfsync always"]);
    server.command("SET kept 1");
    server.kill();
    assert!(Wire::open(server.port).is_err());
    server.start();
    let is_loaded = || server.wire().send(&["GET", "kept"]) == Ok(Reply::Text(b"1".to_vec()));
    while !is_loaded() {
        sleep(Duration::from_millis(50));
    }
    let mut wire = server.wire();
    server.pause();
    wire.write(&["GET", "kept"]).expect("the kernel takes it");
    server.resume();
    assert_eq!(wire.read(), Ok(Reply::Text(b"1".to_vec())));
}

#[test]
fn a_replica_has_the_data_and_a_sentinel_knows_both() {
    let primary = redis_server("valkey", &[]);
    primary.command("SET a 1");
    let replica = primary.replica(&[]);
    assert_eq!(replica.command("GET a").text(), "1");
    let sentinel = redis_sentinel(&primary, &["sentinel down-after-milliseconds primary 1000"]);
    let known = sentinel.command("SENTINEL GET-MASTER-ADDR-BY-NAME primary").text();
    assert_eq!(known, format!("127.0.0.1\n{}", primary.port));
}

#[test]
fn a_cluster_is_well_until_a_node_is_killed() {
    let mut cluster = redis_cluster("redis", &["cluster-require-full-coverage yes"]);
    let info = cluster.wire(5).command(&["CLUSTER", "INFO"]).expect("it answers").text();
    assert!(info.contains("cluster_state:ok") && info.contains("cluster_size:3"), "{info}");
    cluster.kill(3);
    cluster.kill(0);
    let says_fail = |reply: Reply| reply.text().contains("cluster_state:fail");
    while !says_fail(cluster.wire(1).command(&["CLUSTER", "INFO"]).expect("it answers")) {
        sleep(Duration::from_millis(50));
    }
}

/// A test that is killed can't drop its servers.
#[test]
fn a_server_ends_when_its_test_is_killed() {
    if let Ok(file) = std::env::var("DBWRIGHT_TEST_LEAVES_A_SERVER_IN") {
        let server = redis_server("redis", &[]);
        let said = format!("{}\n{}", server.port, server.home().display());
        std::fs::write(file, said).expect("the folder is there");
        std::process::abort();
    }
    let folder = dbwright_testkit::Scratch::new();
    let file = folder.path().join("said");
    let me = std::env::current_exe().expect("a test has a program");
    let mut again = std::process::Command::new(me);
    again.args(["--exact", "a_server_ends_when_its_test_is_killed"]).env("DBWRIGHT_TEST_LEAVES_A_SERVER_IN", &file);
    assert!(!again.output().expect("it starts").status.success());
    let said = std::fs::read_to_string(file).expect("it got that far");
    let (port, home) = said.split_once('\n').expect("two lines");
    let port = port.parse().expect("a port");
    while Wire::open(port).is_ok() || Path::new(home).exists() {
        sleep(Duration::from_millis(50));
    }
}
