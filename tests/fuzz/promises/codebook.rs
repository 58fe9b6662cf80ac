//! Any text as a codebook.

use sendlens::codebook::{Codebook, RESERVED};
use sendlens::engine::lexicon::Lexicon;
use sendlens::engine::{Classifier, Input};

/// What is accepted keeps its rules, is written and read again, and scores any text within [0, 1].
pub fn holds(bytes: &[u8]) {
    let text = super::text(bytes);
    let Ok(codebook) = Codebook::parse(&text) else { return };
    let names = codebook.names();
    assert!(!names.is_empty());
    for (index, name) in names.iter().enumerate() {
        assert!(!RESERVED.contains(&name.as_str()) && !names[..index].contains(name), "{name}");
        assert!(
            !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')),
            "{name:?}"
        );
    }
    for theme in &codebook.themes {
        assert!(theme.threshold.is_none_or(|threshold| (0.0..=1.0).contains(&threshold)), "{theme:?}");
        assert!(!theme.hypothesis().is_empty() || theme.hypothesis.is_some());
    }
    let written = toml::to_string(&codebook).expect("a codebook is TOML");
    assert_eq!(Codebook::parse(&written).expect("our own TOML"), codebook);

    let lexicon = Lexicon::new(&codebook);
    let scores = lexicon.score(&[Input::alone(&text)]).expect("the word list never fails").remove(0);
    assert_eq!(scores.themes.len(), names.len());
    let numbers = scores.themes.iter().chain(&scores.sentiment).chain([&scores.relevant]);
    assert!(numbers.copied().all(|score| (0.0..=1.0).contains(&score)), "{scores:?}");
}
