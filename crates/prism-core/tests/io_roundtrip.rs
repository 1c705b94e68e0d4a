//! Round trips: a graph is written down in a format, compressed or not, and read back as it was.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use prism_core::io::{
    ColoringFormat, Format, Labels, Naming, ReadOptions, read_bytes, read_coloring_from, read_from,
    write_coloring, write_graph,
};
use prism_core::{Cleanup, Coloring, Graph};
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// Formats that we only read are written by hand, with every variant that `variant` asks for.
fn encode(graph: &Graph<'_>, format: Format, variant: u8) -> Vec<u8> {
    let mut out = Vec::new();
    match format {
        Format::DimacsBinary => {
            let preamble = format!("c a comment\np col {} {}\n", graph.n(), graph.m());
            writeln!(out, "{}", preamble.len()).unwrap();
            out.extend(preamble.as_bytes());
            for v in graph.vertices() {
                let mut row = vec![0u8; v as usize / 8 + 1];
                for &u in graph.neighbors(v).iter().filter(|&&u| u < v) {
                    row[u as usize / 8] |= 0x80 >> (u % 8);
                }
                out.extend(row);
            }
        }
        Format::Metis => {
            let (sizes, weights, edges) = (variant & 4 > 0, variant & 2 > 0, variant & 1 > 0);
            let ncon = if weights { " 2" } else { "" };
            writeln!(out, "% a comment\n{} {} {variant:03b}{ncon}", graph.n(), graph.m()).unwrap();
            for v in graph.vertices() {
                let mut words: Vec<String> = Vec::new();
                words.extend(sizes.then(|| "9".into()));
                words.extend(weights.then(|| "1000000 3".into()));
                for u in graph.neighbors(v) {
                    words.push((u + 1).to_string());
                    words.extend(edges.then(|| "77777".into()));
                }
                writeln!(out, "{}", words.join(" ")).unwrap();
            }
        }
        Format::MatrixMarket => {
            let field = ["pattern", "real", "integer", "complex"][variant as usize % 4];
            let value = ["", " -1.5e3", " 7", " 0.5 2"][variant as usize % 4];
            let general = variant / 4 % 2 == 1;
            let symmetry = if general { "general" } else { "symmetric" };
            writeln!(out, "%%MatrixMarket matrix coordinate {field} {symmetry}\n%\n").unwrap();
            let entries = if general { 2 * graph.m() } else { graph.m() };
            writeln!(out, "{} {} {entries}", graph.n(), graph.n()).unwrap();
            for (u, v) in graph.edges() {
                writeln!(out, "{} {}{value}", v + 1, u + 1).unwrap();
                if general {
                    writeln!(out, "{} {}{value}", u + 1, v + 1).unwrap();
                }
            }
        }
        Format::Ecl => {
            let (offsets, neighbors) = graph.csr();
            let mut put = |value: u64| out.extend((value as u32).to_le_bytes());
            put(graph.n() as u64);
            put(neighbors.len() as u64);
            offsets.iter().for_each(|&offset| put(offset));
            neighbors.iter().for_each(|&u| put(u64::from(u)));
            if variant % 2 == 1 {
                neighbors.iter().for_each(|_| put(5));
            }
        }
        Format::AdjacencyMatrix => {
            let separator = [" ", ",", "\t", " , "][variant as usize % 4];
            for u in graph.vertices() {
                let row = graph.vertices().map(|v| u8::from(graph.has_edge(u, v)).to_string());
                writeln!(out, "{}", row.collect::<Vec<_>>().join(separator)).unwrap();
            }
        }
        Format::Graph6 => {
            let put = |out: &mut Vec<u8>, value: u64, characters: u32| {
                out.extend((0..characters).rev().map(|at| (value >> (6 * at) & 63) as u8 + 63));
            };
            let n = graph.n() as u64;
            out.extend(if variant % 2 == 1 { &b">>graph6<<"[..] } else { b"" });
            match variant / 2 {
                0 if n < 63 => put(&mut out, n, 1),
                0 | 1 => {
                    out.push(126);
                    put(&mut out, n, 3);
                }
                _ => {
                    out.extend([126, 126]);
                    put(&mut out, n, 6);
                }
            }
            let bits = graph.vertices().flat_map(|v| (0..v).map(move |u| graph.has_edge(u, v)));
            let bits: Vec<bool> = bits.collect();
            for six in bits.chunks(6) {
                let value = six.iter().fold(0, |value, &bit| value << 1 | u64::from(bit));
                put(&mut out, value << (6 - six.len()), 1);
            }
            out.push(b'\n');
        }
        _ => write_graph(&mut out, graph, None, format).unwrap(),
    }
    out
}

