//! Files that are odd and mean something all the same: what is read, and what is remarked.

#![allow(clippy::unwrap_used)]

use prism_core::Cleanup;
use prism_core::io::{Format, Note, ReadOptions, read_bytes, save};

#[test]
fn odd_files_are_read_with_a_remark_unless_strict() {
    let strict = ReadOptions { strict: true, ..ReadOptions::default() };
    let count = |declared, found| vec![Note::EdgeCount { declared, found }];
    let clean = Cleanup::default();
    let rows: [(&[u8], Cleanup, Vec<Note>, &str); 17] = [
        (
            b"p edge 3 2\ne 1 2\ne 2 1\n",
            Cleanup { duplicates: 1, ..clean },
            vec![],
            "1 repeated edge; expected none",
        ),
        (
            b"p edge 3 2\ne 1 2\ne 3 3\n",
            Cleanup { self_loops: 1, ..clean },
            vec![],
            "1 self-loop; expected none",
        ),
        // Each edge counted twice and listed once, as in some copies of DSJC500.9.
        (
            b"p edge 3 4\ne 1 2\ne 2 3\n",
            clean,
            count(4, 2),
            "the header says 4 edges, the file lists 2",
        ),
        // Each edge counted once and listed twice.
        (
            b"p edge 3 1\ne 1 2\ne 2 1\n",
            Cleanup { duplicates: 1, ..clean },
            count(1, 2),
            "1 repeated edge; expected none",
        ),
        (
            b"p edge 3 1\ne 1 2\ne 1 3\n",
            clean,
            count(1, 2),
            "the header says 1 edge, the file lists 2",
        ),
        (
            b"p edge 3 2\ne 1 2\ne 2 1\ne 3 3\n",
            Cleanup { duplicates: 1, self_loops: 1 },
            count(2, 3),
            "1 repeated edge and 1 self-loop; expected none",
        ),
        (
            b"p edge 5 5\ne 1 2\ne 2 3\n",
            clean,
            count(5, 2),
            "the header says 5 edges, the file lists 2",
        ),
        (b"3 2\n2\n1\n\n", clean, count(2, 1), "the header says 2 edges, the file lists 1"),
        (
            b"%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n",
            clean,
            vec![Note::EntryCount { declared: 2, found: 1 }],
            "the size line says 2 entries, the file lists 1",
        ),
        (
            b"%%MatrixMarket matrix coordinate pattern general\n3 3 1\n2 1\n1 2\n",
            clean,
            vec![Note::EntryCount { declared: 1, found: 2 }],
            "the size line says 1 entry, the file lists 2",
        ),
        (
            b"%%MatrixMarket matrix coordinate pattern general\n3 3 3\n2 1\n1 2\n1 3\n",
            clean,
            vec![Note::Unsymmetric(1)],
            "the matrix A is not symmetric (1 entry without counterpart)",
        ),
        (
            b"%%MatrixMarket matrix coordinate real general\n3 3 3\n2 1 5\n2 1 7\n1 2 5\n",
            Cleanup { duplicates: 1, ..clean },
            vec![],
            "1 repeated edge; expected none",
        ),
        // Distances and demands; loops with a distance are about the colours of one vertex.
        (
            b"p edge 3 2\ne 1 2 4\ne 2 3 1\n",
            clean,
            vec![Note::Distances(1)],
            "the distances of 1 edge were not read",
        ),
        (
            b"p band 3 3\ne 1 1 2\ne 1 2 1\ne 2 3 3\n",
            clean,
            vec![Note::Distances(2)],
            "the distances of 2 edges were not read",
        ),
        (
            b"p edge 3 1\nn 1 2\nn 2 1\nn 3 5\ne 1 2\n",
            clean,
            vec![Note::Demands(2)],
            "the demands of 2 vertices were not read",
        ),
        (
            b"p edge 3 1\ne 1 2 0\n",
            clean,
            vec![Note::Distances(1)],
            "the distances of 1 edge were not read",
        ),
        (
            b"\x02\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0",
            clean,
            vec![Note::OneWay(1)],
            "1 edge given in one direction only",
        ),
    ];
    for (bytes, cleanup, notes, complaint) in rows {
        let loaded = read_bytes(bytes, "f", &ReadOptions::default()).unwrap();
        assert_eq!((loaded.cleanup, &loaded.notes), (cleanup, &notes));
        let error = read_bytes(bytes, "f", &strict).unwrap_err().to_string();
        assert!(error.contains(&format!("strict reading: {complaint}")), "{error}");
    }
}

