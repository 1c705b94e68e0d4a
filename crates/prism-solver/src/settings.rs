//! What can be set of a run in a word or a number, and how users say it.
//!
//! [`Settings`] is what the solver works by. [`TABLE`] has a [`Row`] for each setting, with its name, its help
//! and its values as text: the options of the command and their help, what `prism bench` passes on to its
//! runs, and bindings to other languages are made from it. To add a setting is to add a field and a row.

mod table;
pub mod values;

use crate::{Device, Goal, Method};
use prism_core::SizeRule;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::Duration;

use table::YES;
pub use table::{Flag, Row, TABLE, Takes};
pub use values::BadValue;

/// The settings of a run. As text they are read by [`Self::set`]; in JSON all of them stand in the
/// [report](crate::Report) of a run, and a missing one is an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Wall-clock limit.
    #[serde(rename = "time_limit_seconds", with = "seconds")]
    pub time_limit: Option<Duration>,
    /// Limit on moves, all threads together.
    #[serde(deserialize_with = "Option::deserialize")]
    pub move_limit: Option<u64>,
    /// The number of colours to stop at; as few as possible without one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub target_colors: Option<usize>,
    /// The number of colours to use, no more and no fewer.
    #[serde(deserialize_with = "Option::deserialize")]
    pub exact_colors: Option<usize>,
    /// Whether the sizes of classes may differ by at most one.
    pub equitable: bool,
    /// The most vertices of a class.
    #[serde(deserialize_with = "Option::deserialize")]
    pub max_class_size: Option<usize>,
    /// Whether the classes of the best colouring are made as even as possible.
    pub balance: bool,
    /// The whole strategy, or one engine alone.
    pub method: Method,
    /// The seed of every random draw.
    pub seed: u64,
    /// Threads that search.
    pub threads: usize,
    /// Where to search.
    pub device: Device,
    /// The engines that have turns on a GPU, in this order, the first of them most; those that the roster
    /// says if there are none.
    pub phases: Vec<Cow<'static, str>>,
    /// Whether upload, kernel and download of successive steps on a GPU overlap.
    pub overlap_steps: bool,
}

impl Default for Settings {
    /// What holds where nothing is said: no limits, no target, a thread for each core, a GPU if there is
    /// one, and overlapped steps unless the variable `PRISM_ASYNC_GPU` is not `1`.
    fn default() -> Self {
        Self {
            time_limit: None,
            move_limit: None,
            target_colors: None,
            exact_colors: None,
            equitable: false,
            max_class_size: None,
            balance: false,
            method: Method::Portfolio,
            seed: 0,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            device: Device::Auto,
            phases: Vec::new(),
            overlap_steps: std::env::var_os("PRISM_ASYNC_GPU").is_none_or(|value| value == "1"),
        }
    }
}

/// Why a setting was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// No row has that name.
    #[error("there is no setting called {0}")]
    Unknown(String),
    /// It does not take that value.
    #[error("{name}: {rule}")]
    Value {
        /// Its name.
        name: &'static str,
        /// What it takes.
        rule: BadValue,
    },
}

impl Settings {
    /// What the solver is to reach.
    #[must_use]
    pub fn goal(&self) -> Goal {
        self.target_colors.map_or(Goal::Minimize, Goal::Colors)
    }

    /// What is asked of the sizes of classes.
    #[must_use]
    pub fn size_rule(&self) -> SizeRule {
        SizeRule { equitable: self.equitable, most: self.max_class_size }
    }

    /// Whether more is asked of classes than that there are few of them, so that it takes a
    /// [`SizedSolver`](crate::SizedSolver).
    #[must_use]
    pub fn asks_for_sizes(&self) -> bool {
        !self.size_rule().is_free() || self.balance || self.exact_colors.is_some()
    }

