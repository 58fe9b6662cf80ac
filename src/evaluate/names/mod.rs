//! Names swapped: the same passages about other places and people, to see whether a name decides.
//!
//! *Takes* [`Gold`] and the numbers of passages. *Gives* a copy in which names in those passages are others, the same
//! ones throughout an article, and how many were swapped. *Cost*: two passes over the words.
//!
//! A name is a capitalised word that stands somewhere in its article where no sentence begins, or beside another
//! one; whose lower-case form is nowhere in the passages; and that is not on the list of what is real (bodies, laws,
//! parties, nations, months) or a title. So "Council" and "Mill" are none, and "Mill Brow" becomes "Mill Caddick":
//! too little is swapped rather than too much.
//!
//! - the same passages give the same names
//! - a name is the same throughout its article

mod lists;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::gold::Gold;
use crate::random::Random;
use lists::{GIVEN, KEPT, OF_PLACES, PLACES, RELATIONS, SURNAMES, TITLES};

/// Seed of the choice. Any number; fixed so that a card can be made again.
const SEED: u64 = 19_780_401;

/// Fewest letters of a name.
const MIN_LETTERS: usize = 2;

/// Passages with other names.
#[derive(Debug, Clone)]
pub(super) struct Swapped {
    /// All passages, those asked for with their names swapped.
    pub(super) gold: Gold,
    /// Names swapped, each counted once per article.
    pub(super) names: usize,
}

/// Swaps the names in the `passages` of `gold` numbered, and in their headlines.
pub(super) fn swap(gold: &Gold, passages: &[usize]) -> Swapped {
    let common = common(gold, passages);
    let mut articles: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for &index in passages {
        articles.entry(&gold.passages[index].article).or_default().push(index);
    }
    let mut swapped = Swapped { gold: gold.clone(), names: 0 };
    for (article, members) in articles {
        let texts: Vec<&str> = members.iter().map(|&index| gold.passages[index].text.as_str()).collect();
        let names = names(&texts, &common);
        let others = choose(article, &names, &texts);
        for index in members {
            let passage = &mut swapped.gold.passages[index];
            passage.text = replace(&passage.text, &others);
            passage.headline = passage.headline.as_deref().map(|headline| replace(headline, &others));
        }
        swapped.names += others.len();
    }
    swapped
}

/// Words that stand in lower case anywhere in the passages: "the", "council", "mill". Other passages are not asked, so
/// that what is measured on these does not change with them.
fn common<'a>(gold: &'a Gold, passages: &[usize]) -> BTreeSet<&'a str> {
    passages
        .iter()
        .map(|&index| gold.passages[index].text.as_str())
        .flat_map(|text| words(text).into_iter().map(|word| &text[word.span]))
        .filter(|word| word.starts_with(char::is_lowercase))
        .collect()
}

/// A word of a text, without a possessive ending.
#[derive(Debug, Clone)]
struct Word {
    span: Range<usize>,
    /// Whether a sentence or a quotation begins with it.
    is_first: bool,
    /// Whether one space and nothing else stands between the word before and it.
    follows: bool,
}

/// The words of `text`: letters and digits, with apostrophes and hyphens between them.
fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut letters = text.char_indices().peekable();
    let mut is_first = true;
    let mut last_end = None;
    while let Some((start, letter)) = letters.next() {
        if !letter.is_alphanumeric() {
            // A comma, a bracket or a dash begins no sentence.
            is_first |= matches!(letter, '.' | '!' | '?' | ':' | '…' | '"' | '“' | '‘' | '\'' | '•' | '\n');
            continue;
        }
        let mut end = start + letter.len_utf8();
        while let Some(&(at, letter)) = letters.peek() {
            let is_inside = letter.is_alphanumeric()
                || (is_joint(letter)
                    && text[at + letter.len_utf8()..].starts_with(|next: char| next.is_alphanumeric()));
            if !is_inside {
                break;
            }
            end = at + letter.len_utf8();
            letters.next();
        }
        let word = &text[start..end];
        let ending =
            ["'s", "’s"].iter().find(|ending| word.ends_with(*ending)).map_or(0, |ending| ending.len());
        let follows = last_end.is_some_and(|last| &text[last..start] == " ");
        words.push(Word { span: start..end - ending, is_first, follows });
        last_end = Some(end);
        is_first = false;
    }
    words
}

fn is_joint(letter: char) -> bool {
    matches!(letter, '\'' | '’' | '-')
}

