//! The time-to-target plot: for each instance, the share of its runs that have reached the target
//! within a CPU time (Aiex, Resende & Ribeiro 2007).

use super::Run;
use plotters::prelude::*;

/// Width and height of the drawing.
const SIZE: (u32, u32) = (900, 520);

/// Draws the plot as SVG.
pub fn draw(runs: &[Run]) -> Result<String, String> {
    let mut drawing = String::new();
    draw_into(runs, &mut drawing).map_err(|error| format!("cannot draw the plot: {error}"))?;
    Ok(drawing)
}

fn draw_into(runs: &[Run], drawing: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let times = || runs.iter().map(|run| run.cpu_seconds.max(1e-3));
    let (least, most) =
        times().fold((f64::MAX, 1e-2), |(a, b): (f64, f64), t| (a.min(t), b.max(t)));
    let root = SVGBackend::with_string(drawing, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(52)
        .caption("Runs that reached their target", ("sans-serif", 20))
        .build_cartesian_2d((least * 0.8..most * 1.25).log_scale(), 0.0..1.02)?;
    chart.configure_mesh().x_desc("CPU seconds").y_desc("share of runs").draw()?;
    let mut names: Vec<&str> = runs.iter().map(|run| run.instance.as_str()).collect();
    names.dedup();
    for (i, name) in names.iter().enumerate() {
        let of_instance: Vec<&Run> = runs.iter().filter(|run| run.instance == *name).collect();
        let color = Palette99::pick(i).to_rgba();
        let label = match of_instance.first().and_then(|run| run.target) {
            Some(target) => format!("{name}, {target}"),
            None => (*name).to_owned(),
        };
        chart
            .draw_series(LineSeries::new(steps(&of_instance, least * 0.8, most * 1.25), &color))?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()?;
    root.present()?;
    Ok(())
}

/// The corners of the step function of one instance between two times.
fn steps(runs: &[&Run], from: f64, to: f64) -> Vec<(f64, f64)> {
    let mut times: Vec<f64> =
        runs.iter().filter(|run| run.reached).map(|run| run.cpu_seconds.max(1e-3)).collect();
    times.sort_by(f64::total_cmp);
    let share = |reached: usize| reached as f64 / runs.len() as f64;
    let mut corners = vec![(from, 0.0)];
    for (i, &time) in times.iter().enumerate() {
        corners.extend([(time, share(i)), (time, share(i + 1))]);
    }
    corners.push((to, share(times.len())));
    corners
}
