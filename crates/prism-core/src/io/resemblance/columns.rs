//! Lines of names that are not what edge lists have in their columns: lists of neighbours without a
//! colon, edges as `a-b`, as `(a, b)` or with arrows.
//!
//! Columns behind the second are weights, times and the like, and are skipped. They are not where they
//! may be names: text beside names that are text, or integers that are vertices beside integers.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Found, Line, tables};
use crate::io::lexer;
use crate::io::names::{Names, as_integer, is_heading_word, names};

/// The shape of a right line.
const NEIGHBORS: &str = "with a colon behind the first name (\"a: b, c\") a line is read as a list of \
neighbours; columns that are no names are skipped below a line that names them";

/// What to do about a third column.
const THIRD: &str = "--format edge-list reads two names in each line and skips what follows; a list of \
neighbours has a colon behind the first name (\"a: b, c\")";

/// Looks at the columns. `heading` is what is known of the first line.
pub(super) fn check<'l, 'h>(lines: &'l [Line<'h>], heading: Option<bool>) -> Option<Found<'l, 'h>> {
    let read: Option<Vec<Names<'_>>> = lines.iter().map(|line| names(line.text).ok()).collect();
    foreign_comment(lines)
        .or_else(|| tables::unnamed_or_barred(lines))
        .or_else(|| dashes(lines))
        .or_else(|| brackets_or_arrows(lines))
        .or_else(|| colons_within(lines))
        .or_else(|| alone(lines))
        // What is wrong with a line is for the reader to say.
        .or_else(|| {
            let read = read?;
            tables::column_without_name(lines, &read)
                .or_else(|| comment_or_name(lines, &read))
                .or_else(|| further_columns(lines, &read, heading))
                .or_else(|| tables::numbered_rows(lines, &read))
        })
}

/// What begins the comments of other languages.
const COMMENTS: [&[u8]; 5] = [b"//", b"/*", b"--", b"!", b";"];

/// A line that begins as the comments of other languages do.
fn foreign_comment<'l, 'h>(lines: &'l [Line<'h>]) -> Option<Found<'l, 'h>> {
    let begins = |line: &&Line<'_>| {
        let first = lexer::words(line.text).next().unwrap_or_default();
        let more = first.len() < line.text.len();
        more && COMMENTS.contains(&first) || first.starts_with(b"//")
    };
    Some(Found {
        line: lines.iter().find(begins)?,
        what: "a comment in another language",
        advice: "comments of an edge list begin with # or %",
    })
}

/// Edges as `a-b`: words that all have a dash within them. Two in each line are rather two names, as
/// `CS-101 MA-202`, unless a part stands on both sides of a dash.
fn dashes<'l, 'h>(lines: &'l [Line<'h>]) -> Option<Found<'l, 'h>> {
    let (mut left, mut right) = (HashSet::new(), HashSet::new());
    for field in lines.iter().flat_map(Line::fields) {
        let mut parts = field.split(|&b| b == b'-');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(a @ [_, ..]), Some(b @ [_, ..]), None) => {
                left.insert(a);
                right.insert(b);
            }
            _ => return None,
        }
    }
    let pairs = lines.iter().all(|line| line.fields().count() == 2);
    let edges = !pairs || left.intersection(&right).next().is_some();
    edges.then(|| Found {
        line: &lines[0],
        what: "edges with a dash between their ends",
        advice: "a line of an edge list is one edge, with a blank or a comma between the names (\"a b\")",
    })
}

