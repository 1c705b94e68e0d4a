//! Names that could be read as they stand, and probably mean something else: the one place that judges
//! names, for every form that has them. A format that the user names is taken at its word, and so is
//! our own writer.

mod alone;
mod columns;
mod joined;
mod nothing;
mod sizes_in_words;
mod twins;

use super::Format;
use super::error::ErrorKind;
use super::interner::Interner;
use crate::Graph;

pub(super) use alone::is_title;
pub(super) use nothing::is_word_for_nothing;
pub(super) use sizes_in_words::is_size;

/// A graph between names.
pub(super) struct Named<'r> {
    pub(super) names: &'r Interner,
    pub(super) graph: &'r Graph<'r>,
    /// The form, which was detected.
    pub(super) format: Format,
    /// The names that stand alone on a line.
    pub(super) alone: &'r [u32],
    /// Whether a name stands behind another wherever it stands, with no further one beside it. Asked of
    /// words for nothing only.
    pub(super) is_behind: &'r dyn Fn(u32) -> bool,
    /// Whether such a name, in this list, is as good as a word for nothing.
    pub(super) is_nothing: &'r dyn Fn(u32) -> bool,
    /// Whether a word in one of the first lines may say what the number beside it counts.
    pub(super) may_be_size: &'r dyn Fn(u32) -> bool,
}

/// Refuses what may mean something else.
pub(super) fn refuse(named: &Named<'_>) -> Result<(), ErrorKind> {
    joined::refuse(named)?;
    alone::refuse(named)?;
    columns::refuse(named)?;
    nothing::refuse(named)?;
    sizes_in_words::refuse(named)?;
    twins::refuse(named)
}

impl Named<'_> {
    /// The error for a name, with what it may be.
    fn doubt(&self, found: impl Into<String>, readings: impl Into<String>) -> ErrorKind {
        let decides = match self.format {
            Format::AdjacencyList => "--format adjacency-list, for the names as they stand,",
            _ => "--format edge-list, for the names as they stand,",
        };
        ErrorKind::Doubtful { found: found.into(), readings: readings.into(), decides }
    }
}
