//! Kernels: where their source comes from, and what is loaded of them.
//!
//! A [`KernelSource`] is CUDA C++ with constants, compiled by NVRTC for one architecture and cached on
//! disk (`cache.rs`); a user may also hand in PTX or a CUBIN. Either way the driver gets a [`Module`],
//! and a [`Function`] of it is what a launch names. A function keeps its module loaded.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::ffi::CString;
use std::fmt;
use std::sync::{Arc, Weak};

use crate::cache::KernelCache;
use crate::context::{GpuContext, WeakContext};
use crate::driver::{Driver, RawFunction, RawModule, is_whole_image};
use crate::error::{DriverError, GpuError, KernelError};

/// CUDA C++ and what it is to be compiled with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KernelSource {
    /// What errors call it, such as `probe.cu`.
    pub name: Cow<'static, str>,
    /// The source.
    pub source: Cow<'static, str>,
    /// What the source can include, by name: each name with its text.
    pub headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// Constants that the source sees as macros: sizes that matter at compile time.
    pub defines: Vec<(Cow<'static, str>, String)>,
    /// Options for NVRTC beyond architecture, language and constants.
    pub options: Vec<Cow<'static, str>>,
    /// PTX for the oldest architecture, used where there is no NVRTC; see
    /// [`with_generic_ptx`](Self::with_generic_ptx).
    pub generic_ptx: Option<Cow<'static, str>>,
}

impl KernelSource {
    /// A source without constants: embedded, or read at run time.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>, source: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            source: source.into(),
            headers: Vec::new(),
            defines: Vec::new(),
            options: Vec::new(),
            generic_ptx: None,
        }
    }

    /// Adds a header: `#include "NAME"` in the source, or in another header, finds it. Nothing is read
    /// from disk.
    #[must_use]
    pub fn header(
        mut self,
        name: impl Into<Cow<'static, str>>,
        text: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.headers.push((name.into(), text.into()));
        self
    }

    /// Adds a constant.
    #[must_use]
    pub fn define(mut self, name: impl Into<Cow<'static, str>>, value: impl fmt::Display) -> Self {
        self.defines.push((name.into(), value.to_string()));
        self
    }

    /// The command line for NVRTC.
    #[must_use]
    pub fn command(&self, arch: &str) -> Vec<String> {
        let mut command = vec![
            format!("--gpu-architecture={arch}"),
            "--std=c++17".to_owned(),
            // Device code must not depend on the host's idea of a char or of a fused multiply.
            "--fmad=false".to_owned(),
        ];
        command.extend(self.defines.iter().map(|(name, value)| format!("-D{name}={value}")));
        command.extend(self.options.iter().map(|option| option.clone().into_owned()));
        command
    }

    /// Compiles to a CUBIN for one architecture, such as `sm_90`. Needs NVRTC, but no GPU.
    ///
    /// # Errors
    /// [`KernelError`]: no compiler, or what the compiler says.
    #[cfg(feature = "cuda")]
    pub fn compile(&self, arch: &str) -> Result<Vec<u8>, KernelError> {
        crate::nvrtc::Nvrtc::get()?.compile(self, arch)
    }

    /// Compiles to PTX for one virtual architecture, such as `compute_70`. Needs NVRTC, but no GPU.
    ///
    /// # Errors
    /// [`KernelError`]: no compiler, or what the compiler says.
    #[cfg(feature = "cuda")]
    pub fn compile_ptx(&self, arch: &str) -> Result<String, KernelError> {
        crate::nvrtc::Nvrtc::get()?.compile_ptx(self, arch)
    }

    /// Compiles to PTX: not in this build.
    ///
    /// # Errors
    /// Always [`KernelError::NoCompiler`].
    #[cfg(not(feature = "cuda"))]
    pub fn compile_ptx(&self, _arch: &str) -> Result<String, KernelError> {
        Err(KernelError::NoCompiler)
    }

    /// Compiles to a CUBIN for one architecture: not in this build.
    ///
    /// # Errors
    /// Always [`KernelError::NoCompiler`].
    #[cfg(not(feature = "cuda"))]
    pub fn compile(&self, _arch: &str) -> Result<Vec<u8>, KernelError> {
        Err(KernelError::NoCompiler)
    }
}

