//! Parses a page piece by piece and gives up on one whose tree grows out of proportion.
//!
//! *Takes* HTML source. *Gives* its tree. *Fails* with `None` on a page that is too large, too deep, makes more
//! nodes than its bytes can stand for, or crowds a tag with attributes. *Cost*: two passes; what a refused page
//! costs is bounded.
//!
//! Tags alone do not say how deep a page is: a parser ignores end tags that close nothing, takes tags in comments
//! and attributes for text, nests table cells in `svg`, and opens formatting elements again in every block. So the
//! tree itself is looked at while it grows: the parser takes time by its depth for many tags, and what walks over
//! the tree later may recurse.
//!
//! - No tree is deeper than the limit (`no_tree_is_deeper_than_the_limit`).
//! - No tag has more attributes than the limit, wherever it hides (`no_tag_is_crowded`).

use ego_tree::iter::Edge;
use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use scraper::{Html, HtmlTreeSink};

/// Largest page that is parsed, in bytes.
const LARGEST: usize = 20 << 20;
/// Deepest nesting that is parsed: the extractor's own walks recurse.
const DEEPEST: usize = 1_000;
/// Bytes that are parsed before the tree is looked at again.
const PIECE: usize = 4 << 10;
/// Bytes of source per node, the fewest of a page that opens nothing again: `<p>a` are two nodes.
const BYTES_PER_NODE: usize = 2;
/// Nodes that any page may have, however short: what a parser adds by itself.
const FREE_NODES: usize = 1_024;
/// Most attributes of a tag: the parser compares each with all before it.
const MOST_ATTRIBUTES: usize = 5_000;
/// Most bytes looked at for crowded tags per byte of source; 1 but where tags begin in tags.
const LOOKS_PER_BYTE: usize = 64;
/// One of so many new nodes is asked for its depth while the page is parsed.
const STEP: usize = 16;

/// The tree of a page or a fragment; `None` if it is refused.
#[must_use]
pub(super) fn parse(html: &str) -> Option<Html> {
    if html.len() > LARGEST || is_crowded(html.as_bytes()) {
        return None;
    }
    let mut parser = parse_document(HtmlTreeSink::new(Html::new_document()), ParseOpts::default());
    let mut nodes = 0;
    let mut rest = html;
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(rest.floor_char_boundary(PIECE));
        parser.process(piece.into());
        rest = later;
        let page = parser.tokenizer.sink.sink.0.borrow();
        let before = std::mem::replace(&mut nodes, page.tree.nodes().len());
        let mut new = page.tree.nodes().rev().take(nodes - before).step_by(STEP);
        let most = FREE_NODES + (html.len() - rest.len()) / BYTES_PER_NODE;
        if nodes > most || new.any(|node| node.ancestors().nth(DEEPEST).is_some()) {
            return None;
        }
    }
    let page = parser.finish();
    (depth(&page) <= DEEPEST).then_some(page)
}

/// Whether a tag may have more than [`MOST_ATTRIBUTES`].
///
/// Every `<` before a letter is taken for the start of a tag, as nothing short of a parser can tell which of them a
/// script, a comment or a value hides.
fn is_crowded(html: &[u8]) -> bool {
    let mut looks = html.len().saturating_mul(LOOKS_PER_BYTE);
    memchr::memchr_iter(b'<', html).any(|at| {
        let tag = &html[at + 1..];
        if !tag.first().is_some_and(u8::is_ascii_alphabetic) {
            return false;
        }
        let (length, attributes) = measure(tag);
        let is_spent = length > looks;
        looks = looks.saturating_sub(length);
        attributes > MOST_ATTRIBUTES || is_spent
    })
}

/// Where in a tag a byte stands (WHATWG HTML, 13.2.5.8 and 13.2.5.32 to 13.2.5.40).
#[derive(Clone, Copy)]
enum Place {
    TagName,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Value,
}