/// Whether a word is written as a name is and is none of the words kept.
fn looks_like_a_name(word: &str, common: &BTreeSet<&str>) -> bool {
    let is_capitalised = |part: &str| {
        let mut letters = part.chars();
        letters.next().is_some_and(char::is_uppercase)
            && letters.next().is_some_and(|second| second.is_lowercase() || is_joint(second))
    };
    let letters = word.chars().filter(|letter| letter.is_alphabetic()).count();
    letters >= MIN_LETTERS
        && !word.contains(|letter: char| letter.is_numeric())
        // "DfE" is an abbreviation.
        && !word.ends_with(char::is_uppercase)
        && !KEPT.contains(&word)
        && !word.strip_suffix('s').is_some_and(|one| KEPT.contains(&one))
        && !TITLES.contains(&word)
        && !OF_PLACES.contains(&word)
        && !common.contains(word.to_lowercase().as_str())
        // "I'm" is no name, "O'Hara" is one; "Welsh-medium" is none, "Stoke-on-Sea" is one.
        && match word.split_once(['\'', '’']) {
            Some((_, rest)) => is_capitalised(rest),
            None => word.split('-').enumerate().all(|(place, part)| {
                (is_capitalised(part) && !KEPT.contains(&part))
                    || (place > 0 && ["in", "le", "on", "the", "under", "upon"].contains(&part))
            }),
        }
}

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Place,
    Given,
    Surname,
}

/// For how many of its places in an article a name looks like each kind.
#[derive(Debug, Clone, Copy, Default)]
struct Votes {
    place: u32,
    given: u32,
    surname: u32,
    /// Whether it stands somewhere as only a name does.
    is_seen: bool,
}

impl Votes {
    fn kind(self) -> Kind {
        if self.given + self.surname <= self.place {
            Kind::Place
        } else if self.given > self.surname {
            Kind::Given
        } else {
            Kind::Surname
        }
    }
}

/// What stands around a word: the words beside it, with one space between.
struct Around<'a> {
    before: Option<&'a str>,
    after: Option<&'a str>,
    after_next: Option<&'a str>,
    /// Whether an age follows: "Theo, 7,".
    has_age: bool,
}

impl<'a> Around<'a> {
    fn new(text: &'a str, words: &[Word], place: usize) -> Self {
        let shown = |word: &Word| &text[word.span.clone()];
        let next = |place: usize| words.get(place).filter(|word| word.follows);
        Self {
            before: place.checked_sub(1).filter(|_| words[place].follows).map(|before| shown(&words[before])),
            after: next(place + 1).map(shown),
            after_next: next(place + 1).and_then(|_| next(place + 2)).map(shown),
            has_age: words.get(place + 1).is_some_and(|word| {
                let is_number = shown(word).bytes().all(|byte| byte.is_ascii_digit());
                is_number && &text[words[place].span.end..word.span.start] == ", "
            }),
        }
    }

    /// Counts what it says about the kind of the name it surrounds.
    fn vote(&self, common: &BTreeSet<&str>, votes: &mut Votes) {
        let is_name = |word: Option<&str>| word.is_some_and(|word| looks_like_a_name(word, common));
        let is_one_of = |word: Option<&str>, list: &[&str]| word.is_some_and(|word| list.contains(&word));
        // "Linden Bank School": a noun of places may follow two words later.
        if is_one_of(self.after, OF_PLACES) || (is_name(self.after) && is_one_of(self.after_next, OF_PLACES))
        {
            votes.place += 2;
        } else if is_name(self.after) {
            votes.given += 2;
        } else if is_name(self.before) || is_one_of(self.before, TITLES) {
            votes.surname += 2;
        } else if self.has_age || is_one_of(self.before, RELATIONS) {
            votes.given += 2;
        } else if is_one_of(self.before, &["across", "around", "at", "in", "near", "to"]) {
            votes.place += 1;
        } else if is_one_of(self.before, &["added", "said", "says"])
            || is_one_of(self.after, &["added", "asked", "said", "says", "told"])
        {
            votes.surname += 1;
        }
    }
}

/// The names in the texts of an article, in the order of their first place, each with its kind.
fn names<'a>(texts: &[&'a str], common: &BTreeSet<&str>) -> Vec<(&'a str, Kind)> {
    let mut order: Vec<&str> = Vec::new();
    let mut votes: BTreeMap<&str, Votes> = BTreeMap::new();
    for text in texts {
        let words = words(text);
        for (place, word) in words.iter().enumerate() {
            let name = &text[word.span.clone()];
            if !looks_like_a_name(name, common) {
                continue;
            }
            let around = Around::new(text, &words, place);
            let found = votes.entry(name).or_insert_with(|| {
                order.push(name);
                Votes::default()
            });
            let is_beside_one = around
                .after
                .is_some_and(|after| looks_like_a_name(after, common) || OF_PLACES.contains(&after));
            found.is_seen |= !word.is_first || is_beside_one;
            around.vote(common, found);
        }
    }
    order.retain(|name| votes[name].is_seen);
    order.into_iter().map(|name| (name, votes[name].kind())).collect()
}

/// Another name for each, by the seed and the article's name; where the list is too short, the rest stays.
fn choose<'a>(article: &str, names: &[(&'a str, Kind)], texts: &[&str]) -> BTreeMap<&'a str, &'static str> {
    let taken: BTreeSet<&str> =
        texts.iter().flat_map(|text| words(text).into_iter().map(|word| &text[word.span])).collect();
    let mut free: BTreeMap<Kind, Vec<&'static str>> = BTreeMap::new();
    for (kind, list) in [(Kind::Place, PLACES), (Kind::Given, GIVEN), (Kind::Surname, SURNAMES)] {
        let mut list: Vec<&'static str> = list.iter().copied().filter(|name| !taken.contains(name)).collect();
        Random::new(SEED ^ xxhash_rust::xxh3::xxh3_64(article.as_bytes())).shuffle(&mut list);
        free.insert(kind, list);
    }
    names.iter().filter_map(|(name, kind)| Some((*name, free.get_mut(kind).and_then(Vec::pop)?))).collect()
}

