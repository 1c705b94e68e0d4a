//! Texts that are not lines of UTF-8: what they are, and how to make them so.

use crate::io::error::ErrorKind;

/// Bytes that are looked at for zeros.
const LOOKED_AT: usize = 256;

/// What is wrong with a text that starts with `head`, if it is written in a way that is not read.
pub(in crate::io) fn foreign(head: &[u8]) -> Option<ErrorKind> {
    let (form, convert) = if is_utf_16(head) {
        ("text in UTF-16", "convert it first, as by iconv -f UTF-16 -t UTF-8")
    } else if has_lone_carriage_returns(head) {
        ("lines that end with a carriage return alone", "convert them first, as by tr '\\r' '\\n'")
    } else {
        return None;
    };
    Some(ErrorKind::expected(
        format!("text in UTF-8 whose lines end with line feeds ({convert})"),
        form,
    ))
}

/// A byte order mark and characters behind it, or every other byte a zero, as in plain letters.
fn is_utf_16(head: &[u8]) -> bool {
    let characters = |unit: fn([u8; 2]) -> u16| {
        let pairs = head[..head.len().min(LOOKED_AT)].chunks_exact(2);
        let mut found = char::decode_utf16(pairs.map(|pair| unit([pair[0], pair[1]]))).peekable();
        // The last one may be cut.
        std::iter::from_fn(|| found.next().filter(|_| found.peek().is_some()))
            .all(|one| one.is_ok())
    };
    let start = &head[..head.len().min(LOOKED_AT) & !1];
    let half = |first: usize| start.iter().skip(first).step_by(2);
    let zeros = |first: usize| half(first).all(|&b| b == 0) && half(1 - first).all(|&b| b != 0);
    start.starts_with(&[0xff, 0xfe]) && characters(u16::from_le_bytes)
        || start.starts_with(&[0xfe, 0xff]) && characters(u16::from_be_bytes)
        || start.len() >= 4 && (zeros(0) || zeros(1))
}

fn has_lone_carriage_returns(head: &[u8]) -> bool {
    head.trim_ascii().contains(&b'\r') && !head.contains(&b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_other_ways() {
        let utf_16 =
            |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let big: Vec<u8> = "1 2\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for head in [utf_16("\u{feff}a b\n"), utf_16("1 2\n2 3\n"), big, b"a b\rb c\r".to_vec()] {
            assert!(foreign(&head).is_some(), "{head:?}");
        }
        assert!(foreign(&utf_16("\u{feff}東京 大阪\n")).is_some());
        // Halves of characters without the other.
        assert!(foreign(&[0xff, 0xfe, 0xdd, 0xdc, 0xdb, 0xda, 0x0a, 0x00]).is_none());
        for head in [&b"a b\r\nb c\r\n"[..], b"a b\r", b"a b", b"", b"\x00", b"a\x00\x00b"] {
            assert!(foreign(head).is_none(), "{head:?}");
        }
    }
}