/// Bytes up to the end of a tag that begins with its name, or until it is crowded, and its attributes.
fn measure(tag: &[u8]) -> (usize, usize) {
    let (mut attributes, mut at) = (0, 0);
    let mut place = Place::TagName;
    while let Some(byte) = tag.get(at).filter(|byte| **byte != b'>' && attributes <= MOST_ATTRIBUTES) {
        place = match (place, byte) {
            (Place::BeforeValue, b'"' | b'\'') => {
                let Some(length) = memchr::memchr(*byte, &tag[at + 1..]) else {
                    return (tag.len(), attributes);
                };
                at += length + 1;
                Place::BeforeName
            }
            (Place::TagName | Place::Value, _) if byte.is_ascii_whitespace() => Place::BeforeName,
            (Place::Name, _) if byte.is_ascii_whitespace() => Place::AfterName,
            (_, _) if byte.is_ascii_whitespace() => place,
            (Place::TagName | Place::BeforeName | Place::Name | Place::AfterName, b'/') => Place::BeforeName,
            (Place::Name | Place::AfterName, b'=') => Place::BeforeValue,
            (Place::BeforeName | Place::AfterName, _) => {
                attributes += 1;
                Place::Name
            }
            (Place::BeforeValue, _) => Place::Value,
            (Place::TagName | Place::Name | Place::Value, _) => place,
        };
        at += 1;
    }
    (at, attributes)
}

/// How deep the deepest node of a page lies.
fn depth(page: &Html) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for edge in page.tree.root().traverse() {
        match edge {
            Edge::Open(_) => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            Edge::Close(_) => depth -= 1,
        }
    }
    // The document itself counts for nothing.
    deepest.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tree_is_deeper_than_the_limit() {
        // Each nests without end, and most of them look flat to whoever counts tags.
        for piece in [
            "<div>",
            "<div></x>",
            "<div title=\"</div>\">",
            "<div><!--</div>-->",
            "<svg><td>",
            "<table><td></div>",
        ] {
            assert!(parse(&piece.repeat(100_000)).is_none(), "{piece}");
        }
        let svg = format!("<svg>{}", "<td>".repeat(2_000));
        assert!(parse(&svg).is_none());
        let page = parse(&"<div>".repeat(900)).expect("within the limit");
        assert_eq!(depth(&page), 902);
        assert!(parse(&format!("{}</div>", "<div><p>One<br></div>".repeat(50_000))).is_some());
    }

    #[test]
    fn formats_that_open_again_in_every_block_are_refused() {
        let formats: String = (0..900).map(|number| format!("<b id={number}>")).collect();
        assert!(parse(&format!("<div>{formats}</div>{}", "<div>x</div>".repeat(100_000))).is_none());
    }

    #[test]
    fn no_tag_is_crowded() {
        let many: String = (0..20_000).map(|number| format!(" a{number}={number}")).collect();
        let quoted: String = (0..20_000).map(|number| format!("a{number}=''")).collect();
        for html in [
            format!("<p{many}>"),
            format!("<p {quoted}>"),
            format!("<p{}>", many.replace([' ', '='], "/")),
            format!("<p title='>'{many}>"),
            format!("<p = ' {many}>"),
            format!("<p a = '>'{many}>"),
            format!("<script>a<b x=\"</script><p{many}>"),
            format!("<!-- <b x=\" --><p{many}>"),
            "<a=\"".repeat(100_000),
        ] {
            assert!(parse(&html).is_none(), "{}", &html[..40]);
        }
        // Here the tag ends at the first `>`: a quotation mark in a name begins no value.
        let text = parse(&format!("<p a/='>'{many}>")).expect("many words, two attributes");
        assert!(text.root_element().text().any(|text| text.contains("a19999=19999")));
        let value = "data and more data ".repeat(50_000);
        assert!(parse(&format!("<p class=\"{value}\" title='{value}'>One.</p>")).is_some());
        assert!(parse(&"<p class = \"a b\" id=x hidden>One</p>".repeat(10_000)).is_some());
    }

    #[test]
    fn pieces_make_the_tree_of_the_whole() {
        let row = "<p>Über <b>the</b> bus &amp; caf&eacute;<br>x<!-- y --></p><table><td>1</table>";
        let html = format!("<!doctype html><title>x</title>{}", row.repeat(1_000));
        assert_eq!(parse(&html).expect("a plain page").html(), Html::parse_document(&html).html());
    }
}
