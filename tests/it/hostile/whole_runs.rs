//! Every input in one corpus with good articles, through the program.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::LazyLock;

use super::inputs::{self, Input};
use super::shown::is_armed;
use crate::program::{Ran, Workplace, names};
use crate::tables_of::{Row, csv, parquet, parquet_where, text};

/// Tables whose rows name an article, which must not change for the good ones.
const TABLES: [&str; 4] = ["articles", "passages", "blocks", "date_clues"];

/// What a run over everything left.
struct Run {
    ran: Ran,
    /// Paths of what was put in, relative to the corpus.
    inputs: Vec<String>,
    /// Ids of articles.
    articles: BTreeSet<String>,
    skipped: Vec<Row>,
    /// The rows of the good articles, by table.
    good: BTreeMap<&'static str, Vec<Row>>,
    /// Every CSV of the output.
    sheets: BTreeMap<String, String>,
}

impl Run {
    /// Checks that every input is an article or a row of what was skipped, and says how many there were.
    #[track_caller]
    #[expect(clippy::print_stdout, reason = "shown with --nocapture")]
    fn lists_all(&self) {
        println!("{} bad inputs", self.inputs.len());
        let skipped: BTreeSet<&str> = self.skipped.iter().map(|row| text(row, "path")).collect();
        let is_listed = |input: &str| {
            // A record of a file has `!n` after its path, a name that is not UTF-8 a hash, a folder what lies in it.
            let is_it = |rest: &str| rest.is_empty() || rest.starts_with(['!', '~', '/']);
            let articles = self.articles.range(input.to_owned()..).map(String::as_str);
            let mut ids = skipped.range(input..).copied().chain(articles);
            ids.any(|id| id.strip_prefix(input).is_some_and(is_it))
        };
        let unlisted: Vec<_> = self.inputs.iter().filter(|input| !is_listed(input)).collect();
        assert!(unlisted.is_empty(), "{} of {}: {unlisted:#?}", unlisted.len(), self.inputs.len());
        assert!(self.skipped.iter().all(|row| row["detail"].is_some()), "every row says what was seen");
    }

    /// Checks that the good articles are as in a run without anything bad.
    #[track_caller]
    fn leaves_good_neighbours(&self) {
        let alone = Workplace::with_corpus();
        alone.run(&[]).exits(0);
        for table in TABLES {
            assert!(self.good[table] == parquet(&alone.path("out"), table), "{table}");
        }
    }
}

/// Done once for all tests here: it is what takes the time.
static RUN: LazyLock<Run> = LazyLock::new(|| run(inputs::some(1)));

fn is_bad(article: &str) -> bool {
    article.starts_with("hostile/")
}

fn run(inputs: Vec<Input>) -> Run {
    let place = Workplace::with_corpus();
    let mut put: Vec<String> = Vec::new();
    for input in inputs {
        let path = place.path("corpus").join(&input.name);
        fs::create_dir_all(path.parent().expect("a folder of its class")).expect("writable");
        fs::write(path, &input.bytes).expect("writable");
        put.push(input.name);
    }
    put.extend(odd_names(&place.path("corpus/hostile/names")));
    let _socket = special_files(&place.path("corpus/hostile/special"));
    put.extend(
        names(&place.path("corpus/hostile/special")).iter().map(|name| format!("hostile/special/{name}")),
    );
    let ran = place.run(&[]);
    let out = place.path("out");
    let sheets = names(&out).into_iter().filter(|name| name.ends_with(".csv"));
    Run {
        ran,
        inputs: put,
        articles: parquet_where(&out, "articles", is_bad)
            .iter()
            .map(|row| text(row, "article").to_owned())
            .collect(),
        skipped: csv(&out, "skipped"),
        good: TABLES.map(|table| (table, parquet_where(&out, table, |article| !is_bad(article)))).into(),
        sheets: sheets.map(|name| (name.clone(), place.read(&format!("out/{name}")))).collect(),
    }
}

/// Fills a folder with good articles under odd names; gives the beginnings of their ids.
fn odd_names(folder: &Path) -> Vec<String> {
    fs::create_dir_all(folder).expect("writable");
    let long = [&b"n".repeat(251)[..], b".txt"].concat();
    let mut odd: Vec<Vec<u8>> = [
        "line\nfeed.txt",
        "return\r.txt",
        "tab\t.txt",
        "-rf",
        "--help",
        "-",
        "=1+1.txt",
        "@x.txt",
        "+1.csv",
        "\u{1b}[2J\u{1b}]0;x\u{7}.txt",
        "\u{202e}txt.exe",
        "\u{200b}.txt",
        " ",
        " .txt",
        "a b.txt",
        "🚌.txt",
        "é.txt",
        "e\u{301}.txt",
        "'quoted'.txt",
        "\"quoted\".txt",
        "a,b;c.txt",
        "a!1",
        "a!1.txt",
        "a#2.txt",
        "$(x).txt",
        "`x`.txt",
        "*",
        "?.txt",
        "[x].txt",
        "\\",
        "a\\b.txt",
        "~",
        "~root.txt",
        "CON.txt",
        "NUL",
        "a:b.txt",
        "%2e%2e%2f.txt",
        "&lt;.html",
        "<b>.html",
        "2021-99-99.txt",
        "99999999999999999999.txt",
        "31-02-2021.txt",
        "a..txt",
        "a.txt.",
        "...a",
        "a.gz",
        "a.txt.gz.gz",
        "a.json",
        "a.csv",
        "\u{7f}.txt",
        "\u{9b}31m.txt",
    ]
    .iter()
    .filter(|name| !name.starts_with('.'))
    .map(|name| name.as_bytes().to_vec())
    .collect();
    odd.extend([
        b"caf\xe9.txt".to_vec(),
        b"\xff\xfe.txt".to_vec(),
        b"\xed\xa0\x80.txt".to_vec(),
        b"\xc0\xaf".to_vec(),
        long,
    ]);
    for (number, name) in odd.iter().enumerate() {
        let body = format!("The council said that bus {number} would be late.");
        fs::write(folder.join(OsStr::from_bytes(name)), inputs::article("Plans late", &body))
            .expect("writable");
    }
    odd.iter().map(|name| format!("hostile/names/{}", String::from_utf8_lossy(name))).collect()
}

