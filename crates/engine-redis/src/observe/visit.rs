//! A visit to one node: the connection, what was learned so far, and the gaps.

use std::collections::BTreeMap;

use dbwright_core::Failure;
use dbwright_core::snapshot::Gap;
use redis::Value;

use super::info;
use crate::body::{Deployment, Node};
use crate::client::{Client, Refusal};
use crate::connect::params::Login;
use crate::error;

/// A node that is being observed.
pub(super) struct Visit {
    /// The connection to it.
    pub(super) client: Client,
    /// What was learned.
    pub(super) node: Node,
    /// The user that observes, for remedies.
    pub(super) user: String,
    /// The sections of its first `INFO`.
    pub(super) sections: BTreeMap<String, Vec<(String, String)>>,
    /// Whether reading a key leaves its access time alone (`CLIENT NO-TOUCH`).
    pub(super) no_touch: bool,
    /// Whether names of keys are to be kept shorter than their patterns (`--no-values`).
    pub(super) discreet: bool,
    /// Whether the node has been asked about everything.
    pub(super) observed: bool,
}

impl Visit {
    /// Begins a visit with `INFO`, which must be answered.
    ///
    /// # Errors
    /// When it is not.
    pub(super) async fn begin(mut client: Client, login: &Login) -> Result<Self, Failure> {
        let answer = client.call(&["INFO", "everything"]).await;
        let text = answer.map_err(|refusal| error::refused(&refusal, &client.place, login, false))?;
        let sections = info::sections(&text_of(&text));
        if sections.is_empty() {
            return Err(Failure::unreachable(
                "redis.not-redis",
                format!("{} does not answer like a Redis or Valkey server", client.place),
            )
            .hint("check the port: another program may listen there"));
        }
        let node = Node { address: client.place.clone(), ..Node::default() };
        let user = login.user.clone().unwrap_or_else(|| "default".to_owned());
        let mut visit = Self { client, node, user, sections, no_touch: false, discreet: false, observed: false };
        info::read(&mut visit);
        visit.be_discreet().await;
        Ok(visit)
    }

    /// Asks the server not to count our reads as uses, where it can (7.2), nor to count our memory against others'.
    async fn be_discreet(&mut self) {
        let version = self.node.version();
        if version >= (7, 0, 0) {
            let _ = self.client.call(&["CLIENT", "NO-EVICT", "on"]).await; // may be forbidden
        }
        if version >= (7, 2, 0) {
            self.no_touch = self.client.call(&["CLIENT", "NO-TOUCH", "on"]).await.is_ok();
        }
    }

    /// `valkey` or `redis`.
    pub(super) fn flavour(&self) -> &'static str {
        if self.node.info.text("valkey_version").is_some() { "valkey" } else { "redis" }
    }

    /// How the server belongs to others.
    pub(super) fn deployment(&self) -> Deployment {
        match self.node.info.text("redis_mode").or_else(|| self.node.info.text("server_mode")) {
            Some("cluster") => Deployment::Cluster,
            Some("sentinel") => Deployment::Sentinel,
            _ => Deployment::Standalone,
        }
    }

    /// Asks, or leaves a gap in `area`.
    pub(super) async fn ask(&mut self, gaps: &mut Gaps, area: &str, words: &[&str]) -> Option<Value> {
        match self.client.call(words).await {
            Ok(value) => Some(value),
            Err(refusal) => {
                gaps.refused(area, self, words, &refusal);
                None
            }
        }
    }
}

/// The gaps of a snapshot, while it is taken.
#[derive(Default)]
pub(super) struct Gaps {
    list: Vec<Gap>,
}

impl Gaps {
    /// Adds a gap.
    pub(super) fn add(&mut self, area: &str, reason: impl Into<String>, remedy: Option<String>) {
        let gap = Gap { area: area.to_owned(), reason: reason.into(), remedy };
        if !self.list.contains(&gap) {
            self.list.push(gap);
        }
    }

