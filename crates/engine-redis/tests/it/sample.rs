//! The sample of the keys: patterns, projections against a full scan, and what it costs the server.

use std::collections::BTreeMap;
use std::time::Duration;

use dbwright_core::engine::{ObserveOptions, SampleLimits, Values};
use dbwright_engine_redis::body::Keyspace;
use dbwright_testkit::redis::Wire;
use dbwright_testkit::redis_server;

use crate::common::{self, both, run, script};

/// Keys of several shapes: 60,000 with sizes that differ.
fn fill(wire: &mut Wire) {
    script(
        wire,
        "math.randomseed(7)
         for i=1,30000 do redis.call('SET','session:'..redis.sha1hex(i),string.rep('x',100+math.random(300)),'EX',600+math.random(9000)) end
         for i=1,20000 do redis.call('HSET','user:'..i,'name',string.rep('n',5+math.random(20)),'mail','m'..i) end
         for i=1,10000 do redis.call('SET','page:/shop/'..i,string.rep('<p>',math.floor(-math.log(math.random())*200)+1)) end",
    );
}

/// Bytes and keys of every pattern, counted one by one by other means.
fn full_scan(wire: &mut Wire) -> BTreeMap<&'static str, (f64, f64)> {
    let mut sums: BTreeMap<&'static str, (f64, f64)> = BTreeMap::new();
    let keys = run(wire, "KEYS *").text();
    for key in keys.lines() {
        let pattern = match key.split(':').next() {
            Some("session") => "session:*",
            Some("user") => "user:*",
            _ => "page:/shop/*",
        };
        let bytes: f64 = run(wire, &format!("MEMORY USAGE {key} SAMPLES 5")).text().parse().expect("a number");
        let sum = sums.entry(pattern).or_default();
        *sum = (sum.0 + 1.0, sum.1 + bytes);
    }
    sums
}

fn assert_near(keyspace: &Keyspace, truth: &BTreeMap<&'static str, (f64, f64)>, share: f64) {
    for (name, (keys, bytes)) in truth {
        let pattern = keyspace.patterns.iter().find(|pattern| pattern.name == *name);
        let pattern = pattern.unwrap_or_else(|| panic!("no {name}: {:?}", keyspace.patterns));
        let off = |value: f64, truth: f64| (value / truth - 1.0).abs();
        let (by_keys, by_bytes) = (off(pattern.keys.value, *keys), off(pattern.bytes.value, *bytes));
        println!(
            "{name}: keys off by {by_keys:.4}, bytes off by {by_bytes:.4} (error {:.4})",
            pattern.bytes.error / bytes
        );
        assert!(by_keys < share && by_bytes < share, "{name}: {by_keys} {by_bytes}: {pattern:?}");
        assert!((pattern.bytes.value - bytes).abs() <= pattern.bytes.error * 2.0 + 1.0, "{name}: {pattern:?}");
    }
}

#[test]
fn a_projection_is_within_a_twentieth_of_a_full_scan() {
    for engine in both() {
        let server = redis_server(engine, &[]);
        let mut wire = server.wire();
        fill(&mut wire);
        let truth = full_scan(&mut wire);
        // Pages differ in size as much as their mean: of a third of them the estimate is off by a twentieth once in eighty times.
        let sample = SampleLimits { keys: 40_000, time: Duration::from_secs(30), ..SampleLimits::default() };
        let options = ObserveOptions { sample, ..ObserveOptions::default() };
        let snapshot = common::observe_with(&server.url, &options).expect("observed");
        let keyspace = &common::body(&snapshot).keyspace;
        assert!(!keyspace.complete && keyspace.names >= 5_000, "{keyspace:?}");
        assert_eq!(keyspace.keys, 60_000);
        assert_near(keyspace, &truth, 0.05);
        assert!(keyspace.unevenness.is_some_and(|worst| worst < 5.0), "{:?}", keyspace.unevenness);
    }
}

#[test]
fn keys_that_have_expired_and_are_not_yet_removed_do_not_count() {
    for engine in both() {
        let server = redis_server(engine, &["enable-debug-command local"]);
        let mut wire = server.wire();
        fill(&mut wire);
        // Nothing removes them but a look at each.
        run(&mut wire, "DEBUG SET-ACTIVE-EXPIRE 0");
        script(&mut wire, "for i=1,40000 do redis.call('SET','gone:'..i,'x','PX',1) end");
        std::thread::sleep(Duration::from_millis(50));
        let sample = SampleLimits { keys: 20_000, ..SampleLimits::default() };
        let options = ObserveOptions { sample, ..ObserveOptions::default() };
        let snapshot = common::observe_with(&server.url, &options).expect("observed");
        let keyspace = &common::body(&snapshot).keyspace;
        println!("{engine}: {} keys, {:?}", keyspace.keys, keyspace.databases);
        assert!((keyspace.keys as f64 / 60_000.0 - 1.0).abs() < 0.05, "{engine}: {}", keyspace.keys);
        assert!(!keyspace.patterns.iter().any(|pattern| pattern.name.starts_with("gone")));
    }
}

