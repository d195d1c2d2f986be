//! How far replicas are behind. The source does not know it: they are found by it, and asked themselves, with the account of
//! the target. A server that answers is a replica of ours only when it has the number that the source tells.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{Failure, target};
use dbwright_migrate::Limits;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Row};

use super::link::{Cells, Link};
use super::watch::age;
use crate::connect::{self, Params, Place};
use crate::flavour::Flavour;
use crate::observe::replication::cell;

/// How often it is looked which replicas there are.
const LIST: Duration = Duration::from_secs(30);

/// How long a replica may take to answer the door.
const DOOR: Duration = Duration::from_secs(3);

/// The replicas of a target, as far as they can be asked.
#[derive(Default)]
pub(super) struct Replicas {
    known: Vec<Replica>,
    listed: Option<Instant>,
    /// Numbers of those that can't be asked: said once, and not tried again.
    silent: BTreeSet<String>,
}

struct Replica {
    /// The server's number.
    id: String,
    place: String,
    conn: Conn,
    flavour: Flavour,
}

/// How far one is.
#[derive(Debug, PartialEq)]
enum Lag {
    Seconds(f64),
    /// It receives, and does nothing with it.
    Stopped,
    Unknown,
}

impl Replicas {
    /// Which replicas are behind their limit. What can't be asked is not judged, and said once.
    pub(super) async fn behind(
        &mut self,
        source: &mut Link,
        address: &Address,
        limits: &Limits,
        progress: &dyn Progress,
    ) -> Vec<String> {
        if limits.replica_lag == Duration::MAX {
            return Vec::new();
        }
        if self.listed.is_none_or(|at| at.elapsed() > LIST) {
            self.listed = Some(Instant::now());
            self.find(source, address, progress).await;
        }
        let (mut ill, mut kept) = (Vec::new(), Vec::new());
        let limit = limits.replica_lag.as_secs_f64();
        let own = number(source).await;
        for mut replica in self.known.drain(..) {
            // One that has gone is looked for again with the next list.
            let Ok(lag) = replica.lag(&own).await else { continue };
            match lag {
                Lag::Seconds(seconds) if seconds > limit => {
                    ill.push(format!(
                        "the replica {} is {} behind (limit {})",
                        replica.place,
                        age(seconds),
                        age(limit)
                    ));
                }
                Lag::Stopped => ill.push(format!("the replica {} does not apply what it receives", replica.place)),
                _ => {}
            }
            kept.push(replica);
        }
        self.known = kept;
        ill
    }

    async fn find(&mut self, source: &mut Link, address: &Address, progress: &dyn Progress) {
        let (list, callers) = (listed(source).await, callers(source).await);
        self.known.retain(|replica| list.iter().any(|(id, ..)| *id == replica.id));
        for (id, host, port) in list {
            if self.silent.contains(&id) || self.known.iter().any(|replica| replica.id == id) {
                continue;
            }
            let hosts = if host.is_empty() { callers.clone() } else { vec![host] };
            let mut why = "the source does not know its address (report_host)".to_owned();
            for host in &hosts {
                match Replica::open(address, &id, host, port, source.flavour).await {
                    Ok(replica) => {
                        progress.note(&format!("the replica {} is asked how far it is", replica.place));
                        self.known.push(replica);
                        break;
                    }
                    Err(failure) => why = target::redact_text(&failure.message),
                }
            }
            if !self.known.iter().any(|replica| replica.id == id) {
                progress.note(&format!("the replica with server_id {id} can't be asked how far it is: {why}"));
                self.silent.insert(id);
            }
        }
    }
}

