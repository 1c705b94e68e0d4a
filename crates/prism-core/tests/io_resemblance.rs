//! What is an edge list, what only looks like one and what is a damaged file of another format, where
//! the format is detected.

#![allow(clippy::unwrap_used)]

use prism_core::io::{Format, Place, ReadOptions, read_bytes};

const NEIGHBORS: &str = "a list of neighbours, or edges with further columns";
const THIRD: &str = "edges with a third column, or a list of neighbours";
const TIGHT: &str = "a list of neighbours without a blank behind its colons";
const SIZES: &str = "the numbers of vertices and edges, each on a line of its own";
const BANNER: &str = "a Matrix Market file without its first line, the banner %%MatrixMarket";
const DASHES: &str = "edges with a dash between their ends";
const BITS: &str = "a matrix of 0 and 1";
const GRAPHS: &str = "a number of graphs above the sizes of the first";
const BARS: &str = "a table with bars between its columns";
const UNNAMED: &str = "a table with a name less than it has columns";
const NUMBERED: &str = "a table whose first column numbers the rows";
const MULTILINE: &str = "a multiline adjacency list of NetworkX";
const ARROWS: &str = "edges with an arrow between their ends";

#[test]
fn what_only_looks_like_an_edge_list() {
    let rows = [
        (",A,B,C\nA,0,1,1\nB,1,0,0\nC,1,0,0\n", 1, "an adjacency matrix with names"),
        ("A B C\nA 0 1 1\nB 1 0 0\nC 1 0 0\n", 1, "an adjacency matrix with names"),
        ("0 2.5 7\n2.5 0 1\n7 1 0\n", 1, "a matrix of distances"),
        ("# networkx\n3 1 2 4\n1 2\n2 4\n4\n", 3, NEIGHBORS),
        ("Ada Bob Eve\nBob Eve\nEve\n", 1, NEIGHBORS),
        ("2 3 4 7\n1 3\n1 2 4\n3 1\n", 2, NEIGHBORS),
        // One neighbour is missing; further columns may be names; a list of half the graph.
        ("AA BB CC\nBB AA\nCC AA BB\n", 1, NEIGHBORS),
        ("AA,BB,CC\nBB,AA,CC\nCC,AA\n", 1, NEIGHBORS),
        ("0 1 2 3\n1 0 2 3\n2 0 1 3\n3 0 1 2\n4 0 1 2\n", 1, NEIGHBORS),
        ("A1 B1 B2\nA2 B1 B3\n", 1, THIRD),
        ("a b x\nb c y\n", 1, THIRD),
        // A column of weights, or of neighbours, where none is its own.
        ("a b\nb a b\n", 2, NEIGHBORS),
        ("NSW:V Q\nQ:NSW\n", 1, TIGHT),
        ("NSW:V,Q\nQ:NSW\nT\n", 1, TIGHT),
        ("NSW:V\nQ:NSW\n", 1, TIGHT),
        ("ann:math art\nbob:math bio\n", 1, TIGHT),
        ("a b\nT #island\n", 2, "a comment without a blank behind its #"),
        ("Ada Bob since 2010\nAda Eve\nBob Eve\n", 1, NEIGHBORS),
        ("TN AL GA KY\n", 1, NEIGHBORS),
        ("a: b c\nb a\nc: a\n", 1, "a list of neighbours with a colon in some lines only"),
        ("a:\n  - b\n  - c\n", 1, "a list of neighbours with a colon in some lines only"),
        ("p-q q-r r-s\np-r t-q\n", 1, DASHES),
        ("p-q\nq-r\n", 1, DASHES),
        ("1-2 2-3\n3-1 1-4\n", 1, DASHES),
        ("(0, 1)\n(1, 2)\n", 1, "edges in brackets"),
        ("[a,b],\n[b,c],\n", 1, "edges in brackets"),
        ("{a,b}\n", 1, "edges in brackets"),
        ("g.add_edge(0, 1)\ng.add_edge(1, 2);\n", 1, "edges in brackets"),
        ("UndirectedEdge[1, 2]\nUndirectedEdge[2, 3]\n", 1, "edges in brackets"),
        ("0 -> 1\n1 -> 2\n", 1, ARROWS),
        ("a -- b\nb -- c\n", 1, ARROWS),
        ("a|b\nb|c\n", 1, BARS),
        ("0|1 2\n1|0\n2|0\n", 1, BARS),
        ("zoe\n", 1, "a list of names without any edge"),
        ("{\"nodes\": [], \"links\": []}\n", 1, "JSON"),
        ("{\n  \"directed\": false\n}\n", 1, "JSON"),
        ("[[0, 1], [1, 2]]\n", 1, "JSON"),
        ("graph [\n  node [ id 1 ]\n]\n", 1, "a GML file"),
        ("\n<?xml version=\"1.0\"?>\n<graphml>\n", 2, "XML, as in GraphML or GEXF"),
        ("<graphml xmlns=\"x\">\n", 1, "XML, as in GraphML or GEXF"),
        ("*Vertices 3\n*Edges\n1 2\n", 1, "a Pajek file"),
        ("*Edges\n1 2\n2 3\n", 1, "a Pajek file"),
        ("Version 1\ngraph [\n node [ id 0 ]\n]\n", 1, "a GML file"),
        ("Creator \"x\"\nDirected 0\ngraph\n[\n]\n", 1, "a GML file"),
        ("@nodes\nlabel\n0\n1\n@edges\nlabel\n0 1 0\n", 1, "a LEMON graph file"),
        ("nodedef>name VARCHAR\ns1\nedgedef>node1 VARCHAR,node2 VARCHAR\ns1,s2\n", 1, "a GDF file"),
        ("dl n=4 format=edgelist1\nlabels:\na,b\ndata:\n1 2\n", 1, "a UCINET DL file"),
        ("NAME: x\nTYPE: HCP\nDIMENSION: 3\nEDGE_DATA_SECTION\n1 2\n-1\n", 1, "a TSPLIB file"),
        ("NAME : x\nTYPE : HCP\nDIMENSION : 3\nEDGE_DATA_SECTION\n1 2\n-1\n", 1, "a TSPLIB file"),
        ("% bip unweighted\n1 1\n1 2\n2 1\n", 2, "a bipartite list of KONECT"),
        ("1 A\n2 B\n3 C\n4 D\n5 E\n#\n1 2\n2 3 x\n", 1, "a TGF file"),
        ("// c\na b\nb c\n", 1, "a comment in another language"),
        ("a b\n//c\nb c\n", 2, "a comment in another language"),
        ("-- c d\na b\nb c\n", 1, "a comment in another language"),
        (",source,target\n0,1,2\n1,2,3\n", 1, "a table whose first column has no name"),
        ("\"\",\"from\",\"to\"\n\"1\",\"a\",\"b\"\n", 1, "a table whose first column has no name"),
        ("\tsource\ttarget\n0\t1\t2\n1\t2\t3\n", 1, "a table whose first column has no name"),
        ("\tu\tv\n0\ta\tb\n1\tb\tc\n", 1, "a table whose first column has no name"),
        // As R writes tables, and as pandas shows them.
        ("\"source\" \"target\"\n\"1\" 1 2\n\"2\" 2 3\n\"3\" 3 1\n", 1, UNNAMED),
        ("from to\n1 a b\n2 b c\n", 1, UNNAMED),
        ("V1,V2,w\n1,1,2,7\n2,2,3,8\n", 1, UNNAMED),
        ("  u  v\n0  1  2\n1  2  3\n", 1, UNNAMED),
        ("1 1 2\n2 2 3\n3 3 4\n4 4 1\n", 1, NUMBERED),
        ("0,2,1\n1,3,2\n2,1,3\n3,2,4\n4,1,4\n5,3,4\n", 1, NUMBERED),
        // Several edges in a line, puzzles, lines with a mark at their end.
        ("0 1 1 2 2 0\n", 1, NEIGHBORS),
        ("0 1 1 2\n2 0 1 3\n3 0 2 1\n", 1, NEIGHBORS),
        ("1 0 3 0\n0 3 0 1\n2 0 4 3\n0 4 0 2\n", 1, NEIGHBORS),
        ("1 2 3 4 -1\n2 1 3 -1\n3 1 2 -1\n4 1 -1\n", 2, NEIGHBORS),
        ("# x\n0 1\n1 {}\n1 1\n2 {'w': 3}\n2 0\n", 2, MULTILINE),
        ("a 2\nb {'w': 1, 'x': 2}\nc {}\nb 0\nc 0\n", 1, MULTILINE),
        ("# a\nb 1\nc 2\n# b\nc 3.5\n", 2, "an LGL file"),
        ("4\n3\n0 1\n1 2\n2 3\n", 1, SIZES),
        ("4\n3\n2\n1 2\n2 3\n3 4\n", 1, SIZES),
        ("3 2\n0 1\n1 2\n\n4 3\n0 1\n1 2\n2 3\n", 5, "the sizes of a second graph"),
        ("3 2\n1 2 5\n2 3 5\n2 1\n1 2 7\n0 0\n", 4, "the sizes of a second graph"),
        // Matrices under names or sizes, with numbers of rows, or with a row lost or gained.
        ("A,B,C\n0,1,0\n1,0,1\n0,1,0\n", 1, BITS),
        ("A\tB\tC\n0\t1\t0\n1\t0\t1\n0\t1\t0\n", 1, BITS),
        ("1,2,3\n0,1,0\n1,0,1\n0,1,0\n", 1, BITS),
        ("\"A\" \"B\" \"C\"\n0 1 0\n1 0 1\n0 1 0\n", 1, BITS),
        ("4 5\n0 1 0 1\n1 0 1 0\n0 1 0 1\n1 0 1 0\n", 1, BITS),
        ("5\n0 1 0 1\n1 0 1 0\n0 1 0 1\n1 0 1 0\n", 1, BITS),
        ("3 4\n0 1 0\n1 0 1\n0 1 0\n", 1, BITS),
        ("1 0 1 0\n2 1 0 1\n3 0 1 0\n", 1, BITS),
        ("0 1 0 1 0\n1 0 1 0 1\n0 1 0 1 0\n1 0 1 0 1\n", 1, BITS),
        ("0 1 0\n1 0 1\n0 1 0\n1 0 1\n", 1, BITS),
        ("0 0 0 0\n0 1 0 0\n", 1, BITS),
        ("0\t0\t0\n0\t0\t1\n", 1, BITS),
        ("1\n5 4\n1 2\n2 3\n3 4\n4 1\n", 1, GRAPHS),
        ("2\n5 3\n1 2\n2 3\n3 4\n3 3\n", 1, GRAPHS),
        (">>sparse6<<:Bw\n", 1, "a sparse6 file"),
        (">>digraph6<<&Bw\n", 1, "a digraph6 file"),
        ("a 1 2 5\na 2 3 7\n", 1, "a DIMACS shortest-path file"),
        ("a 1 2 5\na 2 1 5\n", 1, "a DIMACS shortest-path file"),
        ("3 3 2\n1 2\n2 3\n", 1, BANNER),
        ("% c\n3 3 1\n3 1 0.5\n", 2, BANNER),
    ];
    for (text, line, what) in rows {
        let error = read_bytes(text.as_bytes(), "f", &ReadOptions::default()).unwrap_err();
        assert_eq!(error.place(), Place::Line(line), "{text}: {error}");
        let message = error.to_string();
        let start = format!("f, line {line}: this looks like {what}");
        assert!(message.starts_with(&start), "{message}");
        assert!(message.contains("--format edge-list"), "{message}");
    }
    let paths = read_bytes(b"p sp 3 1\na 1 2 4\n", "f", &ReadOptions::default()).unwrap_err();
    assert!(paths.to_string().contains("found \"p sp 3 1\""), "{paths}");
    // A format that is named is believed.
    let named = ReadOptions { format: Some(Format::EdgeList), ..ReadOptions::default() };
    assert_eq!(read_bytes(b"1: 2 3\n2: 3\n", "f", &named).unwrap().graph.n(), 4);
    assert_eq!(read_bytes(b"", "f", &named).unwrap().graph.n(), 0);
}

