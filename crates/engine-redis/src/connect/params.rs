//! The parameters of a connection, from the URL and from the variables that redis-cli knows.

use std::path::PathBuf;

use dbwright_core::Failure;
use dbwright_core::target::Address;
use percent_encoding::percent_decode_str;
use secrecy::SecretString;

/// Port of a server.
const PORT: u16 = 6379;
/// Port of a Sentinel.
const SENTINEL_PORT: u16 = 26_379;

/// Parameters of the URL.
const KNOWN: [&str; 9] =
    ["db", "user", "password", "sslmode", "sslrootcert", "sslcert", "sslkey", "sentinel_user", "sentinel_password"];

/// How far a server's certificate is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SslMode {
    /// Any certificate, unless an authority is named.
    Require,
    /// One of a trusted authority.
    VerifyCa,
    /// Likewise, and made out for the host.
    VerifyFull,
}

/// Use of TLS.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    /// How far the certificate is looked at.
    pub(crate) mode: SslMode,
    /// Trusted certificates; none and `system` mean the system's.
    pub(crate) root: Option<PathBuf>,
    /// Client certificate and its key.
    pub(crate) client: Option<(PathBuf, PathBuf)>,
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Host and port.
    Tcp(String, u16),
    /// A Unix socket.
    Socket(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::Socket(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Who logs in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Login {
    /// ACL user; none for `default`.
    pub(crate) user: Option<String>,
    /// Password.
    pub(crate) password: Option<SecretString>,
}

/// All parameters of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Params {
    /// Places to try, in order.
    pub(crate) places: Vec<Place>,
    /// The service to ask Sentinels for, when the places are Sentinels.
    pub(crate) service: Option<String>,
    /// Who logs in.
    pub(crate) login: Login,
    /// Who logs in at Sentinels.
    pub(crate) sentinel_login: Login,
    /// The one database to sample; none for all.
    pub(crate) database: Option<u64>,
    /// Use of TLS; none for none.
    pub(crate) tls: Option<Tls>,
}

impl Params {
    /// Reads an address. `password` is what `REDISCLI_AUTH` holds.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) fn read(address: &Address, password: Option<String>) -> Result<Self, Failure> {
        let scheme = address.scheme();
        let rest = address.rest().strip_prefix("//").ok_or_else(|| {
            Failure::usage("redis.url", format!("after `{scheme}:` two slashes are missing"))
                .hint("write redis://user:password@host:6379/0")
        })?;
        let (rest, query) = split_query(rest);
        let given = parameters(query)?;
        let find = |name: &str| given.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let (login, rest) = match rest.rfind('@') {
            Some(at) => (login(&rest[..at])?, &rest[at + 1..]),
            None => (Login::default(), rest),
        };
        let login = Login {
            user: login.user.or_else(|| find("user")),
            password: login.password.or_else(|| find("password").or(password).map(SecretString::from)),
        };
        let sentinel_login =
            Login { user: find("sentinel_user"), password: find("sentinel_password").map(SecretString::from) };
        let tls = tls(scheme, &find)?;
        let (places, service, path) = places(scheme, rest)?;
        let database = match (find("db"), path) {
            (Some(text), _) => Some(number(&text)?),
            (None, Some(text)) if !text.is_empty() => Some(number(text)?),
            _ => None,
        };
        Ok(Self { places, service, login, sentinel_login, database, tls })
    }
}

/// A password may hold `?`, so a query begins after the last `@`.
fn split_query(rest: &str) -> (&str, &str) {
    let after = rest.rfind('@').map_or(0, |at| at + 1);
    match rest[after..].find('?') {
        Some(at) if !rest[..after].contains('?') || rest[..after].contains(':') => {
            (&rest[..after + at], &rest[after + at + 1..])
        }
        _ if after == 0 => rest.split_once('?').unwrap_or((rest, "")),
        // `redis://host?password=p@ss`: the `@` belongs to a parameter.
        _ if !rest[..after].contains(':') => rest.split_once('?').unwrap_or((rest, "")),
        _ => (rest, ""),
    }
}

