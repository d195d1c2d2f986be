//! dbwright as a process of its own, so that it can be killed: this test binary, run again for one verb.

use std::process::{Child, Command, Stdio};

use dbwright_core::progress::Progress;
use dbwright_migrate::run;

use crate::common::{open, options};
use crate::scenario::{change, plans};
use crate::trap::{Spot, Trap};

const ORDER: &str = "DBWRIGHT_TEST_MIGRATE_CHILD";

/// What the child does, and where it dies.
pub(crate) struct Order<'a> {
    pub(crate) url: &'a str,
    pub(crate) verb: &'a str,
    pub(crate) dies_at: Option<&'a Spot>,
}

impl Order<'_> {
    pub(crate) fn start(&self) -> Child {
        let (stage, point) = self.dies_at.cloned().unwrap_or_default();
        let order = [self.url, self.verb, &stage, &point].join("\u{1f}");
        Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "child::carries_an_order_out", "--nocapture"])
            .env(ORDER, order)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts")
    }
}

/// One verb of the scenario.
pub(crate) async fn verb(
    url: &str,
    verb: &str,
    progress: &dyn Progress,
) -> Result<run::Outcome, dbwright_core::Failure> {
    let mut session = open(url, &plans()).await?;
    let (migrations, options) = ([change()], options());
    match verb {
        "apply" => run::apply(&mut session, &migrations, &options, progress).await,
        "contract" => run::contract(&mut session, &migrations, &options, progress).await,
        "resume" => run::resume(&mut session, &migrations, &options, progress).await,
        _ => run::undo(&mut session, &migrations, &options, progress).await,
    }
}

#[tokio::test]
async fn carries_an_order_out() {
    // Without an order this is an ordinary run of the tests.
    let Ok(order) = std::env::var(ORDER) else { return };
    let parts: Vec<_> = order.split('\u{1f}').collect();
    let spot = (parts[2].to_owned(), parts[3].to_owned());
    let trap = Trap::at(&spot, || std::process::abort());
    let done = verb(parts[0], parts[1], &trap).await;
    assert!(done.is_ok(), "{done:?}");
}
