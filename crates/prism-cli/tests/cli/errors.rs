//! What goes wrong, the exit code it gives and what the message names.

use std::process::Command;

use crate::common::{Folder, PEOPLE, Run, graph};

#[test]
fn a_command_line_without_sense_is_2() {
    for arguments in [
        &[][..],
        &["paint"],
        &["color"],
        &["color", "g.col", "--threads", "0"],
        &["color", "g.col", "--threads", "1025"],
        &["bench", "g.col", "--threads", "1025"],
        &["bench", "g.col", "--jobs", "1025"],
        &["bench", "g.col", "--seeds", "18446744073709551615"],
        &["bench", "g.col", "--first-seed", "18446744073709551615", "--seeds", "2"],
        &["color", "g.col", "--moves", "-1"],
        &["color", "g.col", "-k", "0"],
        &["color", "g.col", "--json", "--output-format", "plain"],
        &["color", "g.col", "--json", "--output-format", "plain", "-o", "-"],
        &["color", "g.col", "--time-limit", "soon"],
        &["color", "g.col", "--output-format", "svg"],
        &["color", "g.col", "--format", "doc"],
        &["color", "g.col", "--device", "abacus"],
        &["verify", "g.col"],
        &["bench"],
        &["verify", "-", "-"],
        &["color", "-", "--warm-start", "-"],
        &["color", "g.col", "--device", "cuda:-1"],
        &["convert", "g.col", "x.egr"],
        &["convert", "--to", "ecl", "g.col", "x"],
        &["convert", "g.col", "x.unknown"],
        &["generate", "gnp", "10", "1.5"],
        &["generate", "queens", "eight"],
        &["completions", "command.com"],
    ] {
        let done = prism![].args(arguments).code(2);
        // Without any arguments the help is shown instead.
        let start = if arguments.is_empty() { "Colours graphs" } else { "error: " };
        assert!(done.stderr().starts_with(start), "{arguments:?}: {done:?}");
        assert_eq!(done.stdout(), "", "{arguments:?}");
    }
}

#[test]
fn a_number_that_is_none_is_answered_with_the_rule() {
    let whole = "a whole number, at least 0";
    let time = "a time that is not negative, like 500ms, 30s, 5m or 1h";
    for (arguments, rule) in [
        (&["color", "g.col", "-t", "-1"][..], time),
        (&["color", "g.col", "--time-limit", "-5m"], time),
        (&["color", "g.col", "-t", "--json"], time),
        (&["bench", "g.col", "-t", "-1"], time),
        (&["color", "g.col", "-k", "-1"], "a whole number, at least 1"),
        (&["color", "g.col", "--moves", "-1"], whole),
        (&["color", "g.col", "--moves", "1e6"], whole),
        (&["color", "g.col", "--seed", "-7"], whole),
        (&["color", "g.col", "--seed", "99999999999999999999"], "a whole number below 2^64"),
        (&["color", "g.col", "--threads", "-1"], "at least 1 and at most 1024"),
        (&["bench", "g.col", "--jobs", "-1"], "at least 1 and at most 1024"),
        (&["bench", "g.col", "-k", "-1"], "expected a number (1 or more), best or none"),
        (&["bounds", "g.col", "--work", "-1"], whole),
        (&["generate", "queens", "-3"], whole),
        (&["generate", "gnp", "10", "-0.5"], "between 0 and 1, not -0.5"),
        (&["generate", "sudoku", "6"], "between 2 and 5, not 6"),
    ] {
        let done = prism![].args(arguments).code(2);
        done.fails(&[rule]);
        assert!(!done.stderr().contains("tip:"), "{done:?}");
    }
}

