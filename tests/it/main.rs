//! Everything that is checked from outside the library, in one binary.
//!
//! Nothing here needs a network, a clock or a trained model: runs of the pipeline use the word-list engine
//! and a fixed day, and models are fetched from a server on the loopback.

mod program;
mod loopback;
mod tables_of;

mod layers;
mod contract;
mod parity;
mod properties;
mod regressions;
mod golden;
mod tables;
mod tokens;
mod verify;
mod diff;
mod determinism;
mod cli;
mod bad_input;
mod hostile;
mod report;
mod evaluate_command;
mod calibrate;
mod labels;
mod resume;
mod surroundings;
mod faults;
mod export;
mod terminal;
mod models_command;
