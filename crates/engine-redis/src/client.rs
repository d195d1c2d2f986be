//! A connection to one server: every call is limited in time and counted, and refusals are told apart from losses.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use dbwright_core::snapshot::Cost;
use redis::{Cmd, Pipeline, RedisError, Value};

use crate::connect::Link;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server's error.
    Server {
        /// Its first word: `ERR`, `NOPERM`, `LOADING`, …
        code: String,
        /// The rest.
        text: String,
    },
    /// The connection is gone.
    Lost(String),
    /// It took too long.
    Timeout(Duration),
}

impl Refusal {
    /// Whether nothing else can be asked of this server.
    pub(crate) fn is_end(&self) -> bool {
        !matches!(self, Self::Server { .. })
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Server { code, text } => write!(f, "{code} {text}"),
            Self::Lost(reason) => write!(f, "the connection was lost: {reason}"),
            Self::Timeout(limit) => write!(f, "no answer within {} s", limit.as_secs_f64()),
        }
    }
}

/// A connection to one server.
pub(crate) struct Client {
    link: Link,
    /// `host:port` or the socket's path.
    pub(crate) place: String,
    limit: Duration,
    ended: Option<Refusal>,
    commands: u32,
    waited: Duration,
}

impl Client {
    /// A client over an open link; `limit` is the longest time of one call.
    pub(crate) const fn new(link: Link, place: String, limit: Duration) -> Self {
        Self { link, place, limit, ended: None, commands: 0, waited: Duration::ZERO }
    }

    /// What it has cost so far.
    pub(crate) fn cost(&self) -> Cost {
        Cost {
            queries: self.commands,
            bytes: self.link.received.load(Ordering::Relaxed),
            target_s: self.waited.as_secs_f64(),
            own_s: 0.0,
        }
    }

    /// Why nothing can be asked any more.
    pub(crate) const fn ended(&self) -> Option<&Refusal> {
        self.ended.as_ref()
    }

    /// Sends one command.
    pub(crate) async fn call<W: AsRef<[u8]>>(&mut self, words: &[W]) -> Result<Value, Refusal> {
        let mut command = Cmd::new();
        for word in words {
            command.arg(word.as_ref());
        }
        let mut driver = self.link.driver.clone();
        let answer = self.timed(1, async move { driver.send_packed_command(&command).await }).await?;
        match answer {
            Value::ServerError(error) => Err(refusal_of(error.code(), error.details())),
            value => Ok(value),
        }
    }

    /// Sends commands at once; each has its own answer or refusal.
    pub(crate) async fn pipeline(&mut self, pipeline: Pipeline) -> Result<Vec<Result<Value, Refusal>>, Refusal> {
        let count = pipeline.len();
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut driver = self.link.driver.clone();
        let work = async move { driver.send_packed_commands(&pipeline, 0, count).await };
        let answers = self.timed(u32::try_from(count).unwrap_or(u32::MAX), work).await?;
        let one = |value| match value {
            Value::ServerError(error) => Err(refusal_of(error.code(), error.details())),
            value => Ok(value),
        };
        Ok(answers.into_iter().map(one).collect())
    }

    /// Runs one exchange within the limit. After a loss or a timeout nothing more is sent.
    async fn timed<T>(&mut self, count: u32, work: impl Future<Output = Result<T, RedisError>>) -> Result<T, Refusal> {
        if let Some(ended) = &self.ended {
            return Err(ended.clone());
        }
        self.commands = self.commands.saturating_add(count);
        let start = Instant::now();
        let outcome = tokio::time::timeout(self.limit, work).await;
        self.waited += start.elapsed();
        let refusal = match outcome {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => refusal(&error),
            Err(_) => Refusal::Timeout(self.limit),
        };
        if refusal.is_end() {
            self.ended = Some(refusal.clone());
        }
        Err(refusal)
    }
}

fn refusal_of(code: &str, detail: Option<&str>) -> Refusal {
    Refusal::Server { code: code.to_owned(), text: detail.unwrap_or_default().to_owned() }
}

/// What a driver's error means.
pub(crate) fn refusal(error: &RedisError) -> Refusal {
    match error.code() {
        Some(code) => refusal_of(code, error.detail()),
        None => Refusal::Lost(error.to_string()),
    }
}
