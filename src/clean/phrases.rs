//! Lines that pages print around an article, known by their words.
//!
//! *Takes* one line of normalised text. *Gives* what it is, if its words alone say so, and what that means for
//! the lines after it. *Fails* never. *Cost*: one look-up and a few comparisons of beginnings per line.
//!
//! Only wordings that stand for themselves are listed; a line that could as well be a sentence of an article
//! is left to the line model.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::shape;
use crate::article::Role;

/// What a known line means for the lines after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// The next line is the caption of a picture.
    Caption,
    /// Other stories, links and share buttons begin here, if hardly any body text follows.
    Related,
    /// Readers' comments or their form begin here, if hardly any body text follows.
    Comments,
}

/// A line known by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// What the line is.
    pub role: Role,
    /// Name of the rule.
    pub rule: &'static str,
    /// What it means for the lines after it.
    pub then: Then,
}

const fn known(role: Role, rule: &'static str, then: Then) -> Known {
    Known { role, rule, then }
}

const PUBLISHED: Known = known(Role::Label, "published_label", Then::Nothing);
const LABEL: Known = known(Role::Label, "label", Then::Nothing);
const RELATED: Known = known(Role::Label, "related_label", Then::Related);
const COMMENTS: Known = known(Role::Label, "comments_label", Then::Comments);
const CAPTION_LABEL: Known = known(Role::Label, "caption_label", Then::Caption);
const CAPTION: Known = known(Role::Caption, "caption_label", Then::Nothing);
const CREDIT: Known = known(Role::Credit, "credit", Then::Nothing);
const TEASER: Known = known(Role::Related, "teaser", Then::Nothing);
const FURNITURE: Known = known(Role::Furniture, "furniture", Then::Nothing);
const MENU: Known = known(Role::Furniture, "menu", Then::Nothing);
const SHARE: Known = known(Role::Furniture, "share", Then::Nothing);
const SIGN_UP: Known = known(Role::Furniture, "sign_up", Then::Nothing);
const CONSENT: Known = known(Role::Furniture, "consent", Then::Nothing);
const ADVERTISEMENT: Known = known(Role::Furniture, "advertisement", Then::Nothing);
const FORM: Known = known(Role::Furniture, "comment_form", Then::Nothing);
/// A page that asks for money or an account instead of showing the article.
const WALL: Known = known(Role::Furniture, "wall", Then::Nothing);
/// A page that says that there is no article.
const NO_PAGE: Known = known(Role::Furniture, "no_page", Then::Nothing);

