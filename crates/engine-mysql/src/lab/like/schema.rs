//! A target's schema, read as the server tells it and made in the lab by the same words.

use dbwright_core::Failure;
use dbwright_sql::Dialect;
use mysql_async::Error;

use super::text::{without_definer, without_place};
use crate::migrate::{Cells, Link};

/// An object that could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// What it is: `table shop.orders`.
    pub object: String,
    /// Why, in the server's words.
    pub why: String,
}

/// The session that definitions are read in: the same text whatever the target's modes are.
const READING: &str = "SET /* dbwright */ SESSION sql_mode = '', SESSION sql_quote_show_create = 1";

/// The session in which they are made: what stands in the target was allowed once.
const MAKING: [&str; 5] = [
    "SESSION foreign_key_checks = 0, SESSION unique_checks = 0, \
     SESSION sql_mode = 'NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'",
    "SESSION innodb_strict_mode = 0",
    "SESSION sql_require_primary_key = 0",
    "SESSION sql_generate_invisible_primary_key = 0",
    "SESSION restrict_fk_on_non_standard_key = 0",
];

/// Makes a database in the lab with the character set that it has in the target, and goes there.
///
/// # Errors
/// When the target can't be read or the lab refuses.
pub(crate) async fn databases(from: &mut Link, to: &mut Link, database: &str) -> Result<(), Failure> {
    let name = Dialect::Mysql.ident(database);
    let shown = from.rows(&format!("SHOW /* dbwright */ CREATE DATABASE {name}")).await.map_err(|e| unread(&e))?;
    let text = shown.first().and_then(|row| row.get(1).cloned().flatten()).unwrap_or_default();
    // Encryption, which stands there as well, is the other machine's.
    let charset = text.find("/*!40100").map_or("", |at| &text[at..]);
    let charset = charset.find("*/").map_or("", |end| &charset[..end + 2]);
    to.run(&format!("CREATE DATABASE IF NOT EXISTS {name} {charset}")).await.map_err(|e| unmade(&e))?;
    to.run(&format!("USE {name}")).await.map(drop).map_err(|e| unmade(&e))
}

/// Makes the tables of a database in the lab, without rows: all, or those that are wanted, and the database itself when it is
/// not there yet.
///
/// # Errors
/// When the target can't be read, or the lab is gone; a single table that the lab refuses is only told.
pub(crate) async fn tables(
    from: &mut Link,
    to: &mut Link,
    database: &str,
    wanted: Option<&[String]>,
) -> Result<Vec<Left>, Failure> {
    begin(from, to, database).await?;
    let sql = "SELECT /* dbwright */ table_name, table_type FROM information_schema.tables \
        WHERE table_schema = ? AND table_type NOT LIKE '%VIEW' AND table_type <> 'TEMPORARY' ORDER BY table_name";
    let rows = from.rows_with(sql, vec![database.into()]).await.map_err(|e| unread(&e))?;
    let mut left = Vec::new();
    for row in &rows {
        let (name, kind) = (cell(row, 0), cell(row, 1));
        if wanted.is_some_and(|wanted| !wanted.contains(&name)) {
            continue;
        }
        let kind = if kind == "SEQUENCE" { "SEQUENCE" } else { "TABLE" };
        let made = match definition(from, kind, database, &name).await? {
            Ok(shown) => table(to, &shown.sql).await,
            Err(why) => Err(why),
        };
        if let Err(why) = made {
            left.push(Left { object: format!("table {}", Dialect::Mysql.subject(&[database, &name])), why });
        }
        alive(to)?;
    }
    end(from, to).await?;
    Ok(left)
}

/// Makes a table of the lab anew from its own definition, in place of what has become of it.
///
/// # Errors
/// When the lab refuses what it took before, or is gone.
pub(crate) async fn make_again(to: &mut Link, (database, name): (&str, &str), sql: &str) -> Result<(), Failure> {
    making(to).await;
    let [schema, table] = [database, name].map(|name| Dialect::Mysql.ident(name));
    for sql in [&format!("USE {schema}"), &format!("DROP TABLE IF EXISTS {table}"), sql] {
        to.run(sql).await.map_err(|e| unmade(&e))?;
    }
    made(to).await
}

/// Makes a table; without what belongs to the other machine when it is refused with it.
async fn table(to: &mut Link, sql: &str) -> Result<(), String> {
    let Err(error) = to.run(sql).await else { return Ok(()) };
    let plain = without_place(sql);
    let again = if plain == sql { Err(error) } else { to.run(&plain).await };
    again.map(drop).map_err(|e| crate::error::text(&e))
}

