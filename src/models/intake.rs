//! A model from elsewhere becomes one of the store: a folder, or a zip such as a Python wheel.
//!
//! *Takes* a path. *Gives* a folder in the store with `ORIGIN.toml`. *Fails* on what holds no model, more than
//! one, or pickled weights in place of `model.safetensors`; nothing is left in the store then. *Cost*: one copy.
//!
//! - only the files of a model folder are taken
//! - pickled weights are never opened: unpickling runs code of the file's choice

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::archive::{Archive, is_zip};
use super::catalogue::Catalogue;
use super::copy::{Copied, Fault, copy_into};
use super::provenance::{ORIGIN, PinnedFile, Provenance};
use super::store::{Store, is_name};
use super::verify::check_usable;
use super::{
    CARD, CODEBOOK, CONFIG, FILES, ModelConfig, ModelFiles, SHIPPED, SUMS, TOKENIZER, WEIGHTS, most_bytes,
};
use crate::error::{Error, Result};

/// Files that every model has, with outputs or without.
const NEEDED: [&str; 3] = [CONFIG, TOKENIZER, WEIGHTS];

/// Endings of files that are pickles, or may be: PyTorch, joblib, TensorFlow checkpoints, libtorch.
const PICKLED: [&str; 8] = ["bin", "pt", "pth", "pkl", "pickle", "ckpt", "ot", "joblib"];

/// Most entries of a folder that is searched for a model.
const MAX_ENTRIES: usize = 100_000;

/// How deep a folder is searched; a model lies three deep in the cache of Hugging Face.
const MAX_DEPTH: usize = 8;

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its name in the store.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Where its files come from, and what they are.
    pub provenance: Provenance,
    /// Whether it has outputs, so that it can label passages.
    pub has_outputs: bool,
}

/// Where files are read from.
enum Source {
    Folder(PathBuf),
    Zip(Box<Archive>),
}

/// Copies the model in `source`, a folder or a zip, into `store`. Without a `name` it gets that of the model of
/// `catalogue` with the same files, else its own, else that of the folder it lies in.
///
/// # Errors
/// [`Error::Model`] if there is no model that can be used, or another one of that name in the store;
/// [`Error::Config`] if it has no name; [`Error::Io`] if something cannot be read or written; [`Error::Busy`] if
/// another program fills the store.
pub fn import(source: &Path, name: Option<&str>, store: &Store, catalogue: &Catalogue) -> Result<Imported> {
    let shown = source.display().to_string();
    // A wrong name is told before 90 MB are copied.
    if let Some(name) = name {
        store.room(name)?;
    }
    let opened = Source::open(source)?;
    let names = opened.names(source)?;
    let inside = find_model(&shown, &names)?;
    let has = |file: &str| names.contains(&format!("{inside}{file}"));
    let has_outputs = has(SUMS) && has(CARD);

    let claim = store.claim()?;
    let staged = claim.stage()?;
    let mut files = Vec::new();
    for file in wanted(has_outputs).into_iter().filter(|file| NEEDED.contains(file) || has(file)) {
        let most = most_bytes(file).expect("only files of a model folder are wanted");
        let path = staged.folder().join(file);
        let Copied { bytes, sha256 } = opened.read(&format!("{inside}{file}"), most, &path)?;
        files.push(PinnedFile { name: file.to_owned(), bytes, sha256 });
    }
    files.sort();
    check_usable(staged.folder(), &shown)?;

    let known = catalogue.of_files(&files);
    let weights = files.iter().find(|file| file.name == WEIGHTS);
    let of_weights = weights.and_then(|weights| catalogue.of_weights(&weights.sha256));
    let former = match &opened {
        Source::Folder(folder) => Provenance::read(&folder.join(&inside), &shown)?,
        Source::Zip(_) => None,
    };
    if let Some(former) = &former {
        let is_same = |file: &PinnedFile| former.pin(&file.name).is_none_or(|pin| pin == file);
        if let Some(file) = files.iter().find(|file| !is_same(file)) {
            return Err(Error::model(
                format!("`{shown}`: `{}` is not the file that `{ORIGIN}` names", file.name),
                "copy the whole folder again from where it came",
            ));
        }
    }
    let provenance = Provenance {
        source: match (&former, known) {
            (Some(former), _) => former.source.clone(),
            (None, Some(known)) => {
                let (repository, revision) = (&known.repository, &known.revision);
                format!("imported; the files of {repository} at revision {revision}")
            }
            (None, None) => format!("imported from {}", last_part(source).unwrap_or("a folder")),
        },
        licence: known
            .map(|known| known.licence.clone())
            .or_else(|| former.and_then(|former| former.licence))
            .or_else(|| of_weights.map(|known| known.licence.clone())),
        files,
    };
    provenance.write(staged.folder())?;

    let name = match (name, known) {
        (Some(name), _) => name.to_owned(),
        (None, Some(known)) => known.name.clone(),
        (None, None) => own_name(staged.folder(), has_outputs, &inside, source)?,
    };
    let place = store.path(&name)?;
    if let Some(there) = Provenance::read(&place, &name)?.filter(|there| there.files != provenance.files) {
        return Err(Error::config_hint(
            format!("there is another model `{name}` in the store, from: {}", there.source),
            format!("import this one under another name with --name, or remove `{}`", place.display()),
        ));
    }
    let folder = staged.publish(&name)?;
    Ok(Imported { name, folder, provenance, has_outputs })
}

