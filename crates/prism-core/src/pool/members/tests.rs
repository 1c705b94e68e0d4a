//! Pools of individuals whose likeness can be read off them.

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
fn children_succeed_the_worse_of_their_parents() {
    let members = [with(&[1, 2, 3], 5), with(&[4, 5, 6], 9), with(&[7, 8, 9], 9)];
    for (parents, expected) in [
        ([0, 1], [5, 20, 9]),
        ([1, 0], [5, 20, 9]),
        ([1, 2], [5, 20, 9]),
        ([2, 1], [5, 9, 20]),
        ([0, 0], [20, 9, 9]),
    ] {
        let mut pool = pool(3, &members);
        pool.succeed(vec![with(&[], 20)], &[parents]);
        assert_eq!(conflicts(&pool), expected, "{parents:?}");
        assert_eq!(pool.entered().iter().max(), Some(&3));
        // The one that is there now is compared.
        pool.succeed(vec![with(&[1], 1), with(&[2], 2)], &[parents, parents]);
        let worst = members.iter().map(|one| one.conflicts).max();
        assert!(parents == [0, 0] || conflicts(&pool).iter().max() <= worst.as_ref());
    }
    // Those without parents have the places that are left.
    let mut pool = pool(5, &members);
    pool.succeed(vec![with(&[1], 7), with(&[2], 8), with(&[3], 6)], &[[0, 1]]);
    assert_eq!(conflicts(&pool), [5, 7, 9, 8, 6]);
    assert_eq!(pool.entered(), [0, 3, 2, 4, 5]);
}

#[test]
fn free_places_are_taken_and_twins_get_none() {
    let mut pool = Pool::new(10, 3, false);
    let children = [with(&[1, 2, 3], 9), with(&[1, 2, 3], 8), with(&[4, 5, 6], 20), with(&[], 30)];
    pool.admit(children.to_vec(), 0.9);
    assert_eq!(conflicts(&pool), [8, 20, 30]);
    let mut rng = Rng::new(1, 0);
    let brood = pool.children(5, &mut rng, |_| panic!("the pool is full"));
    assert_eq!((brood.children.len(), brood.parents.len()), (5, 5));
}

#[test]
fn what_is_missing_comes_fresh() {
    let mut rng = Rng::new(1, 0);
    let fresh = |_: &mut Rng| vec![9; 10];
    let count = |pool: Pool, rng: &mut Rng| {
        let Brood { children, parents } = pool.children(4, rng, fresh);
        assert!(parents.iter().flatten().all(|&at| at < pool.members().len()));
        (children.len(), children.iter().filter(|child| **child == [9; 10]).count())
    };
    assert_eq!(count(pool(4, &[]), &mut rng), (4, 4));
    let one = with(&[1], 1);
    assert_eq!(count(pool(4, std::slice::from_ref(&one)), &mut rng), (4, 3));
    // One alone is crossed with itself.
    let alone = pool(1, std::slice::from_ref(&one)).children(2, &mut rng, fresh).children;
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
    let brood = pool.children(5, &mut Rng::new(3, 0), |_| panic!("the pool is full"));
    let mut firsts: Vec<usize> = brood
        .children
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
    fn a_pool_that_was_put_is_the_one_that_came_to_be(
        seed: u64, size in 2usize..12, generations in 0usize..5,
    ) {
        let mut rng = Rng::new(seed, 3);
        let mut pool = Pool::new(4, size, false);
        for generation in 0..generations {
            let fresh = |rng: &mut Rng| (0..20).map(|_| rng.below(4) as Color).collect();
            let brood = pool.children(3, &mut rng, fresh);
            let conflicts = || rng.below(9).into();
            let conflicts: Vec<u64> = std::iter::repeat_with(conflicts).take(3).collect();
            let children = brood.children.into_iter().zip(conflicts);
            let children = children.map(|(colors, conflicts)| Elite { k: 4, colors, conflicts });
            let best = pool.members().iter().map(|one| one.conflicts).min();
            let crossed = brood.parents.len();
            pool.succeed(children.collect(), &brood.parents);
            prop_assert_eq!(pool.members().len(), size.min(3 * (generation + 1)));
            let missing = size.saturating_sub(3 * generation).min(3);
            prop_assert_eq!(crossed, if generation == 0 { 0 } else { 3 - missing });
            // A single child never takes the place of the best.
            prop_assert!(best.is_none() || crossed > 1 || pool.members().iter().map(|one| one.conflicts).min() <= best);
        }
        let mut other = Pool::new(4, size, false);
        other.put(pool.members().to_vec(), pool.entered().to_vec());
        prop_assert_eq!(other.likeness().to_bits(), pool.likeness().to_bits());
        let children = random(5, seed ^ 2);
        prop_assert_eq!(pool.admit(children.clone(), 0.8), other.admit(children, 0.8));
        prop_assert_eq!((pool.members(), pool.entered()), (other.members(), other.entered()));
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
