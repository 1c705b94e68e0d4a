//! What is an edge list and what only looks like one, where the format is detected.

#![allow(clippy::unwrap_used)]

use prism_core::io::{Format, Place, ReadOptions, read_bytes};

#[test]
fn what_only_looks_like_an_edge_list() {
    let rows: [(&str, u64, &str); 21] = [
        ("0 1 0\n1 0 1\n0 1 0\n", 1, "an adjacency matrix"),
        ("0,1,1,0\n1,0,1,0\n1,1,0,1\n0,0,1,0\n", 1, "an adjacency matrix"),
        ("0 2.5 7\n2.5 0 1\n7 1 0\n", 1, "an adjacency matrix"),
        ("# networkx\n3 1 2 4\n1 2\n2 4\n4\n", 3, "a line of an adjacency list"),
        ("Ada Bob Eve\nBob Eve\nEve\n", 2, "a line of an adjacency list"),
        ("1: 2 3\n2: 3\n", 1, "a line of an adjacency list"),
        ("2 3 4 7\n1 3\n1 2 4\n3 1\n", 2, "a line of an adjacency list"),
        ("{\"nodes\": [], \"links\": []}\n", 1, "JSON"),
        ("{\n  \"directed\": false\n}\n", 1, "JSON"),
        ("[[0, 1], [1, 2]]\n", 1, "JSON"),
        ("graph {\n  a -- b;\n}\n", 1, "a DOT file"),
        ("// made by hand\nstrict graph G\n{\na -- b\n}\n", 1, "a DOT file"),
        ("digraph{ a -> b }\n", 1, "a DOT file"),
        ("graph [\n  node [ id 1 ]\n]\n", 1, "a GML file"),
        ("\n<?xml version=\"1.0\"?>\n<graphml>\n", 2, "XML, as in GraphML or GEXF"),
        ("<graphml xmlns=\"x\">\n", 1, "XML, as in GraphML or GEXF"),
        ("*Vertices 3\n*Edges\n1 2\n", 1, "a Pajek file"),
        (">>graph6<<DQc\n", 1, "a graph6 or sparse6 file"),
        ("DQc\nBw\n", 1, "a graph6 file"),
        ("a 1 2 5\na 2 3 7\n", 1, "a DIMACS shortest-path file"),
        ("a 1 2 5\na 2 1 5\n", 1, "a DIMACS shortest-path file"),
    ];
    for (text, line, what) in rows {
        let error = read_bytes(text.as_bytes(), "f", &ReadOptions::default()).unwrap_err();
        assert_eq!(error.place(), Place::Line(line), "{text}: {error}");
        let message = error.to_string();
        assert!(message.contains("expected two names in each line"), "{message}");
        assert!(message.ends_with(&format!("which looks like {what}")), "{message}");
    }
    let paths = read_bytes(b"p sp 3 1\na 1 2 4\n", "f", &ReadOptions::default()).unwrap_err();
    assert!(paths.to_string().contains("found \"p sp 3 1\""), "{paths}");
    // A format that is named is believed.
    let named = ReadOptions { format: Some(Format::EdgeList), ..ReadOptions::default() };
    assert_eq!(read_bytes(b"1: 2 3\n2: 3\n", "f", &named).unwrap().graph.n(), 4);
    assert_eq!(read_bytes(b"", "f", &named).unwrap().graph.n(), 0);
}

#[test]
fn edge_lists_are_taken_for_nothing_else() {
    let rows = [
        "0 0\n0 1\n",
        "0 1\n",
        "1 0\n",
        "3 0\n",
        "0 0 0 0\n0 1 0 0\n",
        "0\t0\t0\n0\t0\t1\n",
        "0 1\n1 0\n",
        "2 1\n1 2\n",
        "0 1 1\n1 2 1\n2 0 1\n",
        "0 1 5\n0 2\n1 2 7\n0 3\n",
        "1 2 0 100\n1 3 0 100\n2 3 0 200\n3 4 0 300\n",
        "Ada Bob since 2010\nAda Eve\nBob Eve\n",
        "[c] d\nd <e>\n",
        "graph theory\ntheory colour\n",
        "a 1 x\na 2 y\n",
        "p e\ne x\n",
        "source,target\n0,1\n",
    ];
    for text in rows {
        for end in ["\n", "\r\n"] {
            let text = text.replace('\n', end);
            let loaded = read_bytes(text.as_bytes(), "f", &ReadOptions::default());
            assert_eq!(loaded.unwrap().format, Format::EdgeList, "{text}");
        }
    }
}
