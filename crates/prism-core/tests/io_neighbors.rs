//! Lists of neighbours with colons, comments behind names, and attributes: what is read, and what is in
//! doubt.

#![allow(clippy::unwrap_used)]

use prism_core::io::{Format, Loaded, Note, ReadError, ReadOptions, read_bytes};

fn read_with(text: &str, options: ReadOptions) -> Result<Loaded, ReadError> {
    read_bytes(text.as_bytes(), "f", &options)
}

fn read(text: &str) -> Result<Loaded, ReadError> {
    read_with(text, ReadOptions::default())
}

/// The vertices as the file calls them, and the edges between them.
fn graph(loaded: &Loaded) -> (String, String) {
    let names: Vec<String> = loaded.graph.vertices().map(|v| loaded.vertex_name(v)).collect();
    let edges =
        loaded.graph.edges().map(|(u, v)| names[u as usize].clone() + "-" + &names[v as usize]);
    (names.join(" "), edges.collect::<Vec<_>>().join(" "))
}

/// Refused with this text, which names the option that accepts it.
fn is_in_doubt(text: &str, what: &str, options: ReadOptions, option: &str) {
    let message = read(text).unwrap_err().to_string();
    assert!(message.contains("in doubt: ") && message.contains(what), "{message}");
    assert!(message.contains(option), "{message}");
    assert!(read_with(text, options).is_ok(), "{text}");
}

fn named(format: Format) -> ReadOptions {
    ReadOptions { format: Some(format), ..ReadOptions::default() }
}

#[test]
fn an_island_may_lack_the_colon() {
    for (text, names, edges) in [
        ("WA: NT SA\nNT: WA\nSA: WA\nT\n", "WA NT SA T", "WA-NT WA-SA"),
        ("WA: NT, SA\nT\nNT: WA\nSA: WA\n", "WA NT SA T", "WA-NT WA-SA"),
        ("WA:NT\nNT:WA\nT\n", "WA NT T", "WA-NT"),
        ("WA:\tNT SA\nNT:\tWA\nSA:\tWA\nT:\n", "WA NT SA T", "WA-NT WA-SA"),
        ("  WA: NT\n  NT: WA\n  T\n", "WA NT T", "WA-NT"),
        ("1: 2\n2: 1\n7\n", "1 2 7", "1-2"),
    ] {
        let loaded = read(text).unwrap();
        assert_eq!(graph(&loaded), (names.to_owned(), edges.to_owned()), "{text}");
        assert_eq!((loaded.format, loaded.notes), (Format::AdjacencyList, vec![]), "{text}");
    }
    let blanks = "South Australia: Victoria\nVictoria: South Australia\nNew Zealand\n";
    let blanks = read_with(blanks, named(Format::AdjacencyList)).unwrap_err().to_string();
    assert!(blanks.contains("commas between neighbours"), "{blanks}");
    let commas = "South Australia: Victoria, Queensland\nVictoria:\nQueensland:\nNew Zealand\n";
    assert_eq!(read(commas).unwrap().graph.n(), 4);
}

#[test]
fn a_line_without_a_colon_that_may_be_something_else_is_refused() {
    let list = || named(Format::AdjacencyList);
    is_in_doubt("T\nWA: NT\nNT: WA\n", "or a title", list(), "--format adjacency-list");
    is_in_doubt("3\n1: 2\n2: 1\n3: 1\n", "or a title", list(), "--format adjacency-list");
    is_in_doubt("1: 2\n2: 1\n0\n", "a mark of the end", list(), "--format adjacency-list");
    is_in_doubt(
        "WA: NT, SA\nNT: WA\nSA: WA\nNT SA\n",
        "or a list of several",
        list(),
        "--format adjacency-list",
    );
    is_in_doubt("n: 3\n1: 2 3\n2: 1\n3: 1\n", "3 for \"n\"", list(), "--format adjacency-list");
    for text in ["WA: NT,\nSA\nNT: WA\n", "WA: NT\n   SA\nNT: WA\n", "WA:\n\tNT\nNT: WA\n"] {
        let message = read(text).unwrap_err().to_string();
        assert!(message.contains("which does not go on in the next"), "{message}");
    }
    for text in ["a:\nb\nc\n", "WA: NT\nNT WA\n"] {
        let message = read(text).unwrap_err().to_string();
        assert!(
            message.contains("a list of neighbours with a colon in some lines only"),
            "{message}"
        );
    }
}

