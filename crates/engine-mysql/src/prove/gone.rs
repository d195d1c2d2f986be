//! What the workload loses when an index is gone: on a copy of the rows, each statement that names the index's table runs
//! with the index and with it hidden from the optimiser, and the server counts the rows and entries that it reads.
//!
//! Counts are exact where times would be noisy. Only tables that those statements name are copied, up to a limit.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dbwright_core::target::Address;
use dbwright_core::workload::Statement;
use dbwright_core::{Failure, words};
use dbwright_sql::Dialect;
use dbwright_sql::lex::unquoted;
use dbwright_sql::model::{ConstraintKind, Table};
use mysql_async::Error;

use super::room::{Room, gone};
use super::trial::{TableName, Touches, Trial};
use super::verdict::Verdict;
use crate::body::Body;
use crate::migrate::text::Cursor;
use crate::migrate::text::lex::{Kind, Lexer};
use crate::migrate::{Link, copy_rows};

/// Bytes of rows that are copied at most.
const COPY_BYTES: u64 = 256 << 20;
/// How long one statement may run.
const LONGEST: Duration = Duration::from_secs(10);
/// How much more a statement may read without an index before it counts as a loss: a fifth, and more than a few pages hold.
const MORE: f64 = 1.2;
const FEW: u64 = 200;

/// An index that a change takes away from the optimiser.
struct Going {
    /// Which trial.
    at: usize,
    table: TableName,
    index: String,
}

/// A statement that can be run.
struct Asked<'a> {
    sql: &'a str,
    /// As the workload tells it: values of a sample are nobody's business.
    text: &'a str,
    calls: f64,
    home: &'a str,
    names: BTreeSet<TableName>,
}

