//! Nothing is lost: what was scored is kept, and whatever ends a run, the same command goes on.
//!
//! Runs here use the random two-layer model of the parity tests, so that scores go through the cache.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::{DAY, Workplace, fixture, hashes};

/// The themes of the random model.
pub(crate) const CODEBOOK: &str = "version = \"1\"\n\
    [[theme]]\nname = \"leadership\"\ndefinition = \"who runs it\"\n\
    [[theme]]\nname = \"transport\"\ndefinition = \"getting there\"\n";

/// A place with a corpus of so many articles, the model and its codebook.
pub(crate) fn place(articles: usize) -> Workplace {
    let place = Workplace::empty();
    place.write("codebook.toml", CODEBOOK);
    crate::program::copy(&fixture("parity/tiny"), &place.path("model"));
    (0..articles).for_each(|number| add(&place, number));
    place
}

/// Adds an article of twenty passages that no other has.
pub(crate) fn add(place: &Workplace, number: usize) {
    let paragraph = |part: usize| {
        format!(
            "In ward {number} the school bus of route {part} was late on {} days, the council said.",
            part + 2
        )
    };
    let body: Vec<String> = (0..20).map(paragraph).collect();
    let text = format!("Buses late in ward {number}\n\n12 May 2023\n\n{}\n", body.join("\n\n"));
    place.write(&format!("corpus/{number:04}.txt"), &text);
}

/// The arguments of every run here, and further ones.
pub(crate) fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let fixed =
        ["run", "corpus", "-o", "out", "--model", "model", "--codebook", "codebook.toml", "--as-of", DAY];
    [&fixed, more].concat()
}

/// What the last run on `out` took from the cache, and what it scored.
fn used(place: &Workplace) -> (u64, u64) {
    let record: Value = serde_json::from_str(&place.read("out/run.json")).expect("JSON");
    let count = |name: &str| record["environment"][name].as_u64().expect("a number");
    (count("inputs_from_cache"), count("inputs_scored"))
}

/// The hash of every published file but `run.json`, which holds the clock.
pub(crate) fn published(place: &Workplace) -> Vec<(String, String)> {
    hashes(&place.path("out")).into_iter().filter(|(name, _)| name != "run.json").collect()
}

/// Starts the same run without waiting for it.
fn start(place: &Workplace, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_sendlens"))
        .current_dir(place.path(""))
        .args(args(more))
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// Waits until the cache holds something, so that there is work to lose.
fn await_scores(place: &Workplace, folder: &str) {
    let file: PathBuf = place.path(folder).join("sendlens-scores.sqlite");
    let started = Instant::now();
    while fs::metadata(&file).map_or(0, |found| found.len()) < 20_000 {
        assert!(started.elapsed() < Duration::from_secs(60), "nothing is scored");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "it runs");
}

#[test]
fn a_second_run_scores_only_what_is_new() {
    let place = place(20);
    place.sendlens(&args(&[])).exits(0);
    assert_eq!(used(&place), (0, 400));
    let first = published(&place);
    place.sendlens(&args(&[])).exits(0).says(&["400 of 400 distinct inputs had been scored before"]);
    assert_eq!((used(&place), published(&place)), ((400, 0), first.clone()));
    place.sendlens(&args(&["--threshold", "transport=0.9"])).exits(0);
    assert_eq!(used(&place), (400, 0), "a threshold costs no inference");
    place.sendlens(&args(&["--no-cache"])).exits(0);
    assert_eq!(published(&place), first, "with and without cache");
    add(&place, 20);
    place.sendlens(&args(&[])).exits(0);
    assert_eq!(used(&place), (400, 20), "one article is new");
}

#[test]
fn a_changed_model_scores_anew() {
    let place = place(2);
    place.sendlens(&args(&[])).exits(0);
    let config = place.read("model/config.json");
    let changed = config.replace("\"a\": 1.5", "\"a\": 1.25");
    assert_ne!(changed, config);
    place.write("model/config.json", &changed);
    // A model folder says what it holds.
    place.sendlens(&args(&[])).exits(1);
    let sums = place.read("model/SHA256SUMS");
    let sum = hashes(&place.path("model"))["config.json"].clone();
    let line = |line: &str| {
        if line.ends_with("config.json") { format!("{sum}  config.json") } else { line.to_owned() }
    };
    place.write("model/SHA256SUMS", &(sums.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"));
    place.sendlens(&args(&[])).exits(0);
    assert_eq!(used(&place), (0, 40));
}

#[test]
fn runs_can_share_a_cache() {
    let place = place(3);
    place.sendlens(&args(&["--cache", "shared"])).exits(0);
    let other = args(&["--cache", "shared"])
        .iter()
        .map(|arg| if *arg == "out" { "other" } else { arg })
        .collect::<Vec<_>>();
    place.sendlens(&other).exits(0).says(&["60 of 60 distinct inputs"]);
    assert!(!place.path(".out.cache").exists());
}

#[test]
fn a_damaged_cache_is_made_anew_and_never_believed() {
    let place = place(5);
    place.sendlens(&args(&[])).exits(0);
    let (expected, file) = (published(&place), place.path(".out.cache/sendlens-scores.sqlite"));
    let whole = fs::read(&file).expect("the cache");
    let flipped = |every: usize| {
        let flip = |(at, byte): (usize, &u8)| if at % every == every / 2 { byte ^ 0x40 } else { *byte };
        whole.iter().enumerate().map(flip).collect::<Vec<u8>>()
    };
    for bytes in
        [flipped(50), flipped(1000), flipped(5000), whole[..whole.len() / 2].to_vec(), b"nonsense".to_vec()]
    {
        fs::write(&file, bytes).expect("writable");
        place.sendlens(&args(&[])).exits(0);
        assert_eq!(published(&place), expected);
    }
}

#[test]
fn a_stop_that_is_asked_for_comes_within_two_seconds_and_keeps_what_was_scored() {
    let place = place(400);
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let folder = format!("cache-{code}");
        let mut child = start(&place, &["--jobs", "1", "--cache", &folder]);
        await_scores(&place, &folder);
        let asked = Instant::now();
        send(&child, signal);
        let status = child.wait().expect("it ends");
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        assert_eq!(status.code(), Some(code));
        let said: Vec<String> =
            BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok).collect();
        assert!(said.concat().contains("nothing was published"), "{said:?}");
        assert!(!place.path("out").exists() && !place.path(".out.new").exists(), "{:?}", place.names());
        place.sendlens(&args(&["--cache", &folder])).exits(0);
        assert!(used(&place).0 > 0, "it went on");
        fs::remove_dir_all(place.path("out")).expect("published");
    }
}

#[test]
fn a_killed_run_leaves_the_old_output_and_the_same_command_completes() {
    let place = place(60);
    place.sendlens(&args(&["--cache", "other"])).exits(0);
    let old = published(&place);
    add(&place, 60);
    for _ in 0..4 {
        let mut child = start(&place, &[]);
        await_scores(&place, ".out.cache");
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        assert_eq!(published(&place), old, "wholly the old run");
    }
    place.sendlens(&args(&[])).exits(0);
    let completed = published(&place);
    assert_ne!(completed, old);
    place.sendlens(&args(&["--no-cache"])).exits(0);
    assert_eq!(published(&place), completed, "as if nothing had happened");
    assert_eq!(place.names(), [".out.cache", "codebook.toml", "corpus", "model", "other", "out"]);
}
