//! The strategy of PRISM.
