//! How the program ends.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done; `color` has written a proper colouring, whatever limit ended it |
//! | 1 | the answer is no: `verify` found a violation, or `--target-colors` was not reached |
//! | 2 | the command line cannot be understood |
//! | 3 | an input cannot be read or is not what it should be |
//! | 4 | an output cannot be written |
//! | 5 | a bug: a colouring failed its verification and was not written |
//! | 130, 143 | SIGINT, SIGTERM; `color` has written the best colouring so far |

use prism_core::Violation;
use prism_core::io::ReadError;
use std::process::ExitCode;

/// The answer is no.
pub const NO: u8 = 1;

/// What the help says about exit codes.
pub const HELP: &str = "Exit codes: 0 done; 1 the answer is no (improper colouring, target not reached); \
2 bad command line; 3 bad input; 4 output cannot be written; 5 a colouring failed its verification (a bug); \
130 and 143 stopped by SIGINT and SIGTERM, the best colouring is written.";

/// Why the program gives up.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// An argument that parses but makes no sense with the input.
    #[error("{0}")]
    Usage(String),
    /// An input cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An input is readable but not what it should be.
    #[error("{0}")]
    Input(String),
    /// An output cannot be written.
    #[error("cannot write {to}: {error}")]
    Write {
        /// Where to.
        to: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The reader of a pipe went away: no error, nothing more to do.
    #[error("broken pipe")]
    BrokenPipe,
    /// An engine made an improper colouring.
    #[error(
        "the colouring found is improper ({0}) and was not written; this is a bug, please report it"
    )]
    Improper(Violation),
}

impl Failure {
    /// A failure to write to `to`.
    pub fn write(to: &str, error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::BrokenPipe;
        }
        Self::Write { to: to.to_owned(), error }
    }

    /// Says what went wrong on standard error and gives the exit code.
    #[allow(clippy::print_stderr)]
    pub fn report(&self) -> ExitCode {
        let code = match self {
            Self::BrokenPipe => return ExitCode::SUCCESS,
            Self::Usage(_) => 2,
            Self::Read(_) | Self::Input(_) => 3,
            Self::Write { .. } => 4,
            Self::Improper(_) => 5,
        };
        eprintln!("prism: error: {self}");
        ExitCode::from(code)
    }
}
