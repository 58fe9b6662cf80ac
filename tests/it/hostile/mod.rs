//! Hostile input: whatever lies in a corpus or a model folder, the program neither breaks nor hangs nor hides it.
//!
//! Inputs are made from a seed by the tests themselves ([`inputs`]); what once broke something stays among those of
//! its class.

mod inputs;
mod bytes;
mod pages;
mod records;
mod text;
mod walls;
mod reading;
mod models;
mod settings;
// Other systems refuse some of the names, and have no limit of memory to set.
#[cfg(target_os = "linux")]
mod whole_runs;
#[cfg(target_os = "linux")]
mod shown;