/// What there is to load of a source.
#[derive(Debug, Eq, PartialEq)]
enum Built<'a> {
    Cubin(Vec<u8>),
    Generic(&'a str),
}

/// What was compiled; where there is no compiler, the generic PTX in its place. A compiler that fails
/// is not passed over: what it says is worth more than a program that runs from something else.
fn loadable(
    source: &KernelSource,
    built: Result<Vec<u8>, KernelError>,
) -> Result<Built<'_>, KernelError> {
    match built {
        Ok(cubin) => Ok(Built::Cubin(cubin)),
        Err(error @ KernelError::NoCompiler) => {
            let ptx = source.usable_generic_ptx().ok_or(error)?;
            tracing::debug!(kernel = %source.name, "no NVRTC: the driver compiles generic PTX");
            Ok(Built::Generic(ptx))
        }
        Err(error) => Err(error),
    }
}

/// A loaded image. Unloaded when the last of its functions goes.
#[derive(Clone)]
pub struct Module {
    image: Arc<Image>,
}

/// What is unloaded.
pub(crate) struct Image {
    driver: Arc<dyn Driver>,
    /// Hears of errors. Not more than that: a kernel may be parked in its context, with its image.
    gpu: WeakContext,
    raw: RawModule,
}

impl Image {
    /// Binds the context and makes a call on the image.
    fn call<R>(
        &self,
        call: impl FnOnce(&dyn Driver, RawModule) -> Result<R, DriverError>,
    ) -> Result<R, GpuError> {
        let made = self.driver.bind().and_then(|()| call(self.driver.as_ref(), self.raw));
        made.map_err(|error| self.gpu.note(error.into()))
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        if self.driver.bind().is_ok() {
            // SAFETY: the last owner goes. Functions keep their image, and whoever launches one
            // promises to keep it until the step has finished, so nothing of it is running.
            if let Err(error) = unsafe { self.driver.module_unload(self.raw) } {
                tracing::debug!(%error, "could not unload a kernel image");
            }
        }
    }
}

impl Module {
    /// Loads a CUBIN or a fat binary. Of what is in there only the extent is checked: its kernels are
    /// trusted as any code is.
    ///
    /// # Errors
    /// [`KernelError::NotAnImage`] if not all of it is there, [`KernelError::Load`] if the driver
    /// refuses it. A mock takes anything.
    pub fn from_cubin(gpu: &GpuContext, name: &str, image: &[u8]) -> Result<Self, GpuError> {
        gpu.ensure_alive()?;
        let raw = gpu.driver().module_load(image).map_err(|source| {
            let name = name.to_owned();
            let cut = source.code == DriverError::INVALID_IMAGE && !is_whole_image(image);
            gpu.note(match cut {
                true => KernelError::NotAnImage { name, bytes: image.len() }.into(),
                false => KernelError::Load { name, source }.into(),
            })
        })?;
        let (driver, gpu) = (Arc::clone(gpu.driver()), gpu.downgrade());
        Ok(Self { image: Arc::new(Image { driver, gpu, raw }) })
    }

    /// Loads PTX, which the driver compiles.
    ///
    /// # Errors
    /// [`KernelError::Nul`] for a NUL in the text, [`KernelError::Load`] if the driver refuses it.
    pub fn from_ptx(gpu: &GpuContext, name: &str, ptx: &str) -> Result<Self, GpuError> {
        let text = CString::new(ptx)
            .map_err(|_| KernelError::Nul { name: name.to_owned(), what: "the PTX" })?;
        Self::from_cubin(gpu, name, text.as_bytes_with_nul())
    }

