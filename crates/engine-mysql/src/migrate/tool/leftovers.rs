//! What a tool leaves, and what clears it. All of it goes by names that nobody had when the plan was made.

use dbwright_sql::Dialect;

use super::facts::Tool;
use crate::migrate::lab::{CHECKED, UNCHECKED};
use crate::migrate::session::alone::WHEN;
use crate::migrate::table::mark;

/// Names of what a tool makes for one table.
#[derive(Debug, Clone)]
pub(super) struct Names {
    tool: Tool,
    home: String,
    table: String,
    /// The new table, until it takes the place of the old one.
    pub(super) new: String,
    /// The old one, afterwards.
    pub(super) old: String,
    /// Other tables of the tool's.
    aside: Vec<String>,
    /// Where Percona's tool keeps its history, in dbwright's own schema.
    pub(super) history: String,
}

impl Names {
    pub(super) fn of(tool: Tool, home: &str, table: &str) -> Self {
        let hash = mark(&format!("{home}\0{table}"));
        let (before, behind) = tool.facts().old;
        let (new, aside) = match tool {
            Tool::Pt => (format!("dbwright_osc_{hash}"), Vec::new()),
            Tool::GhOst => (format!("_{table}_gho"), vec![format!("_{table}_ghc"), format!("_{table}_ghk")]),
        };
        Self {
            tool,
            home: home.to_owned(),
            table: table.to_owned(),
            new,
            old: format!("{before}{table}{behind}"),
            aside,
            history: format!("osc_{}_{hash}", mark(home)),
        }
    }

    /// All tables that must not be there before.
    pub(super) fn tables(&self) -> impl Iterator<Item = &String> {
        [&self.new, &self.old].into_iter().chain(&self.aside)
    }

    fn quoted(&self, table: &str) -> String {
        format!("{}.{}", Dialect::Mysql.ident(&self.home), Dialect::Mysql.ident(table))
    }

    fn there(&self, table: &str, count: u8) -> String {
        let literal = |text: &str| Dialect::Mysql.literal(text);
        format!(
            "(SELECT COUNT(*) = {count} FROM information_schema.tables WHERE table_schema = {} AND table_name = {})",
            literal(&self.home),
            literal(table)
        )
    }

    /// Asks whether a statement of the tool's is still at work: the server may not have noticed yet that the tool is gone.
    pub(super) fn busy(&self) -> String {
        format!(
            "SELECT COUNT(*) > 0 FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND LOCATE({}, info) > 0",
            Dialect::Mysql.literal(&self.new)
        )
    }

    /// Asks whether the tables have exchanged their names.
    pub(super) fn switched(&self) -> String {
        format!("SELECT {} AND {}", self.there(&self.old, 1), self.there(&self.new, 0))
    }

    /// Clears what a dry run left that was interrupted.
    pub(super) fn of_a_try(&self) -> Vec<String> {
        let tables = self.tables().filter(|table| **table != self.old);
        tables.map(|table| self.gone(table)).collect()
    }

    /// Clears everything, before the tables have exchanged their names.
    pub(super) fn before(&self) -> Vec<String> {
        let mut clear = self.triggers();
        clear.extend(self.keys());
        // Before the exchange gh-ost puts an empty table into the old one's place. It goes first: alone it would look as if the
        // tables had been exchanged.
        clear.extend((self.tool == Tool::GhOst).then(|| self.gone(&self.old)));
        clear.extend(self.of_a_try());
        clear.extend(self.history());
        clear
    }

    /// Clears everything but the old table, afterwards.
    pub(super) fn after(&self) -> Vec<String> {
        let mut clear = self.triggers();
        clear.extend(self.keys());
        clear.extend(self.aside.iter().map(|table| self.gone(table)));
        clear.extend(self.history());
        clear
    }

    fn gone(&self, table: &str) -> String {
        format!("SELECT {}{WHEN}DROP TABLE {}", self.there(table, 1), self.quoted(table))
    }

    fn history(&self) -> Option<String> {
        if self.tool != Tool::Pt {
            return None;
        }
        let literal = Dialect::Mysql.literal(&self.history);
        let there = format!(
            "SELECT COUNT(*) = 1 FROM information_schema.tables WHERE table_schema = 'dbwright' AND table_name = {literal}"
        );
        Some(format!("{there}{WHEN}DROP TABLE dbwright.{}", Dialect::Mysql.ident(&self.history)))
    }

