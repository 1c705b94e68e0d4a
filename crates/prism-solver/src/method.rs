//! What a solver runs: its whole strategy, or one engine alone.
//!
//! The strategy is what finds good colourings. One engine alone is for those who compare engines: a
//! construction makes its one colouring, and a search gets every turn. The names here are those of the
//! command line and of the counters.

use crate::strategy::Engine;
use prism_cpu::order::Order;
use std::fmt;
use std::str::FromStr;

/// The whole strategy, or one engine alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Everything that the solver has.
    #[default]
    Portfolio,
    /// Greedy, vertices by number.
    Natural,
    /// Greedy, vertices at random.
    Random,
    /// Greedy, largest degree first (Welsh & Powell 1967).
    LargestFirst,
    /// Greedy, smallest degree last (Matula & Beck 1983).
    SmallestLast,
    /// Greedy, most neighbours taken first (Coleman & More 1983).
    IncidenceDegree,
    /// Largest degree first on all threads (Jones & Plassmann 1993).
    JonesPlassmann,
    /// Greedy in blocks on all threads, conflicts mended (Gebremedhin & Manne 2000).
    Speculative,
    /// Saturation degree (Brelaz 1979), the best of several rules for ties.
    Dsatur,
    /// Recursive largest first (Leighton 1979), the best of several rules for ties.
    Rlf,
    /// Tabu search (Hertz & de Werra 1987).
    TabuCol,
    /// Tabu search over partial colourings (Bloechliger & Zufferey 2008).
    PartialCol,
    /// Simulated annealing (Johnson et al. 1991).
    Annealing,
    /// Memetic search of two individuals (Moalic & Gondran 2018).
    Memetic,
    /// Ejections guided by learned weights.
    GuidedEjection,
    /// Greedy again and again, class by class (Culberson 1992).
    IteratedGreedy,
}

/// What a method comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Portfolio,
    Construction(Construction),
    Search(Engine),
}

/// An engine that makes one colouring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Construction {
    Greedy(Order),
    JonesPlassmann,
    Speculative,
    Dsatur,
    Rlf,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 16] = [
        Self::Portfolio,
        Self::Natural,
        Self::Random,
        Self::LargestFirst,
        Self::SmallestLast,
        Self::IncidenceDegree,
        Self::JonesPlassmann,
        Self::Speculative,
        Self::Dsatur,
        Self::Rlf,
        Self::TabuCol,
        Self::PartialCol,
        Self::Annealing,
        Self::Memetic,
        Self::GuidedEjection,
        Self::IteratedGreedy,
    ];

    /// What it is called on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().0
    }

    /// Whether it makes one colouring and ends, and does not search.
    #[must_use]
    pub fn is_construction(self) -> bool {
        matches!(self.kind(), Kind::Construction(_))
    }

    pub(crate) fn kind(self) -> Kind {
        self.entry().1
    }

    fn entry(self) -> (&'static str, Kind) {
        let greedy = |order| Kind::Construction(Construction::Greedy(order));
        let search = |engine: Engine| (engine.name(), Kind::Search(engine));
        match self {
            Self::Portfolio => ("portfolio", Kind::Portfolio),
            Self::Natural => ("natural", greedy(Order::Natural)),
            Self::Random => ("random", greedy(Order::Random)),
            Self::LargestFirst => ("largest-first", greedy(Order::LargestFirst)),
            Self::SmallestLast => ("smallest-last", greedy(Order::SmallestLast)),
            Self::IncidenceDegree => ("incidence-degree", greedy(Order::IncidenceDegree)),
            Self::JonesPlassmann => {
                ("jones-plassmann", Kind::Construction(Construction::JonesPlassmann))
            }
            Self::Speculative => ("speculative", Kind::Construction(Construction::Speculative)),
            Self::Dsatur => ("dsatur", Kind::Construction(Construction::Dsatur)),
            Self::Rlf => ("rlf", Kind::Construction(Construction::Rlf)),
            Self::TabuCol => search(Engine::TabuCol),
            Self::PartialCol => search(Engine::PartialCol),
            Self::Annealing => search(Engine::Annealing),
            Self::Memetic => search(Engine::Memetic),
            Self::GuidedEjection => search(Engine::GuidedEjection),
            Self::IteratedGreedy => search(Engine::IteratedGreedy),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|method| method.name() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|method| method.name()).collect();
            format!("expected one of {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for (at, method) in Method::ALL.into_iter().enumerate() {
            assert_eq!(method.to_string().parse(), Ok(method));
            assert_eq!(method as usize, at, "none is left out");
        }
        assert_eq!(Method::IteratedGreedy as usize + 1, Method::ALL.len());
        let told = "brelaz".parse::<Method>().map(|_| ()).unwrap_err();
        assert!(told.contains("dsatur, rlf"), "{told}");
    }
}
