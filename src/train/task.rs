//! One task learned: the penalty chosen by cross-validation, the heads, and what each training passage would
//! score had it not been learned from.
//!
//! *Takes* [`Features`], the passages with their classes and the fold of each. *Gives* [`Learned`]. *Cost*:
//! folds × penalties fits, each begun where the one before ended; folds run in parallel.

use rayon::prelude::*;

use super::folds::FOLDS;
use super::logistic::{Example, Features, Regression, log_loss};
use crate::models::Head;

/// Penalties tried, the strongest first: each fit begins where a stronger one ended, which is near.
///
/// Over 384 scaled elements and 250 to 4,000 passages the best lay between 0.03 and 1.
const PENALTIES: [f64; 8] = [10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003];

/// A task, learned.
#[derive(Debug, Clone)]
pub(super) struct Learned<const K: usize> {
    /// One per output, over unscaled vectors.
    pub(super) heads: [Head; K],
    /// The penalty chosen.
    pub(super) penalty: f64,
    /// Logits of each passage learned from, in order, by a fit without its fold.
    pub(super) held_out: Vec<[f64; K]>,
}

/// Learns the classes of `examples`; `folds` is the fold of every passage.
///
/// The penalty with the lowest log loss on held-out folds is taken: a proper score, and steadier than F1.
pub(super) fn learn<const K: usize>(
    features: &Features,
    examples: &[Example],
    folds: &[usize],
) -> Learned<K> {
    let paths: Vec<Path<K>> =
        (0..FOLDS).into_par_iter().map(|fold| path(features, examples, |row| folds[row] == fold)).collect();
    let loss = |&chosen: &usize| {
        let losses = examples.iter().enumerate().map(|(place, example)| {
            example.weight * log_loss(&paths[folds[example.row]][chosen][place], example.class).0
        });
        losses.sum::<f64>()
    };
    let chosen =
        (0..PENALTIES.len()).min_by(|a, b| loss(a).total_cmp(&loss(b))).expect("there are penalties");
    let held_out = examples
        .iter()
        .enumerate()
        .map(|(place, example)| paths[folds[example.row]][chosen][place])
        .collect();
    let whole = PENALTIES[..=chosen]
        .iter()
        .fold(None, |start, &penalty| Some(Regression::<K>::fit(features, examples, penalty, start.as_ref())))
        .expect("at least one penalty was fitted");
    Learned { heads: whole.heads(features), penalty: PENALTIES[chosen], held_out }
}

/// Per penalty the logits of the examples held out, by their place among all examples; zeros for the others.
type Path<const K: usize> = Vec<Vec<[f64; K]>>;

fn path<const K: usize>(
    features: &Features,
    examples: &[Example],
    is_held_out: impl Fn(usize) -> bool,
) -> Path<K> {
    let kept: Vec<Example> = examples.iter().copied().filter(|example| !is_held_out(example.row)).collect();
    let mut start: Option<Regression<K>> = None;
    PENALTIES
        .iter()
        .map(|&penalty| {
            let regression = Regression::fit(features, &kept, penalty, start.as_ref());
            let logits = examples
                .iter()
                .map(
                    |&Example { row, .. }| {
                        if is_held_out(row) { regression.logits(features, row) } else { [0.0; K] }
                    },
                )
                .collect();
            start = Some(regression);
            logits
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn example(row: usize, class: usize) -> Example {
        Example { row, class, weight: 1.0 }
    }

    #[test]
    fn pure_noise_gets_a_strong_penalty_and_a_signal_a_weak_one() {
        let mut random = Random::new(3);
        let vectors: Vec<Vec<f32>> =
            (0..150).map(|_| (0..20).map(|_| random.below(1000) as f32 / 1000.0).collect()).collect();
        let all: Vec<usize> = (0..150).collect();
        let features = Features::new(&vectors, &all);
        let folds: Vec<usize> = all.iter().map(|row| row % FOLDS).collect();
        let noise: Vec<Example> = all.iter().map(|&row| example(row, random.below(2))).collect();
        let signal: Vec<Example> =
            all.iter().map(|&row| example(row, usize::from(vectors[row][3] > 0.5))).collect();
        let noise = learn::<1>(&features, &noise, &folds);
        let signal = learn::<1>(&features, &signal, &folds);
        assert!(noise.penalty > 10.0 * signal.penalty, "{} {}", noise.penalty, signal.penalty);
        assert_eq!(signal.held_out.len(), 150);
    }

    #[test]
    fn a_held_out_passage_was_not_learned_from() {
        // The one passage of its class is in fold 0: without it there is one class, so its logit is that
        // class's share, whatever its vector.
        let vectors: Vec<Vec<f32>> = (0..20).map(|row| vec![row as f32]).collect();
        let all: Vec<usize> = (0..20).collect();
        let rows: Vec<Example> = all.iter().map(|&row| example(row, usize::from(row == 0))).collect();
        let folds: Vec<usize> = all.iter().map(|row| row % FOLDS).collect();
        let learned = learn::<1>(&Features::new(&vectors, &all), &rows, &folds);
        assert_eq!(learned.held_out[0], [(1.0_f64 / 17.0).ln()]);
    }
}
