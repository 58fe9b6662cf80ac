//! What a run finds around it: a folder it may not write in, a file that goes, no HOME, nobody who reads, no network.
//!
//! Each fault gives a message and an exit code, leaves what was published as it was, and once it is gone the same
//! command completes.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::civil::date;
use sendlens::config::{Layers, Origin};
use sendlens::stop::Stop;

use crate::program::{DAY, Ran, Workplace, hashes, names};
use crate::tables_of::{csv, text};

/// A user without rights, by number.
const NOBODY: u32 = 65_534;

/// The arguments of `run` from the fixture corpus into `out`.
fn run_into(out: &str) -> [&str; 8] {
    ["run", "corpus", "-o", out, "--engine", "lexicon", "--as-of", DAY]
}

/// The program in `place`, with nothing but the arguments.
fn program(place: &Workplace, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sendlens"));
    command.args(args).current_dir(place.path("")).env_clear().stdin(Stdio::null());
    command
}

/// Waits for a command.
fn ran(mut command: Command) -> Ran {
    let output = command.output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The hash of every published file but the record, which holds the clock.
fn published(folder: &Path) -> Vec<(String, String)> {
    hashes(folder).into_iter().filter(|(name, _)| name != "run.json").collect()
}

/// A user whom modes of files bind. The superuser is bound by none, so the program is lent to another user, who may
/// not be able to reach it where it was built.
struct User {
    place: Workplace,
    is_superuser: bool,
}

impl User {
    fn new() -> Self {
        let place = Workplace::with_corpus();
        let is_superuser = fs::metadata(place.path("")).expect("ours").uid() == 0;
        if is_superuser {
            // By another process: a program cannot be started while a thread here, or what it just forked, has it
            // open for writing.
            let copied =
                Command::new("cp").arg(env!("CARGO_BIN_EXE_sendlens")).arg(place.path("program")).status();
            assert!(copied.is_ok_and(|status| status.success()), "room for a program");
            chown(place.path(""), Some(NOBODY), None).expect("the superuser may");
        }
        Self { place, is_superuser }
    }

    /// Makes a folder of this user.
    fn folder(&self, name: &str) {
        fs::create_dir(self.place.path(name)).expect("writable");
        if self.is_superuser {
            chown(self.place.path(name), Some(NOBODY), None).expect("the superuser may");
        }
    }

    fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.place.path(name), fs::Permissions::from_mode(mode)).expect("ours");
    }

    fn sendlens(&self, args: &[&str]) -> Ran {
        let mut command = program(&self.place, args);
        if self.is_superuser {
            command = Command::new(self.place.path("program"));
            command.args(args).current_dir(self.place.path("")).env_clear().stdin(Stdio::null());
            command.uid(NOBODY).gid(NOBODY);
        }
        ran(command)
    }
}

#[test]
fn where_it_may_not_write_it_says_so_and_changes_nothing() {
    let user = User::new();
    user.folder("locked");
    user.sendlens(&run_into("locked/out")).exits(0);
    let old = published(&user.place.path("locked/out"));
    user.place.write("corpus/new.txt", "Buses late\n\n12 May 2023\n\nThe council said the bus was late.\n");

    user.set_mode("locked", 0o555);
    for out in ["locked/out", "locked/other"] {
        let ran = user.sendlens(&run_into(out)).exits(1);
        ran.says(&["error: cannot create `", "locked/.", "Permission denied"]);
    }
    let writing: [&[&str]; 4] = [
        &["report", "locked/out"],
        &["decide", "locked/out", "--threshold", "transport=0.9"],
        &["export", "locked/out", "--format", "csv", "-o", "locked/csv"],
        &["export", "locked/out", "--format", "jsonl", "-o", "locked/passages.jsonl"],
    ];
    for args in writing {
        user.sendlens(args).exits(1).says(&["error: cannot create `", "Permission denied"]);
    }
    user.sendlens(&["query", "locked/out"]).exits(0);
    user.sendlens(&["verify", "locked/out"]).exits(0);
    assert_eq!(published(&user.place.path("locked/out")), old);
    assert_eq!(names(&user.place.path("locked")), ["out"]);

    user.set_mode("locked", 0o755);
    user.sendlens(&run_into("locked/out")).exits(0);
    let new = published(&user.place.path("locked/out"));
    user.sendlens(&run_into("fresh")).exits(0);
    assert!(new != old && new == published(&user.place.path("fresh")), "as if nothing had happened");
}

