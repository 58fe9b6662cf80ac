//! Any bytes as JSON and as JSON Lines.

use serde_json::Value;

use sendlens::article::{Format, RawArticle};
use sendlens::plain;
use sendlens::read::{self, Options, Reading};

/// Each record gives one article or one row, whatever else the file holds.
pub fn holds(bytes: &[u8]) {
    for name in ["a.json", "a.jsonl"] {
        let reading = read::read(name, bytes, &Options::default());
        assert!(!reading.articles.is_empty() || !reading.skipped.is_empty(), "the file vanished");
        let is_whole = reading.skipped.iter().all(|row| row.record.is_some());
        let is_json = |article: &RawArticle| matches!(article.format, Format::Json | Format::JsonLines);
        if is_whole && reading.articles.iter().all(|article| is_json(article) && article.id != name) {
            assert_numbered(name, &reading);
        }
        for row in &reading.skipped {
            assert!(!row.reason.is_empty() && row.path == name, "{row:?}");
        }
        if name == "a.json"
            && is_whole
            && let Ok(Value::Array(records)) = serde_json::from_slice(bytes)
        {
            assert_eq!(reading.articles.len() + reading.skipped.len(), records.len(), "no record vanishes");
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(value) = serde_json::from_str::<Value>(text)
    {
        let safe = plain::json(text);
        assert!(!safe.contains(plain::is_unprintable), "{safe:?}");
        assert_eq!(serde_json::from_str::<Value>(&safe).expect("still JSON"), value, "it means the same");
    }
}

/// Records are counted from 1, each stands in one place, and articles are in order.
fn assert_numbered(name: &str, reading: &Reading) {
    let number = |id: &str| {
        let number =
            id.strip_prefix(name).and_then(|rest| rest.strip_prefix('!')).and_then(|rest| rest.parse().ok());
        number.expect("a record is numbered")
    };
    let articles: Vec<usize> = reading.articles.iter().map(|article| number(&article.id)).collect();
    assert!(articles.is_sorted(), "articles are in file order: {articles:?}");
    let mut all = articles;
    all.extend(reading.skipped.iter().filter_map(|row| row.record));
    all.sort_unstable();
    assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "each record once: {all:?}");
    if !reading.articles.is_empty() {
        assert!(all.iter().copied().eq(1..=all.len()), "no record vanishes: {all:?}");
    }
}
