//! Names that are rather several: a list of neighbours in one cell, or an edge without its blank.

use std::collections::HashMap;

use super::Named;
use crate::io::error::ErrorKind;
use crate::io::names::as_integer;

/// What may stand between the names of a list in one cell.
const BETWEEN: [char; 6] = [',', ';', '/', '|', '\t', ' '];

/// Refuses names whose parts are names themselves:
///
/// - any name, at commas, semicolons, slashes, bars and blanks (`NSW,"V,Q"` beside `V,NSW` and `Q,NSW`);
/// - a name alone on its line, at anything but letters and digits (`a-b` beside `a b`);
/// - a name alone on its line, at blanks, whose parts are parts of other names (`V NSW` beside `NSW V,Q`).
pub(super) fn refuse(named: &Named<'_>) -> Result<(), ErrorKind> {
    let Named { names, alone, .. } = *named;
    let doubt = |name: &str, or: &str| Err(named.doubt(name, format!("a vertex, {or}")));
    let are_names = |parts: &[&str]| parts.iter().all(|part| names.get(part).is_some());
    for name in (0..names.len() as u32).map(|v| names.name(v)) {
        if name.contains(BETWEEN)
            && parts(name, |c| BETWEEN.contains(&c)).is_some_and(|p| are_names(&p))
        {
            return doubt(name, "or a list of several");
        }
    }
    for name in alone.iter().map(|&v| names.name(v)) {
        if parts(name, |c| !c.is_alphanumeric()).is_some_and(|parts| are_names(&parts)) {
            return doubt(name, "or an edge (a line of which is \"a b\")");
        }
    }
    let words = |v: u32| parts(names.name(v), |c| c == ' ').filter(|words| is_alike(words));
    if !alone.iter().any(|&v| words(v).is_some()) {
        return Ok(());
    }
    // In how many names each word stands.
    let mut count: HashMap<&str, u32> = HashMap::new();
    for v in 0..names.len() as u32 {
        let mut words: Vec<&str> = names.name(v).split(' ').collect();
        words.sort_unstable();
        words.dedup();
        words.into_iter().for_each(|word| *count.entry(word).or_default() += 1);
    }
    for &v in alone {
        if words(v).is_some_and(|words| words.iter().all(|word| count[word] > 1)) {
            return doubt(names.name(v), "or an edge, with a blank where others have a comma");
        }
    }
    Ok(())
}

/// The parts of a name, if it has several.
fn parts(name: &str, is_between: impl Fn(char) -> bool) -> Option<Vec<&str>> {
    let parts: Vec<&str> = name.split(is_between).filter(|part| !part.is_empty()).collect();
    (parts.len() > 1).then_some(parts)
}

/// Whether words are all numbers or all text: `hall 1` is no edge.
fn is_alike(words: &[&str]) -> bool {
    let mut integers = words.iter().map(|word| as_integer(word).is_some());
    let first = integers.next();
    integers.all(|integer| Some(integer) == first)
}
