//! Languages and forms that are known by how they begin.

use std::collections::HashSet;

use super::Line;
use crate::io::lexer::{self, trim};

/// The language of the lines, if it is known.
pub(super) fn language(lines: &[Line<'_>]) -> Option<&'static str> {
    let mut texts = lines.iter().map(|line| line.text).skip_while(|text| text.starts_with(b"//"));
    let begins = texts.next()?;
    let text = begins.to_ascii_lowercase();
    let behind = trim(&begins[1..]).first();
    let starts = |words: &[&[u8]]| words.iter().any(|word| text.starts_with(word));
    if gml(lines) {
        return Some("a GML file");
    }
    match begins[0] {
        b'{' if matches!(behind, None | Some(b'"' | b'}')) => Some("JSON"),
        b'[' if matches!(behind, None | Some(b'"' | b'{' | b'[' | b']' | b'0'..=b'9')) => {
            Some("JSON")
        }
        b'<' if matches!(behind, Some(b'?' | b'!'))
            || starts(&[b"<graphml", b"<gexf", b"<html"]) =>
        {
            Some("XML, as in GraphML or GEXF")
        }
        b'*' if starts(&[b"*vertices", b"*network", b"*edges", b"*arcs", b"*matrix"]) => {
            Some("a Pajek file")
        }
        b'>' if starts(&[b">>sparse6<<"]) => Some("a sparse6 file"),
        b'>' if starts(&[b">>digraph6<<"]) => Some("a digraph6 file"),
        b'@' if starts(&[b"@nodes", b"@arcs", b"@edges"]) => Some("a LEMON graph file"),
        b'n' | b'N' if starts(&[b"nodedef>"]) => Some("a GDF file"),
        b'd' | b'D' if starts(&[b"dl ", b"dl\t"]) && text.contains(&b'=') => {
            Some("a UCINET DL file")
        }
        b'a' | b'p' => shortest_paths(lines),
        _ => tsplib(lines).then_some("a TSPLIB file"),
    }
}

/// A word `graph` and a bracket behind it, in one of the first lines.
fn gml(lines: &[Line<'_>]) -> bool {
    const LINES: usize = 6;
    let mut texts = lines.iter().map(|line| line.text.to_ascii_lowercase()).take(LINES).peekable();
    while let Some(text) = texts.next() {
        let rest = text.strip_prefix(b"graph").map(trim);
        let bracket = |text: &[u8]| text.first() == Some(&b'[');
        let mut next = || texts.peek().is_some_and(|text| bracket(text));
        if rest.is_some_and(|rest| bracket(rest) || rest.is_empty() && next()) {
            return true;
        }
    }
    false
}

/// The lines that name the kind and the size of a problem.
fn tsplib(lines: &[Line<'_>]) -> bool {
    const LINES: usize = 10;
    let word = |word: &[u8]| {
        lines.iter().take(LINES).any(|line| {
            let rest = line.text.strip_prefix(word).map(trim);
            rest.is_some_and(|rest| rest.first() == Some(&b':'))
        })
    };
    word(b"TYPE") && word(b"DIMENSION")
}

/// Arcs `a FROM TO LENGTH` of the DIMACS challenge on shortest paths, all lines of them.
fn shortest_paths(lines: &[Line<'_>]) -> Option<&'static str> {
    let arc = |line: &Line<'_>| {
        let words: Vec<&[u8]> = lexer::words(line.text).collect();
        let integers = || words[1..].iter().all(|word| lexer::integer(word).is_some());
        words.len() == 4 && words[0] == b"a" && integers()
    };
    let (first, rest) = lines.split_first()?;
    let header = first.text.starts_with(b"p sp ");
    ((header || arc(first)) && !rest.is_empty() && rest.iter().all(arc))
        .then_some("a DIMACS shortest-path file")
}

/// The multiline adjacency lists of NetworkX: a vertex and the number of its neighbours, then a neighbour and its
/// attributes a line.
pub(super) fn multiline_list(lines: &[Line<'_>], all: bool) -> Option<&'static str> {
    let mut left = 0;
    let mut attributes = false;
    for line in lines {
        let mut fields = line.fields().skip(1);
        match (left, fields.next()) {
            (0, Some(number)) if fields.next().is_none() => left = lexer::integer(number)?,
            (0, _) => return None,
            (_, Some(behind)) if !behind.starts_with(b"{") => return None,
            (_, behind) => {
                attributes |= behind.is_some();
                left -= 1;
            }
        }
    }
    (attributes && (left == 0 || !all)).then_some("a multiline adjacency list of NetworkX")
}

/// Forms that are known by their comments: bipartite lists of KONECT, LGL, and TGF, whose names and edges are
/// divided by a line `#`.
pub(super) fn by_comments(head: &[u8], complete: bool) -> Option<(&'static str, &'static str)> {
    if is_lgl(head, complete) {
        return Some((
            "an LGL file, with a vertex behind each # and its neighbours below",
            "it is not read",
        ));
    }
    let first = trim(lexer::split_line(head).0);
    let mut words = lexer::words(first);
    if words.next() == Some(b"%") && words.next() == Some(b"bip") {
        let advice = "its columns count their vertices apart, so that 1 and 1 are two; give them different names";
        return Some(("a bipartite list of KONECT", advice));
    }
    let mut parts = head.split(|&b| b == b'\n').map(trim).filter(|line| !line.is_empty());
    let before: HashSet<&[u8]> = parts
        .by_ref()
        .take_while(|line| *line != b"#")
        .filter_map(|l| lexer::words(l).next())
        .collect();
    let mut edges = 0;
    let all = parts.all(|line| {
        edges += 1;
        let mut ends = lexer::words(line).take(2);
        let known = |word: Option<&[u8]>| word.is_some_and(|word| before.contains(word));
        known(ends.next()) && known(ends.next())
    });
    let what = "a TGF file, with the names of vertices above a line # and the edges below";
    (all && edges > 0)
        .then_some((what, "it is not read; the lines below the # alone are an edge list"))
}

/// Whether lines `# a` stand above those of the neighbours of `a`, which may have a weight. Two at least are
/// different words, and one of them stands in another line, which titles of parts do not.
fn is_lgl(head: &[u8], complete: bool) -> bool {
    let mut lines: Vec<&[u8]> = head.split(|&b| b == b'\n').map(trim).collect();
    if !complete {
        lines.pop();
    }
    lines.retain(|line| !line.is_empty());
    let (mut vertices, mut neighbors) = (HashSet::new(), HashSet::new());
    let starts = lines.first().is_some_and(|line| line.starts_with(b"#"));
    let fits = lines.iter().all(|line| {
        let mut words = lexer::words(line.strip_prefix(b"#").unwrap_or(line));
        let (first, second, third) = (words.next(), words.next(), words.next());
        match (first, second) {
            (Some(vertex), None) if line.starts_with(b"#") => vertices.insert(vertex),
            (Some(neighbor), weight) => {
                let is_number =
                    |word| std::str::from_utf8(word).is_ok_and(|w| w.parse::<f64>().is_ok());
                neighbors.insert(neighbor);
                !line.starts_with(b"#") && third.is_none() && weight.is_none_or(is_number)
            }
            (None, _) => false,
        }
    });
    starts && fits && vertices.len() > 1 && !vertices.is_disjoint(&neighbors)
}
