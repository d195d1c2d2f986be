//! A table as `SHOW CREATE TABLE` tells it: the server's own words, in which two tables can be compared and from which a
//! change can be taken back.

use dbwright_sql::Dialect;

use super::lint::definition::Definition;
use super::text::Cursor;
use super::text::cursor::split;

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TableText {
    /// Columns in order: name, and everything behind it.
    pub(super) columns: Vec<(String, String)>,
    /// Keys and constraints.
    pub(super) items: Vec<Item>,
    /// Options, without the counter of `AUTO_INCREMENT`.
    pub(super) options: String,
    /// `PARTITION BY …`.
    pub(super) partitions: String,
    /// The counter, where the table tells one.
    pub(super) counter: Option<u64>,
}

/// A key or constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kind: ItemKind,
    /// Its name; `PRIMARY` for the primary key.
    pub(super) name: String,
    /// Its definition, as `ADD` takes it.
    pub(super) text: String,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemKind {
    Primary,
    Unique,
    /// Plain, `FULLTEXT` and `SPATIAL`.
    Key,
    Foreign,
    Check,
    Other,
}

impl Item {
    fn read(text: &str) -> Self {
        let mut cursor = Cursor::new(text);
        let item = |kind, name: String| Self { kind, name, text: text.to_owned() };
        if cursor.accept(&["primary", "key"]) {
            return item(ItemKind::Primary, "PRIMARY".to_owned());
        }
        if cursor.accept(&["constraint"]) {
            let name = cursor.name().unwrap_or_default();
            let kind = if cursor.is("foreign") { ItemKind::Foreign } else { ItemKind::Check };
            return item(kind, name);
        }
        let kind = match cursor.any(&["unique", "fulltext", "spatial", "vector"]) {
            Some("unique") => ItemKind::Unique,
            _ => ItemKind::Key,
        };
        if cursor.accept(&["key"]) {
            return item(kind, cursor.name().unwrap_or_default());
        }
        item(ItemKind::Other, String::new())
    }

    /// The columns of a key, in order; without parts of columns and expressions.
    pub(super) fn columns(&self) -> Vec<String> {
        let mut cursor = Cursor::new(&self.text);
        cursor.seek(&["("]);
        let Some(list) = cursor.parens() else { return Vec::new() };
        let whole = |part: &str| {
            let mut cursor = Cursor::new(part);
            let name = cursor.name();
            if cursor.is("(") { None } else { name }
        };
        let list = split(cursor.slice(list));
        let names: Vec<_> = list.iter().filter_map(|part| whole(part)).collect();
        if names.len() == list.len() { names } else { Vec::new() }
    }

    fn dropped(&self) -> String {
        let name = Dialect::Mysql.ident(&self.name);
        match self.kind {
            ItemKind::Primary => "DROP PRIMARY KEY".to_owned(),
            ItemKind::Foreign => format!("DROP FOREIGN KEY {name}"),
            ItemKind::Check => format!("DROP CONSTRAINT {name}"),
            _ => format!("DROP INDEX {name}"),
        }
    }
}

/// Names that a change gives: old and new.
#[derive(Debug, Clone, Default)]
pub(super) struct Renames {
    pub(super) columns: Vec<(String, String)>,
    pub(super) indexes: Vec<(String, String)>,
}