/// Whole lines: lower case, without digits, bullets and marks around the words.
#[rustfmt::skip]
const WHOLE: &[(Known, &[&str])] = &[
    (PUBLISHED, &[
        "published", "updated", "last updated", "first published", "posted", "posted on",
    ]),
    (LABEL, &[
        "more from this author", "about the author", "author", "by", "written by", "words by", "news",
        "breaking", "breaking news", "exclusive", "live", "opinion", "education", "home", "politics",
        "local news", "uk news", "latest", "watch", "listen", "video", "gallery", "in pictures", "show more",
        "read more", "view all", "see more", "contents", "back to top", "min read", "minute read",
        "mins read", "play video", "get in touch", "media caption", "key points",
    ]),
    (CAPTION_LABEL, &[
        "image caption", "media caption", "video caption", "picture caption", "caption",
    ]),
    (RELATED, &[
        "related topics", "related topic", "related internet links", "related links", "related link",
        "related stories", "related story", "related articles", "related article", "related content",
        "related news", "related", "related posts", "related reading", "more on this story", "more on this",
        "more from this theme", "more on this topic", "more like this", "more about this", "more stories",
        "more news", "more from news", "more top stories", "read next", "read more on this", "up next",
        "next story", "next article", "previous article", "next post", "previous post", "most read",
        "most popular", "most viewed", "most shared", "most commented", "most recent", "trending",
        "trending now", "popular", "popular stories", "popular now", "top stories", "latest news",
        "latest stories", "latest posts", "recent posts", "recent articles", "recommended",
        "recommended for you", "recommended stories", "recommended reading", "you may also like",
        "you might also like", "you may like", "you might like", "you may be interested in",
        "you may also be interested in", "dont miss", "editors picks", "editors choice", "editors' picks",
        "must read", "don't miss", "editor's picks", "editor's choice", "must reads", "in this section",
        "also in news", "also in the news", "elsewhere on the bbc", "around the bbc", "from around the web",
        "around the web", "from the web", "from other local news sites", "from our partners",
        "promoted stories", "promoted content", "sponsored content", "sponsored", "paid content",
        "other stories", "other news", "see also", "tags", "topics", "explore more",
        "explore more on these topics", "more on", "share this", "share this article", "share this story",
        "share this page", "share article", "about sharing", "share", "follow us", "keep reading",
        "newspapers in english", "newspapers from united kingdom", "what to read next", "read also",
        "also read", "read this next", "news from around the county", "the bbc is not responsible",
    ]),
    (COMMENTS, &[
        "comments", "comment", "leave a reply", "leave a comment", "your thoughts", "your comments",
        "join the conversation", "join the discussion", "have your say", "post a comment", "add a comment",
        "add your comment", "view comments", "show comments", "read comments", "reader comments",
        "readers comments", "readers' comments", "comments are closed", "comment section",
        "what do you think", "sort by", "responses", "reply", "replies",
    ]),
    (SHARE, &[
        "facebook", "twitter", "x", "whatsapp", "email", "e-mail", "linkedin", "pinterest", "reddit",
        "instagram", "messenger", "copy link", "copied", "link copied", "print", "print this page", "save",
        "tweet", "like", "follow", "share on facebook", "share on twitter", "share on x", "share on linkedin",
        "share via email", "share on whatsapp", "bookmark", "rss", "youtube", "tiktok", "threads", "bluesky",
        "telegram", "send", "shares", "likes", "views", "copy",
    ]),
    (ADVERTISEMENT, &[
        "advertisement", "advertising", "advert", "ad", "hide ad", "article continues below",
        "story continues below", "report this ad", "remove ads", "skip ad", "promoted", "close ad",
    ]),
    (FURNITURE, &[
        "skip to content", "skip to main content", "skip to navigation", "accessibility help",
        "accessibility links", "menu", "main menu", "search", "close", "open menu", "toggle navigation",
        "sign in", "log in", "login", "log out", "register", "subscribe", "subscribe now", "my account",
        "your account", "newsletter", "newsletters", "contact us", "contact", "about us", "help",
        "terms and conditions", "terms of use", "terms & conditions", "terms of service", "privacy policy",
        "privacy", "cookies", "cookie policy", "cookie settings", "privacy notice", "site map", "sitemap",
        "accessibility", "advertise with us", "advertise", "careers", "jobs", "weather", "sport", "business",
        "culture", "entertainment", "lifestyle", "travel", "tv", "notifications",
        "this page was last updated", "loading", "next", "previous", "back", "more", "external",
        "content is loading", "error", "yes", "no", "ok", "cancel", "submit", "go", "all rights reserved",
        "editions", "what's on", "e-edition", "archive", "archives", "buy a photo", "buy photos", "home page",
        "homepage", "main navigation", "navigation", "this video can not be played",
        "this video cannot be played", "you are here",
    ]),
    (CONSENT, &[
        "accept", "accept all", "accept cookies", "accept all cookies", "reject all", "i agree", "agree",
        "manage cookies", "manage preferences", "manage settings", "more options", "necessary cookies",
        "your privacy", "we value your privacy", "we use cookies", "allow all", "save preferences",
    ]),
    (WALL, &[
        "subscribe to continue reading", "subscribe to read", "subscribe to continue", "register to continue",
        "already a subscriber", "sign in to read",
    ]),
    (FORM, &[
        "your name", "name", "your email", "website", "post comment", "submit comment", "cancel reply",
        "required fields are marked", "required", "log in to comment", "sign in to comment",
    ]),
    (NO_PAGE, &[
        "page not found", "access denied", "forbidden", "not found", "error not found",
        "this page could not be found",
    ]),
];

