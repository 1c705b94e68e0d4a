//! Output files: compressed by their extension, complete or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

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
    let written = begin(&part, &target)
        .and_then(|file| fill(file, compress, write)?.sync_all())
        .and_then(|()| fs::rename(&part, &target));
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&part);
    }
    written
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
        Place::File { target, part } => begin(&part, &target).and_then(|_| fs::remove_file(&part)),
    }
}

/// Opens the file that is to become `target`, with the mode that `target` has if it is there.
fn begin(part: &Path, target: &Path) -> io::Result<File> {
    let open = || OpenOptions::new().write(true).create_new(true).open(part);
    let file = open().or_else(|error| match error.kind() {
        // Left behind by a process of the same number that was killed.
        io::ErrorKind::AlreadyExists => fs::remove_file(part).and_then(|()| open()),
        _ => Err(error),
    })?;
    if let Ok(old) = fs::metadata(target) {
        let kept = file.set_permissions(old.permissions());
        if kept.is_err() {
            let _ = fs::remove_file(part);
        }
        kept?;
    }
    Ok(file)
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
