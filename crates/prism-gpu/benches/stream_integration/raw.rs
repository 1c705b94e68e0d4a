//! The same steps as loops written by hand: what a careful programmer would get without the pipeline.
//! They set the limit that it is held against, and the baselines that it is to beat.

use std::ops::Range;
use std::sync::Arc;

use prism_stream::driver::{DevicePtr, Driver, RawEvent, RawGraphExec, RawStream};
use prism_stream::{DeviceBuffer, GpuContext, KernelCache, Placement};

use super::BATCH;
use super::kernel::BenchKernel;
use super::measure::Part;
use super::memory::{Kind, Memory};

/// Submissions in flight: steps, or batches.
pub const SLOTS: usize = 3;

/// One call of the driver.
pub type Call<'a> = Box<dyn Fn() + 'a>;

/// Graphs of so many steps, captured once: one for each submission that can be in flight.
pub struct Graphs {
    placement: Placement,
    steps: usize,
    execs: Vec<RawGraphExec>,
}

impl Graphs {
    /// None yet.
    fn none(placement: Placement, steps: usize) -> Self {
        Self { placement, steps, execs: Vec::new() }
    }
}

/// Everything for all the loops, made once.
pub struct Loops {
    gpu: GpuContext,
    driver: Arc<dyn Driver>,
    kernel: BenchKernel,
    config: Vec<DeviceBuffer>,
    telemetry: Vec<DeviceBuffer>,
    pub pageable: Memory,
    pub pinned: Memory,
    pub mapped: Memory,
    /// What the host writes as a config where that is part of what is measured.
    written: Vec<u32>,
    streams: [RawStream; 3],
    events: Vec<[RawEvent; 3]>,
    /// One mapped step a graph.
    pub graph_mapped: Graphs,
    pub batch_copied: Graphs,
    pub batch_mapped: Graphs,
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
        let memory = |kind, slots| Memory::new(&driver, kind, slots, bytes);
        let device = |bytes| (0..slots).map(|_| gpu.alloc_zeroed(bytes).unwrap()).collect();
        let mut loops = Self {
            kernel: BenchKernel::new(gpu, cache, words, spin_ns),
            config: device(bytes.0),
            telemetry: device(bytes.1),
            pageable: memory(Kind::Pageable, 1),
            pinned: memory(Kind::Pinned, slots),
            mapped: memory(Kind::Mapped, slots),
            written: vec![1; words.0],
            streams: std::array::from_fn(|_| driver.stream_create(0).unwrap()),
            events: (0..slots)
                .map(|_| std::array::from_fn(|_| driver.event_create(false).unwrap()))
                .collect(),
            graph_mapped: Graphs::none(Placement::Mapped, 1),
            batch_copied: Graphs::none(Placement::Copied, BATCH),
            batch_mapped: Graphs::none(Placement::Mapped, BATCH),
            bytes,
            driver,
            gpu: gpu.clone(),
        };
        loops.graph_mapped.execs = loops.capture(&loops.graph_mapped);
        if batches {
            loops.batch_copied.execs = loops.capture(&loops.batch_copied);
            loops.batch_mapped.execs = loops.capture(&loops.batch_mapped);
        }
        loops
    }

    /// Words of a config.
    pub fn config_words(&self) -> usize {
        self.bytes.0 / 4
    }

    /// Steps that the kernel has counted. None is queued.
    pub fn steps(&self) -> u32 {
        self.kernel.steps(&self.gpu)
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

    fn finish(&self) {
        for stream in self.streams {
            // SAFETY: the stream is ours.
            unsafe { self.driver.stream_synchronize(stream) }.unwrap();
        }
    }

    pub fn upload(&self, steps: u64) {
        (0..steps).for_each(|_| self.copy_up(0, self.pinned.config(0), 0));
        self.finish();
    }

    pub fn download(&self, steps: u64) {
        (0..steps).for_each(|_| self.copy_down(0, self.pinned.telemetry(0), 2));
        self.finish();
    }

    pub fn kernel(&self, steps: u64) {
        (0..steps).for_each(|_| self.launch_copied(0));
        self.finish();
    }

    pub fn copies(&self, steps: u64) {
        for _ in 0..steps {
            self.copy_up(0, self.pinned.config(0), 0);
            self.copy_down(0, self.pinned.telemetry(0), 2);
        }
        self.finish();
    }

    pub fn sync(&self, steps: u64, memory: &Memory) {
        let (up, down) = (memory.config(0), memory.telemetry(0));
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

    /// Steps on streams, so many launched together and waited for together; three times as many are in
    /// flight.
    pub fn streams(&self, steps: u64, together: usize, placement: Placement) {
        self.in_turn(steps, together, |slots| self.on_streams(slots, placement));
    }

    /// The same as graphs.
    pub fn graphs(&self, steps: u64, graphs: &Graphs) {
        self.in_turn(steps, graphs.steps, |slots| self.as_graph(slots, graphs));
    }

    /// Launches the steps of some slots together, each time once those that had these slots have come
    /// back.
    fn in_turn(&self, steps: u64, together: usize, launch: impl Fn(Range<usize>)) {
        for turn in 0..steps.div_ceil(together as u64) as usize {
            let first = turn % SLOTS * together;
            if turn >= SLOTS {
                self.host_wait(first + together - 1);
            }
            launch(first..first + together);
        }
        self.finish();
    }

    fn on_streams(&self, slots: Range<usize>, placement: Placement) {
        let last = slots.end - 1;
        slots.for_each(|slot| self.step(slot, placement));
        self.record(last, 2, if placement == Placement::Mapped { 1 } else { 2 });
    }

    fn as_graph(&self, slots: Range<usize>, graphs: &Graphs) {
        let graph = graphs.execs[slots.start / graphs.steps];
        // SAFETY: the graph is ours, and its last run was waited for.
        unsafe { self.driver.graph_launch(graph, self.streams[1]) }.unwrap();
        self.record(slots.end - 1, 2, 1);
    }

    /// The calls of a step, but for the event that the host waits for.
    fn step(&self, slot: usize, placement: Placement) {
        if placement == Placement::Mapped {
            return self.launch_mapped(slot);
        }
        self.copy_up(slot, self.pinned.config(slot), 0);
        self.record(slot, 0, 0);
        self.hold(slot, 0, 1);
        self.launch_copied(slot);
        self.record(slot, 1, 1);
        self.hold(slot, 1, 2);
        self.copy_down(slot, self.pinned.telemetry(slot), 2);
    }

    /// Captures the graphs of all slots.
    fn capture(&self, graphs: &Graphs) -> Vec<RawGraphExec> {
        let Graphs { placement, steps, .. } = *graphs;
        self.step(0, placement); // no capture survives the loading of a kernel
        self.finish();
        let of = |turn| self.capture_one(turn * steps..(turn + 1) * steps, placement);
        (0..SLOTS).map(of).collect()
    }

    fn capture_one(&self, slots: Range<usize>, placement: Placement) -> RawGraphExec {
        let (on, first, last) = (self.streams[1], slots.start, slots.end - 1);
        // SAFETY: the stream is ours, and nothing is queued on it.
        unsafe {
            self.driver.capture_begin(on).unwrap();
            if placement == Placement::Copied {
                self.record(first, 2, 1);
                self.hold(first, 2, 0);
            }
            slots.for_each(|slot| self.step(slot, placement));
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
    pub fn burst_on_streams(&self, part: Part, placement: Placement) {
        self.burst(part, SLOTS, 1, placement, |slots| self.on_streams(slots, placement));
    }

    /// The same for so many steps as graphs.
    pub fn burst_as_graphs(&self, part: Part, steps: usize, graphs: &Graphs) {
        let launch = |slots| self.as_graph(slots, graphs);
        self.burst(part, steps, graphs.steps, graphs.placement, launch);
    }

    fn burst(
        &self,
        part: Part,
        steps: usize,
        together: usize,
        placement: Placement,
        launch: impl Fn(Range<usize>),
    ) {
        let memory = match placement {
            Placement::Mapped => &self.mapped,
            Placement::Copied => &self.pinned,
        };
        for slots in (0..steps).step_by(together).map(|first| first..first + together) {
            if part == Part::Submit {
                slots.clone().for_each(|slot| memory.write(slot, &self.written));
                launch(slots);
            } else {
                self.host_wait(slots.end - 1);
                slots.for_each(|slot| memory.look(slot));
            }
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
            ("call: upload", Box::new(|| self.copy_up(0, self.pinned.config(0), 0))),
            ("call: launch", Box::new(|| self.launch_mapped(0))),
        ]
    }

    fn launch_copied(&self, slot: usize) {
        self.launch(self.config[slot].ptr(), self.telemetry[slot].ptr(), 1);
    }

    fn launch_mapped(&self, slot: usize) {
        let (config, telemetry) = self.mapped.on_device(slot);
        self.launch(config, telemetry, 1);
    }
}

impl Drop for Loops {
    fn drop(&mut self) {
        self.finish();
        let graphs = [&self.graph_mapped, &self.batch_copied, &self.batch_mapped];
        // SAFETY: all are ours, nothing is queued, and each goes once.
        unsafe {
            for graph in graphs.into_iter().flat_map(|graphs| &graphs.execs) {
                self.driver.graph_exec_destroy(*graph).unwrap();
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
