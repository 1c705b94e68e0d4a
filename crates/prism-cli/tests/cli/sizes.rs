//! Classes of certain sizes: equitable, bounded and balanced colourings, and exactly as many colours.

use serde_json::{Value, json};

use crate::common::{Folder, Run, graph};

/// A star with nine leaves: two colours suffice, but the hub is alone in its class.
const STAR: &str = "h a\nh b\nh c\nh d\nh e\nh f\nh g\nh i\nh j\n";

#[test]
fn an_equitable_coloring_is_proved_and_verified() {
    let folder = Folder::new();
    let star = folder.file("star.txt", STAR);
    let output = folder.path("colors");
    let done = prism!["color", "--equitable", "--json", &star, "-o", &output].code(0);
    done.says(&["6 colours, lower bound 6, classes of 1 to 2, ratio 2.000 (the best possible)"]);
    let report = done.json();
    assert_eq!((&report["num_colors"], &report["optimal"]), (&6.into(), &true.into()));
    assert_eq!((&report["equitable"], &report["balance"]), (&true.into(), &false.into()));
    let sizes = json!({
        "smallest": 1, "largest": 2, "ratio": 2.0, "largest_bound": 2, "ratio_bound": 2.0
    });
    assert_eq!(report["class_sizes"], sizes);
    prism!["verify", "--equitable", "--max-class-size", "2", &star, &output].code(0);
    let answer = prism!["verify", "--json", &star, &output].code(0).json();
    assert_eq!((&answer["smallest_class"], &answer["largest_class"]), (&1.into(), &2.into()));
    assert_eq!(answer["class_size_ratio"], 2.0);
    // The colouring with the fewest colours is neither.
    prism!["color", "-q", &star, "-o", &output].code(0);
    let told = prism!["verify", "--equitable", &star, &output].code(5);
    told.fails(&["colour 1 has 9 vertices and colour 0 has 1 vertex", "differ by one at most"]);
    assert_eq!(told.stdout(), "");
    let told = prism!["verify", "--max-class-size", "8", "--classes", &star, &output].code(5);
    told.fails(&["colour 1 has 9 vertices (colours counted from 0), and a class may have 8"]);
    assert!(told.stdout().starts_with("proper, but not as asked for, 2 colours\n"));
}

#[test]
fn classes_have_no_more_vertices_than_they_may() {
    let folder = Folder::new();
    let output = folder.path("colors");
    for most in ["1", "2", "3", "5", "99"] {
        let done = prism!["color", "-q", "--json", "--moves", "200000", "--max-class-size", most]
            .args([graph("queen8_8").as_os_str(), "-o".as_ref(), output.as_os_str()])
            .code(0);
        let report = done.json();
        let least = 64u64.div_ceil(most.parse().unwrap()).max(9);
        assert_eq!(report["num_colors"], least, "{most}");
        prism!["verify", "-q", "--max-class-size", most, graph("queen8_8"), &output].code(0);
    }
}

#[test]
fn a_ratio_is_proved_to_be_the_best() {
    let folder = Folder::new();
    // Four vertices that can share a colour with no other one, and three others.
    let edges = "a x\nb x\nc x\nd x\na y\nb y\nc y\nd y\na z\nb z\nc z\nd z\nx y\nx z\n";
    let input = folder.file("g.txt", edges);
    let done = prism!["color", "--balance", "--json", "-o", folder.path("colors"), &input].code(0);
    done.says(&["3 colours, lower bound 3, classes of 1 to 4, ratio 4.000 (the best possible)"]);
    let sizes = &done.json()["class_sizes"];
    assert_eq!((&sizes["ratio"], &sizes["ratio_bound"]), (&json!(4.0), &json!(4.0)));
    assert_eq!((&sizes["largest"], &sizes["largest_bound"]), (&4.into(), &4.into()));
    // More colours are more even.
    let more = prism!["color", "--balance", "--exact-colors", "4", &input].code(0);
    more.says(&["4 colours", "classes of 1 to 2, ratio 2.000 (the best possible)"]);
    let more = prism!["color", "--exact-colors", "7", &input].code(0);
    more.says(&["7 colours", "classes of 1,"]);
}

