//! Running `prism` and looking at what it did.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// All graphs of the folder `graphs`, with their vertices, edges and the most colours that a search of
/// a million moves may need.
pub const GRAPHS: [(&str, u64, u64, u64); 10] = [
    ("queen8_8.col", 64, 728, 9),
    ("queen11_11.col", 121, 1980, 13),
    ("myciel5.col", 23, 71, 5),
    ("myciel6.col", 47, 236, 6),
    ("gnp125_5.col", 125, 3892, 18),
    ("gnp250_1.col", 250, 3123, 8),
    ("gnp250_5.col.gz", 250, 15516, 30),
    ("geometric250_15.col", 250, 1850, 11),
    ("flat150_10.col", 150, 5040, 10),
    ("leighton200_12.col", 200, 3036, 13),
];

/// A triangle with a fourth vertex hanging from it, with names; 3 colours.
pub const PEOPLE: &str = "alice bob\nbob carol\nalice carol\ncarol dave\n";

/// `prism` with these arguments, quiet ones and paths alike.
macro_rules! prism {
    ($($argument:expr),* $(,)?) => {{
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_prism"));
        $(command.arg($argument);)*
        command.env_remove("PRISM_LOG").stdin(std::process::Stdio::null());
        command
    }};
}

/// The folder of small graphs.
pub fn graphs() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../graphs"))
}

/// One of them, by its name without the ending `.col`.
pub fn graph(name: &str) -> PathBuf {
    graphs().join(format!("{name}.col"))
}

/// A new folder for the files of a test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The path of a file that may not exist.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The names of all files, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// What a finished run left.
#[derive(Debug)]
pub struct Done {
    pub output: Output,
}

/// Short ways to run a command and to expect something of it.
pub trait Run {
    /// Runs it to its end.
    fn done(&mut self) -> Done;

    /// Runs it and expects an exit code.
    fn code(&mut self, code: i32) -> Done {
        let done = self.done();
        assert_eq!(done.output.status.code(), Some(code), "{done:?}");
        done
    }

    /// Runs it with this standard input and expects an exit code.
    fn fed(&mut self, input: &[u8], code: i32) -> Done;
}

impl Run for Command {
    fn done(&mut self) -> Done {
        Done { output: self.output().unwrap() }
    }

    fn fed(&mut self, input: &[u8], code: i32) -> Done {
        use std::io::Write;
        self.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.spawn().unwrap();
        // A program that refuses its input may not read all of it.
        let _ = child.stdin.take().unwrap().write_all(input);
        let done = Done { output: child.wait_with_output().unwrap() };
        assert_eq!(done.output.status.code(), Some(code), "{done:?}");
        done
    }
}

impl Done {
    pub fn stdout(&self) -> &str {
        std::str::from_utf8(&self.output.stdout).unwrap()
    }

    pub fn stderr(&self) -> &str {
        std::str::from_utf8(&self.output.stderr).unwrap()
    }

    /// Standard output as one JSON value.
    pub fn json(&self) -> Value {
        serde_json::from_str(self.stdout()).unwrap()
    }

    /// Expects that standard error has one line that starts as errors do and has all these words.
    pub fn fails(&self, words: &[&str]) -> &Self {
        let errors: Vec<&str> =
            self.stderr().lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(errors.len(), 1, "{}", self.stderr());
        self.says(words)
    }

    /// Expects that standard error has all these words.
    pub fn says(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.stderr().contains(word), "no {word:?} in {:?}", self.stderr());
        }
        self
    }
}

/// The number of colours that `prism verify` counts in a proper colouring.
pub fn verified(graph: impl AsRef<std::ffi::OsStr>, coloring: impl AsRef<std::ffi::OsStr>) -> u64 {
    let done = prism!["verify", graph.as_ref(), coloring.as_ref()].code(0);
    let colors = done.stdout().strip_prefix("proper, ").unwrap();
    colors.split_once(" colour").unwrap().0.parse().unwrap()
}
