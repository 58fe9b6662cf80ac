//! Lists the files of a corpus folder in a fixed order, within limits.
//!
//! *Takes* a folder or one file. *Gives* [`Source`]s and a [`Skipped`] row for everything met that is no
//! readable file. *Fails* only if the root itself cannot be listed. *Cost*: one `stat` and one `open` per
//! file; nothing is read.
//!
//! - Sources stand in byte order of their ids, whatever the file system says (`sources_stand_in_byte_order`).
//! - No link is followed, so nothing outside the root is ever read (`links_are_not_followed`).
//! - Ids are unique, also for names that are not UTF-8 (`names_that_are_not_utf8_stay_unique`).

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};
use xxhash_rust::xxh3::xxh3_64;

use crate::article::Skipped;
use crate::error::{Error, Result};

/// A file of the corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where to open it.
    pub path: PathBuf,
    /// Path relative to the corpus with `/` on every system; the id of its article.
    pub id: String,
    /// Size in bytes.
    pub bytes: u64,
}

impl Source {
    /// Reads the file, as it is now.
    ///
    /// # Errors
    /// The [`Skipped`] row of a file that is gone, may no longer be read, or was swapped for a folder, pipe or device.
    pub fn read(&self) -> std::result::Result<Vec<u8>, Skipped> {
        let unreadable = |error: std::io::Error| skip(self.id.clone(), "unreadable", error.to_string());
        let mut file = open(&self.path).map_err(unreadable)?;
        let kind = file.metadata().map_err(unreadable)?.file_type();
        if !kind.is_file() && !kind.is_dir() {
            return Err(special(self.id.clone()));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(bytes)
    }
}

/// What a walk found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// Files to read, in byte order of their ids.
    pub sources: Vec<Source>,
    /// What was met and is no readable file, in byte order of the paths.
    ///
    /// Reasons: `symlink`, `special_file`, `too_large`, `unreadable`.
    pub skipped: Vec<Skipped>,
}

/// Limits of a walk.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folders left out: the output folder and its cache. One that does not exist leaves nothing out.
    pub exclude: Vec<PathBuf>,
    /// Largest file, in bytes.
    pub max_bytes: u64,
}

impl Default for Options {
    /// Leaves nothing out; files up to 256 MiB.
    fn default() -> Self {
        Self { exclude: Vec::new(), max_bytes: 256 << 20 }
    }
}

/// Lists the files under `root` (or `root` itself if it is a file).
///
/// Names that begin with a dot are left out without a row, except `root` itself.
///
/// # Errors
/// If `root` does not exist, may not be listed, or is neither a folder nor a file.
pub fn walk(root: &Path, options: &Options) -> Result<Walk> {
    let metadata = fs::metadata(root).map_err(|error| root_fault(root, &error))?;
    if !metadata.is_dir() && !metadata.is_file() {
        return Err(Error::config_hint(
            format!("corpus `{}` is neither a folder nor a file", root.display()),
            "name a folder with articles, or one file",
        ));
    }
    let canonical = root.canonicalize().map_err(|error| root_fault(root, &error))?;
    // No link is followed below the root, so an entry's canonical path is the root's plus the relative
    // part: excluded folders are recognised without a system call per folder.
    let exclude: Vec<PathBuf> = options.exclude.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let is_wanted = |entry: &DirEntry| {
        entry.depth() == 0
            || !is_hidden(entry)
                && entry
                    .path()
                    .strip_prefix(root)
                    .is_ok_and(|relative| !exclude.contains(&canonical.join(relative)))
    };

    let mut found = Walk::default();
    for entry in WalkDir::new(root).into_iter().filter_entry(is_wanted) {
        match entry {
            Ok(entry) => visit(root, &entry, options, &mut found),
            Err(error) => {
                let path = error.path().unwrap_or(root);
                let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                if error.depth() == 0 {
                    return Err(Error::config_hint(
                        format!("cannot list corpus `{}`: {reason}", root.display()),
                        "give yourself the right to read the folder, or name another one",
                    ));
                }
                found.skipped.push(skip(id_of(root, path), "unreadable", reason));
            }
        }
    }
    found.sources.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    found.skipped.sort_unstable();
    Ok(found)
}

