//! The table of settings.

use super::Settings;
use super::values::{BadValue, at_least, duration, show_duration, whole, within};
use crate::Method;
use crate::roster::STANDARD;

/// One setting as users meet it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it is called, as in `--time-limit`.
    pub name: &'static str,
    /// A letter that stands for the name, as in `-t`.
    pub short: Option<char>,
    /// What values it takes.
    pub takes: Takes,
    /// What it does, in a sentence or two without the last full stop.
    pub help: &'static str,
    /// What holds where it is not set; nothing where it is off.
    pub default: Option<&'static str>,
    /// Sets it from a text.
    pub set: fn(&mut Settings, &str) -> Result<(), BadValue>,
    /// It as a text; nothing where it is off.
    pub get: fn(&Settings) -> Option<String>,
}

/// What values a setting takes. The first text of some stands for the value in a help, as in `--seed N`.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// Some text.
    Text(&'static str),
    /// One of these words.
    Word(&'static str, fn() -> Vec<&'static str>),
    /// Some of these words, with commas between them.
    Words(&'static str, fn() -> Vec<&'static str>),
    /// `yes` or `no`. On a command line an option without a value stands for each.
    YesOrNo {
        /// The option for `yes`.
        yes: Flag,
        /// The option for `no`, unless that is what holds without an option.
        no: Option<Flag>,
    },
}

/// An option without a value.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// What it is called, as in `--sync`.
    pub name: &'static str,
    /// What it does.
    pub help: &'static str,
}

/// The words for a setting that is on or off.
pub(super) const YES: &str = "yes";
const NO: &str = "no";

/// Threads: more than any machine has cores would only take memory.
const THREADS: std::ops::RangeInclusive<usize> = 1..=1024;

const EQUITABLE: &str =
    "Use colours equally often: the sizes of their classes differ by at most one";

const BALANCE: &str = "When as few colours as possible are found, make the largest class as small as \
                       possible, and then the variance of the sizes; of the time or the moves, a fifth is \
                       kept for it";

