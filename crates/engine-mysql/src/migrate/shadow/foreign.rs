//! Foreign keys of a table that is copied: those that it has, and those of others that refer to it.
//!
//! # Why none of them is without meaning for a moment
//!
//! While rows are copied the new table has no foreign keys and nobody refers to it: it lags behind, and would refuse what the
//! table allows. Under the lock of the switch, when both are equal, it gets them by other names, and the tables that refer to
//! the old one refer to both; only when the tables have changed places the old table's are dropped, and the names put right,
//! each by one statement. They are added without looking at the rows: the old table's foreign keys, which hold until then,
//! have looked at the same rows.
//!
//! What is seen of that: the tables around are locked for as long as the switch takes. On MariaDB, which takes no rename under
//! a lock, and wherever dbwright is killed in the middle of the switch, both sets of foreign keys hold beside each other until
//! it goes on: then a row may be refused because only one of the two tables has the other row.

use dbwright_core::Failure;
use dbwright_sql::Dialect;

use super::super::lab::{CHECKED, UNCHECKED};
use super::super::plan::Planner;
use super::super::plan::alter::Change;
use super::super::plan::facts::cell;
use super::super::session::alone::WHEN;
use super::super::session::switch::LOCKED;
use super::super::table::{Item, ItemKind, TableText, mark, same};
use super::super::text::Cursor;
use super::super::text::cursor::{Name, split};

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::migrate) struct Foreign {
    pub(in crate::migrate) name: String,
    /// The database and the table that have it, plain.
    pub(in crate::migrate) home: (String, String),
    /// The columns, as written between parentheses.
    columns: String,
    /// The table that it refers to.
    pub(in crate::migrate) to: (String, String),
    to_columns: String,
    actions: String,
    /// The index that the server may have made for it.
    index: Option<String>,
}

/// A table, quoted and qualified.
pub(in crate::migrate) fn quoted((schema, name): &(String, String)) -> String {
    format!("{}.{}", Dialect::Mysql.ident(schema), Dialect::Mysql.ident(name))
}

impl Foreign {
    /// Reads one of a table's definition.
    pub(in crate::migrate) fn read(item: &Item, home: &(String, String), text: &TableText) -> Option<Self> {
        let mut cursor = Cursor::new(&item.text);
        cursor.accept(&["constraint"]);
        let name = cursor.name()?;
        if !cursor.accept(&["foreign", "key"]) {
            return None;
        }
        let columns = cursor.parens()?;
        if !cursor.accept(&["references"]) {
            return None;
        }
        let to = cursor.qualified()?;
        let to_columns = cursor.parens()?;
        Some(Self {
            name,
            home: home.clone(),
            index: index(text, cursor.slice(columns.clone())),
            columns: cursor.slice(columns).to_owned(),
            to: (to.schema.unwrap_or_else(|| home.0.clone()), to.name),
            to_columns: cursor.slice(to_columns).to_owned(),
            actions: cursor.rest().to_owned(),
        })
    }

    /// The foreign keys in a table's definition.
    fn of(text: &TableText, home: &(String, String)) -> Vec<Self> {
        text.of(ItemKind::Foreign).filter_map(|item| Self::read(item, home, text)).collect()
    }

    /// Its columns and those that they refer to, as written.
    pub(in crate::migrate) fn pairs(&self) -> (Vec<&str>, Vec<&str>) {
        (split(&self.columns), split(&self.to_columns))
    }

    /// Whether it changes rows by itself, which no trigger sees.
    fn acts(&self) -> bool {
        let mut cursor = Cursor::new(&self.actions);
        cursor.seek(&["cascade", "set"])
    }

    /// Its name for as long as another has its own.
    pub(super) fn meanwhile(&self) -> String {
        let (schema, table) = &self.home;
        format!("dbwright_fk_{}", mark(&format!("{schema}\0{table}\0{}", self.name)))
    }

    /// An index that the server made for a foreign key, because there was none, it makes again with each foreign key on the same
    /// columns, and by that one's name. One that was renamed is the user's: so it is, and back, while nobody can see it.
    /// The script that does so, and what mends one that was interrupted.
    pub(super) fn adopted(&self) -> Option<(String, String)> {
        let index = self.index.as_ref()?;
        let ident = |name: &str| Dialect::Mysql.ident(name);
        let literal = |text: &str| Dialect::Mysql.literal(text);
        let meanwhile = format!("dbwright_ix_{}", mark(&format!("{}\0{}\0{index}", self.home.0, self.home.1)));
        let table = quoted(&self.home);
        let rename = |from: &str, to: &str| {
            format!("ALTER TABLE {table} RENAME INDEX {} TO {}, {AT_ONCE}", ident(from), ident(to))
        };
        let back = rename(&meanwhile, index);
        let script = format!("{LOCKED}LOCK TABLES {table} WRITE;\n{};\n{back}", rename(index, &meanwhile));
        let left = format!(
            "SELECT COUNT(*) > 0 FROM information_schema.statistics WHERE table_schema = {} AND table_name = {} \
             AND index_name = {}{WHEN}{back}",
            literal(&self.home.0),
            literal(&self.home.1),
            literal(&meanwhile)
        );
        Some((script, left))
    }

