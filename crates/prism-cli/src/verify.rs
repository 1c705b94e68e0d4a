//! `prism verify`: whether a colouring file is a proper colouring of a graph.

use crate::args::VerifyArgs;
use crate::constraints::Constraints;
use crate::failure::Failure;
use crate::input::{is_stdin, read_graph};
use crate::naming;
use crate::output::{Output, counted};
use prism_core::io::{read_coloring_from, read_coloring_path};

/// Exit code 0 and one line if it is; [`Failure::Improper`] if not.
pub fn run(args: &VerifyArgs) -> Result<u8, Failure> {
    if is_stdin(&args.input.file) && is_stdin(&args.coloring) {
        let message = "the graph and the colouring cannot both come from standard input";
        return Err(Failure::Usage(message.to_owned()));
    }
    let loaded = read_graph(&args.input)?;
    let (n, naming) = (loaded.graph.n(), loaded.naming());
    let coloring = if is_stdin(&args.coloring) {
        read_coloring_from(std::io::stdin(), "<stdin>", n, naming)?
    } else {
        read_coloring_path(&args.coloring, n, naming)?
    };
    let constraints =
        Constraints::read(args.precolor.as_deref(), args.allowed.as_deref(), &loaded)?;
    let wrong = coloring.verify(&loaded.graph).err();
    let wrong = wrong.map(|wrong| naming::violation(&wrong, &loaded));
    if let Some(what) = wrong.or_else(|| constraints.broken_by(&coloring, &loaded)) {
        return Err(Failure::Improper(args.coloring.display().to_string(), what));
    }
    Output::Stdout.line(format_args!("proper, {}", counted(coloring.num_colors(), "colour")))?;
    Ok(0)
}
