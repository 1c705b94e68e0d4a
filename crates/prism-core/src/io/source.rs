//! Where the bytes come from: decompression on a thread of its own, handed over in blocks. Where the
//! system gives no thread, each block is made when it is asked for.
//!
//! A producer thread recognises gzip and zstd by their first bytes, decompresses, and sends blocks of
//! about a megabyte through a short channel, each cut after its last line break. The consumer walks
//! lines for headers, reads bytes for binary formats, and for the body of a text format parses block
//! by block: as many blocks as are waiting are parsed in parallel, and their results are consumed in
//! the order of the file. So the text is never in memory as a whole, the decompressor never waits for
//! the parser on two cores, and a plain file is parsed on all cores. Blocks are cut at the same places
//! however the bytes arrive, so that reading from a pipe gives the same result as reading a file.

mod blocks;
mod encoding;
mod end_marks;

use std::io::{self, Read};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use rayon::prelude::*;

use super::error::{ErrorKind, Place, ReadError};
use super::lexer;
use crate::memory::{OutOfMemory, Room};
use crate::threads::{spawn_scoped, with_pool};
use blocks::{Blocks, Producer};
use end_marks::last_line;

pub(super) use encoding::foreign;
pub(super) use end_marks::without_end_marks;

/// A line longer than this is refused; the row of a METIS vertex with 30 million neighbours fits.
const LONGEST_LINE: usize = 1 << 28;

/// Bytes of text between two questions for memory, at least.
const QUESTION: u64 = 1 << 22;

/// What it takes to begin: a block or two, what is made of them, a decoder.
const LEAST: u64 = 8 << 20;

/// The decompressed input, from front to back.
pub(super) struct Source<'n> {
    name: &'n str,
    blocks: Blocks<'n>,
    current: Vec<u8>,
    position: usize,
    /// Whether `current` is the last block.
    last: bool,
    /// Whether marks behind the end of old text files are taken off.
    text: bool,
    /// Which last lines are held back, and the one that is.
    holds: Option<fn(&[u8]) -> bool>,
    held: Option<Vec<u8>>,
    /// Lines that have been handed out.
    lines: u64,
    /// Bytes in the blocks before `current`.
    bytes_before: u64,
}

