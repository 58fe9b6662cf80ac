//! Everything element by element, written once for all kernels: 16 virtual lanes, a multiplication and an addition
//! rounded once or twice as written, sums folded in one fixed order. Each kernel compiles these functions with its own
//! instructions, and all kernels get the same bits. `FUSES` says whether a kernel has an instruction that rounds once.

use crate::models::LANES;

/// `a` if it is larger, else `b`; unlike [`f32::max`] one instruction, and a NaN in `b` stays.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// `a` if it is smaller, else `b`.
#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// a × b + c, rounded once.
#[inline(always)]
pub(super) fn fused<const FUSES: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSES { a.mul_add(b, c) } else { rounded_once(a, b, c) }
}

/// The same without such an instruction.
///
/// In f64 the product is exact. The sum is rounded to odd there, after which rounding to f32 gives what rounding once
/// does: S. Boldo and G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to
/// odd", 2008.
#[inline(always)]
fn rounded_once(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    let added = sum - product;
    let lost = (product - (sum - added)) + (c - added);
    let bits = sum.to_bits();
    // Away from zero if what was lost has the sign of the sum, else towards it.
    let odd = if (lost > 0.0) == (sum > 0.0) { bits | 1 } else { bits.wrapping_sub(!bits & 1) };
    // What is not finite loses nothing that is a number.
    f64::from_bits(if lost.abs() > 0.0 { odd } else { bits }) as f32
}

/// The last place that a row may have: all ones, in as many bits as a rank can spare.
pub(super) const LAST: u32 = 0x7fff;

/// Added to a number below 2^22, rounds it to a whole one, ties to even, and leaves that in the low bits.
pub(super) const ROUND: f32 = 12_582_912.0;

/// (e^r − 1 − r) / r² in powers of r, the highest first.
const EXP: [f32; 6] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];

/// e^x for x ≤ 88; below −87 it stays at e^−87. Relative error below 2e-7 (tested).
///
/// Cephes `expf` (S. Moshier): x = n ln 2 + r with ln 2 in two parts, a polynomial for e^r, and n put
/// into the exponent.
#[inline(always)]
fn exp<const FUSES: bool>(x: f32) -> f32 {
    let x = larger(x, -87.0);
    let shifted = fused::<FUSES>(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = fused::<FUSES>(n, 2.121_944_4e-4, fused::<FUSES>(n, -0.693_359_4, x));
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0_f32.to_bits()));
    (fused::<FUSES>(polynomial::<FUSES, _>(EXP, r), r * r, r) + 1.0) * power
}

/// 2^x on [−½, ½], the highest power first, fitted for the least relative error.
pub(super) const NEAR_EXP2: [f32; 5] = [9.582_856e-3, 5.590_644_6e-2, 2.402_41e-1, 6.931_242e-1, 1.0];

/// The least whole power of 2 that stays normal when a fraction is taken from it.
pub(super) const LEAST_EXPONENT: f32 = -125.0;

/// Where Φ is as good as 1.
pub(super) const NEAR_GELU_END: f32 = 3.9;

/// (Φ(x) − ½) / x up to there in powers of x², the highest first, fitted for the least error of GELU.
pub(super) const NEAR_GELU: [f32; 7] = [
    2.648_702_2e-8,
    -1.780_812_1e-6,
    5.142_814_4e-5,
    -8.462_232e-4,
    8.921_387e-3,
    -6.488_454e-2,
    3.980_951e-1,
];

/// No number that [`near_gelu`] gives is below (tested).
pub(super) const LEAST_NEAR_GELU: f32 = -0.1702;

/// The polynomial with these numbers, the highest power first, at `x`.
#[inline(always)]
fn polynomial<const FUSES: bool, const N: usize>(numbers: [f32; N], x: f32) -> f32 {
    numbers.into_iter().reduce(|p, number| fused::<FUSES>(p, x, number)).expect("there is a number")
}