#[test]
fn rows_of_0_and_1_are_no_edges_below_a_heading_either() {
    for heading in [Some(true), Some(false)] {
        let options = ReadOptions { heading, ..ReadOptions::default() };
        for text in ["A,B,C\n0,1,0\n1,0,1\n0,1,0\n", "3 3\n0 1 0\n1 0 1\n0 1 0\n"] {
            let message = read_bytes(text.as_bytes(), "f", &options).unwrap_err().to_string();
            assert!(message.contains(BITS), "{message}");
        }
    }
}

#[test]
fn edge_lists_are_taken_for_nothing_else() {
    let rows = [
        "0 0\n0 1\n",
        "0 1\n",
        "1 0\n",
        "3 0\n",
        "0 1 1\n",
        "source,target,weight\n0,1,1\n1,0,1\n",
        "1 2 {'weight': 7}\n2 3 {'weight': 8}\n",
        "a b {'weight': 7}\nb c {}\n",
        "a b\nb c # by hand\n",
        "4\n9\n0 1\n1 2\n",
        "1 2\n2 3\n#\n1 3\n",
        "% sym unweighted\n% 3 3 3\n1 2\n2 3\n3 1\n",
        "sep=;\na;b\nb;c\n",
        "http://a http://b\nhttp://b http://c\n",
        "GO:01 P1\nGO:02 P1\nGO:02 P2\n",
        "0 1\n1 0\n",
        "2 1\n1 2\n",
        "0 1 1\n1 2 1\n2 0 1\n",
        "0 1 5\n0 2\n1 2 7\n0 3\n",
        "1 2 0 100\n1 3 0 100\n2 3 0 200\n3 4 0 300\n",
        "Ada Bob 2010\nAda Eve 2011\nBob Eve\n",
        "0 1 since\n0 2 since\n",
        "4 3\n0 1 5\n1 2 7\n2 3 1\n",
        "north-east south-west\nnorth-east centre\n",
        "CS-101 MA-202\nCS-101 BI-110\n",
        "zoe\nkit lou\nlou max\n",
        "[c] d\nd <e>\n",
        "graph theory\ntheory colour\n",
        "a 1 5\na 2 6\n",
        "p e\ne x\n",
        "p e\ne 1\n",
        "p q\nq 1\ne 2\n",
        "edge list\nlist e\n",
        "cat dog\ncow e\n",
        "cat dog\ne 1 2\n",
        "cat dog\np e\n",
        "c x\ncat dog\n",
        "3 3 2\n1 2 7\n3 4 7\n",
        "3 3 5\n1 2 7\n",
        "source,target\n0,1\n",
        "0 1 5\n1 2 3\n2 3 4\n3 0 2\n",
        "1 0 1\n2 1 1\n3 1 1\n4 2 1\n",
        "0 1 -1\n1 2 -1\n2 3 -1\n",
        "1 2 3 5\n2 3 1 9\n3 4 2 7\n",
        "1 2 #x\n2 3\n",
        "\t1\t2\n\t2\t3\n",
        "\ta\tb\n\tb\tc\n",
        "a,b\n,\n; \nb,c\n,,\n",
        "# part\n1 2\n# other\n3 4\n",
        "# a\na b\n",
        "a 1\nb 1\n",
        "a 1 {}\nb 1 {}\n",
        "a|b c\nc d\n",
        "Ada Bob\nAda Eve 2011\nBob Eve 2012\n",
    ];
    for text in rows {
        for end in ["\n", "\r\n"] {
            let text = text.replace('\n', end);
            let loaded = read_bytes(text.as_bytes(), "f", &ReadOptions::default());
            assert_eq!(loaded.unwrap().format, Format::EdgeList, "{text}");
        }
    }
}