    /// Compiles a source for the device at hand, or takes it from the cache, and loads it. Without
    /// NVRTC, its generic PTX if it has any.
    ///
    /// # Errors
    /// [`KernelError`].
    pub fn from_source(
        gpu: &GpuContext,
        source: &KernelSource,
        cache: &KernelCache,
    ) -> Result<Self, GpuError> {
        if let Some(image) = gpu.driver().ready_made(source) {
            return Self::from_cubin(gpu, &source.name, &image?);
        }
        match loadable(source, cache.get_or_build(source, &gpu.info().arch()))? {
            Built::Cubin(cubin) => Self::from_cubin(gpu, &source.name, &cubin),
            Built::Generic(ptx) => Self::from_ptx(gpu, &source.name, ptx),
        }
    }

    /// For whoever wants to know whether it is still loaded.
    pub(crate) fn downgrade(&self) -> Weak<Image> {
        Arc::downgrade(&self.image)
    }

    /// Finds a kernel that is declared `extern "C" __global__`.
    ///
    /// # Errors
    /// [`KernelError::NoFunction`] if there is none of that name; what else the driver says.
    pub fn function(&self, name: &str) -> Result<Function, GpuError> {
        let missing = || KernelError::NoFunction(name.to_owned());
        let c_name = CString::new(name).map_err(|_| missing())?;
        let found = self.image.call(|driver, raw| {
            // SAFETY: the image is loaded while `self` is, and the context was bound.
            unsafe { driver.module_function(raw, &c_name) }
        });
        match found {
            Ok(raw) => Ok(Function { raw, image: Arc::clone(&self.image) }),
            Err(GpuError::Driver(DriverError { code: DriverError::NOT_FOUND, .. })) => {
                Err(missing().into())
            }
            Err(error) => Err(error),
        }
    }
}

impl From<Arc<Image>> for Module {
    fn from(image: Arc<Image>) -> Self {
        Self { image }
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.image.raw.fmt(f)
    }
}

/// A kernel that can be launched. Keeps its image loaded.
#[derive(Clone)]
pub struct Function {
    raw: RawFunction,
    image: Arc<Image>,
}

impl Function {
    /// The driver's handle.
    #[must_use]
    pub fn raw(&self) -> RawFunction {
        self.raw
    }

    /// Lets it be launched with up to `bytes` of dynamic shared memory a block; without this, 48 KB are
    /// the most (see [`LaunchShape::shared_bytes`](crate::driver::LaunchShape)).
    ///
    /// # Errors
    /// [`GpuError::Driver`] if the device has less, or the kernel's static shared memory leaves less.
    pub fn allow_shared(&self, bytes: u32) -> Result<(), GpuError> {
        self.image.call(|driver, _| {
            // SAFETY: the image is loaded while `self` is, and the context was bound.
            unsafe { driver.function_allow_shared(self.raw, bytes) }
        })
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_ptx_stands_in_for_a_missing_compiler_and_for_nothing_else() {
        let plain = KernelSource::new("a.cu", "source");
        let heading = format!("// a.cu {}", crate::cache::key(&plain, "compute_70", (12, 0)));
        let ptx = format!("{heading}\n.version 8.0\n");
        let source = plain.clone().with_generic_ptx(ptx.clone());

        assert_eq!(loadable(&source, Ok(vec![1])), Ok(Built::Cubin(vec![1])));
        assert_eq!(loadable(&source, Err(KernelError::NoCompiler)), Ok(Built::Generic(&ptx)));
        let missing = loadable(&plain, Err(KernelError::NoCompiler));
        assert_eq!(missing, Err(KernelError::NoCompiler));
        let told = missing.map(|_| ()).unwrap_err().to_string();
        assert!(told.contains("pip install nvidia-cuda-nvrtc"), "{told}");
        let broken = KernelError::BadCompiler("no such function".to_owned());
        assert_eq!(loadable(&source, Err(broken.clone())), Err(broken));
    }
}
