//! A timeline as a picture: rows for upload, kernel and download, a box for each step in the step's
//! colour. Where boxes of one colour stand one below the other on a diagonal, steps overlap; where they
//! form a staircase with gaps, they do not.

use std::fmt::Write as _;

use super::{Stage, StepTimes, Timeline};

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 80.0;
const ROW: f64 = 28.0;
const TOP: f64 = 34.0;

/// Colours of successive steps: distinguishable also without seeing red and green (Okabe and Ito 2008).
const COLORS: [&str; 6] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"];

impl Timeline {
    /// The last `steps` steps of the newest burst as an SVG document.
    #[must_use]
    pub fn svg(&self, steps: usize) -> String {
        let newest = self.steps.back().map_or(0, |times| times.burst);
        let timed = |times: &&StepTimes| times.whole().is_some();
        let shown = self.steps.iter().rev().take_while(|times| times.burst == newest);
        let mut shown: Vec<&StepTimes> = shown.filter(timed).take(steps).collect();
        shown.reverse();
        let start = shown.iter().filter_map(|times| times.whole()).map(|span| span.start_ns).min();
        let end = shown.iter().filter_map(|times| times.whole()).map(|span| span.end_ns).max();
        let (start, end) = (start.unwrap_or(0), end.unwrap_or(1));
        let scale = (WIDTH - LEFT - 10.0) / end.saturating_sub(start).max(1) as f64;
        let x = |ns: u64| LEFT + ns.saturating_sub(start) as f64 * scale;

        let height = TOP + 3.0 * ROW + 26.0;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        // Writing to a string cannot fail.
        let _ = writeln!(out, "<text x=\"10\" y=\"20\">{}</text>", self.caption(shown.len()));
        for stage in Stage::ALL {
            let y = TOP + ROW * stage as usize as f64;
            let _ = writeln!(out, "<text x=\"10\" y=\"{:.1}\">{}</text>", y + 17.0, stage.name());
            for times in &shown {
                let Some(span) = times.stage(stage) else { continue };
                let (from, width) = (x(span.start_ns), (span.ns() as f64 * scale).max(0.5));
                let color = COLORS[(times.step % COLORS.len() as u64) as usize];
                let _ = writeln!(
                    out,
                    "<rect x=\"{from:.2}\" y=\"{y:.1}\" width=\"{width:.2}\" height=\"{:.1}\" \
                     fill=\"{color}\"><title>step {}, {}: {:.1} us</title></rect>",
                    ROW - 4.0,
                    times.step,
                    stage.name(),
                    span.ns() as f64 / 1e3,
                );
            }
        }
        let y = TOP + 3.0 * ROW;
        let _ = writeln!(
            out,
            "<path d=\"M{LEFT} {y}H{}\" stroke=\"black\"/>\n<text x=\"{LEFT}\" y=\"{}\">0</text>\n\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{:.1} us</text>\n</svg>",
            WIDTH - 10.0,
            y + 16.0,
            WIDTH - 10.0,
            y + 16.0,
            end.saturating_sub(start) as f64 / 1e3,
        );
        out
    }

    /// What the figures say, over the picture.
    fn caption(&self, shown: usize) -> String {
        let Some(sum) = self.utilisation() else { return "no step was timed".to_owned() };
        format!(
            "{shown} of {} timed steps; {:.1} us a step, bound {:.1} us, efficiency {:.0} %, kernels busy {:.0} % of the time",
            sum.steps,
            sum.step_ns / 1e3,
            sum.bound_ns / 1e3,
            100.0 * sum.efficiency(),
            100.0 * sum.busy(Stage::Kernel),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::regular;
    use super::*;

    #[test]
    fn a_picture_has_a_box_for_each_stage_of_each_step() {
        let svg = regular(50, 20, 2).svg(12);
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert_eq!(svg.matches("<title>").count(), 12 * 3);
        assert!(svg.contains("step 49, kernel: 20.0 us") && !svg.contains("step 37,"), "{svg}");
        assert!(
            svg.contains("12 of 50 timed steps; 20.0 us a step, bound 20.0 us, efficiency 100 %"),
            "{svg}"
        );
        // Each step has the colour of no step that it can overlap with.
        let colors: Vec<&str> = svg.lines().filter_map(|l| l.split("fill=\"").nth(1)).collect();
        assert!(colors.windows(2).skip(1).take(10).all(|pair| pair[0][..7] != pair[1][..7]));
    }

    #[test]
    fn boxes_stay_inside_the_picture() {
        for line in regular(30, 7, 2).svg(30).lines().filter(|line| line.contains("<title>")) {
            let value = |name: &str| -> f64 {
                line.split(&format!("{name}=\""))
                    .nth(1)
                    .unwrap()
                    .split('"')
                    .next()
                    .unwrap()
                    .parse()
                    .unwrap()
            };
            assert!(value("x") >= LEFT && value(" x") + value("width") <= WIDTH - 9.0, "{line}");
        }
    }

    #[test]
    fn an_empty_timeline_is_a_picture_that_says_so() {
        assert!(Timeline::new(1, 2).svg(9).contains("no step was timed"));
    }
}