/// The message about a file with a name.
fn message(name: &str, text: &str) -> String {
    read_bytes(text.as_bytes(), name, &ReadOptions::default()).unwrap_err().to_string()
}

#[test]
fn a_damaged_header_does_not_turn_a_dimacs_file_into_an_edge_list() {
    for header in [
        "p edge 3",
        "p edge -3 1",
        "p edge 3.0 2",
        "p edge 3 1e2",
        "p edge x y",
        "p edge",
        "p col 3 2 1",
        "P EDGE 3 1",
        "p 3 2",
        "p",
        "p graph 3",
        "edge 3 1",
        "col 3 1",
        "P 3 1",
    ] {
        for (before, line) in [("", 1), ("c a comment\n", 2), ("\nc\n", 3)] {
            let found = message("f", &format!("{before}{header}\ne 1 2\ne 2 3\n"));
            let expected = "read as dimacs: expected a line \"p edge VERTICES EDGES\"";
            assert_eq!(found, format!("f, line {line}: {expected}, found \"{header}\""));
        }
    }
    // Whatever follows.
    assert!(message("f", "p edge 3\n1 2\n").contains(": read as dimacs: "));
    assert!(message("f", "p edge\n").contains(": read as dimacs: "));
    let without_word = message("f", "p 5 4\n1 2\n2 3\n3 4\n4 1\n");
    assert!(without_word.ends_with("found \"p 5 4\""), "{without_word}");
}

