//! Rows that a migration changes: in one transaction with the mark, because DDL is not; many rows in batches.

use dbwright_core::Failure;
use dbwright_migrate::Step;
use dbwright_migrate::plan::{Back, Backfill, Blocking, Held, KeyColumn, Phase, Work};

use super::batch::{Batch, batch};
use super::{AS_IS, Draft, Planner, Size, step};
use crate::migrate::lint::read::rows::rows;
use crate::migrate::shadow::columns::{class, generated};
use crate::migrate::table::{ItemKind, TableText, same};
use crate::migrate::text::cursor::Name;

/// More rows than this are not changed in one statement: they would be locked until it ends.
const MANY: u64 = 50_000;

/// What a statement changes in a millisecond, as a rule.
const ROWS_A_MS: f64 = 50.0;

impl Planner<'_> {
    pub(super) async fn rows(
        &mut self,
        sql: &str,
        verb: &str,
        table: Option<&Name>,
        condition: bool,
        limited: bool,
    ) -> Result<Draft, Failure> {
        // `DELETE o FROM orders AS o JOIN …` deletes rows of what stands behind FROM.
        let said = rows(sql).and_then(|said| said.table);
        let Some(table) = said.as_ref().or(table) else {
            return Ok(Draft::one(AS_IS, step::transaction(sql, Back::impossible("what it did to rows is not kept"))));
        };
        let subject = self.subject(table);
        let made = self.made.contains(&table.name.to_lowercase());
        let real = self.real(table).await?;
        let transactional = real.as_ref().is_none_or(|text| text.engine().eq_ignore_ascii_case("InnoDB"));
        let why = format!("what it did to rows of {subject} is not kept");
        let back = if made { Back::nothing() } else { Back::impossible(why) };
        let mut step = if transactional { step::transaction(sql, back) } else { step::plain(sql, back) };
        step.lock = step::lock("", subject.clone(), Held::Rewrite);
        let mut draft = Draft::one(AS_IS, step);
        if !transactional {
            draft.notes.push(format!(
                "{subject} is not InnoDB: what an interruption leaves of the statement stays, and it is made again"
            ));
        }
        let (Some(text), "UPDATE" | "DELETE", false) = (&real, verb, limited) else { return Ok(draft) };
        let size = self.size(table).await?;
        if size.rows <= MANY || self.few(sql).await {
            return Ok(draft);
        }
        let why = if transactional {
            match self.batched(sql, table, text, size).await? {
                Ok(batched) => return Ok(batched),
                Err(why) => why,
            }
        } else {
            format!("{} has no transactions", text.engine())
        };
        let ms = size.rows as f64 / ROWS_A_MS;
        let what = if condition { "up to all" } else { "all" };
        let reason = format!(
            "one statement locks {what} of about {} rows of {subject} until it ends; it can't be done in batches: {why}",
            size.rows
        );
        draft.blocking = Some(Blocking { reason, expected_ms: Some(ms) });
        Ok(draft)
    }

    /// Whether the server expects to look at few rows, found by an index. A statement that it can't explain yet (it names a
    /// column that is still to come) may concern all.
    async fn few(&mut self, sql: &str) -> bool {
        let rows =
            self.link.rows(&format!("EXPLAIN FORMAT=TRADITIONAL /* dbwright */ {sql}")).await.unwrap_or_default();
        // Behind the columns that only MySQL has: `partitions` stands before, `filtered` after it.
        let expected = |row: &Vec<Option<String>>| {
            let at = if row.len() == 12 { 9 } else { 8 };
            row.get(at)?.as_deref()?.parse::<u64>().ok()
        };
        let all: Vec<_> = rows.iter().map(expected).collect();
        !all.is_empty() && all.iter().all(|count| count.is_some_and(|count| count <= MANY))
    }

    async fn batched(
        &mut self,
        sql: &str,
        table: &Name,
        text: &TableText,
        size: Size,
    ) -> Result<Result<Draft, String>, Failure> {
        let quoted = self.quoted(table);
        let one = match batch(sql, &quoted) {
            Ok(one) => one,
            Err(why) => return Ok(Err(why)),
        };
        let key = match self.walk(table, text, &one).await? {
            Ok(key) => key,
            Err(why) => return Ok(Err(why)),
        };
        let work = Work::Backfill(Backfill {
            table: quoted,
            only: false,
            key,
            batch: one.sql,
            before_batch: Vec::new(),
            rows: Some(size.rows),
            verify: Vec::new(),
        });
        let subject = self.subject(table);
        let (word, was) = if one.deletes { ("delete", "deleted") } else { ("change", "changed") };
        let back = Back::impossible(format!("what it did to rows of {subject} is not kept"));
        let mut draft = Draft::one(
            "batched",
            Step {
                title: format!("{word} rows of {} in batches", dbwright_sql::Dialect::Mysql.name(&table.name)),
                phase: Phase::Backfill,
                work,
                lock: step::lock("", subject, Held::Moment),
                estimate_ms: Some(size.rows as f64 / ROWS_A_MS * 2.0),
                ..step::plain(sql, back)
            },
        )
        .note(format!(
            "in batches by ranges of the key, each row met once: others see some rows {was} and some not yet; rows that are \
             inserted meanwhile, or whose key others change, may be met or not"
        ));
        draft.notes.extend(one.notes);
        Ok(Ok(draft))
    }

    /// The key by which rows are walked: one that the statement leaves as it is.
    async fn walk(
        &mut self,
        table: &Name,
        text: &TableText,
        one: &Batch,
    ) -> Result<Result<Vec<KeyColumn>, String>, Failure> {
        if !self.is_home(table) {
            return Ok(Err("it is in another database than the migration's".to_owned()));
        }
        let itself = format!("REFERENCES `{}`", table.name.replace('`', "``"));
        if one.deletes && text.of(ItemKind::Foreign).any(|key| key.text.contains(&itself)) {
            return Ok(Err("its rows refer to each other".to_owned()));
        }
        let bodies = if one.deletes { Vec::new() } else { self.before_update(table).await? };
        let mut why = "it has no primary or unique key of NOT NULL columns".to_owned();
        for columns in
            text.of(ItemKind::Primary).chain(text.of(ItemKind::Unique)).map(super::super::table::Item::columns)
        {
            let fixed =
                |name: &String| text.column(name).is_some_and(|own| own.contains("NOT NULL") && !generated(own));
            if columns.is_empty() || !columns.iter().all(fixed) {
                continue;
            }
            if columns.iter().any(|name| one.sets.iter().any(|set| same(set, name))) {
                "it changes the key, so that a row could be met twice".clone_into(&mut why);
                continue;
            }
            if columns.iter().any(|name| bodies.iter().any(|body| gives(body, name))) {
                "a trigger may change the key, so that a row could be met twice".clone_into(&mut why);
                continue;
            }
            match self.key_columns(table, &columns).await? {
                Ok(key) => return Ok(Ok(key)),
                Err(reason) => why = reason,
            }
        }
        Ok(Err(why))
    }

    async fn key_columns(
        &mut self,
        table: &Name,
        columns: &[String],
    ) -> Result<Result<Vec<KeyColumn>, String>, Failure> {
        let mut key = Vec::new();
        for name in columns {
            let ty = self.column_type(table, name, false).await?;
            let Some(class) = ty.as_ref().and_then(class) else {
                return Ok(Err(format!("rows can't be walked by its key column {name}")));
            };
            key.push(KeyColumn { name: dbwright_sql::Dialect::Mysql.ident(name), ty: class });
        }
        Ok(Ok(key))
    }
}

/// Whether a trigger's body (in lower case) may give a column another value.
fn gives(body: &str, column: &str) -> bool {
    let column = column.to_lowercase();
    [format!("new.{column}"), format!("new.`{}`", column.replace('`', "``"))].iter().any(|name| {
        body.match_indices(name.as_str()).any(|(at, _)| {
            let rest = body[at + name.len()..].trim_start();
            rest.starts_with('=') || rest.starts_with(":=")
        })
    })
}