    /// The clause that adds it to its table, or one like it.
    pub(super) fn add(&self, name: &str, to: &str) -> String {
        let name = Dialect::Mysql.ident(name);
        let actions = if self.actions.is_empty() { String::new() } else { format!(" {}", self.actions) };
        format!("ADD CONSTRAINT {name} FOREIGN KEY ({}) REFERENCES {to} ({}){actions}", self.columns, self.to_columns)
    }
}

/// The foreign keys around a table.
#[derive(Debug, Clone, Default)]
pub(super) struct Around {
    /// Those that it has.
    pub(super) own: Vec<Foreign>,
    /// Those of other tables that refer to it.
    pub(super) others: Vec<Foreign>,
}

impl Around {
    /// Reads them; or why the table can't be copied because of them.
    pub(super) async fn read(
        planner: &mut Planner<'_>,
        change: &Change<'_>,
        after: &TableText,
    ) -> Result<Result<Self, String>, Failure> {
        let home = (planner.home.to_owned(), change.table.name.clone());
        let own = Foreign::of(&change.before, &home);
        if own.len() != change.before.of(ItemKind::Foreign).count() {
            return Ok(Err("the definition of its foreign keys can't be read".to_owned()));
        }
        if let Some(key) = own.iter().find(|key| key.acts()) {
            return Ok(Err(format!(
                "its foreign key {} changes rows by itself ({}), which no trigger sees",
                key.name, key.actions
            )));
        }
        let texts = |text: &TableText| {
            let mut texts: Vec<_> = text.of(ItemKind::Foreign).map(|item| item.text.clone()).collect();
            texts.sort();
            texts
        };
        if texts(&change.before) != texts(after) {
            return Ok(
                Err("its foreign keys change in the same statement; change them in one of their own".to_owned()),
            );
        }
        let renamed = change.renames().columns;
        let mut others = Vec::new();
        for (child, count) in planner.referring(change.table).await? {
            let name = Name { schema: Some(child.0.clone()), name: child.1.clone() };
            let text = planner.real(&name).await?.unwrap_or_default();
            let keys: Vec<_> = Foreign::of(&text, &child).into_iter().filter(|key| key.to == home).collect();
            // MariaDB shows a name with a backtick so that nobody can read it.
            if keys.len() != count {
                return Ok(Err(format!("the definition of a foreign key of {} can't be read", child.1)));
            }
            others.extend(keys);
        }
        let of = |key: &&Foreign| renamed.iter().any(|(from, _)| key.to_columns.contains(&Dialect::Mysql.ident(from)));
        if let Some(key) = others.iter().chain(&own).find(of) {
            return Ok(Err(format!(
                "the foreign key {} of {} refers to a column that is renamed",
                key.name, key.home.1
            )));
        }
        Ok(Ok(Self { own, others }))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.own.is_empty() && self.others.is_empty()
    }

    /// What must be locked besides: tables that refer to it, and those that it refers to.
    pub(super) fn locks(&self) -> Vec<String> {
        let mut locks: Vec<String> = Vec::new();
        for key in &self.others {
            let lock = format!("{} WRITE", quoted(&key.home));
            if !locks.contains(&lock) {
                locks.push(lock);
            }
        }
        for key in self.own.iter().filter(|key| key.to != key.home) {
            let table = quoted(&key.to);
            if !locks.iter().any(|lock| lock.strip_suffix(" WRITE").or(lock.strip_suffix(" READ")) == Some(&table)) {
                locks.push(format!("{table} READ"));
            }
        }
        locks
    }

    /// Before the tables change places: `to` gets its foreign keys, and the others refer to it too.
    pub(super) fn before(&self, to: &str) -> Vec<String> {
        let own = self.own.iter().map(|key| {
            let other = if key.to == key.home { to.to_owned() } else { quoted(&key.to) };
            format!("ALTER TABLE {to} {}, {AT_ONCE}", key.add(&key.meanwhile(), &other))
        });
        let others = self
            .others
            .iter()
            .map(|key| format!("ALTER TABLE {} {}, {AT_ONCE}", quoted(&key.home), key.add(&key.meanwhile(), to)));
        own.chain(others).collect()
    }

    /// Afterwards: `aside`, the name that the table has then, is let go, and names are put right.
    pub(super) fn after(&self, table: &str, aside: &(String, String)) -> Vec<String> {
        let mut parts = Vec::new();
        for key in &self.others {
            parts.push(dropped(&quoted(&key.home), &key.name));
        }
        for key in &self.own {
            // Names that the server gave go along with the table's name.
            let generated = key.name.strip_prefix(&format!("{}_ibfk_", key.home.1));
            let name = generated.map_or_else(|| key.name.clone(), |end| format!("{}_ibfk_{end}", aside.1));
            parts.push(dropped(&quoted(aside), &name));
        }
        parts.extend(self.others.iter().map(|key| named(key, &quoted(&key.home), table)));
        for key in &self.own {
            let other = if key.to == key.home { table.to_owned() } else { quoted(&key.to) };
            parts.push(named(key, table, &other));
        }
        parts
    }

