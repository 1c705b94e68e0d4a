//! What a population can be told, with the reason for each default.

/// How a population is kept and improved.
///
/// The defaults are those that colour random graphs of 500 to 1000 vertices with the fewest colours in the
/// least time.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolOptions {
    /// Seed of all random numbers. With the same improver and moves it decides the result.
    pub seed: u64,
    /// Members of the pool; `None` for as many as are improved at once.
    pub members: Option<usize>,
    /// Who gives way to a child.
    pub succession: Succession,
    /// The share of the vertices from which on a child counts as the twin of a member, at first and at last.
    /// A low one keeps a pool spread out, which buys depth for time; a high one lets it come together, which
    /// the last few conflicts need.
    pub twins: [f64; 2],
    /// Iterations that a child is improved for, at first and at last. Short ones cross sooner what is good; what
    /// is hard needs long ones once children hardly differ from their parents.
    pub iterations: [u64; 2],
    /// What leads from the first of these to the last.
    pub pace: Pace,
    /// Generations in which nothing got better, after which something is changed; at a steady pace those
    /// from one look at how far the pool has come together to the next.
    pub patience: u64,
    /// The mean share of the vertices that members have in common from which on the pool has come together:
    /// crossing gives nothing new from there on.
    pub together: f64,
    /// Whether crossings and comparisons are made on all cores; they are the same either way.
    pub parallel: bool,
}

/// Who gives way to a child.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Succession {
    /// Its twin or the worst of all, and only to one that has no more conflicts: see
    /// [`Pool::admit`](super::Pool::admit). It keeps hundreds of members apart.
    Apart,
    /// The worse one of its parents, whatever the child is like: see [`Pool::succeed`](super::Pool::succeed). A
    /// few members would be stuck soon if children that are worse did not enter.
    Parents,
}

/// What leads a population from its first parameters to its last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pace {
    /// Every time that patience is at its end, in three stages. It wastes least on what is easy.
    Patience,
    /// Moves of all individuals, counted from a fresh start; the way is longer and finds what is harder.
    Moves(u64),
    /// Every fresh start, in three stages; and that comes as soon as the pool has come together.
    Steady,
}

impl PoolOptions {
    /// For graphs of so many vertices: 20 iterations a vertex at first and eight times as many at last.
    #[must_use]
    pub fn for_vertices(n: usize) -> Self {
        let first = 20 * (n as u64).max(50);
        Self {
            seed: 0,
            members: None,
            succession: Succession::Apart,
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

    /// For a few individuals, of which so many are improved `at_once`, by the rules of Galinier and Hao (1999),
    /// who have ten.
    ///
    /// Sixteen, and twelve iterations a vertex at first, need the fewest moves for DSJC500.5 with 48 colours. They
    /// are few for DSJC1000.5 with 83, which 40 000 solve; but with as many as that the way down takes twice
    /// the moves. So they double with every fresh start. `docs/performance.md` has the figures.
    #[must_use]
    pub fn few(n: usize, at_once: usize) -> Self {
        let members = FEW.max(at_once);
        let first = (12 * n as u64).clamp(2_000, 60_000);
        Self {
            members: Some(members),
            succession: Succession::Parents,
            iterations: [first, 8 * first],
            pace: Pace::Steady,
            patience: members.div_ceil(at_once.max(1)) as u64,
            together: 0.98,
            ..Self::for_vertices(n)
        }
    }
}

/// Members of a pool of few.
const FEW: usize = 16;
