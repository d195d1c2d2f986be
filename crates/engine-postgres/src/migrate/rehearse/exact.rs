//! The exact locks of steps that are marked in the journal within their own transaction: a trigger on the journal notes
//! them at the commit. Only on a private server.

use std::collections::BTreeSet;

use dbwright_core::Failure;
use tokio_postgres::Client;

use super::trace::LockMode;
use crate::connect::Connection;

/// The schema that it all lives in, on the stage only.
pub(super) const SCHEMA: &str = "dbwright_rehearsal";

const MAKE: &str = "\
CREATE SCHEMA dbwright_rehearsal;
CREATE UNLOGGED TABLE dbwright_rehearsal.there (oid oid, name text, kind text);
CREATE UNLOGGED TABLE dbwright_rehearsal.locks (oid oid, mode text);
CREATE FUNCTION dbwright_rehearsal.note() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO dbwright_rehearsal.locks SELECT l.relation, l.mode FROM pg_locks l
  WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted AND l.relation >= 16384
    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER dbwright_rehearsal AFTER INSERT OR UPDATE ON dbwright.steps DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION dbwright_rehearsal.note()";

const BEGIN: &str = "\
TRUNCATE dbwright_rehearsal.locks, dbwright_rehearsal.there;
INSERT INTO dbwright_rehearsal.there
SELECT c.oid, n.nspname || '.' || c.relname, c.relkind FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'dbwright', 'dbwright_rehearsal')";

const END: &str = "\
SELECT DISTINCT t.name, l.mode FROM dbwright_rehearsal.locks l JOIN dbwright_rehearsal.there t ON t.oid = l.oid";

/// The notes.
pub(super) struct Exact {
    connection: Connection,
    made: bool,
}

impl Exact {
    pub(super) const fn new(connection: Connection) -> Self {
        Self { connection, made: false }
    }

    fn client(&self) -> &Client {
        &self.connection.client
    }

    /// A step begins. The journal is there by then.
    pub(super) async fn begin(&mut self) -> Result<(), Failure> {
        if !self.made {
            self.client().batch_execute(MAKE).await.map_err(|e| refused(&e))?;
            self.made = true;
        }
        self.client().batch_execute(BEGIN).await.map_err(|e| refused(&e))
    }

    /// What the step locked of what was there before it.
    pub(super) async fn end(&self) -> Result<BTreeSet<(String, LockMode)>, Failure> {
        let rows = self.client().query(END, &[]).await.map_err(|e| refused(&e))?;
        Ok(rows.iter().filter_map(|row| Some((row.get(0), LockMode::read(row.get(1))?))).collect())
    }
}

fn refused(error: &tokio_postgres::Error) -> Failure {
    Failure::internal("rehearse.locks", format!("locks can't be noted: {}", crate::error::text(error)))
}
