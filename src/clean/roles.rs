//! Decides what each line of a page is.
//!
//! *Takes* lines, what their words say ([`phrases`]) and how likely each is article text.
//! *Gives* a role and the name of its rule for each line. *Fails* never. *Cost*: a few passes over the lines.
//!
//! The order of the passes is the order of trust: known wordings, shapes (dates, bylines), the probability,
//! then rules about neighbours (lists, middling lines between kept ones, subheads). Nothing is cut at a label
//! such as "Related topics" unless hardly any body text follows it: such labels also stand inside articles
//! (a hard cut lost 15 to 97% of the text on 5 of 25 pages).

use std::collections::BTreeSet;

use super::dateline;
use super::lines::{Hint, Line};
use super::phrases::{self, Known, Then};
use super::shape;
use crate::article::Role;

/// Probability from which a line is kept as body text.
pub const KEEP: f32 = 0.5;
/// Probability from which a line between two kept lines is kept: the model drops short quotes and bullets.
const MIDDLING: f32 = 0.15;
/// Largest share of the body's words, in percent, that may be lost behind a label that ends the article.
const SOFT_CUT_PERCENT: usize = 10;
/// Longest subhead, in words.
const SUBHEAD_WORDS: usize = 12;
/// Fewest words of a line whose exact repeat is a repeat and not a coincidence.
const REPEAT_WORDS: usize = 5;

/// What the lines are lines of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// A whole page: what is not recognised as article text is furniture.
    Page,
    /// The text of an article alone: what is not recognised as furniture is article text.
    Text,
}

/// The role of a line and why it has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Typed {
    /// The role.
    pub role: Role,
    /// Name of the rule that chose it.
    pub rule: &'static str,
    /// Index of the line that introduces the list this item belongs to.
    pub lead_in: Option<usize>,
}

/// The roles of all lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Roles {
    /// One per line, in order.
    pub typed: Vec<Typed>,
    /// Index of the line that names the outlet.
    pub outlet: Option<usize>,
    /// Lines that repeat an earlier one.
    pub repeats: usize,
    /// Words of each line.
    pub words: Vec<usize>,
}

impl Roles {
    /// Words of the lines that are counted.
    #[must_use]
    pub fn counted_words(&self) -> usize {
        let counted = self.typed.iter().zip(&self.words).filter(|(typed, _)| typed.role.is_counted());
        counted.map(|(_, words)| words).sum()
    }

    /// Takes every counted line back as furniture, by `rule`: what looked like an article is none.
    pub fn withdraw(&mut self, rule: &'static str) {
        for typed in
            self.typed.iter_mut().filter(|typed| typed.role.is_counted() || typed.role == Role::Subhead)
        {
            *typed = Typed { role: Role::Furniture, rule, lead_in: None };
        }
    }
}

/// Assigns a role to every line. `probabilities` holds one per line of a page; for [`Scope::Text`] it is not
/// read. `title` is the headline if the source gives one.
#[must_use]
pub fn assign(
    lines: &[Line],
    known: &[Option<Known>],
    probabilities: &[f32],
    title: Option<&str>,
    scope: Scope,
) -> Roles {
    let mut draft = Draft::new(lines, known, probabilities, scope);
    draft.mark_shapes();
    draft.keep_likely();
    draft.cut_tail();
    draft.find_lists();
    let outlet = draft.mark_head(title);
    draft.find_subheads();
    draft.fill();
    draft.type_rest();
    let repeats = draft.mark_repeats();
    let typed = draft.roles.into_iter().zip(draft.lead_ins);
    Roles {
        typed: typed
            .map(|(role, lead_in)| {
                let (role, rule) = role.unwrap_or((Role::Furniture, "unlikely"));
                Typed { role, rule, lead_in: lead_in.filter(|_| role == Role::ListItem) }
            })
            .collect(),
        outlet,
        repeats,
        words: draft.words,
    }
}

/// What is known about a page while its lines get their roles.
struct Draft<'a> {
    lines: &'a [Line],
    known: &'a [Option<Known>],
    probabilities: &'a [f32],
    scope: Scope,
    words: Vec<usize>,
    terminated: Vec<bool>,
    roles: Vec<Option<(Role, &'static str)>>,
    lead_ins: Vec<Option<usize>>,
    /// First line of the part behind the article, and what stands there.
    tail: Option<(usize, Then)>,
}

