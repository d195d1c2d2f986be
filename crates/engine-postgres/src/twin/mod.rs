//! The planner twin: an empty private PostgreSQL that plans as the full one does.
//!
//! The planner knows a database by its catalog, its statistics, its settings, the lengths of its files, and a few pages of
//! its indexes. All of that comes from a snapshot; the twin has the same schema, the same statistics, files of the same
//! length that hold nothing (sparse, so they take no room), and b-trees of the same height. Nothing may read its tables.

mod btree;
pub mod check;
mod datums;
mod ends;
mod extended;
mod files;
pub(crate) mod load;
mod metapages;
mod names;
pub(crate) mod schema;
pub(crate) mod settings;
mod statistics;
mod tables;
mod types;

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dbwright_core::engine::{Engine as _, ObserveOptions, Values};
use dbwright_core::progress::Progress;
use dbwright_core::snapshot::Gap;
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};
use dbwright_scratch::Load;

use crate::body::PgBody;
use crate::connect::Connection;
use crate::lab::{Lab, LabOptions};

pub use btree::{Shape, height_of};

/// How a twin is made.
#[derive(Debug, Clone, Default)]
pub struct TwinOptions {
    /// Folders with PostgreSQL's programs (`--programs`); none means that they are looked for.
    pub programs: Vec<PathBuf>,
    /// Connections that will be opened to it; 0 means a few.
    pub connections: usize,
    /// Further settings, which win over the target's.
    pub settings: Vec<(String, String)>,
}

/// A running twin. Dropping it ends the server and removes its folder.
#[derive(Debug)]
pub struct Twin {
    lab: Lab,
    database: String,
    gaps: Vec<Gap>,
}

/// Number of a file that stays empty; the server counts its own numbers up from below.
const EMPTY_FILE: u32 = 0xFFFF_FFF0;

/// How long the twin may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(30);

impl Twin {
    /// Builds the twin of the database that the snapshot was taken of. With an address, a snapshot that was taken without
    /// values is completed by observing once more.
    ///
    /// # Errors
    /// When there are no programs of the target's major version (`postgres.no-programs`: what is missing and how to get
    /// it), the private server does not start, or the user stops it. What can't be twinned is no error: see [`Twin::gaps`].
    pub async fn build(
        snapshot: &Snapshot,
        address: Option<&Address>,
        options: &TwinOptions,
        progress: &dyn Progress,
    ) -> Result<Self, Failure> {
        let body: &PgBody = snapshot.body()?;
        match (address, &body.blueprint) {
            (Some(address), None) => {
                let observe = ObserveOptions { values: Values::All, ..ObserveOptions::default() };
                let full = crate::Postgres.observe(address, &observe, progress).await?;
                Self::of(full.body()?, &full.header.gaps, options, progress).await
            }
            _ => Self::of(body, &snapshot.header.gaps, options, progress).await,
        }
    }

    async fn of(
        body: &PgBody,
        observed: &[Gap],
        options: &TwinOptions,
        progress: &dyn Progress,
    ) -> Result<Self, Failure> {
        let lab = Lab::start(&lab_options(body, options), progress).await?;
        progress.stage("building the planner twin", None);
        let mut gaps: Vec<_> = observed.iter().filter(|gap| concerns(&gap.area)).cloned().collect();
        gaps.extend(row_security(body));
        let database = schema::database(&lab, body, &mut gaps).await?;
        let mut twin = Self { lab, database, gaps };
        let connection = twin.connect().await?;
        twin.fill(&connection, body, progress).await?;
        Ok(twin)
    }

    /// The stages in the order that keeps the server from reading a page before it is right.
    async fn fill(&mut self, connection: &Connection, body: &PgBody, progress: &dyn Progress) -> Result<(), Failure> {
        let client = &connection.client;
        load::run(client, &schema::tables(body), &mut self.gaps, progress).await?;
        load::run(client, &schema::indexes(body), &mut self.gaps, progress).await?;
        let names = names::Names::read(client, body).await?;
        statistics::import(client, body, &names, &mut self.gaps).await?;
        let objects = extended::objects(client, body.server.major()).await?;
        let ends = ends::Ends::of(body, &names);
        let mut values = extended::values(body, &objects);
        values.extend(ends.values());
        let datums = datums::Datums::of(client, &self.lab.data(), &values).await?;
        extended::import(client, body, &objects, &datums, &mut self.gaps).await?;
        let moved =
            files::Shaper { data: &self.lab.data(), body, names: &names, ends: &ends, datums: &datums }.shape()?;
        load::run(client, &moved, &mut self.gaps, progress).await?;
        load::run(client, &schema::last(body), &mut self.gaps, progress).await
    }

