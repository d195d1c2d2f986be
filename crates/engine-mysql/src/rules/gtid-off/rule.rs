//! `mysql/gtid-off`: replication that knows files and positions instead of transactions.

use dbwright_core::{Change, Cx, Severity};

use crate::body::Body;
use crate::settings::{self, When};

/// The steps on a running server, in the order of the manual.
const STEPS: [&str; 5] = [
    "SET PERSIST enforce_gtid_consistency = WARN",
    "SET PERSIST enforce_gtid_consistency = ON",
    "SET PERSIST gtid_mode = OFF_PERMISSIVE",
    "SET PERSIST gtid_mode = ON_PERMISSIVE",
    "SET PERSIST gtid_mode = ON",
];

/// Those back.
const BACK: [&str; 7] = [
    "SET PERSIST gtid_mode = ON_PERMISSIVE",
    "SET PERSIST gtid_mode = OFF_PERMISSIVE",
    "SET PERSIST gtid_mode = OFF",
    "SET PERSIST enforce_gtid_consistency = WARN",
    "SET PERSIST enforce_gtid_consistency = OFF",
    "RESET PERSIST gtid_mode",
    "RESET PERSIST enforce_gtid_consistency",
];

/// Reports a server with a binary log and without strict GTIDs.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    if body.is_on("log_bin") != Some(true) {
        return;
    }
    let name = body.server.flavour.gtid_variable();
    let Some(value) = body.variable(name).filter(|value| !matches!(*value, "ON" | "1")) else { return };
    let finding = cx.finding(name, format!("{name} is {value}"));
    if body.server.is_mariadb() {
        // Its default, and harmless as long as nobody writes on a replica: that has rules of its own.
        let finding = finding.why(
            "a server takes transactions out of order, so that two servers can differ under the same GTID position: it takes a write on a replica to get there",
        );
        cx.report(settings::mended(body, finding, name, "ON", When::Now));
        return;
    }
    let finding = finding.severity(if body.replication.is_empty() { Severity::Low } else { Severity::Medium });
    let why = "a replica knows its place as a file name and a number of its source, which mean nothing on another server after a failover; \
               with replicas make each step on all servers before the next one";
    // What MySQL 5.7 is told holds until its restart.
    let kept = body.server.keeps_settings();
    let lines = if kept {
        String::new()
    } else {
        settings::file_line(body, &[(name, "ON"), ("enforce_gtid_consistency", "ON")])
    };
    let finding = settings::evidence(body, finding.why(format!("{why}{lines}")), name);
    let finding = settings::evidence(body, finding, "enforce_gtid_consistency");
    let done = match (value, body.variable("enforce_gtid_consistency")) {
        ("ON_PERMISSIVE", _) => 4,
        ("OFF_PERMISSIVE", _) => 3,
        (_, Some("ON")) => 2,
        _ => 0,
    };
    let word = |step: &str| if kept { step.to_owned() } else { step.replace("SET PERSIST", "SET GLOBAL") };
    let change = Change::new(STEPS[done..].iter().map(|step| word(step)), "no lock; each step takes effect at once")
        .outside_transaction();
    let change = if done == 0 {
        change.back(BACK.iter().filter(|step| kept || !step.starts_with("RESET")).map(|step| word(step)))
    } else {
        change.irreversible("some of the steps were made before: going back to them is for whoever made them")
    };
    cx.report(finding.change(change));
}
