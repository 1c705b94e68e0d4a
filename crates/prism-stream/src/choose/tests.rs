//! The choice from figures that were measured on an H200.

use super::*;

const FREE: Limits = Limits {
    slots: 3,
    copy_engines: 2,
    maps_host_memory: true,
    placement: None,
    submission: None,
    graphs: true,
    repeats: false,
};

/// A row of the table that was measured on an H200 with loops written by hand; a launch takes
/// the host 2.5 us there and other calls 0.8 us.
fn h200(upload: f64, kernel: f64, download: f64, both: f64, mapped: Option<f64>) -> Measured {
    let copied = Some(CopiedTimes { upload, kernel, download, both });
    Measured { copied, mapped, launch: 2.5, call: 0.8, write: 0.1, batch: 1 }
}

fn chosen(measured: Measured) -> (Placement, Submission) {
    let choice = choose(&measured, &FREE);
    (choice.placement, choice.submission)
}

const STREAMS: (Placement, Submission) = (Placement::Copied, Submission::Streams);
const MAPPED: (Placement, Submission) = (Placement::Mapped, Submission::Streams);

#[test]
fn a_small_payload_and_a_short_kernel_are_mapped() {
    // Measured there: three streams 9.1 us, mapped 4.9 us.
    let row = h200(2.5, 3.6, 1.8, 2.6, Some(4.9));
    assert!(worth_mapping(&row, &FREE));
    assert_eq!(chosen(row), MAPPED);
    let step = choose(&row, &FREE).step;
    assert!((4.5..5.5).contains(&step), "{step}");
}

#[test]
fn a_longer_kernel_hides_the_copies_and_mapped_memory_would_hold_it_up() {
    // Measured there: three streams 11.8 us, mapped 13.0 us.
    let row = h200(2.5, 11.7, 1.8, 2.6, Some(13.0));
    assert!(!worth_mapping(&row, &FREE), "the kernel is the bound");
    assert_eq!(chosen(row), STREAMS);
    assert_eq!(choose(&row, &FREE).reason, "the kernel bounds the step and hides the copies");
}

#[test]
fn what_the_host_holds_up_is_mapped_only_if_that_is_measured_to_be_faster() {
    // 1 KB / 10 KB, kernel of 5 us: three streams were host-bound at 8.3 to 9.5 us.
    let row = |mapped| h200(2.6, 6.7, 2.0, 2.9, mapped);
    assert!(worth_mapping(&row(None), &FREE));
    assert_eq!(chosen(row(None)), STREAMS);
    assert_eq!(chosen(row(Some(7.5))), MAPPED);
    assert_eq!(chosen(row(Some(15.0))), STREAMS);
}

#[test]
fn megabytes_are_copied_whatever_the_kernel() {
    for (row, bound) in [
        (h200(23.2, 21.8, 20.8, 28.0, None), 28.0),
        (h200(21.8, 201.8, 20.8, 28.0, None), 201.8),
        (h200(305.7, 202.0, 304.6, 359.0, None), 359.0),
    ] {
        assert!(!worth_mapping(&row, &FREE));
        assert_eq!(chosen(row), STREAMS);
        assert_eq!(choose(&row, &FREE).step, bound);
    }
}

#[test]
fn batches_that_the_host_holds_up_become_graphs() {
    for repeats in [true, false] {
        let limits = Limits { slots: 24, repeats, ..FREE };
        let batched = |row: Measured, limits: &Limits| {
            let choice = choose(&Measured { batch: 8, ..row }, limits);
            (choice.placement, choice.submission)
        };
        let short = h200(2.5, 1.5, 1.8, 2.6, Some(1.6));
        assert_eq!(batched(short, &limits), (Placement::Mapped, Submission::Graph));
        // The kernel is the bound: a graph gains the steps nothing, but it spares the host its calls.
        let long = h200(2.5, 50.0, 1.8, 2.6, Some(60.0));
        assert_eq!(batched(long, &limits), (Placement::Copied, Submission::Graph));
        // Copied, since mapped memory is slow: a graph, though each begins and ends with a copy.
        let mapped_is_slow = h200(1.0, 1.5, 1.0, 1.2, Some(9.0));
        assert_eq!(batched(mapped_is_slow, &limits), (Placement::Copied, Submission::Graph));
        let refused = Limits { graphs: false, ..limits };
        assert_eq!(batched(short, &refused).1, Submission::Streams);
    }
}

