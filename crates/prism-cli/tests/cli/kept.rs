//! What is kept when a process is killed, and what it leaves behind; links that lead nowhere yet.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::common::{Done, Folder, Run, graph, verified};

/// The number of colours of the last improvement among events.
fn last_improvement(events: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(events).unwrap_or_default();
    let last = text.lines().rfind(|line| line.contains("\"improved\""))?;
    // The line may be half written.
    serde_json::from_str::<serde_json::Value>(last).ok()?["k"].as_u64()
}

#[test]
fn what_was_found_before_a_kill_is_in_the_file_of_improvements() {
    let folder = Folder::new();
    let (events, best) = (folder.path("events"), folder.path("best.sol"));
    let mut command = prism!["color", "-q", graph("gnp125_5"), "--moves", "1000000000000"];
    command.args(["--time-limit", "100s", "--threads", "1", "--events"]).arg(&events);
    command.arg("--save-improvements").arg(&best).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A run that never ends finds its last improvement at some time, and soon after it is in the file.
    loop {
        assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
        let found = last_improvement(&events);
        if found.is_some_and(|k| k <= 19) && best.exists() && found == Some(colors(&best)) {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let found = last_improvement(&events).unwrap();
    child.kill().unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), &*done.stdout), (None, &b""[..]), "{done:?}");
    // One more may have been found meanwhile.
    assert!(verified(graph("gnp125_5"), &best) <= found);
}

/// The colours that a DIMACS file announces.
fn colors(path: &Path) -> u64 {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().next().unwrap().strip_prefix("s col ").unwrap().parse().unwrap()
}

#[test]
fn the_last_improvement_is_in_the_file_when_the_run_ends() {
    let folder = Folder::new();
    for name in ["best.txt", "best.csv", "best.json.gz", "best.dot"] {
        let best = folder.path(name);
        let done = prism!["color", "-q", "--json", "--moves", "100000", "--threads", "1"]
            .arg(graph("gnp125_5"))
            .arg("--save-improvements")
            .arg(&best)
            .code(0);
        let report = done.json();
        assert!(report["history"].as_array().unwrap().len() > 2, "{report}");
        assert_eq!(report["num_colors"], verified(graph("gnp125_5"), &best), "{name}");
    }
}

#[test]
fn what_an_earlier_run_has_saved_is_replaced_only_by_what_is_better() {
    let folder = Folder::new();
    for name in ["best.txt", "best.sol", "best.json.gz"] {
        let best = folder.path(name);
        let path = best.to_str().unwrap();
        let run = |moves: &str, more: &[&str]| {
            let mut command = prism!["color", "--json", "--threads", "1", "--moves", moves];
            command.arg(graph("gnp125_5")).args(["--save-improvements", path]).args(more).code(0)
        };
        let first = run("100000", &[]);
        assert!(!first.stderr().contains("only a better one"), "{first:?}");
        let (good, before) = (first.json()["num_colors"].as_u64(), std::fs::read(&best).unwrap());
        // The same command with less luck.
        let again = run("0", &[]);
        assert!(again.json()["num_colors"].as_u64() > good, "{again:?}");
        let colors = format!("it has a colouring with {} colours", good.unwrap());
        again.says(&["note: ", &colors, "only a better one replaces", "--warm-start"]);
        assert_eq!(std::fs::read(&best).unwrap(), before, "{name}");
        // From there, and to there.
        let from = run("0", &["--warm-start", path]);
        assert_eq!(from.json()["num_colors"].as_u64(), good);
        assert!(!from.stderr().contains("only a better one"), "{from:?}");
        assert_eq!(std::fs::read(&best).unwrap(), before, "{name}");
    }
    // What is worse is replaced.
    let worst: String = (0..125).map(|color| format!("{color}\n")).collect();
    let best = folder.file("best.txt", &worst);
    let mut command = prism!["color", "-q", "--json", "--threads", "1", "--moves", "1000"];
    let command = command.arg(graph("gnp125_5")).arg("--save-improvements").arg(&best);
    assert_eq!(command.code(0).json()["num_colors"], verified(graph("gnp125_5"), &best));
}

