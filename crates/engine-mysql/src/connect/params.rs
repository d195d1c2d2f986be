//! Connection parameters: the URL's, then the environment's, then defaults.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dbwright_core::{Failure, near};
use percent_encoding::percent_decode_str;
use secrecy::SecretString;

/// Parameters that a URL may have, with the other spelling that the programs of the servers use.
const KNOWN: [(&str, &str); 7] = [
    ("sslmode", "ssl-mode"),
    ("sslrootcert", "ssl-ca"),
    ("sslcert", "ssl-cert"),
    ("sslkey", "ssl-key"),
    ("socket", "unix_socket"),
    ("connect_timeout", "connect-timeout"),
    ("host", "host"),
];

/// Where servers put their socket unless told otherwise.
const SOCKETS: [&str; 4] =
    ["/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"];

/// How TLS is used, in libpq's words, as for the other engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SslMode {
    /// Never.
    Disable,
    /// When the server can.
    Prefer,
    /// Always, with any certificate.
    Require,
    /// Always, with a certificate of a trusted authority.
    VerifyCa,
    /// Likewise, and made out for the host.
    VerifyFull,
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A host.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// A Unix socket.
    Socket(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Socket(path) => path.display().fmt(f),
        }
    }
}

/// All parameters of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Params {
    /// Where.
    pub(crate) place: Place,
    /// User.
    pub(crate) user: String,
    /// Password.
    pub(crate) password: Option<SecretString>,
    /// Database.
    pub(crate) database: Option<String>,
    /// Longest wait for the connection.
    pub(crate) timeout: Duration,
    /// Use of TLS.
    pub(crate) ssl: SslMode,
    /// Trusted certificates; `system` means the system's.
    pub(crate) root: Option<PathBuf>,
    /// Client certificate and its key.
    pub(crate) client: Option<(PathBuf, PathBuf)>,
}

/// The parts of a URL, decoded.
#[derive(Default)]
struct Url {
    user: Option<String>,
    password: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    pairs: HashMap<&'static str, String>,
}