#[test]
fn a_missing_input_is_3() {
    let folder = Folder::new();
    let missing = folder.path("missing.col");
    for command in ["color", "bounds", "info"] {
        let done = prism![command, &missing].code(3);
        done.fails(&["No such file"]);
        assert_eq!(done.stderr().matches("missing.col").count(), 1, "{done:?}");
    }
    prism!["convert", &missing, folder.path("copy.col")].code(3).fails(&["missing.col"]);
    prism!["verify", graph("queen8_8"), &missing].code(3).says(&["missing.col"]);
    prism!["color", graph("queen8_8"), "--warm-start", &missing].code(3).says(&["missing.col"]);
    prism!["color", graph("queen8_8"), "--precolor", &missing].code(3).says(&["missing.col"]);
    prism!["bench", "-q", "--seeds", "1", &missing].code(3).says(&["missing.col"]);
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn a_damaged_input_is_3_and_its_line_is_named() {
    let folder = Folder::new();
    for (content, words) in [
        ("", "empty"),
        ("p edge 3 2\ne 1 2\ne 1 4\n", "line 3"),
        ("p edge 3 2\ne 0 2\n", "line 2"),
        ("p edge 3 2\ne 1 x\n", "line 2"),
        ("%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2\n", "line 3"),
    ] {
        let file = folder.file("damaged", content);
        prism!["info", &file].code(3).says(&["error: ", "damaged", words]);
    }
}

#[test]
fn strict_refuses_what_is_mended_otherwise() {
    let folder = Folder::new();
    for (content, note) in [
        ("p edge 3 3\ne 1 2\ne 2 1\ne 2 3\n", "merged 1 repeated edge\n"),
        ("p edge 3 2\ne 1 2\ne 3 3\n", "dropped 1 self-loop\n"),
        ("p edge 3 4\ne 1 2\ne 2 3\n", "the header says 4 edges, the file lists 2"),
    ] {
        let file = folder.file("odd.col", content);
        prism!["color", &file].code(0).says(&["note: ", "odd.col", note]);
        assert_eq!(prism!["color", "--quiet", &file].code(0).stderr(), "");
        prism!["color", "--strict", &file].code(3).fails(&["odd.col"]);
    }
    prism!["color", "-q", "--moves", "0", "--strict", graph("queen8_8")].code(0);
}

#[test]
fn improper_colorings_are_5() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    let good = folder.file("good", "alice 0\nbob 1\ncarol 2\ndave 0\n");
    prism!["verify", &people, &good].code(0);
    let bad = folder.file("bad", "alice 0\nbob 1\ncarol 0\ndave 1\n");
    let done = prism!["verify", &people, &bad].code(5);
    done.fails(&["bad: ", "vertices alice and carol are adjacent and both have colour 0"]);
    // Files that count vertices from 1.
    let edge = folder.file("edge.col", "p edge 3 1\ne 2 3\n");
    let bad = folder.file("bad", "0\n1\n1\n");
    prism!["verify", &edge, &bad].code(5).fails(&["vertices 2 and 3 are adjacent"]);
    assert_eq!(done.stdout(), "");
    prism!["verify", &people, "-"].fed(b"alice 0\nbob 1\ncarol 2\ndave 0\n", 0);
}

#[test]
fn colorings_of_something_else_are_3() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    for content in ["alice 0\nbob 1\ncarol 2\n", "alice 0\nbob 1\ncarol 2\neve 0\n", "red\n", ""] {
        let colors = folder.file("colors", content);
        prism!["verify", &people, &colors].code(3).fails(&["colors"]);
    }
}

#[test]
fn an_output_that_cannot_be_written_is_4() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    let elsewhere = Folder::new();
    let below_a_file = people.join("colors");
    let nowhere = folder.path("nowhere/colors");
    let zstd = folder.path("colors.zst");
    for path in [&below_a_file, &nowhere, &zstd, &"/dev/full".into(), &folder.path("")] {
        let name = path.to_str().unwrap();
        prism!["color", "-q", &people, "-o", path]
            .env("TMPDIR", elsewhere.path(""))
            .code(4)
            .fails(&["cannot write", name]);
        prism!["convert", "--to", "dimacs", &people, path].code(4).fails(&["cannot write", name]);
        prism!["generate", "queens", "4", "--format", "dimacs", "-o", path]
            .code(4)
            .fails(&["cannot write", name]);
    }
    let events = folder.path("nowhere/events");
    prism!["color", "-q", &people, "--events", &events].code(4).says(&["nowhere/events"]);
    let plot = folder.path("nowhere/plot.svg");
    prism!["bench", "-q", "--seeds", "1", &people, "--plot", &plot]
        .code(4)
        .says(&["nowhere/plot.svg"]);
    assert_eq!(folder.names(), ["people.txt"], "something was left behind");
}

#[test]
fn a_folder_without_permission_is_4() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let closed = folder.path("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(closed.join("probe"), "").is_ok() {
        // Permissions do not hold for root; a folder of the system that takes no files does it too.
        let path = "/proc/colors";
        prism!["color", "-q", graph("myciel5"), "--moves", "0", "-o", path].code(4).says(&[path]);
        return;
    }
    let path = closed.join("colors");
    prism!["color", "-q", graph("myciel5"), "--moves", "0", "-o", &path]
        .code(4)
        .says(&["closed/colors", "ermission"]);
}