#[test]
fn given_colors_are_kept() {
    let folder = Folder::new();
    let star = folder.file("star.txt", STAR);
    let given = folder.file("given", "a 7\nb 7\nh 3\n");
    let output = folder.path("colors");
    prism!["color", "-q", "--equitable", "--precolor", &given, &star, "-o", &output].code(0);
    prism!["verify", "--equitable", "--precolor", &given, &star, &output].code(0);
    let many = folder.file("many", "a 7\nb 7\nc 7\n");
    let done = prism!["color", "--json", "--max-class-size", "2", "--precolor", &many, &star];
    let done = { done }.code(7);
    done.fails(&["no colouring exists: 3 vertices are precoloured 7, and a class may have 2"]);
    assert_eq!(
        (&done.json()["status"], &done.json()["class_sizes"]),
        (&"infeasible".into(), &Value::Null)
    );
}

#[test]
fn what_cannot_be_had_is_7_and_what_is_not_found_is_1() {
    let folder = Folder::new();
    let bipartite = folder.file("g.txt", "a x\na y\na z\nb x\nb y\nb z\nc x\nc y\nc z\n");
    prism!["color", "-q", "--equitable", "--exact-colors", "2", &bipartite].code(0);
    let output = folder.file("colors", "old");
    let done = prism!["color", "--equitable", "--exact-colors", "3", &bipartite, "-o", &output];
    { done }.code(7).fails(&["there is no equitable colouring with exactly 3 colours"]);
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "old");
    let done = prism!["color", "--exact-colors", "7", "--max-class-size", "4", &bipartite].code(7);
    let told = "there is no colouring with exactly 7 colours and classes of 4 vertices at most";
    done.fails(&[told]);
    let hard = prism!["color", "--moves", "5000", "--threads", "1", "--exact-colors", "15"]
        .args(["--equitable".as_ref(), graph("gnp125_5").as_os_str()])
        .code(1);
    hard.fails(&["no equitable colouring with exactly 15 colours was found", "not proved"]);
    let target = prism!["color", "-q", "--max-class-size", "2", "-k", "2", &bipartite].code(7);
    target.fails(&["2 colours cannot be had with classes of these sizes: at least 4 are needed"]);
}

#[test]
fn what_does_not_go_together_is_2() {
    let folder = Folder::new();
    let (star, lists) = (folder.file("star.txt", STAR), folder.file("lists", "a 1\n"));
    for (options, words) in [
        (&["--equitable", "--allowed"][..], "--equitable does not go together with --allowed"),
        (
            &["--max-class-size=3", "--checkpoint"],
            "--max-class-size does not go together with --checkpoint",
        ),
        (&["--balance", "--resume"], "--balance does not go together with --resume"),
    ] {
        prism!["color"].args(options).arg(&lists).arg(&star).code(2).fails(&[words]);
    }
    let told = prism!["color", "--exact-colors", "3", "--method", "rlf", &star].code(2);
    told.fails(&["--exact-colors does not go together with --method"]);
    let told = prism!["color", "--exact-colors", "3", "-k", "3", &star].code(2);
    told.fails(&["--exact-colors and --target-colors are two numbers"]);
    for bad in ["0", "-1", "x"] {
        prism!["color", "--max-class-size", bad, &star].code(2).fails(&["--max-class-size"]);
    }
}

#[test]
fn improvements_are_kept_and_balanced_ones_replace_others() {
    let folder = Folder::new();
    let best = folder.path("best");
    // Four vertices without edges, and one edge.
    let input = folder.file("g.col", "p edge 6 1\ne 1 2\n");
    prism!["color", "-q", &input, "--save-improvements", &best, "-o", folder.path("colors")]
        .code(0);
    let even = prism!["color", "--balance", &input, "--save-improvements", &best, "-q"];
    { even }.args(["-o".as_ref(), folder.path("colors").as_os_str()]).code(0);
    prism!["verify", "--equitable", &input, &best].code(0);
    // What is not equitable is no colouring for a run that asks for it.
    let uneven = folder.file("uneven", "0\n1\n0\n0\n0\n0\n");
    let told = prism!["color", "--equitable", &input, "--save-improvements", &uneven].code(4);
    told.fails(&["no colouring for this run", "colour 0 has 5 vertices and colour 1 has 1 vertex"]);
}

#[test]
fn a_benchmark_passes_on_what_is_asked_for() {
    let folder = Folder::new();
    let (star, runs) = (folder.file("star.txt", STAR), folder.path("runs.json"));
    prism!["bench", "--equitable", "--moves", "1000", "--json", &runs, &star].code(0);
    let runs: Value = serde_json::from_str(&std::fs::read_to_string(runs).unwrap()).unwrap();
    assert_eq!(runs["runs"][0]["colors"], 6, "{runs}");
}
