//! Products of rounded activations and int8 weights, in whole numbers.
//!
//! *Takes* [`Rounded`] rows and [`Weights8`]. *Gives* f32. *Cost*: with AVX-512 VNNI 64 multiply-adds an
//! instruction.
//!
//! A row of activations is rounded to bytes with a step and a zero of its own, so that a text never depends on
//! its neighbours, and its largest number is kept apart, as a whole number of steps; a row of weights has one scale. The
//! sum over the inner dimension is a whole number, so every kernel finds the same, and what follows is one written
//! order: scale × step, times the sum plus the bias, rounded once.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod plain;

#[cfg(target_arch = "x86_64")]
use super::fours;
use super::lanes::{LEAST_NEAR_GELU, Rounding};
use super::{Kernel, Kind, LANES};
use crate::engine::encoder::aligned::Aligned;

#[cfg(target_arch = "x86_64")]
pub(super) use avx512::chains;

/// Panels of [`LANES`] outputs that lie side by side: with 6 rows they fill 24 registers of AVX-512.
const GROUP: usize = 4;

/// Inputs that one lane multiplies and adds up in one step.
const STEP: usize = 4;

/// What the high part of a sum of weights is a multiple of: it and a byte × it fit 16 bits.
const HIGH: i32 = 128;

/// Most inputs whose sum of weights fits two parts of 16 bits; the sum of byte × int8 then fits 32.
pub(in crate::engine::encoder) const MAX_INPUTS: usize = i16::MAX as usize;

/// int8 weights laid out for the kernels: groups of up to [`GROUP`] panels, in a group
/// `[inputs / STEP, panels, LANES, STEP]`.
#[derive(Debug)]
pub(in crate::engine::encoder) struct Weights8 {
    values: Aligned<i8>,
    /// Per output the sum of its weights, which the zero of a row is multiplied with, as `[low, high]`: high × [`HIGH`] +
    /// low.
    sums: Vec<[i16; 2]>,
    /// The weights once more, `[inputs, outputs]`: what the number of a row that is kept apart is multiplied with.
    columns: Aligned<i8>,
    scales: Vec<f32>,
    inputs: usize,
}

/// Rows of activations as bytes: number ≈ (byte − zero) × step, but for one of each row.
#[derive(Debug, Default)]
pub(in crate::engine::encoder) struct Rounded {
    values: Aligned<u8>,
    rows: Vec<Row>,
}

/// How a row was rounded; pairs are two numbers of 16 bits side by side, as instructions take them that multiply and add
/// up pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    step: f32,
    place: usize,
    /// −zero and −zero × [`HIGH`].
    zero: i32,
    /// The number kept apart, and 0.
    apart: i32,
}

impl From<Rounding> for Row {
    fn from(Rounding { step, zero, place, apart }: Rounding) -> Self {
        let pair = |low: i32, high: i32| i32::from(low as u16) | high << 16;
        Self { step, place, zero: pair(-zero, -zero * HIGH), apart: pair(apart, 0) }
    }
}

/// A checked product: every address that its sizes lead to lies in its slices.
struct Product {
    /// `[rows, inputs]`.
    left: *const u8,
    rounded: *const Row,
    right: *const i8,
    sums: *const [i16; 2],
    /// `[inputs, panels × LANES]`; the place of every rounding is below `inputs`.
    columns: *const i8,
    scales: *const f32,
    bias: *const f32,
    /// `[rows, panels × LANES]`.
    out: *mut f32,
    rows: usize,
    panels: usize,
    /// A multiple of [`LANES`].
    inputs: usize,
}

impl Product {
    /// The groups of panels: the first panel of each, how many it has, and where its weights start.
    fn groups(&self) -> impl Iterator<Item = (usize, usize, usize)> + use<> {
        let (panels, inputs) = (self.panels, self.inputs);
        (0..panels)
            .step_by(GROUP)
            .map(move |panel| (panel, GROUP.min(panels - panel), panel * LANES * inputs))
    }
}

impl Weights8 {
    /// Lays out rows of weights, one per output, each with a scale.
    ///
    /// # Panics
    /// If outputs or inputs are no multiple of [`LANES`], inputs are more than [`MAX_INPUTS`], or `values` are not
    /// outputs × inputs.
    pub(in crate::engine::encoder) fn pack(values: &[i8], scales: Vec<f32>, inputs: usize) -> Self {
        let outputs = scales.len();
        assert!(outputs.is_multiple_of(LANES) && inputs.is_multiple_of(LANES) && inputs <= MAX_INPUTS);
        assert_eq!(values.len(), outputs * inputs);
        let mut packed = Aligned::zeros(values.len());
        let groups = packed.chunks_mut(GROUP * LANES * inputs);
        for (group, rows) in groups.zip(values.chunks(GROUP * LANES * inputs)) {
            let width = rows.len() / inputs;
            for (output, row) in rows.chunks_exact(inputs).enumerate() {
                for (step, weights) in row.chunks_exact(STEP).enumerate() {
                    group[(step * width + output) * STEP..][..STEP].copy_from_slice(weights);
                }
            }
        }
        let sum = |row: &[i8]| row.iter().map(|value| i32::from(*value)).sum::<i32>();
        let sums = values.chunks_exact(inputs).map(|row| {
            let sum = sum(row);
            [sum.rem_euclid(HIGH) as i16, sum.div_euclid(HIGH) as i16]
        });
        Self { values: packed, sums: sums.collect(), columns: columns(values, inputs), scales, inputs }
    }
}

