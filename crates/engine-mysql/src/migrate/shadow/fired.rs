//! Triggers of the user's on a table that is copied: on the new table from the first write that it gets from others, and on
//! none that a copy writes.
//!
//! A name of a trigger is one in a schema. So under the lock of the switch, after the last row was brought over, the new table
//! gets the same triggers by other names; when the tables have changed places those of the old table are dropped, and made
//! again on the new one by their own names, under its lock. Where dbwright is killed between the last two, a trigger is there
//! by both names until it goes on, and fires twice.

use dbwright_core::Failure;
use dbwright_sql::Dialect;

use super::super::plan::Planner;
use super::super::plan::facts::cell;
use super::super::session::alone::WHEN;
use super::super::session::switch::LOCKED;
use super::super::table::mark;
use super::super::text::cursor::Name;

/// A trigger.
#[derive(Debug, Clone)]
pub(super) struct Fired {
    schema: String,
    pub(super) name: String,
    /// `BEFORE INSERT`.
    when: String,
    body: String,
    definer: String,
    sql_mode: String,
    collation: String,
}

impl Fired {
    /// Its name for as long as another has its own.
    fn meanwhile(&self) -> String {
        format!("dbwright_own_{}", mark(&format!("{}\0{}", self.schema, self.name)))
    }

    fn qualified(&self, name: &str) -> String {
        format!("{}.{}", Dialect::Mysql.ident(&self.schema), Dialect::Mysql.ident(name))
    }

    /// What the session must have set when it is made.
    fn settings(&self) -> [String; 2] {
        let literal = |text: &str| Dialect::Mysql.literal(text);
        [
            format!("SET SESSION sql_mode = {}", literal(&self.sql_mode)),
            format!("SET SESSION collation_connection = {}", literal(&self.collation)),
        ]
    }

    fn create(&self, name: &str, table: &str) -> String {
        let ident = |text: &str| Dialect::Mysql.ident(text);
        let definer = match self.definer.rsplit_once('@') {
            Some((user, host)) if !host.is_empty() => format!("{}@{}", ident(user), ident(host)),
            _ => ident(self.definer.trim_end_matches('@')),
        };
        let name = self.qualified(name);
        format!("CREATE DEFINER={definer} TRIGGER {name} {} ON {table} FOR EACH ROW {}", self.when, self.body)
    }

    fn drop_it(&self, name: &str) -> String {
        format!("DROP TRIGGER IF EXISTS {}", self.qualified(name))
    }

    /// Asks whether it is on a table by a name.
    fn on(&self, name: &str, table: &str, count: u8) -> String {
        let literal = |text: &str| Dialect::Mysql.literal(text);
        format!(
            "(SELECT COUNT(*) = {count} FROM information_schema.triggers WHERE trigger_schema = {} AND trigger_name = {} \
             AND event_object_table = {})",
            literal(&self.schema),
            literal(name),
            literal(table)
        )
    }

    /// Before the tables change places: it is on the new one too.
    pub(super) fn before(&self, to: &str) -> Vec<String> {
        self.settings().into_iter().chain([ended(&self.create(&self.meanwhile(), to))]).collect()
    }

    /// Afterwards: off the old table.
    pub(super) fn off(&self) -> String {
        self.drop_it(&self.name)
    }

    /// Afterwards: by its own name.
    pub(super) fn after(&self, table: &str) -> Vec<String> {
        let create = ended(&self.create(&self.name, table));
        self.settings().into_iter().chain([create, self.drop_it(&self.meanwhile())]).collect()
    }

    /// Makes it on the new table, and drops it again: what would fail under the lock fails before anything is copied.
    pub(super) fn tried(&self, new: &str, quoted: &str) -> (Vec<String>, String) {
        let literal = |text: &str| Dialect::Mysql.literal(text);
        let other = self.meanwhile();
        let mut list = vec![format!("SELECT {}", literal(KEEP))];
        list.extend(self.settings().iter().map(|sql| format!("SELECT {}", literal(sql))));
        list.push(format!("SELECT {}{WHEN}{}", self.on(&other, new, 0), self.create(&other, quoted)));
        list.push(format!("SELECT {}", literal(GIVE_BACK)));
        (list, self.drop_it(&other))
    }

    /// The same whatever was done of it already, and before the switch the way back.
    pub(super) fn mended(&self, table: &str, quoted: &str) -> Vec<String> {
        let (own, other) = (self.name.as_str(), self.meanwhile());
        let mine = self.on(own, table, 1);
        let not_mine = self.on(own, table, 0);
        let theirs = self.on(&other, table, 1);
        let mut script = vec![format!("{LOCKED}LOCK TABLES {quoted} WRITE")];
        script.extend(self.after(quoted));
        vec![
            format!("SELECT {not_mine} AND {theirs}{WHEN}{}", self.drop_it(own)),
            // Nobody sees a moment in which it is there twice, or not at all.
            format!("SELECT {not_mine} AND {theirs}{WHEN}{}", script.join(";\n")),
            format!("SELECT {mine}{WHEN}{}", self.drop_it(&other)),
        ]
    }
}

/// What a trigger takes over from the session that makes it is the session's own again afterwards.
const KEEP: &str = "SET @dbwright_mode = @@SESSION.sql_mode, @dbwright_collation = @@SESSION.collation_connection";

const GIVE_BACK: &str = "SET SESSION sql_mode = @dbwright_mode, SESSION collation_connection = @dbwright_collation";

/// A body may end with a comment.
fn ended(sql: &str) -> String {
    format!("{sql}\n")
}

impl Planner<'_> {
    /// The user's triggers on a table, in the order in which they fire.
    pub(super) async fn fired(&mut self, table: &Name) -> Result<Vec<Fired>, Failure> {
        let sql = "SELECT /* dbwright */ trigger_schema, trigger_name, CONCAT(action_timing, ' ', event_manipulation), \
            action_statement, definer, sql_mode, collation_connection FROM information_schema.triggers \
            WHERE event_object_schema = ? AND event_object_table = ? ORDER BY action_timing, event_manipulation, action_order";
        let rows = self.asked(sql, table).await?;
        let read = |row: &crate::migrate::session::link::Cells| Fired {
            schema: cell(row, 0),
            name: cell(row, 1),
            when: cell(row, 2),
            body: cell(row, 3),
            definer: cell(row, 4),
            sql_mode: cell(row, 5),
            collation: cell(row, 6),
        };
        Ok(rows.iter().map(read).collect())
    }
}