impl Replica {
    async fn open(address: &Address, id: &str, host: &str, port: u16, flavour: Flavour) -> Result<Self, Failure> {
        let mut params = Params::read(address.rest(), DOOR)?;
        params.timeout = DOOR;
        params.database = None;
        params.place = Place::Tcp { host: host.to_owned(), port };
        let place = params.place.to_string();
        let mut conn = connect::connect(&params).await?.conn;
        let found: Result<Option<String>, _> =
            conn.query_first("SELECT /* dbwright */ CAST(@@GLOBAL.server_id AS CHAR)").await;
        if found.ok().flatten().as_deref() == Some(id) {
            return Ok(Self { id: id.to_owned(), place, conn, flavour });
        }
        Err(Failure::unreachable("mysql.replica", format!("at {place} another server answers")))
    }

    async fn lag(&mut self, source: &str) -> Result<Lag, mysql_async::Error> {
        let mut last = Ok(Lag::Unknown);
        for sql in self.flavour.replica_states() {
            match self.conn.query::<Row, _>(*sql).await {
                Ok(rows) => {
                    let lags = rows.iter().filter(|row| of(row, source)).map(lag);
                    return Ok(lags.fold(Lag::Unknown, worse));
                }
                Err(mysql_async::Error::Server(_)) => last = Ok(Lag::Unknown),
                Err(error) => last = Err(error),
            }
        }
        last
    }
}

fn get(row: &Row, names: [&str; 2]) -> Option<String> {
    names.iter().find_map(|name| cell(row, name))
}

/// Whether a channel comes from the source with this number.
fn of(row: &Row, source: &str) -> bool {
    get(row, ["Source_Server_Id", "Master_Server_Id"]).is_none_or(|id| id == source)
}

fn lag(row: &Row) -> Lag {
    let seconds =
        get(row, ["Seconds_Behind_Source", "Seconds_Behind_Master"]).and_then(|text| text.parse::<f64>().ok());
    // What it stays behind on purpose does not count.
    let meant = get(row, ["SQL_Delay", "SQL_Delay"]).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    match (seconds, get(row, ["Replica_SQL_Running", "Slave_SQL_Running"]).as_deref()) {
        (Some(seconds), _) => Lag::Seconds((seconds - meant).max(0.0)),
        (None, Some("No")) => Lag::Stopped,
        _ => Lag::Unknown,
    }
}

fn worse(one: Lag, other: Lag) -> Lag {
    match (one, other) {
        (Lag::Stopped, _) | (_, Lag::Stopped) => Lag::Stopped,
        (Lag::Seconds(a), Lag::Seconds(b)) => Lag::Seconds(a.max(b)),
        (Lag::Seconds(a), Lag::Unknown) | (Lag::Unknown, Lag::Seconds(a)) => Lag::Seconds(a),
        (Lag::Unknown, Lag::Unknown) => Lag::Unknown,
    }
}

/// The replicas that are connected: number, host as they report it (often none), port.
async fn listed(source: &mut Link) -> Vec<(String, String, u16)> {
    let text = |row: &Cells, at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    for sql in source.flavour.replica_lists() {
        if let Ok(rows) = source.rows(sql).await {
            return rows.iter().map(|row| (text(row, 0), text(row, 1), text(row, 2).parse().unwrap_or(3306))).collect();
        }
    }
    Vec::new()
}

/// The hosts from which replicas have connected.
async fn callers(source: &mut Link) -> Vec<String> {
    let sql =
        "SELECT /* dbwright */ DISTINCT host FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'";
    let rows = source.rows(sql).await.unwrap_or_default();
    let mut hosts: Vec<String> = Vec::new();
    for host in rows.into_iter().filter_map(|row| row.into_iter().next().flatten()) {
        // Its own port stands behind it, which nobody listens at.
        let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name).trim_matches(['[', ']']);
        if !hosts.iter().any(|known| known == name) {
            hosts.push(name.to_owned());
        }
    }
    hosts
}

/// The number of the source.
async fn number(source: &mut Link) -> String {
    let rows = source.rows("SELECT /* dbwright */ @@GLOBAL.server_id").await.unwrap_or_default();
    rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).unwrap_or_default()
}
