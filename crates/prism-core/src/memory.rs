//! How much memory a process may still take.
//!
//! A process that runs out of memory is ended, by the allocator or by the system, and loses what it has
//! found. So whoever is about to take much asks first. What is left is the least of four: a limit for the
//! process ([`set_limit`]), the address space of the process (`ulimit -v`), the memory of its control group
//! (version 2 or 1, the groups around it included), and what the system says is available. Linux tells
//! all of them under `/proc`; elsewhere only the first is known, in full.
//!
//! Tables that may be large are made by [`try_vec`] or [`try_zeroed`], which ask by themselves,
//! and give an error where `vec!` would end the process. Small things are taken from what it leaves free.

use bytemuck::Zeroable;
use bytemuck::allocation::try_zeroed_vec;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// What stays free for all that is not asked about: messages, buffers, the stacks of threads.
pub const RESERVE: u64 = 16 << 20;

/// The size in bytes from which a table is large enough to ask before it is made.
const LARGE: u64 = 1 << 20;

/// What leaves the least memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limiter {
    /// The limit that the user gave.
    Given,
    /// The address space of the process.
    AddressSpace,
    /// The control group of the process.
    ControlGroup,
    /// What the machine has.
    Machine,
}

impl fmt::Display for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given => "the memory limit",
            Self::AddressSpace => "the address space (ulimit -v)",
            Self::ControlGroup => "the memory of the control group",
            Self::Machine => "the memory of the machine",
        })
    }
}

/// The memory that is left, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that may still be taken.
    pub bytes: u64,
    /// What leaves no more.
    pub limiter: Limiter,
}

/// The most memory that the process may have.
static LIMIT: AtomicU64 = AtomicU64::new(u64::MAX);

/// Sets the most memory, in bytes, that the process may have in all, its program included.
pub fn set_limit(bytes: u64) {
    LIMIT.store(bytes, Ordering::Relaxed);
}

impl Room {
    /// Asks the system what is left. Takes some tens of microseconds.
    pub fn now() -> Self {
        Self::within(LIMIT.load(Ordering::Relaxed))
    }

    /// What is left if the process may have `limit` bytes in all.
    fn within(limit: u64) -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = field(&status, "VmRSS:").unwrap_or(0);
        let given = (limit < u64::MAX).then(|| (limit.saturating_sub(resident), Limiter::Given));
        let address_space = address_space_limit().map(|limit| {
            let taken = field(&status, "VmSize:").unwrap_or(0);
            (limit.saturating_sub(taken), Limiter::AddressSpace)
        });
        let group = control_group().map(|bytes| (bytes, Limiter::ControlGroup));
        let machine = fs::read_to_string("/proc/meminfo").ok();
        let machine = machine.and_then(|text| field(&text, "MemAvailable:"));
        let machine = (machine.unwrap_or(u64::MAX), Limiter::Machine);
        let all = [given, address_space, group, Some(machine)];
        let (bytes, limiter) =
            all.into_iter().flatten().min_by_key(|&(bytes, _)| bytes).unwrap_or(machine);
        Self { bytes, limiter }
    }

    /// Whether so little is left that who can should give up.
    pub fn is_nearly_gone(&self) -> bool {
        match self.limiter {
            // Nobody else takes of it.
            Limiter::AddressSpace => self.bytes < RESERVE / 4,
            // Less than tables leave.
            _ => self.bytes < RESERVE / 2,
        }
    }

    /// Whether so many bytes can be taken and enough stays free.
    pub fn holds(&self, bytes: u64) -> bool {
        bytes.saturating_add(RESERVE) <= self.bytes
    }

    /// Fails if there are not so many bytes, though nothing would stay free: for small things, which are
    /// taken from what large ones leave.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn require_last(self, bytes: u64) -> Result<(), OutOfMemory> {
        match bytes <= self.bytes {
            true => Ok(()),
            false => Err(OutOfMemory { needed: bytes, room: self }),
        }
    }

    /// Fails if so many bytes cannot be taken, or too little would stay free.
    ///
    /// # Errors
    /// [`OutOfMemory`], with what has to stay free counted in.
    pub fn require(self, bytes: u64) -> Result<(), OutOfMemory> {
        match self.holds(bytes) {
            true => Ok(()),
            false => Err(OutOfMemory::new(bytes, self)),
        }
    }
}

/// Memory that is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not enough memory: it takes {needed} more, and there is {room}", needed = Bytes(*needed))]
#[non_exhaustive]
pub struct OutOfMemory {
    /// Bytes that it takes, with those that have to stay free, if any.
    pub needed: u64,
    /// What there is.
    pub room: Room,
}

