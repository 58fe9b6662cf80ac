//! The order of modules in `lib.rs` is the order of dependence: no import points down.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files and folders of the program, which sits on top of the library.
const PROGRAM: [&str; 2] = ["main", "cli"];

/// A piece of Rust code that matters to imports.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Mark(char),
}

impl Token {
    fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Mark(_) => None,
        }
    }
}

/// Words and marks of `code`, without comments, strings and characters.
fn tokens(code: &str) -> Vec<Token> {
    let letters: Vec<char> = code.chars().collect();
    let at = |index: usize| letters.get(index).copied().unwrap_or('\0');
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut tokens = Vec::new();
    let mut index = 0;
    while index < letters.len() {
        match at(index) {
            '/' if at(index + 1) == '/' => {
                while index < letters.len() && at(index) != '\n' {
                    index += 1;
                }
            }
            '/' if at(index + 1) == '*' => {
                let mut depth = 1;
                index += 2;
                while index < letters.len() && depth > 0 {
                    match (at(index), at(index + 1)) {
                        ('*', '/') => (depth, index) = (depth - 1, index + 1),
                        ('/', '*') => (depth, index) = (depth + 1, index + 1),
                        _ => {}
                    }
                    index += 1;
                }
            }
            '"' => index = end_of_string(&letters, index),
            'r' if matches!(at(index + 1), '"' | '#') => {
                let hashes = letters[index + 1..].iter().take_while(|letter| **letter == '#').count();
                if at(index + 1 + hashes) == '"' {
                    index = end_of_raw_string(&letters, index + 2 + hashes, hashes);
                } else {
                    index += 1;
                }
            }
            // A character, not a lifetime: 'x' or '\n'.
            '\'' if at(index + 1) == '\\' => {
                index += 3;
                while index < letters.len() && at(index) != '\'' {
                    index += 1;
                }
                index += 1;
            }
            '\'' if at(index + 2) == '\'' => index += 3,
            letter if is_word(letter) => {
                let mut word: String =
                    letters[index..].iter().take_while(|letter| is_word(**letter)).collect();
                index += word.chars().count();
                // `b"bytes"` and `br"bytes"` are strings, whatever precedes the quotation mark.
                if matches!(word.as_str(), "b" | "br" | "c") && matches!(at(index), '"' | '#') {
                    word.clear();
                }
                if !word.is_empty() {
                    tokens.push(Token::Word(word));
                }
            }
            letter => {
                if !letter.is_whitespace() {
                    tokens.push(Token::Mark(letter));
                }
                index += 1;
            }
        }
    }
    tokens
}

fn end_of_string(letters: &[char], start: usize) -> usize {
    let mut index = start + 1;
    while index < letters.len() && letters[index] != '"' {
        index += if letters[index] == '\\' { 2 } else { 1 };
    }
    index + 1
}

fn end_of_raw_string(letters: &[char], start: usize, hashes: usize) -> usize {
    let mut index = start;
    while index < letters.len() {
        let is_end = letters[index] == '"'
            && letters[index + 1..].iter().take(hashes).filter(|letter| **letter == '#').count() == hashes;
        index += 1;
        if is_end {
            return index + hashes;
        }
    }
    index
}

/// The index after the item that begins at `index`: past its braces, or its semicolon.
fn end_of_item(tokens: &[Token], mut index: usize) -> usize {
    let mut depth = 0;
    while index < tokens.len() {
        match tokens[index] {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') if depth == 1 => return index + 1,
            Token::Mark('}') => depth -= 1,
            Token::Mark(';') if depth == 0 => return index + 1,
            _ => {}
        }
        index += 1;
    }
    index
}

/// Whether `#[cfg(test)]` stands at `index`.
fn is_test_only(tokens: &[Token], index: usize) -> bool {
    let marks = ["#", "[", "cfg", "(", "test", ")", "]"];
    let shown = |token: &Token| match token {
        Token::Word(word) => word.clone(),
        Token::Mark(mark) => mark.to_string(),
    };
    tokens.len() >= index + marks.len()
        && tokens[index..].iter().zip(marks).all(|(token, mark)| shown(token) == mark)
}

/// Words and marks of `code`, but for what stands under `#[cfg(test)]`.
fn outside_tests(code: &str) -> Vec<Token> {
    let tokens = tokens(code);
    let mut outside = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        if is_test_only(&tokens, index) {
            index = end_of_item(&tokens, index + 7);
        } else {
            outside.push(tokens[index].clone());
            index += 1;
        }
    }
    outside
}

