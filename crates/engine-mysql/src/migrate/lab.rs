//! What the server will really do, asked of the server: a likeness of the table without rows, in a schema of its own, on
//! which the change is tried from the least harm to the most.
//!
//! On the target itself that is done only by a run that changes it (`apply`, `resume`, `undo`). `plan` writes nothing there:
//! it asks a private server of the same kind on this machine, in a schema of the same name.

use std::path::PathBuf;

use dbwright_core::Failure;
use dbwright_core::progress::Progress;
use dbwright_sql::Dialect;
use mysql_async::Error;

use super::session::link::Link;
use super::session::trouble::{code, failure};
use super::table::{ItemKind, TableText, mark};
use super::text::Cursor;
use super::ways::{REFUSED_WAY, Way};
use crate::lab::like::{Like, Wish, databases, without_place};

/// The schema in which likenesses of a database's tables stand on the target for the time of asking.
pub(super) fn schema(home: &str) -> String {
    format!("dbwright_lab_{}", mark(home))
}

/// A private server, and the session in which it is asked.
pub(super) struct Own {
    link: Link,
    like: Like,
}

impl Own {
    /// Starts one like the target.
    ///
    /// # Errors
    /// When there are no programs of such a server, or it does not start.
    pub(super) async fn start(
        target: &mut Link,
        programs: Vec<PathBuf>,
        progress: &dyn Progress,
    ) -> Result<Self, Failure> {
        let like = Like::start(target, &Wish { programs, ..Wish::default() }, progress).await?;
        Ok(Self { link: like.link("").await?, like })
    }

    /// What is asked, for people.
    pub(super) fn name(&self) -> String {
        self.like.name()
    }
}

/// A lab: on the target itself, or a server of our own.
pub(super) struct Lab {
    schema: String,
    home: String,
    own: Option<Box<Own>>,
}

/// Foreign keys are not checked for a while. Said twice it is as said once: an attempt may have been interrupted between the
/// two. The sums are there because MariaDB's `COALESCE` makes `ON` of a switch.
pub(in crate::migrate) const UNCHECKED: &str = "SET /* dbwright */ \
    @dbwright_checks = COALESCE(@dbwright_checks, @@SESSION.foreign_key_checks + 0), SESSION foreign_key_checks = 0";
/// They are checked again, unless the user's file has turned that off.
pub(in crate::migrate) const CHECKED: &str = "SET /* dbwright */ SESSION foreign_key_checks = \
    IF(COALESCE(@dbwright_checks, @@SESSION.foreign_key_checks + 0) = 1, 1, 0), @dbwright_checks = NULL";

/// What became of a trial.
pub(super) enum Tried {
    /// Done, in this way.
    Done(Way),
    /// The server rejects the statement whatever the way.
    Rejected(Error),
}

/// Refusals that depend on what else is on a machine: tables, functions, folders, keys, storage engines.
pub(crate) const OF_THE_MACHINE: [u16; 13] =
    [1031, 1146, 1210, 1286, 1305, 1478, 1824, 1812, 3119, 3121, 3179, 3185, 3510];

impl Lab {
    /// Makes the schema on the target, in place of one that an interrupted run left.
    pub(super) async fn open(link: &mut Link, home: &str) -> Result<Self, Error> {
        let lab = Self { schema: schema(home), home: home.to_owned(), own: None };
        let name = Dialect::Mysql.ident(&lab.schema);
        link.run(&format!("DROP /* dbwright */ DATABASE IF EXISTS {name}")).await?;
        let charset = link.rows(&format!("SHOW CREATE DATABASE {}", Dialect::Mysql.ident(home))).await?;
        let text = charset.first().and_then(|row| row.get(1).cloned().flatten()).unwrap_or_default();
        // With the character set of the user's database, which new tables take over.
        let options = text.find("/*!40100").map_or("", |at| &text[at..]);
        link.run(&format!("CREATE /* dbwright */ DATABASE {name} {options}")).await?;
        Ok(lab)
    }

