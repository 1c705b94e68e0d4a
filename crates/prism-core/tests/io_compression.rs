//! Compressed files: what is damaged, what is only odd, and what is not read.

#![allow(clippy::unwrap_used)]

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use prism_core::io::{ReadOptions, read_bytes, read_from};

#[test]
fn damaged_compression() {
    let text = b"p edge 3 2\ne 1 2\ne 2 3\n";
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    let gzip = encoder.finish().unwrap();
    let of =
        |bytes: &[u8]| read_bytes(bytes, "f", &ReadOptions::default()).unwrap_err().to_string();
    for cut in 3..gzip.len() {
        assert_eq!(of(&gzip[..cut]), "f: damaged or truncated gzip data: the data ends too early");
    }
    // Padding with zeros, as of a tape, is no damage; other things are, and truncated members.
    for end in [&[][..], &[0], &[0; 1000]] {
        assert_eq!(
            read_bytes(&[&gzip, end].concat(), "f", &ReadOptions::default()).unwrap().graph.m(),
            2
        );
    }
    let twice = [&gzip[..], &gzip[..12]].concat();
    assert_eq!(of(&twice), "f: damaged or truncated gzip data: the data ends too early");
    for junk in [&b"x"[..], b"\0\0x", b"e 1 3\n"] {
        let end = "bytes follow that are no gzip data";
        let expected = format!("f: damaged or truncated gzip data: {end}");
        assert_eq!(of(&[&gzip, junk].concat()), expected);
    }
    let mut wrong = gzip.clone();
    let checksum = wrong.len() - 8;
    wrong[checksum] ^= 1;
    assert!(of(&wrong).starts_with("f: damaged or truncated gzip data: "), "{}", of(&wrong));
    let zstd =
        ruzstd::encoding::compress_to_vec(&text[..], ruzstd::encoding::CompressionLevel::Fastest);
    for cut in 4..zstd.len() {
        let message = of(&zstd[..cut]);
        assert!(message.starts_with("f: damaged or truncated zstd data: "), "{cut}: {message}");
    }
}

#[test]
fn other_compressions_are_named() {
    for (bytes, codec, tool) in [
        (&b"\xfd7zXZ\0\0\x04"[..], "xz", "xz -d"),
        (b"BZh91AY&SY\x8a", "bzip2", "bzip2 -d"),
        (b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0", "bzip2", "bzip2 -d"),
        (b"\x04\x22\x4d\x18\x64\x40", "lz4", "lz4 -d"),
        (b"PK\x03\x04\x14\0\0\0\x08\0", "zip", "unzip"),
        (b"PK\x05\x06\0\0\0\0\0\0", "zip", "unzip"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7-Zip", "7z x"),
    ] {
        let message = read_bytes(bytes, "f", &ReadOptions::default()).unwrap_err().to_string();
        let expected = format!(
            "f: the file is compressed with {codec}; plain, gzip and zstd files are read: decompress it first, as by {tool}"
        );
        assert_eq!(message, expected);
    }
    let mut tar = b"graph.col".to_vec();
    tar.resize(257, 0);
    tar.extend(b"ustar\x0000");
    let message = read_bytes(&tar, "f.tar", &ReadOptions::default()).unwrap_err().to_string();
    assert!(message.contains("it is a tar archive"), "{message}");
    // A name may begin like a magic number.
    assert_eq!(read_bytes(b"BZh91AY x\n", "f", &ReadOptions::default()).unwrap().graph.m(), 1);
}

/// Is interrupted at every other read, and gives a byte at a time.
struct Interrupted<'b>(&'b [u8], bool);

impl Read for Interrupted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let one = buffer.len().min(1);
        self.0.read(&mut buffer[..one])
    }
}

#[test]
fn reads_that_are_interrupted_lose_nothing() {
    let member = |text: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let file = [member(b"a b\nb c\n"), member(b"c d\n"), vec![0; 9]].concat();
    let loaded = read_from(Interrupted(&file, false), "f", &ReadOptions::default()).unwrap();
    assert_eq!((loaded.graph.n(), loaded.graph.m()), (4, 3));
}
