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
        &["bounds", "--json"],
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
