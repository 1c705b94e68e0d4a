//! Lines of integers, which are parsed in parallel.

use crate::io::lexer::Cursor;
use crate::io::names::{one_integer, two_integers};

/// Integers of a block of lines.
#[derive(Default)]
pub(super) struct Parsed {
    pub(super) edges: Vec<(u32, u32)>,
    /// Vertices that stand alone on a line.
    pub(super) alone: Vec<u32>,
    pub(super) lines: u64,
    /// Where the first line starts that does not name one or two integers, or begins with a tab.
    pub(super) other: Option<usize>,
    /// Whether lines have more than two columns.
    pub(super) more_columns: bool,
}

/// Parses lines of integers, up to the first line that is anything else.
pub(super) fn parse(block: &[u8], parsed: &mut Parsed) {
    let mut cursor = Cursor::new(block);
    parsed.edges.clear();
    parsed.edges.reserve(block.len() / 10);
    parsed.alone.clear();
    (parsed.lines, parsed.other, parsed.more_columns) = (0, None, false);
    let mut more = false;
    while !cursor.at_end() {
        let line_start = cursor.position();
        cursor.skip_blanks();
        match cursor.byte() {
            b'\n' => cursor.step(),
            b'#' | b'%' => cursor.skip_line(),
            // An indent, or an empty cell.
            _ if block[line_start..cursor.position()].contains(&b'\t') => {
                parsed.other = Some(line_start);
                break;
            }
            _ => {
                let mut start = cursor.clone();
                if let Some(edge) = two_integers(&mut cursor, &mut more) {
                    parsed.edges.push(edge);
                } else if let Some(v) = one_integer(&mut start) {
                    parsed.alone.push(v);
                    cursor = start;
                } else {
                    parsed.other = Some(line_start);
                    break;
                }
            }
        }
        parsed.lines += 1;
    }
    parsed.more_columns = more;
}
