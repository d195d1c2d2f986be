//! Views, triggers, routines and events: their definition is what there is to keep.

use dbwright_core::Failure;
use dbwright_migrate::plan::Back;
use dbwright_sql::Dialect;

use super::{AS_IS, Draft, Planner, step};
use crate::migrate::parse::Kind;
use crate::migrate::session::alone::WHEN;
use crate::migrate::session::trouble::code;
use crate::migrate::text::cursor::Name;

impl Planner<'_> {
    pub(super) async fn create(
        &mut self,
        sql: &str,
        (kind, name): (Kind, &Name),
        replace: bool,
        if_not_exists: bool,
    ) -> Result<Draft, Failure> {
        let old = self.definition(kind, name).await?;
        if old.is_some() && if_not_exists {
            let note =
                format!("there is a {} {} already, so nothing is done", kind.word().to_lowercase(), self.subject(name));
            return Ok(Draft::of(AS_IS).note(note));
        }
        let dropped = format!("DROP {} IF EXISTS {}", kind.word(), self.quoted(name));
        let back = match old {
            Some(old) => Back { alone: true, ..Back::by([dropped, old]) },
            None => Back { alone: true, ..Back::by([dropped]) },
        };
        let done = if replace { String::new() } else { self.there(kind, name, 1) };
        let mut draft = Draft::one(AS_IS, step::alone(step::title(sql), sql, done, back));
        if kind == Kind::Trigger {
            draft = draft.note("every write of the table runs it from then on");
        }
        Ok(draft)
    }

    pub(super) async fn dropped(
        &mut self,
        sql: &str,
        (kind, name): (Kind, &Name),
        if_exists: bool,
    ) -> Result<Draft, Failure> {
        let Some(old) = self.definition(kind, name).await? else {
            if if_exists {
                let note =
                    format!("there is no {} {}, so nothing is done", kind.word().to_lowercase(), self.subject(name));
                return Ok(Draft::of(AS_IS).note(note));
            }
            let back = Back::impossible("its definition is not known");
            return Ok(Draft::one(AS_IS, step::plain(sql, back)));
        };
        let gone = self.there(kind, name, 0);
        let back = Back { alone: true, clear: vec![format!("{gone}{WHEN}{old}")], ..Back::default() };
        Ok(Draft::one(AS_IS, step::alone(step::title(sql), sql, gone, back)))
    }

    /// The statement that makes it; none when there is none.
    async fn definition(&mut self, kind: Kind, name: &Name) -> Result<Option<String>, Failure> {
        let sql = format!("SHOW /* dbwright */ CREATE {} {}", kind.word(), self.quoted(name));
        let at = match kind {
            Kind::View => 1,
            Kind::Event => 3,
            Kind::Trigger | Kind::Procedure | Kind::Function => 2,
        };
        match self.link.rows(&sql).await {
            Ok(rows) => Ok(rows.first().and_then(|row| row.get(at).cloned().flatten())),
            Err(error) if self.link.lost() => Err(Self::unreadable(&error)),
            // Not there, or not to be seen.
            Err(error) if code(&error) != 0 => Ok(None),
            Err(error) => Err(Self::unreadable(&error)),
        }
    }

    fn there(&self, kind: Kind, name: &Name, count: u8) -> String {
        let (schema, object) = name.within(self.home);
        let (table, column) = match kind {
            Kind::View => ("views", "table"),
            Kind::Trigger => ("triggers", "trigger"),
            Kind::Procedure | Kind::Function => ("routines", "routine"),
            Kind::Event => ("events", "event"),
        };
        let literal = |text: &str| Dialect::Mysql.literal(text);
        let kind = match kind {
            Kind::Procedure | Kind::Function => format!(" AND routine_type = '{}'", kind.word()),
            _ => String::new(),
        };
        format!(
            "SELECT COUNT(*) = {count} FROM information_schema.{table} WHERE {column}_schema = {} AND {column}_name = {}{kind}",
            literal(schema),
            literal(object)
        )
    }
}
