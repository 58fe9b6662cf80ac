//! The charts, drawn as SVG that needs no script: one panel per theme, coverage, tone, outlets.
//!
//! *Takes* [`Contents`]. *Gives* markup. All charts over time share one axis of periods, all themes one axis of shares.
//! Colours stand as attributes, so that a chart saved alone keeps them, and the style sheet of the page overrides them.
//!
//! - a period without passages is a gap, not a zero
//! - an incomplete period is hollow (`tests/it/report.rs`)

use maud::{Markup, html};

use super::contents::{Cell, Contents, Series};
use super::scale::{Bands, Line, number, path, ticks};
use super::wording;
use crate::tally::Period;

/// Size and margins of a chart over time, in units of its drawing. The script draws with the same.
pub(super) const WIDTH: f64 = 480.0;
pub(super) const HEIGHT: f64 = 200.0;
pub(super) const LEFT: f64 = 36.0;
pub(super) const RIGHT: f64 = 474.0;
pub(super) const TOP: f64 = 14.0;
pub(super) const BOTTOM: f64 = 172.0;

/// Radius of a point with no passages under it, and what the highest denominator adds. Area grows with the denominator.
pub(super) const RADIUS: [f64; 2] = [1.2, 3.2];

/// Below so many periods every one is a point of the line.
const FEW: usize = 12;

/// Room that a label of the time axis needs.
const LABEL: f64 = 52.0;

/// Colours by theme: Okabe & Ito (2008) where they reach a contrast of 3 on white, else Tol's "muted" (2021). The style
/// sheet has the same, and lighter ones for dark pages.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#008a63", "#aa4499", "#882255", "#6f6f00"];

/// Brown for negative and teal for positive, the ends of ColorBrewer's BrBG, which all kinds of colour vision tell apart.
pub(super) const TONES: [&str; 3] = ["#a6611a", "#8c8c8c", "#01796f"];

const GRID: &str = "#e2e0da";
const FAINT: &str = "#5f6368";
const COVERAGE: &str = "#4d5560";

/// Outlets that get a bar of their own.
pub(super) const OUTLETS: usize = 12;

/// Height of an outlet's row: its name above its bar.
const ROW: f64 = 38.0;

/// How far bars of outlets may reach; the count stands behind them.
pub(super) const BAR: f64 = 420.0;

/// The class of a theme's colour.
pub(super) fn colour_class(theme: usize) -> String {
    format!("t{}", theme % COLOURS.len())
}

