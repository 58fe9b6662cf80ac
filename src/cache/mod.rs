//! What an engine said before, kept on disk: a run pays only for what is new.
//!
//! *Takes* an engine and a folder. *Gives* a [`Cached`] engine that scores each distinct input once. *Fails* if
//! the folder cannot be written, or when a stop is asked for; what was scored by then is kept. *Cost*: one look-up and
//! one short row per distinct input, about 150 bytes.
//!
//! - cached scores are those of the engine to the last bit
//! - another model, context or text is another entry
//! - an input is scored once however often it occurs
//! - what was scored before a stop is kept

mod store;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use crate::context::Context;
use crate::engine::{Classifier, Input};
use crate::error::Result;
use crate::prior::Prior;
use crate::score::{LabelSet, Measured, Scores, Thresholds};
use crate::stop::Stop;
use store::Store;

/// Inputs scored between two looks at whether to stop: half a second of the slowest kernel.
const CHUNK: usize = 64;

/// Names an input and everything else that decides its scores: half of a SHA-256.
type Key = [u8; 16];

/// An engine that remembers.
pub struct Cached<'a> {
    engine: &'a dyn Classifier,
    store: Option<Mutex<Store>>,
    stop: Stop,
    /// What the keys of all inputs begin with.
    prefix: Sha256,
    found: AtomicU64,
    scored: AtomicU64,
}

/// What a cache was good for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Used {
    /// Distinct inputs whose scores were there.
    pub found: u64,
    /// Distinct inputs that the engine scored.
    pub scored: u64,
    /// Why what was there could not be used and was thrown away.
    pub rebuilt: Option<String>,
}

impl<'a> Cached<'a> {
    /// Remembers in `folder`, which is made where there is none; without a folder only within one call of
    /// [`Classifier::score`].
    ///
    /// # Errors
    /// [`crate::Error::Cache`] if the folder cannot be made or written.
    pub fn new(engine: &'a dyn Classifier, folder: Option<&Path>, stop: Stop) -> Result<Self> {
        let mut prefix = Sha256::new();
        for part in [engine.hash(), engine.arithmetic(), engine.context().as_str()] {
            update(&mut prefix, part.as_bytes());
        }
        let store = folder.map(|folder| Store::open(folder).map(Mutex::new)).transpose()?;
        Ok(Self { engine, store, stop, prefix, found: AtomicU64::new(0), scored: AtomicU64::new(0) })
    }

    /// What it was good for so far.
    #[must_use]
    pub fn used(&self) -> Used {
        Used {
            found: self.found.load(Ordering::Relaxed),
            scored: self.scored.load(Ordering::Relaxed),
            rebuilt: self.store.as_ref().and_then(|store| lock(store).rebuilt().map(str::to_owned)),
        }
    }

    fn key(&self, input: &Input<'_>) -> Key {
        let mut digest = self.prefix.clone();
        update(&mut digest, input.text.as_bytes());
        if let Some(context) = input.context(self.engine.context()) {
            update(&mut digest, context.as_bytes());
        }
        let mut key = Key::default();
        key.copy_from_slice(&digest.finalize()[..16]);
        key
    }
}

impl Classifier for Cached<'_> {
    fn name(&self) -> &str {
        self.engine.name()
    }

    fn labels(&self) -> &LabelSet {
        self.engine.labels()
    }

    fn thresholds(&self) -> &Thresholds {
        self.engine.thresholds()
    }

    fn priors(&self) -> &[Option<Prior>] {
        self.engine.priors()
    }

    fn measured(&self) -> BTreeMap<String, Measured> {
        self.engine.measured()
    }

    fn context(&self) -> Context {
        self.engine.context()
    }

    fn hash(&self) -> &str {
        self.engine.hash()
    }

    fn arithmetic(&self) -> &str {
        self.engine.arithmetic()
    }

    fn score(&self, inputs: &[Input<'_>]) -> Result<Vec<Scores>> {
        let keys: Vec<Key> = inputs.iter().map(|input| self.key(input)).collect();
        let mut known = match &self.store {
            Some(store) => lock(store).find(&keys, self.labels().themes.len())?,
            None => HashMap::new(),
        };
        self.found.fetch_add(known.len() as u64, Ordering::Relaxed);
        let mut new: Vec<(Key, Input<'_>)> = Vec::new();
        let mut met = HashSet::new();
        for (key, input) in keys.iter().zip(inputs) {
            if !known.contains_key(key) && met.insert(*key) {
                new.push((*key, *input));
            }
        }
        for chunk in new.chunks(CHUNK) {
            self.stop.check()?;
            let wanted: Vec<Input<'_>> = chunk.iter().map(|(_, input)| *input).collect();
            let scores = self.engine.score(&wanted)?;
            let scored: Vec<(Key, Scores)> = chunk.iter().map(|(key, _)| *key).zip(scores).collect();
            if let Some(store) = &self.store {
                lock(store).keep(&scored)?;
            }
            self.scored.fetch_add(scored.len() as u64, Ordering::Relaxed);
            known.extend(scored);
        }
        Ok(keys.iter().map(|key| known[key].clone()).collect())
    }
}

/// A store that a panic left is whole: every change is one transaction.
fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds a part with its length, so that no two lists of parts give the same bytes.
fn update(digest: &mut Sha256, part: &[u8]) {
    digest.update((part.len() as u64).to_le_bytes());
    digest.update(part);
}

#[cfg(test)]
mod tests;
