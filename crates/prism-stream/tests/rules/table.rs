//! The table of rules (`tests/README.md`) against the tests that there are.

const TABLE: &str = include_str!("../README.md");

/// Every file with tests that the table may name. They are part of the binary, which may be run where
/// no sources are.
const SOURCES: &[&str] = &[
    include_str!("../allocations.rs"),
    include_str!("../gpu/batches.rs"),
    include_str!("../gpu/disturbances.rs"),
    include_str!("../gpu/driver.rs"),
    include_str!("../gpu/harvests.rs"),
    include_str!("../gpu/main.rs"),
    include_str!("../gpu/peers.rs"),
    include_str!("../gpu_timing.rs"),
    include_str!("../million.rs"),
    include_str!("../timing.rs"),
    include_str!("abort.rs"),
    include_str!("callbacks.rs"),
    include_str!("captures.rs"),
    include_str!("choice.rs"),
    include_str!("disturbances.rs"),
    include_str!("events.rs"),
    include_str!("failures.rs"),
    include_str!("graphs.rs"),
    include_str!("harvests.rs"),
    include_str!("in_place.rs"),
    include_str!("kernels.rs"),
    include_str!("leaks.rs"),
    include_str!("memory.rs"),
    include_str!("peers.rs"),
    include_str!("pool.rs"),
    include_str!("retune.rs"),
    include_str!("steps.rs"),
    include_str!("table.rs"),
    include_str!("../../src/choose/tests.rs"),
    include_str!("../../src/device.rs"),
    include_str!("../../src/error.rs"),
    include_str!("../../src/kernel.rs"),
    include_str!("../../src/pipeline/mod.rs"),
    include_str!("../../src/plan.rs"),
    include_str!("../../src/probe.rs"),
    include_str!("../../src/ring.rs"),
    include_str!("../../src/stream.rs"),
    include_str!("../../src/timeline/mod.rs"),
];

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Whether a source has a test of that name, or a piece of code that must not compile.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim_start).collect();
    let head = format!("fn {name}(");
    lines.iter().enumerate().any(|(at, line)| {
        line.trim_start_matches("//! ").starts_with(&head)
            && lines[..at]
                .iter()
                .rev()
                .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
                .take_while(|line| !line.ends_with("```"))
                .any(|line| *line == "#[test]" || line.contains("compile_fail"))
    })
}

#[test]
fn every_rule_has_its_tests_and_every_test_exists() {
    let mut rules = Vec::new();
    for line in TABLE.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [rule, holds, shown] = cells.as_slice() else { panic!("three columns: {line}") };
        assert!(!holds.is_empty());
        rules.push(rule.parse::<usize>().unwrap());
        let names = quoted(shown);
        assert!(!names.is_empty(), "rule {rule} has no test");
        for name in names {
            let found = SOURCES.iter().any(|source| is_test(source, name));
            assert!(found, "rule {rule}: there is no test {name}");
        }
    }
    assert_eq!(rules, (1..=32).collect::<Vec<_>>());
    // Names in the notes below the table and above it.
    for line in TABLE.lines().filter(|line| !line.starts_with('|')) {
        let tests = quoted(line).into_iter().filter(|name| name.len() > 20 && name.contains('_'));
        for name in tests {
            assert!(SOURCES.iter().any(|source| is_test(source, name)), "there is no test {name}");
        }
    }
}
