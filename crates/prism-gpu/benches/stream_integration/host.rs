//! What a step costs the host: its calls, the writing of its config and the taking of its telemetry,
//! without the waiting.
//!
//! A burst of steps is submitted, left alone until the device is long done with it, and taken. The clock
//! runs while it is submitted and while it is taken.

use std::hint::spin_loop;
use std::time::{Duration, Instant};

use super::PASSES;

/// Bursts of a pass.
const BURSTS: usize = 100;

/// What is to be done with a burst.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    Submit,
    Take,
}

/// Microseconds a step, median, least and most of the passes, for bursts of `steps` steps that the
/// device needs less than `rest` for.
pub fn measure(steps: usize, rest: Duration, mut part: impl FnMut(Part)) -> (f64, f64, f64) {
    let mut pass = || {
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
        spent.as_secs_f64() * 1e6 / (BURSTS * steps) as f64
    };
    pass();
    let mut times: Vec<f64> = (0..PASSES).map(|_| pass()).collect();
    times.sort_by(f64::total_cmp);
    (times[PASSES / 2], times[0], times[PASSES - 1])
}