#[test]
fn graphs_without_vertices_or_edges_are_fine() {
    let files: [(&[u8], usize, Format); 8] = [
        (b"p edge 0 0\n", 0, Format::DimacsCol),
        (b"p col 5 0", 5, Format::DimacsCol),
        (b"10\np col 0 0\n", 0, Format::DimacsBinary),
        (b"0 0\n", 0, Format::Metis),
        (b"3 0\n\n\n\n", 3, Format::Metis),
        (b"%%MatrixMarket matrix coordinate pattern general\n0 0 0\n", 0, Format::MatrixMarket),
        (b"\0\0\0\0\0\0\0\0\0\0\0\0", 0, Format::Ecl),
        (b"# vertices: 7\n", 7, Format::EdgeList),
    ];
    for (bytes, n, format) in files {
        let loaded = read_bytes(bytes, "f", &ReadOptions::default()).unwrap();
        assert_eq!((loaded.graph.n(), loaded.graph.m(), loaded.format), (n, 0, format));
    }
    // A byte order mark is no part of the text.
    let loaded = read_bytes(b"\xef\xbb\xbfp edge 2 0\n", "f", &ReadOptions::default()).unwrap();
    assert_eq!((loaded.graph.n(), loaded.format), (2, Format::DimacsCol));
    // Many isolated vertices are taken on trust.
    let loaded = read_bytes(b"p edge 2000000 1\ne 1 2\n", "f", &ReadOptions::default()).unwrap();
    assert_eq!(loaded.graph.n(), 2_000_000);
}

#[test]
fn what_asks_for_nothing_more_is_not_remarked_on() {
    let text = b"p band 3 2\nd 2\nv 1 5 7\nx SEED 3\nn 1 1\ne 1 2 1\ne 2 3 1.0\n";
    let strict = ReadOptions { strict: true, ..ReadOptions::default() };
    let loaded = read_bytes(text, "f", &strict).unwrap();
    assert_eq!((loaded.graph.m(), loaded.notes), (2, vec![]));
}

#[test]
fn a_banner_with_one_sign_is_read() {
    let text = "%MatrixMarket matrix coordinate pattern symmetric\n% c\n3 3 1\n2 1\n";
    for name in ["f.mtx", "f"] {
        let loaded = read_bytes(text.as_bytes(), name, &ReadOptions::default()).unwrap();
        assert_eq!((loaded.graph.n(), loaded.graph.m()), (3, 1));
        assert_eq!((loaded.format, loaded.notes), (Format::MatrixMarket, vec![Note::Banner]));
    }
}

