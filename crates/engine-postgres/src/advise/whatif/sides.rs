//! The two places where plans can be made, as one.

use std::collections::{BTreeSet, HashMap};

use dbwright_advise::index::Index;
use dbwright_advise::port::{Ask, IndexId, WhatIfOptions};
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};

use super::book::Book;
use super::hypo::Hypo;
use super::seat::Seat;
use super::twin::{SYSTEM_COLUMNS, Stage};
use crate::explain::Plan;
use crate::twin::{Twin, TwinOptions};

/// Connections on a target: it has other work to do.
const ON_TARGET: usize = 2;
/// Most connections to a twin that none of them waits for: planning is all that it does.
const IN_TWIN: usize = SYSTEM_COLUMNS;

/// A place with its sessions.
pub(super) struct Opened {
    pub(super) side: Side,
    pub(super) seats: Vec<Seat>,
}

/// A place to plan in.
pub(super) enum Side {
    /// The target, with the name of its server.
    Target(Hypo, String),
    /// The planner twin.
    Twin(Box<Stage>),
}

/// Builds a twin and opens sessions in it.
pub(super) async fn twin(
    snapshot: &Snapshot,
    address: Option<&Address>,
    options: &WhatIfOptions,
    progress: &dyn Progress,
) -> Result<Opened, Failure> {
    let connections = match options.connections {
        0 => std::thread::available_parallelism().map_or(2, usize::from).min(IN_TWIN),
        given => given,
    };
    let wanted = TwinOptions { programs: options.observe.programs.clone(), connections, ..TwinOptions::default() };
    let twin = Twin::build(snapshot, address, &wanted, progress).await?;
    Stage::prepare(&twin).await?;
    let mut seats = Vec::with_capacity(connections);
    for number in 0..connections {
        seats.push(Seat::in_twin(&twin, number).await?);
    }
    let first = seats.first().ok_or_else(|| Failure::internal("postgres.no-place", "no session was opened"))?;
    let stage = Stage::of(twin, first).await?;
    Ok(Opened { side: Side::Twin(Box::new(stage)), seats })
}

/// Opens sessions on the target.
pub(super) async fn on_target(
    version: &str,
    address: &Address,
    options: &WhatIfOptions,
    progress: &dyn Progress,
) -> Result<Opened, Failure> {
    progress.stage("connecting to plan on the target", None);
    let first = Seat::on_target(address, &options.observe).await?;
    let hypo = Hypo::find(&first, options.hypothetical_sizes).await?;
    let mut seats = vec![first];
    let wanted = if options.connections == 0 { ON_TARGET } else { options.connections };
    while seats.len() < wanted {
        seats.push(Seat::on_target(address, &options.observe).await?);
    }
    Ok(Opened { side: Side::Target(hypo, format!("PostgreSQL {version}")), seats })
}

impl Side {
    /// What it is, for proofs.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Target(hypo, server) => hypo.place(server),
            Self::Twin(stage) => stage.place(),
        }
    }

    /// Makes extensions that new indexes need, in the twin; what fails shows itself with the index.
    pub(super) async fn extend(&self, seat: &Seat, extensions: &BTreeSet<String>) {
        if let Self::Twin(_) = self {
            for statement in extensions {
                seat.command(statement).await.ok();
            }
        }
    }

    /// Gets ready to make indexes; nothing may be planned until [`Side::settle`].
    pub(super) fn ready(&self, book: &Book, indexes: &[Index]) -> Result<(), Failure> {
        match self {
            Self::Target(..) => Ok(()),
            Self::Twin(stage) => stage.empty(book, indexes),
        }
    }

    /// Makes a defined index that can be shown from now on; it holds a share of the rows. Gives its bytes when the place's own
    /// estimate of them counts.
    pub(super) async fn make(
        &self,
        seat: &mut Seat,
        book: &Book,
        id: IndexId,
        share: f64,
    ) -> Result<Option<u64>, String> {
        match self {
            Self::Target(hypo, _) => hypo.try_out(seat, book, id).await,
            Self::Twin(stage) => stage.make(seat, book, id, share).await.map(|()| None),
        }
    }

    /// Sets right what making indexes has changed beside them.
    pub(super) async fn settle(&self, seat: &Seat) -> Result<(), Failure> {
        if let Self::Twin(stage) = self {
            stage.fill()?;
            stage.restore(seat).await.map_err(|reason| seat.lost(&reason))?;
        }
        Ok(())
    }

    /// Answers one question.
    pub(super) async fn ask(&self, seat: &mut Seat, book: &Book, ask: &Ask, sql: &str) -> Result<Plan, String> {
        match self {
            Self::Target(hypo, _) => hypo.ask(seat, book, ask, sql).await,
            Self::Twin(stage) => stage.ask(seat, book, ask, sql).await,
        }
    }

    /// Finds defined indexes by the names that they have in plans of this session.
    pub(super) fn names(&self, seat: &Seat) -> impl Fn(&str) -> Option<IndexId> + use<> {
        let shown: Option<HashMap<String, IndexId>> = match self {
            Self::Target(..) => Some(by_name(seat)),
            Self::Twin(_) => None,
        };
        move |name: &str| match &shown {
            Some(shown) => shown.get(name.get(..=name.find('>')?)?).copied(),
            None => Stage::own(name),
        }
    }
}

/// `HypoPG` names an index `<oid>btree_table_columns`.
fn by_name(seat: &Seat) -> HashMap<String, IndexId> {
    let pairs = seat.shown.iter().flat_map(|(id, oids)| oids.iter().map(move |oid| (format!("<{oid}>"), *id)));
    pairs.collect()
}
