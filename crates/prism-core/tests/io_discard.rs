//! Discarding what is half written. Alone in its file: it concerns every save of the process.

#![allow(clippy::unwrap_used)]

use prism_core::io::{discard_unfinished, save};

#[test]
fn a_file_that_is_half_written_can_be_discarded() {
    let folder = tempfile::tempdir().unwrap();
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    for name in ["colors", "colors.gz"] {
        let path = folder.path().join(name);
        std::fs::write(&path, "old").unwrap();
        let before = files();
        let saved = save(&path, |out| {
            out.write_all(b"half")?;
            assert_eq!(files(), before + 1);
            discard_unfinished();
            assert_eq!(files(), before);
            Ok(())
        });
        assert_eq!(saved.unwrap_err().kind(), std::io::ErrorKind::NotFound);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    }
    // What is complete stays.
    let path = folder.path().join("whole");
    save(&path, |out| out.write_all(b"whole")).unwrap();
    discard_unfinished();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole");
}
