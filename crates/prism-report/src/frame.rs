//! The frame of every plot: its size, its axes with names, its legend, and how lines and marks are drawn. It is
//! the only place that speaks to `plotters`, apart from what is drawn into a frame.
//!
//! `plotters` places things on whole units, so that a picture has two of them for each pixel that it is meant
//! to have. Text, lines and marks are as large as they should be there.

use crate::axis::Axis;
use crate::palette::{GRID, INK, Look, MUTED, Shape, hex};
use plotters::coord::Shift;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Units of a picture's width.
const WIDTH: u32 = 2000;

/// Units of the legend's width, on the right.
const LEGEND: u32 = 440;

/// Units from one line of a legend to the next.
const LINE: i32 = 40;

/// Characters of a name that a legend has room for.
const ROOM: usize = 24;

/// The size of text.
const TEXT: u32 = 29;

/// Something could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("a plot cannot be drawn: {0}")]
pub struct DrawError(String);

impl<E: std::error::Error + Send + Sync> From<DrawingAreaErrorKind<E>> for DrawError {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self(error.to_string())
    }
}

/// A part of a picture.
pub(crate) type Area<'b> = DrawingArea<SVGBackend<'b>, Shift>;

/// A plot with axes, into which things are drawn by their places on those.
pub(crate) struct Plot<'a, 'b> {
    chart: ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>,
}

/// A line of a legend.
pub(crate) struct Entry {
    pub name: String,
    pub key: Key,
}

/// What stands in front of a name in a legend.
#[derive(Clone, Copy)]
pub(crate) enum Key {
    /// A line with marks.
    Series(Look),
    /// A line.
    Line(RGBColor, u32),
    /// A broken line.
    Dashes(RGBColor),
    /// A mark alone.
    Mark(Look),
}

/// A picture of so many units in height, for a page, or a file of its own if it has a title; `draw` draws into
/// it.
pub(crate) fn picture(
    height: u32,
    what: &str,
    alone: bool,
    draw: impl FnOnce(&Area<'_>) -> Result<(), DrawError>,
) -> Result<String, DrawError> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        draw(&root)?;
        root.present()?;
    }
    // The tag that plotters begins with has a size of its own, and no place for a style.
    let inside = svg.split_once('>').map_or("", |(_, inside)| inside);
    let what = maud::PreEscaped(maud::html! { (what) }.into_string()).0;
    let view = format!("viewBox=\"0 0 {WIDTH} {height}\" role=\"img\"");
    Ok(cleaned(if alone {
        let (width, shown) = (WIDTH / 2, height / 2);
        let style = style();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{shown}\" {view}>\n\
             <title>{what}</title>\n<style>{style}</style>\n\
             <rect class=\"paper\" width=\"100%\" height=\"100%\"/>{inside}"
        )
    } else {
        format!("<svg {view} aria-label=\"{what}\">{inside}")
    }))
}

/// The same text without characters that neither HTML nor XML can hold, which names of files may have.
pub(crate) fn cleaned(text: String) -> String {
    let can_be = |c: char| {
        let is_none = u32::from(c) & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}');
        !is_none && (!c.is_control() || matches!(c, '\t' | '\n' | '\r'))
    };
    if text.chars().all(can_be) {
        return text;
    }
    text.chars().map(|c| if can_be(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// What makes a picture readable on a dark ground: it gives what is written in ink another colour there.
pub(crate) fn style() -> String {
    let mut style =
        String::from(".paper{fill:#fff}@media(prefers-color-scheme:dark){.paper{fill:#15181c}");
    for (color, dark) in [(INK, "#e8ebee"), (MUTED, "#a3adb7"), (GRID, "#343b43")] {
        let color = hex(color);
        style += &format!(
            "svg [fill=\"{color}\"]{{fill:{dark}}}svg [stroke=\"{color}\"]{{stroke:{dark}}}"
        );
    }
    style.push('}');
    style
}

/// Text of that colour.
fn text(color: RGBColor) -> TextStyle<'static> {
    ("sans-serif", TEXT).into_font().color(&color)
}

/// Parts an area into one for plots and one for a legend.
pub(crate) fn part<'b>(root: &Area<'b>) -> (Area<'b>, Area<'b>) {
    root.split_horizontally(WIDTH - LEGEND)
}

/// Writes a line of text at the middle of an area: why there is nothing else.
pub(crate) fn say(area: &Area<'_>, line: &str) -> Result<(), DrawError> {
    let (width, height) = area.dim_in_pixel();
    let style = text(MUTED).pos(Pos::new(HPos::Center, VPos::Center));
    Ok(area.draw_text(line, &style, (width as i32 / 2, height as i32 / 2))?)
}