#[test]
fn a_small_keyspace_is_counted_not_estimated() {
    for engine in both() {
        let server = redis_server(engine, &[]);
        let mut wire = server.wire();
        script(
            &mut wire,
            "for i=1,300 do redis.call('SET','user:'..i..':name','x') redis.call('RPUSH','queue:'..i,'a','b') end
             redis.call('SELECT','3') for i=1,50 do redis.call('SET','other:'..i,'y','EX',100) end",
        );
        let snapshot = common::snapshot(&server.url);
        let keyspace = &common::body(&snapshot).keyspace;
        assert!(keyspace.complete, "{keyspace:?}");
        assert_eq!((keyspace.keys, keyspace.names, keyspace.detailed), (650, 650, 650));
        let seen: BTreeMap<_, _> =
            keyspace.patterns.iter().map(|p| ((p.database, p.name.as_str()), (p.keys.value, p.keys.error))).collect();
        let expected =
            [((0, "queue:*"), (300.0, 0.0)), ((0, "user:*:name"), (300.0, 0.0)), ((3, "other:*"), (50.0, 0.0))];
        assert_eq!(seen, BTreeMap::from(expected));
        let other = keyspace.patterns.iter().find(|pattern| pattern.database == 3).expect("met");
        assert_eq!((other.expiry.with, other.expiry.without), (50, 0));
        assert!(other.expiry.same_minute > 0.99);
        // Only the database of the URL.
        let one = common::snapshot(&format!("{}/3", server.url));
        assert_eq!(common::body(&one).keyspace.keys, 50);
    }
}

#[test]
fn names_of_any_bytes_are_shown_escaped_and_hidden_on_request() {
    let server = redis_server("redis", &[]);
    let mut wire = server.wire();
    let names: [&[u8]; 5] = [b"bin:\x00\x01", b"\xff\xfe\xfd\xfc", b"with space\r\n", "größe:🦀".as_bytes(), b""];
    for name in names {
        wire.command(&[b"SET".as_slice(), name, &[b'v'; 4_000]]).expect("set");
    }
    let snapshot = common::snapshot(&server.url);
    let keyspace = &common::body(&snapshot).keyspace;
    assert_eq!(keyspace.names, 5);
    let keys: Vec<&str> = keyspace.largest.iter().map(|one| one.key.as_str()).collect();
    for expected in ["bin:\\x00\\x01", "\\xff\\xfe\\xfd\\xfc", "with space\\x0d\\x0a", "größe:🦀", ""] {
        assert!(keys.contains(&expected), "{expected}: {keys:?}");
    }
    assert!(keyspace.largest.iter().all(|one| one.length == Some(4_000)));
    let options = ObserveOptions { values: Values::None, ..ObserveOptions::default() };
    let hidden = common::observe_with(&server.url, &options).expect("observed");
    let keyspace = &common::body(&hidden).keyspace;
    assert!(keyspace.largest.iter().all(|one| one.key == one.pattern));
    assert!(keyspace.patterns.iter().all(|pattern| pattern.values.is_none()));
    // Five different names: what is said of each would be said of one.
    assert_eq!(keyspace.patterns.iter().map(|pattern| pattern.name.as_str()).collect::<Vec<_>>(), ["*"]);
}

#[test]
fn uses_are_told_when_the_server_counts_them() {
    for engine in both() {
        let server = redis_server(engine, &["maxmemory 200mb", "maxmemory-policy allkeys-lfu"]);
        let mut wire = server.wire();
        script(
            &mut wire,
            "for i=1,500 do redis.call('SET','item:'..i,'x') end for i=1,30000 do redis.call('GET','item:7') end",
        );
        let snapshot = common::snapshot(&server.url);
        let keyspace = &common::body(&snapshot).keyspace;
        assert!(common::gaps(&snapshot, "frequency").is_empty());
        let hottest = keyspace.hottest.first().expect("a hot key");
        assert_eq!(hottest.key, "item:7");
        assert!(hottest.frequency > 20, "{hottest:?}");
        assert!(keyspace.patterns[0].idle_s.is_none() && keyspace.patterns[0].frequency.is_some());
        let plain = redis_server(engine, &[]);
        let gaps = common::gaps(&common::snapshot(&plain.url), "frequency");
        assert!(gaps.iter().any(|gap| gap.contains("maxmemory-policy")), "{gaps:?}");
    }
}

#[test]
fn streams_and_kinds_of_values_are_told() {
    for engine in both() {
        let server = redis_server(engine, &[]);
        let mut wire = server.wire();
        script(
            &mut wire,
            "for i=1,40 do redis.call('SET','doc:'..i,'{\"name\": \"a text that is long enough to be told apart from others\"}') end
             for i=1,500 do redis.call('XADD','events','*','kind','click') end
             redis.call('XGROUP','CREATE','events','workers','0')
             redis.call('XREADGROUP','GROUP','workers','w1','COUNT','100','STREAMS','events','>')",
        );
        let keyspace = &common::body(&common::snapshot(&server.url)).keyspace.clone();
        let docs = keyspace.patterns.iter().find(|pattern| pattern.name == "doc:*").expect("met");
        let values = docs.values.expect("looked at");
        assert_eq!((values.looked, values.json), (20, 20));
        let stream = keyspace.streams.first().expect("a stream");
        assert_eq!((stream.key.as_str(), stream.length, stream.added), ("events", 500, Some(500)));
        let group = stream.groups.first().expect("a group");
        assert_eq!((group.name.as_str(), group.pending, group.lag), ("workers", 100, Some(400)));
        assert!(group.oldest_pending_s.is_some() && stream.done_to.is_some(), "{stream:?}");
    }
}
