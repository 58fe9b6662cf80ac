//! What [`split`] promises, on invented articles.

use proptest::prelude::*;

use super::*;
use crate::article::{Fields, Format};

const UNITS: [Unit; 4] = [Unit::Paragraph, Unit::Segment, Unit::Sentence, Unit::Article];

fn article<T: AsRef<str>>(lines: &[(Role, T)]) -> Article {
    let mut text = String::new();
    let mut blocks: Vec<Block> = Vec::new();
    for (role, line) in lines {
        if !blocks.is_empty() {
            text.push('\n');
        }
        let start = text.len();
        text.push_str(line.as_ref());
        let span = Span::new(start, text.len());
        // Lists follow their lead-in: the nearest line before that is no item.
        let lead_in = (*role == Role::ListItem)
            .then(|| blocks.iter().rposition(|block| block.role != Role::ListItem))
            .flatten();
        let source = Some(Span::new(start + 100, span.end + 100));
        blocks.push(Block { role: *role, span, source, rule: "test", probability: None, lead_in });
    }
    Article {
        id: "a.txt".to_owned(),
        format: Format::Text,
        encoding: "utf-8",
        text,
        blocks,
        fields: Fields::default(),
        language: None,
        is_truncated: false,
        warnings: Vec::new(),
    }
}

fn texts<'a>(article: &'a Article, passages: &[Passage]) -> Vec<&'a str> {
    passages.iter().map(|passage| passage.span.of(&article.text)).collect()
}

fn example() -> Article {
    article(&[
        (Role::Headline, "Plans late in Norchester"),
        (Role::Byline, "By Ann Lowe"),
        (Role::Standfirst, "Families wait. Some go to court."),
        (Role::Body, "Plans are late. The council asked for:"),
        (Role::ListItem, "more time"),
        (Role::ListItem, "more money. And staff"),
        (Role::Caption, "A school bus"),
        (Role::Body, "Nobody agreed."),
        (Role::Related, "Buses late in Westmoor"),
    ])
}

#[test]
fn paragraphs_list_items_and_headings_become_passages() {
    let article = example();
    let passages = split(&article, Unit::Paragraph);
    let shown: Vec<_> = passages
        .iter()
        .map(|one| (one.position, one.kind, one.lead_in, one.words, one.span.of(&article.text)))
        .collect();
    assert_eq!(
        shown,
        [
            (1, Role::Headline, None, 4, "Plans late in Norchester"),
            (2, Role::Standfirst, None, 6, "Families wait. Some go to court."),
            (3, Role::Body, None, 7, "Plans are late. The council asked for:"),
            (4, Role::ListItem, Some(3), 2, "more time"),
            (5, Role::ListItem, Some(3), 4, "more money. And staff"),
            (6, Role::Body, None, 2, "Nobody agreed."),
        ]
    );
    assert_eq!(passages[5].source, Some(Span::new(passages[5].span.start + 100, passages[5].span.end + 100)));
}

#[test]
fn sentences_keep_the_lead_in_of_their_item() {
    let article = example();
    let passages = split(&article, Unit::Sentence);
    let shown: Vec<_> = passages.iter().map(|one| (one.lead_in, one.span.of(&article.text))).collect();
    assert_eq!(
        shown,
        [
            (None, "Plans late in Norchester"),
            (None, "Families wait. Some go to court."),
            (None, "Plans are late."),
            (None, "The council asked for:"),
            (Some(4), "more time"),
            (Some(4), "more money."),
            (Some(4), "And staff"),
            (None, "Nobody agreed."),
        ]
    );
}

#[test]
fn an_article_is_one_passage() {
    let article = example();
    let passages = split(&article, Unit::Article);
    assert_eq!(
        passages.iter().map(|one| one.kind).collect::<Vec<_>>(),
        [Role::Headline, Role::Standfirst, Role::Body]
    );
    let text = passages[2].span.of(&article.text);
    assert!(text.starts_with("Plans are late.") && text.ends_with("Nobody agreed."));
}

#[test]
fn segments_have_60_to_120_words_under_one_subhead() {
    let paragraph = |words: usize| format!("Plans {}end.", "word ".repeat(words - 2));
    let body = |words: usize| (Role::Body, paragraph(words));
    let subhead = || (Role::Subhead, "Analysis".to_owned());
    let long = (Role::Body, format!("{} {} {}", paragraph(50), paragraph(50), paragraph(50)));
    for (lines, expected) in [
        (vec![body(30), body(30), body(30), body(30)], &[60, 60][..]),
        (vec![body(30), body(30), body(30)], &[90]),
        (vec![body(100), body(100), body(20)], &[100, 120]),
        (vec![body(50), subhead(), body(50)], &[50, 50]),
        (vec![body(40), (Role::Caption, "A bus".to_owned()), body(40)], &[40, 40]),
        (vec![body(200)], &[200]),
        (vec![body(40), long.clone()], &[90, 100]),
        (vec![long], &[100, 50]),
        (vec![body(40), body(90)], &[40, 90]),
    ] {
        let article = article(&lines);
        let words: Vec<_> = split(&article, Unit::Segment).iter().map(|passage| passage.words).collect();
        assert_eq!(words, expected);
    }
}

