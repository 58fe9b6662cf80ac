//! The file of a cache: SQLite, because its way through crashes has been tested longer than anything written here.
//!
//! *Takes* keys and scores. *Gives* scores. *Fails* if the file cannot be written. *Cost*: a row of 16 + 4 × (themes + 6)
//! + 8 bytes per input, one transaction per call of [`Store::keep`].
//!
//! - a damaged row is as good as none
//! - a file that is no store of this version is made anew
//! - two programs can use one store

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension};
use xxhash_rust::xxh3::xxh3_64;

use super::Key;
use crate::error::{Error, Result};
use crate::score::Scores;

/// The file in the folder of a cache.
const FILE: &str = "sendlens-scores.sqlite";

/// Version of tables and rows; stands in the file as `user_version`.
const VERSION: i32 = 1;

/// How long another program that writes is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes of the checksum that closes a row.
const CHECKSUM: usize = 8;

/// Scores on disk.
pub(super) struct Store {
    path: PathBuf,
    connection: Connection,
    rebuilt: Option<String>,
}

impl Store {
    /// Opens the store in `folder`; makes folder and store where there is none.
    ///
    /// # Errors
    /// [`Error::Cache`] if it can neither be opened nor made.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|error| Error::io("create", folder, error))?;
        let path = folder.join(FILE);
        let (connection, rebuilt) = match connect(&path) {
            Ok(connection) => (connection, None),
            Err(error) if is_damage(&error) => {
                remove(&path)?;
                let connection = connect(&path).map_err(|error| fault(&path, &error))?;
                (connection, Some(error.to_string()))
            }
            Err(error) => return Err(fault(&path, &error)),
        };
        Ok(Self { path, connection, rebuilt })
    }

    /// Why what was there was thrown away.
    pub(super) fn rebuilt(&self) -> Option<&str> {
        self.rebuilt.as_deref()
    }

    /// What is kept of `keys`, with so many `themes`.
    ///
    /// # Errors
    /// [`Error::Cache`] if the file cannot be read; damage is none.
    pub(super) fn find(&mut self, keys: &[Key], themes: usize) -> Result<HashMap<Key, Scores>> {
        match self.select(keys, themes) {
            Err(error) if is_damage(&error) => {
                self.rebuild(&error)?;
                Ok(HashMap::new())
            }
            other => other.map_err(|error| fault(&self.path, &error)),
        }
    }

    /// Keeps all of `scored`, or none of them.
    ///
    /// # Errors
    /// [`Error::Cache`] if the file cannot be written; damage is none.
    pub(super) fn keep(&mut self, scored: &[(Key, Scores)]) -> Result<()> {
        match self.insert(scored) {
            Err(error) if is_damage(&error) => {
                self.rebuild(&error)?;
                self.insert(scored).map_err(|error| fault(&self.path, &error))
            }
            other => other.map_err(|error| fault(&self.path, &error)),
        }
    }

    fn select(&self, keys: &[Key], themes: usize) -> rusqlite::Result<HashMap<Key, Scores>> {
        let mut query = self.connection.prepare("SELECT row FROM scores WHERE key = ?1")?;
        let mut found = HashMap::new();
        for key in keys {
            let row: Option<Vec<u8>> = query.query_row([key], |row| row.get(0)).optional()?;
            found.extend(row.and_then(|row| Some((*key, unpack(key, &row, themes)?))));
        }
        Ok(found)
    }

    fn insert(&mut self, scored: &[(Key, Scores)]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert =
                transaction.prepare("INSERT OR REPLACE INTO scores (key, row) VALUES (?1, ?2)")?;
            for (key, scores) in scored {
                insert.execute((key, pack(key, scores)))?;
            }
        }
        transaction.commit()
    }

    /// Throws away what is damaged and begins anew.
    fn rebuild(&mut self, damage: &rusqlite::Error) -> Result<()> {
        self.rebuilt = Some(damage.to_string());
        // Closed before its file goes; a connection to nothing stands in meanwhile.
        self.connection = Connection::open_in_memory().map_err(|error| fault(&self.path, &error))?;
        remove(&self.path)?;
        self.connection = connect(&self.path).map_err(|error| fault(&self.path, &error))?;
        Ok(())
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    // A killed program loses nothing that was committed; a power cut at most the last rows, which are scored again.
    connection.execute_batch("PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = NORMAL;")?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version {
        VERSION => {}
        0 => connection.execute_batch(&format!(
            "BEGIN IMMEDIATE;
             CREATE TABLE IF NOT EXISTS scores (key BLOB PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID;
             PRAGMA user_version = {VERSION};
             COMMIT;"
        ))?,
        other => return Err(damage(&format!("it is of version {other}, this program writes {VERSION}"))),
    }
    // A file whose tables were lost is no store either.
    connection.prepare("SELECT key, row FROM scores")?;
    Ok(connection)
}

fn damage(what: &str) -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB);
    rusqlite::Error::SqliteFailure(code, Some(what.to_owned()))
}

/// Whether a fault lies in what the file holds, and not in how it can be reached.
fn is_damage(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => match code.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => true,
            // The schema cannot be read, or has no such table.
            ErrorCode::Unknown => message.is_some(),
            _ => false,
        },
        // A row that holds something else than bytes.
        rusqlite::Error::SqlInputError { .. } | rusqlite::Error::InvalidColumnType(..) => true,
        _ => false,
    }
}

