//! Axes: where a value lies, and which values are marked, in words.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// How values are spread over an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Linear,
    /// By their logarithms.
    Log,
    /// By the logarithms of one more, so that 0 has a place.
    Counts,
}

/// An axis from one value to another.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// What it shows, with the unit.
    pub name: String,
    scale: Scale,
    low: f64,
    high: f64,
    /// Values that are marked.
    ticks: Vec<f64>,
    /// How a value is written.
    label: fn(f64, f64) -> String,
    /// What values are divided by for that.
    unit: f64,
}

/// Units of time: the time from which on one is used, its seconds, and its sign.
const UNITS: [(f64, f64, &str); 5] = [
    (0.0, 1e-6, "µs"),
    (2e-3, 1e-3, "ms"),
    (2.0, 1.0, "s"),
    (180.0, 60.0, "min"),
    (7200.0, 3600.0, "h"),
];

/// The unit that suits times up to this one, in seconds: its seconds and its sign.
fn unit(most: f64) -> (f64, &'static str) {
    let fits = |&&(from, ..): &&(f64, f64, &str)| most >= from;
    UNITS.iter().rev().find(fits).map_or((1.0, "s"), |&(_, seconds, sign)| (seconds, sign))
}

/// A time in seconds, in the unit that suits it.
pub(crate) fn duration(seconds: f64) -> String {
    // An axis that is twice as long has it.
    let (unit, sign) = unit(2.0 * seconds);
    let value = seconds / unit;
    let digits = if value >= 100.0 || value == 0.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {sign}")
}

/// A whole number with its digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Round numbers from `low` to `high`, about so many, none closer than `least` to the next.
fn round_numbers(low: f64, high: f64, about: f64, least: f64) -> Vec<f64> {
    let rough = ((high - low) / about).max(least).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
    let step = step.into_iter().find(|&step| step >= rough * (1.0 - 1e-9)).unwrap_or(rough);
    let first = (low / step - 1e-9).ceil();
    (0..100)
        .map(|at| (first + f64::from(at)) * step)
        .take_while(|&tick| tick <= high * (1.0 + 1e-9))
        .collect()
}

/// 1, 2 and 5 of each decade; only the 1s, or some of them, if those are many.
fn decades(low: f64, high: f64) -> Vec<f64> {
    let decades = (high / low).log10();
    let digits: &[f64] = if decades > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let every = ((decades / 8.0).ceil() as i32).max(1);
    let exponents = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
    let exponents = exponents.filter(|exponent| exponent.rem_euclid(every) == 0);
    let of_decade = |exponent: i32| {
        // Division keeps 0.001 what it looks like.
        let power = 10f64.powi(exponent.abs());
        digits.iter().map(move |digit| if exponent < 0 { digit / power } else { digit * power })
    };
    let inside = |tick: &f64| (low * (1.0 - 1e-9)..=high * (1.0 + 1e-9)).contains(tick);
    exponents.flat_map(of_decade).filter(inside).collect()
}

/// A number without digits that say nothing.
fn plain(value: f64, _: f64) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded.fract() == 0.0 && (0.0..1e15).contains(&rounded) {
        grouped(rounded as u64)
    } else {
        rounded.to_string()
    }
}

impl Axis {
    /// Seconds of a run that took so many, shown in the unit that suits them.
    pub fn time(seconds: f64) -> Self {
        let high = if seconds > 0.0 { seconds } else { 1e-6 };
        let (unit, sign) = unit(high);
        let ticks = round_numbers(0.0, high / unit, 9.0, 0.0);
        Self {
            name: format!("time ({sign})"),
            scale: Scale::Linear,
            low: 0.0,
            high,
            ticks: ticks.into_iter().map(|tick| tick * unit).collect(),
            label: |value, unit| plain(value / unit, 1.0),
            unit,
        }
    }

    /// The same by their logarithms, from the first moment on.
    pub fn log_time(first: f64, seconds: f64) -> Self {
        let high = seconds.max(2e-6);
        let low = first.clamp(1e-6, high / 2.0);
        Self {
            name: "time, logarithmic".to_owned(),
            scale: Scale::Log,
            low,
            high,
            ticks: decades(low, high),
            label: |value, _| {
                let (unit, sign) = unit(value.min(2.0) * 2.0);
                format!("{} {sign}", plain(value / unit, 1.0))
            },
            unit: 1.0,
        }
    }

    /// Whole numbers from one to another.
    pub fn whole(name: &str, low: f64, high: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        let ticks = round_numbers(low, high, 8.0, 1.0);
        Self {
            name: name.to_owned(),
            scale: Scale::Linear,
            low,
            high,
            ticks,
            label: plain,
            unit: 1.0,
        }
    }

    /// Whole numbers from 0 on, of which the small ones have the most room.
    pub fn counts(name: &str, most: f64) -> Self {
        let high = most.max(1.0);
        let mut ticks = vec![0.0];
        ticks.extend(decades(1.0, high));
        Self {
            name: name.to_owned(),
            scale: Scale::Counts,
            low: 0.0,
            high,
            ticks,
            label: plain,
            unit: 1.0,
        }
    }