fn parameters(query: &str) -> Result<Vec<(String, String)>, Failure> {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(Failure::usage("redis.url", "a parameter of the URL is not `name=value`"));
        };
        if !KNOWN.contains(&key) {
            return Err(Failure::usage("redis.parameter", "a parameter in the URL is unknown to dbwright")
                .hint(format!("the parameters are: {}", KNOWN.join(", "))));
        }
        pairs.push((key.to_owned(), decode(value)?));
    }
    Ok(pairs)
}

fn login(info: &str) -> Result<Login, Failure> {
    let (user, password) = info.split_once(':').map_or((info, None), |(user, password)| (user, Some(password)));
    Ok(Login {
        user: Some(decode(user)?).filter(|user| !user.is_empty()),
        password: password.map(decode).transpose()?.map(SecretString::from),
    })
}

fn tls(scheme: &str, find: &impl Fn(&str) -> Option<String>) -> Result<Option<Tls>, Failure> {
    let root = find("sslrootcert").map(PathBuf::from);
    let client = find("sslcert").map(PathBuf::from).zip(find("sslkey").map(PathBuf::from));
    let mode = match find("sslmode").as_deref() {
        Some("disable") if matches!(scheme, "rediss" | "valkeys") => {
            return Err(Failure::usage(
                "redis.parameter",
                format!("`{scheme}:` means TLS, and sslmode=disable forbids it"),
            )
            .hint("write redis:// for a connection without TLS"));
        }
        Some("disable") => return Ok(None),
        Some("require") => SslMode::Require,
        Some("verify-ca") => SslMode::VerifyCa,
        Some("verify-full") => SslMode::VerifyFull,
        Some(_) => {
            return Err(Failure::usage("redis.parameter", "that is no value of sslmode")
                .hint("sslmode is one of disable, require, verify-ca, verify-full"));
        }
        None if matches!(scheme, "rediss" | "valkeys") || root.is_some() => SslMode::VerifyFull,
        None => return Ok(None),
    };
    Ok(Some(Tls { mode, root, client }))
}

type Found<'a> = (Vec<Place>, Option<String>, Option<&'a str>);

fn places<'a>(scheme: &str, rest: &'a str) -> Result<Found<'a>, Failure> {
    if scheme == "redis+unix" {
        let path = decode(rest)?;
        if !path.starts_with('/') {
            return Err(Failure::usage("redis.url", "the path of the socket does not begin with `/`")
                .hint("write redis+unix:///run/redis/redis.sock?db=0"));
        }
        return Ok((vec![Place::Socket(path.into())], None, None));
    }
    let (authority, path) = rest.split_once('/').map_or((rest, None), |(authority, path)| (authority, Some(path)));
    let sentinel = scheme == "redis+sentinel";
    let port = if sentinel { SENTINEL_PORT } else { PORT };
    let places = authority.split(',').map(|text| place(text, port)).collect::<Result<_, _>>()?;
    if !sentinel {
        return Ok((places, None, path));
    }
    let (service, path) =
        path.map_or(("", None), |path| path.split_once('/').map_or((path, None), |(s, p)| (s, Some(p))));
    if service.is_empty() {
        return Err(Failure::usage("redis.url", "the URL does not name the service that Sentinel watches")
            .hint("write redis+sentinel://host:26379/SERVICE, with the name of `sentinel monitor`")
            .hint("redis://host:26379 looks at the Sentinel itself and tells the names"));
    }
    Ok((places, Some(decode(service)?), path))
}

