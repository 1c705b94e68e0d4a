//! The first line of an edge list: an edge, a heading, or in doubt and refused.

#![allow(clippy::unwrap_used)]

use prism_core::io::{ErrorKind, Format, Loaded, Note, ReadError, ReadOptions, read_bytes};
use proptest::prelude::*;

fn read(text: &str, heading: Option<bool>) -> Result<Loaded, ReadError> {
    let options = ReadOptions { heading, ..ReadOptions::default() };
    read_bytes(text.as_bytes(), "f", &options)
}

/// The vertices as the file calls them, and the number of edges.
fn graph(loaded: &Loaded) -> (Vec<String>, usize) {
    (loaded.graph.vertices().map(|v| loaded.vertex_name(v)).collect(), loaded.graph.m())
}

fn size(vertices: u32, first: u32, edges: Option<u32>) -> Note {
    Note::SizeHeading { vertices, first, edges }
}

#[test]
fn sizes_that_are_headings() {
    let rows: [(&str, u32, u32, usize); 9] = [
        ("3 2\n0 1\n1 2\n", 3, 0, 2),
        ("5 4\n1 2\n2 3\n3 4\n4 5\n", 5, 1, 4),
        // Vertices without edges; comments, blank lines, loops, repeated edges, weights, commas, Windows.
        ("7 1\n0 1\n", 7, 0, 1),
        ("# c\r\n\r\n4 3\r\n% c\r\n0 1\r\n\r\n1 0\r\n2 2\r\n", 4, 0, 1),
        ("3 2\n1 2 0.5\n2 3 7\n", 3, 1, 2),
        ("3,2\n0,1\n1,2\n", 3, 0, 2),
        ("3\t2\n0\t1\n1\t2\n", 3, 0, 2),
        // No id says where counting starts.
        ("5 2\n1 2\n2 3\n", 5, 1, 2),
        ("3 0\n", 3, 1, 0),
    ];
    for (text, n, first, m) in rows {
        for heading in [None, Some(true)] {
            let loaded = read(text, heading).unwrap();
            let names: Vec<String> = (first..first + n).map(|v| v.to_string()).collect();
            assert_eq!(graph(&loaded), (names, m), "{text}");
            assert!(matches!(loaded.notes[0], Note::SizeHeading { .. }), "{text}");
        }
    }
    assert_eq!(read("3 2\n0 1\n1 2\n", None).unwrap().notes, [size(3, 0, Some(2))]);
    let note = size(7, 0, Some(11)).to_string();
    assert_eq!(
        note,
        "the first line was taken for a heading: 7 vertices (numbers 0 to 6) and 11 edges"
    );
}

#[test]
fn first_lines_that_are_edges() {
    let rows: [(&str, &[&str], usize); 8] = [
        ("3 4\n4 6\n6 3\n6 9\n9 3\n", &["3", "4", "6", "9"], 5),
        ("0 1\n", &["0", "1"], 1),
        ("0 1\n1 2\n2 0\n", &["0", "1", "2"], 3),
        // Both numbers are ids of later lines.
        ("3 1\n1 2\n2 3\n", &["1", "2", "3"], 3),
        ("1 2\n2 3\n1 3\n", &["1", "2", "3"], 3),
        ("2 1\n3 1\n", &["1", "2", "3"], 2),
        ("# vertices: 4\n3 2\n0 1\n1 2\n", &["0", "1", "2", "3"], 3),
        ("# edges: 3\n3 2\n0 1\n1 2\n", &["0", "1", "2", "3"], 3),
    ];
    for (text, names, m) in rows {
        let loaded = read(text, None).unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        assert_eq!(graph(&loaded), (names, m), "{text}");
    }
    // As the user says.
    assert_eq!(graph(&read("3 2\n0 1\n1 2\n", Some(false)).unwrap()).1, 3);
}

#[test]
fn sizes_in_words_are_in_doubt() {
    for text in [
        "vertices 4\nedges 3\n1 2\n2 3\n3 4\n",
        "n 4\nm 3\n1 2\n2 3\n3 4\n",
        "undirected 4\n1 2\n2 3\n3 4\n",
        "n=6 m=3\n1 2\n2 3\n3 4\n",
        "nodes:6 edges:3\n1 2\n2 3\n3 4\n",
    ] {
        let error = read(text, None).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Doubtful { .. }), "{text}: {error}");
        assert!(read(text, Some(false)).is_ok() || !text.contains('='), "{text}");
    }
    // Names that are edges' ends like others, and names that come later.
    for text in ["A 1\nA 2\n1 2\n2 3\n", "1 2\n2 3\nA 1\n", "A 1\nB 2\nA B\n"] {
        assert!(read(text, None).is_ok(), "{text}");
    }
}

