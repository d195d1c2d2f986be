//! A Redis of five million keys, and what a full scan says of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dbwright_testkit::redis::Wire;
use dbwright_testkit::{RedisServer, Scratch, redis_server};
use serde_json::Value;

use super::super::measure;
use super::super::report::Figure;
use crate::Done;

/// Keys in all.
const KEYS: u64 = 5_000_000;
/// Keys that one script makes or looks at.
const BATCH: u64 = 20_000;
/// A pattern that holds less than this share of all bytes is too small to promise anything about.
const SHARE: f64 = 0.01;

/// The kinds of keys, with how many of a hundred they are, and what makes one: `n` is its number, `r` a random number
/// below 1. Sizes differ within a kind, as they do in life: pages have a long tail, carts differ by twenty.
const KINDS: [(&str, u64, &str); 6] = [
    (
        "session:",
        40,
        "redis.call('SET', k .. n, string.rep('s', 120 + math.floor(r * 160)), 'EX', 60 + math.floor(r * 86400))",
    ),
    (
        "user:",
        20,
        "redis.call('HSET', k .. n .. ':profile', 'name', 'user' .. n, 'mail', n .. '@example.com', 'age', math.floor(r * 90), 'city', 'Lisbon')",
    ),
    (
        "cache:page:",
        20,
        "redis.call('SET', k .. n, string.rep('p', math.min(8000, math.floor(-500 * math.log(1 - r)))))",
    ),
    ("cart:", 10, "for i = 0, math.floor(r * 20) do redis.call('RPUSH', k .. n, 'article-' .. (n + i)) end"),
    ("tags:", 8, "for i = 0, math.floor(r * 10) do redis.call('SADD', k .. n, i * n) end"),
    ("lock:", 2, "redis.call('SET', k .. n, 'x', 'EX', 600)"),
];

/// Measures it.
pub(in super::super) fn redis(binary: &Path) -> Done<Vec<Figure>> {
    let server = redis_server("redis", &["maxmemory 8gb"]);
    eprintln!("making {KEYS} keys");
    fill(&mut server.wire())?;
    eprintln!("looking at every one of them");
    let truth = full_scan(&mut server.wire())?;
    let scratch = Scratch::new();
    let file = scratch.path().join("redis.snapshot.json");
    let (run, busy, wall_s) = watched(&server, || measure::run(binary, &["check", &server.url, "--format", "json"]))?;
    measure::run(binary, &["snapshot", &server.url, "--format", "json", "-o", &file.to_string_lossy()])?;
    let cost = measure::cost(&file)?;
    let keyspace = keyspace(&file)?;
    let (worst, total) = errors(&keyspace, &truth);
    Ok(vec![
        Figure::new("Redis, 5,000,000 keys: check", run.wall_s, "s"),
        Figure::new("sampling the keys", keyspace["seconds"].as_f64().unwrap_or(f64::NAN), "s").below(5.5),
        Figure::new("the server's processor time, of the time of the check", busy / wall_s * 100.0, "%").below(5.0),
        Figure::new("most memory with Redis", run.peak_bytes / 1e6, "MB"),
        Figure::new("calls to Redis", cost.queries, "calls"),
        Figure::new("received from Redis", cost.bytes / 1e6, "MB"),
        Figure::new("names read", keyspace["names"].as_f64().unwrap_or(f64::NAN), "keys"),
        Figure::new("keys looked at", keyspace["detailed"].as_f64().unwrap_or(f64::NAN), "keys"),
        Figure::new("bytes of a pattern beside a full scan, the worst pattern", worst * 100.0, "%").below(5.0),
        Figure::new("bytes of all keys beside a full scan", total * 100.0, "%").below(5.0),
    ])
}

/// Makes the keys by scripts, in an order that mixes the kinds.
fn fill(wire: &mut Wire) -> Done {
    let mut first = 0;
    for (number, (kind, share, make)) in KINDS.iter().enumerate() {
        let all = KEYS / 100 * share;
        for from in (0..all).step_by(usize::try_from(BATCH).unwrap_or(1)) {
            let script = format!(
                "math.randomseed({from} + {number})
                 local k = '{kind}'
                 for n = {from}, {last} do local r = math.random(); {make} end",
                last = (from + BATCH).min(all) - 1,
            );
            wire.command(&["EVAL", &script, "0"])?;
            first += 1;
        }
    }
    eprintln!("{first} scripts made them");
    Ok(())
}

