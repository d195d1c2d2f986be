//! Parameters for statements that were recorded without: values from the column statistics.
//!
//! The server says which type each `$n` has (`PREPARE`) and, by its generic plan, which column it is compared with.
//! The statistics of that column give a frequent, a middle and a rare value, so that advice does not hang on one lucky
//! constant. The generic plan comes from `EXPLAIN EXECUTE` under `plan_cache_mode`, which every version has, because a
//! text from a file or a foreign server's counters is sent alone in its message: it can't bring a second statement along.

mod choose;
mod conditions;
mod inner;
mod patterns;
mod skip;
mod template;
#[cfg(test)]
mod tests;
mod values;

use dbwright_advise::port::Skip;
use dbwright_core::workload::Statement;
use dbwright_sql::Dialect;
use dbwright_sql::split;
use tokio_postgres::error::{ErrorPosition, SqlState};
use tokio_postgres::{Client, Error as PgError, SimpleQueryMessage};

pub(super) use inner::inner;
#[cfg(test)]
use inner::is_utility;
pub(super) use skip::{reason as skip_reason, ungathered};

use crate::body::PgBody;
use crate::explain::Plan;
use template::Template;

/// Most samples of one statement that are planned.
const SAMPLES: usize = 4;
/// Most repairs of one text.
const REPAIRS: usize = 24;
/// Before the statement in `PREPARE`.
const PREPARE: &str = "PREPARE dbwright_parameters AS ";

/// A statement with its parameters in place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filled {
    /// What the server plans: no wrapper, no parameter.
    pub(super) sql: String,
    /// Share of the statement's calls that it stands for.
    pub(super) share: f64,
    /// What had to be assumed, one sentence each.
    pub(super) notes: Vec<String>,
}

/// The statement with parameters in place, up to three times (or with its real samples), or why it is left out.
///
/// The session must be in no transaction; nothing is run or changed in it.
pub(super) async fn fill(client: &Client, statement: &Statement, body: &PgBody) -> Result<Vec<Filled>, Skip> {
    if let Some(other) = statement.database.as_ref().filter(|name| **name != body.server.database) {
        return Err(Skip { reason: format!("it ran in another database: {other}") });
    }
    if statement.samples.is_empty() {
        return text(client, statement, &statement.text, body).await;
    }
    let count = statement.samples.len().min(SAMPLES);
    let (mut found, mut last) = (Vec::new(), None);
    for at in 0..count {
        let sample = &statement.samples[at * (statement.samples.len() - 1) / count.max(2).saturating_sub(1)];
        match text(client, statement, sample, body).await {
            Ok(filled) => found.extend(filled),
            Err(skip) => last = Some(skip),
        }
    }
    let whole: f64 = found.iter().map(|filled| filled.share).sum();
    match last {
        // Logged values may be cut off; the shape with values of its own is better than nothing.
        Some(_) if found.is_empty() && statement.text.contains('$') => {
            text(client, statement, &statement.text, body).await
        }
        Some(skip) if found.is_empty() => Err(skip),
        _ => Ok(found.into_iter().map(|filled| Filled { share: filled.share / whole, ..filled }).collect()),
    }
}

async fn text(client: &Client, statement: &Statement, text: &str, body: &PgBody) -> Result<Vec<Filled>, Skip> {
    let query = inner(text)?;
    if split::statements(query, Dialect::Postgres).len() != 1 {
        return Err(Skip { reason: "the text holds more than one statement".to_owned() });
    }
    let prepared = Preparing { client, statement, body }.prepare(Template::new(query)).await?;
    if prepared.count() == 0 {
        let notes = notes(&prepared);
        return Ok(vec![Filled { sql: prepared.sql, share: 1.0, notes }]);
    }
    let (types, plan) = generic(client, prepared.count()).await.map_err(|error| skip_reason(statement, &error))?;
    let plan =
        Plan::parse(&plan).map_err(|error| Skip { reason: format!("its generic plan can't be read: {error}") })?;
    if let Some(skip) = ungathered(&plan, body) {
        return Err(skip);
    }
    let bounds = conditions::bounds(&plan);
    let rows = statement.rows.map(|rows| rows / statement.calls.max(1.0));
    let known = choose::Known { template: &prepared, types: &types, bounds: &bounds, plan: &plan, body, rows };
    Ok(kinds(&prepared, choose::choose(&known)))
}

/// The text with the values of each kind, kinds of equal texts as one.
fn kinds(template: &Template, chosen: choose::Chosen) -> Vec<Filled> {
    let mut found: Vec<Filled> = Vec::new();
    for (kind, share) in chosen.shares.into_iter().enumerate().filter(|(_, share)| *share > 0.0) {
        let sql = template.filled(|number| chosen.values[number - 1][kind].clone());
        match found.iter_mut().find(|known| known.sql == sql) {
            Some(known) => known.share += share,
            None => found.push(Filled { sql, share, notes: Vec::new() }),
        }
    }
    let assumed: Vec<_> = notes(template).into_iter().chain(chosen.notes).collect();
    for filled in &mut found {
        filled.notes.clone_from(&assumed);
    }
    found
}

