//! Looks at each part of a statement.

use dbwright_core::Failure;
use dbwright_sql::lex::{Token, TokenKind, unquoted};

use super::World;
use super::keys::{self, Foreign};
use super::shapes::{Seen, Shape};
use super::told::Refusal;
use super::values::no_value;
use crate::ddl::{Becomes, Name, Part, PartKind};
use crate::migrate::names::words_of;
use crate::migrate::plan::name::{ident, written};
use crate::migrate::plan::tokens::{name_of, significant};

impl World<'_> {
    /// What the server will say against the parts of a statement.
    pub(super) async fn look(&mut self, sql: &str, parts: &[Part]) -> Result<Vec<Refusal>, Failure> {
        let mut found: Vec<Refusal> = Vec::new();
        for part in parts {
            let refusal = self.part(sql, part).await?;
            // A type in an expression is looked at by itself, and with the expression.
            let known = |refusal: &Refusal| found.iter().any(|one| one.message == refusal.message);
            let refusal = refusal.filter(|refusal| !known(refusal));
            found.extend(refusal);
        }
        found.sort_by_key(|refusal| refusal.at);
        Ok(found)
    }

    async fn part(&mut self, sql: &str, part: &Part) -> Result<Option<Refusal>, Failure> {
        let at = part.range.start;
        let text = sql.get(part.range.clone()).unwrap_or_default();
        match &part.kind {
            PartKind::Role(name) if self.words.contains(name) => Ok(None),
            PartKind::Role(name) => self.facts.role(&self.catalog, name, at).await,
            PartKind::Schema(name) if self.words.contains(name) => Ok(None),
            PartKind::Schema(name) => Ok(self.facts.schema(name, at)),
            PartKind::Extension(name) => Ok(self.facts.extension(name, at)),
            PartKind::Type(name) => self.ty(text, name, at).await,
            PartKind::Expression { over, becomes } => {
                if let Some(refusal) = self.value(sql, text, becomes.as_ref(), at) {
                    return Ok(Some(refusal));
                }
                self.expression(sql, text, over, becomes.as_ref(), at).await
            }
            PartKind::Query => self.query(text, at).await,
            PartKind::Columns(table, columns) => self.columns(table, columns, at).await,
            PartKind::TriggerFunction(name) => self.trigger(name, at).await,
            PartKind::Foreign(table, columns, other, referenced) => {
                let key = Foreign { table, columns, other, referenced, at };
                keys::check(&self.catalog, &self.shapes, &key).await
            }
            PartKind::AddValue(name, value, beside) => {
                let may_be = words_of(text).any(|word| word == "exists");
                self.enums.add(&self.catalog, (name, value, beside.as_ref()), may_be, at).await
            }
            PartKind::RenameValue(name, from, to) => self.enums.rename(&self.catalog, (name, from, to), at).await,
        }
    }

    /// Columns that a table must have.
    async fn columns(&self, table: &Name, columns: &[String], at: usize) -> Result<Option<Refusal>, Failure> {
        let own: Vec<String> = match self.shapes.seen(table) {
            Seen::Shape(Shape { columns, .. }) => columns.iter().map(|(name, _)| name.clone()).collect(),
            Seen::Unknown => return Ok(None),
            Seen::Untouched => match self.catalog.table(table).await? {
                Some(table) => table.columns.into_iter().map(|column| column.name).collect(),
                None => return Ok(None),
            },
        };
        let lacks = |name: &&String| !name.is_empty() && !own.contains(name) && !self.altered.contains(*name);
        Ok(columns.iter().find(lacks).map(|name| {
            let all = own.iter().map(|name| ident(name)).collect::<Vec<_>>().join(", ");
            let message = format!("there is no column {} of {}", ident(name), written(table));
            let refusal = Refusal::new("migrate.no-column", at, message, format!("its columns are {all}"));
            refusal.near(name, own.iter().map(String::as_str))
        }))
    }

    /// A value that an enum of the run does not have, as the default of a column.
    fn value(&self, sql: &str, text: &str, becomes: Option<&Becomes>, at: usize) -> Option<Refusal> {
        let Some(Becomes::Written(range)) = becomes else { return None };
        let name = type_name(sql.get(range.clone())?)?;
        let values = self.enums.changed(&name)?;
        let all = significant(text);
        let (first, rest) = all.split_first()?;
        let literal = first.kind == TokenKind::String && first.text(text).starts_with('\'');
        let value = unquoted(first.text(text));
        let only = rest.is_empty() || rest.first().is_some_and(|token| token.text(text).starts_with(':'));
        (literal && only && !values.contains(&value)).then(|| no_value(&name, &value, values, at))
    }
}

/// The name that a type is, when it is no more than that.
fn type_name(text: &str) -> Option<Name> {
    let all = significant(text);
    let name = |token: &Token| name_of(text, token);
    match all.as_slice() {
        [own] => Some(Name { schema: None, name: name(own)? }),
        [schema, dot, own] if dot.text(text) == "." => Some(Name { schema: Some(name(schema)?), name: name(own)? }),
        _ => None,
    }
}
