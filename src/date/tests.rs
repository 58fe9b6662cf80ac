//! What [`resolve`] promises, on invented articles.

use proptest::prelude::*;

use super::*;
use crate::article::{DateField, Fields, Format, Span};

const AS_OF: Date = date(2026, 11, 21);

fn article(id: &str, lines: &[(Role, &str)]) -> Article {
    let mut text = String::new();
    let mut blocks = Vec::new();
    for &(role, line) in lines {
        if !blocks.is_empty() {
            text.push('\n');
        }
        let start = text.len();
        text.push_str(line);
        let span = Span::new(start, text.len());
        blocks.push(Block { role, span, source: None, rule: "test", probability: None, lead_in: None });
    }
    Article {
        id: id.to_owned(),
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

fn with_dates(dates: &[(DateSource, &str)]) -> Article {
    let mut article = article("a.txt", &[]);
    let field = |&(source, text): &(DateSource, &str)| DateField { source, text: text.to_owned() };
    article.fields.dates = dates.iter().map(field).collect();
    article
}

/// Date, precision, source, confidence; `-` without a date.
fn shown(published: &Published) -> String {
    published.chosen.as_ref().map_or("-".to_owned(), |chosen| {
        let (precision, source) = (chosen.precision.as_str(), chosen.source.as_str());
        format!("{} {precision} {source} {:.3}", chosen.date, chosen.confidence)
    })
}

fn reasons(published: &Published) -> Vec<&'static str> {
    published.clues.iter().map(|clue| clue.reason).collect()
}

const BODY: (Role, &str) = (Role::Body, "Families in Norchester waited until 4 May 2021 for a plan.");

#[test]
fn each_source_has_its_rank_and_confidence() {
    for (source, expected) in [
        (DateSource::Metadata, "2022-05-19 day metadata 1.000"),
        (DateSource::Field, "2022-05-19 day field 0.980"),
        (DateSource::JsonLd, "2022-05-19 day json_ld 0.950"),
        (DateSource::Meta, "2022-05-19 day meta 0.950"),
        (DateSource::Time, "2022-05-19 day time 0.900"),
        (DateSource::Label, "2022-05-19 day label 0.900"),
        (DateSource::Line, "2022-05-19 day line 0.850"),
        (DateSource::Modified, "-"),
        (DateSource::Captured, "-"),
        (DateSource::Related, "-"),
    ] {
        let published = resolve(&with_dates(&[(source, "2022-05-19")]), AS_OF);
        assert_eq!(shown(&published), expected);
    }
    assert_eq!(shown(&resolve(&article("2022-05-19.txt", &[]), AS_OF)), "2022-05-19 day file_name 0.700");
    let mut by_address = article("a.txt", &[]);
    by_address.fields.url = Some("https://paper.example/2022/05/19/plans".to_owned());
    assert_eq!(shown(&resolve(&by_address, AS_OF)), "2022-05-19 day url 0.930");
}

#[test]
fn a_visible_day_of_change_is_no_conflict() {
    use DateSource::{JsonLd, Line, Modified};
    let dates = [(JsonLd, "2022-05-19"), (Line, "21 May 2022"), (Modified, "2022-05-21T08:00:00+01:00")];
    let published = resolve(&with_dates(&dates), AS_OF);
    assert_eq!(shown(&published), "2022-05-19 day json_ld 0.950");
    assert_eq!(reasons(&published), ["chosen", "bound", "bound"]);
}

#[test]
fn agreement_raises_and_conflict_halves() {
    use DateSource::{Field, JsonLd, Label, Line, Meta, Metadata, Time};
    for (dates, expected) in [
        (&[(JsonLd, "2022-05-19"), (Time, "19 May 2022")][..], "2022-05-19 day json_ld 0.980"),
        (&[(Field, "2022-05-19"), (Metadata, "19/05/2022")], "2022-05-19 day metadata 1.000"),
        // One template wrote both.
        (&[(JsonLd, "2022-05-19"), (Meta, "2022-05-19")], "2022-05-19 day json_ld 0.950"),
        (&[(Line, "19 May 2022"), (Label, "19 May 2022")], "2022-05-19 day label 0.900"),
        (&[(JsonLd, "2022-05-19"), (Meta, "2022-05-20")], "2022-05-19 day json_ld 0.475"),
        (&[(Line, "20 May 2022"), (JsonLd, "2022-05-19")], "2022-05-19 day json_ld 0.475"),
        (
            &[(JsonLd, "2022-05-19"), (Time, "19 May 2022"), (Field, "2021-01-01")],
            "2021-01-01 day field 0.490",
        ),
        // A month and a day in it agree, and the day is finer.
        (&[(JsonLd, "2022-05"), (Line, "19 May 2022")], "2022-05-19 day line 0.880"),
        (&[(JsonLd, "2022-05"), (Line, "19 June 2022")], "2022-05-01 month json_ld 0.475"),
    ] {
        assert_eq!(shown(&resolve(&with_dates(dates), AS_OF)), expected, "{dates:?}");
    }
}

#[test]
fn a_conflict_can_be_seen() {
    let published =
        resolve(&with_dates(&[(DateSource::Line, "20 May 2022"), (DateSource::Meta, "2022-05-19")]), AS_OF);
    assert!(has_conflict(&published));
    assert_eq!(reasons(&published), ["chosen", "outranked"]);
    let warning = conflict(&published).expect("the two days differ");
    assert_eq!(warning.code, "date_conflict");
    assert_eq!(warning.detail, "`2022-05-19` (meta) against `20 May 2022` (line)");
    let published = resolve(&with_dates(&[(DateSource::Meta, "2022-05-19")]), AS_OF);
    assert!(!has_conflict(&published));
    assert_eq!(conflict(&published), None);
}

#[test]
fn future_and_old_days_are_rejected() {
    for (text, reason) in [
        ("2026-11-22", "chosen"),
        ("2026-11-23", "future"),
        ("November 2026", "chosen"),
        ("December 2026", "future"),
        ("1979-12-31", "too_old"),
        ("1980-01-01", "chosen"),
        ("0", "unparsable"),
        ("0000000000", "too_old"),
        ("31/02/2022", "impossible"),
        ("Friday 19 May 2022", "impossible"),
        ("19 May", "unparsable"),
        ("yesterday", "unparsable"),
        ("", "unparsable"),
    ] {
        let published = resolve(&with_dates(&[(DateSource::Field, text)]), AS_OF);
        assert_eq!(reasons(&published), [reason], "{text}");
        assert_eq!(published.chosen.is_some(), reason == "chosen", "{text}");
    }
    // A rejected clue opens no conflict.
    let published =
        resolve(&with_dates(&[(DateSource::Field, "2027-01-01"), (DateSource::Line, "2022-05-19")]), AS_OF);
    assert_eq!(shown(&published), "2022-05-19 day line 0.850");
}

#[test]
fn lines_above_the_body_date_an_article() {
    for (line, expected) in [
        ((Role::Date, "19 May 2022, 18:44"), "2022-05-19 day line 0.850"),
        ((Role::Furniture, "19 May 2022, 18:44"), "2022-05-19 day line 0.850"),
        ((Role::Label, "Published 19 May 2022"), "2022-05-19 day label 0.900"),
        ((Role::Byline, "Jane Doe, 19 May 2022"), "2022-05-19 day line 0.850"),
        ((Role::Label, "Published"), "-"),
        ((Role::Headline, "19 May 2022"), "-"),
        ((Role::Caption, "19 May 2022"), "-"),
        ((Role::Standfirst, "A review published 19 May 2022"), "-"),
        ((Role::Date, "Updated 19 May 2022"), "-"),
    ] {
        let published = resolve(&article("a.txt", &[(Role::Headline, "Plans late"), line, BODY]), AS_OF);
        assert_eq!(shown(&published), expected, "{line:?}");
    }
    let published = resolve(&article("a.txt", &[(Role::Label, "Updated: 19 May 2022"), BODY]), AS_OF);
    assert_eq!(published.modified, Some(date(2022, 5, 19)));
}

#[test]
fn a_clue_says_where_it_stands() {
    let article =
        article("a.txt", &[(Role::Headline, "Plans läte"), (Role::Label, "Published 19 May 2022"), BODY]);
    let published = resolve(&article, AS_OF);
    let clue = &published.clues[0];
    let start = clue.start.expect("the clue stands in the text");
    assert_eq!(&article.text[start..start + clue.text.len()], "19 May 2022");
}

#[test]
fn body_text_never_dates_an_article() {
    let lines = [
        (Role::Headline, "Plans late"),
        BODY,
        (Role::Body, "19 May 2022"),
        (Role::ListItem, "Published 19 May 2022"),
    ];
    let published = resolve(&article("a.txt", &lines), AS_OF);
    assert_eq!(published, Published::default());
    let lines = [
        BODY,
        (Role::Comment, "19 May 2022"),
        (Role::Furniture, "19 May 2022"),
        (Role::Caption, "19 May 2022"),
    ];
    assert_eq!(resolve(&article("a.txt", &lines), AS_OF), Published::default());
}

#[test]
fn related_stories_bound_from_below() {
    let lines = [
        BODY,
        (Role::Related, "- Published16 May 2023"),
        (Role::Related, "- Published30 March 2023"),
        (Role::Label, "Published 3 March 2020"),
        (Role::Furniture, "Published 4 March 2020"),
    ];
    let published = resolve(&article("a.txt", &lines), AS_OF);
    assert_eq!(published.chosen, None);
    assert_eq!(published.not_before, Some(date(2023, 5, 16)));
    assert_eq!(published.not_after, None);
    assert_eq!(reasons(&published), ["bound"; 4]);
    // Also above the body.
    let lines = [(Role::Related, "Published 16 May 2023"), BODY];
    assert_eq!(shown(&resolve(&article("a.txt", &lines), AS_OF)), "-");
}

#[test]
fn bounds_never_reject_a_clue() {
    use DateSource::{Captured, Line, Modified, Related};
    let dates = [
        (Line, "2022-05-19"),
        (Captured, "2021-02-01"),
        (Modified, "2021-03"),
        (Modified, "2020-01-01"),
        (Related, "2023-05-16"),
    ];
    let published = resolve(&with_dates(&dates), AS_OF);
    assert_eq!(shown(&published), "2022-05-19 day line 0.850");
    assert_eq!(published.not_before, Some(date(2023, 5, 16)));
    assert_eq!(published.not_after, Some(date(2020, 1, 1)));
    assert_eq!(published.modified, Some(date(2021, 3, 1)));
    assert!(!has_conflict(&published));
}

#[test]
fn a_masthead_is_the_day_of_the_capture() {
    let masthead = (Role::Furniture, "Saturday 21 November 2026");
    let headline = (Role::Headline, "Plans late");
    let lines = [masthead, headline, (Role::Date, "19 May 2022"), BODY];
    let published = resolve(&article("a.txt", &lines), AS_OF);
    assert_eq!(shown(&published), "2022-05-19 day line 0.850");
    assert_eq!(published.not_after, Some(date(2026, 11, 21)));
    // Alone it may be the article's own.
    assert_eq!(
        shown(&resolve(&article("a.txt", &[masthead, headline, BODY]), AS_OF)),
        "2026-11-21 day line 0.850"
    );
}

#[test]
fn the_name_of_an_export_is_a_bound() {
    let mut record = article("export_2024-01-05.jsonl!3", &[]);
    assert_eq!(shown(&resolve(&record, AS_OF)), "-");
    record.fields.dates = vec![DateField { source: DateSource::Field, text: "2022-05-19".to_owned() }];
    let published = resolve(&record, AS_OF);
    assert_eq!(shown(&published), "2022-05-19 day field 0.980");
    assert_eq!(published.not_after, Some(date(2024, 1, 5)));
    // One article with the date in its name: here the name is the article's.
    let mut page = article("2024-01-05.txt", &[]);
    page.fields.dates = record.fields.dates;
    assert_eq!(shown(&resolve(&page, AS_OF)), "2022-05-19 day field 0.490");
}

#[test]
fn clues_stay_few_and_short() {
    let lines = vec![(Role::Related, "Published 19 May 2022"); 10_000];
    let mut hostile = article("a.txt", &lines);
    let long = DateField { source: DateSource::Field, text: "é".repeat(100_000) };
    hostile.fields.dates = vec![long; 1000];
    let published = resolve(&hostile, AS_OF);
    assert!(published.clues.len() <= 2 * MAX_CLUES);
    assert!(published.clues.iter().all(|clue| clue.text.len() <= MAX_TEXT_BYTES));
}

proptest! {
    #[test]
    fn no_article_panics(
        id in "\\PC{0,20}",
        url in "\\PC{0,30}",
        field in "\\PC{0,30}",
        lines in prop::collection::vec("[ -~é–·|]{0,30}", 0..6),
        roles in prop::collection::vec(0..6_usize, 6),
    ) {
        let known = [Role::Date, Role::Byline, Role::Body, Role::Related, Role::Label, Role::Headline];
        let lines: Vec<_> = lines.iter().zip(roles).map(|(line, role)| (known[role], line.as_str())).collect();
        let mut article = article(&id, &lines);
        article.fields.url = Some(url);
        article.fields.dates = vec![DateField { source: DateSource::Meta, text: field }];
        let published = resolve(&article, Date::MAX);
        prop_assert!(published.chosen.is_none_or(|chosen| (0.0..=1.0).contains(&chosen.confidence)));
    }
}
