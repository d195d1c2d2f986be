//! The journal of migrations, and what changes have left in the file.

use dbwright_migrate::observed::{AREA, Helper, Observed, Seen};
use dbwright_sql::Dialect;

use super::catalog::SCHEMA;
use super::reader::{Reader, optional_text, text};

/// Reads the journal where there is one. The number of queries does not depend on how many migrations it has.
pub(super) fn read(reader: &mut Reader<'_>) -> Observed {
    let mut observed = Observed { helpers: helpers(reader), ..Observed::default() };
    if journal(reader) {
        let sql = "SELECT m.version, m.name, m.state, m.checksum, \
                   (SELECT count(*) FROM main.dbwright_steps AS s WHERE s.version = m.version AND s.state = 'done'), \
                   (SELECT count(*) FROM main.dbwright_steps AS s WHERE s.version = m.version), \
                   (SELECT s.error FROM main.dbwright_steps AS s WHERE s.version = m.version AND s.error IS NOT NULL \
                    ORDER BY s.part, s.statement DESC, s.step DESC LIMIT 1) \
                   FROM main.dbwright_migrations AS m ORDER BY m.begun";
        let (seen, error) = reader.rows_until(sql, [], |row| {
            Ok(Seen {
                version: text(row, 0)?,
                name: text(row, 1)?,
                state: text(row, 2)?,
                checksum: text(row, 3)?,
                done: row.get::<_, i64>(4)?.cast_unsigned(),
                known: row.get::<_, i64>(5)?.cast_unsigned(),
                error: optional_text(row, 6)?,
            })
        });
        observed.migrations = seen;
        if let Some(error) = error {
            reader.gap(AREA, format!("the journal of migrations can't be read: {error}"), None);
        }
    }
    observed
}

fn journal(reader: &mut Reader<'_>) -> bool {
    let sql = "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name IN ('dbwright_migrations', 'dbwright_steps')";
    reader.first(sql, [], |row| row.get::<_, i64>(0)).ok().flatten() == Some(2)
}

fn helpers(reader: &mut Reader<'_>) -> Vec<Helper> {
    let sql = "SELECT type, name FROM main.sqlite_schema WHERE type IN ('table', 'trigger') \
               AND (name GLOB 'dbwright_kept_*' OR name GLOB 'dbwright_new_*') ORDER BY type DESC, name";
    let (found, _) = reader.rows_until(sql, [], |row| {
        let (kind, name) = (text(row, 0)?, text(row, 1)?);
        let qualified = Dialect::Sqlite.qualified(SCHEMA, &name);
        let drop = format!("DROP {} IF EXISTS {qualified}", kind.to_uppercase());
        Ok(Helper { drop, subject: Dialect::Sqlite.subject(&[SCHEMA, &name]), kind })
    });
    found
}
