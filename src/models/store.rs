//! The user's models: a folder of model folders, each under its name, and what a name stands for.
//!
//! *Takes* a name or a path. *Gives* a [`Place`], or a folder to fill that is published at once. *Fails* on a
//! name that nothing has, and on a folder that holds what is not of a model.
//!
//! The store is `$SENDLENS_MODELS`, else `$XDG_DATA_HOME/sendlens/models`, else `~/.local/share/sendlens/models`.
//!
//! - a model that is not published leaves nothing behind
//! - only one program fills the store at a time

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::{SHIPPED, catalogue::Catalogue, publish, refuse_foreign};
use crate::error::{Error, Result};

/// The environment variable that names the folder of models.
pub const VARIABLE: &str = "SENDLENS_MODELS";

/// Longest name of a model, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// The folder that a model is put together in.
const STAGED: &str = ".staged";

/// What a folder is called while another takes its place: a dot, the name of the model, this.
const FORMER: &str = ".old";

/// The file that whoever fills the store holds locked.
const LOCK: &str = ".lock";

/// Where a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the program.
    BuiltIn,
    /// In a folder.
    Folder(PathBuf),
}

/// Whether `text` can name a model: letters, digits, `.`, `_` and `-`, no `.` or `-` in front.
pub(super) fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !text.is_empty()
        && text.len() <= MAX_NAME_BYTES
        && text.bytes().all(is_plain)
        && !text.starts_with(['.', '-'])
}

/// What `given` stands for: a folder if there is one, else a name in the user's store.
///
/// # Errors
/// [`Error::Model`] if it is a name and no model has it.
pub fn locate(given: &Path) -> Result<Place> {
    // A path needs no store, and nobody who passes one needs a home.
    if let Some(place) = without_store(given) {
        return Ok(place);
    }
    Store::of_user()?.locate(given, &Catalogue::shipped())
}

/// What `given` stands for, if the store need not be asked.
fn without_store(given: &Path) -> Option<Place> {
    if given.is_dir() || !given.to_str().is_some_and(is_name) {
        // Whoever reads a folder that is not there says so.
        return Some(Place::Folder(given.to_owned()));
    }
    (given == Path::new(SHIPPED)).then_some(Place::BuiltIn)
}

