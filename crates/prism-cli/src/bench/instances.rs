//! Which graphs to measure, and how many colours to reach on each.

use crate::args::BenchArgs;
use crate::exit::Failure;
use crate::input;
use std::path::{Path, PathBuf};

/// A graph file and its target.
pub struct Instance {
    pub name: String,
    pub path: PathBuf,
    pub target: Option<usize>,
}

/// Endings of graph files, in the order in which an index looks for them.
const ENDINGS: [&str; 6] = [".col", ".col.b", ".graph", ".mtx", ".egr", ".col.egr"];

/// Columns of an index that hold the best known number of colours.
const BEST_KNOWN: [&str; 2] = ["best_known_k", "best_known_colours"];

/// The instances that the arguments name, in their order.
pub fn collect(args: &BenchArgs) -> Result<Vec<Instance>, Failure> {
    let mut instances = Vec::new();
    for path in &args.instances {
        if path.is_dir() {
            let mut files = files_of(path)?;
            files.retain(|file| is_graph(file));
            instances.extend(files.into_iter().map(|file| instance(file, None)));
        } else if path.extension().is_some_and(|end| end == "csv") {
            instances.extend(from_index(path)?);
        } else {
            instances.push(instance(path.clone(), None));
        }
    }
    if instances.is_empty() {
        return Err(Failure::Usage("there is no graph to measure".to_owned()));
    }
    for instance in &mut instances {
        if args.no_targets {
            instance.target = None;
        }
        instance.target = args.target_colors.or(instance.target);
    }
    Ok(instances)
}

fn instance(path: PathBuf, target: Option<usize>) -> Instance {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let plain = file.trim_end_matches(".gz").trim_end_matches(".zst");
    let ending = ENDINGS.iter().rev().find(|ending| plain.ends_with(**ending));
    let name = ending.map_or(plain, |ending| plain.trim_end_matches(ending)).to_owned();
    Instance { name, path, target }
}

fn is_graph(path: &Path) -> bool {
    let name = path.display().to_string();
    let plain = name.trim_end_matches(".gz").trim_end_matches(".zst");
    ENDINGS.iter().any(|ending| plain.ends_with(ending))
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failure = |error| Failure::Input(format!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failure)? {
        files.push(entry.map_err(failure)?.path());
    }
    files.sort();
    Ok(files)
}

/// The instances of an index: rows with a `name` whose file lies beside it.
fn from_index(index: &Path) -> Result<Vec<Instance>, Failure> {
    let failure = |error: csv::Error| Failure::Input(format!("{}: {error}", index.display()));
    let mut reader = csv::Reader::from_path(index).map_err(failure)?;
    let headers = reader.headers().map_err(failure)?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let Some(name) = column("name") else {
        return Err(Failure::Input(format!("{}: there is no column `name`", index.display())));
    };
    let best = BEST_KNOWN.iter().find_map(|name| column(name));
    let folder = index.parent().unwrap_or(Path::new("."));
    let mut instances = Vec::new();
    for record in reader.records() {
        let record = record.map_err(failure)?;
        let name = record.get(name).unwrap_or_default();
        let target = best.and_then(|best| record.get(best)).and_then(|best| best.parse().ok());
        let candidates = ENDINGS.iter().chain(&[".txt"]).flat_map(|ending| {
            ["", ".gz", ".zst"].map(|packed| folder.join(format!("{name}{ending}{packed}")))
        });
        match candidates.into_iter().find(|path| path.is_file()) {
            Some(path) => {
                instances.push(Instance { name: name.to_owned(), path, target });
            }
            None => input::say(&format!("note: {}: no graph file for {name}", index.display())),
        }
    }
    Ok(instances)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_endings() {
        for (file, name) in [
            ("a/DSJC125.5.col.gz", "DSJC125.5"),
            ("queen.col.b", "queen"),
            ("web.col.egr.zst", "web"),
            ("other.txt", "other.txt"),
        ] {
            assert_eq!(instance(PathBuf::from(file), None).name, name);
        }
    }
}
