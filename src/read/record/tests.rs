use serde_json::json;

use super::*;
use crate::read::mapping::parse_mapping;

fn read_with(value: Value, mapping: &str) -> Result<RawArticle, Refusal> {
    let Value::Object(record) = value else { panic!("an object") };
    let mapping = parse_mapping(mapping).expect("a mapping");
    article(record, "a.json!1".into(), Format::Json, "utf-8", &mapping)
}

fn read(value: Value) -> RawArticle {
    read_with(value, "").expect("an article")
}

fn dates(article: &RawArticle) -> Vec<(DateSource, &str)> {
    article.fields.dates.iter().map(|date| (date.source, date.text.as_str())).collect()
}

#[test]
fn guardian() {
    let article = read(json!({
        "id": "education/2024/mar/05/support",
        "webPublicationDate": "2024-03-05T06:00:12Z",
        "webTitle": "Support falls short, report says",
        "webUrl": "https://www.guardian.example/education/2024/mar/05/support",
        "fields": {
            "byline": "Jane Doe and John Roe",
            "body": "<p>First.</p><p>Second.</p>",
            "bodyText": "First. Second.",
            "lastModified": "2024-03-06T09:00:00Z"
        }
    }));
    assert_eq!(article.body, Body::Html("<p>First.</p><p>Second.</p>".into()));
    assert_eq!(article.fields.title.as_deref(), Some("Support falls short, report says"));
    assert_eq!(article.fields.authors, ["Jane Doe", "John Roe"]);
    assert_eq!(article.fields.outlet.as_deref(), Some("guardian.example"));
    assert_eq!(
        dates(&article),
        [(DateSource::Field, "2024-03-05T06:00:12Z"), (DateSource::Modified, "2024-03-06T09:00:00Z")]
    );
}

#[test]
fn news_api_previews_are_flagged() {
    let article = read(json!({
        "source": {"id": null, "name": "The Paper"},
        "author": "Jane Doe",
        "title": "Support",
        "description": "Short.",
        "url": "https://paper.example/a",
        "publishedAt": "2024-03-05T06:00:00Z",
        "content": "The council said it would act… [+1234 chars]"
    }));
    assert!(article.is_truncated);
    assert_eq!(article.body, Body::Prose("The council said it would act".into()));
    assert_eq!(article.warnings[0].code, "truncated");
    assert_eq!(article.fields.outlet.as_deref(), Some("The Paper"));
    assert!(!read(json!({"content": "A list [+ 3 chars] inside. [+x chars]"})).is_truncated);
}

#[test]
fn news_please() {
    let article = read(json!({
        "maintext": "First.\nSecond.", "text": null, "title": "Support", "authors": ["Jane Doe"],
        "date_publish": "2024-03-05 06:00:00", "date_modify": "None", "date_download": "2024-04-01 00:00:00",
        "language": "en", "source_domain": "www.paper.example", "url": "https://www.paper.example/a"
    }));
    assert_eq!(article.body, Body::Prose("First.\nSecond.".into()));
    assert_eq!(article.fields.language.as_deref(), Some("en"));
    assert_eq!(
        dates(&article),
        [(DateSource::Field, "2024-03-05 06:00:00"), (DateSource::Captured, "2024-04-01 00:00:00")]
    );
}

#[test]
fn fundus() {
    let article = read(json!({
        "title": "Support", "authors": ["Jane Doe"], "publishing_date": "2024-03-05 06:00:00+00:00",
        "body": {
            "summary": ["In short."],
            "sections": [
                {"headline": [], "paragraphs": ["First.", "Second."]},
                {"headline": ["What next"], "paragraphs": ["Third."]}
            ]
        }
    }));
    assert_eq!(article.body.as_str(), "In short.\n\nFirst.\n\nSecond.\n\nWhat next\n\nThird.");
    assert_eq!(dates(&article), [(DateSource::Field, "2024-03-05 06:00:00+00:00")]);
}

#[test]
fn trafilatura_and_word_press() {
    let article = read(json!({
        "title": "Support", "author": "Jane Doe; John Roe", "hostname": "paper.example", "date": "2024-03-05",
        "text": "First.", "filedate": "2024-04-01", "source": "https://paper.example/a", "source-hostname": "The Paper"
    }));
    assert_eq!(article.fields.url.as_deref(), Some("https://paper.example/a"));
    assert_eq!(article.fields.outlet.as_deref(), Some("The Paper"));
    assert_eq!(article.fields.authors, ["Jane Doe", "John Roe"]);
    assert_eq!(dates(&article), [(DateSource::Field, "2024-03-05"), (DateSource::Captured, "2024-04-01")]);

    let article = read(json!({
        "date": "2024-03-05T06:00:00", "link": "https://paper.example/a",
        "title": {"rendered": "The council&#8217;s report"}, "content": {"rendered": "<p>First.</p>\n"}
    }));
    assert_eq!(article.fields.title.as_deref(), Some("The council’s report"));
    assert_eq!(article.body, Body::Html("<p>First.</p>\n".into()));
}

#[test]
fn columns_of_tables() {
    let article = read(json!({
        "Headline": "Support", "Full Text": "First &amp; second.", "Publication Date": 1709618400,
        "Media Name": "The Paper", "fields.byline": "By Jane Doe", "Lang": "English"
    }));
    assert_eq!(article.body, Body::Prose("First & second.".into()));
    assert_eq!(article.fields.authors, ["Jane Doe"]);
    assert_eq!(article.fields.language.as_deref(), Some("en"));
    assert_eq!(dates(&article), [(DateSource::Field, "1709618400")]);
}

#[test]
fn the_users_mapping_wins() {
    let record = json!({"text": "Wrong.", "meta": {"Story Text": "Right."}, "date": "2001-01-01", "day": "2024-03-05"});
    let article = read_with(record.clone(), "text=meta.story_text,date=day").expect("an article");
    assert_eq!(article.body, Body::Prose("Right.".into()));
    assert_eq!(dates(&article), [(DateSource::Field, "2024-03-05")]);
    let refusal = read_with(record, "text=missing").expect_err("no text");
    assert_eq!(refusal.detail, "no text under `missing`; keys: text, meta, date, day");
}

#[test]
fn records_without_text_name_their_keys() {
    for value in [json!({"text": " \n", "body": 7, "n": 1}), json!({"content": {"a": []}}), json!({})] {
        assert_eq!(read_with(value, "").expect_err("no text").reason, "no_text");
    }
    let escaped = read(json!({"text": "&lt;p&gt;First.&lt;/p&gt;"}));
    assert_eq!(escaped.body, Body::Html("<p>First.</p>".into()));
}

#[test]
fn hosts_and_languages() {
    assert_eq!(host("https://www.paper.example:80/a?b"), Some("paper.example"));
    assert_eq!(host("paper"), None);
    for (text, is) in
        [("paper.example/a", true), ("HTTPS://x", true), ("paper.example", false), ("N/A", false)]
    {
        assert_eq!(is_address(text), is, "{text}");
    }
    for (name, code) in [("en-GB", Some("en")), ("English", Some("en")), ("cym", Some("cy")), ("??", None)] {
        assert_eq!(language_code(name).as_deref(), code);
    }
}
