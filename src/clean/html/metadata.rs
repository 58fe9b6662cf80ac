//! What a page says about its article: title, address, outlet, authors, dates with the place they were found.
//!
//! *Takes* a parsed page. *Gives* [`Fields`], completed: what the source said before stays. *Fails* never: what
//! cannot be read is left out. *Cost*: one pass over the tree, and one over each JSON-LD block.
//!
//! Dates are handed on unparsed with their provenance; of JSON-LD only the object of the page's own article
//! counts, as pages describe other stories there too.

use ego_tree::iter::Edge;
use scraper::Node;
use scraper::node::Element;
use serde_json::Value;

use crate::article::{DateField, DateSource, Fields};

/// Names of `meta` elements that hold the day of publication; sorted, lower case.
const PUBLISHED: [&str; 22] = [
    "article.published",
    "article:published",
    "article:published_time",
    "cxenseparse:recs:publishtime",
    "date",
    "datepublished",
    "dc.date",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.date",
    "dcterms.issued",
    "og:article:published_time",
    "og:published_time",
    "originalpublicationdate",
    "parsely-pub-date",
    "pubdate",
    "publication_date",
    "publish-date",
    "publish_date",
    "published_time",
    "rnews:datepublished",
    "sailthru.date",
];
/// Names of `meta` elements that hold the day of a change; sorted, lower case.
const MODIFIED: [&str; 8] = [
    "article:modified_time",
    "datemodified",
    "dc.date.modified",
    "dcterms.modified",
    "last-modified",
    "lastmod",
    "og:article:modified_time",
    "og:updated_time",
];
/// Paragraphs behind the main heading within which a `time` element belongs to the head of the article.
const HEAD_PARAGRAPHS: usize = 2;

/// Most dates and most authors that are taken from a page; each is compared with all others.
const MOST_NAMED: usize = 100;

/// What one pass over the tree finds.
#[derive(Default)]
struct Head {
    og_title: Option<String>,
    title: Option<String>,
    h1: Option<String>,
    canonical: Option<String>,
    site: Option<String>,
    language: Option<String>,
    authors: Vec<String>,
    dates: Vec<DateField>,
    times: Vec<DateField>,
    json: Vec<String>,
}

/// Completes `fields` by what `page` says.
pub fn read(page: &scraper::Html, fields: &mut Fields) {
    let mut head = walk(page);
    let title = head.og_title.take().or(head.h1.take()).or_else(|| head.title.take().map(without_site));
    if fields.url.is_none() {
        fields.url = head.canonical.take();
    }
    let articles: Vec<Value> = head.json.iter().flat_map(|text| articles_of(text)).collect();
    if let Some(article) = own_article(&articles, title.as_deref(), fields.url.as_deref()) {
        read_article(article, &mut head);
    }
    if fields.title.is_none() {
        fields.title = title;
    }
    if fields.outlet.is_none() {
        let host = fields.url.as_deref().and_then(host_of);
        fields.outlet = head.site.take().or(host);
    }
    if fields.authors.is_empty() {
        fields.authors = head.authors;
    }
    if fields.language.is_none() {
        fields.language = head.language;
    }
    head.dates.append(&mut head.times);
    for date in head.dates {
        if !fields.dates.contains(&date) {
            fields.dates.push(date);
        }
    }
}

/// One pass over the tree.
fn walk(page: &scraper::Html) -> Head {
    let mut head = Head::default();
    let mut beside = 0_usize;
    let mut paragraphs = None;
    for edge in page.tree.root().traverse() {
        let (node, is_open) = match edge {
            Edge::Open(node) => (node, true),
            Edge::Close(node) => (node, false),
        };
        let Node::Element(element) = node.value() else { continue };
        if matches!(element.name(), "nav" | "aside" | "footer") {
            beside = if is_open { beside + 1 } else { beside - 1 };
        }
        if !is_open {
            continue;
        }
        match element.name() {
            "html" => {
                let code = element.attr("lang").unwrap_or_default().get(..2).map(str::to_ascii_lowercase);
                head.language = code.filter(|code| code.bytes().all(|byte| byte.is_ascii_lowercase()));
            }
            "meta" => read_meta(element, &mut head),
            "link" if element.attr("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical")) => {
                head.canonical = element.attr("href").filter(|url| host_of(url).is_some()).map(str::to_owned);
            }
            "title" if head.title.is_none() && beside == 0 => head.title = text_of(node),
            "h1" if beside == 0 => {
                if head.h1.is_none() {
                    head.h1 = text_of(node);
                }
                paragraphs.get_or_insert(0);
            }
            "p" => {
                if let Some(count) = &mut paragraphs {
                    *count += 1;
                }
            }
            "time" => {
                let near = beside == 0 && paragraphs.is_some_and(|count| count <= HEAD_PARAGRAPHS);
                if head.times.len() < MOST_NAMED {
                    head.times.extend(read_time(element, text_of(node), near));
                }
            }
            "script"
                if element
                    .attr("type")
                    .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/ld+json")) =>
            {
                head.json.extend(text_of(node));
            }
            _ => {}
        }
    }
    // One publication time: the first in the head of the article; pages repeat it.
    let mut has_time = false;
    head.times.retain(|time| time.source != DateSource::Time || !std::mem::replace(&mut has_time, true));
    head
}

