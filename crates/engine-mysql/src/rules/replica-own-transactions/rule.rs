//! `mysql/replica-own-transactions`: transactions that a replica did not get from its source ("errant").

use dbwright_core::{Cx, Finding, Severity};
use dbwright_sql::Dialect;

use crate::body::Body;
use crate::flavour::Flavour;
use crate::settings::SOURCE;

/// What a value ends with that was too long to be kept.
const CUT: char = '…';

/// Reports a replica by GTID that has transactions of its own.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    if !body.replication.iter().any(|channel| channel.by_gtid) {
        return;
    }
    let found = match body.server.flavour {
        Flavour::MySql => in_a_set(cx),
        Flavour::MariaDb => by_sequence(cx),
    };
    match found {
        Ok(found) => found.into_iter().for_each(|finding| cx.report(finding)),
        Err(reason) => cx.not_looked(reason, None),
    }
}

/// MySQL: the set of what it has carried out holds its own UUID. It may have been the source once, which it can't tell.
fn in_a_set(cx: &Cx<'_, Body>) -> Result<Option<Finding>, String> {
    let (Some(all), Some(uuid)) = (cx.body.variable("gtid_executed"), cx.body.variable("server_uuid")) else {
        return Ok(None);
    };
    let own = all.split(',').map(str::trim).find(|set| set.starts_with(uuid));
    let Some(own) = own.filter(|own| !own.ends_with(CUT)) else {
        let cut = all.ends_with(CUT).then(|| "gtid_executed is too long to be read whole".to_owned());
        return cut.map_or(Ok(None), Err);
    };
    let count = transactions(own);
    let plural = if count == 1 { "" } else { "s" };
    let title = format!("the replica has {count} transaction{plural} of its own");
    let ask = format!("SELECT GTID_SUBTRACT({}, @@GLOBAL.gtid_executed)", Dialect::Mysql.literal(own));
    let why = format!(
        "what no other server has is lost when it is made anew, and comes to all of them when it takes over, or stops replication then because the logs are gone. \
         No change is given, because only the source knows: run {ask} there; when that is empty, this server was the source once and all is well. What it names look up in this server's binary log, do it on the source too \
         or undo it here, and give the source empty transactions of those numbers (SET GTID_NEXT)"
    );
    let finding = cx.finding("server", title).severity(Severity::Low).why(why);
    Ok(Some(finding.evidence("own transactions", own, "", "@@GLOBAL.gtid_executed").evidence(
        "server_uuid",
        uuid,
        "",
        SOURCE,
    )))
}

/// How many transactions a set of one server holds: `uuid:1-5:7`, from 8.3 on with tags in between.
fn transactions(set: &str) -> u64 {
    let number = |text: &str| text.parse::<u64>().ok();
    let of = |interval: &str| match interval.split_once('-') {
        Some((first, last)) => Some(number(last)?.saturating_sub(number(first)?) + 1),
        None => number(interval).map(|_| 1),
    };
    set.split(':').skip(1).filter_map(of).sum()
}

/// `MariaDB`: the last transaction of a domain in its binary log is its own, and later than what it got.
fn by_sequence(cx: &Cx<'_, Body>) -> Result<Option<Finding>, String> {
    let variable = |name: &str| cx.body.variable(name).unwrap_or_default();
    let (logged, got) = (variable("gtid_binlog_pos"), variable("gtid_slave_pos"));
    if logged.ends_with(CUT) || got.ends_with(CUT) {
        return Err("gtid_binlog_pos is too long to be read whole".to_owned());
    }
    let own = ahead(logged, got, variable("server_id"));
    if own.is_empty() {
        return Ok(None);
    }
    let why = "what no other server has is lost when it is made anew; with gtid_strict_mode replication stops at the next transaction of the source that has such a number. No change is given, because somebody has to look: \
               find the transactions in this server's binary log (mariadb-binlog), do them on the source too or undo them here with SET SESSION sql_log_bin = 0, and then make the replica anew or give it the source's \
               position (SET GLOBAL gtid_slave_pos). Two sources that replicate from each other on purpose are the exception";
    let finding =
        cx.finding("server", format!("the replica has written transactions of its own: {}", own.join(", "))).why(why);
    Ok(Some(finding.evidence("gtid_binlog_pos", logged, "", SOURCE).evidence("gtid_slave_pos", got, "", SOURCE)))
}

/// The positions `domain-server-sequence` of this server that are later than those that were got.
fn ahead<'a>(logged: &'a str, got: &str, server: &str) -> Vec<&'a str> {
    let parts = |gtid: &str| {
        let mut parts = gtid.trim().split('-').map(ToOwned::to_owned);
        Some((parts.next()?, parts.next()?, parts.next()?.parse::<u64>().ok()?))
    };
    let got: Vec<_> = got.split(',').filter_map(parts).collect();
    let is_ahead = |gtid: &&str| {
        parts(gtid).is_some_and(|(domain, by, sequence)| {
            by == server && got.iter().filter(|one| one.0 == domain).all(|one| one.2 < sequence)
        })
    };
    logged.split(',').map(str::trim).filter(is_ahead).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_of_a_set_are_counted() {
        assert_eq!(transactions("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7"), 6);
        assert_eq!(transactions("3e11fa47-71ca-11e1-9e33-c80aa9429562:3:tag:1-2"), 3);
    }

    #[test]
    fn only_what_is_later_than_what_was_got_is_its_own() {
        assert_eq!(ahead("0-2-7", "0-1-6", "2"), ["0-2-7"]);
        assert_eq!(ahead("0-2-7,5-2-1", "0-1-9", "2"), ["5-2-1"]);
        assert!(ahead("0-2-7", "0-2-7", "2").is_empty(), "it was the source once");
        assert!(ahead("0-1-7", "0-1-6", "2").is_empty());
        assert!(ahead("", "", "2").is_empty());
    }
}
