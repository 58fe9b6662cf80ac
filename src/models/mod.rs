//! Model folders: read and checked against their checksums, made from base weights, written at once; kept
//! under names, fetched and imported.
//!
//! *Takes* a folder, or the bytes compiled into the program. *Gives* [`ModelFiles`]. *Fails* on a folder
//! that is incomplete, altered, too large, or of a kind that can run code (pickles are never opened);
//! every message names the file. *Cost*: one read and one SHA-256 of each file.
//!
//! A folder holds `model.safetensors`, `tokenizer.json`, `config.json`, `CARD.md`, `SHA256SUMS` and, if the
//! model was trained here, the `codebook.toml` that says what its themes mean. The folder of an encoder that
//! has no outputs yet holds the first three. `ORIGIN.toml` says where a folder was fetched or imported from.
//!
//! Only [`Pull`] opens a socket, in `fetch.rs`; `tests/it/layers.rs` checks that nothing else does.

mod config;
#[cfg(feature = "rust-bert")]
mod foreign;
mod import;
mod weights;
mod copy;
mod provenance;
mod catalogue;
mod store;
mod verify;
mod describe;
mod archive;
mod intake;
mod hub;
mod fetch;
mod pull;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

pub use catalogue::{Catalogue, Known};
pub use config::{
    Base, Decision, FORMAT, LANES, ModelConfig, Platt, Pooling, SentimentHead, Serving, ThemeHead,
};
pub use describe::{Info, Kind, LabelInfo, Listed, Purpose, info, known_info, list, list_text};
#[cfg(feature = "rust-bert")]
pub use foreign::{Family, ForeignModel};
pub use hub::Hub;
pub use import::{BaseModel, Head, Heads};
pub use intake::{Imported, import};
pub use provenance::{PinnedFile, Provenance};
pub use pull::Pull;
pub use store::{Place, Store, VARIABLE, locate};
pub use verify::{FileState, Verified, VerifiedFile, verify};
pub use weights::{Matrix, Weights};

use crate::codebook::Codebook;
use crate::error::{Error, Result};
use crate::plain::hexadecimal;
use crate::score::Measured;
use config::WHOLE_FOLDER;
use provenance::ORIGIN;

/// Name of the model compiled into the program.
pub const SHIPPED: &str = "sendlens-minilm";

const WEIGHTS: &str = "model.safetensors";
const TOKENIZER: &str = "tokenizer.json";
const CONFIG: &str = "config.json";
const CARD: &str = "CARD.md";
const SUMS: &str = "SHA256SUMS";
const CODEBOOK: &str = "codebook.toml";

/// Most bytes of `SHA256SUMS`.
const MAX_SUMS_BYTES: u64 = 1 << 16;

/// Most bytes of `codebook.toml`.
const MAX_CODEBOOK_BYTES: u64 = 1 << 20;

/// The files under a checksum that every model has, in the order of `SHA256SUMS`, with the most bytes each may have.
const FILES: [(&str, u64); 4] =
    [(CARD, 1 << 20), (CONFIG, 1 << 20), (WEIGHTS, 4 << 30), (TOKENIZER, 64 << 20)];

/// Most bytes that a file of a model folder may have; `None` if a model folder has no such file.
fn most_bytes(file: &str) -> Option<u64> {
    match file {
        SUMS => Some(MAX_SUMS_BYTES),
        CODEBOOK => Some(MAX_CODEBOOK_BYTES),
        _ => FILES.iter().find(|(known, _)| *known == file).map(|(_, most)| *most),
    }
}

macro_rules! shipped {
    ($file:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/sendlens-minilm/", $file))
    };
}

/// The contents of a model folder, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFiles {
    /// The model's configuration, with the section `sendlens`.
    pub config: ModelConfig,
    /// The bytes of `config.json`, as they were read.
    config_json: Cow<'static, [u8]>,
    weights: Cow<'static, [u8]>,
    tokenizer: Cow<'static, [u8]>,
    card: Cow<'static, [u8]>,
    codebook: Option<Cow<'static, [u8]>>,
    /// SHA-256 of each file but `SHA256SUMS`, in hexadecimal.
    sums: BTreeMap<String, String>,
}

