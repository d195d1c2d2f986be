//! `mysql/schema-open-to-all`: rights on schemas that nobody was given, and everybody has.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;

use crate::body::Body;

/// Where they are read.
const SOURCE: &str = "mysql.db, rows without a user";

/// Reports each name or pattern with each host.
pub(super) fn check(cx: &mut Cx<'_, Body>) {
    for open in &cx.body.open_schemas {
        let shown = open.pattern.replace('\\', "");
        let from = match open.host.as_str() {
            "%" | "" => String::new(),
            host => format!(" that comes from {host}"),
        };
        let title = format!("every account{from} has rights in schemas called {shown}");
        let literal = |text: &str| Dialect::Mysql.literal(text);
        let delete = format!(
            "DELETE FROM mysql.db WHERE User = '' AND Db = {} AND Host = {}",
            literal(&open.pattern),
            literal(&open.host)
        );
        let change = Change::new(
            [delete, "FLUSH PRIVILEGES".to_owned()],
            "no lock; open sessions lose the right with their next USE",
        )
        .outside_transaction()
        .irreversible("who needs such a schema gets rights of its own by GRANT");
        cx.report(
            cx.finding(shown, title)
                .why("an account that was meant to read one table can make tables there and fill them until the disk is full, and reads what others leave there")
                .evidence("Db", open.pattern.as_str(), "", SOURCE)
                .evidence("Host", open.host.as_str(), "", SOURCE)
                .change(change),
        );
    }
}
