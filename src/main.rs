//! `sendlens`: arguments in, exit code out. The work is in the library.

mod cli;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Gives memory back between the stages of a run, which the allocator of the C library keeps.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