impl<'a> Draft<'a> {
    fn new(lines: &'a [Line], known: &'a [Option<Known>], probabilities: &'a [f32], scope: Scope) -> Self {
        debug_assert!(lines.len() == known.len());
        debug_assert!(scope == Scope::Text || lines.len() == probabilities.len());
        Self {
            lines,
            known,
            probabilities,
            scope,
            words: lines.iter().map(|line| shape::word_count(&line.text)).collect(),
            terminated: lines.iter().map(|line| shape::is_terminated(&line.text)).collect(),
            roles: known.iter().map(|known| known.map(|known| (known.role, known.rule))).collect(),
            lead_ins: vec![None; lines.len()],
            tail: None,
        }
    }

    fn role(&self, index: usize) -> Option<Role> {
        self.roles[index].map(|(role, _)| role)
    }

    /// Whether a line may become article text by its neighbours. A probability of exactly 0 is a veto: the
    /// extractor did not want the line.
    fn is_free(&self, index: usize) -> bool {
        self.is_kept(index)
            || (self.roles[index].is_none() && (self.scope == Scope::Text || self.probabilities[index] > 0.0))
    }

    fn is_kept(&self, index: usize) -> bool {
        self.role(index).is_some_and(Role::is_counted)
    }

    /// Where the article ends: the tail, or the end of the page.
    fn end(&self) -> usize {
        self.tail.map_or(self.lines.len(), |(start, _)| start)
    }

    /// Captions, dates, bylines and lines without words.
    fn mark_shapes(&mut self) {
        let mut caption_due = false;
        for index in 0..self.lines.len() {
            let line = &self.lines[index];
            let is_due = std::mem::replace(
                &mut caption_due,
                self.known[index].is_some_and(|known| known.then == Then::Caption),
            );
            if self.roles[index].is_some() {
                continue;
            }
            let glued =
                |next: &Line| line.source.zip(next.source).is_some_and(|(line, next)| line.end == next.start);
            self.roles[index] = if self.words[index] == 0 {
                caption_due = is_due;
                Some((Role::Furniture, "no_words"))
            } else if is_due {
                Some((Role::Caption, "after_caption_label"))
            } else if line.hint == Hint::Caption {
                Some((Role::Caption, "figcaption"))
            } else if self.lines.get(index + 1).is_some_and(glued) {
                Some((Role::Caption, "alternative_text"))
            } else if dateline::is_date(&line.text) {
                Some((Role::Date, "date_alone"))
            } else if dateline::is_byline(&line.text) {
                Some((Role::Byline, "byline"))
            } else {
                None
            };
        }
    }

    /// Lines that are likely to be article text.
    fn keep_likely(&mut self) {
        for index in 0..self.lines.len() {
            if self.roles[index].is_none() && self.is_likely(index) {
                let rule = if self.scope == Scope::Text { "text" } else { "likely" };
                self.roles[index] = Some((Role::Body, rule));
            }
        }
    }

    fn is_likely(&self, index: usize) -> bool {
        match self.scope {
            Scope::Page => self.probabilities[index] >= KEEP,
            // A short line without an end is a heading or an item; the rules about neighbours decide.
            Scope::Text => self.terminated[index] || self.words[index] > SUBHEAD_WORDS,
        }
    }

    fn is_middling(&self, index: usize) -> bool {
        self.scope == Scope::Text || self.probabilities[index] >= MIDDLING
    }

    /// Finds the first label behind which hardly any body text follows.
    fn cut_tail(&mut self) {
        if self.scope == Scope::Text {
            return;
        }
        let total: usize =
            (0..self.lines.len()).filter(|&index| self.is_kept(index)).map(|i| self.words[i]).sum();
        if total == 0 {
            return;
        }
        let mut before = 0;
        for index in 0..self.lines.len() {
            if self.is_kept(index) {
                before += self.words[index];
            }
            let then = self.known[index].map_or(Then::Nothing, |known| known.then);
            let ends = matches!(then, Then::Related | Then::Comments);
            if ends && (total - before) * 100 <= total * SOFT_CUT_PERCENT {
                self.tail = Some((index, then));
                break;
            }
        }
        let Some((start, mut then)) = self.tail else { return };
        for index in start..self.lines.len() {
            let follows = self.known[index].map_or(Then::Nothing, |known| known.then);
            if matches!(follows, Then::Related | Then::Comments) {
                then = follows;
            }
            let stays = matches!(self.role(index), Some(Role::Furniture | Role::Credit | Role::Caption))
                || (self.role(index) == Some(Role::Label)
                    && self.lines[index].text != "Published"
                    && !dateline::is_date(&self.lines[index].text));
            if !stays {
                self.roles[index] = Some(match then {
                    Then::Comments => (Role::Comment, "after_comments_label"),
                    _ => (Role::Related, "after_related_label"),
                });
            }
        }
    }