#[test]
fn first_lines_in_doubt() {
    let rows = [
        // The count is off, and a number is no id of a later line.
        "6 5\n0 1\n1 2\n2 3\n3 4\n4 5\n5 0\n",
        "5 100\n1 2\n2 3\n3 4\n4 5\n",
        "9 3\n8 2\n7 1\n",
        // The number of vertices, or one of them.
        "4\n0 1\n1 2\n2 3\n",
        // A third number, of which no line has the first.
        "5 4 1\n1 2 7\n2 3 8\n3 4 1\n4 1 0\n",
        // Sizes that are right and a third number, as in the files of the p-median problem.
        "5 4 2\n1 2 3\n2 3 4\n3 4 5\n4 5 6\n",
        // A third number that no other line has.
        "4 5 3\n2 1\n3 2\n4 5\n",
        "1,2,3,4\n1,2\n2,3\n",
        // Sizes above names.
        "4 5\nA B\nB C\nC D\nD A\nA C\n",
        "9 3\nA B\nB C\nC D\n",
        "3\nA B\nB C\n",
        // A lone pair, or the names of the columns.
        "name1,name2\nA,B\nB,C\n",
        "name1 name2\nA B\nB C\n",
        "from,to\nfrom,x\nx,y\n",
    ];
    for text in rows {
        let error = read(text, None).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Doubtful { .. }), "{text}: {error}");
        let message = error.to_string();
        assert!(message.starts_with("f, line 1: read as edge-list: in doubt: "), "{message}");
        assert!(message.contains("--heading yes or --heading no decides"), "{message}");
        assert!(read(text, Some(false)).is_ok(), "{text}");
    }
    let decided = read("6 5\n0 1\n1 2\n2 3\n3 4\n4 5\n5 0\n", Some(true)).unwrap();
    assert_eq!(decided.notes, [size(6, 0, Some(5)), Note::EdgeCount { declared: 5, found: 6 }]);
    assert_eq!(
        graph(&read("4 5\nA B\nB C\nC D\nD A\nA C\n", Some(true)).unwrap()).0,
        ["A", "B", "C", "D"]
    );
    assert_eq!(graph(&read("name1,name2\nA,B\nB,C\n", Some(true)).unwrap()).0, ["A", "B", "C"]);
    assert_eq!(graph(&read("4\n0 1\n1 2\n2 3\n", Some(true)).unwrap()).0.len(), 4);
    for (text, what) in [
        ("3 2\n0 1\n1 7\n", "numbers from 0 to 2 or from 1 to 3"),
        ("3 2\n0 1\n1 3\n", "numbers from 0 to 2 or from 1 to 3"),
        ("9 2\nA B\nB C\n", "names of 9 vertices"),
    ] {
        let message = read(text, Some(true)).unwrap_err().to_string();
        assert!(message.contains(what), "{message}");
    }
}

#[test]
fn metis_cycles_and_edge_lists_look_alike() {
    let cycle = "5 5\n2 5\n1 3\n2 4\n3 5\n1 4\n";
    let message = read(cycle, None).unwrap_err().to_string();
    assert!(message.contains("--format metis or --heading yes decides"), "{message}");
    assert_eq!(read(cycle, Some(true)).unwrap().format, Format::EdgeList);
    let named = read_bytes(cycle.as_bytes(), "f.graph", &ReadOptions::default()).unwrap();
    assert_eq!(named.format, Format::Metis);
    // A triangle is the same in both.
    assert_eq!(read("3 3\n2 3\n1 3\n1 2\n", None).unwrap().graph.m(), 3);
}

