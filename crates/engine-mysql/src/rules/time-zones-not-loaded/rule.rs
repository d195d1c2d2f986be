//! `mysql/time-zones-not-loaded`: named time zones are used, and the server knows none.

use std::collections::BTreeSet;

use dbwright_core::Cx;
use dbwright_sql::Dialect;

use crate::body::Body;
use crate::digests;
use crate::words;

/// Reports once for the server.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    if cx.body.zones.loaded != Some(false) {
        return;
    }
    let body = cx.body;
    let objects: Vec<String> = body
        .zones
        .users
        .iter()
        .map(|one| format!("{} {}", one.kind, Dialect::Mysql.qualified(&one.schema, &one.name)))
        .collect();
    let statements: Vec<_> = digests::work(body).filter(|one| !one.zones.is_empty()).collect();
    let zones = body.zones.users.iter().flat_map(|one| &one.zones);
    let zones: BTreeSet<&String> = zones.chain(statements.iter().flat_map(|one| &one.zones)).collect();
    if zones.is_empty() {
        return;
    }
    let zones: Vec<String> = zones.into_iter().cloned().collect();
    let mut finding = cx
        .finding("time_zone", format!("CONVERT_TZ gives NULL: the server knows no time zone by its name, as {}", zones[0]))
        .why(
            "no error and no warning is given, so that the NULL goes on into reports, conditions and tables. No change is given, because \
             the zones are not in the server: load those of its machine, `mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql -u root mysql` \
             (mariadb-tzinfo-to-sql on MariaDB), on a replica's source alone, and do it again when a country changes its rules; \
             applications that know the offset can give that (+02:00)",
        )
        .evidence("CONVERT_TZ('2004-01-01 12:00:00', 'GMT', 'MET')", "NULL", "", "the server's answer")
        .evidence("zones", words::some_of(&zones), "", "texts of what uses them");
    if !objects.is_empty() {
        finding = finding.evidence("used by", words::some_of(&objects), "", "information_schema");
    }
    if let Some(first) = statements.first() {
        finding = finding.evidence("statement", first.text.as_str(), "", digests::SOURCE).evidence(
            "calls",
            statements.iter().map(|one| one.calls).sum::<u64>(),
            "calls",
            digests::SOURCE,
        );
    }
    cx.report(finding);
}