    /// The same as [`Around::after`] whatever was done of it already, and before the switch the way back from
    /// [`Around::before`]: queries that yield statements, and questions before them.
    pub(super) fn mended(&self, table: &(String, String), beside: &[&str]) -> Vec<String> {
        let literal = |text: &str| Dialect::Mysql.literal(text);
        let mut list = vec![format!("SELECT '{UNCHECKED}'")];
        let name = "CONCAT('`', REPLACE(constraint_name, '`', '``'), '`')";
        let aside: Vec<_> = beside.iter().map(|name| literal(name)).collect();
        for key in &self.others {
            // Of two the one goes that does not refer to the table.
            list.push(format!(
                "SELECT CONCAT({}, {name}) FROM information_schema.referential_constraints WHERE constraint_schema = {} \
                 AND table_name = {} AND referenced_table_name IN ({}) AND unique_constraint_schema = {}",
                literal(&format!("ALTER TABLE {} DROP FOREIGN KEY ", quoted(&key.home))),
                literal(&key.home.0),
                literal(&key.home.1),
                aside.join(", "),
                literal(&table.0)
            ));
        }
        if !self.own.is_empty() {
            list.push(format!(
                "SELECT CONCAT({}, '`', table_name, '` DROP FOREIGN KEY ', {name}) FROM information_schema.referential_constraints \
                 WHERE constraint_schema = {} AND table_name IN ({})",
                literal(&format!("ALTER TABLE {}.", Dialect::Mysql.ident(&table.0))),
                literal(&table.0),
                aside.join(", ")
            ));
        }
        let whole = quoted(table);
        for key in &self.others {
            list.push(format!("{}{WHEN}{}", has(key, &key.home), named(key, &quoted(&key.home), &whole)));
        }
        for key in &self.own {
            let other = if key.to == key.home { whole.clone() } else { quoted(&key.to) };
            list.push(format!("{}{WHEN}{}", has(key, table), named(key, &whole, &other)));
        }
        list.push(format!("SELECT '{CHECKED}'"));
        list
    }
}

/// The rows are not looked at: nobody waits.
const AT_ONCE: &str = "ALGORITHM=INPLACE, LOCK=NONE";

/// The only index on just these columns, when no other serves them.
fn index(text: &TableText, columns: &str) -> Option<String> {
    let mut wanted = Vec::new();
    for part in split(columns) {
        wanted.push(Cursor::new(part).name()?);
    }
    let serves = |item: &&Item| {
        let own = item.columns();
        own.len() >= wanted.len() && own.iter().zip(&wanted).all(|(a, b)| same(a, b))
    };
    let all: Vec<_> =
        text.items.iter().filter(|item| !matches!(item.kind, ItemKind::Foreign | ItemKind::Check)).collect();
    let mut serving = all.into_iter().filter(serves);
    let first = serving.next()?;
    let only = serving.next().is_none() && first.kind == ItemKind::Key && first.columns().len() == wanted.len();
    only.then(|| first.name.clone())
}

fn dropped(table: &str, name: &str) -> String {
    format!("ALTER TABLE {table} DROP FOREIGN KEY {}, {AT_ONCE}", Dialect::Mysql.ident(name))
}

/// Gives a foreign key its own name, in one statement.
fn named(key: &Foreign, table: &str, to: &str) -> String {
    let now = Dialect::Mysql.ident(&key.meanwhile());
    format!("ALTER TABLE {table} DROP FOREIGN KEY {now}, {}, {AT_ONCE}", key.add(&key.name, to))
}

/// Asks whether a foreign key goes by its other name.
fn has(key: &Foreign, (schema, table): &(String, String)) -> String {
    let literal = |text: &str| Dialect::Mysql.literal(text);
    format!(
        "SELECT COUNT(*) = 1 FROM information_schema.referential_constraints WHERE constraint_schema = {} \
         AND table_name = {} AND constraint_name = {}",
        literal(schema),
        literal(table),
        literal(&key.meanwhile())
    )
}

impl Planner<'_> {
    /// The tables whose foreign keys refer to it, itself left out, and how many of each do.
    async fn referring(&mut self, table: &Name) -> Result<Vec<((String, String), usize)>, Failure> {
        let sql = "SELECT /* dbwright */ table_schema, table_name, COUNT(DISTINCT constraint_name) \
            FROM information_schema.key_column_usage WHERE referenced_table_schema = ? AND referenced_table_name = ? \
            AND NOT (table_schema = referenced_table_schema AND table_name = referenced_table_name) \
            GROUP BY table_schema, table_name ORDER BY 1, 2";
        let rows = self.asked(sql, table).await?;
        let count = |row| cell(row, 2).parse().unwrap_or(usize::MAX);
        Ok(rows.iter().map(|row| ((cell(row, 0), cell(row, 1)), count(row))).collect())
    }
}
