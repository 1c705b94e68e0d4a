//! The file of events. Whether it can be written shows before the run; it is made, and an old one
//! emptied, by the first event. So a run that is refused leaves what is there.

use crate::failure::Failure;
use crate::input::is_stdin;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Where events go as JSON lines.
pub enum EventsFile {
    /// Standard error.
    Stderr,
    /// A file before the first event.
    Awaited(PathBuf),
    /// A file with events.
    Open(BufWriter<File>),
}

impl EventsFile {
    /// The file of this name, or standard error for `-`; fails if it surely cannot be written.
    pub fn new(path: &Path) -> Result<Self, Failure> {
        if is_stdin(path) {
            return Ok(Self::Stderr);
        }
        check(path).map_err(|error| Failure::Output(path.display().to_string(), error))?;
        Ok(Self::Awaited(path.to_owned()))
    }
}

/// Finds out whether a file can be made or written, and leaves everything as it was. A pipe is not
/// opened: that waits for its reader.
fn check(path: &Path) -> io::Result<()> {
    match File::options().write(true).create_new(true).open(path) {
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if path.is_file() || path.is_dir() => {
            File::options().write(true).open(path).map(drop)
        }
        Err(_) => Ok(()),
    }
}

impl Write for EventsFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Self::Awaited(path) = self {
            *self = Self::Open(BufWriter::new(File::create(path)?));
        }
        match self {
            Self::Open(file) => file.write(bytes),
            _ => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Open(file) => file.flush(),
            _ => Ok(()),
        }
    }
}
