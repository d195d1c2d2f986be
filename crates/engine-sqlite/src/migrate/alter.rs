//! Plans one `ALTER TABLE`: clause by clause as SQLite does it by itself, the rest by one rebuild of the table.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Held, Require};

use super::edit::{self, Edit};
use super::parse::{Action, Clause, Column, PartKind};
use super::plan::{COPY_MS_A_ROW, Done, INDEX_MS_A_ROW, Planner, SCAN_MS_A_ROW, rejection, renamed, title, unreadable};
use super::rebuild::{KEYS_OFF, Kept, Rebuild};
use super::schema::{TableState, normal};
use crate::observe::{affinity, quoted};

/// What clauses become.
#[derive(Default)]
struct Parts {
    forward: Vec<String>,
    /// The ways back, the last one first when they are used.
    backs: Vec<Vec<String>>,
    contract: Vec<String>,
    notes: Vec<String>,
    require: Vec<Require>,
    irreversible: Option<String>,
    rebuilt: bool,
    /// Whether rows are read or written.
    held: Held,
}

/// Plans an `ALTER TABLE`.
///
/// # Errors
/// When it can't be done to what is there.
pub(super) fn plan(
    planner: &mut Planner<'_>,
    sql: &str,
    table: &str,
    if_exists: bool,
    clauses: &[Clause],
) -> Result<Done, Failure> {
    let plain = Done { method: "as-is", title: title(sql), table: Some(table.to_owned()), ..Done::default() };
    if if_exists && !planner.scratch.has("table", table) {
        return Ok(Done { notes: vec![format!("there is no table {table}, so nothing is done")], ..plain });
    }
    if clauses.is_empty() {
        // A form that only SQLite itself knows, or nobody does.
        planner.attempt(&[sql.to_owned()])?;
        return Ok(Done {
            forward: vec![sql.to_owned()],
            back: Back::impossible("dbwright does not know what undoes it"),
            ..plain
        });
    }
    let rows = planner.rows_of(table);
    let mut name = table.to_owned();
    let mut parts = Parts::default();
    let mut at = 0;
    while at < clauses.len() {
        at += step(planner, &mut parts, &mut name, &clauses[at..])?;
    }
    let mut back: Vec<String> = parts.backs.into_iter().rev().flatten().collect();
    hoist(&mut back);
    hoist(&mut parts.forward);
    let mut require = if parts.rebuilt { planner.keys_of(&name) } else { Vec::new() };
    require.append(&mut parts.require);
    let back = match parts.irreversible {
        Some(reason) => Back::impossible(reason),
        None => Back::by(back),
    };
    Ok(Done {
        method: if parts.rebuilt { "rebuild" } else { "as-is" },
        title: if parts.rebuilt { format!("make the table {table} anew: {}", title(sql)) } else { title(sql) },
        forward: parts.forward,
        back,
        require,
        contract: parts.contract,
        notes: parts.notes,
        held: parts.held,
        estimate_ms: rows.and_then(|rows| Some(rows * cost(planner, &name, parts.held, parts.rebuilt)?)),
        ..plain
    })
}

/// ms for each row, when rows are looked at or written at all.
fn cost(planner: &Planner<'_>, table: &str, held: Held, rebuilt: bool) -> Option<f64> {
    match held {
        Held::Moment => None,
        Held::Scan => Some(SCAN_MS_A_ROW),
        Held::Rewrite => {
            let count = "SELECT count(*) FROM pragma_index_list(?1)";
            let indexes: f64 = planner.scratch.db.query_row(count, [table], |row| row.get(0)).unwrap_or(0.0);
            Some(COPY_MS_A_ROW + if rebuilt { indexes * INDEX_MS_A_ROW } else { 0.0 })
        }
    }
}

/// The pragma that has no effect inside a transaction comes first, once.
fn hoist(statements: &mut Vec<String>) {
    let before = statements.len();
    statements.retain(|sql| sql != KEYS_OFF);
    if statements.len() < before {
        statements.insert(0, KEYS_OFF.to_owned());
    }
}

