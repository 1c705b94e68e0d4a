//! Kernels: where their source comes from, and what is loaded of them.
//!
//! A [`KernelSource`] is CUDA C++ with constants, compiled by NVRTC for one architecture and cached on
//! disk (`cache.rs`); a user may also hand in PTX or a CUBIN. Either way the driver gets a [`Module`],
//! and a [`Function`] of it is what a launch names. A function keeps its module loaded.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::ffi::CString;
use std::fmt;
use std::sync::Arc;

use crate::cache::KernelCache;
use crate::context::GpuContext;
use crate::driver::{Driver, RawFunction, RawModule};
use crate::error::{GpuError, KernelError};

/// CUDA C++ and what it is to be compiled with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KernelSource {
    /// What errors call it, such as `probe.cu`.
    pub name: &'static str,
    /// The source.
    pub source: Cow<'static, str>,
    /// Constants that the source sees as macros: sizes that matter at compile time.
    pub defines: Vec<(Cow<'static, str>, String)>,
    /// Options for NVRTC beyond architecture, language and constants.
    pub options: Vec<Cow<'static, str>>,
    /// PTX for the oldest architecture, used where there is no NVRTC and the constants are the
    /// ones it was made with.
    pub generic_ptx: Option<Cow<'static, str>>,
}

impl KernelSource {
    /// A source without constants.
    #[must_use]
    pub fn new(name: &'static str, source: &'static str) -> Self {
        Self {
            name,
            source: Cow::Borrowed(source),
            defines: Vec::new(),
            options: Vec::new(),
            generic_ptx: None,
        }
    }

    /// Adds a constant.
    #[must_use]
    pub fn define(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.defines.push((Cow::Borrowed(name), value.to_string()));
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

    /// Compiles to a CUBIN for one architecture: not in this build.
    ///
    /// # Errors
    /// Always [`KernelError::NoCompiler`].
    #[cfg(not(feature = "cuda"))]
    pub fn compile(&self, _arch: &str) -> Result<Vec<u8>, KernelError> {
        Err(KernelError::NoCompiler)
    }
}

/// A loaded image. Unloaded when the last of its functions goes.
#[derive(Clone)]
pub struct Module {
    image: Arc<Image>,
}

/// What is unloaded.
struct Image {
    driver: Arc<dyn Driver>,
    raw: RawModule,
}

impl Drop for Image {
    fn drop(&mut self) {
        if self.driver.bind().is_ok() {
            // SAFETY: the last owner goes. Functions keep their image, and a pipeline keeps a
            // kernel's functions until no step is in flight, so nothing of it is running.
            if let Err(error) = unsafe { self.driver.module_unload(self.raw) } {
                tracing::debug!(%error, "could not unload a kernel image");
            }
        }
    }
}

impl Module {
    /// Loads a CUBIN or a fat binary.
    ///
    /// # Errors
    /// [`KernelError::Load`] if the driver refuses it.
    pub fn from_cubin(gpu: &GpuContext, name: &str, image: &[u8]) -> Result<Self, GpuError> {
        gpu.ensure_alive()?;
        gpu.driver().bind()?;
        let raw = gpu.driver().module_load(image).map_err(|source| {
            gpu.note(KernelError::Load { name: name.to_owned(), source }.into())
        })?;
        Ok(Self { image: Arc::new(Image { driver: Arc::clone(gpu.driver()), raw }) })
    }

    /// Loads PTX, which the driver compiles.
    ///
    /// # Errors
    /// [`KernelError::Nul`] for a NUL in the text, [`KernelError::Load`] if the driver refuses it.
    pub fn from_ptx(gpu: &GpuContext, name: &'static str, ptx: &str) -> Result<Self, GpuError> {
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
        let built = cache.get_or_build(source, &gpu.info().arch());
        match (built, &source.generic_ptx) {
            (Ok(cubin), _) => Self::from_cubin(gpu, source.name, &cubin),
            (Err(KernelError::NoCompiler), Some(ptx)) => Self::from_ptx(gpu, source.name, ptx),
            (Err(error), _) => Err(error.into()),
        }
    }

    /// Finds a kernel that is declared `extern "C" __global__`.
    ///
    /// # Errors
    /// [`KernelError::NoFunction`] if there is none of that name.
    pub fn function(&self, name: &str) -> Result<Function, GpuError> {
        let missing = || KernelError::NoFunction(name.to_owned());
        let c_name = CString::new(name).map_err(|_| missing())?;
        self.image.driver.bind()?;
        // SAFETY: the image is loaded while `self` is.
        let found = unsafe { self.image.driver.module_function(self.image.raw, &c_name) };
        let raw = found.map_err(|_| missing())?;
        Ok(Function { raw, image: Arc::clone(&self.image) })
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
    #[allow(dead_code)] // held, not looked at
    image: Arc<Image>,
}

impl Function {
    /// The driver's handle.
    #[must_use]
    pub fn raw(&self) -> RawFunction {
        self.raw
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}
