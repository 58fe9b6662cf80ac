//! The one integration test binary: each module checks one promise from the outside.

mod parity;
