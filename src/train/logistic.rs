//! Logistic regression with an L2 penalty, over vectors that are scaled once and fitted often.
//!
//! *Takes* pooled vectors and the class of each. *Gives* the weights that minimise the mean log loss plus
//! half the penalty times the sum of squared weights; intercepts are not penalised. *Cost*: two passes over
//! the vectors per step of [`minimise`].
//!
//! One output is a sigmoid over the classes 0 and 1; `K` > 1 outputs are a softmax over `K` classes.

use super::lbfgs::{add, dot, minimise};
use crate::models::Head;

/// An element that varies less does not vary: vectors hold f32 values of about ±0.5, so this is their rounding.
/// MiniLM has three such elements; scaled up they would get weights beyond the range of f32.
const MIN_DEVIATION: f64 = 1e-6;

/// Vectors, each element with mean 0 and standard deviation 1 over those they were scaled by.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Features {
    columns: usize,
    /// Row by row.
    values: Vec<f64>,
    means: Vec<f64>,
    deviations: Vec<f64>,
}

impl Features {
    /// Scales `vectors` by means and deviations over the `rows` numbered. An element that never varies is 0.
    pub(super) fn new(vectors: &[Vec<f32>], rows: &[usize]) -> Self {
        let columns = vectors.first().map_or(0, Vec::len);
        let count = rows.len().max(1) as f64;
        let mut means = vec![0.0; columns];
        for &row in rows {
            means.iter_mut().zip(&vectors[row]).for_each(|(mean, value)| *mean += f64::from(*value) / count);
        }
        let mut deviations = vec![0.0; columns];
        for &row in rows {
            for ((deviation, value), mean) in deviations.iter_mut().zip(&vectors[row]).zip(&means) {
                *deviation += (f64::from(*value) - mean).powi(2) / count;
            }
        }
        deviations.iter_mut().for_each(|deviation| *deviation = deviation.sqrt());
        let mut values = Vec::with_capacity(columns * vectors.len());
        for vector in vectors {
            for ((value, mean), deviation) in vector.iter().zip(&means).zip(&deviations) {
                let is_varied = *deviation > MIN_DEVIATION;
                values.push(if is_varied { (f64::from(*value) - mean) / deviation } else { 0.0 });
            }
        }
        Self { columns, values, means, deviations }
    }

    fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.columns..(index + 1) * self.columns]
    }

    /// Weights over scaled elements as a head over unscaled ones: scaling costs nothing when serving.
    fn head(&self, weights: &[f64]) -> Head {
        let (weights, intercept) = (&weights[..self.columns], weights[self.columns]);
        let scaled = weights
            .iter()
            .zip(&self.deviations)
            .map(|(weight, deviation)| if *deviation > MIN_DEVIATION { weight / deviation } else { 0.0 });
        let scaled: Vec<f64> = scaled.collect();
        let bias = intercept - dot(&scaled, &self.means);
        Head { weight: scaled.into_iter().map(|weight| weight as f32).collect(), bias: bias as f32 }
    }
}

/// A passage to learn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Example {
    /// Number of its vector.
    pub(super) row: usize,
    /// What is to be learned.
    pub(super) class: usize,
    /// How much its loss counts.
    pub(super) weight: f64,
}

/// A fitted regression with `K` outputs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Regression<const K: usize> {
    /// Per output the weights and then the intercept.
    weights: Vec<f64>,
    stride: usize,
}

