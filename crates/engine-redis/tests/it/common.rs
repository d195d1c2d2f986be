//! Servers of a test's own, observed through the public interface.

use dbwright_check::{Checks, Outcome};
use dbwright_core::engine::{Engine as _, ObserveOptions};
use dbwright_core::progress::Silent;
use dbwright_core::rule::Limits;
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};
use dbwright_engine_redis::Redis;
use dbwright_engine_redis::body::Body;
use dbwright_testkit::redis::{Reply, Wire};

/// The two engines, or what `DBWRIGHT_TEST_SKIP` leaves of them.
pub(crate) fn both() -> Vec<&'static str> {
    dbwright_testkit::engines(&["redis", "redis8", "valkey"])
}

/// Observes what a URL leads to.
pub(crate) fn observe(url: &str) -> Result<Snapshot, Failure> {
    observe_with(url, &ObserveOptions::default())
}

/// Observes with options.
pub(crate) fn observe_with(url: &str, options: &ObserveOptions) -> Result<Snapshot, Failure> {
    let address = Address::parse(url).expect("an address");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(Redis.observe(&address, options, &Silent))
}

/// A snapshot that must come about.
pub(crate) fn snapshot(url: &str) -> Snapshot {
    observe(url).unwrap_or_else(|failure| panic!("{url}: {failure:?}"))
}

/// The body of a snapshot.
pub(crate) fn body(snapshot: &Snapshot) -> &Body {
    snapshot.body().expect("a body of Redis")
}

/// Runs the rules.
pub(crate) fn check(snapshot: &Snapshot) -> Outcome {
    Redis.check(snapshot, &Limits::new()).expect("its own snapshot")
}

/// The gaps of an area, as text.
pub(crate) fn gaps(snapshot: &Snapshot, area: &str) -> Vec<String> {
    let gaps = snapshot.header.gaps.iter().filter(|gap| gap.area == area);
    gaps.map(|gap| format!("{} / {}", gap.reason, gap.remedy.as_deref().unwrap_or("-"))).collect()
}

/// Sends a command whose words are separated by spaces.
pub(crate) fn run(wire: &mut Wire, words: &str) -> Reply {
    let words: Vec<&str> = words.split(' ').collect();
    wire.command(&words).unwrap_or_else(|reason| panic!("{reason}"))
}

/// Runs a script.
pub(crate) fn script(wire: &mut Wire, text: &str) {
    wire.command(&["EVAL", text, "0"]).unwrap_or_else(|reason| panic!("{reason}"));
}

/// Waits until something holds, for minutes if need be.
pub(crate) fn until(holds: impl Fn() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_mins(3);
    while !holds() {
        assert!(std::time::Instant::now() < end, "it never came about");
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
}
