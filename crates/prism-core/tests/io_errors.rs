//! What each kind of damaged file says: the place, what was expected and what was found.

#![allow(clippy::unwrap_used)]

use prism_core::io::{
    Format, Naming, Place, ReadOptions, read_bytes, read_coloring_from, read_path, save,
};

fn message(format: Format, bytes: &[u8]) -> String {
    let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
    read_bytes(bytes, "f", &options).unwrap_err().to_string()
}

/// Checks pairs of an input and its message.
fn table(format: Format, rows: &[(&[u8], &str)]) {
    for (bytes, expected) in rows {
        assert_eq!(message(format, bytes), *expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn dimacs() {
    table(
        Format::DimacsCol,
        &[
            (
                b"p edge 3 1\ne 1 4\n",
                "f, line 2: vertex 4, but the header allows 3 vertices (numbers 1 to 3)",
            ),
            (
                b"p edge 3 1\ne 0 1\n",
                "f, line 2: vertex 0, but dimacs files number their vertices from 1",
            ),
            (
                b"p edge 0 1\ne 1 1\n",
                "f, line 2: vertex 1, but the header says that there are no vertices",
            ),
            (
                b"p edge 3 1\ne 1 99999999999999999999999\n",
                "f, line 2: expected a vertex number, found \"99999999999999999999999\"",
            ),
            (
                b"p edge 99999999999999999999999 1\n",
                "f, line 1: expected numbers below 2^64 - 1, found \"99999999999999999999999\"",
            ),
            (
                b"p edge 18446744073709551615 1\n",
                "f, line 1: expected numbers below 2^64 - 1, found \"18446744073709551615\"",
            ),
            (
                b"p edge 18446744073709551614 1\n",
                "f, line 1: 18446744073709551614 vertices; PRISM numbers vertices with 32 bits and takes at most 4294967295",
            ),
            (b"p edge 3 1\ne 1 -2\n", "f, line 2: expected a vertex number, found \"-2\""),
            (b"p edge 3 1\ne 1\n", "f, line 2: expected a line \"e U V\", found \"e 1\""),
            (b"p edge 3 1\n\ne 1 2 x\n", "f, line 3: expected the end of the line, found \"x\""),
            (b"p edge 3 1\n1 2\n", "f, line 2: expected a line \"e U V\", found \"1 2\""),
            (
                b"p edge 3 1\np edge 3 1\n",
                "f, line 2: expected a line \"e U V\" (there is a \"p\" line already), found \"p edge 3 1\"",
            ),
            (
                b"c\np cnf 3 1\n",
                "f, line 2: expected a line \"p edge VERTICES EDGES\", found \"p cnf 3 1\"",
            ),
            (
                b"p edge 3\n",
                "f, line 1: expected a line \"p edge VERTICES EDGES\", found \"p edge 3\"",
            ),
            (
                b"c only\n",
                "f, line 1: the file ends too early: expected a line \"p edge VERTICES EDGES\", found the end of the file",
            ),
            (
                b"p edge 4000000000 1\ne 1 2\n",
                "f, line 1: the header says 4000000000 vertices, with only 1 edge; at most 67108864 vertices are taken on trust",
            ),
            (
                b"p edge 4000000000 1000000000\ne 1 2\n",
                "f, line 1: the header says 4000000000 vertices, with only 1 edge; at most 67108864 vertices are taken on trust",
            ),
            (
                b"p edge 4294967296 1\ne 1 2\n",
                "f, line 1: 4294967296 vertices; PRISM numbers vertices with 32 bits and takes at most 4294967295",
            ),
            (
                b"p edge 3 1\ne 1 \xff\x00\n",
                "f, line 2: expected a vertex number, found \"\\xff\\x00\"",
            ),
        ],
    );
}

#[test]
fn dimacs_binary() {
    table(
        Format::DimacsBinary,
        &[
            (
                b"10\np col 2 1\n\0\x80\0",
                "f, byte 15: expected the end of the file, found more data",
            ),
            (
                b"x\n",
                "f, line 1: expected the length of the preamble, at most 1048576, found \"x\"",
            ),
            (
                b"9999999999\n",
                "f, line 1: expected the length of the preamble, at most 1048576, found \"9999999999\"",
            ),
            (
                b"99\np col 2 1\n",
                "f, byte 13: the file ends too early: expected a preamble of 99 bytes, found 10",
            ),
            (
                b"4\nc a\n",
                "f, byte 2: expected a line \"p col VERTICES EDGES\", found no such line in the preamble",
            ),
            (
                b"10\np col 2 1\n\0",
                "f, byte 14: the file ends too early: expected 2 rows of the adjacency matrix, found 1 complete rows",
            ),
            (
                b"19\np col 4000000000 1\n",
                "f, byte 3: the header says 4000000000 vertices, with only 1 edge; at most 67108864 vertices are taken on trust",
            ),
        ],
    );
}

#[test]
fn metis() {
    table(
        Format::Metis,
        &[
            (
                b"2 1\n2\n3\n",
                "f, line 3: vertex 3, but the header allows 2 vertices (numbers 1 to 2)",
            ),
            (b"2 1\n0\n1\n", "f, line 2: vertex 0, but metis files number their vertices from 1"),
            (b"2 1\n2\nx\n", "f, line 3: expected a vertex number, found \"x\""),
            (b"2 1\n2.5\n1\n", "f, line 2: expected a blank behind the number, found \".5\""),
            (
                b"3 2\n2\n% c\n1 3\n",
                "f, line 4: the file ends too early: expected 3 lines of neighbours, one a vertex, found 2",
            ),
            (
                b"2 1\n2\n%\n1\n\n1\n",
                "f, line 6: more than the header says: expected 2 lines of neighbours, found a further one",
            ),
            (
                b"3 2\n2 3\n1 3\n\n",
                "f: vertex 1 lists vertex 3 as a neighbour, but vertex 3 does not list 1",
            ),
            (b"2 1 1\n2 x\n1 1\n", "f, line 2: expected an edge weight, found \"x\""),
            (b"2 1 10\nx 2\n1 1\n", "f, line 2: expected a vertex size or weight, found \"x\""),
            (
                b"2 1 7\n",
                "f, line 1: expected a line \"VERTICES EDGES [FORMAT [WEIGHTS]]\", found \"2 1 7\"",
            ),
            (
                b"4000000000 1\n2\n1\n",
                "f, line 1: the header says 4000000000 vertices, with only 1 edge; at most 67108864 vertices are taken on trust",
            ),
        ],
    );
}

#[test]
fn matrix_market() {
    let banner = "%%MatrixMarket matrix coordinate pattern general\n";
    let with = |rest: &str| message(Format::MatrixMarket, format!("{banner}{rest}").as_bytes());
    assert_eq!(
        with("% c\n3 3 1\n1 4\n"),
        "f, line 4: vertex 4, but the header allows 3 vertices (numbers 1 to 3)"
    );
    assert_eq!(
        with("3 3 1\n0 1\n"),
        "f, line 3: vertex 0, but mtx files number their vertices from 1"
    );
    assert_eq!(
        with("3 4 1\n1 2\n"),
        "f, line 2: expected a square matrix, whose rows and columns are vertices, found 3 rows and 4 columns"
    );
    assert_eq!(with("3 3\n"), "f, line 2: expected a line \"ROWS COLUMNS ENTRIES\", found \"3 3\"");
    assert_eq!(
        with("3 3 1\n1\n"),
        "f, line 3: expected a line \"ROW COLUMN\" or \"ROW COLUMN VALUE\", found the end of the line"
    );
    assert_eq!(
        with("% only"),
        "f, line 2: the file ends too early: expected a line \"ROWS COLUMNS ENTRIES\", found the end of the file"
    );
    table(
        Format::MatrixMarket,
        &[
            (
                b"%%MatrixMarket matrix array real general\n2 2\n",
                "f, line 1: expected \"coordinate\" (a dense matrix has no pattern to colour), found \"array\"",
            ),
            (
                b"%%MatrixMarket vector coordinate real general\n",
                "f, line 1: expected \"matrix\" (nothing else can be a graph), found \"vector\"",
            ),
            (
                b"%%MatrixMarket matrix coordinate real odd\n",
                "f, line 1: expected general, symmetric, skew-symmetric or hermitian, found \"odd\"",
            ),
            (
                b"3 3 1\n",
                "f, line 1: expected the banner \"%%MatrixMarket matrix coordinate ...\", found \"3 3 1\"",
            ),
        ],
    );
}

#[test]
fn matrix_market_values() {
    let file = |field: &str, lines: &str| {
        format!("%%MatrixMarket matrix coordinate {field} general\n3 3 2\n1 2{lines}\n")
    };
    let read = |field: &str, lines: &str| {
        let read = read_bytes(file(field, lines).as_bytes(), "f", &ReadOptions::default());
        read.map(|loaded| loaded.graph.m()).map_err(|error| error.to_string())
    };
    for (field, lines) in [
        ("pattern", "\n2 3"),
        ("pattern", " \r\n2 3\t"),
        ("real", " 0.5\n2 3 -1."),
        ("real", "\t.5 \r\n2 3 +1.25e-3"),
        ("real", " 1.0D+00\n2 3 nan"),
        ("double", " 1\n2 3 -inf"),
        ("integer", " 7\n2 3 -99999999999999999999999"),
        ("complex", " 0.5 -1\n2 3 1e3 0"),
    ] {
        assert_eq!(read(field, lines), Ok(2), "{field}: {lines}");
    }
    let number = "expected a number, the value of the entry, found";
    let end = "expected the end of the line";
    for (field, lines, message) in [
        (
            "pattern",
            "\n2 3 5",
            format!("{end}, as the entries of a pattern have no value, found \"5\""),
        ),
        ("real", " hello world\n2 3 1", format!("{number} \"hello\"")),
        ("real", " 1\n2 3", format!("{number} the end of the line")),
        ("real", " 1\n2 3 1e", format!("{number} \"1e\"")),
        ("real", " 1\n2 3 -", format!("{number} \"-\"")),
        ("real", " 1\n2 3 .", format!("{number} \".\"")),
        ("real", " 1\n2 3 1.2.3", format!("{number} \"1.2.3\"")),
        ("integer", " 1\n2 3 4 5", format!("{end} behind the value, found \"5\"")),
        ("complex", " 1 2\n2 3 4", format!("{number} the end of the line")),
        (
            "complex",
            " 1 2\n2 3 4 5 6",
            format!("{end} behind the two parts of the value, found \"6\""),
        ),
    ] {
        let found = read(field, lines).unwrap_err();
        assert!(found.contains(&message), "{field}: {lines}: {found}");
    }
    assert!(read("real", " 1\n2 3").unwrap_err().starts_with("f, line 4: "));
}

#[test]
fn ecl() {
    let file = |values: &[i32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let of = |values: &[i32]| message(Format::Ecl, &file(values));
    assert_eq!(
        of(&[2]),
        "f, byte 4: the file ends too early: expected 2 integers (the numbers of vertices and arcs), found 1"
    );
    assert_eq!(
        of(&[2, 2, 0, 1]),
        "f, byte 16: the file ends too early: expected 3 integers (one index a vertex and one more), found 2"
    );
    assert_eq!(
        of(&[2, 2, 0, 1, 2, 1]),
        "f, byte 24: the file ends too early: expected 2 integers (one neighbour an arc), found 1"
    );
    assert_eq!(
        of(&[2, 2, 0, 1, 2, 1, 2]),
        "f, byte 24: vertex 2, but the header allows 2 vertices (numbers 0 to 1)"
    );
    assert_eq!(of(&[2, 2, 0, 3, 2]), "f, byte 12: expected an index from 0 to 2, found 3");
    assert_eq!(
        of(&[2, 2, 0, 1, 1]),
        "f, byte 16: expected 2, the number of arcs, as last index, found 1"
    );
    assert_eq!(of(&[-1, 2]), "f, byte 0: expected a number that is not negative, found -1");
    assert_eq!(of(&[1, 0, 0, 0, 9]), "f, byte 16: expected the end of the file, found more data");
    assert_eq!(
        of(&[2_000_000_000, 2, 0]),
        "f, byte 0: the header says 2000000000 vertices, with only 1 edge; at most 67108864 vertices are taken on trust"
    );
}

#[test]
fn graph6() {
    table(
        Format::Graph6,
        &[
            (
                b"Bw\nBw\n",
                "f, byte 3: expected the end of a single graph with 3 vertices, found more (another graph?)",
            ),
            (
                b"Bww",
                "f, byte 2: expected the end of a single graph with 3 vertices, found more (another graph?)",
            ),
            (
                b"D?",
                "f, byte 1: the file ends too early: expected 2 characters for 5 vertices, found the end of the line",
            ),
            (
                b"D?\n",
                "f, byte 2: the file ends too early: expected 2 characters for 5 vertices, found the end of the line",
            ),
            (b"B{", "f, byte 1: expected zeros behind the last bit, found ones"),
            (b"B!", "f, byte 1: expected a character of graph6 (\"?\" to \"~\"), found \"!\""),
            (b">>sparse6<<:Bw", "f, byte 2: expected the header \">>graph6<<\", found another one"),
            (b":Bw", "f, byte 0: expected graph6, found sparse6, which is not read"),
            (b"&Bw", "f, byte 0: expected graph6, found digraph6, which is not read"),
            (
                b"~~~~~~~~",
                "f, byte 7: 68719476735 vertices; PRISM numbers vertices with 32 bits and takes at most 4294967295",
            ),
            (
                b"~~?~~~~~?",
                "f, byte 8: the file ends too early: expected 96076791782135126 characters for 1073741823 vertices, found the end of the line",
            ),
            (
                b"",
                "f, byte 0: the file ends too early: expected a number of vertices in graph6, found the end of the line",
            ),
            (
                b"~??",
                "f, byte 2: the file ends too early: expected a number of vertices in graph6, found the end of the line",
            ),
        ],
    );
}

#[test]
fn dot() {
    table(
        Format::Dot,
        &[
            (
                b"graph {\n a -- b\n",
                "f, line 3: the file ends too early: expected a name, found the end of the file",
            ),
            (
                b"graph {\n subgraph s {a b}\n subgraph s {d} -- c }",
                "f, line 3: expected groups with different names, found a second one named \"s\"",
            ),
            (
                b"digraph { a -> b }",
                "f, line 1: expected an undirected graph (\"graph\", edges \"a -- b\"), found a digraph, whose directions may mean something",
            ),
            (
                b"graph {\n a -> b }",
                "f, line 2: expected \"--\", as the graph is undirected, found \"->\", an edge of a digraph",
            ),
            (
                b"graph { a } graph { b }",
                "f, line 1: expected the end of the file behind a single graph, found \"graph\"",
            ),
            (b"graph {\n\n a -- [x=1] }", "f, line 3: expected a name, found \"[\""),
            (b"graph { node a }", "f, line 1: expected \"[\", found \"a\""),
            (b"tree { }", "f, line 1: expected \"graph\" or \"strict graph\", found \"tree\""),
            (
                b"graph { \"a }",
                "f, line 1: expected a closing quotation mark, found something else",
            ),
            (
                b"graph { 1a }",
                "f, line 1: expected a number, and a blank behind it (other names are quoted), found something else",
            ),
            (b"graph {\n\xff }", "f, line 2: expected text in UTF-8, found other bytes"),
        ],
    );
    let deep = format!("graph {{ {} {} }}", "{".repeat(100), "}".repeat(100));
    assert!(message(Format::Dot, deep.as_bytes()).contains("at most 64 groups"));
    let group = |name: &str| {
        let names: Vec<String> = (0..12_000).map(|v| format!("{name}{v}")).collect();
        format!("{{ {} }}", names.join(" "))
    };
    let huge = format!("graph {{ {} -- {} }}", group("a"), group("b"));
    assert!(message(Format::Dot, huge.as_bytes()).contains("expected at most 134217728 edges"));
}

#[test]
fn adjacency_matrices() {
    table(
        Format::AdjacencyMatrix,
        &[
            (b"0 1 0\n1 0 2\n", "f, line 2: expected 0 or 1, found \"2\""),
            (b"0 1 0\n1 0\n", "f, line 2: expected 3 values, as in the first row, found 2"),
            (
                b"0 1\n1 0\n\n0 1\n",
                "f, line 4: expected 2 rows, as there are columns, found a further one",
            ),
            (
                b"0 1 0\n1 0 0\n",
                "f, line 2: the file ends too early: expected 3 rows, as there are columns, found 2",
            ),
            (
                b"0,1,1\n1,0,0\n0,0,0\n",
                "f: expected a symmetric matrix (with the same value in row 0, column 2 and in row 2, column 0, counted from 0), found 1 and 0",
            ),
        ],
    );
}

#[test]
fn edge_lists() {
    table(
        Format::EdgeList,
        &[
            (
                b"0 1\na,b;c\n",
                "f, line 2: expected names that end at one kind of separator: a comma, semicolon or tab within a name is read in quotation marks, and a list of neighbours with a colon, as in \"a: b, c\", found \"a,b;c\"",
            ),
            (
                b"a b\nc,d\n",
                "f, line 2: expected blanks between names, as in the lines before, found \"c,d\"",
            ),
            (b"a,b\n,c\n", "f, line 2: expected two vertex names, found \",c\""),
            (b"# c\n\xff b\n", "f, line 2: expected text in UTF-8, found \"\\xff b\""),
            (
                b"# vertices: 4000000000\n0 1\n",
                "f: the header says 4000000000 vertices, with only 1 edge; at most 67108864 vertices are taken on trust",
            ),
        ],
    );
}

#[test]
fn what_is_no_graph_at_all() {
    let of = |bytes: &[u8]| read_bytes(bytes, "f", &ReadOptions::default()).unwrap_err();
    assert_eq!(of(b"").to_string(), "f: the file is empty; expected a graph or a colouring");
    assert_eq!(of(b" \r\n\n").place(), Place::Whole);
    let junk: Vec<u8> = (0..=255).rev().collect();
    assert_eq!(
        of(&junk).to_string(),
        "f: the content is none of the known formats (dimacs, dimacs-binary, metis, mtx, ecl, edge-list, adjacency-list, adjacency-matrix, graph6, dot): it is binary"
    );
    let missing = read_path("/nonexistent/f.col", &ReadOptions::default()).unwrap_err();
    assert!(missing.to_string().starts_with("/nonexistent/f.col: "), "{missing}");
}

#[test]
fn colourings() {
    let of = |bytes: &[u8]| {
        read_coloring_from(bytes, "f", 3, Naming::counted_from(1))
            .map(|c| c.colors().to_vec())
            .map_err(|e| e.to_string())
    };
    assert_eq!(of(b"s col 2\nl 2 2\nl 1 1\nl 3 1\n"), Ok(vec![0, 1, 0]));
    assert_eq!(of(b"l 2 1\nl 1 0\nl 3 0\n"), Ok(vec![0, 1, 0]));
    assert_eq!(of(b"[0, 1, 0]"), Ok(vec![0, 1, 0]));
    assert_eq!(of(b"3 5\n1 4\n2 4\n"), Ok(vec![4, 4, 5]));
    let rows: [(&[u8], &str); 9] = [
        (b"", "f: the file is empty; expected a graph or a colouring"),
        (
            b"0\n1\n",
            "f: the file ends too early: expected 3 colours, one a vertex, found 2; vertex 3 has none",
        ),
        (b"0\n1\n0\n1\n", "f, line 4: expected 3 colours, one a vertex, found a further line"),
        (b"0\n-1\n0\n", "f, line 2: expected a colour (0 to 65534), found \"-1\""),
        (b"0\n65535\n0\n", "f, line 2: expected a colour (0 to 65534), found \"65535\""),
        (b"l 1 1\nl 4 1\n", "f, line 2: expected one of 3 vertices, counted from 1, found \"4\""),
        (b"l 1 1\nl 1 2\n", "f, line 2: expected one colour for vertex 1, found 1 and 2"),
        (b"[0, 1, 0, 1]", "f: expected 3 colours, one a vertex, found 4"),
        (b"[0, 1]", "f: the file ends too early: expected 3 colours, one a vertex, found 2"),
    ];
    for (bytes, expected) in rows {
        assert_eq!(of(bytes), Err(expected.to_owned()));
    }
}

#[test]
fn saved_files_are_complete_or_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("g.col.gz");
    save(&path, |out| out.write_all(b"p edge 2 1\ne 1 2\n")).unwrap();
    assert_eq!(std::fs::read(&path).unwrap()[..2], [0x1f, 0x8b]);
    let failed = save(&path, |out| {
        out.write_all(b"half")?;
        Err(std::io::Error::other("stopped"))
    });
    assert_eq!(failed.unwrap_err().to_string(), "stopped");
    assert_eq!(read_path(&path, &ReadOptions::default()).unwrap().graph.m(), 1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let zstd = save(folder.path().join("g.zst"), |_| Ok(())).unwrap_err();
    assert_eq!(zstd.kind(), std::io::ErrorKind::Unsupported);
    let message = "zstd files are read but not written; choose .gz or no compression";
    assert_eq!(zstd.to_string(), message);
}

#[test]
fn text_in_other_ways_says_so() {
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for text in ["a b\nb c\n", "1 2\n2 3\n", "p edge 3 1\ne 1 2\n", "graph { a -- b }\n"] {
        for marked in [text.to_owned(), format!("\u{feff}{text}")] {
            let message = read_bytes(&utf_16(&marked), "f", &ReadOptions::default()).unwrap_err();
            assert!(message.to_string().contains("found text in UTF-16"), "{message}");
        }
        let mac = text.replace('\n', "\r");
        if mac.trim_end().contains('\r') {
            let message = read_bytes(mac.as_bytes(), "f", &ReadOptions::default()).unwrap_err();
            assert!(message.to_string().contains("a carriage return alone"), "{message}");
        }
    }
    let colors = utf_16("0\n1\n");
    let message = read_coloring_from(&colors[..], "f", 2, Naming::counted_from(1)).unwrap_err();
    assert!(message.to_string().contains("found text in UTF-16"), "{message}");
}
