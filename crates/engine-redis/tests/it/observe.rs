//! What a server says of itself, and the promises: nothing is written, nothing is read whole, secrets stay.

use dbwright_core::engine::Engine as _;
use dbwright_core::snapshot;
use dbwright_engine_redis::Redis;
use dbwright_engine_redis::body::{Body, Role};
use dbwright_testkit::redis_server;

use crate::common::{self, both, run, script};

/// Commands that dbwright may send, as the server counts them.
const ALLOWED: [&str; 35] = [
    "acl|list",
    "acl|whoami",
    "auth",
    "client|list",
    "client|no-evict",
    "client|no-touch",
    "client|setname",
    "config|get",
    "getrange",
    "hlen",
    "info",
    "latency|latest",
    "llen",
    "memory|doctor",
    "memory|stats",
    "memory|usage",
    "object|encoding",
    "object|freq",
    "object|idletime",
    "ping",
    "pttl",
    "scan",
    "scard",
    "select",
    "slowlog|get",
    "slowlog|len",
    "strlen",
    "type",
    "xinfo|groups",
    "xinfo|stream",
    "xlen",
    "xpending",
    "zcard",
    "cluster|nodes",
    "cluster|info",
];

/// Calls by command.
fn calls(wire: &mut dbwright_testkit::redis::Wire) -> Vec<(String, u64)> {
    let text = run(wire, "INFO commandstats").text();
    let stats = text.lines().filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(":calls="));
    stats
        .map(|(name, rest)| (name.to_owned(), rest.split(',').next().and_then(|n| n.parse().ok()).expect("calls")))
        .collect()
}

#[test]
fn nothing_is_written_and_no_key_is_read_whole() {
    for engine in both() {
        let server = redis_server(engine, &[]);
        let mut wire = server.wire();
        script(
            &mut wire,
            "for i=1,200 do redis.call('SET','s:'..i,string.rep('x',900)) redis.call('HSET','h:'..i,'f','v') redis.call('SADD','t:'..i,'a','b')
             redis.call('ZADD','z:'..i,1,'m') redis.call('RPUSH','l:'..i,'1','2') redis.call('XADD','x:'..i,'*','a','b') end",
        );
        let dirty = |wire: &mut _| {
            let text = run(wire, "INFO persistence").text();
            text.lines().find(|line| line.starts_with("rdb_changes_since_last_save")).expect("a counter").to_owned()
        };
        let changes = dirty(&mut wire);
        run(&mut wire, "CONFIG RESETSTAT");
        common::snapshot(&server.url);
        let calls = calls(&mut wire);
        let ours = ["config|resetstat"];
        for (name, count) in &calls {
            assert!(
                ALLOWED.contains(&name.as_str()) || ours.contains(&name.as_str()),
                "{engine}: {name} was called {count} times"
            );
        }
        let of = |name: &str| calls.iter().find(|(known, _)| known == name).map_or(0, |(_, count)| *count);
        assert_eq!(of("memory|usage"), 1_200, "each key once: {calls:?}");
        // A closer look is had by few: the largest, streams, and the first bytes of some strings.
        assert!(of("getrange") <= 600 && of("xinfo|stream") <= 100 && of("strlen") <= 50, "{calls:?}");
        assert_eq!(dirty(&mut wire), changes);
        assert_eq!(run(&mut wire, "DBSIZE").text(), "1200");
    }
}

#[test]
fn a_look_leaves_the_time_of_the_last_use_alone() {
    for engine in both() {
        // A server that evicts by use, where a touched key would be kept instead of another.
        let server = redis_server(engine, &["maxmemory 100mb", "maxmemory-policy allkeys-lru"]);
        let mut wire = server.wire();
        script(&mut wire, "for i=1,50 do redis.call('SET','s:'..i,string.rep('x',900)) end");
        std::thread::sleep(std::time::Duration::from_millis(2_300));
        common::snapshot(&server.url);
        let idle: u64 = run(&mut wire, "OBJECT IDLETIME s:1").text().parse().expect("seconds");
        assert!(idle >= 2, "{engine}: {idle}");
    }
}

