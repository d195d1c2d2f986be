//! What-if by `HypoPG`: hypothetical b-tree, hash, BRIN and bloom indexes in a session on the target.
//!
//! They live in the memory of one session and nowhere else. An index of a partitioned table is made for each partition.

use dbwright_advise::port::{Ask, IndexId};
use dbwright_core::Failure;
use dbwright_sql::Dialect;

use super::book::Book;
use super::seat::Seat;
use crate::explain::Plan;

/// From this version on existing indexes can be hidden.
const HIDES: (u32, u32) = (1, 4);

/// `HypoPG` on a server.
#[derive(Debug)]
pub(super) struct Hypo {
    schema: String,
    version: String,
    /// Whether its sizes are asked for.
    sizes: bool,
}

impl Hypo {
    /// Finds the extension in the database of a session.
    pub(super) async fn find(seat: &Seat, sizes: bool) -> Result<Self, Failure> {
        let sql = "SELECT /* dbwright */ n.nspname || ' ' || e.extversion FROM pg_catalog.pg_extension e \
                   JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'hypopg'";
        let found = seat.texts(sql).await.map_err(|reason| seat.lost(&reason))?;
        let found = found.first().and_then(|text| text.rsplit_once(' '));
        let (schema, version) = found.ok_or_else(|| missing(&seat.connection.name))?;
        Ok(Self { schema: schema.to_owned(), version: version.to_owned(), sizes })
    }

    /// What it is, for proofs.
    pub(super) fn place(&self, server: &str) -> String {
        format!("HypoPG {} in a session on the target ({server})", self.version)
    }

    fn function(&self, name: &str) -> String {
        Dialect::Postgres.qualified(&self.schema, name)
    }

    fn hides(&self) -> bool {
        let mut numbers = self.version.split('.').map(|part| part.parse().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= HIDES
    }

    /// Makes an index once, to hear whether it can be and, when its sizes count, how many bytes it is said to take; it is gone
    /// afterwards.
    pub(super) async fn try_out(&self, seat: &mut Seat, book: &Book, id: IndexId) -> Result<Option<u64>, String> {
        let told = if self.sizes { self.function("hypopg_relation_size") + "(indexrelid)" } else { "''".to_owned() };
        let mut all = self.creating(book, id, &told)?;
        all.push(self.forgetting());
        seat.shown.clear();
        let told = seat.lists(&all).await;
        if told.is_err() || !seat.hidden.is_empty() {
            self.clear(seat).await?;
        }
        let told = told.map_err(|reason| named(&reason))?;
        let bytes = told[..all.len() - 1].iter().map(|one| one.first().and_then(|bytes| bytes.parse::<u64>().ok()));
        if self.sizes {
            bytes.sum::<Option<u64>>().ok_or_else(|| "HypoPG tells no size".to_owned()).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Statements that make an index, one for each table that it is stored for, and tell something of each.
    fn creating(&self, book: &Book, id: IndexId, told: &str) -> Result<Vec<String>, String> {
        let create = self.function("hypopg_create_index");
        let making = |statement: &String| {
            let literal = Dialect::Postgres.literal(statement);
            format!("SELECT /* dbwright */ {told} FROM {create}({literal})")
        };
        Ok(book.hypothetical(id)?.iter().map(making).collect())
    }

    fn forgetting(&self) -> String {
        format!("SELECT /* dbwright */ {}()", self.function("hypopg_reset"))
    }

    /// Forgets all hypothetical indexes of a session, and shows what was hidden.
    async fn clear(&self, seat: &mut Seat) -> Result<(), String> {
        seat.shown.clear();
        seat.hidden.clear();
        let mut sql = self.forgetting();
        if self.hides() {
            sql = format!("{sql}; SELECT /* dbwright */ {}()", self.function("hypopg_unhide_all_indexes"));
        }
        seat.command(&sql).await
    }

    /// Answers one question.
    pub(super) async fn ask(&self, seat: &mut Seat, book: &Book, ask: &Ask, sql: &str) -> Result<Plan, String> {
        let outcome = match self.show(seat, book, ask).await {
            Ok(()) => seat.explain(sql, "").await,
            Err(reason) => Err(reason),
        };
        if outcome.is_err() {
            // What the session holds is not certain any more.
            self.clear(seat).await?;
        }
        outcome
    }

    /// Makes exactly the wanted indexes visible. One that is left over costs planning time, so it is dropped at once.
    async fn show(&self, seat: &mut Seat, book: &Book, ask: &Ask) -> Result<(), String> {
        let drop = self.function("hypopg_drop_index");
        let leftover: Vec<IndexId> = seat.shown.keys().copied().filter(|id| !ask.with.contains(id)).collect();
        let oids: Vec<u32> = leftover.iter().filter_map(|id| seat.shown.remove(id)).flatten().collect();
        let mut calls: Vec<String> = oids.iter().map(|oid| format!("{drop}({oid})")).collect();
        calls.extend(self.hiding(seat, book, ask)?);
        let mut all = Vec::new();
        if !calls.is_empty() {
            all.push(format!("SELECT /* dbwright */ {}", calls.join(", ")));
        }
        let missing: Vec<IndexId> = ask.with.iter().copied().filter(|id| !seat.shown.contains_key(id)).collect();
        let mut made = Vec::new();
        for id in missing {
            let creating = self.creating(book, id, "indexrelid")?;
            made.push((id, all.len()..all.len() + creating.len()));
            all.extend(creating);
        }
        if all.is_empty() {
            return Ok(());
        }
        // All at once, so that the network is waited for once only.
        let told = seat.lists(&all).await.map_err(|reason| named(&reason))?;
        for (id, range) in made {
            let oids = told[range].iter().flatten().filter_map(|oid| oid.parse().ok()).collect();
            seat.shown.insert(id, oids);
        }
        Ok(())
    }

    fn hiding(&self, seat: &mut Seat, book: &Book, ask: &Ask) -> Result<Vec<String>, String> {
        if !ask.without.is_empty() && !self.hides() {
            return Err(format!("HypoPG {} can't hide existing indexes; 1.4 and later can", self.version));
        }
        let mut calls = Vec::new();
        let stays: Vec<IndexId> = seat.hidden.iter().copied().filter(|id| !ask.without.contains(id)).collect();
        for id in stays {
            let unhide = self.function("hypopg_unhide_index");
            calls.extend(book.oids(id).into_iter().map(|oid| format!("{unhide}({oid})")));
            seat.hidden.remove(&id);
        }
        for id in &ask.without {
            if seat.hidden.insert(*id) {
                let hide = self.function("hypopg_hide_index");
                calls.extend(book.oids(*id).into_iter().map(|oid| format!("{hide}({oid})")));
            }
        }
        Ok(calls)
    }
}

fn named(reason: &str) -> String {
    reason.replace("hypopg: ", "HypoPG: ")
}

fn missing(name: &str) -> Failure {
    Failure::usage("postgres.no-hypopg", format!("{name} has no HypoPG, so indexes can't be tried there without building them"))
        .hint("run CREATE EXTENSION hypopg there, once its files are installed")
        .hint("or name the folder of PostgreSQL's own programs of the same major version with --programs: a planner twin needs nothing on the target")
}