impl TableText {
    /// Reads what `SHOW CREATE TABLE` says; none when it is no table.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut cursor = Cursor::new(text);
        cursor.accept(&["create"]);
        if cursor.is_any(&["temporary"]) || !cursor.accept(&["table"]) {
            return None;
        }
        cursor.qualified()?;
        let body = cursor.parens()?;
        let mut table = Self::default();
        for part in split(cursor.slice(body)) {
            let mut item = Cursor::new(part);
            // Names of columns are always quoted here.
            if part.starts_with('`') || part.starts_with('"') {
                let name = item.name()?;
                table.columns.push((name, item.rest().to_owned()));
            } else {
                table.items.push(Item::read(part));
            }
        }
        table.tail(&text[cursor.end()..]);
        Some(table)
    }

    fn tail(&mut self, text: &str) {
        let at = text.find("PARTITION BY").unwrap_or(text.len());
        let (options, partitions) = text.split_at(at);
        let partitions = partitions.trim().trim_end_matches("*/").trim();
        self.partitions = partitions.split_whitespace().collect::<Vec<_>>().join(" ");
        let options = options.trim();
        // The mark of the comment that partitions stand in, which is on a line of its own.
        let mark = options.rfind("/*!").filter(|at| options[at + 3..].bytes().all(|byte| byte.is_ascii_digit()));
        let options = mark.map_or(options, |at| options[..at].trim_end());
        let mut kept = String::new();
        // `AUTO_INCREMENT=n` is a state and not part of the definition.
        for word in options.split(' ').filter(|word| !word.is_empty()) {
            match word.strip_prefix("AUTO_INCREMENT=").and_then(|n| n.parse().ok()) {
                Some(counter) if self.counter.is_none() && !kept.contains("COMMENT=") => self.counter = Some(counter),
                _ if word.starts_with("/*!") && !word.ends_with("*/") => {}
                _ => {
                    kept.push_str(word);
                    kept.push(' ');
                }
            }
        }
        kept.trim_end().clone_into(&mut self.options);
    }

    /// All of it in one text: equal for tables that are defined alike.
    pub(super) fn normal(&self) -> String {
        let columns: Vec<_> = self.columns.iter().map(|(name, text)| format!("{name} {text}")).collect();
        let mut items: Vec<_> = self.items.iter().map(|item| item.text.clone()).collect();
        items.sort();
        format!("{}\n{}\n{}\n{}", columns.join("\n"), items.join("\n"), self.options, self.partitions)
    }

    /// A short mark of [`TableText::normal`].
    pub(super) fn mark(&self) -> String {
        mark(&self.normal())
    }

    /// The definition behind a column's name.
    pub(super) fn column(&self, name: &str) -> Option<&str> {
        self.columns.iter().find(|(own, _)| same(own, name)).map(|(_, text)| text.as_str())
    }

    /// The storage engine.
    pub(super) fn engine(&self) -> &str {
        let after = self.options.split("ENGINE=").nth(1).unwrap_or_default();
        after.split(' ').next().unwrap_or_default()
    }

    /// A key by its name.
    pub(super) fn item(&self, kind: ItemKind, name: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.kind == kind && same(&item.name, name))
    }

    /// The items of a kind.
    pub(super) fn of(&self, kind: ItemKind) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.kind == kind)
    }

    /// `CREATE TABLE` with another name; `keep` says which items.
    pub(super) fn create(&self, name: &str, keep: impl Fn(&Item) -> bool) -> String {
        let mut parts: Vec<_> =
            self.columns.iter().map(|(name, text)| format!("  {} {text}", Dialect::Mysql.ident(name))).collect();
        parts.extend(self.items.iter().filter(|item| keep(item)).map(|item| format!("  {}", item.text)));
        let partitions = if self.partitions.is_empty() { String::new() } else { format!("\n{}", self.partitions) };
        format!("CREATE TABLE {name} (\n{}\n) {}{partitions}", parts.join(",\n"), self.options)
    }

    /// Indexes that may have come with a foreign key, under its name or its first column's: the clauses that drop both, and those
    /// by which the server makes both.
    pub(super) fn brought(&self) -> Vec<(String, String)> {
        let both = |(foreign, key, text): (&Item, &Item, &str)| {
            let [index, constraint] = [&key.name, &foreign.name].map(|name| Dialect::Mysql.ident(name));
            (format!("DROP FOREIGN KEY {constraint}, DROP INDEX {index}"), format!("ADD {text}"))
        };
        self.came_with_foreign_keys().map(both).collect()
    }

    /// Those indexes themselves: the server drops them by itself as soon as another one serves the foreign key.
    pub(super) fn gives_way(&self) -> impl Iterator<Item = &Item> {
        self.came_with_foreign_keys().map(|(_, key, _)| key)
    }

    /// The foreign key, its index, and the text by which the server makes both.
    fn came_with_foreign_keys(&self) -> impl Iterator<Item = (&Item, &Item, &str)> {
        self.of(ItemKind::Foreign).filter_map(|foreign| {
            let at = foreign.text.find("FOREIGN KEY")?;
            let plain = &foreign.text[at..];
            let mut cursor = Cursor::new(plain);
            cursor.accept(&["foreign", "key"]);
            let columns = cursor.parens()?;
            let first = Cursor::new(cursor.slice(columns.clone())).name()?;
            let on_them = format!("({})", cursor.slice(columns));
            let named = |name: &str| {
                self.of(ItemKind::Key).find(|key| same(&key.name, name)).filter(|key| key.text.contains(&on_them))
            };
            match named(&foreign.name) {
                Some(key) => Some((foreign, key, foreign.text.as_str())),
                None => Some((foreign, named(&first)?, plain)),
            }
        })
    }

    /// The clauses that lead from `self` back to `before`.
    ///
    /// # Errors
    /// Why there is no way back.
    pub(super) fn back_to(&self, before: &Self, renames: &Renames, empty: bool) -> Result<Vec<String>, String> {
        if self.partitions != before.partitions {
            return Err("what was done to partitions can't be taken back".to_owned());
        }
        let mut clauses = self.items_back(before, renames, true);
        clauses.extend(self.columns_back(before, renames, empty)?);
        clauses.extend(self.items_back(before, renames, false));
        if self.options != before.options {
            clauses.push(options_back(&self.options, &before.options));
        }
        Ok(clauses)
    }

    fn columns_back(&self, before: &Self, renames: &Renames, empty: bool) -> Result<Vec<String>, String> {
        let ident = |name: &str| Dialect::Mysql.ident(name);
        let old_name =
            |new: &str| renames.columns.iter().find(|(_, to)| same(to, new)).map_or(new, |(from, _)| from).to_owned();
        let order: Vec<String> = self.columns.iter().map(|(name, _)| old_name(name)).collect();
        let had = |name: &str| before.column(name).is_some();
        // Columns without a character set of their own take the table's when they are defined.
        let recoded = charset(&self.options) != charset(&before.options);
        let is_kept = |name: &str| order.iter().any(|own| same(own, name));
        // What is computed is computed again, and of no rows there is nothing to lose.
        let lost = before.columns.iter().find(|(name, text)| !(empty || is_kept(name) || is_generated(text)));
        if let Some((name, _)) = lost {
            return Err(format!("the values of column {} are gone", Dialect::Mysql.name(name)));
        }
        let mut clauses = Vec::new();
        for ((name, _), old) in self.columns.iter().zip(&order) {
            if !had(old) {
                clauses.push(format!("DROP COLUMN {}", ident(name)));
            }
        }
        let kept: Vec<_> = order.iter().filter(|name| had(name)).collect();
        let stayed = before.columns.iter().filter(|(name, _)| is_kept(name));
        let moved = kept.iter().zip(stayed).any(|(own, (name, _))| !same(own, name));
        for (at, (old, definition)) in before.columns.iter().enumerate() {
            let position = match at.checked_sub(1).and_then(|at| before.columns.get(at)) {
                Some((previous, _)) => format!(" AFTER {}", ident(previous)),
                None => " FIRST".to_owned(),
            };
            let Some(place) = order.iter().position(|own| same(own, old)) else {
                clauses.push(format!("ADD COLUMN {} {definition}{position}", ident(old)));
                continue;
            };
            let (new, now) = &self.columns[place];
            let same_text = now == definition;
            let position = if moved { position } else { String::new() };
            if !same(new, old) && same_text && !moved && !recoded {
                clauses.push(format!("RENAME COLUMN {} TO {}", ident(new), ident(old)));
            } else if !same(new, old) {
                clauses.push(format!("CHANGE COLUMN {} {} {definition}{position}", ident(new), ident(old)));
            } else if !same_text || moved || (recoded && takes_charset(definition)) {
                clauses.push(format!("MODIFY COLUMN {} {definition}{position}", ident(old)));
            }
        }
        Ok(clauses)
    }

    /// What is dropped, or what is made again.
    fn items_back(&self, before: &Self, renames: &Renames, drops: bool) -> Vec<String> {
        let ident = |name: &str| Dialect::Mysql.ident(name);
        let renamed = |item: &Item| renames.indexes.iter().find(|(_, to)| same(to, &item.name));
        let mut clauses = Vec::new();
        for item in &self.items {
            let known = before.items.iter().find(|old| old.kind == item.kind && same(&old.name, &item.name));
            if let Some((from, to)) = renamed(item).filter(|_| known.is_none()) {
                if !drops {
                    clauses.push(format!("RENAME INDEX {} TO {}", ident(to), ident(from)));
                }
            } else if drops
                && known.is_none_or(|old| plain(&old.text, renames) != plain(&item.text, &Renames::default()))
            {
                clauses.push(item.dropped());
            }
        }
        for old in before.items.iter().filter(|_| !drops) {
            let now = self.items.iter().find(|item| item.kind == old.kind && same(&item.name, &old.name));
            let moved = renames.indexes.iter().any(|(from, _)| same(from, &old.name));
            match now {
                None if moved => {}
                Some(now)
                    if now.text == old.text || plain(&old.text, renames) == plain(&now.text, &Renames::default()) =>
                {
                    clauses.extend(seen(old, &now.text));
                }
                _ => clauses.push(format!("ADD {}", old.text)),
            }
        }
        clauses
    }
}

