//! Graphs in, graphs out: formats, compression, names and standard input.

use std::io::{Read, Write};

use serde_json::Value;

use crate::common::{Done, Folder, PEOPLE, Run, graph, verified};

/// What `prism info --json` says of a graph, but for the name of the file.
fn info(done: &Done) -> Value {
    let mut info = done.json();
    info.as_object_mut().unwrap().remove("file").unwrap();
    info
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn compressed_graphs_are_read_as_plain_ones() {
    let folder = Folder::new();
    let text = std::fs::read(graph("queen8_8")).unwrap();
    let plain = info(&prism!["info", "--json", graph("queen8_8")].code(0));
    assert_eq!((&plain["vertices"], &plain["edges"]), (&64.into(), &728.into()));
    for (name, packed) in [
        ("queens.col.gz", gzip(&text)),
        ("queens.col.zst", zstd(&text)),
        ("content-decides", gzip(&text)),
    ] {
        let file = folder.file(name, packed);
        assert_eq!(info(&prism!["info", "--json", &file].code(0)), plain, "{name}");
    }
}

#[test]
fn truncated_compression_is_3() {
    let folder = Folder::new();
    let text = std::fs::read(graph("queen8_8")).unwrap();
    for (name, packed) in [("queens.col.gz", gzip(&text)), ("queens.col.zst", zstd(&text))] {
        let file = folder.file(name, &packed[..packed.len() / 2]);
        prism!["info", &file].code(3).says(&[name]);
    }
}

#[test]
fn standard_input_is_a_graph() {
    let text = std::fs::read(graph("queen8_8")).unwrap();
    let from_file = info(&prism!["info", "--json", graph("queen8_8")].code(0));
    for input in [text.clone(), gzip(&text), zstd(&text)] {
        assert_eq!(info(&prism!["info", "--json", "-"].fed(&input, 0)), from_file);
    }
    let done = prism!["color", "-q", "-"].fed(PEOPLE.as_bytes(), 0);
    assert_eq!(done.stdout().lines().count(), 4);
    prism!["color", "-"].fed(b"p edge 2 1\ne 1 9\n", 3).says(&["<stdin>", "line 2"]);
}

#[test]
fn every_format_gives_the_same_graph() {
    let folder = Folder::new();
    let mtx = "%%MatrixMarket matrix coordinate pattern symmetric\n4 4 4\n2 1\n3 1\n3 2\n4 3\n";
    for (name, format, content) in [
        ("a.col", "dimacs", "p edge 4 4\ne 1 2\ne 2 3\ne 1 3\ne 3 4\n"),
        ("a.graph", "metis", "4 4\n2 3\n1 3\n1 2 4\n3\n"),
        ("a.mtx", "mtx", mtx),
        ("a.txt", "edge-list", "0 1\n1 2\n0 2\n2 3\n"),
    ] {
        let file = folder.file(name, content);
        let detected = prism!["info", "--json", &file].code(0).json();
        let named = prism!["info", "--json", "--format", format, &file].code(0).json();
        assert_eq!(detected, named, "{name}");
        assert_eq!((&detected["vertices"], &detected["edges"]), (&4.into(), &4.into()), "{name}");
        assert_eq!((&detected["max_degree"], &detected["degeneracy"]), (&3.into(), &2.into()));
        let colors = folder.path("colors");
        prism!["color", "-q", &file, "-o", &colors].code(0);
        assert_eq!(verified(&file, &colors), 3, "{name}");
    }
}

#[test]
fn names_of_vertices_are_kept() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    for (format, first) in [("plain", "alice\t"), ("dimacs", "l alice ")] {
        let output = folder.path(format);
        prism!["color", "-q", &people, "--output-format", format, "-o", &output].code(0);
        let text = std::fs::read_to_string(&output).unwrap();
        assert!(text.lines().any(|line| line.starts_with(first)), "{text}");
        assert_eq!(verified(&people, &output), 3);
    }
    let done = prism!["color", "-q", &people, "--output-format", "json"].code(0);
    assert_eq!(done.json()["labels"], serde_json::json!(["alice", "bob", "carol", "dave"]));
    let copy = folder.path("copy.txt");
    prism!["convert", &people, &copy].code(0);
    let text = std::fs::read_to_string(&copy).unwrap();
    for name in ["alice", "bob", "carol", "dave"] {
        assert!(text.contains(name), "{text}");
    }
    // DIMACS files have no place for them, which is said.
    let lost = "people.txt: the names of the vertices are lost";
    for name in ["copy.col", "copy.graph", "copy.mtx"] {
        prism!["convert", &people, folder.path(name)].code(0).says(&["note: ", lost]);
    }
    assert_eq!(prism!["convert", &people, &copy].code(0).stderr(), "");
    // So is a first number that becomes another one.
    let numbers = folder.file("numbers.edges", "0 1\n1 2\n");
    let moved = "numbers.edges: vertex 0 becomes vertex 1, as dimacs files number them from 1";
    prism!["convert", &numbers, folder.path("numbers.col")].code(0).says(&["note: ", moved]);
    assert_eq!(prism!["convert", &numbers, folder.path("same.edges")].code(0).stderr(), "");
    // A colouring by names fits the copy, whatever its order.
    verified(&copy, folder.path("plain"));
}

