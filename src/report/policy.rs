//! Style, scripts and the policy that lets nothing else run: whatever an article holds, the page loads nothing, sends
//! nothing and executes only what is here.
//!
//! Content Security Policy Level 3 (W3C): `style` and `script` elements run only if the SHA-256 of their text is named.

use sha2::{Digest, Sha256};

/// The style sheet.
pub(super) const STYLE: &str = include_str!("report.css");

/// The scripts, in the order in which they run.
pub(super) const SCRIPTS: [&str; 2] = [include_str!("charts.js"), include_str!("report.js")];

/// The policy of a page with these styles and scripts.
pub(super) fn of(styles: &[&str], scripts: &[&str]) -> String {
    let sources = |texts: &[&str]| {
        let hashes = texts.iter().map(|text| format!("'sha256-{}'", base64(&Sha256::digest(text))));
        if texts.is_empty() { "'none'".to_owned() } else { hashes.collect::<Vec<_>>().join(" ") }
    };
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        sources(styles),
        sources(scripts)
    )
}

/// Base64 with padding (RFC 4648, 4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for index in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * index)) as usize & 63];
            text.push(if index <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        // RFC 4648, 10.
        let texts = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        let encoded = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        assert_eq!(texts.map(|text| base64(text.as_bytes())), encoded);
    }

    #[test]
    fn nothing_but_named_hashes_may_run() {
        let policy = of(&["a"], &[]);
        assert!(policy.starts_with(
            "default-src 'none'; style-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="
        ));
        assert!(policy.contains("script-src 'none'") && !policy.contains("unsafe"));
    }

    #[test]
    fn no_script_or_style_can_close_its_element() {
        for text in SCRIPTS {
            assert!(!text.contains("</script") && !text.contains("<!--"));
        }
        assert!(!STYLE.contains("</style") && !STYLE.contains("http"));
    }
}
