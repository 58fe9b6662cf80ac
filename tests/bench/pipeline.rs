//! How fast articles go through, and how much memory a run takes.
//!
//! ```text
//! cargo bench --bench pipeline                   20,000 articles
//! cargo bench --bench pipeline -- 100000         as many as wanted
//! ```
//!
//! First everything before the encoder, one thread, from memory; then whole runs over files. Rates are
//! given beside a probe of the same core in the same run (hashing the same bytes with SHA-256 and checking
//! them as UTF-8), because machines are shared and noisy: quote the ratio, not the rate.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measures")]

mod generator;

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::civil::date;
use sendlens::config::{Layers, Origin};
use sendlens::models::ModelFiles;
use sendlens::passage::Unit;
use sendlens::stop::Stop;
use sendlens::token::Tokenizer;
use sendlens::{clean, pipeline, read, run};
use sha2::{Digest, Sha256};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Articles of the runs with the encoder, which is far slower than everything else.
const ENCODED: usize = 200;

/// Articles held in memory for the part before the encoder.
const PREPARED: usize = 4_000;

/// Pages held in memory for the part before the encoder.
const PAGES: usize = 100;

fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let articles = asked.unwrap_or(20_000);
    before_the_encoder("txt", PREPARED, generator::article);
    before_the_encoder("html", PAGES, generator::page);
    tokenising();
    let folder = tempfile::tempdir().expect("a temporary folder");
    whole_run(folder.path(), articles, "lexicon");
    whole_run(folder.path(), ENCODED, "encoder");
}

fn before_the_encoder(extension: &str, articles: usize, source: fn(usize) -> String) {
    let sources: Vec<_> = (0..articles).map(source).collect();
    let bytes: usize = sources.iter().map(String::len).sum();
    let options = pipeline::Options {
        read: read::Options::default(),
        unit: Unit::Paragraph,
        as_of: date(2026, 1, 1),
        since: None,
        until: None,
    };
    let raws = || {
        sources.iter().enumerate().flat_map(|(number, source)| {
            read::read(&format!("{number}.{extension}"), source.as_bytes(), &options.read).articles
        })
    };
    let prepare = || raws().map(|raw| pipeline::prepare(raw, &options, None).passages.len()).sum::<usize>();
    let probe = || {
        for source in &sources {
            black_box(Sha256::digest(source.as_bytes()));
            black_box(std::str::from_utf8(source.as_bytes())).expect("text");
        }
    };
    let passages = prepare();
    let (mut ours, mut cleaned, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        ours.push(timed(|| {
            black_box(prepare());
        }));
        let raws: Vec<_> = raws().collect();
        cleaned.push(timed(|| {
            for raw in raws {
                let article = clean::clean(raw);
                black_box(sendlens::date::resolve(&article, options.as_of));
            }
        }));
        theirs.push(timed(probe));
    }
    let (ours, cleaned, theirs) = (median(ours), median(cleaned), median(theirs));
    let rate = |time: Duration| articles as f64 / time.as_secs_f64();
    println!(
        "before the encoder (read, clean, date, split, fingerprint), one thread, {articles} files .{extension} of {} bytes",
        bytes / articles
    );
    println!(
        "  {:>8.0} articles/s  {:>8.0} passages/s  {:.1} MB/s",
        rate(ours),
        passages as f64 / ours.as_secs_f64(),
        bytes as f64 / 1e6 / ours.as_secs_f64()
    );
    println!("  {:>8.0} articles/s cleaned and dated only", rate(cleaned));
    println!(
        "  {:.4} of the probe ({:.0} articles/s hashed and checked)",
        rate(ours) / rate(theirs),
        rate(theirs)
    );
}

/// The shipped tokenizer beside the crate's own, which gives the same ids.
fn tokenising() {
    let files = ModelFiles::embedded().expect("the shipped model is sound");
    let ours = Tokenizer::load("shipped", files.tokenizer(), 512).expect("a sound tokenizer");
    let mut reference = tokenizers::Tokenizer::from_bytes(files.tokenizer()).expect("a sound tokenizer");
    reference.with_truncation(None).expect("no truncation");
    reference.with_padding(None);
    let dumps: Vec<_> = (0..500).map(generator::article).collect();
    let paragraphs: Vec<&str> = dumps.iter().flat_map(|dump| dump.split("\n\n")).collect();
    let bytes: usize = paragraphs.iter().map(|paragraph| paragraph.len()).sum();
    let (mut fast, mut slow) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        fast.push(timed(|| {
            for paragraph in &paragraphs {
                black_box(ours.encode(paragraph, None)).expect("encodes");
            }
        }));
        slow.push(timed(|| {
            for paragraph in &paragraphs {
                black_box(reference.encode_fast(*paragraph, false)).expect("encodes");
            }
        }));
    }
    let (fast, slow) = (median(fast).as_secs_f64(), median(slow).as_secs_f64());
    println!("tokenising paragraphs of {} bytes, one thread", bytes / paragraphs.len());
    println!(
        "  {:>8.1} MB/s  {:.1} times the crate `tokenizers` ({:.1} MB/s)",
        bytes as f64 / 1e6 / fast,
        slow / fast,
        bytes as f64 / 1e6 / slow
    );
}

/// A whole run over `articles` files.
fn whole_run(folder: &Path, articles: usize, engine: &str) {
    let corpus = folder.join(format!("corpus-{articles}"));
    for number in 0..articles {
        let branch = corpus.join(format!("{:03}", number % 997));
        if number < 997 {
            fs::create_dir_all(&branch).expect("writable");
        }
        fs::write(branch.join(format!("{number:07}.txt")), generator::article(number)).expect("writable");
    }
    let mut layers = Layers::defaults();
    let out = folder.join(format!("out-{engine}"));
    for (key, value) in [
        ("corpus", corpus.display().to_string()),
        ("out", out.display().to_string()),
        ("engine", engine.to_owned()),
        ("as-of", "2026-01-01".to_owned()),
    ] {
        layers.set(key, value, Origin::Flag).expect("a known key");
    }
    let config = layers.config(date(2026, 1, 1)).expect("a valid configuration");
    reset_peak();
    let begun = Instant::now();
    let outcome = run::run(&config, &layers, &Stop::default(), &mut |_, _| {}).expect("the run succeeds");
    let time = begun.elapsed();
    let counts = outcome.record.counts;
    println!("whole run, {engine}, {articles} files, {} threads", rayon::current_num_threads());
    println!(
        "  {:.1} s  {:>8.0} articles/s  {:>8.0} passages/s  peak memory {} MiB",
        time.as_secs_f64(),
        counts.articles as f64 / time.as_secs_f64(),
        counts.passages_counted as f64 / time.as_secs_f64(),
        peak_mebibytes().map_or_else(|| "?".to_owned(), |peak| peak.to_string())
    );
}

/// Time that `work` kept this thread's core busy; on a shared machine the clock would count the neighbours too.
fn timed(work: impl FnOnce()) -> Duration {
    let (begun, busy) = (Instant::now(), busy());
    work();
    match (busy, self::busy()) {
        (Some(before), Some(after)) => after - before,
        _ => begun.elapsed(),
    }
}

/// Time this thread has been on a core; `None` where Linux does not say (schedstat, first field, nanoseconds).
fn busy() -> Option<Duration> {
    let line = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    line.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Sets the peak that Linux keeps of this process back to what is in use now (proc(5), clear_refs).
fn reset_peak() {
    // Elsewhere there is no such file, and the peak is that of the whole benchmark.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Most memory held since the last reset, in MiB; `None` where Linux does not say.
fn peak_mebibytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}
