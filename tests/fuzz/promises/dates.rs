//! Any lines as the places where dates stand.
//!
//! Line by line: the article's id, its address, then fields and blocks. The first letter of a line says which, the
//! rest is its text.

use jiff::civil::{Date, date};

use sendlens::article::{Article, Block, DateField, DateSource, Precision, Published, Role, Span};
use sendlens::date::{conflict, has_conflict, resolve};

/// The day of the run.
const AS_OF: Date = date(2026, 11, 21);
/// Clues kept: 64 of fields, 64 of lines, address and file name.
const MAX_CLUES: usize = 64 + 64 + 2;
/// Longest text of a clue, in bytes.
const MAX_TEXT_BYTES: usize = 200;

/// A date lies in the range that is read, stands on a clue of its own, and never comes from the body.
pub fn holds(bytes: &[u8]) {
    let text = super::text(bytes);
    let article = article(&text);
    let published = resolve(&article, AS_OF);
    assert_sound(&published, AS_OF, &article);
    assert_eq!(resolve(&article, AS_OF), published, "the same article gives the same date");
    // A run on another day rejects other days, and only those.
    assert_sound(&resolve(&article, Date::MAX), Date::MAX, &article);
    let early = resolve(&article, date(2001, 2, 28));
    assert_sound(&early, date(2001, 2, 28), &article);

    let silenced = without_body(&article);
    let chosen = |published: &Published| published.chosen.clone();
    assert_eq!(chosen(&resolve(&silenced, AS_OF)), chosen(&published), "body text never dates an article");
}

fn article(text: &str) -> Article {
    const FIELDS: [DateSource; 6] = [
        DateSource::Metadata,
        DateSource::Field,
        DateSource::JsonLd,
        DateSource::Time,
        DateSource::Modified,
        DateSource::Captured,
    ];
    const ROLES: [Role; 10] = [
        Role::Date,
        Role::Byline,
        Role::Headline,
        Role::Standfirst,
        Role::Label,
        Role::Related,
        Role::Furniture,
        Role::Body,
        Role::ListItem,
        Role::Caption,
    ];
    let mut lines = text.lines();
    let mut article = super::blank(lines.next().unwrap_or_default());
    article.fields.url = lines.next().filter(|url| !url.is_empty()).map(str::to_owned);
    for line in lines {
        let Some(first) = line.chars().next() else { continue };
        let text = &line[first.len_utf8()..];
        let kind = first as usize % (FIELDS.len() + ROLES.len());
        match FIELDS.get(kind) {
            Some(&source) if !text.is_empty() => {
                article.fields.dates.push(DateField { source, text: text.to_owned() });
            }
            Some(_) => {}
            None => add(&mut article, ROLES[kind - FIELDS.len()], text),
        }
    }
    article
}

fn add(article: &mut Article, role: Role, text: &str) {
    if !article.blocks.is_empty() {
        article.text.push('\n');
    }
    let start = article.text.len();
    article.text.push_str(text);
    let span = Span::new(start, article.text.len());
    article.blocks.push(Block { role, span, source: None, rule: "fuzz", probability: None, lead_in: None });
}

/// The same article with nothing said in what is counted.
fn without_body(article: &Article) -> Article {
    let mut silenced = Article { text: String::new(), blocks: Vec::new(), ..article.clone() };
    for block in &article.blocks {
        let text = if block.role.is_counted() { "Silence." } else { article.text_of(block) };
        add(&mut silenced, block.role, text);
    }
    silenced
}

fn assert_sound(published: &Published, as_of: Date, article: &Article) {
    let last_day = as_of.tomorrow().unwrap_or(as_of);
    assert!(published.clues.len() <= MAX_CLUES, "{} clues", published.clues.len());
    for clue in &published.clues {
        assert!(clue.text.len() <= MAX_TEXT_BYTES, "{clue:?}");
        assert!((0.0..=1.0).contains(&clue.confidence), "{clue:?}");
        assert_eq!(clue.earliest.is_some(), clue.latest.is_some(), "{clue:?}");
        assert!(clue.earliest <= clue.latest, "{clue:?}");
        if let Some(start) = clue.start {
            let rest = article.text.get(start..).expect("a clue stands in the text");
            assert!(rest.starts_with(&clue.text), "{clue:?} stands where it says");
        }
        let is_readable = matches!(clue.reason, "chosen" | "agrees" | "outranked" | "bound");
        assert!(!is_readable || clue.earliest.is_some(), "{clue:?}");
        assert!(
            is_readable || matches!(clue.reason, "unparsable" | "impossible" | "future" | "too_old"),
            "{clue:?}"
        );
        assert_eq!(clue.is_accepted, matches!(clue.reason, "chosen" | "agrees"), "{clue:?}");
        assert!(
            !is_readable || clue.earliest <= Some(last_day) && clue.latest >= Some(date(1980, 1, 1)),
            "{clue:?}"
        );
    }
    let chosen_clues = published.clues.iter().filter(|clue| clue.reason == "chosen").count();
    assert_eq!(chosen_clues, usize::from(published.chosen.is_some()), "a date has its clue");
    assert_eq!(conflict(published).is_some(), has_conflict(published));
    let Some(chosen) = &published.chosen else {
        assert!(!has_conflict(published), "without a date nothing is outranked");
        return;
    };
    let clue = &published.clues[0];
    assert_eq!((clue.reason, clue.source, clue.earliest), ("chosen", chosen.source, Some(chosen.date)));
    assert_eq!(clue.text, chosen.text);
    assert!(chosen.confidence > 0.0 && chosen.confidence <= 1.0, "{chosen:?}");
    assert!(chosen.source < DateSource::Modified, "a bound is no date of publication: {chosen:?}");
    assert!(chosen.date <= last_day, "{chosen:?}");
    match chosen.precision {
        Precision::Day => assert!(chosen.date >= date(1980, 1, 1), "{chosen:?}"),
        Precision::Month => {
            assert!(chosen.date.day() == 1 && chosen.date.last_of_month() >= date(1980, 1, 1))
        }
        Precision::Year => assert!(chosen.date.day_of_year() == 1 && chosen.date.year() >= 1980),
    }
}
