//! Servers of the test's own: one for most rules, and a source with its replica, made when the first rule asks for them.
//!
//! The settings are those of a sound server, so that a rule about settings finds only what its script changed.

use std::fs;
use std::path::Path;

use dbwright_testkit::process::give_away;
use dbwright_testkit::{MyServer, Scratch, my_server};

use crate::script::Script;

/// The account that the tests connect with, through the socket: its connections count as safe, and it is none that rules find.
pub(crate) const ACCOUNT: &str = "CREATE USER tester@localhost IDENTIFIED BY 'Kx8-long-enough'; \
                       GRANT ALL ON *.* TO tester@localhost WITH GRANT OPTION; \
                       ALTER USER root@localhost, root@'127.0.0.1' ACCOUNT LOCK";

/// Options besides the usual ones of a test server.
pub(crate) fn sound(flavour: &str) -> &'static [&'static str] {
    match flavour {
        "mariadb" | "mariadb11" => {
            &["--performance-schema-instrument=wait/lock/metadata/sql/mdl=ON", "--event-scheduler=ON"]
        }
        _ => &[],
    }
}

/// Where the account logs in.
pub(crate) fn login(server: &MyServer) -> String {
    let socket = server.socket.display().to_string().replace('/', "%2F");
    format!("mysql://tester:Kx8-long-enough@localhost/?socket={socket}")
}

/// What stands for the folder with a certificate.
const TLS: &str = "<tls>";

/// A certificate that was made once for the tests of PostgreSQL, where the server may read it.
fn certificate() -> Scratch {
    let folder = Scratch::new();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine-postgres/tests/observe/tls");
    for name in ["server.crt", "server.key"] {
        let copy = folder.path().join(name);
        fs::copy(from.join(name), &copy).expect("copied");
        give_away(&copy).expect("given away");
    }
    folder
}

/// The servers of one flavour.
pub(crate) struct Servers {
    flavour: &'static str,
    main: MyServer,
    /// Options that the main server runs with besides the sound ones.
    options: Vec<String>,
    replica: Option<(MyServer, MyServer)>,
    /// A certificate, which stands for `<tls>` in options.
    tls: Option<Scratch>,
}

impl Servers {
    /// Starts the main server.
    pub(crate) fn start(flavour: &'static str) -> Self {
        let main = my_server(flavour, sound(flavour));
        main.execute(ACCOUNT);
        Self { flavour, main, options: Vec::new(), replica: None, tls: None }
    }

    /// Makes the server ready for a script, and says how to reach it.
    pub(crate) fn ready(&mut self, script: &Script) -> String {
        if script.replica {
            let flavour = self.flavour;
            let (_, replica) = self.replica.get_or_insert_with(|| {
                let source = my_server(flavour, sound(flavour));
                let replica = source.replica(sound(flavour));
                (source, replica)
            });
            return replica.url.clone();
        }
        if script.fresh || script.server != self.options || self.keeps_settings() {
            self.restart(&script.server);
        }
        login(&self.main)
    }

    /// Starts the main server anew with the same options, and with what statements have kept.
    pub(crate) fn reboot(&mut self) {
        let options = self.options.clone();
        self.start_with(&options);
    }

    fn restart(&mut self, options: &[String]) {
        self.main.stop();
        // Settings that statements have kept; there are none on MariaDB, and none when nobody kept any.
        let _ = fs::remove_file(self.kept());
        self.start_with(options);
        self.options = options.to_vec();
    }

    fn start_with(&mut self, options: &[String]) {
        let options: Vec<String> = options.iter().map(|option| self.with_certificate(option)).collect();
        let all: Vec<&str> = sound(self.flavour).iter().copied().chain(options.iter().map(String::as_str)).collect();
        self.main.restart(&all);
    }

    fn with_certificate(&mut self, option: &str) -> String {
        if !option.contains(TLS) {
            return option.to_owned();
        }
        option.replace(TLS, &self.tls.get_or_insert_with(certificate).path().display().to_string())
    }

    fn kept(&self) -> std::path::PathBuf {
        self.main.home().join("data/mysqld-auto.cnf")
    }

    fn keeps_settings(&self) -> bool {
        fs::read_to_string(self.kept()).is_ok_and(|text| text.contains("Value"))
    }
}
