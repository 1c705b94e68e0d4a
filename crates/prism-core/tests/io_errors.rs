//! What each kind of damaged file says: the place, what was expected and what was found.

#![allow(clippy::unwrap_used)]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use prism_core::Cleanup;
use prism_core::io::{
    Format, Note, Place, ReadOptions, read_bytes, read_coloring_from, read_path, save,
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
                "f, line 2: vertex 18446744073709551615, but the header allows 3 vertices (numbers 1 to 3)",
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
                b"p edge 5 5\ne 1 2\ne 2 3\n",
                "f, line 3: the file ends too early: expected 5 edges, as line 1 says, found 2",
            ),
            (
                b"p edge 4000000000 1\ne 1 2\n",
                "f, line 1: the header says 4000000000 vertices but there are only 1 edges; at most 67108864 vertices are taken on trust",
            ),
            (
                b"p edge 4000000000 1000000000\ne 1 2\n",
                "f, line 2: the file ends too early: expected 1000000000 edges, as line 1 says, found 1",
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
                "f, byte 3: the header says 4000000000 vertices but there are only 1 edges; at most 67108864 vertices are taken on trust",
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
                b"3 2\n2\n1\n\n",
                "f, line 4: the file ends too early: expected 4 neighbours, two for each of 2 edges, found 2",
            ),
            (
                b"2 1\n2 2\n1 1\n",
                "f, line 3: more than the header says: expected 2 neighbours, two for each of 1 edges, found 4",
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
                "f, line 1: the header says 4000000000 vertices but there are only 1 edges; at most 67108864 vertices are taken on trust",
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
        with("3 3 2\n1 2\n"),
        "f, line 3: the file ends too early: expected 2 entries, as the size line says, found 1"
    );
    assert_eq!(
        with("3 3 1\n1 2\n1 3\n"),
        "f, line 4: more than the header says: expected 1 entries, as the size line says, found 2"
    );
    assert_eq!(
        with("3 4 1\n1 2\n"),
        "f, line 2: expected a square matrix, found 3 rows and 4 columns"
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
                "f, line 1: expected a line that starts with \"%%MatrixMarket matrix coordinate\", found \"3 3 1\"",
            ),
        ],
    );
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
        "f, byte 0: the header says 2000000000 vertices but there are only 1 edges; at most 67108864 vertices are taken on trust"
    );
}