#[test]
fn columns_without_a_common_name() {
    for text in [
        "student,course\ns1,A\ns1,B\ns2,A\n",
        "student;course\n\"s1\";\"A, B\"\n\"s2\";C\n",
        "student course\ns1 A\ns1 B\n",
        "student,course\n1,101\n1,102\n2,101\n",
        "source,target\n1,101\n1,102\n2,101\n",
        "from,to\na,x\nb,y\n",
    ] {
        let message = read(text, None).unwrap_err().to_string();
        assert!(message.contains("enrolments") && message.contains("--bipartite"), "{message}");
        let options = ReadOptions { bipartite: true, ..ReadOptions::default() };
        let loaded = read_bytes(text.as_bytes(), "f", &options).unwrap();
        assert_eq!(loaded.notes[0], Note::Heading, "{text}");
    }
    // Without a heading there is nothing to go by but a note.
    assert_eq!(read("s1,A\ns1,B\ns2,A\n", None).unwrap().notes, [Note::TwoSides]);
    for text in ["u a\nu b\nv a\n", "101 5\n102 5\n101 7\n", "101,5\n102,5\n101,7\n"] {
        let notes = read(text, None).unwrap().notes;
        assert_eq!(notes[0], Note::TwoSides, "{text}");
    }
    // Stars, matchings, one edge, sizes above the edges, and a name in both columns.
    for text in
        ["0 1\n0 2\n0 3\n", "0 1\n2 3\n", "0 1\n", "4 3\n0 2\n0 3\n1 3\n", "u a\nu b\na b\n"]
    {
        let notes = read(text, None).unwrap().notes;
        assert!(!notes.contains(&Note::TwoSides), "{text}");
    }
    // The vertices are in other columns.
    let message = read("id,source,target\n0,5,6\n1,6,7\n", None).unwrap_err().to_string();
    assert!(
        message.contains("expected the names of the vertices in the first two columns"),
        "{message}"
    );
}

#[test]
fn names_of_columns_may_stand_below_a_title() {
    for text in ["Roads,\nfrom,to\na,b\nb,c\n", "Source\tTarget\nsource\ttarget\na\tb\n"] {
        let message = read(text, None).unwrap_err().to_string();
        assert!(message.contains("in doubt: ") && message.contains("heading"), "{message}");
    }
    for text in ["a,b\nfrom,to\nto,b\n", "source,target\nfrom,to\nto,a\n"] {
        assert!(read(text, None).is_ok(), "{text}");
    }
}

#[test]
fn an_empty_first_cell_is_no_indent() {
    for text in [
        "a\tb\nb\tc\n\td\nc\ta\n",
        "1\t2\n2\t3\n\t4\n3\t1\n",
        "source\ttarget\tweight\na\tb\t1\n\tc\t2\nb\tc\t3\n",
    ] {
        let message = read(text, None).unwrap_err().to_string();
        assert!(
            message.contains(", line 3: read as edge-list: expected a name in front of the tab"),
            "{message}"
        );
    }
    for text in ["\t1\t2\n\t2\t3\n", "\t1 2\n\t2 3\n", "1 2\n\t\n\t# c\n2 3\n"] {
        assert_eq!(read(text, None).unwrap().graph.n(), 3, "{text}");
    }
    // As far behind as may be.
    let far = "1\t2\n".repeat(1 << 19) + "\t3\n";
    assert!(read(&far, None).is_err());
}

#[test]
fn rows_may_be_numbered_below_a_heading() {
    for text in ["id,u,v\n0,1,2\n1,2,3\n2,3,1\n", "No.;a;b\n1;2;3\n2;3;1\n"] {
        let message = read(text, None).unwrap_err().to_string();
        assert!(message.contains("may be the numbers of the rows; --heading yes"), "{message}");
        assert_eq!(
            read(text, Some(true)).unwrap().graph.n(),
            4 - usize::from(text.starts_with('N'))
        );
    }
    assert!(read("id,other\n1,2\n2,3\n", None).is_ok());
}

#[test]
fn names_of_sizes_are_in_doubt() {
    for text in ["n m\n5 2\n1 2\n2 3\n", "Vertices,Edges\n5,2\n1,2\n2,3\n"] {
        let message = read(text, None).unwrap_err().to_string();
        assert!(message.contains("or of the sizes below it"), "{message}");
    }
}

#[test]
fn sizes_and_titles_alone_on_a_line_are_in_doubt() {
    for text in [
        "3\na\nb\nc\n2\na b\nb c\n",
        "a b\nb c\n7\n",
        "[nodes]\n1\n2\n[edges]\n1 2\n",
        "Nodes\n1\n2\nEdges\n1 2\n2 3\n",
        "a\nb\nEdges\na b\n",
        "N=3\nM=2\n1 2\n2 3\n",
        "a: b\nb: a\n7\n",
    ] {
        let message = read(text, None).unwrap_err().to_string();
        assert!(message.contains("in doubt: "), "{message}");
    }
    for text in ["a b\nb 1\n7\n", "zoe\nkit lou\n", "0 1\n7\n1 2\n"] {
        assert!(read(text, None).is_ok(), "{text}");
    }
}

