//! Decides on which day an article was published, from the clues its source and its page give.
//!
//! *Takes* a cleaned article and the day of the run. *Gives* one [`Published`]: a date with its evidence, or
//! none, and every clue that was looked at. *Fails* never. *Cost*: a few microseconds; only short lines
//! above the body, and page labels below it, are read.
//!
//! Of the clues that can be dates, the best ranked wins ([`DateSource`] in its order). Two independent sources
//! that agree raise the confidence; one that disagrees halves it, since on UK pages the better of two
//! conflicting sources is right in a third of cases only. Captures, changes and related stories are bounds.
//! Nothing is guessed: an article without a clue has no date.
//!
//! Invariants: `body_text_never_dates_an_article`, `bounds_never_reject_a_clue`, `agreement_raises_and_conflict_halves`,
//! `future_and_old_days_are_rejected`.

mod scan;
mod pattern;
mod path;
mod line;

use jiff::civil::{Date, date};

use crate::article::{Article, Block, Chosen, Clue, DateSource, Published, Role, Warning};
use line::Kind;
use pattern::{Fault, Place, Reading, parse};

/// Before this day there is no press coverage to read: SEND law begins with the Education Act 1981.
const FIRST_DAY: Date = date(1980, 1, 1);

/// What agreement of two independent sources adds: alone the best are right in 95% of cases, together in 97–98%.
const AGREEMENT: f64 = 0.03;

/// Most clues taken from fields, and most from lines; a page with more is no article, and its table row stays small.
const MAX_CLUES: usize = 64;

/// Longest text kept with a clue, in bytes of UTF-8.
const MAX_TEXT_BYTES: usize = 200;

/// Decides when `article` was published. `as_of` is the day of the run: later days than the one after it
/// are rejected (one day, because papers date ahead and zones differ).
#[must_use]
pub fn resolve(article: &Article, as_of: Date) -> Published {
    let mut candidates = Candidates { found: Vec::new(), last_day: as_of.tomorrow().unwrap_or(as_of) };
    candidates.add_fields(article);
    candidates.add_names(article);
    candidates.add_lines(article);
    decide(candidates.found)
}

/// Whether a clue that could be right disagrees with the chosen date.
#[must_use]
pub fn has_conflict(published: &Published) -> bool {
    published.clues.iter().any(|clue| clue.reason == "outranked")
}

/// The warning `date_conflict`, naming the chosen and the first disagreeing clue; `None` without a conflict.
#[must_use]
pub fn conflict(published: &Published) -> Option<Warning> {
    let chosen = published.chosen.as_ref()?;
    let other = published.clues.iter().find(|clue| clue.reason == "outranked")?;
    let detail = format!(
        "`{}` ({}) against `{}` ({})",
        chosen.text,
        chosen.source.as_str(),
        other.text,
        other.source.as_str()
    );
    Some(Warning::new("date_conflict", detail))
}

/// Trust in a clue of this source, measured on UK pages (share of pages whose day it gave rightly); what is
/// never a date of publication has none.
fn confidence(source: DateSource) -> f64 {
    match source {
        DateSource::Metadata => 1.0,
        DateSource::Field => 0.98,
        DateSource::JsonLd | DateSource::Meta => 0.95,
        DateSource::Url => 0.93,
        DateSource::Time | DateSource::Label => 0.90,
        DateSource::Line => 0.85,
        DateSource::FileName => 0.70,
        DateSource::Modified | DateSource::Captured | DateSource::Related => 0.0,
    }
}

/// Sources with one origin, whose agreement proves nothing: the head of a page is written by one template,
/// its visible dates by another.
fn origin(source: DateSource) -> DateSource {
    match source {
        DateSource::Meta => DateSource::JsonLd,
        DateSource::Label | DateSource::Line => DateSource::Time,
        other => other,
    }
}

/// A clue, and what it reads as if it passed the checks.
struct Candidate {
    clue: Clue,
    reading: Option<Reading>,
}

impl Candidate {
    /// Whether it can be the date of publication.
    fn is_open(&self) -> bool {
        self.reading.is_some() && self.clue.reason != "bound"
    }

    fn overlaps(&self, reading: Reading) -> bool {
        self.reading.is_some_and(|own| own.earliest <= reading.latest() && reading.earliest <= own.latest())
    }
}

