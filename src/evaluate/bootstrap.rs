//! Intervals by resampling whole units: articles, or pairs of the challenge set.
//!
//! Percentile bootstrap intervals (Efron & Tibshirani, "An introduction to the bootstrap", 1993) that draw whole
//! articles, because passages of one article are alike (Field & Welsh, "Bootstrapping clustered data", JRSS B 69,
//! 2007). They hold for articles of this kind only, and say nothing of what the labels are worth.
//!
//! - the same input gives the same intervals

use std::ops::AddAssign;

use serde::Serialize;

use crate::random::Random;

/// Resamples per interval: the ends of a 95% interval then rest on 50 resamples each.
const RESAMPLES: usize = 2000;

/// Seed of all resampling. Any number; fixed so that a card can be made again, and so that two engines
/// measured on the same units are measured on the same draws of them.
const SEED: u64 = 20_140_901;

/// Share of the resamples that an interval holds.
const COVERAGE: f64 = 0.95;

/// A measure with its 95% interval; all three in the unit of the measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// On the passages as they are.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Counts of all units, and of as many units drawn with replacement, again and again.
#[derive(Debug, Clone)]
pub(super) struct Resampled<T> {
    pub(super) whole: T,
    drawn: Vec<T>,
}

impl<T: Clone + for<'a> AddAssign<&'a T>> Resampled<T> {
    /// Draws from the counts of `units`; `nothing` is what no unit adds up to.
    pub(super) fn new(units: &[T], nothing: &T) -> Self {
        let mut whole = nothing.clone();
        units.iter().for_each(|unit| whole += unit);
        let mut random = Random::new(SEED);
        let draw = |_| {
            let mut drawn = nothing.clone();
            units.iter().for_each(|_| drawn += &units[random.below(units.len())]);
            drawn
        };
        Self { whole, drawn: (0..RESAMPLES).map(draw).collect() }
    }

    /// A measure with its interval; `None` if it is not defined for the whole.
    pub(super) fn interval(&self, measure: impl Fn(&T) -> Option<f64>) -> Option<Interval> {
        let value = measure(&self.whole)?;
        Some(spread(value, self.drawn.iter().filter_map(measure).collect()))
    }

    /// A measure of `self` less the same measure of `other`, draw by draw; `None` if it is not defined for both.
    pub(super) fn difference(&self, other: &Self, measure: impl Fn(&T) -> Option<f64>) -> Option<Interval> {
        let value = measure(&self.whole)? - measure(&other.whole)?;
        let pairs = self.drawn.iter().zip(&other.drawn);
        Some(spread(value, pairs.filter_map(|(a, b)| Some(measure(a)? - measure(b)?)).collect()))
    }
}

/// The percentile interval of resampled values.
fn spread(value: f64, mut values: Vec<f64>) -> Interval {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (values.len().saturating_sub(1)) as f64;
        values.get(place.round() as usize).copied().unwrap_or(value)
    };
    let tail = (1.0 - COVERAGE) / 2.0;
    Interval { value, low: at(tail), high: at(1.0 - tail) }
}
