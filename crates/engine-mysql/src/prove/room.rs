//! The private server of the rehearsals: it takes over what a change is about, and tells what the rules then find.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use dbwright_check::{Checks as _, Outcome};
use dbwright_core::engine::{Engine as _, ObserveOptions, Values};
use dbwright_core::progress::{Progress, Quiet};
use dbwright_core::rule::Limits;
use dbwright_core::snapshot::Header;
use dbwright_core::{Failure, FailureKind, Snapshot};
use dbwright_sql::Dialect;
use mysql_async::Error;

use super::rehearse::NO_TIME;
use super::trial::{TableName, Touches, Trial};
use super::{BUDGET, graft};
use crate::MySql;
use crate::body::{Account, Body, area};
use crate::lab::like::{self, Like};
use crate::migrate::Link;
use crate::settings::value;

/// Settings by which a server takes memory or disk space, and how much it may take for an experiment.
const TAKES: [&str; 4] =
    ["innodb_buffer_pool_size", "innodb_redo_log_capacity", "innodb_log_file_size", "query_cache_size"];
const TAKEN: f64 = 536_870_912.0;

/// The room.
pub(super) struct Room<'a> {
    pub(super) like: Like,
    pub(super) link: Link,
    pub(super) target: &'a Body,
    pub(super) header: &'a Header,
    pub(super) limits: &'a Limits,
    pub(super) progress: &'a dyn Progress,
    pub(super) until: Instant,
    /// The tables that were made, as the lab defines them.
    pub(super) made: BTreeMap<TableName, String>,
    /// Accounts that were made for a trial, or come to be by it: none of them is the lab's own.
    pub(super) mine: Vec<(String, String)>,
    /// Why a table could not be made.
    pub(super) left: BTreeMap<TableName, String>,
}

