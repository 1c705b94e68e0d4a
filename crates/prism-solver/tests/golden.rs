//! The result of one run, pinned: a seed and a move limit decide it on every machine, so one that
//! differs shows here. A change of the search changes it, too; then the new values belong here.

use prism_core::generate;
use prism_solver::{Solver, Status};

/// FNV-1a over the colours as little-endian bytes.
fn fingerprint(colors: &[u16]) -> u64 {
    let bytes = colors.iter().flat_map(|c| c.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn a_seed_and_a_move_limit_decide_the_result() {
    let graph = generate::gnp(200, 0.5, 1).expect("small");
    let solver = Solver::builder(&graph).seed(7).threads(1).move_limit(300_000);
    let outcome = solver.build().expect("nothing is asked for that cannot be").run();
    assert_eq!(outcome.coloring.verify(&graph), Ok(()));
    assert_eq!(outcome.status, Status::MoveLimit);
    let found = (outcome.num_colors(), outcome.moves, fingerprint(outcome.coloring.colors()));
    assert_eq!(found, (25, 300_000, 10_842_235_936_252_389_634));
}