    /// Sets what the row called `name` sets.
    ///
    /// # Errors
    /// No such row, or a text that is not among its values.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), SettingError> {
        let row = TABLE.iter().find(|row| row.name == name);
        let row = row.ok_or_else(|| SettingError::Unknown(name.to_owned()))?;
        (row.set)(self, text).map_err(|rule| SettingError::Value { name: row.name, rule })
    }

    /// These settings by name, as texts that [`Self::set`] takes; without those that are off.
    pub fn texts(&self) -> impl Iterator<Item = (&'static str, String)> {
        TABLE.iter().filter_map(|row| Some((row.name, (row.get)(self)?)))
    }

    /// These settings as options of the command line; without those that are off.
    pub fn options(&self) -> impl Iterator<Item = String> {
        TABLE.iter().filter_map(|row| {
            let text = (row.get)(self)?;
            Some(match &row.takes {
                Takes::YesOrNo { yes, no } => {
                    let flag = if text == YES { Some(yes) } else { no.as_ref() };
                    format!("--{}", flag?.name)
                }
                _ => format!("--{}={text}", row.name),
            })
        })
    }
}

/// Times as numbers of seconds.
mod seconds {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use std::time::Duration;

    pub fn serialize<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        time.map(|time| time.as_secs_f64()).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(from)?;
        seconds
            .map(|seconds| Duration::try_from_secs_f64(seconds).map_err(D::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// All settings, none of them as by default.
    fn all_set() -> Settings {
        Settings {
            time_limit: Some(Duration::from_millis(1_234_567)),
            move_limit: Some(5_000_000_000),
            target_colors: Some(48),
            exact_colors: Some(50),
            equitable: true,
            max_class_size: Some(12),
            balance: true,
            method: "tabucol".parse().unwrap(),
            seed: u64::MAX,
            threads: 1000,
            device: Device::Cuda(3),
            phases: vec!["quantum".into(), "whcr".into()],
            overlap_steps: !Settings::default().overlap_steps,
        }
    }

    #[test]
    fn what_is_written_as_texts_is_read_back() {
        for settings in [all_set(), Settings::default()] {
            let mut read = Settings::default();
            for (name, text) in settings.texts() {
                assert_eq!(read.set(name, &text), Ok(()));
            }
            assert_eq!(read, settings);
        }
        assert_eq!(all_set().texts().count(), TABLE.len());
    }

    #[test]
    fn every_field_has_a_row_that_sets_it_alone() {
        let json = |settings: &Settings| serde_json::to_value(settings).unwrap();
        let start = json(&Settings::default());
        let mut set = BTreeSet::new();
        for (name, text) in all_set().texts() {
            let mut settings = Settings::default();
            settings.set(name, &text).unwrap();
            let after = json(&settings);
            let fields = after.as_object().unwrap().iter();
            let changed: Vec<_> = fields.filter(|(name, value)| start[*name] != **value).collect();
            assert_eq!(changed.len(), 1, "{name}");
            set.insert(changed[0].0.clone());
        }
        assert_eq!(set.len(), start.as_object().unwrap().len());
    }

    #[test]
    fn a_missing_key_is_an_error() {
        let whole = serde_json::to_value(all_set()).unwrap();
        assert_eq!(serde_json::from_value::<Settings>(whole.clone()).unwrap(), all_set());
        for name in whole.as_object().unwrap().keys() {
            let mut part = whole.clone();
            part.as_object_mut().unwrap().remove(name);
            let error = serde_json::from_value::<Settings>(part).unwrap_err().to_string();
            assert!(error.contains(&format!("missing field `{name}`")), "{error}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let mut settings = Settings::default();
        let mut told = |name, text| settings.set(name, text).unwrap_err().to_string();
        assert_eq!(told("speed", "1"), "there is no setting called speed");
        assert_eq!(told("seed", "-1"), "seed: expected a whole number, at least 0");
        assert!(told("method", "brelaz").contains("dsatur, rlf"));
        assert!(told("phases", "whcr,tabucol").contains("whcr, dendritic-whcr"));
        assert_eq!(told("overlap-steps", ""), "overlap-steps: expected one of yes, no");
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn settings_are_options_of_the_command() {
        let settings = Settings { overlap_steps: false, ..all_set() };
        let options: Vec<String> = settings.options().collect();
        let expected = [
            "--time-limit=1234.567s",
            "--moves=5000000000",
            "--target-colors=48",
            "--exact-colors=50",
            "--equitable",
            "--max-class-size=12",
            "--balance",
            "--method=tabucol",
            "--seed=18446744073709551615",
            "--threads=1000",
            "--device=cuda:3",
            "--phases=quantum,whcr",
            "--sync",
        ];
        assert_eq!(options, expected);
    }
}
