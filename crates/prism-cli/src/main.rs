//! The command `prism`: the whole program at a glance.
//!
//! Arguments are what the user typed ([`args`]); each subcommand is a file of its own; [`exit`] says
//! how every way of ending becomes an exit code. Printing, signals and the progress line live in this
//! crate and nowhere else.

mod args;
mod bench;
mod bounds;
mod color;
mod convert;
mod exit;
mod generate;
mod info;
mod input;
mod output;
mod progress;
mod signals;
mod verify;

use args::{Args, Command};
use clap::{CommandFactory, Parser};
use exit::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("PRISM_LOG"))
        .with_writer(std::io::stderr)
        .init();
    match run(args.command) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Color(args) => color::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Bounds(args) => bounds::run(&args),
        Command::Info(args) => info::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Completions { shell } => output::stdout(|out| {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "prism", &mut script);
            out.write_all(&script)
        }),
    }
}
