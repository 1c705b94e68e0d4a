//! The pool: who is in it, who is crossed with whom, who enters.

use super::{Chained, Chains, Likeness, gpx};
use crate::search::Elite;
use crate::threads::with_pool;
use crate::{Color, Rng};
use rayon::prelude::*;

/// Individuals with k colours for one graph, kept apart.
#[derive(Clone, Debug)]
pub struct Pool {
    k: usize,
    size: usize,
    parallel: bool,
    members: Vec<Elite>,
    chains: Vec<Chains>,
    /// By member, when it entered: the later the larger.
    entered: Vec<u64>,
    /// How many have entered.
    entries: u64,
}

/// What became of children.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Admission {
    /// Those that entered.
    pub entered: usize,
    /// Those that entered for one with more conflicts.
    pub better: usize,
    /// Those that were the twin of a member.
    pub twins: usize,
}

/// How much children are like the members and like the children before them; nothing of those that cannot
/// enter.
struct Table {
    members: Vec<Vec<u32>>,
    children: Vec<Vec<u32>>,
}

impl Pool {
    /// An empty pool for so many individuals with `k` colours; `parallel` says whether rayon's threads share the
    /// work.
    #[must_use]
    pub fn new(k: usize, size: usize, parallel: bool) -> Self {
        let (members, chains, entered) = (Vec::new(), Vec::new(), Vec::new());
        Self { k, size: size.max(1), parallel, members, chains, entered, entries: 0 }
    }

    /// The individuals.
    #[must_use]
    pub fn members(&self) -> &[Elite] {
        &self.members
    }

    /// By member, when it entered: the later the larger.
    #[must_use]
    pub fn entered(&self) -> &[u64] {
        &self.entered
    }

    /// Makes the pool what it was when it had these members, which entered in the order of these numbers.
    pub fn put(&mut self, members: Vec<Elite>, entered: Vec<u64>) {
        self.entries = entered.iter().max().map_or(0, |latest| latest.saturating_add(1));
        self.chains = members.iter().map(|one| Chains::new(&one.colors, self.k)).collect();
        (self.members, self.entered) = (members, entered);
    }

    /// Forgets everyone.
    pub fn clear(&mut self) {
        self.put(Vec::new(), Vec::new());
    }

    /// So many assignments to be improved, and none beyond the size of the pool: children of random pairs of
    /// neighbours in a ring, so that everyone is a parent about as often; but as long as the pool is not full,
    /// `fresh` ones in the place of those that are missing.
    pub fn children(
        &self,
        count: usize,
        rng: &mut Rng,
        mut fresh: impl FnMut(&mut Rng) -> Vec<Color>,
    ) -> Vec<Vec<Color>> {
        let missing = self.size.saturating_sub(self.members.len()).min(count);
        let crossed = if self.members.is_empty() { 0 } else { count - missing };
        let mut ring: Vec<usize> = (0..self.members.len()).collect();
        let mut pairs: Vec<(usize, usize, u64)> = Vec::with_capacity(crossed);
        while pairs.len() < crossed {
            rng.shuffle(&mut ring);
            let next = ring.iter().cycle().skip(1);
            let room = crossed - pairs.len();
            pairs.extend(ring.iter().zip(next).take(room).map(|(&a, &b)| (a, b, rng.bits())));
        }
        let cross = |&(a, b, seed): &(usize, usize, u64)| {
            let [a, b] = [a, b].map(|at| self.members[at].colors.as_slice());
            gpx(a, b, self.k, &mut Rng::new(seed, 0))
        };
        let mut children: Vec<Vec<Color>> = if self.parallel {
            with_pool(|| pairs.par_iter().map(cross).collect())
        } else {
            pairs.iter().map(cross).collect()
        };
        children.extend((crossed..count).map(|_| fresh(rng)));
        children
    }

