//! The demo: the main job on the bundled sample.

use dbwright_core::Failure;

use crate::context::Context;
use crate::failure::Exit;

/// Options of the demo.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {}

/// Runs the demo.
#[expect(clippy::unused_async, reason = "the demo observes and proves")]
pub(crate) async fn run(_args: Args, _cx: &Context) -> Result<Exit, Failure> {
    Err(Failure::usage("demo.missing", "this build has no bundled sample")
        .hint("check a database of your own: `dbwright check sqlite:FILE` or `dbwright check postgres://…`"))
}