/// A key's text without what hides it, with columns by their new names.
fn plain(text: &str, renames: &Renames) -> String {
    let mut text = text.replace(" /*!80000 INVISIBLE */", "").replace(" IGNORED", "");
    for (from, to) in &renames.columns {
        text = text.replace(&Dialect::Mysql.ident(from), &Dialect::Mysql.ident(to));
    }
    text
}

/// How an index that was hidden or shown is so again.
fn seen(old: &Item, now: &str) -> Option<String> {
    let hidden = |text: &str| (text.contains("/*!80000 INVISIBLE */"), text.contains(" IGNORED"));
    let (before, now) = (hidden(&old.text), hidden(now));
    let word = match (before, now) {
        ((true, _), (false, _)) => "INVISIBLE",
        ((false, _), (true, _)) => "VISIBLE",
        ((_, true), (_, false)) => "IGNORED",
        ((_, false), (_, true)) => "NOT IGNORED",
        _ => return None,
    };
    Some(format!("ALTER INDEX {} {word}", Dialect::Mysql.ident(&old.name)))
}

/// The words of a table's options that say how it writes texts.
fn charset(options: &str) -> Vec<&str> {
    options.split(' ').filter(|word| word.starts_with("CHARSET=") || word.starts_with("COLLATE=")).collect()
}

