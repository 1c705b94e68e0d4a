//! `prism completions`: the completion script of a shell, made from the same table as the help.

use crate::args::{Args, CompletionsArgs};
use crate::failure::Failure;
use crate::output::Output;
use clap::CommandFactory;

/// Writes the script to standard output.
pub fn run(args: &CompletionsArgs) -> Result<u8, Failure> {
    // Generated into memory: `generate` panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "prism", &mut script);
    Output::Stdout.write(|out| out.write_all(&script))?;
    Ok(0)
}
