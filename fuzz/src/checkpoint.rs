//! What the fuzz target for checkpoints runs. `prism-solver`'s tests include this file to replay the corpus.

use prism_core::{Graph, generate};
use prism_solver::{Checkpoint, Solver, SolverBuilder};

/// A graph that is searched for a while.
pub fn graph() -> Graph<'static> {
    generate::gnp(70, 0.5, 1).expect("it is small")
}

/// The run whose checkpoints are the corpus.
pub fn builder<'g>(graph: &'g Graph<'g>) -> SolverBuilder<'g> {
    Solver::builder(graph).move_limit(300_000)
}

/// A file, and a state without its checksum, which would keep all but what was written away. It is refused, or
/// a run goes on from it.
pub fn replay(data: &[u8]) {
    let _ = Checkpoint::from_bytes(data);
    let Ok(checkpoint) = postcard::from_bytes::<Checkpoint>(data) else { return };
    let bytes = checkpoint.to_bytes();
    assert_eq!(Checkpoint::from_bytes(&bytes).map(|again| again.to_bytes()), Ok(bytes));
    let graph = graph();
    let Ok(mut solver) = builder(&graph).resume(checkpoint).build() else { return };
    solver.step(2_000);
    let outcome = solver.finish();
    assert_eq!(outcome.coloring.verify(&graph), Ok(()));
}
