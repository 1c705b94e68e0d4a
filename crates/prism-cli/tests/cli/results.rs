//! How few colours are found on the graphs of the repository.

use crate::common::{Folder, GRAPHS, Run, graph, graphs, verified};

#[test]
fn every_graph_is_colored_with_few_colors() {
    let folder = Folder::new();
    for (name, vertices, edges, most) in GRAPHS {
        let output = folder.path("colors");
        let done = prism!["color", "--quiet", "--json", "--threads", "1", "--moves", "1000000"]
            .arg(graphs().join(name))
            .arg("-o")
            .arg(&output)
            .code(0);
        let report = done.json();
        assert_eq!(report["vertices"], vertices, "{name}");
        assert_eq!(report["edges"], edges, "{name}");
        let colors = verified(graphs().join(name), &output);
        assert_eq!(report["num_colors"], colors, "{name}");
        assert!(colors <= most, "{name}: {colors} colours, expected at most {most}");
    }
}

#[test]
fn the_table_has_every_graph() {
    let mut files = 0;
    for entry in std::fs::read_dir(graphs()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "md") {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(GRAPHS.iter().any(|row| row.0 == name), "{name} is not tested");
            files += 1;
        }
    }
    assert_eq!(files, GRAPHS.len());
}

#[test]
fn bounds_enclose_known_chromatic_numbers() {
    for (name, chromatic) in [
        ("queen8_8", 9),
        ("queen11_11", 11),
        ("myciel5", 5),
        ("myciel6", 6),
        ("geometric250_15", 11),
        ("leighton200_12", 12),
    ] {
        let bounds = prism!["bounds", "--json", graph(name)].code(0).json();
        let lower = bounds["lower_bound"].as_u64().unwrap();
        let upper = bounds["upper_bound"].as_u64().unwrap();
        assert!(lower <= chromatic && chromatic <= upper, "{name}: {bounds}");
        if lower == upper {
            assert_eq!(bounds["chromatic_number"], chromatic, "{name}");
        }
    }
}
