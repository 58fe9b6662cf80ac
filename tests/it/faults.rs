//! The long form of `resume`: hundreds of kills, and every call that writes failing or killing in turn.
//!
//! Takes minutes and wants `strace`: `cargo test --release --test it -- --ignored faults`. `KILLS` is the
//! number of kills at random moments, 500 if it is not set.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use sendlens::random::Random;

use crate::program::Workplace;
use crate::resume::{args, place, published};

/// Calls by which a run changes anything on disk.
const CALLS: [&str; 9] =
    ["write", "pwrite64", "fsync", "fdatasync", "rename", "renameat2", "ftruncate", "mkdir", "unlink"];

/// Most places at which one call is disturbed; more are spread evenly.
const PLACES: usize = 60;

/// Runs the same command, perhaps under another program.
fn run(place: &Workplace, under: &[&str]) -> Output {
    let all: Vec<&str> =
        under.iter().copied().chain([env!("CARGO_BIN_EXE_sendlens")]).chain(args(&[])).collect();
    Command::new(all[0]).args(&all[1..]).current_dir(place.path("")).output().expect("it starts")
}

/// A place where an old run stands and one article is new, with what the next run must publish.
struct Scene {
    place: Workplace,
    old: Vec<(String, String)>,
    new: Vec<(String, String)>,
}

impl Scene {
    fn new() -> Self {
        let place = place(12);
        assert!(run(&place, &[]).status.success());
        let old = published(&place);
        std::fs::rename(place.path("out"), place.path("old")).expect("published");
        crate::resume::add(&place, 12);
        assert!(run(&place, &[]).status.success());
        let new = published(&place);
        assert_ne!(old, new);
        let scene = Self { place, old, new };
        scene.reset();
        scene
    }

    /// Puts the old run back, without a score.
    fn reset(&self) {
        let remove = |name: &str| std::fs::remove_dir_all(self.place.path(name));
        remove("out").expect("published");
        let _ = remove(".out.cache");
        crate::program::copy(&self.place.path("old"), &self.place.path("out"));
    }

    /// Checks that a disturbed run left the old output or the whole new one, and that the same command completes.
    fn check(&self, what: &str) {
        let found = published(&self.place);
        assert!(
            found == self.old || found == self.new,
            "{what}: the output is neither the old nor the new one"
        );
        let completed = run(&self.place, &[]);
        assert!(completed.status.success(), "{what}: {}", String::from_utf8_lossy(&completed.stderr));
        assert_eq!(published(&self.place), self.new, "{what}: as if nothing had happened");
        let left: Vec<_> = self.place.names().into_iter().filter(|name| name.starts_with('.')).collect();
        assert_eq!(left, [".out.cache"], "{what}");
        self.reset();
    }
}

#[test]
#[ignore = "takes minutes; CI runs a short form"]
fn killed_at_random_moments_it_completes_as_if_nothing_had_happened() {
    let kills = std::env::var("KILLS").map_or(500, |number| number.parse().expect("a number"));
    let scene = Scene::new();
    let started = Instant::now();
    assert!(run(&scene.place, &[]).status.success());
    let whole = started.elapsed();
    scene.reset();
    let mut random = Random::new(1);
    for kill in 0..kills {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sendlens"))
            .args(args(&[]))
            .current_dir(scene.place.path(""))
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("it starts");
        let share = random.below(1000) as u32;
        std::thread::sleep(whole * share / 1000);
        // It may have ended just now.
        let _ = child.kill();
        child.wait().expect("it ends");
        scene.check(&format!("kill {kill} after {share} thousandths of {whole:?}"));
    }
}

/// Disturbs the n-th of each call in turn with what `inject` says.
fn disturb(inject: &str) {
    let scene = Scene::new();
    for call in CALLS {
        let log = scene.place.path("strace.log");
        let log = log.to_str().expect("UTF-8");
        let trace = format!("trace={call}");
        run(&scene.place, &["strace", "-f", "-qq", "-e", &trace, "-e", "signal=none", "-o", log]);
        let calls = std::fs::read_to_string(log).expect("strace writes").lines().count();
        scene.reset();
        for at in (1..=calls).step_by(calls.div_ceil(PLACES).max(1)) {
            let inject = format!("inject={call}:{inject}:when={at}");
            let disturbed =
                run(&scene.place, &["strace", "-f", "-qq", "-e", &trace, "-e", &inject, "-o", log]);
            let what = format!("{inject} of {calls}");
            let said = String::from_utf8_lossy(&disturbed.stderr).into_owned();
            assert!(!said.contains("panicked"), "{what}: {said}");
            // A write to the terminal may fail unheard; nothing else may fail without a word.
            let is_heard =
                disturbed.status.success() || disturbed.status.code().is_none() || said.contains("error:");
            assert!(is_heard || call == "write", "{what}: {said}");
            scene.check(&what);
        }
    }
}

#[test]
#[ignore = "takes minutes and wants strace"]
fn any_call_that_writes_may_fail() {
    disturb("error=EIO");
}

#[test]
#[ignore = "takes minutes and wants strace"]
fn the_disk_may_be_full_at_any_call() {
    disturb("error=ENOSPC");
}

#[test]
#[ignore = "takes minutes and wants strace"]
fn a_kill_may_come_at_any_call_that_writes() {
    disturb("signal=KILL");
}

#[test]
#[ignore = "wants root, for a small file system"]
fn on_a_full_disk_it_says_so_and_completes_when_there_is_room() {
    let scene = Scene::new();
    let disk = scene.place.path("disk");
    std::fs::create_dir(&disk).expect("writable");
    let disk = disk.to_str().expect("UTF-8");
    let on_disk = |size: &str, option: &str| {
        let options = format!("size={size}{option}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none", disk]).status();
        assert!(mounted.is_ok_and(|status| status.success()), "mounted");
    };
    on_disk("100k", "");
    let to_disk = |under: &[&str]| {
        let to = format!("{disk}/out");
        let args: Vec<&str> =
            args(&[]).iter().map(|arg| if *arg == "out" { to.as_str() } else { arg }).collect();
        let all: Vec<&str> =
            under.iter().copied().chain([env!("CARGO_BIN_EXE_sendlens")]).chain(args).collect();
        Command::new(all[0]).args(&all[1..]).current_dir(scene.place.path("")).output().expect("it starts")
    };
    let full = to_disk(&[]);
    let said = String::from_utf8_lossy(&full.stderr).into_owned();
    let is_published = std::path::Path::new(disk).join("out").exists();
    on_disk("64m", ",remount");
    let completed = to_disk(&[]);
    let limited = to_disk(&["sh", "-c", "ulimit -f 4; exec \"$0\" \"$@\""]);
    let limit = String::from_utf8_lossy(&limited.stderr).into_owned();
    std::thread::sleep(Duration::from_millis(10));
    let unmounted = Command::new("umount").arg(disk).status();
    assert!(unmounted.is_ok_and(|status| status.success()), "unmounted");
    assert!(full.status.code() == Some(1) && said.contains("error:") && !is_published, "{said}");
    assert!(completed.status.success(), "{}", String::from_utf8_lossy(&completed.stderr));
    assert!(limited.status.code() == Some(1) && limit.contains("error:"), "{:?} {limit}", limited.status);
}