impl OutOfMemory {
    /// For `bytes` more there is only this.
    pub fn new(bytes: u64, room: Room) -> Self {
        Self { needed: bytes.saturating_add(RESERVE), room }
    }
}

/// A vector of `len` times `value`.
///
/// # Errors
/// [`OutOfMemory`]: it is large and would not leave [`RESERVE`], or the allocator has no such block.
pub fn try_vec<T: Clone>(len: usize, value: T) -> Result<Vec<T>, OutOfMemory> {
    let mut vec = Vec::new();
    try_lengthen(&mut vec, len, value)?;
    Ok(vec)
}

/// An empty vector with room for `len` entries.
///
/// # Errors
/// As [`try_vec`].
pub fn try_with_capacity<T>(len: usize) -> Result<Vec<T>, OutOfMemory> {
    let mut vec = Vec::new();
    try_reserve(&mut vec, len)?;
    Ok(vec)
}

/// A vector of `len` zeros, in pages that are not touched before they are used.
///
/// # Errors
/// As [`try_vec`].
pub fn try_zeroed<T: Zeroable>(len: usize) -> Result<Vec<T>, OutOfMemory> {
    let bytes = ask::<T>(len)?;
    try_zeroed_vec(len).map_err(|()| OutOfMemory::new(bytes, Room::now()))
}

/// The bytes of `len` entries, which can be taken if they are many.
fn ask<T>(len: usize) -> Result<u64, OutOfMemory> {
    let bytes = (len as u64).saturating_mul(size_of::<T>() as u64);
    if bytes >= LARGE {
        Room::now().require(bytes)?;
    }
    Ok(bytes)
}

/// Lengthens `vec` to `len` entries by copies of `value`; one that is as long already stays as it is.
///
/// # Errors
/// As [`try_vec`]; `vec` is what it was.
pub fn try_lengthen<T: Clone>(vec: &mut Vec<T>, len: usize, value: T) -> Result<(), OutOfMemory> {
    if len > vec.len() {
        try_reserve(vec, len)?;
        vec.resize(len, value);
    }
    Ok(())
}

/// Makes room in `vec` for `len` entries in all.
fn try_reserve<T>(vec: &mut Vec<T>, len: usize) -> Result<(), OutOfMemory> {
    if len <= vec.capacity() {
        return Ok(());
    }
    let bytes = ask::<T>(len)?;
    let had = vec.try_reserve_exact(len - vec.len());
    had.map_err(|_| OutOfMemory::new(bytes, Room::now()))
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} left of {}", Bytes(self.bytes), self.limiter)
    }
}

/// A number of bytes, as people read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = ["KiB", "MiB", "GiB", "TiB"];
        let mut size = self.0 as f64 / 1024.0;
        let mut unit = 0;
        while size >= 1024.0 && unit + 1 < units.len() {
            size /= 1024.0;
            unit += 1;
        }
        write!(f, "{size:.1} {}", units[unit])
    }
}

/// The address space that the process may have, if that is limited.
pub fn address_space_limit() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The value of a line `name value kB`, in bytes.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// What the control groups of the process leave.
fn control_group() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    group_room(Path::new("/sys/fs/cgroup"), &groups)
}

