//! A panic is a fault of dbwright and says so, in one message, instead of a bare trace.
//!
//! The hook only records: an engine may catch a panic of a library that it uses and go on.

use std::backtrace::Backtrace;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Mutex;

use dbwright_core::Failure;

/// Where the last panic happened and what it said.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Runs `work`; a panic that nobody caught comes back as a failure.
pub(crate) fn guard<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    panic::set_hook(Box::new(record));
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        let said = LAST.lock().ok().and_then(|mut last| last.take()).unwrap_or_default();
        Failure::internal("internal.panic", "this is a fault of dbwright, not of your database or your call")
            .excerpt(said)
            .hint("please report it with the lines above and `dbwright --version`")
            .hint("RUST_BACKTRACE=1 adds a backtrace to them")
    })
}

fn record(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let trace = Backtrace::capture();
    let trace =
        if trace.status() == std::backtrace::BacktraceStatus::Captured { format!("\n{trace}") } else { String::new() };
    if let Ok(mut last) = LAST.lock() {
        *last = Some(format!("panicked at {place}: {text}{trace}"));
    }
}