#[test]
fn adjacency_matrices_of_all_kinds() {
    for text in [
        "0 1 0\n1 0 1\n0 1 0\n",
        "0,1,0\r\n1,0,1\r\n0,1,0\r\n",
        "# made by hand\n\n0;1;0;\n1;0;1;\n0;1;0;\n",
        "0\t1\t0\n1\t0\t1\n0\t1\t0",
        "0.0 1.000e+00 0.0\n1.0 0.0 1.0\n0.0 1.0 0.0\n\x1a",
        "\u{feff}0, 1, 0\n1, 0, 1\n0, 1, 0\n",
    ] {
        let loaded = read_bytes(text.as_bytes(), "f.csv", &ReadOptions::default()).unwrap();
        assert_eq!(loaded.format, Format::AdjacencyMatrix, "{text}");
        assert_eq!(loaded.graph.edges().collect::<Vec<_>>(), [(0, 1), (1, 2)], "{text}");
        assert_eq!((loaded.labels, loaded.cleanup), (None, Cleanup::default()), "{text}");
    }
    for text in [
        "3\n0 1 0\n1 0 1\n0 1 0\n",
        "3 3\n0 1 0\n1 0 1\n0 1 0\n",
        "# n\r\n3,3\r\n\r\n0,1,0\r\n1,0,1\r\n0,1,0\r\n",
    ] {
        let loaded = read_bytes(text.as_bytes(), "f", &ReadOptions::default()).unwrap();
        assert_eq!(loaded.format, Format::AdjacencyMatrix, "{text}");
        assert_eq!(loaded.graph.edges().collect::<Vec<_>>(), [(0, 1), (1, 2)], "{text}");
        let size = Note::SizeHeading { vertices: 3, first: 0, edges: None };
        assert_eq!((loaded.labels, loaded.notes), (None, vec![size]), "{text}");
    }
    let named = ReadOptions { format: Some(Format::AdjacencyMatrix), ..ReadOptions::default() };
    for (text, n) in
        [("2 2\n0 1\n1 0\n", 2), ("1\n0\n", 1), ("0 1\n1 0\n", 2), ("1 1\n1 1\n", 2), ("0\n", 1)]
    {
        assert_eq!(read_bytes(text.as_bytes(), "f", &named).unwrap().graph.n(), n, "{text}");
    }
    let short = read_bytes(b"3\n0 1 0\n1 0\n", "f", &named).unwrap_err().to_string();
    assert!(short.contains("f, line 3: expected 3 values, as the first line says"), "{short}");
    let loops = read_bytes(b"1 1 0\n1 0 0\n0 0 1\n", "f", &ReadOptions::default()).unwrap();
    assert_eq!((loops.graph.m(), loops.cleanup.self_loops), (1, 2));
    let directed = read_bytes(b"0 1 0\n0 0 1\n1 0 0\n", "f", &ReadOptions::default());
    let message = directed.unwrap_err().to_string();
    assert!(
        message.starts_with("f: read as adjacency-matrix: expected a symmetric matrix"),
        "{message}"
    );
}

#[test]
fn dot_as_people_write_it() {
    let read = |text: &str| {
        let loaded = read_bytes(text.as_bytes(), "f", &ReadOptions::default()).unwrap();
        assert_eq!(loaded.format, Format::Dot, "{text}");
        let labels = loaded.labels.unwrap();
        let names: Vec<String> = labels.iter().map(String::from).collect();
        let edges = loaded
            .graph
            .edges()
            .map(|(u, v)| format!("{}-{}", names[u as usize], names[v as usize]));
        (names.join(" "), edges.collect::<Vec<_>>().join(" "), loaded.cleanup)
    };
    let is = |text: &str, names: &str, edges: &str, duplicates| {
        let cleanup = Cleanup { duplicates, self_loops: 0 };
        assert_eq!(read(text), (names.to_owned(), edges.to_owned(), cleanup), "{text}");
    };
    is("graph{a--b}", "a b", "a-b", 0);
    is("// c\nSTRICT Graph \"my plan\"\n{ a -- b -- a; c }", "a b c", "a-b", 0);
    is("graph { a -- b; b -- a }", "a b", "a-b", 1);
    // Names as they are written.
    is("graph { 01 -- 2; 1 -- 01; \"2\" -- 2.0 }", "01 2 1 2.0", "01-2 01-1 2-2.0", 0);
    // Groups, with and without `subgraph`, and within one another.
    is("graph { a -- {b c} -- d }", "a b c d", "a-b a-c b-d c-d", 0);
    is(
        "graph { subgraph cluster_x { label=x; a -- b; } -- c; subgraph { d } }",
        "a b c d",
        "a-b a-c b-c",
        0,
    );
    is("graph { {a {b}} -- {c;} }", "a b c", "a-c b-c", 0);
    // Attributes, ports, defaults and assignments are no vertices.
    is(
        "graph g { rankdir=LR; node [shape=box, color=\"red\"]; EDGE[w=1][l=<<b>x</b>>]; a:p:n -- b:\"q\" [x=1; y] }",
        "a b",
        "a-b",
        0,
    );
    is(
        "# 1 \"x\"\ngraph { \"a\" + \"b\" -- \"say \\\"hi\\\"\" /* -- z */ }",
        "ab say \"hi\"",
        "ab-say \"hi\"",
        0,
    );
    is(
        "graph {\r\n Z\u{fc}rich -- Gen\u{e8}ve\r\n}\r\n\x1a",
        "Z\u{fc}rich Gen\u{e8}ve",
        "Z\u{fc}rich-Gen\u{e8}ve",
        0,
    );
    is("graph {}", "", "", 0);
    let loops = read("graph { a -- a -- b }").2;
    assert_eq!(loops, Cleanup { duplicates: 0, self_loops: 1 });
}

