//! The same steps as loops written by hand: what a careful programmer would get without the pipeline.
//! They set the limit that it is held against, and the baselines that it is to beat.

use std::cell::UnsafeCell;
use std::sync::Arc;

use prism_stream::driver::{
    DevicePtr, Driver, HostBlock, HostUse, RawEvent, RawGraphExec, RawStream,
};
use prism_stream::{DeviceBuffer, GpuContext, KernelCache, Placement};

use super::BATCH;
use super::kernel::BenchKernel;
use super::measure::Part;

/// Submissions in flight: steps, or batches.
pub const SLOTS: usize = 3;

/// One call of the driver.
pub type Call<'a> = Box<dyn Fn() + 'a>;

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
    /// As many batches of copied steps as can be in flight, and as many of mapped steps.
    graphs: [Vec<RawGraphExec>; 2],
    bytes: (usize, usize),
}

impl Loops {
    /// The loops for a payload of so many words up and down, with room for batches or without.
    pub fn new(
        gpu: &GpuContext,
        words: (usize, usize),
        cache: &KernelCache,
        spin_ns: u64,
        batches: bool,
    ) -> Self {
        let slots = if batches { SLOTS * BATCH } else { SLOTS };
        let driver = Arc::clone(gpu.driver());
        driver.bind().unwrap();
        let bytes = (words.0 * 4, words.1 * 4);
        let host = |bytes, purpose| -> Vec<HostBlock> {
            (0..slots).map(|_| driver.host_alloc(bytes, purpose).unwrap()).collect()
        };
        let device = |bytes| (0..slots).map(|_| gpu.alloc_zeroed(bytes).unwrap()).collect();
        let mut loops = Self {
            kernel: BenchKernel::new(gpu, cache, words, spin_ns),
            config: device(bytes.0),
            telemetry: device(bytes.1),
            up: host(bytes.0, HostUse::Upload),
            down: host(bytes.1, HostUse::Download),
            mapped_up: host(bytes.0, HostUse::Mapped),
            mapped_down: host(bytes.1, HostUse::Mapped),
            pageable: (vec![1; bytes.0], UnsafeCell::new(vec![0; bytes.1])),
            streams: std::array::from_fn(|_| driver.stream_create(0).unwrap()),
            events: (0..slots)
                .map(|_| std::array::from_fn(|_| driver.event_create(false).unwrap()))
                .collect(),
            graphs: Default::default(),
            bytes,
            driver,
        };
        if batches {
            loops.graphs = [Placement::Copied, Placement::Mapped]
                .map(|of| (0..SLOTS).map(|turn| loops.capture(turn * BATCH, of)).collect());
        }
        loops
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
    fn take(&self, blocks: &[HostBlock], slot: usize) {
        self.host_wait(slot);
        self.look(blocks, slot);
    }

    fn look(&self, blocks: &[HostBlock], slot: usize) {
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
        (0..steps).for_each(|_| self.launch_copied(0));
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
            self.launch_copied(0);
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

    /// Three steps in flight on streams.
    pub fn streams(&self, steps: u64, placement: Placement) {
        for step in 0..steps as usize {
            let slot = step % SLOTS;
            if step >= SLOTS {
                self.host_wait(slot);
            }
            self.step(slot, placement);
            self.end(slot, placement);
        }
        self.finish();
    }

    /// Batches that are launched together and waited for together, three of them in flight.
    pub fn batches(&self, steps: u64, placement: Placement) {
        self.in_turn(steps, |first| {
            (first..first + BATCH).for_each(|slot| self.step(slot, placement));
            self.end(first + BATCH - 1, placement);
        });
    }

    /// The same batches, each a graph that was captured once.
    pub fn graph_batches(&self, steps: u64, placement: Placement) {
        self.in_turn(steps, |first| self.batch_as_graph(first, placement));
    }

    /// Launches batches, from the slot on that is given, each once the batch that had its slots has
    /// come back.
    fn in_turn(&self, steps: u64, launch: impl Fn(usize)) {
        for batch in 0..steps.div_ceil(BATCH as u64) as usize {
            let first = batch % SLOTS * BATCH;
            if batch >= SLOTS {
                self.host_wait(first + BATCH - 1);
            }
            launch(first);
        }
        self.finish();
    }

    /// The calls of a step, but for the event that the host waits for.
    fn step(&self, slot: usize, placement: Placement) {
        if placement == Placement::Mapped {
            return self.launch_mapped(slot);
        }
        self.copy_up(slot, self.up[slot].host, 0);
        self.record(slot, 0, 0);
        self.hold(slot, 0, 1);
        self.launch_copied(slot);
        self.record(slot, 1, 1);
        self.hold(slot, 1, 2);
        self.copy_down(slot, self.down[slot].host, 2);
    }

    /// That event.
    fn end(&self, slot: usize, placement: Placement) {
        self.record(slot, 2, if placement == Placement::Mapped { 1 } else { 2 });
    }

    fn batch_as_graph(&self, first: usize, placement: Placement) {
        let graph = self.graphs[usize::from(placement == Placement::Mapped)][first / BATCH];
        // SAFETY: the graph is ours, and its last run was waited for.
        unsafe { self.driver.graph_launch(graph, self.streams[1]) }.unwrap();
        self.record(first + BATCH - 1, 2, 1);
    }

    /// Captures a batch as a graph.
    fn capture(&self, first: usize, placement: Placement) -> RawGraphExec {
        let (on, last) = (self.streams[1], first + BATCH - 1);
        self.step(first, placement); // no capture survives the loading of a kernel
        self.finish();
        // SAFETY: the stream is ours, and nothing is queued on it.
        unsafe {
            self.driver.capture_begin(on).unwrap();
            if placement == Placement::Copied {
                self.record(first, 2, 1);
                self.hold(first, 2, 0);
            }
            (first..=last).for_each(|slot| self.step(slot, placement));
            if placement == Placement::Copied {
                self.record(last, 2, 2);
                self.hold(last, 2, 1);
            }
            let graph = self.driver.capture_end(on).unwrap();
            let exec = self.driver.graph_instantiate(graph).unwrap();
            self.driver.graph_destroy(graph).unwrap();
            exec
        }
    }

    /// What steps on streams cost the host, in bursts of as many as are in flight.
    pub fn burst(&self, part: Part, placement: Placement) {
        let (up, down) = self.host_blocks(placement);
        for slot in 0..SLOTS {
            if part == Part::Submit {
                self.write(up, slot);
                self.step(slot, placement);
                self.end(slot, placement);
            } else {
                self.take(down, slot);
            }
        }
    }

    /// The same for a batch that is a graph.
    pub fn burst_as_graph(&self, part: Part, placement: Placement) {
        let (up, down) = self.host_blocks(placement);
        if part == Part::Submit {
            (0..BATCH).for_each(|slot| self.write(up, slot));
            self.batch_as_graph(0, placement);
        } else {
            self.host_wait(BATCH - 1);
            (0..BATCH).for_each(|slot| self.look(down, slot));
        }
    }

    fn host_blocks(&self, placement: Placement) -> (&[HostBlock], &[HostBlock]) {
        match placement {
            Placement::Mapped => (&self.mapped_up, &self.mapped_down),
            Placement::Copied => (&self.up, &self.down),
        }
    }

    /// Single calls, on streams with nothing to do.
    pub fn calls(&self) -> [(&'static str, Call<'_>); 7] {
        [
            ("call: bind the context", Box::new(|| self.driver.bind().unwrap())),
            ("call: record an event", Box::new(|| self.record(0, 2, 1))),
            ("call: hold back a stream", Box::new(|| self.hold(0, 2, 0))),
            (
                "call: query an event",
                Box::new(|| {
                    // SAFETY: the event is ours.
                    unsafe { self.driver.event_query(self.events[0][2]) }.unwrap();
                }),
            ),
            ("call: wait for a complete event", Box::new(|| self.host_wait(0))),
            ("call: upload", Box::new(|| self.copy_up(0, self.up[0].host, 0))),
            ("call: launch", Box::new(|| self.launch_mapped(0))),
        ]
    }

    fn launch_copied(&self, slot: usize) {
        self.launch(self.config[slot].ptr(), self.telemetry[slot].ptr(), 1);
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
            for graph in self.graphs.iter().flatten() {
                self.driver.graph_exec_destroy(*graph).unwrap();
            }
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