/// The formats that give vertices numbers. The others name them, in order of appearance.
fn numbered_formats() -> Vec<Format> {
    let named = |format: &Format| matches!(format, Format::AdjacencyList | Format::Dot);
    Format::ALL.into_iter().filter(|format| !named(format)).collect()
}

/// What a file is called. Cycles in METIS files could be edge lists but for the extension.
fn called(format: Format) -> &'static str {
    if format == Format::Metis { "input.graph" } else { "input" }
}

/// Whether the format is detected for any graph. Matrices are for three vertices or more.
fn is_detected(graph: &Graph<'_>, format: Format) -> bool {
    format != Format::AdjacencyMatrix || graph.n() >= 3
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Whole, gzip, gzip in two members, zstd, zstd in two frames.
fn pack(bytes: &[u8], how: u8) -> Vec<u8> {
    let (front, back) = bytes.split_at(bytes.len() / 2);
    let zstd = |bytes: &[u8]| compress_to_vec(bytes, CompressionLevel::Fastest);
    match how {
        0 => bytes.to_vec(),
        1 => gzip(bytes),
        2 => [gzip(front), gzip(back)].concat(),
        3 => zstd(bytes),
        _ => [zstd(front), zstd(back)].concat(),
    }
}

/// A reader that gives a few bytes at a time and is interrupted now and then.
struct Trickle<'b> {
    rest: &'b [u8],
    at_once: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.rest.len() % 13 == 7 && self.at_once > 1 {
            self.at_once -= 1;
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let count = self.rest.len().min(self.at_once).min(buffer.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest = &self.rest[count..];
        Ok(count)
    }
}

/// Graphs with up to 40 vertices, isolated ones among them.
fn graphs() -> impl Strategy<Value = Graph<'static>> {
    (0usize..40).prop_flat_map(|n| {
        let top = n.max(1) as u32;
        prop::collection::vec((0..top, 0..top), 0..if n == 0 { 1 } else { 150 })
            .prop_map(move |edges| Graph::from_edges(n, &edges).unwrap().0)
    })
}

