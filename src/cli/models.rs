//! `sendlens models`: what models there are, what they are, whether they are whole; fetching and importing.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use sendlens::models::{self, Catalogue, Hub, ModelFiles, Place, Pull, SHIPPED, Store};
use sendlens::{Error, Result, plain};

use super::{bar_of, complain, print, say};

/// List, describe, check, fetch and import models.
///
/// Models are kept in the folder SENDLENS_MODELS, else in ~/.local/share/sendlens/models (XDG_DATA_HOME counts),
/// each in a folder of its name. `run --model` and `train --base` take such a name or any folder. Only `pull`
/// uses the network.
#[derive(Debug, Args)]
pub(super) struct ModelsArgs {
    #[command(subcommand)]
    command: ModelsCommand,
    /// A list of known models in place of the built-in one (TOML, every file with its SHA-256).
    #[arg(long, value_name = "FILE", global = true)]
    catalogue: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// Show the models there are: built in, here, and known by name.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what a model is: labels, thresholds, measured quality, licence, files.
    Info {
        /// Name of a model, or a model folder.
        #[arg(value_name = "NAME|FOLDER")]
        model: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Print the whole card of a model that labels passages: data, results with intervals, limits.
        #[arg(long, conflicts_with = "json")]
        card: bool,
    },
    /// Check every file of models against its SHA-256.
    ///
    /// Exit codes: 0 all as they were; 1 a model could not be checked; 4 a file is missing or altered.
    Verify {
        /// Names of models, or model folders [default: the built-in model and all in the store].
        #[arg(value_name = "NAME|FOLDER")]
        models: Vec<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Fetch a known model: the only command that uses the network.
    ///
    /// Says licence, size and origin first. Every file is checked against its pinned SHA-256; the model is there
    /// whole or not at all. What is in the cache of Hugging Face already is taken from there. Honours HF_ENDPOINT,
    /// HF_HUB_OFFLINE, HF_TOKEN, HF_HOME, HF_HUB_CACHE, HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY and
    /// SSL_CERT_FILE.
    Pull {
        /// Name of a model, as `sendlens models list` shows it.
        name: String,
    },
    /// Copy a model from a folder or a zip (a Python wheel is one) into the store.
    ///
    /// It must hold one folder with config.json, tokenizer.json and model.safetensors. Pickled weights
    /// (pytorch_model.bin, *.pt, *.pkl, *.ckpt) are refused: opening them can run code.
    Import {
        /// Folder, zip or wheel.
        source: PathBuf,
        /// Name in the store [default: that of the known model with the same files, else its own].
        #[arg(long)]
        name: Option<String>,
    },
}

pub(super) fn models(args: &ModelsArgs) -> Result<u8> {
    let catalogue = match &args.catalogue {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| Error::io("read", file, error))?;
            Catalogue::parse(&format!("the list `{}`", file.display()), &text)?
        }
        None => Catalogue::shipped(),
    };
    let store = Store::of_user()?;
    match &args.command {
        ModelsCommand::List { json } => list(&store, &catalogue, *json),
        ModelsCommand::Info { model, card: true, .. } => card(&store.locate(model, &catalogue)?),
        ModelsCommand::Info { model, json, .. } => info(model, &store, &catalogue, *json),
        ModelsCommand::Verify { models, json } => verify(models, &store, &catalogue, *json),
        ModelsCommand::Pull { name } => pull(name, &store, &catalogue),
        ModelsCommand::Import { source, name } => import(source, name.as_deref(), &store, &catalogue),
    }
}

/// Prints a value as JSON that is safe to show.
fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).expect("names, numbers and texts are JSON");
    print(&plain::json(&format!("{text}\n")))
}

fn list(store: &Store, catalogue: &Catalogue, json: bool) -> Result<u8> {
    let rows = models::list(store, catalogue)?;
    if json {
        print_json(&rows)?;
    } else {
        print(&models::list_text(&rows))?;
        say(&format!("Models are kept in {}", plain::line(&store.folder().display().to_string())));
    }
    Ok(0)
}

fn info(model: &Path, store: &Store, catalogue: &Catalogue, json: bool) -> Result<u8> {
    let name = model.display().to_string();
    let info = match (store.locate(model, catalogue), catalogue.find(&name)) {
        (Err(_), Some(known)) => models::known_info(known),
        (place, _) => models::info(&name, &place?, catalogue)?,
    };
    if json {
        print_json(&info)?
    } else {
        print(&info.text())?
    }
    Ok(0)
}

