//! Bytes copied once: counted and hashed on the way, and never more than were expected.
//!
//! *Takes* a source and a place to write. *Gives* how many bytes there were and their SHA-256. *Fails* if either
//! end does; which one is told apart. *Cost*: one read, one SHA-256, 64 KiB.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::plain::hexadecimal;

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copied {
    /// Number of bytes; one more than were expected if there were more.
    pub(super) bytes: u64,
    /// Their SHA-256, in hexadecimal.
    pub(super) sha256: String,
}

/// The end that failed.
#[derive(Debug)]
pub(super) enum Fault {
    Read(io::Error),
    Write(io::Error),
}

/// Copies at most `most` bytes and one more, which tells that there are too many. `on_bytes` is told how many
/// bytes are copied so far.
pub(super) fn copy(
    from: &mut dyn Read,
    to: &mut dyn Write,
    most: u64,
    on_bytes: &mut dyn FnMut(u64),
) -> Result<Copied, Fault> {
    let mut from = from.take(most.saturating_add(1));
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(Copied { bytes, sha256: hexadecimal(&digest.finalize()) }),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Fault::Read(error)),
        };
        digest.update(&buffer[..read]);
        to.write_all(&buffer[..read]).map_err(Fault::Write)?;
        bytes += read as u64;
        on_bytes(bytes);
    }
}

/// Copies into a new file and waits until it is on the disk: a rename may get there before what it names.
pub(super) fn copy_into(
    path: &Path,
    from: &mut dyn Read,
    most: u64,
    on_bytes: &mut dyn FnMut(u64),
) -> Result<Copied, Fault> {
    let mut file = File::create(path).map_err(Fault::Write)?;
    let copied = copy(from, &mut file, most, on_bytes)?;
    file.sync_all().map_err(Fault::Write)?;
    Ok(copied)
}

/// Measures a file of at most `most` bytes; `None` if there is none.
pub(super) fn measure(path: &Path, most: u64) -> Result<Option<Copied>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", path, error)),
    };
    match copy(&mut file, &mut io::sink(), most, &mut |_| {}) {
        Ok(copied) => Ok(Some(copied)),
        Err(Fault::Read(error) | Fault::Write(error)) => Err(Error::io("read", path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_and_hashed() {
        let mut out = Vec::new();
        let mut told = 0;
        let copied = copy(&mut &b"abc"[..], &mut out, 3, &mut |bytes| told = bytes).expect("memory");
        assert_eq!((copied.bytes, told, out.as_slice()), (3, 3, &b"abc"[..]));
        // FIPS 180-2, appendix B.1.
        assert_eq!(copied.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn one_byte_too_many_is_seen_and_no_more_is_read() {
        let mut out = Vec::new();
        let copied = copy(&mut io::repeat(0), &mut out, 100_000, &mut |_| {}).expect("memory");
        assert_eq!((copied.bytes, out.len()), (100_001, 100_001));
    }
}