impl ModelFiles {
    /// The model compiled into the program. Its checksums are those of `SHA256SUMS`, checked by a test.
    ///
    /// # Errors
    /// [`Error::Model`] if the program was built from a damaged folder.
    pub fn embedded() -> Result<Self> {
        let sums = parse_sums(SHIPPED, shipped!("SHA256SUMS"))?;
        let config_json: &'static [u8] = shipped!("config.json");
        Ok(Self {
            config: ModelConfig::parse(SHIPPED, config_json)?,
            config_json: Cow::Borrowed(config_json),
            weights: Cow::Borrowed(shipped!("model.safetensors")),
            tokenizer: Cow::Borrowed(shipped!("tokenizer.json")),
            card: Cow::Borrowed(shipped!("CARD.md")),
            // The shipped model has the shipped codebook; a test checks it against the checksums.
            codebook: sums.contains_key(CODEBOOK).then_some(Cow::Borrowed(Codebook::SHIPPED.as_bytes())),
            sums,
        })
    }

    /// Reads a model folder and checks every file against `SHA256SUMS`.
    ///
    /// # Errors
    /// [`Error::Model`] if a file is missing, altered or too large, or the configuration cannot be used;
    /// [`Error::Io`] if a file cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        Self::read_as(folder, &folder.display().to_string())
    }

    /// Reads a model folder that is called `model` in messages.
    fn read_as(folder: &Path, model: &str) -> Result<Self> {
        let sums = parse_sums(model, &read_file(folder, model, SUMS, MAX_SUMS_BYTES)?)?;
        let mut contents = BTreeMap::new();
        let codebook = sums.contains_key(CODEBOOK).then_some((CODEBOOK, MAX_CODEBOOK_BYTES));
        for (file, most) in FILES.into_iter().chain(codebook) {
            let bytes = read_file(folder, model, file, most)?;
            if sums.get(file).is_none_or(|expected| *expected != sha256(&bytes)) {
                return Err(Error::model(
                    format!("model `{model}`: `{file}` is not the file that `{SUMS}` names"),
                    WHOLE_FOLDER,
                ));
            }
            contents.insert(file, bytes);
        }
        let codebook = contents.remove(CODEBOOK).map(Cow::Owned);
        let mut take = |file| Cow::Owned(contents.remove(file).expect("the loop above read every file"));
        let config_json = take(CONFIG);
        let config = ModelConfig::parse(model, &config_json)?;
        config.serving(model)?;
        let (weights, tokenizer, card) = (take(WEIGHTS), take(TOKENIZER), take(CARD));
        Ok(Self { config, config_json, weights, tokenizer, card, codebook, sums })
    }

    /// Whether `folder` is a model folder rather than one of downloaded weights: only ours have checksums.
    #[must_use]
    pub fn is_model(folder: &Path) -> bool {
        folder.join(SUMS).exists()
    }

    /// Puts a folder together from its parts and works out the checksums.
    ///
    /// # Errors
    /// [`Error::Model`] if the configuration cannot be used.
    pub fn new(config: &ModelConfig, weights: &Weights, tokenizer: Vec<u8>, card: &str) -> Result<Self> {
        let model = &config.serving("without a name")?.name;
        let config_json = config.to_json().into_bytes();
        let mut files = Self {
            config: ModelConfig::parse(model, &config_json)?,
            config_json: Cow::Owned(config_json),
            weights: Cow::Owned(weights.to_bytes()),
            tokenizer: Cow::Owned(tokenizer),
            card: Cow::Owned(card.as_bytes().to_vec()),
            codebook: None,
            sums: BTreeMap::new(),
        };
        files.sums = files.contents().map(|(file, bytes)| (file.to_owned(), sha256(bytes))).collect();
        Ok(files)
    }

    /// The same with a codebook beside it, as TOML.
    #[must_use]
    pub fn with_codebook(mut self, toml: &str) -> Self {
        self.codebook = Some(Cow::Owned(toml.as_bytes().to_vec()));
        self.sums.insert(CODEBOOK.to_owned(), sha256(toml.as_bytes()));
        self
    }

    /// The same with another card; what decides scores stays as it is, to the byte.
    #[must_use]
    pub fn with_card(mut self, card: &str) -> Self {
        self.card = Cow::Owned(card.as_bytes().to_vec());
        self.sums.insert(CARD.to_owned(), sha256(card.as_bytes()));
        self
    }

    /// The same with these qualities in its configuration, which decide no score.
    #[must_use]
    pub fn with_measured(mut self, measured: BTreeMap<String, Measured>) -> Self {
        if let Some(serving) = &mut self.config.sendlens {
            serving.measured = measured;
        }
        let json = self.config.to_json().into_bytes();
        self.sums.insert(CONFIG.to_owned(), sha256(&json));
        self.config_json = Cow::Owned(json);
        self
    }

    /// The bytes of `model.safetensors`.
    #[must_use]
    pub fn weights(&self) -> &[u8] {
        &self.weights
    }

    /// The bytes of `tokenizer.json`.
    #[must_use]
    pub fn tokenizer(&self) -> &[u8] {
        &self.tokenizer
    }

    /// The bytes of `CARD.md`.
    #[must_use]
    pub fn card(&self) -> &[u8] {
        &self.card
    }

    /// The bytes of `codebook.toml`; `None` if the model has none.
    #[must_use]
    pub fn codebook(&self) -> Option<&[u8]> {
        self.codebook.as_deref()
    }

    /// SHA-256 of each file but `SHA256SUMS`, in hexadecimal, by file name.
    #[must_use]
    pub fn sums(&self) -> &BTreeMap<String, String> {
        &self.sums
    }

    /// SHA-256 over what decides scores (weights, tokenizer, configuration without thresholds) and `arithmetic`, the
    /// name of what computes with them, in hexadecimal.
    #[must_use]
    pub fn hash(&self, arithmetic: &str) -> String {
        let mut digest = Sha256::new();
        digest.update(format!("{arithmetic}\n"));
        for file in [WEIGHTS, TOKENIZER] {
            digest.update(format!("{}  {file}\n", self.sums.get(file).map_or("", String::as_str)));
        }
        digest.update(self.config.scoring_json());
        hexadecimal(&digest.finalize())
    }

    /// Checks the contents against the checksums; a folder that was [read](Self::read) passes.
    ///
    /// # Errors
    /// [`Error::Model`] naming the first file that differs.
    pub fn verify(&self) -> Result<()> {
        for (file, bytes) in self.contents() {
            if self.sums.get(file).is_none_or(|expected| *expected != sha256(bytes)) {
                return Err(Error::model(
                    format!("the model compiled into this program has an altered `{file}`"),
                    "build the program again from a clean copy of its source",
                ));
            }
        }
        Ok(())
    }

    /// Writes the folder: all files beside `folder` first, then under its name at once. A model folder
    /// that stands there already is replaced, any other folder is left alone.
    ///
    /// # Errors
    /// [`Error::Model`] if `folder` holds anything that is not of a model folder; [`Error::Io`] if
    /// something cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        if folder.exists() {
            refuse_foreign(folder)?;
        }
        let staged = beside(folder, "new");
        let former = beside(folder, "old");
        fs::create_dir_all(&staged).map_err(|error| Error::io("create", &staged, error))?;
        let written = self.write_files(&staged).and_then(|()| publish(&staged, folder, &former));
        if written.is_err() && staged.exists() {
            // The staged copy is ours to remove.
            fs::remove_dir_all(&staged).map_err(|error| Error::io("remove", &staged, error))?;
        }
        written
    }

    fn write_files(&self, folder: &Path) -> Result<()> {
        let mut sums = String::new();
        for (file, bytes) in self.contents() {
            write_file(&folder.join(file), bytes)?;
            sums.push_str(&format!("{}  {file}\n", sha256(bytes)));
        }
        write_file(&folder.join(SUMS), sums.as_bytes())
    }

    /// Each file with its bytes, in the order of [`FILES`], the codebook last.
    fn contents(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let bytes: [&[u8]; 4] = [&self.card, &self.config_json, &self.weights, &self.tokenizer];
        let codebook = self.codebook.as_deref().map(|bytes| (CODEBOOK, bytes));
        FILES.iter().map(|(file, _)| *file).zip(bytes).chain(codebook)
    }
}

