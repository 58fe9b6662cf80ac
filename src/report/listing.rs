//! Passages as the page shows them without a script, and the pages beside the report that hold what it cannot.

use maud::{Markup, html};

use super::chart::colour_class;
use super::contents::{Article, Contents, Passage};
use super::marks::{Explanations, Segment};
use super::policy;
use super::wording;
use crate::error::Result;
use crate::plain;
use crate::score::Sentiment;

/// Passages on a page beside the report.
pub(super) const PER_PAGE: usize = 2_000;

/// The passage in this row with all that is known of it. `most` characters of text are shown, if any.
///
/// # Errors
/// [`crate::Error::Io`] if a text cannot be read.
pub(super) fn passage(
    contents: &Contents<'_>,
    row: usize,
    most: Option<usize>,
    explanations: &Explanations,
) -> Result<Markup> {
    let passage = &contents.passages[row];
    let article = contents.article_of(passage);
    let [before, after] = contents.neighbours(row);
    Ok(html! {
        article class="passage" data-passage=(plain::visible(&contents.id_of(passage))) {
            (facts(contents, passage, article))
            h3 { bdi { (article.title.as_deref().unwrap_or("(no headline)")) } }
            @if let Some(most) = most {
                p class="text" { bdi { (segments(&explanations.segments(contents, row, most)?)) } }
            }
            details {
                summary { "Context, date and citation" }
                @for (place, neighbour) in [("before", before), ("after", after)] {
                    @if let (Some(neighbour), Some(most)) = (neighbour, most) {
                        p class="neighbour" { span class="where" { (place) } " " bdi { (wording::cut(&contents.text(neighbour)?, most)) } }
                    }
                }
                p class="evidence" { (evidence(article)) }
                p class="cite" { (citation(contents, passage, article)) }
            }
        }
    })
}

/// Day, outlet, themes and sentiment in a line.
fn facts(contents: &Contents<'_>, passage: &Passage, article: &Article<'_>) -> Markup {
    let outlet = contents.outlets[article.outlet].name.as_deref().unwrap_or("outlet not known");
    html! {
        p class="facts" {
            span class="when" { (when(article)) } " · " bdi { (outlet) }
            @for theme in &*passage.themes {
                " " span class={ "chip " (colour_class(*theme)) } { (wording::theme(&contents.record.codebook.themes[*theme])) }
            }
            @if let Some(sentiment) = passage.sentiment {
                " " span class={ "tone-word " (Sentiment::ALL[sentiment].as_str()) } { (Sentiment::ALL[sentiment].as_str()) }
            }
            @if passage.is_by_person { " " span class="chip person" { "labelled by a person" } }
        }
    }
}

fn when(article: &Article<'_>) -> String {
    match article.date {
        Some(date) if article.is_dated => wording::day(date, article.precision),
        Some(date) => format!("undated (perhaps {})", wording::day(date, article.precision)),
        None => "undated".to_owned(),
    }
}

/// How the date is known.
pub(super) fn evidence(article: &Article<'_>) -> Markup {
    let Some(date) = article.date else {
        return html! { "No date was found." };
    };
    html! {
        "Date: " (wording::day(date, article.precision)) ", known to the " (article.precision.as_str()) ", from "
        (wording::date_source(article.date_source.unwrap_or("an unknown place")))
        ", confidence " (format!("{:.2}", article.confidence))
        @if let Some(text) = &article.date_text { ", read from “" bdi { (text) } "”" }
        "."
    }
}

/// Outlet, headline, day, id and address.
fn citation(contents: &Contents<'_>, passage: &Passage, article: &Article<'_>) -> Markup {
    let outlet = contents.outlets[article.outlet].name.as_deref();
    html! {
        span class="citation" {
            @if let Some(outlet) = outlet { bdi { (outlet) } ", " }
            @if let Some(title) = &article.title { "“" bdi { (title) } "”, " }
            (when(article)) ", passage " bdi { (plain::visible(&contents.id_of(passage))) }
        }
        @if let Some(url) = article.url { " " a rel="noreferrer noopener" href=(url) { "Source" } }
    }
}

fn segments(segments: &[Segment]) -> Markup {
    html! {
        @for segment in segments {
            @match &segment.mark {
                Some(mark) => {
                    mark class={ "m" (mark.level) " " (mark.theme.map(colour_class).unwrap_or_default()) } title=(mark.says) {
                        (segment.text)
                    }
                }
                None => (segment.text),
            }
        }
    }
}

/// Rows of every counted passage, by day, the undated last.
pub(super) fn in_date_order(contents: &Contents<'_>) -> Vec<usize> {
    let mut rows: Vec<_> =
        (0..contents.passages.len()).filter(|row| contents.passages[*row].is_counted).collect();
    rows.sort_by_key(|row| {
        let date = contents.article_of(&contents.passages[*row]).date;
        (date.is_none(), date)
    });
    rows
}

/// Name of the page with this number, from 1.
pub(super) fn page_name(number: usize) -> String {
    format!("report-passages-{number:04}.html")
}

/// First and last day on a page.
pub(super) fn span(contents: &Contents<'_>, rows: &[usize]) -> String {
    let day = |row: &usize| {
        let date = contents.article_of(&contents.passages[*row]).date;
        date.map_or_else(|| "undated".to_owned(), |date| date.to_string())
    };
    match (rows.first().map(day), rows.last().map(day)) {
        (Some(first), Some(last)) if first == last => first,
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => String::new(),
    }
}

/// Page `number` of `pages`, a plain list.
///
/// # Errors
/// [`crate::Error::Io`] if a text cannot be read.
pub(super) fn page(
    contents: &Contents<'_>,
    rows: &[usize],
    number: usize,
    pages: usize,
    most: Option<usize>,
) -> Result<String> {
    let title = format!("Passages, page {number} of {pages}");
    let markup = html! {
        (maud::DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy::of(&[policy::STYLE], &[]));
                meta name="referrer" content="no-referrer";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – sendlens" }
                style { (maud::PreEscaped(policy::STYLE)) }
            }
            body class="list" {
                main {
                    h1 { (title) }
                    (turn(number, pages))
                    p { (span(contents, rows)) ". " a href="report.html" { "Back to the report" } }
                    @for row in rows { (item(contents, *row, most)?) }
                    (turn(number, pages))
                }
            }
        }
    };
    Ok(markup.into_string())
}

fn turn(number: usize, pages: usize) -> Markup {
    html! {
        nav aria-label="Pages" {
            @if number > 1 { a href=(page_name(number - 1)) { "← earlier" } }
            @if number < pages { " " a href=(page_name(number + 1)) { "later →" } }
        }
    }
}

fn item(contents: &Contents<'_>, row: usize, most: Option<usize>) -> Result<Markup> {
    let passage = &contents.passages[row];
    let article = contents.article_of(passage);
    Ok(html! {
        article class="passage" data-passage=(plain::visible(&contents.id_of(passage))) {
            (facts(contents, passage, article))
            @if !passage.is_relevant { p class="facts" { "off topic" } }
            @if let Some(most) = most { p class="text" { bdi { (wording::cut(&contents.text(row)?, most)) } } }
            p class="cite" { (citation(contents, passage, article)) }
        }
    })
}