/// Puts one entry on the list of sources or of skipped inputs; folders go on neither.
fn visit(root: &Path, entry: &DirEntry, options: &Options, found: &mut Walk) {
    let kind = entry.file_type();
    // walkdir lists the target of a root that is a link, but reports the link's own type.
    let is_root = entry.depth() == 0;
    if kind.is_dir() || is_root && entry.path().is_dir() {
        return;
    }
    let id = id_of(root, entry.path());
    if kind.is_symlink() && !is_root {
        let target = fs::read_link(entry.path()).map(|path| path.display().to_string()).unwrap_or_default();
        found.skipped.push(skip(id, "symlink", format!("a link to {target}; links are not followed")));
        return;
    }
    if !kind.is_file() && !is_root {
        found.skipped.push(special(id));
        return;
    }
    let bytes = match fs::metadata(entry.path()) {
        Ok(metadata) => metadata.len(),
        Err(error) => {
            found.skipped.push(skip(id, "unreadable", error.to_string()));
            return;
        }
    };
    if bytes > options.max_bytes {
        let detail = format!("{bytes} bytes; the limit is {} bytes", options.max_bytes);
        found.skipped.push(skip(id, "too_large", detail));
        return;
    }
    // Opened here so that a run says what it cannot read before hours of work, not after.
    match open(entry.path()) {
        Ok(_) => found.sources.push(Source { path: entry.path().to_owned(), id, bytes }),
        Err(error) => found.skipped.push(skip(id, "unreadable", error.to_string())),
    }
}

/// Opens a file for reading. A pipe without a writer is opened too, where [`File::open`] would wait for ever.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
    );
    options.read(true).open(path)
}

