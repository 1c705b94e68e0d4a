//! Pages and plots of runs that were made up: with everything there can be to show, and with nothing.
#![allow(clippy::unwrap_used)]

mod html;

use html::{check_sections, elements, section};
use prism_report::{Run, course, page};
use prism_solver::{
    Chronicle, EngineCounters, Event, EventSink, Improvement, Pipeline, Report, Sample, Settings,
    Status, TimedStep, TurnEnded, TurnSample,
};
use proptest::prelude::*;

/// A name that would be markup if it were not escaped.
const NAME: &str = "<script>alert(\"1\")</script> & 'graph'.col";

fn improvement(k: usize, seconds: f64, engine: &'static str, site: &str) -> Improvement {
    Improvement {
        k,
        seconds,
        moves: (seconds * 1e6) as u64,
        engine: engine.into(),
        site: site.to_owned(),
    }
}

/// The report of a run that found these.
fn report(history: Vec<Improvement>, lower_bound: usize) -> Report<'static> {
    let engine = |engine: &'static str, site: &str, moves| EngineCounters {
        engine: engine.into(),
        site: site.to_owned(),
        rounds: 3,
        successes: 1,
        improvements: 1,
        moves,
        seconds: 1.5,
    };
    let k = history.last().map(|last| last.k);
    let seconds = history.last().map_or(0.0, |last| 2.0 * last.seconds);
    Report {
        version: "1.2.3".into(),
        vertices: 500,
        edges: 62_624,
        num_colors: k,
        lower_bound: k.map(|_| lower_bound),
        optimal: k == Some(lower_bound),
        class_sizes: None,
        status: if k.is_some() { Status::TimeLimit } else { Status::Infeasible },
        settings: Settings { threads: 7, ..Settings::default() },
        moves: 3_000_000,
        seconds,
        history: history.into(),
        engines: vec![engine("tabucol", "cpu", 1_000_000), engine("whcr", "cuda:0", 2_000_000)]
            .into(),
        colors: None,
        first_vertex: None,
        labels: None,
    }
}

fn turn(
    engine: &'static str,
    site: &str,
    k: usize,
    begun: f64,
    pipeline: Option<Pipeline>,
) -> Event {
    let sample = |at: u64| TurnSample {
        seconds: begun + 0.01 * at as f64,
        sample: Sample {
            moves: 1000 * at,
            conflicts: 40 - at,
            proposed: 1000 * at,
            accepted: 300 * at,
            exchanges: 10 * at,
            swaps: 4 * at,
            diversity: Some(0.9 - 0.02 * at as f64),
        },
    };
    let samples: Vec<TurnSample> = (0..30).map(sample).collect();
    let seconds = samples.last().unwrap().seconds;
    let (engine, site) = (engine.into(), site.to_owned());
    Event::TurnEnded(TurnEnded {
        engine,
        site,
        k,
        begun,
        seconds,
        moves: 29_000,
        samples,
        pipeline,
    })
}

fn pipeline() -> Pipeline {
    let step = |step: u64| {
        let at =
            |from: u64, to: u64| Some([step * 20_000 + from * 1000, step * 20_000 + to * 1000]);
        TimedStep {
            step: 256 + step,
            burst: 1,
            upload: at(0, 10),
            kernel: at(10, 30),
            download: at(30, 35),
            wait: at(31, 35),
            in_flight: 3,
        }
    };
    Pipeline {
        transport: "three streams".to_owned(),
        steps: (0..20).map(step).collect(),
        step_ns: 20_000.0,
        bound_ns: 20_000.0,
        busy: [0.5, 1.0, 0.25],
        in_flight: 2.9,
    }
}

/// A run with everything that there is to show.
fn full() -> (Report<'static>, Chronicle) {
    let mut chronicle = Chronicle::default();
    chronicle.event(&Event::Resumed { k: 60, lower_bound: 9, moves: 5, seconds: 0.5 });
    chronicle.event(&Event::LowerBound { lower_bound: 44, proof: "clique", seconds: 0.6 });
    for (at, k) in (47..50).rev().enumerate() {
        let begun = 1.0 + at as f64;
        chronicle.event(&Event::Searching {
            k,
            kernel_vertices: 400,
            kernel_edges: 50_000,
            seconds: begun,
        });
        chronicle.event(&turn("tabucol", "cpu", k, begun, None));
        chronicle.event(&turn("whcr", "cuda:0", k, begun + 0.2, Some(pipeline())));
    }
    let (site, why) = ("cuda:1".to_owned(), "<it> & its fan burn".to_owned());
    chronicle.event(&Event::SiteLost { site, why });
    let history = vec![
        improvement(60, 0.001, "dsatur", "cpu"),
        improvement(50, 1.3, "tabucol", "cpu"),
        improvement(48, 2.5, "whcr", "cuda:0"),
    ];
    (report(history, 44), chronicle)
}

fn run<'a>(report: &'a Report<'a>, chronicle: &'a Chronicle, classes: &'a [usize]) -> Run<'a> {
    Run {
        name: NAME,
        report,
        chronicle,
        classes,
        options: &[],
        nothing: None,
        read_seconds: 0.25,
        cpu_seconds: 8.0,
        peak_memory_bytes: 123_000_000,
    }
}

