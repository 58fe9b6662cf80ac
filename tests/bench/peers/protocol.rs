//! What the bench says to a worker, and what a worker answers: one line each, on stdin and stdout.
//!
//! *Takes* `WORKER PASSAGES.json THREADS …`. *Gives*, when it has loaded, `{"ready": seconds, "settings": […]}`,
//! and then per line one line of JSON: `use SETTING` takes one of the settings up, `run` embeds all passages
//! once, `vectors FILE` embeds them and writes the vectors as little-endian f32, `peak` says what one core can do
//! at most in GFLOP/s, if the worker knows. *Fails* by ending: the bench notes that the worker is gone.
//! `worker.py` says the same in Python.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

/// A passage as every engine gets it.
pub(crate) struct Passage {
    /// For engines that tokenise themselves.
    #[allow(dead_code, reason = "each worker reads either text or ids")]
    pub(crate) text: String,
    /// The second segment, as text.
    #[allow(dead_code, reason = "each worker reads either text or ids")]
    pub(crate) headline: Option<String>,
    /// Token ids, special tokens included.
    #[allow(dead_code, reason = "each worker reads either text or ids")]
    pub(crate) ids: Vec<u32>,
    /// Segment of each token, 0 or 1.
    #[allow(dead_code, reason = "each worker reads either text or ids")]
    pub(crate) type_ids: Vec<u8>,
}

/// An engine with a model loaded.
pub(crate) trait Peer {
    /// Ways to run it that the bench is to try, of which it keeps the fastest.
    fn settings(&self) -> Vec<Value> {
        vec![json!({})]
    }

    /// Takes one of the settings up.
    fn choose(&mut self, _setting: &Value) {}

    /// The pooled vectors of all passages, in order.
    fn embed(&self, passages: &[Passage]) -> Vec<Vec<f32>>;

    /// What one core can do, in GFLOP/s.
    fn peak(&self) -> Option<f64> {
        None
    }
}

/// Reads the passages that the bench wrote.
pub(crate) fn passages(file: &Path) -> Vec<Passage> {
    let bytes = fs::read(file).expect("the bench names a file that it has written");
    let rows: Vec<Value> = serde_json::from_slice(&bytes).expect("the bench writes a list");
    let numbers = |value: &Value| -> Vec<u64> {
        value.as_array().expect("ids are a list").iter().filter_map(Value::as_u64).collect()
    };
    rows.iter()
        .map(|row| Passage {
            text: row["text"].as_str().expect("a passage has a text").to_owned(),
            headline: row["headline"].as_str().map(str::to_owned),
            ids: numbers(&row["ids"]).into_iter().map(|id| id as u32).collect(),
            type_ids: numbers(&row["type_ids"]).into_iter().map(|id| id as u8).collect(),
        })
        .collect()
}

/// Answers until stdin ends; `start` is when loading began.
pub(crate) fn serve(mut peer: impl Peer, passages: &[Passage], start: Instant) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", json!({"ready": start.elapsed().as_secs_f64(), "settings": peer.settings()}))?;
    out.flush()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match word {
            "use" => {
                let setting: Value = serde_json::from_str(rest)?;
                peer.choose(&setting);
                json!({"used": setting})
            }
            "run" => {
                let (wall, cpu) = (Instant::now(), cpu_seconds());
                std::hint::black_box(peer.embed(passages));
                let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds() - cpu);
                json!({"wall": wall, "cpu": cpu, "rss_peak_mb": peak_megabytes()})
            }
            "vectors" => {
                let bytes: Vec<u8> =
                    peer.embed(passages).iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
                fs::write(rest, bytes)?;
                json!({"written": rest})
            }
            "peak" => json!({"peak_gflops": peer.peak()}),
            _ => json!({"fault": format!("`{word}` is no command")}),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// Seconds that all threads alive have been on a core (schedstat of proc(5): first field, nanoseconds).
fn cpu_seconds() -> f64 {
    let threads = fs::read_dir("/proc/self/task").expect("the bench runs on Linux");
    let nanoseconds = threads.filter_map(|thread| {
        let line = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        line.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// Most memory that this process has held, in megabytes.
fn peak_megabytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("the bench runs on Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.map_or(f64::NAN, |kibibytes| kibibytes * 1024.0 / 1e6)
}
