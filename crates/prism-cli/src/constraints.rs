//! What is asked of a colouring besides that it is proper: given colours (`--precolor`), lists of allowed ones
//! (`--allowed`), and the sizes of classes, and whether it keeps to that.

use crate::failure::Failure;
use crate::output::counted;
use prism_core::io::{Loaded, read_allowed_path, read_precolored_path};
use prism_core::{ClassSizes, Color, Coloring, SizeRule};
use prism_solver::Settings;
use std::path::Path;

/// Given colours, lists, and the sizes of classes.
#[derive(Debug, Default)]
pub struct Constraints {
    pub given: Vec<(u32, Color)>,
    /// Nothing where no file names any.
    pub lists: Option<Vec<(u32, Vec<Color>)>>,
    pub sizes: SizeRule,
    /// The number of colours to use.
    pub exact: Option<usize>,
    /// Whether of colourings with as many colours the more balanced one is the better.
    pub balance: bool,
}

/// How good a colouring is: the smaller the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    pub colors: usize,
    /// The largest class and the sum of the squares of all sizes, where balance counts.
    imbalance: (usize, u64),
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
        Ok(Self { given: given.unwrap_or_default(), lists, ..Self::default() })
    }

    /// The same, and what settings ask of classes.
    pub fn and_of(self, settings: &Settings) -> Self {
        let (sizes, exact) = (settings.size_rule(), settings.exact_colors);
        Self { sizes, exact, balance: settings.balance, ..self }
    }

    /// How good a colouring is that keeps to them.
    pub fn rank(&self, coloring: &Coloring) -> Rank {
        let sizes = ClassSizes::of(coloring).filter(|_| self.balance);
        let imbalance = sizes.map_or((0, 0), |sizes| sizes.imbalance());
        Rank { colors: coloring.num_colors(), imbalance }
    }

    /// The first thing that is not as asked for, vertices in the words of the graph's file.
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
        if let Some((v, list)) = lists.find(|(v, list)| !list.contains(&of(*v))) {
            let (name, found) = (loaded.vertex_name(*v), of(*v));
            let list: Vec<String> = list.iter().map(Color::to_string).collect();
            let list = list.join(" ");
            return Some(format!(
                "vertex {name} has colour {found}, but its list is {list} (counted from 0)"
            ));
        }
        if let Err(wrong) = self.sizes.check(coloring) {
            return Some(wrong.to_string());
        }
        let colors = coloring.num_colors();
        let exact = self.exact.filter(|&exact| exact != colors)?;
        Some(format!("it has {}, and {exact} are asked for", counted(colors, "colour")))
    }
}