/// A folder of model folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The user's store; it need not exist yet.
    ///
    /// # Errors
    /// [`Error::Config`] if no environment variable says where it is.
    pub fn of_user() -> Result<Self> {
        Self::of_variables(|name| std::env::var_os(name))
    }

    /// The store that environment variables name.
    fn of_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(folder) = path(VARIABLE) {
            return Ok(Self { folder });
        }
        // A relative path is invalid there (XDG Base Directory Specification).
        let data = path("XDG_DATA_HOME").filter(|path| path.is_absolute());
        let data = data.or_else(|| Some(path("HOME")?.join(".local/share")));
        data.map(|data| Self { folder: data.join("sendlens/models") }).ok_or_else(|| {
            Error::config_hint(
                "there is no place for models: neither SENDLENS_MODELS nor HOME is set",
                "set SENDLENS_MODELS to a folder",
            )
        })
    }

    /// The store in `folder`, which need not exist yet.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder of model folders.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the model `name`, which need not exist.
    ///
    /// # Errors
    /// [`Error::Config`] if no model can have that name.
    pub fn path(&self, name: &str) -> Result<PathBuf> {
        if name == SHIPPED {
            return Err(Error::config_hint(
                format!("`{SHIPPED}` is the name of the built-in model"),
                "take another name",
            ));
        }
        if !is_name(name) {
            return Err(Error::config_hint(
                format!("`{name}` cannot be the name of a model"),
                "names have letters, digits, `.`, `_` and `-`, and begin with a letter, a digit or `_`",
            ));
        }
        Ok(self.folder.join(name))
    }

    /// The folder that a model `name` may be put in: none stands there, or one that may be replaced.
    ///
    /// # Errors
    /// [`Error::Config`] if no model can have that name, [`Error::Model`] if a folder stands there that is no
    /// model.
    pub(super) fn room(&self, name: &str) -> Result<PathBuf> {
        let place = self.path(name)?;
        if place.exists() {
            refuse_foreign(&place)?;
        }
        Ok(place)
    }

    /// Names of the models that are here, in order.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder is there and cannot be read.
    pub fn names(&self) -> Result<Vec<String>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::io("read", &self.folder, error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| Error::io("read", &self.folder, error))?;
            let name = entry.file_name().into_string().ok().filter(|name| is_name(name));
            names.extend(name.filter(|_| entry.path().is_dir()));
        }
        names.sort();
        Ok(names)
    }

    /// What `given` stands for: a folder if there is one, else the built-in model or one of the store by name.
    ///
    /// # Errors
    /// [`Error::Model`] if it is a name and no model has it; the hint says how to get one of `catalogue`.
    pub fn locate(&self, given: &Path, catalogue: &Catalogue) -> Result<Place> {
        if let Some(place) = without_store(given) {
            return Ok(place);
        }
        let folder = self.folder.join(given);
        if folder.is_dir() {
            return Ok(Place::Folder(folder));
        }
        let name = given.display();
        let hint = match given.to_str().and_then(|name| catalogue.find(name)) {
            Some(known) => format!("fetch it with `sendlens models pull {}`", known.name),
            None => "`sendlens models list` shows the models there are".to_owned(),
        };
        let store = self.folder.display();
        Err(Error::model(
            format!("there is no model `{name}`: neither a folder of that name nor one in `{store}`"),
            hint,
        ))
    }

    /// Takes the store to put models into it, and clears what a program that was killed left there.
    ///
    /// # Errors
    /// [`Error::Busy`] if another program has it, [`Error::Io`] if nothing can be written there.
    pub(super) fn claim(&self) -> Result<Claim<'_>> {
        fs::create_dir_all(&self.folder).map_err(|error| Error::io("create", &self.folder, error))?;
        let path = self.folder.join(LOCK);
        let lock = File::create(&path).map_err(|error| Error::io("create", &path, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy { path: self.folder.clone() }),
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", &path, error)),
        }
        self.clear()?;
        Ok(Claim { store: self, _lock: lock })
    }

    /// Ends what was begun by a program that was killed: a half-filled folder goes, a former one comes back if
    /// nothing has taken its place.
    fn clear(&self) -> Result<()> {
        let entries = fs::read_dir(&self.folder).map_err(|error| Error::io("read", &self.folder, error))?;
        for entry in entries {
            let path = entry.map_err(|error| Error::io("read", &self.folder, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let former = name.strip_prefix('.').and_then(|name| name.strip_suffix(FORMER));
            let done = match former.filter(|name| is_name(name)).map(|name| self.folder.join(name)) {
                Some(place) if !place.exists() => fs::rename(&path, &place),
                Some(_) => fs::remove_dir_all(&path),
                None if name == STAGED => fs::remove_dir_all(&path),
                None => Ok(()),
            };
            done.map_err(|error| Error::io("clear", &path, error))?;
        }
        Ok(())
    }
}

/// The right to put models into a store, for as long as this value lives.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    store: &'a Store,
    _lock: File,
}

impl Claim<'_> {
    /// An empty folder to put a model together in.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be created.
    pub(super) fn stage(&self) -> Result<Staged<'_>> {
        let folder = self.store.folder.join(STAGED);
        fs::create_dir(&folder).map_err(|error| Error::io("create", &folder, error))?;
        Ok(Staged { store: self.store, folder })
    }
}

/// A model folder that is being filled. Dropped without [`Staged::publish`], it is gone.
#[derive(Debug)]
pub(super) struct Staged<'a> {
    store: &'a Store,
    folder: PathBuf,
}

