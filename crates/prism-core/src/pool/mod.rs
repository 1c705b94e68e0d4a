//! Populations: individuals that are crossed, improved and kept apart.
//!
//! A [`Population`] searches for a proper colouring with k colours. In each generation random pairs of a
//! [`Pool`] are crossed by [`gpx`], an [`Improver`] lets each child make a number of moves, and then the
//! children enter the pool or not. Who improves them, cores or a device, is all the same to it: what happens
//! depends on seed, improver and moves alone, and on no clock.
//!
//! Galinier and Hao (1999) have the crossing, Porumbel, Hao and Kuntz (2010) and Lü and Hao (2010) pools that
//! are kept apart by distance. A child that is like a member takes its place or is dropped, and never stands
//! beside it; how like is too like changes on the [way](PoolOptions) from spread out to close.

mod gpx;
mod improver;
mod likeness;
mod members;
mod options;
mod population;
mod schedule;

pub use gpx::gpx;
pub use improver::{Improved, Improver, Order};
pub use likeness::{Chained, Chains, Likeness, agreement};
pub use members::{Admission, Brood, Pool};
pub use options::{Pace, PoolOptions, Succession};
pub use population::Population;
