//! `ADD COLUMN`: without writing the table anew, and without reading it under an exclusive lock.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Held, Phase};

use crate::ddl::{Action, Clause, Column, ColumnConstraint, Constraint, ConstraintKind};

use super::super::draft::{Cx, Draft};
use super::super::fill;
use super::super::name::{ident, literal, qualified};
use super::super::size::rewrite_ms;
use super::super::step::{self, Drafted as _, transaction};
use super::super::{plain, tokens};
use super::{Alter, backs, constraint, not_null, unique};

/// A column taken apart.
struct Parts<'p> {
    column: &'p Column,
    ty: String,
    default: Option<&'p str>,
    not_null: bool,
    collation: Option<&'p str>,
    /// The options in parentheses, when it is an identity, and whether it is `ALWAYS`.
    identity: Option<bool>,
    serial: bool,
}

/// Plans `ADD COLUMN`; none when it takes a moment as it is.
pub(super) async fn add(
    cx: &Cx<'_, '_>,
    to: &Alter<'_>,
    column: &Column,
    clause: &Clause,
) -> Result<Option<Draft>, Failure> {
    if to.table.column(&column.name).is_some() {
        return Ok(None);
    }
    let parts = take_apart(column);
    if let Some(reason) = rewrites(cx, column, &parts.ty).await? {
        return Ok(Some(blocking(to, clause, &reason)));
    }
    let volatile = match parts.default {
        Some(default) => cx.is_volatile(default).await?,
        None => false,
    };
    let filled = volatile || parts.serial || parts.identity.is_some();
    let later = constraints(cx, to, column, parts.default.is_some() || filled).await?;
    if !filled && later.is_empty() {
        return Ok(None);
    }
    let mut draft = Draft::of(if filled { "default-later" } else { "validate-later" });
    if filled {
        draft.absorb(filled_later(cx, to, &parts, clause).await?);
    } else {
        draft.steps.push(bare(to, &parts, parts.default));
    }
    for constraint in &later {
        let key = matches!(constraint.kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. });
        let planned =
            if key { unique::add(cx, to, constraint, &[]).await? } else { constraint::add(cx, to, constraint).await? };
        draft.absorb(planned.unwrap_or_default());
    }
    "default-later".clone_into(&mut draft.method);
    Ok(Some(draft))
}

fn take_apart(column: &Column) -> Parts<'_> {
    let serial = match column.ty.to_lowercase().as_str() {
        "serial" | "serial4" => Some("integer"),
        "bigserial" | "serial8" => Some("bigint"),
        "smallserial" | "serial2" => Some("smallint"),
        _ => None,
    };
    let mut parts = Parts {
        column,
        ty: serial.map_or_else(|| column.ty.clone(), str::to_owned),
        default: None,
        not_null: serial.is_some(),
        collation: None,
        identity: None,
        serial: serial.is_some(),
    };
    for constraint in &column.constraints {
        match constraint {
            ColumnConstraint::NotNull | ColumnConstraint::PrimaryKey { .. } => parts.not_null = true,
            ColumnConstraint::Default(expression) => parts.default = Some(expression),
            ColumnConstraint::Identity { always } => (parts.identity, parts.not_null) = (Some(*always), true),
            ColumnConstraint::Collate(collation) => parts.collation = Some(collation),
            _ => {}
        }
    }
    parts
}

/// Why the column can't be added without writing the table anew.
async fn rewrites(cx: &Cx<'_, '_>, column: &Column, ty: &str) -> Result<Option<String>, Failure> {
    if column.constraints.iter().any(|one| matches!(one, ColumnConstraint::Generated { stored: true, .. })) {
        return Ok(Some(
            "the values of a stored generated column are computed while the table is written anew".to_owned(),
        ));
    }
    let query = format!(
        "SELECT EXISTS (WITH RECURSIVE d AS (SELECT oid, typbasetype, typtype, typnotnull FROM pg_catalog.pg_type \
         WHERE oid = to_regtype({}) UNION ALL SELECT t.oid, t.typbasetype, t.typtype, t.typnotnull FROM d \
         JOIN pg_catalog.pg_type t ON t.oid = d.typbasetype) SELECT FROM d WHERE typtype = 'd' AND (typnotnull \
         OR EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contypid = d.oid)))",
        literal(ty)
    );
    let constrained = cx.catalog.text(&query).await?.as_deref() == Some("t");
    Ok(constrained
        .then(|| format!("the domain {ty} has constraints, and every row is checked while the table is written anew")))
}

