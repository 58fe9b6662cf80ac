//! Any lines as an article that is split.
//!
//! The first letter of a line says what block it is, the rest is its text.

use sendlens::article::{Article, Block, Passage, Role, Span};
use sendlens::passage::{MAX_ARTICLE_BYTES, MAX_BYTES, Unit, split, words};

/// Passages are substrings in order that do not overlap, and every letter that counts stands in exactly one.
pub fn holds(bytes: &[u8]) {
    let article = article(&super::text(bytes));
    for unit in Unit::ALL {
        let passages = split(&article, unit);
        assert_in_order(&article, unit, &passages);
        assert_whole(&article, unit, &passages);
        assert_eq!(split(&article, unit), passages, "the same article gives the same passages");
    }
}

fn article(text: &str) -> Article {
    const ROLES: [Role; 8] = [
        Role::Body,
        Role::ListItem,
        Role::Headline,
        Role::Body,
        Role::Standfirst,
        Role::Subhead,
        Role::Body,
        Role::Caption,
    ];
    let mut article = super::blank("a.txt");
    for line in text.split('\n') {
        let Some(first) = line.chars().next() else { continue };
        if !article.blocks.is_empty() {
            article.text.push('\n');
        }
        let start = article.text.len();
        article.text.push_str(&line[first.len_utf8()..]);
        let span = Span::new(start, article.text.len());
        let role = ROLES[first as usize % ROLES.len()];
        // Any number: a wrong one must be passed over.
        let lead_in = (role == Role::ListItem).then_some(first as usize / ROLES.len());
        let source = Some(Span::new(start + 7, span.end + 7));
        article.blocks.push(Block { role, span, source, rule: "fuzz", probability: None, lead_in });
    }
    article
}

fn assert_in_order(article: &Article, unit: Unit, passages: &[Passage]) {
    let limit = if unit == Unit::Article { MAX_ARTICLE_BYTES } else { MAX_BYTES };
    let mut end = 0;
    for (index, passage) in passages.iter().enumerate() {
        let text = super::of(passage.span, &article.text);
        assert!(passage.span.start >= end, "{unit:?}: passages are in order and apart");
        end = passage.span.end;
        assert_eq!(text.trim(), text, "{unit:?}");
        assert_eq!(passage.position, index + 1);
        assert!(passage.words > 0 && passage.words == words(text), "{unit:?}: {passage:?}");
        assert!(passage.span.len() <= limit, "{unit:?}: {} bytes", passage.span.len());
        assert!(matches!(passage.kind, Role::Body | Role::ListItem | Role::Headline | Role::Standfirst));
        assert!(
            passage.lead_in.is_none_or(|lead_in| (1..passage.position).contains(&lead_in)),
            "{passage:?}"
        );
        let source = passage.source.expect("every block has one");
        assert_eq!((source.start, source.end), (passage.span.start + 7, passage.span.end + 7), "{unit:?}");
    }
}

fn assert_whole(article: &Article, unit: Unit, passages: &[Passage]) {
    let mut times = vec![0_u8; article.text.len()];
    for passage in passages {
        for time in &mut times[passage.span.start..passage.span.end] {
            *time += 1;
        }
    }
    let (mut counted, mut is_cut) = (0, false);
    for block in &article.blocks {
        let is_heading = matches!(block.role, Role::Headline | Role::Standfirst);
        if !block.role.is_counted() && !is_heading {
            continue;
        }
        let text = article.text_of(block);
        if block.role.is_counted() {
            counted += words(text);
            is_cut |= text.len() > MAX_BYTES;
        }
        for (at, letter) in text.char_indices().filter(|(_, letter)| letter.is_alphanumeric()) {
            let times = times[block.span.start + at];
            assert_eq!(times, 1, "{unit:?}: {letter:?} of a {:?} stands in {times} passages", block.role);
        }
    }
    // A word of kilobytes is cut in two; an article holds what stands between its paragraphs.
    if unit != Unit::Article && !is_cut {
        let in_passages =
            passages.iter().filter(|passage| passage.kind.is_counted()).map(|passage| passage.words);
        assert_eq!(in_passages.sum::<usize>(), counted, "{unit:?}: no word is lost or cut");
    }
}