proptest! {
    #[test]
    fn every_format_comes_back(
        graph in graphs(),
        format in prop::sample::select(numbered_formats()),
        variant in 0u8..8,
        packed in 0u8..5,
        windows: bool,
    ) {
        let mut bytes = encode(&graph, format, variant);
        let text = !matches!(format, Format::Ecl | Format::DimacsBinary);
        if windows && text {
            bytes = String::from_utf8(bytes).unwrap().replace('\n', "\r\n").into_bytes();
        }
        // What is read is simple already, so strict reading takes it too.
        let options = ReadOptions { format: Some(format), strict: true, ..ReadOptions::default() };
        let loaded = read_bytes(&pack(&bytes, packed), "input", &options).unwrap();
        prop_assert_eq!(&loaded.graph, &graph);
        prop_assert_eq!((loaded.format, loaded.cleanup), (format, Cleanup::default()));
        prop_assert_eq!((loaded.labels, loaded.notes), (None, vec![]));
        if is_detected(&graph, format) {
            let detected = read_bytes(&pack(&bytes, packed), called(format), &ReadOptions::default());
            let detected = detected.unwrap();
            prop_assert_eq!((detected.format, &detected.graph), (format, &graph));
        }
    }

    /// A pipe hands over what it has; blocks are cut at the same places all the same.
    #[test]
    fn it_does_not_matter_how_the_bytes_arrive(
        graph in graphs(),
        format in prop::sample::select(numbered_formats()),
        packed in 0u8..5,
        at_once in 1usize..9,
    ) {
        let bytes = pack(&encode(&graph, format, 0), packed);
        let trickle = Trickle { rest: &bytes, at_once };
        let given = (!is_detected(&graph, format)).then_some(format);
        let options = ReadOptions { format: given, ..ReadOptions::default() };
        let loaded = read_from(trickle, called(format), &options).unwrap();
        prop_assert_eq!((loaded.format, &loaded.graph), (format, &graph));
    }

    #[test]
    fn what_is_written_comes_back(
        graph in graphs(),
        format in prop::sample::select(Format::ALL.into_iter().filter(|f| f.is_written()).collect::<Vec<_>>()),
    ) {
        let mut bytes = Vec::new();
        write_graph(&mut bytes, &graph, None, format).unwrap();
        let options = ReadOptions { format: Some(format), strict: true, ..ReadOptions::default() };
        let named = read_bytes(&bytes, "input", &options).unwrap();
        prop_assert_eq!((&named.graph, named.notes.len()), (&graph, 0));
        let detected = read_bytes(&bytes, called(format), &ReadOptions::default()).unwrap();
        prop_assert_eq!((detected.format, &detected.graph), (format, &graph));
    }

    #[test]
    fn matrices_below_their_sizes_come_back(graph in graphs(), variant in 0u8..4, twice: bool) {
        let n = graph.n();
        let separator = if variant % 2 == 1 { "," } else { " " };
        let sizes = if twice { format!("{n}{separator}{n}\n") } else { format!("{n}\n") };
        let rows = encode(&graph, Format::AdjacencyMatrix, variant);
        let text = [sizes.as_bytes(), &rows].concat();
        if is_detected(&graph, Format::AdjacencyMatrix) {
            let loaded = read_bytes(&text, "input", &ReadOptions::default()).unwrap();
            prop_assert_eq!((loaded.format, &loaded.graph), (Format::AdjacencyMatrix, &graph));
        }
    }

    /// Each vertex once, in one of the ways to write it down; with a colon, or with both ends of each edge.
    /// Beside a colon others may lack it where there are no neighbours.
    #[test]
    fn adjacency_lists_come_back(
        graph in graphs(), how in 0usize..5, quoted: bool, colon: bool, half: bool, alone: bool,
        comments: bool,
    ) {
        let [between, first] = [[" ", " "], [", ", ","], [";", ","], ["\t", "\t"], [" , ", ";"]][how];
        let name = |v: u32| match v % 3 {
            0 if quoted && how > 0 => format!("\"no. {v}, {v}\""),
            // A number alone on a line between words could be a size.
            1 => format!("v{v}"),
            _ if alone => format!("w{v}"),
            _ => v.to_string(),
        };
        let behind = if colon { ": " } else { first };
        let mut text = String::from("# neighbours\n\n");
        for v in graph.vertices() {
            let listed = graph.neighbors(v).iter().filter(|&&u| !(colon && half) || u > v);
            let listed: Vec<String> = listed.map(|&u| name(u)).collect();
            // At the front it could be a title.
            let lonely = colon && alone && graph.degree(v) == 0 && v > 0 && graph.m() > 0;
            let separator = if listed.is_empty() && !colon || lonely { "" } else { behind };
            let comment = if comments { " # of the graph" } else { "" };
            text += &format!("{}{separator}{}{comment}\n", name(v), listed.join(between));
        }
        let sure = colon && graph.n() > 0 || graph.max_degree() > 1;
        let format = (!sure).then_some(Format::AdjacencyList);
        let options = ReadOptions { format, ..ReadOptions::default() };
        // One kind of separator belongs between quoted names.
        if quoted && !colon && first.trim() != between.trim() && how > 0 {
            return Ok(());
        }
        let loaded = read_bytes(text.as_bytes(), "input", &options).unwrap();
        prop_assert_eq!(loaded.format, Format::AdjacencyList);
        prop_assert_eq!((loaded.cleanup, &loaded.notes), (Cleanup::default(), &vec![]));
        let labels = loaded.labels.unwrap_or_else(|| Labels::from_iter([""; 0]));
        let index = labels.index();
        prop_assert_eq!(index.len(), graph.n());
        let place = |v: u32| index[&name(v).trim_matches('"').to_owned()];
        let mut expected: Vec<_> = graph.edges().map(|(u, v)| (place(u), place(v))).collect();
        expected.iter_mut().for_each(|edge| *edge = (edge.0.min(edge.1), edge.0.max(edge.1)));
        expected.sort_unstable();
        prop_assert_eq!(loaded.graph.edges().collect::<Vec<_>>(), expected);
    }

    /// Edges one by one, in chains or to groups; names quoted or not.
    #[test]
    fn dot_comes_back(graph in graphs(), how in 0u8..3, strict: bool, attributes: bool) {
        let name = |v: u32| match v % 4 {
            0 => v.to_string(),
            1 => format!("v{v}"),
            2 => format!("\"no. \\\"{v}\\\" {{--\""),
            _ => format!("-.{v}"),
        };
        let list = if attributes { " [weight=3, label=\"a -- b\"]" } else { "" };
        let keyword = if strict { "strict GRAPH" } else { "graph" };
        let mut text = format!("/* by hand */\n{keyword} plan {{\n  node [shape=box];\n");
        for v in graph.vertices() {
            text += &format!("  {}{list};\n", name(v));
        }
        for v in graph.vertices() {
            let larger: Vec<String> =
                graph.neighbors(v).iter().filter(|&&u| u > v).map(|&u| name(u)).collect();
            match how {
                _ if larger.is_empty() => {}
                0 => larger.iter().for_each(|u| text += &format!("{} -- {u}{list}\n", name(v))),
                1 => text += &format!("{} -- {{ {} }}{list};", name(v), larger.join("; ")),
                _ => {
                    let between = format!(" -- {}:port // back\n -- ", name(v));
                    text += &format!("{} -- {}\n", name(v), larger.join(&between));
                }
            }
        }
        text += "}\n";
        let options = ReadOptions { strict: how < 2 || strict, ..ReadOptions::default() };
        let loaded = read_bytes(text.as_bytes(), "input", &options).unwrap();
        prop_assert_eq!((loaded.format, &loaded.graph), (Format::Dot, &graph));
        let expected = |v: u32| name(v).trim_matches('"').replace('\\', "");
        let names: Vec<String> = loaded.labels.unwrap().iter().map(String::from).collect();
        prop_assert_eq!(names, graph.vertices().map(expected).collect::<Vec<_>>());
    }

    /// Whatever the names are, strictly, whether the form is named or detected.
    #[test]
    fn named_edge_lists_come_back(graph in graphs(), sparse: bool, how in 0usize..9, detected: bool) {
        let graph = if sparse { Graph::empty(graph.n()) } else { graph };
        let kinds = ["x@", "no. @", "@ a-b", "a:@", "@:", "none @", "@ # x", "\"@", "c @; {'w': 1}"];
        let name = |v: u32| kinds[if how == 0 { 0 } else { (v as usize + how) % 9 }].replace('@', &v.to_string());
        let labels: Labels = graph.vertices().map(name).collect();
        let mut bytes = Vec::new();
        write_graph(&mut bytes, &graph, Some(&labels), Format::EdgeList).unwrap();
        let format = (!detected).then_some(Format::EdgeList);
        let options = ReadOptions { format, strict: true, ..ReadOptions::default() };
        let loaded = read_bytes(&bytes, "input", &options).unwrap();
        prop_assert_eq!((loaded.graph.n(), &loaded.notes), (graph.n(), &vec![]));
        if let Some(names) = loaded.labels {
            let sorted = |labels: &Labels| {
                let mut names: Vec<String> = labels.iter().map(String::from).collect();
                names.sort();
                names
            };
            prop_assert_eq!(sorted(&names), sorted(&labels));
            let edges = |graph: &Graph<'_>, labels: &Labels| {
                let mut edges: Vec<_> = graph.edges().map(|(u, v)| {
                    let mut ends = [labels.get(u).unwrap(), labels.get(v).unwrap()].map(String::from);
                    ends.sort();
                    ends
                }).collect();
                edges.sort();
                edges
            };
            prop_assert_eq!(edges(&loaded.graph, &names), edges(&graph, &labels));
        } else {
            prop_assert_eq!(graph.n(), 0);
        }
    }

    #[test]
    fn every_coloring_comes_back(
        colors in prop::collection::vec(0u16..60, 0..50),
        format in prop::sample::select(ColoringFormat::ALL.to_vec()),
        named in 0u8..3,
        packed in 0u8..5,
    ) {
        let mut coloring = Coloring::from_colors(colors);
        coloring.normalize();
        let n = coloring.colors().len();
        let begin = ["\"no, ", "#", "c "];
        let labels: Labels = (0..n).map(|v| format!("{}{v}\\", begin[v % 3])).collect();
        let naming = match named {
            2 => Naming::names(&labels),
            first => Naming::counted_from(u32::from(first)),
        };
        let (graph, mut bytes) = (Graph::empty(n), Vec::new());
        write_coloring(&mut bytes, &graph, &coloring, naming, format).unwrap();
        let packed = pack(&bytes, packed);
        let read = read_coloring_from(&packed[..], "input", n, naming).unwrap();
        prop_assert_eq!(read, coloring);
    }
}

