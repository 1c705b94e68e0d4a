//! What each vertex may have: the lists and the given colours together, and what follows from them at
//! once.
//!
//! A vertex with one colour left takes it from the lists of its neighbours, which may leave one of them
//! with one colour, and so on. That changes nothing about the colourings within the lists; where a
//! vertex is left with none, there is no such colouring.

use super::Impossibility;
use crate::BuildError;
use prism_core::{Color, Graph, MAX_COLORS};
use std::collections::BTreeSet;

/// The most different colours that lists may name. They become a clique, which has 8 million edges at
/// this size.
const MAX_NAMED: usize = 4096;

/// For each vertex the colours that it may have, increasing; nothing where it may have any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Domains(Vec<Option<Box<[Color]>>>);

impl Domains {
    /// Checks lists and given colours against the graph. That a given colour is not in its vertex's
    /// list is no error here: it leaves the vertex without a colour.
    pub fn new(
        graph: &Graph<'_>,
        lists: impl IntoIterator<Item = (u32, Vec<Color>)>,
        given: &[(u32, Color)],
    ) -> Result<Self, BuildError> {
        let vertices = graph.n();
        let mut domains: Vec<Option<Box<[Color]>>> = vec![None; vertices];
        for (vertex, mut colors) in lists {
            if let Some(&color) = colors.iter().find(|&&color| usize::from(color) >= MAX_COLORS) {
                return Err(BuildError::AllowedColor { vertex, color });
            }
            colors.sort_unstable();
            colors.dedup();
            let domain = domains.get_mut(vertex as usize);
            let domain = domain.ok_or(BuildError::AllowedVertex { vertex, vertices })?;
            if domain.as_ref().is_some_and(|before| **before != *colors) {
                return Err(BuildError::AllowedTwice { vertex });
            }
            *domain = Some(colors.into());
        }
        let mut fixed = vec![None; vertices];
        for &(vertex, color) in given {
            let before = fixed.get_mut(vertex as usize);
            let before = before.ok_or(BuildError::PrecoloredVertex { vertex, vertices })?;
            if usize::from(color) >= MAX_COLORS {
                return Err(BuildError::PrecoloredColor { vertex, color });
            }
            if let Some(first) = before.replace(color)
                && first != color
            {
                return Err(BuildError::PrecoloredTwice { vertex, first, second: color });
            }
            let domain = &mut domains[vertex as usize];
            let allowed = domain.as_ref().is_none_or(|list| list.binary_search(&color).is_ok());
            *domain = Some(if allowed { [color].into() } else { [].into() });
        }
        let domains = Self(domains);
        match domains.named().len() {
            ..=MAX_NAMED => Ok(domains),
            colors => Err(BuildError::AllowedColors { colors, limit: MAX_NAMED }),
        }
    }

    /// The colours that `v` may have; nothing if it may have any.
    pub fn of(&self, v: u32) -> Option<&[Color]> {
        self.0[v as usize].as_deref()
    }

    /// The colour of `v` if it may have no other.
    pub fn only(&self, v: u32) -> Option<Color> {
        match self.of(v) {
            Some(&[color]) => Some(color),
            _ => None,
        }
    }

    /// Whether `v` may have `color`.
    pub fn allows(&self, v: u32, color: Color) -> bool {
        self.of(v).is_none_or(|list| list.binary_search(&color).is_ok())
    }

    /// The colours that some list names, increasing.
    pub fn named(&self) -> Vec<Color> {
        let mut named = vec![false; MAX_COLORS + 1];
        for &color in self.0.iter().flatten().flat_map(|list| list.iter()) {
            named[usize::from(color)] = true;
        }
        (0..=Color::MAX).filter(|&color| named[usize::from(color)]).collect()
    }

    /// The vertices with one colour left, and that colour.
    pub fn fixed(&self) -> Vec<(u32, Color)> {
        (0..self.0.len() as u32).filter_map(|v| Some((v, self.only(v)?))).collect()
    }

