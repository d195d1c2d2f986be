//! A rule that can't look says so, with what would let it; and states that a folder has no room for.

use std::collections::BTreeMap;

use dbwright_check::Outcome;
use dbwright_core::rule::Limits;
use dbwright_core::{NotLookedAt, Severity};
use dbwright_testkit::redis::redis_server;

use crate::engines;
use crate::life;

fn look(url: &str) -> Outcome {
    let snapshot = life::observe(url).unwrap_or_else(|reason| panic!("{reason}"));
    life::check(&snapshot, &Limits::new()).expect("rules run")
}

fn unseen<'a>(outcome: &'a Outcome, rule: &str) -> &'a NotLookedAt {
    let found = outcome.not_looked_at.iter().find(|skipped| skipped.rule == rule);
    found.unwrap_or_else(|| panic!("{rule} claims to have looked: {:?}", outcome.not_looked_at))
}

#[test]
fn a_user_without_rights_is_told_what_rules_could_not_see() {
    for engine in engines() {
        let server = redis_server(engine, &["user watcher on >secret ~* &* +@all -config -acl -slowlog -client|list"]);
        let outcome = look(&format!("redis://watcher:secret@127.0.0.1:{}", server.port));
        for rule in ["no-maxmemory", "bind-all-no-protected-mode", "aof-fsync-always", "too-many-clients"] {
            let remedy = unseen(&outcome, &format!("redis/{rule}")).remedy.as_deref();
            assert_eq!(remedy, Some("ACL SETUSER watcher +config|get"), "{rule}");
        }
        for rule in ["no-auth", "default-user-all", "dangerous-commands-enabled"] {
            assert!(unseen(&outcome, &format!("redis/{rule}")).reason.contains("ACL"), "{rule}");
        }
        for rule in ["lua-slow", "blocking-command"] {
            assert!(unseen(&outcome, &format!("redis/{rule}")).reason.contains("SLOWLOG"), "{rule}");
        }
        for rule in ["client-output-buffer", "pubsub-output-buffer"] {
            assert!(unseen(&outcome, &format!("redis/{rule}")).reason.contains("CLIENT LIST"), "{rule}");
        }
    }
}

#[test]
fn what_the_server_does_not_count_is_not_judged() {
    for engine in engines() {
        let server = redis_server(engine, &["maxmemory 100mb"]);
        let outcome = look(&server.url);
        assert!(unseen(&outcome, "redis/hot-key").remedy.as_deref().is_some_and(|remedy| remedy.contains("lfu")));
        let remedy = unseen(&outcome, "redis/latency-spikes").remedy.as_deref();
        assert_eq!(remedy, Some("CONFIG SET latency-monitor-threshold 100"));
    }
}

#[test]
fn a_young_master_says_nothing_of_its_rate_of_writes() {
    for engine in engines() {
        let server = redis_server(engine, &[]);
        let _replica = server.replica(&[]);
        assert!(unseen(&look(&server.url), "redis/replica-buffer-small").reason.contains("has run for"));
    }
}

#[test]
fn a_replica_says_that_its_master_is_gone() {
    for engine in engines() {
        let mut server = redis_server(engine, &[]);
        let replica = server.replica(&[]);
        let lag =
            |outcome: &Outcome| outcome.findings.iter().find(|finding| finding.rule == "redis/replica-lag").cloned();
        assert_eq!(lag(&look(&replica.url)), None);
        server.kill();
        // It may come back by itself: that is worse only when it lasts.
        let finding = lag(&look(&replica.url)).expect("found");
        assert_eq!((finding.severity, finding.change), (Severity::Low, None));
        let limits =
            Limits::from([("redis/replica-lag".to_owned(), BTreeMap::from([("grace_seconds".to_owned(), 0.0)]))]);
        let snapshot = life::observe(&replica.url).expect("observed");
        let finding = lag(&life::check(&snapshot, &limits).expect("checked")).expect("found");
        assert_eq!((finding.severity, finding.change), (Severity::High, None));
        assert!(finding.title.contains("no link to 127.0.0.1"), "{}", finding.title);
    }
}
