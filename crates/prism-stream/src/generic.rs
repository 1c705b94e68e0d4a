//! Generic PTX: what a kernel runs from where there is no NVRTC.
//!
//! PTX is the driver's own assembly, which the driver compiles for whatever device it has. Made for the
//! oldest device and by the oldest compiler that count, it loads everywhere; so a program that embeds
//! it needs a driver and nothing else. It is slower to load than a cached CUBIN and fixed in its
//! constants, so it stands in, and does not lead.
//!
//! It is kept in the repository beside its source rather than made by a build script: a build then
//! needs no CUDA and gives the same program on every machine, and a change of it is seen in review.
//! Its first line holds the hash of what it was made from. PTX whose hash is not that of the source at
//! hand, constants and all, is never loaded, and a test without any compiler finds it out of date.

use std::borrow::Cow;

use crate::cache;
use crate::error::KernelError;
use crate::kernel::KernelSource;

/// What generic PTX is made for: the oldest devices that [`OLDEST_DEVICE`](crate::probe::OLDEST_DEVICE)
/// lets in.
const ARCH: &str = "compute_70";

/// Version of the NVRTC that makes it: that of [`OLDEST_DRIVER`](crate::probe::OLDEST_DRIVER), as a
/// driver refuses PTX of a newer version than its own.
const COMPILER: (i32, i32) = (12, 0);

impl KernelSource {
    /// Adds PTX that [`make_generic_ptx`](Self::make_generic_ptx) made, to be used without NVRTC.
    #[must_use]
    pub fn with_generic_ptx(mut self, ptx: impl Into<Cow<'static, str>>) -> Self {
        self.generic_ptx = Some(ptx.into());
        self
    }

    /// The generic PTX, if there is any and it was made from this source and these constants.
    #[must_use]
    pub fn usable_generic_ptx(&self) -> Option<&str> {
        let ptx = self.generic_ptx.as_deref()?;
        let first = ptx.lines().next()?;
        (first == self.heading()).then_some(ptx)
    }

    /// Makes generic PTX, for a file beside the source. Needs NVRTC 12.0, the oldest that counts.
    ///
    /// # Errors
    /// [`KernelError`]: no compiler, another compiler, or what the compiler says.
    pub fn make_generic_ptx(&self) -> Result<String, KernelError> {
        let (major, minor) = cache::compiler_version()?;
        if (major, minor) != COMPILER {
            return Err(KernelError::BadCompiler(format!(
                "generic PTX is made with NVRTC {}.{}, and this is {major}.{minor}",
                COMPILER.0, COMPILER.1
            )));
        }
        Ok(format!("{}\n{}", self.heading(), self.compile_ptx(ARCH)?))
    }

    /// The first line of generic PTX made from this.
    fn heading(&self) -> String {
        format!("// {} {}", self.name, cache::key(self, ARCH, COMPILER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_is_that_of_the_oldest_driver() {
        let (major, minor) = crate::device::OLDEST_DRIVER;
        assert_eq!((i64::from(major), i64::from(minor)), (COMPILER.0.into(), COMPILER.1.into()));
        let (major, minor) = crate::device::OLDEST_DEVICE;
        assert_eq!(ARCH, format!("compute_{major}{minor}"));
    }

    fn made() -> KernelSource {
        let source = KernelSource::new("a.cu", "source").define("N", 3);
        let ptx = format!("{}\n.version 8.0\n", source.heading());
        KernelSource { generic_ptx: Some(ptx.into()), ..source }
    }

    #[test]
    fn ptx_is_used_only_with_what_it_was_made_from() {
        assert!(made().usable_generic_ptx().is_some_and(|ptx| ptx.contains(".version")));
        assert_eq!(made().define("M", 1).usable_generic_ptx(), None, "another constant");
        let other = KernelSource { source: "source2".into(), ..made() };
        assert_eq!(other.usable_generic_ptx(), None, "another source");
        assert_eq!(made().with_generic_ptx(".version 8.0").usable_generic_ptx(), None);
        assert_eq!(made().with_generic_ptx("").usable_generic_ptx(), None);
    }

    #[test]
    fn only_the_oldest_compiler_makes_it() {
        match KernelSource::new("empty.cu", "").make_generic_ptx() {
            Ok(ptx) => assert!(ptx.contains("\n.target sm_70"), "{ptx}"),
            Err(KernelError::NoCompiler) => {}
            Err(error) => assert!(error.to_string().contains("made with NVRTC 12.0"), "{error}"),
        }
    }
}
