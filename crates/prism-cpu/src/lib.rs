//! The CPU engines of PRISM. Each engine is one file of one name; what the searches share is in
//! [`search`].

pub mod guided_ejection;
pub mod partial_coloring;
pub mod preprocess;
pub mod search;
