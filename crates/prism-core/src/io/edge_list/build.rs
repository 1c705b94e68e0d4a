//! From the edges of a list to its graph, when all has been read and judged.

use crate::Graph;
use crate::graph::Cleanup;
use crate::io::builder::GraphBuilder;
use crate::io::error::ErrorKind;
use crate::io::interner::Interner;
use crate::io::{Labels, Loaded, Note, gaps};

/// Ids up to this are the rows of the graph until gaps are closed.
const ALWAYS_KEPT: u64 = 1 << 16;

/// So are ids up to this many times the number of lines.
const KEPT_PER_EDGE: u64 = 2;

/// The graph of the integers that lines name; `kept` are vertices even when no edge names them, and
/// `largest` is the largest of all, if there are any.
pub(super) fn numbers(
    mut builder: GraphBuilder,
    kept: Vec<u32>,
    largest: Option<u32>,
) -> Result<Loaded, ErrorKind> {
    let n = largest.map_or(0, |largest| u64::from(largest) + 1);
    let (graph, cleanup, ids);
    if n > ALWAYS_KEPT.max(builder.edges().saturating_mul(KEPT_PER_EDGE)) {
        ids = Some(builder.compact(kept, 0));
        (graph, cleanup) = builder.finish(0)?;
    } else {
        let (with_gaps, found) = builder.finish(n as usize)?;
        cleanup = found;
        (graph, ids) = gaps::close(with_gaps, kept);
    }
    let between = ids.as_ref().map_or(0, |ids| missing(ids));
    let mut loaded = Loaded::new(graph, cleanup);
    loaded.notes.extend((between > 0).then_some(Note::Gaps(between)));
    loaded.labels = ids.map(Labels::integers);
    Ok(loaded)
}

/// The integers between the first and the last of `ids` that are not among them.
fn missing(ids: &[u32]) -> u64 {
    match (ids.first(), ids.last()) {
        (Some(&first), Some(&last)) => u64::from(last - first) + 1 - ids.len() as u64,
        _ => 0,
    }
}

/// The graph of `n` vertices whose numbers count from `first`, 0 or 1, whether a line names them or not.
pub(super) fn range(builder: GraphBuilder, n: usize, first: u32) -> Result<Loaded, ErrorKind> {
    let (graph, cleanup) = builder.finish(n + first as usize)?;
    let graph = if first > 0 { gaps::without_first(graph, first) } else { graph };
    let mut loaded = Loaded::new(graph, cleanup);
    // A graph has fewer vertices than 32 bits hold.
    loaded.labels = (first > 0).then(|| Labels::integers((first..first + n as u32).collect()));
    Ok(loaded)
}

/// The graph of text names without the vertices `dropped`, which have no edges.
pub(super) fn named(
    graph: Graph<'static>,
    cleanup: Cleanup,
    names: Interner,
    dropped: &[u32],
) -> Loaded {
    let count = dropped.len() as u32;
    let (graph, labels) = if dropped.iter().zip(0..).all(|(&v, first)| v == first) {
        (gaps::without_first(graph, count), names.into_labels_from(count))
    } else {
        // The second name of the heading alone is no vertex.
        let vertices = graph.vertices().filter(|v| !dropped.contains(v)).collect();
        let (graph, vertices) = gaps::close(graph, vertices);
        let vertices = vertices.into_iter().flatten();
        (graph, vertices.map(|v| names.name(v)).collect())
    };
    Loaded { labels: Some(labels), ..Loaded::new(graph, cleanup) }
}
