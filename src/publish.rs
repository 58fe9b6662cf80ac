//! What is written takes its place at once: it is made beside that place, flushed to disk, then renamed.
//!
//! *Takes* a path. *Gives* a [`Place`] to write beside it. *Fails* before work starts if something stands there that may
//! not be replaced. *Cost*: one rename.
//!
//! - what stands there is kept until its successor is whole
//! - a folder is replaced only if all it holds is expected

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::plain::hexadecimal;

/// What may happen to a file or folder that stands in the place already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is written.
    #[default]
    Kept,
    /// It is replaced once its successor is whole.
    Replaced,
}

/// A place that something will be published in. Dropped without [`Place::publish`], it leaves all as it was.
#[derive(Debug)]
pub struct Place {
    target: PathBuf,
    staged: PathBuf,
    existing: Existing,
    _lock: Lock,
}

impl Place {
    /// Claims `target` for a file.
    ///
    /// # Errors
    /// [`Error::Config`] if something stands there that may not be replaced, [`Error::Busy`] if another program
    /// writes there, [`Error::Io`] if nothing can be written beside it.
    pub fn of_file(target: &Path, existing: Existing) -> Result<Self> {
        let target = absolute(target)?;
        if target.is_dir() {
            return Err(Error::config_hint(
                format!("`{}` is a folder", target.display()),
                "name a file to write",
            ));
        }
        let is_there = fs::symlink_metadata(&target).is_ok();
        Self::claim(target, existing, is_there)
    }

    /// Claims `target` for a folder, and makes the folder to write in. A folder that stands there is replaced only if
    /// it holds nothing but files that are `expected`.
    ///
    /// # Errors
    /// As [`Place::of_file`].
    pub fn of_folder(target: &Path, existing: Existing, expected: impl Fn(&str) -> bool) -> Result<Self> {
        let target = absolute(target)?;
        let mut is_there = fs::symlink_metadata(&target).is_ok();
        if is_there {
            if !target.is_dir() {
                return Err(Error::config_hint(
                    format!("`{}` is a file", target.display()),
                    "name a folder to write",
                ));
            }
            let names = names(&target)?;
            if let Some(name) = names.iter().find(|name| !expected(name)) {
                return Err(Error::config_hint(
                    format!("`{}` holds `{name}`, which would be lost", target.display()),
                    "name a folder that does not exist yet",
                ));
            }
            // An empty folder holds nothing that could be overwritten.
            is_there = !names.is_empty();
        }
        let place = Self::claim(target, existing, is_there)?;
        fs::create_dir(&place.staged).map_err(|error| Error::io("create", &place.staged, error))?;
        Ok(place)
    }

    fn claim(target: PathBuf, existing: Existing, is_there: bool) -> Result<Self> {
        if is_there && existing == Existing::Kept {
            return Err(Error::config_hint(
                format!("`{}` exists already", target.display()),
                "name another one, or replace it with --force",
            ));
        }
        let lock = Lock::take(beside(&target, ".lock")?, &target)?;
        let staged = beside(&target, ".new")?;
        // Ours alone: only the holder of the lock writes there, and it died before publishing.
        remove(&staged).map_err(|error| Error::io("remove", &staged, error))?;
        Ok(Self { target, staged, existing, _lock: lock })
    }

    /// The file to write, or the folder to write in.
    #[must_use]
    pub fn staged(&self) -> &Path {
        &self.staged
    }

    /// Flushes what was written and puts it in its place.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be flushed or put in place, [`Error::Config`] if something has come to stand there.
    pub fn publish(self) -> Result<()> {
        let is_folder = self.staged.is_dir();
        if is_folder {
            for name in names(&self.staged)? {
                sync(&self.staged.join(name))?;
            }
        }
        sync(&self.staged)?;
        let fault = |error| Error::io("publish", &self.target, error);
        match self.existing {
            Existing::Replaced if is_folder && self.target.exists() => exchange(&self.staged, &self.target)?,
            Existing::Replaced => fs::rename(&self.staged, &self.target).map_err(fault)?,
            Existing::Kept => rename_to_nothing(&self.staged, &self.target).map_err(fault)?,
        }
        match self.target.parent() {
            Some(parent) => sync(parent),
            None => Ok(()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // After publication nothing stands there, or what was replaced. A failure here costs disk space only, and the
        // next attempt clears it; there is nobody to tell.
        let _ = remove(&self.staged);
    }
}

/// Removes a file or folder, if there is one.
fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    }
}

/// Names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let read = || -> io::Result<Vec<String>> {
        fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    };
    let mut names = read().map_err(|error| Error::io("read", folder, error))?;
    names.sort();
    Ok(names)
}

/// Renames `from`, unless a file or a folder with something in it stands at `to`.
fn rename_to_nothing(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        // An empty folder is replaced by a folder; the system refuses any other.
        Err(rustix::io::Errno::EXIST) if from.is_dir() && to.is_dir() => fs::rename(from, to),
        Err(rustix::io::Errno::EXIST) => Err(io::ErrorKind::AlreadyExists.into()),
        // A file system that cannot do it in one step.
        Err(_) if fs::symlink_metadata(to).is_err() => fs::rename(from, to),
        Err(_) => Err(io::ErrorKind::AlreadyExists.into()),
    }
}

/// `path` from the root, without a closing separator: `out/.` and `out/` name the same folder as `out`.
///
/// # Errors
/// [`Error::Io`] if the working folder is gone.
pub fn absolute(path: &Path) -> Result<PathBuf> {
    let path = std::path::absolute(path).map_err(|error| Error::io("find", path, error))?;
    Ok(path.components().collect())
}

