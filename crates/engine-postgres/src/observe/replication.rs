//! Replicas, slots, a standby's own lag, and archiving.

use dbwright_core::Failure;
use tokio_postgres::Error as PgError;

use super::cells::Cells;
use super::rights;
use super::session::Session;
use crate::body::{Archiver, Replica, Replication, Server, Slot, area};

/// The position that lags are measured from.
const HERE: &str = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END";

const REPLICAS: &str = "\
SELECT /* dbwright */ r.application_name, r.state, r.sync_state, extract(epoch FROM r.replay_lag)::float8,
       pg_wal_lsn_diff(%here%, r.replay_lsn)::int8
FROM pg_stat_replication r ORDER BY r.application_name, r.pid";

const SLOTS: &str = "\
SELECT /* dbwright */ s.slot_name, s.slot_type, s.plugin, s.database, s.active, s.temporary,
       pg_wal_lsn_diff(%here%, s.restart_lsn)::int8, greatest(age(s.xmin), age(s.catalog_xmin))::int8, s.wal_status,
       %inactive%
FROM pg_replication_slots s ORDER BY s.slot_name";

/// Without streaming (`receive` is null) there is nothing to compare with but the last commit's time.
const STATE: &str = "\
SELECT /* dbwright */ CASE
         WHEN NOT pg_is_in_recovery() THEN NULL
         WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
         ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8,
       a.archived_count, a.failed_count,
       extract(epoch FROM clock_timestamp() - a.last_archived_time)::float8,
       extract(epoch FROM clock_timestamp() - a.last_failed_time)::float8
FROM pg_stat_archiver a";

/// Reads it all.
pub(super) async fn read(session: &mut Session, server: &Server) -> Result<Replication, Failure> {
    let replicas = session.read(area::REPLICATION, &REPLICAS.replace("%here%", HERE), &[], replica).await?;
    if !server.monitor && !replicas.is_empty() {
        let reason = format!("role {} may not see how far the {} replicas are", server.role, replicas.len());
        session.gap(area::REPLICATION, reason, Some(rights::monitor(server)));
    }
    let inactive = if server.major() >= 17 {
        "extract(epoch FROM clock_timestamp() - s.inactive_since)::float8"
    } else {
        "NULL::float8"
    };
    let slots = SLOTS.replace("%here%", HERE).replace("%inactive%", inactive);
    let slots = session.read(area::REPLICATION, &slots, &[], slot).await?;
    let state = session.read(area::REPLICATION, STATE, &[], state).await?;
    let (standby_lag_s, archiver) = state.into_iter().next().unzip();
    Ok(Replication { replicas, slots, standby_lag_s: standby_lag_s.flatten(), archiver })
}

fn replica(row: &mut Cells<'_>) -> Result<Replica, PgError> {
    Ok(Replica {
        name: row.text()?,
        state: row.opt_text()?,
        sync_state: row.opt_text()?,
        replay_lag_s: row.get()?,
        replay_lag_bytes: row.get()?,
    })
}

fn slot(row: &mut Cells<'_>) -> Result<Slot, PgError> {
    Ok(Slot {
        name: row.text()?,
        kind: row.text()?,
        plugin: row.opt_text()?,
        database: row.opt_text()?,
        active: row.get()?,
        temporary: row.get()?,
        retained_bytes: row.get()?,
        xmin_age: row.get()?,
        wal_status: row.opt_text()?,
        inactive_s: row.get()?,
    })
}

fn state(row: &mut Cells<'_>) -> Result<(Option<f64>, Archiver), PgError> {
    let lag = row.get()?;
    let archiver = Archiver {
        archived: row.count()?,
        failed: row.count()?,
        last_archived_s: row.get()?,
        last_failed_s: row.get()?,
    };
    Ok((lag, archiver))
}