#[test]
fn what_divides_the_columns_is_no_vertex() {
    let loaded = read("sep=;\r\nsource;target\r\na;b\r\nb;c\r\n", None).unwrap();
    assert_eq!((graph(&loaded).0.join(" "), loaded.notes), ("a b c".into(), vec![Note::Heading]));
}

#[test]
fn a_number_in_two_ways_is_in_doubt() {
    for text in [
        "1,2.0\n2,3.0\n4,\n",
        "01 02\n1 3\n",
        "a: 7 7.\n7: a\n7.: a\n",
        "(1) 2 3\n(2) 1\n(3) 1\n",
        "1) 2\n2) 3\n",
        "1e+05,1\n100000,2\n2,1e+05\n",
        "1 2.000000e+00\n2 3.000000e+00\n",
        "a,b\n\u{200b}b,c\n",
    ] {
        let message = read(text, None).unwrap_err().to_string();
        assert!(message.contains("in doubt: ") && message.contains("or another one"), "{message}");
    }
    for text in ["1.0,2.0\n2.0,3.0\n", "01 02\n02 03\n", "1.5 1\n1 2.5\n", "1e+05 2e+05\n2e+05 1\n"]
    {
        assert!(read(text, None).is_ok(), "{text}");
    }
}

#[test]
fn a_file_of_comments_has_no_graph() {
    for text in ["#cats #dogs\n#dogs #birds\n", "% a\n\n"] {
        let message = read(text, None).unwrap_err().to_string();
        assert!(message.contains("nothing but comments"), "{message}");
    }
    assert_eq!(read("# vertices: 3\n# edges: 0\n", None).unwrap().graph.n(), 3);
}

#[test]
fn headings_of_enrolments_say_so_whatever_the_numbers() {
    for text in [
        "student,course\n1,1\n2,1\n1,2\n2,3\n",
        "Users\tExams\n1\t2\n2\t3\n",
        "Student No.;Course Code\n1;1\n2;1\n1;2\n",
        "person,module-id\n1,1\n2,1\n1,2\n",
    ] {
        let message = read(text, None).unwrap_err().to_string();
        assert!(message.contains("enrolments") && message.contains("--bipartite"), "{message}");
        let options = ReadOptions { bipartite: true, ..ReadOptions::default() };
        assert!(read_bytes(text.as_bytes(), "f", &options).is_ok(), "{text}");
    }
}

#[test]
fn names_of_a_heading_may_be_those_of_vertices() {
    let rows: [(&str, &[&str], usize); 8] = [
        ("a b\nb c\n", &["b", "c"], 1),
        ("a b\na c\n", &["a", "c"], 1),
        ("a b\nc b\nc a\n", &["a", "b", "c"], 2),
        ("a b\nc d\nb\n", &["b", "c", "d"], 1),
        ("a b\nc d\na a\n", &["a", "c", "d"], 1),
        ("a a\nc a\n", &["a", "c"], 1),
        ("1 x\n1 2\n2 y\n", &["1", "2", "y"], 2),
        ("x 1\n1 2\n2 y\n", &["1", "2", "y"], 2),
    ];
    for (text, names, m) in rows {
        let options =
            ReadOptions { heading: Some(true), bipartite: true, ..ReadOptions::default() };
        let loaded = read_bytes(text.as_bytes(), "f", &options).unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        assert_eq!(graph(&loaded), (names, m), "{text}");
    }
}