    /// Lets children enter, one after the other. One that is alike on more than a share of `twins` of the
    /// vertices to the member that is nearest to it takes the place of that, if it has no more conflicts. Any
    /// other takes a place that is free, or that of the worst member, the oldest of several, if it has no more
    /// conflicts than that.
    pub fn admit(&mut self, children: Vec<Elite>, twins: f64) -> Admission {
        let mut chains: Vec<Chains> =
            children.iter().map(|child| Chains::new(&child.colors, self.k)).collect();
        let table = self.compare(&children, &chains, twins);
        // By place, the child that is there now.
        let mut place: Vec<Option<usize>> = vec![None; self.members.len()];
        let mut admission = Admission::default();
        for (number, child) in children.into_iter().enumerate() {
            let to_members = &table.members[number];
            let to_children = &table.children[number];
            let likeness = |at: usize| match place[at] {
                Some(child) => to_children.get(child),
                None => to_members.get(at),
            };
            // Nothing is known of a child that is worse than all were at the beginning.
            let alike = (0..place.len()).filter_map(|at| Some((*likeness(at)?, at)));
            let nearest = alike.max_by_key(|&(alike, at)| (alike, std::cmp::Reverse(at)));
            let close = twins * child.colors.len() as f64;
            let twin = nearest.filter(|&(alike, _)| f64::from(alike) > close).map(|(_, at)| at);
            admission.twins += usize::from(twin.is_some());
            let at = match twin.or_else(|| self.weakest()) {
                Some(at) => at,
                None => {
                    self.members.push(child);
                    self.chains.push(std::mem::take(&mut chains[number]));
                    self.entered.push(self.entries);
                    place.push(Some(number));
                    self.entries += 1;
                    admission.entered += 1;
                    continue;
                }
            };
            let before = self.members[at].conflicts;
            if child.conflicts > before {
                continue;
            }
            admission.entered += 1;
            admission.better += usize::from(child.conflicts < before);
            self.members[at] = child;
            self.chains[at] = std::mem::take(&mut chains[number]);
            self.entered[at] = self.entries;
            self.entries += 1;
            place[at] = Some(number);
        }
        admission
    }

    /// Who gives way to one that is like nobody; nobody does if there is room.
    fn weakest(&self) -> Option<usize> {
        if self.members.len() < self.size {
            return None;
        }
        let rank = |&at: &usize| (self.members[at].conflicts, std::cmp::Reverse(self.entered[at]));
        (0..self.members.len()).max_by_key(rank)
    }

    /// Compares children with everyone that they may meet, as far as they may be twins.
    fn compare(&self, children: &[Elite], chains: &[Chains], twins: f64) -> Table {
        let most = self.members.iter().map(|member| member.conflicts).max();
        let most = most.filter(|_| self.members.len() >= self.size).unwrap_or(u64::MAX);
        let row = |likeness: &mut Likeness, number: usize| {
            let child = &children[number];
            if child.conflicts > most {
                return (Vec::new(), Vec::new());
            }
            let close = twins * child.colors.len() as f64;
            let this: Chained<'_> = (&child.colors, &chains[number]);
            let mut like = |other: &Elite, chains: &Chains| {
                likeness.above(close, this, (&other.colors, chains)) as u32
            };
            let all = self.members.iter().zip(&self.chains);
            let members = all.map(|(member, chains)| like(member, chains)).collect();
            let earlier = children.iter().zip(chains).take(number);
            // A zero stands for one that does not enter.
            let earlier = earlier.map(|(other, chains)| match other.conflicts > most {
                true => 0,
                false => like(other, chains),
            });
            (members, earlier.collect())
        };
        let start = || Likeness::new(self.k);
        let (members, children) = if self.parallel {
            with_pool(|| {
                let numbers = (0..children.len()).into_par_iter().with_max_len(4);
                numbers.map_init(start, row).unzip()
            })
        } else {
            let mut likeness = start();
            (0..children.len()).map(|number| row(&mut likeness, number)).unzip()
        };
        Table { members, children }
    }

