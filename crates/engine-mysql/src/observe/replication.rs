//! Reads how a replica is doing. The columns' names differ between versions, so that they are looked up by name.

use mysql_async::Row;

use super::cells;
use super::session::Session;
use crate::body::{Channel, area};
use crate::flavour::Server;

/// Reads the channels; none on a server that is no replica.
pub(super) async fn read(session: &mut Session, server: &Server) -> Vec<Channel> {
    let grant = server.flavour.replication_grant();
    let sql = server.replica_words().status.replacen("SHOW ", "SHOW /* dbwright */ ", 1);
    match session.raw(&sql, channel).await {
        Ok(channels) => channels,
        Err(trouble) => {
            session.note(area::REPLICATION, grant, &trouble);
            Vec::new()
        }
    }
}

fn channel(row: &Row) -> Channel {
    let get = |names: [&str; 2]| names.iter().find_map(|name| cell(row, name));
    let number = |names: [&str; 2]| get(names).and_then(|text| text.parse().ok());
    let text = |names: [&str; 2]| get(names).unwrap_or_default();
    Channel {
        name: text(["Channel_Name", "Connection_name"]),
        source: format!("{}:{}", text(["Source_Host", "Master_Host"]), text(["Source_Port", "Master_Port"])),
        receiver: text(["Replica_IO_Running", "Slave_IO_Running"]),
        applier: text(["Replica_SQL_Running", "Slave_SQL_Running"]),
        behind_s: number(["Seconds_Behind_Source", "Seconds_Behind_Master"]),
        delay_s: number(["SQL_Delay", "SQL_Delay"]).unwrap_or(0),
        receiver_error: number(["Last_IO_Errno", "Last_IO_Errno"]).unwrap_or(0),
        applier_error: number(["Last_SQL_Errno", "Last_SQL_Errno"]).unwrap_or(0),
        by_gtid: !matches!(text(["Auto_Position", "Using_Gtid"]).as_str(), "" | "0" | "No"),
    }
}

/// The text of a column by its name.
pub(crate) fn cell(row: &Row, name: &str) -> Option<String> {
    let at = row.columns_ref().iter().position(|column| column.name_str().eq_ignore_ascii_case(name))?;
    row.as_ref(at).and_then(cells::text_of)
}
