//! Pages and records that are nested too deep, and markup that is wrong.

use super::inputs::{Maker, page};

/// How often what nests is repeated.
const DEEP: usize = 100_000;

/// Nested tags, lists, quotations and marks.
pub(crate) fn depth(maker: &mut Maker) {
    // Each with the piece that is repeated; `#` becomes the number of the repetition.
    let tags = [
        "<div>",
        "<div></x>",
        "<div title=\"</div>\">",
        "<div><!--</div>-->",
        "<span>",
        "<b id=#>",
        "<a href=#>",
        "<font size=#>",
        "<p><b id=#></p>",
        "<i></b>",
        "<blockquote>",
        "<ul><li>",
        "<dl><dt>",
        "<table>",
        "<table><tr><td>",
        "<table><td></div>",
        "<table>x",
        "<form>",
        "<button>",
        "<select><option>",
        "<object>",
        "<template>",
        "<h1>",
        "<section></article>",
        "<svg>",
        "<svg><td>",
        "<svg><foreignObject>",
        "<math><mi>",
        "<math><annotation-xml encoding=text/html><p>",
        "<frameset>",
        "<noscript>",
        "<ruby><rt>",
        "<iframe>",
        "<",
        "</",
        "<!--",
        "<![CDATA[",
        "<?",
        "&",
        "&#",
        "<a ",
        "<p <",
        "\u{0}<div>",
        "<custom-element>",
        "<applet>",
    ];
    for piece in tags {
        let nested = if piece.contains('#') {
            (0..DEEP).map(|number| piece.replace('#', &number.to_string())).collect()
        } else {
            piece.repeat(DEEP)
        };
        maker.add("page", "html", page("", &nested));
        maker.add("fragment", "html", format!("<p>The bus is late.</p>{nested}"));
    }
    for outer in ["<svg>", "<math>", "<table>", "<select>", "<template>"] {
        for inner in ["<td>", "<tr>", "<option>", "<source>", "<rt>", "<th>", "<tbody>"] {
            maker.add("foreign", "html", page("", &format!("{outer}{}", inner.repeat(DEEP))));
        }
    }
    // Few tags that each open all the others again.
    let formats: String = (0..900).map(|number| format!("<b id={number}>")).collect();
    for again in ["<div>x</div>", "</p><p>x", "<table><td>x</table>"] {
        let body = format!("<div>{formats}</div>{}", again.repeat(DEEP));
        maker.add("opened-again", "html", page("", &body));
    }
    let closed = format!("{}{}", "<div>".repeat(DEEP), "</div>".repeat(DEEP));
    maker.add("closed", "html", page("", &closed));
    for ending in ["json", "jsonl"] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"text\":", "}]"), ("{\"articles\":[", "]}")]
        {
            maker.add("open", ending, open.repeat(DEEP));
            maker.add("closed", ending, format!("{}1{}", open.repeat(DEEP), close.repeat(DEEP)));
            let inner = format!("{}1{}", open.repeat(120), close.repeat(120));
            maker.add(
                "within-limit",
                ending,
                format!("[{{\"text\": \"It is late.\", \"author\": {inner}}}]"),
            );
            let record = format!("{{\"text\": \"It is late.\", \"date\": {}", open.repeat(DEEP));
            maker.add(
                "in-record",
                ending,
                format!("{{\"text\": \"One.\"}}\n{record}\n{{\"text\": \"Two.\"}}\n"),
            );
        }
    }
    for piece in ["\"", "\"\"", "'", "\"x", "\n\"", ",\"", "\"\n"] {
        maker.add("quotes", "csv", format!("title,text\n{}", piece.repeat(DEEP)));
        maker.add("quotes", "txt", format!("Plans late\n\n{}", piece.repeat(DEEP)));
    }
    for piece in [
        ">", "> ", "*", "**", "_", "`", "[", "![", "](", "[](", "#", "- ", "  - ", "|", "---\n", "<b>", "1. ",
    ] {
        maker.add("marks", "md", format!("# Plans late\n\n{}", piece.repeat(DEEP)));
        maker.add("marks", "txt", format!("Plans late\n\n{} The bus was late.", piece.repeat(DEEP)));
    }
    let matter: String =
        (0..2_000).map(|number| format!("{}a{number}:\n", " ".repeat(number % 500))).collect();
    maker.add("front-matter", "md", format!("---\n{matter}---\nThe bus is late.\n"));
    maker.add("front-matter-open", "md", format!("---\n{}", "title: [".repeat(DEEP)));
    for (open, close) in [("(", ")"), ("“", "”"), ("‘", "’"), ("[", "]"), ("«", "»")] {
        maker.add("brackets", "txt", format!("{}The bus is late.{}", open.repeat(DEEP), close.repeat(DEEP)));
    }
}

