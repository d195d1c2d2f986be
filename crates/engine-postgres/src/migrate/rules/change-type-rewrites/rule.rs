//! `migrate/change-type-rewrites`: a type whose values are stored in another form.

use dbwright_core::{Change, Cx, Severity};
use dbwright_sql::Dialect;

use crate::ddl::{Action, Name};
use crate::migrate::lint::steps::{batched, made_name, quoted};
use crate::migrate::lint::{Effort, Scene, Table, Work, retype};

/// Reports type changes that rewrite the table.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for (table, clause) in scene.busy_clauses() {
        let Action::SetType { column, ty, using, collation } = &clause.action else { continue };
        let from = table.column(column).map(|known| known.ty.clone());
        let Some(certain) = rewrites(scene, from.as_deref(), ty, using.as_deref(), column) else { continue };
        let effort = Effort { table: &table, work: Work::Rewrite, lock: "ACCESS EXCLUSIVE" };
        let name = quoted(column);
        let was = from.as_ref().map_or_else(|| "its type".to_owned(), Clone::clone);
        let unless = if certain { "" } else { ", unless the old type is a narrower one of the same kind" };
        let title = format!("changing {name} from {was} to {ty} {}{unless}", effort.says());
        let lock = "each for a moment; a batch locks its rows alone";
        let mut finding = cx
            .finding(table.subject_in(column), title)
            .why(format!(
                "the old values are not stored as the new type stores them; {}; `dbwright migrate plan` writes out the whole \
                 way around, with the indexes, constraints and defaults of the column",
                effort.waits()
            ))
            .change(Change::new(steps(&table, column, (ty, collation.as_deref()), using.as_deref()), lock).outside_transaction())
            .at(scene.place_of(clause));
        finding = effort.weigh(finding);
        cx.report(if certain { finding } else { finding.severity(Severity::Low) });
    }
}

/// Whether the table is rewritten: for certain, perhaps, or not.
fn rewrites(scene: &Scene, from: Option<&str>, to: &str, using: Option<&str>, column: &str) -> Option<bool> {
    if using.is_some_and(|using| !is_plain_cast(using, column, to)) {
        return Some(true);
    }
    if scene.world.domain(&Name { schema: None, name: to.to_ascii_lowercase() }) == Some(true) {
        return Some(true);
    }
    if let Some(from) = from {
        let (from, to) = (scene.world.stored_type(from), scene.world.stored_type(to));
        return retype(&from, &to, scene.utc()).rewrite.then_some(true);
    }
    // Of an unknown column: what nobody widens to a larger one of the same kind is a rewrite.
    let lower = to.to_ascii_lowercase();
    let kind = lower.split(['(', ' ']).next().unwrap_or_default();
    match kind {
        "text" | "varchar" if !lower.contains('(') => None,
        "character" if lower == "character varying" => None,
        "varchar" | "character" | "numeric" | "decimal" | "timestamp" | "timestamptz" | "time" | "interval"
        | "varbit" | "inet" | "citext" => {
            (kind != "numeric" && kind != "decimal" || lower.contains('(')).then_some(false)
        }
        _ => Some(true),
    }
}

/// Whether `USING` says no more than the change itself: the column, cast to the new type.
fn is_plain_cast(using: &str, column: &str, to: &str) -> bool {
    let mut text = using.trim();
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        text = inner.trim();
    }
    let (value, cast) = text.split_once("::").unwrap_or((text, to));
    let named = value.trim().trim_matches('"');
    named.eq_ignore_ascii_case(column) && cast.trim().eq_ignore_ascii_case(to.trim())
}

/// The new column beside the old one.
fn steps(table: &Table, column: &str, (ty, collation): (&str, Option<&str>), using: Option<&str>) -> Vec<String> {
    let dialect = Dialect::Postgres;
    let (sql, old) = (table.sql(), quoted(column));
    let fresh = made_name(&[column], "new");
    let new = quoted(&fresh);
    let collation = collation.map(|name| format!(" COLLATE {name}")).unwrap_or_default();
    let value = using.map_or_else(|| format!("{old}::{ty}"), str::to_owned);
    let keep = made_name(&[&table.name, column], "keep");
    let function = dialect.qualified(&table.schema, &keep);
    let body = format!("BEGIN SELECT {value} INTO NEW.{new} FROM (SELECT NEW.*) AS row; RETURN NEW; END");
    vec![
        format!("ALTER TABLE {sql} ADD COLUMN {new} {ty}{collation}"),
        format!("CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {}", dialect.literal(&body)),
        format!(
            "CREATE TRIGGER {} BEFORE INSERT OR UPDATE ON {sql} FOR EACH ROW EXECUTE FUNCTION {function}()",
            quoted(&keep)
        ),
        batched(table, &format!("{new} = {value}"), &format!("{new} IS DISTINCT FROM ({value})")),
        format!(
            "DO {}",
            dialect.literal(&format!(
                "BEGIN DROP TRIGGER {} ON {sql}; ALTER TABLE {sql} RENAME COLUMN {old} TO {}; ALTER TABLE {sql} RENAME COLUMN {new} TO {old}; END",
                quoted(&keep),
                quoted(&made_name(&[column], "old")),
            ))
        ),
    ]
}
