//! Speed of the built-in encoder beside the peak of the machine, probed in the same run.
//!
//! `cargo bench --no-default-features --bench encoder`, with `-- avx512` of that kernel alone. First the multiply-adds one core can do, then
//! per kernel passages per second and core at 64 tokens and on a set of 11 to 179 tokens (mean about 62),
//! tokenising counted, on one thread and on all. A machine that is busy gives lower numbers for both the
//! peak and the encoder; their ratio says more than either. Rounds are short
//! and the fastest is shown, for the encoder as for the peak: on a machine that others share, long ones are all
//! interrupted.
#![expect(clippy::print_stdout, reason = "a benchmark's output is what it prints")]

use std::time::Instant;

use sendlens::engine::encoder::{Encoder, Kernel, Precision};
use sendlens::engine::{Classifier, Input};
use sendlens::models::{ModelConfig, ModelFiles};

/// Passages of a set, per thread: some packs.
const PASSAGES: usize = 24;

/// Rounds per number, and seconds after which no other begins.
const ROUNDS: usize = 30;
const SECONDS: f64 = 5.0;

/// Words that are one token each in the vocabulary of the shipped model.
const WORDS: [&str; 8] = ["the", "council", "said", "school", "children", "support", "plan", "bus"];

/// A passage of `tokens` tokens, the two special tokens counted.
fn passage(tokens: usize) -> String {
    (2..tokens).map(|index| WORDS[(index * 5 + tokens) % WORDS.len()]).collect::<Vec<_>>().join(" ")
}

/// Floating-point operations for an input of `tokens` tokens: matrix products only.
fn operations(config: &ModelConfig, tokens: usize) -> f64 {
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let dense = 2 * tokens * (4 * hidden * hidden + 2 * hidden * wide);
    let attention = 4 * tokens * tokens * hidden;
    (config.num_hidden_layers * (dense + attention)) as f64
}

/// Fewest seconds that scoring `inputs` takes on `threads` threads.
fn seconds(encoder: &Encoder, inputs: &[Input<'_>], threads: usize) -> f64 {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    let begin = Instant::now();
    let round = || {
        let start = Instant::now();
        std::hint::black_box(encoder.score(inputs).expect("the shipped model scores"));
        start.elapsed().as_secs_f64()
    };
    pool.install(|| {
        let rounds = (0..=ROUNDS).take_while(|round| *round < 3 || begin.elapsed().as_secs_f64() < SECONDS);
        rounds.map(|_| round()).fold(f64::INFINITY, f64::min)
    })
}

fn main() {
    let files = ModelFiles::embedded().expect("the shipped model is sound");
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut mixed: Vec<usize> =
        (0..PASSAGES).map(|index| 11 + (index * index * 3 + index * 37) % 107).collect();
    mixed[PASSAGES - 1] = 179;
    let sets = [("64 tokens", vec![64; PASSAGES]), ("mixed", mixed)];

    let best = Kernel::best();
    let shown = |peak: Option<f64>, unit: &str| peak.map_or("?".into(), |peak| format!("{peak:.0} {unit}"));
    println!(
        "one core can do {} and {}",
        shown(best.peak(), "GFLOP/s in f32"),
        shown(best.peak_int8(), "GOP/s in int8")
    );
    println!(
        "{:8} {:9} {:10} {:>7} {:>13} {:>9} {:>8}",
        "kernel", "precision", "set", "threads", "passages/s", "GOP/s", "of peak"
    );
    let ways = Kernel::supported().into_iter().flat_map(|kernel| Precision::ALL.map(|way| (kernel, way)));
    let asked: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    let ways = ways.filter(|(kernel, precision)| {
        precision.runs_on(*kernel) && (asked.is_empty() || asked.iter().any(|name| name == kernel.name()))
    });
    for (kernel, precision) in ways {
        let peak = match precision {
            Precision::Int8 => kernel.peak_int8(),
            // bf16 has no probe of its own: twice that of f32.
            Precision::Bf16 => kernel.peak().map(|peak| 2.0 * peak),
            Precision::F32 => kernel.peak(),
        };
        let start = Instant::now();
        let encoder = Encoder::new(&files, kernel, precision).expect("the shipped model is sound");
        let load = start.elapsed().as_secs_f64();
        for (name, lengths) in &sets {
            let texts: Vec<String> = lengths.iter().map(|tokens| passage(*tokens)).collect();
            let inputs: Vec<Input<'_>> = texts.iter().map(|text| Input::alone(text)).collect();
            let scored = encoder.score(&inputs).expect("the shipped model scores");
            let is_exact =
                scored.iter().zip(lengths).all(|(scores, tokens)| scores.tokens as usize + 2 == *tokens);
            assert!(is_exact, "each word of the bench is one token");
            let gflop: f64 =
                lengths.iter().map(|tokens| operations(&files.config, *tokens)).sum::<f64>() / 1e9;
            for threads in if threads == 1 { vec![1] } else { vec![1, threads] } {
                let seconds = seconds(&encoder, &inputs.repeat(threads), threads);
                println!(
                    "{:8} {:9} {:10} {:7} {:>8.1}/core {:9.1} {:>7}%",
                    kernel.name(),
                    precision.as_str(),
                    name,
                    threads,
                    lengths.len() as f64 / seconds,
                    gflop / seconds,
                    peak.map_or("?".into(), |peak| format!("{:.0}", 100.0 * gflop / seconds / peak)),
                );
            }
        }
        println!("{:8} {:9} loaded in {:.0} ms", kernel.name(), precision.as_str(), load * 1e3);
    }
}
