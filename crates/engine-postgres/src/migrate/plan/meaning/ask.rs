//! Makes queries of expressions, types and the queries of views, and judges what the server says of them.
//!
//! A table that the run makes or changes stands in them as a row of NULLs of its columns' types. A name that an earlier
//! statement has in it is never told of: that statement may have made it.

use std::collections::BTreeSet;

use dbwright_core::Failure;
use dbwright_sql::Dialect;
use dbwright_sql::lex::{Token, unquoted};
use tokio_postgres::error::{DbError, SqlState};

use super::World;
use super::server::Question;
use super::shapes::{Seen, Shape};
use super::told::Refusal;
use crate::ddl::{Becomes, Name, Over};
use crate::migrate::names::words_of;
use crate::migrate::plan::name::{ident, literal, written};
use crate::migrate::plan::tokens::{name_of, path_at, significant};

/// Columns that every table has, and a row of NULLs has not.
const SYSTEM: [&str; 6] = ["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"];

/// Types that have another name in the catalog.
const SPOKEN: [&str; 8] = ["bigint", "boolean", "decimal", "int", "integer", "real", "serial", "smallint"];

/// What a question may be refused for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// The columns are those of a row that stands for a table of the run: all of them are known.
    Row,
    /// A table that the server has.
    Table,
    /// The query of a view.
    Query,
}

