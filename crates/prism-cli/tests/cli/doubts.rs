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

const DOUBTS: [Doubt; 12] = [
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
    Doubt {
        text: "1 2\n2 3\n0 0\n",
        says: "a mark of the end",
        option: &["--end-mark", "yes"],
        graph: (3, 2),
    },
    Doubt {
        text: "1 2\n2 3\n-1\n",
        says: "a mark of the end",
        option: &["--end-mark", "no"],
        graph: (4, 2),
    },
    Doubt {
        text: "3 2\n1 2\n2 3\n0 0\n",
        says: "a mark of the end",
        option: &["--end-mark=yes", "--heading=yes"],
        graph: (3, 2),
    },
    Doubt {
        text: "1,2.0\n2,3.0\n",
        says: "the vertex 2, or another one",
        option: &["--format", "edge-list"],
        graph: (4, 2),
    },
    Doubt {
        text: "[nodes]\n1\n[edges]\n1 2\n",
        says: "a vertex, or a title",
        option: &["--format", "edge-list"],
        graph: (4, 1),
    },
    Doubt {
        text: "id,u,v\n0,1,2\n1,2,0\n",
        says: "the numbers of the rows",
        option: &["--heading", "yes"],
        graph: (3, 2),
    },
    Doubt { text: "5\n0 1\n", says: "a heading", option: &["--heading", "yes"], graph: (5, 1) },
];

#[test]
fn what_is_in_doubt_is_refused_until_an_option_decides() {
    let folder = Folder::new();
    for Doubt { text, says, option, graph } in DOUBTS {
        let file = folder.file("graph", text);
        for command in ["info", "bounds", "color"] {
            let option = option[0].split('=').next().unwrap();
            prism![command, &file].code(3).fails(&[says, option]);
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

#[test]
fn a_benchmark_reads_its_instances_as_the_other_commands_do() {
    let folder = Folder::new();
    for Doubt { text, says, option, graph } in DOUBTS {
        let file = folder.file("graph", text);
        let bench = || {
            let mut command = prism!["bench", "-q", "--seeds", "1", "-t", "100s", "--csv", "-"];
            command.arg(&file);
            command
        };
        bench().code(3).fails(&[says]);
        let done = bench().args(option).code(0);
        let mut rows = csv::Reader::from_reader(done.stdout().as_bytes());
        let row: std::collections::HashMap<String, String> =
            rows.deserialize().next().unwrap().unwrap();
        let found = (row["vertices"].parse(), row["edges"].parse());
        assert_eq!(found, (Ok(graph.0), Ok(graph.1)), "{text}");
    }
}

/// What is written is read as it was, without a note, and strictly.
#[test]
fn graphs_without_edges_come_back() {
    let folder = Folder::new();
    for (text, names) in [
        ("# edges: 0\nzoe\nkit\n", "zoe kit"),
        ("# edges: 0\nNew York,\na-b,\n\"x, y\"\n", "New York a-b x, y"),
        ("3 0\n", "1 2 3"),
        ("# vertices: 3\n", "0 1 2"),
        ("a b\nb c\nNew York,\na-b2,\n", "a b c New York a-b2"),
        ("# vertices: 4\n0\n1 2\n", "0 1 2 3"),
    ] {
        let file = folder.file("graph", text);
        let before = prism!["convert", &file, folder.path("copy.edges")].code(0);
        assert!(!before.stderr().contains("loop"), "{before:?}");
        let again =
            prism!["convert", "--strict", folder.path("copy.edges"), "-", "--to", "edge-list"];
        let again = { again }.code(0);
        assert_eq!(again.stderr(), "", "{text}");
        assert_eq!(again.stdout(), std::fs::read_to_string(folder.path("copy.edges")).unwrap());
        let colored = prism!["color", "-q", "--strict", folder.path("copy.edges")].code(0);
        let csv =
            prism!["color", "-q", folder.path("copy.edges"), "--output-format", "csv"].code(0);
        let mut rows = csv::Reader::from_reader(csv.stdout().as_bytes());
        let found: Vec<String> = rows.records().map(|row| row.unwrap()[0].to_owned()).collect();
        assert_eq!(found.join(" "), names, "{text} {colored:?}");
    }
}

#[test]
fn forms_that_are_not_read_are_refused_by_name() {
    let folder = Folder::new();
    let utf_16: Vec<u8> = "\u{feff}a,b\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (text, says) in [
        (utf_16, "text in UTF-16"),
        (b"1 2\r2 3\r".to_vec(), "a carriage return alone"),
        (b"% bip unweighted\n1 1\n1 2\n".to_vec(), "a bipartite list of KONECT"),
        (b"*Edges\n1 2\n".to_vec(), "a Pajek file"),
        (b"1 A\n2 B\n#\n1 2\n".to_vec(), "a TGF file"),
        (b"3 2\n0 1\n1 2\n2 1\n0 1\n".to_vec(), "the sizes of a second graph"),
        (b"#cats #dogs\n".to_vec(), "nothing but comments"),
    ] {
        prism!["color", folder.file("graph", text)].code(3).fails(&[says]);
    }
}
