//! Connection parameters: the URL's, then the service's, then the environment's, then defaults.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dbwright_core::Failure;
use secrecy::SecretString;

use super::environment::Environment;
use super::url::{self, Pairs};
use super::{passfile, service};

/// Parameters that are honoured.
const HONOURED: [&str; 19] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "passfile",
    "service",
    "options",
    "application_name",
    "connect_timeout",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslnegotiation",
    "channel_binding",
    "target_session_attrs",
    "load_balance_hosts",
];

/// Parameters of libpq that make no difference here: dbwright holds one short connection in UTF-8.
const HARMLESS: [&str; 14] = [
    "client_encoding",
    "fallback_application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "sslcompression",
    "sslsni",
    "sslcertmode",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
    "gssencmode",
];

/// How TLS is used, as libpq names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SslMode {
    /// Never.
    Disable,
    /// Only when the server insists.
    Allow,
    /// When the server can.
    Prefer,
    /// Always, with any certificate.
    Require,
    /// Always, with a certificate of a trusted authority.
    VerifyCa,
    /// Likewise, and made out for the host.
    VerifyFull,
}

/// Where a server may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A host by name, with the address to use instead of looking it up.
    Tcp {
        /// Name, for TLS and messages.
        host: String,
        /// `hostaddr`.
        address: Option<String>,
    },
    /// The folder of a Unix socket.
    Socket(PathBuf),
}

/// All parameters of a connection.
pub(super) struct Params {
    /// Places to try, in order, with their ports.
    pub(super) places: Vec<(Place, u16)>,
    /// Role.
    pub(super) user: String,
    /// Password that was given outright.
    pub(super) password: Option<SecretString>,
    /// Password file.
    pub(super) passfile: Option<PathBuf>,
    /// Database.
    pub(super) database: String,
    /// `application_name`.
    pub(super) application: String,
    /// Command-line options for the server.
    pub(super) options: Option<String>,
    /// Longest wait for one place; none means for ever.
    pub(super) timeout: Option<Duration>,
    /// Use of TLS.
    pub(super) ssl: SslMode,
    /// Trusted certificates; `system` means the system's.
    pub(super) root: Option<PathBuf>,
    /// Client certificate and its key.
    pub(super) client: Option<(PathBuf, PathBuf)>,
    /// Whether TLS begins at once, without asking.
    pub(super) direct_tls: bool,
    /// Whether the password exchange must be bound to the TLS channel; none leaves it to the driver.
    pub(super) channel_binding: Option<bool>,
    /// `target_session_attrs`.
    pub(super) session: String,
}

impl Params {
    /// Reads the address, `rest` being what follows the scheme's colon.
    ///
    /// # Errors
    /// When a parameter is unknown, unusable or malformed.
    pub(super) fn read(rest: &str, timeout: Duration, environment: &Environment) -> Result<Self, Failure> {
        let given = url::parse(rest)?;
        // A name that follows an unescaped `@` may be a piece of a password.
        known(&given, "the URL", !rest.contains('@') || rest.rfind('@') < rest.find('?'))?;
        let mut all: HashMap<String, String> =
            environment.parameters.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let named = given.iter().find(|(key, _)| key == "service").map(|(_, name)| name.clone());
        if let Some(name) = named.or_else(|| all.get("service").cloned()) {
            let pairs = service::find(&name, environment)?;
            known(&pairs, "the service file", true)?;
            all.extend(pairs);
        }
        all.extend(given);
        all.retain(|_, value| !value.is_empty());
        Reader { all, environment }.params(timeout)
    }

