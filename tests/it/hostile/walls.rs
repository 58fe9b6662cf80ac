//! Pages that stand where an article should: walls, consent pages, pages that say there is none, navigation.

use super::inputs::Maker;

/// What such pages say, as lines; none of them is news.
pub(crate) const PAGES: [&str; 16] = [
    "Subscribe to continue reading\nAlready a subscriber? Log in\nStart your free trial",
    "You have reached your limit of free articles this month.\nCreate a free account\nSign in to read",
    "This article is for subscribers only.\nSubscribe now\nAlready have an account? Sign in",
    "Register to continue\nRegister for free to read three more articles this month.\nSign in",
    "We value your privacy\nWe and our partners store cookies on your device.\nAccept all\nReject all",
    "We use cookies to improve your visit.\nAccept all cookies\nManage preferences",
    "Before you continue\nWe use cookies and data to run our services.\nReject all\nAccept all\nMore options",
    "Page not found\nSorry, the page you requested does not exist.\nHome\nNews",
    "404 Not Found\nnginx",
    "403 Forbidden\nYou cannot see this page.",
    "Access denied\nYou cannot see this page.\nError 1020",
    "Checking your browser before you go on.\nPlease enable cookies.",
    "Please enable JavaScript\nYou need to enable JavaScript to run this app.",
    "Please verify you are a human\nPress and hold the button.",
    "Home\nNews\nSport\nWeather\nContact us\nMenu",
    "Sign in\nRegister\nPrivacy policy\nTerms of use\nCookies",
];

/// Each as text, as a page, as a record, under an article's head, and far too often.
pub(crate) fn walls(maker: &mut Maker) {
    for lines in PAGES {
        let paragraphs: String = lines.lines().map(|line| format!("<p>{line}</p>")).collect();
        let items: String = lines.lines().map(|line| format!("<li><a href=#>{line}</a></li>")).collect();
        maker.add("text", "txt", lines);
        maker.add("marked", "md", lines.replace('\n', "\n\n"));
        let page = |body: &str| format!("<!doctype html><title>Echo</title><body>{body}</body>");
        maker.add("page", "html", page(&paragraphs));
        maker.add("list", "html", page(&format!("<ul>{items}</ul>")));
        maker.add("layer", "html", page(&format!("<div class=modal role=dialog>{paragraphs}</div>")));
        maker.add("record", "json", serde_json::json!([{ "title": "Echo", "text": lines }]).to_string());
        maker.add("often", "txt", format!("{lines}\n").repeat(500));
        maker.add("under-a-head", "txt", format!("Plans late\n\n12 March 2021\n\n{lines}\n"));
    }
    let links: String =
        (0..5_000).map(|number| format!("<li><a href=/{number}>Story {number}</a>")).collect();
    maker.add("links", "html", format!("<!doctype html><title>Echo</title><nav><ul>{links}</ul></nav>"));
    let script = "<script>document.write('The bus is late.')</script>".repeat(500);
    maker.add(
        "script-only",
        "html",
        format!("<!doctype html><title>Echo</title><div id=root></div>{script}"),
    );
}

#[test]
fn a_wall_is_an_article_without_passages_that_says_why() {
    let mut taken = Vec::new();
    // The text of an export is taken at its word: there is no page around it that could be another one.
    let inputs = super::inputs::of("walls", walls).into_iter().filter(|input| !input.name.ends_with(".json"));
    for input in inputs {
        for document in super::reading::prepare(&input) {
            let counted = document.passages.iter().filter(|passage| passage.kind.is_counted()).count();
            let warnings = &document.article.warnings;
            let says = warnings.iter().any(|warning| ["paywall", "no_body"].contains(&warning.code));
            if counted > 0 || !says {
                taken.push(format!("{}: {counted} counted\n{}", input.name, document.article.text));
            }
        }
    }
    assert!(taken.is_empty(), "{}: {}", taken.len(), taken.join("\n\n"));
}