/// Beginnings of lines, lower case, with the longest line, in words, that they may begin.
#[rustfmt::skip]
const BEGINNINGS: &[(Known, usize, &[&str])] = &[
    (CREDIT, 25, &[
        "image source,", "image source:", "image copyright", "image credit", "photo credit", "picture credit",
        "photo by ", "photo: ", "photos: ", "picture by ", "picture: ", "pictures: ", "pic: ", "image: ",
        "image by ", "(image: ", "(photo: ", "(picture: ", "[image", "[photo", "photograph: ",
        "photography by ", "credit: ", "copyright: ", "source: getty", "getty images", "pa media", "pa wire",
        "© ", "ldrs",
    ]),
    (CAPTION, 80, &[
        "image caption, ", "image caption: ", "media caption, ", "video caption, ", "caption: ",
        "media caption: ", "pictured: ", "pictured above", "above: ", "file photo", "stock image",
        "stock photo", "library image", "watch: ", "listen: ", "video: ",
    ]),
    (TEASER, 40, &[
        "read more: ", "read more – ", "read more - ", "read also: ", "read: ", "read next: ", "related: ",
        "see also: ", "also read: ", "more: ", "more on this: ", "don't miss: ", "trending: ", "next: ",
        "previous: ", "read the full story", "click here ", "click here to", "tap here ", "you can read ",
        "more on this story: ",
    ]),
    (SIGN_UP, 70, &[
        "sign up to ", "sign up for ", "sign up here", "sign up now", "subscribe to ", "subscribe for ",
        "get our ", "get the latest ", "get all the latest", "get breaking news", "join our whatsapp",
        "join our ", "download our ", "download the ", "never miss ", "stay up to date with ",
        "stay informed with ", "for more stories ", "for the latest ", "to stay up to date", "follow bbc ",
        "follow us on ", "follow our ", "like us on ", "find us on ", "send your story ideas",
        "send us your ", "do you have a story", "have you been affected", "get in touch", "got a story",
        "contact our newsroom", "email us at", "by signing up", "we will use your email",
        "thank you for signing up", "thanks for subscribing", "you can unsubscribe", "support our journalism",
        "support independent journalism", "buy us a coffee", "listen to the latest", "listen to highlights",
        "hear more ", "catch up on", "watch the latest",
    ]),
    (CONSENT, 200, &[
        "we use cookies", "this site uses cookies", "this website uses cookies", "we and our partners",
        "we and our ", "by clicking ", "by continuing to use", "by using this site", "cookies on ",
        "our website uses cookies", "your privacy is important", "we value your privacy",
        "let us know you agree to cookies", "we have updated our privacy", "please read our privacy",
        "this content is provided by", "before you continue",
    ]),
    (WALL, 80, &[
        "to continue reading", "to read the full", "to read this article", "subscribe to continue",
        "subscribe to read", "this article is for subscribers", "this content is for subscribers",
        "this article is available to subscribers", "this content is only available", "already a subscriber",
        "already have an account", "you have reached your", "you've reached your", "you have read your",
        "register to read", "register for free to", "log in to continue", "sign in to continue",
        "create a free account", "unlock this article", "start your free trial",
        "this story is exclusive to subscribers",
    ]),
    (ADVERTISEMENT, 20, &[
        "hide ad", "advertisement - ", "article continues after", "story continues below",
        "article continues below", "continue reading below", "sponsored by ",
    ]),
    (FORM, 60, &[
        "your email address will not be published", "required fields are marked", "you must be logged in to",
        "log in or register to", "please log in to", "sign in or register to", "comments are closed",
        "comments have been closed", "this website and associated newspapers adhere", "we do not moderate",
        "please keep your comments", "report this comment", "last updated by", "save my name, email",
        "notify me of", "this site uses akismet", "these comments are", "our community guidelines",
        "please be respectful",
    ]),
    (RELATED, 9, &[
        "more on this story", "related topics", "more news from ", "more stories from ", "the latest from ",
        "more from ", "most read in ", "top stories in ", "latest in ", "read more from ", "stories you may",
        "share this ",
    ]),
    (FURNITURE, 60, &[
        "the bbc is not responsible", "this article was amended", "this article was originally published",
        "copyright ©", "©", "all rights reserved", "registered in england", "registered office",
        "published by ", "this newspaper is a member", "independent press standards",
        "if you have a complaint", "if you want to complain", "you can complain", "the post appeared first",
        "the post ", "view gallery", "view comments", "image gallery", "this is the archive",
        "this browser is no longer", "skip to ", "to view this video", "this video is ",
        "listen to this article", "you need javascript", "additional reporting by", "estimated reading time",
        "reading time", "print this", "email this", "share this article", "add us as a preferred",
        "make us your preferred", "what is this?", "newsquest media group", "reach plc",
        "national world publishing",
    ]),
    (NO_PAGE, 80, &[
        "the page you requested", "the page you are looking for", "sorry, the page", "sorry, we can't find",
        "sorry, we couldn't find", "we can't find the page", "we're sorry, the page", "page not found",
        "this page doesn't exist", "error 404", "404 ", "403 ", "please enable javascript",
        "please enable cookies", "you need to enable javascript", "enable javascript",
        "checking your browser", "please turn on javascript", "please verify you are", "verify you are human",
        "your browser is not supported",
    ]),
];

