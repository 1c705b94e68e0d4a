//! PRISM for Python: the extension module `prism_coloring._prism`.
//!
//! Here is what needs Rust: graphs made of Python's objects and of NumPy's arrays, the solver on a thread of its
//! own, and the strategies of NetworkX. What people call, with its documentation, stands in the Python files of
//! the package.

mod adjacency;
mod arrays;
mod bounds;
mod colors;
mod failure;
mod found;
mod generate;
mod graph;
mod networkx;
mod read;
mod settings;
mod solver;
mod wait;

use pyo3::prelude::*;

/// The module.
#[pymodule]
fn _prism(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<graph::PyGraph>()?;
    module.add_class::<found::Found>()?;
    module.add_class::<solver::PySolver>()?;
    module.add("NoColoringError", module.py().get_type::<solver::NoColoringError>())?;
    module.add_function(wrap_pyfunction!(adjacency::from_networkx, module)?)?;
    module.add_function(wrap_pyfunction!(adjacency::from_neighbors, module)?)?;
    module.add_function(wrap_pyfunction!(arrays::from_edges, module)?)?;
    module.add_function(wrap_pyfunction!(arrays::from_csr, module)?)?;
    module.add_function(wrap_pyfunction!(bounds::bounds, module)?)?;
    module.add_function(wrap_pyfunction!(colors::verify, module)?)?;
    module.add_function(wrap_pyfunction!(generate::generate, module)?)?;
    module.add_function(wrap_pyfunction!(networkx::greedy, module)?)?;
    module.add_function(wrap_pyfunction!(networkx::is_coloring, module)?)?;
    module.add_function(wrap_pyfunction!(read::read, module)?)?;
    module.add_function(wrap_pyfunction!(settings::settings, module)?)?;
    Ok(())
}
