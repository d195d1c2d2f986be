//! Redis' protocol, as much of it as setting up and looking need.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a reply may take: a slow script, a large deletion.
const PATIENCE: Duration = Duration::from_mins(2);

/// A connection. Blocking: it works in any test.
#[derive(Debug)]
pub struct Wire(BufReader<TcpStream>);

/// What a server replied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    Nil,
    /// A status or a value.
    Text(Vec<u8>),
    /// A whole number.
    Number(i64),
    /// A list.
    List(Vec<Reply>),
    /// A refusal inside a list, such as of one command of a transaction.
    Refused(String),
}

impl Reply {
    /// It as text; a list has a line for each of its parts.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Nil => String::new(),
            Self::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Number(number) => number.to_string(),
            Self::List(parts) => parts.iter().map(Self::text).collect::<Vec<_>>().join("\n"),
            Self::Refused(reason) => reason.clone(),
        }
    }
}

impl Wire {
    /// Connects to a server on this machine.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn open(port: u16) -> Result<Self, String> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let stream =
            TcpStream::connect_timeout(&address, Duration::from_secs(5)).map_err(|e| format!("{address}: {e}"))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(|e| e.to_string())?;
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a command and gives the reply.
    ///
    /// # Errors
    /// When the server refuses, with its words, or the connection ends.
    pub fn command(&mut self, words: &[impl AsRef<[u8]>]) -> Result<Reply, String> {
        match self.send(words)? {
            Reply::Refused(reason) => {
                let command =
                    words.iter().map(|word| String::from_utf8_lossy(word.as_ref())).collect::<Vec<_>>().join(" ");
                Err(format!("{reason} (to {command})"))
            }
            reply => Ok(reply),
        }
    }

    /// Sends a command and gives the reply, a refusal too.
    ///
    /// # Errors
    /// When the connection ends.
    pub fn send(&mut self, words: &[impl AsRef<[u8]>]) -> Result<Reply, String> {
        self.write(words)?;
        self.read()
    }

    /// Sends a command without waiting for its reply, as for many in a row or one that blocks.
    ///
    /// # Errors
    /// When the connection has ended.
    pub fn write(&mut self, words: &[impl AsRef<[u8]>]) -> Result<(), String> {
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words.iter().map(AsRef::as_ref) {
            request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
        self.0.get_mut().write_all(&request).map_err(|e| e.to_string())
    }

    /// The next reply.
    ///
    /// # Errors
    /// When the connection ends first.
    pub fn read(&mut self) -> Result<Reply, String> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).map_err(|e| e.to_string())?;
        let Some(rest) = line.strip_suffix(b"\r\n") else { return Err("the connection ended".to_owned()) };
        let (kind, rest) = rest.split_first().ok_or("an empty reply")?;
        let text = String::from_utf8_lossy(rest).into_owned();
        let number = || text.parse::<i64>().map_err(|e| format!("{text}: {e}"));
        match kind {
            b'+' => Ok(Reply::Text(rest.to_vec())),
            b'-' => Ok(Reply::Refused(text)),
            b':' => Ok(Reply::Number(number()?)),
            b'$' => usize::try_from(number()?).map_or(Ok(Reply::Nil), |length| self.bytes(length)),
            b'*' => usize::try_from(number()?).map_or(Ok(Reply::Nil), |length| self.list(length)),
            _ => Err(format!("a reply of an unknown kind: {text}")),
        }
    }

    fn bytes(&mut self, length: usize) -> Result<Reply, String> {
        let mut bytes = vec![0; length + 2];
        self.0.read_exact(&mut bytes).map_err(|e| e.to_string())?;
        bytes.truncate(length);
        Ok(Reply::Text(bytes))
    }

    fn list(&mut self, length: usize) -> Result<Reply, String> {
        (0..length).map(|_| self.read()).collect::<Result<_, _>>().map(Reply::List)
    }
}
