#![no_main]

use sendlens_fuzz::{let_panics_unwind, promises};

libfuzzer_sys::fuzz_target!(init: let_panics_unwind(), |bytes: &[u8]| promises::csv::holds(bytes));
