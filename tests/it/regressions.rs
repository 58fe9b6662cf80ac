//! What a fuzzer once broke stays whole, and so do the fixtures: the promises of `tests/fuzz` on known bytes.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

#[expect(unreachable_pub, reason = "the crate of the fuzz targets exports them")]
#[path = "../fuzz/promises/mod.rs"]
mod promises;

/// The files below `folder`, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of the repository");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    let inside = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    paths.into_iter().flat_map(inside).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Names the file whose bytes break a promise; the panic has said which.
fn assert_holds(holds: promises::Promise, path: &Path) {
    let bytes = fs::read(path).expect("readable");
    assert!(catch_unwind(|| holds(&bytes)).is_ok(), "{} breaks a promise", path.display());
}

#[test]
fn what_was_once_found_stays_found() {
    let folder = root().join("tests/fuzz/regressions");
    for path in files(&folder) {
        let target =
            path.strip_prefix(&folder).expect("below it").iter().next().expect("a folder per target");
        let promise = promises::ALL.iter().find(|(name, _)| target == *name);
        let (_, holds) = promise.unwrap_or_else(|| panic!("{} belongs to no target", path.display()));
        assert_holds(*holds, &path);
    }
}

#[test]
fn promises_hold_for_every_fixture() {
    let seeds = ["tests/fixtures/bad", "tests/fixtures/corpus", "tests/fixtures/golden", "corpus/sample"];
    for path in
        seeds.iter().flat_map(|folder| files(&root().join(folder))).chain([root().join("src/codebook.toml")])
    {
        for (_, holds) in promises::ALL {
            assert_holds(holds, &path);
        }
    }
}

#[test]
fn every_target_has_its_program() {
    let manifest = fs::read_to_string(root().join("tests/fuzz/Cargo.toml")).expect("readable");
    for (name, _) in promises::ALL {
        assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name} is no target");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), promises::ALL.len());
}
