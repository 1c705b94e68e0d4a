//! Files that are begun and not complete: `.NAME.PID.part`, beside the file NAME that each is to become.
//!
//! Its writer holds a lock on it, which the system releases when the process ends in whatever way. So
//! whoever writes to the same place next can tell what a killed process has left behind from what is
//! still being written, also by a process of the same number in another container. Locks come a moment
//! after the file, so one that is young is left alone.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Files younger than this are not swept.
const SWEEP_AFTER: Duration = Duration::from_secs(60);

/// Removes the files that calls of [`save`](super::save) have begun and not completed, for a process that
/// is about to end in the middle of them. Should it go on, these calls fail and leave their paths as
/// they were.
pub fn discard_unfinished() {
    for part in books().unfinished.drain(..) {
        let _ = fs::remove_file(part);
    }
}

/// What this process has begun, and where it has swept.
#[derive(Default)]
struct Books {
    unfinished: Vec<PathBuf>,
    /// Targets beside which nothing is left of killed processes.
    swept: HashSet<PathBuf>,
}

fn books() -> MutexGuard<'static, Books> {
    static BOOKS: LazyLock<Mutex<Books>> = LazyLock::new(Mutex::default);
    // A thread that panicked elsewhere leaves whole paths behind.
    BOOKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that is to become another one. Unless it has, it is removed in the end.
pub(super) struct Part {
    path: PathBuf,
    complete: bool,
}

impl Part {
    /// Makes the file that is to become `target`, with the mode that `target` has if it is there, and
    /// locks it for as long as it is open.
    pub(super) fn begin(target: &Path) -> io::Result<(Self, File)> {
        let mut books = books();
        if books.swept.insert(target.to_owned()) {
            sweep(target);
        }
        let name = target.file_name().unwrap_or_default();
        let mut ending = format!(".{}.part", std::process::id());
        let (path, file) = loop {
            let path = target.with_file_name(hidden(name, &ending));
            // Another call of this process may be at the same target; the one that ends last wins.
            if !books.unfinished.contains(&path) {
                match OpenOptions::new().write(true).create_new(true).open(&path) {
                    Ok(file) => break (path, file),
                    // Left behind by a process of the same number that was killed, unless that lives
                    // on in another container.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        match remove_unlocked(&path) {
                            Ok(true) => continue,
                            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                            Ok(false) | Err(_) => {}
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
            ending.push('+');
        };
        books.unfinished.push(path.clone());
        drop(books);
        let part = Self { path, complete: false };
        // Where the system knows no locks, nothing is swept either.
        let _ = file.try_lock();
        if let Ok(old) = fs::metadata(target) {
            file.set_permissions(old.permissions())?;
        }
        Ok((part, file))
    }

    /// Gives the file the name of its target.
    pub(super) fn complete(mut self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.complete = true;
        Ok(())
    }

    /// Gives the file the name of its target unless that is there by now; then it comes back.
    pub(super) fn complete_new(self, target: &Path) -> io::Result<Option<Self>> {
        match fs::hard_link(&self.path, target) {
            // Its other name goes now.
            Ok(()) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Some(self)),
            // A file of two names is more than this file system knows.
            Err(_) => self.complete(target).map(|()| None),
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.complete {
            let _ = fs::remove_file(&self.path);
        }
        books().unfinished.retain(|path| *path != self.path);
    }
}

/// `.NAME` and an ending.
fn hidden(name: &OsStr, ending: &str) -> OsString {
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(ending);
    hidden
}

/// Removes what killed processes have left of the same target. That it cannot is no reason not to write.
fn sweep(target: &Path) {
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let name = target.file_name().unwrap_or_default();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_old = || {
            let modified = entry.metadata().ok()?.modified().ok()?;
            modified.elapsed().ok().filter(|&age| age >= SWEEP_AFTER)
        };
        if is_part_of(name, &entry.file_name()) && is_old().is_some() {
            let _ = remove_unlocked(&entry.path());
        }
    }
}

/// Whether a file is called as parts of `name` are.
fn is_part_of(name: &OsStr, part: &OsStr) -> bool {
    let rest = part.as_encoded_bytes().strip_prefix(hidden(name, ".").as_encoded_bytes());
    let digits = |rest: &[u8]| rest.iter().take_while(|b| b.is_ascii_digit()).count();
    rest.is_some_and(|rest| {
        let count = digits(rest);
        let ending = rest[count..].strip_prefix(b".part");
        count > 0 && ending.is_some_and(|more| more.iter().all(|&b| b == b'+'))
    })
}

/// Removes a part if no process is writing it. False if one is.
fn remove_unlocked(part: &Path) -> io::Result<bool> {
    let file = OpenOptions::new().write(true).open(part)?;
    match file.try_lock() {
        Ok(()) => fs::remove_file(part).map(|()| true),
        Err(fs::TryLockError::WouldBlock) => Ok(false),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_by_their_names() {
        let is = |part: &str| is_part_of(OsStr::new("a.txt"), OsStr::new(part));
        assert!(is(".a.txt.12.part") && is(".a.txt.12.part++"));
        for other in
            ["a.txt.12.part", ".a.txt..part", ".a.txt.12.parts", ".b.txt.12.part", ".a.txt.x.part"]
        {
            assert!(!is(other), "{other}");
        }
    }

    #[test]
    fn a_part_is_locked_until_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("colors");
        let (first, file) = Part::begin(&target).unwrap();
        assert!(!remove_unlocked(&first.path).unwrap());
        // A second one of this process goes beside it.
        let (second, _) = Part::begin(&target).unwrap();
        assert_ne!(first.path, second.path);
        drop(file);
        let path = first.path.clone();
        first.complete(&target).unwrap();
        assert!(!path.exists() && target.exists());
        drop(second);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_process_of_the_same_number_left_is_replaced_unless_it_lives() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("colors");
        let own = folder.path().join(format!(".colors.{}.part", std::process::id()));
        let alive = File::create(&own).unwrap();
        alive.try_lock().unwrap();
        let (part, _) = Part::begin(&target).unwrap();
        assert!(own.exists() && part.path != own);
        drop(part);
        drop(alive);
        let (part, _) = Part::begin(&target).unwrap();
        assert_eq!(part.path, own);
    }
}
