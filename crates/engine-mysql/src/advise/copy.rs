//! The copy: a private server with the target's schema, and rows of the tables that the workload names.

use std::collections::{BTreeSet, HashMap};

use dbwright_advise::index::ObjectName;
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{Failure, Snapshot};
use dbwright_migrate::port::OpenOptions;
use dbwright_sql::Dialect;
use dbwright_sql::model::Table;
use mysql_async::Error;

use crate::body::{Body, Server};
use crate::flavour::Hiding;
use crate::lab::like::{self, Left, Like, Wish};
use crate::migrate::{Link, copy_rows};
use crate::words;

use super::histograms;

const SQL: Dialect = Dialect::Mysql;
/// How the copy's server differs from one that is only asked: it has room for rows.
const SETTINGS: [(&str, &str); 3] = [
    ("innodb-buffer-pool-size", "512M"),
    ("loose-innodb-redo-log-capacity", "512M"),
    ("loose-innodb-log-buffer-size", "16M"),
];
/// Settings of the target by which its optimizer chooses plans.
const PLANNING: [&str; 13] = [
    "optimizer_switch",
    "optimizer_search_depth",
    "optimizer_prune_level",
    "eq_range_index_dive_limit",
    "join_buffer_size",
    "join_cache_level",
    "sort_buffer_size",
    "tmp_table_size",
    "max_heap_table_size",
    "max_seeks_for_key",
    "range_optimizer_max_mem_size",
    "optimizer_use_condition_selectivity",
    "use_stat_tables",
];
/// Tables whose share is told, at most.
const SAMPLED: usize = 12;
/// What is told of what can't be made, at most.
const TOLD: usize = 5;

/// A private server with rows of the target.
pub(super) struct Copy {
    like: Like,
    /// A session that plans as the target's sessions do.
    pub(super) link: Link,
    address: Address,
    /// The databases that are in it.
    schemas: Vec<String>,
    /// How indexes are hidden there.
    pub(super) hiding: Hiding,
    /// The server, as the target's was observed, with the version of the copy.
    pub(super) server: Server,
    /// What the reader should know, one sentence each.
    pub(super) notes: Vec<String>,
    /// Rows by table.
    rows: HashMap<ObjectName, f64>,
    /// Share of each table's rows that is here.
    shares: HashMap<ObjectName, f64>,
}

impl Copy {
    /// Starts the server and makes the schema in it.
    ///
    /// # Errors
    /// When the target can't be read, or there are no programs of its flavour.
    pub(super) async fn start(
        snapshot: &Snapshot,
        address: &Address,
        programs: &[std::path::PathBuf],
        progress: &dyn Progress,
    ) -> Result<Self, Failure> {
        let body: &Body = snapshot.body()?;
        let mut source = Link::open(address, &OpenOptions { read_only: true, ..OpenOptions::default() }).await?;
        let settings = SETTINGS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let wish = Wish { programs: programs.to_vec(), durable: false, settings };
        let like = Like::start(&mut source, &wish, progress).await?;
        let link = like.link("").await?;
        let server = Server { flavour: link.flavour, version: link.version, ..body.server.clone() };
        // MySQL tells plans with the rows that a LIMIT spares from 8.0.16 on.
        let hiding = server.hides_indexes_by().filter(|_| server.at_least((8, 0, 16), (10, 6, 0)));
        let hiding = hiding.ok_or_else(|| too_old(&server))?;
        let schemas = match &body.server.database {
            Some(home) => vec![home.clone()],
            None => body.schemas.iter().map(|schema| schema.name.clone()).collect(),
        };
        let notes =
            like.differs.iter().map(|one| format!("The copy's server is not as the target's: {one}.")).collect();
        let (rows, shares) = (HashMap::new(), HashMap::new());
        let mut copy = Self { like, link, address: address.clone(), schemas, hiding, server, notes, rows, shares };
        progress.stage("making the target's schema on the private server", None);
        for schema in copy.schemas.clone() {
            let left = like::tables(&mut source, &mut copy.link, &schema, None).await?;
            copy.tell(left);
        }
        Ok(copy)
    }

    /// Copies rows of some tables, and makes what may use them: views, routines, triggers.
    ///
    /// # Errors
    /// When the target's rows can't be read or the copy is gone.
    pub(super) async fn fill(
        &mut self,
        body: &Body,
        wanted: &BTreeSet<ObjectName>,
        (limit, option): (u64, &str),
        progress: &dyn Progress,
    ) -> Result<(), Failure> {
        let is_wanted = |table: &&Table| {
            wanted.contains(&ObjectName { schema: table.schema.clone(), name: table.name.clone() })
                && self.schemas.contains(&table.schema)
        };
        let tables: Vec<&Table> = body.catalog.user_tables().filter(is_wanted).collect();
        let copied = copy_rows(&self.address, &mut self.link, &tables, Some(limit), progress).await;
        let notes = copied.map_err(|failure| {
            failure.hint("advice is made on a copy of rows: the account needs SELECT on the tables that the workload names, and on those that their foreign keys refer to")
        })?;
        let cut = !notes.is_empty();
        self.link.set_up(&[]).await?;
        let mut source = Link::open(&self.address, &OpenOptions { read_only: true, ..OpenOptions::default() }).await?;
        for schema in self.schemas.clone() {
            let left = like::programs(&mut source, &mut self.link, &schema).await?;
            self.tell(left);
        }
        progress.stage("gathering statistics in the copy", Some(tables.len() as u64));
        for (at, table) in tables.iter().enumerate() {
            progress.step(at as u64);
            self.count(table, cut).await?;
        }
        self.notes.extend(self.sampled(&tables, option));
        self.notes.extend(histograms::take_over(&mut self.link, &mut source, body, &tables).await);
        self.plan_as(body).await;
        Ok(())
    }

