//! NVRTC, CUDA's run-time compiler, opened at run time.
//!
//! It is opened here and not through cudarc, for three reasons: a missing library or function is an
//! error and not a panic; the library of a newer CUDA than the driver bindings (`libnvrtc.so.13` beside
//! bindings for 12) is found; and the CUBIN, which a second start can load without compiling anything,
//! is fetched instead of PTX. NVRTC comes with the toolkit or from PyPI (`nvidia-cuda-nvrtc`), and
//! needs neither a driver nor a GPU.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::PathBuf;
use std::sync::OnceLock;

use libloading::Library;

use crate::error::KernelError;
use crate::kernel::KernelSource;

/// A program handle of the library.
type Program = *mut c_void;

/// The functions that are used, of a library that is never closed.
pub(crate) struct Nvrtc {
    version: (c_int, c_int),
    create: unsafe extern "C" fn(
        *mut Program,
        *const c_char,
        *const c_char,
        c_int,
        *const *const c_char,
        *const *const c_char,
    ) -> c_int,
    compile: unsafe extern "C" fn(Program, c_int, *const *const c_char) -> c_int,
    destroy: unsafe extern "C" fn(*mut Program) -> c_int,
    log_size: unsafe extern "C" fn(Program, *mut usize) -> c_int,
    log: unsafe extern "C" fn(Program, *mut c_char) -> c_int,
    cubin_size: unsafe extern "C" fn(Program, *mut usize) -> c_int,
    cubin: unsafe extern "C" fn(Program, *mut c_char) -> c_int,
    ptx_size: unsafe extern "C" fn(Program, *mut usize) -> c_int,
    ptx: unsafe extern "C" fn(Program, *mut c_char) -> c_int,
}

/// File names to try, newest first; the loader looks in `LD_LIBRARY_PATH` and the system's folders,
/// then come the folders where toolkits live.
fn candidates() -> Vec<PathBuf> {
    let names: &[&str] = if cfg!(windows) {
        &["nvrtc64_130_0.dll", "nvrtc64_120_0.dll"]
    } else {
        &["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"]
    };
    let mut paths: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
    let roots = ["CUDA_PATH", "CUDA_HOME"].iter().filter_map(std::env::var_os).map(PathBuf::from);
    for root in roots.chain([PathBuf::from("/usr/local/cuda")]) {
        for folder in ["lib64", "lib", "bin"] {
            paths.extend(names.iter().map(|name| root.join(folder).join(name)));
        }
    }
    paths
}

