//! A snapshot: what was observed at one time. It holds no table rows.
//!
//! The header is common; the body belongs to the engine, which alone knows its shape. A snapshot
//! file is one JSON document, compressed with zstd: `{"dbwright_snapshot":1,"header":{…},"body":{…}}`.

use std::any::Any;
use std::io;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Failure;

/// Version of the file format; a file of a newer version is refused with what to do.
pub const FORMAT_VERSION: u32 = 1;

/// Compression: three times the speed of zstd's middle levels for a few percent of size.
const LEVEL: i32 = 5;

/// The common part of every snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// Engine id: `postgres`, `sqlite`, …
    pub engine: String,
    /// The server's or library's version, as it prints it.
    pub version: String,
    /// Name of the target without secrets.
    pub name: String,
    /// When it was observed, by the target's clock when it has one.
    pub observed_at: Timestamp,
    /// Version of dbwright that observed it.
    pub dbwright: String,
    /// Whether column statistics with values were left out (`--no-values`).
    pub without_values: bool,
    /// What could not be observed.
    pub gaps: Vec<Gap>,
    /// What observing cost the target.
    pub cost: Cost,
}

/// An area that could not be observed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The area, as the engine's observer names it: `statements`, `activity`, `bloat`, …
    pub area: String,
    /// Why.
    pub reason: String,
    /// The grant, setting or command that would let it.
    pub remedy: Option<String>,
}

/// What observing cost.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// Queries (or PRAGMAs) sent.
    pub queries: u32,
    /// Bytes of result data received.
    pub bytes: u64,
    /// Seconds spent waiting for the target.
    pub target_s: f64,
    /// Seconds spent by dbwright itself.
    pub own_s: f64,
}

/// An engine's part of a snapshot.
pub trait Body: Any + Send + Sync + std::fmt::Debug {
    /// Writes it as JSON, for the file, without holding the whole text.
    ///
    /// # Errors
    /// When a value has no JSON form, or the writer refuses.
    fn write_json(&self, to: &mut dyn io::Write) -> Result<(), serde_json::Error>;
    /// For the engine, to find its own type again.
    fn as_any(&self) -> &dyn Any;
}