    async fn count(&mut self, table: &Table, cut: bool) -> Result<(), Failure> {
        let name = SQL.qualified(&table.schema, &table.name);
        self.link.rows(&format!("ANALYZE TABLE {name}")).await.map_err(|e| refused(&e))?;
        let rows = self.link.rows(&format!("SELECT COUNT(*) FROM {name}")).await.map_err(|e| refused(&e))?;
        let rows: f64 = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok()).unwrap_or(0.0);
        let key = ObjectName { schema: table.schema.clone(), name: table.name.clone() };
        let share = table.rows.filter(|all| cut && *all > rows * 1.1).map_or(1.0, |all| rows.max(1.0) / all);
        if rows < 0.5 {
            self.notes.push(format!("{key} has no rows: nothing can be said of indexes on it."));
        }
        self.shares.insert(key.clone(), share);
        self.rows.insert(key, rows);
        Ok(())
    }

    /// How much of which tables is here; none when all of all is.
    fn sampled(&self, tables: &[&Table], option: &str) -> Option<String> {
        let mut parts: Vec<(f64, String)> = Vec::new();
        for table in tables {
            let key = ObjectName { schema: table.schema.clone(), name: table.name.clone() };
            let share = self.share(&key);
            if share < 1.0 {
                let all = words::count(table.rows.unwrap_or_default());
                let rows = words::count(self.rows(&key));
                parts.push((share, format!("{key} {} ({rows} of about {all} rows)", words::percent(share))));
            }
        }
        parts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (sampled, whole) = (parts.len(), tables.len() - parts.len());
        let shown: Vec<String> = parts.into_iter().map(|(_, text)| text).take(SAMPLED).collect();
        let more = sampled.saturating_sub(shown.len());
        let more = if more > 0 { format!(", and a part of {more} more") } else { String::new() };
        let others = match whole {
            0 => String::new(),
            1 => "; of the other table all rows".to_owned(),
            many => format!("; of the {many} other tables all rows"),
        };
        let larger = if option.is_empty() { String::new() } else { format!("; {option} SIZE takes more rows") };
        (sampled > 0).then(|| {
            format!(
                "The copy holds a sample: {}{more}{others}. Costs are those of the sample, so that what an index gains on the \
                 target is rather more{larger}.",
                shown.join(", ")
            )
        })
    }

    /// The target's settings for the session; what this version does not know is left as it is.
    async fn plan_as(&mut self, body: &Body) {
        for name in PLANNING {
            let Some(value) = body.variable(name) else { continue };
            let number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let text = if number { value.to_owned() } else { SQL.literal(value) };
            let _ = self.link.run(&format!("SET SESSION {name} = {text}")).await;
        }
    }

    fn tell(&mut self, left: Vec<Left>) {
        let count = left.len();
        let told = left.into_iter().take(TOLD);
        self.notes.extend(told.map(|Left { object, why }| format!("{object} is not in the copy: {why}.")));
        if count > TOLD {
            self.notes.push(format!("{} more objects are not in the copy.", count - TOLD));
        }
    }

    /// What it is, for proofs.
    pub(super) fn place(&self) -> String {
        let sampled = self.shares.values().filter(|share| **share < 1.0).count();
        let rows: f64 = self.rows.values().sum();
        let tables = self.rows.len();
        let how = if sampled == 0 { "all rows".to_owned() } else { format!("a sample of the rows of {sampled}") };
        let which = if sampled == 0 { "of" } else { "and all of the others of" };
        format!("a copy with {how} {which} {tables} tables ({rows:.0} rows) in {}", self.like.name())
    }

    /// The URL of one of its databases.
    pub(super) fn url(&self, database: &str) -> String {
        self.like.lab.url(database)
    }

    /// The database in which statements run that name none.
    pub(super) fn home(&self) -> Option<&str> {
        match self.schemas.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Whether a database is here.
    pub(super) fn has(&self, schema: &str) -> bool {
        self.schemas.iter().any(|own| SQL.same_name(own, schema))
    }

    /// Rows of a table here.
    pub(super) fn rows(&self, table: &ObjectName) -> f64 {
        self.rows.get(table).copied().unwrap_or(0.0)
    }

    /// Share of a table's rows that is here.
    pub(super) fn share(&self, table: &ObjectName) -> f64 {
        self.shares.get(table).copied().unwrap_or(1.0)
    }

    /// Tables with rows here.
    pub(super) fn tables(&self) -> BTreeSet<ObjectName> {
        self.rows.keys().cloned().collect()
    }
}

/// The copy's complaint.
pub(super) fn refused(error: &Error) -> Failure {
    Failure::internal("mysql.lab", format!("the copy refuses: {}", crate::error::text(error)))
}

fn too_old(server: &Server) -> Failure {
    let (major, minor, patch) = server.version;
    Failure::usage(
        "mysql.advise-version",
        format!("{} {major}.{minor}.{patch} can't hide an index, or tells no costs of a plan's steps: sets of indexes can't be compared", server.flavour.name()),
    )
    .hint("name the programs of MySQL 8.0.16 or MariaDB 10.6, or newer ones, with --programs FOLDER: plans are then made by those")
}
