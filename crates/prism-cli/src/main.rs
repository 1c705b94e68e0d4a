//! The command `prism`: parse what was typed, work out what it means, run it, and turn how it ended
//! into an exit code.
//!
//! Two levels of arguments: [`args`] is what the user typed, and each subcommand's file works out
//! what it means before anything runs. Results go to standard output and nothing else does; notes,
//! progress and summaries go to standard error. Each subcommand is one file of its name.

mod args;
mod bench;
mod bounds;
mod checkpoints;
mod closed;
mod color;
mod completions;
mod constraints;
mod convert;
mod devices;
mod events_file;
mod failure;
mod fields;
mod generate;
mod histogram;
mod improvements;
mod info;
mod input;
mod output;
mod plan;
mod printed;
mod progress;
mod report;
mod saved;
mod setup;
mod signals;
mod status_line;
mod usage;
mod verify;

use args::{Args, Command};
use clap::Parser;
use failure::Failure;
use prism_core::memory::Room;
use std::ffi::OsString;
use std::process::ExitCode;

/// The memory without which nothing can be said, and not even options be read: where the address space is
/// all taken, the stack does not grow, and the process is killed.
const LEAST_MEMORY: u64 = 2 << 20;

fn main() -> ExitCode {
    if let Err(missing) = Room::now().require_last(LEAST_MEMORY) {
        output::note(format_args!("error: {missing}"));
        return ExitCode::from(failure::OUT_OF_MEMORY);
    }
    // PRISM_LOG=debug shows what the libraries have to say; silent by default.
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("PRISM_LOG"))
        .with_writer(std::io::stderr)
        .init();
    // Without the handler such a limit ends the process, as it did before.
    let _ = signals::survive_file_size_limit();
    let _ = signals::survive_abort(failure::OUT_OF_MEMORY);
    // A usage error ends here, with exit code 2; --help and --version end here with 0.
    match run(Args::parse_from(words(std::env::args_os().collect())).command) {
        Ok(code) => ExitCode::from(code),
        // The reader of our output has seen enough: no reason to complain.
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            output::note(format_args!("error: {failure}"));
            ExitCode::from(failure.exit_code())
        }
    }
}

/// The command line. `help` takes names of commands and no options: `help --help` is how `help` works,
/// `help color --help` is `help color`.
fn words(mut words: Vec<OsString>) -> Vec<OsString> {
    let help = words.iter().take(3).position(|word| word == "help");
    let generates = words.get(1).is_some_and(|word| word == "generate");
    if let Some(at) = help.filter(|&at| at == 1 || at == 2 && generates) {
        let asked = words.len();
        let is_flag = |word: &OsString| word == "--help" || word == "-h";
        words.retain(|word| !is_flag(word));
        if words.len() < asked && words.len() == at + 1 {
            words.push("help".into());
        }
    }
    words
}

fn run(command: Command) -> Result<u8, Failure> {
    match command {
        Command::Color(args) => color::run(plan::ColorPlan::new(args)?),
        Command::Verify(args) => verify::run(&args),
        Command::Bounds(args) => bounds::run(&args),
        Command::Info(args) => info::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Devices(args) => devices::run(&args),
        Command::Completions(args) => completions::run(&args),
    }
}