/// Wordings that tell furniture wherever they stand in a line of at most 60 words.
#[rustfmt::skip]
const WITHIN: &[(Known, &[&str])] = &[
    (SIGN_UP, &[
        "on facebook, external", "on instagram, external", "sign up to our newsletter",
        "sign up for our newsletter", "subscribe to our newsletter", "follow us on facebook",
        "follow us on twitter", "story ideas to", "to your inbox",
    ]),
    (CONSENT, &[
        "cookies to ensure", "cookies to improve", "cookies to give you", "use of cookies", "cookie policy",
        "use cookies and similar",
    ]),
    (FURNITURE, &[
        "all rights reserved", "content of external sites", "browser does not support", "appeared first on",
    ]),
    (WALL, &[
        "subscribe to continue", "to continue reading this", "subscribers only",
    ]),
    (NO_PAGE, &[
        "page cannot be found", "page could not be found", "page you requested", "enable javascript",
    ]),
];

/// Longest line, in bytes, that is looked at; longer ones are paragraphs.
const LONGEST_LINE: usize = 600;
/// Longest entry of [`WHOLE`], in bytes; a test keeps it true. Longer lines need not be hashed.
const LONGEST_WHOLE: usize = 40;
/// Longest line, in words, in which [`WITHIN`] is looked for.
const WITHIN_WORDS: usize = 60;

static WHOLE_LINES: LazyLock<HashMap<&'static str, Known>> = LazyLock::new(|| {
    WHOLE.iter().flat_map(|(known, lines)| lines.iter().map(|line| (*line, *known))).collect()
});

/// A beginning with what it means and the longest line that it may begin.
type Beginning = (&'static str, usize, Known);

/// The beginnings by their first byte, each list in the order above.
static BY_FIRST_BYTE: LazyLock<[Vec<Beginning>; 256]> = LazyLock::new(|| {
    let mut lists = [const { Vec::new() }; 256];
    for (known, longest, starts) in BEGINNINGS {
        for start in *starts {
            lists[usize::from(start.as_bytes()[0])].push((*start, *longest, *known));
        }
    }
    lists
});

/// All of [`WITHIN`] at once: hardly any line holds one of them, and one pass says so.
static ANY_WITHIN: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let wordings = WITHIN.iter().flat_map(|(_, wordings)| *wordings);
    // The kind makes no difference to whether there is a match, but this one is found by vectors.
    let builder = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(wordings);
    builder.expect("the wordings are few and short")
});

/// What a line is by its words alone.
#[must_use]
pub fn recognise(text: &str) -> Option<Known> {
    if text.len() > LONGEST_LINE {
        return None;
    }
    if is_menu(text) {
        return Some(MENU);
    }
    let key = key_of(text);
    let core = key.trim_matches(|c: char| !c.is_alphabetic());
    if let Some(known) = (core.len() <= LONGEST_WHOLE).then(|| WHOLE_LINES.get(core)).flatten() {
        return Some(*known);
    }
    let key = key.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '©' | '(' | '['));
    let words = memchr::memchr_iter(b' ', key.as_bytes()).count() + 1;
    let beginnings = &BY_FIRST_BYTE[usize::from(*key.as_bytes().first()?)];
    if let Some((.., known)) =
        beginnings.iter().find(|(start, longest, _)| words <= *longest && key.starts_with(start))
    {
        return Some(*known);
    }
    if words > WITHIN_WORDS || !ANY_WITHIN.is_match(key) {
        return None;
    }
    // Of several the first in the list, not in the line.
    WITHIN
        .iter()
        .find(|(_, wordings)| wordings.iter().any(|wording| key.contains(wording)))
        .map(|(known, _)| *known)
}