#[test]
fn a_list_in_one_cell_is_no_name() {
    for text in [
        "NSW,\"V,Q\"\nV,NSW\nQ,NSW\n",
        "NSW,V Q\nV,NSW\nQ,NSW\n",
        "NSW\tV Q\nV\tNSW\nQ\tNSW\n",
        "NSW V/Q\nV NSW\nQ NSW\n",
        "NSW V,Q\nV NSW\nQ NSW\n",
        "1,\"2,3\"\n2,1\n3,1\n",
    ] {
        let message = read(text, None).unwrap_err().to_string();
        assert!(
            message.contains("in doubt: ") && message.contains("--format edge-list"),
            "{message}"
        );
        let options = ReadOptions { format: Some(Format::EdgeList), ..ReadOptions::default() };
        assert!(read_bytes(text.as_bytes(), "f", &options).is_ok(), "{text}");
    }
    for text in [
        "region,neighbours\nNSW,\"V,Q\"\nV,NSW\nQ,NSW\nT,\n",
        "region,neighbours\nNSW,V Q\nV,NSW\nQ,NSW\nT,\n",
    ] {
        let message = read(text, Some(true)).unwrap_err().to_string();
        assert!(message.contains("or a list of several"), "{message}");
    }
    // Parts that are no names elsewhere.
    assert_eq!(graph(&read("New York,Boston\nHall 1,New York\nHall 2\n", None).unwrap()).1, 2);
}

#[test]
fn vertices_alone_on_a_line() {
    let names = |text: &str| graph(&read(text, None).unwrap()).0.join("|");
    assert_eq!(names("kit lou\nzoe\nlou max\n"), "kit|lou|zoe|max");
    assert_eq!(names("zoe\nkit lou\nlou max\n"), "zoe|kit|lou|max");
    assert_eq!(names("0 1\n7\n1 2\n"), "0|1|2|7");
    assert_eq!(
        names("\"Lab, upper\",Attic\nEast hall\n\"x, y\"\n"),
        "Lab, upper|Attic|East hall|x, y"
    );
    assert_eq!(names("East hall,Attic\nVis,\n"), "East hall|Attic|Vis");
    let message = read("a b\nb c\na-c\n", None).unwrap_err().to_string();
    assert!(message.contains("in doubt: \"a-c\""), "{message}");
}

proptest! {
    /// A line that is said to be a heading, whatever it says, leaves the graph of the others.
    #[test]
    fn a_heading_leaves_the_others(lines in prop::collection::vec(("[a-d1-3]", "[a-d]"), 2..9)) {
        let line = |(u, v): &(String, String)| format!("{u} {v}\n");
        let others: String = lines[1..].iter().map(line).collect();
        let options = |heading| ReadOptions {
            format: Some(Format::EdgeList), heading, bipartite: true, ..ReadOptions::default()
        };
        let named = |text: &str, heading| {
            let loaded = read_bytes(text.as_bytes(), "f", &options(Some(heading))).unwrap();
            let mut names = graph(&loaded).0;
            let edge = |(u, v)| {
                let mut ends = [loaded.vertex_name(u), loaded.vertex_name(v)];
                ends.sort_unstable();
                ends
            };
            let mut edges: Vec<_> = loaded.graph.edges().map(edge).collect();
            edges.sort_unstable();
            names.sort_unstable();
            (names, edges)
        };
        let whole = line(&lines[0]) + &others;
        prop_assert_eq!(named(&whole, true), named(&others, false));
    }

    /// Any graph below its sizes, counted from 0 or from 1, is that graph.
    #[test]
    fn graphs_below_their_sizes_come_back(
        n in 1u32..12, raw in prop::collection::vec((0u32..12, 0u32..12), 1..30), first in 0u32..2, weight: bool,
    ) {
        let edges: Vec<_> = raw.iter().map(|&(u, v)| (u % n + first, v % n + first)).collect();
        let behind = if weight { " 5" } else { "" };
        let lines = edges.iter().map(|(u, v)| format!("{u} {v}{behind}\n"));
        let text = format!("{n} {}\n{}", edges.len(), lines.collect::<String>());
        let loaded = read(&text, Some(true)).unwrap();
        prop_assert_eq!(loaded.graph.n(), n as usize);
        let used = edges.iter().flat_map(|&(u, v)| [u, v]);
        let base = u32::from(used.min() > Some(0));
        let edges: Vec<_> = edges.iter().map(|&(u, v)| (u - base, v - base)).collect();
        let (expected, _) = prism_core::Graph::from_edges(n as usize, &edges).unwrap();
        prop_assert_eq!(&loaded.graph, &expected);
        // What is found out is that, or nothing.
        match read(&text, None) {
            Ok(found) if found.format == Format::EdgeList => prop_assert_eq!(found, loaded),
            Ok(found) => prop_assert_ne!(found.format, Format::AdjacencyList),
            Err(_) => {}
        }
    }
}
