//! Pipes that close early.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use crate::common::{Folder, Run, graph};

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = Folder::new();
    let graph = folder.path("large.col");
    prism!["generate", "gnp", "2000", "0.1", "-o", &graph].code(0);
    for arguments in
        [&["generate", "gnp", "2000", "0.1"][..], &["convert", graph.to_str().unwrap(), "-"]]
    {
        // The program must still be writing when its reader goes: a pipe holds 64 KiB, as do a few buffers.
        let whole = prism![].args(arguments).code(0).output.stdout.len();
        assert!(whole > 1 << 20, "{whole} bytes may all be written before the pipe closes");
        let mut child =
            prism![].args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(first.starts_with("p edge "), "{first}");
        let status = child.wait().unwrap();
        let mut message = String::new();
        child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
        assert_eq!((status.code(), &*message), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_pipe_closed_from_the_start_ends_quietly() {
    for arguments in [
        &["color", "-q", "--moves", "0"][..],
        &["color", "-q", "--moves", "0", "--json"],
        &["info"],
        &["bounds", "-q", "--json"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let done = prism![].args(arguments).arg(graph("queen8_8")).stdout(writer).output().unwrap();
        assert_eq!((done.status.code(), &*done.stderr), (Some(0), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn a_named_pipe_is_written_to() {
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let path = pipe.clone();
    let reader = std::thread::spawn(move || std::fs::read_to_string(path).unwrap());
    let status =
        prism!["color", "-q", "--moves", "0", graph("queen8_8"), "-o", &pipe].status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(reader.join().unwrap().lines().count(), 64);
    assert_eq!(folder.names(), ["pipe"]);
}

#[test]
fn a_closed_standard_output_is_4_for_every_command_that_writes_to_it() {
    let folder = Folder::new();
    let (graph, colors) = (graph("queen8_8"), folder.path("colors"));
    prism!["color", "-q", "--moves", "0", &graph, "-o", &colors].code(0);
    let run = |line: &str| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("exec \"$0\" {line}"), env!("CARGO_BIN_EXE_prism")]);
        command.args([&graph, &colors]).env("TMPDIR", folder.path(""));
        command
    };
    for line in [
        "color \"$1\" -k 12",
        "color \"$1\" --json",
        "color \"$1\" --json -o \"$2.new\"",
        "verify \"$1\" \"$2\"",
        "bounds \"$1\"",
        "info \"$1\"",
        "info --json \"$1\"",
        "convert \"$1\" --to edge-list -",
        "generate queens 5",
        "bench -q --seeds 1 \"$1\"",
        "bench -q --seeds 1 --csv - \"$1\"",
        "devices",
        "completions bash",
    ] {
        run(&format!("{line} >&-")).code(4).fails(&["cannot write standard output: it is closed"]);
        // A user who wants no output is another matter.
        if !line.starts_with("bench") && !line.starts_with("color") {
            run(&format!("{line} 1<>/dev/null")).code(0);
        }
    }
    for name in ["/dev/stdout", "/dev/fd/1"] {
        let done = run(&format!("color \"$1\" -o {name} >&-")).code(4);
        done.fails(&["cannot write", name, "it is closed"]);
    }
    // What goes to a file needs no standard output.
    run("color -q --moves 0 \"$1\" -o \"$2\" >&-").code(0);
    crate::common::verified(&graph, &colors);
    assert_eq!(folder.names(), ["colors"]);
}
