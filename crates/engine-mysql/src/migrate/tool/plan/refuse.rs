//! What a tool can't copy, said before anything is begun.

use dbwright_core::Failure;
use dbwright_sql::Dialect;
use mysql_async::Value;

use crate::migrate::plan::Planner;
use crate::migrate::plan::alter::Change;
use crate::migrate::plan::facts::cell;
use crate::migrate::shadow::columns::{ColumnType, shared_key};
use crate::migrate::shadow::foreign::Foreign;
use crate::migrate::table::{Item, ItemKind, TableText, same};
use crate::migrate::tool::facts::{Facts, Tool};
use crate::migrate::tool::leftovers::Names;

/// Why a tool can't make this copy.
pub(super) async fn refused(
    planner: &mut Planner<'_>,
    tool: Tool,
    change: &Change<'_>,
    after: &TableText,
) -> Result<Option<String>, Failure> {
    let facts = tool.facts();
    if let Some(why) = plain(planner, tool, change, after) {
        return Ok(Some(why));
    }
    if let Some(why) = around(planner, facts, change).await? {
        return Ok(Some(why));
    }
    if facts.row_log.is_some() && !whole_rows(planner).await {
        return Ok(facts.row_log.map(str::to_owned));
    }
    if let Some(why) = values(planner, change, after).await? {
        return Ok(Some(why));
    }
    taken(planner, tool, change).await
}

/// What can be seen in the definitions.
fn plain(planner: &Planner<'_>, tool: Tool, change: &Change<'_>, after: &TableText) -> Option<String> {
    let (facts, before, name) = (tool.facts(), &change.before, &change.table.name);
    if let Some((_, why)) = facts.loses.iter().find(|(on, _)| *on == planner.link.flavour) {
        return Some((*why).to_owned());
    }
    if !planner.is_home(change.table) {
        return Some("it is in another database than the migration's".to_owned());
    }
    if let Some(why) = planner.tools.reached.refused(tool) {
        return Some(why.to_owned());
    }
    let odd = |text: &str| text.chars().any(|c| !c.is_ascii() || c.is_ascii_control() || ",\\`;".contains(c));
    if odd(name) || odd(planner.home) {
        return Some("a name with such letters can't be handed over to it".to_owned());
    }
    if name.len() > facts.longest {
        return Some(format!("its name leaves no room for {}", facts.old.1));
    }
    if [before, after].iter().any(|table| !table.engine().eq_ignore_ascii_case("InnoDB")) {
        return Some("it is no InnoDB table".to_owned());
    }
    if [before, after]
        .iter()
        .any(|table| table.options.contains("SYSTEM VERSIONING") || table.of(ItemKind::Other).next().is_some())
    {
        return Some("its history would be lost".to_owned());
    }
    let renames = change.renames();
    if shared_key(before, after, &renames).is_none() {
        return Some("it has no primary or unique key of NOT NULL columns that stays".to_owned());
    }
    if !renames.columns.is_empty() {
        return facts.renames.map(str::to_owned);
    }
    if unique_added(before, after) {
        return facts.new_unique.map(str::to_owned);
    }
    let home = (planner.home.to_owned(), name.clone());
    let keys: Vec<_> = before.of(ItemKind::Foreign).filter_map(|item| Foreign::read(item, &home, before)).collect();
    if keys.iter().any(|key| key.to == home) {
        return Some("a foreign key of it refers to itself".to_owned());
    }
    facts.own_keys.filter(|_| !keys.is_empty()).map(str::to_owned)
}

/// Unique keys that were not there, by their columns.
fn unique_added(before: &TableText, after: &TableText) -> bool {
    let unique = |table: &TableText| -> Vec<Vec<String>> {
        table.of(ItemKind::Primary).chain(table.of(ItemKind::Unique)).map(Item::columns).collect()
    };
    let known = unique(before);
    unique(after).iter().any(|columns| !known.contains(columns))
}

/// Triggers, and foreign keys of other tables.
async fn around(planner: &mut Planner<'_>, facts: &Facts, change: &Change<'_>) -> Result<Option<String>, Failure> {
    let triggers = planner.triggers(change.table).await?;
    if triggers.iter().any(|name| name.starts_with("dbwright_") || name.starts_with("pt_osc_")) {
        return Ok(Some("an earlier change of it is not finished, or awaits `dbwright migrate contract`".to_owned()));
    }
    if let Some(name) = triggers.first() {
        return Ok(Some(format!("it has triggers ({name})")));
    }
    let children = planner.children(change.table).await?;
    planner.tools.referred = !children.is_empty();
    planner.tools.forms = planner.link.rows("SELECT /* dbwright */ @@SESSION.explain_format").await.is_ok();
    Ok(facts.referring_keys.filter(|_| !children.is_empty()).map(|why| format!("{why} ({})", children.join(", "))))
}

/// Whether the binary log holds whole rows.
async fn whole_rows(planner: &mut Planner<'_>) -> bool {
    let mut is = async |sql: &str| {
        // A version that knows no other form any more has no such variable.
        let Ok(rows) = planner.link.rows(sql).await else { return true };
        rows.first().is_some_and(|row| cell(row, 0) == "1")
    };
    is("SELECT /* dbwright */ @@GLOBAL.log_bin = 1").await
        && is("SELECT /* dbwright */ @@GLOBAL.binlog_format = 'ROW'").await
        && is("SELECT /* dbwright */ @@GLOBAL.binlog_row_image = 'FULL'").await
}