/// Runs `consume` on the decompressed content of `reader`.
pub(super) fn with_source<T>(
    reader: impl Read + Send,
    name: &str,
    consume: impl FnOnce(&mut Source<'_>) -> Result<T, ReadError>,
) -> Result<T, ReadError> {
    if let Err(OutOfMemory { needed, room, .. }) = Room::now().require_last(LEAST) {
        let kind = ErrorKind::Memory { needed, known: false, room };
        return Err(ReadError::new(name, Place::Whole, kind));
    }
    let depth = thread::available_parallelism().map_or(2, |p| p.get()).clamp(2, 16);
    let (send, blocks) = sync_channel(depth);
    let (used, reuse) = channel();
    // Whoever begins takes it: a thread that cannot be started leaves it where it is.
    let reader = Mutex::new(Some(reader));
    let take = || reader.lock().unwrap_or_else(PoisonError::into_inner).take().map(Producer::new);
    thread::scope(|scope| {
        let produce = move || {
            if let Some(producer) = take() {
                producer.send_all(&send, &reuse);
            }
        };
        let blocks = match spawn_scoped(thread::Builder::new(), scope, produce) {
            Ok(_) => Blocks::Sent(blocks, used),
            Err(_) => Blocks::Here(take()),
        };
        let mut source = Source {
            name,
            blocks,
            current: Vec::new(),
            position: 0,
            last: false,
            text: false,
            holds: None,
            held: None,
            lines: 0,
            bytes_before: 0,
        };
        source.advance()?;
        source.skip_byte_order_mark();
        with_pool(|| consume(&mut source))
    })
}

impl Source<'_> {
    /// An error at a place of this input.
    pub(super) fn error(&self, place: Place, kind: ErrorKind) -> ReadError {
        ReadError::new(self.name, place, kind)
    }

    /// An error in the line that was handed out last.
    pub(super) fn error_here(&self, kind: ErrorKind) -> ReadError {
        self.error(Place::Line(self.lines.max(1)), kind)
    }

    /// Lines handed out or parsed so far.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// Bytes handed out so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes_before + self.position as u64
    }

    /// What can be seen of the input without consuming it, and whether that is all of it.
    pub(super) fn peek(&self) -> (&[u8], bool) {
        (&self.current[self.position..], self.last)
    }

    /// Fails for text that is not lines of UTF-8.
    pub(super) fn require_lines(&self) -> Result<(), ReadError> {
        let found = foreign(self.peek().0);
        found.map_or(Ok(()), |kind| Err(self.error(Place::Whole, kind)))
    }

    /// Says that the input is text: what marks its end in old files, a Ctrl-Z or a line `%` (perhaps with
    /// a `0` below it), is no part of it.
    pub(super) fn is_text(&mut self) {
        self.text = true;
        self.take_end_marks_off();
    }

    fn take_end_marks_off(&mut self) {
        if self.text && self.last {
            let kept = without_end_marks(&self.current[self.position..]).len();
            self.current.truncate(self.position + kept);
        }
        if let Some(holds) = self.holds.filter(|_| self.last && self.held.is_none())
            && let Some((line, start)) = last_line(&self.current[self.position..])
            && holds(line)
        {
            self.held = Some(line.to_owned());
            self.current.truncate(self.position + start);
        }
    }

    /// Holds the last line that is not empty or a comment back if `holds` says so; nothing but such lines is
    /// lost behind it.
    pub(super) fn hold_last_line(&mut self, holds: fn(&[u8]) -> bool) {
        self.holds = Some(holds);
        self.take_end_marks_off();
    }

    /// The line that was held back, when all others have been handed out.
    pub(super) fn held_line(&mut self) -> Option<Vec<u8>> {
        self.held.take()
    }

    /// Editors on Windows put three bytes in front of text. A binary file that starts with them has a
    /// zero byte close by.
    fn skip_byte_order_mark(&mut self) {
        let start = &self.current[..self.current.len().min(16)];
        if start.starts_with(b"\xef\xbb\xbf") && !start.contains(&0) {
            self.position = 3;
        }
    }

    /// Receives the next block into `current`. False at the end of the input.
    fn advance(&mut self) -> Result<bool, ReadError> {
        if self.last {
            return Ok(false);
        }
        let block = match self.blocks.next() {
            Some(Ok(block)) => block,
            Some(Err(kind)) => return Err(self.error(Place::Whole, kind)),
            // The producer always gives a last block or an error before it goes.
            None => return Ok(false),
        };
        self.bytes_before += self.current.len() as u64;
        self.blocks.give_back(std::mem::replace(&mut self.current, block.bytes));
        self.position = 0;
        self.last = block.last;
        self.take_end_marks_off();
        Ok(true)
    }

    /// Makes `current` end with a line break or with the input, by joining blocks.
    fn complete_line(&mut self) -> Result<(), ReadError> {
        while !self.last && self.current.last() != Some(&b'\n') {
            if self.current.len() - self.position > LONGEST_LINE {
                let found = format!("more than {LONGEST_LINE} bytes without one");
                let line = Place::Line(self.lines + 1);
                return Err(self.error(line, ErrorKind::expected("a line break", found)));
            }
            if self.current.len() as u64 >= QUESTION {
                self.ask_for_memory(self.current.len() as u64)?;
            }
            match self.blocks.next() {
                Some(Ok(block)) => {
                    self.current.extend_from_slice(&block.bytes);
                    self.last = block.last;
                    self.take_end_marks_off();
                }
                Some(Err(kind)) => return Err(self.error(Place::Whole, kind)),
                None => break,
            }
        }
        Ok(())
    }

    /// The next line, without its line break; none at the end.
    pub(super) fn next_line(&mut self) -> Result<Option<&[u8]>, ReadError> {
        while self.position == self.current.len() {
            if !self.advance()? {
                return Ok(None);
            }
        }
        self.complete_line()?;
        self.lines += 1;
        let start = self.position;
        let (line, next) = lexer::split_line(&self.current[start..]);
        let end = start + line.len();
        self.position = start + next;
        Ok(Some(lexer::trim_end(&self.current[start..end])))
    }

    /// Fails if there is no memory for as much again as has been `read`: what is made of text takes about
    /// as much, and twice that for a while when it grows.
    fn ask_for_memory(&self, read: u64) -> Result<(), ReadError> {
        let room = Room::now();
        if room.holds(read) {
            return Ok(());
        }
        let OutOfMemory { needed, room, .. } = OutOfMemory::new(2 * read, room);
        Err(self.error(Place::Whole, ErrorKind::Memory { needed, known: false, room }))
    }

    /// Parses the rest of the input block by block. `parse` sees whole lines and runs in parallel when
    /// blocks are waiting; it fills a result that may hold buffers of an earlier block. `consume` gets
    /// each result with its block and the number of lines before it, in order, and gives the number of
    /// lines in the block back.
    pub(super) fn for_each_block<T: Default + Send>(
        &mut self,
        parse: impl Fn(&[u8], &mut T) + Sync,
        mut consume: impl FnMut(&Self, &mut T, &[u8], u64) -> Result<u64, ReadError>,
    ) -> Result<(), ReadError> {
        let at_once = thread::available_parallelism().map_or(2, |p| p.get());
        let mut batch: Vec<Vec<u8>> = Vec::with_capacity(at_once);
        let mut results: Vec<T> = Vec::new();
        let mut next_question = QUESTION;
        loop {
            if self.bytes_before >= next_question {
                next_question = self.bytes_before + QUESTION.max(self.bytes_before / 8);
                self.ask_for_memory(self.bytes_before)?;
            }
            self.complete_line()?;
            if self.position > 0 {
                self.bytes_before += self.position as u64;
                self.current.drain(..self.position);
                self.position = 0;
            }
            self.bytes_before += self.current.len() as u64;
            batch.push(std::mem::take(&mut self.current));
            // Take what is waiting already, but wait for nothing.
            let mut failure = None;
            while !self.last && batch.len() < at_once {
                match self.blocks.waiting() {
                    Some(Ok(block)) => {
                        self.last = block.last;
                        self.current = block.bytes;
                        self.take_end_marks_off();
                        self.complete_line()?;
                        self.bytes_before += self.current.len() as u64;
                        batch.push(std::mem::take(&mut self.current));
                    }
                    Some(Err(kind)) => {
                        failure = Some(self.error(Place::Whole, kind));
                        break;
                    }
                    None => break,
                }
            }
            if results.len() < batch.len() {
                results.resize_with(batch.len(), T::default);
            }
            match &batch[..] {
                [one] => parse(one, &mut results[0]),
                many => many.par_iter().zip(&mut results).for_each(|(b, result)| parse(b, result)),
            }
            for (result, block) in results.iter_mut().zip(batch.drain(..)) {
                self.lines += consume(self, result, &block, self.lines)?;
                self.blocks.give_back(block);
            }
            if let Some(error) = failure {
                return Err(error);
            }
            if !self.advance()? {
                return Ok(());
            }
        }
    }
}