impl Room<'_> {
    /// Looks at what the workload would lose by each change that takes an index away, and withdraws those by which it loses.
    pub(super) async fn without_indexes(
        &mut self,
        (from, address): (&mut Link, &Address),
        trials: &[Trial],
        verdicts: &mut [Verdict],
    ) -> Result<(), Failure> {
        let going = going(trials, verdicts, self.target);
        let tables: BTreeSet<&TableName> = going.iter().map(|one| &one.table).collect();
        let (asked, valueless) = asked(self.target, &tables);
        if !asked.is_empty() && !self.time_is_up() {
            self.copied(from, address, &asked).await?;
        }
        let mut plain: BTreeMap<usize, Option<u64>> = BTreeMap::new();
        for one in &going {
            let mine: Vec<usize> = (0..asked.len()).filter(|at| asked[*at].names.contains(&one.table)).collect();
            let said = match self.loses(one, &asked, &mine, &mut plain).await? {
                Err(loss) => {
                    verdicts[one.at] = Verdict::Fails(loss);
                    continue;
                }
                Ok(tried) => told(tried, mine.len(), valueless.get(&one.table).copied().unwrap_or(0)),
            };
            if let Verdict::Works { workload, .. } = &mut verdicts[one.at] {
                *workload = said;
            }
        }
        Ok(())
    }

    /// How many statements were tried without an index, or which of them loses.
    async fn loses(
        &mut self,
        one: &Going,
        asked: &[Asked<'_>],
        mine: &[usize],
        plain: &mut BTreeMap<usize, Option<u64>>,
    ) -> Result<Result<usize, String>, Failure> {
        let Some(hiding) = self.target.server.hides_indexes_by() else { return Ok(Ok(0)) };
        let (table, index) = (Dialect::Mysql.qualified(&one.table.0, &one.table.1), Dialect::Mysql.ident(&one.index));
        let alter = |clause: &str| format!("ALTER TABLE {table} ALTER INDEX {index} {clause}");
        for at in mine {
            if !plain.contains_key(at) {
                let reads = self.reads(&asked[*at]).await?;
                plain.insert(*at, reads.ok());
            }
        }
        if mine.is_empty() || self.link.run(&alter(hiding.hide)).await.is_err() {
            return Ok(Ok(0));
        }
        let (mut tried, mut loss) = (0, None);
        for at in mine {
            let Some(with) = plain.get(at).copied().flatten() else { continue };
            tried += 1;
            let reads = match self.reads(&asked[*at]).await? {
                Ok(without) if without <= with + FEW || without as f64 <= with as f64 * MORE => continue,
                Ok(without) => format!("reads {without} rows in a copy of the rows, with it {with}"),
                Err(why) => format!("{why} in a copy of the rows"),
            };
            let (text, calls) = (words::short(asked[*at].text), asked[*at].calls);
            loss = Some(format!("without the index `{text}` of the workload ({calls:.0} calls) {reads}"));
            break;
        }
        self.link.run(&alter(hiding.show)).await.map_err(|e| gone(&e))?;
        Ok(loss.map_or(Ok(tried), Err))
    }

    /// Rows and entries that the server reads for a statement, or what it does instead of ending.
    async fn reads(&mut self, statement: &Asked<'_>) -> Result<Result<u64, String>, Failure> {
        self.go_on()?;
        let ran = tokio::time::timeout(LONGEST, self.counted(statement)).await;
        let said = match ran {
            Err(_) => {
                self.leave().await?;
                return Ok(Err(format!("does not end within {} s", LONGEST.as_secs())));
            }
            Ok(Err(error)) if self.link.lost() => return Err(gone(&error)),
            Ok(ran) => ran.map_err(|error| format!("fails ({})", crate::error::text(&error))),
        };
        self.link.run("ROLLBACK").await.map_err(|e| gone(&e))?;
        Ok(said)
    }

    /// Ends a statement that takes too long, with its session.
    async fn leave(&mut self) -> Result<(), Failure> {
        let stuck = self.link.id();
        self.link = self.like.link("").await?;
        // It may have ended by itself in the meantime.
        let _ = self.link.run(&format!("KILL {stuck}")).await;
        // Its locks are in the way until it has.
        let there = format!("SELECT /* dbwright */ 1 FROM information_schema.processlist WHERE id = {stuck}");
        while !self.link.rows(&there).await.map_err(|e| gone(&e))?.is_empty() {
            self.go_on()?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    async fn counted(&mut self, statement: &Asked<'_>) -> Result<u64, Error> {
        self.link.run(&format!("USE {}", Dialect::Mysql.ident(statement.home))).await?;
        // What looking at the counters itself reads.
        let (first, second) = (self.counters().await?, self.counters().await?);
        self.link.run("START TRANSACTION").await?;
        self.link.run(statement.sql).await?;
        let third = self.counters().await?;
        Ok((third.saturating_sub(second)).saturating_sub(second.saturating_sub(first)))
    }

    async fn counters(&mut self) -> Result<u64, Error> {
        let rows = self.link.rows("SHOW /* dbwright */ SESSION STATUS LIKE 'Handler_read%'").await?;
        let number = |row: &Vec<Option<String>>| row.get(1)?.as_deref()?.parse::<u64>().ok();
        Ok(rows.iter().filter_map(number).sum())
    }

    /// Copies the rows of all tables that statements name.
    async fn copied(&mut self, from: &mut Link, address: &Address, asked: &[Asked<'_>]) -> Result<(), Failure> {
        let names: BTreeSet<TableName> = asked.iter().flat_map(|one| one.names.iter().cloned()).collect();
        let missing = names.iter().filter(|name| !self.made.contains_key(*name)).cloned().collect();
        self.make(from, &missing).await?;
        let made = |table: &&Table| {
            let name = (table.schema.clone(), table.name.clone());
            names.contains(&name) && self.made.contains_key(&name)
        };
        let tables: Vec<Table> = self.target.catalog.tables.iter().filter(made).map(without_keys).collect();
        let list: Vec<&Table> = tables.iter().collect();
        copy_rows(address, &mut self.link, &list, Some(COPY_BYTES), self.progress).await?;
        for table in &tables {
            let sql = format!("ANALYZE TABLE {}", Dialect::Mysql.qualified(&table.schema, &table.name));
            self.link.rows(&sql).await.map_err(|e| gone(&e))?;
        }
        self.link.set_up(&[]).await?;
        self.progress.stage("running the workload's statements without the indexes that are to go", None);
        Ok(())
    }
}

/// A table whose rows are copied without those that they refer to.
fn without_keys(table: &Table) -> Table {
    let mut table = table.clone();
    table.constraints.retain(|one| !matches!(one.kind, ConstraintKind::ForeignKey(_)));
    table
}

/// The changes that work and take an index away that the optimiser may use.
fn going(trials: &[Trial], verdicts: &[Verdict], target: &Body) -> Vec<Going> {
    let works = trials.iter().zip(verdicts).enumerate().filter(|(_, (_, one))| matches!(one, Verdict::Works { .. }));
    let going = works.filter_map(|(at, (trial, _))| {
        let Touches::Tables(tables) = &trial.touches else { return None };
        let ([sql], Some(table)) = (trial.alike.change.forward.as_slice(), tables.first()) else { return None };
        let index = taken(sql)?;
        let known = target.catalog.tables.iter().find(|one| one.schema == table.0 && one.name == table.1)?;
        known.indexes.iter().any(|one| one.name == index && one.valid).then(|| Going {
            at,
            table: table.clone(),
            index,
        })
    });
    going.collect()
}

/// The index that an `ALTER TABLE` takes away and does not give back.
fn taken(sql: &str) -> Option<String> {
    let mut cursor = Cursor::new(sql);
    cursor.accept(&["alter", "table"]).then_some(())?;
    cursor.qualified()?;
    let drops = cursor.accept(&["drop", "index"]);
    if !drops && !cursor.accept(&["alter", "index"]) {
        return None;
    }
    let name = cursor.name()?;
    if !drops {
        return cursor.is_any(&["invisible", "ignored"]).then_some(name);
    }
    cursor.accept(&[","]);
    (cursor.done() || cursor.is("algorithm")).then_some(name)
}

/// The workload's statements that name some tables and can be run, and how many of each table are known without values.
fn asked<'a>(target: &'a Body, tables: &BTreeSet<&TableName>) -> (Vec<Asked<'a>>, BTreeMap<TableName, usize>) {
    let (mut asked, mut valueless) = (Vec::new(), BTreeMap::new());
    let home = target.server.database.as_deref().unwrap_or_default();
    for statement in target.workload.iter().flat_map(|workload| &workload.statements) {
        let home = statement.database.as_deref().unwrap_or(home);
        let names = named(target, home, &statement.text);
        if !names.iter().any(|name| tables.contains(name)) {
            continue;
        }
        match whole(statement) {
            Some(sql) => asked.push(Asked { sql, text: &statement.text, calls: statement.calls, home, names }),
            None => {
                for name in names {
                    *valueless.entry(name).or_insert(0) += 1;
                }
            }
        }
    }
    (asked, valueless)
}

/// A text of the statement with its values, when it reads rows or changes them by what it reads.
fn whole(statement: &Statement) -> Option<&str> {
    let text = statement.samples.first().unwrap_or(&statement.text);
    let complete = !Lexer::new(text).any(|token| token.significant() && token.text(text) == "?");
    let reads = Cursor::new(text).is_any(&["select", "with", "update", "delete", "("]);
    (complete && reads).then_some(text.as_str())
}

/// The tables that a text names.
fn named(target: &Body, home: &str, text: &str) -> BTreeSet<TableName> {
    let words = Lexer::new(text).filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted));
    let words: BTreeSet<String> = words.map(|token| unquoted(token.text(text)).to_lowercase()).collect();
    let tables = target.catalog.tables.iter().filter(|table| {
        words.contains(&table.name.to_lowercase())
            && (table.schema == home || words.contains(&table.schema.to_lowercase()))
    });
    tables.map(|table| (table.schema.clone(), table.name.clone())).collect()
}

