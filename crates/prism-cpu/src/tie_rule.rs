//! What decides when DSATUR's first criterion does not.
//!
//! Saturation alone leaves many vertices level, and what is done about it is worth several colours:
//! Brelaz (1979) looks at the neighbours that have no colour yet, other implementations at the whole
//! degree, and then all fall back on some [`Ranking`]. No rule wins on every graph; on graphs with a
//! hidden structure the difference can be that between finding it and not. So there are several rules
//! to choose from, and [`TieRule::ALL`] has some that differ much from each other.

use crate::ranking::Ranking;

/// How DSATUR chooses among vertices of the same saturation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TieRule {
    /// The vertex with the most of this comes first.
    pub weight: Weight,
    /// Then the vertex that ranks highest.
    pub ranking: Ranking,
}

/// What vertices of the same saturation are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Weight {
    /// The number of neighbours that have no colour yet.
    Uncolored,
    /// The number of neighbours.
    Degree,
    /// Nothing.
    None,
}

impl TieRule {
    /// The rule of Brelaz, with ties to the smallest number: on average the best single rule.
    pub const BRELAZ: Self = Self::new(Weight::Uncolored, Ranking::SMALLEST);

    /// Rules for several runs, those that help most often first. The ones without a weight are bad on
    /// random graphs and sometimes the only ones to find the cliques of a structured one.
    pub const ALL: [Self; 16] = [
        Self::BRELAZ,
        Self::new(Weight::Degree, Ranking::LARGEST),
        Self::new(Weight::Uncolored, Ranking::LARGEST),
        Self::new(Weight::Degree, Ranking::SMALLEST),
        Self::new(Weight::Uncolored, Ranking::SCATTERED[0]),
        Self::new(Weight::Degree, Ranking::SCATTERED[0]),
        Self::new(Weight::None, Ranking::SCATTERED[0]),
        Self::new(Weight::None, Ranking::LARGEST),
        Self::new(Weight::Uncolored, Ranking::SCATTERED[1]),
        Self::new(Weight::Degree, Ranking::SCATTERED[1]),
        Self::new(Weight::Uncolored, Ranking::SCATTERED[2]),
        Self::new(Weight::Degree, Ranking::SCATTERED[2]),
        Self::new(Weight::Uncolored, Ranking::SCATTERED[3]),
        Self::new(Weight::Degree, Ranking::SCATTERED[3]),
        Self::new(Weight::Uncolored, Ranking::SCATTERED[4]),
        Self::new(Weight::Degree, Ranking::SCATTERED[4]),
    ];

    const fn new(weight: Weight, ranking: Ranking) -> Self {
        Self { weight, ranking }
    }
}
