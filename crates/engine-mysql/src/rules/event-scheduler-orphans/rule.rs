//! `mysql/event-scheduler-orphans`: events that somebody relies on and that do not run.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;

use crate::body::{Body, Event, area};
use crate::settings::{self, When};
use crate::words;

/// The variable.
const NAME: &str = "event_scheduler";

/// Reports enabled events that can't run. On a replica they run on the source.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    if !body.replication.is_empty() {
        return;
    }
    let enabled: Vec<&Event> = body.events.iter().filter(|event| event.status == "ENABLED").collect();
    let name = |event: &Event| Dialect::Mysql.qualified(&event.schema, &event.name);
    let scheduler = body.variable(NAME).unwrap_or("ON");
    if let (false, false) = (enabled.is_empty(), scheduler == "ON") {
        let names: Vec<String> = enabled.iter().map(|event| name(event)).collect();
        let plural =
            if names.len() == 1 { "an event is enabled and does not run" } else { "events are enabled and do not run" };
        let finding = cx
            .finding(NAME, format!("{plural}: the scheduler is {scheduler}"))
            .evidence("events", words::some_of(&names), "", "information_schema.EVENTS")
            .evidence("enabled events", names.len(), "events", "information_schema.EVENTS")
            .why("the job that somebody relies on silently does not happen; read what the events do before they begin to run");
        if scheduler == "DISABLED" {
            let why = format!(
                "{}. No statement switches a DISABLED scheduler on: take `event_scheduler = DISABLED` out of the configuration file, and restart the server",
                finding.why
            );
            cx.report(settings::evidence(body, finding.why(why), NAME));
        } else {
            cx.report(settings::mended(body, finding, NAME, "ON", When::Now));
        }
    }
    if let Some(gap) = cx.header.gaps.iter().find(|gap| gap.area == area::ACCOUNTS) {
        if !enabled.is_empty() {
            // A schema file has no accounts at all: the gap knows what would help.
            let reason = format!("whether the events' definers exist can't be seen: {}", gap.reason);
            cx.not_looked(reason, gap.remedy.as_deref());
        }
        return;
    }
    for event in enabled.into_iter().filter(|event| !exists(body, &event.definer)) {
        let full = name(event);
        let change = Change::new(
            [format!("ALTER DEFINER = CURRENT_USER EVENT {full} ENABLE")],
            "no lock; it holds from its next time on",
        )
        .outside_transaction()
        .irreversible("the account is gone, so that there is nothing to go back to");
        cx.report(
            cx.finding(
                Dialect::Mysql.subject(&[&event.schema, &event.name]),
                format!("event {full} belongs to an account that is gone, so that it fails each time"),
            )
            .why("it runs with its definer's rights; whoever runs the statement becomes its definer")
            .evidence("definer", event.definer.as_str(), "", "information_schema.EVENTS")
            .evidence("accounts of that name", 0, "accounts", crate::accounts::SOURCE)
            .change(change),
        );
    }
}

fn exists(body: &Body, definer: &str) -> bool {
    crate::accounts::defines(body, definer)
}