/// The highest share of any theme in any period.
pub(super) fn highest_share(contents: &Contents<'_>) -> f64 {
    let shares = contents.themes.iter().flat_map(|theme| {
        theme
            .cells
            .iter()
            .zip(&contents.all.cells)
            .filter_map(|(cell, all)| share(cell.passages, all.passages))
    });
    shares.fold(0.0, f64::max)
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn bands(contents: &Contents<'_>) -> Bands {
    Bands { count: contents.slots.len(), left: LEFT, right: RIGHT }
}

/// Periods on either side of one that its line pools: a share of few passages jumps, and joining the jumps would show
/// nothing but them.
pub(super) fn window(contents: &Contents<'_>) -> usize {
    if contents.slots.len() < FEW {
        return 0;
    }
    match contents.period {
        Period::Day => 14,
        Period::Week => 4,
        Period::Month => 2,
        Period::Quarter => 1,
        Period::Year => 0,
    }
}

/// The share of a series among the passages of each period and `window` periods on either side, taken together; none
/// where these hold no passage.
fn pooled(series: &Series, all: &Series, window: usize) -> Vec<Option<f64>> {
    let sum = |cells: &[Cell]| cells.iter().map(|cell| cell.passages).sum::<u64>();
    let count = all.cells.len();
    (0..count)
        .map(|index| {
            let around = index.saturating_sub(window)..(index + window + 1).min(count);
            share(sum(&series.cells[around.clone()]), sum(&all.cells[around]))
        })
        .collect()
}

/// The labels of the time axis: the indices of the periods they stand under, with their texts.
pub(super) fn labels(contents: &Contents<'_>) -> Vec<(usize, String)> {
    let slots = &contents.slots;
    let room = ((RIGHT - LEFT) / LABEL).floor().max(1.0) as usize;
    let is_first_of_year = |index: &usize| {
        *index == 0 && slots[0].start.month() == 1
            || *index > 0 && slots[*index - 1].start.year() != slots[*index].start.year()
    };
    let years: Vec<_> = (0..slots.len()).filter(is_first_of_year).collect();
    if years.len() >= 3 || contents.period == Period::Year {
        let step = years.len().div_ceil(room).max(1);
        return years
            .into_iter()
            .step_by(step)
            .map(|index| (index, slots[index].start.year().to_string()))
            .collect();
    }
    let step = slots.len().div_ceil(room).max(1);
    (0..slots.len())
        .step_by(step)
        .map(|index| (index, wording::period_short(contents.period, slots[index].start)))
        .collect()
}

/// What a point of a theme says.
pub(super) fn words_of_share(contents: &Contents<'_>, index: usize, cell: &Cell, all: &Cell) -> String {
    let period = wording::period(contents.period, contents.slots[index].start);
    if all.passages == 0 {
        return format!("{period}: no passages");
    }
    format!(
        "{period}: {} of {} passages ({}), {} of {} articles{}",
        wording::count(cell.passages),
        wording::count(all.passages),
        wording::percent(cell.passages, all.passages),
        wording::count(cell.articles),
        wording::count(all.articles),
        incomplete(contents, index)
    )
}

fn incomplete(contents: &Contents<'_>, index: usize) -> &'static str {
    if contents.slots[index].is_complete { "" } else { "; incomplete period" }
}

/// A chart over time around its marks; `axis` has the values of the horizontal lines with their labels.
fn over_time(contents: &Contents<'_>, says: &str, axis: &[(f64, String)], marks: &Markup) -> Markup {
    let bands = bands(contents);
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="group" aria-label=(says)
            font-family="system-ui, sans-serif" font-size="11" {
            g class="y" {
                @for (y, label) in axis {
                    line class="grid" x1=(LEFT) x2=(RIGHT) y1=(number(*y)) y2=(number(*y)) stroke=(GRID) {}
                    text class="tick" x=(LEFT - 6.0) y=(number(*y + 3.5)) text-anchor="end" fill=(FAINT) { (label) }
                }
            }
            g class="x" {
                @for (index, label) in labels(contents) {
                    @let x = number(bands.centre(index));
                    line class="grid" x1=(x) x2=(x) y1=(BOTTOM) y2=(BOTTOM + 4.0) stroke=(FAINT) {}
                    text class="tick" x=(x) y=(BOTTOM + 17.0) text-anchor=(anchor(bands.centre(index))) fill=(FAINT) { (label) }
                }
            }
            (marks)
            rect class="brush" x="0" y=(TOP) width="0" height=(BOTTOM - TOP) fill="none" {}
        }
    }
}

/// A label near an end of the axis must not leave the drawing.
fn anchor(x: f64) -> &'static str {
    if x < LEFT + 12.0 {
        "start"
    } else if x > RIGHT - 12.0 {
        "end"
    } else {
        "middle"
    }
}

/// The group of one period: `mark` and the area that answers to pointer and keys.
fn point(contents: &Contents<'_>, index: usize, says: &str, mark: &Markup) -> Markup {
    let bands = bands(contents);
    html! {
        g class="point" data-period=(contents.slots[index].start) {
            rect class="hit" x=(number(bands.start(index))) y=(TOP) width=(number(bands.width()))
                height=(BOTTOM - TOP) fill="none" pointer-events="all" {}
            (mark)
            title { (says) }
        }
    }
}

/// Share of a theme over time; `top` is the highest value of the axis that all themes share.
pub(super) fn theme(contents: &Contents<'_>, theme: usize, top: f64) -> Markup {
    let series = &contents.themes[theme];
    let colour = COLOURS[theme % COLOURS.len()];
    let axis = ticks(top, 0.01);
    let line = Line { low: 0.0, high: axis[axis.len() - 1], from: BOTTOM, to: TOP };
    let bands = bands(contents);
    let most = contents.all.cells.iter().map(|cell| cell.passages).max().unwrap_or(0).max(1);
    let pairs = || series.cells.iter().zip(&contents.all.cells).enumerate();
    let pooled = pooled(series, &contents.all, window(contents));
    let pooled: Vec<_> =
        (0..pooled.len()).map(|index| Some((bands.centre(index), line.place(pooled[index]?)))).collect();
    let axis: Vec<_> =
        axis.into_iter().map(|value| (line.place(value), format!("{}%", number(value * 100.0)))).collect();
    let marks = html! {
        g class="points" {
            @for (index, (cell, all)) in pairs() {
                @let radius = RADIUS[0] + RADIUS[1] * (all.passages as f64 / most as f64).sqrt();
                (point(contents, index, &words_of_share(contents, index, cell, all), &html! {
                    @if let Some(share) = share(cell.passages, all.passages) {
                        circle class=(if contents.slots[index].is_complete { "dot" } else { "dot open" })
                            cx=(number(bands.centre(index))) cy=(number(line.place(share))) r=(number(radius))
                            stroke=(colour) fill=(if contents.slots[index].is_complete { colour } else { "#fff" }) {}
                    }
                }))
            }
        }
        path class="line" d=(path(&pooled)) fill="none" stroke=(colour) stroke-width="2.2" stroke-linejoin="round"
            stroke-linecap="round" pointer-events="none" {}
    };
    let name = wording::theme(&contents.record.codebook.themes[theme]);
    over_time(contents, &format!("{name}: share of passages per {}", contents.period.as_str()), &axis, &marks)
}

