//! The files of `--checkpoint` and `--resume`.
//!
//! A checkpoint that cannot be written leaves the last one where it is. That is worth a warning, and an
//! error in the end if it is so still.

use crate::failure::Failure;
use crate::output::{counted, note};
use crate::progress::scaled;
use prism_core::io::save;
use prism_solver::settings::values::{duration, whole};
use prism_solver::{Checkpoint, CheckpointEvery};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How far apart checkpoints are, if nothing is said.
const EVERY: Duration = Duration::from_secs(30);

/// The same where moves decide the result.
const EVERY_MOVES: u64 = 50_000_000;

/// The word behind a number of moves.
const MOVES: &str = "moves";

/// Reads `30s`, as times are read, or `50000000moves`.
pub fn parse_every(text: &str) -> Result<CheckpointEvery, String> {
    let every = match text.strip_suffix(MOVES) {
        Some(number) => whole(number.trim_end()).map(CheckpointEvery::Moves),
        None => duration(text).map(CheckpointEvery::Time),
    };
    every.map_err(|error| error.to_string())
}

/// How far apart checkpoints are.
pub fn every(
    asked: Option<CheckpointEvery>,
    has_move_limit: bool,
) -> Result<CheckpointEvery, Failure> {
    match asked {
        Some(CheckpointEvery::Time(_)) if has_move_limit => Err(Failure::Usage(format!(
            "with --moves, which decide the result, --checkpoint-every needs moves: {EVERY_MOVES}{MOVES}"
        ))),
        Some(every) => Ok(every),
        None if has_move_limit => Ok(CheckpointEvery::Moves(EVERY_MOVES)),
        None => Ok(CheckpointEvery::Time(EVERY)),
    }
}

/// Reads the file of `--resume`.
pub fn read(path: &Path) -> Result<Checkpoint, Failure> {
    let name = path.display();
    let failed = |why: String| Failure::Input(format!("{name}: {why}"));
    let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    Checkpoint::from_bytes(&bytes).map_err(|error| failed(error.to_string()))
}

/// Says what a run goes on from.
pub fn note_resumed(path: &Path, checkpoint: &Checkpoint) {
    let (name, colors) = (path.display(), counted(checkpoint.num_colors(), "colour"));
    let (seconds, moves) = (checkpoint.seconds(), scaled(checkpoint.moves() as f64));
    note(format_args!(
        "note: {name}: the run goes on from {colors}, after {seconds:.1} s and {moves}"
    ));
}

/// Takes checkpoints to the file of `--checkpoint`.
pub struct CheckpointFile {
    path: PathBuf,
    talk: bool,
    /// Why the last one could not be written.
    failed: Mutex<Option<io::Error>>,
}

impl CheckpointFile {
    pub fn new(path: PathBuf, talk: bool) -> Self {
        Self { path, talk, failed: Mutex::default() }
    }

    /// Writes one.
    pub fn write(&self, checkpoint: &Checkpoint) {
        let bytes = checkpoint.to_bytes();
        let failed = save(&self.path, |out| out.write_all(&bytes)).err();
        let mut before = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(error), None, true) = (&failed, &*before, self.talk) {
            let name = self.path.display();
            note(format_args!(
                "warning: {name}: no checkpoint could be written ({error}); the last one stays"
            ));
        }
        *before = failed;
    }

    /// The error of the last write; what an earlier one could not write has been replaced since.
    pub fn finish(&self) -> Result<(), Failure> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let name = || self.path.display().to_string();
        failed.map_or(Ok(()), |error| Err(Failure::Output(name(), error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_times_or_moves() {
        assert_eq!(parse_every("30"), Ok(CheckpointEvery::Time(EVERY)));
        assert_eq!(parse_every("500ms"), Ok(CheckpointEvery::Time(Duration::from_millis(500))));
        for text in ["50000000moves", "50000000 moves"] {
            assert_eq!(parse_every(text), Ok(CheckpointEvery::Moves(EVERY_MOVES)));
        }
        for text in ["", "moves", "-1moves", "1.5moves", "3 days"] {
            assert!(parse_every(text).is_err(), "{text}");
        }
        assert!(every(Some(CheckpointEvery::Time(EVERY)), true).is_err());
        for has_move_limit in [false, true] {
            let moves = CheckpointEvery::Moves(7);
            assert!(every(Some(moves), has_move_limit).is_ok_and(|every| every == moves));
            assert!(every(None, has_move_limit).is_ok());
        }
    }
}