    /// Makes the schema on a private server, under the name that it has in the target.
    ///
    /// # Errors
    /// When the target can't be read, or the private server is gone.
    pub(super) async fn within(mut own: Box<Own>, target: &mut Link, home: &str) -> Result<Self, Failure> {
        let dropped = own.link.run(&format!("DROP DATABASE IF EXISTS {}", Dialect::Mysql.ident(home))).await;
        dropped.map_err(|e| failure(&e, "the lab can't be made"))?;
        databases(target, &mut own.link, home).await?;
        Ok(Self { schema: home.to_owned(), home: home.to_owned(), own: Some(own) })
    }

    /// Removes the schema, and goes back to the user's database. The private server can be used again.
    pub(super) async fn close(mut self, link: &mut Link) -> Result<Option<Box<Own>>, Error> {
        let sql = format!("DROP /* dbwright */ DATABASE IF EXISTS {}", Dialect::Mysql.ident(&self.schema));
        if let Some(own) = &mut self.own {
            own.link.run(&sql).await?;
            return Ok(self.own);
        }
        link.run(&sql).await?;
        link.run(&format!("USE {}", Dialect::Mysql.ident(&self.home))).await?;
        link.run(CHECKED).await?;
        Ok(None)
    }

    /// The session in which the lab is asked.
    const fn place<'a>(&'a mut self, target: &'a mut Link) -> &'a mut Link {
        match &mut self.own {
            Some(own) => &mut own.link,
            None => target,
        }
    }

    /// Whether its server is gone.
    pub(super) fn lost(&mut self, target: &mut Link) -> bool {
        self.place(target).lost()
    }

    /// Whether the target may well take what a private server refuses.
    pub(super) fn doubts(&self, error: &Error, target: &Link) -> bool {
        let Some(own) = &self.own else { return false };
        !own.like.lab.programs().is_of_series(target.version) || OF_THE_MACHINE.contains(&code(error))
    }