fn card(place: &Place) -> Result<u8> {
    let files = match place {
        Place::BuiltIn => ModelFiles::embedded()?,
        Place::Folder(folder) => ModelFiles::read(folder)?,
    };
    let text = String::from_utf8_lossy(files.card());
    print(&text.lines().flat_map(|line| [plain::line(line), "\n".into()]).collect::<String>())?;
    Ok(0)
}

fn verify(named: &[PathBuf], store: &Store, catalogue: &Catalogue, json: bool) -> Result<u8> {
    let mut places = Vec::new();
    for model in named {
        places.push((model.display().to_string(), store.locate(model, catalogue)?));
    }
    if named.is_empty() {
        places.push((SHIPPED.to_owned(), Place::BuiltIn));
        let folder = |name: String| (name.clone(), Place::Folder(store.folder().join(name)));
        places.extend(store.names()?.into_iter().map(folder));
    }
    // A model that cannot be checked does not keep the others from it.
    let mut all = Vec::new();
    let mut unchecked = None;
    for (name, place) in &places {
        match models::verify(name, place) {
            Ok(verified) => all.push(verified),
            Err(error) => unchecked = unchecked.or(Some(error)),
        }
    }
    let mut faults = Vec::new();
    let mut text = String::new();
    for verified in &all {
        let mut is_sound = true;
        for file in verified.faults() {
            is_sound = false;
            faults.push(format!("model `{}`: {file}", verified.model));
        }
        if is_sound {
            let files = verified.files.len();
            text.push_str(&plain::line(&format!("{}: all {files} files are as they were", verified.model)));
            text.push('\n');
        }
    }
    if json {
        print_json(&all)?
    } else {
        print(&text)?
    }
    match (faults.is_empty(), unchecked) {
        (true, None) => Ok(0),
        (true, Some(error)) => Err(error),
        (false, unchecked) => {
            unchecked.iter().for_each(complain);
            Err(Error::Check { message: faults.join("\nerror: ") })
        }
    }
}

fn pull(name: &str, store: &Store, catalogue: &Catalogue) -> Result<u8> {
    if name == SHIPPED {
        say(&format!("{SHIPPED} is part of the program; there is nothing to fetch"));
        return Ok(0);
    }
    let known = catalogue.find(name).ok_or_else(|| {
        let known: Vec<_> = catalogue.iter().map(|known| known.name.as_str()).collect();
        Error::config_hint(
            format!("no model is known as `{name}`"),
            format!("known: {}; others come by `sendlens models import`", known.join(", ")),
        )
    })?;
    let hub = Hub::of_user()?;
    let pull = Pull::plan(known, &hub, store)?;
    say(&pull.notice().lines().map(plain::line).collect::<Vec<_>>().join("\n"));
    if pull.is_here() {
        say("It is there already, and whole");
        return Ok(0);
    }
    let template =
        "{bar:30} {decimal_bytes} of {decimal_total_bytes}  {decimal_bytes_per_sec}  (about {eta} left)";
    let bar = bar_of(template, false);
    let all = pull.bytes();
    let pulled = pull.run(&mut |bytes| {
        bar.set_length(all);
        bar.set_position(bytes);
    });
    bar.finish_and_clear();
    pulled?;
    say(&format!("{name} is there: {}", how_to_use(name, known.has_outputs())));
    Ok(0)
}

fn import(source: &Path, name: Option<&str>, store: &Store, catalogue: &Catalogue) -> Result<u8> {
    let imported = models::import(source, name, store, catalogue)?;
    let place = Place::Folder(imported.folder.clone());
    let licence = models::info(&imported.name, &place, catalogue)?.licence_text();
    let (source, folder) = (&imported.provenance.source, imported.folder.display());
    let text = format!("{source}\n  licence  {licence}\n  to       {folder}");
    say(&text.lines().map(plain::line).collect::<Vec<_>>().join("\n"));
    say(&format!("{} is there: {}", imported.name, how_to_use(&imported.name, imported.has_outputs)));
    Ok(0)
}

fn how_to_use(name: &str, has_outputs: bool) -> String {
    if has_outputs {
        format!("sendlens run CORPUS -o OUT --model {name}")
    } else {
        format!("sendlens train --heads-only --gold LABELLED --out models/NEW --base {name}")
    }
}
