//! Reading a `postgres://` URL as libpq does.
//!
//! One deviation, for the sake of secrets: a URL whose password holds an unescaped `/` is refused, because
//! libpq would take a piece of the password for a port or a database, and print it in its error.

use dbwright_core::Failure;
use percent_encoding::percent_decode_str;

/// Parameters by keyword, in the order in which they were given. Hosts and ports are lists with commas.
pub(super) type Pairs = Vec<(String, String)>;

/// Reads what follows the scheme's colon.
///
/// # Errors
/// When it is no URL that libpq would take. No error shows a part of the URL that may be a secret.
pub(super) fn parse(rest: &str) -> Result<Pairs, Failure> {
    let rest = rest.strip_prefix("//").ok_or_else(|| {
        Failure::usage("postgres.url", "a PostgreSQL URL begins with postgres://")
            .hint("write postgres://user@host:5432/database")
    })?;
    let (user_info, rest) = match user_info_end(rest) {
        Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
        None => (None, rest),
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if user_info.is_none() && path.contains('@') {
        return Err(unescaped());
    }
    let mut pairs = Pairs::new();
    if let Some(info) = user_info {
        let (user, password) = info.split_once(':').map_or((info, None), |(user, password)| (user, Some(password)));
        push(&mut pairs, "user", user)?;
        push(&mut pairs, "password", password.unwrap_or_default())?;
    }
    hosts(authority, &mut pairs)?;
    push(&mut pairs, "dbname", path.strip_prefix('/').unwrap_or(path))?;
    parameters(query, &mut pairs)?;
    Ok(pairs)
}

/// Where the `@` behind user and password is. A password may hold `@` and `?`, a parameter may hold `@`.
fn user_info_end(rest: &str) -> Option<usize> {
    let before_path = &rest[..rest.find('/').unwrap_or(rest.len())];
    let Some(query) = before_path.find('?') else { return before_path.rfind('@') };
    match before_path[..query].rfind('@') {
        Some(at) => Some(at),
        None if before_path[..query].contains(':') => before_path.rfind('@'),
        None => None,
    }
}

fn push(pairs: &mut Pairs, key: &str, value: &str) -> Result<(), Failure> {
    if !value.is_empty() {
        pairs.push((key.to_owned(), decode(value)?));
    }
    Ok(())
}

fn hosts(authority: &str, pairs: &mut Pairs) -> Result<(), Failure> {
    if authority.is_empty() {
        return Ok(());
    }
    let mut hosts = Vec::new();
    let mut ports = Vec::new();
    for place in authority.split(',') {
        let (host, port) = match place.strip_prefix('[') {
            Some(v6) => v6.split_once(']').ok_or_else(|| {
                Failure::usage("postgres.url", "the URL has an IPv6 address without its closing bracket")
            })?,
            None => place.split_at(place.find(':').unwrap_or(place.len())),
        };
        let port = port.strip_prefix(':').unwrap_or(port);
        if !port.is_empty() && port.parse::<u16>().is_err() {
            return Err(unescaped());
        }
        hosts.push(decode(host)?);
        ports.push(port);
    }
    if hosts.iter().any(|host| !host.is_empty()) {
        pairs.push(("host".to_owned(), hosts.join(",")));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        pairs.push(("port".to_owned(), ports.join(",")));
    }
    Ok(())
}

fn parameters(query: &str, pairs: &mut Pairs) -> Result<(), Failure> {
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let Some((key, value)) = pair.split_once('=').filter(|(_, value)| !value.contains('=')) else {
            return Err(Failure::usage("postgres.url", "a parameter of the URL is not `name=value`")
                .hint("separate parameters with `&`, and write `=`, `&`, `?`, `#` in a value percent-encoded"));
        };
        let (key, value) = (decode(key)?, decode(value)?);
        // JDBC's spelling, which libpq takes as well.
        let pair =
            if key == "ssl" && value == "true" { ("sslmode".to_owned(), "require".to_owned()) } else { (key, value) };
        pairs.push(pair);
    }
    Ok(())
}

fn decode(text: &str) -> Result<String, Failure> {
    let bytes = text.as_bytes();
    let broken = bytes.iter().enumerate().any(|(at, byte)| {
        *byte == b'%' && !bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    });
    let decoded = percent_decode_str(text).decode_utf8();
    match decoded {
        Ok(decoded) if !broken && !decoded.contains('\0') => Ok(decoded.into_owned()),
        _ => Err(Failure::usage("postgres.url", "the URL has a `%` that does not begin a percent-encoded character")
            .hint("write a percent sign as %25")),
    }
}

fn unescaped() -> Failure {
    Failure::usage(
        "postgres.url",
        "the URL can't be read: the port is no number, or the password has special characters",
    )
    .hint("write / @ : ? # % & in a user name or password percent-encoded: %2F %40 %3A %3F %23 %25 %26")
    .hint("or leave the password out of the URL and put it into ~/.pgpass or PGPASSWORD")
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn pairs(url: &str) -> Vec<(String, String)> {
        parse(url).unwrap_or_else(|failure| panic!("{url}: {failure}"))
    }

    fn shown(url: &str) -> String {
        pairs(url).iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reads_what_libpq_reads() {
        let cases = [
            ("//", ""),
            ("//localhost", "host=localhost"),
            ("//localhost:5433/db", "host=localhost port=5433 dbname=db"),
            ("//u:p%40w@h/d%20b?sslmode=disable", "user=u password=p@w host=h dbname=d b sslmode=disable"),
            ("//u:p@w@h/d", "user=u password=p@w host=h dbname=d"),
            ("//u:p?w@h/d", "user=u password=p?w host=h dbname=d"),
            ("//a:1,b:2,c/d?target_session_attrs=any", "host=a,b,c port=1,2, dbname=d target_session_attrs=any"),
            ("//[::1]:5/d", "host=::1 port=5 dbname=d"),
            ("//%2Fvar%2Frun/d", "host=/var/run dbname=d"),
            ("///d?host=/tmp/s&user=me@tenant", "dbname=d host=/tmp/s user=me@tenant"),
            ("//h?user=me@tenant&password=x", "host=h user=me@tenant password=x"),
            ("//h/d?ssl=true", "host=h dbname=d sslmode=require"),
        ];
        for (url, expected) in cases {
            assert_eq!(shown(url), expected, "{url}");
        }
    }

    #[test]
    fn a_refused_url_shows_no_part_of_itself() {
        for url in [
            "//u:se/cret@h/d",
            "//u:123/secret@h/d",
            "//u:secret",
            "//h/d?secret",
            "//u:se%zzcret@h",
            "secret",
            "//[secret",
        ] {
            let failure = parse(url).expect_err(url);
            let text = format!("{failure:?}");
            assert!(!text.contains("cret"), "{url}: {text}");
            assert!(!failure.hints.is_empty() || url == "//[secret", "{url} has no hint");
        }
    }
}