    /// The schema that likenesses stand in, and the session that sees it.
    pub(super) fn seen<'a>(&'a mut self, target: &'a mut Link) -> (String, &'a mut Link) {
        (self.schema.clone(), self.place(target))
    }

    /// Makes the likeness of a table from its text; tables that it refers to, and that refer to it, come along, so that the
    /// server sees the same foreign keys.
    pub(super) async fn like(
        &mut self,
        link: &mut Link,
        name: &str,
        text: &TableText,
        around: &[(String, TableText)],
    ) -> Result<(), Error> {
        self.send(link, UNCHECKED).await?;
        let mut done = self.parents(link, text).await;
        for (name, text) in around.iter().map(|(name, text)| (name.as_str(), text)).chain([(name, text)]) {
            if done.is_ok() && !self.has(link, name).await? {
                done = self.make(link, &self.table(name), text).await;
            }
        }
        self.send(link, CHECKED).await?;
        done
    }

    async fn make(&mut self, link: &mut Link, table: &str, text: &TableText) -> Result<(), Error> {
        let sql = format!("/* dbwright */ {}", text.create(table, |_| true));
        let Err(error) = self.send(link, &sql).await else { return Ok(()) };
        // A folder of the other machine makes no difference to what can be done to the table.
        let plain = without_place(&sql);
        if self.own.is_none() || plain == sql { Err(error) } else { self.send(link, &plain).await }
    }

    /// Has the server make the indexes of foreign keys itself: it tells them like any others, and those that it made give way to
    /// one of the same name. Says whether there are such.
    pub(super) async fn remake_brought(&mut self, link: &mut Link, name: &str) -> Result<bool, Error> {
        let brought = self.text(link, name).await?.unwrap_or_default().brought();
        if brought.is_empty() {
            return Ok(false);
        }
        let table = self.table(name);
        self.send(link, UNCHECKED).await?;
        let (drops, adds): (Vec<String>, Vec<String>) = brought.into_iter().unzip();
        let mut done = Ok(());
        for clauses in [drops, adds] {
            if done.is_ok() {
                done = self.send(link, &format!("/* dbwright */ ALTER TABLE {table} {}", clauses.join(", "))).await;
            }
        }
        self.send(link, CHECKED).await?;
        if done.is_err() && self.lost(link) { done.map(|()| false) } else { Ok(done.is_ok()) }
    }

    /// A private server has no other databases: tables there that foreign keys refer to are made as well.
    async fn parents(&mut self, link: &mut Link, text: &TableText) -> Result<(), Error> {
        if self.own.is_none() {
            return Ok(());
        }
        for item in text.of(ItemKind::Foreign) {
            let mut cursor = Cursor::new(&item.text);
            let named = cursor.seek(&["references"]) && cursor.accept(&["references"]);
            let Some(name) = cursor.qualified().filter(|name| named && name.schema.is_some()) else { continue };
            let (schema, table) = name.within(&self.home);
            let quoted = format!("{}.{}", Dialect::Mysql.ident(schema), Dialect::Mysql.ident(table));
            let Some(parent) = shown(link, &quoted).await? else { continue };
            self.send(link, &format!("CREATE DATABASE IF NOT EXISTS {}", Dialect::Mysql.ident(schema))).await?;
            if shown(self.place(link), &quoted).await?.is_none() {
                self.make(link, &quoted, &parent).await?;
            }
        }
        Ok(())
    }

    /// A table of the lab, quoted.
    pub(super) fn table(&self, name: &str) -> String {
        format!("{}.{}", Dialect::Mysql.ident(&self.schema), Dialect::Mysql.ident(name))
    }

    /// Whether the lab has a table.
    pub(super) async fn has(&mut self, link: &mut Link, name: &str) -> Result<bool, Error> {
        let sql = "SELECT /* dbwright */ 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?";
        let params = vec![self.schema.as_str().into(), name.into()];
        Ok(!self.place(link).rows_with(sql, params).await?.is_empty())
    }

    /// A table of the lab as it is now.
    pub(super) async fn text(&mut self, link: &mut Link, name: &str) -> Result<Option<TableText>, Error> {
        let table = self.table(name);
        shown(self.place(link), &table).await
    }

    /// Does what `clauses` say in the first way that the server allows.
    pub(super) async fn alter(&mut self, link: &mut Link, name: &str, clauses: &[String]) -> Result<Tried, Error> {
        let (list, table) = (clauses.join(", "), self.table(name));
        let link = self.place(link);
        let mut last = None;
        for way in link.flavour.ways() {
            let sql = format!("/* dbwright */ ALTER TABLE {table} {}, {list}", way.clause());
            match link.run(&sql).await {
                Ok(_) => return Ok(Tried::Done(*way)),
                Err(error) if link.lost() => return Err(error),
                // The algorithm or the lock is not for this change.
                Err(error) if REFUSED_WAY.contains(&code(&error)) => last = Some(error),
                Err(error) => return Ok(Tried::Rejected(error)),
            }
        }
        Ok(last.map_or(Tried::Done(super::ways::ALONE), Tried::Rejected))
    }

    /// Runs a statement of our own.
    pub(super) async fn send(&mut self, link: &mut Link, sql: &str) -> Result<(), Error> {
        self.place(link).run(sql).await.map(drop)
    }

    /// Runs a statement of the user's with the lab as its database.
    pub(super) async fn run(&mut self, link: &mut Link, sql: &str) -> Result<(), Error> {
        let [there, back] = [&self.schema, &self.home].map(|name| format!("USE {}", Dialect::Mysql.ident(name)));
        let link = self.place(link);
        link.run(&there).await?;
        let done = link.run(sql).await.map(drop);
        link.run(&back).await?;
        done
    }
}

/// A table (quoted) as the server tells it; none when there is no such table, or it is a view.
pub(super) async fn shown(link: &mut Link, table: &str) -> Result<Option<TableText>, Error> {
    match link.rows(&format!("SHOW /* dbwright */ CREATE TABLE {table}")).await {
        Ok(rows) => {
            let text = rows.first().and_then(|row| row.get(1).cloned().flatten()).unwrap_or_default();
            Ok(TableText::read(&text))
        }
        // No such table, no such database, not a table.
        Err(error) if matches!(code(&error), 1146 | 1049 | 1347) => Ok(None),
        Err(error) => Err(error),
    }
}
