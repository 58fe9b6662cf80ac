//! Ridge-penalised logistic regression by Newton's method (iteratively reweighted least squares).

#![expect(clippy::needless_range_loop, reason = "matrices read best by index")]

use sendlens::clean::model::{FEATURE_COUNT, Features};

/// Features and the bias.
const SIZE: usize = FEATURE_COUNT + 1;
/// Penalty on each standardised weight: as much evidence as this many average lines.
const RIDGE: f64 = 2.0;

/// One line to learn from.
pub struct Example {
    pub features: Features,
    pub is_text: bool,
    /// How much the line counts.
    pub weight: f64,
}

/// Learns bias and weights.
pub fn fit(examples: &[&Example]) -> (f32, Features) {
    let (means, scales) = moments(examples);
    let mut weights = [0.0; SIZE];
    for _ in 0..12 {
        let mut gradient = [0.0; SIZE];
        let mut hessian = vec![[0.0; SIZE]; SIZE];
        for example in examples {
            let row = standardise(&example.features, &means, &scales);
            let sum: f64 = row.iter().zip(&weights).map(|(value, weight)| value * weight).sum();
            let probability = 1.0 / (1.0 + (-sum).exp());
            let error = (f64::from(u8::from(example.is_text)) - probability) * example.weight;
            let curve = (probability * (1.0 - probability)).max(1e-6) * example.weight;
            for (i, value) in row.iter().enumerate() {
                gradient[i] += error * value;
                for (cell, other) in hessian[i].iter_mut().zip(&row).take(i + 1) {
                    *cell += curve * value * other;
                }
            }
        }
        for i in 0..SIZE {
            for j in i + 1..SIZE {
                hessian[i][j] = hessian[j][i];
            }
            if i > 0 {
                gradient[i] -= RIDGE * weights[i];
                hessian[i][i] += RIDGE;
            }
            hessian[i][i] += 1e-9;
        }
        for (weight, step) in weights.iter_mut().zip(solve(hessian, gradient)) {
            *weight += step;
        }
    }
    let mut bias = weights[0];
    let mut plain = [0.0; FEATURE_COUNT];
    for i in 0..FEATURE_COUNT {
        let weight = weights[i + 1] / scales[i];
        bias -= weight * means[i];
        plain[i] = weight as f32;
    }
    (bias as f32, plain)
}

fn standardise(features: &Features, means: &[f64], scales: &[f64]) -> [f64; SIZE] {
    let mut row = [1.0; SIZE];
    for i in 0..FEATURE_COUNT {
        row[i + 1] = (f64::from(features[i]) - means[i]) / scales[i];
    }
    row
}

/// Mean and standard deviation of each feature.
fn moments(examples: &[&Example]) -> ([f64; FEATURE_COUNT], [f64; FEATURE_COUNT]) {
    let total: f64 = examples.iter().map(|example| example.weight).sum();
    let mut means = [0.0; FEATURE_COUNT];
    let mut scales = [0.0; FEATURE_COUNT];
    for example in examples {
        for (mean, value) in means.iter_mut().zip(example.features) {
            *mean += example.weight * f64::from(value) / total;
        }
    }
    for example in examples {
        for ((scale, mean), value) in scales.iter_mut().zip(means).zip(example.features) {
            *scale += example.weight * (f64::from(value) - mean).powi(2) / total;
        }
    }
    (means, scales.map(|variance: f64| variance.sqrt().max(1e-6)))
}

/// Solves a symmetric positive definite system by Gaussian elimination with pivots.
fn solve(mut matrix: Vec<[f64; SIZE]>, mut right: [f64; SIZE]) -> [f64; SIZE] {
    for column in 0..SIZE {
        let pivot =
            (column..SIZE).max_by(|&a, &b| matrix[a][column].abs().total_cmp(&matrix[b][column].abs()));
        let pivot = pivot.expect("there is a row left for every column");
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        for row in column + 1..SIZE {
            let factor = matrix[row][column] / matrix[column][column];
            for k in column..SIZE {
                matrix[row][k] -= factor * matrix[column][k];
            }
            right[row] -= factor * right[column];
        }
    }
    for row in (0..SIZE).rev() {
        for k in row + 1..SIZE {
            right[row] -= matrix[row][k] * right[k];
        }
        right[row] /= matrix[row][row];
    }
    right
}