/// Metadata of the wrong type, in conflict, far too much of it; tags that never close.
pub(crate) fn markup(maker: &mut Maker) {
    let values = [
        "null",
        "true",
        "0",
        "-1",
        "1e400",
        "\"\"",
        "\" \"",
        "[]",
        "{}",
        "[[[]]]",
        "[null]",
        "{\"a\": {}}",
        "\"\\u202e\"",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "[1, \"a\", {}]",
        "\"2021-13-45\"",
        "\"99999999999\"",
        "{\"@value\": \"2021-03-12\"}",
        "{\"name\": {\"name\": {\"name\": 1}}}",
    ];
    for value in values {
        for key in
            ["@type", "@graph", "headline", "datePublished", "author", "publisher", "mainEntityOfPage", "url"]
        {
            let data =
                format!("{{\"@type\": \"NewsArticle\", \"{key}\": {value}, \"articleBody\": {value}}}");
            maker.add(
                "linked-data",
                "html",
                page(&format!("<script type=application/ld+json>{data}</script>"), ""),
            );
        }
    }
    for (open, close) in [("[", "]"), ("{\"@graph\":[", "]}"), ("{\"author\":", "}"), ("{\"@graph\":", "}")] {
        for deep in [100, 127, 128, 1_000, 100_000] {
            let data = format!("{}1{}", open.repeat(deep), close.repeat(deep));
            maker.add(
                "deep-linked-data",
                "html",
                page(&format!("<script type=application/ld+json>{data}</script>"), ""),
            );
        }
    }
    let metas = [
        "<meta property=article:published_time content=2021-03-#>",
        "<meta name=author content=\"Writer #\">",
        "<meta property=og:title content=\"Title #\">",
        "<meta>",
        "<meta charset=utf-16>",
        "<meta http-equiv=content-type content=\"text/html; charset=x-#\">",
        "<link rel=canonical href=https://echo.example/#>",
        "<script type=application/ld+json>{\"@type\": \"NewsArticle\", \"datePublished\": \"2021-03-#\"}</script>",
        "<title>#</title>",
        "<base href=\"javascript:#\">",
    ];
    for meta in metas {
        let many: String = (0..DEEP).map(|number| meta.replace('#', &number.to_string())).collect();
        maker.add("many", "html", page(&many, ""));
        let few: String = (0..40).map(|number| meta.replace('#', &(number % 30).to_string())).collect();
        maker.add("conflict", "html", page(&few, ""));
    }
    let bodies = [
        "<time datetime=\"\">",
        "<time datetime=\"+999999-01-01\">1 May</time>",
        "<script>",
        "<style>",
        "<textarea>",
        "<title>",
        "<plaintext>",
        "<xmp>",
        "<p",
        "<p title=\"",
        "<p title='",
        "<!--",
        "<![CDATA[ x ]]>",
        "<?php",
        "<a href=\"javascript:1\">x</a>",
        "<img src=x onerror=x>",
        "<p hidden>The bus is late.</p>",
        "&#x110000;&#xd800;&#0;&#x80;&#99999999999999;",
        "<p>\u{1b}[31m&#27;[31m&#x9b;31m&#x202e;</p>",
        "<a\u{0}b>",
        "<isindex>",
        "<image>",
        "</br></p></b>",
        "<html><body>",
    ];
    for body in bodies {
        maker.add("body", "html", page("", body));
        maker.add("body", "txt", format!("{body} The bus was late."));
        maker.add("body", "md", format!("# Late\n\n{body} The bus was late."));
        let value = serde_json::Value::from(body);
        maker.add("body", "json", format!("[{{\"text\": {value}, \"title\": {value}, \"url\": {value}}}]"));
    }
    for count in [30_000, 150_000] {
        for piece in
            ["<br>", "<p>x", "<td>x", "<a href=/>x</a>", "<li>late", "<img>", "x<hr>", "&amp;", "<!-- -->"]
        {
            maker.add("wide", "html", page("", &piece.repeat(count)));
        }
    }
    let attributes: String = (0..100_000).map(|number| format!(" a{number}={number}")).collect();
    maker.add("attributes", "html", page("", &format!("<p{attributes}>The bus is late.</p>")));
    let classes = "advert related promo ".repeat(50_000);
    maker.add(
        "classes",
        "html",
        page("", &format!("<div class=\"{classes}\"><p>The bus is late.</p></div>")),
    );
}
