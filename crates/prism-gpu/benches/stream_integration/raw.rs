//! The same steps as loops written by hand: what a careful programmer would get without the pipeline.
//! They set the limit that it is held against, and the baselines that it is to beat.

use std::cell::UnsafeCell;
use std::sync::Arc;
use std::time::Duration;

use prism_stream::driver::{DevicePtr, Driver, HostBlock, HostUse, RawEvent, RawStream};
use prism_stream::{DeviceBuffer, GpuContext, KernelCache};

use super::BATCH;
use super::host::{self, Part};
use super::kernel::BenchKernel;

const SLOTS: usize = 3;

/// Everything for all the loops, made once.
pub struct Loops {
    driver: Arc<dyn Driver>,
    kernel: BenchKernel,
    config: Vec<DeviceBuffer>,
    telemetry: Vec<DeviceBuffer>,
    up: Vec<HostBlock>,
    down: Vec<HostBlock>,
    mapped_up: Vec<HostBlock>,
    mapped_down: Vec<HostBlock>,
    pageable: (Vec<u8>, UnsafeCell<Vec<u8>>),
    streams: [RawStream; 3],
    events: Vec<[RawEvent; 3]>,
    bytes: (usize, usize),
}

impl Loops {
    pub fn new(gpu: &GpuContext, words: (usize, usize), cache: &KernelCache, spin_ns: u64) -> Self {
        let driver = Arc::clone(gpu.driver());
        driver.bind().unwrap();
        let bytes = (words.0 * 4, words.1 * 4);
        let host = |bytes, purpose| -> Vec<HostBlock> {
            (0..SLOTS).map(|_| driver.host_alloc(bytes, purpose).unwrap()).collect()
        };
        let device = |bytes| (0..SLOTS).map(|_| gpu.alloc_zeroed(bytes).unwrap()).collect();
        Self {
            kernel: BenchKernel::new(gpu, cache, words, spin_ns),
            config: device(bytes.0),
            telemetry: device(bytes.1),
            up: host(bytes.0, HostUse::Upload),
            down: host(bytes.1, HostUse::Download),
            mapped_up: host(bytes.0, HostUse::Mapped),
            mapped_down: host(bytes.1, HostUse::Mapped),
            pageable: (vec![1; bytes.0], UnsafeCell::new(vec![0; bytes.1])),
            streams: std::array::from_fn(|_| driver.stream_create(0).unwrap()),
            events: (0..SLOTS)
                .map(|_| std::array::from_fn(|_| driver.event_create(false).unwrap()))
                .collect(),
            bytes,
            driver,
        }
    }

    fn copy_up(&self, slot: usize, from: *const u8, on: usize) {
        // SAFETY: both ends are ours, of that size, and live until the streams were waited for.
        unsafe {
            let to = self.config[slot].ptr();
            self.driver.copy_to_device(to, from, self.bytes.0, self.streams[on]).unwrap();
        }
    }

    fn copy_down(&self, slot: usize, to: *mut u8, on: usize) {
        // SAFETY: both ends are ours, of that size, and live until the streams were waited for.
        unsafe {
            let from = self.telemetry[slot].ptr();
            self.driver.copy_to_host(to, from, self.bytes.1, self.streams[on]).unwrap();
        }
    }

    fn launch(&self, config: DevicePtr, telemetry: DevicePtr, on: usize) {
        self.kernel.with(config, telemetry, |function, shape, args| {
            // SAFETY: these are the arguments of the kernel, and what they point to is ours.
            unsafe { self.driver.launch(function.raw(), shape, self.streams[on], args) }.unwrap();
        });
    }

    fn record(&self, slot: usize, mark: usize, on: usize) {
        // SAFETY: both are ours.
        unsafe { self.driver.event_record(self.events[slot][mark], self.streams[on]) }.unwrap();
    }

    fn hold(&self, slot: usize, mark: usize, on: usize) {
        // SAFETY: both are ours.
        unsafe { self.driver.stream_wait(self.streams[on], self.events[slot][mark]) }.unwrap();
    }

    fn host_wait(&self, slot: usize) {
        // SAFETY: the event is ours.
        unsafe { self.driver.event_synchronize(self.events[slot][2]) }.unwrap();
    }

