//! What the driver may call back: rule 27. A callback that calls the driver deadlocks it, and no mock
//! can see that; so this reads the code.

use prism_stream::driver::Gate;

/// The only code that speaks to CUDA.
const CUDA: [&str; 5] = [
    include_str!("../../src/cuda/calls.rs"),
    include_str!("../../src/cuda/mod.rs"),
    include_str!("../../src/cuda/describe.rs"),
    include_str!("../../src/cuda/graph.rs"),
    include_str!("../../src/cuda/peer.rs"),
];

#[test]
fn the_only_callback_makes_no_call_to_the_driver() {
    let uses = |word: &str| CUDA.iter().map(|source| source.matches(word).count()).sum::<usize>();
    assert_eq!(uses("sys::cuLaunchHostFunc("), 1, "one way to be called back");
    assert_eq!(uses("cuStreamAddCallback"), 0);
    assert_eq!(uses("extern \"C\" fn"), 1, "one function to be called");
    let (_, from) = CUDA[0].split_once("extern \"C\" fn wait_at(").unwrap();
    let (body, _) = from.split_once("\n}\n").unwrap();
    assert!(body.contains("is_open"), "this is its body: {body}");
    for word in ["sys::", "cudarc", "Driver", "Stream", "Event"] {
        assert!(!body.contains(word), "{word} in {body}");
    }
    // What it gives back at its end, maybe as the last one to hold it, calls nothing either.
    assert!(!std::mem::needs_drop::<Gate>());
}
