//! What can stop a run: each fault names the thing, keeps its cause and says how to go on.
//!
//! An input that cannot be read is no fault: it is a [`crate::article::Skipped`] row.

use std::path::{Path, PathBuf};

/// Result of anything that can stop a run.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Longest message about what a user or a model says, in bytes.
const LONGEST_MESSAGE: usize = 2_000;

/// A message whose middle is cut out if it is long: parsers repeat whatever they stumble over, and say at the end what
/// is wrong with it.
fn short(message: String) -> String {
    if message.len() <= LONGEST_MESSAGE {
        return message;
    }
    let head = message.floor_char_boundary(LONGEST_MESSAGE / 2);
    let tail = message.ceil_char_boundary(message.len() - LONGEST_MESSAGE / 2);
    format!("{} … {}", &message[..head], &message[tail..])
}

/// A fault that stops a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried, as a verb: "read", "write", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The corpus folder holds nothing that can be read.
    #[error("no readable article under `{}`", path.display())]
    EmptyCorpus {
        /// The corpus folder.
        path: PathBuf,
        /// What was found there instead, ready to print.
        found: String,
    },
    /// A configuration file, flag, codebook or mapping is wrong.
    #[error("{message}")]
    Config {
        /// Which setting, in which place, and what is wrong with it.
        message: String,
        /// How to put it right, if there is one way.
        hint: Option<String>,
    },
    /// A model folder is incomplete, altered, or of a kind that is not served.
    #[error("{message}")]
    Model {
        /// Which model and what is wrong with it.
        message: String,
        /// How to put it right, if there is one way.
        hint: Option<String>,
    },
    /// The output folder holds something this program did not write.
    #[error("`{}` is not an output of sendlens: {found}", path.display())]
    ForeignOutput {
        /// The output folder.
        path: PathBuf,
        /// What stands there that is not ours.
        found: String,
    },
    /// Another run holds the output folder.
    #[error("another run is writing `{}`", path.display())]
    Busy {
        /// The output folder.
        path: PathBuf,
    },
    /// A published table is damaged or of another version.
    #[error("cannot use table `{}`: {message}", path.display())]
    Table {
        /// The table's file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The store of scores cannot be used.
    #[error("cannot use the cache `{}`: {message}", path.display())]
    Cache {
        /// Its file.
        path: PathBuf,
        /// What the database said.
        message: String,
    },
    /// Somebody asked for a stop.
    #[error("stopped by {}; nothing was published", signal.as_str())]
    Stopped {
        /// How.
        signal: Signal,
        /// Where scores are kept that the same command goes on from.
        kept: Option<PathBuf>,
    },
    /// A check that was asked for has failed (`--strict`).
    #[error("{message}")]
    Check {
        /// What was checked and what failed.
        message: String,
    },
}

/// What can ask a program to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// A request to end, as `kill` and systems that shut down send it.
    Terminate,
}

impl Signal {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Interrupt, Self::Terminate];

    /// Its number on every Unix.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }

    /// The exit code of a program that it ended.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        128 + self.number()
    }

    /// What it is called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "Ctrl-C",
            Self::Terminate => "SIGTERM",
        }
    }
}

impl Error {
    /// Wraps an operating-system error with what was tried on which path.
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Self::Io { action, path: path.as_ref().to_owned(), source }
    }

    /// A configuration fault without a hint.
    pub fn config(message: impl Into<String>) -> Self {
        Self::Config { message: short(message.into()), hint: None }
    }

    /// A configuration fault with a hint.
    pub fn config_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Config { message: short(message.into()), hint: Some(hint.into()) }
    }

    /// A model fault with a hint.
    pub fn model(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Model { message: short(message.into()), hint: Some(hint.into()) }
    }

    /// How to go on, in one sentence; `None` where the message says all there is.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Config { hint, .. } | Self::Model { hint, .. } => hint.clone(),
            Self::EmptyCorpus { found, .. } => Some(format!(
                "sendlens reads .txt, .md, .html, .json, .jsonl and .csv, each also as .gz; {found}"
            )),
            Self::ForeignOutput { .. } => Some(
                "name a folder that does not exist yet; sendlens deletes nothing it did not write".into(),
            ),
            Self::Busy { .. } => Some("wait for it to end, or name another output folder".into()),
            Self::Table { .. } => Some("run `sendlens run` again to write the folder anew".into()),
            Self::Cache { .. } => {
                Some("free space, name another folder with --cache, or use --no-cache".into())
            }
            Self::Stopped { kept: Some(kept), .. } => Some(format!(
                "what was scored is kept in {}; the same command goes on from there",
                kept.display()
            )),
            Self::Stopped { kept: None, .. } | Self::Io { .. } | Self::Check { .. } => None,
        }
    }

    /// The exit code of the program for this fault.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config { .. } | Self::ForeignOutput { .. } => 2,
            Self::Check { .. } => 4,
            Self::Busy { .. } => 5,
            Self::Stopped { signal, .. } => signal.exit_code(),
            Self::Io { .. }
            | Self::EmptyCorpus { .. }
            | Self::Model { .. }
            | Self::Table { .. }
            | Self::Cache { .. } => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_keeps_its_ends() {
        let said = Error::config(format!("`a.toml`: {} is not closed", "é".repeat(50_000))).to_string();
        assert!(said.len() < LONGEST_MESSAGE + 10, "{}", said.len());
        assert!(said.starts_with("`a.toml`: é") && said.ends_with("é is not closed"), "{said}");
        assert_eq!(Error::model("short", "hint").to_string(), "short");
    }
}