/// The least that the groups of `/proc/self/cgroup`, or those around them, leave.
fn group_room(root: &Path, groups: &str) -> Option<u64> {
    let mut least = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let (mount, names) = match controllers {
            "" => (root.to_owned(), ["memory.max", "memory.current", "inactive_file"]),
            _ if controllers.split(',').any(|name| name == "memory") => (
                root.join("memory"),
                ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"],
            ),
            _ => continue,
        };
        // Where the path is one of another name space, the mount itself is the group.
        let inside = mount.join(path.trim_start_matches('/'));
        for group in inside.ancestors().take_while(|group| group.starts_with(&mount)) {
            let number = |name| fs::read_to_string(group.join(name)).ok()?.trim().parse().ok();
            let (Some(limit), Some(used)) = (number(names[0]), number(names[1])) else { continue };
            let (limit, used): (u64, u64) = (limit, used);
            // Pages of files that nobody uses are given back before anything is refused.
            let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
            let spare = stat.lines().find_map(|line| {
                let (name, value) = line.split_once(' ')?;
                (name == names[2]).then(|| value.trim().parse::<u64>().ok()).flatten()
            });
            let left = limit.saturating_sub(used.saturating_sub(spare.unwrap_or(0)));
            least = Some(least.map_or(left, |least: u64| least.min(left)));
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_groups_of_both_versions_are_read() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let room = |groups: &str| group_room(root.path(), groups);
        assert_eq!(room("0::/a/b\n"), None);
        put("a/memory.max", "1000\n");
        put("a/memory.current", "900\n");
        put("a/memory.stat", "anon 500\ninactive_file 300\n");
        put("a/b/memory.max", "max\n");
        put("a/b/memory.current", "100\n");
        assert_eq!(room("0::/a/b\n"), Some(400), "the group around it counts");
        put("a/b/memory.max", "250\n");
        assert_eq!(room("0::/a/b\n"), Some(150));
        put("memory/memory.limit_in_bytes", "800\n");
        put("memory/memory.usage_in_bytes", "700\n");
        assert_eq!(room("3:cpuset:/\n4:cpu,memory:/elsewhere\n0::/\n"), Some(100));
        put("memory/c/memory.limit_in_bytes", "90\n");
        put("memory/c/memory.usage_in_bytes", "95\n");
        assert_eq!(room("4:memory:/c\n"), Some(0));
    }

    #[test]
    fn the_least_is_left() {
        let mebibyte = 1 << 20;
        let none = Room::within(mebibyte);
        if cfg!(target_os = "linux") {
            // The process takes more than that already.
            assert_eq!(none, Room { bytes: 0, limiter: Limiter::Given });
            assert!(Room::now().bytes > mebibyte);
        }
        assert!(!none.holds(0));
        let room = Room { bytes: RESERVE + 5, limiter: Limiter::Machine };
        assert!(room.holds(5) && !room.holds(6) && !room.holds(u64::MAX));
        assert!(room.require(5).is_ok() && room.require_last(RESERVE + 5).is_ok());
        let missing = |error: Result<(), OutOfMemory>| error.unwrap_err().needed;
        assert_eq!(missing(room.require(6)), RESERVE + 6);
        assert_eq!(missing(room.require_last(RESERVE + 6)), RESERVE + 6);
    }

    #[test]
    fn tables_that_do_not_fit_are_an_error() {
        assert_eq!(try_vec(3, 'x'), Ok(vec!['x'; 3]));
        assert_eq!(try_zeroed(3), Ok(vec![0u16; 3]));
        assert!(try_with_capacity::<u64>(3).is_ok_and(|vec| vec.is_empty() && vec.capacity() == 3));
        assert!(try_with_capacity::<u64>(usize::MAX).is_err());
        let large = try_vec(300_000, 7u64).unwrap();
        assert!(large.len() == 300_000 && large.iter().all(|&entry| entry == 7));
        for len in [1 << 45, usize::MAX] {
            for missing in [try_vec(len, 1u64).unwrap_err(), try_zeroed::<u64>(len).unwrap_err()] {
                assert!(missing.needed > 1 << 45 && !missing.room.holds(1 << 45));
            }
        }
        let missing = OutOfMemory::new(1 << 20, Room { bytes: 0, limiter: Limiter::Machine });
        let told = "not enough memory: it takes 17.0 MiB more, and there is 0.0 KiB left of the \
                    memory of the machine";
        assert_eq!(missing.to_string(), told);
    }

    #[test]
    fn vectors_are_lengthened_and_never_shortened() {
        let mut vec = vec![1, 2];
        for (len, expected) in [(1, &[1, 2][..]), (4, &[1, 2, 9, 9]), (4, &[1, 2, 9, 9])] {
            try_lengthen(&mut vec, len, 9).unwrap();
            assert_eq!(vec, expected);
        }
        assert!(try_lengthen(&mut vec, usize::MAX, 9).is_err());
        assert_eq!(vec, [1, 2, 9, 9]);
    }

    #[test]
    fn sizes_are_told_as_people_read_them() {
        assert_eq!(Bytes(512).to_string(), "0.5 KiB");
        assert_eq!(Bytes(3 << 29).to_string(), "1.5 GiB");
        let room = Room { bytes: 5 << 20, limiter: Limiter::AddressSpace };
        assert_eq!(room.to_string(), "5.0 MiB left of the address space (ulimit -v)");
    }

    #[test]
    fn lines_of_proc_are_read() {
        let text = "VmPeak:\t    10 kB\nVmSize:\t    2048 kB\n";
        assert_eq!((field(text, "VmSize:"), field(text, "VmRSS:")), (Some(2 << 20), None));
    }
}