#[test]
fn graph6_in_its_size_forms() {
    // The path 0-2-4-1-3 of the format's description.
    for text in ["DQc\n", "DQc", ">>graph6<<DQc\r\n", "~??DQc\n", "~~?????DQc\n", "DQc\n\n\x1a"] {
        for name in ["f", "f.g6"] {
            let loaded = read_bytes(text.as_bytes(), name, &ReadOptions::default()).unwrap();
            assert_eq!((loaded.format, loaded.graph.n()), (Format::Graph6, 5), "{text}");
            let edges: Vec<_> = loaded.graph.edges().collect();
            assert_eq!(edges, [(0, 2), (0, 4), (1, 3), (3, 4)], "{text}");
        }
    }
    for (name, text) in [("f", "DQc\nBw\n"), ("f.g6", "DQc\nx\n")] {
        let message =
            read_bytes(text.as_bytes(), name, &ReadOptions::default()).unwrap_err().to_string();
        assert!(
            message.contains(", byte 4: read as graph6: expected the end of a single graph"),
            "{message}"
        );
    }
    let damaged = read_bytes(b"DQ\n", "f.g6", &ReadOptions::default()).unwrap_err().to_string();
    assert!(
        damaged.starts_with("f.g6, byte 2: read as graph6: the file ends too early"),
        "{damaged}"
    );
}

#[test]
fn marks_of_the_end_are_no_lines() {
    let files = [
        ("p edge 3 1\ne 1 2\n", Format::DimacsCol),
        ("3 1\n2\n1\n\n", Format::Metis),
        ("%%MatrixMarket matrix coordinate pattern symmetric\n3 3 1\n2 1\n", Format::MatrixMarket),
        ("0 1\n1 2\n", Format::EdgeList),
        ("a b\nb c\n", Format::EdgeList),
    ];
    for (text, format) in files {
        let read = |text: &str| read_bytes(text.as_bytes(), "f", &ReadOptions::default()).unwrap();
        let plain = read(text);
        assert_eq!(plain.format, format);
        for mark in ["\x1a", "\x1a\x1a\n", "%\n", "%\n0\n", "%\r\n0\r\n\x1a"] {
            assert_eq!(read(&format!("{text}{mark}")), plain, "{text}{mark}");
        }
    }
}

