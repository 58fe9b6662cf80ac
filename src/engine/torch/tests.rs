//! The mechanics with networks of random numbers: nothing here says how good a model is.

use std::fs;
use std::path::Path;

use rust_bert::Config;
use tch::nn::VarStore;

use super::*;
use crate::codebook::Codebook;
use crate::engine::encoder::{Encoder, Kernel, Precision};
use crate::models::ModelFiles;

/// `config.json` of a small network of each family, without labels.
fn config(family: &str) -> serde_json::Value {
    match family {
        "distilbert" => serde_json::json!({
            "model_type": family, "activation": "gelu", "attention_dropout": 0.1, "dim": 32, "dropout": 0.1,
            "hidden_dim": 64, "initializer_range": 0.02, "max_position_embeddings": 64, "n_heads": 2,
            "n_layers": 2, "qa_dropout": 0.1, "seq_classif_dropout": 0.1, "sinusoidal_pos_embds": false,
            "tie_weights_": true, "vocab_size": 40,
        }),
        _ => serde_json::json!({
            "model_type": family, "hidden_act": "gelu", "attention_probs_dropout_prob": 0.1,
            "hidden_dropout_prob": 0.1, "hidden_size": 32, "initializer_range": 0.02, "intermediate_size": 64,
            "max_position_embeddings": 66, "num_attention_heads": 2, "num_hidden_layers": 2,
            "type_vocab_size": if family == "deberta" { 0 } else { 2 }, "vocab_size": 40,
            "pooler_hidden_size": 32, "pooler_dropout": 0.0, "pooler_hidden_act": "gelu",
            "relative_attention": true, "pos_att_type": "c2p|p2c", "max_relative_positions": -1,
            "position_biased_input": false, "layer_norm_eps": 1e-7, "pad_token_id": 0,
        }),
    }
}

fn tokenizer() -> String {
    let words = [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "bus", "was", "late", "council", "said", "children",
        "vote", "this", "is", "about", "school",
    ];
    let vocabulary: serde_json::Map<String, serde_json::Value> =
        words.iter().zip(0..).map(|(word, id): (&&str, i32)| ((*word).to_owned(), id.into())).collect();
    let special = |id: u32, content: &str| {
        serde_json::json!({"id": id, "special": true, "content": content, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false})
    };
    let template = |type_id: u32, name: &str| serde_json::json!({ name: {"id": if name == "SpecialToken" { "[SEP]" } else { "A" }, "type_id": type_id}});
    let first = serde_json::json!({"SpecialToken": {"id": "[CLS]", "type_id": 0}});
    let second = serde_json::json!({"Sequence": {"id": "B", "type_id": 1}});
    serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(0, "[PAD]"), special(1, "[UNK]"), special(2, "[CLS]"), special(3, "[SEP]")],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [first, template(0, "Sequence"), template(0, "SpecialToken")],
            "pair": [first, template(0, "Sequence"), template(0, "SpecialToken"), second, template(1, "SpecialToken")],
            "special_tokens": {
                "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
        "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary},
    })
    .to_string()
}

/// A model folder of `family` with these labels and random weights.
fn folder(family: &str, labels: &[&str], is_multi_label: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = config(family);
    let names = labels.iter().enumerate().map(|(id, label)| (id.to_string(), (*label).into()));
    config["id2label"] = serde_json::Value::Object(names.collect());
    if is_multi_label {
        config["problem_type"] = "multi_label_classification".into();
    }
    let file = folder.path().join("config.json");
    fs::write(&file, config.to_string()).expect("a file");
    fs::write(folder.path().join("tokenizer.json"), tokenizer()).expect("a file");
    let variables = VarStore::new(tch::Device::Cpu);
    let root = variables.root();
    let built = match family {
        "bert" => {
            let config = rust_bert::bert::BertConfig::from_file(&file);
            rust_bert::bert::BertForSequenceClassification::new(&root, &config).map(drop)
        }
        "distilbert" => {
            let config = rust_bert::distilbert::DistilBertConfig::from_file(&file);
            rust_bert::distilbert::DistilBertModelClassifier::new(&root, &config).map(drop)
        }
        "roberta" => {
            let config = rust_bert::bert::BertConfig::from_file(&file);
            rust_bert::roberta::RobertaForSequenceClassification::new(&root, &config).map(drop)
        }
        _ => {
            let config = rust_bert::deberta::DebertaConfig::from_file(&file);
            rust_bert::deberta::DebertaForSequenceClassification::new(&root, &config).map(drop)
        }
    };
    built.expect("a network");
    variables.save(folder.path().join("model.safetensors")).expect("weights");
    folder
}

const FAMILIES: [&str; 4] = ["bert", "distilbert", "roberta", "deberta"];

const TEXTS: [&str; 4] = ["The bus was late", "", "the council said the children vote", "🚌 [SEP] \u{202e}"];

