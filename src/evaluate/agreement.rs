//! Agreement of two coders beyond chance: Krippendorff's alpha of model and gold.
//!
//! *Takes* how often one coder chose each value where the other chose each. *Gives* alpha: 1 for full agreement, 0
//! for as much as chance would give, below 0 for less. *Cost*: the square of the number of values.
//!
//! K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011, for two coders and no missing values. Unlike
//! F1 it also counts agreement that a label is absent, and it can be set beside the agreement of the coders who
//! made the labels.

/// How far two values are from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The same or not.
    Nominal,
    /// By the units that lie between, the values being in order.
    Ordinal,
}

/// Alpha of two coders; `table[a][b]` counts the units to which the first gave value `a` and the second `b`.
/// `None` if there is no unit or only one value was ever given: then there is nothing to agree on.
#[must_use]
pub fn alpha<const VALUES: usize>(table: &[[u64; VALUES]; VALUES], scale: Scale) -> Option<f64> {
    // Each unit makes two ordered pairs of values, one from either side.
    let together = |a: usize, b: usize| (table[a][b] + table[b][a]) as f64;
    let mut of_value = [0.0; VALUES];
    for (a, count) in of_value.iter_mut().enumerate() {
        *count = (0..VALUES).map(|b| together(a, b)).sum();
    }
    let all: f64 = of_value.iter().sum();
    let distance = |a: usize, b: usize| match scale {
        Scale::Nominal => 1.0,
        Scale::Ordinal => {
            let between: f64 = of_value[a..=b].iter().sum();
            (between - (of_value[a] + of_value[b]) / 2.0).powi(2)
        }
    };
    let (mut observed, mut expected) = (0.0, 0.0);
    for a in 0..VALUES {
        for b in a + 1..VALUES {
            observed += together(a, b) * distance(a, b);
            expected += of_value[a] * of_value[b] * distance(a, b);
        }
    }
    (expected > 0.0).then(|| 1.0 - (all - 1.0) * observed / expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounded to six decimals.
    fn rounded<const VALUES: usize>(table: &[[u64; VALUES]; VALUES], scale: Scale) -> Option<f64> {
        alpha(table, scale).map(|alpha| (alpha * 1e6).round() / 1e6)
    }

    #[test]
    fn alpha_is_that_of_krippendorffs_example() {
        // Section A of the paper: ten units, binary; the coders agree on six, differ on four.
        // First:  0 1 0 0 0 0 0 0 1 0; second: 1 1 1 0 0 1 0 0 0 0. He gives 0.095.
        assert_eq!(rounded(&[[5, 3], [1, 1]], Scale::Nominal), Some(0.095238));
        // Section B: twelve units, values a to e; aabbdcccedda against babbbccceddd. He gives 0.692.
        let table = [[1, 1, 0, 1, 0], [0, 2, 0, 0, 0], [0, 0, 3, 0, 0], [0, 1, 0, 2, 0], [0, 0, 0, 0, 1]];
        assert_eq!(rounded(&table, Scale::Nominal), Some(0.691964));
    }

    #[test]
    fn values_in_order_count_by_what_lies_between() {
        // Worked out by hand: 10 units of values 1, 2, 3; pairs 2·4, 2·3, 2·1 on the diagonal, 1–2 once, 2–3 once.
        // n = (9, 8, 3), all 20; distances: 1–2 (8.5)² = 72.25, 2–3 (5.5)² = 30.25, 1–3 (14)² = 196.
        // Observed 1·72.25 + 1·30.25 = 102.5; expected 72·72.25 + 24·30.25 + 27·196 = 11 220.
        let table = [[4, 1, 0], [0, 3, 0], [0, 1, 1]];
        let expected = 1.0 - 19.0 * 102.5 / 11_220.0;
        assert!((alpha(&table, Scale::Ordinal).expect("three values") - expected).abs() < 1e-12);
        // The wider slip costs more than the narrow one; nominally they cost the same.
        let (near, far) = ([[4, 1, 0], [0, 3, 0], [0, 0, 2]], [[4, 0, 1], [0, 3, 0], [0, 0, 2]]);
        assert!(alpha(&near, Scale::Ordinal) > alpha(&far, Scale::Ordinal));
    }

    #[test]
    fn full_agreement_is_one_and_a_single_value_is_nothing() {
        assert_eq!(alpha(&[[3, 0], [0, 5]], Scale::Nominal), Some(1.0));
        assert_eq!(alpha(&[[8, 0], [0, 0]], Scale::Nominal), None);
        assert_eq!(alpha(&[[0; 3]; 3], Scale::Ordinal), None);
    }
}
