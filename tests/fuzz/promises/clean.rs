//! Any file through decoding, recognition, reading and cleaning.

use std::collections::BTreeSet;

use sendlens::article::{Body, RawArticle};
use sendlens::clean;
use sendlens::read::{self, Options};

/// Names a file can come under; its length chooses one, so that the bytes are the file and nothing else.
const NAMES: [&str; 8] =
    ["a.txt", "b/2021-03-12.md", "a.html", "a.json", "a.jsonl", "a.csv", "a.txt.gz", "a.docx"];

/// No file vanishes, no two articles share an id, and cleaning loses no letter, whatever the bytes.
pub fn holds(bytes: &[u8]) {
    let name = NAMES[bytes.len() % NAMES.len()];
    let reading = read::read(name, bytes, &Options::default());
    assert!(!reading.articles.is_empty() || !reading.skipped.is_empty(), "the file vanished");
    let mut ids = BTreeSet::new();
    for raw in &reading.articles {
        assert!(ids.insert(raw.id.as_str()), "two articles are `{}`", raw.id);
        assert!(
            raw.id == name || raw.id.starts_with(&format!("{name}!")),
            "`{}` is a record of {name}",
            raw.id
        );
    }
    for raw in reading.articles {
        cleaned(raw);
    }
}

/// What cleaning promises of one article.
pub fn cleaned(raw: RawArticle) {
    let body = raw.body.clone();
    let article = clean::clean(raw.clone());
    super::assert_tiled(&article, body.as_str());
    match &body {
        Body::Dump(text) | Body::Prose(text) => {
            assert_eq!(super::letters(&article.text), super::letters(text), "no letter is lost");
        }
        Body::Html(_) => {
            assert!(article.blocks.iter().all(|block| block.source.is_none()), "HTML is rendered")
        }
        Body::Markdown(_) => {}
    }
    for block in &article.blocks {
        let text = article.text_of(block);
        let mut again = String::new();
        assert_eq!(clean::lines::normalise(text, &mut again), 0, "nothing is left to remove in {text:?}");
        assert_eq!(again, text, "a cleaned line is normal");
    }
    // Cleaned text is an export's text: every line is kept, and none of its letters changes.
    let again = clean::clean(RawArticle { body: Body::Prose(article.text.clone()), ..raw.clone() });
    assert_eq!(super::letters(&again.text), super::letters(&article.text), "a second cleaning loses nothing");
    assert_eq!(clean::clean(raw), article, "the same source gives the same article");
}
