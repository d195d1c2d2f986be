//! What the manuals say that a server will do, for when it can't be asked: `plan` writes nothing, and lint may have no server.

use super::super::parse::{Action, Clause};
use super::super::table::TableText;
use super::super::ways::{COPY, Way};
use crate::flavour::Flavour;

const INSTANT: Way = Way { algorithm: "INSTANT", lock: "NONE" };
const IN_PLACE: Way = Way { algorithm: "INPLACE", lock: "NONE" };
const SHARED: Way = Way { algorithm: "INPLACE", lock: "SHARED" };

/// The way of the clause that does the most harm.
pub(in crate::migrate) fn way(
    flavour: Flavour,
    version: (u16, u16, u16),
    clauses: &[Clause],
    table: Option<&TableText>,
) -> Way {
    let swapped = clauses.iter().any(|c| c.action == Action::AddPrimaryKey);
    let harm = |way: &Way| match (way.algorithm, way.lock) {
        ("INSTANT", _) => 0,
        ("INPLACE", "NONE") => 1,
        ("INPLACE", _) => 2,
        _ => 3,
    };
    let all = clauses.iter().map(|clause| of(flavour, version, clause, table, swapped));
    let worst = all.max_by_key(harm).unwrap_or(INSTANT);
    if worst == INSTANT { flavour.ways()[0] } else { worst }
}

fn of(flavour: Flavour, version: (u16, u16, u16), clause: &Clause, table: Option<&TableText>, swapped: bool) -> Way {
    let instant = if version >= flavour.instant_columns_since() { INSTANT } else { IN_PLACE };
    match &clause.action {
        Action::AddColumns(columns) => {
            let harm = columns.iter().map(|(_, text)| added(text, instant));
            harm.max_by_key(|way| u8::from(*way == COPY) * 2 + u8::from(*way == IN_PLACE)).unwrap_or(instant)
        }
        Action::DropColumn(_) => instant,
        Action::AlterColumn(_)
        | Action::RenameColumn { .. }
        | Action::RenameTable(_)
        | Action::AlterIndex(_)
        | Action::Wanted { .. } => INSTANT,
        Action::Modify { column, definition } => redefined(flavour, table.and_then(|t| t.column(column)), definition),
        Action::Change { from, definition, .. } => redefined(flavour, table.and_then(|t| t.column(from)), definition),
        Action::AddIndex { kind: Some("fulltext" | "spatial" | "vector"), .. } => SHARED,
        Action::AddIndex { .. }
        | Action::DropIndex(_)
        | Action::RenameIndex { .. }
        | Action::AddPrimaryKey
        | Action::DropForeignKey(_)
        | Action::DropConstraint(_)
        | Action::Force => IN_PLACE,
        Action::DropPrimaryKey if swapped => IN_PLACE,
        Action::Option(word) if in_place(word) => IN_PLACE,
        Action::Partition(words) if LIGHT.contains(&words.as_str()) => IN_PLACE,
        _ => COPY,
    }
}

/// Changes of partitions that move no rows.
const LIGHT: [&str; 3] = ["ADD PARTITION", "DROP PARTITION", "TRUNCATE PARTITION"];

/// Options of a table that are changed in place.
fn in_place(option: &str) -> bool {
    let known =
        ["engine", "row_format", "key_block_size", "comment", "auto_increment", "character", "charset", "collate"];
    known.contains(&option) || option.starts_with("stats_")
}

fn added(text: &str, instant: Way) -> Way {
    let text = text.to_ascii_lowercase();
    if text.contains(" stored") || text.contains(" persistent") {
        return COPY;
    }
    let in_place = ["auto_increment", " unique", "primary key", " check", "references"];
    if in_place.iter().any(|word| text.contains(word)) { IN_PLACE } else { instant }
}

/// A column that is defined anew.
fn redefined(flavour: Flavour, before: Option<&str>, after: &str) -> Way {
    let Some(before) = before else { return COPY };
    let (old, new) = (base(before), base(after));
    if old == new {
        let null = |text: &str| text.to_ascii_lowercase().contains("not null");
        return if null(before) == null(after) { INSTANT } else { IN_PLACE };
    }
    let length = |text: &str| text.strip_prefix("varchar(")?.strip_suffix(')')?.parse::<u32>().ok();
    match (length(&old), length(&new)) {
        // Up to 63 characters are 255 bytes whatever the character set.
        (Some(old), Some(new)) if new >= old && (new <= 63 || old > 255) => flavour.longer_text(),
        _ => COPY,
    }
}

/// The type with its length, in one way of writing.
fn base(text: &str) -> String {
    let text = text.trim().to_ascii_lowercase();
    let end = text.find(')').map_or_else(|| text.find(' ').unwrap_or(text.len()), |at| at + 1);
    let first = text.find(' ').unwrap_or(text.len());
    let word = if text[..end].contains('(') && text.find('(').is_some_and(|at| at < first + 1) {
        &text[..end]
    } else {
        &text[..first]
    };
    let name = word.split('(').next().unwrap_or_default().trim();
    let sign = if text.contains("unsigned") { " unsigned" } else { "" };
    // The width of a whole number is only for showing it.
    if matches!(name, "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint") {
        return format!("{}{sign}", name.replace("integer", "int"));
    }
    format!("{}{sign}", word.replace(' ', ""))
}

#[cfg(test)]
mod tests {
    use super::super::super::parse::{Act, act};
    use super::*;

    fn assumed(sql: &str) -> Way {
        let Act::Alter { clauses, .. } = act(sql) else { panic!("{sql}") };
        let text = "CREATE TABLE `t` (\n `id` int NOT NULL,\n `v` varchar(20) DEFAULT NULL\n) ENGINE=InnoDB";
        way(Flavour::MySql, (9, 7, 0), &clauses, TableText::read(text).as_ref())
    }

    #[test]
    fn the_worst_clause_decides() {
        assert_eq!(assumed("ALTER TABLE t ADD a int, DROP b").algorithm, "INSTANT");
        assert_eq!(assumed("ALTER TABLE t ADD a int, ADD INDEX (a)"), IN_PLACE);
        assert_eq!(assumed("ALTER TABLE t ADD FULLTEXT (v)"), SHARED);
        assert_eq!(assumed("ALTER TABLE t MODIFY id bigint NOT NULL"), COPY);
        assert_eq!(assumed("ALTER TABLE t MODIFY v varchar(40)"), IN_PLACE);
        assert_eq!(assumed("ALTER TABLE t MODIFY v varchar(300)"), COPY);
        assert_eq!(assumed("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4"), COPY);
        assert_eq!(assumed("ALTER TABLE t MODIFY id int(11) NOT NULL COMMENT 'x'").algorithm, "INSTANT");
    }
}