#[test]
fn an_output_place_is_checked_before_the_search() {
    let folder = Folder::new();
    // A search that began would be told by its events.
    let events = folder.path("events");
    prism!["color", "-q", graph("gnp125_5"), "--time-limit", "60s"]
        .arg("-o")
        .arg(folder.path("nowhere/colors"))
        .arg("--events")
        .arg(&events)
        .code(4)
        .fails(&["nowhere/colors"]);
    assert!(!events.exists(), "it has searched: {:?}", std::fs::read_to_string(&events));
}

#[test]
fn a_run_that_is_refused_leaves_the_old_events() {
    let folder = Folder::new();
    let events = folder.file("events", "old");
    let wrong = folder.file("wrong", "0\n".repeat(64));
    for (option, given, code) in [
        ("--warm-start", &wrong, 3),
        ("--warm-start", &folder.path("missing"), 3),
        ("--precolor", &folder.file("clash", "1 0\n2 0\n"), 7),
    ] {
        let mut command = prism!["color", "-q", graph("queen8_8"), option, given];
        command.arg("--events").arg(&events).code(code);
        assert_eq!(std::fs::read_to_string(&events).unwrap(), "old");
        let made = folder.path("made");
        prism!["color", "-q", graph("queen8_8"), option, given, "--events", &made].code(code);
        assert!(!made.exists());
    }
    // Where none can be written, nothing is searched.
    let output = folder.path("colors");
    for place in [folder.path(""), folder.path("nowhere/events"), events.join("below")] {
        prism!["color", "-q", graph("queen8_8"), "--moves", "0", "--events", &place, "-o", &output]
            .code(4)
            .fails(&["cannot write", place.to_str().unwrap()]);
        assert!(!output.exists());
    }
    prism!["color", "-q", graph("queen8_8"), "--moves", "0", "--events", &events].code(0);
    assert!(std::fs::read_to_string(&events).unwrap().starts_with("{\"event\":\"started\""));
}

#[cfg(target_os = "linux")]
#[test]
fn more_threads_than_the_system_gives_are_done_without() {
    let folder = Folder::new();
    let output = folder.path("colors");
    let done = Command::new("sh")
        .args([
            "-c",
            "ulimit -v 1000000; exec \"$0\" color -q --threads 1000 --moves 100000 $1 -o $2",
        ])
        .arg(env!("CARGO_BIN_EXE_prism"))
        .arg(graph("queen11_11"))
        .arg(&output)
        // A pool with a thread for each core of a large machine would not fit either.
        .env("RAYON_NUM_THREADS", "2")
        .code(0);
    assert_eq!(done.stderr(), "");
    crate::common::verified(graph("queen11_11"), &output);
}

#[test]
fn a_full_standard_output_is_4() {
    let elsewhere = Folder::new();
    for arguments in [
        &["color", "-q", "--moves", "0"][..],
        &["color", "-q", "--moves", "0", "--json"],
        &["bounds"],
        &["info", "--json"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut child = prism![]
            .args(arguments)
            .arg(graph("queen8_8"))
            .env("TMPDIR", elsewhere.path(""))
            .stdout(full)
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let code = child.wait().unwrap().code();
        let message = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
        assert_eq!(code, Some(4), "{arguments:?}: {message}");
        assert!(message.contains("standard output"), "{message}");
    }
    // The colouring and the JSON object took a search: they are not lost. The others are made again.
    let names = elsewhere.names();
    assert_eq!(names.len(), 2, "{names:?}");
    for name in names {
        crate::common::verified(graph("queen8_8"), elsewhere.path(&name));
    }
}

/// What a message says of where the result is.
fn rescued(message: &str) -> &str {
    message.trim_end().rsplit_once("the colouring is in ").unwrap().1
}

#[test]
fn a_colouring_that_cannot_be_written_is_kept_elsewhere() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let color = |temporary: &std::path::Path| {
        let mut command = prism!["color", "-q", graph("queen8_8"), "--moves", "0"];
        command.args(["-o", "/dev/full"]).env("TMPDIR", temporary);
        command
    };
    let done = color(&elsewhere.path("")).code(4);
    done.fails(&["cannot write /dev/full: ", "space"]);
    assert_eq!(done.stdout(), "");
    let first = crate::common::verified(graph("queen8_8"), rescued(done.stderr()));
    assert!(rescued(done.stderr()).starts_with(elsewhere.path("").to_str().unwrap()));
    // Where no temporary file can be made, standard output is left.
    let nowhere = folder.path("nowhere");
    let done = color(&nowhere).code(4);
    assert_eq!(rescued(done.stderr()), "standard output");
    let colors = folder.file("colors", done.stdout());
    assert_eq!(crate::common::verified(graph("queen8_8"), colors), first);
    // With --json it is part of the object there, which is printed in any case.
    let json = color(&elsewhere.path("")).arg("--json").code(4).json();
    assert_eq!((&json["num_colors"], json.get("colors")), (&first.into(), None));
    let done = color(&nowhere).arg("--json").code(4);
    assert_eq!(rescued(done.stderr()), "standard output");
    let colors = folder.file("colors.json", done.stdout());
    assert_eq!(crate::common::verified(graph("queen8_8"), colors), first);
}

