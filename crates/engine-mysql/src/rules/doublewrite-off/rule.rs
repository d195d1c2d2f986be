//! `mysql/doublewrite-off`: half-written pages can't be mended.

use dbwright_core::{Change, Cx};

use crate::body::Body;
use crate::settings;

/// The variable.
const NAME: &str = "innodb_doublewrite";

/// Reports the setting.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    let body = cx.body;
    let Some(value) = body.variable(NAME).filter(|value| matches!(*value, "OFF" | "0" | "DETECT_ONLY")) else { return };
    let why = "a page of 16 KB that was half written when the power failed is damaged for good; only a file system that writes whole pages makes up for it";
    let finding = cx.finding(NAME, format!("the doublewrite buffer is {value}: torn pages can't be mended")).why(why);
    let finding = settings::evidence(body, finding, NAME);
    // Between ON and DETECT_ONLY it changes at once; from OFF only a restart does. MySQL does not let it be persisted.
    let now = value == "DETECT_ONLY" || (body.server.is_mariadb() && body.server.version >= (11, 0, 6));
    if now {
        let line = format!("{why}; put `{NAME} = ON` below [mysqld] into the configuration file as well");
        let change = Change::new([format!("SET GLOBAL {NAME} = ON")], "no lock; it takes effect at once");
        let back = format!("SET GLOBAL {NAME} = {}", settings::value(value));
        cx.report(finding.why(line).change(change.outside_transaction().back([back])));
    } else {
        cx.report(finding.why(format!(
            "{why}. No statement changes it: put `{NAME} = ON` below [mysqld] into the configuration file (or take the line out, ON is the default), and restart the server"
        )));
    }
}
