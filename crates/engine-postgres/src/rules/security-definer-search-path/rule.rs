//! `pg/security-definer-search-path`: a function with its owner's rights that looks names up where its caller says.

use dbwright_core::{Change, Cx};
use dbwright_sql::model::Function;

use crate::body::PgBody;

/// Reports SECURITY DEFINER functions and procedures without a search path of their own.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let dialect = cx.body.catalog.dialect;
    let exposed = |function: &&Function| {
        let bound = function.settings.iter().any(|setting| setting.to_ascii_lowercase().starts_with("search_path="));
        function.security_definer && !function.from_extension && !bound
    };
    for function in cx.body.catalog.functions.iter().filter(exposed) {
        let name = dialect.qualified(&function.schema, &function.name);
        let path = path(cx.body, function);
        let routine = format!("ALTER ROUTINE {name}({})", function.arguments);
        let settings = if function.settings.is_empty() { "none".to_owned() } else { function.settings.join(", ") };
        let change = Change::new(
            [format!("{routine} SET search_path = {path}")],
            "none that reads or writes of tables would notice",
        )
        .back([format!("{routine} RESET search_path")]);
        let finding = cx
            .finding(
                format!("{}({})", dialect.subject(&[&function.schema, &function.name]), function.arguments),
                format!("{} {name} runs with the rights of {}, on its caller's search_path", function.kind, dialect.name(&function.owner)),
            )
            .why(format!(
                "whoever calls it can put a table or function of his own in front of what it means, in his temporary schema at \
                 the least, and it is used with the owner's rights; if the body names objects of other schemas without their \
                 schema, add those schemas before pg_temp in: {path}"
            ))
            .evidence("prosecdef", true, "", "pg_proc")
            .evidence("settings", settings, "", "pg_proc.proconfig")
            .evidence("owner", function.owner.as_str(), "", "pg_proc")
            .change(change);
        cx.report(finding);
    }
}

/// A path on which the body most likely finds what it means: its own schema, and `public` while that is closed to
/// PUBLIC; temporary objects last.
fn path(body: &PgBody, function: &Function) -> String {
    let dialect = body.catalog.dialect;
    let mut schemas = vec!["pg_catalog".to_owned(), dialect.name(&function.schema)];
    let closed = |name: &str| body.schemas.iter().any(|schema| schema.name == name && !schema.public_create);
    if function.schema != "public" && closed("public") {
        schemas.push("public".to_owned());
    }
    schemas.push("pg_temp".to_owned());
    schemas.join(", ")
}
