//! Making a graph smaller before a search, without losing a colouring.
//!
//! [`Reduction`] removes vertices whose colour follows from the others, once the number of colours k
//! is fixed, and maps a colouring of the kernel that is left back to the whole graph. [`components`]
//! splits what is left into parts that can be coloured apart. Structured graphs (register allocation,
//! timetables, social networks) often shrink to little or nothing; random graphs do not shrink.

mod components;
mod domination;
mod reduction;

pub use components::{Components, components};
pub use reduction::{ReduceOptions, Reduction, Undo};
