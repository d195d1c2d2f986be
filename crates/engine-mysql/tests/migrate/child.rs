//! dbwright as a process of its own, so that it can be killed: this test binary, run again for one verb.

use std::process::{Child, Command, Stdio};

use crate::common;
use crate::trap::{Spot, Trap};

const ORDER: &str = "DBWRIGHT_TEST_MIGRATE_CHILD";

/// What the child does, and where it dies.
pub(crate) struct Order<'a> {
    pub(crate) url: &'a str,
    pub(crate) verb: &'a str,
    pub(crate) up: &'a str,
    pub(crate) dies_at: &'a Spot,
}

impl Order<'_> {
    pub(crate) fn start(&self) -> Child {
        let (stage, point) = self.dies_at.clone();
        let order = [self.url, self.verb, self.up, &stage, &point].join("\u{1f}");
        Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "child::carries_an_order_out", "--nocapture"])
            .env(ORDER, order)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts")
    }
}

#[tokio::test]
async fn carries_an_order_out() {
    // Without an order this is an ordinary run of the tests.
    let Ok(order) = std::env::var(ORDER) else { return };
    let parts: Vec<_> = order.split('\u{1f}').collect();
    let spot = (parts[3].to_owned(), parts[4].to_owned());
    let trap = Trap::at(&spot, || std::process::abort());
    let done = match parts[1].split_once(" with ") {
        Some((verb, "gh-ost")) => {
            let folder = crate::gh_ost::folder().expect("its folder");
            crate::tool::verb(parts[0], verb, (Some("gh-ost"), &folder), &trap).await
        }
        Some((verb, _)) => {
            let folder = dbwright_testkit::programs("percona-toolkit");
            crate::tool::verb(parts[0], verb, (None, &folder), &trap).await
        }
        None => common::verb(parts[0], parts[1], parts[2], &trap).await,
    };
    assert!(done.is_ok(), "{done:?}");
}
