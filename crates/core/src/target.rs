//! A target: where a database is, with its secrets wrapped.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use crate::Failure;

/// What a user may point dbwright at.
#[derive(Debug, Clone)]
pub enum Target {
    /// A live database.
    Live(Address),
    /// A snapshot file.
    Snapshot(PathBuf),
    /// A file of schema statements, with the dialect when the user named it.
    SchemaFile(PathBuf),
}

/// The address of a live database. `Debug` and [`Address::shown`] never show its secrets.
#[derive(Debug, Clone)]
pub struct Address {
    scheme: String,
    raw: SecretString,
    shown: String,
}

impl Address {
    /// Reads `scheme:rest` or `scheme://rest`.
    ///
    /// # Errors
    /// When there is no scheme.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let scheme = scheme_of(text).ok_or_else(|| {
            Failure::usage("target.no-scheme", "the target is neither a file nor a URL".to_owned())
                .hint("write postgres://user@host/database, sqlite:FILE, a snapshot file, or a .sql file")
        })?;
        Ok(Self { scheme: scheme.to_ascii_lowercase(), shown: redact(text), raw: SecretString::from(text.to_owned()) })
    }

    /// The scheme in lower case.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The whole address, secrets included; for drivers only.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.raw.expose_secret()
    }

    /// The address without password and other secret parameters.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// What follows the scheme's colon, `//` included.
    #[must_use]
    pub fn rest(&self) -> &str {
        &self.expose()[self.scheme.len() + 1..]
    }
}

/// The scheme of a text that begins with `letters:`; a Windows drive letter is none.
#[must_use]
pub fn scheme_of(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let valid = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    valid.then_some(scheme)
}

/// Parameters whose values are secrets.
const SECRET_KEYS: [&str; 8] = ["password", "sslpassword", "passphrase", "token", "api_key", "apikey", "secret", "key"];

/// A URL with its password and secret parameters replaced by `***`.
///
/// The password ends at the *last* `@` before the path, so that one with an unescaped `@` is hidden whole.
#[must_use]
pub fn redact(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return redact_query(url) };
    // A password may hold `/`, `?` or `#` unescaped; if an `@` follows them, hide up to it.
    let authority_end = rest.rfind('@').map_or(0, |at| at + 1);
    let (userinfo, after) = rest.split_at(authority_end);
    let hidden = match userinfo.strip_suffix('@') {
        Some(info) => match info.split_once(':') {
            Some((user, _)) => format!("{user}:***@"),
            None => format!("{info}@"),
        },
        None => String::new(),
    };
    format!("{scheme}://{hidden}{}", redact_query(after))
}

fn redact_query(text: &str) -> String {
    let Some((path, query)) = text.split_once('?') else { return text.to_owned() };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, _)) if SECRET_KEYS.contains(&key.to_ascii_lowercase().as_str()) => format!("{key}=***"),
        _ => pair.to_owned(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

/// SQL with every password in it hidden: `IDENTIFIED BY '…'`, `PASSWORD '…'`, `SOURCE_PASSWORD = '…'`, and connection strings.
#[must_use]
pub fn redact_sql(sql: &str) -> String {
    let (mut out, mut rest, mut words) = (String::new(), sql, Vec::<String>::new());
    while let Some(at) = rest.find(|c: char| c == '\'' || c == ';' || c.is_alphanumeric() || c == '_') {
        let (before, from) = rest.split_at(at);
        out += before;
        if let Some(inside) = from.strip_prefix('\'') {
            let end = string_end(inside);
            let text = &inside[..end];
            out.push('\'');
            if text.contains(char::is_alphanumeric) && names_a_secret(&words) {
                out += "***";
            } else {
                out += &redact_word_by_word(text);
            }
            rest = &inside[end..];
            if let Some(behind) = rest.strip_prefix('\'') {
                out.push('\'');
                rest = behind;
            }
            continue;
        }
        let end = from.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(from.len()).max(1);
        if from.starts_with(';') {
            words.clear();
        } else {
            words.push(from[..end].to_ascii_lowercase());
        }
        out += &from[..end];
        rest = &from[end..];
    }
    out + rest
}

/// Whether the string behind these words is a password.
fn names_a_secret(words: &[String]) -> bool {
    let Some(last) = words.last() else { return false };
    let identified = || words.iter().rev().take(6).any(|word| word == "identified");
    last == "password"
        || last.ends_with("_password")
        || (matches!(last.as_str(), "by" | "as" | "using") && identified())
}

/// Where a string ends whose first quote is passed: two quotes and what stands behind a backslash belong to it.
fn string_end(inside: &str) -> usize {
    let mut chars = inside.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => drop(chars.next()),
            '\'' => return at,
            _ => {}
        }
    }
    inside.len()
}