#[test]
fn a_single_step_becomes_a_graph_in_mapped_memory_if_that_can_be_launched_again() {
    let repeats = Limits { repeats: true, ..FREE };
    let transport = |row: &Measured, limits: &Limits| {
        let choice = choose(row, limits);
        (choice.placement, choice.submission)
    };
    let short = h200(2.5, 1.5, 1.8, 2.6, Some(1.6));
    assert_eq!(transport(&short, &repeats), (Placement::Mapped, Submission::Graph));
    assert_eq!(transport(&short, &FREE), MAPPED, "it would be captured every time");
    let refused = Limits { graphs: false, ..repeats };
    assert_eq!(transport(&short, &refused), MAPPED);
    let pinned = Limits { submission: Some(Submission::Graph), ..refused };
    assert_eq!(transport(&short, &pinned), MAPPED, "refused is refused");
    let long = h200(2.5, 50.0, 1.8, 2.6, Some(60.0));
    assert_eq!(transport(&long, &repeats), STREAMS, "graphs with copies do not overlap");
    let copied = Limits { placement: Some(Placement::Copied), ..repeats };
    assert_eq!(transport(&short, &copied), STREAMS);
    // Measured on an H100, whose host took 3.9 us for a launch: 4.3 us in place of 5.7.
    let row = Measured { launch: 3.9, call: 0.3, ..h200(2.5, 3.0, 1.8, 4.4, Some(3.0)) };
    let (graph, launch) = (choose(&row, &repeats).step, choose(&row, &FREE).step);
    assert!(graph < 0.8 * launch, "{graph} {launch}");
}

#[test]
fn where_nothing_overlaps_a_step_is_all_of_its_parts() {
    let one = Limits { slots: 1, ..FREE };
    let long = h200(2.5, 50.0, 1.8, 2.6, Some(50.5));
    assert!(worth_mapping(&long, &one), "nothing hides the copies");
    assert!(!worth_mapping(&long, &FREE));
    let copied = Limits { placement: Some(Placement::Copied), ..one };
    // Beside the kernel and both copies, the host writes the config and makes the first call.
    let step = choose(&long, &copied).step;
    assert!((54.3..58.0).contains(&step), "{step}");
    assert_eq!(choose(&long, &one).placement, Placement::Mapped);
    // A graph is launched sooner, and what comes after its launch runs beside the kernel.
    let short = h200(2.5, 1.5, 1.8, 2.6, Some(1.6));
    let choice = choose(&short, &Limits { repeats: true, ..one });
    assert_eq!((choice.placement, choice.submission), (Placement::Mapped, Submission::Graph));
}

#[test]
fn a_batch_with_no_other_beside_it_is_a_graph_unless_its_configs_take_long_to_write() {
    // As an H200 measured 1 KB / 10 KB and a kernel of 5 us; a step took 6.7 us in a mapped graph, 7.9
    // launched one by one in mapped memory, 8.8 in a copied graph.
    let limits = Limits { slots: 8, ..FREE };
    let times = CopiedTimes { upload: 4.3, kernel: 8.0, download: 3.8, both: 7.4 };
    let calls = Measured { launch: 4.0, call: 1.5, write: 0.2, batch: 8, ..Measured::default() };
    let row = Measured { copied: Some(times), ..calls };
    assert!(worth_mapping(&row, &limits));
    let choice = choose(&Measured { mapped: Some(8.2), ..row }, &limits);
    assert_eq!((choice.placement, choice.submission), (Placement::Mapped, Submission::Graph));
    // 64 KB / 64 KB, 10 us: 13.5 us launched one by one, 14.8 as a graph.
    let row = Measured { mapped: Some(13.3), write: 9.4, ..row };
    let choice = choose(&row, &limits);
    assert_eq!((choice.placement, choice.submission), MAPPED);
}