    /// The old table, when nobody needs it any more.
    pub(super) fn drop_old(&self) -> String {
        format!("DROP TABLE IF EXISTS {}", self.quoted(&self.old))
    }

    /// Yields statements that drop the triggers which keep the copy in step: before the table that they write to.
    fn triggers(&self) -> Vec<String> {
        if self.tool != Tool::Pt {
            return Vec::new();
        }
        let literal = |text: &str| Dialect::Mysql.literal(text);
        vec![format!(
            "SELECT CONCAT('DROP TRIGGER IF EXISTS `', REPLACE(trigger_schema, '`', '``'), '`.`', REPLACE(trigger_name, '`', '``'), '`') \
             FROM information_schema.triggers WHERE event_object_schema = {} AND event_object_table IN ({}, {}) \
             AND trigger_name LIKE {} AND LOCATE({}, action_statement) > 0",
            literal(&self.home),
            literal(&self.table),
            literal(&self.old),
            literal("pt\\_osc\\_%"),
            literal(&self.new),
        )]
    }

    /// Yields statements that let foreign keys of other tables refer to the table again, whichever of the two it is by now.
    /// The tool gives them names in turn (`x`, `_x`, `__x`, `x`): they get the one before.
    fn keys(&self) -> Vec<String> {
        if self.tool != Tool::Pt {
            return Vec::new();
        }
        let literal = |text: &str| Dialect::Mysql.literal(text);
        let ident = |column: &str| format!("'`', REPLACE({column}, '`', '``'), '`'");
        let list = |column: &str| {
            format!("GROUP_CONCAT('`', REPLACE({column}, '`', '``'), '`' ORDER BY k.ordinal_position SEPARATOR ', ')")
        };
        let name = "IF(LEFT(k.constraint_name, 1) = '_', SUBSTRING(k.constraint_name, 2), LEFT(CONCAT('__', k.constraint_name), 64))";
        let sql = format!(
            "SELECT CONCAT('ALTER TABLE ', {}, '.', {}, ' DROP FOREIGN KEY ', {}, ', ADD CONSTRAINT ', {}, ' FOREIGN KEY (', {}, \
             ') REFERENCES ', {}, ' (', {}, ') ON DELETE ', r.delete_rule, ' ON UPDATE ', r.update_rule) \
             FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r \
             ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name \
             WHERE k.referenced_table_schema = {} AND k.referenced_table_name IN ({}, {}) \
             AND NOT (k.table_schema = {} AND k.table_name IN ({}, {})) \
             GROUP BY k.table_schema, k.table_name, k.constraint_name, r.delete_rule, r.update_rule",
            ident("k.table_schema"),
            ident("k.table_name"),
            ident("k.constraint_name"),
            ident(name),
            list("k.column_name"),
            literal(&self.quoted(&self.table)),
            list("k.referenced_column_name"),
            literal(&self.home),
            literal(&self.new),
            literal(&self.old),
            literal(&self.home),
            literal(&self.new),
            literal(&self.old),
        );
        // All rows have been looked at by the key that is dropped in the same moment; to look again would copy the table.
        vec![format!("SELECT '{UNCHECKED}'"), sql, format!("SELECT '{CHECKED}'")]
    }

    /// Asks for the job that can be gone on with: the copy, its history and all its triggers are there.
    pub(super) fn unfinished(&self) -> String {
        let literal = |text: &str| Dialect::Mysql.literal(text);
        format!(
            "SELECT h.job_id FROM dbwright.{} h WHERE h.done = 'no' AND h.lower_boundary IS NOT NULL AND h.upper_boundary IS NOT NULL \
             AND h.new_table_name = {} AND {} AND (SELECT COUNT(*) = 3 FROM information_schema.triggers \
             WHERE event_object_schema = {} AND event_object_table = {} AND trigger_name LIKE {} AND LOCATE({}, action_statement) > 0) \
             AND NOT EXISTS (SELECT 1 FROM information_schema.key_column_usage k WHERE k.referenced_table_schema = {} \
             AND k.referenced_table_name = {} AND k.table_name <> {}) ORDER BY h.job_id DESC LIMIT 1",
            Dialect::Mysql.ident(&self.history),
            literal(&self.new),
            self.there(&self.new, 1),
            literal(&self.home),
            literal(&self.table),
            literal("pt\\_osc\\_%"),
            literal(&self.new),
            literal(&self.home),
            literal(&self.new),
            literal(&self.new),
        )
    }
}
