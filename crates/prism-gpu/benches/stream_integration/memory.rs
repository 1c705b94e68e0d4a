//! Host memory for the loops written by hand: a config and a telemetry for each slot.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::sync::Arc;

use prism_stream::driver::{DevicePtr, Driver, HostBlock, HostUse};
use prism_stream::mock::MockDriver;

/// How the memory is allocated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// By the system: the driver copies it to and from pinned memory of its own.
    Pageable,
    /// By the driver, for copies.
    Pinned,
    /// By the driver, for kernels that read and write it in place.
    Mapped,
}

/// Memory of one kind. Whoever calls a method has waited for the device to be done with the slot.
pub struct Memory {
    driver: Arc<dyn Driver>,
    kind: Kind,
    configs: Vec<HostBlock>,
    telemetry: Vec<HostBlock>,
}

impl Memory {
    /// For so many slots of so many bytes up and down. The context is bound.
    pub fn new(
        driver: &Arc<dyn Driver>,
        kind: Kind,
        slots: usize,
        (config_bytes, telemetry_bytes): (usize, usize),
    ) -> Self {
        // A mock copies nothing that it did not allocate.
        let mock = driver.as_any().is::<MockDriver>();
        let kind = if mock && kind == Kind::Pageable { Kind::Pinned } else { kind };
        let (up, down) = match kind {
            Kind::Mapped => (HostUse::Mapped, HostUse::Mapped),
            Kind::Pinned | Kind::Pageable => (HostUse::Upload, HostUse::Download),
        };
        let blocks = |bytes, purpose| {
            let block = || match kind {
                Kind::Pageable => pageable(bytes),
                Kind::Pinned | Kind::Mapped => driver.host_alloc(bytes, purpose).unwrap(),
            };
            (0..slots).map(|_| block()).collect()
        };
        let (configs, telemetry) = (blocks(config_bytes, up), blocks(telemetry_bytes, down));
        let memory = Self { driver: Arc::clone(driver), kind, configs, telemetry };
        for slot in 0..slots {
            // Pages that nobody has written are all one page of zeros, which is soon read.
            memory.write(slot, &vec![1; config_bytes / 4]);
            memory.spoil(slot);
        }
        memory
    }

    /// Where the config of a slot is.
    pub fn config(&self, slot: usize) -> *mut u8 {
        self.configs[slot].host
    }

    /// Where the telemetry of a slot goes.
    pub fn telemetry(&self, slot: usize) -> *mut u8 {
        self.telemetry[slot].host
    }

    /// Both as the device sees them, which it does if they are mapped.
    pub fn on_device(&self, slot: usize) -> (DevicePtr, DevicePtr) {
        (self.configs[slot].device.unwrap(), self.telemetry[slot].device.unwrap())
    }

    /// The host writes the config of a slot.
    pub fn write(&self, slot: usize, config: &[u32]) {
        let HostBlock { host, bytes, .. } = self.configs[slot];
        assert_eq!(size_of_val(config), bytes);
        // SAFETY: the block is that large, and the device is done with it.
        unsafe { host.copy_from_nonoverlapping(config.as_ptr().cast(), bytes) };
    }

    /// The host looks at the telemetry of a slot.
    pub fn look(&self, slot: usize) {
        let HostBlock { host, bytes, .. } = self.telemetry[slot];
        // SAFETY: the block is that large, and the device is done with it.
        std::hint::black_box(unsafe { host.add(bytes - 4).read() });
    }

    /// A copy of the telemetry of a slot.
    pub fn read(&self, slot: usize) -> Vec<u32> {
        let HostBlock { host, bytes, .. } = self.telemetry[slot];
        let mut words = vec![0_u32; bytes / 4];
        // SAFETY: the block is that large, and the device is done with it.
        unsafe { host.copy_to_nonoverlapping(words.as_mut_ptr().cast(), bytes) };
        words
    }

    /// Overwrites the telemetry of a slot, so that what was there before is not taken for an answer.
    pub fn spoil(&self, slot: usize) {
        let HostBlock { host, bytes, .. } = self.telemetry[slot];
        // SAFETY: the block is that large, and the device is done with it.
        unsafe { host.write_bytes(0xa5, bytes) };
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        for block in self.configs.iter().chain(&self.telemetry) {
            // SAFETY: allocated above in this way, nothing is queued, and each goes once.
            unsafe {
                match self.kind {
                    Kind::Pageable => dealloc(block.host, layout(block.bytes)),
                    Kind::Pinned | Kind::Mapped => self.driver.host_free(*block).unwrap(),
                }
            }
        }
    }
}

fn layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes, 256).unwrap()
}

fn pageable(bytes: usize) -> HostBlock {
    assert_ne!(bytes, 0);
    // SAFETY: the size is not zero.
    let host = unsafe { alloc_zeroed(layout(bytes)) };
    if host.is_null() {
        handle_alloc_error(layout(bytes));
    }
    HostBlock { host, device: None, bytes }
}
