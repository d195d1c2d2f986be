//! `pg/public-schema-create`: everybody may create objects in a schema that others look names up in.

use dbwright_core::{Change, Cx, Severity};

use crate::body::PgBody;

/// Reports schemas in which PUBLIC may create objects.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    for schema in cx.body.schemas.iter().filter(|schema| schema.public_create) {
        let name = cx.body.catalog.dialect.name(&schema.name);
        let change = Change::new(
            [format!("REVOKE CREATE ON SCHEMA {name} FROM PUBLIC")],
            "none that reads or writes of tables would notice",
        )
        .back([format!("GRANT CREATE ON SCHEMA {name} TO PUBLIC")]);
        let searched = schema.name == "public";
        let finding = cx
            .finding(name.clone(), format!("every role may create objects in the schema {name}"))
            .severity(if searched { Severity::Medium } else { Severity::Low })
            .why(if searched {
                "the schema is on the default search_path: any role that can connect can put a function or table there that \
                 other roles' statements then call by its bare name; a role that has to create objects there needs a grant of its own"
            } else {
                "any role that can connect can put objects there, beside or in the way of yours; a role that has to create \
                 objects there needs a grant of its own"
            })
            .evidence("CREATE for PUBLIC", true, "", "pg_namespace.nspacl")
            .evidence("owner", schema.owner.as_str(), "", "pg_namespace")
            .change(change);
        cx.report(finding);
    }
}
