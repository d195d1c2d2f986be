//! The statements that make a view, trigger, routine or event as it is: its text, the modes and zone that the text was read
//! under, its place among triggers, and the grants that go with a routine.

use dbwright_core::Failure;
use dbwright_sql::Dialect;

use super::Planner;
use super::facts::cell;
use crate::migrate::parse::Kind;
use crate::migrate::session::alone::WHEN;
use crate::migrate::session::link::Cells;
use crate::migrate::session::trouble::code;
use crate::migrate::text::Cursor;
use crate::migrate::text::cursor::Name;

/// What there is to keep of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    kind: Kind,
    /// `CREATE …`, as the server shows it.
    text: String,
    /// Settings of the session that the server remembers with it, and reads its body under.
    settings: Vec<(&'static str, String)>,
    /// Statements for what goes when it is dropped.
    grants: Vec<String>,
    /// Why grants can't be seen, where it may have some.
    pub(super) unseen: Option<String>,
}

/// The columns of `SHOW CREATE …`: the text, and the settings.
const fn columns(kind: Kind) -> (usize, &'static [(&'static str, usize)]) {
    match kind {
        Kind::View => (1, &[]),
        Kind::Trigger | Kind::Procedure | Kind::Function => (2, &[("sql_mode", 1), ("collation_connection", 4)]),
        Kind::Event => (3, &[("sql_mode", 1), ("time_zone", 2), ("collation_connection", 5)]),
    }
}

impl Definition {
    fn read(kind: Kind, row: &Cells) -> Option<Self> {
        let (text, settings) = columns(kind);
        let get = |at: usize| row.get(at).cloned().flatten();
        let settings = settings.iter().filter_map(|(name, at)| Some((*name, get(*at)?))).collect();
        Some(Self { kind, text: get(text)?, settings, grants: Vec::new(), unseen: None })
    }

    /// What makes it where `gone` says that there is none, as queries whose rows are statements.
    pub(super) fn made(&self, gone: &str) -> Vec<String> {
        let said = |statement: String| format!("SELECT {}", Dialect::Mysql.literal(&statement));
        let grants = self.grants.iter().cloned();
        let statements = self.under_its_settings(std::iter::once(self.text.clone()).chain(grants));
        let query = |statement: String| {
            if statement == self.text { format!("{gone}{WHEN}{statement}") } else { said(statement) }
        };
        statements.into_iter().map(query).collect()
    }

    /// Statements that make it in the place of another one of its name; `at_once` where one statement can.
    pub(super) fn instead(&self, dropped: String, at_once: bool) -> Vec<String> {
        if at_once || self.kind == Kind::View {
            let text = self.text.strip_prefix("CREATE ").unwrap_or(&self.text);
            return self.under_its_settings([format!("CREATE OR REPLACE {text}")].into_iter());
        }
        let grants = self.grants.iter().cloned();
        self.under_its_settings([dropped, self.text.clone()].into_iter().chain(grants))
    }

    /// What the session had comes back afterwards, also when an attempt was interrupted between the two.
    fn under_its_settings(&self, statements: impl Iterator<Item = String>) -> Vec<String> {
        if self.settings.is_empty() {
            return statements.collect();
        }
        let kept = |name: &str| format!("@dbwright_{name}");
        let list = |each: &dyn Fn(&(&'static str, String)) -> String| {
            format!("SET {}", self.settings.iter().map(each).collect::<Vec<_>>().join(", "))
        };
        let keep = list(&|(name, _)| format!("{0} = COALESCE({0}, @@SESSION.{name})", kept(name)));
        let set = list(&|(name, value)| format!("SESSION {name} = {}", Dialect::Mysql.literal(value)));
        let restore =
            list(&|(name, _)| format!("SESSION {name} = COALESCE({0}, @@SESSION.{name}), {0} = NULL", kept(name)));
        [keep, set].into_iter().chain(statements).chain([restore]).collect()
    }
}

impl Planner<'_> {
    /// What there is to keep of an object; none when there is no such object.
    pub(super) async fn definition(&mut self, kind: Kind, name: &Name) -> Result<Option<Definition>, Failure> {
        let sql = format!("SHOW /* dbwright */ CREATE {} {}", kind.word(), self.quoted(name));
        let found = match self.link.rows(&sql).await {
            Ok(rows) => rows.first().and_then(|row| Definition::read(kind, row)),
            // Not there, or not to be seen.
            Err(error) if !self.link.lost() && code(&error) != 0 => None,
            Err(error) => return Err(Self::unreadable(&error)),
        };
        let Some(mut found) = found else { return Ok(None) };
        match kind {
            Kind::Trigger => {
                if let Some(next) = self.next_trigger(name).await? {
                    found.text = before(&found.text, &next);
                }
            }
            Kind::Procedure | Kind::Function => self.add_grants(&mut found, name).await?,
            Kind::View | Kind::Event => {}
        }
        Ok(Some(found))
    }

    /// The trigger that fires after it, of those for the same event of the same table.
    async fn next_trigger(&mut self, name: &Name) -> Result<Option<String>, Failure> {
        let (schema, trigger) = name.within(self.home);
        let literal = |text: &str| Dialect::Mysql.literal(text);
        let sql = format!(
            "SELECT /* dbwright */ n.trigger_name FROM information_schema.triggers t JOIN information_schema.triggers n \
             ON n.trigger_schema = t.trigger_schema AND n.event_object_table = t.event_object_table \
             AND n.event_manipulation = t.event_manipulation AND n.action_timing = t.action_timing \
             AND n.action_order = t.action_order + 1 WHERE t.trigger_schema = {} AND t.trigger_name = {}",
            literal(schema),
            literal(trigger)
        );
        let rows = self.link.rows(&sql).await.map_err(|e| Self::unreadable(&e))?;
        Ok(rows.first().map(|row| cell(row, 0)).filter(|next| !next.is_empty()))
    }

