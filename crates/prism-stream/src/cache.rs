//! Compiled kernels on disk, so that a second start compiles nothing.
//!
//! An entry's name is the SHA-256 of all that the CUBIN depends on: source, headers, options,
//! architecture, compiler version. Its content is a line that names the format, a hash of the name and the CUBIN, and
//! the CUBIN. Whatever does not check out (cut short, overwritten, another kernel's entry under this
//! name, put there by something else) counts as absent and is built again. An entry is written beside its
//! place and then renamed, which is atomic, so that processes may race: each reads a whole entry or none,
//! and the last one wins with the same bytes. Failing to write is not an error; the kernel was compiled
//! all the same. Either is worth one warning.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::error::KernelError;
use crate::kernel::KernelSource;

/// First bytes of an entry.
const MAGIC: &[u8] = b"prism-stream cubin 2\n";

/// Where compiled kernels are kept; or nowhere.
#[derive(Clone, Debug, Default)]
pub struct KernelCache {
    folder: Option<PathBuf>,
    /// A warning has said that it cannot be written.
    warned: Arc<AtomicBool>,
}

impl KernelCache {
    /// Keeps nothing.
    #[must_use]
    pub fn disabled() -> Self {
        Self::default()
    }

    /// Keeps kernels in a folder, made when first needed.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..Self::default() }
    }

    /// Keeps kernels where the user's caches are: `PRISM_KERNEL_CACHE` (empty for nowhere), else
    /// `prism/kernels` under `XDG_CACHE_HOME`, `LOCALAPPDATA` or `~/.cache`.
    #[must_use]
    pub fn for_user() -> Self {
        if let Some(folder) = std::env::var_os("PRISM_KERNEL_CACHE") {
            return if folder.is_empty() { Self::disabled() } else { Self::at(folder) };
        }
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let base = variable("XDG_CACHE_HOME")
            .or_else(|| variable("LOCALAPPDATA"))
            .map(PathBuf::from)
            .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".cache")));
        let folder = base.map(|base| base.join("prism").join("kernels"));
        Self { folder, ..Self::default() }
    }

    /// The folder, if there is one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The CUBIN of a source for an architecture, from disk or compiled and then kept.
    ///
    /// # Errors
    /// [`KernelError`], if it must be compiled and cannot.
    pub fn get_or_build(&self, source: &KernelSource, arch: &str) -> Result<Vec<u8>, KernelError> {
        // The version belongs to the key, so the compiler must be there to read the cache. Without
        // it, an entry of the newest version that was ever here would be a guess.
        let version = compiler_version()?;
        self.get_or(&key(source, arch, version), || source.compile(arch))
    }

    /// The entry of a key, or what `build` makes, which is then kept.
    fn get_or(
        &self,
        key: &str,
        build: impl FnOnce() -> Result<Vec<u8>, KernelError>,
    ) -> Result<Vec<u8>, KernelError> {
        let path = self.folder.as_ref().map(|folder| folder.join(format!("{key}.cubin")));
        if let Some(cubin) = path.as_deref().and_then(|path| read(path, key)) {
            tracing::debug!(key, "kernel from the cache");
            return Ok(cubin);
        }
        let cubin = build()?;
        if let Some(path) = path
            && let Err(error) = write(&path, key, &cubin)
        {
            let path = path.display();
            if self.warned.swap(true, Ordering::Relaxed) {
                tracing::debug!(%error, %path, "could not keep a compiled kernel");
            } else {
                tracing::warn!(%error, %path, "compiled kernels cannot be kept: each start compiles");
            }
        }
        Ok(cubin)
    }
}

/// Version of the NVRTC that there is: major, minor.
#[cfg(feature = "cuda")]
pub(crate) fn compiler_version() -> Result<(i32, i32), KernelError> {
    crate::nvrtc::Nvrtc::get().map(crate::nvrtc::Nvrtc::version)
}

/// There is none in this build.
#[cfg(not(feature = "cuda"))]
pub(crate) fn compiler_version() -> Result<(i32, i32), KernelError> {
    Err(KernelError::NoCompiler)
}

/// The hash of all that a CUBIN depends on, in hex.
pub(crate) fn key(source: &KernelSource, arch: &str, version: (i32, i32)) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        // With its length, so that no two lists of parts run together into the same bytes.
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(source.name.as_bytes());
    part(source.source.as_bytes());
    part(&(source.headers.len() as u64).to_le_bytes());
    for (name, text) in &source.headers {
        part(name.as_bytes());
        part(text.as_bytes());
    }
    for option in source.command(arch) {
        part(option.as_bytes());
    }
    part(format!("{}.{}", version.0, version.1).as_bytes());
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What an entry is checked by: that it is whole, and the one of its key.
fn seal(key: &str, cubin: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update((key.len() as u64).to_le_bytes());
    hash.update(key);
    hash.update(cubin);
    hash.finalize().into()
}

/// An entry's CUBIN, if the entry is whole and that of the key.
fn read(path: &Path, key: &str) -> Option<Vec<u8>> {
    let entry = fs::read(path).ok()?;
    let cubin = entry
        .strip_prefix(MAGIC)
        .and_then(|rest| rest.split_at_checked(32))
        .and_then(|(hash, cubin)| (seal(key, cubin) == hash).then(|| cubin.to_vec()));
    if cubin.is_none() {
        tracing::warn!(path = %path.display(), "a kept kernel is corrupt and is compiled anew");
    }
    cubin
}

