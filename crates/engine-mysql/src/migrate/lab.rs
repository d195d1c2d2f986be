//! What the server will really do, asked of the server: a likeness of the table without rows, in a schema of its own, on
//! which the change is tried from the least harm to the most.
//!
//! On the target itself that is done only by a run that changes it (`apply`, `resume`, `undo`); `plan` writes nothing there.

use dbwright_sql::Dialect;
use mysql_async::Error;

use super::session::link::Link;
use super::session::trouble::code;
use super::table::{TableText, mark};
use super::ways::Way;

/// The schema in which likenesses of a database's tables stand for the time of asking.
pub(super) fn schema(home: &str) -> String {
    format!("dbwright_lab_{}", mark(home))
}

/// A lab.
pub(super) struct Lab {
    schema: String,
    home: String,
}

/// What became of a trial.
pub(super) enum Tried {
    /// Done, in this way.
    Done(Way),
    /// The server rejects the statement whatever the way.
    Rejected(Error),
}

impl Lab {
    /// Makes the schema, in place of one that an interrupted run left.
    pub(super) async fn open(link: &mut Link, home: &str) -> Result<Self, Error> {
        let lab = Self { schema: schema(home), home: home.to_owned() };
        let name = Dialect::Mysql.ident(&lab.schema);
        link.run(&format!("DROP /* dbwright */ DATABASE IF EXISTS {name}")).await?;
        let charset = link.rows(&format!("SHOW CREATE DATABASE {}", Dialect::Mysql.ident(home))).await?;
        let text = charset.first().and_then(|row| row.get(1).cloned().flatten()).unwrap_or_default();
        // With the character set of the user's database, which new tables take over.
        let options = text.find("/*!40100").map_or("", |at| &text[at..]);
        link.run(&format!("CREATE /* dbwright */ DATABASE {name} {options}")).await?;
        Ok(lab)
    }

    /// Removes the schema, and goes back to the user's database.
    pub(super) async fn close(&self, link: &mut Link) -> Result<(), Error> {
        link.run(&format!("DROP /* dbwright */ DATABASE IF EXISTS {}", Dialect::Mysql.ident(&self.schema))).await?;
        link.run(&format!("USE {}", Dialect::Mysql.ident(&self.home))).await?;
        link.run("SET /* dbwright */ SESSION foreign_key_checks = 1").await.map(drop)
    }

    /// Makes the likeness of a table from its text; tables that it refers to, and that refer to it, come along, so that the
    /// server sees the same foreign keys.
    pub(super) async fn like(
        &self,
        link: &mut Link,
        name: &str,
        text: &TableText,
        around: &[(String, TableText)],
    ) -> Result<(), Error> {
        link.run("SET /* dbwright */ SESSION foreign_key_checks = 0").await?;
        let mut done = Ok(());
        for (name, text) in around.iter().map(|(name, text)| (name.as_str(), text)).chain([(name, text)]) {
            if !self.has(link, name).await? {
                done =
                    link.run(&format!("/* dbwright */ {}", text.create(&self.table(name), |_| true))).await.map(drop);
            }
        }
        link.run("SET /* dbwright */ SESSION foreign_key_checks = 1").await?;
        done
    }

    /// A table of the lab, quoted.
    pub(super) fn table(&self, name: &str) -> String {
        format!("{}.{}", Dialect::Mysql.ident(&self.schema), Dialect::Mysql.ident(name))
    }

    /// Whether the lab has a table.
    pub(super) async fn has(&self, link: &mut Link, name: &str) -> Result<bool, Error> {
        let sql = "SELECT /* dbwright */ 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?";
        Ok(!link.rows_with(sql, vec![self.schema.as_str().into(), name.into()]).await?.is_empty())
    }

    /// A table of the lab as it is now.
    pub(super) async fn text(&self, link: &mut Link, name: &str) -> Result<Option<TableText>, Error> {
        shown(link, &self.table(name)).await
    }

    /// Does what `clauses` say in the first way that the server allows.
    pub(super) async fn alter(&self, link: &mut Link, name: &str, clauses: &[String]) -> Result<Tried, Error> {
        let list = clauses.join(", ");
        let mut last = None;
        for way in link.flavour.ways() {
            let sql = format!("/* dbwright */ ALTER TABLE {} {}, {list}", self.table(name), way.clause());
            match link.run(&sql).await {
                Ok(_) => return Ok(Tried::Done(*way)),
                Err(error) if link.lost() => return Err(error),
                // The algorithm or the lock is not for this change.
                Err(error) if matches!(code(&error), 1221 | 1845 | 1846 | 4092) => last = Some(error),
                Err(error) => return Ok(Tried::Rejected(error)),
            }
        }
        Ok(last.map_or(Tried::Done(super::ways::ALONE), Tried::Rejected))
    }

    /// Runs a statement of the user's with the lab as its database.
    pub(super) async fn run(&self, link: &mut Link, sql: &str) -> Result<(), Error> {
        link.run(&format!("USE {}", Dialect::Mysql.ident(&self.schema))).await?;
        let done = link.run(sql).await.map(drop);
        link.run(&format!("USE {}", Dialect::Mysql.ident(&self.home))).await?;
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
