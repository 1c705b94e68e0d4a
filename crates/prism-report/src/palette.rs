//! Colours and shapes: which engine has which, on which site.
//!
//! The colours are those of Okabe and Ito (2008), which stay apart for most eyes, but for their yellow, which
//! does not stand out from white. What is written in black has colours that nothing else has: the style
//! sheet makes them light where the page is dark.

use plotters::style::RGBColor;
use prism_solver::Track;

/// Text, axes, and what has no engine's colour.
pub(crate) const INK: RGBColor = RGBColor(0x1c, 0x21, 0x26);
/// Text that may step back.
pub(crate) const MUTED: RGBColor = RGBColor(0x5a, 0x64, 0x6e);
/// The lines behind a plot.
pub(crate) const GRID: RGBColor = RGBColor(0xd8, 0xde, 0xe5);

/// The colours of series.
pub const COLORS: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
];

/// What marks the moments of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Disc,
    Triangle,
    Cross,
}

/// How a series looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub color: RGBColor,
    pub shape: Shape,
    /// Where colours repeat, discs and triangles are hollow.
    pub hollow: bool,
    pub width: u32,
}

/// The looks of the tracks of a run, in their order: an engine has one colour wherever it runs, and each site a
/// shape. The cores are the first site.
pub(crate) fn looks(tracks: &[Track]) -> Vec<Look> {
    let mut engines: Vec<&str> = Vec::new();
    let mut sites = vec!["cpu"];
    let look = |track: &Track, engines: &[&str], sites: &[&str]| {
        let place = |list: &[&str], name: &str| list.iter().position(|&known| known == name);
        let engine = place(engines, &track.engine).unwrap_or(0);
        let shape = match place(sites, &track.site) {
            Some(0) => Shape::Disc,
            Some(site) if site % 2 == 1 => Shape::Triangle,
            _ => Shape::Cross,
        };
        Look {
            color: COLORS[engine % COLORS.len()],
            shape,
            hollow: engine >= COLORS.len(),
            width: if shape == Shape::Disc { 1 } else { 2 },
        }
    };
    for track in tracks {
        if !engines.contains(&&*track.engine) {
            engines.push(&track.engine);
        }
        if !sites.contains(&&*track.site) {
            sites.push(&track.site);
        }
    }
    tracks.iter().map(|track| look(track, &engines, &sites)).collect()
}

/// A colour as style sheets have it.
pub(crate) fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_solver::{Chronicle, Event, EventSink, TurnEnded};

    #[test]
    fn an_engine_has_one_colour_and_a_site_one_shape() {
        let mut chronicle = Chronicle::default();
        let engines = ["a", "b", "c", "d", "e", "f", "g"];
        let places = engines.iter().map(|&engine| (engine, "cuda:0"));
        for (engine, site) in places.chain([("b", "cpu"), ("b", "cuda:1")]) {
            let (engine, site, samples) = (engine.into(), site.to_owned(), Vec::new());
            let (k, begun, seconds, moves, pipeline) = (3, 0.0, 1.0, 10, None);
            let turn = TurnEnded { engine, site, k, begun, seconds, moves, samples, pipeline };
            chronicle.event(&Event::TurnEnded(turn));
        }
        let looks = looks(&chronicle.tracks);
        assert!(looks[..7].iter().all(|look| look.shape == Shape::Triangle));
        assert_eq!((looks[7].shape, looks[8].shape), (Shape::Disc, Shape::Cross));
        assert_eq!([looks[7].color, looks[8].color], [looks[1].color; 2]);
        // There are six colours: the seventh engine is told from the first by its marks.
        assert_eq!((looks[0].color, looks[0].hollow), (looks[6].color, false));
        assert!(looks[6].hollow);
        let different = |at: usize| looks[..at].iter().all(|look| look.color != looks[at].color);
        assert!((1..6).all(different));
    }

    #[test]
    fn nothing_else_has_the_colours_that_change_in_the_dark() {
        for special in [INK, MUTED, GRID] {
            assert!(!COLORS.contains(&special));
        }
        assert_eq!(hex(INK), "#1C2126");
    }
}