/// A path in the same folder as `folder`, so that a rename cannot cross file systems.
fn beside(folder: &Path, kind: &str) -> PathBuf {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    folder.with_file_name(format!(".{name}.{kind}-{}", std::process::id()))
}

/// Puts the folder `staged` in the place of `folder`; what stands there waits under the name `former` and comes
/// back if that fails.
fn publish(staged: &Path, folder: &Path, former: &Path) -> Result<()> {
    let is_there = folder.exists();
    if is_there {
        fs::rename(folder, former).map_err(|error| Error::io("replace", folder, error))?;
    }
    if let Err(error) = fs::rename(staged, folder) {
        if is_there {
            fs::rename(former, folder).map_err(|error| Error::io("restore", folder, error))?;
        }
        return Err(Error::io("create", folder, error));
    }
    if is_there {
        fs::remove_dir_all(former).map_err(|error| Error::io("remove", former, error))?;
    }
    Ok(())
}

/// Refuses a folder that holds anything but the files of a model folder.
fn refuse_foreign(folder: &Path) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| Error::io("read", folder, error))?;
    for entry in entries {
        let name = entry.map_err(|error| Error::io("read", folder, error))?.file_name();
        if name != ORIGIN && name.to_str().is_none_or(|name| most_bytes(name).is_none()) {
            return Err(Error::model(
                format!("`{}` holds `{}`, so it is not a model folder", folder.display(), name.display()),
                "name a folder that does not exist yet",
            ));
        }
    }
    Ok(())
}