/// Binary formats read bytes. Errors of the producer are passed through [`io::Error::other`].
impl Source<'_> {
    /// Reads until `buffer` is full or the input ends; gives the number of bytes read.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let mut done = 0;
        while done < buffer.len() {
            if self.position == self.current.len() {
                if !self.advance()? {
                    break;
                }
                continue;
            }
            let there = &self.current[self.position..];
            let count = there.len().min(buffer.len() - done);
            buffer[done..done + count].copy_from_slice(&there[..count]);
            self.position += count;
            done += count;
        }
        Ok(done)
    }

    /// Reads all that is left, `limit` bytes at most.
    pub(super) fn read_all(&mut self, limit: u64) -> Result<Vec<u8>, ReadError> {
        let mut all = Vec::new();
        loop {
            if all.len() as u64 >= QUESTION {
                self.ask_for_memory(all.len() as u64)?;
            }
            all.extend_from_slice(&self.current[self.position..]);
            self.position = self.current.len();
            if all.len() as u64 > limit {
                let kind = ErrorKind::expected(format!("at most {limit} bytes"), "more");
                return Err(self.error(Place::Whole, kind));
            }
            if !self.advance()? {
                return Ok(all);
            }
        }
    }

    /// Whether all of the input has been handed out.
    pub(super) fn at_end(&mut self) -> Result<bool, ReadError> {
        while self.position == self.current.len() {
            if !self.advance()? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl From<io::Error> for ErrorKind {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