impl Nvrtc {
    /// The library, opened once a process.
    pub fn get() -> Result<&'static Self, KernelError> {
        static OPENED: OnceLock<Result<Nvrtc, KernelError>> = OnceLock::new();
        OPENED.get_or_init(Self::open).as_ref().map_err(Clone::clone)
    }

    fn open() -> Result<Self, KernelError> {
        let library = candidates()
            .into_iter()
            // SAFETY: opens the vendor's compiler; its initialisers do nothing but set it up.
            .find_map(|path| unsafe { Library::new(path) }.ok())
            .ok_or(KernelError::NoCompiler)?;
        // The compiler's worker threads and caches do not survive being unloaded.
        let library: &'static Library = Box::leak(Box::new(library));
        macro_rules! function {
            ($name:literal) => {
                // SAFETY: the function has the type of the field, by NVRTC's header, since CUDA 11.
                *unsafe { library.get($name) }
                    .map_err(|error| KernelError::BadCompiler(error.to_string()))?
            };
        }
        let version: unsafe extern "C" fn(*mut c_int, *mut c_int) -> c_int =
            function!(b"nvrtcVersion\0");
        let (mut major, mut minor) = (0, 0);
        // SAFETY: the call writes two integers.
        unsafe { version(&raw mut major, &raw mut minor) };
        Ok(Self {
            version: (major, minor),
            create: function!(b"nvrtcCreateProgram\0"),
            compile: function!(b"nvrtcCompileProgram\0"),
            destroy: function!(b"nvrtcDestroyProgram\0"),
            log_size: function!(b"nvrtcGetProgramLogSize\0"),
            log: function!(b"nvrtcGetProgramLog\0"),
            cubin_size: function!(b"nvrtcGetCUBINSize\0"),
            cubin: function!(b"nvrtcGetCUBIN\0"),
            ptx_size: function!(b"nvrtcGetPTXSize\0"),
            ptx: function!(b"nvrtcGetPTX\0"),
        })
    }

    /// The compiler's version: a part of what a cached CUBIN depends on.
    pub fn version(&self) -> (c_int, c_int) {
        self.version
    }

    /// Compiles to a CUBIN.
    pub fn compile(&self, kernel: &KernelSource, arch: &str) -> Result<Vec<u8>, KernelError> {
        self.program(kernel, arch)?
            .fetch(self.cubin_size, self.cubin)
            .filter(|cubin| !cubin.is_empty())
            .ok_or_else(|| failed(kernel, arch, "the compiler gave no CUBIN".to_owned()))
    }

    /// Compiles to PTX.
    pub fn compile_ptx(&self, kernel: &KernelSource, arch: &str) -> Result<String, KernelError> {
        let text = self.program(kernel, arch)?.fetch(self.ptx_size, self.ptx).unwrap_or_default();
        let text = CStr::from_bytes_until_nul(&text).ok().and_then(|text| text.to_str().ok());
        text.filter(|ptx| !ptx.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| failed(kernel, arch, "the compiler gave no PTX".to_owned()))
    }

    /// Compiles a program; its results can be fetched from it.
    fn program(&self, kernel: &KernelSource, arch: &str) -> Result<Guard<'_>, KernelError> {
        let name = kernel.name.as_ref();
        let c_string = |text: &str, what| {
            CString::new(text).map_err(|_| KernelError::Nul { name: name.to_owned(), what })
        };
        let source = c_string(&kernel.source, "the source")?;
        let file = c_string(name, "its name")?;
        let headers = kernel
            .headers
            .iter()
            .map(|(name, text)| {
                Ok((c_string(text, "a header")?, c_string(name, "a header's name")?))
            })
            .collect::<Result<Vec<_>, KernelError>>()?;
        let texts: Vec<*const c_char> = headers.iter().map(|(text, _)| text.as_ptr()).collect();
        let names: Vec<*const c_char> = headers.iter().map(|(_, name)| name.as_ptr()).collect();
        let command = kernel
            .command(arch)
            .iter()
            .map(|option| c_string(option, "an option"))
            .collect::<Result<Vec<_>, _>>()?;
        let options: Vec<*const c_char> = command.iter().map(|option| option.as_ptr()).collect();
        let failed = |log| failed(kernel, arch, log);

        let count = |list: &[*const c_char]| c_int::try_from(list.len()).unwrap_or(c_int::MAX);
        let mut program = std::ptr::null_mut();
        // SAFETY: the strings end in NUL and outlive the call; `texts` and `names` have an entry for
        // each header.
        let code = unsafe {
            (self.create)(
                &raw mut program,
                source.as_ptr(),
                file.as_ptr(),
                count(&texts),
                texts.as_ptr(),
                names.as_ptr(),
            )
        };
        if code != 0 {
            return Err(failed(format!("nvrtcCreateProgram returned {code}")));
        }
        let program = Guard { nvrtc: self, program };
        // SAFETY: the program is alive; the options are strings that end in NUL.
        let code = unsafe { (self.compile)(program.program, count(&options), options.as_ptr()) };
        if code != 0 {
            let log = program.fetch(self.log_size, self.log).unwrap_or_default();
            let text = CStr::from_bytes_until_nul(&log).map(CStr::to_string_lossy);
            return Err(failed(text.unwrap_or_default().into_owned()));
        }
        Ok(program)
    }
}

/// The error of a kernel that does not compile.
fn failed(kernel: &KernelSource, arch: &str, log: String) -> KernelError {
    KernelError::Compile { name: kernel.name.clone().into_owned(), arch: arch.to_owned(), log }
}

/// Destroys a program, however its compilation ends.
struct Guard<'a> {
    nvrtc: &'a Nvrtc,
    program: Program,
}

impl Guard<'_> {
    /// Fetches one of the program's results.
    fn fetch(
        &self,
        size: unsafe extern "C" fn(Program, *mut usize) -> c_int,
        get: unsafe extern "C" fn(Program, *mut c_char) -> c_int,
    ) -> Option<Vec<u8>> {
        let mut bytes = 0;
        // SAFETY: the program is alive; the call writes one size.
        if unsafe { size(self.program, &raw mut bytes) } != 0 {
            return None;
        }
        let mut result = vec![0_u8; bytes];
        // SAFETY: the program is alive; the call writes the number of bytes that it just named.
        (unsafe { get(self.program, result.as_mut_ptr().cast()) } == 0).then_some(result)
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // SAFETY: the one owner goes.
        unsafe { (self.nvrtc.destroy)(&raw mut self.program) };
    }
}
