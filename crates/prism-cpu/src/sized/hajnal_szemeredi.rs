//! An equitable colouring with any number of colours above the largest degree.
//!
//! That there is one was proved by Hajnal & Szemeredi (1970); this is the algorithm of Kierstead, Kostochka,
//! Mydlarz & Szemeredi (2010), which takes polynomial time. It starts from any split into classes of equal
//! size and adds the vertices' edges one vertex after the other. Where a vertex gets a neighbour in its own
//! class, it moves to a class without one, which leaves one class with a vertex too few and one with a vertex
//! too many; a repair makes them equal again. A start with few conflicts takes few repairs.
//!
//! In a repair, a class is accessible if a vertex of it can move to another class, one of that to a third,
//! and so on to the small class. Where the large class is accessible, these vertices move. Where it is not,
//! the others, B, have so many neighbours in the accessible classes, A, that some vertex y of B has a single
//! neighbour z in a class W of A which the others of A can do without. Either z can move on within A: y
//! takes its place, and what is left to do is a smaller problem, in B alone. Or z has two such neighbours
//! in B that are not adjacent: one of them takes its place, z moves to B, and more classes are accessible
//! than before.

use super::classes::Classes;
use crate::construct::ConstructError;
use prism_core::memory::{OutOfMemory, try_vec};
use prism_core::{Color, Graph, MAX_COLORS};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// An equitable colouring of `graph` with `k` classes, or [`None`] where `k` is not above the largest
/// degree. `start` has one colour below `k` a vertex; the nearer it is to a proper equitable colouring, the
/// less there is to do.
///
/// # Errors
/// [`ConstructError::Stopped`], [`ConstructError::OutOfMemory`], and [`ConstructError::TooManyColors`]
/// where `k` is above [`MAX_COLORS`].
pub fn equitable(
    graph: &Graph<'_>,
    k: usize,
    start: &[Color],
    stop: &AtomicBool,
) -> Result<Option<Vec<Color>>, ConstructError> {
    if k > MAX_COLORS {
        return Err(ConstructError::TooManyColors);
    }
    if k <= graph.max_degree() {
        return Ok(None);
    }
    if graph.n() == 0 {
        return Ok(Some(Vec::new()));
    }
    let mut work = Work::new(graph, k, start)?;
    for v in graph.vertices() {
        if stop.load(Ordering::Relaxed) {
            return Err(ConstructError::Stopped);
        }
        work.add(v);
    }
    let mut colors = work.classes.colors().to_vec();
    colors.truncate(graph.n());
    Ok(Some(colors))
}

/// The bytes that it takes.
#[must_use]
pub fn memory(graph: &Graph<'_>, k: usize) -> u64 {
    let padded = (graph.n() as u64).saturating_add(k as u64);
    padded.saturating_mul((k as u64).saturating_mul(4).saturating_add(16))
}

/// The graph with some vertices more that are all adjacent, so that all classes have equal size: each gets
/// one of these at most.
struct Work<'g> {
    graph: &'g Graph<'g>,
    k: usize,
    /// Vertices with the further ones.
    n: usize,
    classes: Classes,
    /// `counts[v * k + c]`: how many neighbours of v have colour c, of those whose edges are there.
    counts: Vec<u32>,
    is_added: Vec<bool>,
}

/// The classes from which the small one can be reached.
struct Accessible {
    /// In the order of their distance, the small class first.
    classes: Vec<Color>,
    /// By colour, the vertex that moves on and where it goes.
    next: BTreeMap<Color, (u32, Color)>,
}

/// What helps where the large class is not accessible.
struct Exchange {
    /// The class of A.
    class: Color,
    /// Its vertex.
    z: u32,
    /// Neighbours of z in B that have no other neighbour in the class.
    y: u32,
    /// Where z can move within A; `None` if there is a second neighbour that is not adjacent to y.
    to: Option<Color>,
}

