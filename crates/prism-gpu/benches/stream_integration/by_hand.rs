//! The loops written by hand, as they are measured and checked.

use prism_stream::Placement::{Copied, Mapped};

use super::BATCH;
use super::kernel::check;
use super::measure::Contender;
use super::memory::Memory;
use super::raw::{Loops, SLOTS};

/// What a contender is called, and what it does.
type Named<'a> = (&'static str, Box<dyn Contender + 'a>);

/// What U, K, D and C are, and the limits and baselines.
pub fn by_hand(raw: &Loops, batches: bool) -> Vec<Named<'_>> {
    let mut all: Vec<Named<'_>> = vec![
        ("U", Box::new(|n| raw.upload(n))),
        ("K", Box::new(|n| raw.kernel(n))),
        ("D", Box::new(|n| raw.download(n))),
        ("C", Box::new(|n| raw.copies(n))),
    ];
    let (pageable, pinned, mapped) = (&raw.pageable, &raw.pinned, &raw.mapped);
    let mut add = |what, memory, slots, run: Run| {
        all.push((what, Box::new(Whole { raw, memory, slots, run })));
    };
    add("raw sync pageable", pageable, 1, |raw, n| raw.sync(n, &raw.pageable));
    add("raw sync copied", pinned, 1, |raw, n| raw.sync(n, &raw.pinned));
    add("raw sync mapped", mapped, 1, |raw, n| raw.sync_mapped(n));
    add("raw streams copied", pinned, SLOTS, |raw, n| raw.streams(n, 1, Copied));
    add("raw streams mapped", mapped, SLOTS, |raw, n| raw.streams(n, 1, Mapped));
    add("raw graph mapped", mapped, SLOTS, |raw, n| raw.graphs(n, &raw.graph_mapped));
    if batches {
        let mut add = |what, memory, run| add(what, memory, SLOTS * BATCH, run);
        add("raw streams copied, batches of 8", pinned, |raw, n| raw.streams(n, BATCH, Copied));
        add("raw streams mapped, batches of 8", mapped, |raw, n| raw.streams(n, BATCH, Mapped));
        add("raw graph copied, batches of 8", pinned, |raw, n| raw.graphs(n, &raw.batch_copied));
        add("raw graph mapped, batches of 8", mapped, |raw, n| raw.graphs(n, &raw.batch_mapped));
    }
    all
}

/// Runs so many steps.
type Run = fn(&Loops, u64);

/// A loop of whole steps, whose configs and telemetry are in so many slots of some memory, in turn.
struct Whole<'a> {
    raw: &'a Loops,
    memory: &'a Memory,
    slots: usize,
    run: Run,
}

impl Contender for Whole<'_> {
    fn run(&mut self, steps: u64) {
        (self.run)(self.raw, steps);
    }

    /// Gives each slot a config of its own, and checks what has come back to each after one turn, where
    /// a config that was not waited for is one of before, and after two.
    fn check(&mut self, what: &str) {
        let Self { raw, memory, slots, run } = *self;
        let words = raw.config_words();
        for turns in 1..=2 {
            let before = raw.steps();
            let config = |slot: usize| -> Vec<u32> {
                let of_slot = (before + slot as u32).wrapping_mul(0x9e37_79b9);
                (0..words as u32).map(|at| of_slot ^ (at << 7)).collect()
            };
            for slot in 0..slots {
                memory.write(slot, &config(slot));
                memory.spoil(slot);
            }
            let steps = (turns * slots) as u32;
            run(raw, steps.into());
            assert_eq!(raw.steps() - before, steps, "{what}, kernels run");
            for (slot, step) in (0..slots).zip(before + steps - slots as u32..) {
                check(&config(slot), &memory.read(slot), step, what);
            }
        }
    }
}