/// 2^x for [`LEAST_EXPONENT`] ≤ x ≤ 0, the same below. Relative error below 4e-6 (tested): less than what 16 bits hold.
///
/// A polynomial for the fraction, and the whole part added to the exponent.
#[inline(always)]
fn near_exp2<const FUSES: bool>(x: f32) -> f32 {
    let x = larger(x, LEAST_EXPONENT);
    let shifted = x + ROUND;
    let power = polynomial::<FUSES, _>(NEAR_EXP2, x - (shifted - ROUND));
    f32::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// erf(x) / x as one polynomial over another in powers of x², the highest first.
const ERF: ([f32; 7], [f32; 5]) = (
    [
        -2.726_142_4e-10,
        2.770_681_5e-8,
        -2.101_024e-6,
        -5.692_506_4e-5,
        -7.349_906_5e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ],
    [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827e-3, -7.373_329_2e-3, -1.426_473_9e-2],
);

/// The error function, absolute error below 5e-7 (tested).
///
/// The rational approximation of Eigen and XLA on [−4, 4]; beyond, erf is ±1 in f32.
#[inline(always)]
fn erf<const FUSES: bool>(x: f32) -> f32 {
    let x = smaller(larger(x, -4.0), 4.0);
    let square = x * x;
    let (p, q) = (polynomial::<FUSES, _>(ERF.0, square), polynomial::<FUSES, _>(ERF.1, square));
    smaller(larger(x * p / q, -1.0), 1.0)
}

/// Takes all numbers of `row`, which fill whole lanes, into the lanes in order with `take`, then joins
/// the lanes with `join`, halves first.
///
/// Loops with one result per number are kept apart from this one: mixed with it, the compiler turns them
/// into gathers and scatters.
#[inline(always)]
fn reduce(row: &[f32], start: f32, take: impl Fn(f32, f32) -> f32, join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [start; LANES];
    for values in row.as_chunks::<LANES>().0 {
        for (lane, value) in lanes.iter_mut().zip(values) {
            *lane = take(*lane, *value);
        }
    }
    joined(lanes, join)
}

/// The lanes joined, halves first.
// By way of memory: with the join in sight the compiler cuts the lanes of the loop before it into quarters.
#[inline(always)]
fn joined(lanes: [f32; LANES], join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = std::hint::black_box(lanes);
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] = join(lanes[lane], lanes[lane + width]);
        }
        width /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn sum(row: &[f32]) -> f32 {
    reduce(row, 0.0, |sum, value| sum + value, |a, b| a + b)
}

/// How a row is rounded to bytes: number ≈ (byte − zero) × step, but for the one at `place`, which is `apart` × step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rounding {
    pub(super) step: f32,
    pub(super) zero: i32,
    pub(super) place: usize,
    pub(super) apart: i32,
}

/// How the numbers of a row become bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    /// One over the step, or 0.
    pub(super) inverse: f32,
    pub(super) zero: f32,
    step: f32,
}

impl Scale {
    /// For numbers from `least` ≤ 0 to `most` ≥ 0, and one kept apart.
    #[inline(always)]
    pub(super) fn new(least: f32, most: f32, apart: f32) -> Self {
        let step = larger((most - least) / 255.0, apart.abs() / f32::from(i16::MAX));
        let inverse = if step > f32::MIN_POSITIVE { 1.0 / step } else { 0.0 };
        Self { inverse, zero: (-least * inverse).round_ties_even(), step }
    }

    /// The same with the number kept apart.
    #[inline(always)]
    pub(super) fn rounding(self, place: usize, apart: f32) -> Rounding {
        Rounding {
            // What is not finite is the largest, and poisons the step.
            step: self.step + apart * 0.0,
            zero: self.zero as i32,
            place,
            apart: (apart * self.inverse).round_ties_even() as i32,
        }
    }
}