/// Edges as `(a, b)`, `a -> b` or `a -- b` in all lines; a colon in some.
fn brackets_or_arrows<'l, 'h>(lines: &'l [Line<'h>]) -> Option<Found<'l, 'h>> {
    let bracket = |line: &Line<'_>| {
        matches!(
            line.text,
            [b'(', .., b')' | b',' | b';'] | [b'[', .., b']' | b','] | [b'{', .., b'}' | b',']
        )
    };
    let is_arrow = |field: &[u8]| {
        let text = std::str::from_utf8(field).unwrap_or_default();
        !text.is_empty() && text.chars().all(|c| "-<>=–—→↔".contains(c))
    };
    let arrow = |line: &Line<'_>| line.fields().nth(1).is_some_and(is_arrow);
    let colon = |line: &&Line<'_>| {
        line.fields().next().is_some_and(|name| name.len() > 1 && name.ends_with(b":"))
    };
    let advice =
        "a line of an edge list is two names with a blank or a comma between them (\"a b\")";
    // As in `add_edge(a, b)`: the bracket of the first word is closed at the end of the line.
    let call = |line: &Line<'_>| {
        let first = line.fields().next().unwrap_or_default();
        let end = line.text.strip_suffix(b";").unwrap_or(line.text).last();
        let opens = |open, close| first.contains(&open) && !first.contains(&close);
        opens(b'(', b')') && end == Some(&b')') || opens(b'[', b']') && end == Some(&b']')
    };
    let what = if lines.iter().all(|line| bracket(line) || call(line)) {
        "edges in brackets"
    } else if lines.iter().all(arrow) {
        "edges with an arrow between their ends"
    } else {
        let line = lines.iter().find(colon)?;
        let what = "a list of neighbours with a colon in some lines only";
        return Some(Found { line, what, advice: NEIGHBORS });
    };
    Some(Found { line: &lines[0], what, advice })
}

/// A colon in the first word of all lines but those of one word, which are different in front of it, and in
/// no other word: `NSW:V Q`.
fn colons_within<'l, 'h>(lines: &'l [Line<'h>]) -> Option<Found<'l, 'h>> {
    let mut fronts = HashSet::new();
    let all = lines.iter().all(|line| {
        let mut fields = line.fields();
        let parts: Vec<&[u8]> = fields.next().unwrap_or_default().split(|&b| b == b':').collect();
        let colon = |field: &[u8]| field.contains(&b':');
        match (&parts[..], fields.next()) {
            ([_], None) => true,
            ([front @ [_, ..], [_, ..]], second) => {
                fronts.insert(*front) && !second.into_iter().chain(fields).any(colon)
            }
            _ => false,
        }
    });
    (all && !fronts.is_empty()).then(|| Found {
        line: &lines[0],
        what: "a list of neighbours without a blank behind its colons",
        advice: NEIGHBORS,
    })
}

/// A word behind a blank that begins with a `#`, as the second name of a line.
fn comment_or_name<'l, 'h>(lines: &'l [Line<'h>], read: &[Names<'_>]) -> Option<Found<'l, 'h>> {
    // Quoted names are owned.
    let hash = |names: &&Names<'_>| matches!(&names.second, Some(Cow::Borrowed(name)) if name.starts_with('#'));
    let at = read.iter().position(|names| !names.separated && hash(&names))?;
    Some(Found {
        line: &lines[at],
        what: "a comment without a blank behind its #, or a name that begins with one",
        advice: "a comment behind names is read as one with blanks around the #, and quotation marks make it a name",
    })
}

/// Single names in all lines.
fn alone<'l, 'h>(lines: &'l [Line<'h>]) -> Option<Found<'l, 'h>> {
    let single = |line: &Line<'_>| names(line.text).is_ok_and(|names| names.second.is_none());
    lines.iter().all(single).then(|| Found {
        line: &lines[0],
        what: "a list of names without any edge",
        advice: "a line of an edge list is two names with a blank or a comma between them (\"a b\")",
    })
}

