//! A wish to stop, made by a signal and heeded between two pieces of work.
//!
//! *Takes* a signal, from any thread. *Gives* a fault to whoever asks whether to go on. Cannot fail itself.
//! *Cost*: one atomic read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result, Signal};

/// Whether somebody wants the work to stop. Clones share the wish.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicUsize>);

impl Stop {
    /// Asks for a stop.
    pub fn ask(&self, signal: Signal) {
        self.0.store(signal.number().into(), Ordering::Relaxed);
    }

    /// Gives leave to go on.
    ///
    /// # Errors
    /// [`Error::Stopped`] once somebody has asked for a stop.
    pub fn check(&self) -> Result<()> {
        let number = self.0.load(Ordering::Relaxed);
        match Signal::ALL.into_iter().find(|signal| usize::from(signal.number()) == number) {
            Some(signal) => Err(Error::Stopped { signal, kept: None }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_heeded_once_asked_for() {
        let stop = Stop::default();
        stop.check().expect("nobody asked");
        for (signal, code) in [(Signal::Interrupt, 130), (Signal::Terminate, 143)] {
            stop.clone().ask(signal);
            assert_eq!(stop.check().expect_err("asked").exit_code(), code);
        }
    }
}