    /// Shares of a whole from 0 on, in percent.
    pub fn share(name: &str, most: f64) -> Self {
        let high = most.clamp(1e-4, 1.0);
        let ticks = round_numbers(0.0, 100.0 * high, 5.0, 0.0);
        let ticks = ticks.into_iter().map(|tick| tick / 100.0).collect();
        let label = |value: f64, _| format!("{} %", plain(value * 100.0, 1.0));
        Self {
            name: name.to_owned(),
            scale: Scale::Linear,
            low: 0.0,
            high,
            ticks,
            label,
            unit: 1.0,
        }
    }

    /// Rows, with nothing to be marked.
    pub fn rows(rows: usize) -> Self {
        let (ticks, high) = (Vec::new(), rows as f64);
        Self {
            name: String::new(),
            scale: Scale::Linear,
            low: 0.0,
            high,
            ticks,
            label: plain,
            unit: 1.0,
        }
    }

    /// The same without its name, where another plot below has it.
    pub fn unnamed(self) -> Self {
        Self { name: String::new(), ..self }
    }

    /// Whether any values are marked.
    pub fn is_marked(&self) -> bool {
        !self.ticks.is_empty()
    }

    /// How far on the axis a value lies, in units of its scale.
    fn place(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log => value.log10(),
            Scale::Counts => (value + 1.0).log10(),
        }
    }

    /// The share of the axis that lies before a value; what is beyond an end lies there.
    fn share_before(&self, value: f64) -> f64 {
        let [low, high, at] =
            [self.low, self.high, value.clamp(self.low, self.high)].map(|value| self.place(value));
        let share = (at - low) / (high - low);
        // A little room, so that what lies at the ends is seen.
        (share + ROOM) / (1.0 + 2.0 * ROOM)
    }
}

/// The part of an axis that lies before its least value, and after its largest.
const ROOM: f64 = 0.025;

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, &value: &f64, (from, to): (i32, i32)) -> i32 {
        from + (f64::from(to - from) * self.share_before(value)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, &value: &f64) -> String {
        (self.label)(value, self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks.iter().map(|tick| axis.format_ext(tick)).collect()
    }

    #[test]
    fn times_have_the_unit_that_suits_them() {
        let axis = Axis::time(60.0);
        assert_eq!(axis.name, "time (s)");
        assert_eq!(labels(&axis), ["0", "10", "20", "30", "40", "50", "60"]);
        assert_eq!(Axis::time(0.0017).name, "time (µs)");
        assert_eq!(Axis::time(40_000.0).name, "time (h)");
        assert_eq!(labels(&Axis::time(0.8))[..3], ["0", "100", "200"]);
        let axis = Axis::log_time(0.0004, 300.0);
        assert_eq!(labels(&axis), ["1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s"]);
        assert_eq!(
            labels(&Axis::log_time(0.0, 1e-4)),
            ["1 µs", "2 µs", "5 µs", "10 µs", "20 µs", "50 µs", "100 µs"]
        );
        assert_eq!(duration(0.0), "0 µs");
        assert_eq!(duration(0.00123), "1.23 ms");
        assert_eq!(duration(75.26), "75.3 s");
        assert_eq!(duration(8000.0), "2.22 h");
    }

    #[test]
    fn whole_numbers_counts_and_shares_are_marked_where_they_are_round() {
        assert_eq!(
            labels(&Axis::whole("k", 82.0, 97.0)),
            ["82", "84", "86", "88", "90", "92", "94", "96"].map(|l| l)
        );
        assert_eq!(labels(&Axis::whole("k", 5.0, 5.0)), ["5", "6"]);
        assert_eq!(labels(&Axis::whole("k", 0.0, 65_000.0))[1], "10\u{202f}000");
        assert_eq!(
            labels(&Axis::counts("c", 20_000.0)),
            ["0", "1", "10", "100", "1\u{202f}000", "10\u{202f}000"]
        );
        assert_eq!(labels(&Axis::counts("c", 0.0)), ["0", "1"]);
        assert_eq!(labels(&Axis::share("s", 0.034)), ["0 %", "1 %", "2 %", "3 %"]);
        assert_eq!(labels(&Axis::share("s", 7.0)).last().unwrap(), "100 %");
    }

    proptest! {
        #[test]
        fn every_axis_has_few_marks_inside(low in 0.0f64..1e5, high in 0.0f64..1e9, seconds in 0.0f64..1e9) {
            let axes = [
                Axis::time(seconds),
                Axis::log_time(low, seconds),
                Axis::whole("", low.floor(), high),
                Axis::counts("", high),
                Axis::share("", high / 1e9),
            ];
            for axis in axes {
                let marks: Vec<i32> = axis.ticks.iter().map(|tick| axis.map(tick, (0, 2000))).collect();
                prop_assert!((1..=17).contains(&marks.len()), "{:?}", axis);
                prop_assert!(marks.windows(2).all(|pair| pair[0] + 30 < pair[1]), "{:?} {:?}", axis, marks);
                prop_assert!(marks.iter().all(|mark| (0..=2000).contains(mark)));
                let labels: std::collections::BTreeSet<String> = labels(&axis).into_iter().collect();
                prop_assert_eq!(labels.len(), marks.len(), "{:?}", axis);
            }
        }
    }
}
