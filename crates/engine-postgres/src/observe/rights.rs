//! The exact statements that would let a role see more.

use dbwright_sql::Dialect;

use crate::body::Server;

/// Lets the role see other roles' sessions, statements, replication and settings.
pub(super) fn monitor(server: &Server) -> String {
    format!("GRANT pg_monitor TO {}", Dialect::Postgres.ident(&server.role))
}

/// Lets the role read tables and sequences, and with them their statistics.
pub(super) fn read_all_data(server: &Server) -> String {
    let role = Dialect::Postgres.ident(&server.role);
    if server.major() >= 14 {
        format!("GRANT pg_read_all_data TO {role}")
    } else {
        format!(
            "in each schema: GRANT USAGE ON SCHEMA … TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA … TO {role}; \
                 GRANT SELECT ON ALL SEQUENCES IN SCHEMA … TO {role}"
        )
    }
}
