//! Where output goes: standard output, or a file that is complete or not there; and where a result goes
//! that took long to find and cannot be written there.

use crate::closed::stdout_is_open;
use crate::failure::Failure;
use prism_core::io::{can_save, save};
use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// A file, replaced as a whole once the new content is complete.
    File(PathBuf),
}

impl Output {
    /// No path, or `-`, is standard output.
    pub fn new(path: Option<PathBuf>) -> Self {
        match path {
            Some(path) if path.as_os_str() != "-" => Self::File(path),
            _ => Self::Stdout,
        }
    }

    /// The path, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdout => None,
            Self::File(path) => Some(path),
        }
    }

    /// The ending of a file that takes its place: that of a page or a plot, which browsers go by, and otherwise that
    /// of a text.
    fn ending(&self) -> &'static str {
        let extension = self.path().and_then(Path::extension);
        let is = |other: &str| extension.is_some_and(|own| own.eq_ignore_ascii_case(other));
        if is("html") {
            ".html"
        } else if is("svg") {
            ".svg"
        } else {
            TEXT
        }
    }

    /// Fails now if writing would surely fail later.
    pub fn check(&self) -> Result<(), Failure> {
        match self {
            Self::Stdout => stdout_is_open(),
            Self::File(path) => is_no_closed_stdout(path).and_then(|()| can_save(path)),
        }
        .map_err(|error| Failure::Output(self.to_string(), error))
    }

    /// Writes what `write` puts out.
    pub fn write(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        match self {
            Self::Stdout => stdout_is_open().and_then(|()| {
                let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
                write(&mut out).and_then(|()| out.flush())
            }),
            Self::File(path) => is_no_closed_stdout(path).and_then(|()| save(path, write)),
        }
        .map_err(|error| Failure::Output(self.to_string(), error))
    }

    /// Writes a result that must not be lost: if it cannot be written here, to a new file in the folder
    /// for temporary files, and the failure says where it is.
    pub fn write_or_rescue(
        &self,
        what: &'static str,
        write: impl Fn(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        match self.write(&write) {
            // The reader of a pipe that closes it has seen enough.
            Err(failure) if !failure.is_broken_pipe() => Err(match rescue(&write, self.ending()) {
                Ok(place) => Failure::Rescued(Box::new(failure), what, place.display().to_string()),
                Err(_) => failure,
            }),
            done => done,
        }
    }
}

/// The ending of files that have none of their own.
const TEXT: &str = ".txt";

/// Fails for a name of standard output if that is closed.
fn is_no_closed_stdout(path: &Path) -> io::Result<()> {
    let names = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
    if names.iter().any(|name| path == Path::new(name)) { stdout_is_open() } else { Ok(()) }
}

/// Writes to a new file with this ending that nobody else may read, and says how it is called.
fn rescue(write: impl Fn(&mut dyn Write) -> io::Result<()>, ending: &str) -> io::Result<PathBuf> {
    let file = tempfile::Builder::new().prefix("prism-").suffix(ending).tempfile()?;
    let mut out = BufWriter::with_capacity(1 << 16, &file);
    write(&mut out).and_then(|()| out.flush())?;
    drop(out);
    file.as_file().sync_all()?;
    file.keep().map(|(_, path)| path).map_err(|error| error.error)
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("standard output"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// A number and what it counts, in the plural unless it is one.
pub fn counted(number: impl TryInto<u64>, what: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {what}{end}")
}

/// One line on standard error. Nobody is left to tell when that fails.
pub fn note(text: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{text}");
}
