//! `sendlens models`: names, checks, import, and `pull` against a server on the loopback.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sendlens::models::{Catalogue, Hub, Known, Pull, Store};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::loopback::{Answer, Request, Server, closed};
use crate::program::{DAY, Ran, Workplace, fixture, hashes, names};

/// The files of an encoder.
const FILES: [&str; 3] = ["config.json", "model.safetensors", "tokenizer.json"];

const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";

/// The bytes of a file of the tiny model.
fn file(name: &str) -> Vec<u8> {
    fs::read(fixture("parity/tiny").join(name)).expect("a file of the fixture")
}

/// A list that knows the tiny model, as an encoder.
fn catalogue() -> String {
    let mut toml = format!(
        "[[model]]\nname = \"tiny-encoder\"\nabout = \"a network for tests\"\nrepository = \"lab/tiny\"\n\
         revision = \"{REVISION}\"\nlicence = \"CC0-1.0\"\n"
    );
    for name in FILES {
        let bytes = file(name);
        let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let size = bytes.len();
        toml.push_str(&format!("[[model.file]]\nname = \"{name}\"\nbytes = {size}\nsha256 = \"{sum}\"\n"));
    }
    toml
}

/// The answer of a sound hub.
fn hub(request: &Request) -> Answer {
    let path = request.target.strip_prefix(&format!("/lab/tiny/resolve/{REVISION}/"));
    match path.filter(|name| FILES.contains(name)) {
        Some(name) => Answer::File(file(name)),
        None => Answer::Status(404),
    }
}

/// A hub that answers by `odd` for the weights.
fn hub_with(odd: impl Fn() -> Answer + Send + Sync + 'static) -> Server {
    Server::start(move |request| match request.target.ends_with("model.safetensors") {
        true => odd(),
        false => hub(request),
    })
}

/// A folder with a store in `models` and the list `known.toml`.
struct Desk {
    place: Workplace,
}

impl Desk {
    fn new() -> Self {
        let place = Workplace::with_corpus();
        place.write("known.toml", &catalogue());
        Self { place }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path(name)
    }

    /// `sendlens` with these variables, the store and no other setting of the user.
    fn sendlens(&self, variables: &[(&str, &str)], args: &[&str]) -> Ran {
        let home = self.path("home");
        let fixed = [("SENDLENS_MODELS", "models"), ("HOME", home.to_str().expect("UTF-8"))];
        self.place.sendlens_in(&self.path(""), &[&fixed, variables].concat(), args)
    }

    /// `sendlens models` that knows the tiny model.
    fn models(&self, args: &[&str]) -> Ran {
        self.sendlens(&[], &[&["models", "--catalogue", "known.toml"], args].concat())
    }

    fn pull_from(&self, endpoint: &str, variables: &[(&str, &str)]) -> Ran {
        let args = ["models", "pull", "tiny-encoder", "--catalogue", "known.toml"];
        self.sendlens(&[&[("HF_ENDPOINT", endpoint)], variables].concat(), &args)
    }

    /// Models in the store, hidden names too but for the lock.
    fn left(&self) -> Vec<String> {
        if !self.path("models").exists() {
            return Vec::new();
        }
        names(&self.path("models")).into_iter().filter(|name| name != ".lock").collect()
    }

    /// Puts `bytes` where Hugging Face's tools would have cached a file.
    fn cache(&self, hub: &str, name: &str, bytes: &[u8]) {
        let path = self.path(&format!("{hub}/models--lab--tiny/snapshots/{REVISION}/{name}"));
        fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        fs::write(path, bytes).expect("writable");
    }
}

/// Turns one bit of the last byte of a file around.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).expect("a file");
    *bytes.last_mut().expect("not empty") ^= 1;
    fs::write(path, bytes).expect("writable");
}

