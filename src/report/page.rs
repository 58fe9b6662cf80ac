//! The page: what was read, the themes at a glance, charts with their tables, passages, and what was set aside.
//!
//! *Takes* [`Contents`] and what was selected and explained. *Gives* HTML. Whatever comes from an article goes through
//! the template, which escapes it, or through the JSON of the data block.

use jiff::civil::Date;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::json;

use super::chart;
use super::contents::{Cell, Contents};
use super::figures;
use super::listing;
use super::marks::{Explanations, FIRST_WORDS, PASSAGES};
use super::policy;
use super::selection::{Selection, escaped};
use super::wording;
use crate::config::ReportText;
use crate::error::Result;
use crate::plain;
use crate::tally::Period;

/// Precision below which the page warns: more than four labels in ten are wrong then.
const LOW_PRECISION: f64 = 0.6;

/// Outlets that can be chosen as a filter.
const OUTLET_CHOICES: usize = 400;

/// Undated articles that are listed.
const UNDATED: usize = 40;

/// Everything a page is made of.
pub(super) struct Page<'a> {
    pub(super) contents: &'a Contents<'a>,
    pub(super) selection: &'a Selection,
    pub(super) explanations: &'a Explanations,
    pub(super) text: ReportText,
    /// First and last day of each page beside the report.
    pub(super) pages: &'a [String],
}