struct Candidates {
    found: Vec<Candidate>,
    last_day: Date,
}

impl Candidates {
    fn add(&mut self, source: DateSource, text: &str, start: Option<usize>, read: Result<Reading, Fault>) {
        let is_bound = matches!(source, DateSource::Modified | DateSource::Captured | DateSource::Related);
        let (reading, reason) = match read {
            Err(Fault::Impossible) => (None, "impossible"),
            Err(Fault::Foreign | Fault::NoDay | Fault::NoYear) => (None, "unparsable"),
            Ok(reading) if reading.latest() < FIRST_DAY => (None, "too_old"),
            Ok(reading) if reading.earliest > self.last_day => (None, "future"),
            Ok(reading) if is_bound => (Some(reading), "bound"),
            // Becomes `chosen`, `agrees` or stays so.
            Ok(reading) => (Some(reading), "outranked"),
        };
        let text = &text[..text.floor_char_boundary(MAX_TEXT_BYTES)];
        let clue = Clue {
            text: text.to_owned(),
            start,
            source,
            earliest: read.ok().map(|reading| reading.earliest),
            latest: read.ok().map(Reading::latest),
            confidence: confidence(source),
            is_accepted: false,
            reason,
        };
        self.found.push(Candidate { clue, reading });
    }

    fn add_fields(&mut self, article: &Article) {
        for field in article.fields.dates.iter().take(MAX_CLUES) {
            let text = field.text.trim();
            match parse(text, Place::Field) {
                // `<time>Published 19 May 2022</time>`: the source is known, the label adds nothing.
                Err(Fault::Foreign) => match line::read(text, Kind::Byline).first() {
                    Some(found) => self.add(field.source, found.text, None, found.read),
                    None => self.add(field.source, text, None, Err(Fault::Foreign)),
                },
                read => self.add(field.source, text, None, read),
            }
        }
    }

    fn add_names(&mut self, article: &Article) {
        if let Some((text, read)) = article.fields.url.as_deref().and_then(path::in_address) {
            self.add(DateSource::Url, text, None, read);
        }
        if let Some((text, read)) = path::in_file_name(&article.id) {
            // A file of many articles is named by the day of the export, which none of them can follow.
            let is_export = path::is_record(&article.id);
            self.add(DateSource::FileName, text, None, read);
            if let Some(Candidate { clue, reading: Some(_) }) = self.found.last_mut().filter(|_| is_export) {
                clue.reason = "bound";
            }
        }
    }

    fn add_lines(&mut self, article: &Article) {
        let blocks = &article.blocks;
        let body = blocks.iter().position(|block| block.role.is_counted()).unwrap_or(blocks.len());
        let headline = blocks.iter().position(|block| block.role == Role::Headline).unwrap_or(0);
        let fields = self.found.len();
        let (mut lines, mut has_own) = (Vec::new(), false);
        for (index, block) in blocks.iter().enumerate() {
            let Some(kind) = kind_of(block) else { continue };
            for found in line::read(article.text_of(block), kind) {
                let Some(source) = source_at(found.source, block.role, index < body) else { continue };
                let is_own = matches!(source, DateSource::Label | DateSource::Line);
                has_own |= is_own && found.read.is_ok() && index > headline;
                lines.push((index, block.span.start + found.start, source, found));
            }
            if lines.len() >= MAX_CLUES {
                break;
            }
        }
        for (index, start, source, found) in lines.into_iter().take(MAX_CLUES) {
            // The day above the headline is the paper's, the day the page was taken, if the article has its own.
            let is_masthead = source == DateSource::Line && index < headline && has_own;
            let source = if is_masthead { DateSource::Captured } else { source };
            // Cleaning may have put the line into the fields too.
            let is_known = self.found[..fields]
                .iter()
                .any(|known| known.clue.source == source && known.clue.text == found.text);
            if !is_known {
                self.add(source, found.text, Some(start), found.read);
            }
        }
    }
}

