//! `LATENCY LATEST`: what made the server wait.

use super::visit::{Gaps, Visit, count_of, list_of, number_of, text_of};
use crate::body::{LatencyEvent, area};

/// Reads the events of the latency monitor.
pub(super) async fn read(visit: &mut Visit, gaps: &mut Gaps) {
    let Some(answer) = visit.ask(gaps, area::LATENCY, &["LATENCY", "LATEST"]).await else { return };
    let event = |value: &redis::Value| {
        let parts = list_of(value);
        #[allow(clippy::cast_possible_truncation, reason = "a time in seconds fits")]
        let at = parts.get(1).and_then(number_of)? as i64;
        let (last_ms, max_ms) = (parts.get(2).and_then(count_of)?, parts.get(3).and_then(count_of)?);
        Some(LatencyEvent { name: parts.first().map(text_of)?, at, last_ms, max_ms })
    };
    visit.node.latency = list_of(&answer).iter().filter_map(event).collect();
}
