//! What reaches a terminal: colours where they are wanted, and nothing of the articles' making.

use crate::program::{Ran, Workplace};

/// A run over hostile articles in a file of a hostile name, and the name.
fn hostile() -> (Workplace, &'static str) {
    let place = Workplace::empty();
    let name = "corpus/\u{1b}[2Jbus\u{202e}\u{9b}31m.txt";
    place.write(
        name,
        "School bus late\u{1b}[5m\u{202e}\n\nThe school bus was late \u{1b}[31mon Monday\u{7}\u{202e}, \u{9b}32mthey said, and the children waited.\n",
    );
    place.run(&["--by", "outlet"]).exits(0);
    (place, name)
}

/// `text` without the sequences that choose colours, which are ours.
fn without_colours(text: &str) -> String {
    let mut left = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        left.push_str(&rest[..at]);
        let sequence = &rest[at + 2..];
        let end = sequence.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(sequence.len());
        let is_ours = sequence[end..].starts_with('m')
            && ["0", "1", "2", "31"].iter().any(|code| *code == &sequence[..end])
            || sequence[..end].starts_with("38;5;");
        if !is_ours {
            left.push_str("\u{1b}[");
            rest = sequence;
            continue;
        }
        rest = &sequence[end + 1..];
    }
    left + rest
}

#[track_caller]
fn is_safe(ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        let text = without_colours(text);
        assert!(!text.contains(sendlens::plain::is_unprintable), "{text:?}");
    }
}

#[test]
fn hostile_text_reaches_no_terminal_with_colours_either() {
    let (place, file) = hostile();
    let always = |args: &[&str]| place.sendlens(&[args, &["--color", "always"]].concat());
    is_safe(&always(&["query", "out", "--around", "1"]).exits(0));
    is_safe(&always(&["query", "out", "--format", "json"]).exits(0));
    is_safe(&always(&["query", "out", "--theme", "\u{1b}[2J\u{202e}"]).exits(2));
    is_safe(&always(&["inspect", "--engine", "lexicon", file]).exits(0));
    is_safe(&always(&["inspect", "no\u{1b}[2J\u{202e}where.txt"]).exits(1));
    is_safe(&always(&["export", "out", "--format", "jsonl", "-o", "-"]).exits(0));
    is_safe(&always(&["export", "out", "--format", "csv", "-o", "\u{1b}[2J\u{202e}"]).exits(0));
    is_safe(&always(&["export", "out", "--format", "csv", "-o", "\u{1b}[2J\u{202e}"]).exits(2));
    is_safe(&always(&["export", "\u{1b}[2J\u{202e}", "--format", "csv", "-o", "x"]).exits(1));
    is_safe(&always(&["run", "corpus", "-o", "out", "--engine", "lexicon", "--by", "\u{1b}[2J"]).exits(2));
    is_safe(&always(&["run", "corpus", "-o", "out", "--engine", "lexicon", "--dry-run"]).exits(0));
    // Arguments that clap refuses, which repeats them: a name that the shell put in the place of `*`.
    let forced = [("CLICOLOR_FORCE", "1")];
    for args in [&["inspect", "a.txt", file][..], &[file], &["query", "out", "--format", file]] {
        is_safe(&place.sendlens_in(&place.path(""), &forced, args).exits(2));
    }
}

#[test]
fn colours_are_there_when_they_are_wanted() {
    let (place, file) = hostile();
    let query = ["query", "out"];
    let inspect = ["inspect", "--engine", "lexicon", file];
    for args in [&query[..], &inspect] {
        let plain = place.sendlens(args).exits(0).stdout;
        assert!(!plain.contains('\u{1b}'), "nobody looks: {plain:?}");
        let painted = place.sendlens(&[args, &["--color", "always"]].concat()).exits(0).stdout;
        assert!(painted.contains("\u{1b}[38;5;") && painted.contains("\u{1b}[0m"), "{painted:?}");
        assert_eq!(without_colours(&painted), plain, "colours change nothing else");
        let never = place.sendlens_in(
            &place.path(""),
            &[("CLICOLOR_FORCE", "1")],
            &[args, &["--color", "never"]].concat(),
        );
        assert_eq!(never.stdout, plain);
        let refused = place.sendlens_in(&place.path(""), &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], args);
        assert_eq!(refused.stdout, plain, "NO_COLOR wins");
    }
    let ran = place.sendlens(&["--color", "always", "query", "nowhere"]).exits(1);
    assert!(ran.stderr.starts_with("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m cannot read"), "{}", ran.stderr);
    let csv = place.sendlens(&["query", "out", "--format", "csv", "--color", "always"]).exits(0).stdout;
    assert!(!csv.contains("\u{1b}[38;5;"), "data has no colours");
    place.sendlens(&["query", "out", "--color", "sometimes"]).exits(2);
}

#[test]
fn every_command_has_a_manual_page() {
    let place = Workplace::empty();
    let page = place.sendlens(&["man"]).exits(0).stdout;
    assert!(page.contains(".TH sendlens 1") && page.contains("sendlens\\-export(1)"), "{page}");
    place.sendlens(&["man", "--dir", "pages"]).exits(0);
    let pages = crate::program::names(&place.path("pages"));
    for name in ["sendlens.1", "sendlens-run.1", "sendlens-export.1", "sendlens-models-pull.1"] {
        assert!(pages.iter().any(|page| page == name), "{name} is missing in {pages:?}");
    }
    assert!(place.read("pages/sendlens-export.1").contains("no\\-text"));
}