#[test]
fn pull_says_what_it_does_fetches_and_publishes() {
    let (desk, server) = (Desk::new(), Server::start(hub));
    let ran = desk.pull_from(&server.address(), &[("HF_TOKEN", "hf_abc")]).exits(0).says(&[
        "tiny-encoder: a network for tests",
        "licence  CC0-1.0",
        "96 kB in 3 files, all to fetch",
        &format!("{}/lab/tiny/tree/{REVISION}", server.address()),
        "models/tiny-encoder",
        "train --heads-only",
    ]);
    assert!(ran.stdout.is_empty() && !ran.stderr.contains('\u{1b}'), "{ran:?}");
    assert_eq!(desk.left(), ["tiny-encoder"]);
    assert_eq!(
        names(&desk.path("models/tiny-encoder")),
        ["ORIGIN.toml", "config.json", "model.safetensors", "tokenizer.json"]
    );
    for name in FILES {
        assert_eq!(fs::read(desk.path("models/tiny-encoder").join(name)).expect("published"), file(name));
    }
    assert_eq!(server.files(), FILES);
    assert!(server.asked().iter().all(|request| request.head.contains("authorization: bearer hf_abc")));
    // What is here is not fetched again.
    desk.pull_from(&closed(), &[]).exits(0).says(&["already"]);
    desk.models(&["verify"]).exits(0);
}

#[test]
fn what_pull_does_is_said_before_the_first_byte() {
    let desk = Desk::new();
    let ran =
        desk.pull_from(&closed(), &[]).exits(1).says(&["error: cannot fetch", "hint: ", "models import"]);
    let place = |part: &str| ran.stderr.find(part).expect(part);
    assert!(place("CC0-1.0") < place("error:") && place("96 kB") < place("error:"), "{}", ran.stderr);
    assert!(desk.left().is_empty());
}

#[test]
fn another_file_than_the_pinned_one_is_refused_and_nothing_is_left() {
    let size = file("model.safetensors").len();
    let altered = move || {
        let mut bytes = file("model.safetensors");
        bytes[size / 2] ^= 1;
        bytes
    };
    let head = |length: &str| format!("HTTP/1.1 200 OK\r\n{length}Connection: close\r\n\r\n").into_bytes();
    let half = move || file("model.safetensors")[..size / 2].to_vec();
    type Odd = Box<dyn Fn() -> Answer + Send + Sync>;
    let odd: [(&str, Odd); 7] = [
        ("SHA-256", Box::new(move || Answer::File(altered()))),
        ("bytes, not the", Box::new(move || Answer::File(half()))),
        ("bytes, not the", Box::new(|| Answer::File([file("model.safetensors"), vec![0]].concat()))),
        ("broke off", {
            let length = format!("Content-Length: {size}\r\n");
            Box::new(move || Answer::Raw([head(&length), half()].concat()))
        }),
        ("ends after", Box::new(move || Answer::Raw([head(""), half()].concat()))),
        (
            "goes on after",
            Box::new(move || Answer::Raw([head(""), file("model.safetensors"), vec![0; 1 << 20]].concat())),
        ),
        ("answers 503", Box::new(|| Answer::Status(503))),
    ];
    for (message, odd) in odd {
        let (desk, server) = (Desk::new(), hub_with(odd));
        desk.pull_from(&server.address(), &[]).exits(1).says(&["model.safetensors", message, "hint: "]);
        assert!(desk.left().is_empty(), "{message}: {:?}", desk.left());
        assert_eq!(server.files(), FILES[..2], "it ends at the first fault");
    }
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    for answer in
        [|| Answer::Silence, || Answer::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 92340\r\n\r\nhalf".to_vec())]
    {
        let (desk, server) = (Desk::new(), hub_with(answer));
        let endpoint = server.address();
        let variable = |name: &str| (name == "HF_ENDPOINT").then(|| endpoint.clone());
        let hub = Hub::of_variables(variable).expect("a hub").with_patience(Duration::from_millis(300));
        let catalogue = Catalogue::parse("a list", &catalogue()).expect("a list");
        let known: &Known = catalogue.find("tiny-encoder").expect("it is there");
        let store = Store::at(desk.path("models"));
        let pull = Pull::plan(known, &hub, &store).expect("planned");
        assert!(server.asked().is_empty(), "planning opens no socket");
        let mut told = Vec::new();
        let error = pull.run(&mut |bytes| told.push(bytes)).expect_err("silence");
        assert!(error.to_string().contains("model.safetensors"), "{error}");
        assert!(told.is_sorted() && !told.is_empty(), "{told:?}");
        assert!(desk.left().is_empty());
    }
}

#[test]
fn a_redirect_is_followed_without_the_token_and_not_for_ever() {
    let desk = Desk::new();
    let store = Server::start(hub);
    let elsewhere = store.on("localhost");
    let server = Server::start(move |request| Answer::Redirect(format!("{elsewhere}{}", request.target)));
    desk.pull_from(&server.address(), &[("HF_TOKEN", "hf_abc")]).exits(0);
    assert_eq!(store.files(), FILES);
    assert!(server.asked().iter().all(|request| request.head.contains("hf_abc")));
    assert!(store.asked().iter().all(|request| !request.head.contains("hf_abc")));

    let round = Server::start(|request| Answer::Redirect(request.target.clone()));
    let other = Desk::new();
    other.pull_from(&round.address(), &[]).exits(1).says(&["handed on more than 5 times"]);
    assert!(round.asked().len() <= 6 && other.left().is_empty());
}

#[test]
fn offline_no_socket_is_opened_and_the_cache_is_enough() {
    let (desk, server) = (Desk::new(), Server::start(hub));
    let offline = ("HF_HUB_OFFLINE", "1");
    desk.pull_from(&server.address(), &[offline]).exits(2).says(&[
        "HF_HUB_OFFLINE",
        "`config.json`",
        "hint: ",
    ]);
    assert!(desk.left().is_empty());
    for name in FILES {
        desk.cache("cache/hub", name, &file(name));
    }
    let home = ("HF_HOME", "cache");
    desk.pull_from(&server.address(), &[offline, home]).exits(0).says(&["all on this machine already"]);
    assert_eq!(desk.left(), ["tiny-encoder"]);
    assert!(server.asked().is_empty());
}

#[test]
fn a_cached_file_counts_only_if_it_is_the_pinned_one() {
    let (desk, server) = (Desk::new(), Server::start(hub));
    desk.cache("elsewhere", "config.json", b"{}");
    desk.cache("elsewhere", "tokenizer.json", &file("tokenizer.json"));
    let ran = desk.pull_from(&server.address(), &[("HF_HUB_CACHE", "elsewhere")]).exits(0);
    assert!(ran.stderr.contains("of it to fetch"), "{}", ran.stderr);
    assert_eq!(server.files(), FILES[..2]);
    desk.models(&["verify", "tiny-encoder"]).exits(0);
}

#[test]
fn a_proxy_is_used_unless_the_host_is_excepted() {
    let proxy = Server::start(hub);
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let desk = Desk::new();
        let before = proxy.asked().len();
        desk.pull_from("http://hub.invalid", &[(variable, &proxy.address())]).exits(0);
        let asked = proxy.asked().split_off(before);
        assert_eq!((asked[0].method.as_str(), asked[0].target.as_str()), ("CONNECT", "hub.invalid:80"));
    }
    let (desk, server) = (Desk::new(), Server::start(hub));
    let dead = closed();
    desk.pull_from(&server.address(), &[("HTTP_PROXY", &dead)]).exits(1);
    desk.pull_from(&server.address(), &[("HTTP_PROXY", &dead), ("NO_PROXY", "a.org, 127.0.0.1")]).exits(0);
    let socks = ("ALL_PROXY", "socks5://me:secret@127.0.0.1:1");
    let ran = Desk::new().pull_from(&server.address(), &[socks]).exits(2).says(&["proxy", "hint: "]);
    assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
}

