//! What fits a device, and how much of it a phase takes: found out without asking the device for anything.

use prism_stream::{DeviceInfo, PipelineOptions};

use super::kind::{Kind, PhaseKernel, Shape};
use super::{Layout, PhaseError};
use super::{residents, rounds};
use prism_core::{Color, KernelTelemetry, RuntimeConfig};

/// The most neighbours of a vertex that may have one colour, as the kernels count them.
pub(super) const MOST_NEIGHBORS: u64 = 127;

/// What is to be coloured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Demands {
    /// Vertices of the graph.
    pub vertices: usize,
    /// Its edges.
    pub edges: usize,
    /// Colours to do with.
    pub colors: usize,
}

/// What a phase takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Footprint {
    /// Individuals that work at once.
    pub individuals: u32,
    /// Bytes of device memory.
    pub device_bytes: u64,
    /// Bytes of host memory at the most, which is while a graph is loaded; the graph itself is not counted.
    pub host_bytes: u64,
}

/// How a population lies on a device.
///
/// # Errors
/// [`PhaseError::TooLarge`], [`PhaseError::NoColors`], [`PhaseError::DeviceTooOld`].
pub(crate) fn shape<K: Kind>(
    options: &K::Options,
    demands: &Demands,
    device: &DeviceInfo,
) -> Result<Shape, PhaseError> {
    let Demands { vertices, edges, colors } = *demands;
    if colors == 0 && vertices > 0 {
        return Err(PhaseError::NoColors);
    }
    let colors = colors.max(1);
    let layout = Layout::for_demand(vertices, colors, device, K::KERNEL.demand)?;
    let too_large = |limit: String| Err(PhaseError::TooLarge { vertices, colors, limit });
    // However the colours are dealt out, some vertex or class has more than this.
    let (n, m, k) = (vertices as u64, edges as u64, colors as u64);
    if !layout.is_in_rounds() && 2 * m > MOST_NEIGHBORS * k * n {
        return too_large(format!("{MOST_NEIGHBORS} neighbours of one colour for every vertex"));
    }
    if m >= u64::from(residents::UNKNOWN) {
        return too_large(format!("{} edges", residents::UNKNOWN - 1));
    }
    if n > K::KERNEL.largest_class.saturating_mul(k) {
        return too_large(format!("{} vertices for every colour", K::KERNEL.largest_class));
    }
    let group = K::group(options).max(1);
    let at_once = layout.individuals(device) * K::KERNEL.individuals_a_block;
    let individuals = options.as_ref().individuals.unwrap_or(at_once);
    let individuals = (individuals / group).max(1).saturating_mul(group);
    Ok(Shape { layout, individuals })
}

/// What a phase takes on a device.
///
/// # Errors
/// As [`shape`], and [`PhaseError::TooLarge`] if the device has not so much memory for as many individuals
/// as it must have.
pub(crate) fn footprint<K: Kind>(
    options: &K::Options,
    demands: &Demands,
    device: &DeviceInfo,
) -> Result<Footprint, PhaseError> {
    let shape = shape::<K>(options, demands, device)?;
    let takes = |individuals: u32| device_bytes(K::KERNEL, &shape.layout, demands, individuals);
    let is_fixed = options.as_ref().individuals.is_some();
    let least = if is_fixed { shape.individuals } else { K::group(options).max(1) };
    let memory = device.memory_bytes as u64;
    if takes(least) > memory {
        return Err(PhaseError::TooLarge {
            vertices: demands.vertices,
            colors: demands.colors,
            limit: format!("{memory} bytes of device memory"),
        });
    }
    let mut individuals = shape.individuals;
    while takes(individuals) > memory && individuals / 2 >= least {
        individuals /= 2;
    }
    // The graph as it goes to the device and the starts, each once more in pinned memory, one after the other;
    // the order and its inverse; the best colouring.
    let graph = graph_bytes(&shape.layout, demands);
    let starts = shape.layout.coloring_bytes() as u64 * u64::from(individuals);
    let by_vertex = demands.vertices as u64 * (16 + size_of::<Color>() as u64);
    let host_bytes = 2 * (graph + starts) + by_vertex;
    Ok(Footprint { individuals, device_bytes: takes(individuals), host_bytes })
}

/// Bytes of a graph on a device.
fn graph_bytes(layout: &Layout, demands: &Demands) -> u64 {
    match layout.is_in_rounds() {
        true => rounds::graph_bytes(demands.vertices as u64, demands.edges as u64),
        false => u64::from(layout.room()) * u64::from(layout.row_bytes()),
    }
}

