//! The page of a run: one HTML file with plots and tables that needs nothing beside it, neither a network nor a
//! script.
//!
//! [`page`] makes it of a [`Run`]: the [report](prism_solver::Report) of a solver and the
//! [chronicle](prism_solver::Chronicle) of its events. [`course`] is its first plot alone.
//!
//! `run.rs` is what is shown, `figures/` has a file for each plot, drawn into the `frame.rs` of all with the
//! `axis.rs` and the colours of `palette.rs`; `page.rs` and `tables.rs` are the HTML around them.

mod axis;
mod figures;
mod frame;
mod page;
mod palette;
mod run;
mod tables;

use figures::Time;

pub use frame::DrawError;
pub use page::page;
pub use palette::COLORS;
pub use plotters::style::RGBColor;
pub use run::Run;

/// The first plot of the page as an SVG file of its own: colours and conflicts over time.
///
/// # Errors
/// [`DrawError`]: it cannot be drawn.
pub fn course(run: &Run<'_>) -> Result<String, DrawError> {
    figures::course::course(run, Time::Logarithmic, true)
}