impl World<'_> {
    /// A type that is not there.
    pub(super) async fn ty(&mut self, text: &str, last: &str, at: usize) -> Result<Option<Refusal>, Failure> {
        if self.blind || self.words.contains(last) || self.good.contains(text) {
            return Ok(None);
        }
        let question = Question::new("SELECT NULL::", text, " IS NULL");
        let Some(error) = self.server.refusal(&question).await else {
            self.good.insert(text.to_owned());
            return Ok(None);
        };
        if *error.code() == SqlState::INVALID_SCHEMA_NAME {
            return Ok(None); // told of as a schema
        }
        if *error.code() != SqlState::UNDEFINED_OBJECT || words_of(text).any(|word| self.words.contains(&word)) {
            return Ok(None);
        }
        Ok(Some(self.no_type(last, at, error.message()).await?))
    }

    async fn no_type(&self, name: &str, at: usize, message: &str) -> Result<Refusal, Failure> {
        let refusal = Refusal::new(
            "migrate.no-type",
            at,
            message,
            "name a type that is there, or make it in a statement before this one",
        );
        let own = literal(name);
        let schemas = self
            .catalog
            .texts(&format!("SELECT n.nspname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = {own} ORDER BY 1"))
            .await?;
        if let Some(schema) = schemas.first() {
            let way = format!("it is in the schema {schema}: write {}.{}", ident(schema), ident(name));
            return Ok(Refusal { hints: vec![way], ..refusal });
        }
        let extension = format!(
            "SELECT name FROM pg_catalog.pg_available_extensions WHERE name = {own} AND installed_version IS NULL"
        );
        if let Some(extension) = self.catalog.text(&extension).await? {
            let way = format!(
                "the extension of that name may bring it: CREATE EXTENSION {} before this statement",
                ident(&extension)
            );
            return Ok(Refusal { hints: vec![way], ..refusal });
        }
        let all = "SELECT DISTINCT t.typname FROM pg_catalog.pg_type t WHERE t.typname !~ '^_' AND t.typtype <> 'p' LIMIT 20000";
        let all = self.catalog.texts(all).await?;
        let known = all.iter().chain(&self.made).map(String::as_str).chain(SPOKEN);
        Ok(refusal.near(name, known))
    }

    /// What the server says against an expression.
    pub(super) async fn expression(
        &self,
        sql: &str,
        text: &str,
        over: &Over,
        becomes: Option<&Becomes>,
        at: usize,
    ) -> Result<Option<Refusal>, Failure> {
        if self.is_dark(text) {
            return Ok(None);
        }
        let Some((from, asked)) = self.from(sql, text, over).await? else { return Ok(None) };
        let cast = match becomes {
            Some(Becomes::Written(range)) => sql.get(range.clone()).map(str::to_owned),
            Some(Becomes::OfColumn(table, column)) => self.column_type(table, column).await?,
            None => None,
        };
        let cast = cast.filter(|ty| !ty.to_ascii_lowercase().contains("serial"));
        let question = match cast {
            Some(ty) => Question::new("SELECT CAST(", text, format!(" AS {ty}) IS NULL{from}")),
            None => Question::new("SELECT (", text, format!(") IS NULL{from}")),
        };
        self.judged(&question, text, asked, at).await
    }

    /// Whether nobody knows what a text means when its turn comes: it may use what an extension brings or the run makes.
    fn is_dark(&self, text: &str) -> bool {
        self.blind || words_of(text).any(|word| self.made.contains(&word))
    }

    /// What the server says against the query of a view.
    pub(super) async fn query(&self, text: &str, at: usize) -> Result<Option<Refusal>, Failure> {
        if self.is_dark(text) {
            return Ok(None);
        }
        let all = significant(text);
        let mut rows = Vec::new();
        for (name, shape) in self.shapes.touched() {
            let places: Vec<usize> = (0..all.len()).filter(|i| is(text, &all[*i], name)).collect();
            if places.is_empty() {
                continue;
            }
            let qualified = |i: &usize| *i > 0 && all[i - 1].text(text) == ".";
            match shape.and_then(|shape| self.row(shape, text)) {
                Some(row) if !places.iter().any(qualified) => rows.push(format!("{} AS ({row})", ident(name))),
                _ => return Ok(None),
            }
        }
        let with = if rows.is_empty() { String::new() } else { format!("WITH {} ", rows.join(", ")) };
        let question = Question::new(format!("{with}SELECT FROM ("), text, ") dbwright");
        self.judged(&question, text, Asked::Query, at).await
    }

    /// Where an expression's columns come from; none when it is not certain.
    async fn from(&self, sql: &str, text: &str, over: &Over) -> Result<Option<(String, Asked)>, Failure> {
        let (table, names) = match over {
            Over::Nothing => return Ok(Some((String::new(), Asked::Row))),
            Over::Value(range) => {
                let ty = sql.get(range.clone()).unwrap_or_default();
                return Ok(Some((format!(" FROM (SELECT NULL::{ty} AS value) dbwright"), Asked::Row)));
            }
            Over::Table(table) => (table, vec![ident(&table.name)]),
            Over::Rows(table) => (table, vec!["old".to_owned(), "new".to_owned()]),
        };
        let each = |from: &str| names.iter().map(|name| format!("{from} AS {name}")).collect::<Vec<_>>().join(", ");
        let shape = match self.shapes.seen(table) {
            Seen::Unknown => return Ok(None),
            Seen::Untouched => {
                let there = self.catalog.table(table).await?.is_some();
                let from = match over {
                    Over::Rows(_) => each(&written(table)),
                    _ => written(table),
                };
                return Ok(there.then(|| (format!(" FROM {from}"), Asked::Table)));
            }
            Seen::Shape(shape) => shape,
        };
        let (all, own) = (significant(text), names.iter().map(|name| unquoted(name)).collect::<Vec<_>>());
        let whole = |i: &usize| {
            let next = all.get(i + 1).map(|token| token.text(text));
            SYSTEM.iter().any(|name| is(text, &all[*i], name))
                || (own.iter().any(|name| is(text, &all[*i], name)) && next != Some("."))
        };
        if (0..all.len()).any(|i| whole(&i)) {
            return Ok(None);
        }
        Ok(self.row(shape, text).map(|row| (format!(" FROM {}", each(&format!("({row})"))), Asked::Row)))
    }

    /// A row of a table's columns; none when the text names one whose type an earlier statement makes.
    fn row(&self, shape: &Shape, text: &str) -> Option<String> {
        let named: BTreeSet<String> = words_of(text).collect();
        let star = text.contains('*');
        let mut columns = Vec::new();
        for (name, ty) in &shape.columns {
            if words_of(ty).any(|word| self.made.contains(&word)) || ty.is_empty() {
                if star || named.contains(name) {
                    return None;
                }
                continue;
            }
            columns.push(format!("NULL::{ty} AS {}", ident_as_label(name)));
        }
        Some(format!("SELECT {}", columns.join(", ")))
    }

    async fn column_type(&self, table: &Name, column: &str) -> Result<Option<String>, Failure> {
        Ok(match self.shapes.seen(table) {
            Seen::Shape(shape) => shape.ty(column).map(str::to_owned),
            Seen::Unknown => None,
            Seen::Untouched => self.catalog.table(table).await?.and_then(|t| t.column(column).map(|c| c.ty.clone())),
        })
    }

    /// The server's refusal of a question, when it counts.
    async fn judged(
        &self,
        question: &Question,
        text: &str,
        asked: Asked,
        at: usize,
    ) -> Result<Option<Refusal>, Failure> {
        let Some(error) = self.server.refusal(question).await else { return Ok(None) };
        let Some(place) = question.place(&error) else { return Ok(None) };
        let path = path_at(text, place);
        let said: BTreeSet<String> = words_of(error.message()).collect();
        let name = path.iter().rev().find(|name| said.contains(*name)).cloned();
        let told = |code, hint: &str| {
            let hint = error.hint().unwrap_or(hint).to_owned();
            Ok(Some(Refusal::new(code, at + place, error.message(), hint)))
        };
        match (error.code(), &name) {
            (code, Some(name)) if *code == SqlState::UNDEFINED_COLUMN => {
                // `row.f` may stand for `f(row)`.
                let function = format!("EXISTS (SELECT FROM pg_catalog.pg_proc WHERE proname = {})", literal(name));
                let earlier = if asked == Asked::Row { &self.functions } else { &self.altered };
                if earlier.contains(name) || (path.len() > 1 && self.catalog.holds(&function).await?) {
                    return Ok(None);
                }
                told("migrate.no-column", "name a column that the table has, or add it in a statement before this one")
            }
            (code, name) if *code == SqlState::UNDEFINED_FUNCTION => match name {
                Some(name) if !self.words.contains(name) => self.no_function(name, &error, at + place).await.map(Some),
                None if !self.operators && path.is_empty() => {
                    told("migrate.no-operator", "convert one side to the type of the other")
                }
                _ => Ok(None),
            },
            (code, Some(name)) if *code == SqlState::UNDEFINED_OBJECT && !self.words.contains(name) => {
                self.no_type(name, at + place, error.message()).await.map(Some)
            }
            (code, Some(name)) if *code == SqlState::UNDEFINED_TABLE && asked == Asked::Query => {
                let chosen = name.ends_with("_seq") || self.words.contains(name) || path.last() != Some(name);
                if chosen {
                    Ok(None)
                } else {
                    told("migrate.no-table", "name a table that is there, or make it before")
                }
            }
            (code, _) if *code == SqlState::INVALID_TEXT_REPRESENTATION && !self.enums_changed => {
                told("migrate.wrong-value", "write a value that the type has")
            }
            _ => Ok(None),
        }
    }

    async fn no_function(&self, name: &str, error: &DbError, at: usize) -> Result<Refusal, Failure> {
        let way = "name a function that is there, or make it in a statement before this one";
        let refusal = Refusal::new("migrate.no-function", at, error.message(), way);
        let schemas = self
            .catalog
            .texts(&format!("SELECT DISTINCT n.nspname::text FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.proname = {}", literal(name)))
            .await?;
        if let Some(schema) = schemas.first() {
            let known = error.hint().unwrap_or("it takes other arguments").to_owned();
            let way = format!("{known} (there is {}.{})", ident(schema), ident(name));
            return Ok(Refusal { hints: vec![way], ..refusal });
        }
        let all = self.catalog.texts("SELECT DISTINCT proname FROM pg_catalog.pg_proc LIMIT 20000").await?;
        Ok(refusal.near(name, all.iter().map(String::as_str)))
    }

    /// The function of a trigger.
    pub(super) async fn trigger(&self, name: &Name, at: usize) -> Result<Option<Refusal>, Failure> {
        if self.blind || self.words.contains(&name.name) {
            return Ok(None);
        }
        let call = format!("{}()", written(name));
        for path in &self.server.paths {
            let there = format!("SELECT pg_catalog.to_regprocedure({})::oid::text", literal(&call));
            if self.server.text(path, &there).await.is_none_or(|oid| oid.is_some()) {
                return Ok(None);
            }
        }
        let way = "make it in a statement before this one, with RETURNS trigger and without arguments";
        let refusal = Refusal::new("migrate.no-function", at, format!("there is no function {call}"), way);
        let all = "SELECT DISTINCT proname FROM pg_catalog.pg_proc WHERE prorettype = 'pg_catalog.trigger'::regtype";
        let all = self.catalog.texts(all).await?;
        Ok(Some(refusal.near(&name.name, all.iter().map(String::as_str))))
    }
}

/// A name that stands as a label is quoted where a keyword would end the list.
fn ident_as_label(name: &str) -> String {
    Dialect::Postgres.ident(name)
}

fn is(text: &str, token: &Token, name: &str) -> bool {
    name_of(text, token).is_some_and(|own| own == name)
}
