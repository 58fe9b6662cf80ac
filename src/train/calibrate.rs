//! Logits become probabilities, and probabilities decisions: Platt scaling, temperature, thresholds.
//!
//! *Takes* logits and truths of passages that were not learned from. *Gives* a [`Decision`] per label and a
//! temperature. *Cost*: linear, but for one sort per threshold.

use super::lbfgs::minimise;
use super::logistic::log_loss;
use crate::models::{Decision, Platt};

/// Temperatures outside this range are a sign of too few passages, not of a better fit.
const TEMPERATURES: [f64; 2] = [0.2, 5.0];

/// Weights of a prior: beyond 1 articles would say more than independent witnesses.
const WEIGHTS: [f64; 2] = [0.0, 1.0];

/// What one idle parameter adds to twice the log-likelihood in one of twenty samples by chance (χ², 95%).
const LIKELIHOOD_RATIO: f64 = 3.84;

/// Steps of a search; each narrows the range by 0.618.
const NARROWINGS: usize = 60;

/// Fits score = sigmoid(a × logit + b).
///
/// As J. Platt ("Probabilistic outputs for support vector machines", 1999) has it, truths are moved from 0
/// and 1 by what one more passage of each class would change, so that a label that is always right does not
/// get infinite weight. A slope below 0 would turn the ranking round: the label is then left as it is.
pub(super) fn platt(pairs: &[(f64, bool)]) -> Platt {
    let positives = pairs.iter().filter(|(_, truth)| *truth).count() as f64;
    let negatives = pairs.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return Decision::default().calibration;
    }
    let [high, low] = [(positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0)];
    let scale = 1.0 / pairs.len() as f64;
    let found = minimise(vec![1.0, 0.0], |point, gradient| {
        gradient.fill(0.0);
        let mut loss = 0.0;
        for (logit, truth) in pairs {
            let target = if *truth { high } else { low };
            let scaled = [point[0] * logit + point[1]];
            // Linear in the target: the loss of a soft truth lies between those of the two hard ones.
            let (loss_0, [slope_0]) = log_loss(&scaled, 0);
            let (loss_1, [slope_1]) = log_loss(&scaled, 1);
            loss += target * loss_1 + (1.0 - target) * loss_0;
            let slope = target * slope_1 + (1.0 - target) * slope_0;
            gradient[0] += slope * logit * scale;
            gradient[1] += slope * scale;
        }
        loss * scale
    });
    if found[0] > 0.0 {
        Platt { a: found[0] as f32, b: found[1] as f32 }
    } else {
        Decision::default().calibration
    }
}

/// Fits the number that the logits of a softmax are divided by (Guo et al., ICML 2017).
pub(super) fn temperature(rows: &[([f64; 3], usize)]) -> f32 {
    if rows.is_empty() {
        return 1.0;
    }
    let loss = |logarithm: f64| {
        let temperature = logarithm.exp();
        rows.iter()
            .map(|(logits, class)| log_loss(&logits.map(|logit| logit / temperature), *class).0)
            .sum::<f64>()
    };
    least(TEMPERATURES.map(f64::ln), loss).exp() as f32
}

/// Where in a range a loss with one minimum is least, by the golden section.
fn least([mut low, mut high]: [f64; 2], loss: impl Fn(f64) -> f64) -> f64 {
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    for _ in 0..NARROWINGS {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if loss(left) <= loss(right) { high = right } else { low = left }
    }
    (low + high) / 2.0
}

/// Fits the weight of a [`Prior`]: the factor of the second number of each row that, added to the first (log-odds),
/// makes the truths likeliest. `None` if that is no more than chance gives a factor that changes nothing.
pub(super) fn weight(rows: &[([f64; 2], bool)]) -> Option<f32> {
    let loss = |weight: f64| {
        rows.iter()
            .map(|([log_odds, shift], truth)| log_loss(&[log_odds + weight * shift], usize::from(*truth)).0)
            .sum::<f64>()
    };
    let found = least(WEIGHTS, loss);
    (2.0 * (loss(0.0) - loss(found)) > LIKELIHOOD_RATIO).then_some(found as f32)
}

/// For relevance: a passage is set aside only if it is more likely than not about something else.
///
/// Relevance decides what is counted at all, and a passage wrongly set aside takes its themes with it. Nine in
/// ten passages are about SEND: the highest F1 would let everything through, equal counts would set aside more
/// passages wrongly than rightly.
pub(super) const RELEVANCE: f32 = 0.5;

