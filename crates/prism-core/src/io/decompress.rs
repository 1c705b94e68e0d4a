//! Plain, gzip or zstd, told apart by the first bytes and never by the file's name. Other compressions
//! are known well enough to be named.
//!
//! Both formats may hold several members one after the other (`cat a.gz b.gz`, `pigz`, `pzstd`); all
//! of them are read. Zeros behind the last gzip member fill a block up and are skipped; anything else
//! there may be a member that was damaged. Checksums are checked by the decoders.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::GzDecoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::error::ErrorKind;

/// How the input is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Plain,
    Gzip,
    Zstd,
}

/// The longest of the numbers that compressed files begin with.
const MAGIC: usize = 10;

/// A compression that is not read and the command that undoes it, by the first bytes. Text may begin like
/// bzip2, but not with the mark of its first block or of its end as well.
fn other_compression(magic: &[u8]) -> Option<(&'static str, &'static str)> {
    match magic {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(("zip", "unzip")),
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Some(("7-Zip", "7z x")),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(("xz", "xz -d")),
        [0x04, 0x22, 0x4d, 0x18, ..] => Some(("lz4", "lz4 -d")),
        [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', b'&', b'S', b'Y', ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => {
            Some(("bzip2", "bzip2 -d"))
        }
        _ => None,
    }
}

/// Wraps `reader` in the decoder that its first bytes ask for.
pub(super) fn open<'r>(
    mut reader: impl Read + 'r,
) -> Result<(Box<dyn Read + 'r>, Codec), ErrorKind> {
    let mut magic = Vec::with_capacity(MAGIC);
    reader.by_ref().take(MAGIC as u64).read_to_end(&mut magic)?;
    if let Some((codec, tool)) = other_compression(&magic) {
        return Err(ErrorKind::OtherCompression { codec, tool });
    }
    let codec = match magic[..] {
        [0x1f, 0x8b, ..] => Codec::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Codec::Zstd,
        // A skippable frame may come first.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Codec::Zstd,
        _ => Codec::Plain,
    };
    let whole = Cursor::new(magic).chain(reader);
    let opened: Box<dyn Read + 'r> = match codec {
        Codec::Plain => Box::new(whole),
        Codec::Gzip => Box::new(GzipMembers::new(BufReader::with_capacity(1 << 17, whole))),
        Codec::Zstd => Box::new(ZstdFrames::new(BufReader::with_capacity(1 << 17, whole))?),
    };
    Ok((opened, codec))
}

/// What a failed read means for the one who reads the message.
pub(super) fn describe(codec: Codec, error: io::Error) -> ErrorKind {
    let damaged = |codec| {
        let reason = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the data ends too early".to_owned(),
            _ => error.to_string(),
        };
        ErrorKind::Compression { codec, reason }
    };
    match codec {
        Codec::Plain => ErrorKind::Io(error),
        Codec::Gzip => damaged("gzip"),
        Codec::Zstd => damaged("zstd"),
    }
}

/// All members of a gzip file, one after the other. A read that is interrupted can be tried again.
struct GzipMembers<R> {
    /// The decoder of the member at hand; none behind the last one.
    decoder: Option<GzDecoder<R>>,
    /// Whether that member has ended.
    ended: bool,
}

impl<R: BufRead> GzipMembers<R> {
    fn new(input: R) -> Self {
        Self { decoder: Some(GzDecoder::new(input)), ended: false }
    }

    /// Starts the member that follows, or skips what may stand behind the last one.
    fn next_member(&mut self) -> io::Result<()> {
        let Some(decoder) = &mut self.decoder else { return Ok(()) };
        let input = decoder.get_mut();
        let mut padded = false;
        loop {
            let rest = input.fill_buf()?;
            if !padded && rest.first() == Some(&0x1f) {
                let input = self.decoder.take().map(GzDecoder::into_inner);
                (self.decoder, self.ended) = (input.map(GzDecoder::new), false);
                return Ok(());
            }
            if rest.iter().any(|&b| b != 0) {
                return Err(io::Error::other("bytes follow that are no gzip data"));
            }
            match rest.len() {
                0 => break,
                zeros => input.consume(zeros),
            }
            padded = true;
        }
        self.decoder = None;
        Ok(())
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder
            && !buffer.is_empty()
        {
            if !self.ended {
                match decoder.read(buffer)? {
                    0 => self.ended = true,
                    got => return Ok(got),
                }
            }
            self.next_member()?;
        }
        Ok(0)
    }
}

/// All frames of a zstd file, one after the other; skippable ones are skipped, checksums are checked.
struct ZstdFrames<R> {
    input: R,
    decoder: FrameDecoder,
    /// Whether a frame is being decoded.
    inside: bool,
}

/// The header of an empty frame.
const EMPTY_FRAME: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0];

impl<R: BufRead> ZstdFrames<R> {
    fn new(input: R) -> Result<Self, ErrorKind> {
        let mut decoder = FrameDecoder::new();
        // The decoder limits the window, and with it the memory that a header can ask for, from its
        // second frame on only. So it gets an empty one first.
        decoder.init(&EMPTY_FRAME[..]).map_err(io::Error::other)?;
        Ok(Self { input, decoder, inside: false })
    }

    /// Starts the next frame; false at the end of the input.
    fn next_frame(&mut self) -> io::Result<bool> {
        use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
        while !self.input.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.input) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut self.input.by_ref().take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.inside {
                if !self.next_frame()? {
                    return Ok(0);
                }
                self.inside = true;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let strategy = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.input, strategy).map_err(io::Error::other)?;
            }
            let got = self.decoder.read(buffer)?;
            if got > 0 {
                return Ok(got);
            }
            let stored = self.decoder.get_checksum_from_data();
            if stored.is_some() && stored != self.decoder.get_calculated_checksum() {
                return Err(io::Error::other("the checksum does not match"));
            }
            self.inside = false;
        }
    }
}