/// Writes an entry in full, or not at all.
fn write(path: &Path, key: &str, cubin: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let beside = path.with_extension(format!("{}-{count}.tmp", std::process::id()));
    let written = fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(MAGIC)?;
        file.write_all(&seal(key, cubin))?;
        file.write_all(cubin)?;
        file.sync_all()
    });
    let placed = written.and_then(|()| fs::rename(&beside, path));
    if placed.is_err() {
        let _ = fs::remove_file(&beside);
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    use crate::warnings::warnings;

    fn build_counted<'a>(
        count: &'a Cell<u32>,
        bytes: &'a [u8],
    ) -> impl FnOnce() -> Result<Vec<u8>, KernelError> + 'a {
        move || {
            count.set(count.get() + 1);
            Ok(bytes.to_vec())
        }
    }

    #[test]
    fn a_second_start_compiles_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = KernelCache::at(folder.path());
        let count = Cell::new(0);
        for _ in 0..2 {
            assert_eq!(cache.get_or("k", build_counted(&count, b"image")).unwrap(), b"image");
        }
        assert_eq!(count.get(), 1);
    }

    #[test]
    fn corrupt_and_foreign_entries_are_rebuilt() {
        let folder = tempfile::tempdir().unwrap();
        let cache = KernelCache::at(folder.path());
        let path = folder.path().join("k.cubin");
        write(&path, "k", b"image").unwrap();
        let whole = fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let broken: [&[u8]; 5] =
            [b"", b"\x7fELF something else", &whole[..whole.len() - 1], &flipped, MAGIC];
        for entry in broken {
            fs::write(&path, entry).unwrap();
            let count = Cell::new(0);
            let given = warnings(|| {
                let built = cache.get_or("k", build_counted(&count, b"image"));
                assert_eq!(built.unwrap(), b"image");
            });
            assert_eq!((count.get(), given), (1, 1), "{} bytes", entry.len());
            assert_eq!(fs::read(&path).unwrap(), whole, "the entry was mended");
        }
    }

    #[test]
    fn an_entry_of_another_key_is_foreign() {
        let folder = tempfile::tempdir().unwrap();
        let cache = KernelCache::at(folder.path());
        let entry = |key: &str| folder.path().join(format!("{key}.cubin"));
        cache.get_or("other", || Ok(b"another kernel".to_vec())).unwrap();
        fs::copy(entry("other"), entry("k")).unwrap();
        assert_eq!(cache.get_or("k", || Ok(b"image".to_vec())).unwrap(), b"image");
        let kept = cache.get_or("k", || panic!("it was kept in its place"));
        assert_eq!(kept.unwrap(), b"image");
    }

    /// Each of several processes takes the entry away and has it again, over and over.
    #[test]
    fn racing_processes_read_a_whole_entry_or_none() {
        const FOLDER: &str = "PRISM_TEST_CACHE";
        if let Some(folder) = std::env::var_os(FOLDER) {
            let cache = KernelCache::at(&folder);
            let image = vec![7_u8; 100_000];
            for _ in 0..30 {
                let _ = fs::remove_file(Path::new(&folder).join("k.cubin"));
                assert_eq!(cache.get_or("k", || Ok(image.clone())).unwrap(), image);
            }
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let children = [(); 3].map(|()| {
            std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "cache::tests::racing_processes_read_a_whole_entry_or_none"])
                .env(FOLDER, folder.path())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        });
        for child in children {
            let output = child.wait_with_output().unwrap();
            let printed = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
        }
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert!(left <= 1, "{left} files");
    }

    #[test]
    fn racing_writers_leave_one_whole_entry_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let cache = KernelCache::at(folder.path());
        let image = vec![7_u8; 100_000];
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        let _ = fs::remove_file(folder.path().join("k.cubin"));
                        assert_eq!(cache.get_or("k", || Ok(image.clone())).unwrap(), image);
                    }
                });
            }
        });
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(names.len() <= 1, "{names:?}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let cache = KernelCache::at(file.path().join("below-a-file"));
        let given = warnings(|| {
            for _ in 0..3 {
                assert_eq!(cache.clone().get_or("k", || Ok(vec![1])).unwrap(), [1]);
            }
        });
        assert_eq!(given, 1);
    }

    #[test]
    fn everything_that_a_cubin_depends_on_is_in_its_key() {
        let plain = KernelSource::new("a.cu", "source");
        let base = key(&plain, "sm_90", (13, 0));
        let others = [
            key(&plain, "sm_80", (13, 0)),
            key(&plain, "sm_90", (13, 1)),
            key(&plain.clone().define("N", 4), "sm_90", (13, 0)),
            key(&KernelSource::new("b.cu", "source"), "sm_90", (13, 0)),
            key(&KernelSource::new("a.cu", "source2"), "sm_90", (13, 0)),
            key(&plain.clone().header("a.cuh", "text"), "sm_90", (13, 0)),
            key(&plain.clone().header("b.cuh", "text"), "sm_90", (13, 0)),
            key(&plain.clone().header("a.cuh", "text2"), "sm_90", (13, 0)),
        ];
        assert!(others.iter().all(|other| *other != base));
        let different: std::collections::BTreeSet<_> = others.iter().collect();
        assert_eq!(different.len(), others.len());
    }
}