#[test]
fn pull_mends_what_is_damaged_and_fetches_no_more() {
    let (desk, server) = (Desk::new(), Server::start(hub));
    desk.pull_from(&server.address(), &[]).exits(0);
    flip(&desk.path("models/tiny-encoder/tokenizer.json"));
    desk.models(&["verify"]).exits(4).says(&["model `tiny-encoder`", "`tokenizer.json` is altered"]);
    desk.pull_from(&server.address(), &[]).exits(0).says(&["2 kB of it to fetch"]);
    assert_eq!(server.files().last().map(String::as_str), Some("tokenizer.json"));
    assert_eq!(server.files().len(), 4);
    desk.models(&["verify"]).exits(0);
}

#[test]
fn what_is_not_known_is_not_fetched() {
    let desk = Desk::new();
    desk.models(&["pull", "nobodys"]).exits(2).says(&["`nobodys`", "known: tiny-encoder"]);
    desk.models(&["pull", "sendlens-minilm"]).exits(0).says(&["part of the program"]);
    desk.pull_from("ftp://host", &[]).exits(2).says(&["HF_ENDPOINT"]);
    fs::create_dir_all(desk.path("models/tiny-encoder")).expect("writable");
    desk.place.write("models/tiny-encoder/thesis.docx", "precious");
    desk.pull_from(&closed(), &[]).exits(1).says(&["`thesis.docx`"]);
    assert_eq!(desk.place.read("models/tiny-encoder/thesis.docx"), "precious");
}

