//! Private servers of MySQL and MariaDB do what tests of an engine rely on.

use dbwright_testkit::my::answers;
use dbwright_testkit::{engines, my_server};

#[test]
fn a_server_is_gone_with_its_value() {
    for engine in engines(&["mysql", "mariadb"]) {
        let server = my_server(engine, &[]);
        assert!(answers(server.port) && server.socket.exists());
        let (port, home) = (server.port, server.home().to_owned());
        drop(server);
        assert!(!answers(port) && !home.exists());
    }
}

#[test]
fn an_option_that_is_decided_at_initialisation_is_heeded() {
    for engine in engines(&["mysql", "mariadb"]) {
        let mut server = my_server(engine, &["--lower-case-table-names=1"]);
        server.kill();
        assert!(!answers(server.port));
        server.start();
        server.restart(&["--lower-case-table-names=1", "--max-connections=17"]);
        assert!(answers(server.port));
    }
}