/// The columns of a matrix one after another: a block of rows at a time, which stays in the nearest cache.
fn columns(values: &[i8], inputs: usize) -> Aligned<i8> {
    const BLOCK: usize = 64;
    let outputs = values.len() / inputs;
    let mut columns = Aligned::zeros(values.len());
    for (block, rows) in values.chunks(BLOCK * inputs).enumerate() {
        for input in 0..inputs {
            let column = &mut columns[input * outputs + block * BLOCK..];
            for (value, row) in column.iter_mut().zip(rows.chunks_exact(inputs)) {
                *value = row[input];
            }
        }
    }
    columns
}

impl Rounded {
    /// Rounds rows of `width` numbers to bytes. A row with a number that is not finite gets a step that is not.
    pub(in crate::engine::encoder) fn set(&mut self, kernel: Kernel, rows: &mut [f32], width: usize) {
        self.clear(rows.len());
        self.push::<false>(kernel, rows, width);
    }

    /// Forgets the rows, and makes room for `numbers` in others.
    pub(in crate::engine::encoder) fn clear(&mut self, numbers: usize) {
        self.rows.clear();
        self.values.at_least(numbers);
    }

    /// Rounds rows, or GELU of them, which they then are, and puts them behind those that are here.
    ///
    /// # Panics
    /// If there is no room for them, or a row fills no whole lanes or is longer than [`MAX_INPUTS`].
    pub(in crate::engine::encoder) fn push<const GELU: bool>(
        &mut self,
        kernel: Kernel,
        rows: &mut [f32],
        width: usize,
    ) {
        assert!(width.is_multiple_of(LANES) && width <= MAX_INPUTS);
        let bytes = &mut self.values[self.rows.len() * width..][..rows.len()];
        let done = match kernel.0 {
            // SAFETY: a `Kernel` of this kind exists only where the machine has the instructions, and the lengths are
            // checked.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { fours::round::<GELU, Row>(rows, bytes, width, &mut self.rows) },
            _ => 0,
        };
        for (row, bytes) in rows[done..].chunks_exact_mut(width).zip(bytes[done..].chunks_exact_mut(width)) {
            if GELU {
                kernel.near_gelu(row);
            }
            self.rows.push(kernel.round(row, bytes, GELU.then_some(LEAST_NEAR_GELU)).into());
        }
    }
}