/// What was learnt of the workload, as the rest of a sentence.
fn told(tried: usize, all: usize, valueless: usize) -> Option<String> {
    let mut parts = Vec::new();
    if tried > 0 {
        let which = if tried == 1 { "one statement" } else { "statements" };
        let count = if tried == 1 { String::new() } else { format!("{tried} ") };
        parts.push(format!(
            "{count}{which} of the workload that name the table ran on a copy of its rows with the index hidden, and none reads more for it"
        ));
    }
    if all > tried {
        parts.push(format!("{} of the workload's statements could not be run there", all - tried));
    }
    if valueless > 0 {
        parts.push(format!(
            "{valueless} of the workload's statements that name the table are known without their values and were not tried"
        ));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_index_that_is_gone_afterwards_counts() {
        let index = |clauses: &str| taken(&format!("ALTER TABLE a.`b c` {clauses}"));
        assert_eq!(index("DROP INDEX `x y`, ALGORITHM=INPLACE, LOCK=NONE").as_deref(), Some("x y"));
        assert_eq!(index("ALTER INDEX x INVISIBLE, ALGORITHM=INPLACE, LOCK=NONE").as_deref(), Some("x"));
        assert_eq!(index("ALTER INDEX x VISIBLE"), None);
        assert_eq!(index("DROP INDEX x").as_deref(), Some("x"));
        assert_eq!(index("DROP INDEX x, ADD INDEX x (a), ALGORITHM=INPLACE, LOCK=NONE"), None);
        assert_eq!(index("DROP COLUMN x"), None);
    }

    #[test]
    fn statements_with_placeholders_are_not_run() {
        let statement = |text: &str| Statement { text: text.to_owned(), ..Statement::default() };
        assert_eq!(whole(&statement("SELECT a FROM b WHERE c = ?")), None);
        assert_eq!(whole(&statement("SELECT a FROM b WHERE c = '?'")), Some("SELECT a FROM b WHERE c = '?'"));
        assert_eq!(whole(&statement("INSERT INTO b VALUES (1)")), None);
    }
}