/// A hidden path beside `target`, named after it.
///
/// # Errors
/// [`Error::Config`] if `target` has no name.
pub fn beside(target: &Path, suffix: &str) -> Result<PathBuf> {
    let name = target.file_name().ok_or_else(|| {
        Error::config_hint(
            format!("`{}` cannot be an output folder", target.display()),
            "name a folder inside another one",
        )
    })?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(suffix);
    Ok(target.with_file_name(hidden))
}

/// A lock file beside a place, so that two programs never write there at once. Dropped, it is gone.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    /// Locked as long as it is open.
    _file: File,
}

impl Lock {
    /// Takes the lock at `path`, which guards `target`.
    ///
    /// # Errors
    /// [`Error::Busy`] if another program holds it, [`Error::Io`] if it cannot be created.
    pub fn take(path: PathBuf, target: &Path) -> Result<Self> {
        loop {
            let file = File::create(&path).map_err(|error| Error::io("create", &path, error))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(Error::Busy { path: target.to_owned() }),
                Err(TryLockError::Error(error)) => return Err(Error::io("lock", &path, error)),
            }
            // The former holder may have removed the file between opening and locking: then this lock is
            // on a file that nobody else will meet.
            if is_same_file(&file, &path) {
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A file that stays is taken over by the next holder; there is nobody to tell.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(theirs)) => ours.ino() == theirs.ino() && ours.dev() == theirs.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_same_file(_file: &File, path: &Path) -> bool {
    path.exists()
}

/// SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// [`Error::Io`] if it cannot be read.
pub fn hash(path: &Path) -> Result<String> {
    let read = || -> io::Result<String> {
        let mut file = File::open(path)?;
        let mut digest = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                return Ok(hexadecimal(&digest.finalize()));
            }
            digest.update(&buffer[..read]);
        }
    };
    read().map_err(|error| Error::io("read", path, error))
}

/// Waits until a file or folder is on the disk.
///
/// # Errors
/// [`Error::Io`] if it cannot be written.
pub fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| Error::io("write", path, error))
}

/// Swaps two folders in one step where the file system can, else in two with the old one kept aside.
///
/// # Errors
/// [`Error::Io`] if they cannot be renamed.
pub fn exchange(new: &Path, old: &Path) -> Result<()> {
    if renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE).is_ok() {
        return Ok(());
    }
    let mut aside = new.as_os_str().to_owned();
    aside.push(".old");
    let aside = PathBuf::from(aside);
    let rename =
        |from: &Path, to: &Path| fs::rename(from, to).map_err(|error| Error::io("publish", to, error));
    rename(old, &aside)?;
    rename(new, old)?;
    rename(&aside, new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names in `folder`, hidden ones too.
    fn left(folder: &tempfile::TempDir) -> Vec<String> {
        names(folder.path()).expect("readable")
    }

    #[test]
    fn what_stands_there_is_kept_until_its_successor_is_whole() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("table.csv");
        let place = Place::of_file(&target, Existing::Kept).expect("nothing stands there");
        fs::write(place.staged(), "one").expect("writable");
        assert!(!target.exists(), "it is not there before it is whole");
        place.publish().expect("published");
        let refused = Place::of_file(&target, Existing::Kept).expect_err("it exists");
        assert!(refused.hint().is_some_and(|hint| hint.contains("--force")), "{refused}");
        let place = Place::of_file(&target, Existing::Replaced).expect("it may be replaced");
        fs::write(place.staged(), "half").expect("writable");
        drop(place);
        assert_eq!(fs::read_to_string(&target).expect("still there"), "one");
        let place = Place::of_file(&target, Existing::Replaced).expect("free again");
        fs::write(place.staged(), "two").expect("writable");
        place.publish().expect("published");
        assert_eq!(fs::read_to_string(&target).expect("published"), "two");
        assert_eq!(left(&folder), ["table.csv"], "nothing is left beside it");
    }

    #[test]
    fn a_folder_is_replaced_only_if_all_it_holds_is_expected() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("tables");
        fs::create_dir(&target).expect("writable");
        for text in ["one", "two"] {
            let place = Place::of_folder(&target, Existing::Replaced, |name| name.ends_with(".csv"));
            let place = place.expect("empty, then a former export");
            fs::write(place.staged().join("a.csv"), text).expect("writable");
            place.publish().expect("published");
            assert_eq!(fs::read_to_string(target.join("a.csv")).expect("published"), text);
        }
        let claim = |existing| Place::of_folder(&target, existing, |name| name.ends_with(".csv"));
        assert_eq!(claim(Existing::Kept).expect_err("it exists").exit_code(), 2);
        fs::write(target.join("thesis.docx"), "years of work").expect("writable");
        let refused = claim(Existing::Replaced).expect_err("it holds something else").to_string();
        assert!(refused.contains("thesis.docx"), "{refused}");
        assert_eq!(left(&folder), ["tables"]);
    }

    #[test]
    fn what_came_to_stand_there_meanwhile_is_kept() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("table.csv");
        let place = Place::of_file(&target, Existing::Kept).expect("nothing stands there");
        fs::write(place.staged(), "ours").expect("writable");
        fs::write(&target, "theirs").expect("writable");
        place.publish().expect_err("something stands there");
        assert_eq!(fs::read_to_string(&target).expect("kept"), "theirs");
    }
}
