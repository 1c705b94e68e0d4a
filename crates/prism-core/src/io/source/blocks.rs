//! Blocks of the decompressed input: made by a thread of their own, or, where the system gives none, by
//! whoever asks for the next one.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender};

use super::super::decompress::{self, Codec};
use super::super::error::ErrorKind;

/// Size of a block before it is cut at a line break.
const BLOCK: usize = 1 << 20;

/// The fewest bytes that the last block has, where the end of the file is looked at.
const TAIL: usize = 64;

/// One piece of the input; `last` marks the end.
pub(super) struct Block {
    pub bytes: Vec<u8>,
    pub last: bool,
}

/// A block, or why there is none.
pub(super) type Made = Result<Block, ErrorKind>;

/// Where blocks come from.
pub(super) enum Blocks<'r> {
    /// From a thread; used buffers go back to it.
    Sent(Receiver<Made>, Sender<Vec<u8>>),
    /// Made here.
    Here(Option<Producer<'r>>),
}

impl Blocks<'_> {
    /// The next block, waited for; none behind the last one and behind an error.
    pub fn next(&mut self) -> Option<Made> {
        match self {
            Self::Sent(blocks, _) => blocks.recv().ok(),
            Self::Here(producer) => producer.as_mut()?.next(Vec::new()),
        }
    }

    /// The next block if it is there already.
    pub fn waiting(&mut self) -> Option<Made> {
        match self {
            Self::Sent(blocks, _) => blocks.try_recv().ok(),
            Self::Here(_) => None,
        }
    }

    /// Takes a used buffer back.
    pub fn give_back(&self, buffer: Vec<u8>) {
        if let Self::Sent(_, used) = self {
            let _ = used.send(buffer);
        }
    }
}

/// Makes blocks, each cut behind a line break.
pub(super) struct Producer<'r> {
    opened: Result<(Box<dyn Read + 'r>, Codec), Option<ErrorKind>>,
    /// What comes behind it.
    rest: Vec<u8>,
}

impl<'r> Producer<'r> {
    pub fn new(reader: impl Read + 'r) -> Self {
        Self { opened: decompress::open(reader).map_err(Some), rest: Vec::new() }
    }

    /// Sends blocks to the end of the input, to an error, or until nobody listens. Buffers that are used
    /// up come by `reuse`.
    pub fn send_all(mut self, to: &SyncSender<Made>, reuse: &Receiver<Vec<u8>>) {
        // A used buffer keeps its old content, so that it need not be filled with zeros again.
        while let Some(made) = self.next(reuse.try_recv().unwrap_or_default()) {
            if to.send(made).is_err() {
                return;
            }
        }
    }

    /// The next block, in `bytes`.
    fn next(&mut self, mut bytes: Vec<u8>) -> Option<Made> {
        let (reader, codec) = match &mut self.opened {
            Ok((reader, codec)) => (reader, *codec),
            Err(error) => return error.take().map(Err),
        };
        bytes.resize(BLOCK, 0);
        bytes[..self.rest.len()].copy_from_slice(&self.rest);
        let mut filled = self.rest.len();
        self.rest.clear();
        let last = loop {
            match reader.read(&mut bytes[filled..]) {
                Ok(0) => break filled < BLOCK,
                Ok(got) => filled += got,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.opened = Err(None);
                    return Some(Err(decompress::describe(codec, error)));
                }
            }
        };
        bytes.truncate(filled);
        if last {
            self.opened = Err(None);
        } else if let Some(line_break) =
            last_break(&bytes[..filled - TAIL]).or_else(|| last_break(&bytes))
        {
            self.rest.extend_from_slice(&bytes[line_break + 1..]);
            bytes.truncate(line_break + 1);
        }
        Some(Ok(Block { bytes, last }))
    }
}

fn last_break(bytes: &[u8]) -> Option<usize> {
    bytes.iter().rposition(|&b| b == b'\n')
}