/// How to read the block, or `None` if its dates say nothing about the article.
fn kind_of(block: &Block) -> Option<Kind> {
    match block.role {
        Role::Date | Role::Byline => Some(Kind::Byline),
        Role::Standfirst | Role::Label | Role::Related | Role::Furniture => Some(Kind::Any),
        Role::Headline
        | Role::Subhead
        | Role::Body
        | Role::ListItem
        | Role::Caption
        | Role::Credit
        | Role::Comment => None,
    }
}

/// What a date found as `source` in a block of `role` is, by where the block stands.
fn source_at(source: DateSource, role: Role, is_above_body: bool) -> Option<DateSource> {
    let is_bound = matches!(source, DateSource::Modified | DateSource::Captured);
    match role {
        Role::Related => Some(DateSource::Related),
        _ if is_above_body || is_bound => Some(source),
        Role::Label => Some(DateSource::Related),
        // Below the body an unlabelled day in the small print may be anything.
        _ => (source == DateSource::Label).then_some(DateSource::Related),
    }
}

/// Chooses among the candidates and draws the bounds.
fn decide(mut found: Vec<Candidate>) -> Published {
    // Stable: of one source the clue found first is the better.
    found.sort_by_key(|candidate| candidate.clue.source);
    let mut published = Published::default();
    for candidate in &found {
        let (Some(reading), "bound") = (candidate.reading, candidate.clue.reason) else { continue };
        let latest = Some(reading.latest());
        match candidate.clue.source {
            DateSource::Related => published.not_before = published.not_before.max(Some(reading.earliest)),
            DateSource::Modified => {
                published.modified = published.modified.max(Some(reading.earliest));
                published.not_after = published.not_after.or(latest).min(latest);
            }
            _ => published.not_after = published.not_after.or(latest).min(latest),
        }
    }
    if let Some(index) = choice(&found) {
        bind_changes(&mut found, index);
        published.chosen = accept(&mut found, index);
        let chosen = found.remove(index);
        found.insert(0, chosen);
    }
    published.clues = found.into_iter().map(|candidate| candidate.clue).collect();
    published
}

/// The candidate that gives the date: the best ranked, or one that agrees with it and is finer.
fn choice(found: &[Candidate]) -> Option<usize> {
    let best = found.iter().find(|candidate| candidate.is_open())?.reading?;
    let agreeing = found.iter().enumerate().filter(|(_, one)| one.is_open() && one.overlaps(best));
    agreeing.min_by_key(|(_, one)| one.reading.map(|reading| reading.precision)).map(|(index, _)| index)
}

/// Makes bounds of visible dates that are the day of a change ("Updated", printed apart from its date) and not
/// the day of the candidate at `index`.
fn bind_changes(found: &mut [Candidate], index: usize) {
    let is_change = |candidate: &Candidate| candidate.clue.source == DateSource::Modified;
    let changes: Vec<_> = found.iter().filter(|one| is_change(one)).filter_map(|one| one.reading).collect();
    let Some(chosen) = found[index].reading else { return };
    for candidate in found.iter_mut() {
        let is_visible = matches!(candidate.clue.source, DateSource::Time | DateSource::Line);
        if is_visible
            && !candidate.overlaps(chosen)
            && changes.iter().any(|change| candidate.overlaps(*change))
        {
            candidate.clue.reason = "bound";
        }
    }
}

/// Accepts the candidate at `index` and marks all others as agreeing or not.
fn accept(found: &mut [Candidate], index: usize) -> Option<Chosen> {
    let reading = found[index].reading?;
    let source = found[index].clue.source;
    let (mut is_confirmed, mut is_disputed) = (false, false);
    for candidate in found.iter_mut().filter(|candidate| candidate.is_open()) {
        if candidate.overlaps(reading) {
            candidate.clue.is_accepted = true;
            candidate.clue.reason = "agrees";
            is_confirmed |= origin(candidate.clue.source) != origin(source);
        } else {
            is_disputed = true;
        }
    }
    let clue = &mut found[index].clue;
    clue.reason = "chosen";
    let raised = if is_confirmed { (clue.confidence + AGREEMENT).min(1.0) } else { clue.confidence };
    Some(Chosen {
        date: reading.earliest,
        precision: reading.precision,
        source,
        confidence: if is_disputed { raised / 2.0 } else { raised },
        text: clue.text.clone(),
    })
}

#[cfg(test)]
mod tests;