#[test]
fn a_server_tells_of_itself() {
    for engine in both() {
        let server =
            redis_server(engine, &["slowlog-log-slower-than 0", "latency-monitor-threshold 1", "maxclients 50"]);
        let mut wire = server.wire();
        wire.command(&["CLIENT", "SETNAME", "worker-7"]).expect("named");
        script(
            &mut wire,
            "local t=redis.call('TIME') local e=t[1]*1000000+t[2]+20000 repeat t=redis.call('TIME') until t[1]*1000000+t[2]>e",
        );
        run(&mut wire, "SET session:42 geheimnis EX 60");
        run(&mut wire, "GET session:42");
        let snapshot = common::snapshot(&server.url);
        let body = common::body(&snapshot);
        let node = &body.nodes[0];
        let flavour = engine.trim_end_matches(|c: char| c.is_ascii_digit());
        assert_eq!((body.flavour.as_str(), node.role), (flavour, Role::Master));
        assert_eq!(snapshot.header.version.ends_with("(Valkey)"), engine == "valkey", "{}", snapshot.header.version);
        assert_eq!(node.setting("maxclients"), Some("50"));
        assert_eq!(node.command("get").map(|stat| stat.calls), Some(1));
        assert!(node.command("get").and_then(|stat| stat.p99_us).is_some());
        let slow = node.slowlog.entries.iter().find(|entry| entry.command == "set");
        let slow = slow.unwrap_or_else(|| panic!("not in the slow log: {:?}", node.slowlog));
        assert_eq!((slow.shape.as_str(), slow.key.as_str()), ("SET session:* ? EX 60", "session:*"));
        assert!(node.latency.iter().any(|event| event.max_ms >= 20), "{:?}", node.latency);
        assert!(node.memory.contains_key("peak.allocated") && !node.doctor.is_empty());
        let group = node.clients.groups.iter().find(|group| group.name == "worker-*").expect("a group");
        assert_eq!((group.count, group.kind.as_str()), (1, "normal"));
        assert!(node.acl.users.iter().any(|user| user.name == "default" && user.nopass));
        let text = String::from_utf8(snapshot.encode_plain().expect("JSON")).expect("text");
        assert!(!text.contains("geheimnis"), "a value is in the snapshot");
    }
}

#[test]
fn a_snapshot_survives_its_file() {
    let server = redis_server("redis", &[]);
    script(&mut server.wire(), "for i=1,100 do redis.call('SET','user:'..i,'x','EX',i+10) end");
    let taken = common::snapshot(&server.url);
    let bytes = taken.encode().expect("a file");
    let (header, body) = snapshot::decode("file", &bytes).expect("read back");
    let read = Redis.decode(header, body.get()).expect("decoded");
    assert_eq!(read.header, taken.header);
    let (one, other): (&Body, &Body) = (common::body(&taken), common::body(&read));
    assert!(one == other, "the body differs after its file");
    assert_eq!(common::check(&taken).findings, common::check(&read).findings);
}

#[test]
fn a_replica_can_be_the_target() {
    for engine in both() {
        let server = redis_server(engine, &[]);
        let replica = server.replica(&[]);
        let mut wire = server.wire();
        run(&mut wire, "SET greeting hello");
        run(&mut wire, "WAIT 1 10000");
        let snapshot = common::snapshot(&replica.url);
        let body = common::body(&snapshot);
        assert_eq!(body.nodes[0].role, Role::Replica);
        assert_eq!(body.nodes[0].replication.master.as_deref(), Some(format!("127.0.0.1:{}", server.port).as_str()));
        assert_eq!(body.keyspace.names, 1);
        let seen = common::snapshot(&server.url);
        let replicas = &common::body(&seen).nodes[0].replication.replicas;
        assert_eq!((replicas.len(), replicas[0].state.as_str()), (1, "online"));
    }
}

#[test]
fn an_empty_server_gives_a_whole_report() {
    for engine in both() {
        let server = redis_server(engine, &[]);
        let snapshot = common::snapshot(&server.url);
        let keyspace = &common::body(&snapshot).keyspace;
        assert!(keyspace.complete && keyspace.patterns.is_empty() && keyspace.keys == 0);
        assert!(!common::check(&snapshot).scorecard.is_empty());
    }
}
