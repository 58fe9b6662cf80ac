//! Figures: a chart, what it says, the table behind it, and ways to save both.

use maud::{Markup, html};

use super::chart;
use super::contents::{Cell, Contents};
use super::wording;

/// Themes over time.
pub(super) fn over_time(contents: &Contents<'_>, quality: impl Fn(&str) -> Markup) -> Markup {
    let record = contents.record;
    let top = chart::highest_share(contents);
    html! {
        section aria-labelledby="themes" {
            h2 id="themes" { "Themes over time" }
            p class="note" {
                "Share of all passages about SEND per " (contents.period.as_str()) ". All panels have the same axes. "
                @if contents.is_coarser() {
                    "The tables hold every " (record.period().as_str()) ", which are too many to draw. "
                }
                "Each point is a " (contents.period.as_str()) ", the larger the more passages the share is of: "
                span class="sample-of" { (sample_point("dot")) "complete" } ", "
                span class="sample-of" { (sample_point("dot open")) "incomplete" } ", because the corpus does not cover all its days. No point: no passage, which is not a share of 0. "
                @match chart::window(contents) {
                    0 => "The line joins the points. ",
                    window => {
                        "The line is the share among the passages of " (2 * window + 1) " " (contents.period.as_str()) "s taken together, the point’s own in the middle. "
                    }
                }
            }
            fieldset class="measure js-only" {
                legend { "Show" }
                label { input type="radio" name="measure" value="share" checked; " shares" }
                label { input type="radio" name="measure" value="counts"; " counts" }
                p id="basis" aria-live="polite" {}
            }
            div class="panels" {
                @for (index, theme) in record.codebook.themes.iter().enumerate() {
                    figure class={ "chart " (chart::colour_class(index)) } data-theme=(theme) {
                        figcaption {
                            h3 { (wording::theme(theme)) }
                            @if let Some(definition) = record.codebook.definitions.get(theme) {
                                p class="definition" { (wording::cut(definition, 400)) }
                            }
                            (quality(theme))
                        }
                        (readout())
                        (chart::theme(contents, index, top))
                        (tools(&wording::theme(theme), &theme_table(contents, index)))
                    }
                }
            }
        }
    }
}

/// A point as it stands in a chart, for the legend.
fn sample_point(class: &str) -> Markup {
    html! {
        svg class="sample" viewBox="0 0 10 10" aria-hidden="true" {
            circle class=(class) cx="5" cy="5" r="3.4" stroke="#4d5560"
                fill=(if class == "dot" { "#4d5560" } else { "#fff" }) {}
        }
    }
}

/// The line that says what is under the pointer or has the focus.
fn readout() -> Markup {
    html! { p class="readout js-only" { "\u{a0}" } }
}

/// The table behind a chart, and links to save chart and table.
fn tools(name: &str, table: &Markup) -> Markup {
    html! {
        div class="tools" {
            details {
                summary { "Table" }
                // A table without links could not be scrolled by keys otherwise.
                div class="scroll" tabindex="0" role="region" aria-label=(format!("Table: {name}")) { (table) }
            }
            a class="save-svg js-only" href="#" role="button" { "Save SVG" }
            a class="save-csv js-only" href="#" role="button" { "Save CSV" }
        }
    }
}

/// The part of the fragment that leads to the passages of a period.
fn link(contents: &Contents<'_>, index: usize, before: &str) -> String {
    let slot = &contents.slots[index];
    format!("#{before}from={}&to={}&undated=no", slot.start, slot.last)
}

fn period(contents: &Contents<'_>, index: usize) -> String {
    wording::period(contents.period, contents.slots[index].start)
}

fn yes(is_complete: bool) -> &'static str {
    if is_complete { "yes" } else { "no" }
}

fn number(link: &str, count: u64) -> Markup {
    html! { td { @if count > 0 { a href=(link) { (wording::count(count)) } } @else { "0" } } }
}

fn theme_table(contents: &Contents<'_>, theme: usize) -> Markup {
    let name = &contents.record.codebook.themes[theme];
    let series = &contents.themes[theme];
    let row = |cell: &Cell, all: &Cell, link: &str| {
        html! {
            (number(link, cell.passages))
            td { (wording::count(all.passages)) }
            td { (wording::percent(cell.passages, all.passages)) }
            td { (wording::count(cell.articles)) }
            td { (wording::count(all.articles)) }
        }
    };
    html! {
        table {
            caption { (wording::theme(name)) " per " (contents.period.as_str()) }
            thead { tr { @for column in ["period", "passages", "of", "share", "articles", "of", "complete"] { th scope="col" { (column) } } } }
            tbody {
                @for (index, (cell, all)) in series.cells.iter().zip(&contents.all.cells).enumerate() {
                    tr {
                        th scope="row" { (period(contents, index)) }
                        (row(cell, all, &link(contents, index, &format!("theme={name}&"))))
                        td { (yes(contents.slots[index].is_complete)) }
                    }
                }
                tr {
                    th scope="row" { "undated" }
                    (row(&series.undated, &contents.all.undated, &format!("#theme={name}&undated=only")))
                    td {}
                }
            }
        }
    }
}

/// Which passages a figure counts; the script says "matching the filter" there.
fn what() -> Markup {
    html! { span class="what" { "about SEND" } }
}

