//! Places on a chart: values become coordinates, axes get ticks at round numbers.
//!
//! Coordinates are in units of the drawing, from the top left, rounded to a tenth so that the same data give the same
//! bytes on every machine.
//!
//! - ticks are round, begin at zero and reach the highest value
//! - a band's centre lies within it

/// Ticks wanted on a vertical axis, zero included; one more or less may come.
const TICKS: f64 = 4.0;

/// Equal bands side by side, one per period.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bands {
    pub(super) count: usize,
    pub(super) left: f64,
    pub(super) right: f64,
}

impl Bands {
    /// Width of a band.
    pub(super) fn width(self) -> f64 {
        (self.right - self.left) / self.count.max(1) as f64
    }

    /// Where the band with this index begins.
    pub(super) fn start(self, index: usize) -> f64 {
        self.left + self.width() * index as f64
    }

    /// The middle of the band with this index.
    pub(super) fn centre(self, index: usize) -> f64 {
        self.start(index) + self.width() / 2.0
    }
}

/// A straight scale from values to coordinates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Coordinate of `low`.
    pub(super) from: f64,
    /// Coordinate of `high`.
    pub(super) to: f64,
}

impl Line {
    /// The coordinate of `value`.
    pub(super) fn place(self, value: f64) -> f64 {
        let range = self.high - self.low;
        if range == 0.0 {
            return self.from;
        }
        self.from + (value - self.low) / range * (self.to - self.from)
    }
}

/// Round numbers from 0 up to the first that is not below `highest`, in steps of 1, 2, 2.5 or 5 times a power of ten;
/// `least` is the smallest step that makes sense (1 for counts).
pub(super) fn ticks(highest: f64, least: f64) -> Vec<f64> {
    let highest = if highest.is_finite() && highest > 0.0 { highest } else { least };
    let wanted = highest / (TICKS - 1.0);
    let power = 10_f64.powf(wanted.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|factor| factor * power);
    // A hair of tolerance: 0.3 / 3 is not 0.1 in binary.
    let step = steps.into_iter().find(|step| *step >= wanted * 0.999_999).unwrap_or(10.0 * power).max(least);
    let step = if least >= 1.0 { step.ceil() } else { step };
    let count = (highest / step - 1e-9).ceil().max(1.0);
    // At most ten: the step is at least a third of the highest value, or `least`, which exceeds it.
    (0..=count as usize).map(|index| index as f64 * step).collect()
}

/// A coordinate as text: at most one decimal, no `-0`.
pub(super) fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    if rounded == 0.0 { "0".to_owned() } else { format!("{rounded}") }
}

/// Path data through the points, broken where there is none.
pub(super) fn path(points: &[Option<(f64, f64)>]) -> String {
    let mut path = String::new();
    let mut is_down = false;
    for point in points {
        if let Some((x, y)) = point {
            path.push(if is_down { 'L' } else { 'M' });
            path.push_str(&format!("{} {}", number(*x), number(*y)));
        }
        is_down = point.is_some();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_begin_at_zero_and_reach_the_highest_value() {
        assert_eq!(ticks(0.37, 0.01), [0.0, 0.2, 0.4]);
        assert_eq!(ticks(100.0, 1.0), [0.0, 50.0, 100.0]);
        assert_eq!(ticks(3.0, 1.0), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(ticks(1.0, 1.0), [0.0, 1.0]);
        assert_eq!(ticks(0.0, 1.0), [0.0, 1.0]);
        assert_eq!(ticks(f64::NAN, 1.0), [0.0, 1.0]);
        for highest in [0.001, 0.02, 0.3, 0.6, 1.0, 7.0, 12.0, 999.0, 1e6] {
            let ticks = ticks(highest, 0.001);
            let last = ticks[ticks.len() - 1];
            assert!(last >= highest * 0.999_999 && (2..=6).contains(&ticks.len()), "{highest}: {ticks:?}");
        }
    }

    #[test]
    fn a_bands_centre_lies_within_it() {
        let bands = Bands { count: 4, left: 10.0, right: 50.0 };
        for index in 0..4 {
            assert_eq!(bands.centre(index), bands.start(index) + 5.0);
        }
        assert_eq!(Bands { count: 0, left: 0.0, right: 9.0 }.width(), 9.0);
    }

    #[test]
    fn a_scale_meets_both_ends() {
        let line = Line { low: 0.0, high: 2.0, from: 100.0, to: 20.0 };
        assert_eq!((line.place(0.0), line.place(1.0), line.place(2.0)), (100.0, 60.0, 20.0));
        assert_eq!(Line { high: 0.0, ..line }.place(1.0), 100.0, "an empty range is no division by zero");
    }

    #[test]
    fn a_path_breaks_where_there_is_no_value() {
        assert_eq!(path(&[Some((0.0, 1.0)), Some((1.04, 2.06)), None, Some((3.0, -0.01))]), "M0 1L1 2.1M3 0");
        assert_eq!(path(&[None, None]), "");
    }
}