    /// Grants on a routine go with it.
    async fn add_grants(&mut self, found: &mut Definition, name: &Name) -> Result<(), Failure> {
        let (schema, routine) = name.within(self.home);
        let literal = |text: &str| Dialect::Mysql.literal(text);
        let sql = format!(
            "SELECT /* dbwright */ User, Host, Proc_priv FROM mysql.procs_priv WHERE Db = {} AND Routine_name = {} \
             AND Routine_type = '{}' ORDER BY 1, 2",
            literal(schema),
            literal(routine),
            found.kind.word()
        );
        match self.link.rows(&sql).await {
            Ok(rows) => {
                let object = format!("{} {}", found.kind.word(), self.quoted(name));
                found.grants =
                    rows.iter().filter_map(|row| grant(&object, &cell(row, 0), &cell(row, 1), &cell(row, 2))).collect();
            }
            Err(error) if !self.link.lost() && code(&error) != 0 => {
                found.unseen = Some(format!("grants on it are not seen ({})", crate::error::text(&error)));
            }
            Err(error) => return Err(Self::unreadable(&error)),
        }
        Ok(())
    }
}

/// The grant that a row of `mysql.procs_priv` stands for. A role of MariaDB has no host.
fn grant(object: &str, user: &str, host: &str, rights: &str) -> Option<String> {
    let literal = |text: &str| Dialect::Mysql.literal(text);
    let (option, mut rights): (Vec<_>, Vec<_>) =
        rights.split(',').partition(|right| right.eq_ignore_ascii_case("grant"));
    rights.retain(|right| !right.is_empty());
    if rights.is_empty() {
        rights.push("USAGE");
    }
    let account = if host.is_empty() { literal(user) } else { format!("{}@{}", literal(user), literal(host)) };
    let with = if option.is_empty() { "" } else { " WITH GRANT OPTION" };
    (!user.is_empty() || !host.is_empty())
        .then(|| format!("GRANT {} ON {object} TO {account}{with}", rights.join(", ").to_uppercase()))
}

/// The text of a trigger that fires just before another one.
fn before(text: &str, next: &str) -> String {
    let mut cursor = Cursor::new(text);
    let mut found = false;
    while !found && cursor.seek(&["for"]) {
        found = cursor.accept(&["for", "each", "row"]);
        if !found {
            cursor.skip();
        }
    }
    if !found {
        return text.to_owned();
    }
    let (head, body) = text.split_at(cursor.end());
    format!("{head} PRECEDES {}{body}", Dialect::Mysql.ident(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_keeps_its_place() {
        let text = "CREATE DEFINER=`for each row`@`%` TRIGGER `a` BEFORE INSERT ON `t` FOR EACH ROW SET @a = 1";
        let wanted = "CREATE DEFINER=`for each row`@`%` TRIGGER `a` BEFORE INSERT ON `t` FOR EACH ROW PRECEDES `b``c` SET @a = 1";
        assert_eq!(before(text, "b`c"), wanted);
    }

    #[test]
    fn grants_are_those_of_the_row() {
        let of = |rights: &str| grant("PROCEDURE `a`.`b`", "o'x", "%", rights);
        assert_eq!(of("Execute").as_deref(), Some("GRANT EXECUTE ON PROCEDURE `a`.`b` TO 'o''x'@'%'"));
        assert_eq!(
            of("Execute,Alter Routine,Grant").as_deref(),
            Some("GRANT EXECUTE, ALTER ROUTINE ON PROCEDURE `a`.`b` TO 'o''x'@'%' WITH GRANT OPTION")
        );
        assert_eq!(
            grant("FUNCTION `a`.`b`", "reader", "", "Execute").as_deref(),
            Some("GRANT EXECUTE ON FUNCTION `a`.`b` TO 'reader'")
        );
    }

    #[test]
    fn what_is_made_again_is_read_as_it_was() {
        let row: Cells = [
            Some("p"),
            Some("ANSI_QUOTES"),
            Some("CREATE PROCEDURE `p`() SELECT \"a\" FROM t"),
            Some("latin1"),
            Some("latin1_swedish_ci"),
        ]
        .map(|cell| cell.map(str::to_owned))
        .to_vec();
        let made = Definition::read(Kind::Procedure, &row)
            .expect("a definition")
            .instead("DROP PROCEDURE `p`".to_owned(), false);
        assert_eq!(
            made,
            [
                "SET @dbwright_sql_mode = COALESCE(@dbwright_sql_mode, @@SESSION.sql_mode), \
                 @dbwright_collation_connection = COALESCE(@dbwright_collation_connection, @@SESSION.collation_connection)",
                "SET SESSION sql_mode = 'ANSI_QUOTES', SESSION collation_connection = 'latin1_swedish_ci'",
                "DROP PROCEDURE `p`",
                "CREATE PROCEDURE `p`() SELECT \"a\" FROM t",
                "SET SESSION sql_mode = COALESCE(@dbwright_sql_mode, @@SESSION.sql_mode), @dbwright_sql_mode = NULL, \
                 SESSION collation_connection = COALESCE(@dbwright_collation_connection, @@SESSION.collation_connection), \
                 @dbwright_collation_connection = NULL",
            ]
        );
        let view: Cells = vec![Some("v".to_owned()), Some("CREATE ALGORITHM=MERGE VIEW `v` AS select 1".to_owned())];
        let view = Definition::read(Kind::View, &view).expect("a definition");
        assert_eq!(view.instead(String::new(), false), ["CREATE OR REPLACE ALGORITHM=MERGE VIEW `v` AS select 1"]);
    }
}