fn inputs() -> Vec<Input<'static>> {
    TEXTS.iter().map(|text| Input::alone(text)).collect()
}

fn codebook(themes: &[&str]) -> Codebook {
    let entries = themes.iter().map(|name| format!("[[theme]]\nname = \"{name}\"\ndefinition = \"x\"\n"));
    Codebook::parse(&format!("version = \"1\"\n{}", entries.collect::<String>())).expect("a codebook")
}

#[test]
fn every_family_scores_themes_within_0_and_1() {
    for family in FAMILIES {
        let folder = folder(family, &["Transport", "politics", "relevant"], true);
        let codebook = codebook(&["politics", "transport"]);
        let engine = SequenceClassifier::open(folder.path(), &codebook, Device::Cpu).expect(family);
        assert_eq!(engine.labels().themes, ["politics", "transport"], "{family}");
        assert!(engine.labels().has_relevance && engine.name().contains("sentiment by lexicon"), "{family}");
        let scores = engine.score(&inputs()).expect(family);
        assert_eq!(scores.len(), TEXTS.len());
        for scores in &scores {
            assert!(scores.themes.iter().all(|score| (0.0..=1.0).contains(score)), "{family} {scores:?}");
            assert!((scores.sentiment.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{family} {scores:?}");
        }
        assert_ne!(scores[0].themes, scores[2].themes, "{family}: the text matters");
        let alone = engine.score(&inputs()[2..3]).expect(family);
        assert_eq!(alone[0], scores[2], "{family}: alone as among others");
    }
}

#[test]
fn a_model_of_sentiment_leaves_themes_to_the_lexicon() {
    let folder = folder("roberta", &["NEGATIVE", "POSITIVE"], false);
    let codebook = Codebook::shipped();
    let engine = SequenceClassifier::open(folder.path(), &codebook, Device::Cpu).expect("a model");
    assert!(engine.name().contains("themes by lexicon"));
    let scores = engine.score(&[Input::alone("The minibus was late.")]).expect("scores");
    assert_eq!(scores[0].sentiment[1], 0.0, "it knows no neutral");
    assert!(scores[0].themes[2] >= 0.5, "the lexicon knows minibuses");
}

#[test]
fn labels_that_are_not_of_the_codebook_are_refused_by_name() {
    let folder = folder("bert", &["sport", "transport"], true);
    let fault = SequenceClassifier::open(folder.path(), &codebook(&["transport"]), Device::Cpu)
        .err()
        .expect("a label that would be lost");
    assert!(fault.to_string().contains("sport"), "{fault}");
}

#[test]
fn zero_shot_asks_once_per_theme() {
    let folder = folder("deberta", &["CONTRADICTION", "NEUTRAL", "ENTAILMENT"], false);
    let mut codebook = codebook(&["transport", "politics"]);
    codebook.themes[0].hypothesis = Some("the bus was late".into());
    let engine = ZeroShot::open(folder.path(), &codebook, Device::Cpu).expect("a model of inference");
    let scores = engine.score(&inputs()).expect("scores");
    assert!(scores.iter().flat_map(|scores| &scores.themes).all(|score| (0.0..=1.0).contains(score)));
    assert_ne!(scores[0].themes[0], scores[0].themes[1], "the hypothesis matters");
    assert_eq!(engine.score(&inputs()[..1]).expect("scores")[0], scores[0]);
    let bert = super::tests::folder("bert", &["yes", "no"], false);
    assert!(ZeroShot::open(bert.path(), &codebook, Device::Cpu).is_err());
}

#[test]
fn weights_that_do_not_fit_are_refused_by_name() {
    let folder = folder("bert", &["transport"], true);
    let mut config = config("bert");
    config["id2label"] = serde_json::json!({"0": "transport", "1": "politics"});
    fs::write(folder.path().join("config.json"), config.to_string()).expect("a file");
    let codebook = codebook(&["transport", "politics"]);
    let fault = SequenceClassifier::open(folder.path(), &codebook, Device::Cpu).err().expect("another shape");
    assert!(fault.to_string().contains("classifier."), "{fault}");
}

#[test]
fn the_reference_agrees_with_the_built_in_encoder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parity/tiny");
    let files = ModelFiles::read(&folder).expect("the fixture is a model folder");
    let reference = Reference::new(&files, Device::Cpu).expect("a model of ours");
    let encoder = Encoder::new(&files, Kernel::best(), Precision::F32).expect("a model of ours");
    let (ours, theirs) =
        (encoder.score(&inputs()).expect("scores"), reference.score(&inputs()).expect("scores"));
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!((ours.tokens, ours.truncated_tokens), (theirs.tokens, theirs.truncated_tokens));
        let pairs =
            ours.themes.iter().chain(&ours.sentiment).zip(theirs.themes.iter().chain(&theirs.sentiment));
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-4), "{ours:?} {theirs:?}");
    }
}
