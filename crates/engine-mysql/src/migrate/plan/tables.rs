//! Whole tables: made, renamed, emptied, dropped.

use dbwright_core::Failure;
use dbwright_migrate::plan::{Back, Held, Phase};
use dbwright_sql::Dialect;

use super::{AS_IS, Draft, Planner, rejected, step};
use crate::migrate::lab::{CHECKED, Lab, UNCHECKED};
use crate::migrate::session::alone::WHEN;
use crate::migrate::table::{ItemKind, mark};
use crate::migrate::text::cursor::Name;

impl Planner<'_> {
    pub(super) async fn create_table(
        &mut self,
        sql: &str,
        table: &Name,
        if_not_exists: bool,
        temporary: bool,
        rows: bool,
    ) -> Result<Draft, Failure> {
        let subject = self.subject(table);
        if temporary {
            let message = format!(
                "{subject} would be temporary: gone when the connection ends, which may be before the next statement"
            );
            return Err(Failure::usage("migrate.temporary", message)
                .hint("make a table, and drop it at the end of the migration"));
        }
        if !self.freed.contains(&table.name.to_lowercase()) && self.real(table).await?.is_some() {
            if if_not_exists {
                return Ok(Draft::of(AS_IS).note(format!("there is a table {subject} already, so nothing is done")));
            }
            let message = format!("there is a table {subject} already");
            return Err(Failure::usage("migrate.rejected", message).excerpt(sql.to_owned()));
        }
        self.made.insert(table.name.to_lowercase());
        let home = table.schema.is_none() && !rows;
        let mut doubts = None;
        if let Some(mut lab) = self.lab.take_if(|_| home) {
            let tried = self.try_create(&mut lab, sql).await;
            doubts = match &tried {
                Ok(Err(error)) if lab.doubts(error, self.link) => Some(crate::error::text(error)),
                _ => None,
            };
            self.lab = doubts.is_none().then_some(lab);
            match tried? {
                Err(error) if doubts.is_some() => self.doubt(&error),
                Err(error) => return Err(rejected(&error, sql)),
                Ok(()) => {}
            }
        }
        let quoted = self.quoted(table);
        let back = Back { alone: true, ..Back::by([format!("DROP TABLE IF EXISTS {quoted}")]) };
        let mut step = step::alone(step::title(sql), sql, self.exists(table), back);
        if rows {
            let mode = if self.link.logs_statements { step::SHARED } else { "" };
            step.lock = step::lock(mode, subject, Held::Scan);
        }
        let draft = Draft::one(AS_IS, step);
        Ok(match doubts {
            Some(why) => draft.note(format!("the server on this machine refuses it, which the target may not: {why}")),
            None => draft,
        })
    }

    /// Makes a new table in the lab.
    async fn try_create(&mut self, lab: &mut Lab, sql: &str) -> Result<Result<(), mysql_async::Error>, Failure> {
        let like = like_of(sql);
        let mut made = Ok(());
        if let Some(like) = like.filter(|like| like.schema.is_none()) {
            let real = self.real(&like).await?;
            if let Some(text) = real {
                made = lab.like(self.link, &like.name, &text, &[]).await;
            }
        }
        // What it refers to is not all there: the likenesses come without foreign keys being checked.
        let tried = match made {
            Ok(()) => {
                lab.send(self.link, UNCHECKED).await.map_err(|e| Self::unreadable(&e))?;
                lab.run(self.link, sql).await
            }
            Err(error) => Err(error),
        };
        let _ = lab.send(self.link, CHECKED).await;
        Ok(tried)
    }

    pub(super) async fn drop_tables(
        &mut self,
        sql: &str,
        tables: &[Name],
        if_exists: bool,
        temporary: bool,
    ) -> Result<Draft, Failure> {
        if temporary {
            return Ok(Draft::one(AS_IS, step::plain(sql, Back::nothing())));
        }
        let mut draft = Draft::of(AS_IS);
        for table in tables {
            let subject = self.subject(table);
            let real = self.now(table).await?;
            self.forget(table).await?;
            let Some(text) = real else {
                if if_exists {
                    draft.notes.push(format!("there is no table {subject}, so nothing is done"));
                    continue;
                }
                if self.made.contains(&table.name.to_lowercase()) {
                    let back = Back::impossible("its rows are gone");
                    draft.steps.push(step::alone(
                        step::title(sql),
                        format!("DROP TABLE {}", self.quoted(table)),
                        self.absent(table),
                        back,
                    ));
                    continue;
                }
                return Err(
                    Failure::usage("migrate.no-table", format!("there is no table {subject}")).excerpt(sql.to_owned())
                );
            };
            self.drop_one(table, &text, &mut draft).await?;
        }
        Ok(draft)
    }

    /// The name of a table gets free, in the lab too: a later statement may give it to another one.
    async fn forget(&mut self, table: &Name) -> Result<(), Failure> {
        if !self.is_home(table) {
            return Ok(());
        }
        self.freed.insert(table.name.to_lowercase());
        if let Some(mut lab) = self.lab.take() {
            let name = lab.table(&table.name);
            for sql in [UNCHECKED, &format!("DROP TABLE IF EXISTS {name}"), CHECKED] {
                lab.send(self.link, sql).await.map_err(|e| Self::unreadable(&e))?;
            }
            self.lab = Some(lab);
        }
        Ok(())
    }

    /// A table with rows is not dropped but put aside, so that it can be had back until `contract`. One that foreign keys
    /// bind to others would bind them still: that one is dropped.
    async fn drop_one(
        &mut self,
        table: &Name,
        text: &crate::migrate::table::TableText,
        draft: &mut Draft,
    ) -> Result<(), Failure> {
        let (quoted, subject) = (self.quoted(table), self.subject(table));
        let bound = text.of(ItemKind::Foreign).next().is_some() || !self.children(table).await?.is_empty();
        let title = format!("drop the table {subject}");
        let lock = step::lock(step::EXCLUSIVE, subject.clone(), Held::Moment);
        if bound || !self.has_rows(table).await? {
            let back = if self.has_rows(table).await? {
                Back::impossible(format!("the rows of {subject} are gone"))
            } else {
                let again = text.create(&quoted, |_| true);
                Back { alone: true, clear: vec![format!("{}{WHEN}{again}", self.absent(table))], ..Back::default() }
            };
            let mut step = step::alone(title, format!("DROP TABLE {quoted}"), self.absent(table), back);
            step.lock = lock;
            draft.steps.push(step);
            return Ok(());
        }
        let aside = Name {
            schema: table.schema.clone(),
            name: format!("dbwright_kept_{}", mark(&format!("{subject} {}", text.mark()))),
        };
        let kept = self.quoted(&aside);
        "kept-aside".clone_into(&mut draft.method);
        let back = Back {
            alone: true,
            clear: vec![format!("{}{WHEN}RENAME TABLE {kept} TO {quoted}", self.exists(&aside))],
            ..Back::default()
        };
        let mut step = step::alone(title, format!("RENAME TABLE {quoted} TO {kept}"), self.exists(&aside), back);
        step.lock = lock.clone();
        draft.steps.push(step);
        let gone = Back::impossible(format!("the rows of {subject} are gone"));
        let mut last = step::alone(
            format!("drop {subject}, which was put aside"),
            format!("DROP TABLE IF EXISTS {kept}"),
            String::new(),
            gone,
        );
        last.phase = Phase::Contract;
        last.lock = lock;
        draft.steps.push(last);
        draft.notes.push(format!("until `contract` its rows stay as {}", self.subject(&aside)));
        Ok(())
    }

    pub(super) async fn rename(&mut self, sql: &str, pairs: &[(Name, Name)]) -> Result<Draft, Failure> {
        let list = |pairs: Vec<(&Name, &Name)>| {
            let texts: Vec<_> =
                pairs.iter().map(|(a, b)| format!("{} TO {}", self.quoted(a), self.quoted(b))).collect();
            texts.join(", ")
        };
        let forward = format!("RENAME TABLE {}", list(pairs.iter().map(|(a, b)| (a, b)).collect()));
        let backward = format!("RENAME TABLE {}", list(pairs.iter().rev().map(|(a, b)| (b, a)).collect()));
        let key = |name: &Name| name.within(self.home).1.to_lowercase();
        let sources: Vec<_> = pairs.iter().map(|(from, _)| key(from)).collect();
        let targets: Vec<_> = pairs.iter().map(|(_, to)| key(to)).collect();
        let now = pairs.iter().filter(|(_, to)| !sources.contains(&key(to))).map(|(_, to)| self.exists(to));
        let gone = pairs.iter().filter(|(from, _)| !targets.contains(&key(from))).map(|(from, _)| self.absent(from));
        let all: Vec<_> = now.chain(gone).map(|question| format!("({question})")).collect();
        // Tables that only change places leave nothing to see.
        let done = if all.is_empty() { String::new() } else { format!("SELECT {}", all.join(" AND ")) };
        let back = if done.is_empty() {
            Back { alone: true, ..Back::by([backward]) }
        } else {
            Back { alone: true, clear: vec![format!("{done}{WHEN}{backward}")], ..Back::default() }
        };
        if let Some(mut lab) = self.lab.take() {
            for (from, to) in pairs {
                if !self.is_home(from) || !self.is_home(to) {
                    continue;
                }
                let there = lab.has(self.link, &from.name).await.map_err(|e| Self::unreadable(&e))?;
                let real = if there { None } else { self.real(from).await? };
                if let Some(text) = &real {
                    let _ = lab.like(self.link, &from.name, text, &[]).await;
                }
                let sql = format!("/* dbwright */ RENAME TABLE {} TO {}", lab.table(&from.name), lab.table(&to.name));
                let _ = lab.send(self.link, &sql).await;
            }
            self.lab = Some(lab);
        }
        for (from, to) in pairs {
            self.moved(from, to);
            if self.is_home(from) {
                self.freed.insert(from.name.to_lowercase());
            }
        }
        let mut step = step::alone(step::title(sql), forward, done, back);
        let subjects: Vec<_> = pairs.iter().map(|(from, _)| self.subject(from)).collect();
        step.lock = step::lock(step::EXCLUSIVE, subjects.join(", "), Held::Moment);
        Ok(Draft::one(AS_IS, step).note("code that still uses an old name fails from then on"))
    }

    pub(super) fn truncate(&self, sql: &str, table: &Name) -> Draft {
        let mut step = step::plain(sql, Back::impossible(format!("the rows of {} are gone", self.subject(table))));
        step.lock = step::lock(step::EXCLUSIVE, self.subject(table), Held::Moment);
        Draft::one(AS_IS, step).note("all rows go at once, for everybody; triggers and foreign keys are not asked")
    }

    /// Asks whether a table is there.
    pub(in crate::migrate) fn exists(&self, table: &Name) -> String {
        self.counted(table, 1)
    }

    /// Asks whether it is not.
    pub(in crate::migrate) fn absent(&self, table: &Name) -> String {
        self.counted(table, 0)
    }

    fn counted(&self, table: &Name, count: u8) -> String {
        let (schema, name) = table.within(self.home);
        let literal = |text: &str| Dialect::Mysql.literal(text);
        format!(
            "SELECT COUNT(*) = {count} FROM information_schema.tables WHERE table_schema = {} AND table_name = {}",
            literal(schema),
            literal(name)
        )
    }
}

/// The table that another is made like.
fn like_of(sql: &str) -> Option<Name> {
    let mut cursor = crate::migrate::text::Cursor::new(sql);
    cursor.accept(&["create"]);
    cursor.accept(&["table"]);
    cursor.accept(&["if", "not", "exists"]);
    cursor.qualified()?;
    let open = cursor.accept(&["("]);
    if !cursor.accept(&["like"]) {
        return None;
    }
    let name = cursor.qualified()?;
    let closed = !open || cursor.accept(&[")"]);
    (closed && cursor.done()).then_some(name)
}
