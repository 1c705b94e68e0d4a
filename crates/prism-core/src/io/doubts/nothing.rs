//! Words for nothing where a name belongs, as in `T: none`: a vertex of this name, or no neighbour.

use super::Named;
use crate::io::error::ErrorKind;

/// The words, in any case. `NA` is none: it is Namibia too.
const WORDS: [&str; 13] = [
    "none", "null", "nil", "nan", "n/a", "(none)", "[]", "-", "--", "---", "\u{2013}", "\u{2014}",
    "?",
];

/// Whether a name is a word for nothing.
pub(in crate::io) fn is_word_for_nothing(name: &str) -> bool {
    name.len() <= 6 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(name))
}

/// Refuses a word for nothing that stands behind another name wherever it stands.
pub(super) fn refuse(named: &Named<'_>) -> Result<(), ErrorKind> {
    let mut names = (0..named.names.len() as u32).map(|v| (v, named.names.name(v)));
    let nothing = |v, name: &str| is_word_for_nothing(name) || (named.is_nothing)(v);
    let found = names.find(|&(v, name)| nothing(v, name) && (named.is_behind)(v));
    let Some((v, name)) = found.filter(|&(v, _)| named.graph.degree(v) > 0) else { return Ok(()) };
    let other = named.names.name(named.graph.neighbors(v)[0]);
    let readings = format!(
        "an edge to a vertex {name:?}, or {other:?} without neighbours, which stands alone on its line, with a \
colon behind it where the others have one"
    );
    Err(named.doubt(format!("{other} {name}"), readings))
}
