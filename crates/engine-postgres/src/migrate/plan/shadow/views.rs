//! Views and materialized views, made again on the shadow before the switch, under their own names in the shadow's schema.
//!
//! Their definitions are written by the server with the schemas of the table and of its views in the `search_path`, so that
//! these names stand without a schema; they are read again with the shadow's schema before those. So `orders` means the
//! shadow, and everything else what it meant, without a text being changed.

use std::fmt::Write as _;

use super::super::name::{ident, literal, qualified};
use super::facts::View;
use super::shape::assignments;
use super::{Change, rights};

impl View {
    /// `VIEW` or `MATERIALIZED VIEW`.
    pub(super) fn word(&self) -> &'static str {
        if self.is_materialized() { "MATERIALIZED VIEW" } else { "VIEW" }
    }

    fn is_materialized(&self) -> bool {
        self.kind == "m"
    }

    /// Its name before the switch.
    fn shadow(&self, change: &Change) -> String {
        qualified(&change.names.new_for(&self.schema), &self.name)
    }

    /// Its name for statements, in its own place.
    pub(super) fn seen(&self) -> String {
        qualified(&self.schema, &self.name)
    }
}

/// All statements, in one transaction.
pub(super) fn make(change: &Change) -> Vec<String> {
    let views = &change.dependents.views;
    if views.is_empty() {
        return Vec::new();
    }
    let path = &change.dependents.path;
    let helpers = path.iter().map(|schema| change.names.new_for(schema));
    let path: Vec<_> = helpers.chain(path.iter().cloned()).map(|schema| ident(&schema)).collect();
    let mut made = vec![format!("SET LOCAL search_path TO {}", path.join(", "))];
    made.extend(views.iter().map(|view| create(change, view)));
    // From here on every name is qualified.
    made.push("SET LOCAL search_path TO ''".to_owned());
    made.extend(views.iter().flat_map(|view| finish(change, view)));
    made
}

fn create(change: &Change, view: &View) -> String {
    let columns: Vec<_> = view.columns.iter().map(|c| ident(&c.name)).collect();
    let options =
        if view.options.is_empty() { String::new() } else { format!(" WITH ({})", assignments(&view.options)) };
    let mut text = format!("CREATE {} {} ({})", view.word(), view.shadow(change), columns.join(", "));
    if let Some(method) = view.method.as_ref().filter(|_| view.kind == "m") {
        let _ = write!(text, " USING {}", ident(method));
    }
    text.push_str(&options);
    if let Some(space) = &view.tablespace {
        let _ = write!(text, " TABLESPACE {}", ident(space));
    }
    let _ = write!(text, " AS {}", view.definition.trim());
    if view.kind == "m" && !view.populated {
        text.push_str(" WITH NO DATA");
    }
    text
}

fn finish(change: &Change, view: &View) -> Vec<String> {
    let name = view.shadow(change);
    let mut made = Vec::new();
    for index in view.indexes.iter().filter(|index| index.valid) {
        made.extend(super::indexes::create(change, &name, &change.names.new_for(&view.schema), index));
    }
    for column in &view.columns {
        let of = ident(&column.name);
        if let Some(default) = &column.default {
            made.push(format!("ALTER VIEW {name} ALTER COLUMN {of} SET DEFAULT {default}"));
        }
        if let Some(target) = column.target {
            made.push(format!("ALTER {} {name} ALTER COLUMN {of} SET STATISTICS {target}", view.word()));
        }
        if let Some(comment) = &column.comment {
            made.push(format!("COMMENT ON COLUMN {name}.{of} IS {}", literal(comment)));
        }
    }
    if let Some(comment) = &view.comment {
        made.push(format!("COMMENT ON {} {name} IS {}", view.word(), literal(comment)));
    }
    if view.kind == "m" && view.populated {
        made.push(format!("ANALYZE {name}"));
    }
    if view.owner != change.source.role {
        made.push(format!("ALTER {} {name} OWNER TO {}", view.word(), ident(&view.owner)));
    }
    made.extend(change.source.default_grantees.iter().map(|who| format!("REVOKE ALL ON TABLE {name} FROM {who}")));
    made.extend(rights::given("TABLE", &name, &view.owner, view.has_grants, &view.grants));
    made
}

/// Removes what [`make`] made, the last first, from where each schema's views wait.
pub(super) fn remove(change: &Change, place: impl Fn(&str) -> String, if_exists: bool) -> Vec<String> {
    let guard = if if_exists { "IF EXISTS " } else { "" };
    let views = change.dependents.views.iter().rev();
    views.map(|view| format!("DROP {} {guard}{}", view.word(), qualified(&place(&view.schema), &view.name))).collect()
}