#[test]
fn edge_list_names() {
    let read = |text: &str| read_bytes(text.as_bytes(), "f.txt", &ReadOptions::default()).unwrap();
    let names = |text: &str| {
        let loaded = read(text);
        loaded.labels.map(|labels| labels.iter().map(String::from).collect::<Vec<_>>())
    };
    // Numbers without a line are no vertices, and 0 is not remarked on.
    let list = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(names("1 2\n7 9\n"), list(&["1", "2", "7", "9"]));
    assert_eq!(read("1 2\n7 9\n").notes, vec![Note::Gaps(5)]);
    assert_eq!((names("1 2\n2 3\n"), read("1 2\n2 3\n").notes), (list(&["1", "2", "3"]), vec![]));
    assert_eq!((names("0 2\n1 1\n"), read("0 2\n1 1\n").graph.n()), (None, 3));
    // A declared number of vertices holds, unless there are more.
    let declared = read("# vertices: 70000\n0 69998\n");
    assert_eq!((declared.graph.n(), declared.labels, declared.notes), (70_000, None, vec![]));
    assert_eq!(names("# vertices: 3\n1 9\n"), list(&["1", "9"]));
    assert_eq!(
        names("1 4000000000\n5 5\n"),
        Some(vec!["1".into(), "5".into(), "4000000000".into()])
    );
    assert_eq!(names("b a\na c\n"), Some(vec!["b".into(), "a".into(), "c".into()]));
    assert_eq!(names("9 3\n3 x\n"), Some(vec!["9".into(), "3".into(), "x".into()]));
    assert_eq!(names("01 2\n"), Some(vec!["01".into(), "2".into()]));
    assert_eq!(names("New York\tBoston\t3\n"), Some(vec!["New York".into(), "Boston".into()]));
    assert_eq!(names("1, x y ,7\n"), Some(vec!["1".into(), "x y".into()]));
}

#[test]
fn headings_and_further_columns_are_skipped_with_a_note() {
    let read = |text: &str| read_bytes(text.as_bytes(), "f.txt", &ReadOptions::default()).unwrap();
    let more = Note::MoreColumns;
    let rows: [(&str, usize, Vec<Note>); 15] = [
        ("Source,Target\n0,1\n", 2, vec![Note::Heading]),
        ("Source;Target\n0;1\n1;2\n", 3, vec![Note::Heading]),
        ("from to weight\n0 1 5\n1 2 7\n", 3, vec![Note::Heading, more.clone()]),
        ("source\ttarget\tkm\nAda\tBob\t1\n", 2, vec![Note::Heading, more.clone()]),
        ("\"source\",\"target\"\r\n\"Ada, Countess\",\"Bob\"\r\n", 2, vec![Note::Heading]),
        // Any two words, where nothing but integers follows.
        ("person friend\n0 1\n1 2\n", 3, vec![Note::Heading]),
        ("id1,id2,since\n0,1,x\n", 2, vec![Note::Heading, more.clone()]),
        ("Ada Bob\nBob Eve\n", 3, vec![]),
        ("Ada Bob\n1 2\n2 Ada\n", 4, vec![]),
        ("Ada Bob\n", 2, vec![]),
        ("Ada Bob 3\n", 2, vec![more.clone()]),
        ("0 1 0.5\n1 2 0.25\n", 3, vec![more.clone()]),
        ("0\t1\t1082040961\n", 2, vec![more.clone()]),
        // Blanks and separators at the end of a line are no columns.
        ("0 1 \r\n1 2\r\n", 3, vec![]),
        ("0,1,\n1,2,\n", 3, vec![]),
    ];
    for (text, n, notes) in rows {
        let loaded = read(text);
        assert_eq!((loaded.graph.n(), loaded.notes), (n, notes), "{text}");
    }
    // Neither keeps strict reading from taking the file.
    let strict = ReadOptions { strict: true, ..ReadOptions::default() };
    assert!(read_bytes(b"from to weight\n0 1 5\n", "f", &strict).is_ok());
    let names = read("\"Ada, Countess\",Bob\nBob,\"say \"\"hi\"\"\"\n").labels.unwrap();
    assert_eq!(names.iter().collect::<Vec<_>>(), ["Ada, Countess", "Bob", "say \"hi\""]);
}

#[test]
fn two_files_that_are_written_to_one_place_are_both_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("colors");
    let content = || std::fs::read_to_string(&path).unwrap();
    save(&path, |out| {
        out.write_all(b"first ")?;
        save(&path, |out| out.write_all(b"second"))?;
        assert_eq!(content(), "second");
        out.write_all(b"and last")
    })
    .unwrap();
    assert_eq!(content(), "first and last");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