/// Bytes by the beginning of the name, counted over every key, with every element of each.
fn full_scan(wire: &mut Wire) -> Done<BTreeMap<String, f64>> {
    const SCRIPT: &str = "
        local page = redis.call('SCAN', ARGV[1], 'COUNT', ARGV[2])
        local sums = {}
        for _, key in ipairs(page[2]) do
            local kind = string.match(key, '^[a-z:]*')
            sums[kind] = (sums[kind] or 0) + (redis.call('MEMORY', 'USAGE', key, 'SAMPLES', '0') or 0)
        end
        local said = page[1]
        for kind, sum in pairs(sums) do said = said .. ' ' .. kind .. '=' .. string.format('%d', sum) end
        return said";
    let mut sums = BTreeMap::new();
    let mut cursor = "0".to_owned();
    loop {
        let said = wire.command(&["EVAL", SCRIPT, "0", &cursor, &BATCH.to_string()])?.text();
        let mut words = said.split(' ');
        words.next().unwrap_or("0").clone_into(&mut cursor);
        for (kind, sum) in words.filter_map(|word| word.split_once('=')) {
            *sums.entry(kind.to_owned()).or_default() += sum.parse::<f64>().map_err(|e| format!("{sum}: {e}"))?;
        }
        if cursor == "0" {
            return Ok(sums);
        }
    }
}

/// Does something, and gives the seconds of processor time that the server took meanwhile, and the seconds on the clock.
fn watched<T>(server: &RedisServer, action: impl FnOnce() -> Done<T>) -> Done<(T, f64, f64)> {
    let idle = idle_share(server)?;
    let (before, begin) = (processor_s(server)?, std::time::Instant::now());
    let done = action()?;
    let wall_s = begin.elapsed().as_secs_f64();
    Ok((done, processor_s(server)? - before - idle * wall_s, wall_s))
}

/// What the server takes by itself: it looks for expired keys all the time.
fn idle_share(server: &RedisServer) -> Done<f64> {
    let (before, begin) = (processor_s(server)?, std::time::Instant::now());
    std::thread::sleep(std::time::Duration::from_secs(5));
    Ok((processor_s(server)? - before) / begin.elapsed().as_secs_f64())
}

/// Processor seconds of all the server's threads, as the server says.
fn processor_s(server: &RedisServer) -> Done<f64> {
    let said = server.wire().command(&["INFO", "cpu"])?.text();
    let of = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.parse::<f64>().ok());
    let sum = of("used_cpu_user").zip(of("used_cpu_sys")).map(|(user, system)| user + system);
    sum.ok_or_else(|| "INFO cpu does not say it".to_owned())
}

fn keyspace(snapshot: &Path) -> Done<Value> {
    let shown = |e: &dyn std::fmt::Display| format!("{}: {e}", snapshot.display());
    let text = fs::read(snapshot).map_err(|e| shown(&e))?;
    let mut file: Value = serde_json::from_slice(&text).map_err(|e| shown(&e))?;
    Ok(file["body"]["keyspace"].take())
}

/// The worst relative error of a kind that is not too small, and the error of the sum.
fn errors(keyspace: &Value, truth: &BTreeMap<String, f64>) -> (f64, f64) {
    let all: f64 = truth.values().sum();
    let mut projected: BTreeMap<&str, f64> = BTreeMap::new();
    for pattern in keyspace["patterns"].as_array().into_iter().flatten() {
        let name = pattern["name"].as_str().unwrap_or_default();
        let kind = truth.keys().find(|kind| name.starts_with(kind.as_str()));
        *projected.entry(kind.map_or("other", String::as_str)).or_default() +=
            pattern["bytes"]["value"].as_f64().unwrap_or_default();
    }
    let mut worst: f64 = 0.0;
    for (kind, bytes) in truth {
        let error = (projected.get(kind.as_str()).copied().unwrap_or_default() - bytes) / bytes;
        eprintln!("{kind}* has {:.0} MB; the projection is {:+.2} % off", bytes / 1e6, error * 100.0);
        if bytes / all >= SHARE {
            worst = worst.max(error.abs());
        }
    }
    let sum: f64 = projected.values().sum();
    (worst, ((sum - all) / all).abs())
}
