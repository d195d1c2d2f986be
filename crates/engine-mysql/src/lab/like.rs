//! A lab like a target: the same settings as far as a schema depends on them, and the same schema, without rows.

mod schema;
mod text;

use std::path::PathBuf;

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_core::target::Address;
use dbwright_migrate::port::OpenOptions;
use dbwright_sql::Dialect;
use mysql_async::Error;

use super::{Lab, LabOptions};
use crate::migrate::Link;

pub use schema::Left;
pub(crate) use schema::{databases, make_again, programs, tables};
pub(crate) use text::{without_counter, without_place};

/// Settings that a server has from its start on.
const FIXED: [&str; 8] = [
    "lower_case_table_names",
    "innodb_page_size",
    "explicit_defaults_for_timestamp",
    "ft_min_word_len",
    "innodb_ft_min_token_size",
    "innodb_ft_max_token_size",
    "ngram_token_size",
    "innodb_native_foreign_keys",
];

/// Settings that can be made at any time, in an order in which none undoes another.
const GLOBAL: [&str; 21] = [
    "character_set_server",
    "collation_server",
    "character_set_collations",
    "default_collation_for_utf8mb4",
    "sql_mode",
    "default_storage_engine",
    "innodb_default_row_format",
    "innodb_strict_mode",
    "innodb_file_per_table",
    "innodb_compression_default",
    "innodb_ft_enable_stopword",
    "innodb_instant_alter_column_allowed",
    "alter_algorithm",
    "restrict_fk_on_non_standard_key",
    "sql_require_primary_key",
    "sql_generate_invisible_primary_key",
    "system_versioning_alter_history",
    "updatable_views_with_limit",
    "default_week_format",
    "div_precision_increment",
    "mysql56_temporal_format",
];

/// How a lab like a target is made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    /// Folders with the server's programs.
    pub(crate) programs: Vec<PathBuf>,
    /// Whether it must survive a crash.
    pub(crate) durable: bool,
    /// Further settings of its command line.
    pub(crate) settings: Vec<(String, String)>,
}

/// A lab like a target.
#[derive(Debug)]
pub(crate) struct Like {
    /// The lab.
    pub(crate) lab: Lab,
    /// In what it is not like the target, each a sentence's part: for people.
    pub(crate) differs: Vec<String>,
}

impl Like {
    /// Starts a server of the target's flavour, in its series when there is one, with its settings.
    ///
    /// # Errors
    /// When there are no programs (`mysql.no-programs`), the lab does not start, or the target can't be read.
    pub(crate) async fn start(target: &mut Link, wish: &Wish, progress: &dyn Progress) -> Result<Self, Failure> {
        let settings = Settings::of(target).await.map_err(|e| {
            Failure::unreachable("mysql.lab", format!("the settings can't be read: {}", crate::error::text(&e)))
        })?;
        let own = settings.fixed.iter().map(|(name, value)| (format!("loose-{name}"), value.clone()));
        let options = LabOptions {
            programs: wish.programs.clone(),
            version: Some(target.version),
            durable: wish.durable,
            settings: own.chain(wish.settings.iter().cloned()).collect(),
            ..LabOptions::of(target.flavour)
        };
        let lab = Lab::start(&options, progress).await?;
        let mut differs = Vec::new();
        if !lab.programs().is_of_series(target.version) {
            let (major, minor, patch) = target.version;
            differs.push(format!("the target is {} {major}.{minor}.{patch}", target.flavour.name()));
        }
        let like = Self { lab, differs };
        let mut link = like.link("").await?;
        let refused = settings.make(&mut link).await;
        let differs = [like.differs.clone(), refused].concat();
        Ok(Self { differs, ..like })
    }

    /// A session in one of its databases; with an empty name in none.
    ///
    /// # Errors
    /// When the lab does not answer.
    pub(crate) async fn link(&self, database: &str) -> Result<Link, Failure> {
        Link::open(&self.lab.address(database)?, &OpenOptions::default()).await
    }

    /// What was asked, for people: `MySQL 9.7.4 on this machine`.
    pub(crate) fn name(&self) -> String {
        let differs = if self.differs.is_empty() { String::new() } else { format!(" ({})", self.differs.join("; ")) };
        format!("{} on this machine{differs}", self.lab.programs().name())
    }
}

/// A target's schema in a lab.
#[derive(Debug)]
pub struct Copied {
    /// The lab; the database has its name.
    pub lab: Lab,
    /// In what it is not like the target, each a sentence's part.
    pub differs: Vec<String>,
    /// What could not be made.
    pub left: Vec<Left>,
}

/// Starts a lab with the settings of a target and the whole schema of the database that the address names, without rows.
///
/// # Errors
/// When the target can't be reached or names no database, there are no programs, or the lab does not start.
pub async fn copy(target: &Address, folders: &[PathBuf], progress: &dyn Progress) -> Result<Copied, Failure> {
    let mut from = Link::open(target, &OpenOptions { read_only: true, ..OpenOptions::default() }).await?;
    let database = from.home()?;
    let wish = Wish { programs: folders.to_vec(), ..Wish::default() };
    let like = Like::start(&mut from, &wish, progress).await?;
    let mut to = like.link("").await?;
    let mut left = tables(&mut from, &mut to, &database, None).await?;
    left.extend(programs(&mut from, &mut to, &database).await?);
    Ok(Copied { lab: like.lab, differs: like.differs, left })
}

/// A target's settings on which it depends what a schema means and what may be done to it.
#[derive(Debug, Clone, Default)]
struct Settings {
    fixed: Vec<(String, String)>,
    global: Vec<(String, String)>,
}

impl Settings {
    async fn of(target: &mut Link) -> Result<Self, Error> {
        let names = FIXED.iter().chain(&GLOBAL).map(|name| Dialect::Mysql.literal(name));
        let names = names.collect::<Vec<_>>().join(", ");
        let sql = format!("SHOW /* dbwright */ GLOBAL VARIABLES WHERE Variable_name IN ({names})");
        let rows = target.rows(&sql).await?;
        let value = |name: &&str| {
            let row = rows.iter().find(|row| row.first().is_some_and(|own| own.as_deref() == Some(*name)))?;
            Some(((*name).to_owned(), row.get(1)?.clone()?))
        };
        let fixed = FIXED.iter().filter_map(&value).map(as_here);
        Ok(Self { fixed: fixed.collect(), global: GLOBAL.iter().filter_map(value).collect() })
    }

    /// Makes them, one by one: what another version does not take is told.
    async fn make(&self, lab: &mut Link) -> Vec<String> {
        let mut refused = Vec::new();
        for (name, value) in &self.global {
            let number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let text = if number { value.clone() } else { Dialect::Mysql.literal(value) };
            if lab.run(&format!("SET /* dbwright */ GLOBAL {name} = {text}")).await.is_err() {
                refused.push(format!("{name} can't be {value} there"));
            }
        }
        refused
    }
}

/// A file system that tells names apart by case can't keep them as given and compare them otherwise: there they are
/// kept in lower case.
fn as_here((name, value): (String, String)) -> (String, String) {
    let folded = name == "lower_case_table_names" && value == "2" && !cfg!(target_os = "macos");
    (name, if folded { "1".to_owned() } else { value })
}