impl<'g> Work<'g> {
    fn new(graph: &'g Graph<'g>, k: usize, start: &[Color]) -> Result<Self, OutOfMemory> {
        let n = graph.n().next_multiple_of(k);
        let mut colors: Vec<Color> = try_vec(n, 0)?;
        colors[..graph.n()].copy_from_slice(start);
        // The further ones go to different classes, and what a class has too many to others.
        let size = n / k;
        let mut sizes = vec![0; k];
        let further = n - graph.n();
        for (color, v) in (0..).zip(graph.n()..n) {
            colors[v] = color;
        }
        sizes[..further].fill(1);
        let mut left = Vec::new();
        for (v, &color) in colors[..graph.n()].iter().enumerate() {
            match &mut sizes[usize::from(color)] {
                full if *full == size => left.push(v),
                taken => *taken += 1,
            }
        }
        let mut color = 0;
        for v in left {
            while sizes[color] == size {
                color += 1;
            }
            sizes[color] += 1;
            colors[v] = color as Color;
        }
        let classes = Classes::new(k, colors)?;
        let mut work =
            Self { graph, k, n, classes, counts: try_vec(n * k, 0)?, is_added: try_vec(n, false)? };
        for v in work.n - further..work.n {
            work.is_added[v] = true;
            for other in (work.n - further..work.n).filter(|&other| other != v) {
                work.counts[v * k + usize::from(work.classes.of(other as u32))] += 1;
            }
        }
        Ok(work)
    }

    fn count(&self, v: u32, color: Color) -> u32 {
        self.counts[v as usize * self.k + usize::from(color)]
    }

    /// Whether `v` can have another colour.
    fn can_move(&self, v: u32, color: Color) -> bool {
        self.count(v, color) == 0
    }

    fn are_adjacent(&self, u: u32, v: u32) -> bool {
        let n = self.graph.n() as u32;
        match (u < n, v < n) {
            (true, true) => {
                self.is_added[u as usize] && self.is_added[v as usize] && self.graph.has_edge(u, v)
            }
            (false, false) => u != v,
            _ => false,
        }
    }

    /// Calls `each` with the neighbours of `v` whose edges are there.
    fn neighbors(&self, v: u32, mut each: impl FnMut(u32)) {
        let n = self.graph.n() as u32;
        if v >= n {
            (n..self.n as u32).filter(|&u| u != v).for_each(each);
        } else if self.is_added[v as usize] {
            let all = self.graph.neighbors(v).iter();
            all.filter(|&&u| self.is_added[u as usize]).for_each(|&u| each(u));
        }
    }

    /// Adds `change` to what the neighbours of `v` count of a colour.
    fn tell(&mut self, v: u32, color: Color, appears: bool) {
        let mut counts = std::mem::take(&mut self.counts);
        self.neighbors(v, |u| {
            let count = &mut counts[u as usize * self.k + usize::from(color)];
            *count = if appears { *count + 1 } else { *count - 1 };
        });
        self.counts = counts;
    }

    fn recolor(&mut self, v: u32, color: Color) {
        self.tell(v, self.classes.of(v), false);
        self.tell(v, color, true);
        self.classes.recolor(v, color);
    }

    /// Adds the edges of `v` to those that were added before.
    fn add(&mut self, v: u32) {
        self.is_added[v as usize] = true;
        let own = self.classes.of(v);
        self.tell(v, own, true);
        let mut counts = std::mem::take(&mut self.counts);
        self.neighbors(v, |u| {
            counts[v as usize * self.k + usize::from(self.classes.of(u))] += 1;
        });
        self.counts = counts;
        if self.can_move(v, own) {
            return;
        }
        // It has fewer neighbours than there are colours, and one of them in its own class.
        let free = self.classes.all().find(|&color| self.can_move(v, color));
        let Some(color) = free else { unreachable!("more neighbours than colours") };
        self.recolor(v, color);
        self.repair(&self.classes.all().collect::<Vec<_>>(), own, color);
    }