/// Both copy with `INSERT IGNORE`, which changes values that don't fit without an error: so every value must be seen to fit.
async fn values(planner: &mut Planner<'_>, change: &Change<'_>, after: &TableText) -> Result<Option<String>, Failure> {
    let before = &change.before;
    let recoded = before.options != after.options;
    let keys: Vec<String> =
        before.of(ItemKind::Primary).chain(before.of(ItemKind::Unique)).flat_map(Item::columns).collect();
    for (name, was) in &before.columns {
        let Some(is) = after.column(name) else { continue };
        if was == is && !recoded {
            continue;
        }
        let quoted = Dialect::Mysql.name(name);
        if !was.contains("NOT NULL") && is.contains("NOT NULL") {
            return Ok(Some(format!("it copies with INSERT IGNORE: a NULL in {quoted} would become another value")));
        }
        let types = (
            planner.column_type(change.table, name, false).await?,
            planner.column_type(change.table, name, true).await?,
        );
        let (Some(was), Some(is)) = types else { continue };
        if !fits(&was, &is) {
            let (was, is) = (was.text, is.text);
            return Ok(Some(format!(
                "it copies with INSERT IGNORE: a value of {quoted} that fits {was} and not {is} would be changed without an error"
            )));
        }
        let key = keys.iter().any(|column| same(column, name));
        if key && was.collation.is_some() && was.collation != is.collation {
            return Ok(Some(format!(
                "it copies with INSERT IGNORE: rows whose {quoted} is the same in the new collation would be lost"
            )));
        }
    }
    Ok(None)
}

/// Whether every value of a type is one of another.
fn fits(was: &ColumnType, is: &ColumnType) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        let inside = text.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
        inside.split(',').filter_map(|number| number.trim().parse().ok()).collect()
    };
    let unsigned = |ty: &ColumnType| ty.text.contains("unsigned");
    let recoded = was.charset != is.charset;
    if recoded && is.charset.as_deref() != Some("utf8mb4") {
        return false;
    }
    if was.text == is.text && !recoded {
        return true;
    }
    let whole = ["tinyint", "smallint", "mediumint", "int", "bigint"];
    let texts = ["tinytext", "text", "mediumtext", "longtext"];
    let place = |list: &[&str], ty: &ColumnType| list.iter().position(|name| *name == ty.name);
    if let (Some(from), Some(to)) = (place(&whole, was), place(&whole, is)) {
        return match (unsigned(was), unsigned(is)) {
            (false, true) => false,
            (true, false) => to > from,
            _ => to >= from,
        };
    }
    if let (Some(from), Some(to)) = (place(&texts, was), place(&texts, is)) {
        // The same text takes more bytes in another character set.
        return if recoded { to > from } else { to >= from };
    }
    let (from, to) = (numbers(&was.text), numbers(&is.text));
    match (was.name.as_str(), is.name.as_str()) {
        ("char" | "varchar", "varchar") | ("char", "char") | ("varbinary", "varbinary") => {
            from.first().zip(to.first()).is_some_and(|(from, to)| to >= from)
        }
        ("char" | "varchar", "mediumtext" | "longtext") => true,
        ("char" | "varchar", "text") => from.first().is_some_and(|length| *length <= 16_000),
        ("decimal", "decimal") => match (from.as_slice(), to.as_slice()) {
            ([digits, places], [more, farther]) => {
                farther >= places && more.saturating_sub(*farther) >= digits.saturating_sub(*places)
            }
            _ => false,
        },
        ("enum", "enum") | ("set", "set") => is.text.trim_end_matches(')').starts_with(was.text.trim_end_matches(')')),
        _ => false,
    }
}

/// Whether a table has a name already that the tool gives: what goes by it must be the tool's.
async fn taken(planner: &mut Planner<'_>, tool: Tool, change: &Change<'_>) -> Result<Option<String>, Failure> {
    let names = Names::of(tool, planner.home, &change.table.name);
    for table in names.tables() {
        let sql = "SELECT /* dbwright */ 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?";
        let params: Vec<Value> = vec![planner.home.into(), table.as_str().into()];
        let rows = planner.link.rows_with(sql, params).await.map_err(|e| Planner::unreadable(&e))?;
        if !rows.is_empty() {
            return Ok(Some(format!(
                "there is a table {} already, whose name it would take",
                Dialect::Mysql.name(table)
            )));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(text: &str, charset: Option<&str>) -> ColumnType {
        let name = text.split([' ', '(']).next().unwrap_or_default().to_owned();
        let collation = charset.map(|charset| format!("{charset}_bin"));
        ColumnType { name, text: text.to_owned(), charset: charset.map(str::to_owned), collation }
    }

    #[test]
    fn only_types_that_hold_every_value_are_copied_with_ignore() {
        let latin = Some("latin1");
        for (was, is) in [
            ("int", "bigint"),
            ("int unsigned", "bigint"),
            ("decimal(10,2)", "decimal(12,3)"),
            ("enum('a')", "enum('a','b')"),
        ] {
            assert!(fits(&ty(was, None), &ty(is, None)), "{was} to {is}");
        }
        for (was, is) in [
            ("bigint", "int"),
            ("int", "int unsigned"),
            ("decimal(10,2)", "decimal(10,3)"),
            ("datetime", "date"),
            ("enum('a','b')", "enum('b')"),
        ] {
            assert!(!fits(&ty(was, None), &ty(is, None)), "{was} to {is}");
        }
        assert!(fits(&ty("varchar(10)", latin), &ty("varchar(20)", Some("utf8mb4"))));
        assert!(!fits(&ty("varchar(10)", Some("utf8mb4")), &ty("varchar(20)", latin)));
        assert!(!fits(&ty("text", latin), &ty("text", Some("utf8mb4"))));
    }
}
