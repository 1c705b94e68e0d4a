//! Counts the warnings that a piece of code gives.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

#[derive(Default)]
struct Counter(Arc<AtomicUsize>);

impl tracing::Subscriber for Counter {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// The warnings that `run` gives on this thread.
pub fn warnings(run: impl FnOnce()) -> usize {
    // All other threads have one, too, whose count nobody reads: one without any that is the first to
    // come by a warning can have it switched off for all.
    static OTHERS: OnceLock<bool> = OnceLock::new();
    OTHERS.get_or_init(|| tracing::subscriber::set_global_default(Counter::default()).is_ok());
    let count = Arc::new(AtomicUsize::new(0));
    tracing::subscriber::with_default(Counter(count.clone()), run);
    count.load(Ordering::Relaxed)
}
