//! What holds for any bytes at all, from reading to splitting.

use jiff::civil::date;
use proptest::prelude::*;

use sendlens::article::{Block, Passage, Role, Span};
use sendlens::passage::{self, Unit};
use sendlens::pipeline::{self, Document};
use sendlens::read;

/// Pieces of which files are put together. Random bytes alone are mostly binary and would be refused.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&'static [u8]> = vec![
        b"Norchester Echo\n",
        b"By Ann Lowe\n",
        b"Published 12 March 2021, 09:14\n",
        b"Families in Norchester say the council has cut the school bus, and they are angry about it.\n",
        b"The council said it would:\n- meet every family\n\xe2\x80\xa2 publish the cost\n",
        b"Image source, PA Media\nImage caption,\nA school bus in the rain\n",
        b"Related topics\nEducation\n",
        b"\"It is late,\" she said. \"Mr. Dale, of St. John's, asked again... No. 4 was full!\"\n",
        b"\n\n",
        b"\r\n",
        b"\t ",
        b"<p>",
        b"</p><h1>Plans late</h1><ul><li>one<li>two</ul>",
        b"<!doctype html><html><body><article>",
        b"<script type=\"application/ld+json\">{\"datePublished\": \"2021-03-12\"}</script>",
        b"---\ntitle: Late\ndate: 2021-03\n---\n",
        b"# Plans late\n\n* an item\n",
        b"{\"title\": \"Late\", \"text\": \"The plan is late.\\n\\nIt is.\", \"date\": \"2021-03-12\"}\n",
        b"title,text,date\nOne,The plan is late.,05/03/2021\n",
        b"\xff\xfe",
        b"\xe9t\xe9",
        "\u{202e}\u{200b}e\u{301}\u{2028}ẞİ\u{fb01}\u{1F6CC}".as_bytes(),
        b"\x1b[31m",
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b"&amp;&#x202e;",
    ];
    prop_oneof![
        6 => prop::sample::select(known).prop_map(<[u8]>::to_vec),
        2 => "\\PC{0,60}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => ("[a-z .]{1,12}", 1..900_usize).prop_map(|(text, times)| text.repeat(times).into_bytes()),
    ]
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a.txt",
        "b/2021-03-12-a.html",
        "a.md",
        "a.json",
        "a.jsonl",
        "a.csv",
        "a",
        "a.gz",
    ])
}

/// A span gives back a text, and that text is the one between its ends.
fn assert_span(span: Span, text: &str) {
    assert!(
        text.get(span.start..span.end).is_some(),
        "{span:?} does not lie in a text of {} bytes",
        text.len()
    );
}

fn assert_blocks(document: &Document, source: &str) {
    let article = &document.article;
    let texts: Vec<_> = article.blocks.iter().map(|block| article.text_of(block)).collect();
    assert_eq!(texts.join("\n"), article.text, "blocks tile the text");
    let mut end = None;
    for block in &article.blocks {
        assert_span(block.span, &article.text);
        if let Some(end) = end {
            assert_eq!(block.span.start, end + 1, "blocks follow each other");
        }
        end = Some(block.span.end);
        if let Some(source_span) = block.source {
            assert_span(source_span, source);
        }
        if let Some(lead_in) = block.lead_in {
            assert!(lead_in < article.blocks.len(), "a lead-in is a block");
        }
        if let Some(probability) = block.probability {
            assert!((0.0..=1.0).contains(&probability), "{block:?}");
        }
    }
}

fn assert_date(document: &Document) {
    let published = &document.published;
    for clue in &published.clues {
        assert!((0.0..=1.0).contains(&clue.confidence), "{clue:?}");
        if let Some(start) = clue.start {
            assert!(document.article.text.is_char_boundary(start), "{clue:?}");
        }
    }
    if let Some(chosen) = &published.chosen {
        assert!((0.0..=1.0).contains(&chosen.confidence), "{chosen:?}");
        assert!(chosen.date >= date(1980, 1, 1) && chosen.date <= date(2024, 1, 2), "{chosen:?}");
        assert!(published.clues.iter().any(|clue| clue.reason == "chosen"), "a date has its clue");
    }
}

fn assert_passages(document: &Document, unit: Unit, passages: &[Passage]) {
    let text = &document.article.text;
    let mut times = vec![0_u8; text.len()];
    for (index, passage) in passages.iter().enumerate() {
        assert_eq!(passage.position, index + 1);
        assert_span(passage.span, text);
        assert!(passage.words > 0, "no passage without a word");
        assert_eq!(passage.words, passage::words(passage.span.of(text)));
        assert!(matches!(passage.kind, Role::Body | Role::ListItem | Role::Headline | Role::Standfirst));
        assert!(
            passage.lead_in.is_none_or(|lead_in| (1..passage.position).contains(&lead_in)),
            "{passage:?}"
        );
        if passage.kind.is_counted() {
            for time in &mut times[passage.span.start..passage.span.end] {
                *time += 1;
            }
        }
    }
    let counted = |block: &&Block| block.role.is_counted();
    for block in document.article.blocks.iter().filter(counted) {
        for (index, letter) in document.article.text_of(block).char_indices() {
            let times = times[block.span.start + index];
            assert!(times <= 1, "{unit:?}: a letter stands in {times} passages");
            assert!(
                times == 1 || !letter.is_alphanumeric(),
                "{unit:?}: {letter:?} of a counted block is lost"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    /// Nothing panics, no file vanishes, every span gives back its text, blocks and passages do not overlap,
    /// and splitting loses no letter of a counted block.
    #[test]
    fn any_bytes_keep_the_promises(pieces in prop::collection::vec(piece(), 0..14), name in name()) {
        let bytes = pieces.concat();
        let reading = read::read(name, &bytes, &read::Options::default());
        prop_assert!(!reading.articles.is_empty() || !reading.skipped.is_empty(), "the file vanished");
        let options = pipeline::Options {
            read: read::Options::default(),
            unit: Unit::Paragraph,
            as_of: date(2024, 1, 1),
            since: None,
            until: None,
        };
        for raw in reading.articles {
            let source = raw.body.as_str().to_owned();
            let document = pipeline::prepare(raw, &options, None);
            assert_blocks(&document, &source);
            assert_date(&document);
            for unit in Unit::ALL {
                assert_passages(&document, unit, &passage::split(&document.article, unit));
            }
        }
    }
}
