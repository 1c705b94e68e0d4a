//! A timeline as a Chrome trace-event file, which Perfetto (ui.perfetto.dev) and `chrome://tracing`
//! open: a row for the host's waits, one for each stage, and a counter of the steps in flight.
//!
//! The format is a list of flat JSON objects whose strings are all ours, so it is written as text.

use std::fmt::Write as _;

use super::{Span, Stage, Timeline};

/// Names of the rows, by thread number.
const ROWS: [&str; 4] = ["host waits", "upload", "kernel", "download"];

impl Timeline {
    /// The timeline as a Chrome trace-event file (JSON), times in microseconds.
    #[must_use]
    pub fn chrome_trace(&self) -> String {
        let mut out = String::from("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            r#"{{"ph":"M","pid":1,"name":"process_name","args":{{"name":"GPU pipeline"}}}}"#
        );
        for (row, name) in ROWS.iter().enumerate() {
            let _ = write!(
                out,
                ",\n{{\"ph\":\"M\",\"pid\":1,\"tid\":{row},\"name\":\"thread_name\",\"args\":{{\"name\":\"{name}\"}}}}"
            );
        }
        for times in self.steps() {
            let mut span = |row: usize, span: Option<Span>| {
                let Some(span) = span else { return };
                let _ = write!(
                    out,
                    ",\n{{\"ph\":\"X\",\"pid\":1,\"tid\":{row},\"name\":\"step {}\",\"ts\":{:.3},\"dur\":{:.3},\"args\":{{\"step\":{}}}}}",
                    times.step,
                    span.start_ns as f64 / 1e3,
                    span.ns() as f64 / 1e3,
                    times.step,
                );
            };
            span(0, times.wait);
            for stage in Stage::ALL {
                span(stage as usize + 1, times.stage(stage));
            }
            if let Some(whole) = times.whole() {
                let _ = write!(
                    out,
                    ",\n{{\"ph\":\"C\",\"pid\":1,\"name\":\"in flight\",\"ts\":{:.3},\"args\":{{\"steps\":{}}}}}",
                    whole.start_ns as f64 / 1e3,
                    times.queue_depth,
                );
            }
        }
        out.push_str("\n]}\n");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::regular;
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_trace_is_json_with_an_event_a_stage() {
        let trace: Value = serde_json::from_str(&regular(5, 20, 2).chrome_trace()).unwrap();
        let events = trace["traceEvents"].as_array().unwrap();
        let of = |phase: &str| events.iter().filter(|e| e["ph"] == phase).collect::<Vec<_>>();
        let names: Vec<_> = of("M")
            .into_iter()
            .map(|e| (e["name"].as_str().unwrap(), e["tid"].as_u64(), e["args"]["name"].clone()))
            .collect();
        let row = |at: usize| ("thread_name", Some(at as u64), ROWS[at].into());
        let process = ("process_name", None, "GPU pipeline".into());
        assert_eq!(names, [process, row(0), row(1), row(2), row(3)]);
        assert_eq!(of("X").len(), 5 * 4, "three stages and a wait, each step");
        assert_eq!(of("C").len(), 5);
        let kernel = of("X").into_iter().find(|e| e["tid"] == 2 && e["args"]["step"] == 3).unwrap();
        assert_eq!(kernel["name"], "step 3");
        assert_eq!((&kernel["ts"], &kernel["dur"]), (&70.0.into(), &20.0.into()));
        for event in of("X") {
            assert!(event["pid"].is_u64() && event["ts"].is_f64() && event["dur"].is_f64());
        }
    }

    #[test]
    fn an_empty_timeline_is_a_valid_trace() {
        let trace: Value = serde_json::from_str(&Timeline::new(1, 2).chrome_trace()).unwrap();
        assert_eq!(trace["traceEvents"].as_array().unwrap().len(), 5);
    }
}
