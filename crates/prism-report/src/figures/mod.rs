//! The plots, one a file.

pub(crate) mod classes;
pub(crate) mod course;
pub(crate) mod pipeline;
pub(crate) mod shares;

use crate::axis::Axis;
use crate::frame::{Entry, Key};
use crate::palette::Look;
use crate::run::Run;
use prism_solver::{Track, TrackPoint};

/// How time is spread over an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    Logarithmic,
    Linear,
}

impl Time {
    /// The axis for the time of a run.
    fn axis(self, run: &Run<'_>) -> Axis {
        match self {
            Self::Logarithmic => Axis::log_time(run.first(), run.seconds()),
            Self::Linear => Axis::time(run.seconds()),
        }
    }
}

/// The line of a legend for a track.
fn entry(track: &Track, look: Look) -> Entry {
    Entry { name: format!("{}, {}", track.engine, track.site), key: Key::Series(look) }
}

/// Moments of the same searches, which are set up anew for each number of colours.
fn stretches(points: &[TrackPoint]) -> impl Iterator<Item = &[TrackPoint]> {
    points.chunk_by(|a, b| a.k == b.k)
}