    /// The host writes the config of a slot.
    fn write(&self, blocks: &[HostBlock], slot: usize) {
        // SAFETY: the block is that large, and the device is done with it.
        unsafe {
            blocks[slot].host.copy_from_nonoverlapping(self.pageable.0.as_ptr(), self.bytes.0);
        }
    }

    /// The host waits for a slot and looks at its telemetry.
    fn take(&self, blocks: &[HostBlock], slot: usize, done: usize) {
        self.host_wait(done);
        // SAFETY: the block is that large, and the device is done with it.
        std::hint::black_box(unsafe { blocks[slot].host.add(self.bytes.1 - 4).read() });
    }

    fn finish(&self) {
        for stream in self.streams {
            // SAFETY: the stream is ours.
            unsafe { self.driver.stream_synchronize(stream) }.unwrap();
        }
    }

    pub fn upload(&self, steps: u64) {
        (0..steps).for_each(|_| self.copy_up(0, self.up[0].host, 0));
        self.finish();
    }

    pub fn download(&self, steps: u64) {
        (0..steps).for_each(|_| self.copy_down(0, self.down[0].host, 2));
        self.finish();
    }

    pub fn kernel(&self, steps: u64) {
        (0..steps).for_each(|_| self.launch(self.config[0].ptr(), self.telemetry[0].ptr(), 1));
        self.finish();
    }

    pub fn copies(&self, steps: u64) {
        for _ in 0..steps {
            self.copy_up(0, self.up[0].host, 0);
            self.copy_down(0, self.down[0].host, 2);
        }
        self.finish();
    }

    pub fn sync(&self, steps: u64, pageable: bool) {
        let (up, down) = if pageable {
            // SAFETY: nothing else refers to the vector.
            (self.pageable.0.as_ptr(), unsafe { (*self.pageable.1.get()).as_mut_ptr() })
        } else {
            (self.up[0].host.cast_const(), self.down[0].host)
        };
        for _ in 0..steps {
            self.copy_up(0, up, 1);
            self.launch(self.config[0].ptr(), self.telemetry[0].ptr(), 1);
            self.copy_down(0, down, 1);
            // SAFETY: the stream is ours.
            unsafe { self.driver.stream_synchronize(self.streams[1]) }.unwrap();
        }
    }

    pub fn sync_mapped(&self, steps: u64) {
        for _ in 0..steps {
            self.launch_mapped(0);
            // SAFETY: the stream is ours.
            unsafe { self.driver.stream_synchronize(self.streams[1]) }.unwrap();
        }
    }

    pub fn streams(&self, steps: u64) {
        for step in 0..steps as usize {
            let slot = step % SLOTS;
            if step >= SLOTS {
                self.host_wait(slot);
            }
            self.step_on_streams(slot);
        }
        self.finish();
    }

    fn step_on_streams(&self, slot: usize) {
        self.copy_up(slot, self.up[slot].host, 0);
        self.record(slot, 0, 0);
        self.hold(slot, 0, 1);
        self.launch(self.config[slot].ptr(), self.telemetry[slot].ptr(), 1);
        self.record(slot, 1, 1);
        self.hold(slot, 1, 2);
        self.copy_down(slot, self.down[slot].host, 2);
        self.record(slot, 2, 2);
    }

    pub fn mapped(&self, steps: u64) {
        for step in 0..steps as usize {
            let slot = step % SLOTS;
            if step >= SLOTS {
                self.host_wait(slot);
            }
            self.launch_mapped(slot);
            self.record(slot, 2, 1);
        }
        self.finish();
    }

    /// Batches that are launched together and waited for together.
    pub fn mapped_batches(&self, steps: u64) {
        for _ in 0..steps.div_ceil(BATCH as u64) {
            (0..BATCH).for_each(|at| self.launch_mapped(at % SLOTS));
            self.record(0, 2, 1);
            self.host_wait(0);
        }
        self.finish();
    }

    /// The same batches, each a graph that was captured once.
    pub fn graph_batches(&self, steps: u64) {
        self.with_graph(|launch| {
            for _ in 0..steps.div_ceil(BATCH as u64) {
                launch();
                self.record(0, 2, 1);
                self.host_wait(0);
            }
        });
    }