/// A text (a driver's error, a log line) with every URL in it redacted, and every `password=…` and password of SQL hidden.
#[must_use]
pub fn redact_text(text: &str) -> String {
    // An apostrophe is no string: what stands behind it is read as words, too.
    redact_word_by_word(&redact_sql(text))
}

fn redact_word_by_word(text: &str) -> String {
    let words = text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>'));
    words.map(redact_word).collect()
}

fn redact_word(word: &str) -> String {
    if word.contains("://") {
        return redact(word);
    }
    match word.split_once('=') {
        Some((key, value)) if is_secret_key(key) && value.contains(char::is_alphanumeric) => {
            let end = value.chars().last().filter(|c| c.is_whitespace()).map(String::from).unwrap_or_default();
            format!("{key}=***{end}")
        }
        _ => word.to_owned(),
    }
}

fn is_secret_key(word: &str) -> bool {
    let word = word.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_lowercase();
    word.contains("password") || matches!(word.as_str(), "passphrase" | "token" | "api_key" | "apikey" | "secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_statements_are_hidden_and_nothing_else() {
        let cases = [
            (
                "CREATE USER a@'%' IDENTIFIED BY 'ge''h\\'eim' REQUIRE SSL",
                "CREATE USER a@'%' IDENTIFIED BY '***' REQUIRE SSL",
            ),
            (
                "ALTER USER a IDENTIFIED WITH caching_sha2_password BY 'x'",
                "ALTER USER a IDENTIFIED WITH caching_sha2_password BY '***'",
            ),
            ("ALTER USER a IDENTIFIED WITH sha AS '$A$05'", "ALTER USER a IDENTIFIED WITH sha AS '***'"),
            ("SET PASSWORD FOR a@b = PASSWORD('x')", "SET PASSWORD FOR a@b = PASSWORD('***')"),
            (
                "CREATE ROLE a LOGIN PASSWORD 'x' VALID UNTIL '2030'",
                "CREATE ROLE a LOGIN PASSWORD '***' VALID UNTIL '2030'",
            ),
            (
                "CHANGE MASTER TO MASTER_USER='r', MASTER_PASSWORD='x'",
                "CHANGE MASTER TO MASTER_USER='r', MASTER_PASSWORD='***'",
            ),
            ("OPTIONS (user 'bob', password 'x')", "OPTIONS (user 'bob', password '***')"),
            (
                "CREATE SUBSCRIPTION s CONNECTION 'host=a password=x' PUBLICATION p",
                "CREATE SUBSCRIPTION s CONNECTION 'host=a password=***' PUBLICATION p",
            ),
            (
                "SELECT 'a' AS 'b', u.password FROM u WHERE note = 'by'",
                "SELECT 'a' AS 'b', u.password FROM u WHERE note = 'by'",
            ),
            ("it's unclosed", "it's unclosed"),
        ];
        for (text, expected) in cases {
            assert_eq!(redact_sql(text), expected);
        }
    }

    #[test]
    fn secrets_in_a_driver_s_text_are_hidden_and_nothing_else() {
        let cases = [
            ("cannot reach postgres://ann:p@ss/w?rd@db/shop now", "cannot reach postgres://ann:***@db/shop now"),
            ("host=db password=geheim user=ann", "host=db password=*** user=ann"),
            ("export SHOP_PASSWORD=…", "export SHOP_PASSWORD=…"),
            ("a = b, key=value", "a = b, key=value"),
            ("the server's host can't be reached: password=geheim", "the server's host can't be reached: password=***"),
            ("near 'IDENTIFIED BY 'x'' at line 1", "near 'IDENTIFIED BY 'x'' at line 1"),
        ];
        for (text, expected) in cases {
            assert_eq!(redact_text(text), expected);
        }
    }
}
