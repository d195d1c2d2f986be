//! Sentinel: the way to the master of a service, and what it says of the masters that it watches.

use dbwright_core::Failure;
use dbwright_core::engine::ObserveOptions;

use super::visit::{Gaps, Visit, count_of, list_of, pairs_of, text_of};
use crate::body::{Sentinel, WatchedMaster, area};
use crate::client::Client;
use crate::connect::{self, params::Params, params::Place};

/// Asks the Sentinels for the master of a service, and connects to it.
///
/// # Errors
/// When no Sentinel answers, none knows the service, or its master can't be reached.
pub(super) async fn lead(
    params: &Params,
    service: &str,
    options: &ObserveOptions,
    gaps: &mut Gaps,
) -> Result<(Client, Option<Sentinel>), Failure> {
    let client = connect::first(params, &params.sentinel_login, options).await?;
    let mut sentinel = Visit::begin(client, &params.sentinel_login).await?;
    let seen = read(&mut sentinel, gaps).await;
    let place = sentinel.node.address.clone();
    let answer = sentinel.client.call(&["SENTINEL", "get-master-addr-by-name", service]).await;
    let parts = answer.as_ref().map(list_of).unwrap_or_default().iter().map(text_of).collect::<Vec<_>>();
    let [host, port] = parts.as_slice() else {
        let known: Vec<&str> = seen.iter().flat_map(|s| &s.masters).map(|master| master.name.as_str()).collect();
        let failure = Failure::unreachable("redis.no-service", format!("the Sentinel {place} watches no such service"));
        return Err(match known.as_slice() {
            [] => failure.hint("check that it is a Sentinel, and that the user may use SENTINEL"),
            known => failure.hint(format!("services that it watches: {}", known.join(", "))),
        });
    };
    let port = port.parse().map_err(|_| {
        Failure::unreachable("redis.no-service", format!("the Sentinel {place} gives no usable address of the master"))
    })?;
    let master = Place::Tcp(host.clone(), port);
    let client = connect::open(&master, &params.login, params.tls.as_ref(), options).await?;
    Ok((client, seen))
}

/// Reads what a Sentinel watches.
pub(super) async fn read(visit: &mut Visit, gaps: &mut Gaps) -> Option<Sentinel> {
    let answer = visit.ask(gaps, area::SENTINEL, &["SENTINEL", "MASTERS"]).await?;
    let masters = list_of(&answer).iter().map(|master| {
        let fields = pairs_of(master);
        let find = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| *value);
        let text = |name: &str| find(name).map(text_of).unwrap_or_default();
        let count = |name: &str| find(name).and_then(count_of).unwrap_or(0);
        WatchedMaster {
            name: text("name"),
            address: format!("{}:{}", text("ip"), text("port")),
            flags: text("flags").split(',').map(str::to_owned).collect(),
            replicas: count("num-slaves"),
            other_sentinels: count("num-other-sentinels"),
            quorum: count("quorum"),
        }
    });
    Some(Sentinel { address: visit.node.address.clone(), masters: masters.collect() })
}