fn blocking(to: &Alter<'_>, clause: &Clause, reason: &str) -> Draft {
    let sql = format!("{} {}", to.head(), clause.text);
    let back = match &clause.action {
        Action::AddColumn { column, .. } => removed(to, &column.name),
        _ => backs::unknown(),
    };
    let ms = rewrite_ms(to.table.total_bytes);
    let step = transaction(plain::title(&sql), Phase::Switch, [sql])
        .back(back)
        .locks(step::ACCESS_EXCLUSIVE, to.table, Held::Rewrite)
        .takes(ms);
    Draft::one("blocking", step).blocks(reason, ms)
}

fn removed(to: &Alter<'_>, column: &str) -> Back {
    Back::by([format!("ALTER TABLE IF EXISTS {} DROP COLUMN IF EXISTS {}", to.table.sql(), ident(column))])
}

/// `ADD COLUMN name type COLLATE … DEFAULT … NOT NULL`, as far as that takes a moment.
fn bare(to: &Alter<'_>, parts: &Parts<'_>, default: Option<&str>) -> dbwright_migrate::Step {
    let mut sql = format!("{} ADD COLUMN {} {}", to.head(), ident(&parts.column.name), parts.ty);
    if let Some(collation) = parts.collation {
        sql = format!("{sql} COLLATE {collation}");
    }
    if let Some(default) = default {
        sql = format!("{sql} DEFAULT {default}");
        if parts.not_null {
            sql.push_str(" NOT NULL");
        }
    }
    transaction(format!("add the column {}", ident(&parts.column.name)), Phase::Expand, [sql])
        .back(removed(to, &parts.column.name))
        .locks(step::ACCESS_EXCLUSIVE, to.table, Held::Moment)
}

/// Constraints of the column that have to read the table, as constraints of the table. Without a value in any row there
/// is nothing for a foreign key to look for, and the server knows that.
async fn constraints(
    cx: &Cx<'_, '_>,
    to: &Alter<'_>,
    column: &Column,
    has_values: bool,
) -> Result<Vec<Constraint>, Failure> {
    let mut all = Vec::new();
    for one in &column.constraints {
        let Some((kind, mut name, definition)) = as_table_constraint(column, one) else { continue };
        if name.is_none() {
            let (columns, label) = match &kind {
                ConstraintKind::PrimaryKey { .. } => ("", "pkey"),
                ConstraintKind::Unique { .. } => (column.name.as_str(), "key"),
                ConstraintKind::ForeignKey { .. } => (column.name.as_str(), "fkey"),
                _ => (check_column(to, column, one), "check"),
            };
            name = Some(cx.free_name(&to.table.schema, &to.table.name, columns, label).await?);
        }
        all.push(Constraint { name, kind, not_valid: false, definition });
    }
    let only_references = all.iter().all(|one| matches!(one.kind, ConstraintKind::ForeignKey { .. }));
    if only_references && !has_values {
        all.clear();
    }
    Ok(all)
}

fn check_column<'c>(to: &Alter<'_>, column: &'c Column, one: &ColumnConstraint) -> &'c str {
    let ColumnConstraint::Check { expression, .. } = one else { return "" };
    let others = tokens::columns(expression).iter().any(|name| *name != column.name && to.table.column(name).is_some());
    if others { "" } else { &column.name }
}

type Made = (ConstraintKind, Option<String>, String);

fn as_table_constraint(column: &Column, one: &ColumnConstraint) -> Option<Made> {
    let own = vec![column.name.clone()];
    let quoted = ident(&column.name);
    Some(match one {
        ColumnConstraint::PrimaryKey { name } => (
            ConstraintKind::PrimaryKey { columns: own, include: Vec::new(), using_index: None },
            name.clone(),
            format!("PRIMARY KEY ({quoted})"),
        ),
        ColumnConstraint::Unique { name } => (
            ConstraintKind::Unique { columns: own, include: Vec::new(), using_index: None },
            name.clone(),
            format!("UNIQUE ({quoted})"),
        ),
        ColumnConstraint::Check { name, expression } => (
            ConstraintKind::Check { expression: expression.clone() },
            name.clone(),
            format!("CHECK ({})", tokens::bare(expression)),
        ),
        ColumnConstraint::References { name, table, columns, tail } => {
            let target = super::super::name::written(table);
            let list: Vec<String> = columns.iter().map(|name| ident(name)).collect();
            let list = if list.is_empty() { String::new() } else { format!(" ({})", list.join(", ")) };
            (
                ConstraintKind::ForeignKey { columns: own, table: table.clone(), referenced: columns.clone() },
                name.clone(),
                format!("FOREIGN KEY ({quoted}) REFERENCES {target}{list} {tail}").trim().to_owned(),
            )
        }
        _ => return None,
    })
}