/// Reads one file of a model folder, called `model` in messages, of at most `most` bytes.
fn read_file(folder: &Path, model: &str, file: &str, most: u64) -> Result<Vec<u8>> {
    let path = folder.join(file);
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(missing(folder, model, file));
        }
        Err(error) => return Err(Error::io("read", &path, error)),
    };
    if !metadata.is_file() {
        return Err(Error::model(format!("model `{model}`: `{file}` is not a file"), WHOLE_FOLDER));
    }
    if metadata.len() > most {
        return Err(Error::model(
            format!("model `{model}`: `{file}` has {} bytes, more than {most}", metadata.len()),
            WHOLE_FOLDER,
        ));
    }
    fs::read(&path).map_err(|error| Error::io("read", &path, error))
}

/// Writes a file and waits until it is on the disk: a rename may get there before what it names.
fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let written =
        File::create(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|error| Error::io("write", path, error))
}

/// What to do about an encoder without outputs.
const LEARN_OUTPUTS: &str = "an encoder has no outputs; learn them with `sendlens train --heads-only --base FOLDER`, then use that model";

fn missing(folder: &Path, model: &str, file: &str) -> Error {
    if !folder.is_dir() {
        return Error::model(
            format!("there is no model folder `{model}`"),
            "name a folder with `model.safetensors`, `tokenizer.json`, `config.json`, `CARD.md`, `SHA256SUMS`",
        );
    }
    let has_pickle = ["pytorch_model.bin", "rust_model.ot", "model.pt", "model.pkl"]
        .iter()
        .any(|pickle| folder.join(pickle).exists());
    let hint = if file == WEIGHTS && has_pickle {
        "pickled weights can run code and are never opened; get the safetensors file of the same model"
    } else if file == SUMS && folder.join(WEIGHTS).exists() {
        LEARN_OUTPUTS
    } else {
        WHOLE_FOLDER
    };
    Error::model(format!("model `{model}` has no `{file}`"), hint)
}

/// Reads `SHA256SUMS` as `sha256sum` writes it: a line per file, the sum, two spaces, the name.
fn parse_sums(model: &str, bytes: &[u8]) -> Result<BTreeMap<String, String>> {
    let fault = || {
        Error::model(
            format!("model `{model}`: `{SUMS}` does not name {} files as `sha256sum` does", FILES.len()),
            WHOLE_FOLDER,
        )
    };
    let text = std::str::from_utf8(bytes).map_err(|_| fault())?;
    let mut sums = BTreeMap::new();
    for line in text.lines() {
        let (sum, file) = line.split_once("  ").ok_or_else(fault)?;
        let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_sum || !(file == CODEBOOK || FILES.iter().any(|(known, _)| *known == file)) {
            return Err(fault());
        }
        sums.insert(file.to_owned(), sum.to_ascii_lowercase());
    }
    if FILES.iter().all(|(file, _)| sums.contains_key(*file)) { Ok(sums) } else { Err(fault()) }
}