/// Rounds `row`, which fills whole lanes up to [`LAST`], to `bytes`; `least` may say which number none is below.
///
/// The number of the largest magnitude is kept apart, so that it does not coarsen the steps of all others; its byte is
/// the zero. The range holds 0, which is a byte of its own. A number that is not finite makes the step so too. `row` is
/// as before at the end.
#[inline(always)]
pub(super) fn round<const FUSES: bool>(row: &mut [f32], bytes: &mut [u8], least: Option<f32>) -> Rounding {
    let place = largest(row);
    let apart = std::mem::take(&mut row[place]);
    let least = least.unwrap_or_else(|| reduce(row, 0.0, smaller, smaller));
    let most = reduce(row, 0.0, larger, larger);
    let scale = Scale::new(least, most, apart);
    for (byte, value) in bytes.iter_mut().zip(row.iter()) {
        // Never below −½, which is rounded to 0, but a rounded zero may carry the largest beyond 255.
        let steps = fused::<FUSES>(*value, scale.inverse, scale.zero);
        *byte = (smaller(steps, 255.0) + ROUND).to_bits() as u8;
    }
    row[place] = apart;
    scale.rounding(place, apart)
}

/// A number below 2 in the order of magnitudes, what is not finite above all: the bits of `value` without its sign and
/// the last, which is all that it loses.
///
/// As whole numbers these bits would do too, but there the order of a maximum is free, and the compiler makes gathers of
/// the loops that take one.
#[inline(always)]
fn rank(value: f32) -> f32 {
    f32::from_bits(value.to_bits() << 1 >> 2)
}

/// What a number at `place` competes with to be the one kept apart: its rank, but for the low bits, which hold how far
/// `place` is from [`LAST`]. So the highest tells where it stands, and of such as differ by less than a hundredth the
/// first wins.
#[inline(always)]
fn claim(value: f32, place: u32) -> f32 {
    f32::from_bits(rank(value).to_bits() & !LAST | (LAST - place))
}

/// Where the number of the largest magnitude stands.
#[inline(always)]
fn largest(row: &[f32]) -> usize {
    let mut most = [0.0; LANES];
    let mut places: [u32; LANES] = std::array::from_fn(|lane| lane as u32);
    for values in row.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            most[lane] = larger(most[lane], claim(values[lane], places[lane]));
        }
        for place in &mut places {
            *place += LANES as u32;
        }
    }
    (LAST - (joined(most, larger).to_bits() & LAST)) as usize
}

/// Raises `ranks` to those of the numbers in `row`.
#[inline(always)]
pub(super) fn raise(ranks: &mut [f32; LANES], row: &[f32]) {
    let mut most = *ranks;
    for values in row.as_chunks::<LANES>().0 {
        for (lane, value) in most.iter_mut().zip(values) {
            *lane = larger(*lane, rank(*value));
        }
    }
    *ranks = most;
}

/// The largest magnitude behind `ranks`, the lost bit rounded up; not finite if one of the numbers was not.
pub(super) fn magnitude(ranks: [f32; LANES]) -> f32 {
    f32::from_bits(joined(ranks, larger).to_bits() << 1 | 1)
}

/// Rounds `row × scale`, of magnitudes below 2^15, to 16 bits.
#[inline(always)]
pub(super) fn fix(row: &[f32], scale: f32, fixed: &mut [i16]) {
    for (fixed, value) in fixed.iter_mut().zip(row) {
        *fixed = (*value * scale + ROUND).to_bits() as i16;
    }
}

/// Softmax of `row` / log₂ e as 16 bits that add up to about 2^15; the last lanes may be filled up with −∞.
#[inline(always)]
pub(super) fn softmax_int16<const FUSES: bool>(row: &mut [f32], shares: &mut [i16]) {
    let most = reduce(row, f32::NEG_INFINITY, larger, larger);
    for value in row.iter_mut() {
        *value = near_exp2::<FUSES>(*value - most);
    }
    fix(row, f32::from(i16::MAX) / sum(row), shares);
}

