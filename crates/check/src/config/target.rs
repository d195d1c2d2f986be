//! A named target: an address with variables of the environment, put together only when it is used.
//!
//! The address is kept as written: a variable that is not set matters only to who uses the target, and no
//! secret is read before that.

use std::collections::BTreeMap;

use dbwright_core::Failure;
use dbwright_core::target::Address;

use super::table::Table;

/// `[targets.NAME]`.
#[derive(Clone, PartialEq, Eq)]
pub struct TargetEntry {
    name: String,
    url: String,
    parameters: BTreeMap<String, String>,
}

/// Shows the name only: the address may hold a password.
impl std::fmt::Debug for TargetEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TargetEntry").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Parameters of a connection that may stand beside `url`; the names are libpq's.
const PARAMETERS: [&str; 13] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslpassword",
    "connect_timeout",
    "application_name",
    "options",
    "user",
    "password",
    "passfile",
    "target_session_attrs",
    "channel_binding",
];

impl TargetEntry {
    pub(super) fn read(name: &str, table: &Table<'_>) -> Result<Self, Failure> {
        let known: Vec<_> = ["url"].into_iter().chain(PARAMETERS).collect();
        table.only(&known)?;
        let url = table.get("url").ok_or_else(|| {
            let message = format!("the target `{name}` has no `url`");
            table.file.failure("config.no-url", table.at, &message).hint("url = \"postgres://user@host/database\"")
        })?;
        let mut parameters = BTreeMap::new();
        for (key, _, entry) in table.entries().into_iter().filter(|(key, ..)| *key != "url") {
            let value = entry.string(key).map(str::to_owned).or_else(|e| {
                if key == "connect_timeout" { entry.number(key).map(|seconds| seconds.to_string()) } else { Err(e) }
            })?;
            parameters.insert(key.to_owned(), value);
        }
        Ok(Self { name: name.to_owned(), url: url.string("url")?.to_owned(), parameters })
    }

    /// The address, with `${VAR}` replaced by what `lookup` gives. Inside user, password and parameters the
    /// values are percent-encoded, so that a password may hold any character.
    ///
    /// # Errors
    /// When a variable is not set, `${` is not closed, or the result is no address.
    pub fn address(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Address, Failure> {
        let encoded = |at: usize| {
            let before_host = self.url.contains("://") && self.url.rfind('@').is_some_and(|host| at < host);
            before_host || self.url[..at].contains('?')
        };
        let mut url = self.expand(&self.url, lookup, &encoded)?;
        for (key, value) in &self.parameters {
            let value = percent_encode(&self.expand(value, lookup, &|_| false)?);
            url.push(if url.contains('?') { '&' } else { '?' });
            url.extend([key.as_str(), "=", &value]);
        }
        Address::parse(&url)
    }

    fn expand(
        &self,
        text: &str,
        lookup: &dyn Fn(&str) -> Option<String>,
        encoded: &dyn Fn(usize) -> bool,
    ) -> Result<String, Failure> {
        let mut out = String::new();
        let mut at = 0;
        while let Some(open) = text[at..].find("${").map(|offset| at + offset) {
            out.push_str(&text[at..open]);
            let close = text[open..].find('}').map(|offset| open + offset).ok_or_else(|| {
                Failure::usage("config.open-variable", format!("target `{}`: `${{` is not closed by `}}`", self.name))
            })?;
            let variable = &text[open + 2..close];
            let value = lookup(variable).ok_or_else(|| {
                let message = format!("target `{}`: the environment variable {variable} is not set", self.name);
                Failure::usage("config.unset-variable", message).hint(format!("export {variable}=…"))
            })?;
            out.push_str(&if encoded(open) { percent_encode(&value) } else { value });
            at = close + 1;
        }
        out.push_str(&text[at..]);
        Ok(out)
    }
}

/// Encodes everything but letters, digits and `-._~`.
fn percent_encode(text: &str) -> String {
    let encode = |byte: u8| {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(encode).collect()
}
