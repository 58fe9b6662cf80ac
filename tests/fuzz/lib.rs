//! Fuzz targets of sendlens: what it promises for any bytes, and the hook that libFuzzer needs for it.

pub mod promises;

/// Lets a panic unwind that the library catches: pages that break the extractor are read without it.
///
/// libFuzzer's own hook ends the process at any panic, caught or not. One that nothing catches still ends it.
pub fn let_panics_unwind() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        // Whatever the extractor trips over is not of interest.
        if !location.contains("trafilatura") {
            eprintln!("{panic}");
        }
    }));
}