impl Source {
    fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        let mut head = [0; 4];
        let mut file = File::open(path).map_err(|error| Error::io("read", path, error))?;
        let read = file.read(&mut head).map_err(|error| Error::io("read", path, error))?;
        if is_zip(&head[..read]) {
            return Ok(Self::Zip(Box::new(Archive::open(path)?)));
        }
        if is_pickle(path.to_str().unwrap_or_default()) || matches!(head[..read], [0x80, 2..=5, ..]) {
            return Err(pickled(&path.display().to_string(), None));
        }
        Err(Error::model(
            format!("`{}` is neither a folder nor a zip", path.display()),
            "name the folder that holds `config.json`, `tokenizer.json` and `model.safetensors`",
        ))
    }

    /// Names of all files, with `/` between folders.
    fn names(&self, source: &Path) -> Result<BTreeSet<String>> {
        match self {
            Self::Zip(archive) => Ok(archive.names().map(str::to_owned).collect()),
            // A folder that is a model needs no search, whatever lies below it.
            Self::Folder(folder) if NEEDED.iter().all(|file| folder.join(file).is_file()) => {
                let files = wanted(true).into_iter().filter(|file| folder.join(file).is_file());
                Ok(files.map(str::to_owned).collect())
            }
            Self::Folder(folder) => search(folder, source),
        }
    }

    /// Copies the file `name` of at most `most` bytes to `path`.
    fn read(&self, name: &str, most: u64, path: &Path) -> Result<Copied> {
        let copied = match self {
            Self::Folder(folder) => {
                let from = folder.join(name);
                let mut file = File::open(&from).map_err(|error| Error::io("read", &from, error))?;
                copied(copy_into(path, &mut file, most, &mut |_| {}), &from, path)
            }
            Self::Zip(archive) => archive.read(name, most, |reader| {
                copied(copy_into(path, reader, most, &mut |_| {}), Path::new(name), path)
            }),
        }?;
        if copied.bytes > most {
            return Err(Error::model(
                format!("`{name}` has more than {most} bytes"),
                "it cannot be the file of a model that is served",
            ));
        }
        Ok(copied)
    }
}

/// The result of a copy with its fault in words.
fn copied(result: Result<Copied, Fault>, from: &Path, to: &Path) -> Result<Copied> {
    result.map_err(|fault| match fault {
        Fault::Read(error) => Error::io("read", from, error),
        Fault::Write(error) => Error::io("write", to, error),
    })
}

