//! `pg/extension-outdated`: the database still has an old version of what the server brings.

use dbwright_core::{Change, Cx};

use crate::body::PgBody;

/// Reports extensions one by one.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let body = cx.body;
    for extension in &body.catalog.extensions {
        let Some(new) = extension.default_version.as_ref().filter(|new| **new != extension.version) else { continue };
        let dialect = body.catalog.dialect;
        let name = dialect.name(&extension.name);
        let title = format!("extension {name} is version {}, and the server's files are {new}", extension.version);
        let finding = cx
            .finding(dialect.subject(&[&extension.name]), title)
            .evidence("installed_version", extension.version.as_str(), "", "pg_extension")
            .evidence("default_version", new.as_str(), "", "pg_available_extensions");
        let harm = "its mends and new columns are missing, and old definitions need not fit a new library";
        cx.report(if body.server.in_recovery {
            finding.why(format!("{harm}; this server is a standby: run ALTER EXTENSION {name} UPDATE on its primary"))
        } else {
            let change =
                Change::new([format!("ALTER EXTENSION {name} UPDATE")], "short locks on the extension's own objects");
            finding.why(harm).change(change.irreversible("most extensions bring no script for the way back"))
        });
    }
}