/// A run with few moves that saves to `best`, and meanwhile does `between`: after it has looked at what is
/// there, and before it has found anything.
fn overtaken(folder: &Folder, best: &Path, between: impl FnOnce()) -> Done {
    let start = folder.path("start");
    let _ = std::fs::remove_file(&start);
    assert!(Command::new("mkfifo").arg(&start).status().unwrap().success());
    let mut command = prism!["color", "--json", "--threads", "1", "--moves", "0"];
    command.arg(graph("gnp125_5")).arg("--save-improvements").arg(best);
    command.arg("--warm-start").arg(&start).arg("-o").arg(folder.path("own"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It opens its start when it is where it should be, and so does this.
    let mut start = File::options().write(true).open(&start).unwrap();
    between();
    let worst: String = (0..125).map(|color| format!("{color}\n")).collect();
    start.write_all(worst.as_bytes()).unwrap();
    drop(start);
    Done { output: child.wait_with_output().unwrap() }
}

#[test]
fn of_two_runs_that_save_to_one_file_the_better_one_is_kept() {
    let folder = Folder::new();
    for name in ["best.txt", "best.sol.gz"] {
        let best = folder.path(name);
        let mut good = 0;
        let done = overtaken(&folder, &best, || {
            let mut command = prism!["color", "-q", "--threads", "1", "--moves", "100000"];
            let command = command.arg(graph("gnp125_5")).arg("--save-improvements").arg(&best);
            command.code(0);
            good = verified(graph("gnp125_5"), &best);
        });
        assert_eq!(done.output.status.code(), Some(0), "{done:?}");
        let own = verified(graph("gnp125_5"), folder.path("own"));
        assert_eq!(done.json()["num_colors"], own);
        assert!(own > good, "{own} {good}");
        assert_eq!(verified(graph("gnp125_5"), &best), good, "{name}");
        let colors = format!("another run has put a colouring with {good} colours there");
        done.says(&["note: ", name, &colors, "which stays"]);
        // What is worse than its own goes.
        let worst: String = (0..125).map(|color| format!("{color}\n")).collect();
        let done = overtaken(&folder, &folder.path("worse.txt"), || {
            folder.file("worse.txt", &worst);
        });
        assert_eq!(done.output.status.code(), Some(0), "{done:?}");
        assert!(!done.stderr().contains("another run"), "{done:?}");
        assert_eq!(
            done.json()["num_colors"],
            verified(graph("gnp125_5"), folder.path("worse.txt"))
        );
    }
    // Nothing else is left behind.
    let mut left: Vec<_> = std::fs::read_dir(folder.path("")).unwrap().flatten().collect();
    left.sort_by_key(|entry| entry.file_name());
    let left: Vec<_> = left.iter().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["best.sol.gz", "best.txt", "own", "start", "worse.txt"]);
}

#[test]
fn what_is_put_in_the_place_of_improvements_meanwhile_is_not_replaced_by_them() {
    let folder = Folder::new();
    let best = folder.path("best.txt");
    let prose = "What I did on Monday\n";
    let done = overtaken(&folder, &best, || std::fs::write(&best, prose).unwrap());
    assert_eq!(done.output.status.code(), Some(4), "{done:?}");
    done.fails(&["cannot write", "best.txt", "no colouring for this run"]);
    assert_eq!(std::fs::read_to_string(&best).unwrap(), prose);
    assert_eq!(done.json()["num_colors"], verified(graph("gnp125_5"), folder.path("own")));
}

#[test]
fn a_file_of_something_else_is_not_replaced_by_improvements() {
    let folder = Folder::new();
    let colors = folder.path("colors");
    let given = folder.file("given", "1 5\n");
    let proper = folder.path("proper");
    prism!["color", "-q", "--moves", "0", graph("queen8_8"), "-o", &proper].code(0);
    let other = folder.file("other", "0\n1\n");
    let prose = folder.file("prose", "What I did on Monday\n");
    let improper = folder.file("improper", "0\n".repeat(64));
    for (best, precolor, why) in [
        (&other, false, "expected 64 colours"),
        (&prose, false, "prose, line 1"),
        (&improper, false, "adjacent"),
        (&proper, true, "vertex 1 has colour 0, but it is precoloured 5"),
    ] {
        let before = std::fs::read(best).unwrap();
        let mut command = prism!["color", "-q", "--moves", "0", graph("queen8_8"), "-o", &colors];
        command.arg("--save-improvements").arg(best);
        if precolor {
            command.arg("--precolor").arg(&given);
        }
        command.code(4).fails(&["cannot write", "no colouring for this run", why]);
        assert_eq!(std::fs::read(best).unwrap(), before);
        assert!(!colors.exists(), "it has searched");
    }
    // An empty one is no loss.
    let empty = folder.file("empty", "");
    let mut command = prism!["color", "-q", "--moves", "0", graph("queen8_8"), "-o", &colors];
    command.arg("--save-improvements").arg(&empty).code(0);
    verified(graph("queen8_8"), &empty);
}

#[test]
fn improvements_that_cannot_be_written_are_4_and_the_result_is_written() {
    let folder = Folder::new();
    let colors = folder.path("colors");
    let run = |file: &str| {
        let mut command = prism!["color", "-q", "--moves", "0", graph("queen8_8"), "-o", &colors];
        command.args(["--save-improvements", file]);
        command
    };
    let nowhere = folder.path("nowhere/best");
    run(nowhere.to_str().unwrap()).code(4).fails(&["cannot write", "nowhere/best"]);
    assert!(!colors.exists(), "it has searched");
    run("/dev/full").code(4).fails(&["cannot write /dev/full", "space"]);
    verified(graph("queen8_8"), &colors);
    run("-").code(2).fails(&["--save-improvements needs a file"]);
    run("best.svg").code(2).fails(&["best.svg", "not drawn yet"]);
    run(colors.to_str().unwrap()).code(2).fails(&["-o and --save-improvements name the same file"]);
    run(graph("queen8_8").to_str().unwrap()).code(2).fails(&["--save-improvements", "an input"]);
}

#[test]
fn parts_of_killed_processes_are_swept_unless_locked_or_young() {
    let folder = Folder::new();
    let part = |name: &str, age: u64| {
        let path = folder.file(name, "half");
        let time = SystemTime::now() - Duration::from_secs(age);
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        path
    };
    part(".colors.11.part", 3600);
    part(".colors.12.part+", 3600);
    let locked = part(".colors.13.part", 3600);
    part(".colors.14.part", 0);
    part(".colours.15.part", 3600);
    part(".colors.x.part", 3600);
    let alive = File::options().write(true).open(&locked).unwrap();
    alive.try_lock().unwrap();
    let colors = folder.path("colors");
    for option in ["-o", "--save-improvements"] {
        prism!["color", "-q", "--moves", "0", graph("queen8_8"), option, &colors].code(0);
        verified(graph("queen8_8"), &colors);
        let kept =
            [".colors.13.part", ".colors.14.part", ".colors.x.part", ".colours.15.part", "colors"];
        assert_eq!(folder.names(), kept);
    }
    drop(alive);
    prism!["color", "-q", "--moves", "0", graph("queen8_8"), "-o", &colors].code(0);
    assert!(!locked.exists());
}

#[test]
fn a_part_is_locked_while_it_is_written() {
    let folder = Folder::new();
    let old = folder.file("graph.col.gz", "old");
    let mut child = prism!["generate", "gnp", "3000", "0.5", "-o", &old].spawn().unwrap();
    let part = loop {
        let name = folder.names().into_iter().find(|name| name.ends_with(".part"));
        if let Some(name) = name {
            break folder.path(&name);
        }
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it wrote");
        std::thread::sleep(Duration::from_millis(1));
    };
    let file = File::open(&part).unwrap();
    // The lock comes a moment after the file.
    while file.try_lock().is_ok() {
        file.unlock().unwrap();
        assert_eq!(child.try_wait().unwrap(), None, "it wrote without a lock");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
    child.kill().unwrap();
    child.wait().unwrap();
    // Nobody removed the file, and nobody holds it.
    file.try_lock().unwrap();
    drop(file);
    let time = SystemTime::now() - Duration::from_secs(61);
    File::options().write(true).open(&part).unwrap().set_modified(time).unwrap();
    assert_eq!(std::fs::read(&old).unwrap(), b"old");
    prism!["generate", "queens", "5", "-o", &old].code(0);
    assert_eq!(folder.names(), ["graph.col.gz"]);
}

#[test]
fn what_a_link_leads_to_is_made_and_the_link_stays() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("sub")).unwrap();
    // One after the other, relative and absolute.
    symlink("sub/next", folder.path("link")).unwrap();
    symlink(folder.path("target"), folder.path("sub/next")).unwrap();
    let is_link = |name: &str| folder.path(name).symlink_metadata().unwrap().is_symlink();
    for _ in 0..2 {
        prism!["color", "-q", "--moves", "0", graph("queen8_8"), "-o", folder.path("link")].code(0);
        assert!(is_link("link") && is_link("sub/next") && !is_link("target"));
        verified(graph("queen8_8"), folder.path("target"));
        // The second time it leads to a file.
    }
    // From the folder of the link, with a bare name.
    symlink("bare-target", folder.path("bare")).unwrap();
    let mut command = prism!["color", "-q", "--moves", "0", graph("queen8_8"), "-o", "bare"];
    command.current_dir(folder.path("")).code(0);
    assert!(is_link("bare") && !is_link("bare-target"));
    // One that leads into a folder that is not there, and one that leads round in a circle.
    symlink("nowhere/target", folder.path("lost")).unwrap();
    symlink("circle", folder.path("circle")).unwrap();
    for name in ["lost", "circle"] {
        let path = folder.path(name);
        let done = prism!["color", "-q", graph("queen8_8"), "-o", &path].code(4);
        done.fails(&["cannot write", path.to_str().unwrap()]);
        assert!(is_link(name));
    }
    assert_eq!(folder.names(), ["bare", "bare-target", "circle", "link", "lost", "sub", "target"]);
}
