//! Output files: compressed by their extension, complete or not there.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

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

/// As [`save`], but asks `stays` first about what is in the file already: if it says yes, nothing is
/// written. Meanwhile nobody else replaces the file who does so by this function, in whatever process; and
/// where there is none, of several that make one the others ask about it. Says whether it has written.
///
/// # Errors
/// Those of [`save`] and of `stays`, and [`io::ErrorKind::WouldBlock`] if another process has kept the file
/// to itself for seconds.
pub fn save_unless(
    path: impl AsRef<Path>,
    mut stays: impl FnMut(&Path) -> io::Result<bool>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<bool> {
    let (place, compress) = Place::of(path.as_ref())?;
    let Place::File(target) = place else { return save(path, write).map(|()| true) };
    let mut write = Some(write);
    let mut begin = || {
        let (part, file) = Part::begin(&target)?;
        // It is written once: only what is complete can come too late.
        let write = write.take().ok_or(io::ErrorKind::AlreadyExists)?;
        let file = fill(file, compress, write)?;
        file.sync_all()?;
        Ok::<_, io::Error>((part, file))
    };
    let mut begun = None;
    loop {
        let held = hold(&target)?;
        if held.is_some() && stays(&target)? {
            return Ok(false);
        }
        let (part, file) = match begun.take() {
            Some(begun) => begun,
            None => begin()?,
        };
        if held.is_some() {
            part.complete(&target)?;
            return Ok(true);
        }
        match part.complete_new(&target)? {
            None => return Ok(true),
            Some(part) => begun = Some((part, file)),
        }
    }
}

/// Opens a file, if there is one, and keeps others from replacing it who do the same.
fn hold(target: &Path) -> io::Result<Option<File>> {
    /// Looks before giving up, and the time between two of them.
    const LOOKS: (u32, Duration) = (200, Duration::from_millis(50));
    for _ in 0..LOOKS.0 {
        let file = match File::open(target) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            // Whoever had it may have put another file in its place.
            Ok(()) if is_at(&file, target) => return Ok(Some(file)),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOOKS.1),
            // Where the system knows no locks, nobody has one.
            Err(TryLockError::Error(_)) => return Ok(Some(file)),
        }
    }
    let message = "another process has been writing to it for seconds";
    Err(io::Error::new(io::ErrorKind::WouldBlock, message))
}

/// Whether this is the file of that name.
fn is_at(file: &File, path: &Path) -> bool {
    let number = |found: Metadata| (found.dev(), found.ino());
    let there = fs::metadata(path).map(number);
    file.metadata().map(number).is_ok_and(|own| there.is_ok_and(|there| own == there))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn number(path: &Path) -> u32 {
        fs::read_to_string(path).unwrap().trim().parse().unwrap()
    }

    /// Writes a number unless there is one that is as small.
    fn put(path: &Path, least: u32) -> io::Result<bool> {
        let stays = |path: &Path| Ok(number(path) <= least);
        save_unless(path, stays, |out| writeln!(out, "{least}"))
    }

    #[test]
    fn what_stays_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("least");
        for (least, written) in [(5, true), (7, false), (5, false), (3, true)] {
            assert_eq!(put(&path, least).unwrap(), written);
        }
        assert_eq!(number(&path), 3);
        let error = save_unless(&path, |_| Err(io::ErrorKind::InvalidData.into()), |_| Ok(()));
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::InvalidData);
        let full = |_: &mut dyn Write| Err(io::ErrorKind::StorageFull.into());
        let error = save_unless(&path, |_| Ok(false), full).unwrap_err();
        assert_eq!((error.kind(), number(&path)), (io::ErrorKind::StorageFull, 3));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a part is left");
    }

    #[test]
    fn of_many_that_write_at_a_time_the_least_is_kept() {
        for round in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("least");
            std::thread::scope(|scope| {
                for start in 0..8 {
                    let path = &path;
                    scope.spawn(move || {
                        for step in 0..5 {
                            put(path, 100 + (start * 7 + round) % 8 + 10 * (4 - step)).unwrap();
                        }
                    });
                }
            });
            assert_eq!(number(&path), 100);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a part is left");
        }
    }

    #[test]
    fn whoever_comes_second_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("least");
        fs::write(&path, "9\n").unwrap();
        let held = hold(&path).unwrap().unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| put(&path, 8));
            // The first one replaces the file while the second waits for it, or before that.
            let better = path.with_extension("better");
            fs::write(&better, "7\n").unwrap();
            fs::rename(&better, &path).unwrap();
            drop(held);
            assert!(!second.join().unwrap().unwrap());
        });
        assert_eq!(number(&path), 7);
    }
}
