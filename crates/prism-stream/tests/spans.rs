//! Timed steps as `tracing` spans. A program of its own: what collects spans is set for a whole
//! process.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use prism_stream::{Placement, Submission, TimingOptions};
use support::{config, device, options, pipeline};

/// Counts spans called `gpu_step` and remembers the names of their fields.
#[derive(Default)]
struct Spans {
    count: AtomicU64,
    fields: Mutex<Vec<&'static str>>,
}

impl tracing::Subscriber for Spans {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        if span.metadata().name() == "gpu_step" {
            self.count.fetch_add(1, Ordering::Relaxed);
            *self.fields.lock().unwrap() =
                span.metadata().fields().iter().map(|field| field.name()).collect();
        }
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_timed_step_is_a_span_with_its_times() {
    let spans = Arc::new(Spans::default());
    tracing::subscriber::set_global_default(Arc::clone(&spans)).unwrap();
    let (_mock, gpu) = device(11);
    let mut pipeline = pipeline(&gpu, options(3, (Placement::Copied, Submission::Streams)));
    for step in 0..50 {
        pipeline.step(&config(step)).unwrap();
    }
    pipeline.drain().unwrap();
    assert_eq!(spans.count.load(Ordering::Relaxed), 0, "nobody asked");
    pipeline.set_timing(Some(TimingOptions { every: 20, burst: 4, keep: 9 })).unwrap();
    for step in 0..100 {
        pipeline.step(&config(step)).unwrap();
    }
    assert_eq!(spans.count.load(Ordering::Relaxed), 20);
    let fields = ["step", "upload_us", "kernel_us", "download_us", "host_wait_us", "queue_depth"];
    assert_eq!(*spans.fields.lock().unwrap(), fields);
}
