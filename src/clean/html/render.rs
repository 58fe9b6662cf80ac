//! Renders a parsed page as lines, one per block element, with what the markup says about each.
//!
//! *Takes* a parsed page. *Gives* [`Line`]s in document order, without a place in the source. *Fails* never.
//! *Cost*: one pass over the tree, without recursion, so that no nesting can exhaust the stack.

use ego_tree::iter::Edge;
use scraper::Node;
use scraper::node::Element;

use crate::clean::lines::{self, Hint, Line, Lines};

/// Collects text until an element ends the line.
#[derive(Default)]
struct Page {
    found: Lines,
    text: String,
    /// Bytes of `text` that stand in links.
    linked: usize,
    links: usize,
    asides: usize,
    /// Headings, items, captions and paragraphs that are open.
    hints: Vec<Hint>,
}

impl Page {
    fn end_line(&mut self) {
        let mut text = String::with_capacity(self.text.len());
        self.found.removed_characters += lines::normalise(&self.text, &mut text);
        let hint = match self.hints.last() {
            Some(Hint::Caption) => Hint::Caption,
            _ if self.asides > 0 => Hint::Aside,
            Some(hint @ (Hint::Heading(_) | Hint::Paragraph)) => *hint,
            // A paragraph may be one long link; a list of links is a menu.
            _ if self.linked * 10 >= self.text.trim().len() * 9 && self.linked > 0 => Hint::Link,
            hint => hint.copied().unwrap_or_default(),
        };
        self.text.clear();
        self.linked = 0;
        if !text.is_empty() {
            self.found.lines.push(Line { text, hint, ..Line::default() });
        }
    }

    fn open(&mut self, element: &Element) {
        if is_block(element.name()) {
            self.end_line();
        }
        match element.name() {
            "br" | "hr" => self.end_line(),
            "a" => self.links += 1,
            "td" | "th" => self.text.push(' '),
            _ => {}
        }
        if let Some(hint) = hint_of(element.name()) {
            self.hints.push(hint);
        }
        self.asides += usize::from(is_aside(element.name()));
    }

    fn close(&mut self, element: &Element) {
        if is_block(element.name()) {
            self.end_line();
        }
        if hint_of(element.name()).is_some() {
            self.hints.pop();
        }
        self.links -= usize::from(element.name() == "a");
        self.asides -= usize::from(is_aside(element.name()));
    }
}

/// Renders `page` as lines.
#[must_use]
pub fn render(page: &scraper::Html) -> Lines {
    let mut rendered = Page::default();
    let mut hidden = 0_usize;
    for edge in page.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Element(element) if is_hidden(element) => hidden += 1,
                Node::Element(element) if hidden == 0 => rendered.open(element),
                Node::Text(text) if hidden == 0 => {
                    if rendered.links > 0 {
                        rendered.linked += text.trim().len();
                    }
                    rendered.text.push_str(text);
                }
                _ => {}
            },
            Edge::Close(node) => match node.value() {
                Node::Element(element) if is_hidden(element) => hidden -= 1,
                Node::Element(element) if hidden == 0 => rendered.close(element),
                _ => {}
            },
        }
    }
    rendered.end_line();
    rendered.found
}

/// Whether a page shows nothing of an element.
fn is_hidden(element: &Element) -> bool {
    matches!(
        element.name(),
        "head"
            | "script"
            | "style"
            | "noscript"
            | "template"
            | "svg"
            | "iframe"
            | "object"
            | "select"
            | "textarea"
            | "canvas"
            | "audio"
            | "video"
            | "map"
            | "math"
            | "datalist"
            | "dialog"
    ) || element.attr("hidden").is_some_and(|value| value != "false")
}

/// Whether an element holds what stands beside an article.
fn is_aside(name: &str) -> bool {
    matches!(name, "nav" | "footer" | "aside" | "form" | "button" | "menu")
}

/// What an element says about its lines.
fn hint_of(name: &str) -> Option<Hint> {
    Some(match name {
        "p" | "blockquote" => Hint::Paragraph,
        "li" => Hint::Item,
        "figcaption" | "caption" => Hint::Caption,
        "h1" => Hint::Heading(1),
        "h2" => Hint::Heading(2),
        "h3" => Hint::Heading(3),
        "h4" => Hint::Heading(4),
        "h5" => Hint::Heading(5),
        "h6" => Hint::Heading(6),
        _ => return None,
    })
}

/// Whether an element stands on lines of its own.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "button"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "option"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "tfoot"
            | "thead"
            | "time"
            | "tr"
            | "ul"
            | "label"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(html: &str) -> Vec<(String, Hint)> {
        render(&scraper::Html::parse_document(html))
            .lines
            .into_iter()
            .map(|line| (line.text, line.hint))
            .collect()
    }

    #[test]
    fn blocks_become_lines() {
        let html = "<h1>Title</h1><div>One <b>line</b><br>two</div><p>A <a href=x>linked</a> paragraph</p>\
            <ul><li><a href=y>Menu</a><li>Item</ul><nav>Home</nav><script>no</script>\
            <figure><figcaption>A hall</figcaption></figure>";
        let seen = rendered(html);
        let expected = [
            ("Title", Hint::Heading(1)),
            ("One line", Hint::None),
            ("two", Hint::None),
            ("A linked paragraph", Hint::Paragraph),
            ("Menu", Hint::Link),
            ("Item", Hint::Item),
            ("Home", Hint::Aside),
            ("A hall", Hint::Caption),
        ];
        assert_eq!(seen, expected.map(|(text, hint)| (text.to_owned(), hint)));
    }

    #[test]
    fn deep_nesting_is_rendered() {
        let html = format!("{}<p>deep", "<div>".repeat(5_000));
        assert_eq!(rendered(&html).len(), 1);
    }
}