/// Lays out up to 16 rows of `width` numbers, `stride` apart, as one panel `[width / 2, LANES, 2]`.
///
/// Pair by pair: shuffles of whole squares are no faster, as the compiler takes them through memory.
#[inline(always)]
pub(super) fn panel_of_rows(rows: &[i16], stride: usize, width: usize, panel: &mut [i16]) {
    let steps = panel.as_chunks_mut::<2>().0.as_chunks_mut::<LANES>().0;
    for (lane, row) in rows.chunks(stride).take(LANES).enumerate() {
        for (step, pair) in steps.iter_mut().zip(row[..width].as_chunks::<2>().0) {
            step[lane] = *pair;
        }
    }
}

/// Lays out 16 columns of rows `stride` apart as one panel `[rows / 2, LANES, 2]`.
#[inline(always)]
pub(super) fn panel_of_columns(rows: &[i16], stride: usize, panel: &mut [i16]) {
    for (step, rows) in panel.as_chunks_mut::<{ 2 * LANES }>().0.iter_mut().zip(rows.chunks(2 * stride)) {
        let (upper, lower) = (&rows[..LANES], &rows[stride..stride + LANES]);
        for (lane, numbers) in step.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            *numbers = [upper[lane], lower[lane]];
        }
    }
}

/// Rounds numbers to bf16, their upper half, ties to even; NaN stays NaN.
#[inline(always)]
pub(super) fn shorten(row: &[f32], short: &mut [u16]) {
    for (short, value) in short.iter_mut().zip(row) {
        let bits = value.to_bits();
        let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
        *short = if value.is_nan() { 0x7fc0 } else { rounded as u16 };
    }
}

/// GELU in the erf form, in place.
#[inline(always)]
pub(super) fn gelu<const FUSES: bool>(values: &mut [f32]) {
    for value in values {
        let half = 0.5 * *value;
        *value = fused::<FUSES>(half, erf::<FUSES>(*value * std::f32::consts::FRAC_1_SQRT_2), half);
    }
}

/// GELU with an absolute error below 2e-4 (tested), in place: for rows that are rounded to bytes next, to steps far
/// wider than that.
///
/// Φ(x) − ½ is an odd polynomial up to [`NEAR_GELU_END`]; beyond, Φ is 0 or 1.
#[inline(always)]
pub(super) fn near_gelu<const FUSES: bool>(values: &mut [f32]) {
    for value in values {
        let x = smaller(larger(*value, -NEAR_GELU_END), NEAR_GELU_END);
        *value *= fused::<FUSES>(polynomial::<FUSES, _>(NEAR_GELU, x * x), x, 0.5);
    }
}

/// Softmax of `scale × row`, in place; the last lanes may be filled up with −∞.
#[inline(always)]
pub(super) fn softmax<const FUSES: bool>(row: &mut [f32], scale: f32) {
    let most = reduce(row, f32::NEG_INFINITY, larger, larger);
    for value in row.iter_mut() {
        *value = exp::<FUSES>((*value - most) * scale);
    }
    let inverse = 1.0 / sum(row);
    for value in row {
        *value *= inverse;
    }
}