impl Staged<'_> {
    /// The folder to fill.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts the folder in the store as `name`, in the place of a model that has it, and gives that place.
    ///
    /// # Errors
    /// As [`Store::room`]; [`Error::Io`] if it cannot be put there; what stood there before then still does.
    pub(super) fn publish(self, name: &str) -> Result<PathBuf> {
        let place = self.store.room(name)?;
        publish(&self.folder, &place, &self.store.folder.join(format!(".{name}{FORMER}")))?;
        Ok(place)
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        // After publication the folder is gone already. A failure here costs disk space only, and the next
        // program that claims the store clears it; there is nobody to tell.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::at(folder.path().join("models"));
        (folder, store)
    }

    /// Everything in the store but its lock.
    fn left(store: &Store) -> Vec<String> {
        let entries = fs::read_dir(store.folder()).expect("the store is there");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        let mut names: Vec<_> = names.filter(|name| name != LOCK).collect();
        names.sort();
        names
    }

    #[test]
    fn variables_say_where_the_store_is() {
        let of = |given: &[(&str, &str)]| {
            let find = |name: &str| given.iter().find(|(known, _)| *known == name);
            Store::of_variables(|name| find(name).map(|(_, value)| OsString::from(value)))
        };
        let all = [(VARIABLE, "mine"), ("XDG_DATA_HOME", "/data"), ("HOME", "/home/ann")];
        let expected = ["mine", "/data/sendlens/models", "/home/ann/.local/share/sendlens/models"];
        for (from, expected) in expected.into_iter().enumerate() {
            assert_eq!(of(&all[from..]).expect("a place").folder(), Path::new(expected));
        }
        let relative = of(&[("XDG_DATA_HOME", "data"), ("HOME", "/h")]).expect("a place");
        assert_eq!(relative.folder(), Path::new("/h/.local/share/sendlens/models"));
        assert_eq!(of(&[("HOME", "")]).expect_err("no place").exit_code(), 2);
    }

    #[test]
    fn names_cannot_leave_the_store() {
        let store = Store::at("models");
        for name in ["", ".", "..", "a/b", "../a", ".hidden", "-x", "a b", "a\u{202e}", "a\\b", SHIPPED] {
            assert_eq!(store.path(name).expect_err(name).exit_code(), 2, "{name}");
        }
        assert!(store.path(&"a".repeat(101)).is_err());
        assert_eq!(store.path("all-MiniLM_L6.v2").expect("a name"), Path::new("models/all-MiniLM_L6.v2"));
    }

    #[test]
    fn a_name_is_a_folder_the_built_in_model_or_one_of_the_store() {
        let (folder, store) = store();
        let catalogue = Catalogue::shipped();
        let locate = |given: &Path| store.locate(given, &catalogue);
        assert_eq!(locate(Path::new(SHIPPED)).expect("built in"), Place::BuiltIn);
        let elsewhere = folder.path().to_owned();
        assert_eq!(locate(&elsewhere).expect("a folder"), Place::Folder(elsewhere.clone()));
        let absent = elsewhere.join("absent");
        assert_eq!(locate(&absent).expect("a path"), Place::Folder(absent));
        fs::create_dir_all(store.folder().join("mine")).expect("writable");
        let mine = store.folder().join("mine");
        assert_eq!(locate(Path::new("mine")).expect("in the store"), Place::Folder(mine));
        assert_eq!(store.names().expect("readable"), ["mine"]);
        let known = locate(Path::new("all-MiniLM-L6-v2")).expect_err("not here");
        assert!(known.hint().is_some_and(|hint| hint.contains("models pull all-MiniLM-L6-v2")));
        let unknown = locate(Path::new("nobodys")).expect_err("not here");
        assert!(unknown.to_string().contains("`nobodys`"), "{unknown}");
    }

    #[test]
    fn a_model_that_is_not_published_leaves_nothing_behind() {
        let (_folder, store) = store();
        let claim = store.claim().expect("free");
        let staged = claim.stage().expect("free");
        fs::write(staged.folder().join("config.json"), "half").expect("writable");
        drop(staged);
        assert!(left(&store).is_empty());
        for text in ["whole", "newer"] {
            let staged = claim.stage().expect("free");
            fs::write(staged.folder().join("config.json"), text).expect("writable");
            let place = staged.publish("mine").expect("published");
            assert_eq!(place, store.folder().join("mine"));
            assert_eq!(fs::read_to_string(place.join("config.json")).expect("published"), text);
            assert_eq!(left(&store), ["mine"]);
        }
    }

    #[test]
    fn what_a_killed_program_left_is_cleared() {
        let (_folder, store) = store();
        for name in [STAGED, ".mine.old", ".kept.old", "kept", ".notes"] {
            fs::create_dir_all(store.folder().join(name)).expect("writable");
        }
        drop(store.claim().expect("free"));
        assert_eq!(left(&store), [".notes", "kept", "mine"]);
    }

    #[test]
    fn only_one_program_fills_the_store_at_a_time() {
        let (_folder, store) = store();
        let held = store.claim().expect("free");
        assert_eq!(store.claim().expect_err("held").exit_code(), 5);
        drop(held);
        store.claim().expect("free again");
    }

    #[test]
    fn a_foreign_folder_is_left_alone() {
        let (_folder, store) = store();
        fs::create_dir_all(store.folder().join("mine")).expect("writable");
        fs::write(store.folder().join("mine/thesis.docx"), "precious").expect("writable");
        let claim = store.claim().expect("free");
        let error = claim.stage().expect("free").publish("mine").expect_err("not a model");
        assert!(error.to_string().contains("thesis.docx"), "{error}");
        assert_eq!(left(&store), ["mine"]);
    }
}