    /// Lists: a lead-in that ends with a colon and its items, and runs of lines with a list glyph.
    fn find_lists(&mut self) {
        let end = self.end();
        // Lists are found from the top, so what is kept below the current line does not change.
        let last_kept = (0..end).rfind(|&index| self.is_kept(index));
        let mut index = 0;
        while index < end {
            let is_free = self.is_free(index);
            let is_lead =
                is_free && self.words[index] >= 2 && shape::ends_with_colon(&self.lines[index].text);
            let is_bullet = is_free && self.is_bullet(index);
            let first = if is_lead { index + 1 } else { index };
            if !is_lead && !is_bullet {
                index += 1;
                continue;
            }
            let after = self.items_end(first, end, last_kept);
            let keeps_company =
                (index.saturating_sub(3)..(after + 3).min(end)).any(|near| self.is_kept(near));
            if after > first && keeps_company && (is_lead || self.is_bullet_run_text(first, after)) {
                if is_lead {
                    self.roles[index] = Some((Role::Body, "lead_in"));
                }
                for item in first..after {
                    self.roles[item] = Some((Role::ListItem, "list"));
                    self.lead_ins[item] = is_lead.then_some(index);
                }
            }
            index = after.max(index + 1);
        }
    }

    fn is_bullet(&self, index: usize) -> bool {
        self.lines[index].has_bullet || self.lines[index].hint == Hint::Item
    }

    /// Index after the last item of a list whose first item can stand at `first`; `last_kept` is the last line kept
    /// so far.
    fn items_end(&self, first: usize, end: usize, last_kept: Option<usize>) -> usize {
        let is_free = |index: usize| index < end && self.is_free(index);
        let mut after = first;
        if is_free(first) && self.is_bullet(first) {
            while is_free(after) && self.is_bullet(after) {
                after += 1;
            }
            return after;
        }
        let is_item = |index: usize| {
            is_free(index)
                && !self.terminated[index]
                && !shape::starts_with_quote(&self.lines[index].text)
                && !shape::ends_with_colon(&self.lines[index].text)
                && self.words[index] <= 40
        };
        while is_item(after) {
            after += 1;
        }
        // The last item of a list often ends the sentence; behind it the body must end, or it is a paragraph.
        let is_last = |index: usize| {
            is_free(index)
                && self.terminated[index]
                && !shape::starts_with_quote(&self.lines[index].text)
                && last_kept.is_none_or(|last| last <= index)
        };
        if after > first && is_last(after) {
            after += 1;
        }
        after
    }

    /// Whether a run of lines with list glyphs is text and not a menu: some of it is likely, or it stands
    /// between kept lines.
    fn is_bullet_run_text(&self, first: usize, after: usize) -> bool {
        self.scope == Scope::Text
            || (first..after).any(|index| self.is_kept(index))
            || (first > 0 && self.is_kept(first - 1) && after < self.end() && self.is_kept(after))
    }

    /// Outlet, headline, standfirst and byline above the body. Returns the line that names the outlet.
    fn mark_head(&mut self, title: Option<&str>) -> Option<usize> {
        let end = self.end();
        let is_prose = |draft: &Self, index: usize| {
            draft.is_kept(index) && (draft.terminated[index] || draft.words[index] > 20)
        };
        let body = (0..end).find(|&index| is_prose(self, index)).unwrap_or(end);
        let outlet = self.find_outlet(body);
        if let Some(index) = outlet {
            self.roles[index] = Some((Role::Label, "outlet"));
        }
        let headline = self.find_headline(title, body);
        let Some(headline) = headline else { return outlet };
        self.roles[headline.0] = Some((Role::Headline, headline.1));
        let mut body = body;
        if body <= headline.0 {
            body = (headline.0 + 1..end).find(|&index| is_prose(self, index)).unwrap_or(end);
        }
        for index in headline.0 + 1..body {
            if self.roles[index].is_none() || self.is_kept(index) {
                let text = &self.lines[index].text;
                self.roles[index] = if self.words[index] >= REPEAT_WORDS {
                    Some((Role::Standfirst, "below_headline"))
                } else if dateline::is_name(text) {
                    Some((Role::Byline, "name_above_body"))
                } else {
                    Some((Role::Furniture, "above_body"))
                };
            }
        }
        self.mark_sentences_above_byline(headline.0, end);
        outlet
    }