    /// Adds the gap that a refused command leaves.
    pub(super) fn refused(&mut self, area: &str, visit: &Visit, words: &[&str], refusal: &Refusal) {
        let name = named_in(refusal).unwrap_or_else(|| command_name(words));
        let place = &visit.node.address;
        let (reason, remedy) = match refusal {
            Refusal::Server { code, .. } if code == "NOPERM" => {
                let rule = name.to_lowercase().replace(' ', "|");
                (format!("{place} does not permit {name}"), Some(format!("ACL SETUSER {} +{rule}", visit.user)))
            }
            Refusal::Server { text, .. } if text.to_lowercase().contains("unknown command") => (
                format!("{place} does not know {name}: it is renamed or switched off (rename-command)"),
                Some(format!(
                    "remove the `rename-command` of {name}, and forbid it by ACL to those who must not use it"
                )),
            ),
            Refusal::Server { code, .. } if code == "LOADING" => (
                format!("{place} loads its data"),
                Some("wait until it has loaded, then run the command again".to_owned()),
            ),
            Refusal::Server { code, .. } if code == "BUSY" => (
                format!("{place} is busy with a script or function"),
                Some("wait for it, or end it with SCRIPT KILL or FUNCTION KILL".to_owned()),
            ),
            Refusal::Server { code, .. } if code == "MASTERDOWN" => (
                format!("{place} has lost its master and gives no stale data"),
                Some("CONFIG SET replica-serve-stale-data yes".to_owned()),
            ),
            Refusal::Server { .. } => (format!("{place} answers {name} with: {refusal}"), None),
            Refusal::Lost(_) | Refusal::Timeout(_) => {
                (format!("{place}: {refusal}"), Some("run the command again when the server is well".to_owned()))
            }
        };
        self.add(area, reason, remedy);
    }

    /// Adds those of another list.
    pub(super) fn append(&mut self, other: Self) {
        for gap in other.list {
            if !self.list.contains(&gap) {
                self.list.push(gap);
            }
        }
    }

    /// The list.
    pub(super) fn into_list(self) -> Vec<Gap> {
        self.list
    }
}

/// The command that the server's error names: of several that were sent at once, the one that it is about.
fn named_in(refusal: &Refusal) -> Option<String> {
    let Refusal::Server { code, text } = refusal else { return None };
    let names = code == "NOPERM" || text.contains("unknown command");
    let name = text.split('\'').nth(1).filter(|_| names)?;
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'|' | b'-' | b'_' | b' '));
    plain.then(|| name.to_uppercase().replace('|', " "))
}

/// `CONFIG GET` of `CONFIG GET *`, `SCAN` of `SCAN 0`.
fn command_name(words: &[&str]) -> String {
    const WITH_SUBCOMMAND: [&str; 11] = [
        "CONFIG", "CLIENT", "ACL", "CLUSTER", "MEMORY", "SLOWLOG", "LATENCY", "OBJECT", "XINFO", "SENTINEL", "COMMAND",
    ];
    match words {
        [first, second, ..] if WITH_SUBCOMMAND.contains(first) => format!("{first} {second}"),
        [first, ..] => (*first).to_owned(),
        [] => String::new(),
    }
}

/// An answer as text; bytes that are no text are replaced.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => text.clone(),
        Value::Okay => "OK".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Boolean(yes) => u8::from(*yes).to_string(),
        _ => String::new(),
    }
}

/// An answer as bytes.
pub(super) fn bytes_of(value: &Value) -> Option<&[u8]> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.as_bytes()),
        _ => None,
    }
}

/// An answer as a number.
pub(super) fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Double(number) => Some(*number),
        Value::BulkString(_) | Value::SimpleString(_) => text_of(value).parse().ok(),
        _ => None,
    }
}

/// An answer as a whole number that is not negative.
pub(super) fn count_of(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => text_of(value).parse().ok(),
    }
}

/// The elements of an answer.
pub(super) fn list_of(value: &Value) -> &[Value] {
    match value {
        Value::Array(list) | Value::Set(list) => list,
        _ => &[],
    }
}

/// The pairs of an answer: a map, or a list of names and values in turns.
pub(super) fn pairs_of(value: &Value) -> Vec<(String, &Value)> {
    if let Value::Map(pairs) = value {
        return pairs.iter().map(|(key, value)| (text_of(key), value)).collect();
    }
    let chunks = list_of(value).chunks_exact(2);
    chunks.filter_map(|pair| Some((text_of(pair.first()?), pair.get(1)?))).collect()
}