    /// Makes all of these classes equal where they are but for `small`, which has a vertex too few, and
    /// `large`, which has one too many. The vertices of these classes have fewer neighbours in them than
    /// there are classes.
    fn repair(&mut self, classes: &[Color], small: Color, large: Color) {
        let (mut within, mut small, mut large) = (classes.to_vec(), small, large);
        loop {
            let accessible = self.accessible(&within, small, Some(large));
            if accessible.next.contains_key(&large) {
                self.shift(&accessible, large);
                return;
            }
            let is_accessible = |color: &Color| accessible.classes.contains(color);
            let others: Vec<Color> =
                within.iter().copied().filter(|color| !is_accessible(color)).collect();
            // Kierstead et al. prove that there is one.
            let Some(exchange) = self.exchange(&accessible, &others) else {
                unreachable!("every class has too many neighbours in the accessible ones")
            };
            let Exchange { class, z, y, to } = exchange;
            let left = self.classes.of(y);
            if let Some(to) = to {
                let path = self.without(&accessible, class);
                self.recolor(z, to);
                self.recolor(y, class);
                self.shift(&path, to);
                if left == large {
                    return;
                }
                // What is left is the same with fewer classes.
                (within, small) = (others, left);
                continue;
            }
            // y takes the place of z only after B has been made equal without it.
            self.take_out(y);
            if left != large {
                self.repair(&others, left, large);
            }
            let free = others.iter().copied().find(|&color| self.can_move(z, color));
            let Some(color) = free else { unreachable!("z has two neighbours in one class") };
            self.recolor(z, color);
            self.put_in(y, class);
            large = color;
        }
    }

    /// Takes `v` out of its class; its neighbours count it no more. Until it is [put](Self::put_in) into
    /// another one, it is listed in none.
    fn take_out(&mut self, v: u32) {
        self.tell(v, self.classes.of(v), false);
        self.classes.remove(v);
    }

    fn put_in(&mut self, v: u32, color: Color) {
        self.classes.insert(v, color);
        self.tell(v, color, true);
    }

    /// The accessible ones of these classes; the search ends where `large` is, which is looked at first.
    fn accessible(&self, within: &[Color], small: Color, large: Option<Color>) -> Accessible {
        let mut found = Accessible { classes: vec![small], next: BTreeMap::new() };
        let mut open: Vec<Color> = large.into_iter().collect();
        open.extend(within.iter().filter(|&&color| Some(color) != large && color != small));
        let mut next = 0;
        while let Some(&target) = found.classes.get(next) {
            next += 1;
            let mut reached = Vec::new();
            open.retain(|&color| {
                let members = self.classes.members(color).iter();
                let by = members.copied().find(|&v| self.can_move(v, target));
                reached.extend(by.map(|v| (color, v)));
                by.is_none()
            });
            for (color, v) in reached {
                found.classes.push(color);
                found.next.insert(color, (v, target));
                if Some(color) == large {
                    return found;
                }
            }
        }
        found
    }

    /// The same without one class.
    fn without(&self, accessible: &Accessible, class: Color) -> Accessible {
        let rest: Vec<Color> =
            accessible.classes.iter().copied().filter(|&color| color != class).collect();
        self.accessible(&rest, rest[0], None)
    }

    /// Moves a vertex on from each class of the path that begins with this one.
    fn shift(&mut self, accessible: &Accessible, from: Color) {
        let mut color = from;
        let mut path = Vec::new();
        while let Some(&(v, to)) = accessible.next.get(&color) {
            path.push((v, to));
            color = to;
        }
        // From the end: a vertex leaves a class before another one comes.
        path.into_iter().rev().for_each(|(v, to)| self.recolor(v, to));
    }

    /// An exchange between the accessible classes and the others.
    fn exchange(&self, accessible: &Accessible, others: &[Color]) -> Option<Exchange> {
        // The last ones are furthest from the small class, and the others do without them.
        for &class in accessible.classes.iter().skip(1).rev() {
            let rest = self.without(accessible, class).classes;
            if rest.len() + 1 < accessible.classes.len() {
                continue;
            }
            let mut only = BTreeMap::<u32, Vec<u32>>::new();
            for &color in others {
                for &y in self.classes.members(color).iter() {
                    if self.count(y, class) == 1 {
                        self.neighbors(y, |u| {
                            if self.classes.of(u) == class {
                                only.entry(u).or_default().push(y);
                            }
                        });
                    }
                }
            }
            for (z, around) in only {
                let to = rest.iter().copied().find(|&color| self.can_move(z, color));
                let is_apart =
                    |&y: &u32| around.iter().any(|&u| u != y && !self.are_adjacent(u, y));
                let y = match to {
                    Some(_) => around.first().copied(),
                    None => around.iter().copied().find(is_apart),
                };
                if let Some(y) = y {
                    return Some(Exchange { class, z, y, to });
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