    /// A line that is the name of a newspaper, where another line can be the headline.
    fn find_outlet(&self, body: usize) -> Option<usize> {
        let index = (0..body.min(3)).find(|&index| phrases::is_outlet(&self.lines[index].text))?;
        (index + 1..body).any(|later| self.roles[later].is_none() && self.words[later] >= 3).then_some(index)
    }

    fn find_headline(&self, title: Option<&str>, body: usize) -> Option<(usize, &'static str)> {
        let is_free = |index: usize| self.roles[index].is_none() || self.is_kept(index);
        if let Some(title) = title.map(letters) {
            let is_title = |&index: &usize| {
                let line = &self.lines[index].text;
                // Site names stand behind the title in a `title` element, never more than the title itself.
                is_free(index) && line.len() < 400 && !title.is_empty() && {
                    let line = letters(line);
                    line == title || (title.starts_with(&line) && line.len() * 2 > title.len())
                }
            };
            if let Some(index) = (0..self.end().min(body.saturating_add(20))).find(is_title) {
                return Some((index, "title"));
            }
            if self.scope == Scope::Text {
                return None;
            }
        }
        if let Some(index) = (0..body).find(|&i| is_free(i) && self.lines[i].hint == Hint::Heading(1)) {
            return Some((index, "heading"));
        }
        // A question or a quotation as the first line of a dump is its headline, not its body.
        if body == 0 {
            let text = &self.lines.first()?.text;
            let is_question =
                self.words[0] <= 20 && !text.trim_end_matches(['\'', '"', '’', '”']).ends_with('.');
            let goes_on = (1..self.end()).any(|index| self.is_kept(index));
            return (self.scope == Scope::Page && is_question && goes_on).then_some((0, "first_line"));
        }
        let shares: Vec<(usize, f64)> = {
            let opening = self.opening_stems(body);
            (0..body)
                .filter(|&index| self.roles[index].is_none() && (2..=40).contains(&self.words[index]))
                .map(|index| (index, share_of_stems(&self.lines[index].text, &opening)))
                .collect()
        };
        let best = shares.iter().map(|(_, share)| *share).fold(0.0, f64::max);
        shares
            .iter()
            .find(|(index, share)| *share >= best * 0.6 && self.words[*index] >= 4)
            .or_else(|| shares.first())
            .map(|(index, _)| (*index, "above_body"))
    }

    /// Stems of the first paragraphs from `body`, sorted.
    fn opening_stems(&self, body: usize) -> Vec<Stem> {
        let paragraphs = (body..self.end()).filter(|&index| self.is_kept(index)).take(6);
        let mut opening: Vec<Stem> = paragraphs.flat_map(|index| stems(&self.lines[index].text)).collect();
        opening.sort_unstable();
        opening
    }

    /// Sentences between the headline and a byline or date are the standfirst, if more body follows.
    fn mark_sentences_above_byline(&mut self, headline: usize, end: usize) {
        let mut above = Vec::new();
        for index in headline + 1..end {
            if self.is_kept(index) {
                above.push(index);
                if above.len() > 2 {
                    return;
                }
            } else if matches!(self.role(index), Some(Role::Byline | Role::Date)) {
                let enough = (index + 1..end).filter(|&later| self.is_kept(later)).take(3).count() == 3;
                if enough && self.role(index + 1).is_some() {
                    for line in above {
                        self.roles[line] = Some((Role::Standfirst, "above_byline"));
                    }
                }
                return;
            } else if self.roles[index].is_none() {
                // Something between the sentences and the byline: it may head a part of the article.
                return;
            }
        }
    }

    /// Short lines without an end, with body text before and behind them.
    fn find_subheads(&mut self) {
        let end = self.end();
        // Whether body text follows, past captions, bylines and other lines that are no text.
        let mut follows = false;
        let mut kept_before = vec![false; end];
        let mut seen = false;
        for (index, before) in kept_before.iter_mut().enumerate() {
            *before = seen;
            seen |= self.is_kept(index);
        }
        for index in (0..end).rev() {
            let is_free = self.is_free(index) && self.role(index) != Some(Role::ListItem);
            if is_free && follows && kept_before[index] && self.is_subhead(index) {
                self.roles[index] = Some((Role::Subhead, "subhead"));
                follows = false;
            } else if self.is_kept(index) {
                follows = true;
            } else if self.roles[index].is_none() {
                follows = false;
            }
        }
    }