/// Whether a column is a text that takes over the table's character set.
fn takes_charset(definition: &str) -> bool {
    let ty = definition.split([' ', '(']).next().unwrap_or_default();
    let text = matches!(ty, "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set");
    text && !definition.contains(" CHARACTER SET ")
}

/// Options as they were; what was not said is said to be as by default.
fn options_back(now: &str, before: &str) -> String {
    let mut text = before.to_owned();
    if now.contains("COMMENT=") && !before.contains("COMMENT=") {
        text.push_str(" COMMENT=''");
    }
    if now.contains("ROW_FORMAT=") && !before.contains("ROW_FORMAT=") {
        text.push_str(" ROW_FORMAT=DEFAULT");
    }
    if now.contains("KEY_BLOCK_SIZE=") && !before.contains("KEY_BLOCK_SIZE=") {
        text.push_str(" KEY_BLOCK_SIZE=0");
    }
    text
}

/// Whether a column's values are computed from others.
fn is_generated(definition: &str) -> bool {
    Definition::read(definition).generated.is_some()
}

/// Whether two names of columns or keys mean the same.
pub(super) fn same(a: &str, b: &str) -> bool {
    Dialect::Mysql.same_name(a, b)
}

/// A short, stable mark (FNV-1a: the same across versions and machines).
pub(super) fn mark(of: &str) -> String {
    let hash = of
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "CREATE TABLE `a` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `v` varchar(20) DEFAULT 'x,y',\n  PRIMARY KEY (`id`),\n  KEY `vi` (`v`)\n) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COMMENT='AUTO_INCREMENT=3 hi'";

    fn back(after: &str, renames: &Renames) -> Result<Vec<String>, String> {
        let before = TableText::read(BEFORE).expect("a table");
        TableText::read(after).expect("a table").back_to(&before, renames, false)
    }

    #[test]
    fn a_partitioned_table_can_be_made_again() {
        let text = "CREATE TABLE `d` (\n  `day` date NOT NULL\n) ENGINE=InnoDB COMMENT='/*!1'\n/*!50500 PARTITION BY RANGE  COLUMNS(`day`)\n\
            (PARTITION a VALUES LESS THAN (MAXVALUE) ENGINE = InnoDB) */";
        let table = TableText::read(text).expect("a table");
        let made = "CREATE TABLE x (\n  `day` date NOT NULL\n) ENGINE=InnoDB COMMENT='/*!1'\n\
            PARTITION BY RANGE COLUMNS(`day`) (PARTITION a VALUES LESS THAN (MAXVALUE) ENGINE = InnoDB)";
        assert_eq!(table.create("x", |_| true), made);
    }

    #[test]
    fn a_table_is_read_without_its_counter() {
        let table = TableText::read(BEFORE).expect("a table");
        assert_eq!(table.columns[1], ("v".to_owned(), "varchar(20) DEFAULT 'x,y'".to_owned()));
        assert_eq!(
            table.items.iter().map(Item::columns).collect::<Vec<_>>(),
            [vec!["id".to_owned()], vec!["v".to_owned()]]
        );
        assert_eq!(table.counter, Some(7));
        assert_eq!(table.options, "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='AUTO_INCREMENT=3 hi'");
        assert_eq!(table.engine(), "InnoDB");
        let other = BEFORE.replace("AUTO_INCREMENT=7 ", "").replace("`a`", "`b`");
        assert_eq!(TableText::read(&other).expect("a table").mark(), table.mark());
    }

    #[test]
    fn the_way_back_is_the_difference() {
        let none = Renames::default();
        let added = BEFORE.replace("  PRIMARY", "  `q` int DEFAULT NULL,\n  PRIMARY").replace("KEY `vi`", "KEY `vi2`");
        let clauses = back(&added, &none).expect("a way");
        assert_eq!(clauses, ["DROP INDEX `vi2`", "DROP COLUMN `q`", "ADD KEY `vi` (`v`)"]);
        let retyped = BEFORE.replace("varchar(20)", "varchar(40)");
        assert_eq!(back(&retyped, &none).expect("a way"), ["MODIFY COLUMN `v` varchar(20) DEFAULT 'x,y'"]);
        let renamed = BEFORE.replace("`v`", "`w`");
        let renames = Renames { columns: vec![("v".to_owned(), "w".to_owned())], ..Renames::default() };
        assert_eq!(back(&renamed, &renames).expect("a way"), ["RENAME COLUMN `w` TO `v`"]);
        let dropped = BEFORE.replace("  `v` varchar(20) DEFAULT 'x,y',\n", "").replace(",\n  KEY `vi` (`v`)", "");
        assert!(back(&dropped, &none).expect_err("none").contains("values of column v"));
        let (before, after) = (TableText::read(BEFORE).expect("a table"), TableText::read(&dropped).expect("a table"));
        let of_no_rows = after.back_to(&before, &none, true).expect("a way");
        assert_eq!(of_no_rows, ["ADD COLUMN `v` varchar(20) DEFAULT 'x,y' AFTER `id`", "ADD KEY `vi` (`v`)"]);
        let computed = BEFORE.replace("varchar(20) DEFAULT 'x,y'", "int GENERATED ALWAYS AS (`id` * 2) VIRTUAL");
        let before = TableText::read(&computed).expect("a table");
        let again = "ADD COLUMN `v` int GENERATED ALWAYS AS (`id` * 2) VIRTUAL AFTER `id`";
        assert_eq!(after.back_to(&before, &none, false).expect("a way"), [again, "ADD KEY `vi` (`v`)"]);
        let hidden = BEFORE.replace("KEY `vi` (`v`)", "KEY `vi` (`v`) /*!80000 INVISIBLE */");
        assert_eq!(back(&hidden, &none).expect("a way"), ["ALTER INDEX `vi` VISIBLE"]);
        assert_eq!(
            back(&BEFORE.replace(" COMMENT='AUTO_INCREMENT=3 hi'", " ROW_FORMAT=COMPRESSED"), &none).expect("a way"),
            ["ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='AUTO_INCREMENT=3 hi' ROW_FORMAT=DEFAULT"]
        );
    }
}
