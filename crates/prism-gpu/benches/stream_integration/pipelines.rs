//! The pipeline in each of its transports, as it is measured.

use std::hint::black_box;

use bytemuck::Pod;
use prism_stream::{
    AsyncPipelineCoordinator, GpuContext, KernelCache, PipelineOptions, PipelineStats, Placement,
    PoolOptions, StreamPool, Submission,
};

use super::BATCH;
use super::kernel::{BenchKernel, check};
use super::measure::{Contender, Part};

/// Words, any number of them, as plain data.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Words<const N: usize>([u32; N]);

// SAFETY: an array of plain integers, transparently.
unsafe impl<const N: usize> bytemuck::Zeroable for Words<N> {}
// SAFETY: an array of plain integers, transparently.
unsafe impl<const N: usize> Pod for Words<N> {}

/// A config in memory of its own: pages that nobody has written are all one page of zeros, which is
/// soon read.
fn config<const C: usize>() -> Box<Words<C>> {
    let mut config: Box<Words<C>> = bytemuck::zeroed_box();
    config.0.fill(1);
    config
}

/// So many of them.
fn configs<const C: usize>(count: usize) -> Vec<Words<C>> {
    let mut configs: Vec<Words<C>> = bytemuck::zeroed_vec(count);
    let one = config::<C>();
    configs.iter_mut().for_each(|config| config.0.copy_from_slice(&one.0));
    configs
}

/// One transport.
pub fn pinned(placement: Placement, submission: Submission) -> PipelineOptions {
    PipelineOptions {
        placement: Some(placement),
        submission: Some(submission),
        ..PipelineOptions::default()
    }
}

/// A pipeline of `C` words up and `T` words down, with the benchmark's kernel.
struct Pipeline<const C: usize, const T: usize> {
    inner: AsyncPipelineCoordinator<Words<C>, Words<T>>,
    /// Steps so far.
    steps: u32,
}

impl<const C: usize, const T: usize> Pipeline<C, T> {
    fn new(gpu: &GpuContext, cache: &KernelCache, spin_ns: u64, options: PipelineOptions) -> Self {
        let pool = StreamPool::new(gpu.clone(), PoolOptions::default());
        let mut inner = AsyncPipelineCoordinator::new(pool, options).unwrap();
        inner.bind(BenchKernel::new(gpu, cache, (C, T), spin_ns)).unwrap();
        Self { inner, steps: 0 }
    }

    /// Takes the next step and checks every word of it.
    fn check(&mut self, config: &Words<C>, what: &str) {
        check(&config.0, &self.inner.next().unwrap().unwrap().0, self.steps, what);
        self.steps += 1;
    }

    /// Says what was chosen, if anything was, and from which figures.
    fn say(&self, what: &str) {
        if let Some(measured) = self.inner.measured() {
            let PipelineStats { placement, submission, depth, reason, .. } = self.inner.stats();
            println!(
                "{what}: {placement:?} {submission:?}, {depth} in flight, {reason}: {measured:.2?}"
            );
        }
    }
}

/// How a case makes its pipelines.
#[derive(Clone, Copy)]
pub struct Maker<'a> {
    pub gpu: &'a GpuContext,
    pub cache: &'a KernelCache,
    pub spin_ns: u64,
}

impl<'a> Maker<'a> {
    fn make<const C: usize, const T: usize>(self, options: PipelineOptions) -> Pipeline<C, T> {
        Pipeline::new(self.gpu, self.cache, self.spin_ns, options)
    }

