//! dbwright as a process of its own, so that it can be killed: this test binary, run again for one verb.

use std::process::{Child, Command, Stdio};

use dbwright_core::progress::Progress;
use dbwright_migrate::run::{self, Options};

use crate::common::{open, options};
use crate::scenario::Scene;
use crate::trap::{Spot, Trap};

const ORDER: &str = "DBWRIGHT_TEST_MIGRATE_CHILD";

/// What the child does, and where it dies.
pub(crate) struct Order<'a> {
    pub(crate) scene: Scene,
    pub(crate) url: &'a str,
    pub(crate) verb: &'a str,
    pub(crate) dies_at: Option<&'a Spot>,
}

impl Order<'_> {
    pub(crate) fn start(&self) -> Child {
        let (stage, point) = self.dies_at.cloned().unwrap_or_default();
        let order = [self.url, self.verb, &stage, &point, self.scene.name()].join("\u{1f}");
        Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "child::carries_an_order_out", "--nocapture"])
            .env(ORDER, order)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts")
    }
}

/// One verb of the scenario that is written by hand.
pub(crate) async fn verb(
    url: &str,
    verb: &str,
    progress: &dyn Progress,
) -> Result<run::Outcome, dbwright_core::Failure> {
    verb_of(Scene::ByHand, url, verb, &options(), progress).await
}

/// One verb of a scenario.
pub(crate) async fn verb_of(
    scene: Scene,
    url: &str,
    verb: &str,
    options: &Options,
    progress: &dyn Progress,
) -> Result<run::Outcome, dbwright_core::Failure> {
    let mut session = open(url, &scene.plans()).await?;
    let migrations = [scene.change()];
    match verb {
        "apply" => run::apply(&mut session, &migrations, options, progress).await,
        "contract" => run::contract(&mut session, &migrations, options, progress).await,
        "resume" => run::resume(&mut session, &migrations, options, progress).await,
        _ => run::undo(&mut session, &migrations, options, progress).await,
    }
}

#[tokio::test]
async fn carries_an_order_out() {
    // Without an order this is an ordinary run of the tests.
    let Ok(order) = std::env::var(ORDER) else { return };
    let parts: Vec<_> = order.split('\u{1f}').collect();
    let spot = (parts[2].to_owned(), parts[3].to_owned());
    let trap = Trap::at(&spot, || std::process::abort());
    let done = verb_of(Scene::named(parts[4]), parts[0], parts[1], &options(), &trap).await;
    assert!(done.is_ok(), "{done:?}");
}
