//! Runs the program as a user does, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The day of every run.
pub(crate) const DAY: &str = "2024-01-01";

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Checks the exit code; shows what was said if it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Checks that stderr holds every one of `parts`.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stderr.contains(part), "`{part}` is missing in: {}", self.stderr);
        }
        self
    }
}

/// A folder to work in, removed at the end, with a copy of a corpus.
pub(crate) struct Workplace {
    folder: TempDir,
}

impl Workplace {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A folder that holds the fixture corpus as `corpus`.
    pub(crate) fn with_corpus() -> Self {
        let place = Self::empty();
        copy(&fixture("corpus"), &place.path("corpus"));
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, text).expect("writable");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a text file")
    }

    /// Runs the program here, without the caller's settings.
    pub(crate) fn sendlens(&self, args: &[&str]) -> Ran {
        self.sendlens_in(self.folder.path(), &[], args)
    }

    /// Runs the program in `folder` with environment variables.
    pub(crate) fn sendlens_in(&self, folder: &Path, variables: &[(&str, &str)], args: &[&str]) -> Ran {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_sendlens"));
        for (name, _) in std::env::vars_os() {
            let known = name.to_string_lossy().to_uppercase();
            let is_ours = known.starts_with("SENDLENS_") || known.starts_with("HF_");
            if is_ours || known.ends_with("_PROXY") || known == "SSL_CERT_FILE" {
                command.env_remove(name);
            }
        }
        let output = command
            .current_dir(folder)
            .envs(variables.iter().copied())
            .args(args)
            .output()
            .expect("it starts");
        let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// `sendlens run corpus -o out` with the word lists on the fixed day, and further arguments.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let fixed = ["run", "corpus", "-o", "out", "--engine", "lexicon", "--as-of", DAY];
        self.sendlens(&[&fixed, args].concat())
    }

    /// What stands in the folder itself, hidden names too.
    pub(crate) fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }
}

/// A file or folder of `tests/fixtures`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Copies a folder with all that it holds, in reverse order of names.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("writable");
    for name in names(from).into_iter().rev() {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a readable file");
        }
    }
}

/// SHA-256 of every file of a folder, by name.
pub(crate) fn hashes(folder: &Path) -> std::collections::BTreeMap<String, String> {
    use sha2::{Digest, Sha256};
    let hash = |name: &String| {
        let digest = Sha256::digest(fs::read(folder.join(name)).expect("a readable file"));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    names(folder).into_iter().map(|name| (name.clone(), hash(&name))).collect()
}
