//! Which palettes of k colours are worth a try.
//!
//! A colour that a list names is worth no less than one that none names. So a palette has all named
//! colours if there are no more than k, and is made of them alone if there are more. Where the sets of k
//! named colours are few, all of them are listed, and a colouring with k different colours exists only by
//! one of them. Where they are many, the neighbours of the palette in use are: without one of its
//! colours, and with one exchanged.

use super::domains::Domains;
use prism_core::{Color, Graph};
use std::collections::{BTreeMap, BTreeSet};

/// Sets of named colours that are few enough to be listed.
const ALL: usize = 256;

/// The most neighbours of the palette in use that are listed.
const NEIGHBORS: usize = 1024;

/// Palettes, the most promising first.
pub(crate) struct Palettes {
    /// Each increasing.
    pub list: Vec<Vec<Color>>,
    /// Whether a colouring by any palette of this size would be one by one of the list.
    pub complete: bool,
}

impl Palettes {
    /// Palettes of `k` colours where `colors`, a colouring within the lists, uses more.
    pub fn new(domains: &Domains, colors: &[Color], k: usize) -> Self {
        let named = domains.named();
        let mut sizes = BTreeMap::<Color, usize>::new();
        for &color in colors {
            *sizes.entry(color).or_default() += 1;
        }
        if k >= named.len() {
            let used = sizes.keys().copied();
            let others = used.chain(0..Color::MAX).filter(|c| named.binary_search(c).is_err());
            let mut seen = BTreeSet::new();
            let others = others.filter(|&c| seen.insert(c)).take(k - named.len());
            let mut palette: Vec<Color> = named.iter().copied().chain(others).collect();
            palette.sort_unstable();
            return Self { list: vec![palette], complete: true };
        }
        let (mut list, complete) = match subsets(&named, k) {
            Some(all) => (all, true),
            None => (neighbors(&named, &sizes, k), false),
        };
        // The fewer vertices have to change, the better.
        list.sort_by_cached_key(|palette| {
            let kept: usize = palette.iter().filter_map(|color| sizes.get(color)).sum();
            std::cmp::Reverse(kept)
        });
        Self { list, complete }
    }
}

/// Whether every list has a colour of the palette.
pub(crate) fn serves(palette: &[Color], graph: &Graph<'_>, domains: &Domains) -> bool {
    let hits = |list: &[Color]| list.iter().any(|c| palette.binary_search(c).is_ok());
    graph.vertices().filter_map(|v| domains.of(v)).all(hits)
}

/// All subsets of `k` colours, if they are few.
fn subsets(named: &[Color], k: usize) -> Option<Vec<Vec<Color>>> {
    let mut number = 1usize;
    for i in 0..k.min(named.len() - k) {
        number = number.checked_mul(named.len() - i)? / (i + 1);
        if number > ALL {
            return None;
        }
    }
    let mut all = vec![Vec::new()];
    for (i, &color) in named.iter().enumerate() {
        let rest = named.len() - i - 1;
        let with = all.iter().filter(|set| set.len() < k).map(|set: &Vec<Color>| {
            let mut set = set.clone();
            set.push(color);
            set
        });
        let with: Vec<_> = with.collect();
        // Without it, what is left must still be enough.
        all.retain(|set| set.len() + rest >= k);
        all.extend(with);
    }
    Some(all)
}

/// The palette in use without the colours that it has too many, and with one of the others exchanged.
fn neighbors(named: &[Color], sizes: &BTreeMap<Color, usize>, k: usize) -> Vec<Vec<Color>> {
    let size = |color: &Color| sizes.get(color).copied().unwrap_or(0);
    // Those with the fewest vertices go first, and those in no use come in as they are numbered.
    let mut by_size = named.to_vec();
    by_size.sort_by_key(|color| std::cmp::Reverse(size(color)));
    let (inside, outside) = by_size.split_at((k + 1).min(by_size.len()));
    let mut found = BTreeSet::new();
    let mut keep = |palette: Vec<Color>| {
        let mut palette = palette;
        palette.sort_unstable();
        found.insert(palette);
    };
    let without = |at: usize| {
        let mut rest = inside.to_vec();
        rest.remove(at);
        rest
    };
    (0..inside.len()).for_each(|at| keep(without(at)));
    let pairs = (0..inside.len()).rev().flat_map(|i| (0..i).rev().map(move |j| (i, j)));
    let exchanges = pairs.flat_map(|(i, j)| outside.iter().map(move |&new| (i, j, new)));
    for (i, j, new) in exchanges.take(NEIGHBORS) {
        let mut palette = without(i);
        palette[j] = new;
        keep(palette);
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those that serve.
    fn palettes(lists: &[(u32, &[Color])], colors: &[Color], k: usize) -> Palettes {
        let graph = Graph::empty(colors.len());
        let lists = lists.iter().map(|&(v, list)| (v, list.to_vec()));
        let domains = Domains::new(&graph, lists, &[]).unwrap();
        let mut found = Palettes::new(&domains, colors, k);
        found.list.retain(|palette| serves(palette, &graph, &domains));
        found
    }

    #[test]
    fn all_named_colours_and_then_others_that_are_in_use() {
        let found = palettes(&[(0, &[1, 8])], &[1, 5, 7], 3);
        assert_eq!((found.list, found.complete), (vec![vec![1, 5, 8]], true));
    }

    #[test]
    fn every_subset_that_every_list_has_a_colour_of() {
        let found = palettes(&[(0, &[1, 8]), (1, &[1, 2]), (2, &[3, 2])], &[8, 1, 3], 2);
        assert!(found.complete);
        assert_eq!(found.list, [[1, 3], [1, 2], [2, 8]]);
    }

    #[test]
    fn of_many_subsets_the_neighbours() {
        let many: Vec<Color> = (0..30).collect();
        let found = palettes(&[(0, &many), (1, &[5, 6])], &[3, 5, 7, 7, 5, 9], 3);
        assert!(!found.complete);
        assert!(found.list.iter().all(|palette| palette.len() == 3));
        assert!(found.list.contains(&vec![3, 5, 7]) && found.list.contains(&vec![6, 7, 9]));
        assert!(!found.list.contains(&vec![3, 7, 9]), "vertex 1 has no colour of it");
        let unique: BTreeSet<_> = found.list.iter().collect();
        assert_eq!(unique.len(), found.list.len());
    }
}
