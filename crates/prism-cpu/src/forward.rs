//! Searches that are the face of another one.

/// Implements [`FixedK`](prism_core::search::FixedK) for a tuple struct by its only field, which does.
macro_rules! forward_fixed_k {
    ($search:ident $(<$life:lifetime>)?) => {
        impl $(<$life>)? prism_core::search::FixedK for $search $(<$life>)? {
            fn run(
                &mut self,
                moves: u64,
                stop: &std::sync::atomic::AtomicBool,
            ) -> prism_core::search::Step {
                self.0.run(moves, stop)
            }

            fn best(&self) -> prism_core::search::Elite {
                self.0.best()
            }

            fn conflicts(&self) -> u64 {
                self.0.conflicts()
            }

            fn moves(&self) -> u64 {
                self.0.moves()
            }

            fn save(&mut self) -> prism_core::search::Saved {
                self.0.save()
            }

            fn restore(
                &mut self,
                saved: &prism_core::search::Saved,
            ) -> Result<(), prism_core::search::Mismatch> {
                self.0.restore(saved)
            }

            fn watch(
                &mut self,
                watcher: &std::sync::Arc<dyn prism_core::search::Watcher>,
            ) {
                self.0.watch(watcher);
            }
        }
    };
}

pub(crate) use forward_fixed_k;