    /// Captures a batch of mapped steps, and lends out what launches it. Each launch is waited for
    /// before the next.
    fn with_graph<R>(&self, run: impl FnOnce(&dyn Fn()) -> R) -> R {
        let on = self.streams[1];
        // SAFETY: the stream is ours, and nothing is queued on it. The graph runs once at a time,
        // since each run is waited for, and goes when the last one is over.
        unsafe {
            self.driver.capture_begin(on).unwrap();
            (0..BATCH).for_each(|at| self.launch_mapped(at % SLOTS));
            let graph = self.driver.capture_end(on).unwrap();
            let exec = self.driver.graph_instantiate(graph).unwrap();
            self.driver.graph_destroy(graph).unwrap();
            let result = run(&|| self.driver.graph_launch(exec, on).unwrap());
            self.finish();
            self.driver.graph_exec_destroy(exec).unwrap();
            result
        }
    }

    /// What a step on three streams costs the host.
    pub fn host_streams(&self, rest: Duration) -> (f64, f64, f64) {
        host::measure(SLOTS, rest, |part| {
            for slot in 0..SLOTS {
                if part == Part::Submit {
                    self.write(&self.up, slot);
                    self.step_on_streams(slot);
                } else {
                    self.take(&self.down, slot, slot);
                }
            }
        })
    }

    /// What a mapped step costs the host.
    pub fn host_mapped(&self, rest: Duration) -> (f64, f64, f64) {
        host::measure(SLOTS, rest, |part| {
            for slot in 0..SLOTS {
                if part == Part::Submit {
                    self.write(&self.mapped_up, slot);
                    self.launch_mapped(slot);
                    self.record(slot, 2, 1);
                } else {
                    self.take(&self.mapped_down, slot, slot);
                }
            }
        })
    }

    /// What a step of a batch that is a graph costs the host.
    pub fn host_graph(&self, rest: Duration) -> (f64, f64, f64) {
        self.with_graph(|launch| {
            host::measure(BATCH, rest, |part| {
                if part == Part::Submit {
                    (0..BATCH).for_each(|at| self.write(&self.mapped_up, at % SLOTS));
                    launch();
                    self.record(0, 2, 1);
                } else {
                    (0..BATCH).for_each(|at| self.take(&self.mapped_down, at % SLOTS, 0));
                }
            })
        })
    }

    /// What single calls cost the host, on streams with nothing to do.
    pub fn calls(&self, mut row: impl FnMut(&'static str, (f64, f64, f64))) {
        let calls: [(&'static str, &dyn Fn()); 7] = [
            ("call: bind the context", &|| self.driver.bind().unwrap()),
            ("call: record an event", &|| self.record(0, 2, 1)),
            ("call: hold back a stream", &|| self.hold(0, 2, 0)),
            ("call: query an event", &|| {
                // SAFETY: the event is ours.
                unsafe { self.driver.event_query(self.events[0][2]) }.unwrap();
            }),
            ("call: wait for a complete event", &|| self.host_wait(0)),
            ("call: upload", &|| self.copy_up(0, self.up[0].host, 0)),
            ("call: launch", &|| self.launch_mapped(0)),
        ];
        for (what, call) in calls {
            row(
                what,
                host::measure(BATCH, Duration::from_micros(100), |part| {
                    if part == Part::Submit {
                        (0..BATCH).for_each(|_| call());
                    }
                }),
            );
        }
        self.finish();
    }

    fn launch_mapped(&self, slot: usize) {
        let (up, down) = (self.mapped_up[slot].device, self.mapped_down[slot].device);
        self.launch(up.unwrap(), down.unwrap(), 1);
    }
}

impl Drop for Loops {
    fn drop(&mut self) {
        self.finish();
        let blocks = [&self.up, &self.down, &self.mapped_up, &self.mapped_down];
        // SAFETY: all are ours, nothing is queued, and each goes once.
        unsafe {
            for block in blocks.into_iter().flatten() {
                self.driver.host_free(*block).unwrap();
            }
            for event in self.events.iter().flatten() {
                self.driver.event_destroy(*event).unwrap();
            }
            for stream in self.streams {
                self.driver.stream_destroy(stream).unwrap();
            }
        }
    }
}