/// Fills a folder with what is no file.
fn special_files(folder: &Path) -> UnixListener {
    fs::create_dir_all(folder.join("folder.txt/inner.html")).expect("writable");
    fs::write(folder.join("folder.txt/inner.html/a.txt"), inputs::article("Plans late", "It is late."))
        .expect("writable");
    let pipe = std::process::Command::new("mkfifo")
        .arg(folder.join("pipe.txt"))
        .status()
        .expect("mkfifo is part of POSIX");
    assert!(pipe.success());
    for (target, name) in [
        ("loop-b.txt", "loop-a.txt"),
        ("loop-a.txt", "loop-b.txt"),
        ("self.txt", "self.txt"),
        ("nowhere", "dangling.txt"),
        ("..", "up"),
        (".", "here"),
        ("/", "root"),
        ("/dev/zero", "zero.txt"),
        ("../../elmbury.md", "good.md"),
        ("\u{1b}[2J", "target.txt"),
    ] {
        symlink(target, folder.join(name)).expect("writable");
    }
    let locked = folder.join("locked.txt");
    fs::write(&locked, "The bus is late.").expect("writable");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).expect("ours");
    UnixListener::bind(folder.join("socket.html")).expect("a short path")
}

#[test]
fn a_run_over_everything_ends_as_runs_with_skipped_inputs_do() {
    let said = &RUN.ran.stderr;
    assert_eq!(RUN.ran.code, Some(3), "{said}");
    assert!(said.contains("skipped.csv"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn nothing_goes_unlisted() {
    assert!(RUN.inputs.len() >= 2_000, "{} inputs", RUN.inputs.len());
    RUN.lists_all();
}

#[test]
fn good_neighbours_are_as_they_are_alone() {
    RUN.leaves_good_neighbours();
}

#[test]
#[ignore = "takes a minute; the tests above take all small inputs and a part of the large ones"]
fn a_run_over_every_input_lists_all_and_leaves_good_neighbours() {
    let run = run(inputs::all());
    assert_eq!(run.ran.code, Some(3), "{}", run.ran.stderr);
    run.lists_all();
    run.leaves_good_neighbours();
}

#[test]
fn no_sheet_holds_a_formula() {
    for (name, sheet) in &RUN.sheets {
        let mut reader = ::csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(sheet.trim_start_matches('\u{feff}').as_bytes());
        for record in reader.records() {
            let record = record.expect("text in memory");
            assert_eq!(record.iter().find(|cell| is_armed(cell)), None, "{name}");
        }
    }
}

#[test]
fn bombs_stop_at_the_limit_and_within_a_gibibyte() {
    // By themselves, each of which would fill it: what one thread unpacks is below the limits of gzip.
    let place = Workplace::empty();
    let (class, make) = *inputs::CLASSES.iter().find(|(class, _)| *class == "bombs").expect("a class");
    let bombs = inputs::of(class, make);
    for bomb in &bombs {
        let path = place.path("corpus").join(&bomb.name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, &bomb.bytes).expect("writable");
    }
    place.write("corpus/good.txt", &inputs::article("Plans late", "The council said that they were late."));
    let limited = std::process::Command::new("sh")
        .args(["-c", "ulimit -v 1048576 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_sendlens")])
        .args(["run", "corpus", "-o", "out", "--engine", "lexicon", "--jobs", "2"])
        .args(["--as-of", crate::program::DAY])
        .current_dir(place.path(""))
        .output()
        .expect("sh is part of POSIX");
    assert_eq!(limited.status.code(), Some(3), "{}", String::from_utf8_lossy(&limited.stderr));
    let articles = parquet(&place.path("out"), "articles");
    assert_eq!(articles.iter().map(|row| text(row, "article")).collect::<Vec<_>>(), ["good.txt"]);
    let skipped = csv(&place.path("out"), "skipped");
    assert!(skipped.iter().all(|row| text(row, "reason") == "archive_limit"), "{skipped:?}");
    let listed: BTreeSet<_> = skipped.iter().map(|row| text(row, "path")).collect();
    assert_eq!(listed, bombs.iter().map(|bomb| bomb.name.as_str()).collect());
}
