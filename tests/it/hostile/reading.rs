//! Every input through the library: nothing panics, nothing hangs, every file gives an article or a row.

use std::collections::BTreeMap;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::civil::date;
use sendlens::passage::{self, Unit};
use sendlens::pipeline::{self, Document};
use sendlens::read;

use super::inputs::{self, Input};

/// Longest that one input may take from its bytes to its passages, on a machine that is busy with others.
const LONGEST: Duration = Duration::from_secs(10);

/// Reads, cleans, dates and splits one file.
pub(super) fn prepare(input: &Input) -> Vec<Document> {
    let options = pipeline::Options {
        read: read::Options::default(),
        unit: Unit::Paragraph,
        as_of: date(2024, 1, 1),
        since: None,
        until: None,
    };
    let reading = read::read(&input.name, &input.bytes, &options.read);
    assert!(!reading.articles.is_empty() || !reading.skipped.is_empty(), "the file vanished");
    let documents: Vec<_> =
        reading.articles.into_iter().map(|raw| pipeline::prepare(raw, &options, None)).collect();
    for document in &documents {
        for unit in Unit::ALL {
            for passage in passage::split(&document.article, unit) {
                assert!(document.article.text.get(passage.span.start..passage.span.end).is_some());
            }
        }
    }
    documents
}

#[test]
fn no_input_panics_or_hangs() {
    let some = inputs::some(0);
    assert!(some.len() >= 2_000, "{} inputs", some.len());
    prepare_all(some);
}

#[test]
#[ignore = "takes half a minute; the tests above take all small inputs and a part of the large ones"]
fn no_input_at_all_panics_or_hangs() {
    let all = inputs::all();
    assert!(all.len() >= 2_500, "{} inputs", all.len());
    prepare_all(all);
}

/// Prepares every input, watches that none takes too long, and says how many there were.
#[expect(clippy::print_stdout, reason = "shown with --nocapture")]
fn prepare_all(all: Vec<Input>) {
    println!("{} bad inputs", all.len());
    let running = Arc::new(Mutex::new(BTreeMap::new()));
    let (sender, results) = channel();
    // Stacks are as small as those of a run's threads.
    let pool = rayon::ThreadPoolBuilder::new().build().expect("threads");
    let mut waiting = all.len();
    for input in all {
        let (running, sender) = (Arc::clone(&running), sender.clone());
        pool.spawn(move || {
            running.lock().expect("no thread panics with it").insert(input.name.clone(), Instant::now());
            let done = std::panic::catch_unwind(|| prepare(&input));
            running.lock().expect("no thread panics with it").remove(&input.name);
            // Nobody listens any more once the test has failed.
            let _ = sender.send((input.name, done.is_ok()));
        });
    }
    let mut broken = Vec::new();
    while waiting > 0 {
        match results.recv_timeout(Duration::from_millis(200)) {
            Ok((name, is_sound)) => {
                waiting -= 1;
                broken.extend((!is_sound).then_some(name));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => unreachable!("this thread holds a sender"),
        }
        let running = running.lock().expect("no thread panics with it");
        let hanging: Vec<_> = running.iter().filter(|(_, began)| began.elapsed() > LONGEST).collect();
        assert!(hanging.is_empty(), "hangs: {hanging:?}; panicked before: {broken:?}");
    }
    assert!(broken.is_empty(), "panicked: {broken:?}");
}
