//! `migrate/domain-constraint`: all tables with the domain are read while writes wait.

use dbwright_core::{Change, Cx};
use dbwright_sql::Dialect;

use crate::ddl::{Act, DomainClause, Name};
use crate::migrate::lint::steps::{made_name, quoted};
use crate::migrate::lint::{Effort, Scene, TableRef, Work};

/// Reports constraints of domains that are checked at once.
pub(super) fn check(cx: &mut Cx<'_, Scene>) {
    let scene = cx.body;
    for act in scene.acts() {
        let Act::AlterDomain { name, clause } = act else { continue };
        let of = name
            .schema
            .as_ref()
            .map_or_else(|| quoted(&name.name), |schema| Dialect::Postgres.qualified(schema, &name.name));
        let (what, change) = match clause {
            DomainClause::Add { name: constraint, expression, not_valid: false } => {
                let made = constraint.clone().unwrap_or_else(|| made_name(&[&name.name], "check"));
                let sql = format!("ALTER DOMAIN {of} ADD CONSTRAINT {} CHECK ({expression}) NOT VALID", quoted(&made));
                (format!("CHECK ({expression})"), Some(Change::new([sql], "a moment; validate it at a quiet time")))
            }
            DomainClause::SetNotNull => ("SET NOT NULL".to_owned(), None),
            DomainClause::Validate { .. } => ("VALIDATE CONSTRAINT".to_owned(), None),
            _ => continue,
        };
        let users = users(scene, name);
        let made_here = scene.lines[..scene.at].iter().flat_map(|line| &line.acts);
        let made_here =
            { made_here }.any(|act| matches!(act, Act::CreateDomain { name: made, .. } if made.name == name.name));
        if users.is_empty() && (scene.world.known || made_here) {
            continue;
        }
        let place = users.first().map_or_else(
            || Name { schema: None, name: String::new() },
            |t| Name { schema: Some(t.schema.clone()), name: t.name.clone() },
        );
        let table = scene.world.table(&place);
        let effort = Effort { table: &table, work: Work::Scan, lock: "SHARE" };
        let tables: Vec<String> = users.iter().map(|table| table.sql()).collect();
        let read =
            if tables.is_empty() { "every table that uses it".to_owned() } else { crate::words::some_of(&tables) };
        let mut finding = cx
            .finding(of.clone(), format!("{what} of the domain {of} reads {read} while writes wait"))
            .why("every table with a column of the domain is read under SHARE, all in one transaction: reads go on, writes wait");
        if let Some(change) = change {
            finding = finding.change(change);
        }
        cx.report(effort.weigh(finding));
    }
}

/// The tables that are known to use the domain and may hold rows.
fn users(scene: &Scene, domain: &Name) -> Vec<TableRef> {
    let plain = |ty: &str| ty.rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned();
    let uses =
        |table: &&TableRef| !table.quiet() && table.columns.iter().any(|column| plain(&column.ty) == domain.name);
    scene.world.tables().filter(uses).cloned().collect()
}