/// Adds `residual` to `row` and normalises the sum to mean 0 and variance 1, then × `weight` + `bias`.
#[inline(always)]
pub(super) fn add_norm<const FUSES: bool>(
    row: &mut [f32],
    residual: &[f32],
    weight: &[f32],
    bias: &[f32],
    eps: f32,
) {
    let length = row.len() as f32;
    for (value, residual) in row.iter_mut().zip(residual) {
        *value += residual;
    }
    let mean = sum(row) / length;
    let add_square = |sum, value| fused::<FUSES>(value - mean, value - mean, sum);
    let variance = reduce(row, 0.0, add_square, |a, b| a + b) / length;
    let scale = 1.0 / (variance + eps).sqrt();
    let shift = mean * scale;
    for ((value, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
        *value = fused::<FUSES>(fused::<FUSES>(*value, scale, -shift), *weight, *bias);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// erf in f64 by the series of positive terms, 2/√π e^(−x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!.
    fn exact_erf(x: f64) -> f64 {
        let mut term = x;
        let mut sum = x;
        for n in 1..400 {
            term *= 2.0 * x * x / (2.0 * f64::from(n) + 1.0);
            sum += term;
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp()
    }

    fn steps(from: f32, to: f32) -> impl Iterator<Item = f32> {
        (0..=20_000_u16).map(move |step| from + (to - from) * f32::from(step) / 20_000.0)
    }

    #[test]
    fn a_product_and_a_sum_are_rounded_once_with_and_without_an_instruction_for_it() {
        let mut random = Random::new(11);
        let any = |random: &mut Random| f32::from_bits(random.bits() as u32);
        let odd = [0.0, -0.0, f32::MIN_POSITIVE, 1e-45, f32::MAX, f32::INFINITY, f32::NAN, 1.0, 1.5];
        let odd =
            odd.iter().flat_map(|a| odd.iter().flat_map(|b| odd.map(|c| (*a, *b, c)))).collect::<Vec<_>>();
        let drawn = (0..100_000).map(|round| match round % 3 {
            0 => (any(&mut random), any(&mut random), any(&mut random)),
            1 => {
                let (a, b) = (any(&mut random), any(&mut random));
                (a, b, -a * b)
            }
            // Halfway between two numbers but for bits that f64 has no room for.
            _ => {
                let bits = random.below(1 << 10) as f32 * f32::EPSILON;
                let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
                ((1.0 + bits) * sign, 1.0 - bits, 16_777_216.0 + 2.0 * random.below(1 << 20) as f32)
            }
        });
        for (a, b, c) in odd.into_iter().chain(drawn) {
            let (with, without) = (fused::<true>(a, b, c), fused::<false>(a, b, c));
            assert!(with.to_bits() == without.to_bits() || with.is_nan() && without.is_nan(), "{a} {b} {c}");
        }
    }

    #[test]
    fn exp_is_within_its_error_bound() {
        for x in steps(-87.0, 88.0) {
            let exact = f64::from(x).exp();
            assert!((f64::from(exp::<true>(x)) / exact - 1.0).abs() < 2e-7, "{x}");
        }
        assert!(exp::<true>(f32::NEG_INFINITY) < 1e-37);
        assert_eq!(exp::<true>(0.0), 1.0);
    }

    #[test]
    fn erf_is_within_its_error_bound() {
        for x in steps(-6.0, 6.0) {
            let error = (f64::from(erf::<true>(x)) - exact_erf(f64::from(x))).abs();
            assert!(error < 5e-7, "{x} {error}");
        }
    }

    /// Everywhere `gelu` is off by less than `bound`.
    fn assert_is_gelu(gelu: fn(&mut [f32]), bound: f64) {
        for x in steps(-12.0, 12.0) {
            let mut values = [x; LANES];
            gelu(&mut values);
            let x = f64::from(x);
            let exact = 0.5 * x * (1.0 + exact_erf(x * std::f64::consts::FRAC_1_SQRT_2));
            assert!((f64::from(values[3]) - exact).abs() < bound, "{x} {}", values[3]);
        }
    }

    #[test]
    fn gelu_is_within_its_error_bound() {
        assert_is_gelu(gelu::<true>, 1e-6);
    }

    #[test]
    fn near_gelu_is_within_its_error_bound() {
        assert_is_gelu(near_gelu::<true>, 2e-4);
    }

    #[test]
    fn near_gelu_is_nowhere_below_its_least() {
        let mut values: Vec<f32> =
            steps(-1.0, -0.5).take(20_000).chain(steps(-12.0, 0.0).take(20_000)).collect();
        near_gelu::<true>(&mut values);
        let least = values.into_iter().fold(0.0, smaller);
        assert!((LEAST_NEAR_GELU..LEAST_NEAR_GELU + 4e-4).contains(&least), "{least}");
    }

    #[test]
    fn near_exp2_is_within_its_error_bound() {
        for x in steps(LEAST_EXPONENT, 0.0) {
            assert!((f64::from(near_exp2::<true>(x)) / f64::from(x).exp2() - 1.0).abs() < 4e-6, "{x}");
        }
        assert!(near_exp2::<true>(f32::NEG_INFINITY) < 1e-37);
        assert_eq!(near_exp2::<true>(0.0), 1.0);
    }

    #[test]
    fn rounding_is_within_half_a_step_and_keeps_zero() {
        for (from, to) in [(-3.0, 5.0), (0.0, 9.0), (-2.0, 0.0), (-0.17, 40.0), (2.0, 3.0), (0.0, 0.0)] {
            let mut row: Vec<f32> = (0..64_u8).map(|i| from + (to - from) * f32::from(i) / 63.0).collect();
            row[40] *= 30.0;
            let before = row.clone();
            let mut bytes = [0; 64];
            let Rounding { step, zero, place, apart } = round::<true>(&mut row, &mut bytes, None);
            assert_eq!(row, before);
            assert!((0..=255).contains(&zero) && i32::from(bytes[place]) == zero);
            for (index, (value, byte)) in row.iter().zip(bytes).enumerate() {
                let extra = if index == place { apart } else { 0 };
                let again = (i32::from(byte) - zero + extra) as f32 * step;
                assert!((again - value).abs() <= step * 0.501, "{from} {to} {value} {again}");
            }
        }
    }

    #[test]
    fn the_largest_number_stands_apart_and_coarsens_nothing() {
        let mut row = [1.0; 32];
        row[21] = -200.0;
        let rounding = round::<true>(&mut row, &mut [0; 32], None);
        assert_eq!((rounding.place, rounding.zero), (21, 0));
        assert!((rounding.step - 200.0 / 32_767.0).abs() < 1e-6 && rounding.apart == -32_767);
        let mut row = [0.0; 32];
        row[3] = 7.0;
        assert_eq!(round::<true>(&mut row, &mut [0; 32], None).apart, 32_767);
    }

    #[test]
    fn a_number_that_is_not_finite_makes_the_step_so() {
        for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for place in [0, 5, 31] {
                let mut row = [1.0; 32];
                row[place] = odd;
                assert!(!round::<true>(&mut row, &mut [0; 32], None).step.is_finite(), "{odd} {place}");
            }
        }
    }

    #[test]
    fn a_shortened_number_is_the_nearest() {
        let cases = [
            (1.0, 0x3f80),
            (f32::from_bits(0x3f80_8000), 0x3f80),
            (f32::from_bits(0x3f81_8000), 0x3f82),
            (f32::from_bits(0x3f80_8001), 0x3f81),
            (f32::INFINITY, 0x7f80),
            (f32::NAN, 0x7fc0),
            (-0.0, 0x8000),
        ];
        for (value, expected) in cases {
            let mut short = [0];
            shorten(&[value], &mut short);
            assert_eq!(short, [expected], "{value}");
        }
    }

    #[test]
    fn softmax_gives_nothing_to_filled_lanes() {
        let mut row = [f32::NEG_INFINITY; 32];
        for (value, index) in row.iter_mut().zip(0..20_u8) {
            *value = f32::from(index);
        }
        softmax::<true>(&mut row, 0.5);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(row[20..].iter().all(|value| *value < 1e-30));
        assert!((row[19] / row[18] - 0.5_f32.exp()).abs() < 1e-5);
    }

    #[test]
    fn add_norm_gives_mean_0_and_variance_1() {
        let mut row: Vec<f32> = (0..64_u8).map(|i| (f32::from(i) * 0.7).sin() * 3.0 + 5.0).collect();
        let residual = vec![1.0; 64];
        add_norm::<true>(&mut row, &residual, &[1.0; 64], &[0.0; 64], 1e-12);
        let mean = row.iter().sum::<f32>() / 64.0;
        let variance = row.iter().map(|value| value * value).sum::<f32>() / 64.0;
        assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-4, "{mean} {variance}");
    }
}
