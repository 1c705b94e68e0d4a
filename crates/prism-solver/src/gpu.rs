//! A GPU as a site of the solver: opened beside the search, since that takes a good part of a second.

use prism_core::threads::spawn;
use prism_gpu::GpuContext;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{Builder, JoinHandle, sleep};
use std::time::{Duration, Instant};

/// A GPU that is opened when it is first asked for, and shared by all who have a clone of this.
#[derive(Clone, Debug)]
pub(crate) struct Gpu(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    device: Arc<Device>,
    /// The thread that opens it.
    opener: Mutex<Option<JoinHandle<()>>>,
}

/// What the thread that opens it shares with the others.
#[derive(Debug)]
struct Device {
    ordinal: usize,
    open: fn(usize) -> Result<GpuContext, String>,
    context: OnceLock<Result<GpuContext, String>>,
}

/// How long whoever drops a device waits for a thread that still opens it: a driver that hangs holds nobody up for
/// longer.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

impl Gpu {
    /// The device of that number, which is not asked yet.
    pub fn new(ordinal: usize) -> Self {
        let open = |ordinal| GpuContext::open(ordinal).map_err(|error| error.to_string());
        Self::opened_by(ordinal, open)
    }

    fn opened_by(ordinal: usize, open: fn(usize) -> Result<GpuContext, String>) -> Self {
        let device = Arc::new(Device { ordinal, open, context: OnceLock::new() });
        Self(Arc::new(Shared { device, opener: Mutex::new(None) }))
    }

    /// One that is open.
    #[cfg(test)]
    pub fn of(context: GpuContext) -> Self {
        let gpu = Self::new(0);
        let _ = gpu.0.device.context.set(Ok(context));
        gpu
    }

    /// What `--device` calls it.
    pub fn name(&self) -> String {
        format!("cuda:{}", self.0.device.ordinal)
    }

    /// Opens it on a thread of its own, unless that has begun.
    pub fn open(&self) {
        let mut opener = self.0.opener.lock().unwrap_or_else(PoisonError::into_inner);
        if opener.is_none() && self.context().is_none() {
            let device = self.0.device.clone();
            // Without a thread it is opened by whoever waits for it.
            *opener = spawn(Builder::new(), move || _ = device.wait()).ok();
        }
    }

    /// The device, or why there is none; nothing while it is being opened.
    pub fn context(&self) -> Option<Result<&GpuContext, &str>> {
        self.0.device.context.get().map(|opened| opened.as_ref().map_err(String::as_str))
    }

    /// The same, once it is known.
    pub fn wait(&self) -> Result<&GpuContext, &str> {
        self.0.device.wait().as_ref().map_err(String::as_str)
    }
}

impl Device {
    fn wait(&self) -> &Result<GpuContext, String> {
        self.context.get_or_init(|| (self.open)(self.ordinal))
    }
}

impl Drop for Shared {
    /// A process must not end while its driver is being set up: what the driver does at the end of a process
    /// would meet that half done.
    fn drop(&mut self) {
        let opener = self.opener.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let since = Instant::now();
        while opener.as_ref().is_some_and(|opener| !opener.is_finished()) {
            if since.elapsed() > LONGEST_WAIT {
                tracing::warn!("the driver of the GPU does not answer");
                return;
            }
            sleep(Duration::from_millis(2));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prism_stream::mock::MockDriver;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn nobody_leaves_while_it_is_being_opened() {
        static OPENED: AtomicU32 = AtomicU32::new(0);
        let gpu = Gpu::opened_by(1, |_| {
            sleep(Duration::from_millis(100));
            OPENED.fetch_add(1, Ordering::Relaxed);
            Ok(GpuContext::from_driver(MockDriver::new(1)))
        });
        let other = gpu.clone();
        gpu.open();
        other.open();
        drop(gpu);
        drop(other);
        assert_eq!(OPENED.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let gpu = Gpu::opened_by(3, |ordinal| Err(format!("no device {ordinal}")));
        assert!(gpu.context().is_none());
        assert_eq!(gpu.wait().err(), Some("no device 3"));
        assert_eq!(
            (gpu.context().unwrap().err(), gpu.name()),
            (Some("no device 3"), "cuda:3".into())
        );
    }
}
