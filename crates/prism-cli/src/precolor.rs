//! Files of precoloured vertices: `VERTEX COLOUR` a line.
//!
//! The vertex is called as in the graph file: by its name if it has one, by its number from 1 in the
//! formats that count from 1, from 0 in the others. The colour counts from 0, as in plain output.

use crate::failure::Failure;
use prism_core::io::Loaded;
use prism_core::{Color, MAX_COLORS};
use std::borrow::Cow;
use std::path::Path;

/// How a graph file calls its vertices.
pub struct Names<'a> {
    loaded: &'a Loaded,
    first: u32,
}

impl<'a> Names<'a> {
    /// The names of the vertices of `loaded`.
    pub fn new(loaded: &'a Loaded) -> Self {
        Self { loaded, first: loaded.format.first_vertex() }
    }

    /// What the file calls vertex `v`.
    pub fn name(&self, v: u32) -> String {
        let label = self.loaded.labels.as_ref().and_then(|labels| labels.get(v));
        label.map_or_else(|| (u64::from(v) + u64::from(self.first)).to_string(), Cow::into_owned)
    }

    /// Reads a file of precoloured vertices.
    pub fn read_precolored(&self, path: &Path) -> Result<Vec<(u32, Color)>, Failure> {
        let file = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::Input(format!("{file}: {error}")))?;
        let index = self.loaded.labels.as_ref().map(|labels| labels.index());
        let n = self.loaded.graph.n() as u32;
        let vertex = |name: &str| match &index {
            Some(index) => index.get(name).copied(),
            None => name.parse::<u32>().ok()?.checked_sub(self.first).filter(|&v| v < n),
        };
        let mut fixed = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', '%']) {
                continue;
            }
            let wrong =
                |what: String| Err(Failure::Input(format!("{file}, line {}: {what}", number + 1)));
            // The colour is what stands last: a name may hold blanks.
            let Some((name, color)) = line.rsplit_once(|c: char| c.is_whitespace() || c == ',')
            else {
                return wrong(format!("expected VERTEX COLOUR, found \"{line}\""));
            };
            let name = name.trim_end_matches(',').trim();
            let Some(v) = vertex(name) else {
                return wrong(format!("the graph has no vertex \"{name}\""));
            };
            match color.parse::<Color>() {
                Ok(color) if (color as usize) < MAX_COLORS => fixed.push((v, color)),
                _ => {
                    let most = MAX_COLORS - 1;
                    return wrong(format!("expected a colour from 0 to {most}, found \"{color}\""));
                }
            }
        }
        Ok(fixed)
    }
}