#[test]
fn a_page_shows_everything_that_there_is() {
    let (report, chronicle) = full();
    let classes: Vec<usize> = (1..49).collect();
    let options = [("resume", "<old> & \"cold\".ckpt".to_owned())];
    let run = Run { options: &options, ..run(&report, &chronicle, &classes) };
    let page = page(&run).unwrap();
    let elements = elements(&page);
    check_sections(&elements);
    let text = |id: &str| &section(&elements, id).text;
    // Escaped where it is written, and whole when it is read.
    let title = elements.iter().find(|one| one.name == "title").unwrap();
    assert_eq!(title.text, format!("{NAME} – PRISM"));
    assert!(!page.contains("<script") && !page.contains("<it>") && !page.contains("<old>"));
    assert!(text("options").contains("<old> & \"cold\".ckpt") && text("options").contains("7"));
    assert!(text("pipeline").contains("cuda:1 was given up: <it> & its fan burn"));
    for (id, says) in [
        ("course", "whcr, cuda:0"),
        ("course", "time, logarithmic"),
        ("course", "time (s)"),
        ("course", "conflicts"),
        ("course", "lower bound"),
        ("diversity", "vertices classed differently"),
        ("acceptance", "swaps: whcr, cuda:0"),
        ("pipeline", "host waits"),
        ("pipeline", "kernel busy 100 %"),
        ("classes", "median: 24"),
        ("bounds", "between 44 and 48"),
        ("bounds", "clique"),
        ("bounds", "400 vertices"),
        ("history", "went on from a checkpoint with 60 colours"),
        ("history", "dsatur"),
        ("engines", "67 %"),
    ] {
        assert!(text(id).contains(says), "{id} does not say {says:?}: {}", text(id));
    }
    let plots =
        |id: &str| section(&elements, id).inside.iter().filter(|name| *name == "svg").count();
    let expected =
        [("course", 2), ("diversity", 2), ("acceptance", 2), ("pipeline", 1), ("classes", 1)];
    for (id, count) in expected {
        assert_eq!(plots(id), count, "{id}");
    }
}

#[test]
fn the_first_plot_is_a_file_of_its_own() {
    let (report, chronicle) = full();
    let svg = course(&run(&report, &chronicle, &[])).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "svg");
    assert_eq!(root.tag_name().namespace(), Some("http://www.w3.org/2000/svg"));
    let title = root.children().find(|node| node.tag_name().name() == "title").unwrap();
    assert!(title.text().unwrap().starts_with(NAME));
    let texts: String = document.descendants().filter_map(|node| node.text()).collect();
    for says in
        ["colours", "conflicts", "time, logarithmic", "tabucol, cpu", "whcr, cuda:0", "100 ms"]
    {
        assert!(texts.contains(says), "{says}");
    }
    let names = document
        .descendants()
        .filter(roxmltree::Node::is_element)
        .map(|node| node.tag_name().name());
    let known = ["svg", "title", "style", "rect", "text", "polyline", "line", "circle", "polygon"];
    names.for_each(|name| assert!(known.contains(&name), "{name}"));
    let addresses = svg.matches("://").count();
    assert_eq!(addresses, 1, "the name of SVG itself");
}

#[test]
fn a_run_without_a_colouring_has_a_page() {
    let report = report(Vec::new(), 0);
    let chronicle = Chronicle::default();
    let why = "no colouring exists: vertex <3> has no list";
    let run = Run { nothing: Some(why), ..run(&report, &chronicle, &[]) };
    let elements = elements(&page(&run).unwrap());
    check_sections(&elements);
    let all = &elements.iter().find(|one| one.name == "main").unwrap().text;
    for says in
        [why, "no colouring was found", "No GPU was at work", "No lower bound was looked for"]
    {
        assert!(all.contains(says), "{says}");
    }
    roxmltree::Document::parse(&course(&run).unwrap()).unwrap();
}

/// The coordinates of everything in a plot.
fn coordinates(document: &roxmltree::Document<'_>) -> Vec<f64> {
    let mut all = Vec::new();
    for node in document.descendants() {
        for name in ["x", "y", "x1", "x2", "y1", "y2", "cx", "cy"] {
            all.extend(node.attribute(name).map(|value| value.parse::<f64>().unwrap()));
        }
        let points = node.attribute("points").unwrap_or_default();
        all.extend(
            points
                .split([' ', ','])
                .filter(|one| !one.is_empty())
                .map(|one| one.parse::<f64>().unwrap()),
        );
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// Whatever happened, however fast or slow: a page that is well-formed, and plots inside of their pictures.
    #[test]
    fn every_run_has_a_page(
        found in prop::collection::vec((0usize..70_000, 0.0f64..1e6), 0..40),
        short in any::<bool>(), bound in 0usize..70_000, turns in 0usize..30,
        classes in prop::collection::vec(0usize..100_000, 0..600), target in prop::option::of(1usize..70_000),
        name in ".{0,40}",
    ) {
        let scale = if short { 1e-10 } else { 1.0 };
        let mut times: Vec<f64> = found.iter().map(|&(_, seconds)| seconds * scale).collect();
        times.sort_by(f64::total_cmp);
        let mut colors: Vec<usize> = found.iter().map(|&(k, _)| k).collect();
        colors.sort_by(|a, b| b.cmp(a));
        let history = colors.into_iter().zip(times).map(|(k, seconds)| improvement(k, seconds, "rlf", "cpu")).collect();
        let mut report = report(history, bound);
        report.settings.target_colors = target;
        let mut chronicle = Chronicle::default();
        chronicle.event(&Event::LowerBound { lower_bound: bound, proof: "edge", seconds: 0.0 });
        for at in 0..turns {
            chronicle.event(&turn("memetic", "cpu", at / 3, at as f64 * scale, None));
        }
        let run = Run { name: &name, ..run(&report, &chronicle, &classes) };
        check_sections(&elements(&page(&run).unwrap()));
        let svg = course(&run).unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let inside = coordinates(&document).iter().all(|&place| (-4.0..=2004.0).contains(&place));
        prop_assert!(inside, "{:?}", coordinates(&document));
    }
}
