//! The kernels of the encoder with nothing around them, so that AddressSanitizer and Miri can watch their tests in a
//! minute: `tests/kernels/run`.
#![allow(dead_code, reason = "the network that calls the kernels is left out")]

mod models {
    pub const LANES: usize = 16;
}

#[path = "../../src/random.rs"]
mod random;

#[path = "../../src/engine"]
mod engine {
    pub mod encoder {
        pub mod aligned;
        pub mod kernel;
    }
}