/// Names of the files below `folder`. Links to files are files, as in the cache of Hugging Face; links to folders
/// are not followed.
fn search(folder: &Path, source: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let walk = WalkDir::new(folder).follow_root_links(true).max_depth(MAX_DEPTH);
    for (seen, entry) in walk.into_iter().enumerate() {
        if seen == MAX_ENTRIES {
            return Err(Error::model(
                format!("`{}` holds more than {MAX_ENTRIES} files and folders", source.display()),
                "name the folder of the model itself",
            ));
        }
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_owned();
            Error::io("read", path, error.into())
        })?;
        if !entry.path().is_file() {
            continue;
        }
        let below = entry.path().strip_prefix(folder).expect("a walk stays below its root");
        let parts: Option<Vec<_>> = below.iter().map(|part| part.to_str()).collect();
        names.extend(parts.map(|parts| parts.join("/")));
    }
    Ok(names)
}

/// The folder in `names` that holds a model, as a prefix: empty, or with a `/` at its end.
fn find_model(shown: &str, names: &BTreeSet<String>) -> Result<String> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in names {
        let (folder, file) = name.split_at(name.rfind('/').map_or(0, |slash| slash + 1));
        if let Some(file) = NEEDED.into_iter().find(|needed| *needed == file) {
            found.entry(folder).or_default().push(file);
        }
    }
    let whole = || found.iter().filter(|(_, files)| files.len() == NEEDED.len()).map(|(folder, _)| *folder);
    match (whole().count(), whole().next()) {
        (1, Some(folder)) => return Ok(folder.to_owned()),
        (_, Some(first)) => {
            let second = whole().nth(1).unwrap_or_default();
            return Err(Error::model(
                format!("`{shown}` holds more than one model: in `./{first}` and in `./{second}`"),
                "name the folder of the one wanted",
            ));
        }
        (_, None) => {}
    }
    if !names.iter().any(|name| name.rsplit('/').next() == Some(WEIGHTS))
        && let Some(pickle) = names.iter().find(|name| is_pickle(name))
    {
        return Err(pickled(shown, Some(pickle)));
    }
    let nearest = found.iter().max_by_key(|(_, files)| files.len());
    Err(match nearest {
        Some((folder, files)) => {
            let lacks: Vec<_> = NEEDED.iter().filter(|needed| !files.contains(needed)).collect();
            let lacks: Vec<_> = lacks.iter().map(|file| format!("`{file}`")).collect();
            Error::model(
                format!("`{shown}` holds no whole model: `./{folder}` has no {}", lacks.join(" and no ")),
                "get the files that are missing from where the others came",
            )
        }
        None => Error::model(
            format!("`{shown}` holds no model"),
            "name a folder, or a zip of one, with `config.json`, `tokenizer.json` and `model.safetensors`",
        ),
    })
}

/// Whether a file of this name holds pickled weights, or may.
fn is_pickle(name: &str) -> bool {
    let ending = name.rsplit('/').next().and_then(|file| file.rsplit_once('.')).map(|(_, ending)| ending);
    ending.is_some_and(|ending| PICKLED.iter().any(|pickled| pickled.eq_ignore_ascii_case(ending)))
}

fn pickled(shown: &str, file: Option<&str>) -> Error {
    let what = match file {
        Some(file) => format!("`{shown}` has its weights in `{file}`, not in `{WEIGHTS}`"),
        None => format!("`{shown}` holds pickled weights"),
    };
    Error::model(
        format!("{what}: unpickling can run code, so it is never opened"),
        "get the safetensors file of the same model; most hubs have one",
    )
}

/// Names of the files that a model folder of this kind may have.
fn wanted(has_outputs: bool) -> Vec<&'static str> {
    if !has_outputs {
        return NEEDED.to_vec();
    }
    FILES.iter().map(|(file, _)| *file).chain([SUMS, CODEBOOK]).collect()
}