/// Text of an element, white space as single spaces; `None` if there is none.
fn text_of(node: ego_tree::NodeRef<'_, Node>) -> Option<String> {
    let mut text = String::new();
    for child in node.descendants() {
        if let Node::Text(piece) = child.value() {
            text.push_str(piece);
        }
    }
    clean_text(&text)
}

/// A value as it can be stored: normalised, `None` if empty.
fn clean_text(text: &str) -> Option<String> {
    let mut clean = String::with_capacity(text.len());
    crate::clean::lines::normalise(text, &mut clean);
    (!clean.is_empty()).then_some(clean)
}

fn read_meta(element: &Element, head: &mut Head) {
    let name = ["property", "name", "itemprop", "http-equiv"].into_iter().find_map(|key| element.attr(key));
    let Some(content) = element.attr("content").and_then(clean_text) else { return };
    let name = name.unwrap_or_default().trim().to_ascii_lowercase();
    let has_room = head.dates.len() < MOST_NAMED;
    match name.as_str() {
        "og:title" => head.og_title = Some(content),
        "og:site_name" => head.site = Some(content),
        "og:url" if head.canonical.is_none() && host_of(&content).is_some() => head.canonical = Some(content),
        // Some sites give the address of the author's page here.
        "author" | "article:author" | "dc.creator" | "parsely-author" | "sailthru.author"
            if head.authors.len() < MOST_NAMED
                && host_of(&content).is_none()
                && !head.authors.contains(&content) =>
        {
            head.authors.push(content);
        }
        name if has_room && PUBLISHED.binary_search(&name).is_ok() => {
            head.dates.push(DateField { source: DateSource::Meta, text: content });
        }
        name if has_room && MODIFIED.binary_search(&name).is_ok() => {
            head.dates.push(DateField { source: DateSource::Modified, text: content });
        }
        _ => {}
    }
}

/// A `time` element as a clue; of those outside the head of the article only what is marked as the article's.
fn read_time(element: &Element, text: Option<String>, near: bool) -> Option<DateField> {
    let text = element.attr("datetime").and_then(clean_text).or(text)?;
    let marks =
        ["itemprop", "class", "id"].map(|key| element.attr(key).unwrap_or_default().to_ascii_lowercase());
    let has = |word: &str| marks.iter().any(|mark| mark.contains(word));
    let source = if has("modified") || has("updated") {
        DateSource::Modified
    } else if near || has("datepublished") || element.attr("pubdate").is_some() {
        DateSource::Time
    } else {
        return None;
    };
    Some(DateField { source, text })
}