    /// The mean share of the vertices that members next to each other have in common; 0 where there are no
    /// two.
    #[must_use]
    pub fn likeness(&self) -> f64 {
        let mut likeness = Likeness::new(self.k);
        let all = self.members.iter().zip(&self.chains);
        let all = all.map(|(member, chains)| (member.colors.as_slice(), chains));
        let pairs = all.clone().zip(all.skip(1));
        let count = self.members.len().saturating_sub(1);
        let n = self.members.first().map_or(0, |one| one.colors.len());
        let common: usize = pairs.map(|(one, next)| likeness.of(one, next)).sum();
        if count * n == 0 { 0.0 } else { common as f64 / (count * n) as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::agreement;
    use super::*;
    use crate::Rng;
    use proptest::prelude::*;

    /// Ten vertices and ten colours: a vertex has its own colour, or that of vertex 0 if it is named here. Any
    /// two of these are alike on as many vertices as are in neither or both.
    fn with(joined: &[usize], conflicts: u64) -> Elite {
        let colors = (0..10).map(|v| if joined.contains(&v) { 0 } else { v as Color });
        Elite { k: 10, colors: colors.collect(), conflicts }
    }

    fn pool(size: usize, members: &[Elite]) -> Pool {
        let mut pool = Pool::new(10, size, false);
        pool.put(members.to_vec(), (0..members.len() as u64).collect());
        pool
    }

    fn conflicts(pool: &Pool) -> Vec<u64> {
        pool.members().iter().map(|member| member.conflicts).collect()
    }

    fn alike(a: &Elite, b: &Elite) -> usize {
        let [one, other] = [a, b].map(|it| Chains::new(&it.colors, it.k));
        Likeness::new(a.k).of((&a.colors, &one), (&b.colors, &other))
    }

    #[test]
    fn a_twin_takes_the_place_of_the_nearest_or_none() {
        let near = with(&[1, 2, 3, 4], 5);
        let far = with(&[6, 7, 8, 9], 9);
        for (child, expected) in [(5, [5, 9]), (4, [4, 9]), (6, [5, 9]), (9, [5, 9])] {
            let mut pool = pool(2, &[near.clone(), far.clone()]);
            let admission = pool.admit(vec![with(&[1, 2, 3, 4, 5], child)], 0.7);
            assert_eq!(conflicts(&pool), expected, "{child}");
            assert_eq!((admission.twins, admission.entered), (1, usize::from(child <= 5)));
            assert_eq!(admission.better, usize::from(child < 5));
        }
    }

    #[test]
    fn who_is_like_nobody_takes_the_place_of_the_oldest_of_the_worst() {
        let members = [with(&[1, 2, 3], 5), with(&[4, 5, 6], 9), with(&[7, 8, 9], 9)];
        for (child, expected) in [(10, [5, 9, 9]), (9, [5, 9, 9]), (8, [5, 8, 9]), (0, [5, 0, 9])] {
            let mut pool = pool(3, &members);
            let admission = pool.admit(vec![with(&[], child)], 0.9);
            assert_eq!(conflicts(&pool), expected, "{child}");
            let entered = usize::from(child <= 9);
            assert_eq!((admission.twins, admission.entered), (0, entered));
            assert_eq!(pool.entered(), if entered == 1 { [0, 3, 2] } else { [0, 1, 2] });
        }
    }

    #[test]
    fn the_threshold_decides_who_is_a_twin() {
        // Alike on seven of ten vertices: the joined class of four counts for one of its vertices.
        let members = [with(&[1, 2, 3], 5), with(&[4, 5, 6, 7, 8, 9], 9)];
        let child = with(&[], 5);
        assert_eq!(alike(&child, &members[0]), 7);
        for (twins, expected) in [(0.69, [5, 9]), (0.7, [5, 5])] {
            let mut pool = pool(2, &members);
            pool.admit(vec![child.clone()], twins);
            assert_eq!(conflicts(&pool), expected);
        }
    }

    #[test]
    fn children_are_kept_apart_from_those_before_them() {
        let mut pool = pool(3, &[with(&[1, 2, 3], 9), with(&[4, 5, 6], 9), with(&[7, 8, 9], 9)]);
        // The second one is the twin of the first, and worse; the third one better.
        let children = vec![with(&[2, 4, 6, 8], 4), with(&[2, 4, 6, 8], 5), with(&[2, 4, 6, 8], 3)];
        let admission = pool.admit(children, 0.9);
        assert_eq!(conflicts(&pool), [3, 9, 9]);
        assert_eq!(admission, Admission { entered: 2, better: 2, twins: 2 });
    }

    #[test]
    fn free_places_are_taken_and_twins_get_none() {
        let mut pool = Pool::new(10, 3, false);
        let children =
            [with(&[1, 2, 3], 9), with(&[1, 2, 3], 8), with(&[4, 5, 6], 20), with(&[], 30)];
        pool.admit(children.to_vec(), 0.9);
        assert_eq!(conflicts(&pool), [8, 20, 30]);
        let mut rng = Rng::new(1, 0);
        assert_eq!(pool.children(5, &mut rng, |_| panic!("the pool is full")).len(), 5);
    }

    #[test]
    fn what_is_missing_comes_fresh() {
        let mut rng = Rng::new(1, 0);
        let fresh = |_: &mut Rng| vec![9; 10];
        let count = |pool: Pool, rng: &mut Rng| {
            let children = pool.children(4, rng, fresh);
            (children.len(), children.iter().filter(|child| **child == [9; 10]).count())
        };
        assert_eq!(count(pool(4, &[]), &mut rng), (4, 4));
        let one = with(&[1], 1);
        assert_eq!(count(pool(4, std::slice::from_ref(&one)), &mut rng), (4, 3));
        // One alone is crossed with itself.
        let alone = pool(1, std::slice::from_ref(&one)).children(2, &mut rng, fresh);
        let same = |child: &Vec<Color>| agreement(child, &one.colors, 10) == 10;
        assert!(alone.len() == 2 && alone.iter().all(same));
    }

    #[test]
    fn everyone_is_a_parent_twice_a_generation() {
        // Nine vertices are one class, the one of the member's name is another: so are those of its child as
        // first parent, since the large class of the second has nothing left but that vertex.
        let member = |name: usize| {
            let colors = (0..10).map(|v| Color::from(v == name)).collect();
            Elite { k: 2, colors, conflicts: 1 }
        };
        let mut pool = Pool::new(2, 5, false);
        pool.put((0..5).map(member).collect(), (0..5).collect());
        let children = pool.children(5, &mut Rng::new(3, 0), |_| panic!("the pool is full"));
        let mut firsts: Vec<usize> = children
            .iter()
            .map(|child| (0..10).find(|&v| child.iter().filter(|c| **c == child[v]).count() == 1))
            .map(Option::unwrap)
            .collect();
        firsts.sort_unstable();
        assert_eq!(firsts, [0, 1, 2, 3, 4]);
    }

    /// Random individuals and children, many of them like each other.
    fn random(count: usize, seed: u64) -> Vec<Elite> {
        let mut rng = Rng::new(seed, 1);
        let bases: Vec<Vec<Color>> =
            (0..3).map(|_| (0..20).map(|_| rng.below(4) as Color).collect()).collect();
        let one = |_| {
            let mut colors = bases[rng.below(3) as usize].clone();
            for _ in 0..rng.below(8) {
                colors[rng.below(20) as usize] = rng.below(4) as Color;
            }
            Elite { k: 4, colors, conflicts: rng.below(12).into() }
        };
        (0..count).map(one).collect()
    }

    proptest! {
        #[test]
        fn a_generation_keeps_the_rules(
            seed: u64, size in 1usize..12, count in 0usize..12, twins in 0.3f64..1.0,
        ) {
            let mut pool = Pool::new(4, size, false);
            pool.admit(random(size, seed), twins);
            let close = |a: &Elite, b: &Elite| alike(a, b) as f64 > twins * 20.0;
            for child in random(count, seed ^ 1) {
                let before = pool.clone();
                let admission = pool.admit(vec![child.clone()], twins);
                let changed: Vec<usize> = (0..pool.members().len())
                    .filter(|&at| before.entered().get(at) != pool.entered().get(at))
                    .collect();
                prop_assert_eq!(changed.len(), admission.entered);
                prop_assert!(pool.members().len() <= size);
                let was_close = before.members().iter().any(|member| close(member, &child));
                let worst = before.members().iter().map(|one| one.conflicts).max();
                let has_room = before.members().len() < size;
                let may_enter = has_room || Some(child.conflicts) <= worst;
                prop_assert_eq!(admission.twins == 1, was_close && may_enter);
                for at in changed {
                    prop_assert_eq!(&pool.members()[at], &child);
                    match before.members().get(at) {
                        Some(gone) => {
                            prop_assert!(child.conflicts <= gone.conflicts);
                            // Nobody stands beside a twin: the nearest one went.
                            let like = |one: &Elite| alike(one, &child);
                            let to_gone = like(gone);
                            let nearest = before.members().iter().map(like).max();
                            prop_assert!(!was_close || Some(to_gone) == nearest);
                            prop_assert!(was_close || Some(gone.conflicts) == worst);
                        }
                        None => prop_assert!(!was_close && has_room),
                    }
                }
                // The best is never lost.
                let best = |pool: &Pool| pool.members().iter().map(|one| one.conflicts).min();
                prop_assert!(best(&pool) <= best(&before));
            }
        }

        #[test]
        fn children_together_are_children_one_after_the_other(
            seed: u64, size in 1usize..12, count in 0usize..12, twins in 0.3f64..1.0,
        ) {
            let mut one = Pool::new(4, size, false);
            one.admit(random(size, seed), twins);
            let (mut all, mut each) = (Pool { parallel: true, ..one.clone() }, one.clone());
            let children = random(count, seed ^ 1);
            let together = all.admit(children.clone(), twins);
            let alone = children.into_iter().map(|child| each.admit(vec![child], twins).entered);
            prop_assert_eq!(together.entered, alone.sum::<usize>());
            prop_assert_eq!(all.members(), each.members());
            prop_assert_eq!(all.entered(), each.entered());
            let fresh = |rng: &mut Rng| vec![rng.below(4) as Color; 20];
            let of = |pool: &Pool| pool.children(7, &mut Rng::new(seed, 2), fresh);
            prop_assert_eq!(of(&all), of(&each));
        }
    }
}