#[test]
fn configs_that_take_long_to_write_are_written_while_the_device_works() {
    // 1 MB / 1 MB, kernel of 200 us: a graph could begin only after eight megabytes were written.
    let row = Measured { batch: 8, write: 40.0, ..h200(21.9, 203.2, 21.0, 23.9, None) };
    assert_eq!(chosen(row), STREAMS);
    // Written in place by the caller, that is over before the batch is submitted.
    assert_eq!(chosen(Measured { write: 0.0, ..row }), (Placement::Copied, Submission::Graph));
}

#[test]
fn of_two_that_take_as_long_the_one_that_costs_the_host_least_is_taken() {
    let row = h200(2.5, 50.0, 1.8, 2.6, Some(50.2));
    assert_eq!(chosen(row), MAPPED);
    assert_eq!(chosen(h200(2.5, 50.0, 1.8, 2.6, Some(53.0))), STREAMS, "more than that");
    assert!(!worth_mapping(&row, &FREE), "the kernel hides the copies");
    assert!(worth_mapping(&Measured { batch: 8, ..row }, &FREE), "but not those at the ends");
}

#[test]
fn a_batch_of_eight_mapped_steps_is_expected_within_three_microseconds_a_step() {
    let row = Measured { batch: 8, ..h200(2.5, 2.9, 1.8, 2.6, Some(2.9)) };
    let limits = Limits { slots: 8, ..FREE };
    let choice = choose(&row, &limits);
    assert!(choice.step <= 3.0, "{choice:?}");
    assert_eq!(choice.depth, 8);
}

#[test]
fn what_is_pinned_stays() {
    let row = Measured { batch: 8, ..h200(2.5, 3.6, 1.8, 2.6, Some(4.9)) };
    for placement in [Placement::Copied, Placement::Mapped] {
        for submission in [Submission::Streams, Submission::Graph] {
            let limits =
                Limits { placement: Some(placement), submission: Some(submission), ..FREE };
            let choice = choose(&row, &limits);
            assert_eq!((choice.placement, choice.submission), (placement, submission));
        }
    }
}

/// Rule 12.
#[test]
fn copy_engines_decide_what_can_overlap() {
    let row = h200(100.0, 120.0, 80.0, 110.0, None);
    let step = |copy_engines| choose(&row, &Limits { copy_engines, ..FREE }).step;
    assert_eq!(step(2), 120.0, "all three");
    assert_eq!(step(1), 180.0, "the copies share an engine");
    assert_eq!(step(0), 300.0, "nothing overlaps");
    let depth = |copy_engines| choose(&row, &Limits { copy_engines, slots: 8, ..FREE }).depth;
    assert!(depth(0) < depth(2));
}

#[test]
fn the_depth_is_what_littles_law_asks_for_within_the_slots() {
    let limits = |slots| Limits { slots, ..FREE };
    let balanced = h200(100.0, 100.0, 100.0, 100.0, None);
    assert_eq!(choose(&balanced, &limits(8)).depth, 5, "four in flight, one being taken");
    assert_eq!(choose(&balanced, &limits(3)).depth, 3);
    let long = h200(2.5, 500.0, 2.5, 2.6, None);
    assert_eq!(choose(&long, &limits(8)).depth, 3);
    assert_eq!(choose(&Measured { batch: 4, ..long }, &limits(8)).depth, 8, "two batches");
}

#[test]
fn few_slots_hold_up_a_step_that_is_long_on_its_way() {
    // 1 MB / 1 MB, kernel of 20 us, on an H100: 38 us in three slots, of which writing takes 20.
    let row = Measured { write: 20.0, call: 1.8, ..h200(26.0, 24.0, 25.0, 26.0, None) };
    let step = |slots| choose(&row, &Limits { slots, ..FREE }).step;
    assert!((35.0..39.0).contains(&step(3)), "{}", step(3));
    assert!(step(4) < step(3) && step(8) >= 26.0);
}

#[test]
fn nothing_measured_is_the_transport_that_is_right_for_any_payload() {
    let choice = choose(&Measured::default(), &FREE);
    assert_eq!((choice.placement, choice.submission, choice.depth), (STREAMS.0, STREAMS.1, 3));
}
