//! What the README says of the engines is what the roster has.

use prism_solver::roster::STANDARD;

#[test]
fn the_readme_has_the_table_of_engines() {
    let rows = STANDARD.iter().map(|row| {
        let line = format!("| `{}` | {} | {} |\n", row.name, row.help, row.source);
        line.replace("|  |", "| |")
    });
    let table = format!(
        "| engine | what it does | source |\n|---|---|---|\n{}\n",
        rows.collect::<String>()
    );
    let readme = include_str!("../../../README.md");
    assert!(readme.contains(&table), "the README does not have the table of the roster:\n{table}");
    let constructions = STANDARD.iter().take_while(|row| row.is_construction()).count();
    assert!(STANDARD[constructions..].iter().all(|row| !row.is_construction()));
    let on_gpu = STANDARD.iter().rev().take_while(|row| row.runs_on_gpu()).count();
    assert!(on_gpu == 5 && readme.contains("the last five have turns on\na GPU"));
    assert!(constructions == 10 && readme.contains("The first ten make one colouring"));
}
