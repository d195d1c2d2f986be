//! `pg/security-definer-search-path`: a function with its owner's rights that looks names up where its caller says.

use dbwright_core::{Change, Cx, Finding, Severity};
use dbwright_sql::model::Function;

use crate::body::PgBody;

/// Reports SECURITY DEFINER functions and procedures without a search path of their own, or with a leaky one.
pub(super) fn check(cx: &mut Cx<'_, PgBody>) {
    let dialect = cx.body.catalog.dialect;
    let definer = |function: &&Function| function.security_definer && !function.from_extension;
    for function in cx.body.catalog.functions.iter().filter(definer) {
        if let Some(bound) = bound(function) {
            if let Some(closed) = temporary_last(bound) {
                let finding = leaky(cx, function, bound, &closed);
                cx.report(finding);
            }
            continue;
        }
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
                "whoever calls it can put a table or function of their own in front of what it means, in their temporary schema at \
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

/// The path that is bound to a function.
fn bound(function: &Function) -> Option<&str> {
    let setting = function.settings.iter().find(|setting| setting.to_ascii_lowercase().starts_with("search_path="))?;
    Some(&setting["search_path=".len()..])
}

/// The path with temporary objects last; none when they are, or when it is empty: then tables are named with their schema.
fn temporary_last(path: &str) -> Option<String> {
    let mut quoted = false;
    let names = path.split(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let names: Vec<&str> = names.map(str::trim).filter(|name| !matches!(*name, "" | "\"\"")).collect();
    let temporary = |name: &&str| name.trim_matches('"').eq_ignore_ascii_case("pg_temp");
    if names.last().is_none_or(temporary) {
        return None;
    }
    let kept = names.iter().copied().filter(|name| !temporary(name)).chain(["pg_temp"]);
    Some(kept.collect::<Vec<_>>().join(", "))
}

/// A function whose path leaves the caller's temporary tables in front.
fn leaky(cx: &Cx<'_, PgBody>, function: &Function, bound: &str, closed: &str) -> Finding {
    let dialect = cx.body.catalog.dialect;
    let name = dialect.qualified(&function.schema, &function.name);
    let routine = format!("ALTER ROUTINE {name}({})", function.arguments);
    let change = Change::new(
        [format!("{routine} SET search_path = {closed}")],
        "none that reads or writes of tables would notice",
    )
    .back([format!("{routine} SET search_path = {bound}")]);
    cx.finding(
        format!("{}({})", dialect.subject(&[&function.schema, &function.name]), function.arguments),
        format!("{} {name} looks for tables in its caller's temporary schema first", function.kind),
    )
    .severity(Severity::Low)
    .why(format!(
        "it runs with the rights of {}, and where its path does not say otherwise, temporary tables and types come before all \
         others: a caller who may create a temporary table of a fitting name has it used with the owner's rights",
        dialect.name(&function.owner)
    ))
    .evidence("search_path", bound, "", "pg_proc.proconfig")
    .evidence("owner", function.owner.as_str(), "", "pg_proc")
    .change(change)
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

#[cfg(test)]
mod tests {
    use super::temporary_last;

    #[test]
    fn temporary_objects_come_last_whatever_the_path_is() {
        for closed in ["", "\"\"", "app, pg_temp", "\"$user\", public, \"pg_temp\""] {
            assert_eq!(temporary_last(closed), None, "{closed}");
        }
        assert_eq!(temporary_last("\"$user\", public").as_deref(), Some("\"$user\", public, pg_temp"));
        assert_eq!(temporary_last("pg_temp, \"a,b\"").as_deref(), Some("\"a,b\", pg_temp"));
    }
}
