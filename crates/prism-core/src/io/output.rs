//! Output files: compressed by their extension, complete or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::part::Part;

/// Writes a file with what `write` puts out: compressed if the name ends in `.gz`, and under another
/// name until it is complete and on the disk, so that whoever looks at `path` finds the old content or
/// the new, never a part of it, even after a power failure. A file that is replaced keeps its mode.
/// Something that is not a regular file (a pipe, a terminal) is written to directly. What killed processes
/// have left half written for the same path is removed.
///
/// # Errors
/// What the system or `write` says, and [`io::ErrorKind::Unsupported`] for a name that ends in `.zst`.
/// `path` is untouched then.
pub fn save(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let (place, compress) = Place::of(path.as_ref())?;
    match place {
        Place::Stream(path) => {
            fill(OpenOptions::new().write(true).open(path)?, compress, write).map(drop)
        }
        Place::File(target) => {
            let (part, file) = Part::begin(&target)?;
            // It is locked until it has its name.
            let file = fill(file, compress, write)?;
            file.sync_all()?;
            part.complete(&target)
        }
    }
}

/// Finds out whether [`save`] could begin to write to `path`, so that a long computation need not end
/// with a result and no place for it. Leaves nothing behind; a pipe or a device is not opened.
///
/// # Errors
/// Those of [`save`], as far as they show before there is something to write.
pub fn can_save(path: impl AsRef<Path>) -> io::Result<()> {
    match Place::of(path.as_ref())?.0 {
        Place::Stream(path) if path.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Place::Stream(_) => Ok(()),
        Place::File(target) => Part::begin(&target).map(drop),
    }
}

/// Where output goes.
enum Place {
    /// To something that takes it as it comes.
    Stream(PathBuf),
    /// To a file, by way of another one beside it.
    File(PathBuf),
}

impl Place {
    /// The place that `path` names, and whether what is written there is compressed.
    fn of(path: &Path) -> io::Result<(Self, bool)> {
        let extension = path.extension().unwrap_or_default();
        if extension == "zst" {
            let message = "zstd files are read but not written; choose .gz or no compression";
            return Err(io::Error::new(io::ErrorKind::Unsupported, message));
        }
        let compress = extension == "gz";
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Ok((Self::Stream(path.to_owned()), compress));
        }
        // A link stays a link: what it points to is replaced, or made.
        let target = fs::canonicalize(path).or_else(|_| end_of_links(path))?;
        if target.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
        }
        Ok((Self::File(target), compress))
    }
}

/// Where the links from `path` on lead, whether anything is there or not.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    /// As many as Linux follows.
    const MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST {
        match fs::read_link(&path) {
            // A relative one counts from the folder of the link.
            Ok(next) => path = path.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many links"))
}

fn fill(
    file: File,
    compress: bool,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<File> {
    let mut buffered = BufWriter::with_capacity(1 << 16, file);
    if compress {
        let mut encoder = GzEncoder::new(buffered, Compression::default());
        let mut lines = BufWriter::with_capacity(1 << 16, &mut encoder);
        write(&mut lines)?;
        lines.flush()?;
        drop(lines);
        buffered = encoder.finish()?;
    } else {
        write(&mut buffered)?;
    }
    buffered.into_inner().map_err(io::IntoInnerError::into_error)
}