impl<const K: usize> Regression<K> {
    /// Fits the classes of `rows`, from `start` if there is one (the fit for another penalty).
    pub(super) fn fit(features: &Features, examples: &[Example], penalty: f64, start: Option<&Self>) -> Self {
        let stride = features.columns + 1;
        let first = start.map_or_else(|| Self::intercepts(examples, stride), |start| start.weights.clone());
        if !is_varied(examples) {
            // One class only: its intercept would grow for ever.
            return Self { weights: Self::intercepts(examples, stride), stride };
        }
        let scale = 1.0 / examples.iter().map(|example| example.weight).sum::<f64>();
        let weights = minimise(first, |weights, gradient| {
            gradient.fill(0.0);
            let mut loss = 0.0;
            for example in examples {
                let vector = features.row(example.row);
                let logits = logits::<K>(weights, stride, vector);
                let (row_loss, slopes) = log_loss(&logits, example.class);
                loss += example.weight * row_loss;
                for (output, slope) in slopes.iter().enumerate() {
                    let gradient = &mut gradient[output * stride..(output + 1) * stride];
                    let slope = slope * example.weight * scale;
                    add(&mut gradient[..stride - 1], slope, vector);
                    gradient[stride - 1] += slope;
                }
            }
            let mut squares = 0.0;
            for output in 0..K {
                let inner = output * stride..(output + 1) * stride - 1;
                squares += dot(&weights[inner.clone()], &weights[inner.clone()]);
                add(&mut gradient[inner.clone()], penalty, &weights[inner]);
            }
            loss * scale + 0.5 * penalty * squares
        });
        Self { weights, stride }
    }

    /// No weights, and intercepts that give each class its share (one added to each).
    fn intercepts(examples: &[Example], stride: usize) -> Vec<f64> {
        let mut weights = vec![0.0; K * stride];
        let count = |wanted: usize| {
            let members = examples.iter().filter(|example| example.class == wanted);
            1.0 + members.map(|example| example.weight).sum::<f64>()
        };
        for output in 0..K {
            let odds = if K == 1 { count(1) / count(0) } else { count(output) };
            weights[(output + 1) * stride - 1] = odds.ln();
        }
        weights
    }

    /// The logits of a vector.
    pub(super) fn logits(&self, features: &Features, row: usize) -> [f64; K] {
        logits(&self.weights, self.stride, features.row(row))
    }

    /// The outputs as heads over unscaled vectors.
    pub(super) fn heads(&self, features: &Features) -> [Head; K] {
        std::array::from_fn(|output| {
            features.head(&self.weights[output * self.stride..(output + 1) * self.stride])
        })
    }
}

fn is_varied(examples: &[Example]) -> bool {
    examples.iter().any(|example| example.class != examples[0].class)
}

fn logits<const K: usize>(weights: &[f64], stride: usize, vector: &[f64]) -> [f64; K] {
    std::array::from_fn(|output| {
        let row = &weights[output * stride..(output + 1) * stride];
        dot(&row[..stride - 1], vector) + row[stride - 1]
    })
}