    fn is_subhead(&self, index: usize) -> bool {
        let line = &self.lines[index];
        if matches!(line.hint, Hint::Heading(_)) {
            return self.words[index] <= 30;
        }
        let is_question = line.text.ends_with('?') && self.words[index] <= 8;
        (!self.terminated[index] || is_question)
            && (1..=SUBHEAD_WORDS).contains(&self.words[index])
            && !line.has_bullet
            && line.hint != Hint::Link
            && !line.text.ends_with([',', ';', ':'])
            && !shape::starts_lower(&line.text)
    }

    /// Middling lines between two kept ones.
    fn fill(&mut self) {
        let end = self.end();
        let mut next_kept = vec![false; end];
        let mut seen = false;
        for index in (0..end).rev() {
            next_kept[index] = seen;
            match self.role(index) {
                Some(role) if role.is_counted() || role == Role::Subhead => seen = true,
                Some(Role::Caption | Role::Credit | Role::Label) => {}
                Some(_) => seen = false,
                None if self.is_middling(index) => {}
                None => seen = false,
            }
        }
        let mut previous = false;
        for (index, next) in next_kept.into_iter().enumerate() {
            match self.role(index) {
                Some(role) if role.is_counted() || role == Role::Subhead => previous = true,
                Some(Role::Caption | Role::Credit | Role::Label) => {}
                Some(_) => previous = false,
                None if previous && next && self.is_middling(index) => {
                    self.roles[index] = Some((Role::Body, "between"));
                }
                None => previous = false,
            }
        }
    }

    /// What no rule has named: teasers behind a label, furniture elsewhere; in an article's own text, text.
    fn type_rest(&mut self) {
        let mut is_related = false;
        for index in 0..self.lines.len() {
            match self.roles[index] {
                None if self.scope == Scope::Text => self.roles[index] = Some((Role::Body, "text")),
                None if is_related => self.roles[index] = Some((Role::Related, "after_related_label")),
                None => self.roles[index] = Some((Role::Furniture, "unlikely")),
                Some((role, _)) if role.is_counted() || role == Role::Headline => is_related = false,
                Some(_) => {}
            }
            is_related |= self.known[index].is_some_and(|known| known.then == Then::Related);
        }
    }

    /// Later copies of a line that counts or heads the article.
    fn mark_repeats(&mut self) -> usize {
        let mut seen: BTreeSet<(bool, &str)> = BTreeSet::new();
        let mut repeats = 0;
        for index in 0..self.lines.len() {
            let Some(role) = self.role(index) else { continue };
            let heads = matches!(role, Role::Headline | Role::Standfirst);
            if (heads || role.is_counted()) && self.words[index] >= REPEAT_WORDS {
                let text: &'a str = &self.lines[index].text;
                if !seen.insert((heads, text)) {
                    self.roles[index] = Some((Role::Furniture, "repeat"));
                    repeats += 1;
                }
            }
        }
        // A lead-in can have become a headline or a repeat.
        for index in 0..self.lines.len() {
            if self.lead_ins[index].is_some_and(|lead_in| !self.is_kept(lead_in)) {
                self.lead_ins[index] = None;
            }
        }
        repeats
    }
}

/// A text reduced to its letters and digits, lower case.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The first six letters of a word, lower case, 21 bits each.
type Stem = u128;

/// Stems, so that inflected forms agree, of the words of four letters and more that carry meaning.
fn stems(text: &str) -> impl Iterator<Item = Stem> {
    shape::words(text).filter(|word| !shape::is_stop_word(word)).filter_map(|word| {
        if word.is_ascii() {
            let letters = word.bytes().filter(u8::is_ascii_alphanumeric);
            stem(letters.map(|letter| char::from(letter.to_ascii_lowercase())))
        } else {
            stem(word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase))
        }
    })
}

/// The stem of a word of these lower-case letters; `None` if they take less than four bytes.
fn stem(letters: impl Iterator<Item = char>) -> Option<Stem> {
    let (bytes, stem) = letters.take(6).fold((0, 0), |(bytes, stem), letter| {
        (bytes + letter.len_utf8(), stem << 21 | Stem::from(u32::from(letter)))
    });
    (bytes >= 4).then_some(stem)
}

/// Share of the stems of `text` that stand in `opening`, which is sorted.
fn share_of_stems(text: &str, opening: &[Stem]) -> f64 {
    let mut all = 0_u32;
    let mut shared = 0_u32;
    for stem in stems(text) {
        all += 1;
        shared += u32::from(opening.binary_search(&stem).is_ok());
    }
    if all == 0 { 0.0 } else { f64::from(shared) / f64::from(all) }
}
