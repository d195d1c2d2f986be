//! What changed between two snapshots.

use dbwright_check::Checks;
use dbwright_engine_redis::Redis;
use dbwright_testkit::redis_server;

use crate::common::{self, both, run, script};

#[test]
fn settings_users_growth_and_commands_are_told() {
    for engine in both() {
        let server = redis_server(engine, &[]);
        let mut wire = server.wire();
        script(
            &mut wire,
            "for i=1,500 do redis.call('SET','user:'..i,'x') redis.call('SET','old:'..i,'x') redis.call('SET','same:'..i,'x') end",
        );
        let before = common::snapshot(&server.url);
        script(
            &mut wire,
            "for i=501,900 do redis.call('SET','user:'..i,'x') end for i=1,500 do redis.call('DEL','old:'..i) redis.call('RPUSH','new:'..i,'x') end",
        );
        run(&mut wire, "CONFIG SET maxmemory 100mb");
        run(&mut wire, "ACL SETUSER ann on nopass ~cache:* +get");
        let after = common::snapshot(&server.url);
        let compare = Checks::compare(&Redis).expect("it compares");
        assert_eq!(compare.compare(&before, &before).expect("its own"), []);
        let found = compare.compare(&before, &after).expect("its own");
        let said: Vec<_> = found.iter().map(|one| format!("{} {} {}", one.area, one.kind, one.subject)).collect();
        for expected in [
            "schema added user ann",
            "setting changed maxmemory",
            "growth changed user:*",
            "growth removed old:*",
            "growth added new:*",
            "statement added RPUSH",
        ] {
            assert!(said.iter().any(|line| line == expected), "{engine}: no {expected} in {said:?}");
        }
        assert!(!said.iter().any(|line| line.contains("same:*")), "{said:?}");
        let sizes = Redis.sizes(&after);
        assert_eq!(sizes.len(), 3);
        assert!(sizes.iter().all(|size| size.bytes > 0));
    }
}