fn replace(text: &str, others: &BTreeMap<&str, &'static str>) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = 0;
    for word in words(text) {
        if let Some(other) = others.get(&text[word.span.clone()]) {
            replaced.push_str(&text[rest..word.span.start]);
            replaced.push_str(other);
            rest = word.span.end;
        }
    }
    replaced.push_str(&text[rest..]);
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gold::GoldPassage;

    fn gold(texts: &[(&str, &str)]) -> Gold {
        let passage = |(article, text): &(&str, &str)| GoldPassage {
            article: (*article).into(),
            text: (*text).into(),
            ..GoldPassage::default()
        };
        Gold { passages: texts.iter().map(passage).collect(), ..Gold::default() }
    }

    const STORY: [(&str, &str); 5] = [
        ("a", "Harle County Council’s cabinet met in Harle on Monday. The council said little."),
        (
            "a",
            "\"Nobody asked us,\" said Priya Thorne, whose son waits. Thorne added: \"I'm tired, and Ofsted knows.\"",
        ),
        (
            "a",
            "Cllr O'Hara (Lab) and Stoke-on-Sea were named, as was Theo, 7. Welsh-medium places, EHCPs and Year 6 were not.",
        ),
        ("b", "Families near Harle say that they were told by the Department for Education in May."),
        // What is written small anywhere is no name.
        ("b", "the county, the department for education, families, nobody, year"),
    ];

    fn found(texts: &[(&str, &str)]) -> Vec<(String, Kind)> {
        let gold = gold(texts);
        let texts: Vec<&str> = texts.iter().map(|(_, text)| *text).collect();
        names(&texts, &common(&gold, &(0..texts.len()).collect::<Vec<_>>()))
            .into_iter()
            .map(|(name, kind)| (name.to_owned(), kind))
            .collect()
    }

    #[test]
    fn names_are_found_and_what_is_real_stays() {
        let expected = [
            ("Harle", Kind::Place),
            ("Priya", Kind::Given),
            ("Thorne", Kind::Surname),
            ("O'Hara", Kind::Surname),
            ("Stoke-on-Sea", Kind::Place),
            ("Theo", Kind::Given),
        ];
        assert_eq!(found(&STORY), expected.map(|(name, kind)| (name.to_owned(), kind)));
    }

    #[test]
    fn a_word_that_only_begins_sentences_is_no_name() {
        assert!(found(&[("a", "Buses run late. Buses are full. “Buses,” she said.")]).is_empty());
    }

    #[test]
    fn a_name_is_the_same_throughout_its_article() {
        let gold = gold(&STORY);
        let swapped = swap(&gold, &[0, 1, 2, 3, 4]);
        let text = |index: usize| swapped.gold.passages[index].text.as_str();
        let other = text(0).split_whitespace().next().expect("a word");
        assert!(PLACES.contains(&other), "{}", text(0));
        assert_eq!(text(0).matches(other).count(), 2, "{}", text(0));
        assert!(text(0).contains("County Council’s cabinet met in"), "{}", text(0));
        assert!((0..5).all(|index| !text(index).contains("Harle")), "{:?}", swapped.gold.passages);
        assert!(text(1).contains("I'm tired, and Ofsted knows."), "{}", text(1));
        let surname = text(1).split_whitespace().nth(5).expect("a word").trim_end_matches(',').to_owned();
        assert!(
            SURNAMES.contains(&surname.as_str()) && text(1).matches(&surname).count() == 2,
            "{}",
            text(1)
        );
        // Only what was asked for changes.
        let swapped = swap(&gold, &[3]);
        assert_eq!(swapped.gold.passages[..3], gold.passages[..3]);
        assert_eq!(swapped.names, 1);
    }

    #[test]
    fn the_same_passages_give_the_same_names() {
        let gold = gold(&STORY);
        assert_eq!(swap(&gold, &[0, 1, 2]).gold, swap(&gold, &[0, 1, 2]).gold);
    }

    #[test]
    fn no_text_breaks_the_search_for_words() {
        for text in ["", "’s", "A", "'S's's", "É-é’É", "x\u{301}’ß—“Ÿ", "--A--", "I’", "日本 Tōkyō’s"]
        {
            let _ = swap(&gold(&[("a", text), ("a", "Then Ünal-Öz and Tōkyō came.")]), &[0, 1]);
        }
    }

    #[test]
    fn the_lists_hold_names_alone() {
        let mut all: Vec<&str> = [PLACES, GIVEN, SURNAMES].concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "no name stands twice");
        assert!(all.iter().all(|name| looks_like_a_name(name, &BTreeSet::new())), "{all:?}");
    }
}