impl<T: Any + Send + Sync + std::fmt::Debug + Serialize> Body for T {
    fn write_json(&self, to: &mut dyn io::Write) -> Result<(), serde_json::Error> {
        serde_json::to_writer(to, self)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What was observed at one time.
#[derive(Debug)]
pub struct Snapshot {
    /// The common part.
    pub header: Header,
    body: Box<dyn Body>,
}

impl Snapshot {
    /// A snapshot of an engine's body.
    pub fn new(header: Header, body: impl Body) -> Self {
        Self { header, body: Box::new(body) }
    }

    /// The body as the engine's own type.
    ///
    /// # Errors
    /// When the body belongs to another engine, which is a fault of dbwright.
    pub fn body<T: Any>(&self) -> Result<&T, Failure> {
        self.body.as_any().downcast_ref().ok_or_else(|| {
            Failure::internal(
                "snapshot.foreign-body",
                format!("a snapshot of {} was given to another engine", self.header.engine),
            )
        })
    }

    /// The bytes of a snapshot file.
    ///
    /// # Errors
    /// When a value has no JSON form.
    pub fn encode(&self) -> Result<Vec<u8>, Failure> {
        let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL).map_err(|e| unwritable(&e))?;
        encoder.include_checksum(true).map_err(|e| unwritable(&e))?;
        // The serializer writes token by token; the compressor wants blocks.
        let mut blocks = io::BufWriter::with_capacity(1 << 17, encoder);
        self.write(&mut blocks)?;
        let encoder = blocks.into_inner().map_err(|e| unwritable(&e))?;
        encoder.finish().map_err(|e| unwritable(&e))
    }

    /// The JSON of a snapshot file, not compressed; it can be read back as well.
    ///
    /// # Errors
    /// When a value has no JSON form.
    pub fn encode_plain(&self) -> Result<Vec<u8>, Failure> {
        let mut json = Vec::new();
        self.write(&mut json)?;
        Ok(json)
    }

    /// Writes the file's JSON piece by piece: a body may be larger than what should be held twice.
    fn write(&self, to: &mut dyn io::Write) -> Result<(), Failure> {
        write!(to, "{{\"dbwright_snapshot\":{FORMAT_VERSION},\"header\":").map_err(|e| unwritable(&e))?;
        serde_json::to_writer(&mut *to, &self.header).map_err(|e| unwritable(&e))?;
        to.write_all(b",\"body\":").map_err(|e| unwritable(&e))?;
        self.body.write_json(to).map_err(|e| unwritable(&e))?;
        to.write_all(b"}").map_err(|e| unwritable(&e))
    }
}

fn unwritable(error: &dyn std::fmt::Display) -> Failure {
    Failure::internal("snapshot.encode", format!("the snapshot can't be written: {error}"))
}

#[derive(Deserialize)]
struct FileVersion {
    dbwright_snapshot: Option<u32>,
}

#[derive(Deserialize)]
struct FileIn<'a> {
    header: Header,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// First bytes of every zstd frame.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Whether bytes look like a snapshot file, compressed or plain JSON.
#[must_use]
pub fn looks_like_snapshot(start: &[u8]) -> bool {
    start.starts_with(&ZSTD_MAGIC) || {
        let text = String::from_utf8_lossy(&start[..start.len().min(256)]);
        text.trim_start().starts_with('{') && text.contains("dbwright_snapshot")
    }
}

/// Reads a snapshot file as far as its header; the engine named there decodes the body.
///
/// # Errors
/// When the bytes are cut short, damaged, of a newer version or no snapshot at all. `name` is the
/// file's name for the message.
pub fn decode(name: &str, bytes: &[u8]) -> Result<(Header, Box<RawValue>), Failure> {
    let json = if bytes.starts_with(&ZSTD_MAGIC) {
        zstd::decode_all(bytes).map_err(|e| damaged(name, &e))?
    } else {
        bytes.to_vec()
    };
    let version: FileVersion = serde_json::from_slice(&json).map_err(|e| damaged(name, &e))?;
    match version.dbwright_snapshot {
        Some(FORMAT_VERSION) => {}
        Some(newer) if newer > FORMAT_VERSION => {
            return Err(Failure::unreachable(
                "snapshot.newer",
                format!("{name} is a snapshot of format {newer}; this dbwright reads format {FORMAT_VERSION}"),
            )
            .hint("install the dbwright that wrote it, or a newer one"));
        }
        _ => {
            return Err(Failure::unreachable(
                "snapshot.not-one",
                format!("{name} is JSON, but not a dbwright snapshot"),
            )
            .hint("make one with `dbwright snapshot TARGET -o FILE`"));
        }
    }
    let file: FileIn<'_> = serde_json::from_slice(&json).map_err(|e| damaged(name, &e))?;
    Ok((file.header, file.body.to_owned()))
}

/// The failure for a snapshot file that can't be read.
pub fn damaged(name: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::unreachable("snapshot.damaged", format!("the snapshot {name} is damaged, cut short or edited: {error}"))
        .hint("take it again with `dbwright snapshot TARGET -o FILE`, or copy the file again")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        let header = Header {
            engine: "test".to_owned(),
            version: "1".to_owned(),
            name: "here \"quoted\"".to_owned(),
            observed_at: Timestamp::UNIX_EPOCH,
            dbwright: "0".to_owned(),
            without_values: false,
            gaps: Vec::new(),
            cost: Cost::default(),
        };
        Snapshot::new(header, vec!["row\n".to_owned(), "\u{1f600}".to_owned()])
    }

    #[test]
    fn both_forms_of_a_file_are_read_back() {
        let snapshot = snapshot();
        for bytes in [snapshot.encode().expect("zstd"), snapshot.encode_plain().expect("JSON")] {
            assert!(looks_like_snapshot(&bytes));
            let (header, body) = decode("file", &bytes).expect("a snapshot");
            assert_eq!(header, snapshot.header);
            let body: Vec<String> = serde_json::from_str(body.get()).expect("the body");
            assert_eq!(&body, snapshot.body::<Vec<String>>().expect("the same type"));
        }
    }

    #[test]
    fn every_cut_of_a_file_is_noticed() {
        let bytes = snapshot().encode().expect("zstd");
        for length in 0..bytes.len() {
            let failure = decode("file", &bytes[..length]).expect_err("cut short");
            assert!(failure.message.contains("file"), "{}", failure.message);
        }
    }

    #[test]
    fn a_newer_format_is_refused_with_what_to_do() {
        let failure = decode("file", br#"{"dbwright_snapshot":99,"header":{},"body":{}}"#).expect_err("newer");
        assert_eq!(failure.code, "snapshot.newer");
        assert!(!failure.hints.is_empty());
    }
}
