//! The output folder: claimed before work starts, filled in a folder beside it, published at once.
//!
//! *Takes* a path. *Gives* a folder to write in. *Fails* with exit 2 if `OUT` holds anything that is not
//! ours, with exit 5 if another run holds it. Whenever the process is killed, `OUT` is wholly the old run
//! or wholly the new one, and nothing that sendlens did not write is ever deleted.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::publish::{Lock, absolute, beside, exchange, hash, sync};
use crate::record::{RECORD, Record};

/// A claimed output folder. Dropped without [`Output::publish`], it leaves `OUT` as it was.
#[derive(Debug)]
pub struct Output {
    out: PathBuf,
    staging: PathBuf,
    /// Held as long as this value lives.
    _lock: Lock,
    former: Option<Record>,
}

impl Output {
    /// Claims `out`. `exempt` are files that may lie inside `out` and differ from what the former run wrote,
    /// because the user filled them in and passed them to this run.
    ///
    /// # Errors
    /// [`Error::ForeignOutput`] if `out` holds anything but a former run as it was written,
    /// [`Error::Busy`] if another run holds it, [`Error::Io`] if nothing can be written beside it.
    pub fn claim(out: &Path, exempt: &[&Path]) -> Result<Self> {
        let out = absolute(out)?;
        let lock = beside(&out, ".lock")?;
        let staging = beside(&out, ".new")?;
        if let Some(parent) = out.parent() {
            fs::create_dir_all(parent).map_err(|error| Error::io("create", parent, error))?;
        }
        let lock = Lock::take(lock, &out)?;
        let former = former(&out, exempt)?;
        if staging.exists() {
            // Ours alone: only the holder of the lock writes there, and it died before publishing.
            fs::remove_dir_all(&staging).map_err(|error| Error::io("remove", &staging, error))?;
        }
        fs::create_dir(&staging).map_err(|error| Error::io("create", &staging, error))?;
        Ok(Self { out, staging, _lock: lock, former })
    }

    /// The folder to write in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.staging
    }

    /// The folder that will be published.
    #[must_use]
    pub fn out(&self) -> &Path {
        &self.out
    }

    /// The record of the run that stands in `OUT`.
    #[must_use]
    pub fn former(&self) -> Option<&Record> {
        self.former.as_ref()
    }

    /// Writes `record` with the hash of every file, and puts the folder in the place of `OUT`.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be written or the folder cannot be put in place.
    pub fn publish(self, mut record: Record) -> Result<Record> {
        record.files = hashes(&self.staging)?;
        let path = self.staging.join(RECORD);
        fs::write(&path, record.to_json()).map_err(|error| Error::io("write", &path, error))?;
        for name in record.files.keys().map(String::as_str).chain([RECORD, "."]) {
            sync(&self.staging.join(name))?;
        }
        if self.out.exists() {
            exchange(&self.staging, &self.out)?;
            fs::remove_dir_all(&self.staging).map_err(|error| Error::io("remove", &self.staging, error))?;
        } else {
            fs::rename(&self.staging, &self.out).map_err(|error| Error::io("publish", &self.out, error))?;
        }
        if let Some(parent) = self.out.parent() {
            sync(parent)?;
        }
        Ok(record)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // After publication the folder is gone already. A failure here costs disk space only, and the
        // next run clears it; there is nobody to tell.
        let _ = fs::remove_dir_all(&self.staging);
    }
}

/// Checks that `out` is absent, empty, or a former run as it was written.
fn former(out: &Path, exempt: &[&Path]) -> Result<Option<Record>> {
    let foreign = |found: String| Err(Error::ForeignOutput { path: out.to_owned(), found });
    let entries = match fs::read_dir(out) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            return foreign("it is a file".to_owned());
        }
        Err(error) => return Err(Error::io("read", out, error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| Error::io("read", out, error))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    if names.is_empty() {
        return Ok(None);
    }
    if !names.iter().any(|name| name == RECORD) {
        return foreign(format!("it holds `{}` and no {RECORD}", names[0]));
    }
    let record = Record::load(out)?;
    let exempt: Vec<PathBuf> = exempt.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
    for name in &names {
        if name == RECORD {
            continue;
        }
        let path = out.join(name);
        let Some(expected) = record.files.get(name) else {
            return foreign(format!("`{name}` was not written by the run that stands there"));
        };
        let is_exempt = fs::canonicalize(&path).is_ok_and(|path| exempt.contains(&path));
        if !is_exempt && hash(&path)? != *expected {
            return foreign(format!("`{name}` was changed since it was written"));
        }
    }
    Ok(Some(record))
}

/// SHA-256 of every file in `folder`, by name.
fn hashes(folder: &Path) -> Result<BTreeMap<String, String>> {
    let entries = fs::read_dir(folder).map_err(|error| Error::io("read", folder, error))?;
    let mut hashes = BTreeMap::new();
    for entry in entries {
        let entry = entry.map_err(|error| Error::io("read", folder, error))?;
        hashes.insert(entry.file_name().to_string_lossy().into_owned(), hash(&entry.path())?);
    }
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(out: &Path, text: &str) -> Result<Record> {
        let output = Output::claim(out, &[])?;
        fs::write(output.folder().join("table.csv"), text).expect("writable");
        output.publish(Record::default())
    }

    #[test]
    fn a_former_run_is_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let out = folder.path().join("out");
        publish(&out, "one").expect("published");
        publish(&out, "two").expect("published over the former run");
        assert_eq!(fs::read_to_string(out.join("table.csv")).expect("published"), "two");
        let left: Vec<_> = fs::read_dir(folder.path()).expect("readable").collect();
        assert_eq!(left.len(), 1, "nothing is left beside the output: {left:?}");
    }

    #[test]
    fn a_foreign_folder_is_never_touched() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("thesis.docx"), "years of work").expect("writable");
        let error = publish(folder.path(), "one").expect_err("not ours");
        assert_eq!(error.exit_code(), 2, "{error}");
        assert!(folder.path().join("thesis.docx").exists());
        let name = folder.path().file_name().expect("a name").to_string_lossy().into_owned();
        assert!(!folder.path().with_file_name(format!(".{name}.lock")).exists(), "the lock is gone");
    }

    #[test]
    fn a_changed_table_stops_the_run_unless_it_is_passed_to_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let out = folder.path().join("out");
        publish(&out, "one").expect("published");
        let table = out.join("table.csv");
        fs::write(&table, "filled in by hand").expect("writable");
        assert_eq!(Output::claim(&out, &[]).expect_err("changed").exit_code(), 2);
        Output::claim(&out, &[&table]).expect("the user passed it");
    }

    #[test]
    fn two_runs_never_hold_one_folder() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let out = folder.path().join("out");
        let held = Output::claim(&out, &[]).expect("free");
        assert_eq!(Output::claim(&out, &[]).expect_err("held").exit_code(), 5);
        drop(held);
        Output::claim(&out, &[]).expect("free again");
    }

    #[test]
    fn a_run_that_fails_leaves_the_former_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let out = folder.path().join("out");
        publish(&out, "one").expect("published");
        let output = Output::claim(&out, &[]).expect("ours");
        fs::write(output.folder().join("table.csv"), "half").expect("writable");
        drop(output);
        assert_eq!(fs::read_to_string(out.join("table.csv")).expect("still there"), "one");
    }
}
