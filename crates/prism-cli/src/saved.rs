//! What an earlier run left in the file of `--save-improvements`, or another one has put there meanwhile.
//! Who starts the same command again after a crash, or several at a time, must not lose it: only a better
//! colouring replaces it, and a file that holds anything else than a colouring of this graph is not
//! touched.

use crate::constraints::{Constraints, Rank};
use crate::failure::Failure;
use crate::input::is_same_file;
use crate::output::{counted, note};
use crate::plan::ColorPlan;
use prism_core::io::{Loaded, read_coloring_path};
use std::io;
use std::path::Path;

/// The number of colours of the colouring that is in the file already; nothing where there is no file, an
/// empty one or a device.
///
/// # Errors
/// [`Failure::Output`] if the file holds something else.
pub fn saved_colors(
    plan: &ColorPlan,
    loaded: &Loaded,
    constraints: &Constraints,
) -> Result<Option<usize>, Failure> {
    let path = plan.improvements.as_ref().and_then(|(output, _)| output.path());
    let Some(path) = path else { return Ok(None) };
    let name = path.display();
    let saved = rank_in(path, loaded, constraints);
    let saved = saved.map_err(|error| Failure::Output(name.to_string(), error))?;
    let Some(Rank { colors, .. }) = saved else { return Ok(None) };
    let is_start = plan.warm_start.as_deref().is_some_and(|start| is_same_file(start, path));
    if plan.talk && !is_start {
        let colors = counted(colors, "colour");
        note(format_args!(
            "note: {name}: it has a colouring with {colors}, which only a better one replaces; \
             to start from it, add --warm-start {name}"
        ));
    }
    Ok(Some(colors))
}

/// How good the colouring in a file is; nothing where there is no file, an empty one or a device.
///
/// # Errors
/// The file holds something else.
pub fn rank_in(
    path: &Path,
    loaded: &Loaded,
    constraints: &Constraints,
) -> io::Result<Option<Rank>> {
    if !has_content(path) {
        return Ok(None);
    }
    let refuse = |why: String| {
        let why = format!(
            "it is there, and is no colouring for this run ({why}); remove it or name another file"
        );
        io::Error::new(io::ErrorKind::AlreadyExists, why)
    };
    let coloring = read_coloring_path(path, loaded.graph.n(), loaded.naming())
        .map_err(|error| refuse(error.to_string()))?;
    let wrong = coloring.verify(&loaded.graph).err();
    let wrong = wrong.map(|wrong| loaded.naming().describe_violation(&wrong));
    match wrong.or_else(|| constraints.broken_by(&coloring, loaded)) {
        Some(why) => Err(refuse(why)),
        None => Ok(Some(constraints.rank(&coloring))),
    }
}

/// Whether there is a file with something in it.
pub fn has_content(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() > 0)
}
