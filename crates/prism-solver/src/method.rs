//! What a solver runs: its whole strategy, or one engine alone.
//!
//! The strategy is what finds good colourings. One engine alone is for those who compare engines: a
//! construction makes its one colouring, and a search gets every turn.

use crate::roster::{STANDARD, position};
use crate::settings::BadValue;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The name of the whole strategy.
const PORTFOLIO: &str = "portfolio";

/// The whole strategy, or one engine alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// Everything that the solver has.
    #[default]
    Portfolio,
    /// The engine of that name in the roster.
    Engine(Cow<'static, str>),
}

impl Method {
    /// The names of the whole strategy and of each engine of the standard roster.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        std::iter::once(PORTFOLIO).chain(STANDARD.iter().map(|row| row.name)).collect()
    }

    /// The whole strategy, and each engine of the standard roster.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::names().into_iter().map(|name| Self::named(name.into()))
    }

    /// What it is called on the command line.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Portfolio => PORTFOLIO,
            Self::Engine(name) => name,
        }
    }

    /// Whether it is an engine of the standard roster that makes one colouring and ends.
    #[must_use]
    pub fn is_construction(&self) -> bool {
        position(STANDARD, self.name()).is_some_and(|row| STANDARD[row].is_construction())
    }

    fn named(name: Cow<'static, str>) -> Self {
        if name == PORTFOLIO { Self::Portfolio } else { Self::Engine(name) }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Takes the names that the standard roster has.
impl FromStr for Method {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let found = Self::all().find(|method| method.name() == text);
        found.ok_or_else(|| BadValue::NoSuchWord(Self::names()))
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Takes any name, as a run may have had a roster of its own.
impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::named(String::deserialize(deserializer)?.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        assert_eq!(Method::all().count(), STANDARD.len() + 1);
        for method in Method::all() {
            assert_eq!(method.to_string().parse().as_ref(), Ok(&method));
            let json = serde_json::to_string(&method).unwrap();
            assert_eq!(serde_json::from_str::<Method>(&json).unwrap(), method);
        }
        let told = "brelaz".parse::<Method>().unwrap_err().to_string();
        assert!(told.contains("dsatur, rlf"), "{told}");
        let other = Method::Engine("of another roster".into());
        let json = serde_json::to_string(&other).unwrap();
        assert_eq!(serde_json::from_str::<Method>(&json).unwrap(), other);
    }
}
