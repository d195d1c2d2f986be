//! A connection that ends at any message: a clear failure or a partial snapshot, and nobody is accused for what was not read.

use dbwright_core::FailureKind;
use dbwright_testkit::{Proxy, redis_server};

use crate::common::{body, both, check, observe, script, snapshot};

#[test]
fn a_connection_that_ends_anywhere_accuses_nobody() {
    for engine in both() {
        let server = redis_server(engine, &["maxmemory 200mb", "maxmemory-policy allkeys-lru"]);
        script(
            &mut server.wire(),
            "for i = 1, 300 do redis.call('SET', 'session:' .. i, 'x', 'EX', 1000 + i) redis.call('RPUSH', 'list:' .. i, i) end",
        );
        let whole = snapshot(&server.url);
        let accused: Vec<_> = check(&whole).findings.into_iter().map(|finding| finding.fingerprint).collect();
        let counting = Proxy::new(server.port, |_| true);
        snapshot(&through(counting.port));
        let (mut failures, mut partial) = (0, 0);
        for after in 0..counting.messages() {
            let proxy = Proxy::cutting(server.port, after);
            match observe(&through(proxy.port)) {
                Err(failure) => {
                    assert_eq!(failure.kind, FailureKind::Unreachable, "{engine}, cut at {after}: {failure:?}");
                    failures += 1;
                }
                Ok(part) => {
                    let told = !part.header.gaps.is_empty();
                    let all = body(&part).keyspace.keys == body(&whole).keyspace.keys && body(&part).keyspace.complete;
                    assert!(told || all, "{engine}, cut at {after}: nothing is told of it");
                    partial += usize::from(told);
                    for finding in check(&part).findings {
                        assert!(accused.contains(&finding.fingerprint), "{engine}, cut at {after}: {finding:?}");
                    }
                }
            }
        }
        assert!(failures >= 1 && partial >= 5, "{engine}: {failures} failures, {partial} partial snapshots");
    }
}

fn through(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}