/// Passages about SEND over time: the denominators of every share.
pub(super) fn coverage(contents: &Contents<'_>) -> Markup {
    let most = contents.all.cells.iter().map(|cell| cell.passages).max().unwrap_or(0);
    let axis = ticks(most as f64, 1.0);
    let line = Line { low: 0.0, high: axis[axis.len() - 1], from: BOTTOM, to: TOP };
    let axis: Vec<_> =
        axis.into_iter().map(|value| (line.place(value), wording::count(value as u64))).collect();
    let marks = html! {
        g class="points" {
            @for (index, all) in contents.all.cells.iter().enumerate() {
                @let y = line.place(all.passages as f64);
                (point(contents, index, &words_of_coverage(contents, index, all), &html! {
                    @if all.passages > 0 { (column(contents, index, (y, BOTTOM), COVERAGE, "bar")) }
                }))
            }
        }
    };
    over_time(contents, &format!("Passages about SEND per {}", contents.period.as_str()), &axis, &marks)
}

/// What a column of the coverage says.
pub(super) fn words_of_coverage(contents: &Contents<'_>, index: usize, all: &Cell) -> String {
    format!(
        "{}: {} in {}{}",
        wording::period(contents.period, contents.slots[index].start),
        wording::counted(all.passages, "passage"),
        wording::counted(all.articles, "article"),
        incomplete(contents, index)
    )
}

/// A column from `ends.0` down to `ends.1` in the band of a period, hollow if that is incomplete.
fn column(contents: &Contents<'_>, index: usize, ends: (f64, f64), colour: &str, class: &str) -> Markup {
    let bands = bands(contents);
    let gap = (bands.width() * 0.12).min(2.0);
    let is_complete = contents.slots[index].is_complete;
    let class = if is_complete { class.to_owned() } else { format!("{class} open") };
    html! {
        rect class=(class) x=(number(bands.start(index) + gap)) y=(number(ends.0))
            width=(number(bands.width() - 2.0 * gap)) height=(number(ends.1 - ends.0))
            fill=(if is_complete { colour } else { "#fff" }) stroke=(colour)
            stroke-width=(if is_complete { "0" } else { "1" }) {}
    }
}

/// Negative passages below the line and positive ones above it, as shares of all that are about SEND.
pub(super) fn sentiment(contents: &Contents<'_>) -> Markup {
    let middle = f64::midpoint(TOP, BOTTOM);
    let up = Line { low: 0.0, high: 1.0, from: middle, to: TOP };
    let down = Line { to: BOTTOM, ..up };
    let axis = [(up, 1.0), (up, 0.5), (up, 0.0), (down, 0.5), (down, 1.0)];
    let axis = axis.map(|(line, value)| (line.place(value), format!("{}%", number(value * 100.0))));
    let marks = html! {
        g class="points" {
            @for (index, all) in contents.all.cells.iter().enumerate() {
                @let [negative, _, positive] = all.by_sentiment.map(|part| share(part, all.passages).unwrap_or(0.0));
                (point(contents, index, &words_of_tone(contents, index, all), &html! {
                    @if positive > 0.0 { (column(contents, index, (up.place(positive), middle), TONES[2], "bar positive")) }
                    @if negative > 0.0 { (column(contents, index, (middle, down.place(negative)), TONES[0], "bar negative")) }
                }))
            }
        }
        line class="zero" x1=(LEFT) x2=(RIGHT) y1=(middle) y2=(middle) stroke=(FAINT) {}
        text class="end" x=(LEFT + 4.0) y=(TOP + 10.0) fill=(TONES[2]) { "positive ↑" }
        text class="end" x=(LEFT + 4.0) y=(BOTTOM - 4.0) fill=(TONES[0]) { "negative ↓" }
    };
    let says = format!("Share of negative and positive passages per {}", contents.period.as_str());
    over_time(contents, &says, &axis, &marks)
}