impl Room<'_> {
    /// Whether there is no time for more.
    pub(super) fn time_is_up(&self) -> bool {
        Instant::now() > self.until
    }

    /// # Errors
    /// When the user asked to stop.
    pub(super) fn go_on(&self) -> Result<(), Failure> {
        if !self.progress.cancelled() {
            return Ok(());
        }
        Err(Failure::new(FailureKind::Interrupted, "interrupted", "stopped while changes were rehearsed"))
    }

    /// What the rules say of the target with what the lab has in its place.
    pub(super) async fn look(&mut self, at: &Touches) -> Result<Outcome, Failure> {
        self.go_on()?;
        let body = match at {
            Touches::Settings(names) => graft::settings(self.target, &self.values(names).await?),
            Touches::Accounts(names) => graft::accounts(self.target, &self.observed().await?.accounts, names),
            Touches::Tables(_) => {
                let made: BTreeSet<TableName> = self.made.keys().cloned().collect();
                graft::tables(self.target, &self.observed().await?, &made)
            }
        };
        MySql.check(&Snapshot::new(self.header.clone(), body), self.limits)
    }

    /// The lab, as any server is observed.
    async fn observed(&self) -> Result<Body, Failure> {
        let database = self.target.server.database.as_deref().unwrap_or_default();
        let options = ObserveOptions {
            values: Values::None,
            statement_timeout: Duration::from_mins(1),
            ..ObserveOptions::default()
        };
        let snapshot = MySql.observe(&self.like.lab.address(database)?, &options, &Quiet(self.progress)).await?;
        let blind = snapshot.header.gaps.iter().find(|gap| [area::CATALOG, area::CONNECTION].contains(&&*gap.area));
        match blind {
            Some(gap) => Err(Failure::internal("mysql.lab", format!("the lab can't be observed: {}", gap.reason))),
            None => Ok(snapshot.body::<Body>()?.clone()),
        }
    }

    /// The lab's values of variables.
    async fn values(&mut self, names: &BTreeSet<String>) -> Result<BTreeMap<String, String>, Failure> {
        let names: Vec<_> = names.iter().map(|name| Dialect::Mysql.literal(name)).collect();
        let sql = format!("SHOW /* dbwright */ GLOBAL VARIABLES WHERE Variable_name IN ({})", names.join(", "));
        let rows = self.link.rows(&sql).await.map_err(|e| gone(&e))?;
        let pair = |row: Vec<Option<String>>| {
            let mut cells = row.into_iter();
            Some((cells.next()??.to_ascii_lowercase(), cells.next()??))
        };
        Ok(rows.into_iter().filter_map(pair).collect())
    }

    /// Gives the lab the state of the target that a change is about.
    ///
    /// # Errors
    /// Why it can't have it.
    pub(super) async fn prepare(&mut self, trial: &Trial) -> Result<(), String> {
        match &trial.touches {
            Touches::Tables(tables) => tables.iter().try_for_each(|name| self.has(name)),
            Touches::Settings(names) => {
                for name in names {
                    self.set_as_there(name, trial).await?;
                }
                Ok(())
            }
            Touches::Accounts(names) => self.accounts_as_there(names).await,
        }
    }

    fn has(&self, name: &TableName) -> Result<(), String> {
        if self.made.contains_key(name) {
            return Ok(());
        }
        let why = self.left.get(name).map_or("the target did not tell its definition", String::as_str);
        Err(format!("{} is not on the private server: {why}", Dialect::Mysql.subject(&[&name.0, &name.1])))
    }

    async fn set_as_there(&mut self, name: &str, trial: &Trial) -> Result<(), String> {
        let there = self.target.variable(name).ok_or_else(|| format!("the target's {name} is not known"))?;
        if TAKES.contains(&name) && trial.alike.change.forward.iter().any(|sql| greatest(sql) > TAKEN) {
            return Err(format!("{name} would take more memory or space of this machine than an experiment is worth"));
        }
        let sql = format!("SET /* dbwright */ GLOBAL {name} = {}", value(there));
        let refused =
            |e: Error| format!("the private server can't be given the target's {name}: {}", crate::error::text(&e));
        self.link.run(&sql).await.map(drop).map_err(refused)
    }

    /// Makes the account that is there before; of those that come to be there must be none.
    async fn accounts_as_there(&mut self, names: &[(String, String)]) -> Result<(), String> {
        let text = |e: Error| crate::error::text(&e);
        for (user, host) in names {
            let sql = "SELECT /* dbwright */ 1 FROM mysql.user WHERE User = ? AND Host = ?";
            let own = self.link.rows_with(sql, vec![user.as_str().into(), host.as_str().into()]).await.map_err(text)?;
            if !own.is_empty() {
                return Err(format!("the private server has an account {user}@{host} of its own"));
            }
        }
        self.mine = names.to_vec();
        let Some((user, host)) = names.first() else { return Ok(()) };
        let known = self.target.accounts.iter().find(|account| account.user == *user && account.host == *host);
        let account = known.ok_or("the account is not known")?;
        for sql in making(account)? {
            let refused = |e| format!("the private server refuses such an account: {}", text(e));
            self.link.run(&sql).await.map(drop).map_err(refused)?;
        }
        Ok(())
    }

    /// Takes away what the lab was given for a trial, whatever has become of it.
    pub(super) async fn clear(&mut self, trial: &Trial, own: &BTreeMap<String, String>) -> Result<(), Failure> {
        match &trial.touches {
            Touches::Tables(_) => {}
            Touches::Settings(_) => {
                for (name, text) in own.iter().chain(own) {
                    // One may only be taken back after another, so that the second round matters.
                    let _ = self.link.run(&format!("SET GLOBAL {name} = {}", value(text))).await;
                }
            }
            Touches::Accounts(_) => {
                for (user, host) in std::mem::take(&mut self.mine) {
                    let [user, host] = [&user, &host].map(|text| Dialect::Mysql.literal(text));
                    self.link.run(&format!("DROP USER IF EXISTS {user}@{host}")).await.map_err(|e| gone(&e))?;
                }
            }
        }
        Ok(())
    }

    /// The lab's own values of what a trial will change.
    pub(super) async fn own(&mut self, trial: &Trial) -> Result<BTreeMap<String, String>, Failure> {
        match &trial.touches {
            Touches::Settings(names) => self.values(names).await,
            _ => Ok(BTreeMap::new()),
        }
    }

    /// Makes the database that the target's address names, where looking again looks.
    pub(super) async fn settle(&mut self, from: &mut Link) -> Result<(), Failure> {
        match &self.target.server.database {
            Some(name) => like::databases(from, &mut self.link, name).await,
            None => Ok(()),
        }
    }

    /// Makes tables as the target defines them, those that were not made before. That may take half of the time, since the
    /// changes themselves need some, too.
    pub(super) async fn make(&mut self, from: &mut Link, tables: &BTreeSet<TableName>) -> Result<(), Failure> {
        self.progress.stage("making the target's tables on a private server", None);
        let new: Vec<&TableName> =
            tables.iter().filter(|name| !self.made.contains_key(*name) && !self.left.contains_key(*name)).collect();
        if Instant::now() + BUDGET / 2 > self.until {
            self.left.extend(new.into_iter().map(|name| (name.clone(), NO_TIME.to_owned())));
            return Ok(());
        }
        let mut schemas: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (schema, table) in new {
            schemas.entry(schema).or_default().push(table.clone());
        }
        for (schema, names) in schemas {
            self.go_on()?;
            let left = like::tables(from, &mut self.link, schema, Some(&names)).await?;
            for name in names {
                let object = format!("table {}", Dialect::Mysql.subject(&[schema, &name]));
                let key = (schema.to_owned(), name);
                match left.iter().find(|one| one.object == object) {
                    Some(one) => drop(self.left.insert(key, one.why.clone())),
                    None => {
                        if let Some(text) = self.shown(&key).await? {
                            self.made.insert(key, text);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// A table as the lab defines it now.
    pub(super) async fn shown(&mut self, (schema, name): &TableName) -> Result<Option<String>, Failure> {
        let sql = format!("SHOW /* dbwright */ CREATE TABLE {}", Dialect::Mysql.qualified(schema, name));
        match self.link.rows(&sql).await {
            Ok(rows) => Ok(rows.first().and_then(|row| row.get(1).cloned().flatten())),
            Err(error) if self.link.lost() => Err(gone(&error)),
            Err(_) => Ok(None),
        }
    }

    /// Makes tables as they were made at first, in place of what has become of them.
    pub(super) async fn restore(&mut self, tables: &BTreeSet<TableName>) -> Result<(), Failure> {
        for name in tables {
            let Some(text) = self.made.get(name) else { continue };
            like::make_again(&mut self.link, (&name.0, &name.1), text).await?;
        }
        Ok(())
    }
}

/// The largest number in a statement.
fn greatest(sql: &str) -> f64 {
    let numbers = sql.split(|c: char| !c.is_ascii_digit()).filter_map(|text| text.parse::<f64>().ok());
    numbers.fold(0.0, f64::max)
}

/// The statements that make an account like another, but for its password and the rights on single objects.
fn making(account: &Account) -> Result<Vec<String>, String> {
    if account.role {
        return Err("it is a role".to_owned());
    }
    let name = crate::accounts::name(account);
    let secret = match (crate::accounts::by_password(account), account.has_secret) {
        (true, true) => " IDENTIFIED BY 'Rehearsed-1'".to_owned(),
        (true, false) => String::new(),
        (false, _) => format!(" IDENTIFIED WITH {}", Dialect::Mysql.ident(&account.plugin)),
    };
    let tls = match account.tls.as_str() {
        "" => "",
        "ANY" => " REQUIRE SSL",
        _ => " REQUIRE X509",
    };
    let lock = if account.locked { " ACCOUNT LOCK" } else { "" };
    let mut statements = vec![format!("CREATE USER {name}{secret}{tls}{lock}")];
    if account.superuser {
        statements.push(format!("GRANT ALL PRIVILEGES ON *.* TO {name} WITH GRANT OPTION"));
    }
    Ok(statements)
}

/// The failure of a lab that no longer does what it is told.
pub(super) fn gone(error: &Error) -> Failure {
    Failure::internal("mysql.lab", format!("the lab does not answer: {}", crate::error::text(error)))
}
