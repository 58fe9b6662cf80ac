use std::sync::atomic::AtomicUsize;

use super::*;
use crate::codebook::Codebook;
use crate::engine::lexicon::Lexicon;
use crate::error::Signal;

/// The lexicon, counting what it is asked and stopping after so many calls.
struct Counting {
    lexicon: Lexicon,
    hash: String,
    context: Context,
    inputs: AtomicUsize,
    stop: Stop,
    stops_at: usize,
}

impl Counting {
    fn new() -> Self {
        Self {
            lexicon: Lexicon::new(&Codebook::shipped()),
            hash: "one".into(),
            context: Context::Headline,
            inputs: AtomicUsize::new(0),
            stop: Stop::default(),
            stops_at: usize::MAX,
        }
    }
}

impl Classifier for Counting {
    fn name(&self) -> &str {
        "counting"
    }

    fn labels(&self) -> &LabelSet {
        self.lexicon.labels()
    }

    fn thresholds(&self) -> &Thresholds {
        self.lexicon.thresholds()
    }

    fn context(&self) -> Context {
        self.context
    }

    fn hash(&self) -> &str {
        &self.hash
    }

    fn score(&self, inputs: &[Input<'_>]) -> Result<Vec<Scores>> {
        if self.inputs.fetch_add(inputs.len(), Ordering::Relaxed) + inputs.len() >= self.stops_at {
            self.stop.ask(Signal::Interrupt);
        }
        self.lexicon.score(inputs)
    }
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("The taxi of pupil {number} was late.")).collect()
}

fn inputs(texts: &[String]) -> Vec<Input<'_>> {
    texts.iter().map(|text| Input { headline: Some("Buses"), ..Input::alone(text) }).collect()
}

/// Scores with a new [`Cached`], as another program would; gives scores and what the engine was asked.
fn score(engine: &Counting, folder: &Path, inputs: &[Input<'_>]) -> (Result<Vec<Scores>>, usize) {
    let before = engine.inputs.load(Ordering::Relaxed);
    let cached = Cached::new(engine, Some(folder), engine.stop.clone()).expect("a folder to write in");
    let scores = cached.score(inputs);
    (scores, engine.inputs.load(Ordering::Relaxed) - before)
}

#[test]
fn cached_scores_are_those_of_the_engine_to_the_last_bit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (engine, texts) = (Counting::new(), texts(150));
    let expected = engine.lexicon.score(&inputs(&texts)).expect("scores");
    for asked in [150, 0] {
        let (scores, count) = score(&engine, folder.path(), &inputs(&texts));
        assert_eq!((scores.expect("scores"), count), (expected.clone(), asked));
    }
}

#[test]
fn another_model_context_or_text_is_another_entry() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut engine, mut texts) = (Counting::new(), texts(10));
    let asked = |engine: &Counting, texts: &[String]| score(engine, folder.path(), &inputs(texts)).1;
    assert_eq!(asked(&engine, &texts), 10);
    texts[0].push('!');
    assert_eq!(asked(&engine, &texts), 1, "one text has changed");
    engine.hash = "two".into();
    assert_eq!(asked(&engine, &texts), 10, "the model has");
    engine.context = Context::None;
    assert_eq!(asked(&engine, &texts), 10, "what it looks at has");
    let other = |text| Input { headline: Some("Trains"), before: Some("Before."), ..Input::alone(text) };
    let others: Vec<_> = texts.iter().map(|text| other(text)).collect();
    assert_eq!(score(&engine, folder.path(), &others).1, 0, "what it does not look at");
}

#[test]
fn an_input_is_scored_once_however_often_it_occurs() {
    let engine = Counting::new();
    let mut texts = texts(3);
    texts.extend_from_within(..);
    let cached = Cached::new(&engine, None, Stop::default()).expect("nothing to write");
    let scores = cached.score(&inputs(&texts)).expect("scores");
    assert_eq!(scores[..3], scores[3..]);
    assert_eq!(cached.used(), Used { found: 0, scored: 3, rebuilt: None });
}

#[test]
fn what_was_scored_before_a_stop_is_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let texts = texts(5 * CHUNK);
    let mut engine = Counting { stops_at: 2 * CHUNK, ..Counting::new() };
    let (stopped, asked) = score(&engine, folder.path(), &inputs(&texts));
    assert_eq!(stopped.expect_err("stopped").exit_code(), 130);
    assert_eq!(asked, 2 * CHUNK);
    (engine.stop, engine.stops_at) = (Stop::default(), usize::MAX);
    let (scores, asked) = score(&engine, folder.path(), &inputs(&texts));
    assert_eq!((scores.expect("scores").len(), asked), (texts.len(), 3 * CHUNK));
}