/// Plans the first of these clauses, or the first few by one rebuild; how many.
fn step(
    planner: &mut Planner<'_>,
    parts: &mut Parts,
    table: &mut String,
    clauses: &[Clause],
) -> Result<usize, Failure> {
    let clause = &clauses[0];
    if let Some(note) = needless(planner, table, &clause.action) {
        parts.notes.push(note);
        return Ok(1);
    }
    let Some(refused) = native(planner, parts, table, clause)? else { return Ok(1) };
    let rebuildable =
        |clause: &&Clause| !matches!(clause.action, Action::RenameColumn { .. } | Action::RenameTo { .. });
    let group: Vec<&Action> = clauses.iter().take_while(rebuildable).map(|clause| &clause.action).collect();
    if group.is_empty() {
        return Err(refused);
    }
    let wanted: Vec<_> = group.iter().copied().filter(|action| needless(planner, table, action).is_none()).collect();
    rebuild(planner, parts, table, &wanted, refused)?;
    Ok(group.len())
}

/// Why there is nothing to do, because of `IF [NOT] EXISTS`.
fn needless(planner: &Planner<'_>, table: &str, action: &Action) -> Option<String> {
    let state = TableState::read(&planner.scratch.db, table).ok()??;
    match action {
        Action::AddColumn { column, if_not_exists: true, .. } => {
            state.text.column(&column.name).map(|_| format!("there is a column {} already", column.name))
        }
        Action::DropColumn { name, if_exists: true } => {
            state.text.column(name).is_none().then(|| format!("there is no column {name}"))
        }
        Action::DropConstraint { name, if_exists: true } => {
            let found = edit::edit(table, &state.text, &[action]).is_ok();
            (!found).then(|| format!("there is no constraint {name}"))
        }
        _ => None,
    }
}

/// Tries a clause as SQLite's own; why it can't be done so, when it can't.
fn native(
    planner: &mut Planner<'_>,
    parts: &mut Parts,
    table: &mut String,
    clause: &Clause,
) -> Result<Option<Failure>, Failure> {
    let sql = format!("ALTER TABLE {} {}", quoted(table), clause.text);
    if let Some(reason) = beyond(planner, table, &clause.action)? {
        return Ok(Some(reason));
    }
    let before = normal(&planner.scratch.db).map_err(unreadable)?;
    let state = TableState::read(&planner.scratch.db, table).map_err(unreadable)?;
    let mut statements = vec![sql];
    if let Err(error) = planner.scratch.attempt(&statements) {
        match in_its_place(planner, table, &clause.action) {
            Some(others) => statements = others,
            None => return Ok(Some(rejection(&super::schema::said(&error), &error))),
        }
    }
    let old = table.clone();
    if let Action::RenameColumn { from, to } = &clause.action {
        let live = planner.live_column(table, from);
        planner.columns.insert((planner.live_name(table).to_lowercase(), to.to_lowercase()), live);
    }
    if let Action::RenameTo { to } = &clause.action {
        parts.require.extend(planner.owed_to(to, table));
        let live = planner.live_name(table).to_owned();
        planner.renamed.insert(to.to_lowercase(), live);
        if planner.made.remove(&table.to_lowercase()) {
            planner.made.insert(to.to_lowercase());
        }
        table.clone_from(to);
    }
    let kept = match (&clause.action, &state) {
        (Action::DropColumn { name, .. }, Some(state)) => {
            keep(planner, parts, state, std::slice::from_ref(name), false)
        }
        _ => None,
    };
    parts.forward.extend(kept.iter().flat_map(|kept| kept.fill(&old)));
    parts.forward.extend(statements);
    parts.forward.extend(kept.iter().flat_map(|kept| kept.triggers(table)));
    parts.held = parts.held.max_of(held(&clause.action));
    let back = undo(planner, &before, state.as_ref(), table, &old, &clause.action, kept.as_ref())?;
    match back {
        Some(back) => parts.backs.push(back),
        None => parts.irreversible = Some(format!("what undoes `{}` is not known", clause.text)),
    }
    Ok(None)
}

/// A table that takes the place of one that was dropped before: views and triggers that name it don't work until then, and
/// SQLite refuses to rename anything while they don't. It is renamed alone, when all of them work afterwards.
fn in_its_place(planner: &Planner<'_>, table: &str, action: &Action) -> Option<Vec<String>> {
    let Action::RenameTo { to } = action else { return None };
    planner.scratch.broken()?;
    let statements = renamed(table, to);
    planner.scratch.attempt(&statements).ok()?;
    if planner.scratch.broken().is_none() {
        return Some(statements);
    }
    let _ = planner.scratch.attempt(&renamed(to, table));
    None
}