/// The last part of a path, as text.
fn last_part(path: &Path) -> Option<&str> {
    path.file_name().and_then(|name| name.to_str())
}

/// The name a model brings: that in its configuration, of the folder it lies in, or of the archive.
fn own_name(staged: &Path, has_outputs: bool, inside: &str, source: &Path) -> Result<String> {
    let mut names = Vec::new();
    if has_outputs {
        let config: ModelConfig = ModelFiles::read(staged)?.config;
        names.extend(config.sendlens.map(|serving| serving.name));
    }
    names.extend(inside.trim_end_matches('/').rsplit('/').next().map(str::to_owned));
    let absolute = std::path::absolute(source).map_err(|error| Error::io("find", source, error))?;
    let outer = if source.is_dir() { absolute.file_name() } else { absolute.file_stem() };
    names.extend(outer.and_then(|name| name.to_str()).map(str::to_owned));
    let own = names.into_iter().find(|name| is_name(name) && name != SHIPPED);
    own.ok_or_else(|| {
        Error::config_hint(
            format!("`{}` gives the model no name of its own", source.display()),
            "name it with --name",
        )
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::archive::tests::zip;
    use super::*;

    fn tiny() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parity/tiny")
    }

    struct Desk {
        folder: tempfile::TempDir,
        store: Store,
    }

    impl Desk {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let store = Store::at(folder.path().join("store"));
            Self { folder, store }
        }

        /// A folder that holds `files` of the tiny model, under these names.
        fn with(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
            let folder = self.folder.path().join(name);
            for (from, to) in files {
                let to = folder.join(to);
                fs::create_dir_all(to.parent().expect("a folder")).expect("writable");
                fs::copy(tiny().join(from), to).expect("a file of the fixture");
            }
            folder
        }

        fn import(&self, source: &Path, name: Option<&str>) -> Result<Imported> {
            import(source, name, &self.store, &Catalogue::shipped())
        }

        /// Imports what cannot be, and gives the message; nothing may be left.
        fn refused(&self, source: &Path) -> String {
            let error = self.import(source, None).expect_err("it cannot be imported");
            assert!(error.hint().is_some(), "{error}");
            assert!(self.store.names().expect("readable").is_empty());
            error.to_string()
        }
    }

    const ENCODER: [(&str, &str); 3] = [(CONFIG, CONFIG), (TOKENIZER, TOKENIZER), (WEIGHTS, WEIGHTS)];

    #[test]
    fn only_the_files_of_a_model_folder_are_taken() {
        let desk = Desk::new();
        let source =
            desk.with("mine", &[&ENCODER[..], &[(CARD, "README.md"), (CARD, "onnx/x.bin")]].concat());
        let imported = desk.import(&source, None).expect("a model");
        assert_eq!((imported.name.as_str(), imported.has_outputs), ("mine", false));
        assert_eq!(imported.provenance.source, "imported from mine");
        let mut left: Vec<_> = fs::read_dir(&imported.folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(left, [ORIGIN, CONFIG, WEIGHTS, TOKENIZER]);
        // The same again is no fault, another of the same name is.
        assert_eq!(desk.import(&source, None).expect("the same"), imported);
        let config = fs::read_to_string(source.join(CONFIG)).expect("text");
        fs::write(source.join(CONFIG), format!("{config}\n")).expect("writable");
        let error = desk.import(&source, None).expect_err("another");
        assert!(error.to_string().contains("another model `mine`"), "{error}");
        assert_eq!(desk.import(&source, Some("other")).expect("named").name, "other");
    }

    #[test]
    fn a_model_with_outputs_keeps_its_card_and_checksums() {
        let desk = Desk::new();
        let imported = desk.import(&tiny(), None).expect("a model folder");
        assert!(imported.has_outputs);
        assert_eq!(imported.name, "tiny");
        let files = ModelFiles::read(&imported.folder).expect("a whole copy");
        assert_eq!(files, ModelFiles::read(&tiny()).expect("the fixture"));
        // A copy of a folder of the store keeps where it came from.
        let again = desk.import(&imported.folder, Some("again")).expect("a model folder");
        assert_eq!(again.provenance, imported.provenance);
        fs::write(imported.folder.join(CARD), "another").expect("writable");
        assert!(desk.import(&imported.folder, Some("third")).is_err());
    }

    #[test]
    fn a_model_is_found_below_the_folder_and_in_a_zip() {
        let desk = Desk::new();
        let below: Vec<_> =
            ENCODER.iter().map(|(from, to)| (*from, format!("models--a--b/snapshots/ab12/{to}"))).collect();
        let below: Vec<_> = below.iter().map(|(from, to)| (*from, to.as_str())).collect();
        let imported = desk.import(&desk.with("cache", &below), None).expect("found");
        assert_eq!(imported.name, "ab12");
        let bytes: Vec<_> =
            ENCODER.iter().map(|(file, _)| fs::read(tiny().join(file)).expect("there")).collect();
        let names = ENCODER.map(|(file, _)| format!("pkg/model/{file}"));
        let mut files: Vec<(&str, &[u8])> =
            names.iter().map(String::as_str).zip(bytes.iter().map(Vec::as_slice)).collect();
        files.push(("pkg/__init__.py", b"import this"));
        let wheel = desk.folder.path().join("pkg-1.0.whl");
        fs::write(&wheel, zip(&files)).expect("writable");
        let zipped = desk.import(&wheel, None).expect("found");
        assert_eq!((zipped.name.as_str(), &zipped.provenance.files), ("model", &imported.provenance.files));
    }

    #[test]
    fn pickled_weights_are_never_opened() {
        let desk = Desk::new();
        for name in ["pytorch_model.bin", "rust_model.ot", "sub/model.PT", "archive/data.pkl", "last.ckpt"] {
            let folder = desk.with("pickled", &[ENCODER[0], ENCODER[1], (WEIGHTS, name)]);
            let message = desk.refused(&folder);
            assert!(message.contains(&format!("`{name}`")) && message.contains("run code"), "{message}");
            fs::remove_dir_all(folder).expect("writable");
        }
        let file = desk.folder.path().join("weights");
        fs::write(&file, b"\x80\x02}q\x00.").expect("writable");
        assert!(desk.refused(&file).contains("pickled"));
        fs::write(&file, zip(&[("archive/data.pkl", b"x"), ("archive/version", b"3")])).expect("writable");
        assert!(desk.refused(&file).contains("`archive/data.pkl`"));
        // A pickle that is called safetensors is known by its first bytes.
        let folder = desk.with("disguised", &ENCODER);
        fs::write(folder.join(WEIGHTS), b"\x80\x02}q\x00.").expect("writable");
        let message = desk.refused(&folder);
        assert!(message.contains("pickle") && message.contains("disguised"), "{message}");
    }

    #[test]
    fn what_is_no_single_model_is_refused() {
        let desk = Desk::new();
        assert!(desk.refused(&desk.with("half", &ENCODER[1..])).contains("has no `config.json`"));
        let two: Vec<_> = ["a", "b"]
            .iter()
            .flat_map(|folder| ENCODER.map(|(from, to)| (from, format!("{folder}/{to}"))))
            .collect();
        let two: Vec<_> = two.iter().map(|(from, to)| (*from, to.as_str())).collect();
        assert!(desk.refused(&desk.with("two", &two)).contains("`./a/` and in `./b/`"));
        assert!(desk.refused(&desk.with("none", &[(CARD, "README.md")])).contains("holds no model"));
        assert!(desk.refused(&tiny().join(CARD)).contains("neither a folder nor a zip"));
        let folder = desk.with("damaged", &ENCODER);
        fs::write(folder.join(TOKENIZER), "{}").expect("writable");
        assert!(desk.refused(&folder).contains("`tokenizer.json`"));
    }
}
