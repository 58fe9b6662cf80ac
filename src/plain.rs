//! Text made safe to print: whatever an article holds, it cannot drive a terminal.
//!
//! *Takes* any text. *Gives* the same text on one line, without escape sequences, control, bidi and
//! zero-width characters. *Fails* never. *Cost*: one pass; text that is safe already is borrowed.
//!
//! Invariants, each with a test of the same name: nothing unprintable comes out (`nothing_unprintable`),
//! safe text stays untouched (`safe_text_is_borrowed`), twice is the same as once (`twice_is_once`).

use std::borrow::Cow;

/// Whether a terminal obeys or hides `c` instead of showing it: control characters but white space,
/// bidi controls, zero-width characters, annotation marks and language tags.
#[must_use]
pub fn is_unprintable(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether `c` can stand in a line as it is.
fn is_plain(c: char) -> bool {
    if c.is_ascii() { (' '..='~').contains(&c) } else { !is_unprintable(c) && !is_line_break(c) }
}

/// Whether a terminal or a reader takes `c` as a new line.
fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// One line of `text` that is safe to print: escape sequences and unprintable characters are gone, line
/// breaks and tabs are spaces.
///
/// Of a sequence that only begins like one (a title set by `ESC ]`) the introducer goes and the rest stays
/// as visible text, so that no unclosed sequence can hide what follows it.
///
/// ```
/// assert_eq!(sendlens::plain::line("a\u{1b}[31mred\u{1b}[0m\nb"), "ared b");
/// ```
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(|c| !is_plain(c)) else { return Cow::Borrowed(text) };
    let mut safe = String::with_capacity(text.len());
    safe.push_str(&text[..first]);
    let mut rest = text[first..].chars().peekable();
    while let Some(c) = rest.next() {
        let is_csi = match c {
            '\u{1b}' => match rest.peek() {
                Some('[') => {
                    rest.next();
                    true
                }
                // ESC and one more byte are a sequence of their own (ECMA-48, 5.3).
                Some(' '..='~') => {
                    rest.next();
                    false
                }
                _ => false,
            },
            '\u{9b}' => true,
            _ if is_line_break(c) || c == '\t' => {
                safe.push(' ');
                false
            }
            _ => {
                if is_plain(c) {
                    safe.push(c);
                }
                false
            }
        };
        if is_csi {
            // Parameter and intermediate bytes, then one final byte (ECMA-48, 5.4).
            while rest.next_if(|&c| (' '..='?').contains(&c)).is_some() {}
            rest.next_if(|&c| ('@'..='~').contains(&c));
        }
    }
    Cow::Owned(safe)
}

/// Text for a page, on one line: what a reader cannot see and a browser obeys stands there as its number.
///
/// Zero-width characters and soft hyphens, which only tell where a line may break, are left out.
///
/// ```
/// assert_eq!(sendlens::plain::visible("pay\u{ad}ment\u{202e}\n!"), "payment⟨U+202E⟩ !");
/// ```
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => {}
            _ if is_line_break(c) || c == '\t' => safe.push(' '),
            _ if is_plain(c) => safe.push(c),
            _ => safe.push_str(&format!("⟨U+{:04X}⟩", u32::from(c))),
        }
    }
    Cow::Owned(safe)
}

/// JSON that is safe to print and means the same: what a terminal obeys or hides stands as an escape such as `\u001b`.
///
/// Control characters are escaped by any JSON writer already; this adds bidi controls and their like, which
/// can only stand inside strings.
///
/// ```
/// assert_eq!(sendlens::plain::json("{\"a\": \"b\u{202e}\"}"), "{\"a\": \"b\\u202e\"}");
/// ```
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unprintable(c) {
            let mut units = [0; 2];
            safe.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Bytes in lower-case hexadecimal, as hashes are written.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn safe_text_is_borrowed() {
        assert!(matches!(line("Pupils’ “plans” – £3.5m"), Cow::Borrowed(_)));
    }

    #[test]
    fn sequences_are_removed() {
        assert_eq!(line("a\u{1b}[2Jb\u{9b}1;31mc"), "abc");
        assert_eq!(line("a\u{1b}]0;title\u{7}b"), "a0;titleb");
        assert_eq!(line("a\u{202e}b\u{200b}c\u{feff}d"), "abcd");
        assert_eq!(line("a\r\nb\tc\u{2028}d"), "a  b c d");
        assert_eq!(line("end\u{1b}"), "end");
    }

    #[test]
    fn json_means_the_same() {
        let value = serde_json::json!({ "a\u{202e}": "\u{e0001}\u{ad}\u{9b}\u{1b}\n“é”" });
        let text = serde_json::to_string_pretty(&value).expect("plain values");
        let safe = json(&text);
        assert!(!safe.contains(is_unprintable), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).expect("JSON"), value);
    }

    proptest! {
        #[test]
        fn nothing_invisible_reaches_a_page(text in any::<String>()) {
            prop_assert!(visible(&text).chars().all(is_plain));
        }

        #[test]
        fn nothing_unprintable(text in any::<String>()) {
            prop_assert!(line(&text).chars().all(is_plain));
        }

        #[test]
        fn twice_is_once(text in "[a-z\u{1b}\u{9b}\\[\\]0-9;m\n\u{202e}]{0,40}") {
            let once = line(&text).into_owned();
            let twice = line(&once);
            prop_assert_eq!(twice.as_ref(), once.as_str());
        }
    }
}
