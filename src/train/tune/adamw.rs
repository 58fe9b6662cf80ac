//! AdamW (Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019) with a learning rate per
//! layer, and a state that can be stored: libtorch's own keeps its state to itself.

use tch::{Kind, Tensor, no_grad};

use crate::train::recipe::{HEADS_OVER_TOP, LAYER_DECAY, WEIGHT_DECAY};

/// How fast the two running means forget, and what keeps a division from 0.
const BETAS: [f64; 2] = [0.9, 0.98];
const EPSILON: f64 = 1e-6;

/// Longest gradient over all weights.
const MAX_GRADIENT: f64 = 1.0;

/// Optimiser of all variables of a network.
#[derive(Debug)]
pub(super) struct AdamW {
    slots: Vec<Slot>,
    steps: i32,
}

/// One variable with its running means.
#[derive(Debug)]
struct Slot {
    name: String,
    /// What is learned, in f32: steps would be lost in the rounding of bf16.
    variable: Tensor,
    /// The same number as the network computes with.
    copy: Tensor,
    mean: Tensor,
    square: Tensor,
    /// Learning rate over that of the top layer.
    rate: f64,
    decay: f64,
}

impl AdamW {
    /// An optimiser that has made no step; `variables` are f32, `copies` what gradients come to, in the same
    /// order; `layers` is the number of encoder layers.
    pub(super) fn new(
        variables: Vec<(String, Tensor)>,
        copies: Vec<(String, Tensor)>,
        layers: usize,
    ) -> Self {
        let slot = |((name, variable), (_, copy)): ((String, Tensor), (String, Tensor))| Slot {
            mean: variable.zeros_like().detach(),
            square: variable.zeros_like().detach(),
            rate: rate(&name, layers),
            decay: if variable.dim() > 1 { WEIGHT_DECAY } else { 0.0 },
            name,
            variable,
            copy,
        };
        Self { slots: variables.into_iter().zip(copies).map(slot).collect(), steps: 0 }
    }

    /// Moves all variables against the gradients of `loss`; `learning_rate` is that of the top layer.
    pub(super) fn step(&mut self, loss: &Tensor, learning_rate: f64) {
        for slot in &mut self.slots {
            slot.copy.zero_grad();
        }
        loss.backward();
        self.steps += 1;
        no_grad(|| {
            let gradients: Vec<Tensor> =
                self.slots.iter().map(|slot| slot.copy.grad().to_kind(Kind::Float)).collect();
            let norms: Vec<Tensor> = gradients.iter().map(Tensor::norm).collect();
            let norm = f64::try_from(Tensor::stack(&norms, 0).norm()).expect("a norm is one number");
            let scale = (MAX_GRADIENT / (norm + EPSILON)).min(1.0);
            // The means start at 0; this takes out what they lack.
            let [missing_mean, missing_square] = BETAS.map(|beta| 1.0 - beta.powi(self.steps));
            for (slot, gradient) in self.slots.iter_mut().zip(gradients) {
                let rate = learning_rate * slot.rate;
                let gradient = gradient * scale;
                slot.square *= BETAS[1];
                slot.square += gradient.square() * (1.0 - BETAS[1]);
                slot.mean *= BETAS[0];
                slot.mean += gradient * (1.0 - BETAS[0]);
                let spread = (&slot.square / missing_square).sqrt() + EPSILON;
                slot.variable *= 1.0 - rate * slot.decay;
                slot.variable -= &slot.mean / spread * (rate / missing_mean);
                slot.copy.copy_(&slot.variable);
            }
        });
    }

    /// The state by name, for a file.
    pub(super) fn state(&self) -> Vec<(String, Tensor)> {
        let tensors = self.slots.iter().flat_map(|slot| {
            [
                (format!("mean.{}", slot.name), slot.mean.shallow_clone()),
                (format!("square.{}", slot.name), slot.square.shallow_clone()),
            ]
        });
        tensors.chain([("steps".to_owned(), Tensor::from_slice(&[self.steps]))]).collect()
    }

    /// Takes a state back; `find` gives a tensor of it by name. `None` if one is missing.
    pub(super) fn restore(&mut self, find: impl Fn(&str) -> Option<Tensor>) -> Option<()> {
        for slot in &mut self.slots {
            slot.mean.copy_(&find(&format!("mean.{}", slot.name))?);
            slot.square.copy_(&find(&format!("square.{}", slot.name))?);
        }
        self.steps = find("steps")?.int64_value(&[0]) as i32;
        Some(())
    }
}

/// Learning rate of a variable over that of the top layer: heads more, deeper layers less, embeddings least.
fn rate(name: &str, layers: usize) -> f64 {
    if name.starts_with("heads.") {
        return HEADS_OVER_TOP;
    }
    let layer = name
        .strip_prefix("encoder.layer.")
        .and_then(|rest| rest.split('.').next()?.parse::<usize>().ok())
        .map_or(layers, |layer| layers - 1 - layer);
    LAYER_DECAY.powi(layer as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deeper_layers_learn_slower() {
        assert_eq!(rate("heads.themes.weight", 6), HEADS_OVER_TOP);
        assert_eq!(rate("encoder.layer.5.output.dense.weight", 6), 1.0);
        assert!(rate("encoder.layer.0.output.dense.bias", 6) < rate("encoder.layer.4.output.dense.bias", 6));
        assert!(rate("embeddings.word_embeddings.weight", 6) < rate("encoder.layer.0.output.dense.bias", 6));
    }

    #[test]
    fn it_finds_the_bottom_of_a_bowl() {
        let point = Tensor::from_slice(&[3.0_f32, -2.0]).set_requires_grad(true);
        let named = |point: &Tensor| vec![("encoder.layer.5.x".to_owned(), point.shallow_clone())];
        let mut optimiser = AdamW::new(named(&point), named(&point), 6);
        for step in 0..400 {
            let loss = (&point - 1.0).square().sum(tch::Kind::Float);
            optimiser.step(&loss, 0.1 * (1.0 - f64::from(step) / 400.0));
        }
        let found = Vec::<f32>::try_from(&point).expect("two numbers");
        assert!(found.iter().all(|value| (value - 1.0).abs() < 0.01), "{found:?}");
    }
}