#[test]
fn edge_lists() {
    table(
        Format::EdgeList,
        &[
            (b"0 1\n2\n", "f, line 2: expected two vertex names, found \"2\""),
            (b"a,b\n,c\n", "f, line 2: expected two vertex names, found \",c\""),
            (b"# c\n\xff b\n", "f, line 2: expected text in UTF-8, found \"\\xff b\""),
            (
                b"# vertices: 4000000000\n0 1\n",
                "f: the header says 4000000000 vertices but there are only 1 edges; at most 67108864 vertices are taken on trust",
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
        "f: the content is none of the known formats (dimacs, dimacs-binary, metis, mtx, ecl, edge-list): it is binary"
    );
    let missing = read_path("/nonexistent/f.col", &ReadOptions::default()).unwrap_err();
    assert!(missing.to_string().starts_with("/nonexistent/f.col: "), "{missing}");
}

#[test]
fn damaged_compression() {
    let text = b"p edge 3 2\ne 1 2\ne 2 3\n";
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    let gzip = encoder.finish().unwrap();
    let of =
        |bytes: &[u8]| read_bytes(bytes, "f", &ReadOptions::default()).unwrap_err().to_string();
    for cut in 3..gzip.len() {
        assert_eq!(of(&gzip[..cut]), "f: damaged or truncated gzip data: the data ends too early");
    }
    let mut wrong = gzip.clone();
    let checksum = wrong.len() - 8;
    wrong[checksum] ^= 1;
    assert!(of(&wrong).starts_with("f: damaged or truncated gzip data: "), "{}", of(&wrong));
    let zstd =
        ruzstd::encoding::compress_to_vec(&text[..], ruzstd::encoding::CompressionLevel::Fastest);
    for cut in 4..zstd.len() {
        let message = of(&zstd[..cut]);
        assert!(message.starts_with("f: damaged or truncated zstd data: "), "{cut}: {message}");
    }
}

#[test]
fn odd_files_are_read_with_a_remark_unless_strict() {
    let strict = ReadOptions { strict: true, ..ReadOptions::default() };
    let count = |declared, found| vec![Note::EdgeCount { declared, found }];
    let clean = Cleanup::default();
    let rows: [(&[u8], Cleanup, Vec<Note>, &str); 6] = [
        (
            b"p edge 3 2\ne 1 2\ne 2 1\n",
            Cleanup { duplicates: 1, ..clean },
            vec![],
            "1 repeated edges and 0 self-loops; expected none",
        ),
        (
            b"p edge 3 2\ne 1 2\ne 3 3\n",
            Cleanup { self_loops: 1, ..clean },
            vec![],
            "0 repeated edges and 1 self-loops; expected none",
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
            "1 repeated edges and 0 self-loops; expected none",
        ),
        (
            b"p edge 3 1\ne 1 2\ne 1 3\n",
            clean,
            count(1, 2),
            "the header says 1 edges, the file lists 2",
        ),
        (
            b"\x02\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0",
            clean,
            vec![Note::OneWay(1)],
            "1 edges are given in one direction only",
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
fn edge_list_names() {
    let read = |text: &str| read_bytes(text.as_bytes(), "f.txt", &ReadOptions::default()).unwrap();
    let names = |text: &str| {
        let loaded = read(text);
        loaded.labels.map(|labels| labels.iter().map(String::from).collect::<Vec<_>>())
    };
    // Ids are kept, those that nobody uses too.
    assert_eq!((names("1 2\n7 9\n"), read("1 2\n7 9\n").graph.n()), (None, 10));
    assert_eq!(
        names("4000000000 1\n5 5\n"),
        Some(vec!["1".into(), "5".into(), "4000000000".into()])
    );
    assert_eq!(names("b a\na c\n"), Some(vec!["b".into(), "a".into(), "c".into()]));
    assert_eq!(names("9 3\n3 x\n"), Some(vec!["3".into(), "9".into(), "x".into()]));
    assert_eq!(names("01 1\n"), Some(vec!["01".into(), "1".into()]));
    assert_eq!(names("New York\tBoston\t3\n"), Some(vec!["New York".into(), "Boston".into()]));
    assert_eq!(names("1, x y ,7\n"), Some(vec!["1".into(), "x y".into()]));
    let heading = read("Source,Target\n0,1\n");
    assert_eq!((heading.labels, heading.notes), (None, vec![Note::Heading]));
}

#[test]
fn colourings() {
    let of = |bytes: &[u8]| {
        read_coloring_from(bytes, "f", 3, None)
            .map(|c| c.colors().to_vec())
            .map_err(|e| e.to_string())
    };
    assert_eq!(of(b"s col 2\nl 2 2\nl 1 1\nl 3 1\n"), Ok(vec![0, 1, 0]));
    assert_eq!(of(b"l 2 1\nl 1 0\nl 3 0\n"), Ok(vec![0, 1, 0]));
    assert_eq!(of(b"[0, 1, 0]"), Ok(vec![0, 1, 0]));
    assert_eq!(of(b"2 5\n0 4\n1 4\n"), Ok(vec![4, 4, 5]));
    let rows: [(&[u8], &str); 8] = [
        (b"", "f: the file is empty; expected a graph or a colouring"),
        (
            b"0\n1\n",
            "f: the file ends too early: expected 3 colours, one a vertex, found 2; vertex 2 (counted from 0) has none",
        ),
        (
            b"0\n1\n0\n1\n",
            "f, line 4: more than the header says: expected 3 colours, one a vertex, found a further line",
        ),
        (b"0\n-1\n0\n", "f, line 2: expected a colour (0 to 65534), found \"-1\""),
        (b"0\n65535\n0\n", "f, line 2: expected a colour (0 to 65534), found \"65535\""),
        (b"l 1 1\nl 4 1\n", "f, line 2: expected one of 3 vertices, counted from 1, found \"4\""),
        (
            b"l 1 1\nl 1 2\n",
            "f, line 2: expected one colour for vertex 0 (counted from 0), found 1 and 2",
        ),
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
}