impl Page<'_> {
    /// The page as HTML.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the text of a passage cannot be read.
    pub(super) fn render(&self) -> Result<String> {
        let contents = self.contents;
        let first = self.selection.first(contents, PASSAGES);
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy::of(&[policy::STYLE], &policy::SCRIPTS));
                    meta name="referrer" content="no-referrer";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="generator" content=(format!("sendlens {}", contents.record.sendlens));
                    title { "Coverage of SEND services: themes over time" }
                    style { (PreEscaped(policy::STYLE)) }
                }
                body {
                    a class="skip" href="#passages" { "To the passages" }
                    main {
                        (self.masthead())
                        (self.glance())
                        (self.filters())
                        (figures::over_time(contents, |theme| self.quality(theme)))
                        (figures::coverage_and_tone(contents))
                        (self.places())
                        (self.passages(&first)?)
                        (self.set_aside())
                    }
                    script type="application/json" id="data" { (PreEscaped(self.data(&first)?)) }
                    @for script in policy::SCRIPTS { script { (PreEscaped(script)) } }
                }
            }
        };
        Ok(markup.into_string())
    }

    /// One sentence on what was read, when, by what, and the headline number.
    fn masthead(&self) -> Markup {
        let record = self.contents.record;
        let counts = &record.counts;
        let all = record.totals.get("all").copied().unwrap_or_default();
        let any = record.totals.get("any").copied().unwrap_or_default();
        let range = self.range();
        html! {
            header class="masthead" {
                p class="kicker" { "Coverage of special educational needs and disabilities (SEND)" }
                h1 { "What the articles speak of, and when" }
                p class="lead" {
                    (wording::counted(counts.articles, "article")) " from " (wording::counted(counts.sources, "file"))
                    @if let Some((first, last)) = range { ", published between " (first) " and " (last) }
                    @if counts.articles_undated > 0 { " (" (wording::count(counts.articles_undated)) " undated)" }
                    ", read on " (date(&record.as_of)) " by sendlens " (record.sendlens)
                    " and labelled by " span class="model" { (plain::visible(&record.engine.name)) } ": "
                    strong { a href="#" data-clear="" { (wording::counted(all.passages, "passage")) } " about SEND" }
                    " in " (wording::counted(all.articles, "article")) ", of which "
                    strong { (wording::count(any.passages)) } " (" (wording::percent(any.passages, all.passages))
                    ") are about at least one theme."
                }
                @if let Some(labels) = &record.labels {
                    p { (wording::counted(labels.passages, "passage")) " carry labels by a person, which win over the model’s." }
                }
                @if !self.selection.is_whole() {
                    p class="notice" {
                        strong { "This page holds " (wording::count(self.selection.passages as u64)) " of "
                        (wording::count(self.selection.of as u64)) " passages" }
                        ": a random sample of whole articles. Charts and tables count all passages until a filter is set; from then "
                        "on they count the sample, and say so. Every passage stands in the " a href="#pages" { "pages beside this one" } "."
                    }
                }
            }
        }
    }

    fn range(&self) -> Option<(String, String)> {
        let filled = || {
            let pairs = self.contents.slots.iter().zip(&self.contents.all.cells);
            pairs.filter(|(_, cell)| cell.passages > 0).map(|(slot, _)| slot.start)
        };
        let name = |date| match self.contents.period {
            Period::Day | Period::Week => wording::period(Period::Day, date),
            period => wording::period(period, date),
        };
        Some((name(filled().min()?), name(filled().max()?)))
    }

    /// One row per theme: counts, shares, tone, and how far the model can be believed.
    fn glance(&self) -> Markup {
        let record = self.contents.record;
        let all = record.totals.get("all").copied().unwrap_or_default();
        html! {
            section class="glance" aria-labelledby="glance" {
                h2 id="glance" { "At a glance" }
                div class="scroll" {
                    table {
                        caption { "Passages about SEND by theme, over every date. Themes overlap: shares do not add up." }
                        thead {
                            tr {
                                th scope="col" { "Theme" }
                                th scope="col" class="number" { "Passages" }
                                th scope="col" class="number" { "Share" }
                                th scope="col" class="number" { "Articles" }
                                th scope="col" { "Negative, neutral, positive" }
                                th scope="col" class="number" { "Precision" }
                                th scope="col" class="number" { "Recall" }
                            }
                        }
                        tbody {
                            @for (index, theme) in record.codebook.themes.iter().enumerate() {
                                @let total = record.totals.get(theme).copied().unwrap_or_default();
                                @let measured = record.engine.measured.get(theme);
                                tr {
                                    th scope="row" class=(chart::colour_class(index)) { span class="key" {} (wording::theme(theme)) }
                                    td class="number" data-total=(theme) {
                                        a href=(format!("#theme={theme}")) { (wording::count(total.passages)) }
                                    }
                                    td class="number" { (wording::percent(total.passages, all.passages)) }
                                    td class="number" { (wording::count(total.articles)) }
                                    td { (chart::tone_bar(&cell(total))) }
                                    td class="number" { (measured.map_or_else(|| wording::NONE.to_owned(), |of| format!("{:.2}", of.precision))) }
                                    td class="number" { (measured.map_or_else(|| wording::NONE.to_owned(), |of| format!("{:.2}", of.recall))) }
                                }
                            }
                            tr class="sum" {
                                th scope="row" { "All about SEND" }
                                td class="number" data-total="all" { a href="#" data-clear="" { (wording::count(all.passages)) } }
                                td {}
                                td class="number" { (wording::count(all.articles)) }
                                td { (chart::tone_bar(&cell(all))) }
                                td {} td {}
                            }
                        }
                    }
                }
                p class="note" {
                    @if record.engine.measured.is_empty() {
                        "Precision and recall of this engine have not been measured: read the passages before you use a number."
                    } @else {
                        "Counts are the model’s and not corrected for its errors. Precision: of 100 passages given the theme, how many "
                        "deserve it; recall: of 100 that deserve it, how many were given it; both measured on labelled passages that the model had not learned from, not on these."
                    }
                }
            }
        }
    }

    /// Precision and recall of a theme in words, with a warning where they are low.
    fn quality(&self, theme: &str) -> Markup {
        let Some(measured) = self.contents.record.engine.measured.get(theme) else {
            return html! { p class="quality" { "Precision and recall not measured." } };
        };
        let wrong = ((1.0 - measured.precision) * 100.0).round();
        html! {
            p class="quality" {
                "Precision " (format!("{:.2}", measured.precision)) ", recall " (format!("{:.2}", measured.recall))
            }
            @if measured.precision < LOW_PRECISION {
                p class="warning" {
                    strong { "Do not publish these counts. " } "Of 100 passages given this theme, about " (wrong) " do not deserve it."
                }
            }
        }
    }

    fn filters(&self) -> Markup {
        let contents = self.contents;
        let themes = &contents.record.codebook.themes;
        let outlets = &contents.outlets[..contents.outlets.len().min(OUTLET_CHOICES)];
        html! {
            details class="filters js-only" {
                summary { span class="summary" { "Filter" } " " span id="state" aria-live="polite" { "nothing left out" } }
                form id="filters" {
                    fieldset {
                        legend { "Themes" }
                        table class="choices" {
                            thead { tr { th {} th scope="col" { "with" } th scope="col" { "without" } } }
                            tbody {
                                @for (index, theme) in themes.iter().enumerate() {
                                    @let name = wording::theme(theme);
                                    tr {
                                        th scope="row" class=(chart::colour_class(index)) { span class="key" {} (name) }
                                        td { input type="checkbox" name="theme" value=(theme) aria-label=(format!("with {name}")); }
                                        td { input type="checkbox" name="not" value=(theme) aria-label=(format!("without {name}")); }
                                    }
                                }
                            }
                        }
                        label { "Passages with " select name="match" {
                            option value="any" { "any of them" } option value="all" { "all of them" }
                        } }
                    }
                    fieldset {
                        legend { "Dates" }
                        label { "From " input type="date" name="from"; }
                        label { "To " input type="date" name="to"; }
                        label { "Undated " select name="undated" {
                            option value="" { "shown unless dates are set" } option value="no" { "left out" } option value="only" { "alone" }
                        } }
                        p class="hint" { "Or drag across a chart." }
                    }
                    fieldset {
                        legend { "Sentiment" }
                        @for sentiment in ["negative", "neutral", "positive"] {
                            label { input type="checkbox" name="sentiment" value=(sentiment); " " (sentiment) }
                        }
                        label { input type="checkbox" name="relevant" value="no"; " off-topic passages instead" }
                    }
                    fieldset class="outlets" {
                        legend { "Outlets" }
                        div class="options" {
                            @for outlet in outlets {
                                label {
                                    input type="checkbox" name="outlet" value=(plain::visible(outlet.raw.unwrap_or_default()));
                                    " " bdi { (outlet.name.as_deref().unwrap_or("(unknown)")) } " "
                                    span class="faint" { (wording::count(outlet.cell.passages)) }
                                }
                            }
                        }
                    }
                    fieldset {
                        legend { "Text" }
                        @if self.text == ReportText::None {
                            input type="search" name="text" aria-label="Text" disabled;
                            p class="hint" { "This report holds no text of articles; " code { "sendlens query --text" } " searches it." }
                        } @else {
                            input type="search" name="text" aria-label="Text the passage contains";
                            @if self.text == ReportText::Snippet {
                                p class="hint" { "Searches what is shown: the first " (self.selection.most.unwrap_or_default()) " characters or so of each passage." }
                            }
                        }
                        button type="button" id="reset" { "Clear all filters" }
                    }
                }
            }
        }
    }

    /// Outlets and undated articles.
    fn places(&self) -> Markup {
        let contents = self.contents;
        let undated: Vec<_> = contents
            .articles
            .iter()
            .filter(|article| !article.is_dated && article.is_counted && !article.passages.is_empty())
            .collect();
        html! {
            section aria-labelledby="where" {
                h2 id="where" { "Where it stood, and what has no date" }
                div class="panels" {
                    (figures::outlets(contents))
                    (figures::undated(contents, undated.len()))
                }
                @if !undated.is_empty() {
                    details class="undated-list" {
                        summary { "The " (wording::counted(undated.len() as u64, "undated article")) }
                        ul {
                            @for article in undated.iter().take(UNDATED) {
                                li {
                                    bdi { (article.title.as_deref().unwrap_or("(no headline)")) } ", "
                                    bdi { (contents.outlets[article.outlet].name.as_deref().unwrap_or("outlet not known")) }
                                    @match (article.not_before, article.not_after) {
                                        (Some(first), Some(last)) => { ", between " (first) " and " (last) }
                                        (Some(first), None) => { ", not before " (first) }
                                        (None, Some(last)) => { ", not after " (last) }
                                        (None, None) => {}
                                    }
                                    ". " span class="faint" { (listing::evidence(article)) }
                                }
                            }
                        }
                        @if undated.len() > UNDATED { p { "… and " (undated.len() - UNDATED) " more, in undated.csv." } }
                        p class="note" { "Fill in dates in undated.csv and run again with " code { "--metadata undated.csv" } "." }
                    }
                }
            }
        }
    }

    fn passages(&self, first: &[usize]) -> Result<Markup> {
        let contents = self.contents;
        let selection = self.selection;
        let explained = first
            .iter()
            .filter(|row| self.explanations.has(&contents.id_of(&contents.passages[**row])))
            .count();
        let rows = || selection.articles.iter().map(|index| &contents.articles[*index]);
        let about = |passages: std::ops::Range<usize>| {
            contents.passages[passages]
                .iter()
                .filter(|passage| passage.is_counted && passage.is_relevant)
                .count()
        };
        let passages: usize = rows().map(|article| about(article.passages.clone())).sum();
        let articles = rows().filter(|article| about(article.passages.clone()) > 0).count();
        Ok(html! {
            section class="reading" aria-labelledby="passages" {
                h2 id="passages" tabindex="-1" { "The passages" }
                p id="matches" aria-live="polite" data-passages=(passages) data-articles=(articles) {
                    strong { (wording::counted(passages as u64, "passage")) } " of " (wording::counted(articles as u64, "article"))
                    span class="no-js" { "; here are " (first.len()) " of them" }
                }
                p class="note" {
                    @match self.text {
                        ReportText::None => "The texts are left out of this report. ",
                        ReportText::Snippet => "Only the beginning of each passage is shown: the articles belong to their publishers. ",
                        ReportText::Full => {},
                    }
                    @if explained > 0 && self.text != ReportText::None {
                        "The first passages open the newest articles. In " (explained) " of them, " mark class="m2" { "marked words" } " are those among the first " (FIRST_WORDS) " without which the score of "
                        "the theme (or of the sentiment, where there is no theme) falls most; " code { "sendlens inspect --explain" } " marks them for any file."
                    }
                }
                p id="command" class="js-only" { "The same in a terminal: " code { "sendlens query OUT" } span class="unsaid" {} }
                div id="list" { @for row in first { (listing::passage(contents, *row, selection.most, self.explanations)?) } }
                button type="button" id="more" class="js-only" hidden { "Show 50 more" }
                @if !self.pages.is_empty() {
                    nav id="pages" aria-label="All passages by date" {
                        h3 { "Every passage, by date" }
                        ol {
                            @for (index, span) in self.pages.iter().enumerate() {
                                li { a href=(listing::page_name(index + 1)) { (span) } }
                            }
                        }
                    }
                }
            }
        })
    }

    /// What is in no chart, and why.
    fn set_aside(&self) -> Markup {
        let record = self.contents.record;
        let counts = &record.counts;
        let off_topic = record.totals.get("off_topic").map_or(0, |total| total.passages);
        let skipped: Vec<_> = self
            .contents
            .skipped
            .iter()
            .map(|(reason, count)| format!("{count} {}", reason.replace('_', " ")))
            .collect();
        let rows = [
            ("skipped", counts.skipped, "inputs could not be read", skipped.join(", ")),
            (
                "articles_other_language",
                counts.articles_other_language,
                "articles are not in English",
                String::new(),
            ),
            (
                "articles_truncated",
                counts.articles_truncated,
                "articles are cut short by their source",
                String::new(),
            ),
            ("articles_without_body", counts.articles_without_body, "articles have no body", String::new()),
            (
                "articles_outside",
                counts.articles_outside,
                "articles are dated outside the days asked for",
                String::new(),
            ),
            (
                "articles_undated",
                counts.articles_undated,
                "articles have no usable date; they count in totals, and in no chart over time",
                String::new(),
            ),
        ];
        html! {
            section class="aside" aria-labelledby="aside" {
                h2 id="aside" { "What was set aside" }
                table {
                    tbody {
                        tr {
                            td class="number" data-total="off_topic" { a href="#relevant=no" { (wording::count(off_topic)) } }
                            td { "passages are off topic"
                                @if !record.engine.has_relevance { ": this engine cannot tell, and counts every passage as about SEND" }
                            }
                        }
                        @for (name, count, what, detail) in rows {
                            tr {
                                td class="number" data-count=(name) { (wording::count(count)) }
                                td { (what) @if !detail.is_empty() { ": " (plain::visible(&detail)) } }
                            }
                        }
                    }
                }
                @if !record.notes.is_empty() {
                    h3 { "Notes of the run" }
                    ul { @for note in record.notes.iter().take(12) { li { bdi { (wording::cut(note, 400)) } } } }
                }
                p class="note" {
                    "skipped.csv and articles.parquet say which they are. A date is used from a confidence of 0.5 and if it is as fine as a "
                    (record.period().as_str()) ". Sentiment is that of a whole passage, not towards a theme."
                }
                p class="colophon" {
                    "sendlens " (record.sendlens) " · codebook " (plain::visible(&record.codebook.version)) " · model hash "
                    (record.engine.hash.chars().take(12).collect::<String>()) " · input hash "
                    (record.input_hash.chars().take(12).collect::<String>()) " · run.json has the settings and the hash of every file"
                }
            }
        }
    }

    /// What the script needs, as JSON that no text can break out of.
    fn data(&self, first: &[usize]) -> Result<String> {
        let contents = self.contents;
        let themes = &contents.record.codebook.themes;
        let row = |cell: &Cell| {
            let [negative, neutral, positive] = cell.by_sentiment;
            json!([cell.passages, cell.articles, negative, neutral, positive])
        };
        let series = |series: &super::contents::Series| json!({ "cells": series.cells.iter().map(row).collect::<Vec<_>>(), "undated": row(&series.undated) });
        let slots = contents.slots.iter().map(|slot| {
            json!([
                slot.start,
                slot.last,
                u8::from(slot.is_complete),
                wording::period(contents.period, slot.start)
            ])
        });
        let ids: Vec<_> = first.iter().map(|row| contents.id_of(&contents.passages[*row])).collect();
        let mut marks = serde_json::Map::new();
        for (row, id) in first.iter().zip(&ids).filter(|(_, id)| self.explanations.has(id)) {
            let Some(most) = self.selection.most else { break };
            let segments = self.explanations.segments(contents, *row, most)?;
            let segments = segments.iter().map(|segment| match &segment.mark {
                Some(mark) => json!([segment.text, mark.level, mark.theme, mark.says]),
                None => json!([segment.text]),
            });
            marks.insert(id.clone(), segments.collect());
        }
        let outlets = contents
            .outlets
            .iter()
            .map(|outlet| json!([outlet.raw.unwrap_or_default(), outlet.name, row(&outlet.cell)]));
        let data = json!({
            "themes": themes,
            "names": themes.iter().map(|theme| wording::theme(theme)).collect::<Vec<_>>(),
            "outlets": outlets.collect::<Vec<_>>(),
            "sources": wording::DATE_SOURCES.into_iter().map(|(code, words)| (code.to_owned(), words.into()))
                .collect::<serde_json::Map<_, _>>(),
            "period": contents.period.as_str(),
            "isCoarser": contents.is_coarser(),
            "slots": slots.collect::<Vec<_>>(),
            "all": series(&contents.all),
            "series": contents.themes.iter().map(series).collect::<Vec<_>>(),
            "chart": [chart::WIDTH, chart::HEIGHT, chart::LEFT, chart::RIGHT, chart::TOP, chart::BOTTOM],
            "radius": chart::RADIUS,
            "window": chart::window(contents),
            "bar": chart::BAR,
            "passages": self.selection.of,
            "held": self.selection.passages,
            "shown": self.text.as_str(),
            "first": ids,
            "marks": marks,
            "run": format!("sendlens {}, {}", contents.record.sendlens, plain::visible(&contents.record.engine.name)),
        });
        let head = escaped(&data.to_string());
        // The articles were escaped when they were measured.
        Ok(format!("{},\"articles\":{}}}", head.trim_end_matches('}'), self.selection.json))
    }
}

fn date(text: &str) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), |date| wording::period(Period::Day, date))
}

fn cell(total: crate::record::Total) -> Cell {
    Cell {
        passages: total.passages,
        articles: total.articles,
        by_sentiment: [total.negative, total.neutral, total.positive],
    }
}
