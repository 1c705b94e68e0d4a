//! The CPU engines of PRISM. Each engine is one file of one name; what the searches share is in
//! [`search`].

pub mod adjacency;
pub mod annealing;
pub mod bit_matrix;
mod choice;
mod columns;
pub mod conflict_list;
pub mod construct;
pub mod dsatur;
pub mod exact;
pub mod expiry_ring;
pub mod gpx;
pub mod greedy;
pub mod guided_ejection;
pub mod iterated_greedy;
pub mod jones_plassmann;
pub mod kempe;
pub mod level_queue;
pub mod memetic;
mod neighbor_counts;
pub mod order;
pub mod partial_coloring;
mod partial_counts;
mod partial_search;
pub mod partialcol;
pub mod preprocess;
pub mod ranking;
pub mod rlf;
pub mod search;
mod simd;
pub mod speculative;
mod tabu_list;
pub mod tabucol;
pub mod tie_rule;
pub mod whcr;
mod width;