impl Kernel {
    /// `out = rows × weightsᵀ + bias`, for the rows rounded last.
    ///
    /// # Panics
    /// If a slice is shorter than the sizes say.
    pub(in crate::engine::encoder) fn multiply_int8(
        self,
        rows: &Rounded,
        weights: &Weights8,
        bias: &[f32],
        out: &mut [f32],
    ) {
        let (count, outputs) = (rows.rows.len(), weights.scales.len());
        assert!(rows.values.len() >= count * weights.inputs);
        assert!(rows.rows.iter().all(|row| row.place < weights.inputs));
        assert!(weights.values.len() == outputs * weights.inputs && weights.sums.len() == outputs);
        assert!(weights.columns.len() == weights.values.len());
        assert!(bias.len() == outputs && out.len() >= count * outputs);
        let product = Product {
            left: rows.values.as_ptr(),
            rounded: rows.rows.as_ptr(),
            right: weights.values.as_ptr(),
            sums: weights.sums.as_ptr(),
            columns: weights.columns.as_ptr(),
            scales: weights.scales.as_ptr(),
            bias: bias.as_ptr(),
            out: out.as_mut_ptr(),
            rows: count,
            panels: outputs / LANES,
            inputs: weights.inputs,
        };
        match self.0 {
            // SAFETY: a `Kernel` of this kind exists only where the machine has the instructions, and the
            // assertions above are what `Product` promises.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { avx512::multiply(&product) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2::multiply(&product) },
            // SAFETY: as above, without instructions of its own.
            Kind::Plain => unsafe { plain::multiply(&product) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::SIZES;
    use super::*;
    use crate::random::Random;

    /// Rows of odd numbers with a few large ones, weights over the whole range, and a bias.
    fn operands(rows: usize, inputs: usize, outputs: usize) -> (Vec<f32>, Vec<i8>, Vec<f32>, Vec<f32>) {
        let mut random = Random::new(7);
        let mut number = || random.below(2_000_001) as f32 / 1e6 - 1.0;
        let left = (0..rows * inputs).map(|index| number() * if index % 97 == 0 { 40.0 } else { 1.5 });
        let left = left.collect();
        let right = (0..outputs * inputs).map(|_| (number() * 127.4) as i8).collect();
        let scales = (0..outputs).map(|_| number().abs() / 100.0).collect();
        let bias = (0..outputs).map(|_| number()).collect();
        (left, right, scales, bias)
    }

    fn product(kernel: Kernel, left: &[f32], weights: &Weights8, bias: &[f32]) -> Vec<f32> {
        let mut rounded = Rounded::default();
        rounded.set(kernel, &mut left.to_vec(), weights.inputs);
        let mut out = vec![f32::NAN; left.len() / weights.inputs * bias.len()];
        kernel.multiply_int8(&rounded, weights, bias, &mut out);
        out
    }

    const SHAPES: [(usize, usize, usize); 5] =
        [(1, 16, 16), (5, 48, 32), (13, 64, 48), (8, 1536, 64), (20, 384, 144)];

    #[test]
    fn a_product_is_that_of_the_rounded_rows() {
        for (rows, inputs, outputs) in SHAPES.into_iter().take(SIZES) {
            let (left, right, scales, bias) = operands(rows, inputs, outputs);
            let weights = Weights8::pack(&right, scales.clone(), inputs);
            let out = product(Kernel::best(), &left, &weights, &bias);
            for row in 0..rows {
                let mut bytes = vec![0; inputs];
                let mut numbers = left[row * inputs..][..inputs].to_vec();
                let Rounding { step, zero, place, apart } =
                    Kernel::best().round(&mut numbers, &mut bytes, None);
                for output in 0..outputs {
                    let pairs = bytes.iter().zip(&right[output * inputs..]);
                    let sum: i64 = pairs
                        .take(inputs)
                        .map(|(byte, weight)| (i64::from(*byte) - i64::from(zero)) * i64::from(*weight))
                        .sum();
                    let sum = sum + i64::from(apart) * i64::from(right[output * inputs + place]);
                    let exact = (sum as f32).mul_add(scales[output] * step, bias[output]);
                    assert_eq!(out[row * outputs + output], exact, "{rows} {inputs} {outputs}");
                }
            }
        }
    }

    #[test]
    fn every_kernel_rounds_to_the_same_bytes() {
        for (count, width) in [(1, 16), (6, 48), (9, 64), (5, 192)] {
            let (rows, ..) = operands(count, width, 16);
            let of = |kernel: Kernel| {
                let mut rounded = Rounded::default();
                rounded.clear(2 * rows.len());
                rounded.push::<false>(kernel, &mut rows.clone(), width);
                let mut taken = rows.clone();
                rounded.push::<true>(kernel, &mut taken, width);
                (rounded.values[..2 * rows.len()].to_vec(), rounded.rows, taken)
            };
            for kernel in Kernel::supported() {
                assert_eq!(of(kernel), of(Kernel(Kind::Plain)), "{} {width}", kernel.name());
            }
        }
    }

    #[test]
    fn every_kernel_gives_the_same_bits() {
        for (rows, inputs, outputs) in SHAPES.into_iter().take(SIZES) {
            let (left, right, scales, bias) = operands(rows, inputs, outputs);
            let weights = Weights8::pack(&right, scales, inputs);
            let best = product(Kernel::best(), &left, &weights, &bias);
            for kernel in Kernel::supported() {
                assert_eq!(product(kernel, &left, &weights, &bias), best, "{}", kernel.name());
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes minutes")]
    fn the_largest_sum_fits() {
        let inputs = MAX_INPUTS / LANES * LANES;
        let left = vec![1.0; inputs];
        let weights = Weights8::pack(&vec![-128; LANES * inputs], vec![1.0; LANES], inputs);
        for kernel in Kernel::supported() {
            let out = product(kernel, &left, &weights, &[0.0; LANES]);
            let exact = -128.0 * inputs as f32;
            assert!(out.iter().all(|value| (value / exact - 1.0).abs() < 1e-6), "{}", kernel.name());
        }
    }

    #[test]
    #[should_panic(expected = "assertion failed")]
    fn a_short_slice_is_never_written_past_its_end() {
        let (left, right, scales, bias) = operands(3, 16, 16);
        let mut rounded = Rounded::default();
        rounded.set(Kernel::best(), &mut left.clone(), 16);
        let weights = Weights8::pack(&right, scales, 16);
        Kernel::best().multiply_int8(&rounded, &weights, &bias, &mut [0.0; 47]);
    }
}
