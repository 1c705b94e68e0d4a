//! The word that ends running steps: one of host memory, mapped into the device's, which a kernel looks
//! at now and then.
//!
//! A config cannot end the step that has read it, nor those behind it in the queue. The word is the
//! pipeline's own, its address goes to every launch ([`StepLaunch::abort`](crate::StepLaunch)), and any
//! thread can set it through an [`AbortHandle`]. It stays set, so that no step slips through between
//! the setting and the controller's hearing of it; the pipeline clears it once the steps that were
//! submitted before have come back.
#![allow(unsafe_code)]

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use crate::context::GpuContext;
use crate::driver::{DevicePtr, HostUse};
use crate::error::GpuError;
use crate::handles::HostBuffer;

/// Asks the steps of a pipeline to end early, from any thread and at any time. Clones are of the same word.
#[derive(Clone, Default)]
pub struct AbortHandle {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// What the word is to be, also before there is one.
    asked: AtomicU32,
    /// Made with the first step. Freed when neither a handle nor what the device may use has it.
    word: OnceLock<HostBuffer>,
}

impl AbortHandle {
    /// Asks the steps in flight, and all that are submitted until
    /// [`clear_abort`](crate::AsyncPipelineCoordinator::clear_abort), to end early. Never waits. Whether
    /// and when a step does is its kernel's business; its telemetry comes back like any other.
    pub fn abort(&self) {
        self.set(1);
    }

    /// Whether steps are asked to end early.
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        self.shared.asked.load(Ordering::SeqCst) != 0
    }

    /// Lets the steps to come run.
    pub(crate) fn clear(&self) {
        self.set(0);
    }

    fn set(&self, value: u32) {
        self.shared.asked.store(value, Ordering::SeqCst);
        self.publish();
    }

    /// Makes the word what is asked for. Either this sees the word that [`address`](Self::address) has
    /// just made, or that sees what was asked.
    fn publish(&self) {
        if let Some(word) = self.shared.word.get() {
            // SAFETY: the block has room for a word and is aligned to 256 bytes; the host accesses it
            // as an atomic alone, and the device only reads it.
            let word = unsafe { AtomicU32::from_ptr(word.host().cast::<u32>()) };
            word.store(self.shared.asked.load(Ordering::SeqCst), Ordering::SeqCst);
        }
    }

    /// Where the device reads the word, which is made if there is none.
    pub(crate) fn address(&self, gpu: &GpuContext) -> Result<DevicePtr, GpuError> {
        let word = match self.shared.word.get() {
            Some(word) => word,
            None => {
                let bytes = size_of::<u32>();
                let made = HostBuffer::new(gpu.driver(), gpu.ledger(), bytes, HostUse::Mapped)?;
                // SAFETY: just made with so many bytes, and nothing else knows of it.
                unsafe { made.host().write_bytes(0, bytes) };
                let word = self.shared.word.get_or_init(|| made);
                self.publish();
                word
            }
        };
        word.device().ok_or(GpuError::InvalidOptions("this device does not map host memory"))
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("aborted", &self.is_aborted()).finish()
    }
}