    /// The password for a place: the one given, else the password file's; with a warning about the file.
    pub(super) fn password_for(&self, place: &Place, port: u16) -> (Option<SecretString>, Option<String>) {
        match (&self.password, &self.passfile) {
            (Some(password), _) => (Some(password.clone()), None),
            (None, None) => (None, None),
            (None, Some(file)) => {
                let folder;
                let host = match place {
                    Place::Tcp { host, .. } => host.as_str(),
                    Place::Socket(path) if is_default(path) => "localhost",
                    Place::Socket(path) => {
                        folder = path.to_string_lossy();
                        &folder
                    }
                };
                let (database, user) = (self.database.as_str(), self.user.as_str());
                passfile::look_up(file, &passfile::Wanted { host, port, database, user })
            }
        }
    }
}

/// Folders where servers put their socket unless told otherwise: Debian's and the source's.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

fn is_default(folder: &Path) -> bool {
    SOCKET_FOLDERS.iter().any(|default| folder == Path::new(default))
}

fn known(pairs: &Pairs, place: &str, may_name: bool) -> Result<(), Failure> {
    for (key, value) in pairs {
        let key = key.as_str();
        if HONOURED.contains(&key) || HARMLESS.contains(&key) && !(key == "gssencmode" && value == "require") {
            continue;
        }
        let what = if may_name { format!("the parameter `{key}`") } else { "a parameter".to_owned() };
        return Err(Failure::usage("postgres.parameter", format!("{what} in {place} is unknown to dbwright"))
            .hint(format!("the parameters are: {}", HONOURED.join(", "))));
    }
    Ok(())
}

/// The parameters by keyword, on their way to [`Params`].
struct Reader<'a> {
    all: HashMap<String, String>,
    environment: &'a Environment,
}

