//! Unpacks gzip in memory, within limits.
//!
//! *Takes* the bytes of one file. *Gives* what is packed in it, through at most two layers. *Fails* with
//! a [`Refusal`]: `archive_limit` for a bomb, `unreadable` for a damaged or cut file. *Cost*: the
//! unpacked size, up to 2 GiB.
//!
//! - A bomb is refused long before it fills the memory (`bombs_are_refused`).

use std::borrow::Cow;
use std::io::Read;

use flate2::bufread::GzDecoder;

use super::Refusal;

/// Largest unpacked size, in bytes.
const MAX_BYTES: u64 = 2 << 30;
/// Unpacked size up to which any ratio is allowed, in bytes: a small file of repeated lines packs well.
const FREE_BYTES: u64 = 16 << 20;
/// Most unpacked bytes per packed byte beyond [`FREE_BYTES`]. Deflate reaches about 1,030; English text
/// stays below 10, and JSON Lines with long repeated keys below 100.
const MAX_RATIO: u64 = 200;
/// Most members of one file.
const MAX_MEMBERS: usize = 100_000;
/// Most layers of gzip around a file.
const MAX_LAYERS: usize = 2;

/// The bytes of a file without its packing.
#[derive(Debug)]
pub(super) struct Unpacked<'a> {
    /// What was packed.
    pub(super) bytes: Cow<'a, [u8]>,
    /// Layers of gzip taken off.
    pub(super) layers: usize,
    /// Bytes after the end of the packed data, which were left out.
    pub(super) trailing: usize,
}

/// Takes off all gzip layers; bytes that are not gzip come back as they are.
pub(super) fn unpack(packed: &[u8]) -> Result<Unpacked<'_>, Refusal> {
    let mut unpacked = Unpacked { bytes: Cow::Borrowed(packed), layers: 0, trailing: 0 };
    while is_gzip(&unpacked.bytes) {
        if unpacked.layers == MAX_LAYERS {
            return Err(Refusal::new("archive_limit", format!("more than {MAX_LAYERS} layers of gzip")));
        }
        let (bytes, trailing) = unpack_layer(&unpacked.bytes, packed.len())?;
        unpacked.bytes = Cow::Owned(bytes);
        unpacked.layers += 1;
        unpacked.trailing += trailing;
    }
    Ok(unpacked)
}

/// Magic number and the only compression method there is (RFC 1952, 2.3.1).
fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1F, 0x8B, 8])
}

/// Unpacks one layer. `source` is the size of the file on disk, against which the ratio is measured, so
/// that two layers cannot multiply it.
fn unpack_layer(packed: &[u8], source: usize) -> Result<(Vec<u8>, usize), Refusal> {
    let ratio_limit = FREE_BYTES.max((source as u64).saturating_mul(MAX_RATIO));
    let limit = ratio_limit.min(MAX_BYTES);
    let mut output = Vec::new();
    let mut rest = packed;
    for _ in 0..MAX_MEMBERS {
        let mut decoder = GzDecoder::new(rest);
        let room = limit - output.len() as u64;
        // One byte more than allowed tells a full file from a bomb.
        if let Err(error) = decoder.by_ref().take(room + 1).read_to_end(&mut output) {
            let seen = output.len();
            return Err(Refusal::new(
                "unreadable",
                format!("gzip data damaged or cut after {seen} unpacked bytes: {error}"),
            ));
        }
        if output.len() as u64 > limit {
            let detail = if limit == MAX_BYTES {
                format!("unpacks to more than {} GiB", MAX_BYTES >> 30)
            } else {
                format!("{source} bytes unpack to more than {limit}, over {MAX_RATIO} : 1")
            };
            return Err(Refusal::new("archive_limit", detail));
        }
        rest = decoder.into_inner();
        if !is_gzip(rest) {
            // Tapes and some file systems pad with zeros; that is no loss worth a word.
            let is_padding = rest.iter().all(|byte| *byte == 0);
            return Ok((output, if is_padding { 0 } else { rest.len() }));
        }
    }
    Err(Refusal::new("archive_limit", format!("more than {MAX_MEMBERS} gzip members")))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn members_and_layers_are_joined() {
        let members = [pack(b"one "), pack(b"two")].concat();
        assert_eq!(unpack(&members).unwrap().bytes.as_ref(), b"one two");
        let twice = unpack(&pack(&members)).map(|unpacked| (unpacked.bytes.into_owned(), unpacked.layers));
        assert_eq!(twice.unwrap(), (b"one two".to_vec(), 2));
        assert_eq!(unpack(&pack(&pack(&members))).unwrap_err().reason, "archive_limit");
        assert_eq!(unpack(b"plain").unwrap().layers, 0);
    }

    #[test]
    fn bombs_are_refused() {
        let bomb = pack(&vec![b' '; 32 << 20]);
        let refusal = unpack(&bomb).unwrap_err();
        assert_eq!(refusal.reason, "archive_limit");
        // Below the free size any ratio is allowed.
        assert!(unpack(&pack(&vec![b' '; 8 << 20])).is_ok());
        // A second layer is measured against the file on disk.
        assert_eq!(unpack(&pack(&bomb)).unwrap_err().reason, "archive_limit");
        let members = pack(b"").repeat(MAX_MEMBERS + 1);
        assert_eq!(unpack(&members).unwrap_err().reason, "archive_limit");
    }

    #[test]
    fn cut_files_are_unreadable() {
        let text: String = (0..2000).map(|n| format!("line {n} of the page\n")).collect();
        let packed = pack(text.as_bytes());
        let refusal = unpack(&packed[..packed.len() - 200]).unwrap_err();
        assert_eq!(refusal.reason, "unreadable");
        assert!(refusal.detail.contains("unpacked bytes"), "{}", refusal.detail);
        let mut damaged = packed.clone();
        let middle = damaged.len() - 6;
        damaged[middle] ^= 0xFF;
        assert_eq!(unpack(&damaged).unwrap_err().reason, "unreadable");
    }

    #[test]
    fn what_follows_the_end_is_counted() {
        let padded = [pack(b"text"), vec![0; 512]].concat();
        assert_eq!(unpack(&padded).unwrap().trailing, 0);
        let trailing = [pack(b"text"), b"junk".to_vec()].concat();
        assert_eq!(unpack(&trailing).unwrap().trailing, 4);
    }
}
