//! The clock: everything that is to be compared runs in turn, one pass of each, then the next pass
//! of each. A shared machine is faster at one moment than at the next; a run that finished one row
//! before it began another would compare the moments. For the same reason two rows are compared
//! pass by pass, and the median is that of the ratios or differences.

use std::hint::spin_loop;
use std::time::{Duration, Instant};

/// Passes, of which the median counts.
pub const PASSES: usize = 5;

/// Bursts of a pass.
const BURSTS: usize = 400;

/// Microseconds a step, pass by pass.
pub type Figure = [f64; PASSES];

/// Something that runs steps one after the other, and can show that they were right.
pub trait Contender {
    /// Runs so many steps.
    fn run(&mut self, steps: u64);
    /// Checks one, and says what there is to say.
    fn check(&mut self, _what: &str) {}
}

impl<F: FnMut(u64)> Contender for F {
    fn run(&mut self, steps: u64) {
        self(steps);
    }
}

/// What a step takes, for each contender.
pub fn in_turn<'a>(
    steps: u64,
    mut contenders: Vec<(&'static str, Box<dyn Contender + 'a>)>,
) -> Vec<(&'static str, Figure)> {
    contenders.iter_mut().for_each(|(_, one)| one.run(steps / 4 + 1));
    let figures = passes(contenders.len(), |which| {
        let start = Instant::now();
        contenders[which].1.run(steps);
        start.elapsed().as_secs_f64() * 1e6 / steps as f64
    });
    contenders.iter_mut().for_each(|(what, one)| one.check(what));
    contenders.iter().map(|(what, _)| *what).zip(figures).collect()
}

/// What is to be done with a burst.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    Submit,
    Take,
}

/// Steps that are submitted together, left alone until the device is long done with them, and taken.
pub struct Burst<'a> {
    pub what: &'static str,
    pub steps: usize,
    pub part: Box<dyn FnMut(Part) + 'a>,
}

/// What a step costs the host: its calls, the writing of its config and the taking of its
/// telemetry, without the waiting. The clock runs while a burst is submitted and while it is taken;
/// `rest` is longer than the device needs for one.
pub fn host(rest: Duration, mut bursts: Vec<Burst<'_>>) -> Vec<(&'static str, Figure)> {
    let whats: Vec<_> = bursts.iter().map(|burst| burst.what).collect();
    let mut pass = |which: usize| {
        let Burst { steps, part, .. } = &mut bursts[which];
        let mut spent = Duration::ZERO;
        for _ in 0..BURSTS {
            let submitted = Instant::now();
            part(Part::Submit);
            let left = Instant::now();
            spent += left - submitted;
            while left.elapsed() < rest {
                spin_loop();
            }
            let taken = Instant::now();
            part(Part::Take);
            spent += taken.elapsed();
        }
        spent.as_secs_f64() * 1e6 / (BURSTS * *steps) as f64
    };
    (0..whats.len()).for_each(|which| {
        pass(which);
    });
    whats.iter().copied().zip(passes(whats.len(), pass)).collect()
}

/// The figures of so many, from passes in turn.
fn passes(count: usize, mut pass: impl FnMut(usize) -> f64) -> Vec<Figure> {
    let mut figures = vec![[0.0; PASSES]; count];
    for at in 0..PASSES {
        figures.iter_mut().enumerate().for_each(|(which, figure)| figure[at] = pass(which));
    }
    figures
}
