//! A known model fetched into the store: planned first, so that licence, size and origin can be shown before the
//! first byte; then fetched, checked and published whole.
//!
//! *Takes* a [`Known`] model, a [`Hub`] and a [`Store`]. *Gives* a folder in the store. *Fails* if a file cannot be
//! had as it is pinned; the store is then as it was. *Cost*: the network for what is neither in the store nor in
//! the cache of Hugging Face with the right SHA-256.
//!
//! Held by tests of the same names in `tests/it/models_command.rs`:
//!
//! - what pull does is said before the first byte
//! - pull mends what is damaged and fetches no more
//! - offline no socket is opened and the cache is enough

use std::fs::File;
use std::path::{Path, PathBuf};

use super::catalogue::Known;
use super::copy::{Fault, copy_into, measure};
use super::describe::size;
use super::fetch::Client;
use super::hub::Hub;
use super::provenance::{PinnedFile, Provenance};
use super::store::Store;
use super::verify::check_usable;
use crate::error::{Error, Result};

/// What is to be done to have a model.
#[derive(Debug)]
pub struct Pull<'a> {
    known: &'a Known,
    hub: &'a Hub,
    store: &'a Store,
    /// Where the model will be.
    place: PathBuf,
    /// Each file with a sound copy on this machine, if there is one.
    files: Vec<(&'a PinnedFile, Option<PathBuf>)>,
    /// Whether the store has the whole model already.
    is_here: bool,
}

impl<'a> Pull<'a> {
    /// Finds out what is to be fetched. Opens no socket.
    ///
    /// # Errors
    /// [`Error::Model`] if a folder that is no model stands where the model would be; [`Error::Io`] if a copy
    /// cannot be read.
    pub fn plan(known: &'a Known, hub: &'a Hub, store: &'a Store) -> Result<Self> {
        let place = store.room(&known.name)?;
        let mut files = Vec::new();
        for file in &known.files {
            let mut copy = None;
            for path in [Some(place.join(&file.name)), hub.cached(known, &file.name)].into_iter().flatten() {
                let found = measure(&path, file.bytes)?;
                if found.is_some_and(|found| found.sha256 == file.sha256) {
                    copy = Some(path);
                    break;
                }
            }
            files.push((file, copy));
        }
        let is_placed =
            |(_, copy): &(_, Option<PathBuf>)| copy.as_ref().is_some_and(|copy| copy.starts_with(&place));
        let is_here = files.iter().all(is_placed)
            && Provenance::read(&place, &known.name)
                .is_ok_and(|there| there.is_some_and(|there| there.files == known.files));
        Ok(Self { known, hub, store, place, files, is_here })
    }

    /// Whether the store has the whole model already, so that there is nothing to do.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.is_here
    }

    /// How many bytes come over the network.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.missing().map(|file| file.bytes).sum()
    }

    fn missing(&self) -> impl Iterator<Item = &'a PinnedFile> {
        self.files.iter().filter(|(_, copy)| copy.is_none()).map(|(file, _)| *file)
    }

    /// What the user should know before the first byte: what it is, its licence, its size, from where, to where.
    #[must_use]
    pub fn notice(&self) -> String {
        let Known { name, about, licence, .. } = self.known;
        let files = self.known.files.len();
        let whole = size(self.known.bytes());
        let size = match self.bytes() {
            0 => format!("{whole} in {files} files, all on this machine already"),
            bytes if bytes < self.known.bytes() => {
                format!("{whole} in {files} files, {} of it to fetch", size(bytes))
            }
            _ => format!("{whole} in {files} files, all to fetch"),
        };
        let (from, to) = (self.hub.page(self.known), self.place.display());
        format!(
            "{name}: {about}\n  licence  {licence}\n  size     {size}\n  from     {from}\n  to       {to}"
        )
    }

    /// Fetches what is missing, checks everything and publishes the folder. `on_bytes` is told how many bytes have
    /// come over the network.
    ///
    /// # Errors
    /// [`Error::Config`] if something must be fetched and `HF_HUB_OFFLINE` forbids it; [`Error::Model`] if a file
    /// cannot be had as it is pinned or the program cannot use the model; [`Error::Busy`] if another program fills
    /// the store; [`Error::Io`] if something cannot be written.
    pub fn run(self, on_bytes: &mut dyn FnMut(u64)) -> Result<PathBuf> {
        if self.hub.is_offline
            && let Some(file) = self.missing().next()
        {
            return Err(Error::config_hint(
                format!("HF_HUB_OFFLINE is set, and `{}` is not on this machine", file.name),
                "unset it, or get the model from elsewhere with `sendlens models import`",
            ));
        }
        let claim = self.store.claim()?;
        let staged = claim.stage()?;
        let mut client = None;
        let mut before = 0;
        for (file, copy) in &self.files {
            let path = staged.folder().join(&file.name);
            if let Some(copy) = copy {
                take(copy, file, &path)?;
                continue;
            }
            let client = match client {
                Some(ref client) => client,
                None => client.insert(Client::new(self.hub)?),
            };
            let address = self.hub.address(self.known, &file.name);
            client.fetch(&address, file, &path, &mut |bytes| on_bytes(before + bytes))?;
            before += file.bytes;
        }
        let provenance = Provenance {
            source: self.hub.page(self.known),
            licence: Some(self.known.licence.clone()),
            files: self.known.files.clone(),
        };
        provenance.write(staged.folder())?;
        check_usable(staged.folder(), &self.known.name)?;
        staged.publish(&self.known.name)
    }
}

/// Copies a file of this machine, which must still be what it was when it was measured.
fn take(copy: &Path, file: &PinnedFile, path: &Path) -> Result<()> {
    let mut from = File::open(copy).map_err(|error| Error::io("read", copy, error))?;
    let copied = copy_into(path, &mut from, file.bytes, &mut |_| {}).map_err(|fault| match fault {
        Fault::Read(error) => Error::io("read", copy, error),
        Fault::Write(error) => Error::io("write", path, error),
    })?;
    if copied.sha256 == file.sha256 {
        return Ok(());
    }
    Err(Error::model(
        format!("`{}` was changed while it was read", copy.display()),
        "run the same command again",
    ))
}