#[test]
fn comments_of_dimacs_files_may_lack_their_blank() {
    for text in ["cfoo bar\np edge 3 1\ne 1 2\n", "c\nc-- x\np col 3 1\ncfoo\ne 1 2\n"] {
        let loaded = read_bytes(text.as_bytes(), "f", &ReadOptions::default()).unwrap();
        assert_eq!((loaded.format, loaded.graph.n()), (Format::DimacsCol, 3), "{text}");
    }
    let found = message("f", "cfoo bar\np edge 3\n");
    assert!(
        found.contains("line 2: read as dimacs: expected a line \"p edge VERTICES EDGES\""),
        "{found}"
    );
}

#[test]
fn a_matrix_market_file_needs_its_banner() {
    for text in
        ["3 3 2\n1 2 0.5\n3 1 0.5\n", "1 2 0.5\n2 3 0.5\n", "# c\n0 1\n", "3 2\n2\n1 3\n2\n"]
    {
        for name in ["f.mtx", "f.MTX.gz"] {
            let found = message(name, text);
            assert!(
                found.contains("line 1: read as mtx: expected the banner \"%%MatrixMarket"),
                "{found}"
            );
        }
    }
}

#[test]
fn some_files_are_known_by_their_extensions() {
    let crs = message("hec-s-92.crs", "0001 4\n0002 3\n");
    assert!(crs.starts_with("hec-s-92.crs: this looks like Carter's list of exams"), "{crs}");
    let stu = message("dir/hec-s-92.STU.gz", "0001 0002\n0003\n");
    assert!(stu.contains("this looks like Carter's list of students"), "{stu}");
    for (name, what) in [("f.lgl", "an LGL file"), ("f.hgr.gz", "a hypergraph of hMETIS")] {
        let found = message(name, "# a\nb 1\nc 2\n");
        assert!(found.contains(&format!("this looks like {what}")), "{found}");
    }
    let named = ReadOptions { format: Some(Format::EdgeList), ..ReadOptions::default() };
    assert_eq!(read_bytes(b"a b\n", "f.stu", &named).unwrap().graph.m(), 1);
}