/// All settings, in the order of the help.
pub const TABLE: &[Row] = &[
    Row {
        name: "time-limit",
        short: Some('t'),
        takes: Takes::Text("TIME"),
        help: "Stop after this time, as in 500ms, 30s, 5m or 1h; a number alone is seconds",
        default: None,
        set: |settings, text| put(&mut settings.time_limit, duration(text).map(Some)),
        get: |settings| settings.time_limit.map(show_duration),
    },
    Row {
        name: "moves",
        short: None,
        takes: Takes::Text("N"),
        help: "Stop after this many moves, all threads together; the last step of each thread may go a \
               little beyond (a move, or on huge graphs a pass over the vertices)",
        default: None,
        set: |settings, text| put(&mut settings.move_limit, whole(text).map(Some)),
        get: |settings| settings.move_limit.as_ref().map(u64::to_string),
    },
    Row {
        name: "target-colors",
        short: Some('k'),
        takes: Takes::Text("K"),
        help: "Stop as soon as a colouring has at most this many colours (1 or more), or at once when the \
               lower bound says that none has; missing it is exit code 1, or 7 if the bound says so",
        default: None,
        set: |settings, text| put(&mut settings.target_colors, at_least(text, 1).map(Some)),
        get: |settings| settings.target_colors.as_ref().map(usize::to_string),
    },
    Row {
        name: "exact-colors",
        short: None,
        takes: Takes::Text("K"),
        help: "Use exactly this many colours (1 or more), and stop as soon as a colouring does",
        default: None,
        set: |settings, text| put(&mut settings.exact_colors, at_least(text, 1).map(Some)),
        get: |settings| settings.exact_colors.as_ref().map(usize::to_string),
    },
    Row {
        name: "equitable",
        short: None,
        takes: Takes::YesOrNo { yes: Flag { name: "equitable", help: EQUITABLE }, no: None },
        help: EQUITABLE,
        default: None,
        set: |settings, text| put(&mut settings.equitable, yes_or_no(text)),
        get: |settings| settings.equitable.then(|| YES.to_owned()),
    },
    Row {
        name: "max-class-size",
        short: None,
        takes: Takes::Text("N"),
        help: "Give at most this many vertices (1 or more) the same colour",
        default: None,
        set: |settings, text| put(&mut settings.max_class_size, at_least(text, 1).map(Some)),
        get: |settings| settings.max_class_size.as_ref().map(usize::to_string),
    },
    Row {
        name: "balance",
        short: None,
        takes: Takes::YesOrNo { yes: Flag { name: "balance", help: BALANCE }, no: None },
        help: BALANCE,
        default: None,
        set: |settings, text| put(&mut settings.balance, yes_or_no(text)),
        get: |settings| settings.balance.then(|| YES.to_owned()),
    },
    Row {
        name: "method",
        short: None,
        takes: Takes::Word("METHOD", Method::names),
        help: "The whole strategy, or one engine alone, to compare engines",
        default: Some("portfolio"),
        set: |settings, text| put(&mut settings.method, text.parse()),
        get: |settings| Some(settings.method.to_string()),
    },
    Row {
        name: "seed",
        short: None,
        takes: Takes::Text("N"),
        help: "Seed of all random choices",
        default: Some("0"),
        set: |settings, text| put(&mut settings.seed, whole(text)),
        get: |settings| Some(settings.seed.to_string()),
    },
    Row {
        name: "threads",
        short: None,
        takes: Takes::Text("N"),
        help: "Threads that search, up to 1024",
        default: Some("one a core"),
        set: |settings, text| put(&mut settings.threads, within(text, &THREADS)),
        get: |settings| Some(settings.threads.to_string()),
    },
    Row {
        name: "device",
        short: None,
        takes: Takes::Text("DEVICE"),
        help: "Where to search: on the cores alone (cpu), also on an NVIDIA GPU, which is opened at once \
               (cuda:N), or also on the first GPU if there is one and the search takes longer than a \
               moment (auto)",
        default: Some("auto"),
        set: |settings, text| put(&mut settings.device, text.parse()),
        get: |settings| Some(settings.device.to_string()),
    },
    Row {
        name: "phases",
        short: None,
        takes: Takes::Words("ENGINES", phases),
        help: "The engines that search on the GPU, in the order of their turns, separated by commas; the \
               first one has most of them",
        default: Some("what suits the graph"),
        set: |settings, text| {
            let known = phases();
            let named =
                |name| known.iter().find(|known| **known == name).map(|name| (*name).into());
            let named: Option<_> = text.split(',').map(named).collect();
            put(&mut settings.phases, named.ok_or(BadValue::NoSuchWord(known)))
        },
        get: |settings| (!settings.phases.is_empty()).then(|| settings.phases.join(",")),
    },
    Row {
        name: "overlap-steps",
        short: None,
        takes: Takes::YesOrNo {
            yes: Flag {
                name: "async",
                help: "Overlap upload, kernel and download of successive steps on the GPU [default, \
                       unless the variable PRISM_ASYNC_GPU is 0]",
            },
            no: Some(Flag {
                name: "sync",
                help: "Wait for each step on the GPU before the next one",
            }),
        },
        help: "Whether upload, kernel and download of successive steps on the GPU overlap",
        default: Some("yes, unless the variable PRISM_ASYNC_GPU is 0"),
        set: |settings, text| put(&mut settings.overlap_steps, yes_or_no(text)),
        get: |settings| Some(if settings.overlap_steps { YES } else { NO }.to_owned()),
    },
];

/// The engines that run on a GPU.
fn phases() -> Vec<&'static str> {
    STANDARD.iter().filter(|row| row.runs_on_gpu()).map(|row| row.name).collect()
}

fn yes_or_no(text: &str) -> Result<bool, BadValue> {
    match text {
        YES => Ok(true),
        NO => Ok(false),
        _ => Err(BadValue::NoSuchWord(vec![YES, NO])),
    }
}

/// Puts a value in its place, if it is one.
fn put<T>(place: &mut T, value: Result<T, BadValue>) -> Result<(), BadValue> {
    *place = value?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_letters_are_unique() {
        let mut names = BTreeSet::new();
        for row in TABLE {
            let flags = match row.takes {
                // It may be called as the setting is.
                Takes::YesOrNo { yes, no } => [Some(yes), no]
                    .into_iter()
                    .flatten()
                    .map(|flag| flag.name)
                    .filter(|name| *name != row.name)
                    .collect(),
                _ => Vec::new(),
            };
            for name in flags.into_iter().chain([row.name]) {
                assert!(names.insert(name), "{name} stands for two things");
            }
        }
        let letters: Vec<char> = TABLE.iter().filter_map(|row| row.short).collect();
        assert_eq!(letters.iter().collect::<BTreeSet<_>>().len(), letters.len());
    }

    #[test]
    fn the_defaults_that_are_told_are_those_that_hold() {
        for row in TABLE {
            let mut settings = Settings::default();
            match row.default {
                // It depends on the machine, or on the graph.
                Some(text) if text.contains(' ') => {
                    assert!((row.set)(&mut settings, text).is_err())
                }
                Some(text) => assert_eq!((row.set)(&mut settings, text), Ok(()), "{}", row.name),
                None => assert_eq!((row.get)(&settings), None, "{}", row.name),
            }
            assert_eq!(settings, Settings::default(), "{}", row.name);
        }
    }
}