#[test]
fn a_file_that_may_not_grow_is_like_a_full_disk() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let large = folder.file("large.col", "p edge 9000 1\ne 1 2\n");
    let output = folder.file("colors", "old");
    // Files may have a kilobyte; the colouring has eighteen, and goes to standard output, a pipe.
    let done = Command::new("sh")
        .args(["-c", "ulimit -f 1; exec \"$0\" color -q \"$1\" -o \"$2\""])
        .arg(env!("CARGO_BIN_EXE_prism"))
        .arg(&large)
        .arg(&output)
        .env("TMPDIR", elsewhere.path(""))
        .code(4);
    assert_eq!(rescued(done.stderr()), "standard output");
    assert_eq!(crate::common::verified(&large, folder.file("shown", done.stdout())), 2);
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "old");
    assert!(elsewhere.names().is_empty(), "{:?}", elsewhere.names());
}

#[test]
fn an_input_is_never_an_output() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    let colors = folder.file("colors", "alice 0\nbob 1\ncarol 2\ndave 0\n");
    let given = folder.file("given", "alice 0\n");
    let (link, hard) = (folder.path("link"), folder.path("hard"));
    std::os::unix::fs::symlink(&people, &link).unwrap();
    std::fs::hard_link(&people, &hard).unwrap();
    let before: Vec<String> = folder.names();
    for option in ["-o", "--events"] {
        for path in
            [&people, &link, &hard, &colors, &given, &folder.path("../").join(folder.path("link"))]
        {
            let done = prism!["color", "-q", &people, option, path, "--warm-start", &colors]
                .args(["--precolor".as_ref(), given.as_os_str()])
                .code(2);
            done.fails(&[option, path.to_str().unwrap(), "input"]);
        }
        let input = std::fs::File::open(&people).unwrap();
        prism!["color", "-q", "-", option, &people].stdin(input).code(2).fails(&["standard input"]);
    }
    let same = folder.path("same");
    prism!["color", "-q", &people, "-o", &same, "--events", &same].code(2).fails(&["same file"]);
    for option in ["--csv", "--json", "--plot"] {
        prism!["bench", "-q", &people, option, &hard].code(2).fails(&[option, "hard"]);
    }
    prism!["bench", "-q", &people, "--csv", "-", "--json", "-"].code(2).fails(&["same file"]);
    assert_eq!(std::fs::read_to_string(&people).unwrap(), PEOPLE);
    assert_eq!(folder.names(), before);
}

#[test]
fn a_replaced_file_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    let output = folder.file("colors", "old");
    for mode in [0o600, 0o640, 0o666] {
        std::fs::set_permissions(&output, std::fs::Permissions::from_mode(mode)).unwrap();
        prism!["color", "-q", &people, "-o", &output].code(0);
        let found = std::fs::metadata(&output).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{found:o}");
        assert_eq!(crate::common::verified(&people, &output), 3);
    }
}

#[test]
fn a_failed_write_leaves_the_old_file() {
    let folder = Folder::new();
    let old = folder.file("graph.col", "old");
    // The shell lets files grow to a kilobyte; the graph has thirty.
    let done = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" generate gnp 125 0.5 -o \"$1\""])
        .arg(env!("CARGO_BIN_EXE_prism"))
        .arg(&old)
        .code(4);
    done.fails(&["graph.col"]);
    assert_eq!(std::fs::read_to_string(&old).unwrap(), "old");
    assert_eq!(folder.names(), ["graph.col"], "a part was left behind");
}

#[test]
fn a_failed_run_leaves_the_old_file() {
    let folder = Folder::new();
    let damaged = folder.file("damaged.col", "p edge 3 2\ne 1 9\n");
    let old = folder.file("colors", "old");
    prism!["color", &damaged, "-o", &old].code(3);
    assert_eq!(std::fs::read_to_string(&old).unwrap(), "old");
}

#[test]
fn a_finished_run_replaces_the_old_file() {
    let folder = Folder::new();
    let people = folder.file("people.txt", PEOPLE);
    let old = folder.file("colors", "a line that is longer than what replaces it\n".repeat(99));
    prism!["color", "-q", &people, "-o", &old].code(0);
    assert_eq!(crate::common::verified(&people, &old), 3);
    assert_eq!(folder.names(), ["colors", "people.txt"]);
}