/// The column comes empty; new rows get their value at once, old ones in batches.
async fn filled_later(cx: &Cx<'_, '_>, to: &Alter<'_>, parts: &Parts<'_>, clause: &Clause) -> Result<Draft, Failure> {
    let (table, column) = (to.table, parts.column.name.as_str());
    let mut draft = Draft::of("default-later");
    let mut first = bare(to, parts, None);
    let source = Source::of(cx, to, parts, clause).await?;
    if let dbwright_migrate::Work::Transaction { statements, .. } = &mut first.work {
        statements.splice(0..0, source.before.clone());
        statements.push(format!("{} ALTER COLUMN {} SET DEFAULT {}", to.head(), ident(column), source.default));
        statements.extend(source.after.clone());
    }
    first.title = format!("add the column {} without values, with its default for new rows", ident(column));
    first.back.statements.extend(source.back.clone());
    draft.steps.push(first);
    let set = format!("{} = {}", ident(column), source.default);
    draft.absorb(fill::fill(cx, table, column, &set, &format!("s.{} IS NULL", ident(column))).await?);
    if parts.not_null {
        draft.absorb(not_null::not_null(cx, table, column).await?);
    }
    draft.steps.extend(source.last);
    Ok(draft)
}

/// Where the values come from.
struct Source {
    before: Vec<String>,
    default: String,
    after: Vec<String>,
    back: Vec<String>,
    /// What makes an identity of it.
    last: Option<dbwright_migrate::Step>,
}

impl Source {
    async fn of(cx: &Cx<'_, '_>, to: &Alter<'_>, parts: &Parts<'_>, clause: &Clause) -> Result<Self, Failure> {
        let (table, column) = (to.table, parts.column.name.as_str());
        if let (Some(default), None, false) = (parts.default, parts.identity, parts.serial) {
            return Ok(Self { before: vec![], default: default.to_owned(), after: vec![], back: vec![], last: None });
        }
        let natural = cx.free_name(&table.schema, &table.name, column, "seq").await?;
        let name = match parts.identity {
            Some(_) => super::super::name::helper(&[&table.schema, &table.name, column], "seq"),
            None => natural.clone(),
        };
        let sequence = qualified(&table.schema, &name);
        let options = identity_options(&clause.text);
        let options = options.as_deref().map(tokens::bare).unwrap_or_default();
        let unlogged = if table.persistence == "u" && cx.catalog.major() >= 15 { "UNLOGGED " } else { "" };
        let before = vec![
            format!("CREATE {unlogged}SEQUENCE {sequence} AS {} {options}", parts.ty).trim().to_owned(),
            format!("ALTER SEQUENCE {sequence} OWNER TO {}", ident(&table.owner)),
        ];
        let owned = format!("ALTER SEQUENCE {sequence} OWNED BY {}.{}", table.sql(), ident(column));
        let last = parts.identity.map(|always| to_identity(to, column, always, options, &sequence));
        Ok(Self {
            before,
            default: format!("nextval({}::regclass)", literal(&sequence)),
            after: vec![owned],
            back: vec![format!("DROP SEQUENCE IF EXISTS {sequence}")],
            last,
        })
    }
}

/// `(START WITH 10 …)` after `AS IDENTITY`.
fn identity_options(clause: &str) -> Option<String> {
    let at = tokens::find_word(clause, &["IDENTITY"])?;
    let rest = clause[at..].trim_start_matches(|c: char| c.is_alphabetic()).trim_start();
    rest.starts_with('(').then(|| tokens::group(rest).map(|range| rest[range].to_owned())).flatten()
}

/// The interim sequence hands its place over to the identity's own.
fn to_identity(to: &Alter<'_>, column: &str, always: bool, options: &str, interim: &str) -> dbwright_migrate::Step {
    let (table, quoted) = (to.table, ident(column));
    let word = if always { "ALWAYS" } else { "BY DEFAULT" };
    let options = if options.is_empty() { String::new() } else { format!(" ({options})") };
    let own = format!("pg_catalog.pg_get_serial_sequence({}, {})", literal(&table.sql()), literal(column));
    let head = to.head();
    transaction(
        format!("make {quoted} an identity column"),
        Phase::Switch,
        [
            // The table first, as whoever inserts does.
            format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", table.sql()),
            format!("ALTER SEQUENCE {interim} OWNED BY NONE"),
            format!("{head} ALTER COLUMN {quoted} DROP DEFAULT"),
            format!("{head} ALTER COLUMN {quoted} ADD GENERATED {word} AS IDENTITY{options}"),
            format!("SELECT pg_catalog.setval({own}, pg_catalog.nextval({}::regclass), false)", literal(interim)),
            format!("DROP SEQUENCE {interim}"),
        ],
    )
    .back(Back::by([step::guarded(
        &step::column_exists(table, column),
        &[format!("{head} ALTER COLUMN {quoted} DROP IDENTITY IF EXISTS")],
    )]))
    .locks(step::ACCESS_EXCLUSIVE, table, Held::Moment)
}
