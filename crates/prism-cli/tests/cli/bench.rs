//! `prism bench`: a line for each run, a summary, JSON and a plot.

use std::collections::HashMap;

use serde_json::Value;

use crate::common::{Folder, PEOPLE, Run, graph};

type Row = HashMap<String, String>;

fn rows(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn csv_has_a_line_for_each_run() {
    let done = prism!["bench", graph("queen8_8"), graph("geometric250_15"), "--csv", "-"]
        .args(["--seeds", "2", "-k", "11", "--time-limit", "100s", "--jobs", "2"])
        .code(0);
    let rows = rows(done.stdout());
    let runs: Vec<(&str, &str)> =
        rows.iter().map(|row| (&*row["instance"], &*row["seed"])).collect();
    let (queens, geometric) = ("queen8_8", "geometric250_15");
    assert_eq!(runs, [(queens, "1"), (queens, "2"), (geometric, "1"), (geometric, "2")]);
    for row in &rows {
        assert_eq!((&*row["target"], &*row["success"]), ("11", "true"), "{row:?}");
        assert!(row["colors"].parse::<u64>().unwrap() <= 11, "{row:?}");
        assert!(row["cpu_seconds"].parse::<f64>().unwrap() > 0.0, "{row:?}");
    }
}

#[test]
fn a_missed_target_is_told() {
    let done = prism!["bench", graph("gnp125_5"), "-k", "13", "--moves", "1000", "--csv", "-"]
        .args(["--seeds", "1", "--time-limit", "100s"])
        .code(0);
    let rows = rows(done.stdout());
    assert_eq!((&*rows[0]["success"], &*rows[0]["status"]), ("false", "move_limit"));
}

#[test]
fn a_table_names_instances_and_targets() {
    let folder = Folder::new();
    std::fs::copy(graph("queen8_8"), folder.path("queens.col")).unwrap();
    folder.file("people.txt", PEOPLE);
    let table = "name,files,best_known_k\nqueens,,9\npeople,people.txt,3\n";
    let table = folder.file("INDEX.csv", table);
    let (json, plot) = (folder.path("runs.json"), folder.path("plot.svg"));
    let done = prism!["bench", "-q", &table, "--seeds", "3", "--time-limit", "100s"]
        .arg("--json")
        .arg(&json)
        .arg("--plot")
        .arg(&plot)
        .code(0);
    assert_eq!(done.stderr(), "");
    for name in ["queens ", "people "] {
        let line = done.stdout().lines().find(|line| line.starts_with(name)).unwrap();
        assert_eq!(line.split_whitespace().nth(2), Some("3/3"), "{line}");
    }
    let report: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(report["runs"].as_array().unwrap().len(), 6);
    assert_eq!((&report["time_limit_seconds"], &report["threads"]), (&100.0.into(), &1.into()));
    assert!(report.get("seed").is_none() && report.get("target_colors").is_none());
    let summaries = report["summaries"].as_array().unwrap();
    assert_eq!(summaries.len(), 2);
    for (summary, (name, target)) in summaries.iter().zip([("queens", 9), ("people", 3)]) {
        assert_eq!((&summary["instance"], &summary["target"]), (&name.into(), &target.into()));
        assert_eq!((&summary["runs"], &summary["successes"]), (&3.into(), &3.into()));
    }
    let drawing = std::fs::read_to_string(&plot).unwrap();
    assert!(drawing.starts_with("<svg") && drawing.trim_end().ends_with("</svg>"), "{drawing}");
    assert!(drawing.contains("queens k=9 (3/3)") && drawing.contains("people k=3 (3/3)"));
}

#[test]
fn what_success_means_is_said() {
    let folder = Folder::new();
    std::fs::copy(graph("myciel5"), folder.path("a.col")).unwrap();
    let (plain, own) = (folder.path("a.col"), format!("{}=5", folder.path("a.col").display()));
    let plot = folder.path("plot.svg");
    let meaning = "a run succeeds when it proves its colouring optimal";
    for (instances, said, title) in [
        (vec![plain.to_str().unwrap()], true, "Runs that proved their colouring optimal, by"),
        (vec![&*own], false, "Runs that reached the target, by"),
        (vec![&*own, plain.to_str().unwrap()], true, "target, or proved optimality without one"),
    ] {
        let done = prism!["bench", "-q", "--seeds", "1", "--plot", &plot].args(&instances).code(0);
        assert_eq!(done.stdout().contains(meaning), said, "{done:?}");
        let drawing = std::fs::read_to_string(&plot).unwrap();
        assert!(drawing.contains(title), "{drawing}");
        assert!(drawing.contains(">instance (runs that did / runs)<"), "{drawing}");
    }
}

#[test]
fn a_folder_gives_its_graphs_and_files_their_own_targets() {
    let folder = Folder::new();
    std::fs::copy(graph("myciel5"), folder.path("myciel5.col")).unwrap();
    folder.file("notes.md", "no graph");
    let done = prism!["bench", "-q", folder.path(""), "--seeds", "1", "--csv", "-"].code(0);
    let found = rows(done.stdout());
    assert_eq!(found.len(), 1);
    assert_eq!((&*found[0]["instance"], &*found[0]["target"]), ("myciel5", ""));
    let own = format!("{}=6", folder.path("myciel5.col").display());
    let done = prism!["bench", "-q", own, "--seeds", "1", "--csv", "-"].code(0);
    assert_eq!(&rows(done.stdout())[0]["target"], "6");
}

#[test]
fn a_row_of_a_table_without_a_graph_is_left_out_and_one_whose_graph_is_missing_is_an_error() {
    let folder = Folder::new();
    std::fs::copy(graph("myciel5"), folder.path("myciel.col")).unwrap();
    let rows = "name,files,best_known_k\nexams,exams.stu.gz,9\nmyciel,myciel.col,6\n";
    let table = folder.file("INDEX.csv", rows);
    let done = prism!["bench", &table, "--seeds", "1"].code(0);
    assert!(done.stderr().contains("\"exams\" is left out"), "{done:?}");
    assert!(done.stdout().contains("myciel"), "{done:?}");
    let table = folder.file("LOST.csv", format!("{rows}lost,lost.col,9\n"));
    prism!["bench", &table, "--seeds", "1"].code(3).fails(&["LOST.csv", "\"lost\""]);
}

#[test]
fn what_cannot_be_run_is_3_and_the_rest_is_told() {
    let folder = Folder::new();
    let table = folder.file("INDEX.csv", "name,best_known_k\nlost,9\n");
    prism!["bench", &table].code(3).fails(&["INDEX.csv", "lost"]);
    prism!["bench", graph("myciel5"), "--only", "nothing"]
        .code(3)
        .fails(&["no instance", "--only"]);
    prism!["bench", folder.path("")].code(3).fails(&["no instance to run on in "]);
    for option in ["--seeds", "--threads", "--jobs"] {
        prism!["bench", graph("myciel5"), option, "0"].code(2).fails(&[option, "at least 1"]);
    }
    prism!["bench", "-"].code(2).fails(&["standard input"]);
    prism!["bench", "--", "-=3"].code(2).fails(&["standard input"]);
    let none = format!("{}=0", graph("myciel5").display());
    prism!["bench", none].code(2).fails(&["myciel5.col=0", "at least 1"]);
    prism!["bench", graph("myciel5"), "-k", "0"].code(2).fails(&["1 or more"]);
    let missing = folder.path("missing.col");
    let done = prism!["bench", "-q", graph("myciel5"), &missing, "--seeds", "1"].code(3);
    done.fails(&["missing.col"]);
    assert!(done.stdout().contains("myciel5"), "{done:?}");
    let done = prism!["bench", &missing, "--seeds", "3"].code(3);
    done.fails(&["the first of 3 runs that failed"]);
    assert_eq!(done.stdout(), "", "a table of nothing");
    assert_eq!(done.stderr().matches("missing.col").count(), 1, "{done:?}");
}

#[test]
fn one_engine_alone_can_be_measured() {
    let bench = |method: &str| {
        let done = prism!["bench", graph("gnp250_1"), "-k", "none", "--csv", "-", "--seeds", "1"]
            .args(["--method", method, "--moves", "20000", "--time-limit", "100s"])
            .code(0);
        rows(done.stdout()).remove(0)
    };
    let (dsatur, tabu) = (bench("dsatur"), bench("tabucol"));
    assert_eq!((&*dsatur["status"], &*dsatur["moves"]), ("constructed", "0"));
    let number = |row: &Row, name: &str| row[name].parse::<f64>().unwrap();
    assert!(number(&dsatur, "engine_seconds") <= number(&dsatur, "seconds"));
    assert!(number(&tabu, "colors") < number(&dsatur, "colors"));
    assert_eq!(tabu["status"], "move_limit");
}