#[test]
fn the_extension_decides_where_the_content_leaves_a_doubt() {
    let rows = [
        ("f.col", "ppedge 3 1\ne 1 2\n", ": read as dimacs: "),
        ("F.COL.gz", "x\np edge 3 1\n", ": read as dimacs: "),
        ("f.mtx", "3 3 2\n1 2 0.5\n4 1 0.5\n", ": read as mtx: "),
        ("f.graph", "3 2\n1 9\n", ": read as metis: "),
        ("f.metis.zst", "3 2\n1 9\n", ": read as metis: "),
    ];
    for (name, text, reading) in rows {
        let found = message(name, text);
        assert!(found.starts_with(name) && found.contains(reading), "{found}");
    }
    // What cannot be meant for the format, or is known for what it is, is read as that.
    let rows = [
        ("f.col", "0 1\n1 2\n", Format::EdgeList),
        ("f.col", "# made by hand\nAda Bob\n", Format::EdgeList),
        ("f.col", "3 2\n2\n1 3\n2\n", Format::Metis),
        ("f.mtx", "p edge 3 1\ne 1 2\n", Format::DimacsCol),
        ("f.graph", "Ada Bob\n", Format::EdgeList),
        ("f.graph", "# 3 2\n0 1\n", Format::EdgeList),
        ("f.txt", "3 2\n1 9\n", Format::EdgeList),
        ("col", "Ada Bob\n", Format::EdgeList),
    ];
    for (name, text, format) in rows {
        let loaded = read_bytes(text.as_bytes(), name, &ReadOptions::default()).unwrap();
        assert_eq!(loaded.format, format, "{name}: {text}");
    }
}
