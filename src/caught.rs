//! Panics of crates on odd input, caught: such a crate has no opinion then, and the work goes on.
//!
//! *Takes* a call. *Gives* what it returns, or nothing if it panicked. *Fails* never. *Cost*: none.
//!
//! The library prints nothing. The program keeps the message of a caught panic off stderr by [`install_hook`]; all
//! other panics are reported as ever (`only_caught_panics_are_silent`).

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// How many calls of [`catch`] this thread is in.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// What `call` returns; `None` if it panics. Whatever it has changed by then must not be used again.
pub fn catch<T>(call: impl FnOnce() -> T) -> Option<T> {
    DEPTH.set(DEPTH.get() + 1);
    let done = catch_unwind(AssertUnwindSafe(call));
    DEPTH.set(DEPTH.get() - 1);
    done.ok()
}

/// Keeps silent about panics that [`catch`] catches, for the whole process; a program calls it once, at its start.
pub fn install_hook() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if DEPTH.get() == 0 {
            report(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_caught_panics_are_silent() {
        assert_eq!(catch(|| 1), Some(1));
        let inner = catch(|| {
            assert_eq!(DEPTH.get(), 1);
            assert_eq!(catch(|| panic!("inside")), None::<()>);
            DEPTH.get()
        });
        assert_eq!((inner, DEPTH.get()), (Some(1), 0));
    }
}
