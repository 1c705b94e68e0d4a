//! Output files: compressed by their extension, complete or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Writes a file with what `write` puts out: compressed if the name ends in `.gz`, and under another
/// name until it is complete and on the disk, so that whoever looks at `path` finds the old content or
/// the new, never a part of it, even after a power failure. A file that is replaced keeps its mode.
/// Something that is not a regular file (a pipe, a terminal) is written to directly.
///
/// # Errors
/// What the system or `write` says, and [`io::ErrorKind::Unsupported`] for a name that ends in `.zst`.
/// `path` is untouched then.
pub fn save(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let (place, compress) = Place::of(path.as_ref())?;
    let (target, part) = match place {
        Place::Stream(path) => {
            return fill(OpenOptions::new().write(true).open(path)?, compress, write).map(drop);
        }
        Place::File { target, part } => (target, part),
    };
    let (part, file) = Part::begin(part, &target)?;
    fill(file, compress, write)?.sync_all()?;
    fs::rename(&part.0, &target)
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
        Place::File { target, part } => Part::begin(part, &target).map(drop),
    }
}

/// Removes the files that calls of [`save`] have begun and not completed, for a process that is about to
/// end in the middle of them. Should it go on, these calls fail and leave their paths as they were.
pub fn discard_unfinished() {
    for part in unfinished().drain(..) {
        let _ = fs::remove_file(part);
    }
}

/// The files that are begun and not completed.
fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
    // A thread that panicked elsewhere leaves whole paths behind.
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that is to become another one. Unless it has, it is removed in the end.
struct Part(PathBuf);

impl Part {
    /// Makes the file that is to become `target`, with the mode that `target` has if it is there.
    fn begin(mut path: PathBuf, target: &Path) -> io::Result<(Self, File)> {
        let mut unfinished = unfinished();
        // Another call may be at the same target; the one that ends last wins.
        while unfinished.contains(&path) {
            let mut longer = path.into_os_string();
            longer.push("+");
            path = longer.into();
        }
        let open = || OpenOptions::new().write(true).create_new(true).open(&path);
        let file = open().or_else(|error| match error.kind() {
            // Left behind by a process of the same number that was killed.
            io::ErrorKind::AlreadyExists => fs::remove_file(&path).and_then(|()| open()),
            _ => Err(error),
        })?;
        unfinished.push(path.clone());
        drop(unfinished);
        let part = Self(path);
        if let Ok(old) = fs::metadata(target) {
            file.set_permissions(old.permissions())?;
        }
        Ok((part, file))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Nothing is there under this name if it has become the target.
        let _ = fs::remove_file(&self.0);
        unfinished().retain(|path| *path != self.0);
    }
}

/// Where output goes.
enum Place {
    /// To something that takes it as it comes.
    Stream(PathBuf),
    /// To a file, by way of another one beside it.
    File { target: PathBuf, part: PathBuf },
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
        // A link stays a link: what it points to is replaced.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if fs::metadata(&target).is_ok_and(|found| !found.is_file()) {
            return Ok((Self::Stream(target), compress));
        }
        let Some(name) = target.file_name() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
        };
        let mut part = std::ffi::OsString::from(".");
        part.push(name);
        part.push(format!(".{}.part", std::process::id()));
        let part = target.with_file_name(part);
        Ok((Self::File { target, part }, compress))
    }
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