#[test]
fn no_passage_is_longer_than_its_limit() {
    let sentence = "Families wait for a plan. ";
    let line = sentence.repeat(1_000_000 / sentence.len());
    let word = "é".repeat(500_000);
    for (text, ends_with) in [(line.as_str(), Some('.')), (word.as_str(), None)] {
        let article = article(&[(Role::Headline, text), (Role::Body, text)]);
        for unit in UNITS {
            for passage in split(&article, unit) {
                let limit = if unit == Unit::Article { MAX_ARTICLE_BYTES } else { MAX_BYTES };
                assert!(passage.span.len() <= limit, "{unit:?}");
                let text = passage.span.of(&article.text);
                assert!(ends_with.is_none_or(|end| text.ends_with(end)), "cut inside a sentence");
            }
        }
    }
}

#[test]
fn a_source_of_another_length_is_given_whole() {
    let mut article = article(&[(Role::Body, "Plans are late. Families wait.")]);
    article.blocks[0].source = Some(Span::new(7, 99));
    let passages = split(&article, Unit::Sentence);
    assert_eq!(passages.iter().map(|one| one.source).collect::<Vec<_>>(), [Some(Span::new(7, 99)); 2]);
    article.blocks[0].source = None;
    assert!(split(&article, Unit::Sentence).iter().all(|one| one.source.is_none()));
}

#[test]
fn text_without_words_makes_no_passage() {
    for lines in [vec![], vec![(Role::Body, "")], vec![(Role::Body, " … ")], vec![(Role::Caption, "A bus")]]
    {
        for unit in UNITS {
            assert!(split(&article(&lines), unit).is_empty(), "{lines:?}");
        }
    }
}

#[test]
fn a_wrong_lead_in_is_ignored() {
    let mut article =
        article(&[(Role::ListItem, "more time"), (Role::Caption, "A bus"), (Role::ListItem, "staff")]);
    for lead_in in [0, 1, 2, 99] {
        article.blocks[0].lead_in = Some(lead_in);
        article.blocks[2].lead_in = Some(1);
        assert!(split(&article, Unit::Paragraph).iter().all(|passage| passage.lead_in.is_none()));
    }
}

fn lines() -> impl Strategy<Value = Vec<(Role, String)>> {
    let role = prop::sample::select(vec![
        Role::Headline,
        Role::Standfirst,
        Role::Body,
        Role::Body,
        Role::ListItem,
        Role::Subhead,
        Role::Caption,
        Role::Related,
    ]);
    let part = prop::sample::select(vec![
        "plans",
        "Mr",
        "The",
        "é",
        "late",
        ".",
        "?",
        "…",
        " ",
        " ",
        " ",
        "\"",
        "’",
        "1",
        "3.5",
        "words of a row that is long",
    ]);
    prop::collection::vec((role, prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())), 0..12)
}

proptest! {
    #[test]
    fn every_counted_word_is_in_one_passage(lines in lines()) {
        let article = article(&lines);
        for unit in UNITS {
            let passages = split(&article, unit);
            for block in article.blocks.iter().filter(|block| block.role.is_counted() || is_heading(block)) {
                let inside = |at: usize| passages.iter().filter(|one| one.span.start <= at && at < one.span.end).count();
                let words = article.text_of(block).char_indices().filter(|(_, letter)| letter.is_alphanumeric());
                for (at, _) in words {
                    let times = inside(block.span.start + at);
                    prop_assert_eq!(times, 1, "{:?}", unit);
                }
            }
            if unit != Unit::Article {
                let counted = article.blocks.iter().filter(|block| block.role.is_counted());
                let in_blocks: usize = counted.map(|block| words(article.text_of(block))).sum();
                let scored = passages.iter().filter(|passage| passage.kind.is_counted());
                prop_assert_eq!(scored.map(|passage| passage.words).sum::<usize>(), in_blocks, "{:?}", unit);
            }
        }
    }

    #[test]
    fn a_span_gives_back_its_text(lines in lines()) {
        let article = article(&lines);
        for unit in UNITS {
            let passages = split(&article, unit);
            let mut at = 0;
            for (passage, text) in passages.iter().zip(texts(&article, &passages)) {
                prop_assert!(passage.span.start >= at, "passages are in reading order and do not overlap");
                prop_assert_eq!(text.trim(), text);
                prop_assert_eq!(words(text), passage.words);
                prop_assert!(passage.words > 0);
                let source = passage.source.expect("every block has one");
                prop_assert_eq!((source.start, source.end), (passage.span.start + 100, passage.span.end + 100));
                at = passage.span.end;
            }
        }
    }

    #[test]
    fn positions_count_from_one(lines in lines()) {
        let article = article(&lines);
        for unit in UNITS {
            for (index, passage) in split(&article, unit).iter().enumerate() {
                prop_assert_eq!(passage.position, index + 1);
                prop_assert!(passage.lead_in.is_none_or(|lead_in| (1..passage.position).contains(&lead_in)));
            }
        }
    }
}
