//! Rows that a migration changes: in one transaction with the mark, because DDL is not.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Blocking, Held};

use super::{AS_IS, Draft, Planner, step};
use crate::migrate::text::cursor::Name;

/// More rows than this are not changed in one statement without asking.
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
        let Some(table) = table else {
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
        let size = if real.is_some() && verb != "INSERT" && verb != "REPLACE" {
            self.size(table).await?
        } else {
            super::Size::default()
        };
        if size.rows > MANY && !limited {
            let ms = size.rows as f64 / ROWS_A_MS;
            let what = if condition { "up to all" } else { "all" };
            let reason = format!(
                "one statement locks {what} of about {} rows of {subject} until it ends; in ranges of the key, each in a \
                 migration or a script of its own, nobody would wait",
                size.rows
            );
            draft.blocking = Some(Blocking { reason, expected_ms: Some(ms) });
        }
        Ok(draft)
    }
}