/// What only rows tell: whether SQLite would refuse, or do it otherwise, because the table is not empty.
fn beyond(planner: &Planner<'_>, table: &str, action: &Action) -> Result<Option<Failure>, Failure> {
    let other = |text: &str| {
        Ok(Some(Failure::usage("migrate.rejected", format!("SQLite's ALTER TABLE can't do this: {text}"))))
    };
    let Action::AddColumn { column, definition, place, .. } = action else { return Ok(None) };
    if place.is_some() {
        return other("it adds columns at the end only");
    }
    if !planner.has_rows(table) {
        return Ok(None);
    }
    let default = column
        .of(|kind| kind == PartKind::Default)
        .next()
        .map(|part| definition[part.expression.clone()].trim().to_owned());
    let empty = default.as_deref().is_none_or(|default| default.eq_ignore_ascii_case("null"));
    if column.has(PartKind::NotNull) && empty && !column.generated() && !planner.touched.contains(&table.to_lowercase())
    {
        let message =
            format!("{table} has rows, and a new column {} that may not be null has no default for them", column.name);
        return Err(Failure::usage("migrate.no-default", message).hint(format!(
            "give it one: ADD COLUMN {definition} DEFAULT …, or add it without NOT NULL, fill it, and SET NOT NULL then"
        )));
    }
    let constant = default
        .as_deref()
        .is_none_or(|default| !default.starts_with('(') && !default.to_ascii_lowercase().starts_with("current_"));
    if column.has(PartKind::Generated { stored: true }) || !constant || (column.has(PartKind::References) && !empty) {
        return other("the table has rows, which need their values at once");
    }
    Ok(None)
}

/// Whether SQLite reads or writes the rows for a clause.
const fn held(action: &Action) -> Held {
    match action {
        Action::DropColumn { .. } => Held::Rewrite,
        Action::SetNotNull { .. } | Action::AddConstraint { .. } => Held::Scan,
        _ => Held::Moment,
    }
}

/// The longer of two.
trait Longer {
    fn max_of(self, other: Self) -> Self;
}

impl Longer for Held {
    fn max_of(self, other: Self) -> Self {
        match (self, other) {
            (Self::Rewrite, _) | (_, Self::Rewrite) => Self::Rewrite,
            (Self::Scan, _) | (_, Self::Scan) => Self::Scan,
            _ => Self::Moment,
        }
    }
}

/// A keeper for values that a change would lose; none where there is nothing to lose.
fn keep(
    planner: &Planner<'_>,
    parts: &mut Parts,
    state: &TableState,
    columns: &[String],
    converted: bool,
) -> Option<Kept> {
    let made = planner.made.contains(&state.name.to_lowercase());
    let stored: Vec<String> = columns
        .iter()
        .filter(|c| state.text.column(c).is_some_and(|(_, column)| !column.generated()))
        .cloned()
        .collect();
    if made || stored.is_empty() || !planner.has_rows(&state.name) {
        return None;
    }
    let free = |kept: &Kept| !planner.scratch.has("table", &kept.name);
    let kept = (0..1000).filter_map(|n| Kept::new(state, &stored, converted, &format!("{n}"))).find(free);
    let Some(kept) = kept else {
        parts.irreversible = Some(format!(
            "the old values of {} can't be kept apart, as the rows' key changes with them",
            stored.join(", ")
        ));
        return None;
    };
    let what = if converted { "values that are converted" } else { "the values" };
    parts.notes.push(format!("until `contract`, {what} of {} stay in {}", stored.join(", "), kept.name));
    parts.contract.extend(kept.forget());
    Some(kept)
}

