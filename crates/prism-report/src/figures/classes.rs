//! The sizes of the classes of the best colouring, largest first.

use crate::axis::Axis;
use crate::frame::{DrawError, Entry, Key, Plot, legend, part, picture};
use crate::palette::COLORS;
use crate::run::Run;

/// Units of the height.
const HEIGHT: u32 = 560;

/// Classes that have a bar each; more are drawn as an outline.
const BARS: usize = 240;

/// Corners of such an outline.
const CORNERS: usize = 400;

/// The picture; nothing if there are no classes.
pub(crate) fn classes(run: &Run<'_>) -> Result<Option<String>, DrawError> {
    let mut sizes = run.classes.to_vec();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let (Some(&largest), count) = (sizes.first(), sizes.len()) else { return Ok(None) };
    let what = format!("{}: class sizes", run.name);
    let picture = picture(HEIGHT, &what, false, |root| {
        let (area, key) = part(root);
        let x = Axis::whole("colours, the largest class first", 0.0, count as f64);
        let y = Axis::whole("vertices", 0.0, largest as f64);
        let mut plot = Plot::new(&area, &x, &y)?;
        if count <= BARS {
            let gap = if count <= 60 { 0.12 } else { 0.0 };
            for (at, &size) in sizes.iter().enumerate() {
                let at = at as f64;
                plot.block([(at + gap, 0.0), (at + 1.0 - gap, size as f64)], COLORS[0])?;
            }
        } else {
            let mut corners = vec![(0.0, 0.0)];
            let every = count.div_ceil(CORNERS);
            for at in (0..count).step_by(every) {
                let end = (at + every).min(count);
                corners.extend([(at as f64, sizes[at] as f64), (end as f64, sizes[at] as f64)]);
            }
            corners.push((count as f64, 0.0));
            plot.fill(&corners, COLORS[0])?;
        }
        let middle = sizes[count / 2];
        plot.dashes(&[(0.0, middle as f64), (count as f64, middle as f64)], COLORS[1])?;
        let entries = [
            Entry { name: "vertices of a colour".to_owned(), key: Key::Line(COLORS[0], 12) },
            Entry { name: format!("median: {middle}"), key: Key::Dashes(COLORS[1]) },
        ];
        legend(&key, "class sizes", &entries)
    })?;
    Ok(Some(picture))
}
