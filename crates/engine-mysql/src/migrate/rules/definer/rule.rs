//! `migrate/definer`: an object that runs as somebody else.

use dbwright_core::{Cx, Severity};
use dbwright_sql::Dialect;

use crate::body::Account;
use crate::migrate::lint::Scene;
use crate::migrate::lint::read::Named;
use crate::migrate::lint::read::stored::{Stored, stored};
use crate::migrate::parse::{Act, Kind};

/// Reports definers that are not there, that may do everything, or that other servers may not have.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    let (Act::Create { .. } | Act::Other(_)) = scene.act() else { return };
    let Some(made) = stored(scene.sql()) else { return };
    let kind = made.kind.word().to_lowercase();
    let name = Dialect::Mysql.name(&made.name.name);
    let Some(definer) = &made.definer else {
        if made.definers_rights == Some(true) {
            let finding = cx
                .finding(made.name.name.clone(), format!("the {kind} {name} does for everybody what the account of the migration may do"))
                .why("SQL SECURITY DEFINER without a DEFINER is the account that runs the migration, mostly an administrator; no change is shown: SQL SECURITY INVOKER, or an account with just the rights that it needs")
                .evidence("security", "DEFINER", "", "the statement");
            cx.report(finding.severity(Severity::Low));
        }
        return;
    };
    let Some((severity, says, why)) = judged(scene, &made, definer) else { return };
    let finding = cx
        .finding(made.name.name.clone(), format!("the {kind} {name} has the definer {}, {says}", definer.shown()))
        .why(format!("{why}; no change is shown: leave DEFINER out, or name an account that can't log in and has just the rights that it needs"))
        .evidence("definer", definer.shown(), "", "the statement");
    cx.report(finding.severity(severity));
}

fn judged(scene: &Scene, made: &Stored, definer: &Named) -> Option<(Severity, &'static str, &'static str)> {
    let broken = if made.kind == Kind::Trigger {
        "the server makes it with a note, and from then on every write of the table fails with error 1449"
    } else {
        "the server makes it with a note, and each use of it fails with error 1449"
    };
    let Some(accounts) = scene.accounts() else {
        return Some((Severity::Low, "which each server that it is made on has to have", broken));
    };
    let Some(account) = accounts.iter().find(|account| is(account, definer)) else {
        let harmless = made.definers_rights == Some(false) && made.kind != Kind::Trigger && made.kind != Kind::Event;
        let severity = if harmless { Severity::Low } else { Severity::High };
        return Some((severity, "which is not there", broken));
    };
    let rights = made.definers_rights != Some(false);
    (account.superuser && rights).then_some((
        Severity::Medium,
        "who may do everything",
        "whoever may use it does so with all rights on the server",
    ))
}

fn is(account: &Account, named: &Named) -> bool {
    account.user == named.user && (account.role || account.host.eq_ignore_ascii_case(named.host()))
}
