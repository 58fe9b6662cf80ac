//! Theme frequency and sentiment per date from press coverage of special educational needs and
//! disabilities (SEND) services in the UK.
//!
//! Data flows down the list of modules below; a module imports only from modules above it
//! (`tests/it/layers.rs` reads this list and fails on an import that points down).
//!
//! ```text
//! folder ─walk→ Sources ─read→ RawArticles ─clean→ Blocks ─date→ Published ─passage→ Passages
//!        ─engine→ Scores ─decide→ Labels ─tally→ rows ─frame→ tables
//! ```

pub mod error;
pub mod plain;
pub mod stop;
pub mod caught;
pub mod look;
pub mod publish;
pub mod random;
pub mod article;
pub mod codebook;
pub mod walk;
pub mod read;
pub mod clean;
pub mod date;
pub mod passage;
pub mod duplicate;
pub mod token;
pub mod context;
pub mod score;
pub mod prior;
pub mod models;
pub mod engine;
#[cfg(feature = "tables")]
pub mod cache;
pub mod explain;
pub mod tally;
pub mod config;
pub mod sheet;
pub mod correction;
pub mod pipeline;
#[cfg(feature = "tables")]
pub mod frame;
pub mod record;
#[cfg(feature = "tables")]
pub mod written;
#[cfg(feature = "tables")]
pub mod query;
#[cfg(feature = "tables")]
pub mod verify;
#[cfg(feature = "tables")]
pub mod diff;
pub mod inspect;
#[cfg(feature = "tables")]
pub mod report;
#[cfg(feature = "tables")]
pub mod export;
pub mod gold;
pub mod evaluate;
pub mod train;
#[cfg(feature = "tables")]
pub mod run;

pub use error::{Error, Result};
