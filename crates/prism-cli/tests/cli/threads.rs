//! Threads that the system does not give are done without, and more threads than cores do no harm.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::common::{Done, Folder, Run, graph};

/// `prism` under `ulimit -u 1`, as a user whom that binds; nothing, with a message, where there is none.
struct Alone {
    folder: Folder,
    prism: PathBuf,
}

impl Alone {
    fn new() -> Option<Self> {
        let folder = Folder::new();
        let everyone = |path: PathBuf| {
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o777)).unwrap();
        };
        everyone(folder.path(""));
        let prism = folder.path("prism");
        std::fs::copy(env!("CARGO_BIN_EXE_prism"), &prism).unwrap();
        everyone(prism.clone());
        let alone = Self { folder, prism };
        // Root is not bound, and may become nobody; bash is the shell that knows the limit.
        let bound = alone.shell("test $EUID -ne 0 && ulimit -u");
        if bound.is_ok_and(|done| done.stdout() == "1\n") {
            return Some(alone);
        }
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "skipped: ulimit -u binds nobody here");
        None
    }

    /// Runs a script under the limit.
    fn shell(&self, script: &str) -> std::io::Result<Done> {
        let script = format!("ulimit -u 1 && {script}");
        let mut command = if nix::unistd::Uid::effective().is_root() {
            let mut command = Command::new("setpriv");
            command.args([
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "bash",
                "-c",
                &script,
            ]);
            command
        } else {
            let mut command = Command::new("bash");
            command.args(["-c", &script]);
            command
        };
        command.arg(&self.prism).current_dir(self.folder.path("")).stdin(Stdio::null());
        command.env_remove("PRISM_LOG").env("TMPDIR", self.folder.path(""));
        Ok(Done { output: command.output()? })
    }

    /// Runs `prism` under the limit and expects an exit code.
    fn prism(&self, arguments: &str, code: i32) -> Done {
        let done = self.shell(&format!("exec \"$0\" {arguments}")).unwrap();
        assert_eq!(done.output.status.code(), Some(code), "{arguments}: {done:?}");
        done
    }
}

#[test]
fn threads_that_cannot_be_had_are_done_without() {
    let Some(alone) = Alone::new() else { return };
    let text = std::fs::read(graph("gnp125_5")).unwrap();
    alone.folder.file("g.col", text);
    // Enough text for several blocks and buckets.
    let many: String = (0..150_000).map(|v| format!("{v} {}\n", v + 20_000)).collect();
    alone.folder.file("many.edges", many);
    for (arguments, code) in [
        ("bounds --work 1 g.col", 0),
        ("info g.col", 0),
        ("info many.edges", 0),
        ("color -q many.edges -o many.out", 0),
        ("color -q --threads 8 --moves 100000 g.col -o g.out", 0),
        ("color -q --threads 2 -t 0.3 -k 5 g.col -o late.out --save-improvements kept.out", 7),
        ("color -q --threads 8 --moves 100000 --method memetic g.col -o g2.out", 0),
        ("color -q --threads 8 --method jones-plassmann g.col -o g3.out", 0),
        ("color -q --threads 8 --method speculative many.edges -o g4.out", 0),
        ("verify g.col g.out", 0),
        ("verify g.col late.out", 0),
        ("verify g.col kept.out", 0),
        ("verify g.col g3.out", 0),
        ("convert many.edges many.col", 0),
        ("generate gnp 100 0.5 -o new.col", 0),
    ] {
        let done = alone.prism(arguments, code);
        assert!(!done.stderr().contains("panicked"), "{arguments}: {done:?}");
    }
    // Nor can a process be started.
    for (seeds, more) in [("1", None), ("3", Some("the first of 3 runs"))] {
        let done = alone.prism(&format!("bench -q --seeds {seeds} -t 0.1 g.col"), 8);
        done.fails(&["g seed 1: its process cannot be started", "ulimit -u"]);
        assert_eq!(done.stderr().contains("the first of"), more.is_some(), "{done:?}");
        done.says(more.as_slice());
        assert_eq!(done.stdout(), "");
    }
}

#[test]
fn without_threads_signals_still_end_a_search() {
    let Some(alone) = Alone::new() else { return };
    alone.folder.file("g.col", std::fs::read(graph("gnp125_5")).unwrap());
    // The shell can start nothing beside it: the program is stopped by its CPU time, SIGXCPU.
    let done = alone
        .shell("ulimit -St 1 && exec \"$0\" color -q --threads 1 -t 100 g.col -o g.out")
        .unwrap();
    assert_eq!(done.output.status.code(), Some(152), "{done:?}");
    alone.prism("verify g.col g.out", 0);
}

#[test]
fn no_more_threads_search_than_run_at_once_unless_moves_are_counted() {
    let started = |limit: [&str; 2]| {
        let mut command = prism!["color", "-q", "--events", "-", "--threads", "1024"];
        let done = command.args(limit).arg(graph("myciel5")).code(0);
        let line = done.stderr().lines().next().unwrap().to_owned();
        serde_json::from_str::<serde_json::Value>(&line).unwrap()["threads"].as_u64().unwrap()
    };
    let cores = std::thread::available_parallelism().unwrap().get() as u64;
    assert_eq!(started(["--time-limit", "10"]), cores.min(1024));
    assert_eq!(started(["--moves", "1000"]), 1024);
}
