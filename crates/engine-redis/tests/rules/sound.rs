//! Sound servers draw no finding worse than `low`, from any rule: false alarms count as much as misses.

use dbwright_core::Severity;
use dbwright_core::rule::Limits;

use crate::engines;
use crate::life;
use crate::script;
use crate::stage::Stage;

/// A store with a password, users, a limit and an append-only file.
const STORE: &str = r#"
# server: maxmemory 200mb
# server: enable-debug-command no
# server: appendonly yes
# server: save 3600 100
# server: latency-monitor-threshold 100
# server: user shop on >another-long-word ~* &* +@all -@admin -@dangerous
# server: user ops on >a-third-long-word ~* &* +@all
# server: user default off
# user: ops a-third-long-word
AUTH ops a-third-long-word
EVAL "for i=1,2000 do redis.call('HSET','user:'..i,'name','Ann','email','ann@example.org') end" 0
EVAL "for i=1,500 do redis.call('SET','session:'..i,string.rep('x',100),'EX',3000+i*3) end" 0
EVAL "for i=1,300 do redis.call('ZADD','scores','GT',i,'player:'..i) redis.call('LPUSH','mail:'..(i%20),i) end" 0
SET lock:invoice:7 token NX PX 300000
XADD orders MAXLEN ~ 1000 * n 1
SLOWLOG RESET
"#;

/// A cache with an evicting policy, nothing on disk, and numbers of its own.
const CACHE: &str = r#"
# server: maxmemory 200mb
# server: enable-debug-command no
# server: maxmemory-policy allkeys-lfu
# server: requirepass correct-horse-battery-staple
# user: default correct-horse-battery-staple
AUTH correct-horse-battery-staple
EVAL "for i=1,3000 do redis.call('SET','cache:page:'..i,string.rep('x',300),'EX',1800+math.random(0,1800)) end" 0
SLOWLOG RESET
"#;

/// A cluster whose masters have their share.
const CLUSTER: &str = r"
# cluster: 0-5460 5461-10922 10923-16383
# server: maxmemory 200mb
# server: enable-debug-command no
# server: appendonly yes
";

fn alarms(engine: &str, name: &str, text: &str) -> Vec<String> {
    let looked = || -> Result<Vec<String>, String> {
        let script = script::parse(text)?;
        let stage = Stage::set(engine, &script)?;
        let outcome = life::check(&life::observe(&stage.url()?)?, &Limits::new())?;
        let worse = outcome.findings.iter().filter(|finding| finding.severity >= Severity::Medium);
        Ok(worse.map(|f| format!("{} {} {}: {} {:?}", f.severity, f.rule, f.subject, f.title, f.evidence)).collect())
    };
    let alarms = looked().unwrap_or_else(|reason| vec![reason]);
    alarms.into_iter().map(|alarm| format!("{engine}, {name}: {alarm}")).collect()
}

#[test]
fn sound_servers_are_left_alone() {
    let kinds = [("store", STORE), ("cache", CACHE)];
    let alarms: Vec<_> = engines()
        .into_iter()
        .flat_map(|engine| kinds.map(|(name, text)| alarms(engine, name, text)).concat())
        .collect();
    assert!(alarms.is_empty(), "{}", alarms.join("\n"));
}

#[test]
fn a_sound_cluster_is_left_alone() {
    // It has no password and no replicas, which these are right to say.
    let said = ["redis/no-auth", "redis/cluster-master-without-replica"];
    let alarms = engines().into_iter().flat_map(|engine| alarms(engine, "cluster", CLUSTER));
    let alarms: Vec<_> = alarms.filter(|alarm| !said.iter().any(|rule| alarm.contains(rule))).collect();
    assert!(alarms.is_empty(), "{}", alarms.join("\n"));
}
