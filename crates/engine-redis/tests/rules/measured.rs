//! Why what has no change to run is worth doing all the same: the experiments behind the pages' words.

use dbwright_testkit::redis::{RedisServer, Wire, redis_server};

use crate::engines;

/// A number that a command replies.
fn number(wire: &mut Wire, words: &[&str]) -> f64 {
    wire.command(words).expect("it runs").text().trim().parse().expect("a number")
}

/// A field of `INFO`.
fn info(wire: &mut Wire, field: &str) -> f64 {
    let text = wire.command(&["INFO", "everything"]).expect("INFO").text();
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.and_then(|value| value.trim().parse().ok()).unwrap_or_else(|| panic!("INFO has no {field}"))
}

/// Microseconds of the newest entry of a command in the slow log.
fn slow_us(wire: &mut Wire, command: &str) -> f64 {
    let log = wire.command(&["SLOWLOG", "GET", "100"]).expect("SLOWLOG").text();
    let lines: Vec<_> = log.lines().collect();
    let at = lines.iter().position(|line| *line == command).unwrap_or_else(|| panic!("no {command} in the slow log"));
    lines[at - 1].parse().expect("microseconds come before the command")
}

fn on_each(lines: &[&str], test: impl Fn(&RedisServer)) {
    for engine in engines() {
        test(&redis_server(engine, lines));
    }
}

const SUM: &str =
    "local n=0 for _,k in ipairs(redis.call('KEYS',ARGV[1])) do n=n+redis.call('MEMORY','USAGE',k) end return n";

#[test]
fn a_hash_takes_less_than_half_of_what_its_fields_take_as_keys() {
    on_each(&[], |server| {
        let mut wire = server.wire();
        let fill = "for i=1,500 do redis.call('MSET','user:'..i..':name','Ann','user:'..i..':email','ann@example.org',\
                    'user:'..i..':city','Rome','user:'..i..':plan','free') \
                    redis.call('HSET','person:'..i,'name','Ann','email','ann@example.org','city','Rome','plan','free') end";
        wire.command(&["EVAL", fill, "0"]).expect("filled");
        let keys = number(&mut wire, &["EVAL", SUM, "0", "user:*"]);
        let hashes = number(&mut wire, &["EVAL", SUM, "0", "person:*"]);
        assert!(hashes * 2.0 < keys, "{hashes} bytes as hashes, {keys} as keys");
    });
}

#[test]
fn the_compact_encoding_takes_less_than_half_of_a_hash_table() {
    on_each(&[], |server| {
        let mut wire = server.wire();
        let fill = "for f=1,600 do redis.call('HSET','above','f'..f,'1') end for f=1,512 do redis.call('HSET','at','f'..f,'1') end";
        wire.command(&["EVAL", fill, "0"]).expect("filled");
        let above = number(&mut wire, &["MEMORY", "USAGE", "above", "SAMPLES", "0"]) / 600.0;
        let at = number(&mut wire, &["MEMORY", "USAGE", "at", "SAMPLES", "0"]) / 512.0;
        assert!(at * 2.0 < above, "{at} bytes a field in the compact form, {above} in a hash table");
    });
}

#[test]
fn a_pipeline_is_read_in_a_fraction_of_the_reads() {
    on_each(&[], |server| {
        let mut wire = server.wire();
        let before = info(&mut wire, "total_reads_processed");
        (0..1_000).for_each(|_| drop(wire.command(&["INCR", "n"]).expect("counts")));
        let alone = info(&mut wire, "total_reads_processed") - before;
        let before = info(&mut wire, "total_reads_processed");
        for _ in 0..10 {
            (0..100).for_each(|_| wire.write(&["INCR", "n"]).expect("sent"));
            (0..100).for_each(|_| drop(wire.read().expect("counted")));
        }
        let pipelined = info(&mut wire, "total_reads_processed") - before;
        assert!(alone >= 1_000.0 && pipelined < alone, "{alone} reads one by one, {pipelined} in pipelines");
    });
}

#[test]
fn unlink_and_scan_do_not_hold_up_the_server_where_del_and_smembers_do() {
    on_each(&["slowlog-log-slower-than 0"], |server| {
        let mut wire = server.wire();
        let fill = "for i=1,50000 do redis.call('HSET','a','f'..i,i) redis.call('HSET','b','f'..i,i) redis.call('SADD','s','m'..i) end";
        wire.command(&["EVAL", fill, "0"]).expect("filled");
        for words in [&["DEL", "a"][..], &["UNLINK", "b"], &["SMEMBERS", "s"], &["SSCAN", "s", "0", "COUNT", "100"]] {
            wire.command(words).expect("it runs");
        }
        let [del, unlink, members, scan] =
            ["DEL", "UNLINK", "SMEMBERS", "SSCAN"].map(|command| slow_us(&mut wire, command));
        assert!(unlink < del, "UNLINK {unlink} µs, DEL {del} µs");
        assert!(scan < members, "SSCAN {scan} µs, SMEMBERS {members} µs");
    });
}

#[test]
fn a_script_in_slices_comes_to_every_key() {
    on_each(&[], |server| {
        let pattern = dbwright_engine_redis::body::Pattern { name: "cache:*".to_owned(), ..Default::default() };
        let statement = dbwright_engine_redis::rules::expire_all(&pattern, 3_600).expect("a statement");
        let mut wire = server.wire();
        wire.command(&["EVAL", "for i=1,30000 do redis.call('SET','cache:'..i,'x') end", "0"]).expect("filled");
        let mut words = crate::script::words(&statement).expect("a command line");
        let mut runs = 0;
        loop {
            let cursor = wire.command(&words).expect("a slice").text();
            runs += 1;
            if cursor == "0" {
                break;
            }
            words[3] = cursor.into_bytes();
        }
        assert!(runs > 1, "one slice would not show that they add up");
        let keyspace = wire.command(&["INFO", "keyspace"]).expect("INFO").text();
        assert!(keyspace.contains("keys=30000,expires=30000"), "{keyspace}");
    });
}
