//! What a caller reaches of the kernel that a pipeline runs.

use prism_stream::{GpuError, Placement, StepKernel, StepLaunch, Submission};

use crate::support::{
    Config, STREAMS, Summing, TRANSPORTS, Telemetry, config, device, expected, kernel, options,
    pipeline, unbound,
};

#[test]
fn a_kernel_and_its_buffers_are_reached_while_steps_run() {
    let (_, gpu) = device(1);
    let mut pipeline = pipeline(&gpu, options(3, STREAMS));
    pipeline.submit(&config(0)).unwrap();
    assert_eq!(pipeline.kernel::<Summing>().unwrap().count.bytes(), 4);
    let busy = pipeline.kernel_mut::<Summing>().map(|_| ());
    assert_eq!(busy, Err(GpuError::Busy { in_flight: 1 }), "the device may be using its buffers");
    pipeline.quiesce().unwrap();
    assert_eq!(pipeline.pending(), 1);
    let count = &mut pipeline.kernel_mut::<Summing>().unwrap().count;
    gpu.upload(count, 0, &[40_u32]).unwrap();
    pipeline.submit(&config(1)).unwrap();
    let steps = pipeline.drain().unwrap();
    assert_eq!(steps[0].telemetry, expected(&config(0), 0));
    assert_eq!(steps[1].telemetry, expected(&config(1), 40));
}

#[test]
fn what_a_kernel_is_changed_to_is_what_runs_also_where_its_graphs_are_kept() {
    for transport in TRANSPORTS {
        let (mock, gpu) = device(2);
        let mut pipeline = pipeline(&gpu, options(3, transport));
        for step in 0..6 {
            pipeline.step(&config(step)).unwrap();
        }
        pipeline.drain().unwrap();
        let fresh = gpu.alloc_zeroed(4).unwrap();
        drop(std::mem::replace(&mut pipeline.kernel_mut::<Summing>().unwrap().count, fresh));
        pipeline.submit(&config(6)).unwrap();
        assert_eq!(*pipeline.next().unwrap().unwrap(), expected(&config(6), 0), "{transport:?}");
        assert_eq!(mock.violations(), Vec::<String>::new());
    }
}

/// Another type of kernel.
struct Other;

// SAFETY: it launches nothing.
unsafe impl StepKernel<Config, Telemetry> for Other {
    fn launch(&mut self, _: &StepLaunch<'_>) -> Result<(), GpuError> {
        Ok(())
    }
}

#[test]
fn an_unbound_kernel_comes_back_with_its_state_and_can_be_bound_elsewhere() {
    let (mock, gpu) = device(3);
    let mut first = pipeline(&gpu, options(3, (Placement::Mapped, Submission::Graph)));
    assert!(first.kernel::<Other>().is_none());
    assert!(matches!(first.unbind::<Other>(), Err(GpuError::NoKernel)));
    for step in 0..3 {
        first.submit(&config(step)).unwrap();
    }
    assert!(matches!(first.unbind::<Summing>(), Err(GpuError::Busy { in_flight: 3 })));
    first.drain().unwrap();
    let kernel: Summing = first.unbind().unwrap();
    assert_eq!(first.submit(&config(3)), Err(GpuError::NoKernel));
    let mut second = unbound(&gpu, options(3, STREAMS));
    second.bind(kernel).unwrap();
    second.submit(&config(3)).unwrap();
    assert_eq!(*second.next().unwrap().unwrap(), expected(&config(3), 3), "it has counted three");
    assert!(matches!(first.unbind::<Summing>(), Err(GpuError::NoKernel)));
    first.bind(self::kernel(&gpu)).unwrap();
    first.submit(&config(4)).unwrap();
    assert_eq!(*first.next().unwrap().unwrap(), expected(&config(4), 0));
    drop((first, second));
    assert_eq!(mock.violations(), Vec::<String>::new());
}
