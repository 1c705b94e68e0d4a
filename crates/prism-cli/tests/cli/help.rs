//! The help of every command, held by the texts in `tests/help`. Whoever changes a help on purpose has them
//! written anew, and looks at the difference:
//!
//! ```sh
//! PRISM_WRITE_HELP=1 cargo test -p prism-cli --test cli help::
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::common::Run;

/// Where the texts lie.
fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/help"))
}

/// The help of a command and of all below it, by the names of their files.
fn collect(command: &[String], texts: &mut BTreeMap<String, String>) {
    let done = prism![].args(command).arg("--help").env("COLUMNS", "100").code(0);
    for name in commands(done.stdout()).filter(|name| name != "help") {
        collect(&[command, &[name]].concat(), texts);
    }
    let name = if command.is_empty() { "prism".to_owned() } else { command.join("-") };
    texts.insert(format!("{name}.txt"), done.stdout().to_owned());
}

/// The commands that a help lists.
fn commands(help: &str) -> impl Iterator<Item = String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = lines.take_while(|line| !line.is_empty());
    // What goes on in a second line stands further to the right.
    let named =
        listed.filter_map(|line| line.strip_prefix("  ").filter(|name| !name.starts_with(' ')));
    named.filter_map(|line| line.split(' ').next().map(str::to_owned))
}

#[test]
fn the_help_of_every_command_is_what_was_written() {
    let mut texts = BTreeMap::new();
    collect(&[], &mut texts);
    // The top, nine commands, and nine kinds of graphs.
    assert!(texts.len() >= 19, "{:?}", texts.keys());
    if std::env::var_os("PRISM_WRITE_HELP").is_some() {
        let _ = std::fs::remove_dir_all(folder());
        std::fs::create_dir_all(folder()).unwrap();
        for (name, text) in &texts {
            std::fs::write(folder().join(name), text).unwrap();
        }
    }
    let written: BTreeMap<String, String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    let names = |texts: &BTreeMap<String, String>| texts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&texts), names(&written), "PRISM_WRITE_HELP=1 writes them anew");
    for (name, text) in &texts {
        let (now, then) =
            (text.lines().collect::<Vec<_>>(), written[name].lines().collect::<Vec<_>>());
        let at = now.iter().zip(&then).position(|(now, then)| now != then);
        let at = at.unwrap_or(now.len().min(then.len()));
        let line = |lines: &[&str]| lines.get(at).map(|line| (*line).to_owned());
        assert!(
            *text == written[name],
            "tests/help/{name}, line {}: {:?} is written, the help has {:?}; PRISM_WRITE_HELP=1 writes it anew",
            at + 1,
            line(&then),
            line(&now)
        );
    }
}
