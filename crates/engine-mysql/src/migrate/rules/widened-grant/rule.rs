//! `migrate/widened-grant`: more rights, for more, than anybody asked for.

use dbwright_core::{Cx, Severity};

use crate::migrate::lint::Scene;
use crate::migrate::lint::read::Named;
use crate::migrate::lint::read::grant::{Grant, grant};
use crate::migrate::parse::Act;

/// Rights that rule the server.
const RULING: [&str; 14] = [
    "SUPER",
    "FILE",
    "PROCESS",
    "SHUTDOWN",
    "CREATE USER",
    "CREATE ROLE",
    "DROP ROLE",
    "GRANT OPTION",
    "SYSTEM_USER",
    "SYSTEM_VARIABLES_ADMIN",
    "SET_USER_ID",
    "SET USER",
    "CONNECTION ADMIN",
    "CONNECTION_ADMIN",
];

/// Reports grants that reach further than they need.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let Act::Other(_) = cx.body.act() else { return };
    let Some(given) = grant(cx.body.sql()) else { return };
    let Some((severity, title, why)) = judged(&given) else { return };
    let whom: Vec<String> = given.to.iter().map(Named::shown).collect();
    let finding = cx
        .finding(given.on.clone().unwrap_or_else(|| "roles".to_owned()), title)
        .why(format!("{why}; no change is shown: name the rights that the account needs, on its own database, for the hosts that it comes from"))
        .evidence("privileges", given.privileges.join(", "), "", "the statement")
        .evidence("accounts", whom.join(", "), "", "the statement");
    cx.report(finding.severity(severity));
}

fn judged(given: &Grant) -> Option<(Severity, String, &'static str)> {
    let whom: Vec<String> = given
        .to
        .iter()
        .map(|one| if one.user.is_empty() { "everybody without an account".to_owned() } else { one.shown() })
        .collect();
    let whom = whom.join(", ");
    let on = given.on.as_deref().unwrap_or_default();
    let what = given.privileges.join(", ");
    let public = given
        .to
        .iter()
        .any(|one| one.user.is_empty() || (one.host.is_none() && one.user.eq_ignore_ascii_case("public")));
    let anywhere = given.to.iter().any(|one| one.host.as_deref() == Some("%"));
    let ruling = given.privileges.iter().find(|one| RULING.contains(&one.as_str()));
    if given.all() && given.everywhere() {
        return Some((
            Severity::High,
            format!("all rights on the whole server are given to {whom}"),
            "it may do everything, to everybody's data",
        ));
    }
    if let Some(right) = ruling.filter(|_| given.everywhere()) {
        return Some((
            Severity::Medium,
            format!("{right} on the whole server is given to {whom}"),
            "it rules the server, and not the application's data alone",
        ));
    }
    if public {
        return Some((
            Severity::Medium,
            format!("{what} on {on} is given to {whom}"),
            "that is everybody who can log in, those of tomorrow included",
        ));
    }
    if given.all() {
        let severity = if anywhere { Severity::Medium } else { Severity::Low };
        let from = if anywhere { ", from any host" } else { "" };
        return Some((
            severity,
            format!("all rights on {on} are given to {whom}{from}"),
            "all include DROP and ALTER, which an application rarely needs",
        ));
    }
    given.passed_on.then(|| {
        (Severity::Low, format!("{what} is given to {whom} to be passed on"), "who has it can give it to anybody else")
    })
}
