//! What the numbers of replication's errors mean, and what mends them. Their texts may hold values and are not read.

use crate::body::Channel;

/// Numbers of the server, what has happened, and what to do.
type Meaning = (&'static [u64], &'static str, &'static str);

/// Errors of the receiver.
const RECEIVER: &[Meaning] = &[
    (
        &[13117, 1593],
        "source and replica mostly have the same number (server_id) or UUID (server_uuid)",
        "compare them on both, give the replica a server_id that no other server has (in the configuration file too), or remove auto.cnf from the data folder of a replica that was copied with it, and start the receiver",
    ),
    (
        &[13114, 1236],
        "the source no longer has, or never had, the binary logs that the replica asks for",
        "make the replica anew from a copy of the source, and let the source keep its binary logs for longer (binlog_expire_logs_seconds)",
    ),
    (
        &[1045, 1698, 1142, 1227, 3118, 4151],
        "the source refuses the account that the replica connects with",
        "look whether the account is there, not locked, has its password and REPLICATION SLAVE, and give the replica what it needs with CHANGE REPLICATION SOURCE TO or CHANGE MASTER TO",
    ),
    (
        &[2061, 2026, 1251, 3159],
        "source and replica do not agree on TLS or on how the account proves who it is",
        "connect with TLS (SOURCE_SSL = 1, MASTER_SSL = 1), or let a MySQL replica ask for the source's public key (GET_SOURCE_PUBLIC_KEY = 1)",
    ),
    (
        &[2002, 2003, 2005, 2006, 2013, 1040, 1129, 1130, 1158, 1159, 1160, 1161],
        "the source can't be reached",
        "look whether it runs and has connections left, and at name, port and firewall; the receiver goes on trying by itself",
    ),
];

/// Errors of the applier.
const APPLIER: &[Meaning] = &[
    (
        &[1062, 1022, 1007, 1050, 1060, 1061, 1396, 1304, 1359],
        "what it is to insert or create is there already, mostly because somebody wrote on the replica",
        "compare the two, take away what only the replica has, and start the applier; look at mysql/replica-writable and mysql/replica-own-transactions, and when the two differ in more than that, make the replica anew",
    ),
    (
        &[1032, 1008, 1049, 1051, 1054, 1091, 1146, 1305, 1360],
        "what it is to change or drop is not there, mostly because somebody wrote on the replica or it was made from an older copy",
        "put back what only the source has, and start the applier; when the two differ in more than that, make the replica anew",
    ),
    (
        &[1677, 1535, 13146],
        "a table has other columns or types than on the source",
        "give it the source's definition, and start the applier; `dbwright diff` of snapshots of the two tells where they differ",
    ),
    (
        &[1451, 1452, 1216, 1217],
        "a foreign key does not hold here that holds on the source",
        "compare the rows of both tables, and when the two differ in more than that, make the replica anew",
    ),
    (
        &[1205, 1213, 1197, 3024],
        "it waited too long for locks that somebody holds on the replica",
        "end what holds them, and start the applier",
    ),
    (
        &[1950],
        "its own transactions have taken numbers (GTIDs) that the source gives now",
        "compare the two, and make the replica anew when it has rows of its own; look at mysql/replica-writable and mysql/replica-own-transactions",
    ),
    (
        &[1594, 13121],
        "its relay log can't be read",
        "fetch it anew: STOP REPLICA, then RESET REPLICA and START REPLICA when it replicates by GTID; look for damage of the disk",
    ),
];

/// What has happened to a channel, and what to do; nothing for an error that is not known here.
pub(super) fn meaning(channel: &Channel) -> Option<(&'static str, &'static str)> {
    let of = |all: &[Meaning], number: u64| {
        all.iter().find(|(numbers, ..)| numbers.contains(&number)).map(|(_, what, remedy)| (*what, *remedy))
    };
    of(APPLIER, channel.applier_error).or_else(|| of(RECEIVER, channel.receiver_error))
}
