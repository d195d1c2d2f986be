//! Views, triggers, routines and events: their definition is what there is to keep.

use dbwright_core::Failure;
use dbwright_migrate::plan::Back;
use dbwright_sql::Dialect;

use super::definition::Definition;
use super::{AS_IS, Draft, Planner, step};
use crate::migrate::parse::Kind;
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
        let back = match &old {
            Some(old) => self.as_before(kind, name, old),
            None => Back { alone: true, object: Some(self.object(kind, name)), ..Back::by([self.gone(kind, name)]) },
        };
        let done = if replace { String::new() } else { self.there(kind, name, 1) };
        let mut draft = Draft::one(AS_IS, step::alone(step::title(sql), sql, done, back));
        if kind == Kind::Trigger {
            draft = draft.note("every write of the table runs it from then on");
        }
        Ok(unseen(draft, old.as_ref()))
    }

    /// `ALTER VIEW`, `ALTER EVENT`, `ALTER PROCEDURE`, `ALTER FUNCTION`: may be done twice.
    pub(super) async fn redefined(&mut self, sql: &str, (kind, name): (Kind, &Name)) -> Result<Draft, Failure> {
        let Some(old) = self.definition(kind, name).await? else {
            return Ok(Draft::one(AS_IS, step::plain(sql, Back::impossible("its definition is not known"))));
        };
        let back = self.as_before(kind, name, &old);
        Ok(unseen(Draft::one(AS_IS, step::plain(sql, back)), Some(&old)))
    }

    /// Each by a step of its own, so that each is known to be done or not.
    pub(super) async fn dropped(
        &mut self,
        sql: &str,
        (kind, names): (Kind, &[Name]),
        if_exists: bool,
    ) -> Result<Draft, Failure> {
        let mut draft = Draft::of(AS_IS);
        for name in names {
            let one = self.dropped_one(sql, (kind, name), if_exists, names.len() > 1).await?;
            draft.steps.extend(one.steps);
            draft.notes.extend(one.notes);
        }
        Ok(draft)
    }

    async fn dropped_one(
        &mut self,
        sql: &str,
        (kind, name): (Kind, &Name),
        if_exists: bool,
        of_several: bool,
    ) -> Result<Draft, Failure> {
        let word = kind.word();
        let sql = if of_several { format!("DROP {word} {}", self.quoted(name)) } else { sql.to_owned() };
        let Some(old) = self.definition(kind, name).await? else {
            if if_exists {
                let note = format!("there is no {} {}, so nothing is done", word.to_lowercase(), self.subject(name));
                return Ok(Draft::of(AS_IS).note(note));
            }
            return Ok(Draft::one(AS_IS, step::plain(&sql, Back::impossible("its definition is not known"))));
        };
        let gone = self.there(kind, name, 0);
        let object = Some(self.object(kind, name));
        let back = Back { alone: true, clear: old.made(&gone), object, ..Back::default() };
        Ok(unseen(Draft::one(AS_IS, step::alone(step::title(&sql), sql, gone, back)), Some(&old)))
    }

    /// The way back to a definition, whatever is there.
    fn as_before(&self, kind: Kind, name: &Name, old: &Definition) -> Back {
        let statements = old.instead(self.gone(kind, name), self.link.flavour.replaces_routines());
        Back { alone: true, object: Some(self.object(kind, name)), ..Back::by(statements) }
    }

    fn gone(&self, kind: Kind, name: &Name) -> String {
        format!("DROP {} IF EXISTS {}", kind.word(), self.quoted(name))
    }

    fn object(&self, kind: Kind, name: &Name) -> String {
        format!("{} {}", kind.word().to_lowercase(), self.quoted(name))
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

/// Says what can't be brought back because it can't be seen.
fn unseen(draft: Draft, old: Option<&Definition>) -> Draft {
    match old.and_then(|old| old.unseen.as_ref()) {
        Some(why) => draft.note(format!("{why}: undo will not bring them back")),
        None => draft,
    }
}
