//! Where a rehearsal takes place: a lab like the target, with its schema, and rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dbwright_core::engine::{Engine as _, ObserveOptions, Values};
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_core::{BoxFuture, Failure};
use dbwright_migrate::port::OpenOptions;
use dbwright_migrate::rehearse::rows::{counted, told};
use dbwright_migrate::rehearse::touched::{Touched, proportions, touched};
use dbwright_migrate::rehearse::{Clients, Schema, Size, Stage, TableRows, Template, TryOut, Watch, whole};
use dbwright_migrate::{OnlineDdl as _, Session};
use dbwright_sql::Dialect;
use dbwright_sql::model::Table;

use super::MyStages;
use super::load::{MyClients, templates};
use super::rows::{self, lost};
use super::try_out::MyTryOut;
use super::watch::MyWatch;
use crate::MySql;
use crate::body::Body;
use crate::lab::SUPERUSER;
use crate::lab::like::{self, Left, Like, Wish, without_counter};
use crate::migrate::session::link::Link;
use crate::migrate::ways::LOAD;

const SQL: Dialect = Dialect::Mysql;
/// How the server differs from one that is only asked: it tells who waits for whom, and has room for a load.
const SETTINGS: [(&str, &str); 6] = [
    ("performance-schema", "ON"),
    ("performance-schema-instrument", "wait/lock/metadata/sql/mdl=ON"),
    ("max-connections", "200"),
    ("innodb-buffer-pool-size", "256M"),
    ("loose-innodb-redo-log-capacity", "512M"),
    ("loose-innodb-log-buffer-size", "16M"),
];
/// Tables whose texts are compared, at most; the catalog compares all of them.
const TEXTS: usize = 500;

/// A private server, ready for a rehearsal.
pub(super) struct MyStage {
    like: Like,
    home: String,
    server: String,
    data: String,
    notes: Vec<String>,
    tables: Vec<TableRows>,
    /// The target's sizes, by which plans are made.
    sizes: BTreeMap<(String, String), (u64, u64)>,
    /// With what tables are copied, and where programs are.
    copies: (Option<String>, Vec<std::path::PathBuf>),
}

/// Makes a stage of one size.
pub(super) async fn make(of: &MyStages<'_>, size: Size, progress: &dyn Progress) -> Result<MyStage, Failure> {
    let touched = touched(&of.catalog, of.migrations);
    let read = OpenOptions { read_only: true, ..OpenOptions::default() };
    let mut source = Link::open(of.address, &read).await?;
    let settings = SETTINGS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let wish = Wish { programs: of.options.programs.clone(), durable: false, settings };
    let like = Like::start(&mut source, &wish, progress).await?;
    let server = like.lab.programs().name();
    let mut notes: Vec<String> = like.differs.iter().map(|one| format!("not as in the target: {one}")).collect();
    let mut link = like.link("").await?;
    progress.stage("making the target's schema on the private server", None);
    let mut left = Vec::new();
    for (schema, wanted) in schemas(of, &touched) {
        left.extend(like::tables(&mut source, &mut link, &schema, wanted.as_deref()).await?);
    }
    let data = match size {
        Size::Copy => {
            let limit = of.options.copy_bytes;
            notes.extend(rows::copy(of.address, &mut link, &touched.filled, limit, progress).await?);
            format!("rows copied from the target; {server}")
        }
        Size::Rows(count) => {
            let counts = proportions(&of.catalog, &touched.filled, count);
            notes.extend(rows::make(&mut link, of.body, &touched.filled, &counts, progress).await?);
            String::new()
        }
    };
    link.set_up(&[]).await?;
    left.extend(like::programs(&mut source, &mut link, &of.home).await?);
    notes.extend(left.iter().map(|Left { object, why }| format!("{object} is not on the private server: {why}")));
    prepare(&mut link, &touched).await?;
    let tables = counts(&mut link, &touched).await?;
    let data = if data.is_empty() { told(&tables, &server) } else { data };
    let sizes = of.catalog.tables.iter().map(planned).collect();
    let copies = (of.options.copy_tool.clone(), of.options.programs.clone());
    Ok(MyStage { like, home: of.home.clone(), server, data, notes, tables, sizes, copies })
}

/// The databases that are made, each with the tables that are wanted of it; of the target's own all are.
fn schemas(of: &MyStages<'_>, touched: &Touched<'_>) -> BTreeMap<String, Option<Vec<String>>> {
    let mut found = BTreeMap::from([(of.home.clone(), None)]);
    for table in touched.filled.iter().filter(|table| table.schema != of.home) {
        let wanted = found.entry(table.schema.clone()).or_insert_with(|| Some(Vec::new()));
        wanted.get_or_insert_default().push(table.name.clone());
    }
    found
}

/// The account of the load, and statistics of the rows.
async fn prepare(link: &mut Link, touched: &Touched<'_>) -> Result<(), Failure> {
    let account = format!("'{LOAD}'@'localhost'");
    for sql in [format!("CREATE USER {account}"), format!("GRANT ALL ON *.* TO {account}")] {
        link.run(&sql).await.map_err(|e| lost(&e))?;
    }
    for table in &touched.filled {
        let sql = format!("ANALYZE TABLE {}", SQL.qualified(&table.schema, &table.name));
        link.rows(&sql).await.map_err(|e| lost(&e))?;
    }
    Ok(())
}