impl Params {
    /// Reads the address, `rest` being what follows the scheme's colon.
    ///
    /// # Errors
    /// When it is malformed, or a parameter is unknown or unusable.
    pub(crate) fn read(rest: &str, timeout: Duration) -> Result<Self, Failure> {
        Self::with(rest, timeout, &|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn with(rest: &str, timeout: Duration, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let mut url = parse(rest)?;
        let user = url.user.or_else(|| environment("USER")).ok_or_else(|| {
            Failure::usage("mysql.no-user", "no user is named, and the system's user has no name")
                .hint("write mysql://user@host/database")
        })?;
        let timeout = match url.pairs.remove("connect_timeout") {
            None => timeout,
            Some(text) => Duration::from_secs(text.parse().map_err(|_| wrong("connect_timeout", "whole seconds"))?),
        };
        let (ssl, root) = ssl(&mut url.pairs)?;
        let client = match (url.pairs.remove("sslcert"), url.pairs.remove("sslkey")) {
            (Some(certificate), Some(key)) => Some((PathBuf::from(certificate), PathBuf::from(key))),
            (None, None) => None,
            _ => return Err(wrong("sslcert", "a file, together with sslkey")),
        };
        let host = url.host.or_else(|| url.pairs.remove("host"));
        let place = place(host, url.port, url.pairs.remove("socket"), environment);
        let password = url.password.or_else(|| environment("MYSQL_PWD")).map(SecretString::from);
        Ok(Self { place, user, password, database: url.database, timeout, ssl, root, client })
    }
}

fn place(
    host: Option<String>,
    port: Option<u16>,
    socket: Option<String>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Place {
    let tcp = |host: String| Place::Tcp { host, port: port.unwrap_or(3306) };
    match (socket, host) {
        (Some(path), _) => Place::Socket(PathBuf::from(path)),
        (None, Some(path)) if path.starts_with('/') => Place::Socket(PathBuf::from(path)),
        (None, Some(host)) => tcp(host),
        (None, None) if port.is_some() => tcp("localhost".to_owned()),
        (None, None) => {
            let given = environment("MYSQL_UNIX_PORT").map(PathBuf::from);
            let usual = SOCKETS.iter().map(PathBuf::from).find(|path| path.exists());
            given.or(usual).map_or_else(|| tcp("localhost".to_owned()), Place::Socket)
        }
    }
}

fn ssl(pairs: &mut HashMap<&'static str, String>) -> Result<(SslMode, Option<PathBuf>), Failure> {
    let root = pairs.remove("sslrootcert").map(PathBuf::from);
    let mode = pairs.remove("sslmode").map(|mode| mode.to_ascii_lowercase().replace('_', "-"));
    let mode = match mode.as_deref() {
        Some("disable" | "disabled") => SslMode::Disable,
        Some("require" | "required") => SslMode::Require,
        Some("verify-ca") => SslMode::VerifyCa,
        Some("verify-full" | "verify-identity") => SslMode::VerifyFull,
        None if root.as_deref() == Some(Path::new("system")) => SslMode::VerifyFull,
        None if root.is_some() => SslMode::VerifyCa,
        None | Some("prefer" | "preferred") => SslMode::Prefer,
        Some(_) => return Err(wrong("sslmode", "one of disable, prefer, require, verify-ca, verify-full")),
    };
    if mode >= SslMode::VerifyCa && root.is_none() {
        return Err(Failure::usage("mysql.no-root-certificate", "verifying a server needs a root certificate").hint(
            "name it with sslrootcert=FILE (the server's ca.pem), or trust the system's authorities with sslrootcert=system",
        ));
    }
    Ok((mode, root))
}

fn wrong(parameter: &str, expected: &str) -> Failure {
    Failure::usage("mysql.parameter", format!("{parameter} in the URL is not {expected}"))
}

fn malformed(what: &str) -> Failure {
    Failure::usage("mysql.url", format!("the address can't be read: {what}"))
        .hint("write mysql://user:password@host:3306/database; percent-encode @ : / ? # in names and passwords")
}

fn decode(text: &str) -> Result<String, Failure> {
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| malformed("a part is no UTF-8"))?;
    Ok(decoded.into_owned())
}

/// Takes an address apart.
fn parse(rest: &str) -> Result<Url, Failure> {
    let rest = rest.strip_prefix("//").ok_or_else(|| malformed("there is no // behind the scheme"))?;
    let (before, query) = rest.rsplit_once('?').unwrap_or((rest, ""));
    // A password may hold an unescaped `/` or `@`: it ends at the last `@`.
    let (user_info, after) = match before.rfind('@') {
        Some(at) => (Some(&before[..at]), &before[at + 1..]),
        None => (None, before),
    };
    let (authority, path) = after.split_once('/').unwrap_or((after, ""));
    let mut url = Url::default();
    if let Some(info) = user_info {
        let (user, password) = info.split_once(':').map_or((info, None), |(user, password)| (user, Some(password)));
        url.user = Some(decode(user)?).filter(|user| !user.is_empty());
        url.password = password.map(decode).transpose()?;
    }
    (url.host, url.port) = host_and_port(authority)?;
    url.database = Some(decode(path)?).filter(|name| !name.is_empty());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = decode(key)?;
        let known = KNOWN.iter().find(|(name, other)| *name == key || *other == key);
        let Some((name, _)) = known else {
            return Err(unknown(&key));
        };
        url.pairs.insert(name, decode(value)?);
    }
    url.pairs.retain(|_, value| !value.is_empty());
    Ok(url)
}

fn unknown(key: &str) -> Failure {
    let failure = Failure::usage("mysql.parameter", format!("the parameter `{key}` in the URL is unknown to dbwright"));
    let failure = match near::did_you_mean(key, KNOWN.iter().map(|(name, _)| *name)) {
        Some(guess) => failure.hint(guess),
        None => failure,
    };
    failure.hint(format!("the parameters are: {}", KNOWN.map(|(name, _)| name).join(", ")))
}

fn host_and_port(authority: &str) -> Result<(Option<String>, Option<u16>), Failure> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or_else(|| malformed("the IPv6 address is not closed by ]"))?;
            (host, after.strip_prefix(':'))
        }
        None => authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        None | Some("") => None,
        Some(text) => {
            let number = text.parse().ok().filter(|port| *port > 0);
            Some(number.ok_or_else(|| malformed("the port is no number between 1 and 65535"))?)
        }
    };
    Ok((Some(decode(host)?).filter(|host| !host.is_empty()), port))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read(rest: &str) -> Result<Params, Failure> {
        Params::with(rest, Duration::from_secs(10), &|name| (name == "USER").then(|| "system".to_owned()))
    }

    #[test]
    fn parts_of_a_url_are_decoded() {
        let params =
            read("//ann:p%40s%2Fs@db.example:3307/my%20shop?sslmode=REQUIRED&connect_timeout=3").expect("a URL");
        assert_eq!(params.place.to_string(), "db.example:3307");
        assert_eq!((params.user.as_str(), params.database.as_deref()), ("ann", Some("my shop")));
        assert_eq!(params.password.expect("given").expose_secret(), "p@s/s");
        assert_eq!((params.ssl, params.timeout), (SslMode::Require, Duration::from_secs(3)));
    }

    #[test]
    fn an_unescaped_password_ends_at_the_last_at_sign() {
        let params = read("//ann:p@s/w@[::1]/x").expect("a URL");
        assert_eq!(params.password.expect("given").expose_secret(), "p@s/w");
        assert_eq!(params.place, Place::Tcp { host: "::1".to_owned(), port: 3306 });
    }

    #[test]
    fn sockets_are_named_in_the_host_or_the_query() {
        let socket = Place::Socket(PathBuf::from("/tmp/my.sock"));
        assert_eq!(read("//ann@/shop?socket=/tmp/my.sock").expect("a URL").place, socket);
        assert_eq!(read("//ann@%2Ftmp%2Fmy.sock/shop").expect("a URL").place, socket);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            ("//h?sslmod=require", "mysql.parameter", "sslmode"),
            ("//h:99999/", "mysql.url", "port"),
            ("h", "mysql.url", "//"),
            ("//h?sslmode=verify-full", "mysql.no-root-certificate", "root certificate"),
            ("//h?sslmode=maybe", "mysql.parameter", "sslmode"),
        ];
        for (rest, code, word) in cases {
            let failure = read(rest).expect_err("wrong");
            assert_eq!(failure.code, code, "{rest}");
            let text = format!("{} {}", failure.message, failure.hints.join(" "));
            assert!(text.contains(word), "{text}");
        }
    }
}