/// Host of an absolute web address.
fn host_of(url: &str) -> Option<String> {
    let rest = url.trim().strip_prefix("https://").or_else(|| url.trim().strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#', ':']).next()?;
    (!host.is_empty()).then(|| host.trim_start_matches("www.").to_ascii_lowercase())
}

/// A page title without the site's name behind a bar or dash.
fn without_site(title: String) -> String {
    let cut = [" | ", " - ", " – ", " — "].iter().filter_map(|mark| title.rfind(mark)).max();
    match cut {
        // What stands behind the mark is a site's name only if it is shorter than the title.
        Some(at) if at * 2 > title.len() => title[..at].to_owned(),
        _ => title,
    }
}

/// The objects of a JSON-LD block that are articles, also inside lists and `@graph`.
fn articles_of(text: &str) -> Vec<Value> {
    // Raw line breaks inside strings are common and no JSON.
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = text.trim().trim_start_matches("<!--").trim_end_matches("-->").trim().trim_end_matches(';');
    let Ok(value) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(values) => open.extend(values.into_iter().rev()),
            Value::Object(mut object) => {
                for key in ["@graph", "mainEntity"] {
                    open.extend(object.remove(key));
                }
                if is_article(object.get("@type")) {
                    found.push(Value::Object(object));
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a JSON-LD type is a kind of article.
fn is_article(kind: Option<&Value>) -> bool {
    let is_kind = |value: &Value| {
        value.as_str().is_some_and(|kind| {
            let kind = kind.rsplit(['/', ':']).next().unwrap_or_default();
            kind.ends_with("Article") || matches!(kind, "BlogPosting" | "LiveBlogPosting" | "Report")
        })
    };
    match kind {
        Some(Value::Array(kinds)) => kinds.iter().any(is_kind),
        Some(kind) => is_kind(kind),
        None => false,
    }
}

/// The object of the page's own article: the one with its address or headline; the only one, if none has.
fn own_article<'v>(articles: &'v [Value], title: Option<&str>, url: Option<&str>) -> Option<&'v Value> {
    let address =
        |url: &str| url.trim().trim_end_matches('/').split(['?', '#']).next().unwrap_or_default().to_owned();
    let letters = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let has_url = |article: &&Value| {
        let page = &article["mainEntityOfPage"];
        let candidates = [&article["url"], &article["@id"], page, &page["@id"], &page["url"]];
        url.is_some_and(|url| {
            candidates.iter().any(|found| found.as_str().is_some_and(|it| address(it) == address(url)))
        })
    };
    let has_title = |article: &&Value| {
        let headline =
            article["headline"].as_str().or(article["name"].as_str()).map(letters).unwrap_or_default();
        title.is_some_and(|title| !headline.is_empty() && letters(title).starts_with(&headline))
    };
    articles.iter().find(has_url).or_else(|| articles.iter().find(has_title)).or(match articles {
        [only] => Some(only),
        _ => None,
    })
}

/// Takes dates, authors and outlet from the object of the article.
fn read_article(article: &Value, head: &mut Head) {
    for (key, source) in [("datePublished", DateSource::JsonLd), ("dateModified", DateSource::Modified)] {
        if let Some(text) = article[key].as_str().and_then(clean_text) {
            head.dates.insert(0, DateField { source, text });
        }
    }
    let mut authors = Vec::new();
    let listed = match &article["author"] {
        Value::Array(list) => list.iter().collect(),
        one => vec![one],
    };
    for author in listed.into_iter().take(MOST_NAMED) {
        let name = author.as_str().or(author["name"].as_str()).and_then(clean_text);
        authors.extend(name.filter(|name| host_of(name).is_none()));
    }
    if !authors.is_empty() {
        head.authors = authors;
    }
    if head.site.is_none() {
        head.site = article["publisher"]["name"].as_str().and_then(clean_text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(html: &str) -> Fields {
        let mut fields = Fields::default();
        read(&scraper::Html::parse_document(html), &mut fields);
        fields
    }

    fn dates(html: &str) -> Vec<(DateSource, String)> {
        fields(html).dates.into_iter().map(|date| (date.source, date.text)).collect()
    }

    #[test]
    fn what_is_taken_is_bounded() {
        let many: String = (0..5_000)
            .map(|n| format!("<meta name=date content=2021-{n}><meta name=author content=\"Writer {n}\">"))
            .collect();
        let fields = fields(&many);
        assert_eq!((fields.dates.len(), fields.authors.len()), (MOST_NAMED, MOST_NAMED));
    }

    #[test]
    fn lists_of_names_are_sorted() {
        assert!(PUBLISHED.is_sorted());
        assert!(MODIFIED.is_sorted());
    }

    #[test]
    fn the_head_is_read() {
        let found = fields(
            "<html lang=en-GB><head><title>County hires staff - Oakfield Post</title>\
             <link rel=canonical href='https://www.oakfield.example/news/1'>\
             <meta name=author content='Ada Bell'><meta property='article:author' content='https://x.example/ada'>\
             <meta property='article:published_time' content='2023-05-16T10:00:00Z'>\
             <meta property='article:modified_time' content='2023-05-17T10:00:00Z'></head><body>",
        );
        assert_eq!(found.title.as_deref(), Some("County hires staff"));
        assert_eq!(found.url.as_deref(), Some("https://www.oakfield.example/news/1"));
        assert_eq!(found.outlet.as_deref(), Some("oakfield.example"));
        assert_eq!(found.authors, ["Ada Bell"]);
        assert_eq!(found.language.as_deref(), Some("en"));
        let sources: Vec<DateSource> = found.dates.iter().map(|date| date.source).collect();
        assert_eq!(sources, [DateSource::Meta, DateSource::Modified]);
    }

    #[test]
    fn only_the_own_article_counts() {
        let html = r#"<title>Our story</title><script type="application/ld+json">
            {"@graph":[{"@type":"NewsArticle","headline":"Another story","datePublished":"2020-01-01"},
            {"@type":["NewsArticle"],"headline":"Our story","datePublished":"2023-05-16","author":[{"name":"Ada Bell"}],
             "publisher":{"name":"Oakfield Post"}}]}</script>"#;
        assert_eq!(dates(html), [(DateSource::JsonLd, "2023-05-16".to_owned())]);
        assert_eq!(fields(html).authors, ["Ada Bell"]);
        assert_eq!(fields(html).outlet.as_deref(), Some("Oakfield Post"));
        let neither = html.replace("Our story</title>", "Third</title>");
        assert!(dates(&neither).is_empty());
    }

    #[test]
    fn times_count_in_the_head_only() {
        let html = "<nav><time datetime=2019-01-01>x</time></nav><article><h1>Title</h1><time datetime=2023-05-16>\
            16 May</time><time class=updated datetime=2023-05-18></time><p>a<p>b<p>c<time datetime=2011-01-01>old</time>";
        let expected =
            [(DateSource::Time, "2023-05-16".to_owned()), (DateSource::Modified, "2023-05-18".to_owned())];
        assert_eq!(dates(html), expected);
    }

    #[test]
    fn broken_json_is_left_out() {
        assert!(
            dates("<script type='application/ld+json'>{\"@type\": \"NewsArticle\", </script>").is_empty()
        );
    }
}
