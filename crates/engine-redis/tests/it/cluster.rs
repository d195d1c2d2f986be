//! A cluster of three masters and three replicas: every node is visited, and one that is down is a gap.

use std::time::Duration;

use dbwright_engine_redis::body::{Deployment, Role};
use dbwright_testkit::redis::Wire;
use dbwright_testkit::{RedisCluster, redis_cluster};

use crate::common::{self, both};

/// Writes keys to the nodes that they belong to, with `-c` as in redis-cli.
fn fill(cluster: &RedisCluster, keys: u32) {
    let mut wires: Vec<Wire> = (0..3).map(|node| cluster.wire(node)).collect();
    for number in 0..keys {
        let (key, value) = (format!("user:{number}"), "x".repeat(20 + (number % 50) as usize));
        assert!(wires.iter_mut().any(|wire| wire.command(&["SET", &key, &value]).is_ok()), "{key} has no home");
    }
    for wire in &mut wires {
        common::run(wire, "WAIT 1 60000");
    }
}

#[test]
fn every_node_is_visited_and_its_keys_are_summed() {
    for engine in both() {
        let cluster = redis_cluster(engine, &[]);
        fill(&cluster, 3_000);
        let snapshot = common::snapshot(&cluster.url);
        let body = common::body(&snapshot);
        assert_eq!((body.deployment, body.nodes.len()), (Deployment::Cluster, 6));
        assert_eq!(body.masters().count(), 3);
        assert_eq!(body.nodes.iter().filter(|node| node.role == Role::Replica).count(), 3);
        let map = body.cluster.as_ref().expect("a cluster");
        assert_eq!((map.state.as_str(), map.members.len(), map.uncovered().len()), ("ok", 6, 0));
        assert!(body.nodes.iter().all(|node| map.members.iter().any(|member| member.id == node.id)));
        assert_eq!((body.keyspace.keys, body.keyspace.names, body.keyspace.complete), (3_000, 3_000, true));
        assert_eq!(body.keyspace.patterns.len(), 1, "{:?}", body.keyspace.patterns);
        assert_eq!(body.keyspace.patterns[0].keys.value, 3_000.0);
        assert!(common::gaps(&snapshot, "nodes").is_empty(), "{:?}", snapshot.header.gaps);
    }
}

#[test]
fn large_masters_are_sampled_within_their_error() {
    for engine in both() {
        let cluster = redis_cluster(engine, &[]);
        let mut total = 0;
        for node in 0..3 {
            // Hash tags of this node's slots, so that one script fills it: many keys share a slot.
            let mut wire = cluster.wire(node);
            for tag in 0..400 {
                let text = "for i=1,250 do redis.call('SET','cart:{'..ARGV[1]..'}:'..i,'x') end
                            for i=1,125 do redis.call('HSET','user:{'..ARGV[1]..'}:'..i,'name','x') end";
                let key = format!("x{{{tag}}}");
                if wire.command(&["EVAL", text, "1", &key, &tag.to_string()]).is_ok() {
                    total += 375;
                }
            }
        }
        assert_eq!(total, 400 * 375);
        let snapshot = common::snapshot(&cluster.url);
        let keyspace = &common::body(&snapshot).keyspace;
        assert_eq!(keyspace.keys, 150_000);
        let carts = keyspace.patterns.iter().find(|pattern| pattern.name == "cart:{*}:*").expect("met");
        let off = (carts.keys.value / 100_000.0 - 1.0).abs();
        println!(
            "{engine}: carts off by {off:.4}, ± {:.0}, {} names, {:?}",
            carts.keys.error, keyspace.names, keyspace.unevenness
        );
        assert!(off < 0.05, "{engine}: {carts:?}");
    }
}

#[test]
fn a_node_that_is_down_is_a_gap_and_the_rest_is_told() {
    for engine in both() {
        let mut cluster = redis_cluster(engine, &[]);
        fill(&cluster, 300);
        cluster.kill(1);
        let snapshot = common::snapshot(&cluster.url);
        let gaps = common::gaps(&snapshot, "nodes");
        assert!(gaps.iter().any(|gap| gap.contains(&cluster.ports[1].to_string())), "{gaps:?}");
        assert_eq!(common::body(&snapshot).nodes.len(), 5);
        wait_for_failover(&cluster);
    }
}

/// Waits until the replica has taken over and all keys are seen again.
fn wait_for_failover(cluster: &RedisCluster) {
    let end = std::time::Instant::now() + Duration::from_mins(2);
    loop {
        let snapshot = common::snapshot(&cluster.url);
        let body = common::body(&snapshot);
        if body.masters().count() == 3 && body.keyspace.names == 300 {
            return;
        }
        assert!(std::time::Instant::now() < end, "no replica took over: {:?} {:?}", body.cluster, snapshot.header.gaps);
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_node_that_hangs_costs_the_limit_of_time() {
    let cluster = redis_cluster("redis", &["cluster-node-timeout 60000"]);
    cluster.pause(2);
    let options = dbwright_core::engine::ObserveOptions {
        connect_timeout: Duration::from_secs(1),
        statement_timeout: Duration::from_secs(2),
        ..Default::default()
    };
    let snapshot = common::observe_with(&cluster.url, &options).expect("observed");
    cluster.resume(2);
    let gaps = common::gaps(&snapshot, "nodes");
    assert!(gaps.iter().any(|gap| gap.contains(&cluster.ports[2].to_string())), "{gaps:?}");
}

#[test]
fn a_master_that_loses_its_replica_is_told() {
    for engine in both() {
        let mut cluster = redis_cluster(engine, &[]);
        let bare = |snapshot: &dbwright_core::Snapshot| {
            let found = common::check(snapshot).findings;
            found.into_iter().filter(|f| f.rule == "redis/cluster-master-without-replica").collect::<Vec<_>>()
        };
        // A new replica is known to its master first, and to the others a moment later.
        common::until(|| bare(&common::snapshot(&cluster.url)).is_empty());
        let equal = ["redis/nodes-differ", "redis/maxmemory-above-machine"];
        let found = common::check(&common::snapshot(&cluster.url)).findings;
        assert!(!found.iter().any(|finding| equal.contains(&finding.rule.as_str())), "{engine}: {found:?}");
        cluster.kill(3);
        common::until(|| !bare(&common::snapshot(&cluster.url)).is_empty());
        let found = bare(&common::snapshot(&cluster.url));
        assert_eq!(found.len(), 1, "{engine}: {found:?}");
        assert_eq!(found[0].subject, format!("node 127.0.0.1:{}", cluster.ports[0]), "{engine}");
        let failed = format!("127.0.0.1:{} failed", cluster.ports[3]);
        assert!(found[0].title.contains(&failed), "{engine}: {}", found[0].title);
    }
}