/// What a file refers to.
#[derive(Debug, Default)]
struct References {
    /// Paths from the crate's root, as far as the first name below it.
    names: Vec<String>,
    /// Child modules in files of their own that only tests use.
    test_modules: Vec<String>,
}

/// What the module `path` with this code refers to, but for what stands under `#[cfg(test)]`.
fn references(code: &str, path: &[String]) -> References {
    let tokens = tokens(code);
    let mut found = References::default();
    // Per open brace the inline module it opens, if it does.
    let mut open: Vec<Option<String>> = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        if is_test_only(&tokens, index) {
            let item = index + 7;
            let end = end_of_item(&tokens, item);
            if let [Token::Word(keyword), Token::Word(name), Token::Mark(';')] = &tokens[item..end]
                && keyword == "mod"
            {
                found.test_modules.push(name.clone());
            }
            index = end;
            continue;
        }
        match &tokens[index] {
            Token::Mark('{') => {
                let module = index.checked_sub(2).and_then(|start| {
                    let name = tokens[index - 1].word()?;
                    (tokens[start].word() == Some("mod")).then(|| name.to_owned())
                });
                open.push(module);
            }
            Token::Mark('}') => drop(open.pop()),
            Token::Word(word) if word == "crate" || word == "super" => {
                let mut module: Vec<String> = path.to_vec();
                module.extend(open.iter().flatten().cloned());
                let (names, end) = from_root(&tokens, index, &module);
                found.names.extend(names);
                index = end;
                continue;
            }
            _ => {}
        }
        index += 1;
    }
    found
}

/// The first names below the root that the path at `index` leads to, and the index after its prefix.
fn from_root(tokens: &[Token], index: usize, module: &[String]) -> (Vec<String>, usize) {
    let mut base = module.to_vec();
    let mut index = index;
    loop {
        match tokens[index].word() {
            Some("crate") => base.clear(),
            Some("super") => drop(base.pop()),
            Some("self") => {}
            // `pub(crate)`, `pub(super)` and the end of the prefix.
            _ => return (Vec::new(), index),
        }
        let is_path = tokens.get(index + 1) == Some(&Token::Mark(':'))
            && tokens.get(index + 2) == Some(&Token::Mark(':'));
        if !is_path {
            return (Vec::new(), index + 1);
        }
        index += 3;
        match tokens.get(index) {
            Some(Token::Word(word)) if word == "super" || word == "self" => {}
            Some(Token::Word(word)) => {
                let name = base.first().unwrap_or(word).clone();
                return (vec![name], index + 1);
            }
            Some(Token::Mark('{')) => return group(tokens, index, &base),
            // `crate::*`
            _ => return (base.first().cloned().into_iter().collect(), index),
        }
    }
}

/// The names in a group `{a, b::c, super::d}` below `base`, and the index after it.
fn group(tokens: &[Token], start: usize, base: &[String]) -> (Vec<String>, usize) {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut is_first = true;
    let mut index = start;
    while index < tokens.len() {
        match &tokens[index] {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') => {
                depth -= 1;
                if depth == 0 {
                    return (names, index + 1);
                }
            }
            Token::Mark(',') if depth == 1 => is_first = true,
            Token::Word(word) if is_first && depth == 1 => {
                is_first = false;
                if word == "super" {
                    let (found, end) = from_root(tokens, index, base);
                    names.extend(found);
                    index = end;
                    continue;
                }
                names.push(base.first().unwrap_or(word).clone());
            }
            _ => {}
        }
        index += 1;
    }
    (names, index)
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file of the library by module path, `lib.rs` and the program left out.
fn files(folder: &Path, path: &[String], found: &mut BTreeMap<Vec<String>, String>) {
    for entry in fs::read_dir(folder).expect("the source is readable") {
        let entry = entry.expect("the source is readable").path();
        let stem = entry.file_stem().expect("a name").to_string_lossy().into_owned();
        let mut module = path.to_vec();
        if stem != "mod" {
            module.push(stem.clone());
        }
        if path.is_empty() && (stem == "lib" || PROGRAM.contains(&stem.as_str())) {
            continue;
        }
        if entry.is_dir() {
            files(&entry, &module, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.insert(module, fs::read_to_string(&entry).expect("the source is text"));
        }
    }
}

fn library() -> BTreeMap<Vec<String>, String> {
    let mut found = BTreeMap::new();
    files(&source(), &[], &mut found);
    found
}

/// Modules in the order of `lib.rs`, and names that it exports anew with the module they come from.
fn listed() -> (Vec<String>, BTreeMap<String, String>) {
    let code = fs::read_to_string(source().join("lib.rs")).expect("the library has a root");
    let tokens = tokens(&code);
    let mut modules = Vec::new();
    let mut exported = BTreeMap::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.word() {
            Some("mod") => modules.extend(tokens[index + 1].word().map(str::to_owned)),
            Some("use") => {
                let from = tokens[index + 1].word().expect("a module").to_owned();
                let end = end_of_item(&tokens, index);
                let names = tokens[index + 2..end].iter().filter_map(Token::word);
                exported.extend(names.map(|name| (name.to_owned(), from.clone())));
            }
            _ => {}
        }
    }
    (modules, exported)
}

