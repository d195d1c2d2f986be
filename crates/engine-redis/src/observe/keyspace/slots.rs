//! The slot of a name: CRC16 (XMODEM) of its hash tag, or of all of it.

use crate::body::SLOTS;

/// The slot of a name.
pub(super) fn of(name: &[u8]) -> u16 {
    crc16(tag(name)) % SLOTS
}

/// What is between the first `{` and the next `}`, when that is not empty.
fn tag(name: &[u8]) -> &[u8] {
    let Some(open) = name.iter().position(|b| *b == b'{') else { return name };
    match name[open + 1..].iter().position(|b| *b == b'}') {
        Some(length) if length > 0 => &name[open + 1..open + 1 + length],
        _ => name,
    }
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 })
    })
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(of(b"123456789"), 0x31c3);
        assert_eq!(of(b"foo"), 12_182);
        assert_eq!(of(b"{user1000}.following"), of(b"{user1000}.followers"));
        assert_eq!(of(b"foo{}{bar}"), of(b"foo{}{bar}"));
        assert_ne!(of(b"foo{}{bar}"), of(b"bar"));
        assert_eq!(of(b"foo{bar}{zap}"), of(b"bar"));
    }
}