/// Columns behind the second that may be names.
fn further_columns<'l, 'h>(
    lines: &'l [Line<'h>],
    read: &[Names<'_>],
    heading: Option<bool>,
) -> Option<Found<'l, 'h>> {
    let first = read.first()?;
    let integers = |names: &Names<'_>| {
        let second = names.second.as_ref().is_none_or(|name| as_integer(name).is_some());
        second && as_integer(&names.first).is_some()
    };
    let known = is_heading_word(&first.first)
        && first.second.as_ref().is_some_and(|name| is_heading_word(name));
    let above = !integers(first) && read.len() > 1 && read[1..].iter().all(integers);
    // A heading says that there are columns.
    if heading != Some(false) && (known || above) || heading == Some(true) {
        return None;
    }
    let at = if read.iter().all(integers) {
        neighbor_integers(lines, read)?
    } else {
        neighbor_names(read)?
    };
    let line = &lines[at];
    if is_third_column(read) {
        let what = "edges with a third column, or a list of neighbours";
        return Some(Found { line, what, advice: THIRD });
    }
    Some(Found {
        line,
        what: "a list of neighbours, or edges with further columns",
        advice: NEIGHBORS,
    })
}

/// Whether the lines have three columns, and what stands in the third is in none of the others.
fn is_third_column(read: &[Names<'_>]) -> bool {
    let names: HashSet<&str> = tables::ends(read).collect();
    let third = |line: &Names<'_>| matches!(&line.further[..], [name] if !names.contains(&**name));
    read.iter().all(third)
}

/// A line whose further columns are text that is no number, or a name of a vertex.
fn neighbor_names(read: &[Names<'_>]) -> Option<usize> {
    let names: HashSet<&str> = tables::ends(read).collect();
    let is_number = |field: &str| {
        field.is_empty()
            || field.parse::<f64>().is_ok()
            || field.replace(',', ".").parse::<f64>().is_ok()
    };
    read.iter().position(|line| {
        !is_dictionary(&line.further)
            && line.further.iter().any(|field| !is_number(field) || names.contains(&**field))
    })
}

/// Attributes as NetworkX writes them: `{'weight': 7}`.
fn is_dictionary(further: &[Cow<'_, str>]) -> bool {
    let ends = (further.first(), further.last());
    matches!(ends, (Some(first), Some(last)) if first.starts_with('{') && last.ends_with('}'))
}

/// A line of integers that may be all neighbours: lines of various lengths, or of one length where
/// each begins with another vertex and holds only such, each once.
fn neighbor_integers(lines: &[Line<'_>], read: &[Names<'_>]) -> Option<usize> {
    // Behind the last neighbour a -1 may mark the end of the line.
    let marked = lines.iter().all(|line| line.fields().last() == Some(b"-1"));
    let count = |line: &Line<'_>| line.fields().count() - usize::from(marked);
    let only_integers = lines
        .iter()
        .all(|line| line.fields().take(count(line)).all(|field| lexer::integer(field).is_some()));
    if !only_integers {
        // No vertices then, whatever they are.
        return None;
    }
    if tables::is_of_numbers(lines, read, &count) {
        return Some(0);
    }
    let lengths = |lines: &[Line<'_>]| lines.iter().map(count).collect::<HashSet<_>>();
    // The first line may be `N M` above lines of three columns.
    let sized = lines.len() > 1 && count(&lines[0]) == 2 && lengths(&lines[1..]).len() == 1;
    let skipped = usize::from(sized);
    let (lines, read) = (&lines[skipped..], &read[skipped..]);
    let lengths = lengths(lines);
    if lengths.iter().all(|&length| length <= 2) {
        return None;
    }
    let firsts: HashSet<&str> = read.iter().map(|names| &*names.first).collect();
    let once = firsts.len() == read.len();
    if lengths.len() > 1 {
        let first = count(&lines[0]);
        let other = lines.iter().position(|line| count(line) != first)?;
        let odd = lengths.len() > 2 || lengths.iter().any(|length| !(2..=4).contains(length));
        return (once || odd).then_some(other + skipped);
    }
    let vertices: HashSet<&[u8]> = firsts.iter().map(|name| name.as_bytes()).collect();
    let neighbors = |line: &Line<'_>| {
        let fields: HashSet<&[u8]> = line.fields().take(count(line)).collect();
        fields.len() == count(line) && fields.is_subset(&vertices)
    };
    (once && lines.iter().all(neighbors)).then_some(skipped)
}
