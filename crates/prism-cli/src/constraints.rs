//! What is asked of single vertices: given colours (`--precolor`) and lists of allowed ones
//! (`--allowed`), and whether a colouring keeps to them.

use crate::failure::Failure;
use prism_core::io::{Loaded, read_allowed_path, read_precolored_path};
use prism_core::{Color, Coloring};
use std::path::Path;

/// Given colours and lists.
#[derive(Debug, Default)]
pub struct Constraints {
    pub given: Vec<(u32, Color)>,
    /// Nothing where no file names any.
    pub lists: Option<Vec<(u32, Vec<Color>)>>,
}

impl Constraints {
    /// Reads the files that there are.
    pub fn read(
        precolor: Option<&Path>,
        allowed: Option<&Path>,
        loaded: &Loaded,
    ) -> Result<Self, Failure> {
        let given = precolor.map(|path| read_precolored_path(path, loaded)).transpose()?;
        let lists = allowed.map(|path| read_allowed_path(path, loaded)).transpose()?;
        Ok(Self { given: given.unwrap_or_default(), lists })
    }

    /// The first vertex whose colour is not one that it may have, in the words of the graph's file.
    pub fn broken_by(&self, coloring: &Coloring, loaded: &Loaded) -> Option<String> {
        let of = |v: u32| coloring.colors()[v as usize];
        let given = self.given.iter().find(|&&(v, color)| of(v) != color);
        if let Some(&(v, color)) = given {
            let (name, found) = (loaded.vertex_name(v), of(v));
            return Some(format!(
                "vertex {name} has colour {found}, but it is precoloured {color} (counted from 0)"
            ));
        }
        let mut lists = self.lists.iter().flatten();
        let &(v, ref list) = lists.find(|(v, list)| !list.contains(&of(*v)))?;
        let (name, found) = (loaded.vertex_name(v), of(v));
        let list: Vec<String> = list.iter().map(Color::to_string).collect();
        let list = list.join(" ");
        Some(format!("vertex {name} has colour {found}, but its list is {list} (counted from 0)"))
    }
}