    /// A connection to the twin's database, as superuser.
    pub(crate) async fn connect(&self) -> Result<Connection, Failure> {
        crate::connect::open(&Address::parse(&self.url())?, PATIENCE).await
    }

    /// The URL of its database, as superuser.
    #[must_use]
    pub fn url(&self) -> String {
        self.lab.url(&self.database)
    }

    /// The name of its database: that of the target.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The version of PostgreSQL that it runs, for example `15.18`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.lab.programs().version
    }

    /// What could not be twinned, with what would let it: statements that touch it may be planned otherwise, or not at all.
    #[must_use]
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Where a relation's file is, from `pg_relation_filepath`.
    #[must_use]
    pub fn path_of(&self, filepath: &str) -> PathBuf {
        self.lab.data().join(filepath)
    }

    /// Makes a relation's file `pages` long, without taking room. It may be shortened as well. The planner asks for the
    /// length at each planning, so this works while the server runs.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn grow(&self, file: &Path, pages: u64) -> Result<(), Failure> {
        files::resize(file, pages).map_err(|e| files::refused(file, &e))
    }

    /// Statements to run before and behind a `CREATE INDEX` in its transaction, so that it reads an empty table instead of
    /// a long file of nothing: for that transaction alone the table (its oid, and its file) has another file. They
    /// also keep the table's figures, which the server would set to those of an empty table.
    ///
    /// # Errors
    /// When the empty file can't be made.
    pub fn aside(&self, table: u32, filepath: &str) -> Result<(String, String), Failure> {
        let path = self.path_of(filepath);
        let empty = path.with_file_name(EMPTY_FILE.to_string());
        let owner = std::fs::metadata(&path).map_err(|e| files::refused(&path, &e))?;
        files::open(&empty, owner.uid(), owner.gid()).map_err(|e| files::refused(&empty, &e))?;
        let before = format!(
            "SELECT pg_catalog.set_config('dbwright.aside', concat_ws(' ', relfilenode, relpages, reltuples, relallvisible), true) \
             FROM pg_catalog.pg_class WHERE oid = {table}; \
             UPDATE pg_catalog.pg_class SET relfilenode = {EMPTY_FILE} WHERE oid = {table}"
        );
        let kept = |part: u8| format!("split_part(pg_catalog.current_setting('dbwright.aside'), ' ', {part})");
        let (file, pages, rows, visible) = (kept(1), kept(2), kept(3), kept(4));
        let behind = format!(
            "UPDATE pg_catalog.pg_class SET relfilenode = {file}::oid, relpages = {pages}::int4, \
             reltuples = {rows}::float4, relallvisible = {visible}::int4 WHERE oid = {table}"
        );
        Ok((before, behind))
    }

    /// Makes a b-tree out of the file of an index that was just created on an empty table: `pages` long, `height` levels
    /// above the leaves. To be called before any session plans with the index, best in the transaction that creates it:
    /// afterwards its first page is cached.
    ///
    /// # Errors
    /// When the file can't be written, or holds no empty b-tree.
    pub fn make_btree(&self, file: &Path, pages: u64, height: u32) -> Result<(), Failure> {
        btree::write(file, height, None).and_then(|()| files::resize(file, pages)).map_err(|e| files::refused(file, &e))
    }
}

/// Gaps of the snapshot that a twin inherits.
fn concerns(area: &str) -> bool {
    area.starts_with("column-statistics")
        || [
            "catalog",
            "settings",
            "definitions",
            "sizes",
            "blueprint",
            "metapages",
            "extended-statistics",
            "range-statistics",
        ]
        .contains(&area)
}

/// Policies are not applied in the twin, where a superuser plans.
fn row_security(body: &PgBody) -> Option<Gap> {
    let relations = body.blueprint.iter().flat_map(|blueprint| blueprint.relations.values());
    let tables = relations.filter(|extra| extra.row_security.0).count();
    (tables > 0 && !body.server.superuser).then(|| Gap {
        area: load::AREA.to_owned(),
        reason: format!(
            "row-level security is on for {tables} tables; the twin plans as a superuser, without policies"
        ),
        remedy: None,
    })
}

fn lab_options(body: &PgBody, options: &TwinOptions) -> LabOptions {
    let mut settings = settings::of(body, options.connections);
    settings.extend(options.settings.iter().cloned());
    LabOptions {
        programs: options.programs.clone(),
        major: u32::try_from(body.server.major()).ok(),
        load: Load::Catalog,
        settings,
        ..LabOptions::default()
    }
}

/// Objects by qualified name.
type ByName<T> = HashMap<(String, String), T>;
