//! What was measured, as text, CSV and JSON, and what the project asks of it.

use std::fmt::Write as _;

use super::measure::{Figure, PASSES};

/// Config bytes, telemetry bytes, microseconds of kernel.
pub type Case = (usize, usize, u64);

/// One measured figure.
#[derive(Clone, Debug)]
pub struct Row {
    pub config_bytes: usize,
    pub telemetry_bytes: usize,
    pub kernel_us: u64,
    pub what: &'static str,
    /// Microseconds a step, pass by pass.
    pub passes: Figure,
}

impl Row {
    /// The case that it is of.
    pub fn case(&self) -> Case {
        (self.config_bytes, self.telemetry_bytes, self.kernel_us)
    }

    /// The median of the passes.
    pub fn us(&self) -> f64 {
        median(self.passes)
    }

    /// The least and the most of them.
    pub fn range(&self) -> (f64, f64) {
        let [least, .., most] = sorted(self.passes);
        (least, most)
    }
}

fn sorted(mut passes: Figure) -> Figure {
    passes.sort_by(f64::total_cmp);
    passes
}

fn median(passes: Figure) -> f64 {
    sorted(passes)[PASSES / 2]
}

/// A figure, or what stands for one that was not measured.
fn or(figure: Option<f64>, missing: &str) -> String {
    figure.map_or(missing.to_owned(), |figure| format!("{figure:.3}"))
}

/// All figures of a run.
#[derive(Default)]
pub struct Report {
    pub rows: Vec<Row>,
}

/// A demand, and whether it is met.
pub struct Target {
    pub what: String,
    pub demand: String,
    pub reached: Option<f64>,
    pub met: bool,
}

impl Report {
    /// The cases, each a payload and a kernel time, in the order of measurement.
    pub fn cases(&self) -> Vec<Case> {
        let mut cases: Vec<_> = self.rows.iter().map(Row::case).collect();
        cases.dedup();
        cases
    }