fn special(id: String) -> Skipped {
    skip(id, "special_file", "a pipe, socket or device".into())
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn skip(path: String, reason: &'static str, detail: String) -> Skipped {
    Skipped { path, record: None, reason, detail }
}

/// The path relative to `root` with `/`; of a root that is a file, its name.
///
/// Parts that are not UTF-8 get a replacement character per bad byte; a hash of the raw name keeps two
/// such names apart.
fn id_of(root: &Path, path: &Path) -> String {
    let relative = match path.strip_prefix(root) {
        Ok(relative) if !relative.as_os_str().is_empty() => relative,
        _ => Path::new(path.file_name().unwrap_or(path.as_os_str())),
    };
    let mut id = String::new();
    for part in relative.iter() {
        if !id.is_empty() {
            id.push('/');
        }
        id.push_str(&part.to_string_lossy());
    }
    if relative.to_str().is_none() {
        let hash = xxh3_64(relative.as_os_str().as_encoded_bytes());
        id.push_str(&format!("~{hash:016x}"));
    }
    id
}

fn root_fault(root: &Path, error: &std::io::Error) -> Error {
    let root = root.display();
    if error.kind() == ErrorKind::NotFound {
        Error::config_hint(
            format!("corpus `{root}` does not exist"),
            "check the spelling; a relative path starts at the folder the command is run in",
        )
    } else {
        Error::config_hint(
            format!("cannot read corpus `{root}`: {error}"),
            "give yourself the right to read it, or name another folder",
        )
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn corpus(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text").unwrap();
        }
        folder
    }

    fn ids(walk: &Walk) -> Vec<&str> {
        walk.sources.iter().map(|source| source.id.as_str()).collect()
    }

    fn rows(walk: &Walk) -> Vec<(&str, &str)> {
        walk.skipped.iter().map(|row| (row.path.as_str(), row.reason)).collect()
    }

    #[test]
    fn sources_stand_in_byte_order() {
        // A sort by folder would put `a/b.txt` before `a.txt`; `.` is byte 2E, `/` is 2F.
        let folder = corpus(&["b.txt", "a/b.txt", "a.txt", "a/B.txt", "é.txt", "a/c/d.txt"]);
        let walk = walk(folder.path(), &Options::default()).unwrap();
        assert_eq!(ids(&walk), ["a.txt", "a/B.txt", "a/b.txt", "a/c/d.txt", "b.txt", "é.txt"]);
        assert!(walk.skipped.is_empty());
        assert_eq!(walk.sources[0].bytes, 4);
    }

    #[test]
    fn hidden_and_excluded_are_left_out() {
        let folder = corpus(&["a.txt", ".b.txt", ".git/c.txt", "out/d.txt", "sub/out/e.txt"]);
        let options = Options {
            exclude: vec![folder.path().join("sub/../out"), folder.path().join("none")],
            ..Options::default()
        };
        let walk = walk(folder.path(), &options).unwrap();
        assert_eq!(ids(&walk), ["a.txt", "sub/out/e.txt"]);
        assert!(walk.skipped.is_empty());
    }

    #[test]
    fn a_root_may_be_one_file_or_hidden() {
        let folder = corpus(&[".hidden/a.txt"]);
        let file = walk(&folder.path().join(".hidden/a.txt"), &Options::default()).unwrap();
        assert_eq!(ids(&file), ["a.txt"]);
        let hidden = walk(&folder.path().join(".hidden"), &Options::default()).unwrap();
        assert_eq!(ids(&hidden), ["a.txt"]);
    }

    #[test]
    fn large_files_are_rows() {
        let folder = corpus(&["a.txt"]);
        let walk = walk(folder.path(), &Options { max_bytes: 3, ..Options::default() }).unwrap();
        assert_eq!(rows(&walk), [("a.txt", "too_large")]);
        assert_eq!(walk.skipped[0].detail, "4 bytes; the limit is 3 bytes");
    }

    #[test]
    fn a_missing_root_is_a_fault_with_a_hint() {
        let error = walk(Path::new("no/such/folder"), &Options::default()).unwrap_err();
        assert_eq!(error.to_string(), "corpus `no/such/folder` does not exist");
        assert!(error.hint().is_some());
        assert_eq!(error.exit_code(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        use std::os::unix::fs::symlink;
        use std::os::unix::net::UnixListener;
        let folder = corpus(&["a.txt", "sub/b.txt"]);
        let outside = corpus(&["c.txt"]);
        symlink(outside.path(), folder.path().join("out")).unwrap();
        symlink("a.txt", folder.path().join("link.txt")).unwrap();
        symlink("..", folder.path().join("sub/up")).unwrap();
        let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
        let found = walk(folder.path(), &Options::default()).unwrap();
        assert_eq!(ids(&found), ["a.txt", "sub/b.txt"]);
        assert_eq!(
            rows(&found),
            [("link.txt", "symlink"), ("out", "symlink"), ("socket", "special_file"), ("sub/up", "symlink")]
        );
        // A root that is itself a link was named by the user and is read.
        assert_eq!(ids(&walk(&folder.path().join("out"), &Options::default()).unwrap()), ["c.txt"]);
        assert_eq!(ids(&walk(&folder.path().join("link.txt"), &Options::default()).unwrap()), ["link.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn what_changed_since_the_walk_is_a_row() {
        use std::os::unix::net::UnixListener;
        let folder = corpus(&["gone.txt", "longer.txt", "pipe.txt", "socket.txt"]);
        let found = walk(folder.path(), &Options::default()).unwrap();
        let path = |name| folder.path().join(name);
        for name in ["gone.txt", "pipe.txt", "socket.txt"] {
            fs::remove_file(path(name)).unwrap();
        }
        fs::write(path("longer.txt"), "more than before").unwrap();
        let made = std::process::Command::new("mkfifo").arg(path("pipe.txt")).status().unwrap();
        assert!(made.success());
        let _socket = UnixListener::bind(path("socket.txt")).unwrap();
        let read: Vec<_> = found.sources.iter().map(Source::read).collect();
        let reasons: Vec<_> = read.iter().map(|read| read.as_ref().err().map(|row| row.reason)).collect();
        assert_eq!(reasons, [Some("unreadable"), None, Some("special_file"), Some("unreadable")]);
        assert_eq!(read[1].as_deref(), Ok(&b"more than before"[..]));
    }

    #[cfg(unix)]
    #[test]
    fn forbidden_files_are_rows() {
        use std::os::unix::fs::PermissionsExt;
        let folder = corpus(&["a.txt", "b.txt", "sub/c.txt"]);
        for (name, mode) in [("b.txt", 0o000), ("sub", 0o000)] {
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        let is_superuser = File::open(folder.path().join("b.txt")).is_ok();
        let found = walk(folder.path(), &Options::default()).unwrap();
        fs::set_permissions(folder.path().join("sub"), fs::Permissions::from_mode(0o755)).unwrap();
        if !is_superuser {
            assert_eq!(ids(&found), ["a.txt"]);
            assert_eq!(rows(&found), [("b.txt", "unreadable"), ("sub", "unreadable")]);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_not_utf8_stay_unique() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let folder = corpus(&["line\nfeed.txt"]);
        for name in [&b"caf\xe9.txt"[..], b"caf\xe8.txt"] {
            fs::write(folder.path().join(OsStr::from_bytes(name)), "text").unwrap();
        }
        let walk = walk(folder.path(), &Options::default()).unwrap();
        assert_eq!(walk.sources.len(), 3);
        assert!(walk.sources[0].id.starts_with("caf\u{fffd}.txt~"));
        assert_ne!(walk.sources[0].id, walk.sources[1].id);
        assert_eq!(walk.sources[2].id, "line\nfeed.txt");
    }
}
