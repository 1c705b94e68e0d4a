//! The settings of a solver as options of a command, made from the solver's table of them.

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use prism_solver::Settings;
use prism_solver::settings::{Flag, Row, TABLE, Takes};
use std::fmt::Debug;
use std::marker::PhantomData;

/// How a command offers the settings.
pub trait Offer: Debug {
    /// Those that are no options of it, as it sets them in other ways.
    const LEFT_OUT: &'static [&'static str];
    /// What holds in this command where nothing is said, unlike elsewhere.
    const DEFAULTS: &'static [(&'static str, &'static str)];
    /// What the help calls these options together, where it sets them apart.
    const HEADING: Option<&'static str>;
}

/// The settings that were typed, and the defaults of those that were not.
#[derive(Clone, Debug)]
pub struct SettingsOf<O>(pub Settings, PhantomData<O>);

impl<O: Offer> SettingsOf<O> {
    fn rows() -> impl Iterator<Item = &'static Row> {
        TABLE.iter().filter(|row| !O::LEFT_OUT.contains(&row.name))
    }
}

impl<O: Offer> Args for SettingsOf<O> {
    fn augment_args(command: Command) -> Command {
        Self::rows().flat_map(options::<O>).fold(command, Command::arg)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<O: Offer> FromArgMatches for SettingsOf<O> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut settings = Self(Settings::default(), PhantomData);
        for (name, text) in O::DEFAULTS {
            settings.set(name, text)?;
        }
        settings.update_from_arg_matches(matches)?;
        Ok(settings)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for row in Self::rows() {
            if let Some(text) = typed(row, matches) {
                self.set(row.name, &text)?;
            }
        }
        Ok(())
    }
}

impl<O> SettingsOf<O> {
    fn set(&mut self, name: &str, text: &str) -> Result<(), Error> {
        self.0.set(name, text).map_err(|error| Error::raw(ErrorKind::ValueValidation, error))
    }
}

/// What was typed for a row.
fn typed(row: &Row, matches: &ArgMatches) -> Option<String> {
    match row.takes {
        Takes::YesOrNo { yes, no } => {
            let given = [(Some(yes), "yes"), (no, "no")];
            let is_given =
                |flag: Option<Flag>| flag.is_some_and(|flag| matches.get_flag(flag.name));
            given.into_iter().find(|(flag, _)| is_given(*flag)).map(|(_, text)| text.to_owned())
        }
        _ => {
            let texts: Vec<&String> = matches.get_many(row.name)?.collect();
            Some(texts.into_iter().map(String::as_str).collect::<Vec<_>>().join(","))
        }
    }
}

/// The options of a row.
fn options<O: Offer>(row: &'static Row) -> Vec<Arg> {
    let elsewhere = O::DEFAULTS.iter().find(|(name, _)| *name == row.name);
    let default = elsewhere.map(|(_, text)| *text).or(row.default);
    let default = default.map_or(String::new(), |text| format!(" [default: {text}]"));
    let option = |value| {
        let option = Arg::new(row.name).long(row.name).short(row.short).value_name(value);
        option.help(format!("{}{default}", row.help)).help_heading(O::HEADING)
    };
    // Completions know words.
    vec![match row.takes {
        Takes::Text(value) => {
            let check = |text: &str| (row.set)(&mut Settings::default(), text);
            let check = move |text: &str| check(text).map(|()| text.to_owned());
            option(value).allow_hyphen_values(true).value_parser(check)
        }
        Takes::Word(value, words) => option(value).value_parser(PossibleValuesParser::new(words())),
        Takes::Words(value, words) => option(value)
            .value_delimiter(',')
            .action(ArgAction::Append)
            .value_parser(PossibleValuesParser::new(words())),
        Takes::YesOrNo { yes, no } => {
            let flag = |flag: Flag, other: Option<Flag>| {
                let option = Arg::new(flag.name).long(flag.name).action(ArgAction::SetTrue);
                let option = option.overrides_with_all(other.map(|other| other.name));
                option.help(flag.help).help_heading(O::HEADING)
            };
            return [Some(flag(yes, no)), no.map(|no| flag(no, Some(yes)))]
                .into_iter()
                .flatten()
                .collect();
        }
    }]
}

#[cfg(test)]
mod tests {
    use crate::args::{Args, Command};
    use clap::Parser;
    use prism_solver::{Device, Settings};
    use std::time::Duration;

    /// What these words say of the settings.
    fn settings(words: &[&str]) -> Settings {
        match Args::try_parse_from([&["prism"], words].concat()).unwrap().command {
            Command::Color(args) => args.settings.0,
            Command::Bench(args) => args.settings.0,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_set_what_their_rows_say() {
        assert_eq!(settings(&["color", "a.col"]), Settings::default());
        let words =
            ["color", "a.col", "-t", "5m", "-k", "9", "--phases", "whcr,quantum", "--seed=3"];
        let expected = Settings {
            time_limit: Some(Duration::from_secs(300)),
            target_colors: Some(9),
            phases: vec!["whcr".into(), "quantum".into()],
            seed: 3,
            ..Settings::default()
        };
        assert_eq!(settings(&words), expected);
    }

    #[test]
    fn the_last_of_two_opposites_counts() {
        for (words, overlap) in [
            (&["--sync", "--async"][..], true),
            (&["--async", "--sync"], false),
            (&["--sync"], false),
            (&["--async"], true),
        ] {
            assert_eq!(settings(&[&["color", "a.col"], words].concat()).overlap_steps, overlap);
        }
    }

    #[test]
    fn a_benchmark_has_defaults_of_its_own() {
        let found = settings(&["bench", "a.col", "--device", "cuda:1"]);
        assert_eq!((found.time_limit, found.threads), (Some(Duration::from_secs(30)), 1));
        assert_eq!(found.device, Device::Cuda(1));
        for left_out in ["--seed=1", "--target-colors=3"] {
            assert!(Args::try_parse_from(["prism", "bench", "a.col", left_out]).is_err());
        }
    }
}