/// A zip of `files`, each stored whole.
fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    use std::io::Write;
    let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
    for (name, bytes) in files {
        let (mut entry, config) = archive.new_file(*name).start().expect("memory");
        let mut writer = config.wrap(&mut entry);
        writer.write_all(bytes).expect("memory");
        let (_, output) = writer.finish().expect("memory");
        entry.finish(output).expect("memory");
    }
    archive.finish().expect("memory")
}

#[test]
fn a_folder_and_a_zip_are_imported() {
    let desk = Desk::new();
    for name in FILES {
        fs::create_dir_all(desk.path("got")).expect("writable");
        fs::write(desk.path("got").join(name), file(name)).expect("writable");
    }
    // The files are those of a known model: it gets its name and licence.
    desk.models(&["import", "got"]).exits(0).says(&["tiny-encoder is there", "CC0-1.0", "lab/tiny"]);
    let files: Vec<_> = FILES.map(|name| (format!("pkg/model/{name}"), file(name))).into();
    let files: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    fs::write(desk.path("pkg.whl"), zip(&files)).expect("writable");
    desk.models(&["import", "pkg.whl", "--name", "zipped"]).exits(0);
    let sums = |name: &str| hashes(&desk.path("models").join(name));
    assert_eq!(sums("tiny-encoder"), sums("zipped"));
    desk.models(&["import", "got", "--name", "../out"]).exits(2).says(&["`../out`"]);
    desk.models(&["import", "nowhere"]).exits(1).says(&["nowhere"]);
    assert_eq!(desk.left(), ["tiny-encoder", "zipped"]);
}

#[test]
fn what_could_run_code_or_lead_out_is_not_imported() {
    let desk = Desk::new();
    desk.place.write("pickled/config.json", "{}");
    desk.place.write("pickled/pytorch_model.bin", "x");
    desk.models(&["import", "pickled"]).exits(1).says(&["`pytorch_model.bin`", "run code", "safetensors"]);
    let files = FILES.map(|name| (name, file(name)));
    let with = zip(&[&files[..], &[("aa/x.txt", b"out".to_vec())]].concat());
    let at = |bytes: &[u8]| bytes.windows(5).rposition(|part| part == b"aa/x.").expect("an entry");
    let mut bytes = with.clone();
    let place = at(&bytes);
    bytes[place..place + 2].copy_from_slice(b"..");
    fs::write(desk.path("out.zip"), bytes).expect("writable");
    desk.models(&["import", "out.zip"]).exits(1).says(&["`../x.txt`", "leads out"]);
    fs::write(desk.path("cut.zip"), &with[..with.len() / 2]).expect("writable");
    desk.models(&["import", "cut.zip"]).exits(1).says(&["no sound zip"]);
    assert!(desk.left().is_empty());
    assert!(!desk.path("x.txt").exists() && !desk.path("models/x.txt").exists());
}

#[test]
fn verify_finds_a_flipped_bit_in_any_file() {
    let desk = Desk::new();
    let tiny = fixture("parity/tiny");
    let tiny = tiny.to_str().expect("UTF-8");
    desk.models(&["import", tiny]).exits(0);
    let ran = desk.models(&["verify"]).exits(0);
    assert_eq!(ran.stdout.lines().count(), 2, "{}", ran.stdout);
    for name in ["CARD.md", "SHA256SUMS", "config.json", "model.safetensors", "tokenizer.json"] {
        let path = desk.path("models/tiny").join(name);
        let sound = fs::read(&path).expect("a file");
        fs::remove_file(&path).expect("writable");
        desk.models(&["verify", "tiny"]).exits(4).says(&[&format!("`{name}` is missing")]);
        fs::write(&path, &sound).expect("writable");
        if name != "SHA256SUMS" {
            flip(&path);
            let ran =
                desk.models(&["verify", "tiny", "--json"]).exits(4).says(&[&format!("`{name}` is altered")]);
            let all: Value = serde_json::from_str(&ran.stdout).expect("JSON");
            let files = all[0]["files"].as_array().expect("files");
            let altered = files.iter().filter(|file| file["state"] == "altered");
            assert!(altered.into_iter().all(|file| file["name"] == name));
            fs::write(&path, &sound).expect("writable");
        }
    }
    desk.models(&["verify", "models/tiny", "sendlens-minilm"]).exits(0);
    desk.models(&["verify", "corpus"]).exits(1).says(&["no checksums"]);
    desk.models(&["verify", "nobodys"]).exits(1).says(&["`nobodys`", "models list"]);
}

