//! What a solver runs: its whole strategy, or one engine alone.
//!
//! The strategy is what finds good colourings. One engine alone is for those who compare engines: a
//! construction makes its one colouring, and a search gets every turn.

use crate::roster::{STANDARD, position};
use std::fmt;
use std::str::FromStr;

/// The name of the whole strategy.
const PORTFOLIO: &str = "portfolio";

/// The whole strategy, or one engine alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// Everything that the solver has.
    #[default]
    Portfolio,
    /// The engine of that name in the roster.
    Engine(&'static str),
}

impl Method {
    /// The whole strategy, and each engine of the standard roster.
    pub fn all() -> impl Iterator<Item = Self> {
        let engines = STANDARD.iter().map(|row| Self::Engine(row.name));
        std::iter::once(Self::Portfolio).chain(engines)
    }

    /// What it is called on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Portfolio => PORTFOLIO,
            Self::Engine(name) => name,
        }
    }

    /// Whether it is an engine of the standard roster that makes one colouring and ends.
    #[must_use]
    pub fn is_construction(self) -> bool {
        position(STANDARD, self.name()).is_some_and(|row| STANDARD[row].is_construction())
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
        Self::all().find(|method| method.name() == text).ok_or_else(|| {
            let names: Vec<_> = Self::all().map(Self::name).collect();
            format!("expected one of {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        assert_eq!(Method::all().count(), STANDARD.len() + 1);
        for method in Method::all() {
            assert_eq!(method.to_string().parse(), Ok(method));
        }
        let told = "brelaz".parse::<Method>().map(|_| ()).unwrap_err();
        assert!(told.contains("dsatur, rlf"), "{told}");
    }
}