    /// Takes every only colour from the lists of its neighbours, as far as that goes.
    ///
    /// # Errors
    /// Why there is no colouring within the lists.
    pub fn propagate(&mut self, graph: &Graph<'_>) -> Result<(), Impossibility> {
        if let Some(vertex) = graph.vertices().find(|&v| self.of(v).is_some_and(<[_]>::is_empty)) {
            return Err(Impossibility::NothingAllowed { vertex });
        }
        let mut settled: Vec<u32> = self.fixed().into_iter().map(|(v, _)| v).collect();
        let first: BTreeSet<u32> = settled.iter().copied().collect();
        while let Some(u) = settled.pop() {
            let Some(color) = self.only(u) else { continue };
            for &v in graph.neighbors(u) {
                let Some(list) = &mut self.0[v as usize] else { continue };
                let Ok(at) = list.binary_search(&color) else { continue };
                let mut rest = std::mem::take(list).into_vec();
                rest.remove(at);
                let left = rest.len();
                *list = rest.into();
                match left {
                    0 if first.contains(&u) && first.contains(&v) => {
                        return Err(Impossibility::Clash { u: u.min(v), v: u.max(v), color });
                    }
                    // A vertex that had one colour from the start is not to blame.
                    0 => {
                        let vertex = if first.contains(&v) { u } else { v };
                        return Err(Impossibility::NothingLeft { vertex });
                    }
                    1 => settled.push(v),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(n: u32) -> Graph<'static> {
        let edges: Vec<_> = (1..n).map(|v| (v - 1, v)).collect();
        Graph::from_edges(n as usize, &edges).unwrap().0
    }

    fn domains(lists: &[(u32, &[Color])], given: &[(u32, Color)]) -> Result<Domains, BuildError> {
        let lists = lists.iter().map(|&(v, list)| (v, list.to_vec()));
        Domains::new(&path(4), lists, given)
    }

    #[test]
    fn lists_that_make_no_sense_are_refused() {
        let outside = BuildError::AllowedVertex { vertex: 4, vertices: 4 };
        assert_eq!(domains(&[(4, &[0])], &[]), Err(outside));
        let none = BuildError::AllowedColor { vertex: 1, color: Color::MAX };
        assert_eq!(domains(&[(1, &[0, Color::MAX])], &[]), Err(none));
        let twice = BuildError::AllowedTwice { vertex: 1 };
        assert_eq!(domains(&[(1, &[0, 1]), (1, &[1])], &[]), Err(twice));
        assert!(domains(&[(1, &[0, 1]), (1, &[1, 0, 1])], &[]).is_ok(), "they say the same");
        let given = BuildError::PrecoloredTwice { vertex: 1, first: 0, second: 1 };
        assert_eq!(domains(&[], &[(1, 0), (1, 1)]), Err(given));
        let many: Vec<Color> = (0..=MAX_NAMED as Color).collect();
        let limit = BuildError::AllowedColors { colors: MAX_NAMED + 1, limit: MAX_NAMED };
        assert_eq!(domains(&[(0, &many)], &[]), Err(limit));
    }

    #[test]
    fn only_colours_are_taken_from_the_neighbours() {
        let mut chain = domains(&[(1, &[0, 1]), (2, &[1, 2]), (3, &[5, 7])], &[(0, 0)]).unwrap();
        assert_eq!(chain.named(), [0, 1, 2, 5, 7]);
        chain.propagate(&path(4)).unwrap();
        assert_eq!(chain.fixed(), [(0, 0), (1, 1), (2, 2)]);
        assert_eq!(chain.of(3), Some(&[5, 7][..]));
    }

    #[test]
    fn what_leaves_no_colour_is_named() {
        for (lists, given, expected) in [
            (&[(1, &[][..])][..], &[][..], Impossibility::NothingAllowed { vertex: 1 }),
            (&[(1, &[0, 1])], &[(1, 2)], Impossibility::NothingAllowed { vertex: 1 }),
            (&[], &[(1, 2), (2, 2)], Impossibility::Clash { u: 1, v: 2, color: 2 }),
            (&[(1, &[0, 1])], &[(0, 0), (2, 1)], Impossibility::NothingLeft { vertex: 1 }),
        ] {
            let mut domains = domains(lists, given).unwrap();
            assert_eq!(domains.propagate(&path(4)), Err(expected));
        }
    }
}