#[test]
fn models_are_listed_and_described() {
    let desk = Desk::new();
    let list = |args: &[&str]| desk.models(&[&["list"], args].concat()).exits(0);
    assert!(list(&[]).says(&["kept in models"]).stdout.contains("models pull tiny-encoder"));
    let tiny = fixture("parity/tiny");
    desk.models(&["import", tiny.to_str().expect("UTF-8")]).exits(0);
    let rows: Value = serde_json::from_str(&list(&["--json"]).stdout).expect("JSON");
    let row = |name: &str| {
        rows.as_array().expect("rows").iter().find(|row| row["name"] == name).expect(name).clone()
    };
    assert_eq!((&row("sendlens-minilm")["kind"], &row("tiny")["kind"]), (&"built_in".into(), &"here".into()));
    assert_eq!(row("tiny-encoder")["kind"], "known");
    assert_eq!((&row("tiny")["purpose"], &row("tiny")["state"]), (&"run".into(), &"ready".into()));
    fs::remove_file(desk.path("models/tiny/tokenizer.json")).expect("writable");
    assert!(list(&[]).stdout.contains("has no `tokenizer.json`"));

    // The shipped list: it knows the encoder of the shipped model, and with it the licence.
    let ran = desk.sendlens(&[], &["models", "info", "sendlens-minilm"]).exits(0);
    for part in ["MIT (the encoder)", "leadership", "off_topic", "model.safetensors", "CARD.md"] {
        assert!(ran.stdout.contains(part), "`{part}` is missing in: {}", ran.stdout);
    }
    let ran = desk.models(&["info", "sendlens-minilm", "--card"]).exits(0);
    assert!(ran.stdout.starts_with("# sendlens-minilm\n"), "{}", ran.stdout);
    let ran = desk.models(&["info", "tiny-encoder", "--json"]).exits(0);
    let info: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((&info["licence"], &info["purpose"]), (&"CC0-1.0".into(), &"train".into()));
    assert_eq!(info["files"].as_array().map(Vec::len), Some(3));
    desk.models(&["info", "tiny"]).exits(1).says(&["`tokenizer.json`"]);
}

#[test]
fn weights_that_are_known_bring_their_licence() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("got")).expect("writable");
    for name in FILES {
        let mut bytes = file(name);
        if name == "config.json" {
            bytes.push(b'\n');
        }
        fs::write(desk.path("got").join(name), bytes).expect("writable");
    }
    desk.models(&["import", "got", "--name", "mine"]).exits(0).says(&["CC0-1.0", "imported from got"]);
    let listed = desk.models(&["list"]).exits(0).stdout;
    assert!(listed.lines().any(|row| row.starts_with("mine ") && row.contains("CC0-1.0")), "{listed}");
}

#[test]
fn a_run_takes_a_model_by_its_name() {
    let desk = Desk::new();
    let tiny = fixture("parity/tiny");
    desk.models(&["import", tiny.to_str().expect("UTF-8"), "--name", "mine"]).exits(0);
    desk.place.write(
        "two.toml",
        "version = \"1\"\n[[theme]]\nname = \"leadership\"\ndefinition = \"x\"\n\
         [[theme]]\nname = \"transport\"\ndefinition = \"y\"\n",
    );
    let run = |model: &str| {
        let args = ["run", "corpus", "-o", "out", "--as-of", DAY, "--codebook", "two.toml", "--model", model];
        desk.sendlens(&[], &args)
    };
    run("mine").exits(0);
    let by_name = desk.place.read("out/theme_by_date.csv");
    run("models/mine").exits(0);
    assert_eq!(desk.place.read("out/theme_by_date.csv"), by_name);
    run("nobodys").exits(1).says(&["there is no model `nobodys`", "hint: "]);
    run("all-MiniLM-L6-v2").exits(1).says(&["sendlens models pull all-MiniLM-L6-v2"]);
    run("sendlens-minilm").exits(1).says(&["has the themes leadership, politics"]);
}
