//! A replica of a private server, by GTID.

use std::time::{Duration, Instant};

use super::{Flavour, MyServer, my_server};

/// How long a replica may take to connect.
const CONNECT: Duration = Duration::from_mins(2);

impl MyServer {
    /// Starts a replica of it and waits until both its threads run.
    ///
    /// # Panics
    /// When it can't be had, or doesn't connect, with what the server says.
    #[must_use]
    pub fn replica(&self, options: &[&str]) -> Self {
        let all: Vec<_> = ["--server-id=2", "--relay-log=relay"].into_iter().chain(options.iter().copied()).collect();
        let replica = my_server(self.name(), &all);
        let (port, session) = (self.port, replica.session());
        match self.flavour {
            Flavour::MySql => session.execute(&format!(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {port}, SOURCE_USER = 'root', \
                 SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1; START REPLICA"
            )),
            Flavour::MariaDb => session.execute(&format!(
                "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {port}, MASTER_USER = 'root', \
                 MASTER_USE_GTID = slave_pos; START SLAVE"
            )),
        }
        let end = Instant::now() + CONNECT;
        while !replica.replicates() {
            assert!(Instant::now() < end, "the replica does not replicate:\n{}", replica.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        replica
    }

    /// Whether both threads of a replica run, the one that reads connected.
    #[must_use]
    pub fn replicates(&self) -> bool {
        match self.flavour {
            Flavour::MySql => {
                let statement = "SELECT COUNT(*) FROM performance_schema.replication_connection_status c \
                    JOIN performance_schema.replication_applier_status a USING (channel_name) \
                    WHERE c.service_state = 'ON' AND a.service_state = 'ON'";
                self.query(statement) == [["1"]]
            }
            // SLAVES_RUNNING counts one that still connects.
            Flavour::MariaDb => {
                let status = self.query("SHOW SLAVE STATUS");
                let (reads, applies) = (10, 11);
                status.first().is_some_and(|row| row[reads] == "Yes" && row[applies] == "Yes")
            }
        }
    }
}
