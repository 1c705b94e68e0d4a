//! `prism generate`: the same command makes the same graph.

use crate::common::{Folder, GRAPHS, Run, graph, graphs};

#[test]
fn the_graphs_of_the_repository_are_made_as_their_table_says() {
    let readme = std::fs::read_to_string(graphs().join("README.md")).unwrap();
    let mut rows = 0;
    for line in readme.lines().filter(|line| line.contains("`prism generate ")) {
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let (file, command) = (cells[1], cells[2]);
        let folder = Folder::new();
        let arguments = command.strip_prefix("prism ").unwrap().split(' ');
        prism![].args(arguments).current_dir(folder.path("")).code(0);
        let made = std::fs::read(folder.path(file)).unwrap();
        assert_eq!(made, std::fs::read(graphs().join(file)).unwrap(), "{command}");
        let &(_, n, m, _) = GRAPHS.iter().find(|row| row.0 == file).unwrap();
        assert_eq!((cells[3], cells[4]), (&*n.to_string(), &*m.to_string()), "{file}");
        rows += 1;
    }
    assert_eq!(rows, GRAPHS.len());
}

#[test]
fn seeds_make_different_graphs() {
    for kind in [
        &["gnp", "50", "0.3"][..],
        &["geometric", "50", "0.3"],
        &["flat", "50", "5", "0.3"],
        &["leighton", "50", "5", "200"],
        &["rmat", "6", "4"],
    ] {
        let make = |seed| prism!["generate", "--seed", seed].args(kind).code(0).output.stdout;
        assert_eq!(make("1"), make("1"), "{kind:?}");
        assert_ne!(make("1"), make("2"), "{kind:?}");
    }
}

#[test]
fn shapes_are_what_they_are_called() {
    for (kind, vertices, edges) in [
        (&["queens", "5"][..], 25, 160),
        (&["queens", "2", "3"], 6, 13),
        (&["mycielski", "4"], 11, 20),
        (&["grid3d", "2", "3", "4"], 24, 46),
        (&["sudoku", "2"], 16, 56),
        (&["sudoku", "3"], 81, 810),
        (&["sudoku", "4"], 256, 4992),
        (&["sudoku", "5"], 625, 20000),
        (&["gnp", "7", "1"], 7, 21),
        (&["gnp", "7", "0"], 7, 0),
    ] {
        let made = prism!["generate"].args(kind).code(0);
        let info = prism!["info", "--json", "-"].fed(&made.output.stdout, 0).json();
        assert_eq!(
            (&info["vertices"], &info["edges"]),
            (&vertices.into(), &edges.into()),
            "{kind:?}"
        );
    }
}

/// The commands of the README that solve a sudoku, without the line that says which.
fn sudoku_recipe() -> String {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (before, rest) = readme.split_once("prism generate sudoku 3").unwrap();
    assert!(before.trim_end().rsplit_once("```sh\n").unwrap().1.starts_with("grid="));
    format!("prism generate sudoku 3{}", rest.split_once("```").unwrap().0)
}

#[test]
fn the_recipe_of_the_readme_solves_sudokus() {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_prism"));
    let others = std::env::var("PATH").unwrap();
    let path = format!("{}:{others}", program.parent().unwrap().display());
    for (grid, solvable) in [
        ("53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79", true),
        ("8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..", true),
        ("..............3.85..1.2.......5.7.....4...1...9.......5......73..2.1........4...9", true),
        ("4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......", true),
        // No two cells that meet are equal, and yet there is no solution.
        (
            "..9.287..8.6..4..5..3.....46.........2.71345.........23.....5..9..4..8.7..125.3..",
            false,
        ),
    ] {
        let folder = Folder::new();
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &sudoku_recipe()]).env("grid", grid).env("PATH", &path);
        let done = shell.current_dir(folder.path("")).code(if solvable { 0 } else { 7 });
        if !solvable {
            done.fails(&["9 colours cannot be had with the given colours: at least 10 are needed"]);
            assert_eq!(done.stdout(), "");
            continue;
        }
        let rows: Vec<&[u8]> = done.stdout().lines().map(str::as_bytes).collect();
        let cell = |row: usize, column: usize| rows[row][column];
        let given = |at: usize| grid.as_bytes()[at];
        assert!((0..81).all(|at| [b'.', cell(at / 9, at % 9)].contains(&given(at))), "{rows:?}");
        let all = |cells: &dyn Fn(usize) -> u8| {
            let mut cells: Vec<u8> = (0..9).map(cells).collect();
            cells.sort_unstable();
            assert_eq!(cells, b"123456789", "{rows:?}");
        };
        for i in 0..9 {
            all(&|j| cell(i, j));
            all(&|j| cell(j, i));
            all(&|j| cell(i / 3 * 3 + j / 3, i % 3 * 3 + j % 3));
        }
    }
}

#[test]
fn a_complement_has_the_other_edges() {
    let made = prism!["generate", "queens", "5", "--complement"].code(0);
    let info = prism!["info", "--json", "-"].fed(&made.output.stdout, 0).json();
    assert_eq!(info["edges"], 25 * 24 / 2 - 160);
}

#[test]
fn a_graph_that_no_machine_holds_is_refused() {
    let done = prism!["generate", "gnp", "100000", "0.9", "--complement"].code(2);
    done.fails(&["would take about 104 GiB of memory", "--force"]);
    assert_eq!(done.stdout(), "");
    // Nonsense is refused as such, and --force changes nothing about small graphs.
    prism!["generate", "gnp", "100000", "nan"].code(2).fails(&["the edge probability"]);
    let forced = prism!["generate", "queens", "8", "--force"].code(0);
    assert_eq!(forced.output.stdout, std::fs::read(graph("queen8_8")).unwrap());
}

#[test]
fn permuting_keeps_the_degrees() {
    let made = prism!["generate", "queens", "8", "--permute"].code(0);
    assert_ne!(made.output.stdout, std::fs::read(graph("queen8_8")).unwrap());
    let permuted = prism!["info", "--json", "-"].fed(&made.output.stdout, 0).json();
    let plain = prism!["info", "--json", graph("queen8_8")].code(0).json();
    for field in ["vertices", "edges", "min_degree", "max_degree", "degeneracy"] {
        assert_eq!(permuted[field], plain[field], "{field}");
    }
}
