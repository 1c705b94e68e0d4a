//! What the fuzz targets run. `prism-core`'s tests include this file to replay the corpus, so that an
//! input that once broke a parser is tried in every `cargo test`.

use prism_core::io::{
    ColoringFormat, Format, Naming, ReadOptions, read_allowed_from, read_bytes, read_coloring_from,
    read_precolored_from, write_coloring, write_graph,
};
use prism_core::{Coloring, Graph};

/// The targets, which are also the folders of the corpus.
pub const TARGETS: [&str; 14] = [
    "adjacency_list",
    "adjacency_matrix",
    "allowed",
    "coloring",
    "detect",
    "dimacs",
    "dimacs_binary",
    "dot",
    "ecl",
    "edge_list",
    "graph6",
    "matrix_market",
    "metis",
    "precolored",
];

/// Runs one target on one input.
pub fn replay(target: &str, data: &[u8]) {
    match target {
        "adjacency_list" => graph(Some(Format::AdjacencyList), data),
        "adjacency_matrix" => graph(Some(Format::AdjacencyMatrix), data),
        "allowed" => allowed(data),
        "dot" => graph(Some(Format::Dot), data),
        "graph6" => graph(Some(Format::Graph6), data),
        "coloring" => coloring(data),
        "detect" => graph(None, data),
        "dimacs" => graph(Some(Format::DimacsCol), data),
        "dimacs_binary" => graph(Some(Format::DimacsBinary), data),
        "ecl" => graph(Some(Format::Ecl), data),
        "edge_list" => graph(Some(Format::EdgeList), data),
        "matrix_market" => graph(Some(Format::MatrixMarket), data),
        "metis" => graph(Some(Format::Metis), data),
        "precolored" => precolored(data),
        _ => panic!("no target {target}"),
    }
}

/// Reads a graph. It is an error with a message, or a graph that keeps its invariants and survives
/// being written and read again.
fn graph(format: Option<Format>, data: &[u8]) {
    // Few vertices on trust, so that time goes into parsing and not into empty graphs.
    let options = ReadOptions { format, free_vertices: 1 << 10, ..ReadOptions::default() };
    let loaded = match read_bytes(data, "input", &options) {
        Ok(loaded) => loaded,
        Err(error) => {
            assert!(error.to_string().starts_with("input"), "{error}");
            return;
        }
    };
    let graph = &loaded.graph;
    let (offsets, neighbors) = graph.csr();
    Graph::from_csr(offsets, neighbors).expect("the graph keeps its invariants");
    assert!(loaded.labels.as_ref().is_none_or(|labels| labels.len() == graph.n()));
    let strict = ReadOptions { strict: true, ..options.clone() };
    match read_bytes(data, "input", &strict) {
        Ok(same) => assert_eq!(same, loaded),
        Err(_) => assert!(loaded.cleanup != Default::default() || !loaded.notes.is_empty()),
    }

    let again = |format, labels| {
        let mut written = Vec::new();
        write_graph(&mut written, graph, labels, format).ok()?;
        let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
        Some(read_bytes(&written, "written", &options).expect("what is written can be read"))
    };
    let dimacs = again(Format::DimacsCol, None).expect("DIMACS can be written");
    assert_eq!(dimacs.graph, loaded.graph);
    if loaded.labels.is_none() {
        let edges = again(Format::EdgeList, None).expect("an edge list can be written");
        assert_eq!(edges.graph, loaded.graph);
        assert_eq!(edges.labels, None);
    } else if let Some(edges) = again(Format::EdgeList, loaded.labels.as_ref()) {
        assert_eq!((edges.graph.n(), edges.graph.m()), (graph.n(), graph.m()));
    }
}

/// Names of the first vertices of a graph that has names.
const NAMES: [&str; 7] = ["[c]", "c", "s", "l", "s col", "#1", "l c"];

/// Reads precoloured vertices of a graph without names or, if the first byte is odd, with names.
fn precolored(data: &[u8]) {
    let Some((&kind, file)) = data.split_first() else { return };
    let graph: &[u8] = if kind % 2 == 0 { b"p edge 5 1\ne 1 2\n" } else { b"a,b c\nb c,d\n" };
    let loaded = read_bytes(graph, "graph", &ReadOptions::default()).expect("it can be read");
    match read_precolored_from(file, "input", &loaded) {
        Err(error) => assert!(error.to_string().starts_with("input"), "{error}"),
        Ok(fixed) => {
            assert!(fixed.iter().all(|&(v, _)| (v as usize) < loaded.graph.n()));
            // Written in our way, it is read as it was.
            let lines =
                fixed.iter().map(|&(v, color)| format!("{} {color}\n", loaded.vertex_name(v)));
            let text: String = lines.collect();
            let again = read_precolored_from(text.as_bytes(), "again", &loaded);
            assert_eq!(again.expect("what is written can be read"), fixed);
        }
    }
}

/// Reads lists of colours for the same graphs.
fn allowed(data: &[u8]) {
    let Some((&kind, file)) = data.split_first() else { return };
    let graph: &[u8] = if kind % 2 == 0 { b"p edge 5 1\ne 1 2\n" } else { b"a,b c\nb c,d\n" };
    let loaded = read_bytes(graph, "graph", &ReadOptions::default()).expect("it can be read");
    match read_allowed_from(file, "input", &loaded) {
        Err(error) => assert!(error.to_string().starts_with("input"), "{error}"),
        Ok(lists) => {
            assert!(
                lists
                    .iter()
                    .all(|(v, colors)| (*v as usize) < loaded.graph.n() && !colors.is_empty())
            );
            let mut text = String::new();
            for (v, colors) in &lists {
                let colors: Vec<String> = colors.iter().map(ToString::to_string).collect();
                text += &format!("{},{}\n", loaded.vertex_name(*v), colors.join(","));
            }
            let again = read_allowed_from(text.as_bytes(), "again", &loaded);
            assert_eq!(again.expect("what is written can be read"), lists);
        }
    }
}

/// Reads a colouring of as many vertices as the first byte says; the rest is the file.
fn coloring(data: &[u8]) {
    let Some((&n, file)) = data.split_first() else { return };
    let n = usize::from(n % 16);
    // Some names are those of DIMACS lines and comments.
    let name = |v| NAMES.get(v).map_or(format!("v{v}"), ToString::to_string);
    let labels = (0..n).map(name).collect();
    let naming = match n {
        9.. => Naming::names(&labels),
        _ => Naming::counted_from(n as u32 % 2),
    };
    let read = |file: &[u8]| read_coloring_from(file, "input", n, naming);
    let mut coloring: Coloring = match read(file) {
        Ok(coloring) => coloring,
        Err(error) => {
            assert!(error.to_string().starts_with("input"), "{error}");
            return;
        }
    };
    assert_eq!(coloring.colors().len(), n);
    coloring.normalize();
    for format in ColoringFormat::ALL {
        let mut written = Vec::new();
        write_coloring(&mut written, &Graph::empty(n), &coloring, naming, format)
            .expect("it can be written");
        assert_eq!(read(&written).expect("what is written can be read"), coloring, "{format}");
    }
}