/// Makes what runs by itself or on call: routines, views, triggers. Rows that are to be copied come before.
///
/// # Errors
/// When the target can't be read, or the lab is gone; a single one that the lab refuses is only told.
pub(crate) async fn programs(from: &mut Link, to: &mut Link, database: &str) -> Result<Vec<Left>, Failure> {
    begin(from, to, database).await?;
    let mut open = Vec::new();
    for (kind, sql) in LISTS {
        let rows = from.rows_with(sql, vec![database.into()]).await.map_err(|e| unread(&e))?;
        open.extend(rows.iter().map(|row| (kind, cell(row, 0))));
    }
    let mut left = Vec::new();
    // One may use another, which is made in a later round.
    loop {
        let before = open.len();
        left.clear();
        let mut still = Vec::new();
        for (kind, name) in open {
            if let Err(why) = program(from, to, (kind, database, &name)).await? {
                let object = format!("{} {}", kind.to_lowercase(), Dialect::Mysql.subject(&[database, &name]));
                left.push(Left { object, why });
                still.push((kind, name));
            }
            alive(to)?;
        }
        open = still;
        if open.is_empty() || open.len() == before {
            break;
        }
    }
    end(from, to).await?;
    Ok(left)
}

const LISTS: [(&str, &str); 4] = [
    (
        "FUNCTION",
        "SELECT /* dbwright */ routine_name FROM information_schema.routines \
         WHERE routine_schema = ? AND routine_type = 'FUNCTION' ORDER BY 1",
    ),
    (
        "PROCEDURE",
        "SELECT /* dbwright */ routine_name FROM information_schema.routines \
         WHERE routine_schema = ? AND routine_type = 'PROCEDURE' ORDER BY 1",
    ),
    ("VIEW", "SELECT /* dbwright */ table_name FROM information_schema.views WHERE table_schema = ? ORDER BY 1"),
    (
        "TRIGGER",
        "SELECT /* dbwright */ trigger_name FROM information_schema.triggers WHERE trigger_schema = ? \
         ORDER BY event_object_table, action_timing, event_manipulation, action_order",
    ),
];

async fn program(
    from: &mut Link,
    to: &mut Link,
    (kind, database, name): (&str, &str, &str),
) -> Result<Result<(), String>, Failure> {
    let shown = match definition(from, kind, database, name).await? {
        Ok(shown) => shown,
        Err(why) => return Ok(Err(why)),
    };
    // A routine runs in the modes in which it was made.
    let mode = Dialect::Mysql.literal(&shown.mode);
    let made = match to.run(&format!("SET SESSION sql_mode = {mode}")).await {
        Ok(_) => to.run(&without_definer(&shown.sql)).await,
        Err(error) => Err(error),
    };
    Ok(made.map(drop).map_err(|e| crate::error::text(&e)))
}

/// How the target defines an object.
struct Shown {
    sql: String,
    mode: String,
}

/// The definition of an object, or why it is not to be seen.
async fn definition(from: &mut Link, kind: &str, database: &str, name: &str) -> Result<Result<Shown, String>, Failure> {
    let (schema, object) = (Dialect::Mysql.ident(database), Dialect::Mysql.ident(name));
    let rows = from.rows(&format!("SHOW /* dbwright */ CREATE {kind} {schema}.{object}")).await;
    let rows = match rows {
        Err(error) if from.lost() => return Err(unread(&error)),
        Err(error) => return Ok(Err(crate::error::text(&error))),
        Ok(rows) => rows,
    };
    let programmed = matches!(kind, "FUNCTION" | "PROCEDURE" | "TRIGGER");
    let row = rows.first().cloned().unwrap_or_default();
    let sql = cell(&row, if programmed { 2 } else { 1 });
    if sql.is_empty() {
        return Ok(Err("the account may not see its definition".to_owned()));
    }
    Ok(Ok(Shown { sql, mode: if programmed { cell(&row, 1) } else { String::new() } }))
}

async fn begin(from: &mut Link, to: &mut Link, database: &str) -> Result<(), Failure> {
    from.run(READING).await.map_err(|e| unread(&e))?;
    databases(from, to, database).await?;
    making(to).await;
    Ok(())
}

/// Lets the lab's session make whatever stands in the target.
async fn making(to: &mut Link) {
    for setting in MAKING {
        // A version that does not have it needs none of it.
        let _ = to.run(&format!("SET {setting}")).await;
    }
}

/// Both sessions as they were.
async fn end(from: &mut Link, to: &mut Link) -> Result<(), Failure> {
    from.set_up(&[]).await?;
    made(to).await
}

/// The lab's session as it was.
async fn made(to: &mut Link) -> Result<(), Failure> {
    for setting in ["innodb_strict_mode", "sql_require_primary_key", "sql_generate_invisible_primary_key"] {
        let _ = to.run(&format!("SET SESSION {setting} = @@GLOBAL.{setting}")).await;
    }
    let _ = to.run("SET SESSION restrict_fk_on_non_standard_key = @@GLOBAL.restrict_fk_on_non_standard_key").await;
    to.set_up(&[]).await
}

fn alive(lab: &Link) -> Result<(), Failure> {
    if lab.lost() {
        return Err(Failure::internal("mysql.lab", "the lab's server ended while a schema was made in it"));
    }
    Ok(())
}

fn cell(row: &Cells, at: usize) -> String {
    row.get(at).cloned().flatten().unwrap_or_default()
}

fn unread(error: &Error) -> Failure {
    Failure::unreachable("mysql.lab", format!("the target's schema can't be read: {}", crate::error::text(error)))
}

fn unmade(error: &Error) -> Failure {
    Failure::internal("mysql.lab", format!("the lab refuses a database: {}", crate::error::text(error)))
}