    /// One step a call.
    pub fn singly<const C: usize, const T: usize>(
        self,
        options: PipelineOptions,
    ) -> Box<dyn Contender + 'a> {
        Box::new(Singly { pipeline: self.make::<C, T>(options), config: config() })
    }

    /// One step a call, its config written where it is sent from: all that such a step costs, while
    /// `singly` also copies the config.
    pub fn in_place<const C: usize, const T: usize>(
        self,
        options: PipelineOptions,
    ) -> Box<dyn Contender + 'a> {
        Box::new(InPlace(self.make::<C, T>(options)))
    }

    /// Batches of eight: one runs, one waits its turn, one is taken and made anew.
    pub fn batched<const C: usize, const T: usize>(
        self,
        options: PipelineOptions,
    ) -> Box<dyn Contender + 'a> {
        let pipeline = self.make::<C, T>(PipelineOptions { batch: BATCH, ..options });
        Box::new(Batched { pipeline, configs: configs(BATCH) })
    }

    /// Bursts of so many steps, so many a call, for what they cost the host.
    pub fn burst<const C: usize, const T: usize>(
        self,
        (steps, together): (usize, usize),
        options: PipelineOptions,
    ) -> Box<dyn FnMut(Part) + 'a> {
        let mut pipeline = self.make::<C, T>(PipelineOptions { depth: steps, ..options }).inner;
        let configs = configs::<C>(steps);
        Box::new(move |part| match part {
            Part::Submit => configs.chunks(together).for_each(|batch| {
                pipeline.submit_batch(batch).unwrap();
            }),
            Part::Take => {
                for _ in 0..steps {
                    black_box(pipeline.next().unwrap().unwrap().0[T - 1]);
                }
            }
        })
    }
}

struct Singly<const C: usize, const T: usize> {
    pipeline: Pipeline<C, T>,
    config: Box<Words<C>>,
}

impl<const C: usize, const T: usize> Contender for Singly<C, T> {
    fn run(&mut self, steps: u64) {
        let Self { pipeline: Pipeline { inner, steps: step }, config } = self;
        for _ in 0..steps {
            config.0[0] = *step;
            *step += 1;
            if let Some(done) = inner.step(config).unwrap() {
                black_box(done.0[T - 1]);
            }
        }
        while inner.next().unwrap().is_some() {}
    }

    fn check(&mut self, what: &str) {
        let Self { pipeline, config } = self;
        config.0.iter_mut().zip(0..).for_each(|(word, at)| *word = pipeline.steps ^ (at << 7));
        pipeline.inner.submit(config).unwrap();
        pipeline.check(config, what);
        pipeline.say(what);
    }
}

struct InPlace<const C: usize, const T: usize>(Pipeline<C, T>);

impl<const C: usize, const T: usize> Contender for InPlace<C, T> {
    fn run(&mut self, steps: u64) {
        let Pipeline { inner, steps: step } = &mut self.0;
        for _ in 0..steps {
            let done = inner.step_with(|config| config.0[0] = *step).unwrap();
            *step += 1;
            if let Some(done) = done {
                black_box(done.0[T - 1]);
            }
        }
        while inner.next().unwrap().is_some() {}
    }

    fn check(&mut self, what: &str) {
        let Self(pipeline) = self;
        let mut config: Box<Words<C>> = bytemuck::zeroed_box();
        config.0.iter_mut().zip(0..).for_each(|(word, at)| *word = pipeline.steps ^ (at << 9));
        pipeline.inner.submit_with(|slot| slot.0.copy_from_slice(&config.0)).unwrap();
        pipeline.check(&config, what);
        pipeline.say(what);
    }
}

struct Batched<const C: usize, const T: usize> {
    pipeline: Pipeline<C, T>,
    configs: Vec<Words<C>>,
}

impl<const C: usize, const T: usize> Contender for Batched<C, T> {
    fn run(&mut self, steps: u64) {
        let Self { pipeline: Pipeline { inner, steps: step }, configs } = self;
        for _ in 0..steps.div_ceil(BATCH as u64) {
            for config in configs.iter_mut() {
                config.0[0] = *step;
                *step += 1;
            }
            inner.submit_batch(configs).unwrap();
            while inner.pending() > 2 * BATCH as u64 {
                black_box(inner.next().unwrap().unwrap().0[T - 1]);
            }
        }
        while inner.next().unwrap().is_some() {}
    }

    fn check(&mut self, what: &str) {
        let Self { pipeline, configs } = self;
        pipeline.inner.submit_batch(configs).unwrap();
        configs.iter().for_each(|config| pipeline.check(config, what));
        pipeline.say(what);
    }
}
