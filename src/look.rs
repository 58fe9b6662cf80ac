//! How text for people looks: how wide it is, and whether it has colours.
//!
//! *Takes* text that is safe to print. *Gives* the same text, wrapped or painted. *Fails* never.
//!
//! - colours can be read on light and on dark
//! - without colours nothing is added

use std::borrow::Cow;

use anstyle::{Ansi256Color, AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

/// Colours of themes, in the order of the codebook and then from the first again. Of the 256 colours of a terminal, which
/// users change less often than the first 16: blue, orange, purple, teal, gold, pink. Red and green are for sentiments.
const THEMES: [u8; 6] = [33, 166, 133, 31, 136, 169];

/// A sentiment's colour; neutral has none.
const NEGATIVE: u8 = 160;
/// A sentiment's colour; neutral has none.
const POSITIVE: u8 = 28;

/// Whether text is painted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colours {
    /// It is not.
    #[default]
    Absent,
    /// With the sequences that terminals know (ECMA-48, 8.3.117).
    Ansi,
}

/// How text for people looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns that a line may have.
    pub width: usize,
    /// Whether it is painted.
    pub colours: Colours,
}

impl Default for Look {
    /// Without colours, as wide as is read with ease.
    fn default() -> Self {
        Self { width: 96, colours: Colours::Absent }
    }
}

impl Look {
    /// `text` as a heading.
    #[must_use]
    pub fn heading<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.paint(Style::new().bold(), text)
    }

    /// `text` as something beside the point.
    #[must_use]
    pub fn aside<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.paint(Style::new().dimmed(), text)
    }

    /// `text` in the colour of the theme with this place in the codebook.
    #[must_use]
    pub fn theme<'a>(&self, place: usize, text: &'a str) -> Cow<'a, str> {
        self.paint(coloured(THEMES[place % THEMES.len()]).bold(), text)
    }

    /// `text` in the colour of a sentiment, by its name.
    #[must_use]
    pub fn sentiment<'a>(&self, sentiment: &str, text: &'a str) -> Cow<'a, str> {
        match sentiment {
            "negative" => self.paint(coloured(NEGATIVE), text),
            "positive" => self.paint(coloured(POSITIVE), text),
            _ => Cow::Borrowed(text),
        }
    }

    /// `text` as the word that opens a fault.
    #[must_use]
    pub fn fault<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    /// Painted as `style` says, where there are colours and anything to paint.
    fn paint<'a>(&self, style: Style, text: &'a str) -> Cow<'a, str> {
        match self.colours {
            Colours::Ansi if !text.is_empty() => format!("{style}{text}{style:#}").into(),
            _ => Cow::Borrowed(text),
        }
    }

    /// Lines of `paragraph`, wrapped between words, without the indent of this many columns. A longer word (an address)
    /// has a line of its own and stays whole, so that it can be copied.
    #[must_use]
    pub fn wrap(&self, paragraph: &str, indent: usize) -> Vec<String> {
        let room = self.width.saturating_sub(indent);
        let mut lines = Vec::new();
        let mut line = String::new();
        let mut width = 0;
        for word in paragraph.split_whitespace() {
            let length = word.width();
            if !line.is_empty() && width + 1 + length > room {
                lines.push(std::mem::take(&mut line));
                width = 0;
            }
            if !line.is_empty() {
                line.push(' ');
                width += 1;
            }
            line.push_str(word);
            width += length;
        }
        lines.push(line);
        lines
    }
}

fn coloured(number: u8) -> Style {
    Ansi256Color(number).on_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of a colour of the 6 × 6 × 6 cube (WCAG 2.2, "relative luminance").
    fn luminance(number: u8) -> f64 {
        let number = number - 16;
        let linear = |step: u8| {
            let value = if step == 0 { 0.0 } else { (55.0 + 40.0 * f64::from(step)) / 255.0 };
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055_f64).powf(2.4) }
        };
        0.2126 * linear(number / 36) + 0.7152 * linear(number / 6 % 6) + 0.0722 * linear(number % 6)
    }

    #[test]
    fn colours_can_be_read_on_light_and_on_dark() {
        for number in THEMES.into_iter().chain([NEGATIVE, POSITIVE]) {
            let (on_white, on_black) = (1.05 / (luminance(number) + 0.05), (luminance(number) + 0.05) / 0.05);
            // 3 is what WCAG 2.2 asks of bold text and of signs (1.4.3, 1.4.11).
            assert!(
                on_white >= 3.0 && on_black >= 3.0,
                "{number}: {on_white:.2} on white, {on_black:.2} on black"
            );
        }
    }

    #[test]
    fn without_colours_nothing_is_added() {
        let (plain, painted) = (Look::default(), Look { colours: Colours::Ansi, ..Look::default() });
        assert_eq!(plain.theme(0, "transport"), "transport");
        assert_eq!(painted.theme(0, "transport"), "\u{1b}[1m\u{1b}[38;5;33mtransport\u{1b}[0m");
        assert_eq!(painted.sentiment("neutral", "neutral"), "neutral");
        assert_eq!(painted.theme(0, ""), "", "nothing to paint");
        let six = THEMES.len();
        assert_eq!(painted.theme(six, "x"), painted.theme(0, "x"), "as many themes as there are");
    }

    #[test]
    fn lines_are_wrapped_between_words() {
        let look = Look { width: 12, ..Look::default() };
        assert_eq!(look.wrap("The bus was late again.", 2), ["The bus", "was late", "again."]);
        assert_eq!(
            look.wrap("at https://example.org/a/b today", 2),
            ["at", "https://example.org/a/b", "today"]
        );
        // Two columns each.
        assert_eq!(look.wrap("日本 日本 日本", 2), ["日本 日本", "日本"]);
        assert_eq!(look.wrap("", 2), [""]);
    }
}