fn place(text: &str, default: u16) -> Result<Place, Failure> {
    let (host, port) = match text.strip_prefix('[') {
        Some(v6) => v6
            .split_once(']')
            .ok_or_else(|| Failure::usage("redis.url", "the URL has an IPv6 address without its closing bracket"))?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match port.strip_prefix(':').unwrap_or(port) {
        "" => default,
        port => port.parse().map_err(|_| unescaped())?,
    };
    let host = decode(host)?;
    Ok(Place::Tcp(if host.is_empty() { "localhost".to_owned() } else { host }, port))
}

fn number(text: &str) -> Result<u64, Failure> {
    text.trim_end_matches('/').parse().map_err(|_| {
        Failure::usage("redis.database", "the database in the URL is no number")
            .hint("databases are numbered from 0: redis://host:6379/0")
    })
}

fn decode(text: &str) -> Result<String, Failure> {
    let bytes = text.as_bytes();
    let broken = bytes.iter().enumerate().any(|(at, byte)| {
        *byte == b'%' && !bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    });
    match percent_decode_str(text).decode_utf8() {
        Ok(decoded) if !broken => Ok(decoded.into_owned()),
        _ => Err(Failure::usage("redis.url", "the URL has a `%` that does not begin a percent-encoded character")
            .hint("write a percent sign as %25")),
    }
}

fn unescaped() -> Failure {
    Failure::usage("redis.url", "the URL can't be read: the port is no number, or the password has special characters")
        .hint("write / @ : ? # % in a user name or password percent-encoded: %2F %40 %3A %3F %23 %25")
        .hint("or leave the password out of the URL and put it into REDISCLI_AUTH")
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read(url: &str) -> Result<Params, Failure> {
        Params::read(&Address::parse(url).expect("a scheme"), None)
    }

    fn shown(url: &str) -> String {
        let params = read(url).unwrap_or_else(|failure| panic!("{url}: {failure}"));
        let mut text: Vec<String> = params.places.iter().map(ToString::to_string).collect();
        text.extend(params.login.user.map(|user| format!("user={user}")));
        text.extend(params.login.password.map(|p| format!("password={}", p.expose_secret())));
        text.extend(params.database.map(|db| format!("db={db}")));
        text.extend(params.service.map(|name| format!("service={name}")));
        text.extend(params.tls.map(|tls| format!("{:?}", tls.mode)));
        text.join(" ")
    }

    #[test]
    fn urls_are_read() {
        let cases = [
            ("redis://", "localhost:6379"),
            ("redis://db", "db:6379"),
            ("valkey://db:7000/3", "db:7000 db=3"),
            ("redis://:geheim@db", "db:6379 password=geheim"),
            ("redis://ann:p%40ss@db/0", "db:6379 user=ann password=p@ss db=0"),
            ("redis://ann:p@s?s@db/1", "db:6379 user=ann password=p@s?s db=1"),
            ("redis://db?password=p@ss", "db:6379 password=p@ss"),
            ("redis://a:1,b,[::1]:3", "a:1 b:6379 [::1]:3"),
            ("rediss://db", "db:6379 VerifyFull"),
            ("valkeys://db?sslmode=require", "db:6379 Require"),
            ("redis://db?sslmode=verify-ca&sslrootcert=ca.pem", "db:6379 VerifyCa"),
            ("redis+unix:///run/r.sock?db=2", "/run/r.sock db=2"),
            ("redis+unix://ann:x@/run/r.sock", "/run/r.sock user=ann password=x"),
            ("redis+sentinel://s1,s2:5000/shop/4", "s1:26379 s2:5000 db=4 service=shop"),
        ];
        for (url, expected) in cases {
            assert_eq!(shown(url), expected, "{url}");
        }
    }

    #[test]
    fn a_refused_url_shows_no_part_of_itself() {
        for url in [
            "redis:secret",
            "redis://u:12secret",
            "redis://u:p@h:secret",
            "redis://h/secret",
            "redis://u:se%zzcret@h",
            "redis://h?secret=1",
            "redis://h?secret",
            "redis+unix://secret",
            "redis+sentinel://h",
            "rediss://h?sslmode=disable",
        ] {
            let failure = read(url).expect_err(url);
            assert!(!format!("{failure:?}").contains("cret"), "{url}: {failure:?}");
        }
    }
}
