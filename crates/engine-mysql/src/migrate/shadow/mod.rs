//! A copy beside the table, for what the server would do only under a lock that keeps writers out.
//!
//! # The flow
//!
//! *Expand*: the new table is made as the server itself made its likeness. Triggers on the table note the keys of rows that
//! are written. *Backfill*: rows are copied by ranges of a key, then what was noted meanwhile is brought over until little is
//! left; both tables are compared. *Switch*: under the lock of both tables the last notes are brought over and the names
//! exchanged by one `RENAME TABLE`. From then on the triggers of the new table note what is written for the old one, so that
//! `undo` keeps it. *Contract*: the old table goes.
//!
//! # Why no write is lost, doubled or stale
//!
//! 1. *The triggers see every write that a copy does not.* `CREATE TRIGGER` waits for all transactions that have used the
//!    table, and the copy begins after the last of them. A write and its note are one transaction. What no trigger sees is
//!    refused before anything is begun: foreign keys of its own that change its rows, and tables without transactions.
//! 2. *A noted key says "look again", not what to do.* Bringing over removes what the new table has of the keys that were taken
//!    and inserts what the table has now. In `READ COMMITTED` a statement sees one moment, and a note is visible exactly when its
//!    write is: the look comes after the taking, so it sees that write or a later one, and a later one has its own note.
//!    Order, repetition and rollbacks don't matter. Rows of users are read without locks (`INSERT … SELECT` in `READ COMMITTED`).
//! 3. *A row without a note is equal in both tables.* So a unique value that stands in the way of a row belongs to a noted one:
//!    noted rows are removed from the new table then, and the batch is tried again. What still stands in the way under the
//!    lock of the switch, when all notes are taken at once, are two rows of the user's: the switch fails and nothing is lost.
//!    Nothing is ever written with `REPLACE` or `IGNORE`, which would hide that.
//! 4. *Why the triggers don't write to the new table*: a row that was copied later would be stale, the users' statements would
//!    wait for batches, and would fail where the new table refuses what the old one takes.
//! 5. *One table of notes for both sides.* MariaDB finds out which tables a statement's triggers need when it opens the statement's
//!    table. When it has to give that up and open the table again (it was the victim of a deadlock of metadata locks, as with
//!    `LOCK TABLES`) and the names were exchanged meanwhile, it fires the triggers of the new table with the list of the old one's:
//!    a trigger that writes to a table that is not on the list fails with 1146. So all triggers write to the same table, and
//!    none of them passes over an error: a write whose note fails, fails.
//! 6. *Foreign keys and triggers of the user's* come to the new table when nothing is written to it any more
//!    (`foreign`, `fired`): what a copy writes is neither refused nor fired for.
//! 7. *The comparison* leaves out keys that are noted, in the same moment: all others must be equal, in both directions.

pub(in crate::migrate) mod columns;
mod fired;
pub(in crate::migrate) mod foreign;
mod refuse;
mod script;
mod steps;

use dbwright_core::Failure;

use super::plan::alter::{Answer, Change};
use super::plan::{Draft, Planner};
use columns::Columns;
use script::Names;

/// What hangs on the table and changes over to the new one with its name.
struct Bound {
    foreign: foreign::Around,
    fired: Vec<fired::Fired>,
}

impl Bound {
    /// Whatever was done of it: put right. `beside` are the names of the tables that the table is exchanged with.
    fn mended(&self, table: &(String, String), beside: &[&str]) -> Vec<String> {
        let mut list = if self.foreign.is_empty() { Vec::new() } else { self.foreign.mended(table, beside) };
        for trigger in &self.fired {
            list.extend(trigger.mended(&table.1, &foreign::quoted(table)));
        }
        list
    }

    /// Statements under the lock before the tables change places.
    fn before(&self, to: &str) -> Vec<String> {
        self.foreign.before(to).into_iter().chain(self.fired.iter().flat_map(|trigger| trigger.before(to))).collect()
    }

    /// Statements afterwards; `locked` when the lock holds still.
    fn after(&self, table: &str, aside: &(String, String), locked: bool) -> Vec<String> {
        let mut parts = self.foreign.after(table, aside);
        parts.extend(self.fired.iter().map(fired::Fired::off));
        let again = self.fired.iter().flat_map(|trigger| trigger.after(table));
        if locked || self.fired.is_empty() {
            parts.extend(again);
        } else {
            parts.push(format!("LOCK TABLES {table} WRITE"));
            parts.extend(again);
            parts.push("UNLOCK TABLES".to_owned());
        }
        parts
    }
}

/// Plans a copy, or says why there can be none.
pub(super) async fn plan(
    planner: &mut Planner<'_>,
    change: &Change<'_>,
    answer: &Answer,
) -> Result<Result<Draft, String>, Failure> {
    if let Some(why) = refuse::outside(planner, change).await? {
        return Ok(Err(why));
    }
    let Some(after) = &answer.after else {
        if planner.lab.is_none() && planner.no_lab.is_some() {
            return Ok(Err("the server could not be asked how the new table looks".to_owned()));
        }
        let later =
            "the table is copied beside itself; its steps are known when the server is asked, at its turn".to_owned();
        return Ok(Ok(Draft { later: Some(later), ..Draft::of(steps::METHOD) }));
    };
    if let Some(why) = refuse::inside(&change.before, after, &change.table.name) {
        return Ok(Err(why));
    }
    let columns = match Columns::read(planner, change, after).await? {
        Ok(columns) => columns,
        Err(why) => return Ok(Err(why)),
    };
    let foreign = match foreign::Around::read(planner, change, after).await? {
        Ok(foreign) => foreign,
        Err(why) => return Ok(Err(why)),
    };
    let bound = Bound { foreign, fired: planner.fired(change.table).await? };
    let names = Names::of(planner.home, &change.table.name);
    Ok(Ok(steps::draft(planner, change, after, &names, &columns, &bound)))
}
