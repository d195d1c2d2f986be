//! From bytes to text, and their checksum.

use dbwright_core::Failure;
use sha2::{Digest as _, Sha256};

/// The text of a file; a byte order mark is left out.
pub(super) fn decode<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Failure> {
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = bytes {
        return Err(Failure::usage("migrate.encoding", format!("{file} is UTF-16, not UTF-8"))
            .hint(format!("convert it: iconv -f UTF-16 -t UTF-8 {file}")));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| not_utf8(file, bytes, e.valid_up_to()))?;
    if let Some(at) = text.find('\0') {
        let line = text[..at].matches('\n').count() + 1;
        return Err(Failure::usage(
            "migrate.encoding",
            format!("{file} has a zero byte in line {line}: it is no text"),
        )
        .hint("save it as UTF-8"));
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn not_utf8(file: &str, bytes: &[u8], at: usize) -> Failure {
    let before = &bytes[..at];
    let line = before.split(|byte| *byte == b'\n').count();
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    let byte = bytes.get(at).copied().unwrap_or_default();
    Failure::usage(
        "migrate.encoding",
        format!("{file} is not UTF-8: line {line}, column {column} has the byte 0x{byte:02x}"),
    )
    .hint(format!("convert it, for example: iconv -f LATIN1 -t UTF-8 {file}"))
}

/// SHA-256 of a file as 64 hexadecimal digits. Line ends of Windows count as those of Unix and a byte order mark as nothing,
/// because version control changes both.
#[must_use]
pub fn checksum(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    let mut digest = Sha256::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
        digest.update(&rest[..at]);
        rest = &rest[at + 1..];
    }
    digest.update(rest);
    let digits = digest.finalize().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_that_of_sha256sum_whatever_the_line_ends() {
        let unix = checksum(b"SELECT 1;\nSELECT 2;\n");
        assert_eq!(unix, "82efb67f3010c6eb7ead02e4f6d9550633dbc1407f99aa487468e7b2567aebbc");
        assert_eq!(checksum(b"\xef\xbb\xbfSELECT 1;\r\nSELECT 2;\r\n"), unix);
        assert_ne!(checksum(b"SELECT 1;\rSELECT 2;\n"), unix);
        assert_eq!(checksum(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn another_encoding_is_told_with_its_place() {
        let failure = decode("m.sql", b"SELECT 1;\nSELECT '\xe4';").expect_err("latin 1");
        assert_eq!(failure.message, "m.sql is not UTF-8: line 2, column 9 has the byte 0xe4");
        assert!(decode("m.sql", b"\xff\xfeS\0").expect_err("utf 16").message.contains("UTF-16"));
        assert!(decode("m.sql", b"a\nb\0").expect_err("zero").message.contains("line 2"));
        assert_eq!(decode("m.sql", b"\xef\xbb\xbfa").ok(), Some("a"));
    }
}
