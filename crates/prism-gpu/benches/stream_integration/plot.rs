//! The run as a picture: for each case, how far above the bound each way of running it came.

use std::fmt::Write as _;

use super::report::Report;

/// What is drawn, and in which colour (Okabe and Ito 2008: told apart without red and green too).
const SERIES: [(&str, &str); 7] = [
    ("raw sync pageable", "#999999"),
    ("raw sync copied", "#e69f00"),
    ("raw streams copied", "#56b4e9"),
    ("raw streams mapped", "#009e73"),
    ("auto", "#0072b2"),
    ("auto, in place", "#d55e00"),
    ("auto, batches of 8", "#cc79a7"),
];

const LEFT: f64 = 230.0;
const WIDTH: f64 = 1000.0;
const ROW: f64 = 30.0;
const TOP: f64 = 70.0;

/// An SVG document: a row a case, time over the bound on a logarithmic axis from 0.8 to 30.
pub fn svg(report: &Report) -> String {
    let cases = report.cases();
    let height = TOP + ROW * cases.len() as f64 + 40.0;
    let (least, most) = (0.8_f64.ln(), 30.0_f64.ln());
    let x = |ratio: f64| {
        LEFT + (WIDTH - LEFT - 20.0) * (ratio.ln().clamp(least, most) - least) / (most - least)
    };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"10\" y=\"20\">Time a step over the bound max(K, C); 1 is all that the device allows</text>\n"
    );
    // Writing to a string cannot fail.
    for (at, (name, color)) in SERIES.iter().enumerate() {
        let from = 10.0 + 140.0 * at as f64;
        let _ = writeln!(
            out,
            "<circle cx=\"{from}\" cy=\"40\" r=\"5\" fill=\"{color}\"/><text x=\"{}\" y=\"44\">{name}</text>",
            from + 10.0
        );
    }
    let bottom = TOP + ROW * cases.len() as f64;
    for tick in [1.0, 2.0, 5.0, 10.0, 20.0] {
        let _ = writeln!(
            out,
            "<path d=\"M{0:.1} {TOP}V{bottom}\" stroke=\"#dddddd\"/><text x=\"{0:.1}\" y=\"{1}\" text-anchor=\"middle\">{tick}</text>",
            x(tick),
            bottom + 16.0
        );
    }
    for (at, &case) in cases.iter().enumerate() {
        let y = TOP + ROW * (at as f64 + 0.5);
        let bound = report.bound(case);
        let _ = writeln!(
            out,
            "<text x=\"10\" y=\"{:.1}\">{} / {}, {} us: bound {:.1} us</text>",
            y + 4.0,
            size(case.0),
            size(case.1),
            case.2,
            bound.unwrap_or(f64::NAN)
        );
        for (name, color) in SERIES {
            let (Some(us), Some(bound)) = (report.find(case, name), bound) else { continue };
            let _ = writeln!(
                out,
                "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{color}\" fill-opacity=\"0.85\"><title>{name}: {us:.2} us</title></circle>",
                x(us / bound)
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

/// A number of bytes, short.
fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KB", bytes / 1024),
        _ => format!("{} MB", bytes / 1_048_576),
    }
}
