//! `pg/old-prepared-transaction`: locks and dead rows are held by a transaction that no session owns.

use dbwright_core::{Cx, Proof, Severity};
use dbwright_sql::Dialect;

use crate::body::PgBody;
use crate::words;

const SOURCE: &str = "pg_prepared_xacts";

/// Reports prepared transactions above the age.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let (limit, high) = (cx.limit("minutes") * 60.0, cx.limit("high_minutes") * 60.0);
    for prepared in cx.body.prepared.iter().filter(|prepared| prepared.age_s >= limit) {
        let gid = Dialect::Postgres.literal(&prepared.gid);
        let severity = if prepared.age_s >= high { Severity::High } else { Severity::Medium };
        let age = words::seconds(prepared.age_s);
        let finding = cx
            .finding(prepared.gid.as_str(), format!("prepared transaction {gid} was left behind {age} ago"))
            .severity(severity)
            .why(format!(
                "it keeps its locks and keeps dead rows from being vacuumed, even over restarts; only its transaction manager \
                 knows how it has to end, so there is no change: COMMIT PREPARED {gid} or ROLLBACK PREPARED {gid}, in database {}",
                Dialect::Postgres.name(&prepared.database)
            ))
            .proof(Proof::unproven("there is no change to try"))
        .evidence("age", prepared.age_s.round(), "s", SOURCE)
            .evidence("database", prepared.database.as_str(), "", SOURCE)
            .evidence("owner", prepared.owner.as_str(), "", SOURCE);
        cx.report(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::PreparedTransaction;
    use crate::sample;

    #[test]
    fn age_decides() {
        let prepared = |age_s| PreparedTransaction {
            gid: "x'y".to_owned(),
            database: "Shop".to_owned(),
            owner: "app".to_owned(),
            age_s,
        };
        let body = PgBody { prepared: vec![prepared(299.0), prepared(300.0), prepared(3600.0)], ..sample::body() };
        let found = sample::run("pg/old-prepared-transaction", &body);
        assert_eq!(found.iter().map(|f| f.severity).collect::<Vec<_>>(), [Severity::Medium, Severity::High]);
        assert!(found[0].why.contains("ROLLBACK PREPARED 'x''y', in database \"Shop\""), "{}", found[0].why);
    }
}
