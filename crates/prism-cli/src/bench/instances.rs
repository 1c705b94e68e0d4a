//! Which graphs a benchmark runs on, and what number of colours each is to reach.

use crate::args::{BenchArgs, Target};
use crate::failure::Failure;
use crate::input::is_stdin;
use crate::output::note;
use std::path::{Path, PathBuf};

/// One graph to run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    pub name: String,
    pub file: PathBuf,
    pub target: Option<usize>,
}

/// Endings of file names that graphs have.
const GRAPH_ENDINGS: [&str; 12] = [
    ".col",
    ".col.b",
    ".graph",
    ".mtx",
    ".egr",
    ".edges",
    ".txt",
    ".el",
    ".tsv",
    ".csv",
    ".edgelist",
    ".colb",
];

/// All instances of the arguments, in their order.
pub fn collect(args: &BenchArgs) -> Result<Vec<Instance>, Failure> {
    let mut found = Vec::new();
    for given in &args.instances {
        let path = Path::new(given);
        if path.is_dir() {
            from_directory(path, args, &mut found)?;
        } else if given.ends_with(".csv") && is_table(path) {
            from_table(path, args, &mut found)?;
        } else {
            found.push(from_file(given, args)?);
        }
    }
    found.retain(|one| {
        args.only.is_empty() || args.only.iter().any(|text| one.name.contains(text.as_str()))
    });
    if found.is_empty() {
        let filtered = !args.only.is_empty() || args.kind.is_some();
        let hint = if filtered { "; --only and --kind leave none" } else { "" };
        return Err(Failure::Input(format!(
            "no instance to run on in {}{hint}",
            args.instances.join(", ")
        )));
    }
    Ok(found)
}

/// The target of an instance whose best known number of colours is `best`.
fn target(args: &BenchArgs, best: Option<usize>) -> Option<usize> {
    match args.target {
        Target::None => None,
        Target::Colors(k) => Some(k),
        Target::Best => best.map(|k| k.saturating_add_signed(args.offset as isize)),
    }
}

/// `FILE` or `FILE=K`.
fn from_file(given: &str, args: &BenchArgs) -> Result<Instance, Failure> {
    let split = given.rsplit_once('=').filter(|_| !Path::new(given).exists());
    let own = split.and_then(|(file, k)| Some((file, k.parse().ok()?)));
    let (file, target) = match own {
        Some((file, k)) => (file, Some(k)),
        None => (given, target(args, None)),
    };
    if is_stdin(Path::new(file)) {
        let message = "-: every run reads its instance, so none can come from standard input";
        return Err(Failure::Usage(message.to_owned()));
    }
    if target == Some(0) {
        return Err(Failure::Usage(format!("{given}: the target must be at least 1 colour")));
    }
    Ok(Instance { name: stem(Path::new(file)), file: file.into(), target })
}

fn from_directory(path: &Path, args: &BenchArgs, found: &mut Vec<Instance>) -> Result<(), Failure> {
    let unreadable = |error| Failure::Input(format!("{}: {error}", path.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if is_graph(&file) && !is_table(&file) {
            files.push(file);
        }
    }
    files.sort();
    found.extend(files.into_iter().map(|file| Instance {
        name: stem(&file),
        file,
        target: target(args, None),
    }));
    Ok(())
}

fn from_table(path: &Path, args: &BenchArgs, found: &mut Vec<Instance>) -> Result<(), Failure> {
    let wrong = |error: csv::Error| Failure::Input(format!("{}: {error}", path.display()));
    let mut table = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(wrong)?;
    let headers = table.headers().map_err(wrong)?.clone();
    let column = |names: &[&str]| headers.iter().position(|header| names.contains(&header));
    let name = column(&["name"]);
    let best = column(&["best_known_k", "best_known_colours", "best_known"]);
    let (kind, files) = (column(&["kind"]), column(&["files"]));
    for row in table.records() {
        let row = row.map_err(wrong)?;
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or("").trim();
        let wanted = args.kind.as_deref().is_none_or(|text| cell(kind).contains(text));
        if !wanted {
            continue;
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let named = cell(name);
        let beside = ["", ".gz", ".zst"].map(|end| format!("{named}.col{end}"));
        let listed: Vec<String> = cell(files).split_whitespace().map(str::to_owned).collect();
        let listed_graphs = listed.iter().filter(|file| is_graph(Path::new(file))).count();
        if !listed.is_empty() && listed_graphs == 0 {
            // Data that a graph could be made of, such as lists of students and their exams.
            if !args.quiet {
                let text = "left out, as none of its files is a graph";
                note(format_args!("note: {}: \"{named}\" is {text}", path.display()));
            }
            continue;
        }
        let file = listed
            .into_iter()
            .chain(beside)
            .map(|file| folder.join(file))
            .find(|file| is_graph(file) && file.is_file());
        let Some(file) = file else {
            let message = format!("{}: no graph file for \"{named}\"", path.display());
            return Err(Failure::Input(message));
        };
        let target = target(args, cell(best).parse().ok());
        found.push(Instance { name: named.to_owned(), file, target });
    }
    Ok(())
}

/// Whether a `.csv` file is a table of instances: its header has the column `name`.
fn is_table(path: &Path) -> bool {
    let header = csv::Reader::from_path(path).and_then(|mut table| table.headers().cloned());
    path.extension().is_some_and(|end| end == "csv")
        && header.is_ok_and(|header| header.iter().any(|column| column == "name"))
}

fn is_graph(path: &Path) -> bool {
    let name = plain_name(path);
    GRAPH_ENDINGS.iter().any(|end| name.ends_with(end))
}

/// The name of a file without a compression.
fn plain_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    plain.to_owned()
}

/// The name of a graph: that of its file without endings.
fn stem(path: &Path) -> String {
    let name = plain_name(path);
    let end = GRAPH_ENDINGS.iter().find(|end| name.ends_with(**end));
    end.and_then(|end| name.strip_suffix(end)).unwrap_or(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_endings() {
        assert_eq!(stem(Path::new("x/DSJC1000.5.col.gz")), "DSJC1000.5");
        assert_eq!(stem(Path::new("qg.order30.graph")), "qg.order30");
        assert_eq!(stem(Path::new("plain")), "plain");
    }
}