/// Removes the file with its journal. Its name is ours, and scores can be made again.
fn remove(path: &Path) -> Result<()> {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    for path in [path, Path::new(&journal)] {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("remove", path, error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn fault(path: &Path, error: &rusqlite::Error) -> Error {
    Error::Cache { path: path.to_owned(), message: error.to_string() }
}

/// Scores as bytes: little-endian numbers, closed by a checksum over key and numbers.
fn pack(key: &Key, scores: &Scores) -> Vec<u8> {
    let numbers = scores.themes.iter().chain([&scores.relevant]).chain(&scores.sentiment);
    let mut row: Vec<u8> = numbers.flat_map(|number| number.to_le_bytes()).collect();
    row.extend(scores.tokens.to_le_bytes());
    row.extend(scores.truncated_tokens.to_le_bytes());
    row.extend(checksum(key, &row).to_le_bytes());
    row
}

/// `None` if the bytes are not those of [`pack`] with so many themes.
fn unpack(key: &Key, row: &[u8], themes: usize) -> Option<Scores> {
    let (row, sum) = row.split_last_chunk::<CHECKSUM>()?;
    if checksum(key, row).to_le_bytes() != *sum {
        return None;
    }
    let (words, rest) = row.as_chunks::<4>();
    if words.len() != themes + 6 || !rest.is_empty() {
        return None;
    }
    let number = |at: usize| f32::from_le_bytes(words[at]);
    let count = |at: usize| u32::from_le_bytes(words[at]);
    Some(Scores {
        themes: (0..themes).map(number).collect(),
        relevant: number(themes),
        sentiment: [number(themes + 1), number(themes + 2), number(themes + 3)],
        tokens: count(themes + 4),
        truncated_tokens: count(themes + 5),
    })
}

fn checksum(key: &Key, row: &[u8]) -> u64 {
    xxh3_64(&[key, row].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(seed: u8) -> (Key, Scores) {
        let value = f32::from(seed) / 256.0;
        let scores = Scores {
            themes: vec![value, 1.0 - value],
            relevant: 0.5,
            sentiment: [value, 0.25, 0.75 - value],
            tokens: seed.into(),
            truncated_tokens: 3,
        };
        ([seed; 16], scores)
    }

    fn filled(folder: &Path) -> Vec<(Key, Scores)> {
        let all: Vec<_> = (0..200).map(scores).collect();
        let mut store = Store::open(folder).expect("a new store");
        store.keep(&all).expect("kept");
        all
    }

    /// How many of `all` are found; none of them may be found otherwise than it was kept.
    fn found(folder: &Path, all: &[(Key, Scores)]) -> (usize, bool) {
        let mut store = Store::open(folder).expect("opened or made anew");
        let mut count = 0;
        let keys: Vec<Key> = all.iter().map(|(key, _)| *key).collect();
        let kept = store.find(&keys, 2).expect("readable");
        for (key, scores) in all {
            if let Some(found) = kept.get(key) {
                assert_eq!(found, scores);
                count += 1;
            }
        }
        store.keep(all).expect("usable whatever was there");
        let kept = store.find(&keys, 2).expect("readable");
        assert!(all.iter().all(|(key, scores)| kept.get(key).is_none_or(|found| found == scores)));
        (count, store.rebuilt().is_some())
    }

    #[test]
    fn what_is_kept_is_found_by_another_program() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let all = filled(folder.path());
        assert_eq!(found(folder.path(), &all), (200, false));
        let mut store = Store::open(folder.path()).expect("there");
        let other = store.find(&[all[0].0], 3).expect("readable");
        assert!(other.is_empty(), "of another number of themes");
    }

    #[test]
    fn a_damaged_row_is_as_good_as_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let all = filled(folder.path());
        let path = folder.path().join(FILE);
        let whole = std::fs::read(&path).expect("the store");
        for place in (0..whole.len()).step_by(101) {
            let mut bytes = whole.clone();
            bytes[place] ^= 1 << (place % 8);
            std::fs::write(&path, bytes).expect("writable");
            // `found` fails on a row that is not as it was kept.
            found(folder.path(), &all);
        }
    }

    #[test]
    fn a_file_that_is_no_store_of_this_version_is_made_anew() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let all = filled(folder.path());
        let path = folder.path().join(FILE);
        let whole = std::fs::read(&path).expect("the store");
        for bytes in [&b"years of scores"[..], &whole[..whole.len() / 2], &[0; 4096]] {
            std::fs::write(&path, bytes).expect("writable");
            let (count, is_rebuilt) = found(folder.path(), &all);
            assert!(count < 200 && is_rebuilt, "{count}");
        }
        std::fs::write(&path, b"").expect("writable");
        assert_eq!(found(folder.path(), &all), (0, false), "an empty file is a new store");
        let newer = Connection::open(&path).expect("a store");
        newer.pragma_update(None, "user_version", VERSION + 1).expect("writable");
        drop(newer);
        assert_eq!(found(folder.path(), &all), (0, true));
    }

    #[test]
    fn two_programs_can_use_one_store() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [mut one, mut two] = [0, 1].map(|_| Store::open(folder.path()).expect("opened"));
        one.keep(&[scores(1)]).expect("kept");
        two.keep(&[scores(2)]).expect("kept");
        assert_eq!(one.find(&[[2; 16]], 2).expect("readable").len(), 1);
        assert_eq!(two.find(&[[1; 16]], 2).expect("readable").len(), 1);
    }
}