fn notes(template: &Template) -> Vec<String> {
    let note = "the field of an extract() was not recorded: a year was assumed";
    template.made_up.then(|| note.to_owned()).into_iter().collect()
}

/// Types of the parameters and the generic plan as JSON, of what was prepared last; which is then forgotten.
async fn generic(client: &Client, count: usize) -> Result<(Vec<String>, String), PgError> {
    let nulls = vec!["NULL"; count].join(", ");
    // Pruned partitions would not be printed, and their conditions with them.
    let sql = format!(
        "BEGIN /* dbwright */ READ ONLY; SET /* dbwright */ LOCAL plan_cache_mode = force_generic_plan; \
         SET /* dbwright */ LOCAL enable_partition_pruning = off; \
         SELECT /* dbwright */ parameter_types::text FROM pg_catalog.pg_prepared_statements \
         WHERE name = 'dbwright_parameters'; \
         EXPLAIN /* dbwright */ (VERBOSE, FORMAT JSON) EXECUTE dbwright_parameters({nulls}); \
         ROLLBACK /* dbwright */; DEALLOCATE /* dbwright */ dbwright_parameters"
    );
    let answer = client.simple_query(&sql).await;
    if answer.is_err() {
        client.batch_execute("ROLLBACK /* dbwright */; DEALLOCATE /* dbwright */ dbwright_parameters").await?;
    }
    let mut cells = answer?.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
        _ => None,
    });
    let types = cells.next().unwrap_or_default();
    Ok((values::array(&types), cells.next().unwrap_or_default()))
}

/// A text on its way to being understood by the server.
struct Preparing<'a> {
    client: &'a Client,
    statement: &'a Statement,
    body: &'a PgBody,
}

impl Preparing<'_> {
    /// Prepares the text, mending what the recording took from it. With parameters it stays prepared.
    async fn prepare(&self, mut template: Template) -> Result<Template, Skip> {
        for _ in 0..REPAIRS {
            // Extended protocol: one message holds one statement, whatever the text says.
            let error = match self.client.execute_typed(&format!("{PREPARE}{}", template.sql), &[]).await {
                Ok(_) if template.count() == 0 => {
                    let forget = "DEALLOCATE /* dbwright */ dbwright_parameters";
                    let forgot = self.client.batch_execute(forget).await;
                    return forgot.map(|()| template).map_err(|error| skip_reason(self.statement, &error));
                }
                Ok(_) => return Ok(template),
                Err(error) => error,
            };
            template = self.mended(&template, &error)?;
        }
        Err(Skip { reason: "its text could not be completed".to_owned() })
    }

    /// The text without what the server complained of.
    fn mended(&self, template: &Template, error: &PgError) -> Result<Template, Skip> {
        let refused = || skip_reason(self.statement, error);
        let Some(code) = error.code() else { return Err(refused()) };
        if *code == SqlState::INDETERMINATE_DATATYPE {
            let message = crate::error::text(error);
            let number = message.rsplit('$').next().and_then(|text| text.parse().ok());
            return number.and_then(|number| template.with_cast(number, "text")).ok_or_else(refused);
        }
        let Some((name, range)) = place(template, error).and_then(|byte| template.name_at(byte)) else {
            return Err(refused());
        };
        if *code == SqlState::UNDEFINED_TABLE && !name.contains('.') {
            let qualified = self.qualified(name)?.ok_or_else(refused)?;
            return Ok(template.replaced(&range, &qualified));
        }
        let variable = *code == SqlState::UNDEFINED_COLUMN || *code == SqlState::UNDEFINED_TABLE;
        if variable && self.statement.nested {
            // A variable of the function that the statement runs in.
            return Ok(template.replaced(&range, &format!("${}", template.count() + 1)));
        }
        Err(refused())
    }

    /// The name of a table with its schema, when there is exactly one that it can mean.
    fn qualified(&self, name: &str) -> Result<Option<String>, Skip> {
        let plain = match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => name.to_lowercase(),
        };
        let tables: Vec<_> = self.body.catalog.tables.iter().filter(|table| table.name == plain).collect();
        let own = tables.iter().find(|table| Some(&table.schema) == self.statement.user.as_ref());
        match (own, tables.as_slice()) {
            (Some(table), _) | (None, [table]) => Ok(Some(Dialect::Postgres.qualified(&table.schema, &table.name))),
            (None, []) => Ok(None),
            (None, several) => {
                let schemas = Dialect::Postgres.names(several.iter().map(|table| table.schema.as_str()));
                let role = self.statement.user.as_deref().unwrap_or("its role");
                let reason = format!("{plain} may be a table of {schemas}: the search path of {role} is not known");
                Err(Skip { reason })
            }
        }
    }
}

/// The byte of the statement that an error points at.
fn place(template: &Template, error: &PgError) -> Option<usize> {
    let Some(ErrorPosition::Original(position)) = error.as_db_error()?.position() else { return None };
    let at = usize::try_from(*position).ok()?.checked_sub(1 + PREPARE.len())?;
    template.sql.char_indices().nth(at).map(|(byte, _)| byte)
}
