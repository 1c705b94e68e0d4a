//! Merging repeated edges while more are still being read.
//!
//! Edges wait for the end of the file in buckets, 8 bytes each, and are merged then. A file that
//! lists every edge three times or more would take more memory than the graph allows for;
//! multigraphs, logs of contacts and crawls do. So now and then one bucket is sorted as a sample.
//! Only if more than three fifths of it are repetitions all buckets are: the common file that lists
//! each edge in both directions is not slowed down by more than the samples.

use super::builder::Edge;
use rayon::prelude::*;

/// The first look is taken at this many edges: 32 MiB.
pub(super) const FIRST_LOOK: u64 = 1 << 22;

/// The number of edges at the next look, when `kept` are kept now.
pub(super) fn next_look(kept: u64) -> u64 {
    (kept + kept / 4).max(FIRST_LOOK)
}

/// Merges repeated edges in one bucket, and in all of them if that is worth while. Gives the number of
/// edges that it saved.
pub(super) fn thin(buckets: &mut [Vec<Edge>]) -> u64 {
    let mut filled: Vec<usize> = (0..buckets.len()).filter(|&b| !buckets[b].is_empty()).collect();
    filled.sort_unstable_by_key(|&b| buckets[b].len());
    let Some(&sample) = filled.get(filled.len() / 2) else { return 0 };
    let before = buckets[sample].len() as u64;
    let saved = merge(&mut buckets[sample]);
    if saved * 5 <= before * 3 {
        return saved;
    }
    saved + buckets.par_iter_mut().map(merge).sum::<u64>()
}

/// Sorts a bucket and merges what is repeated in it.
fn merge(bucket: &mut Vec<Edge>) -> u64 {
    let before = bucket.len();
    bucket.sort_unstable();
    bucket.dedup();
    bucket.shrink_to_fit();
    (before - bucket.len()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn saves_what_is_repeated_and_nothing_else(
            raw in prop::collection::vec((0u32..9, 0u32..9), 1..60), copies in 1usize..6,
        ) {
            let distinct = |buckets: &[Vec<Edge>]| {
                let mut all: Vec<Edge> = buckets.concat();
                all.sort_unstable();
                all.dedup();
                all
            };
            // An empty bucket, a full one, and one with a single edge.
            let edges: Vec<Edge> = raw.iter().map(|&(u, v)| Edge::new(u, v)).collect();
            let mut buckets = vec![Vec::new(), edges.repeat(copies), vec![Edge::new(1, 2)]];
            let (before, expected) = (buckets.concat().len(), distinct(&buckets));
            let saved = thin(&mut buckets);
            prop_assert_eq!(before - buckets.concat().len(), saved as usize);
            prop_assert_eq!(distinct(&buckets), expected);
            if copies > 2 {
                prop_assert!(buckets[1].len() <= raw.len());
            }
        }
    }
}