#[test]
fn headings_and_titles_with_a_colon_are_in_doubt() {
    let list = || named(Format::AdjacencyList);
    for text in ["Graph:\n0: 1 2\n1: 0\n2: 0\n", "Borders:\nA: B, C\nB: A\nC: A\n"] {
        is_in_doubt(text, "or a", list(), "--format adjacency-list");
    }
    for text in [
        "Node: Neighbours\n0: 1 2\n1: 0\n2:\n",
        "Vertex: list of neighbours\n0: 1 2\n1:\n",
        "Region: Neighbours\nNSW: V Q\nV: NSW\nQ: NSW\n",
    ] {
        is_in_doubt(
            text,
            "a heading, as its names stand in no other line",
            list(),
            "--format adjacency-list",
        );
    }
    for text in [
        "T:\nNSW: V\nV: NSW\n",
        "a: b\nb: a\nc: d\nd: c\n",
        "a: b\nc: d\nd: e\n",
        "7: 8\n1: 2\n2: 1\n",
    ] {
        assert!(read(text).is_ok(), "{text}");
    }
}

#[test]
fn enrolments_and_values_behind_colons_are_in_doubt() {
    for text in [
        "ann: math, art\nbob: math, bio\n",
        "math: 3\nart: 5\nbio: 4\n",
        "1: 10 20\n2: 20 30\n",
        "hub: a b c\n",
    ] {
        let options = ReadOptions { bipartite: true, ..ReadOptions::default() };
        is_in_doubt(text, "no name behind a colon has a line of its own", options, "--bipartite");
    }
    for text in ["ann: bob\n", "1: 2 3\n2: 3\n", "hub: a b\na:\nb:\n"] {
        assert!(read(text).is_ok(), "{text}");
    }
}

#[test]
fn a_word_for_nothing_is_in_doubt() {
    for word in ["none", "None", "-", "n/a", "\u{2013}"] {
        let text = format!("A: B\nB: A\nT: {word}\nU: {word}\n");
        let list = named(Format::AdjacencyList);
        is_in_doubt(&text, "\"T\" without neighbours", list, "--format adjacency-list");
        let text = format!("A B\nB C\nT {word}\n");
        is_in_doubt(
            &text,
            "\"T\" without neighbours",
            named(Format::EdgeList),
            "--format edge-list",
        );
    }
    is_in_doubt(
        "1: 2\n2: 1\n3: 0\n",
        "\"3\" without neighbours",
        named(Format::AdjacencyList),
        "--format adjacency-list",
    );
    // Vertices of these names.
    for text in ["A: none B\nB: A\n", "A: none\nnone: A\n", "0: 1\n1: 0\n", "none A\nA B\n"] {
        assert!(read(text).is_ok(), "{text}");
    }
}

#[test]
fn comments_behind_names_are_none_of_them() {
    for (text, names, edges) in [
        ("a: b c # main\nb: a # x\nc: a #\nT # alone\n", "a b c T", "a-b a-c"),
        ("a: b, c # main\nb: a\nc: a\n", "a b c", "a-b a-c"),
        ("a b # main\nb c % x\n", "a b c", "a-b b-c"),
        ("a,b # main\nb,c\n", "a b c", "a-b b-c"),
        ("a,b\nb,c\nz # alone\n", "a b c z", "a-b b-c"),
        ("a b c # main\nb a\nc a\n", "a b c", "a-b a-c"),
        ("1 2 # main, road\n2 3 # x\n3 # y\n", "1 2 3", "1-2 2-3"),
        ("Room # 5,Hall\nHall,Room # 6\n", "Room # 5 Hall Room # 6", "Room # 5-Hall Hall-Room # 6"),
    ] {
        let loaded = read(text).unwrap();
        assert_eq!(graph(&loaded), (names.to_owned(), edges.to_owned()), "{text}");
    }
    for text in ["a: b #main\nb: a\n", "a: b # c, d\nb: a\n", "Room # upper,Hall\n"] {
        let message = read(text).unwrap_err().to_string();
        assert!(message.contains("quotation marks"), "{message}");
    }
}

#[test]
fn attributes_are_skipped() {
    for text in [
        "1 2 {'weight': 7}\n2 3 {'weight': 7, 'x': 1}\n",
        "1 2 {'w': 7, 'colour': 'red'}\n2 3 {}\n",
        "1,2,{'w': 7, 'x': 1}\n2,3,{}\n",
        "1\t2\t{'w': 7, 'x': 1}\n2\t3\t{}\n",
    ] {
        let loaded = read(text).unwrap();
        assert_eq!(graph(&loaded), ("1 2 3".to_owned(), "1-2 2-3".to_owned()), "{text}");
        assert_eq!(loaded.notes, [Note::MoreColumns], "{text}");
    }
    let loaded = read("a b {'w': 7, 'x': {'y': 1}}\nb c {'w': 7, 'x': 2}\n").unwrap();
    assert_eq!(graph(&loaded).0, "a b c");
    // Names with blanks, without what could divide them from each other.
    assert!(read("New York Boston {'w': 7, 'x': 1}\nBoston X {}\n").is_err());
    assert!(read("a, b {'w': 7, 'x': 1}\n").is_err());
}
