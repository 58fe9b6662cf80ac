//! What every engine promises, run for each by one macro. A new engine is one line at the end.

use sendlens::codebook::Codebook;
use sendlens::context::Context;
use sendlens::engine::encoder::Precision;
use sendlens::engine::{self, Classifier, EngineConfig, Input};
use sendlens::score::Scores;

/// Texts of every kind that a corpus can hold.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "The council has cut forty taxi routes for pupils with special needs.",
        "Inspectors praised the leadership of the improvement board.",
        "",
        " \n\t ",
        "Families wait.",
        "Bydd y cyngor yn cau dwy ysgol arbennig, er gwaethaf deiseb gan rieni.",
        "Les parents attendent depuis un an une place dans une école spécialisée.",
        "市议会取消了为残疾学生提供的校车服务。",
        "אין מקום בבית הספר המיוחד.",
        "🚌🚌🚌 \u{202e}txet\u{202c} \u{0} e\u{301}\u{fffd}",
        "MPs voted against the bill; the minister resigned.",
    ]
    .map(str::to_owned)
    .into();
    texts.push("A parent said the transport was late again. ".repeat(5_000));
    texts.push("x".repeat(100_000));
    texts
}

fn inputs(texts: &[String]) -> Vec<Input<'_>> {
    let context = |index: usize| index.is_multiple_of(2).then_some("Buses cut in Norchester");
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| Input { headline: context(index), ..Input::alone(text) })
        .collect()
}

fn open(config: &EngineConfig) -> Box<dyn Classifier> {
    engine::open(config, &Codebook::shipped()).expect("the engine ships with the program")
}

fn score(engine: &dyn Classifier, inputs: &[Input<'_>]) -> Vec<Scores> {
    engine.score(inputs).expect("no text is an error")
}

fn score_on(threads: usize, engine: &dyn Classifier, inputs: &[Input<'_>]) -> Vec<Scores> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| score(engine, inputs))
}

/// Compares bit by bit: a run is repeatable only if scores are.
fn assert_same(left: &Scores, right: &Scores, what: &str) {
    let bits = |scores: &Scores| -> Vec<u32> {
        let values = scores.themes.iter().chain([&scores.relevant]).chain(&scores.sentiment);
        values.map(|value| value.to_bits()).chain([scores.tokens, scores.truncated_tokens]).collect()
    };
    assert_eq!(bits(left), bits(right), "{what}: {left:?} and {right:?}");
}

macro_rules! engine_contract {
    ($($engine:ident: $config:expr;)+) => {$(
        mod $engine {
            use std::sync::LazyLock;

            use super::*;

            static ENGINE: LazyLock<Box<dyn Classifier>> = LazyLock::new(|| open(&$config));

            #[test]
            fn one_result_per_input_in_order() {
                let texts = texts();
                let inputs = inputs(&texts);
                let scores = score(ENGINE.as_ref(), &inputs);
                assert_eq!(scores.len(), inputs.len());
                let backwards: Vec<_> = inputs.iter().rev().copied().collect();
                let mut reversed = score(ENGINE.as_ref(), &backwards);
                reversed.reverse();
                for (number, (left, right)) in scores.iter().zip(&reversed).enumerate() {
                    assert_same(left, right, &format!("input {number} in another order"));
                }
                assert!(score(ENGINE.as_ref(), &[]).is_empty());
            }

            #[test]
            fn scores_are_finite_and_in_range() {
                let labels = ENGINE.labels();
                assert_eq!(labels.themes, Codebook::shipped().names());
                assert_eq!(ENGINE.thresholds().themes.len(), labels.themes.len());
                let texts = texts();
                for (text, scores) in texts.iter().zip(score(ENGINE.as_ref(), &inputs(&texts))) {
                    let start: String = text.chars().take(40).collect();
                    assert_eq!(scores.themes.len(), labels.themes.len(), "{start:?}");
                    let values = scores.themes.iter().chain([&scores.relevant]).chain(&scores.sentiment);
                    for value in values {
                        assert!((0.0..=1.0).contains(value) && value.is_sign_positive(), "{start:?}: {scores:?}");
                    }
                    let sum: f32 = scores.sentiment.iter().sum();
                    // Three divisions and two additions in single precision.
                    assert!((sum - 1.0).abs() < 1e-5, "{start:?}: {scores:?}");
                }
            }

            #[test]
            fn an_input_scores_the_same_alone_and_among_others() {
                let texts = texts();
                let inputs = inputs(&texts);
                let together = score(ENGINE.as_ref(), &inputs);
                for (number, (input, scores)) in inputs.iter().zip(&together).enumerate() {
                    let alone = score(ENGINE.as_ref(), &[*input]);
                    assert_same(&alone[0], scores, &format!("input {number} alone"));
                }
            }

            #[test]
            fn threads_and_repetition_change_nothing() {
                let texts = texts();
                let inputs = inputs(&texts);
                let first = score_on(1, ENGINE.as_ref(), &inputs);
                for threads in [1, 4] {
                    let again = score_on(threads, ENGINE.as_ref(), &inputs);
                    for (number, (left, right)) in first.iter().zip(&again).enumerate() {
                        assert_same(left, right, &format!("input {number} on {threads} threads"));
                    }
                }
            }

            #[test]
            fn context_matters_only_where_the_engine_says_so() {
                if ENGINE.context() != Context::None {
                    return;
                }
                let text = "He said it would be late.";
                let headline = Some("Buses cut in Norchester");
                let with = Input { headline, before: headline, ..Input::alone(text) };
                let scores = score(ENGINE.as_ref(), &[with, Input::alone(text)]);
                assert_same(&scores[0], &scores[1], "with and without context");
            }

            #[test]
            fn a_new_instance_scores_the_same() {
                let other = open(&$config);
                assert_eq!(other.hash(), ENGINE.hash());
                let digits = other.hash().bytes().take_while(u8::is_ascii_hexdigit).count();
                assert_eq!(digits, 64, "a SHA-256 in hexadecimal, with or without a version of the arithmetic");
                let input = Input::alone("The taxi was late.");
                assert_same(&score(other.as_ref(), &[input])[0], &score(ENGINE.as_ref(), &[input])[0], "anew");
            }
        }
    )+};
}

engine_contract! {
    lexicon: EngineConfig::Lexicon;
    encoder: EngineConfig::default();
    encoder_f32: EngineConfig::Encoder { path: None, precision: Precision::F32 };
}

#[cfg(feature = "rust-bert")]
engine_contract! {
    rust_bert: EngineConfig::RustBert { path: None, device: engine::Device::Cpu };
}