/// Bytes of device memory for so many individuals: the graph, their state, and the slots of a pipeline.
fn device_bytes(kernel: &PhaseKernel, layout: &Layout, demands: &Demands, individuals: u32) -> u64 {
    let individuals = u64::from(individuals);
    let step = size_of::<RuntimeConfig>() + size_of::<KernelTelemetry>() + layout.coloring_bytes();
    let slots = PipelineOptions::default().depth as u64;
    let beside = match layout.is_in_rounds() {
        true => {
            individuals
                * rounds::individual_bytes(demands.vertices as u64, kernel.round_vertex_bytes)
        }
        false => 0,
    };
    graph_bytes(layout, demands)
        + residents::device_bytes(kernel, layout, individuals)
        + beside
        + slots * step as u64
}

#[cfg(test)]
mod tests {
    use super::super::dendritic_whcr::DendriticWhcr;
    use super::super::thermodynamic::{Thermodynamic, ThermodynamicOptions};
    use super::super::whcr::Whcr;
    use super::super::{QuantumEvolutionGpu, QuantumOptions, RepairOptions, WhcrGpu};
    use super::*;
    use prism_stream::mock::device_info;

    fn demands(vertices: usize, edges: usize, colors: usize) -> Demands {
        Demands { vertices, edges, colors }
    }

    #[test]
    fn limits_are_named_without_a_device() {
        let device = device_info("mock");
        let options = ThermodynamicOptions::default();
        let of = |demands| footprint::<Thermodynamic>(&options, &demands, &device);
        let text = |demands| of(demands).unwrap_err().to_string();
        assert!(text(demands(4097, 10, 5)).contains("4096 vertices"));
        assert!(text(demands(10, 10, 300)).contains("256 colours"));
        assert!(text(demands(10, 10, 0)).contains("no colours"));
        // A complete graph with two colours: half of 299 neighbours have one.
        assert!(text(demands(300, 300 * 299 / 2, 2)).contains("127 neighbours"));
        assert!(of(demands(300, 300 * 299 / 2, 3)).is_ok());
        assert!(of(demands(0, 0, 0)).is_ok());
        let old = DeviceInfo { compute_capability: (7, 5), ..device };
        let options = RepairOptions::default();
        let error = footprint::<Whcr>(&options, &demands(10, 10, 5), &old).unwrap_err();
        assert!(matches!(error, PhaseError::DeviceTooOld { found: (7, 5) }), "{error}");
    }

    #[test]
    fn in_rounds_the_limits_are_wider() {
        let device = device_info("mock");
        let of = |demands| footprint::<Whcr>(&RepairOptions::default(), &demands, &device);
        assert_eq!(of(demands(4097, 10_000, 5)).unwrap().individuals, 64);
        let large = of(demands(1 << 20, 5 << 20, 5)).unwrap();
        assert_eq!(large.individuals, 1);
        // Lists, bars and colours of a vertex, and both ends of an edge.
        assert!((90 << 20..150 << 20).contains(&large.device_bytes), "{large:?}");
        // Two integrators of a vertex, and when they were added to.
        let options = RepairOptions::default();
        let demanded = demands(1 << 20, 5 << 20, 5);
        let dendritic = footprint::<DendriticWhcr>(&options, &demanded, &device).unwrap();
        assert_eq!(dendritic.device_bytes - large.device_bytes, 16 * ((1 << 20) + 4));
        let text = |demands| of(demands).unwrap_err().to_string();
        assert!(text(demands((1 << 24) + 1, 10, 5)).contains("16777216 vertices"));
        assert!(text(demands(1 << 24, 10, 5)).contains("bytes of device memory"));
        assert!(text(demands(1 << 20, 1 << 32, 5)).contains("edges"));
    }

    #[test]
    fn a_class_of_quantum_annealing_has_at_most_255_vertices() {
        let device = device_info("mock");
        let fits = |vertices, colors| QuantumEvolutionGpu::fits(vertices, colors, &device);
        assert!(fits(510, 2) && !fits(511, 2));
        assert!(WhcrGpu::fits(511, 2, &device));
        let error = QuantumEvolutionGpu::footprint(
            &QuantumOptions::default(),
            &demands(511, 0, 2),
            &device,
        )
        .unwrap_err();
        assert!(error.to_string().contains("255 vertices for every colour"), "{error}");
    }

    #[test]
    fn where_memory_is_short_there_are_fewer_individuals() {
        let mut device = device_info("mock");
        let options = RepairOptions::default();
        let of =
            |device: &DeviceInfo| footprint::<Whcr>(&options, &demands(500, 62_000, 48), device);
        let whole = of(&device).unwrap();
        assert_eq!(whole.individuals, 4 * 8);
        device.memory_bytes = whole.device_bytes as usize - 1;
        let part = of(&device).unwrap();
        assert!(part.individuals == 16 && part.device_bytes < whole.device_bytes);
        device.memory_bytes = 1000;
        assert!(of(&device).unwrap_err().to_string().contains("1000 bytes of device memory"));
    }
}