    /// The rows of a case.
    fn of(&self, case: Case) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.case() == case)
    }

    /// The passes of a row of a case.
    fn passes(&self, case: Case, what: &str) -> Option<Figure> {
        self.of(case).find(|row| row.what == what).map(|row| row.passes)
    }

    /// The median of a row of a case.
    pub fn find(&self, case: Case, what: &str) -> Option<f64> {
        self.passes(case, what).map(median)
    }

    /// Two rows of a case compared pass by pass: the median.
    fn compare(
        &self,
        case: Case,
        (a, b): (&str, &str),
        with: impl Fn(f64, f64) -> f64,
    ) -> Option<f64> {
        let (a, b) = (self.passes(case, a)?, self.passes(case, b)?);
        Some(median(std::array::from_fn(|pass| with(a[pass], b[pass]))))
    }

    /// How many times faster the second is.
    fn faster(&self, case: Case, slow: &str, fast: &str) -> Option<f64> {
        self.compare(case, (slow, fast), |slow, fast| slow / fast)
    }

    /// The least that a step of a case can take: max(K, C).
    pub fn bound(&self, case: Case) -> Option<f64> {
        Some(self.find(case, "K")?.max(self.find(case, "C")?))
    }

    /// The block of a case, as text.
    pub fn block(&self, case: Case) -> String {
        let mut out = String::new();
        let bound = self.bound(case).unwrap_or(f64::NAN);
        let pageable = self.find(case, "raw sync pageable").unwrap_or(f64::NAN);
        let _ = writeln!(
            out,
            "\n{} B up, {} B down, kernel {} us; the bound max(K, C) is {bound:.2} us",
            case.0, case.1, case.2
        );
        for row in self.of(case) {
            let (us, (least, most)) = (row.us(), row.range());
            let _ = writeln!(
                out,
                "  {:<34} {:>9.2} us  [{:.2} .. {:.2}]  {:>6.2} x bound  {:>6.2} x faster than pageable",
                row.what,
                us,
                least,
                most,
                us / bound,
                pageable / us
            );
        }
        out
    }

    /// The bound of a row's case, and the row over it.
    fn against_bound(&self, row: &Row) -> [Option<f64>; 2] {
        let bound = self.bound(row.case());
        [bound, bound.map(|bound| row.us() / bound)]
    }

    /// As CSV.
    pub fn csv(&self) -> String {
        let mut out =
            "config_bytes,telemetry_bytes,kernel_us,what,us,min,max,bound_us,over_bound\n"
                .to_owned();
        for row in &self.rows {
            let Row { config_bytes, telemetry_bytes, kernel_us, what, .. } = row;
            let (us, (min, max)) = (row.us(), row.range());
            let [bound, over] = self.against_bound(row).map(|figure| or(figure, ""));
            let _ = writeln!(
                out,
                "{config_bytes},{telemetry_bytes},{kernel_us},\"{what}\",{us:.3},{min:.3},{max:.3},{bound},{over}"
            );
        }
        out
    }

    /// As JSON. The strings are ours and hold nothing to escape but what `device` may hold.
    pub fn json(&self, device: &str) -> String {
        let device: String = device.chars().filter(|c| !matches!(c, '"' | '\\')).collect();
        let mut out = format!("{{\"device\":\"{device}\",\"unit\":\"us a step\",\"rows\":[");
        for (at, row) in self.rows.iter().enumerate() {
            let Row { config_bytes, telemetry_bytes, kernel_us, what, .. } = row;
            let (us, (min, max)) = (row.us(), row.range());
            let [bound, over] = self.against_bound(row).map(|figure| or(figure, "null"));
            let comma = if at == 0 { "" } else { "," };
            let _ = write!(
                out,
                "{comma}\n{{\"config_bytes\":{config_bytes},\"telemetry_bytes\":{telemetry_bytes},\"kernel_us\":{kernel_us},\"what\":\"{what}\",\"us\":{us:.3},\"min\":{min:.3},\"max\":{max:.3},\"bound_us\":{bound},\"over_bound\":{over}}}"
            );
        }
        out.push_str("\n],\"targets\":[");
        for (at, target) in self.targets().iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let reached = or(target.reached, "null");
            let _ = write!(
                out,
                "{comma}\n{{\"what\":\"{}\",\"demand\":\"{}\",\"reached\":{reached},\"met\":{}}}",
                target.what, target.demand, target.met
            );
        }
        out.push_str("\n]}\n");
        out
    }

    /// What the project asks of an H200, and what was reached; the demands of other devices are
    /// nobody's yet.
    pub fn targets(&self) -> Vec<Target> {
        let mut all = Vec::new();
        let mut least = |what: &str, demand: f64, reached: Option<f64>| {
            let met = reached.is_some_and(|value| value >= demand);
            all.push(Target { what: what.into(), demand: format!(">= {demand}"), reached, met });
        };
        let (small, medium, large) = ((256, 64, 1), (1024, 10240, 5), (1 << 20, 1 << 20, 20));
        least(
            "auto against sync pageable, 1 KB/10 KB, 5 us",
            3.0,
            self.faster(medium, "raw sync pageable", "auto"),
        );
        least(
            "the same in batches of 8",
            3.5,
            self.faster(medium, "raw sync pageable", "auto, batches of 8"),
        );
        least(
            "auto in place against sync pinned, 1 MB/1 MB, 20 us",
            2.5,
            self.faster(large, "raw sync copied", "auto, in place"),
        );
        let mut most = |what: &str, demand: f64, reached: Option<f64>| {
            let met = reached.is_some_and(|value| value <= demand);
            all.push(Target { what: what.into(), demand: format!("<= {demand}"), reached, met });
        };
        most("us a step, 256 B/64 B, 1 us, auto", 5.5, self.find(small, "auto"));
        most("the same in batches of 8", 3.0, self.find(small, "auto, batches of 8"));
        let (apart, _) = self.over_the_bound("auto");
        most("step over the bound, configs up to 64 KB, kernels of 10 us up, worst", 1.05, apart);
        let (apart, near) = self.over_the_bound("auto, in place");
        most("the same, config written in place, up to 16 MB, worst", 1.05, apart);
        most("the same where K is within 20 % of C, worst", 1.2, near);
        most("16 MB/16 MB, config in place, over the loop by hand, worst", 1.02, {
            let cases = self.cases().into_iter().filter(|case| case.0 == 16 << 20);
            let pair = ("auto, in place", "raw streams copied");
            let over = cases.filter_map(|case| self.compare(case, pair, |ours, raw| ours / raw));
            over.max_by(f64::total_cmp)
        });
        most("host us a step over the raw loop, 256 B/64 B, 1 us, worst transport", 0.5, {
            let pairs = [
                ("host: streams copied", "host: raw streams copied"),
                ("host: streams mapped", "host: raw streams mapped"),
                ("host: graph copied", "host: raw graph copied"),
                ("host: graph mapped", "host: raw graph mapped"),
                ("host: graph mapped, one step", "host: raw graph mapped, one step"),
            ];
            let more = pairs
                .into_iter()
                .filter_map(|pair| self.compare(small, pair, |ours, raw| ours - raw));
            more.max_by(f64::total_cmp)
        });
        all
    }

    /// A row over the bound, the worst of the cases with kernels of 10 us and more: where kernel and
    /// copies are 20 % apart and more, and where they are nearer. `auto` also copies each config to
    /// where it is sent from, and is measured up to 64 KB; `auto, in place` has it written there, as the
    /// loops by hand do.
    fn over_the_bound(&self, auto: &str) -> (Option<f64>, Option<f64>) {
        let mut worst: [Option<f64>; 2] = [None; 2];
        for case in self.cases().into_iter().filter(|case| case.2 >= 10) {
            let (Some(auto), Some(bound)) = (self.find(case, auto), self.bound(case)) else {
                continue;
            };
            let (Some(k), Some(c)) = (self.find(case, "K"), self.find(case, "C")) else { continue };
            let near = (k - c).abs() <= 0.2 * k.max(c);
            let slot = &mut worst[usize::from(near)];
            *slot = Some(slot.unwrap_or(0.0).max(auto / bound));
        }
        (worst[0], worst[1])
    }

    /// What overlapping gains over waiting for each step, by how long the kernel takes for each copy of
    /// a megabyte and more.
    pub fn ratio_table(&self) -> String {
        let mut out = "\nkernel to copies: how much faster `auto, in place` is\n".to_owned();
        for case in self.cases().into_iter().filter(|case| case.0 >= 1 << 20) {
            let find = |what| self.find(case, what).unwrap_or(f64::NAN);
            let (kernel, copies) = (find("K"), find("C"));
            let faster = |than| self.faster(case, than, "auto, in place").unwrap_or(f64::NAN);
            let _ = writeln!(
                out,
                "  {:>2} MB up, as many down  K {kernel:>6.1} us, C {copies:>5.1} us  {:>5.2} : 1   {:>5.2} x than sync pinned  {:>5.2} x than sync pageable",
                case.0 >> 20,
                kernel / copies,
                faster("raw sync copied"),
                faster("raw sync pageable"),
            );
        }
        out
    }

    /// The targets as a table.
    pub fn target_table(&self) -> String {
        let mut out = "\ntargets (for one H200)\n".to_owned();
        for Target { what, demand, reached, met } in self.targets() {
            let reached = reached.map_or("not measured".to_owned(), |value| format!("{value:.2}"));
            let word = if met { "met" } else { "MISSED" };
            let _ = writeln!(out, "target  {what:<66} {demand:>8}  {reached:>12}  {word}");
        }
        out
    }
}
