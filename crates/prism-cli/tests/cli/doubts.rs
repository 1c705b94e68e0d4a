//! Files that could mean two things: refused with exit code 3, both readings, and the option that decides.

use crate::common::{Folder, Run};

/// A file that is refused: its content, what the message says of it, and the option that accepts it, with
/// the numbers of vertices and edges then.
struct Doubt {
    text: &'static str,
    says: &'static str,
    option: &'static [&'static str],
    graph: (u64, u64),
}

const DOUBTS: [Doubt; 5] = [
    Doubt {
        text: "ann: math, art\nbob: math, bio\n",
        says: "may be enrolments or values",
        option: &["--bipartite"],
        graph: (5, 4),
    },
    Doubt {
        text: "NSW: V\nV: NSW\nT: none\n",
        says: "\"T\" without neighbours",
        option: &["--format", "adjacency-list"],
        graph: (4, 2),
    },
    Doubt {
        text: "T\nNSW: V\nV: NSW\n",
        says: "or a title",
        option: &["--format", "adjacency-list"],
        graph: (3, 1),
    },
    Doubt {
        text: "a b\nb c\nT -\n",
        says: "\"T\" without neighbours",
        option: &["--format", "edge-list"],
        graph: (5, 3),
    },
    Doubt {
        text: "a b x\nb c y\n",
        says: "edges with a third column",
        option: &["--format", "edge-list"],
        graph: (3, 2),
    },
];

#[test]
fn what_is_in_doubt_is_refused_until_an_option_decides() {
    let folder = Folder::new();
    for Doubt { text, says, option, graph } in DOUBTS {
        let file = folder.file("graph", text);
        for command in ["info", "bounds", "color"] {
            prism![command, &file].code(3).fails(&[says, option[0]]);
        }
        let info = prism!["info", "--json", &file].args(option).code(0).json();
        assert_eq!(
            (&info["vertices"], &info["edges"]),
            (&graph.0.into(), &graph.1.into()),
            "{text}"
        );
    }
}

#[test]
fn a_region_without_neighbours_is_colored() {
    let folder = Folder::new();
    let text = "WA: NT SA # west\nNT: WA SA Q\nSA: WA NT Q NSW V\nQ: NT SA NSW\nNSW: Q SA V\nV: SA NSW\nT\n";
    let done = prism!["color", "-q", folder.file("australia.txt", text)].code(0);
    let names: Vec<&str> = done.stdout().lines().filter_map(|l| l.split('\t').next()).collect();
    assert_eq!(names, ["WA", "NT", "SA", "Q", "NSW", "V", "T"]);
}
