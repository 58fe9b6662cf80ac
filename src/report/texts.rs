//! Texts of passages, in a file without a name: a national corpus has more of them than memory should hold.
//!
//! *Takes* texts in the order of their rows. *Gives* each back by its row. *Fails* if the disk does. *Cost*: eight bytes
//! of memory a text; a read of one is a call of the system, mostly served from its page cache.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Texts that are being collected.
pub(super) struct TextsWriter {
    folder: PathBuf,
    file: BufWriter<File>,
    /// Where each text ends, in bytes.
    ends: Vec<u64>,
}

impl TextsWriter {
    /// Begins a file that no folder lists and that is gone when it is closed.
    ///
    /// # Errors
    /// [`Error::Io`] if none can be created in `folder`.
    pub(super) fn new(folder: &Path) -> Result<Self> {
        let file = tempfile::tempfile_in(folder).map_err(|error| Error::io("write", folder, error))?;
        Ok(Self { folder: folder.to_owned(), file: BufWriter::new(file), ends: Vec::new() })
    }

    /// Adds the text of the next row.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub(super) fn push(&mut self, text: &str) -> Result<()> {
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|error| Error::io("write", &self.folder, error))?;
        self.ends.push(self.ends.last().unwrap_or(&0) + text.len() as u64);
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub(super) fn finish(self) -> Result<Texts> {
        let file = self.file.into_inner();
        let file = file.map_err(|error| Error::io("write", &self.folder, error.into_error()))?;
        Ok(Texts { folder: self.folder, file, ends: self.ends })
    }
}

/// Texts by row.
pub(super) struct Texts {
    /// For messages.
    folder: PathBuf,
    file: File,
    ends: Vec<u64>,
}

impl Texts {
    /// The text of a row.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read.
    pub(super) fn get(&self, row: usize) -> Result<String> {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        let mut file = &self.file;
        let mut bytes = vec![0; usize::try_from(self.ends[row] - start).unwrap_or(usize::MAX)];
        let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut bytes));
        read.and_then(|()| String::from_utf8(bytes).map_err(std::io::Error::other))
            .map_err(|error| Error::io("read", &self.folder, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_gives_back_its_text() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut writer = TextsWriter::new(folder.path()).expect("a file");
        let given = ["Buses – late", "", "Ünïcode\nin two lines"];
        given.iter().for_each(|text| writer.push(text).expect("written"));
        let texts = writer.finish().expect("written");
        for row in [2, 0, 1, 0] {
            assert_eq!(texts.get(row).expect("read"), given[row]);
        }
        let listed = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(listed, 0, "the file has no name");
    }
}
