//! What a population can be told, with the reason for each default.

/// How a population is kept and improved.
///
/// The defaults are those that colour random graphs of 500 to 1000 vertices with the fewest colours in the
/// least time.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolOptions {
    /// Seed of all random numbers. With the same improver and moves it decides the result.
    pub seed: u64,
    /// The share of the vertices from which on a child counts as the twin of a member, at first and at last.
    /// A low one keeps a pool spread out, which buys depth for time; a high one lets it come together, which
    /// the last few conflicts need.
    pub twins: [f64; 2],
    /// Iterations that a child is improved for, at first and at last. Short ones cross sooner what is good; what
    /// is hard needs long ones once children hardly differ from their parents.
    pub iterations: [u64; 2],
    /// What leads from the first of these to the last.
    pub pace: Pace,
    /// Generations in which nothing got better, after which something is changed.
    pub patience: u64,
    /// The mean share of the vertices that members have in common from which on the pool has come together:
    /// crossing gives nothing new from there on.
    pub together: f64,
    /// Whether crossings and comparisons are made on all cores; they are the same either way.
    pub parallel: bool,
}

/// What leads a population from its first parameters to its last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pace {
    /// Every time that patience is at its end, in three stages. It wastes least on what is easy.
    Patience,
    /// Moves of all individuals, counted from a fresh start; the way is longer and finds what is harder.
    Moves(u64),
}

impl PoolOptions {
    /// For graphs of so many vertices: 20 iterations a vertex at first and eight times as many at last.
    #[must_use]
    pub fn for_vertices(n: usize) -> Self {
        let first = 20 * (n as u64).max(50);
        Self {
            seed: 0,
            twins: [0.9, 0.97],
            iterations: [first, 8 * first],
            pace: Pace::Patience,
            patience: 30,
            together: 0.93,
            parallel: true,
        }
    }

    /// The same for a number of colours that nothing else reaches: from far apart to close over `moves`,
    /// of which 5e9 to 1e10 found a colouring of DSJC1000.5 with 82 colours.
    #[must_use]
    pub fn deep(n: usize, moves: u64) -> Self {
        Self { twins: [0.7, 0.97], pace: Pace::Moves(moves), ..Self::for_vertices(n) }
    }
}
