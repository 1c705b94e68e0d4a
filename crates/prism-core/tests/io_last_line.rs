//! The end of an edge list: marks that look like vertices. And its front: comments that give sizes.

#![allow(clippy::unwrap_used)]

use prism_core::io::{Format, Loaded, Note, ReadError, ReadOptions, read_bytes};
use proptest::prelude::*;

fn read(text: &str, end_mark: Option<bool>) -> Result<Loaded, ReadError> {
    read_bytes(text.as_bytes(), "f", &ReadOptions { end_mark, ..ReadOptions::default() })
}

/// The vertices as the file calls them, and the number of edges.
fn graph(loaded: &Loaded) -> (String, usize) {
    let names: Vec<String> = loaded.graph.vertices().map(|v| loaded.vertex_name(v)).collect();
    (names.join(" "), loaded.graph.m())
}

#[test]
fn marks_of_the_end_are_in_doubt() {
    let numbers = ["0 0", "0", "-1", "-1 -1", "END", "0 0\n\n# that is all", "0,0"];
    for (text, names, marks) in [
        ("1 2\n2 3\n", "1 2 3", &numbers[..]),
        ("3 2\n1 2\n2 3\n", "1 2 3", &numbers),
        ("1 2 5\n2 3 7\n", "1 2 3", &["0 0 0", "-1 -1 -1", "0"]),
        ("a b\nb c\n", "a b c", &["end", "0 0", "-1", "EOF"]),
    ] {
        for mark in marks {
            let text = format!("{text}{mark}\n");
            let message = read(&text, None).unwrap_err().to_string();
            let line =
                text.lines().position(|line| line == mark.lines().next().unwrap()).unwrap() + 1;
            assert!(message.contains(&format!("f, line {line}: ")), "{message}");
            assert!(message.contains("a mark of the end"), "{message}");
            assert!(message.contains("--end-mark yes or --end-mark no decides"), "{message}");
            let loaded = read(&text, Some(true)).unwrap();
            assert_eq!(graph(&loaded), (names.to_owned(), 2), "{text}");
            assert!(loaded.notes.contains(&Note::EndMark), "{text}");
            if !text.starts_with("3 2") {
                let loaded = read(&text, Some(false)).unwrap();
                assert!(!loaded.notes.contains(&Note::EndMark), "{text}");
                assert!(loaded.graph.n() >= 4, "{text}");
            }
        }
    }
}

#[test]
fn last_lines_as_the_others() {
    for (text, names, m) in [
        ("0 1\n1 2\n0 0\n", "0 1 2", 2),
        ("0 1\n1 2\n0\n", "0 1 2", 2),
        ("-1 2\n2 3\n3 -1\n-1\n", "-1 2 3", 3),
        ("end b\nb c\nend\n", "end b c", 2),
        ("3 2\n1 2\n0 0\n", "0 1 2", 1),
        ("# edges: 1\n1 2\n0\n", "0 1 2", 1),
        ("# edges: 2\n1 2\n0 0\n", "0 1 2", 1),
        ("a b\nb c\nvis\n", "a b c vis", 2),
    ] {
        assert_eq!(graph(&read(text, None).unwrap()), (names.to_owned(), m), "{text}");
    }
    let message = read("1 2\n2 3\n", Some(true)).unwrap_err().to_string();
    assert!(message.contains("expected a mark of the end in the last line"), "{message}");
}

#[test]
fn a_mark_far_behind_is_seen() {
    // The file ends where a block does, or close to it: blocks are a megabyte long.
    for behind in [-70i64, -5, -4, -3, -1, 0, 1, 4, 5] {
        let mut text = String::from("1 2\n2 3\n");
        let length = ((1 << 20) + behind) as usize;
        while text.len() + 1100 < length {
            text += "# ";
            text += &"a comment ".repeat(100);
            text += "\n";
        }
        text += &" ".repeat(length - 5 - text.len());
        text += "\n0 0\n";
        assert_eq!(text.len(), length);
        let message = read(&text, None).unwrap_err().to_string();
        assert!(message.contains("a mark of the end"), "{message}");
        assert_eq!(graph(&read(&text, Some(true)).unwrap()), ("1 2 3".to_owned(), 2));
    }
}

#[test]
fn a_comment_may_say_how_many_vertices_there_are() {
    let numbered =
        |from: u32, to: u32| (from..=to).map(|v| v.to_string()).collect::<Vec<_>>().join(" ");
    for (text, from, to) in [
        ("# vertices: 5\n0 1\n1 3\n", 0, 4),
        ("# vertices: 5\n1 2\n2 5\n", 1, 5),
        ("# vertices: 5\n# edges: 2\n1 2\n2 5\n", 1, 5),
        ("# vertices: 5\n0\n1 2\n", 0, 4),
        ("# vertices: 5\n1 2\n5\n", 1, 5),
        ("# vertices: 5\n", 0, 4),
        ("# vertices: 3\n1 2\n2 3\n", 1, 3),
    ] {
        let loaded = read(text, None).unwrap();
        assert_eq!((graph(&loaded).0, &loaded.notes), (numbered(from, to), &vec![]), "{text}");
    }
    let message = read("# vertices: 5\n1 2\n2 3\n", None).unwrap_err().to_string();
    assert!(message.contains("vertices 0 to 4, or 1 to 5"), "{message}");
    // The number of different names.
    let loaded = read("# vertices: 3\n10 20\n20 30\n", None).unwrap();
    assert_eq!((graph(&loaded).0.as_str(), loaded.notes), ("10 20 30", vec![Note::Gaps(18)]));
    for (text, note) in [
        ("# vertices: 4\n10 20\n20 30\n", "a comment says 4 vertices, the file has 3"),
        ("# vertices: 4\na b\nb c\n", "a comment says 4 vertices, the file has 3"),
        ("# edges: 3\n1 2\n2 3\n", "the header says 3 edges, the file lists 2"),
        ("# edges: 3\na b\nb c\n", "the header says 3 edges, the file lists 2"),
    ] {
        let loaded = read(text, None).unwrap();
        assert!(loaded.notes.iter().any(|found| found.to_string() == note), "{:?}", loaded.notes);
        let strict = ReadOptions { strict: true, ..ReadOptions::default() };
        let message = read_bytes(text.as_bytes(), "f", &strict).unwrap_err().to_string();
        assert!(message.contains(note), "{message}");
    }
}

proptest! {
    /// Whatever the numbers are, a last line with one of them is no mark.
    #[test]
    fn edges_are_never_taken_for_marks(
        edges in prop::collection::vec((0u32..6, 0u32..6), 1..12), last in 0u32..3, loops: bool,
    ) {
        let edges: Vec<_> = edges.into_iter().chain([(last, 7), (7, 8)]).collect();
        let mut text = String::from("# by hand\n8 7\n");
        edges.iter().for_each(|(u, v)| text += &format!("{u} {v}\n"));
        text += &if loops { format!("{last} {last}\n") } else { format!("{last}\n") };
        let options = ReadOptions {
            heading: Some(false), format: Some(Format::EdgeList), ..ReadOptions::default()
        };
        let loaded = read_bytes(text.as_bytes(), "f", &options).unwrap();
        prop_assert_eq!(loaded.cleanup.self_loops > 0, loops || edges.iter().any(|(u, v)| u == v));
        prop_assert!(loaded.graph.vertices().any(|v| loaded.vertex_name(v) == last.to_string()));
    }
}
