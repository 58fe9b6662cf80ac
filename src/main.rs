//! `sendlens`: arguments in, exit code out. The work is in the library.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