async fn counts(link: &mut Link, touched: &Touched<'_>) -> Result<Vec<TableRows>, Failure> {
    let mut all = Vec::new();
    for table in &touched.filled {
        let sql = format!("SELECT COUNT(*) FROM {}", SQL.qualified(&table.schema, &table.name));
        let rows = link.rows(&sql).await.map_err(|e| lost(&e))?;
        let rows = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok()).unwrap_or(0);
        all.push(counted(touched, table, rows));
    }
    Ok(all)
}

/// What plans take a table's size to be.
fn planned(table: &Table) -> ((String, String), (u64, u64)) {
    let indexes: u64 = table.indexes.iter().filter_map(|index| index.bytes).sum();
    let bytes = table.bytes.unwrap_or(0) + indexes;
    ((table.schema.clone(), table.name.clone()), (whole(table.rows.unwrap_or(0.0)), bytes))
}

impl MyStage {
    fn address(&self) -> Result<Address, Failure> {
        self.like.lab.address(&self.home)
    }

    async fn link(&self) -> Result<Link, Failure> {
        self.like.link(&self.home).await
    }

    async fn observed(&self, progress: &dyn Progress) -> Result<Schema, Failure> {
        let options = ObserveOptions { values: Values::None, ..ObserveOptions::default() };
        let snapshot = MySql.observe(&self.address()?, &options, progress).await?;
        let body: &Body = snapshot.body()?;
        let mut catalog = body.catalog.clone();
        let ours = |schema: &str| schema == "dbwright" || schema == rows::SCHEMA;
        catalog.tables.retain(|table| !ours(&table.schema));
        catalog.functions.retain(|one| !ours(&one.schema));
        let texts = self.texts().await?;
        Ok(Schema { catalog, texts })
    }

    /// What `SHOW CREATE TABLE` says of the tables: all that the catalog has no place for.
    async fn texts(&self) -> Result<BTreeMap<String, String>, Failure> {
        let mut link = self.link().await?;
        let sql = format!(
            "SELECT /* dbwright */ table_name FROM information_schema.tables WHERE table_schema = {} \
             AND table_type = 'BASE TABLE' ORDER BY 1 LIMIT {TEXTS}",
            SQL.literal(&self.home)
        );
        let names: BTreeSet<String> = link
            .rows(&sql)
            .await
            .map_err(|e| lost(&e))?
            .into_iter()
            .filter_map(|row| row.into_iter().next()?)
            .collect();
        let mut texts = BTreeMap::new();
        for name in names {
            let sql = format!("SHOW /* dbwright */ CREATE TABLE {}", SQL.qualified(&self.home, &name));
            let rows = link.rows(&sql).await.map_err(|e| lost(&e))?;
            let text = rows.first().and_then(|row| row.get(1).cloned().flatten()).unwrap_or_default();
            texts.insert(SQL.subject(&[&self.home, &name]), without_counter(&text));
        }
        Ok(texts)
    }
}

impl Stage for MyStage {
    fn data(&self) -> &str {
        &self.data
    }

    fn server(&self) -> &str {
        &self.server
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }

    fn tables(&self) -> &[TableRows] {
        &self.tables
    }

    fn open<'a>(&'a self, progress: &'a dyn Progress) -> BoxFuture<'a, Result<Box<dyn Session>, Failure>> {
        Box::pin(async {
            let (copy_tool, programs) = self.copies.clone();
            let options = OpenOptions { sizes: self.sizes.clone(), copy_tool, programs, ..OpenOptions::default() };
            MySql.open(&self.address()?, &options, progress).await
        })
    }

    fn schema<'a>(&'a self, progress: &'a dyn Progress) -> BoxFuture<'a, Result<Schema, Failure>> {
        Box::pin(self.observed(progress))
    }

    fn load<'a>(&'a self, tables: &'a [&'a Table]) -> BoxFuture<'a, Result<Vec<Template>, Failure>> {
        Box::pin(async { templates(&mut self.link().await?, tables).await })
    }

    fn clients(&self) -> Result<Arc<dyn Clients>, Failure> {
        let url = self.like.lab.url(&self.home).replacen(&format!("//{SUPERUSER}:"), &format!("//{LOAD}:"), 1);
        Ok(Arc::new(MyClients::new(Address::parse(&url)?)))
    }

    fn watch(&self) -> BoxFuture<'_, Result<Box<dyn Watch>, Failure>> {
        Box::pin(async { Ok(Box::new(MyWatch::start(&self.address()?).await?) as Box<dyn Watch>) })
    }

    fn try_out(&self) -> BoxFuture<'_, Result<Box<dyn TryOut>, Failure>> {
        Box::pin(async { Ok(Box::new(MyTryOut::new(self.link().await?).await?) as Box<dyn TryOut>) })
    }
}