#[test]
fn every_module_stands_in_the_list() {
    let (mut listed, _) = listed();
    let mut found: Vec<String> = library().into_keys().map(|path| path[0].clone()).collect();
    found.dedup();
    listed.sort();
    assert_eq!(listed, found, "the modules of lib.rs are the files of src");
}

#[test]
fn no_import_points_down() {
    let (listed, exported) = listed();
    let place = |name: &str| listed.iter().position(|module| module == name);
    let library = library();
    let mut faults = Vec::new();
    let mut checked = 0;
    let mut for_tests = Vec::new();
    for (path, code) in &library {
        let tests = references(code, path).test_modules;
        for_tests.extend(tests.into_iter().map(|name| [path.as_slice(), &[name]].concat()));
    }
    for (path, code) in library.iter().filter(|(path, _)| !for_tests.contains(path)) {
        let own = place(&path[0]).expect("every module stands in the list");
        for name in references(code, path).names {
            let module = exported.get(&name).unwrap_or(&name);
            match place(module) {
                Some(other) if other <= own => checked += 1,
                Some(_) => {
                    faults.push(format!("{} imports {module}, which stands below it", path.join("::")))
                }
                None => faults.push(format!("{} imports {module}, which no list names", path.join("::"))),
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(checked > 100, "only {checked} imports were found");
}

#[test]
fn frameworks_stay_where_they_belong() {
    let (listed, _) = listed();
    let place = |name: &str| listed.iter().position(|module| module == name).expect("a module");
    for (path, code) in library() {
        let names = tokens(&code);
        let names = |wanted: &str| names.iter().any(|token| token.word() == Some(wanted));
        assert!(!names("clap") && !names("indicatif"), "{} knows the command line", path.join("::"));
        if place(&path[0]) < place("frame") {
            assert!(!names("polars"), "{} stands above `frame` and knows Polars", path.join("::"));
        }
    }
}

/// Names by which code opens sockets: the client, and what it could use instead.
const SOCKETS: [&str; 9] = [
    "ureq",
    "net",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "UnixListener",
    "UnixDatagram",
    "ToSocketAddrs",
];

#[test]
fn only_pull_uses_the_network() {
    let mut found = library();
    // The program too. Below a folder of its own it is a library to `files`.
    files(&source().join("cli"), &["program".into()], &mut found);
    let opens =
        |code: &str| outside_tests(code).iter().filter_map(Token::word).any(|word| SOCKETS.contains(&word));
    let open: Vec<_> =
        found.iter().filter(|(_, code)| opens(code)).map(|(path, _)| path.join("::")).collect();
    assert_eq!(open, ["models::fetch"], "only this file may open a socket");
    // And only `pull` reaches it: `fetch::` leads to what it holds.
    let leads = [Token::Word("fetch".into()), Token::Mark(':')];
    let uses = |code: &str| outside_tests(code).windows(2).any(|pair| pair == leads);
    let users: Vec<_> =
        found.iter().filter(|(_, code)| uses(code)).map(|(path, _)| path.join("::")).collect();
    assert_eq!(users, ["models::pull"]);
}

#[test]
fn references_are_read_from_code_alone() {
    let code = r##"
        //! crate::comment::Thing
        use crate::{one, two::Two, three::{self, Inner}};
        use super::sibling;
        use super::super::four::{Five};
        pub(crate) fn f() { let _ = "crate::text"; let c = '"'; crate::six::call(); let l: &'static str = r#"crate::raw"#; }
        mod inner { use super::super::own; }
        #[cfg(test)]
        mod tests { use crate::seven; }
        #[cfg(test)]
        mod checks;
    "##;
    let path = ["top".to_owned(), "file".to_owned()];
    let found = references(code, &path);
    assert_eq!(found.names, ["one", "two", "three", "top", "four", "six", "top"]);
    assert_eq!(found.test_modules, ["checks"]);
}
