//! The running mean of the weights over the last steps, which is judged and kept in place of the weights
//! themselves: single steps are noisy, their mean lies deeper in the valley (Polyak & Juditsky, "Acceleration
//! of stochastic approximation by averaging", SIAM J. Control Optim. 1992).

use tch::{Tensor, no_grad};

use crate::train::recipe::AVERAGED;

/// Running mean of all variables of a network.
#[derive(Debug)]
pub(super) struct Average {
    slots: Vec<Slot>,
}

/// One variable with its running mean.
#[derive(Debug)]
struct Slot {
    name: String,
    variable: Tensor,
    mean: Tensor,
}

impl Average {
    /// The mean of `variables` before any step: what they are.
    pub(super) fn new(variables: Vec<(String, Tensor)>) -> Self {
        let slot =
            |(name, variable): (String, Tensor)| Slot { mean: variable.detach().copy(), variable, name };
        Self { slots: variables.into_iter().map(slot).collect() }
    }

    /// Takes in what the variables are after a step; `former` steps came before it.
    pub(super) fn follow(&mut self, former: usize) {
        no_grad(|| {
            for slot in &mut self.slots {
                let moved = &slot.variable - &slot.mean;
                slot.mean += moved * (1.0 - kept(former));
            }
        });
    }

    /// What `work` gives while the variables are their means.
    pub(super) fn stand_in<T>(&mut self, work: impl FnOnce() -> T) -> T {
        self.swap();
        let result = work();
        self.swap();
        result
    }

    fn swap(&mut self) {
        no_grad(|| {
            for slot in &mut self.slots {
                let variable = slot.variable.detach().copy();
                slot.variable.copy_(&slot.mean);
                slot.mean = variable;
            }
        });
    }

    /// The means, each by the name of its variable.
    pub(super) fn means(&self) -> Vec<(String, Tensor)> {
        self.slots.iter().map(|slot| (slot.name.clone(), slot.mean.copy())).collect()
    }

    /// Takes the means back; `find` gives that of a variable by its name. `None` if one is missing.
    pub(super) fn restore(&mut self, find: impl Fn(&str) -> Option<Tensor>) -> Option<()> {
        for slot in &mut self.slots {
            slot.mean.copy_(&find(&slot.name)?);
        }
        Some(())
    }
}

/// How much of the mean a step keeps, after `former` others: little at first, so that it soon forgets where it
/// began; later it covers about the last ninth of all steps (the schedule of TensorFlow's moving averages).
fn kept(former: usize) -> f64 {
    let former = former as f64;
    AVERAGED.min((1.0 + former) / (10.0 + former))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_and_stands_in_and_gives_back() {
        let variable = Tensor::from_slice(&[1.0_f32]);
        let mut average = Average::new(vec![("x".to_owned(), variable.shallow_clone())]);
        let _ = variable.shallow_clone().fill_(3.0);
        average.follow(0);
        let number = || f64::try_from(&variable).expect("one number");
        assert!((average.stand_in(number) - 2.8).abs() < 1e-6, "a tenth of the start is kept");
        assert_eq!(number(), 3.0);
        (1..=4_000).for_each(|former| average.follow(former));
        assert!((average.stand_in(number) - 3.0).abs() < 1e-6);
        assert!(average.restore(|_| None).is_none(), "a state without the means is damaged");
    }
}