/// Whether a line is a menu: at least four short names apart by bars ("Home | News | Sport | Contact").
fn is_menu(text: &str) -> bool {
    text.contains('|')
        && !text.bytes().any(|byte| byte.is_ascii_digit())
        && text.split('|').count() >= 4
        && text.split('|').all(|name| shape::word_count(name) <= 4 && !shape::is_terminated(name))
}

/// A line as the lists spell it: lower case, straight apostrophes.
fn key_of(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut key = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '’' | '‘' => key.push('\''),
            _ if c.is_ascii() => key.push(c.to_ascii_lowercase()),
            _ => key.extend(c.to_lowercase()),
        }
    }
    key
}

/// Words that names of newspapers and broadcasters end with; sorted, lower case.
const TITLES: [&str; 40] = [
    "advertiser",
    "argus",
    "chronicle",
    "citizen",
    "courier",
    "echo",
    "evening",
    "examiner",
    "express",
    "gazette",
    "globe",
    "guardian",
    "herald",
    "independent",
    "journal",
    "leader",
    "live",
    "mail",
    "mercury",
    "messenger",
    "metro",
    "mirror",
    "news",
    "observer",
    "online",
    "post",
    "press",
    "record",
    "reporter",
    "review",
    "sentinel",
    "standard",
    "star",
    "sun",
    "telegraph",
    "times",
    "tribune",
    "week",
    "weekly",
    "world",
];

/// Whether a line is the name of a newspaper or broadcaster: at most five capitalised words that end as such
/// names do.
#[must_use]
pub fn is_outlet(text: &str) -> bool {
    let mut words = 0;
    let mut last = "";
    for word in text.split(' ') {
        words += 1;
        let is_name = word.chars().all(|c| c.is_alphabetic() || matches!(c, '&' | '-' | '\'' | '’'))
            && (word.starts_with(char::is_uppercase) || matches!(word, "and" | "&" | "of" | "the" | "on"));
        if words > 5 || !is_name {
            return false;
        }
        last = word;
    }
    words >= 2 && TITLES.binary_search(&last.to_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> &'static str {
        recognise(text).map_or("", |known| known.rule)
    }

    #[test]
    fn lists_hold_their_form() {
        assert!(TITLES.is_sorted());
        let lists =
            BEGINNINGS.iter().flat_map(|(_, _, list)| *list).chain(WITHIN.iter().flat_map(|(_, list)| *list));
        for wording in lists {
            assert_eq!(*wording, wording.to_lowercase());
        }
        for wording in WHOLE.iter().flat_map(|(_, list)| *list) {
            assert!(wording.len() <= LONGEST_WHOLE);
            assert_eq!(key_of(wording).trim_matches(|c: char| !c.is_alphabetic()), *wording);
        }
    }

    #[test]
    fn page_labels() {
        assert_eq!(rule("Published"), "published_label");
        assert_eq!(rule("Related Internet Links"), "related_label");
        assert_eq!(rule("Comments (12)"), "comments_label");
        assert_eq!(rule("Image caption,"), "caption_label");
        assert_eq!(rule("Image source, Some Agency/Getty Images"), "credit");
        assert_eq!(rule("READ MORE: School loses its leader"), "teaser");
        assert_eq!(rule("Don’t miss"), "related_label");
        assert_eq!(rule("The county council said it had hired forty caseworkers."), "");
        assert_eq!(rule("Published plans show the school will grow."), "");
    }

    #[test]
    fn names_of_outlets() {
        assert!(is_outlet("Oakfield Evening Post"));
        assert!(!is_outlet("Parents get the post"));
        assert!(!is_outlet("Post"));
        assert!(!is_outlet("County plans 200 places, says Mail"));
    }
}