#[test]
fn what_may_not_be_read_is_a_row_and_an_output_that_may_not_is_a_fault() {
    let user = User::new();
    user.place.write("corpus/closed.txt", "The council said the bus was late.");
    user.place.write("corpus/shut/inner.txt", "The council said the bus was late.");
    user.set_mode("corpus/closed.txt", 0o000);
    user.set_mode("corpus/shut", 0o000);
    user.sendlens(&run_into("out")).exits(3).says(&["2 inputs", "skipped.csv"]);
    let skipped = csv(&user.place.path("out"), "skipped");
    let found: Vec<_> = skipped.iter().map(|row| (text(row, "path"), text(row, "reason"))).collect();
    assert_eq!(found, [("closed.txt", "unreadable"), ("shut", "unreadable")]);

    user.set_mode("out", 0o000);
    for args in [&["query", "out"][..], &["verify", "out"], &["report", "out"], &run_into("out")] {
        user.sendlens(args).exits(1).says(&["error: ", "Permission denied"]);
    }
    for (name, mode) in [("out", 0o755), ("corpus/closed.txt", 0o644), ("corpus/shut", 0o755)] {
        user.set_mode(name, mode);
    }
    user.sendlens(&run_into("out")).exits(0);
    user.set_mode("corpus", 0o000);
    user.sendlens(&run_into("out")).exits(2).says(&["corpus", "Permission denied", "hint: give yourself"]);
    user.set_mode("corpus", 0o755);
}

#[test]
fn files_that_go_while_it_runs_are_rows() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    // It fills the first batch, so that all others are read after its end is told of.
    let large = fs::File::create(place.path("corpus/0.txt")).expect("writable");
    large.set_len(16 << 20).expect("a file with holes");
    let (gone, folder) = (place.path("corpus/elmbury.md"), place.path("corpus/folder.txt"));
    let bytes = fs::read(&gone).expect("a fixture");
    fs::write(&folder, "The council said the bus was late.").expect("writable");

    let mut layers = Layers::defaults();
    let (corpus, out) = (place.path("corpus").display().to_string(), place.path("out").display().to_string());
    for (key, value) in [("corpus", corpus.as_str()), ("out", &out), ("engine", "lexicon"), ("as-of", DAY)] {
        layers.set(key, value.to_owned(), Origin::Flag).expect("a setting");
    }
    let config = layers.config(date(2024, 1, 1)).expect("settings");
    let mut vanish = |_, _| {
        if folder.is_file() {
            fs::remove_file(&gone).expect("it is there");
            fs::remove_file(&folder).expect("it is there");
            fs::create_dir(&folder).expect("writable");
        }
    };
    let outcome = sendlens::run::run(&config, &layers, &Stop::default(), &mut vanish).expect("it goes on");
    assert_eq!(outcome.exit_code(false), 3);
    let skipped = csv(&place.path("out"), "skipped");
    let found: Vec<_> = skipped.iter().map(|row| (text(row, "path"), text(row, "reason"))).collect();
    assert_eq!(
        found,
        [("0.txt", "binary"), ("elmbury.md", "unreadable"), ("folder.txt", "unreadable")],
        "{skipped:?}"
    );
    place.sendlens(&["verify", "out"]).exits(0);

    fs::remove_dir(&folder).expect("empty");
    fs::remove_file(place.path("corpus/0.txt")).expect("it is there");
    fs::write(&gone, bytes).expect("writable");
    place.run(&[]).exits(0);
    let whole = published(&place.path("out"));
    place.sendlens(&run_into("fresh")).exits(0);
    assert_eq!(whole, published(&place.path("fresh")), "as if nothing had happened");
}

#[test]
fn no_home_and_no_variable_at_all_is_enough() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    // `program` sets none.
    ran(program(&place, &run_into("bare"))).exits(0);
    assert_eq!(published(&place.path("out")), published(&place.path("bare")));
    let works: [&[&str]; 7] = [
        &["query", "bare"],
        &["verify", "bare"],
        &["report", "bare"],
        &["decide", "bare", "--threshold", "transport=0.9"],
        &["diff", "out", "bare"],
        &["inspect", "corpus/elmbury.md"],
        &["export", "bare", "--format", "csv", "-o", "csv"],
    ];
    for args in works {
        let ran = ran(program(&place, args));
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
    }
    // Only models by name need a place of the user's.
    let mut wants_model = run_into("other").to_vec();
    wants_model[5] = "encoder";
    wants_model.extend(["--model", "no-such-model"]);
    for args in [&["models", "verify"][..], &["models", "pull", "all-MiniLM-L6-v2"], &wants_model] {
        ran(program(&place, args)).exits(2).says(&["error: ", "HOME", "hint: set SENDLENS_MODELS"]);
    }
}

/// Commands that print data.
fn printing() -> Vec<Vec<&'static str>> {
    let commands: [&[&str]; 14] = [
        &["query", "out"],
        &["query", "out", "--format", "csv"],
        &["query", "out", "--format", "json"],
        &["query", "out", "--format", "csv", "--sample", "5"],
        &["verify", "out"],
        &["verify", "out", "--json"],
        &["diff", "out", "out"],
        &["inspect", "corpus/elmbury.md", "--engine", "lexicon"],
        &["inspect", "corpus/elmbury.md", "--engine", "lexicon", "--json"],
        &["export", "out", "--format", "jsonl", "-o", "-"],
        &["models", "list"],
        &["completions", "bash"],
        &["man"],
        &["run", "corpus", "-o", "out", "--engine", "lexicon", "--as-of", DAY, "--json"],
    ];
    commands.map(<[_]>::to_vec).to_vec()
}