/// The statements that undo a clause of SQLite's own: its opposite when that gives the old schema, else a rebuild.
fn undo(
    planner: &Planner<'_>,
    before: &[(String, String, String)],
    state: Option<&TableState>,
    table: &str,
    old: &str,
    action: &Action,
    kept: Option<&Kept>,
) -> Result<Option<Vec<String>>, Failure> {
    let alter = |text: String| format!("ALTER TABLE {} {text}", quoted(table));
    let opposite = match action {
        Action::RenameTo { .. } => Some(alter(format!("RENAME TO {}", quoted(old)))),
        Action::RenameColumn { from, to } => Some(alter(format!("RENAME COLUMN {} TO {}", quoted(to), quoted(from)))),
        Action::AddColumn { column, .. } => Some(alter(format!("DROP COLUMN {}", quoted(&column.name)))),
        Action::SetNotNull { column } => Some(alter(format!("ALTER COLUMN {} DROP NOT NULL", quoted(column)))),
        Action::DropNotNull { column } => Some(alter(format!("ALTER COLUMN {} SET NOT NULL", quoted(column)))),
        Action::AddConstraint { constraint, .. } => {
            constraint.name.as_ref().map(|name| alter(format!("DROP CONSTRAINT {}", quoted(name))))
        }
        _ => None,
    };
    // What refers to the table by name keeps that name where it was another table's before.
    let alone = matches!(action, Action::RenameTo { .. }).then(|| renamed(table, old));
    for opposite in opposite.map(|one| vec![one]).into_iter().chain(alone) {
        let db = &planner.scratch.db;
        db.execute_batch("SAVEPOINT opposite").map_err(unreadable)?;
        let done = opposite.iter().try_for_each(|sql| db.execute_batch(sql));
        let same = done.is_ok() && normal(db).is_ok_and(|after| after == before);
        db.execute_batch("ROLLBACK TO opposite; RELEASE opposite; PRAGMA legacy_alter_table = OFF")
            .map_err(unreadable)?;
        if same {
            return Ok(Some(opposite));
        }
    }
    let now = TableState::read(&planner.scratch.db, table).map_err(unreadable)?;
    let (Some(now), Some(state)) = (now, state) else { return Ok(None) };
    Ok(Some(way_back(&planner.statistics(), &now, state, kept)))
}

/// The rebuild that gives a table its old text back.
fn way_back(statistics: &[&'static str], now: &TableState, old: &TableState, kept: Option<&Kept>) -> Vec<String> {
    let after = old.indexes.iter().chain(&old.triggers).map(|(_, sql)| sql.clone()).collect();
    Rebuild { from: now, to: &old.text, using: &[], keep: None, restore: kept, after, statistics }.statements()
}

/// Makes a table anew with all that these clauses change.
fn rebuild(
    planner: &mut Planner<'_>,
    parts: &mut Parts,
    table: &str,
    actions: &[&Action],
    refused: Failure,
) -> Result<(), Failure> {
    let state = TableState::read(&planner.scratch.db, table).map_err(unreadable)?;
    let Some(state) = state else { return Err(refused) };
    let edit = edit::edit(table, &state.text, actions).map_err(|reason| {
        Failure::usage("migrate.rejected", format!("{table} can't be changed so: {reason}"))
            .hint(refused.message.clone())
    })?;
    check_values(planner, &state, &edit, actions)?;
    let losing: Vec<String> = edit.retyped.iter().filter(|column| converts(&state, &edit, column)).cloned().collect();
    // One keeper is enough for one statement: dropped columns, or converted ones.
    if !edit.dropped.is_empty() && !losing.is_empty() && planner.has_rows(table) {
        return Err(Failure::usage(
            "migrate.split",
            "one statement drops a column and converts another, and keeps the old values of both",
        )
        .hint("write two statements"));
    }
    let kept = if edit.dropped.is_empty() {
        keep(planner, parts, &state, &losing, true)
    } else {
        keep(planner, parts, &state, &edit.dropped, false)
    };
    let gone = |sql: &str| {
        edit.dropped.iter().any(|column| edit::mentions(sql.split_once('(').map_or("", |(_, keys)| keys), column))
    };
    let mut after = Vec::new();
    for (name, sql) in &state.indexes {
        if gone(sql) {
            parts.notes.push(format!("the index {name} goes with the column"));
        } else {
            after.push(sql.clone());
        }
    }
    after.extend(state.triggers.iter().map(|(_, sql)| sql.clone()));
    let broken = planner.scratch.broken();
    let statistics = planner.statistics();
    let forward = Rebuild {
        from: &state,
        to: &edit.table,
        using: &edit.using,
        keep: kept.as_ref(),
        restore: None,
        after,
        statistics: &statistics,
    }
    .statements();
    if let Err(error) = planner.scratch.attempt(&forward) {
        return Err(rejection(&super::schema::said(&error), &error).hint(refused.message));
    }
    if let Some(now) = planner.scratch.broken().filter(|now| broken.as_ref() != Some(now)) {
        return Err(Failure::usage(
            "migrate.dependent",
            format!("{table} can't be changed so, because something depends on it: {now}"),
        )
        .hint("drop the view or trigger before, and create it anew after the change, in the same migration"));
    }
    let now = TableState::read(&planner.scratch.db, table).map_err(unreadable)?;
    let Some(now) = now else { return Err(refused) };
    if state.has_rowid() && state.rowid().is_none() && state.alias().is_none() {
        parts.notes.push("columns hide all names of the rowid, so that rows get new ones".to_owned());
    }
    parts.backs.push(way_back(&statistics, &now, &state, kept.as_ref()));
    parts.notes.extend(edit.notes);
    parts.forward.extend(forward);
    parts.rebuilt = true;
    parts.held = Held::Rewrite;
    Ok(())
}

/// Whether SQLite converts values when a column gets its new type.
fn converts(state: &TableState, edit: &Edit, column: &str) -> bool {
    let of = |state: &super::parse::TableText| -> Option<&'static str> {
        let (at, column) = state.column(column)?;
        Some(declared_affinity(&column, &state.items[at].text, state.has_option("strict")))
    };
    let using = edit.using.iter().any(|(used, _)| used.eq_ignore_ascii_case(column));
    using || of(&state.text) != of(&edit.table)
}

