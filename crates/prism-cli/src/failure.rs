//! Everything that ends a run early, with the exit code it ends with.

use prism_core::io::ReadError;
use prism_core::memory::OutOfMemory;
use prism_solver::Device;
use std::io;

/// The exit codes, as the help shows them. A macro, so that longer helps can be put together with it.
#[macro_export]
macro_rules! exit_codes {
    () => {
        "\
Exit codes:
  0    done (a run that a limit ended is done)
  1    target of --target-colors missed; the best colouring was written (or no colouring was found
       within the lists of --allowed, or with classes as asked for; nothing was written)
  2    the command line makes no sense
  3    an input cannot be read, or is not what it should be
  4    an output cannot be written
  5    a colouring is not proper
  6    the device of --device is not there or cannot be used
  7    proved: nothing satisfies the lists, the given colours, the sizes of classes or the target;
       for a target, the best colouring was written
  8    the memory does not suffice for the graph, or bench can start no process
  130  stopped by Ctrl-C; 129 by SIGHUP, 143 by SIGTERM, 152 by SIGXCPU
If two apply: 5 before 4, 4 before a signal, a signal before 7, 7 before 3, 3 before 1."
    };
}

/// The exit codes, as the help shows them.
pub const EXIT_CODES: &str = crate::exit_codes!();

/// The exit code when the target was not reached.
pub const TARGET_MISSED: u8 = 1;

/// The exit code when it is proved that nothing satisfies what is asked for.
pub const IMPOSSIBLE: u8 = 7;

/// The exit code when the memory does not suffice.
pub const OUT_OF_MEMORY: u8 = 8;

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Options that contradict each other or ask for what is not there.
    #[error("{0}")]
    Usage(String),
    /// A graph or colouring that cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Another problem with an input.
    #[error("{0}")]
    Input(String),
    /// Signals that cannot be waited for.
    #[error("cannot take over signals: {0}")]
    Signals(#[source] io::Error),
    /// Where the output should have gone, and what the system said.
    #[error("cannot write {0}: {1}")]
    Output(String, #[source] io::Error),
    /// As [`Self::Output`], but what was to be written is elsewhere.
    #[error("{0}; the {1} is in {2}")]
    Rescued(#[source] Box<Failure>, &'static str, String),
    /// A colouring that is not proper, and where.
    #[error("{0}: {1}")]
    Improper(String, String),
    /// The memory does not suffice for what is to be done with this graph.
    #[error("{0}: {1}")]
    Memory(String, #[source] OutOfMemory),
    /// A run of a benchmark has failed: what it said, and the exit code of its process, or what stands
    /// for it where there was no process.
    #[error("{0}")]
    Run(String, u8),
    /// There is no colouring as asked for: what there is to say, and the exit code. What was found instead
    /// has been written.
    #[error("{0}")]
    NotFound(String, u8),
    /// The device asked for, and why it cannot be used.
    #[error("--device {0}: {1}")]
    Device(Device, String),
}

impl Failure {
    /// The exit code that [`EXIT_CODES`] documents.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Read(error) if error.is_out_of_memory() => OUT_OF_MEMORY,
            Self::Read(_) | Self::Input(_) | Self::Signals(_) => 3,
            Self::Output(..) | Self::Rescued(..) => 4,
            Self::Improper(..) => 5,
            Self::Device(..) => 6,
            Self::Memory(..) => OUT_OF_MEMORY,
            Self::NotFound(_, code) | Self::Run(_, code) => *code,
        }
    }

    /// Whether standard output was closed by its reader.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(_, error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
