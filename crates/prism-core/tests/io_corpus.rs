//! Replays the fuzz corpus, each input as a test of its target.

#![allow(clippy::unwrap_used)]

#[path = "../../../fuzz/src/lib.rs"]
mod entry;

use std::path::Path;

#[test]
fn the_corpus_finds_nothing() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for target in entry::TARGETS {
        let mut inputs = 0;
        for input in std::fs::read_dir(corpus.join(target)).unwrap() {
            entry::replay(target, &std::fs::read(input.unwrap().path()).unwrap());
            inputs += 1;
        }
        assert!(inputs >= 4, "{target} has only {inputs} inputs");
    }
}