/// Minus the logarithm of the probability of `class`, and its slope by each logit.
pub(super) fn log_loss<const K: usize>(logits: &[f64; K], class: usize) -> (f64, [f64; K]) {
    if K == 1 {
        // log(1 + e^x) without overflow.
        let logit = logits[0];
        let target = class as f64;
        let loss = logit.max(0.0) - logit * target + (-logit.abs()).exp().ln_1p();
        let score = 1.0 / (1.0 + (-logit).exp());
        return (loss, [score - target; K]);
    }
    let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers = logits.map(|logit| (logit - most).exp());
    let sum: f64 = powers.iter().sum();
    let slopes = std::array::from_fn(|output| powers[output] / sum - f64::from(u8::from(output == class)));
    (sum.ln() + most - logits[class], slopes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn example(row: usize, class: usize) -> Example {
        Example { row, class, weight: 1.0 }
    }

    /// Vectors of three elements; the class depends on the first two.
    fn problem(noise: bool) -> (Vec<Vec<f32>>, Vec<Example>) {
        let mut random = Random::new(7);
        let mut value = || random.below(2001) as f32 / 1000.0 - 1.0;
        let vectors: Vec<Vec<f32>> = (0..200).map(|_| vec![value(), 5.0 * value(), 0.01 * value()]).collect();
        let class = |index: usize, vector: &Vec<f32>| {
            usize::from(vector[0] + vector[1] > 0.3) ^ usize::from(noise && index.is_multiple_of(7))
        };
        let rows = vectors.iter().enumerate().map(|(row, vector)| example(row, class(row, vector))).collect();
        (vectors, rows)
    }

    fn errors(regression: &Regression<1>, features: &Features, rows: &[Example]) -> usize {
        let is_wrong = |row: &&Example| (regression.logits(features, row.row)[0] > 0.0) != (row.class == 1);
        rows.iter().filter(is_wrong).count()
    }

    #[test]
    fn a_separable_problem_is_separated_and_stays_finite() {
        let (vectors, rows) = problem(false);
        let features = Features::new(&vectors, &(0..200).collect::<Vec<_>>());
        let regression = Regression::<1>::fit(&features, &rows, 1e-6, None);
        assert_eq!(errors(&regression, &features, &rows), 0);
        assert!(regression.weights.iter().all(|weight| weight.is_finite()));
    }

    #[test]
    fn at_the_minimum_the_gradient_is_zero() {
        let (vectors, rows) = problem(true);
        let features = Features::new(&vectors, &(0..200).collect::<Vec<_>>());
        let penalty = 0.01;
        let regression = Regression::<1>::fit(&features, &rows, penalty, None);
        for column in 0..3 {
            let slope: f64 = rows
                .iter()
                .map(|&Example { row, class, .. }| {
                    let [slope] = log_loss(&regression.logits(&features, row), class).1;
                    slope * features.row(row)[column] / 200.0
                })
                .sum();
            assert!((slope + penalty * regression.weights[column]).abs() < 1e-5, "{slope}");
        }
        let strong = Regression::<1>::fit(&features, &rows, 10.0, Some(&regression));
        assert!(dot(&strong.weights[..3], &strong.weights[..3]) < 0.01);
    }

    #[test]
    fn a_head_over_unscaled_vectors_gives_the_same_logits() {
        let (vectors, rows) = problem(true);
        let features = Features::new(&vectors, &(0..100).collect::<Vec<_>>());
        let three: Vec<Example> = rows.iter().map(|one| example(one.row, one.class + one.row % 2)).collect();
        let regression = Regression::<3>::fit(&features, &three, 0.1, None);
        for (output, head) in regression.heads(&features).iter().enumerate() {
            for (row, vector) in vectors.iter().enumerate() {
                let product: f64 =
                    head.weight.iter().zip(vector).map(|(w, v)| f64::from(*w) * f64::from(*v)).sum();
                let expected = regression.logits(&features, row)[output];
                assert!((product + f64::from(head.bias) - expected).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn an_element_that_hardly_varies_gets_no_weight() {
        let (mut vectors, rows) = problem(true);
        vectors.iter_mut().enumerate().for_each(|(row, vector)| vector[1] = 0.01 + 1e-9 * (row % 2) as f32);
        let features = Features::new(&vectors, &(0..200).collect::<Vec<_>>());
        let [head] = Regression::<1>::fit(&features, &rows, 1e-4, None).heads(&features);
        assert_eq!(head.weight[1], 0.0);
        assert!(head.weight.iter().all(|weight| weight.abs() < 1e3), "{head:?}");
    }

    #[test]
    fn one_class_alone_gives_its_share() {
        let features = Features::new(&[vec![1.0], vec![2.0]], &[0, 1]);
        let regression = Regression::<1>::fit(&features, &[example(0, 1), example(1, 1)], 0.1, None);
        assert_eq!(regression.logits(&features, 0), [3.0_f64.ln()]);
    }

    #[test]
    fn log_loss_agrees_with_that_worked_out_by_hand() {
        let (loss, [slope]) = log_loss(&[0.0], 1);
        assert!((loss - 2.0_f64.ln()).abs() < 1e-12 && (slope + 0.5).abs() < 1e-12);
        let (loss, slopes) = log_loss(&[1.0, 1.0, 1.0], 2);
        assert!((loss - 3.0_f64.ln()).abs() < 1e-12 && (slopes[2] + 2.0 / 3.0).abs() < 1e-12);
        assert!(log_loss(&[-1e9], 1).0.is_finite() && log_loss(&[1e9, 0.0, 0.0], 1).0.is_finite());
    }
}