#[test]
fn vertices_may_be_called_like_lines_of_a_file() {
    let folder = Folder::new();
    let graph = folder.file("graph", "d c\nc s\ns l\nc l\n");
    let color = |format: &str| {
        let output = folder.path(format);
        prism!["color", "-q", "--format", "edge-list", &graph, "--output-format", format]
            .arg("-o")
            .arg(&output)
            .code(0);
        output
    };
    let verify = |colors: &std::path::Path, code| {
        prism!["verify", "--format", "edge-list", &graph, colors].code(code)
    };
    for format in ["plain", "dimacs", "json"] {
        verify(&color(format), 0);
    }
    // With blanks: the vertex c in a plain file, also in its first lines ...
    for text in ["c 0\ns 1\nl 2\nd 1\n", "l 2\ns 1\nd 1\nc 0\n", "c 0\nd 1\nl 2\ns 1\n"] {
        verify(&folder.file("colors", text), 0);
    }
    verify(&folder.file("colors", "c 0\nd 0\nl 2\ns 1\n"), 5).fails(&["vertices d and c"]);
    // ... and a comment in a DIMACS file, whatever it says.
    let text = "c 1\ns col 3\nl c 1\nl s 2\nl l 3\nl d 2\nc 2\n";
    verify(&folder.file("colors", text), 0);
    // Nor is a bracket always JSON.
    let graph = folder.file("bracket", "[x] d\n{y} d\n");
    for text in ["[x]\t0\nd\t1\n{y}\t0\n", "{y} 0\nd 1\n[x] 0\n", "[0, 1, 0]"] {
        let colors = folder.file("colors", text);
        prism!["verify", "--format", "edge-list", &graph, colors].code(0);
    }
}

#[test]
fn precoloured_vertices_may_be_compressed() {
    let folder = Folder::new();
    let given = folder.file("given.gz", gzip(b"1 30\n"));
    let done =
        prism!["color", "-q", "--moves", "0", "--precolor", given, graph("queen8_8")].code(0);
    assert!(done.stdout().starts_with("30\n"), "{done:?}");
}

#[test]
fn conversion_there_and_back_changes_nothing() {
    let folder = Folder::new();
    for format in ["graph", "mtx"] {
        let (there, back) = (folder.path(&format!("there.{format}")), folder.path("back.col"));
        prism!["convert", graph("myciel6"), &there].code(0);
        prism!["convert", "--strict", &there, &back].code(0);
        assert_eq!(std::fs::read(&back).unwrap(), std::fs::read(graph("myciel6")).unwrap());
    }
    for name in ["gnp125_5", "myciel6"] {
        let (list, packed, back) =
            (folder.path("list.txt"), folder.path("list.txt.gz"), folder.path("back.col"));
        prism!["convert", graph(name), &list].code(0);
        prism!["convert", &list, &packed].code(0);
        prism!["convert", &packed, &back].code(0);
        let plain = std::fs::read(&list).unwrap();
        assert!(!plain.starts_with(b"p edge"), "an edge list was expected");
        let mut unpacked = Vec::new();
        let file = std::fs::File::open(&packed).unwrap();
        flate2::read::GzDecoder::new(file).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain);
        assert_eq!(std::fs::read(&back).unwrap(), std::fs::read(graph(name)).unwrap());
    }
}

#[test]
fn formats_that_are_not_written_are_refused_by_name() {
    let folder = Folder::new();
    for name in ["a.egr", "a.g6", "a.egr.gz"] {
        let output = folder.path(name);
        prism!["convert", graph("queen8_8"), &output].code(2).fails(&["are read but not written"]);
    }
    assert!(folder.names().is_empty());
    let text = prism!["convert", "--to", "edge-list", graph("queen8_8"), "-"].code(0);
    assert_eq!(text.stdout().lines().filter(|line| !line.starts_with('#')).count(), 728);
}