#[test]
fn who_reads_no_further_is_no_fault() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    let help = [vec!["--help"], vec!["--version"], vec!["run", "--help"]];
    for args in printing().into_iter().chain(help) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = program(&place, &args);
        command.env("HOME", place.path("")).stdout(writer);
        let ran = ran(command);
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
        assert!(
            !ran.stderr.contains("error") && !ran.stderr.contains("panicked"),
            "{args:?}: {}",
            ran.stderr
        );
    }
    // As it is typed; a table is longer than what a pipe holds.
    let body = "The council said that the school bus was late again on Monday. ".repeat(30);
    (0..60).for_each(|n| place.write(&format!("corpus/long-{n}.txt"), &format!("Late {n}\n\n{n} {body}\n")));
    place.run(&[]).exits(0);
    let line = "set -o pipefail; \"$0\" query out --limit 0 --format csv | head -n 1";
    let mut shell = Command::new("bash");
    shell.args(["-c", line, env!("CARGO_BIN_EXE_sendlens")]).current_dir(place.path(""));
    let ran = ran(shell).exits(0);
    assert!(ran.stdout.starts_with("\u{feff}passage,") && ran.stdout.lines().count() == 1, "{}", ran.stdout);
    assert!(!ran.stderr.contains("error"), "{}", ran.stderr);
    // stderr, too.
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = program(&place, &run_into("deaf"));
    command.stderr(writer).stdout(Stdio::null());
    assert!(command.status().expect("it starts").success());
    assert_eq!(published(&place.path("out")), published(&place.path("deaf")));
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_printed_is_a_fault() {
    let place = Workplace::with_corpus();
    place.run(&[]).exits(0);
    for args in printing() {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
        let mut command = program(&place, &args);
        command.env("HOME", place.path("")).stdout(full);
        ran(command).exits(1).says(&["error: cannot write `stdout`: No space left on device"]);
    }
}

/// Whether calls of another program can be watched here.
#[cfg(target_os = "linux")]
fn can_watch() -> bool {
    Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "true"])
        .status()
        .is_ok_and(|status| status.success())
}

/// Sockets that the program and all its threads open. Those that come in pairs lead to the program itself and do not
/// count: a watcher of signals is woken through one.
#[cfg(target_os = "linux")]
fn sockets(place: &Workplace, args: &[&str]) -> (Ran, String) {
    let log = place.path("strace.log");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "trace=socket,connect", "-e", "signal=none", "-o"]).arg(&log);
    command.arg(env!("CARGO_BIN_EXE_sendlens")).args(args).current_dir(place.path(""));
    command
        .env("HOME", place.path(""))
        .env("HF_ENDPOINT", "http://127.0.0.1:9")
        .env_remove("SENDLENS_MODELS");
    let ran = ran(command);
    // A thread may end while it is looked at; strace then writes this about no call in particular.
    let calls = fs::read_to_string(&log).expect("strace writes");
    let calls: Vec<&str> = calls.lines().filter(|line| !line.ends_with("???( <detached ...>")).collect();
    (ran, calls.join("\n"))
}

#[cfg(target_os = "linux")]
#[test]
#[expect(clippy::print_stderr, reason = "a check that was left out is told of")]
fn no_command_but_pull_opens_a_socket() {
    if !can_watch() {
        eprintln!("not checked: there is no strace here, or it may not watch other programs");
        return;
    }
    let place = Workplace::with_corpus();
    crate::program::copy(&crate::program::fixture("parity/tiny"), &place.path("model"));
    place.write("codebook.toml", crate::resume::CODEBOOK);
    let encoder = ["run", "corpus", "-o", "encoded", "--model", "model", "--codebook", "codebook.toml"];
    let commands = [
        &run_into("out")[..],
        &encoder,
        &["query", "out"],
        &["report", "out"],
        &["verify", "out"],
        &["verify", "encoded"],
        &["inspect", "corpus/elmbury.md", "--engine", "lexicon"],
        &["export", "out", "--format", "csv", "-o", "csv"],
        &["decide", "out", "--threshold", "transport=0.9"],
        &["diff", "out", "encoded"],
        &["models", "list"],
    ];
    for args in commands {
        let (ran, calls) = sockets(&place, args);
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
        assert_eq!(calls, "", "{args:?}");
    }
    // What does open one is seen.
    let (pulled, calls) = sockets(&place, &["models", "pull", "all-MiniLM-L6-v2"]);
    assert!(pulled.code == Some(1) && calls.contains("connect("), "{pulled:?} {calls}");
}