/// How many passages there are, and in what tone.
pub(super) fn coverage_and_tone(contents: &Contents<'_>) -> Markup {
    let rows = || contents.all.cells.iter().enumerate();
    let undated = &contents.all.undated;
    let heads =
        |columns: &[&str]| html! { thead { tr { @for column in columns { th scope="col" { (column) } } } } };
    let tone = |cell: &Cell, link: &str| {
        html! {
            @for (index, name) in ["negative", "neutral", "positive"].into_iter().enumerate() {
                (number(&format!("{link}&sentiment={name}"), cell.by_sentiment[index]))
            }
            td { (wording::count(cell.passages)) }
        }
    };
    let coverage = html! {
        table {
            caption { "Passages " (what()) " per " (contents.period.as_str()) }
            (heads(&["period", "passages", "articles", "complete"]))
            tbody {
                @for (index, all) in rows() {
                    tr {
                        th scope="row" { (period(contents, index)) }
                        (number(&link(contents, index, ""), all.passages))
                        td { (wording::count(all.articles)) }
                        td { (yes(contents.slots[index].is_complete)) }
                    }
                }
                tr { th scope="row" { "undated" } (number("#undated=only", undated.passages)) td { (wording::count(undated.articles)) } td {} }
            }
        }
    };
    let sentiment = html! {
        table {
            caption { "Sentiment of passages " (what()) " per " (contents.period.as_str()) }
            (heads(&["period", "negative", "neutral", "positive", "of", "complete"]))
            tbody {
                @for (index, all) in rows() {
                    tr {
                        th scope="row" { (period(contents, index)) }
                        (tone(all, &link(contents, index, "")))
                        td { (yes(contents.slots[index].is_complete)) }
                    }
                }
                tr { th scope="row" { "undated" } (tone(undated, "#undated=only")) td {} }
            }
        }
    };
    html! {
        section aria-labelledby="volume" {
            h2 id="volume" { "How much, and in what tone" }
            div class="panels" {
                figure class="chart" data-chart="coverage" {
                    figcaption {
                        h3 { "Passages " (what()) }
                        p class="definition unfiltered" { "What the shares above are shares of." }
                    }
                    (readout())
                    (chart::coverage(contents))
                    (tools("passages", &coverage))
                }
                figure class="chart" data-chart="sentiment" {
                    figcaption {
                        h3 { "Sentiment" }
                        p class="definition" { "Share of passages " (what()) " that are positive or negative as a whole; the rest is neutral." }
                    }
                    (readout())
                    (chart::sentiment(contents))
                    (tools("sentiment", &sentiment))
                }
            }
        }
    }
}

/// Passages per outlet.
pub(super) fn outlets(contents: &Contents<'_>) -> Markup {
    let table = html! {
        table {
            caption { "Passages " (what()) " per outlet, the undated included" }
            thead { tr { @for column in ["outlet", "passages", "articles", "negative", "neutral", "positive"] { th scope="col" { (column) } } } }
            tbody {
                @for (index, outlet) in contents.outlets.iter().enumerate().take(TABLE_OUTLETS) {
                    tr {
                        th scope="row" { bdi { (outlet.name.as_deref().unwrap_or("(unknown)")) } }
                        td { a href="#" data-outlet=(index) { (wording::count(outlet.cell.passages)) } }
                        td { (wording::count(outlet.cell.articles)) }
                        @for part in outlet.cell.by_sentiment { td { (wording::count(part)) } }
                    }
                }
            }
        }
    };
    let hidden = contents.outlets.len().saturating_sub(chart::OUTLETS);
    html! {
        figure class="chart" data-chart="outlets" {
            figcaption {
                h3 { "Outlets" }
                p class="definition" {
                    "Passages " (what()) ", the undated included."
                    @if hidden > 0 { " " (wording::counted(hidden as u64, "more outlet")) " with fewer passages in the table." }
                }
            }
            (readout())
            (chart::outlets(contents))
            (tools("outlets", &table))
        }
    }
}

/// Outlets in the table behind the chart.
const TABLE_OUTLETS: usize = 1_000;

/// Passages without a usable date, by theme: they stand in no chart over time.
pub(super) fn undated(contents: &Contents<'_>, articles: usize) -> Markup {
    let themes = &contents.record.codebook.themes;
    let undated = &contents.all.undated;
    html! {
        figure class="undated" {
            figcaption {
                h3 { "Undated" }
                p class="definition" {
                    @if undated.passages == 0 {
                        "Every passage about SEND has a date that can be used."
                    } @else {
                        (wording::counted(undated.passages, "passage")) " about SEND in " (wording::counted(undated.articles, "article"))
                        " have no date that can be used, and stand in no chart over time. They count in every total."
                    }
                }
            }
            @if undated.passages > 0 {
                table {
                    thead { tr { th scope="col" { "Theme" } th scope="col" class="number" { "Undated passages" } th scope="col" class="number" { "Share" } } }
                    tbody {
                        @for (index, theme) in themes.iter().enumerate() {
                            @let cell = &contents.themes[index].undated;
                            tr {
                                th scope="row" class=(chart::colour_class(index)) { span class="key" {} (wording::theme(theme)) }
                                td class="number" { a href=(format!("#theme={theme}&undated=only")) { (wording::count(cell.passages)) } }
                                td class="number" { (wording::percent(cell.passages, undated.passages)) }
                            }
                        }
                        tr class="sum" {
                            th scope="row" { "All about SEND" }
                            td class="number" { a href="#undated=only" { (wording::count(undated.passages)) } }
                            td {}
                        }
                    }
                }
                p class="note" { (wording::counted(articles as u64, "article")) " in all, off-topic ones included; listed below." }
            }
        }
    }
}
