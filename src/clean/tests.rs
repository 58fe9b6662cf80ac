//! Whole articles through [`clean`], in invented text of the shapes that real dumps have.

use proptest::prelude::*;

use super::*;
use crate::article::{Format, Role};

fn article(body: Body) -> Article {
    clean(RawArticle {
        id: "a.txt".into(),
        format: Format::Text,
        encoding: "utf-8",
        body,
        fields: Fields::default(),
        is_truncated: false,
        warnings: Vec::new(),
    })
}

fn dump(text: &str) -> Article {
    article(Body::Dump(text.into()))
}

fn roles_of(article: &Article) -> Vec<Role> {
    article.blocks.iter().map(|block| block.role).collect()
}

fn count(article: &Article, role: Role) -> usize {
    article.blocks.iter().filter(|block| block.role == role).count()
}

fn has_warning(article: &Article, code: &str) -> bool {
    article.warnings.iter().any(|warning| warning.code == code)
}

const PARAGRAPHS: [&str; 6] = [
    "Families in Brookshire have waited up to two years for the plans their children need, a report says.",
    "Inspectors found that the county had \"no clear view\" of how many pupils were out of school, and that letters from parents went unanswered.",
    "The council said it had hired forty caseworkers and would spend a further £3m on support in schools.",
    "\"We are sorry that so many families have been let down,\" said Ada Bell, cabinet member for children.",
    "Parents told the inspectors they had lost trust in those who run the service.",
    "A second visit is expected in the spring, when the county must show what has changed since the report.",
];

fn story() -> String {
    PARAGRAPHS.join("\n\n")
}

#[test]
fn a_broadcasters_dump() {
    let found = dump(&format!(
        "County's special needs service 'in disarray'\n\n  • Published\nBrookshire County HallImage source, Some Agency\nImage caption,\n\nThe county says it accepts every finding of the report\n\n{}\n\nRelated topics\n- Published16 May 2023\n- Published30 March 2023\n\nRelated internet links\n\nThe BBC is not responsible for the content of external sites.",
        story()
    ));
    use Role::{Body as B, Caption, Credit, Furniture, Headline, Label, Related};
    let expected = [
        Headline, Label, Caption, Credit, Label, Caption, B, B, B, B, B, B, Label, Related, Related, Label,
        Furniture,
    ];
    assert_eq!(roles_of(&found), expected);
    assert_eq!(found.language.as_deref(), Some("en"));
}

#[test]
fn a_list_belongs_to_its_lead_in() {
    let found = dump(&format!(
        "Brookshire Evening Post\n\nInspector sent in to run special schools\n\n{}\n\nThe inspectors found that children still faced:\n\nLong waits for therapy\n\nA poor choice of schools near home\n\nWeak results in most subjects, which means that pupils are not ready for what comes next.\n\nNewspapers in English",
        story()
    ));
    assert_eq!(found.fields.outlet.as_deref(), Some("Brookshire Evening Post"));
    assert_eq!(count(&found, Role::ListItem), 3);
    let lead_in = found.blocks.iter().find_map(|block| block.lead_in).expect("an item has a lead-in");
    assert!(found.text_of(&found.blocks[lead_in]).ends_with("still faced:"));
    assert_eq!(found.blocks[lead_in].role, Role::Body);
}

#[test]
fn teasers_behind_the_article_are_related() {
    let standfirst = "Report shows 'dire' state of support in the county but blames the government as well";
    let found = dump(&format!(
        "Caseworkers left with 500 children each\n\n{standfirst}\n\n{standfirst}\n\n19 May 2022, 18:44\n\nMore from this author\n\n{}\n\nWhat the report recommends\n\n{}\n\nMore from this theme\n\nHeads should train for special needs, says minister\n\nMinister hints at change of mind on plan for mediation\n\nAda Bell\n\nYour thoughts\n\nLeave a Reply\n\nYour email address will not be published.",
        PARAGRAPHS[..3].join("\n\n"),
        PARAGRAPHS[3..].join("\n\n")
    ));
    assert_eq!(
        roles_of(&found)[..5],
        [Role::Headline, Role::Standfirst, Role::Furniture, Role::Date, Role::Label]
    );
    assert_eq!(
        (count(&found, Role::Body), count(&found, Role::Subhead), count(&found, Role::Related)),
        (6, 1, 3)
    );
    assert!(has_warning(&found, "repeated_lines"));
}

#[test]
fn a_label_inside_the_article_cuts_nothing() {
    let halves = (PARAGRAPHS[..3].join("\n\n"), PARAGRAPHS[3..].join("\n\n"));
    let found = dump(&format!("Families wait for years\n\n{}\n\nRelated topics\n\n{}", halves.0, halves.1));
    assert_eq!(count(&found, Role::Body), 6);
}

#[test]
fn pages_without_an_article() {
    for (text, code) in [
        ("Page not found\n\nSorry, the page you requested does not exist.\nHome\nNews", "no_body"),
        (
            "County loses case\n\nThe county has lost its case, a judge said.\n\nAlready a subscriber? Log in",
            "paywall",
        ),
        (
            "We value your privacy\n\nThe partners named below store personal data such as your address.\n\n\
             You can change your choices at any time by going to the foot of the page and to the privacy centre.",
            "no_body",
        ),
        ("Home\nNews\nSport\nWeather", "no_body"),
        ("We use cookies to improve your visit.\nAccept all\nReject all", "no_body"),
        ("", "no_body"),
    ] {
        let found = dump(text);
        assert!(found.blocks.iter().all(|block| !block.role.is_counted()), "{text}");
        assert!(has_warning(&found, code), "{text}: {:?}", found.warnings);
    }
}

