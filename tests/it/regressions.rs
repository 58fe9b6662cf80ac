//! What a fuzzer once broke stays whole, and so do the fixtures: the promises of `tests/fuzz` on known bytes, and on
//! known bytes spoilt a little, which is as much fuzzing as a test has time for.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;

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

/// Fixtures, the sample corpus and the seeds of the targets.
fn seeds() -> Vec<PathBuf> {
    let folders = [
        "tests/fixtures/bad",
        "tests/fixtures/corpus",
        "tests/fixtures/golden",
        "corpus/sample",
        "tests/fuzz/seeds",
    ];
    let files = folders.iter().flat_map(|folder| files(&root().join(folder)));
    files.chain([root().join("src/codebook.toml")]).collect()
}

#[test]
fn promises_hold_for_every_fixture() {
    for path in seeds() {
        for (_, holds) in promises::ALL {
            assert_holds(holds, &path);
        }
    }
}

/// Longest piece of a seed that is spoilt, in bytes.
const PIECE: usize = 2_000;

/// What is put together.
struct Material {
    /// The fuzzer's dictionary.
    words: Vec<Vec<u8>>,
    /// The bytes of every seed.
    seeds: Vec<Vec<u8>>,
}

static MATERIAL: LazyLock<Material> = LazyLock::new(|| {
    let words = fs::read_to_string(root().join("tests/fuzz/words.dict")).expect("readable");
    let words = words.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"').map(unquoted));
    let seeds = seeds().into_iter().map(|path| fs::read(path).expect("readable"));
    Material { words: words.collect(), seeds: seeds.collect() }
});

/// A word of the dictionary without its escapes.
fn unquoted(word: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code =
            after.get(1..3).and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        (rest, bytes) = match (first, after, code) {
            (b'\\', [b'x', _, _, after @ ..], Some(code)) => (after, [bytes, vec![code]].concat()),
            (b'\\', [escaped, after @ ..], _) => (after, [bytes, vec![*escaped]].concat()),
            _ => (after, [bytes, vec![*first]].concat()),
        };
    }
    bytes
}

/// A piece of one seed with pieces of others, words of the dictionary and single bytes put in.
fn spoilt() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<Index>(), any::<Index>(), any::<Index>(), any::<u8>(), 0..4_u8);
    (any::<Index>(), any::<Index>(), prop::collection::vec(change, 0..12)).prop_map(
        |(seed, start, changes)| {
            let Material { words, seeds } = &*MATERIAL;
            let piece = |seed: Index, start: Index, most: usize| {
                let seed = seed.get(seeds);
                let start = if seed.len() > most { start.index(seed.len() - most) } else { 0 };
                &seed[start..seed.len().min(start + most)]
            };
            let mut bytes = piece(seed, start, PIECE).to_vec();
            for (at, other, from, byte, kind) in changes {
                let at = at.index(bytes.len() + 1);
                let end = bytes.len().min(at + usize::from(byte) % 16);
                match kind {
                    0 => bytes.splice(at..end, [byte]).for_each(drop),
                    1 => bytes.splice(at..end, other.get(words).iter().copied()).for_each(drop),
                    2 => bytes.splice(at..at, piece(other, from, 64).iter().copied()).for_each(drop),
                    _ => bytes.drain(at..end).for_each(drop),
                }
            }
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn promises_hold_for_spoilt_fixtures(bytes in spoilt()) {
        for (_, holds) in promises::ALL {
            holds(&bytes);
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
