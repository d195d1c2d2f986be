//! Servers that refuse, are busy, load or die: a gap or a clear failure, never a wrong report.

use std::time::Duration;

use dbwright_core::FailureKind;
use dbwright_core::engine::{ObserveOptions, SampleLimits};
use dbwright_testkit::redis::Wire;
use dbwright_testkit::redis_server;

use crate::common::{self, both, observe, run, script};

#[test]
fn forbidden_and_renamed_commands_become_gaps() {
    for engine in both() {
        let lines = ["rename-command CONFIG \"\"", "rename-command KEYS \"\"", "rename-command SLOWLOG hidden"];
        let server = redis_server(engine, &lines);
        run(&mut server.wire(), "SET greeting hello");
        let snapshot = common::snapshot(&server.url);
        for (area, command) in [("config", "CONFIG"), ("slowlog", "SLOWLOG")] {
            let gaps = common::gaps(&snapshot, area);
            assert!(gaps.len() == 1 && gaps[0].contains(command) && gaps[0].contains("rename-command"), "{gaps:?}");
        }
        assert_eq!(common::body(&snapshot).keyspace.names, 1);
        let server = redis_server(engine, &["user eye on >klein ~* -@all +ping +info +client|setname +dbsize"]);
        run(&mut server.wire(), "SET greeting hello");
        let at = server.url.trim_start_matches("redis://");
        let snapshot = common::snapshot(&format!("redis://eye:klein@{at}"));
        for area in ["config", "slowlog", "latency", "memory", "clients", "acl", "keyspace"] {
            let gaps = common::gaps(&snapshot, area);
            assert!(gaps.iter().any(|gap| gap.contains("ACL SETUSER eye +")), "{engine} {area}: {gaps:?}");
        }
        let outcome = common::check(&snapshot);
        assert!(outcome.findings.iter().all(|finding| !finding.evidence.is_empty()));
        assert!(!outcome.not_looked_at.is_empty());
    }
}

#[test]
fn a_sample_that_may_not_ask_for_sizes_names_the_command() {
    let server = redis_server("redis", &["user eye on >klein ~* +@all -memory|usage"]);
    run(&mut server.wire(), "SET greeting hello");
    let at = server.url.trim_start_matches("redis://");
    let gaps = common::gaps(&common::snapshot(&format!("redis://eye:klein@{at}")), "keyspace");
    assert!(
        gaps.len() == 1 && gaps[0].contains("MEMORY USAGE") && gaps[0].ends_with("ACL SETUSER eye +memory|usage"),
        "{gaps:?}"
    );
}

#[test]
fn a_busy_script_is_named() {
    for engine in both() {
        let server = redis_server(engine, &["busy-reply-threshold 100"]);
        let mut wire = server.wire();
        wire.write(&["EVAL", "while true do end", "0"]).expect("sent");
        let busy = (0..600).find_map(|_| {
            std::thread::sleep(Duration::from_millis(50));
            observe(&server.url).err()
        });
        let failure = busy.expect("it was busy");
        assert_eq!((failure.kind, failure.code), (FailureKind::Unreachable, "redis.busy"), "{failure:?}");
        assert!(failure.hints[0].contains("SCRIPT KILL"));
        run(&mut server.wire(), "SCRIPT KILL");
    }
}

/// Waits until names were read, and more will be: of so many keys a sample takes a while.
fn in_the_sample(wire: &mut Wire) {
    let calls = |text: &str| text.split_once("cmdstat_scan:calls=")?.1.split(',').next()?.parse::<u32>().ok();
    for _ in 0..60_000 {
        if calls(&run(wire, "INFO commandstats").text()).is_some_and(|calls| calls >= 5) {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("no name was read");
}

#[test]
fn a_server_that_stops_answering_costs_the_limit_once() {
    let server = redis_server("redis", &[]);
    script(&mut server.wire(), "for i=1,300000 do redis.call('SET','k:'..redis.sha1hex(i),'x') end");
    let url = server.url.clone();
    let options = ObserveOptions { statement_timeout: Duration::from_secs(2), ..ObserveOptions::default() };
    let observing = std::thread::spawn(move || common::observe_with(&url, &options));
    in_the_sample(&mut server.wire());
    server.pause();
    let start = std::time::Instant::now();
    let snapshot = observing.join().expect("no panic").expect("a partial snapshot");
    server.resume();
    assert!(start.elapsed() < Duration::from_mins(1));
    let gaps = common::gaps(&snapshot, "keyspace");
    assert!(gaps.iter().any(|gap| gap.contains("no answer within 2 s")), "{gaps:?}");
    assert!(!common::body(&snapshot).nodes[0].config.is_empty());
}

#[test]
fn a_server_that_dies_leaves_a_partial_snapshot() {
    for engine in both() {
        let mut server = redis_server(engine, &[]);
        script(&mut server.wire(), "for i=1,300000 do redis.call('SET','k:'..redis.sha1hex(i),'x') end");
        let url = server.url.clone();
        let observing = std::thread::spawn(move || observe(&url));
        in_the_sample(&mut server.wire());
        server.kill();
        let snapshot = observing.join().expect("no panic").expect("a partial snapshot");
        let gaps = common::gaps(&snapshot, "keyspace");
        assert!(gaps.iter().any(|gap| gap.contains("was lost")), "{gaps:?}");
        let keyspace = &common::body(&snapshot).keyspace;
        assert!(keyspace.ended == "failed" && keyspace.names > 0 && !keyspace.complete, "{keyspace:?}");
        let outcome = common::check(&snapshot);
        assert!(!outcome.scorecard.is_empty());
    }
}

#[test]
fn a_server_that_loads_is_named() {
    for engine in both() {
        let mut server =
            redis_server(engine, &["save 3600 1", "key-load-delay 3000", "loading-process-events-interval-bytes 1024"]);
        script(&mut server.wire(), "for i=1,20000 do redis.call('SET','k:'..redis.sha1hex(i),string.rep('x',100)) end");
        run(&mut server.wire(), "SAVE");
        server.kill();
        server.start();
        let snapshot = observe(&server.url);
        let said = match &snapshot {
            Ok(snapshot) => common::gaps(snapshot, "keyspace").join(" "),
            Err(failure) => failure.message.clone(),
        };
        assert!(said.contains("loads its data"), "{said}");
    }
}

#[test]
fn huge_values_and_a_tiny_budget_end_in_time() {
    for engine in both() {
        let server = redis_server(engine, &[]);
        let mut wire = server.wire();
        script(
            &mut wire,
            "for i=1,300000 do redis.call('HSET','huge',i,i) redis.call('RPUSH','long',i) end redis.call('SETRANGE','wide',200000000,'x')",
        );
        let start = std::time::Instant::now();
        let snapshot = common::snapshot(&server.url);
        let keyspace = &common::body(&snapshot).keyspace;
        let first = &keyspace.largest[0];
        assert_eq!((first.key.as_str(), first.length), ("wide", Some(200_000_001)));
        assert!(snapshot.header.cost.bytes < 1_000_000, "{:?}", snapshot.header.cost);
        assert!(start.elapsed() < Duration::from_mins(1));
        let huge = keyspace.largest.iter().find(|one| one.key == "huge").expect("met");
        assert_eq!((huge.length, huge.encoding.as_str()), (Some(300_000), "hashtable"));
        let sample = SampleLimits { time: Duration::from_millis(1), keys: 1, bytes: 1 };
        let options = ObserveOptions { sample, ..ObserveOptions::default() };
        assert!(common::observe_with(&server.url, &options).is_ok());
    }
}
