//! Trial indexes: built in the copy, hidden, and shown for a question. Showing is an instant change of the dictionary.

use std::collections::{BTreeMap, BTreeSet};

use dbwright_advise::index::{Index, ObjectName};
use dbwright_core::Failure;
use dbwright_sql::Dialect;

use super::copy::Copy;
use super::{definition, usage};
use crate::body::Body;
use crate::error;

const SQL: Dialect = Dialect::Mysql;
/// Most indexes of a table: InnoDB has 64, and one is the primary key.
const MOST: usize = 60;
/// Indexes that are built in one statement, which reads the table once.
const TOGETHER: usize = 8;

/// An index that was defined.
struct Trial {
    table: ObjectName,
    name: String,
    parts: String,
    /// Whether it stands in the copy now.
    stands: bool,
    shown: bool,
}

/// All of them, by position; none for a refused one.
#[derive(Default)]
pub(super) struct Trials {
    all: Vec<Option<Trial>>,
    /// Existing indexes that are hidden now.
    hidden: BTreeSet<(ObjectName, String)>,
    prefix: &'static str,
}

impl Trials {
    pub(super) fn new(prefix: &'static str) -> Self {
        Self { prefix, ..Self::default() }
    }

    /// The name of one; none when it was refused.
    pub(super) fn name(&self, at: usize) -> Option<(&ObjectName, &str)> {
        self.all.get(at)?.as_ref().map(|trial| (&trial.table, trial.name.as_str()))
    }

    /// Builds indexes, hidden; the reason of each that is refused.
    ///
    /// # Errors
    /// When the copy is gone.
    pub(super) async fn define(
        &mut self,
        copy: &mut Copy,
        body: &Body,
        indexes: &[Index],
    ) -> Result<Vec<Result<usize, String>>, Failure> {
        let mut answers: Vec<Result<usize, String>> = Vec::with_capacity(indexes.len());
        let mut by_table: BTreeMap<ObjectName, Vec<(usize, usize)>> = BTreeMap::new();
        for (place, index) in indexes.iter().enumerate() {
            let at = self.all.len();
            let found = self.trial(copy, body, index);
            answers.push(found.as_ref().map(|_| at).map_err(Clone::clone));
            if found.is_ok() {
                by_table.entry(index.table.clone()).or_default().push((place, at));
            }
            self.all.push(found.ok());
        }
        for (table, own) in by_table {
            for lot in own.chunks(TOGETHER) {
                let wanted: Vec<usize> = lot.iter().map(|(_, at)| *at).collect();
                if self.build(copy, &table, &wanted, &[]).await.is_ok() {
                    continue;
                }
                for (place, at) in lot {
                    if let Err(reason) = self.build(copy, &table, &[*at], &[]).await {
                        alive(copy)?;
                        answers[*place] = Err(reason);
                        self.all[*at] = None;
                    }
                }
            }
        }
        Ok(answers)
    }

    fn trial(&self, copy: &Copy, body: &Body, index: &Index) -> Result<Trial, String> {
        let known = usage::table(&body.catalog, &index.table).ok_or("its table is not known")?;
        let parts = definition::parts(index, known, &copy.server)?;
        let name = format!("{}{}", self.prefix, self.all.len());
        Ok(Trial { table: index.table.clone(), name, parts, stands: false, shown: false })
    }

    /// Builds some of one table, after room was made for them without those that are to stay.
    async fn build(
        &mut self,
        copy: &mut Copy,
        table: &ObjectName,
        wanted: &[usize],
        keep: &[usize],
    ) -> Result<(), String> {
        self.room(copy, table, (wanted, keep)).await?;
        let add = |at: &usize| {
            let trial = self.all.get(*at)?.as_ref()?;
            Some(format!("ADD INDEX {} ({}) {}", SQL.ident(&trial.name), trial.parts, copy.hiding.hide))
        };
        let clauses: Vec<String> = wanted.iter().filter_map(add).collect();
        let sql = format!("ALTER TABLE {} {}", SQL.qualified(&table.schema, &table.name), clauses.join(", "));
        copy.link.run(&sql).await.map_err(|e| error::text(&e))?;
        for at in wanted {
            if let Some(Some(trial)) = self.all.get_mut(*at) {
                (trial.stands, trial.shown) = (true, false);
            }
        }
        Ok(())
    }

    /// Drops the oldest trials of a table that would be too many with the wanted ones.
    async fn room(
        &mut self,
        copy: &mut Copy,
        table: &ObjectName,
        (wanted, keep): (&[usize], &[usize]),
    ) -> Result<(), String> {
        let schema = SQL.literal(&table.schema);
        let sql = format!(
            "SELECT COUNT(DISTINCT index_name) FROM information_schema.statistics WHERE table_schema = {schema} AND table_name = {}",
            SQL.literal(&table.name)
        );
        let count = copy.link.rows(&sql).await.map_err(|e| error::text(&e))?;
        let count: usize = count.first().and_then(|row| row.first()?.as_deref()?.parse().ok()).unwrap_or(0);
        let excess = (count + wanted.len()).saturating_sub(MOST);
        let idle = |at: &usize| {
            let trial = self.all[*at].as_ref();
            trial.is_some_and(|trial| trial.table == *table && trial.stands && !trial.shown)
                && !wanted.contains(at)
                && !keep.contains(at)
        };
        let going: Vec<usize> = (0..self.all.len()).filter(idle).take(excess).collect();
        self.remove(copy, table, &going).await
    }

