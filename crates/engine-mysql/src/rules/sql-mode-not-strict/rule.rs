//! `mysql/sql-mode-not-strict`: wrong values are bent instead of refused.

use dbwright_core::Cx;
use dbwright_sql::Dialect;

use crate::body::Body;
use crate::settings::{self, When};

/// The variable.
const NAME: &str = "sql_mode";

/// Reports a mode without either kind of strictness.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let Some(value) = cx.body.variable(NAME) else { return };
    let mut modes: Vec<&str> = value.split(',').filter(|mode| !mode.is_empty()).collect();
    if modes.iter().any(|mode| matches!(*mode, "STRICT_TRANS_TABLES" | "STRICT_ALL_TABLES" | "TRADITIONAL")) {
        return;
    }
    modes.push("STRICT_TRANS_TABLES");
    let to = Dialect::Mysql.literal(&modes.join(","));
    let finding = cx
        .finding(NAME, "texts that are too long are cut off, and wrong numbers stored as others")
        .why("a value that does not fit is changed until it does, with a warning that hardly any program reads: the data is wrong from then on");
    cx.report(settings::mended(cx.body, finding, NAME, &to, When::NewSessions));
}
