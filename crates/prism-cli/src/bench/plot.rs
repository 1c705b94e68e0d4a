//! A time-to-target plot as SVG: for each instance, the share of runs that had reached the target
//! after so many CPU seconds, on a logarithmic axis (Aiex, Resende & Ribeiro 2002). Without a target, a run
//! succeeds when it proves its colouring optimal.

use super::runner::Run;
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 640.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 420.0;

/// Where the first instance of the legend stands.
const FIRST: f64 = TOP + 24.0;

/// Colours that stay apart for most eyes (Okabe & Ito 2008).
const COLORS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
/// Dashes tell instances apart where colours repeat.
const DASHES: [&str; 3] = ["", "8 4", "2 3"];
/// Instances that the legend has room for.
const MOST: usize = 18;

/// What the runs that succeeded did.
fn title(runs: &[Run]) -> &'static str {
    let targets = runs.iter().filter(|run| run.target.is_some()).count();
    match targets {
        0 => "Runs that proved their colouring optimal",
        some if some < runs.len() => {
            "Runs that reached the target, or proved optimality without one"
        }
        _ => "Runs that reached the target",
    }
}

/// Draws runs that are sorted by instance; `limit` is the time limit in seconds.
pub fn time_to_target(runs: &[Run], limit: f64) -> String {
    let times = || runs.iter().filter(|run| run.success).map(|run| run.cpu_seconds.max(1e-3));
    let first = times().fold(limit.max(1e-2), f64::min);
    let last = times().fold(first * 10.0, f64::max);
    let (low, high) = (first.log10() - 0.05, last.log10() + 0.05);
    let x = |seconds: f64| LEFT + (seconds.log10() - low) / (high - low) * (RIGHT - LEFT);
    let y = |share: f64| BOTTOM - share * (BOTTOM - TOP);
    let mut svg = String::new();
    // Writing to a String cannot fail.
    let mut put = |text: std::fmt::Arguments<'_>| {
        let _ = svg.write_fmt(text);
        svg.push('\n');
    };
    put(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">"
    ));
    put(format_args!("<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>"));
    put(format_args!(
        "<text x=\"{LEFT}\" y=\"24\" font-size=\"15\">{}, by CPU time</text>",
        title(runs)
    ));
    put(format_args!(
        "<text x=\"{}\" y=\"{}\" font-weight=\"bold\">instance (runs that did / runs)</text>",
        RIGHT + 14.0,
        TOP + 4.0
    ));
    for tick in ticks(low, high) {
        let at = x(tick);
        put(format_args!(
            "<path d=\"M{at:.1} {TOP}V{BOTTOM}\" stroke=\"#ddd\"/>\
             <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{tick}</text>",
            BOTTOM + 18.0
        ));
    }
    for percent in [0, 25, 50, 75, 100] {
        let at = y(f64::from(percent) / 100.0);
        put(format_args!(
            "<path d=\"M{LEFT} {at:.1}H{RIGHT}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{percent} %</text>",
            LEFT - 6.0,
            at + 4.0
        ));
    }
    put(format_args!(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">CPU seconds</text>",
        f64::midpoint(LEFT, RIGHT),
        BOTTOM + 40.0
    ));
    let same = |a: &Run, b: &Run| a.instance == b.instance && a.target == b.target;
    let groups: Vec<&[Run]> = runs.chunk_by(same).collect();
    for (i, group) in groups.iter().take(MOST).enumerate() {
        let style = format!(
            "stroke=\"{}\" stroke-dasharray=\"{}\" stroke-width=\"2\" fill=\"none\"",
            COLORS[i % COLORS.len()],
            DASHES[i / COLORS.len() % DASHES.len()]
        );
        let mut reached: Vec<f64> =
            group.iter().filter(|run| run.success).map(|run| run.cpu_seconds.max(1e-3)).collect();
        reached.sort_by(f64::total_cmp);
        let mut path = format!("M{LEFT} {BOTTOM}");
        for (done, &seconds) in reached.iter().enumerate() {
            let share = (done + 1) as f64 / group.len() as f64;
            let _ = write!(path, "H{:.1}V{:.1}", x(seconds), y(share));
        }
        // A curve that is complete ends; one that is not goes on to the right.
        if reached.len() < group.len() {
            let _ = write!(path, "H{RIGHT}");
        }
        put(format_args!("<path d=\"{path}\" {style}/>"));
        let at = FIRST + 20.0 * i as f64;
        let k = group[0].target.map_or(String::new(), |k| format!(" k={k}"));
        put(format_args!(
            "<path d=\"M{} {at}h24\" {style}/><text x=\"{}\" y=\"{}\">{}{k} ({}/{})</text>",
            RIGHT + 14.0,
            RIGHT + 44.0,
            at + 4.0,
            escaped(&group[0].instance),
            reached.len(),
            group.len()
        ));
    }
    if groups.len() > MOST {
        put(format_args!(
            "<text x=\"{}\" y=\"{}\">and {} more, not shown</text>",
            RIGHT + 14.0,
            FIRST + 4.0 + 20.0 * MOST as f64,
            groups.len() - MOST
        ));
    }
    put(format_args!("</svg>"));
    svg
}

/// 1, 2 and 5 of each decade between two logarithms; only the 1s if those are many.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let steps: &[i32] = if high - low > 2.5 { &[1] } else { &[1, 2, 5] };
    let decades = low.floor() as i32..=high.ceil() as i32;
    decades
        // Division keeps 0.1 and 0.02 what they look like.
        .flat_map(|d| {
            steps.iter().map(move |&step| {
                let power = 10f64.powi(d.abs());
                if d < 0 { f64::from(step) / power } else { f64::from(step) * power }
            })
        })
        .filter(|tick| (low..=high).contains(&tick.log10()))
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(-1.05, 1.05), [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]);
        assert_eq!(ticks(-2.05, 2.05), [0.01, 0.1, 1.0, 10.0, 100.0]);
    }
}