/// Several blocks of text, so that lines are cut, numbers counted across blocks and blocks parsed in
/// parallel.
#[test]
fn large_files_come_back() {
    let edges: Vec<(u32, u32)> =
        (0..400_000u32).map(|i| (i, i.wrapping_mul(2_654_435_761) % 400_000)).collect();
    let (graph, _) = Graph::from_edges(400_000, &edges).unwrap();
    for format in
        [Format::DimacsCol, Format::Metis, Format::MatrixMarket, Format::Ecl, Format::EdgeList]
    {
        let bytes = encode(&graph, format, 0);
        assert!(bytes.len() > 3 << 20);
        let loaded = read_bytes(&bytes, "input", &ReadOptions::default()).unwrap();
        assert_eq!((loaded.format, &loaded.graph), (format, &graph));
        assert_eq!(read_bytes(&gzip(&bytes), "input", &ReadOptions::default()).unwrap(), loaded);
    }
    // Forms that grow with the square of the number of vertices: longer than what is looked at first.
    let edges: Vec<(u32, u32)> = (0..4000u32).map(|i| (i, i * i % 2999)).collect();
    let (dense, _) = Graph::from_edges(4000, &edges).unwrap();
    for format in [Format::AdjacencyMatrix, Format::Graph6] {
        let bytes = encode(&dense, format, 0);
        assert!(bytes.len() > 1 << 20);
        let loaded = read_bytes(&bytes, "input", &ReadOptions::default()).unwrap();
        assert_eq!((loaded.format, &loaded.graph), (format, &dense));
    }
    let mut bytes = encode(&graph, Format::DimacsCol, 0);
    bytes.extend(b"e 1 x\n");
    let error = read_bytes(&bytes, "input", &ReadOptions::default()).unwrap_err();
    let line = graph.m() + 2;
    let expected =
        format!("input, line {line}: read as dimacs: expected a vertex number, found \"x\"");
    assert_eq!(error.to_string(), expected);
}