/// For themes: the threshold that gives the label as often as it is deserved, where precision equals recall; a
/// score of `None` is never given the label.
///
/// Themes are there to be counted. The threshold with the highest F1 would count too many: it is half the best
/// F1 itself (Lipton, Elkan & Naryanaswamy, ECML 2014), so a label that is hard to tell would be given up to
/// twice too often. Between two scores all thresholds decide alike: the middle is taken. Of equal scores all or
/// none are given, whichever comes nearer. One half where no passage deserves the label.
pub(super) fn threshold(pairs: &[(Option<f32>, bool)]) -> f32 {
    let deserved = pairs.iter().filter(|(_, truth)| *truth).count();
    let mut scores: Vec<f32> = pairs.iter().filter_map(|(score, _)| *score).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    if deserved == 0 {
        return 0.5;
    }
    // Cuts between unequal scores, each with the number of passages given above it.
    let cuts = scores.iter().enumerate().filter_map(|(place, score)| {
        let below = scores.get(place + 1).copied().unwrap_or(0.0);
        (below < *score).then_some((place + 1, (score + below) / 2.0))
    });
    cuts.min_by_key(|(given, _)| given.abs_diff(deserved)).map_or(0.5, |(_, cut)| cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platt_finds_the_scale_that_made_the_truths() {
        // 100 passages at each logit, as many deserve the label as sigmoid(2 × logit − 1) says.
        let mut pairs = Vec::new();
        for step in -20..=20 {
            let logit = f64::from(step) / 10.0;
            let share = 1.0 / (1.0 + (-(2.0 * logit - 1.0)).exp());
            pairs.extend((0..100).map(|index| (logit, f64::from(index) + 0.5 < 100.0 * share)));
        }
        let Platt { a, b } = platt(&pairs);
        assert!((a - 2.0).abs() < 0.05 && (b + 1.0).abs() < 0.05, "{a} {b}");
    }

    #[test]
    fn platt_never_turns_the_ranking_round() {
        let pairs: Vec<_> = (0..20).map(|index| (f64::from(index), index < 10)).collect();
        assert_eq!(platt(&pairs), Platt { a: 1.0, b: 0.0 });
        assert_eq!(platt(&[(1.0, true)]), Platt { a: 1.0, b: 0.0 });
    }

    #[test]
    fn a_separated_label_keeps_a_finite_slope() {
        let pairs: Vec<_> = (0..40).map(|index| (f64::from(index - 20), index >= 20)).collect();
        let Platt { a, b } = platt(&pairs);
        assert!(a > 0.0 && a < 20.0 && b.abs() < 20.0, "{a} {b}");
    }

    #[test]
    fn a_prior_is_weighed_by_what_it_explains_and_left_out_where_it_explains_nothing() {
        // At log-odds of 0, seven in ten are true where the article speaks for it, three where against: ln(7/3) = 0.847.
        let rows: Vec<_> = (0..200_u8)
            .map(|index| {
                let speaks_for = index % 2 == 0;
                let shift = if speaks_for { 1.0 } else { -1.0 };
                ([0.0, shift], (index / 2 % 10 < 7) == speaks_for)
            })
            .collect();
        let found = weight(&rows).expect("it explains something");
        assert!((found - 0.847).abs() < 0.01, "{found}");
        let idle: Vec<_> =
            rows.iter().enumerate().map(|(index, (row, _))| (*row, index / 2 % 10 < 7)).collect();
        assert_eq!(weight(&idle), None);
        assert_eq!(weight(&[]), None);
    }

    #[test]
    fn logits_that_are_too_sure_are_cooled() {
        // Right in two of three, although the logits say 0.98.
        let rows: Vec<_> = (0..30).map(|index| ([4.0, 0.0, 0.0], usize::from(index % 3 == 0))).collect();
        assert!(temperature(&rows) > 2.0);
        assert_eq!(temperature(&[]), 1.0);
    }

    #[test]
    fn the_threshold_gives_a_label_as_often_as_it_is_deserved() {
        let pairs = [(0.9, true), (0.8, false), (0.7, true), (0.4, true), (0.2, false), (0.1, false)];
        let pairs = pairs.map(|(score, truth)| (Some(score), truth));
        assert!((threshold(&pairs) - 0.55).abs() < 1e-6);
        assert_eq!(threshold(&[(Some(0.9), false)]), 0.5);
        assert_eq!(threshold(&[(None, true), (Some(0.9), true), (Some(0.3), false)]), 0.15);
        assert_eq!(threshold(&[(Some(0.4), true), (Some(0.4), false), (Some(0.4), false)]), 0.2);
    }
}