/// SHA-256 of `bytes` in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parity/tiny")
    }

    /// A copy of the tiny model in a folder of its own.
    fn copy() -> (tempfile::TempDir, PathBuf) {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let folder = parent.path().join("model");
        ModelFiles::read(&tiny()).expect("the fixture").write(&folder).expect("the folder can be written");
        (parent, folder)
    }

    fn message(folder: &Path) -> (String, String) {
        let error = ModelFiles::read(folder).expect_err("the folder is damaged");
        (error.to_string(), error.hint().expect("a hint"))
    }

    #[test]
    fn the_shipped_model_matches_its_checksums() {
        let files = ModelFiles::embedded().expect("the shipped model is sound");
        files.verify().expect("no file is altered");
        assert_eq!(files.config.serving("shipped").expect("heads").name, "sendlens-minilm");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (_parent, folder) = copy();
        let files = ModelFiles::read(&folder).expect("its own output");
        assert_eq!(files, ModelFiles::read(&tiny()).expect("the fixture"));
        files.write(&folder).expect("a model folder is replaced");
        let left = fs::read_dir(folder.parent().expect("a parent")).expect("a folder").count();
        assert_eq!(left, 1, "nothing is left beside the folder");
    }

    #[test]
    fn a_foreign_folder_is_left_alone() {
        let (_parent, folder) = copy();
        let files = ModelFiles::read(&folder).expect("its own output");
        fs::write(folder.join("thesis.docx"), "precious").expect("a file");
        let error = files.write(&folder).expect_err("not ours");
        assert!(error.to_string().contains("thesis.docx"), "{error}");
        assert!(folder.join("thesis.docx").exists());
    }

    #[test]
    fn a_missing_file_is_named() {
        for file in [WEIGHTS, TOKENIZER, CONFIG, CARD, SUMS] {
            let (_parent, folder) = copy();
            fs::remove_file(folder.join(file)).expect("the file is there");
            assert!(message(&folder).0.contains(&format!("no `{file}`")));
        }
        assert!(message(Path::new("no/such/folder")).0.contains("no model folder"));
    }

    #[test]
    fn an_altered_file_is_named() {
        for file in [WEIGHTS, TOKENIZER, CONFIG, CARD] {
            let (_parent, folder) = copy();
            let mut bytes = fs::read(folder.join(file)).expect("the file is there");
            *bytes.last_mut().expect("not empty") ^= 1;
            fs::write(folder.join(file), bytes).expect("the file can be written");
            assert!(message(&folder).0.contains(&format!("`{file}`")));
        }
    }

    #[test]
    fn pickled_weights_are_never_opened() {
        let (_parent, folder) = copy();
        fs::rename(folder.join(WEIGHTS), folder.join("pytorch_model.bin")).expect("the file is there");
        let (message, hint) = message(&folder);
        assert!(message.contains(WEIGHTS) && hint.contains("run code"), "{message} {hint}");
    }

    #[test]
    fn checksums_of_another_shape_are_refused() {
        let sum = "0".repeat(64);
        for text in [
            String::new(),
            "nonsense".into(),
            format!("{sum}  ../../etc/passwd\n"),
            format!("{sum}  {CARD}\n"),
        ] {
            assert!(parse_sums("m", text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse_sums("m", b"\xff").is_err());
    }

    #[test]
    fn other_heads_give_another_hash_and_the_same_encoder() {
        let files = ModelFiles::read(&tiny()).expect("the fixture");
        let serving = files.config.serving("tiny").expect("heads").clone();
        let heads = Heads::zero(&serving, files.config.hidden_size);
        let other = files.with_heads(serving.clone(), &heads, "# other\n").expect("heads fit");
        assert_ne!(files.hash("f32"), other.hash("f32"));
        assert_ne!(files.hash("f32"), files.hash("int8"));
        let mut decided = serving.clone();
        decided.themes[0].decision.threshold = 0.9;
        let decided = files.with_heads(decided, &files.heads().expect("heads"), "").expect("heads fit");
        assert_eq!(files.hash("f32"), decided.hash("f32"), "a threshold changes decisions, not scores");
        let encoder = |files: &ModelFiles| {
            let keep = |name: &str| (!name.starts_with("heads.")).then(|| name.to_owned());
            Weights::parse("m", files.weights(), keep).expect("sound weights")
        };
        assert_eq!(encoder(&files), encoder(&other));
        let narrow = Heads::zero(&serving, 8);
        assert!(files.with_heads(serving, &narrow, "").is_err());
    }
}
