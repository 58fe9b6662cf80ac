//! The built-in encoder as one of the engines that `bench.py` compares, and rust-bert where it is built in.
//!
//! `peer PASSAGES.json THREADS --precision int8|bf16|f32`, or with the feature `rust-bert`
//! `peer PASSAGES.json THREADS --rust-bert f32|bf16`. The encoder tokenises within its time, the others are given
//! token ids.
#![expect(clippy::print_stderr, reason = "a worker that cannot run says why")]

#[cfg(feature = "rust-bert")]
mod batches;
mod protocol;
#[cfg(feature = "rust-bert")]
mod rust_bert;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use protocol::{Passage, Peer};
use sendlens::engine::Input;
use sendlens::engine::encoder::{Encoder, Kernel, Precision};
use sendlens::models::ModelFiles;

/// The built-in encoder; it packs tokens without padding, so there is nothing to choose.
struct Own {
    encoder: Encoder,
    threads: rayon::ThreadPool,
}

impl Own {
    fn load(precision: &str, threads: usize) -> Result<Self, String> {
        let files = ModelFiles::embedded().map_err(|error| error.to_string())?;
        let precision = Precision::parse(precision)
            .ok_or_else(|| format!("the built-in encoder does not compute in {precision}"))?;
        let encoder = Encoder::new(&files, Kernel::best(), precision);
        let threads = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        Ok(Self {
            encoder: encoder.map_err(|error| error.to_string())?,
            threads: threads.map_err(|error| error.to_string())?,
        })
    }
}

impl Peer for Own {
    fn embed(&self, passages: &[Passage]) -> Vec<Vec<f32>> {
        let inputs: Vec<Input<'_>> = passages
            .iter()
            .map(|passage| Input { headline: passage.headline.as_deref(), ..Input::alone(&passage.text) })
            .collect();
        self.threads.install(|| self.encoder.embed(&inputs)).expect("a text is never at fault")
    }

    fn peak(&self) -> Option<f64> {
        Kernel::best().peak()
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [file, threads, engine, precision] = &arguments[..] else {
        eprintln!("a worker of `python3 tests/bench/peers/bench.py`, which starts it");
        return ExitCode::SUCCESS;
    };
    match serve(Path::new(file), threads, engine, precision) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn serve(file: &Path, threads: &str, engine: &str, precision: &str) -> Result<(), String> {
    let passages = protocol::passages(file);
    let threads: usize = threads.parse().map_err(|_| format!("`{threads}` is no number of threads"))?;
    let start = Instant::now();
    let served = match engine {
        "--precision" => protocol::serve(Own::load(precision, threads)?, &passages, start),
        #[cfg(feature = "rust-bert")]
        "--rust-bert" => protocol::serve(rust_bert::RustBert::load(precision, threads)?, &passages, start),
        other => return Err(format!("`{other}` is none of the engines of this build")),
    };
    served.map_err(|error| error.to_string())
}