impl Reader<'_> {
    fn take(&mut self, key: &str) -> Option<String> {
        self.all.remove(key)
    }

    fn params(mut self, timeout: Duration) -> Result<Params, Failure> {
        let home = self.environment.home.clone();
        let user = self.take("user").or_else(|| self.environment.user.clone()).ok_or_else(|| {
            Failure::usage("postgres.no-user", "no role is named, and the system's user has no name")
                .hint("write postgres://role@host/database, or set PGUSER")
        })?;
        let (ssl, root) = self.ssl()?;
        Ok(Params {
            places: self.places()?,
            password: self.take("password").map(SecretString::from),
            passfile: self.take("passfile").map(PathBuf::from).or_else(|| home.map(|home| home.join(".pgpass"))),
            database: self.take("dbname").unwrap_or_else(|| user.clone()),
            user,
            application: self.take("application_name").unwrap_or_else(|| "dbwright".to_owned()),
            options: self.take("options"),
            timeout: self.timeout(timeout)?,
            client: self.client_certificate(),
            ssl,
            root,
            direct_tls: self.word("sslnegotiation", &["postgres", "direct"])?.as_deref() == Some("direct"),
            channel_binding: match self.word("channel_binding", &["disable", "prefer", "require"])?.as_deref() {
                Some("disable") => Some(false),
                Some("require") => Some(true),
                _ => None,
            },
            session: self
                .word(
                    "target_session_attrs",
                    &["any", "read-write", "read-only", "primary", "standby", "prefer-standby"],
                )?
                .unwrap_or_else(|| "any".to_owned()),
        })
    }

    fn word(&mut self, key: &str, words: &[&str]) -> Result<Option<String>, Failure> {
        match self.take(key) {
            Some(value) if !words.contains(&value.as_str()) => {
                Err(Failure::usage("postgres.parameter", format!("`{value}` is no value of {key}"))
                    .hint(format!("{key} is one of {}", words.join(", "))))
            }
            value => Ok(value),
        }
    }

    fn ssl(&mut self) -> Result<(SslMode, Option<PathBuf>), Failure> {
        let modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
        let mode = self.word("sslmode", &modes)?;
        let root = self.take("sslrootcert").map(PathBuf::from);
        let system = root.as_deref() == Some(Path::new("system"));
        let mode = match mode.as_deref() {
            Some("disable") => SslMode::Disable,
            Some("allow") => SslMode::Allow,
            Some("require") => SslMode::Require,
            Some("verify-ca") => SslMode::VerifyCa,
            Some("verify-full") => SslMode::VerifyFull,
            None if system => SslMode::VerifyFull,
            _ => SslMode::Prefer,
        };
        if system && mode < SslMode::VerifyFull && mode != SslMode::Disable {
            return Err(Failure::usage(
                "postgres.parameter",
                "sslrootcert=system trusts every public authority, which only sslmode=verify-full makes safe",
            )
            .hint("use sslmode=verify-full with sslrootcert=system"));
        }
        let default = self.environment.home.as_ref().map(|home| home.join(".postgresql/root.crt"));
        Ok((mode, root.or_else(|| default.filter(|file| file.is_file()))))
    }

    fn client_certificate(&mut self) -> Option<(PathBuf, PathBuf)> {
        let folder = self.environment.home.as_ref().map(|home| home.join(".postgresql"));
        let default = |name: &str| folder.as_ref().map(|folder| folder.join(name));
        let certificate = self
            .take("sslcert")
            .map(PathBuf::from)
            .or_else(|| default("postgresql.crt").filter(|file| file.is_file()))?;
        let key = self.take("sslkey").map(PathBuf::from).or_else(|| default("postgresql.key"))?;
        Some((certificate, key))
    }

    fn timeout(&mut self, default: Duration) -> Result<Option<Duration>, Failure> {
        match self.take("connect_timeout") {
            None => Ok(Some(default)),
            Some(text) => match text.trim().parse::<i64>() {
                Ok(seconds) => Ok(u64::try_from(seconds).ok().filter(|s| *s > 0).map(Duration::from_secs)),
                Err(_) => Err(Failure::usage("postgres.parameter", "connect_timeout is no whole number of seconds")),
            },
        }
    }

    fn places(&mut self) -> Result<Vec<(Place, u16)>, Failure> {
        let list = |text: Option<String>| -> Vec<String> {
            text.map(|text| text.split(',').map(|part| part.trim().to_owned()).collect()).unwrap_or_default()
        };
        let (hosts, addresses, ports) = (list(self.take("host")), list(self.take("hostaddr")), list(self.take("port")));
        let count = hosts.len().max(addresses.len()).max(1);
        let uneven = |other: &[String]| other.len() > 1 && other.len() != count;
        if uneven(&ports) || !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
            return Err(Failure::usage(
                "postgres.parameter",
                "the lists of hosts and ports do not have the same length",
            )
            .hint("give one port for all hosts, or one for each"));
        }
        let mut places = Vec::with_capacity(count);
        for at in 0..count {
            let text = if ports.len() == 1 { ports.first() } else { ports.get(at) };
            let port =
                match text.map(String::as_str) {
                    None | Some("") => 5432,
                    Some(text) => text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                        Failure::usage("postgres.parameter", "a port is no number between 1 and 65535")
                    })?,
                };
            places.push((place(hosts.get(at), addresses.get(at), port), port));
        }
        Ok(places)
    }
}

fn place(host: Option<&String>, address: Option<&String>, port: u16) -> Place {
    let filled = |text: Option<&String>| text.filter(|text| !text.is_empty()).cloned();
    match (filled(host), filled(address)) {
        (Some(folder), None) if folder.starts_with('/') => Place::Socket(PathBuf::from(folder)),
        (Some(host), address) => Place::Tcp { host, address },
        (None, Some(address)) => Place::Tcp { host: address.clone(), address: Some(address) },
        (None, None) => {
            let socket = |folder: &&str| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists();
            match SOCKET_FOLDERS.iter().find(|folder| socket(folder)) {
                Some(folder) => Place::Socket(PathBuf::from(*folder)),
                None => Place::Tcp { host: "localhost".to_owned(), address: None },
            }
        }
    }
}

#[cfg(test)]
#[path = "params_tests.rs"]
mod tests;