fn declared_affinity(column: &Column, text: &str, strict: bool) -> &'static str {
    affinity(column.ty.as_ref().map_or("", |ty| &text[ty.clone()]), strict)
}

/// Whether SQLite would take a text for a number.
fn is_number(text: &str) -> bool {
    let text = text.trim_matches(|c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}'));
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    plain && text.parse::<f64>().is_ok()
}

/// Lets queries of a connection ask whether a text is a number.
fn teach_numbers(db: &rusqlite::Connection) -> rusqlite::Result<()> {
    let flags =
        rusqlite::functions::FunctionFlags::SQLITE_UTF8 | rusqlite::functions::FunctionFlags::SQLITE_DETERMINISTIC;
    db.create_scalar_function("dbwright_number", 1, flags, |context| {
        Ok(context.get_raw(0).as_str().is_ok_and(is_number))
    })
}

/// Numbers are wanted where there are texts that are none: SQLite would keep them as they are, and say nothing.
fn check_values(planner: &Planner<'_>, state: &TableState, edit: &Edit, actions: &[&Action]) -> Result<(), Failure> {
    let retype = actions.iter().filter_map(|action| match action {
        Action::SetType { column, using: None, .. } => Some(column),
        Action::Modify { column, .. } => Some(&column.name),
        _ => None,
    });
    teach_numbers(planner.live).map_err(unreadable)?;
    for column in retype {
        let Some((at, to)) = edit.table.column(column) else { continue };
        let Some((_, from)) = state.text.column(column) else { continue };
        let touched = planner.touched.contains(&state.name.to_lowercase());
        if touched
            || from.generated()
            || !matches!(declared_affinity(&to, &edit.table.items[at].text, false), "integer" | "real")
        {
            continue;
        }
        let (table, name) = (
            super::schema::main_name(planner.live_name(&state.name)),
            quoted(&planner.live_column(&state.name, &from.name)),
        );
        let odd = format!(
            "SELECT count(*) FROM {table} WHERE typeof({name}) = 'blob' OR (typeof({name}) = 'text' AND NOT dbwright_number({name})) /* dbwright */"
        );
        let odd: i64 = planner.live.query_row(&odd, [], |row| row.get(0)).unwrap_or(0);
        if odd > 0 {
            let message = format!(
                "{odd} values of {}.{} are no numbers, and SQLite would keep them as texts in a column of numbers",
                state.name, from.name
            );
            return Err(Failure::usage("migrate.values", message).hint(format!(
                "mend them first, or say what becomes of them: ALTER COLUMN {name} TYPE … USING CAST({name} AS …)"
            )));
        }
    }
    Ok(())
}
