//! Replicas: what they read counts too, so that an index which only they use is not dropped.

use dbwright_advise::Advises;
use dbwright_check::Checks;
use dbwright_core::engine::{ObserveOptions, Values};
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};

use crate::config::Found;
use crate::context::Context;
use crate::target::{self, Source};

/// The snapshot with the reads of every replica added, and a note on each.
///
/// # Errors
/// When a replica can't be observed or is none of this database: the failure names it.
pub(super) async fn merge(
    replicas: &[String],
    engine: &dyn Checks,
    adviser: &dyn Advises,
    mut snapshot: Snapshot,
    found: &Found,
    options: &ObserveOptions,
    cx: &Context,
) -> Result<(Snapshot, Vec<String>), Failure> {
    let options = ObserveOptions { values: Values::None, ..options.clone() };
    let mut notes = Vec::new();
    for replica in replicas {
        let named = |failure| name(replica, failure);
        let address = address(replica, engine, found).map_err(named)?;
        let seen = engine.observe(&address, &options, &cx.progress).await.map_err(named)?;
        snapshot = adviser.with_reads_of(&snapshot, &seen).map_err(named)?;
        notes.push(format!("index reads of the replica {} are counted too", seen.header.name));
    }
    Ok((snapshot, notes))
}

fn address(replica: &str, engine: &dyn Checks, found: &Found) -> Result<Address, Failure> {
    match target::resolve(replica, None, &found.config)? {
        Source::Live(other, address) if other.info().id == engine.info().id => Ok(address),
        _ => Err(Failure::usage("advise.replica", "it is no live database of the target's engine")
            .hint("give the URL of a replica of the target")),
    }
}

/// The failure with the replica's name in front.
fn name(replica: &str, failure: Failure) -> Failure {
    let shown = dbwright_core::target::redact(replica);
    Failure { message: format!("replica {shown}: {}", failure.message), ..failure }
}