/// Draws a legend.
pub(crate) fn legend(area: &Area<'_>, title: &str, entries: &[Entry]) -> Result<(), DrawError> {
    let style = |color| text(color).pos(Pos::new(HPos::Left, VPos::Center));
    let height = area.dim_in_pixel().1 as i32;
    let most = usize::try_from((height - 40) / LINE - 2).unwrap_or(1).max(1);
    area.draw_text(title, &style(MUTED), (20, 40))?;
    for (number, Entry { name, key }) in (1..).zip(entries.iter().take(most)) {
        let y = 40 + number * LINE;
        let ends = vec![(20, y), (76, y)];
        match *key {
            Key::Series(look) => {
                area.draw(&PathElement::new(ends, look.color.stroke_width(2 * look.width + 1)))?;
                mark(area, (48, y), look, 9)?;
            }
            Key::Line(color, width) => {
                area.draw(&PathElement::new(ends, color.stroke_width(width)))?
            }
            Key::Dashes(color) => {
                for begin in [20, 42, 64] {
                    let dash = vec![(begin, y), (begin + 12, y)];
                    area.draw(&PathElement::new(dash, color.stroke_width(3)))?;
                }
            }
            Key::Mark(look) => mark(area, (48, y), look, 9)?,
        }
        area.draw_text(&shortened(name), &style(INK), (92, y))?;
    }
    if entries.len() > most {
        let rest = format!("and {} more", entries.len() - most);
        area.draw_text(&rest, &style(MUTED), (92, 40 + (most as i32 + 1) * LINE))?;
    }
    Ok(())
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= ROOM {
        return name.to_owned();
    }
    name.chars().take(ROOM - 1).chain(['…']).collect()
}

/// Draws a mark.
fn mark(area: &Area<'_>, (x, y): (i32, i32), look: Look, size: i32) -> Result<(), DrawError> {
    let style = match look.hollow {
        true => look.color.stroke_width(3),
        false => look.color.filled(),
    };
    match look.shape {
        Shape::Disc => area.draw(&Circle::new((x, y), size, style))?,
        Shape::Triangle => {
            let corners = [(x, y - size - 2), (x + size, y + size - 2), (x - size, y + size - 2)];
            match look.hollow {
                true => {
                    let around = corners.into_iter().chain([corners[0]]);
                    area.draw(&PathElement::new(around.collect::<Vec<_>>(), style))?;
                }
                false => area.draw(&Polygon::new(corners.to_vec(), style))?,
            }
        }
        Shape::Cross => area.draw(&Cross::new((x, y), size, look.color.stroke_width(4)))?,
    }
    Ok(())
}

impl<'a, 'b> Plot<'a, 'b> {
    /// A plot with a grid, and axes with their names.
    pub fn new(area: &Area<'b>, x: &Axis, y: &Axis) -> Result<Self, DrawError> {
        let below = match (x.name.is_empty(), x.is_marked()) {
            (false, _) => 92,
            (true, true) => 56,
            (true, false) => 20,
        };
        let mut chart = ChartBuilder::on(area)
            .margin(16)
            .set_label_area_size(LabelAreaPosition::Bottom, below)
            .set_label_area_size(LabelAreaPosition::Left, 150)
            .build_cartesian_2d(x.clone(), y.clone())?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID.stroke_width(2))
            .axis_style(MUTED.stroke_width(2))
            .label_style(text(MUTED))
            .axis_desc_style(text(INK))
            .x_desc(&x.name)
            .y_desc(&y.name)
            .x_label_formatter(&|place| x.format_ext(place))
            .y_label_formatter(&|place| y.format_ext(place))
            .draw()?;
        Ok(Self { chart })
    }

    /// A line from place to place.
    pub fn line(
        &mut self,
        points: &[(f64, f64)],
        color: RGBColor,
        width: u32,
    ) -> Result<(), DrawError> {
        let line = PathElement::new(points.to_vec(), color.stroke_width(width));
        self.chart.draw_series([line])?;
        Ok(())
    }

    /// A broken line.
    pub fn dashes(&mut self, points: &[(f64, f64)], color: RGBColor) -> Result<(), DrawError> {
        let line = DashedPathElement::new(points.iter().copied(), 12, 10, color.stroke_width(3));
        self.chart.draw_series([line])?;
        Ok(())
    }

    /// Marks.
    pub fn marks(&mut self, points: &[(f64, f64)], look: Look, size: i32) -> Result<(), DrawError> {
        let area = self.chart.plotting_area().strip_coord_spec();
        let (left, top) = area.get_base_pixel();
        for &point in points {
            let (x, y) = self.chart.backend_coord(&point);
            mark(&area, (x - left, y - top), look, size)?;
        }
        Ok(())
    }

    /// A box from one corner to the other.
    pub fn block(&mut self, corners: [(f64, f64); 2], color: RGBColor) -> Result<(), DrawError> {
        self.chart.draw_series([Rectangle::new(corners, color.filled())])?;
        Ok(())
    }

    /// A filled shape.
    pub fn fill(&mut self, points: &[(f64, f64)], color: RGBColor) -> Result<(), DrawError> {
        self.chart.draw_series([Polygon::new(points.to_vec(), color.filled())])?;
        Ok(())
    }

    /// The name of a row, left of the plot at this height.
    pub fn row(&mut self, name: &str, height: f64) -> Result<(), DrawError> {
        let area = self.chart.plotting_area().strip_coord_spec();
        let (_, top) = area.get_base_pixel();
        let (_, y) = self.chart.backend_coord(&(0.0, height));
        let style = text(INK).pos(Pos::new(HPos::Right, VPos::Center));
        Ok(area.draw_text(name, &style, (-12, y - top))?)
    }
}