#[test]
fn an_exported_text_is_kept() {
    let found = article(Body::Prose(format!("{}\nSign up to our newsletter", PARAGRAPHS.join("\n"))));
    assert_eq!((count(&found, Role::Body), count(&found, Role::Furniture)), (6, 1));
}

#[test]
fn a_web_page() {
    let paragraphs: String = PARAGRAPHS.iter().map(|text| format!("<p>{text}</p>")).collect();
    let page = format!(
        "<!doctype html><html><head><title>Families wait for years</title></head><body><nav><a href=/>Home</a></nav>\
         <article><h1>Families wait for years</h1><time datetime=2023-05-16>16 May 2023</time>{paragraphs}\
         <p>The report asks for:</p><ul><li>More caseworkers in every town</li><li>A clear plan for all schools</li></ul>\
         </article><footer>All rights reserved</footer></body></html>"
    );
    let found = article(Body::Html(page));
    assert_eq!((count(&found, Role::Headline), count(&found, Role::ListItem)), (1, 2));
    assert_eq!(count(&found, Role::Body), 7);
    assert_eq!(found.fields.title.as_deref(), Some("Families wait for years"));
    assert!(found.blocks.iter().all(|block| block.source.is_none()));
}

#[test]
fn a_fragment_of_html() {
    let found = article(Body::Html(PARAGRAPHS.map(|text| format!("<p>{text}</p>")).concat()));
    assert_eq!(roles_of(&found), [Role::Body; 6]);
}

#[test]
fn deep_pages_are_read_as_text() {
    let deep = format!("<html><body>{}{}", "<div>".repeat(3_000), story().replace("\n\n", "<br>"));
    let found = article(Body::Html(deep));
    assert!(has_warning(&found, "text_fallback"));
    assert!(count(&found, Role::Body) >= 5);
}

#[test]
fn pages_below_the_limit_fit_the_stack() {
    // Tests run on threads of 2 MiB, as the workers of a run do.
    let nested = format!("<html><body>{}<p>{}", "<div>".repeat(990), PARAGRAPHS.join("<p>"));
    let found = article(Body::Html(nested));
    assert!(!has_warning(&found, "text_fallback"));
    assert!(count(&found, Role::Body) >= 5);
}

#[test]
fn a_markdown_article() {
    let found = article(Body::Markdown(format!(
        "# Families wait for years\n\n{}\n\n## What is next\n\nThe *county* must reply by June, the report says, or lose control of its schools.",
        story()
    )));
    assert_eq!(
        (count(&found, Role::Headline), count(&found, Role::Subhead), count(&found, Role::Body)),
        (1, 1, 7)
    );
}

/// Blocks lie on boundaries, in order, one line feed apart, and lead-ins stand before their items.
fn assert_tiled(article: &Article, source: &str) {
    let mut end = 0;
    for (index, block) in article.blocks.iter().enumerate() {
        assert_eq!(block.span.start, if index == 0 { 0 } else { end + 1 });
        assert!(!block.span.is_empty() && !article.text_of(block).contains('\n'));
        end = block.span.end;
        if let Some(span) = block.source {
            assert!(!span.of(source).is_empty());
        }
        if let Some(lead_in) = block.lead_in {
            assert!(lead_in < index && article.blocks[lead_in].role.is_counted());
        }
    }
    assert_eq!(end, article.text.len());
}

/// Lines as dumps have them, in any order.
fn any_dump() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        prop::sample::select(PARAGRAPHS.to_vec()).prop_map(str::to_owned),
        prop::sample::select(vec![
            "",
            "Related topics",
            "Image caption,",
            "It also found:",
            "• Long waits",
            "- Published16 May 2023",
            "Schools Minister Nadia",
            "Hollis ordered the county to act.",
            "Share",
            "Comments (3)",
            "By Ada Bell",
            "HallImage source, Some Agency",
            "19 May 2022, 18:44",
            "Analysis",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,60}",
        any::<String>(),
    ];
    prop::collection::vec(line, 0..40).prop_map(|lines| lines.join("\n"))
}

/// The characters that must not be lost.
fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric() && !c.is_whitespace() && !crate::plain::is_unprintable(*c))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn blocks_tile_the_text(text in any_dump()) {
        assert_tiled(&dump(&text), &text);
        assert_tiled(&article(Body::Prose(text.clone())), &text);
        assert_tiled(&article(Body::Markdown(text.clone())), &text);
    }

    #[test]
    fn nothing_is_lost(text in any_dump()) {
        prop_assert_eq!(letters(&dump(&text).text), letters(&text));
        prop_assert_eq!(letters(&article(Body::Prose(text.clone())).text), letters(&text));
    }

    #[test]
    fn any_html_is_cleaned(html in "(<(/?(p|div|h1|li|ul|b|html|script|time|table|tr|td)|!--)( [a-z]{1,4}=['\"]?)?>?|[a-z .&;<>]{0,12}|\\PC){0,60}") {
        assert_tiled(&article(Body::Html(html.clone())), &html);
        assert_tiled(&article(Body::Html(format!("<html>{html}"))), &html);
    }
}