/// What a column of the sentiment says.
pub(super) fn words_of_tone(contents: &Contents<'_>, index: usize, all: &Cell) -> String {
    let period = wording::period(contents.period, contents.slots[index].start);
    if all.passages == 0 {
        return format!("{period}: no passages");
    }
    let [negative, neutral, positive] = all.by_sentiment.map(wording::count);
    let [low, _, high] = all.by_sentiment.map(|part| wording::percent(part, all.passages));
    format!(
        "{period}: {negative} negative ({low}), {neutral} neutral, {positive} positive ({high}) of {}{}",
        wording::counted(all.passages, "passage"),
        incomplete(contents, index)
    )
}

/// Passages about SEND per outlet, the first [`OUTLETS`].
pub(super) fn outlets(contents: &Contents<'_>) -> Markup {
    let rows = &contents.outlets[..contents.outlets.len().min(OUTLETS)];
    let most = rows.iter().map(|outlet| outlet.cell.passages).max().unwrap_or(0).max(1);
    let line = Line { low: 0.0, high: most as f64, from: 0.0, to: BAR };
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {}", ROW * rows.len().max(1) as f64 + 4.0)) role="group"
            aria-label="Passages about SEND per outlet" font-family="system-ui, sans-serif" font-size="12" {
            @for (index, outlet) in rows.iter().enumerate() {
                @let y = ROW * index as f64;
                @let end = line.place(outlet.cell.passages as f64);
                g class="point" data-outlet=(index) {
                    rect class="hit" x="0" y=(y) width=(WIDTH) height=(ROW) fill="none" pointer-events="all" {}
                    text class="name" x="0" y=(y + 14.0) fill="#1f2328" {
                        (wording::cut(outlet.name.as_deref().unwrap_or("(unknown)"), 48))
                    }
                    rect class="bar" x="0" y=(y + 19.0) width=(number(end)) height="12" fill=(COVERAGE) {}
                    text class="count" x=(number(end + 6.0)) y=(y + 29.5) fill=(FAINT) { (wording::count(outlet.cell.passages)) }
                    title { (words_of_outlet(outlet.name.as_deref(), &outlet.cell)) }
                }
            }
        }
    }
}

fn words_of_outlet(name: Option<&str>, cell: &Cell) -> String {
    format!(
        "{}: {} in {}",
        name.unwrap_or("outlet not known"),
        wording::counted(cell.passages, "passage"),
        wording::counted(cell.articles, "article")
    )
}

/// A bar of the three sentiments of a row, for a table.
pub(super) fn tone_bar(cell: &Cell) -> Markup {
    let whole = cell.passages.max(1) as f64;
    let parts = cell.by_sentiment.map(|part| part as f64 / whole * 96.0);
    let starts = [0.0, parts[0], parts[0] + parts[1]];
    let [negative, neutral, positive] = cell.by_sentiment.map(|part| wording::percent(part, cell.passages));
    html! {
        svg class="tone" viewBox="0 0 96 10" role="img"
            aria-label=(format!("{negative} negative, {neutral} neutral, {positive} positive")) {
            @for (index, name) in ["negative", "neutral", "positive"].into_iter().enumerate() {
                rect class=(name) x=(number(starts[index])) y="0" width=(number(parts[index])) height="10" fill=(TONES[index]) {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(passages: &[u64]) -> Series {
        let cell = |passages: &u64| Cell { passages: *passages, ..Cell::default() };
        Series { cells: passages.iter().map(cell).collect(), undated: Cell::default() }
    }

    #[test]
    fn a_period_without_passages_is_a_gap_not_a_zero() {
        let (part, all) = (series(&[1, 0, 0, 0, 3]), series(&[2, 4, 0, 0, 3]));
        assert_eq!(pooled(&part, &all, 0), [Some(0.5), Some(0.0), None, None, Some(1.0)]);
        let pooled = pooled(&part, &all, 1);
        assert_eq!(
            pooled[..2],
            [Some(1.0 / 6.0), Some(1.0 / 6.0)],
            "passages are pooled, shares are not averaged"
        );
        assert_eq!(pooled[2..], [Some(0.0), Some(1.0), Some(1.0)]);
    }
}
