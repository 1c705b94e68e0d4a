//! The page about a run in a real browser: Debian's Chromium, without a window. It takes a picture of what it
//! shows, and the picture is looked at. Without a browser these tests say so and end well, unless
//! `PRISM_REQUIRE_BROWSER` is set.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use prism_report::{COLORS, RGBColor};

use crate::common::{Folder, Run, graphs};

/// What Chromium is called.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// How long a browser may take until it counts as one that hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// The browser, if there is one.
#[expect(clippy::print_stderr, reason = "whoever runs the tests should know what was left out")]
fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = || std::env::split_paths(&path);
    let found = NAMES
        .iter()
        .flat_map(|name| places().map(move |place| place.join(name)))
        .find(|file| file.is_file());
    if found.is_none() {
        assert!(
            std::env::var_os("PRISM_REQUIRE_BROWSER").is_none(),
            "no browser: install chromium"
        );
        eprintln!("skipped: no browser; install chromium");
    }
    found
}

/// A picture: three bytes a pixel, row by row.
struct Picture {
    width: usize,
    pixels: Vec<u8>,
}

/// What a browser shows of a file in a window of this size, where the user likes it dark or light.
fn shown(browser: &Path, file: &Path, (width, height): (usize, usize), dark: bool) -> Picture {
    let folder = Folder::new();
    let picture = folder.path("picture.png");
    let mut command = Command::new(browser);
    // A test may run as root, and in a container with little shared memory.
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
    ]);
    command.arg(format!("--user-data-dir={}", folder.path("profile").display()));
    command.arg(format!("--window-size={width},{height}"));
    command.arg(format!("--blink-settings=preferredColorScheme={}", u8::from(!dark)));
    command.arg(format!("--screenshot={}", picture.display()));
    command.arg(format!("file://{}", file.display()));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the browser hangs");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut reader =
        png::Decoder::new(BufReader::new(File::open(&picture).unwrap())).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!((info.width as usize, info.height as usize), (width, height));
    assert_eq!(info.bit_depth, png::BitDepth::Eight);
    let samples = info.color_type.samples();
    let pixels =
        bytes[..info.buffer_size()].chunks_exact(samples).flat_map(|pixel| pixel[..3].to_vec());
    Picture { width, pixels: pixels.collect() }
}

impl Picture {
    /// The pixels of a part: columns and rows from one to another.
    fn part(&self, columns: [usize; 2], rows: [usize; 2]) -> Vec<[u8; 3]> {
        let pixel = |x: usize, y: usize| {
            let at = 3 * (y * self.width + x);
            [self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]]
        };
        (rows[0]..rows[1])
            .flat_map(|y| (columns[0]..columns[1]).map(move |x| pixel(x, y)))
            .collect()
    }
}

/// How many pixels have about this colour.
fn count(pixels: &[[u8; 3]], RGBColor(red, green, blue): RGBColor) -> usize {
    let near =
        |pixel: &&[u8; 3]| pixel.iter().zip([red, green, blue]).all(|(&a, b)| a.abs_diff(b) <= 6);
    pixels.iter().filter(near).count()
}

/// How many different colours there are.
fn different(pixels: &[[u8; 3]]) -> usize {
    pixels.iter().collect::<std::collections::BTreeSet<_>>().len()
}

/// A run that several engines had turns in.
fn run(report: &Path) {
    let mut command = prism!["color", "-q", graphs().join("gnp250_5.col.gz"), "--moves", "4000000"];
    command.args(["--threads", "1", "--device", "cpu", "-o", "/dev/null", "--report"]);
    command.arg(report).code(0);
}

#[test]
fn a_browser_shows_the_first_plot() {
    let Some(browser) = browser() else { return };
    let folder = Folder::new();
    let file = folder.path("run.svg");
    run(&file);
    let picture = shown(&browser, &file, (1000, 620), false);
    // Inside of the axes of the upper and of the lower plot, and the legend.
    let (upper, lower) = (picture.part([90, 770], [20, 260]), picture.part([90, 770], [330, 560]));
    let legend = picture.part([790, 1000], [0, 620]);
    let white = RGBColor(255, 255, 255);
    for part in [&upper, &lower, &legend] {
        let share = count(part, white) as f64 / part.len() as f64;
        assert!((0.5..0.995).contains(&share), "{share} of it is paper");
    }
    let ink = RGBColor(0x1c, 0x21, 0x26);
    assert!(count(&upper, ink) > 300, "the line of the best colouring");
    let drawn = |part: &[[u8; 3]]| COLORS.iter().filter(|&&color| count(part, color) > 20).count();
    assert!(drawn(&upper) >= 1, "who found it");
    assert!(drawn(&lower) >= 3, "the conflicts of several engines: {}", drawn(&lower));
    assert_eq!(drawn(&legend), drawn(&lower), "a line of the legend for each");
    assert!(different(&lower) > 50);
    // On a dark ground the same lines, and light text.
    let picture = shown(&browser, &file, (1000, 620), true);
    let part = picture.part([90, 770], [330, 560]);
    assert_eq!((count(&part, white), drawn(&part)), (0, drawn(&lower)));
    let light = picture.part([790, 1000], [0, 620]);
    assert!(count(&light, RGBColor(0xe8, 0xeb, 0xee)) > 50);
}

#[test]
fn a_browser_shows_the_page() {
    let Some(browser) = browser() else { return };
    let folder = Folder::new();
    let file = folder.path("run.html");
    run(&file);
    for dark in [false, true] {
        let picture = shown(&browser, &file, (1200, 3000), dark);
        let paper = if dark { RGBColor(0x15, 0x18, 0x1c) } else { RGBColor(255, 255, 255) };
        let ink = if dark { RGBColor(0xe8, 0xeb, 0xee) } else { RGBColor(0x1c, 0x21, 0x26) };
        let all = picture.part([0, 1200], [0, 3000]);
        let share = count(&all, paper) as f64 / all.len() as f64;
        assert!((0.5..0.97).contains(&share), "{share} of it is paper");
        assert!(count(&all, ink) > 3000, "there is text");
        // The first plot begins in the first screenful, below the head.
        let first = picture.part([40, 1160], [300, 1100]);
        let drawn = COLORS.iter().filter(|&&color| count(&first, color) > 50).count();
        assert!(drawn >= 3, "dark {dark}: {drawn} colours");
        assert!(different(&first) > 100, "{}", different(&first));
        // No part is empty: the page has no gaps.
        for rows in (0..3000).step_by(250) {
            let part = picture.part([0, 1200], [rows, rows + 250]);
            assert!(count(&part, paper) < part.len(), "nothing from {rows} on");
        }
    }
}
