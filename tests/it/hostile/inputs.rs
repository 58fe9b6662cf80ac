//! Bad inputs, made anew from a seed by each test; none is stored.

use sendlens::random::Random;

use super::{bytes, pages, records, text, walls};

/// Bytes below which an input is small.
const SMALL: usize = 100_000;

/// Of so many larger inputs, one is among [`some`].
const LARGE_STEP: usize = 6;

/// One bad file.
pub(crate) struct Input {
    /// Its path in a corpus: the class, a number, what is bad, an ending.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Collects the inputs of one class.
pub(crate) struct Maker {
    class: &'static str,
    pub(crate) random: Random,
    inputs: Vec<Input>,
}

impl Maker {
    /// Adds a file; `ending` decides what it claims to be.
    pub(crate) fn add(&mut self, what: &str, ending: &str, bytes: impl Into<Vec<u8>>) {
        let name = format!("hostile/{}/{:04}-{what}.{ending}", self.class, self.inputs.len());
        self.inputs.push(Input { name, bytes: bytes.into() });
    }
}

/// What makes the inputs of a class.
type Make = fn(&mut Maker);

/// Every class with what makes it.
pub(crate) const CLASSES: [(&str, Make); 11] = [
    ("encodings", bytes::encodings),
    ("damage", bytes::damage),
    ("packed", bytes::packed),
    ("bombs", bytes::bombs),
    ("depth", pages::depth),
    ("markup", pages::markup),
    ("size", records::size),
    ("records", records::odd),
    ("dates", text::dates),
    ("text", text::odd),
    ("walls", walls::walls),
];

/// The inputs of one class, the same on each call.
pub(crate) fn of(class: &'static str, make: Make) -> Vec<Input> {
    let seed = class.bytes().fold(5, |seed, byte| seed * 31 + u64::from(byte));
    let mut maker = Maker { class, random: Random::new(seed), inputs: Vec::new() };
    make(&mut maker);
    maker.inputs
}

/// All inputs, in the order of [`CLASSES`].
pub(crate) fn all() -> Vec<Input> {
    CLASSES.into_iter().flat_map(|(class, make)| of(class, make)).collect()
}

/// Every small input, and of every [`LARGE_STEP`] larger ones the one at `turn`: what tests can afford that are
/// run all the time.
pub(crate) fn some(turn: usize) -> Vec<Input> {
    let (mut small, large): (Vec<_>, Vec<_>) = all().into_iter().partition(|input| input.bytes.len() < SMALL);
    small.extend(large.into_iter().skip(turn).step_by(LARGE_STEP));
    small
}

/// An article that is bad in nothing but `headline` and `body`.
pub(crate) fn article(headline: &str, body: &str) -> String {
    format!(
        "{headline}\n\nBy Ann Lowe\n\n12 March 2021\n\n{body}\n\n\
         Families in Norchester say the council has cut the school bus, and they are angry about it.\n"
    )
}

/// A page around `head` and `body`.
pub(crate) fn page(head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><title>Plans late</title>{head}</head><body><article>\
         <h1>Plans late</h1><p>The council said that plans for forty pupils were late again.</p>\
         {body}<p>Families have waited for more than a year, a charity said on Monday.</p></article></body></html>"
    )
}
