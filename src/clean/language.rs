//! The language of an article's body.
//!
//! *Takes* body text. *Gives* an ISO 639-1 code, or none if there is too little text to tell. *Fails* never.
//! *Cost*: a look at the first words for English and Welsh; trigrams of the first 2,000 bytes for the rest.

use whatlang::Lang;

use super::shape::{self, WordSet};

/// Words that are looked at.
const SAMPLE_WORDS: usize = 200;
/// Bytes whose trigrams are compared.
const SAMPLE_BYTES: usize = 2_000;
/// Fewest words from which anything is said.
const FEWEST_WORDS: usize = 8;
/// Fewest words from which trigrams are trusted.
const TRIGRAM_WORDS: usize = 20;
/// Share of [`ENGLISH`] words, in percent, from which a text is English. English news has 18 to 30, Dutch and
/// Scandinavian text below 5.
const ENGLISH_PERCENT: usize = 10;

/// Frequent English words that Welsh, Dutch, German, French and Scandinavian texts lack.
static ENGLISH: WordSet = WordSet::new(&[
    "and", "are", "been", "by", "from", "has", "have", "his", "it", "its", "not", "of", "said", "that",
    "the", "their", "they", "this", "was", "which", "with", "would",
]);
/// Frequent Welsh words that English lacks.
static WELSH: WordSet = WordSet::new(&[
    "ac", "ar", "bod", "cael", "dan", "ddim", "ei", "eu", "fod", "gan", "gyda", "gyfer", "hefyd", "hyn",
    "hynny", "mae", "mewn", "oedd", "sydd", "wedi", "yma", "yn", "yng", "yr",
]);

/// The language of `text`, as ISO 639-1.
#[must_use]
pub fn language(text: &str) -> Option<&'static str> {
    let mut words = 0;
    let (mut english, mut welsh) = (0, 0);
    for word in
        text.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).take(SAMPLE_WORDS)
    {
        words += 1;
        if let Some(word) = shape::pack(word) {
            english += usize::from(ENGLISH.contains(word));
            welsh += usize::from(WELSH.contains(word));
        }
    }
    if words < FEWEST_WORDS && text.len() < FEWEST_WORDS * 6 {
        return None;
    }
    // Welsh reports quote English; English ones seldom have more than a name in Welsh.
    if welsh * 100 >= words * 8 && welsh * 2 > english {
        return Some("cy");
    }
    if english * 100 >= words * ENGLISH_PERCENT {
        return Some("en");
    }
    let sample = &text[..text.floor_char_boundary(SAMPLE_BYTES)];
    let info = whatlang::detect(sample)?;
    let is_sure = words >= TRIGRAM_WORDS || info.is_reliable() || shape::word_count(sample) == 1;
    is_sure.then(|| code_of(info.lang()))
}

/// The two-letter code of a language.
fn code_of(language: Lang) -> &'static str {
    match language {
        Lang::Eng => "en",
        Lang::Cym => "cy",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Nld => "nl",
        Lang::Pol => "pl",
        Lang::Ron => "ro",
        Lang::Rus => "ru",
        Lang::Ukr => "uk",
        Lang::Bel => "be",
        Lang::Bul => "bg",
        Lang::Ces => "cs",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Hun => "hu",
        Lang::Fin => "fi",
        Lang::Est => "et",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Nob => "nb",
        Lang::Ell => "el",
        Lang::Tur => "tr",
        Lang::Ara => "ar",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pes => "fa",
        Lang::Urd => "ur",
        Lang::Hin => "hi",
        Lang::Ben => "bn",
        Lang::Pan => "pa",
        Lang::Guj => "gu",
        Lang::Mar => "mr",
        Lang::Tam => "ta",
        Lang::Tel => "te",
        Lang::Kan => "kn",
        Lang::Mal => "ml",
        Lang::Sin => "si",
        Lang::Nep => "ne",
        Lang::Ori => "or",
        Lang::Cmn => "zh",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Vie => "vi",
        Lang::Tha => "th",
        Lang::Ind => "id",
        Lang::Jav => "jv",
        Lang::Tgl => "tl",
        Lang::Mya => "my",
        Lang::Khm => "km",
        Lang::Afr => "af",
        Lang::Aka => "ak",
        Lang::Amh => "am",
        Lang::Aze => "az",
        Lang::Cat => "ca",
        Lang::Epo => "eo",
        Lang::Hye => "hy",
        Lang::Kat => "ka",
        Lang::Lat => "la",
        Lang::Sna => "sn",
        Lang::Tuk => "tk",
        Lang::Uzb => "uz",
        Lang::Zul => "zu",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_and_welsh_are_told_apart() {
        let english =
            "The county said it had hired forty caseworkers and that families would not have to wait.";
        let welsh = "Mae'r cyngor wedi dweud bod mwy o arian ar gael ar gyfer plant sydd ag anghenion dysgu \
            ychwanegol yn y sir, ac mae rhieni yn galw am newid.";
        assert_eq!(language(english), Some("en"));
        assert_eq!(language(welsh), Some("cy"));
        assert_eq!(language(&format!("{welsh} “The school is not ready,” she said.")), Some("cy"));
    }

    #[test]
    fn other_languages() {
        let french = "Le conseil a déclaré que les familles attendaient depuis trop longtemps une place dans une \
            école spécialisée, et que la situation devait changer rapidement.";
        assert_eq!(language(french), Some("fr"));
        assert_eq!(language("Too short"), None);
        assert_eq!(language(""), None);
    }
}
