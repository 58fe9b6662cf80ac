//! Any bytes as the table that a user gives about the corpus.

use sendlens::article::{DateField, DateSource};
use sendlens::read::metadata::Metadata;

/// What is accepted is written and read again the same, completes articles once, and lies over itself unchanged.
pub fn holds(bytes: &[u8]) {
    let Ok(metadata) = Metadata::parse("m", bytes) else { return };
    assert!(!metadata.is_empty());
    assert!(metadata.duplicates().len() < metadata.len());
    assert!(metadata.columns().iter().all(|column| !column.is_empty()));
    let unmatched = metadata.unmatched([]);
    assert_eq!(
        unmatched.len() + metadata.duplicates().len(),
        metadata.len(),
        "each row is matched, not, or twice"
    );

    let written = metadata.to_csv();
    let again = Metadata::parse("m", &written).expect("our own CSV");
    assert_eq!(again.columns(), metadata.columns());
    let is_exact = is_exact(&super::text(&written));
    if is_exact {
        assert_eq!(super::text(&again.to_csv()), super::text(&written), "what is written is read again");
        let over = metadata.clone().overlaid_with(again.clone());
        assert_eq!(super::text(&over.to_csv()), super::text(&written), "over itself nothing changes");
    }

    for place in unmatched.iter().take(8) {
        let (_, id) = place.split_once(": ").expect("a place names what it means");
        let mut article = super::blank(id);
        article.fields.url = Some(id.to_owned());
        article.fields.title = Some("Inferred".to_owned());
        article.fields.dates = vec![DateField { source: DateSource::Label, text: "1 May 2020".to_owned() }];
        let mut other = article.clone();
        let is_named = metadata.apply(&mut article);
        let once = article.clone();
        assert_eq!(metadata.apply(&mut article), is_named);
        assert_eq!(article, once, "twice is once");
        assert_eq!(again.apply(&mut other), is_named);
        assert!(other == once || !is_exact, "what was written says the same: {other:?} {once:?}");
        if is_named {
            assert!(metadata.unmatched([(id, Some(id))]).len() < unmatched.len(), "the row is matched");
        }
        assert!(once.fields.dates.iter().any(|date| date.source == DateSource::Label), "other clues stay");
    }
}

/// Whether texts are read as they were written: a reader of exports takes out tags and the "by" of a byline, and
/// parts names at more marks than one.
fn is_exact(table: &str) -> bool {
    !table.contains(['<', '[', '|']) && !table.to_lowercase().contains("by ")
}