    async fn remove(&mut self, copy: &mut Copy, table: &ObjectName, going: &[usize]) -> Result<(), String> {
        let drop = |at: &usize| Some(format!("DROP INDEX {}", SQL.ident(&self.all.get(*at)?.as_ref()?.name)));
        let clauses: Vec<String> = going.iter().filter_map(drop).collect();
        if clauses.is_empty() {
            return Ok(());
        }
        let sql = format!("ALTER TABLE {} {}", SQL.qualified(&table.schema, &table.name), clauses.join(", "));
        copy.link.run(&sql).await.map_err(|e| error::text(&e))?;
        for at in going {
            if let Some(Some(trial)) = self.all.get_mut(*at) {
                (trial.stands, trial.shown) = (false, false);
            }
        }
        Ok(())
    }

    /// Shows exactly these trials, and hides exactly these others.
    ///
    /// # Errors
    /// The server's reason.
    pub(super) async fn show(
        &mut self,
        copy: &mut Copy,
        shown: &[usize],
        hidden: &BTreeSet<(ObjectName, String)>,
    ) -> Result<(), String> {
        for at in shown {
            let Some(Some(trial)) = self.all.get(*at) else { return Err(format!("index {at} was refused")) };
            if !trial.stands {
                let table = trial.table.clone();
                self.build(copy, &table, &[*at], shown).await?;
            }
        }
        let mut clauses: BTreeMap<ObjectName, Vec<String>> = BTreeMap::new();
        for (at, trial) in self.all.iter().enumerate() {
            let Some(trial) = trial.as_ref().filter(|trial| trial.stands && trial.shown != shown.contains(&at)) else {
                continue;
            };
            let word = if trial.shown { copy.hiding.hide } else { copy.hiding.show };
            clauses.entry(trial.table.clone()).or_default().push(clause(&trial.name, word));
        }
        for (table, name) in self.hidden.symmetric_difference(hidden) {
            let word =
                if hidden.contains(&(table.clone(), name.clone())) { copy.hiding.hide } else { copy.hiding.show };
            clauses.entry(table.clone()).or_default().push(clause(name, word));
        }
        for (table, clauses) in clauses {
            let sql = format!("ALTER TABLE {} {}", SQL.qualified(&table.schema, &table.name), clauses.join(", "));
            copy.link.run(&sql).await.map_err(|e| error::text(&e))?;
        }
        for (at, trial) in self.all.iter_mut().enumerate() {
            if let Some(trial) = trial {
                trial.shown = shown.contains(&at);
            }
        }
        self.hidden.clone_from(hidden);
        Ok(())
    }

    /// Leaves only these of a table standing: what is hidden is kept up as well.
    ///
    /// # Errors
    /// The server's reason.
    pub(super) async fn stand(&mut self, copy: &mut Copy, table: &ObjectName, with: &[usize]) -> Result<(), String> {
        let of = |at: &usize, stands: bool| {
            self.all[*at].as_ref().is_some_and(|trial| trial.table == *table && trial.stands == stands)
        };
        let going: Vec<usize> = (0..self.all.len()).filter(|at| of(at, true) && !with.contains(at)).collect();
        let coming: Vec<usize> = with.iter().copied().filter(|at| of(at, false)).collect();
        self.remove(copy, table, &going).await?;
        if coming.is_empty() { Ok(()) } else { self.build(copy, table, &coming, with).await }
    }

    /// Bytes of one in the copy.
    pub(super) async fn bytes(&self, copy: &mut Copy, at: usize) -> u64 {
        let Some((table, name)) = self.name(at) else { return 0 };
        // A partition's statistics stand under its own name behind the table's.
        let sql = format!(
            "SELECT SUM(stat_value) * @@innodb_page_size FROM mysql.innodb_index_stats WHERE stat_name = 'size' \
             AND database_name = {} AND index_name = {} AND (table_name = {own} OR table_name LIKE CONCAT(REPLACE({own}, '_', '\\\\_'), '#p#%'))",
            SQL.literal(&table.schema),
            SQL.literal(name),
            own = SQL.literal(&table.name)
        );
        let rows = copy.link.rows(&sql).await.unwrap_or_default();
        let bytes: Option<f64> = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok());
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of bytes")]
        let bytes = bytes.unwrap_or(0.0).max(0.0) as u64;
        bytes
    }
}

fn clause(name: &str, word: &str) -> String {
    format!("ALTER INDEX {} {word}", SQL.ident(name))
}

/// # Errors
/// When the copy is gone.
fn alive(copy: &Copy) -> Result<(), Failure> {
    if copy.link.lost() {
        return Err(Failure::internal("mysql.lab", "the copy's server ended while an index was built in it"));
    }
    Ok(())
}
