//! `prism verify`: what it says of colourings, proper or not, to persons and to programs.

use serde_json::json;

use crate::common::{Folder, PEOPLE, Run};

/// A colouring of the four people with two conflicts.
const TWICE_WRONG: &str = "alice 0\nbob 1\ncarol 1\ndave 1\n";

#[test]
fn quiet_leaves_the_answer_to_the_exit_code() {
    let folder = Folder::new();
    let people = folder.file("people.txt", format!("{PEOPLE}alice bob\n"));
    let good = folder.file("good", "alice 0\nbob 1\ncarol 2\ndave 0\n");
    let loud = prism!["verify", &people, &good].code(0);
    assert_eq!(loud.stdout(), "proper, 3 colours\n");
    loud.says(&["note: ", "merged 1 repeated edge"]);
    for flag in ["-q", "--quiet"] {
        let done = prism!["verify", flag, &people, &good].code(0);
        assert_eq!((done.stdout(), done.stderr()), ("", ""));
        let bad = folder.file("bad", TWICE_WRONG);
        let done = prism!["verify", flag, &people, bad].code(5);
        done.fails(&["vertices bob and carol are adjacent"]);
        assert_eq!(done.stdout(), "");
        let done = prism!["verify", flag, "--classes", &people, &good].code(0);
        assert_eq!(done.stdout(), "colour 0: 2 vertices\ncolour 1: 1 vertex\ncolour 2: 1 vertex\n");
    }
}

#[test]
fn classes_are_counted() {
    let folder = Folder::new();
    let graph = folder.file("path.col", "p edge 5 2\ne 1 2\ne 2 3\n");
    let colors = folder.file("colors", "4\n0\n4\n4\n7\n");
    let done = prism!["verify", &graph, &colors, "--classes"].code(0);
    let lines =
        ["proper, 3 colours", "colour 0: 1 vertex", "colour 4: 3 vertices", "colour 7: 1 vertex"];
    assert_eq!(done.stdout().lines().collect::<Vec<_>>(), lines);
    let answer = prism!["verify", &graph, &colors, "--classes", "--json"].code(0).json();
    let class = |(color, vertices)| json!({"color": color, "vertices": vertices});
    assert_eq!(answer["classes"], json!([(0, 1), (4, 3), (7, 1)].map(class)));
}

#[test]
fn json_has_the_number_of_conflicts_and_all_of_them_if_asked() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    let bad = folder.file("bad", TWICE_WRONG);
    let done = prism!["verify", "--json", &people, &bad].code(5);
    done.fails(&["bad: vertices bob and carol are adjacent and both have colour 1"]);
    let answer = done.json();
    for (field, value) in [
        ("proper", json!(false)),
        ("conflicts", json!(2)),
        ("num_colors", json!(2)),
        ("vertices", json!(4)),
        ("edges", json!(4)),
    ] {
        assert_eq!(answer[field], value, "{field}");
    }
    assert_eq!((answer.get("conflicting_edges"), answer.get("classes")), (None, None));
    let answer = prism!["verify", "--json", "--all", &people, &bad].code(5).json();
    let conflict = |u, v| json!({"vertices": [u, v], "color": 1});
    let both = json!([conflict("bob", "carol"), conflict("carol", "dave")]);
    assert_eq!(answer["conflicting_edges"], both);
    let text = prism!["verify", "--all", &people, &bad].code(5);
    let lines = [
        "not proper, 2 colours, 2 conflicts",
        "bob and carol are adjacent and both have colour 1",
        "carol and dave are adjacent and both have colour 1",
    ];
    assert_eq!(text.stdout().lines().collect::<Vec<_>>(), lines);
    let good = folder.file("good", "alice 0\nbob 1\ncarol 2\ndave 0\n");
    let answer = prism!["verify", "--json", "--all", &people, &good].code(0).json();
    assert_eq!((&answer["proper"], &answer["conflicts"]), (&json!(true), &json!(0)));
    assert_eq!((&answer["conflicting_edges"], &answer["wrong"]), (&json!([]), &json!(null)));
    // What is proper and yet not as asked for is wrong too.
    let given = folder.file("given", "bob 2\n");
    let done = prism!["verify", "--json", "--precolor", &given, &people, &good].code(5);
    assert_eq!((&done.json()["proper"], &done.json()["conflicts"]), (&json!(true), &json!(0)));
    assert!(done.json()["wrong"].as_str().unwrap().contains("bob"), "{done:?}");
    let done = prism!["verify", "--classes", "--precolor", &given, &people, &good].code(5);
    assert!(done.stdout().starts_with("proper, but not as asked for, 3 colours\n"));
}

#[test]
fn vertices_are_counted_as_the_file_counts() {
    let folder = Folder::new();
    let from_1 = folder.file("g.col", "p edge 3 2\ne 1 2\ne 2 3\n");
    let from_0 = folder.file("g.edges", "0 1\n1 2\n");
    for (graph, bad, wrong, missing) in [
        (&from_1, "0\n1\n1\n", "vertices 2 and 3 are adjacent", "vertex 3 has none"),
        (&from_0, "0\n1\n1\n", "vertices 1 and 2 are adjacent", "vertex 2 has none"),
    ] {
        prism!["verify", graph, folder.file("bad", bad)].code(5).fails(&[wrong]);
        let short = folder.file("short", "0\n1\n");
        prism!["verify", graph, short].code(3).fails(&["expected 3 colours", missing]);
    }
}

#[test]
fn a_table_may_have_any_heading() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    for heading in [
        "vertex,colour",
        "Vertex;Color",
        "person,class",
        "\"name\",\"slot\"",
        "name\tgroup",
        "student period",
        "# exported\r\n\r\nexam;slot",
    ] {
        let separator = ["\t", ";", ","].into_iter().find(|&s| heading.contains(s)).unwrap_or(" ");
        let lines = ["alice 0", "bob 1 # fixed", "carol 2", "dave 0"]
            .map(|line| line.replacen(' ', separator, 1));
        let text = format!("{heading}\r\n{}\r\n", lines.join("\r\n"));
        let colors = folder.file("colors", &text);
        let done = prism!["verify", &people, &colors].code(0);
        assert_eq!(done.stdout(), "proper, 3 colours\n", "{text}");
        for option in ["--warm-start", "--precolor"] {
            prism!["color", "-q", "--moves", "0", &people, option, &colors].code(0);
        }
        // What is wrong below it is still told.
        let bad = folder.file("bad", text.replace("dave", "eve"));
        prism!["verify", &people, bad].code(3).fails(&["the name of a vertex", "eve"]);
        let bad = folder.file("bad", text.replace("bob", "alice"));
        prism!["verify", &people, bad].code(3).fails(&["one colour for vertex \"alice\""]);
    }
    // A line that names a vertex is none.
    let bad = folder.file("bad", "alice,red\nbob,1\ncarol,2\ndave,0\n");
    prism!["verify", &people, bad].code(3).fails(&["a colour (0 to 65534)", "red"]);
    // What calls a vertex as our heading does, and DIMACS comments.
    let graph = folder.file("graph", "vertex a\na b\n");
    let colors = folder.file("colors", "vertex,colour\nvertex,0\na,1\nb,0\n");
    prism!["verify", &graph, colors].code(0);
    let colors =
        folder.file("colors", "c made, by hand\nc slots\ns col 2\nl vertex 1\nl a 2\nl b 1\n");
    prism!["verify", &graph, colors].code(0);
}
