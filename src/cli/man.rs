//! `sendlens man`: the manual pages, written from the same words as `--help`.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use sendlens::{Error, Result};

use super::{Cli, print};

/// Print the manual page, or write one for each command.
///
/// To read it: sendlens man | man -l -
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write a page for sendlens and one for each command into this folder.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

pub(super) fn man(args: &ManArgs) -> Result<u8> {
    if let Some(folder) = &args.dir {
        std::fs::create_dir_all(folder).map_err(|error| Error::io("create", folder, error))?;
        clap_mangen::generate_to(Cli::command(), folder)
            .map_err(|error| Error::io("write", folder, error))?;
        return Ok(0);
    }
    let mut page = Vec::new();
    Man::new(Cli::command()).render(&mut page).map_err(|error| Error::io("write", "the page", error))?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(0)
}
