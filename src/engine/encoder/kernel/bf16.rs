//! Products of bf16, f32 with 8 bits of mantissa, summed up in f32: where the chip has instructions for them.
//!
//! *Takes* rows and [`WeightsBf16`]. *Gives* f32. *Cost*: 32 multiply-adds an instruction.

use std::arch::x86_64::{
    __m512bh, __m512i, _mm512_add_ps, _mm512_dpbf16_ps, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_set1_epi32, _mm512_setzero_ps, _mm512_setzero_si512, _mm512_storeu_ps,
};

use super::{Kernel, LANES, lanes};
use crate::engine::encoder::aligned::Aligned;

/// Numbers that one lane multiplies and adds up in one step.
const PAIR: usize = 2;

/// Rows and panels of a whole tile.
const ROWS: usize = 6;
const PANELS: usize = 4;

/// Weights `[panels, inputs / PAIR, LANES, PAIR]`.
#[derive(Debug)]
pub(in crate::engine::encoder) struct WeightsBf16 {
    values: Aligned<u16>,
    outputs: usize,
    inputs: usize,
}

/// A checked product: every address that its sizes lead to lies in its slices.
struct Product {
    /// `[rows, inputs]`
    left: *const u16,
    right: *const u16,
    bias: *const f32,
    /// `[rows, panels × LANES]`
    out: *mut f32,
    rows: usize,
    panels: usize,
    inputs: usize,
}

impl Kernel {
    /// `out = rows × weightsᵀ + bias`; `rounded` is room for the rows in bf16.
    ///
    /// # Panics
    /// If a slice is shorter than the sizes say.
    pub(in crate::engine::encoder) fn multiply_bf16(
        self,
        rows: &[f32],
        weights: &WeightsBf16,
        bias: &[f32],
        rounded: &mut Aligned<u16>,
        out: &mut [f32],
    ) {
        let WeightsBf16 { values, outputs, inputs } = weights;
        let count = rows.len() / inputs;
        assert!(self.has_bf16() && values.len() == outputs * inputs);
        assert!(bias.len() == *outputs && out.len() >= count * outputs);
        let left = rounded.at_least(rows.len());
        // SAFETY: the machine has the instructions.
        unsafe { shorten(rows, left) };
        let product = Product {
            left: left.as_ptr(),
            right: values.as_ptr(),
            bias: bias.as_ptr(),
            out: out.as_mut_ptr(),
            rows: count,
            panels: outputs / LANES,
            inputs: *inputs,
        };
        // SAFETY: the machine has the instructions, and the assertions are what `Product` promises.
        unsafe { multiply(&product) };
    }
}

impl WeightsBf16 {
    /// Lays out weights `[outputs, inputs]`, row by row.
    ///
    /// # Panics
    /// If outputs are no multiple of [`LANES`] or inputs none of [`PAIR`].
    pub(in crate::engine::encoder) fn pack(
        outputs: usize,
        inputs: usize,
        mut write_row: impl FnMut(usize, &mut [f32]),
    ) -> Self {
        assert!(outputs.is_multiple_of(LANES) && inputs.is_multiple_of(PAIR));
        let mut values = Aligned::zeros(outputs * inputs);
        let (mut row, mut short) = (vec![0.0; inputs], vec![0; inputs]);
        for output in 0..outputs {
            write_row(output, &mut row);
            lanes::shorten(&row, &mut short);
            let panel = &mut values[output / LANES * LANES * inputs..];
            for (step, pair) in short.chunks_exact(PAIR).enumerate() {
                panel[(step * LANES + output % LANES) * PAIR..][..PAIR].copy_from_slice(pair);
            }
        }
        Self { values, outputs, inputs }
    }
}

/// See [`lanes::shorten`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn shorten(row: &[f32], short: &mut [u16]) {
    lanes::shorten(row, short);
}

/// # Safety
/// The product keeps its promise.
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn multiply(product: &Product) {
    for panel in (0..product.panels).step_by(PANELS) {
        // SAFETY: the panels are among the product's.
        unsafe {
            match product.panels - panel {
                1 => tiles::<1>(product, panel),
                2 => tiles::<2>(product, panel),
                3 => tiles::<3>(product, panel),
                _ => tiles::<PANELS>(product, panel),
            }
        }
    }
}

/// # Safety
/// Panels `panel..panel + V` lie within the product.
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn tiles<const V: usize>(product: &Product, panel: usize) {
    let mut row = 0;
    while row < product.rows {
        let rows = ROWS.min(product.rows - row);
        // SAFETY: `row..row + rows` lies within the product, the rest is promised by the caller.
        unsafe {
            match rows {
                1 => tile::<1, V>(product, row, panel),
                2 => tile::<2, V>(product, row, panel),
                3 => tile::<3, V>(product, row, panel),
                4 => tile::<4, V>(product, row, panel),
                5 => tile::<5, V>(product, row, panel),
                _ => tile::<ROWS, V>(product, row, panel),
            }
        }
        row += rows;
    }
}

/// # Safety
/// Rows `row..row + R` and panels `panel..panel + V` lie within the product.
// Not inlined: several tiles in one function make the compiler keep sums on the stack.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn tile<const R: usize, const V: usize>(product: &Product, row: usize, panel: usize) {
    let mut sums = [[_mm512_setzero_ps(); V]; R];
    // SAFETY: every offset is one that `Product` promises: a row below `rows`, an input below `inputs`, a panel below
    // `panels` with `LANES` numbers. A register of whole numbers and one of bf16 hold any bits.
    unsafe {
        let bf16 = |bits: __m512i| std::mem::transmute::<__m512i, __m512bh>(bits);
        let left = product.left.add(row * product.inputs);
        let right = product.right.add(panel * LANES * product.inputs);
        for input in (0..product.inputs).step_by(PAIR) {
            let mut weights = [_mm512_setzero_si512(); V];
            for (v, weights) in weights.iter_mut().enumerate() {
                let place = v * LANES * product.inputs + input * LANES;
                *weights = _mm512_loadu_si512(right.add(place).cast());
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let pair = left.add(r * product.inputs + input).cast::<i32>().read_unaligned();
                let pair = bf16(_mm512_set1_epi32(pair));
                for (sum, weights) in sums.iter_mut().zip(&weights) {
                    *sum = _mm512_dpbf16_ps(*sum, pair, bf16(*weights));
                }
            }
        }
        for v in 0..V {
            let column = (panel + v) * LANES;
            let bias = _mm512_loadu_ps(product.bias.add(column));
            for (r, sums) in sums.iter().enumerate() {
                let out = product.out.add((row + r) * product.panels * LANES + column);
                _mm512_storeu_ps(out, _mm512_add_ps(sums[v], bias));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::SIZES;
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_product_is_that_of_the_shortened_numbers() {
        if !Kernel::best().has_bf16() {
            return;
        }
        let mut random = Random::new(5);
        for (rows, inputs, outputs) in
            [(1, 16, 16), (5, 48, 32), (13, 64, 48), (20, 384, 144)].into_iter().take(SIZES)
        {
            let mut numbers = |count: usize| -> Vec<f32> {
                (0..count).map(|_| random.below(2_000_001) as f32 / 1e6 - 1.0).collect()
            };
            let (left, right, bias) = (numbers(rows * inputs), numbers(outputs * inputs), numbers(outputs));
            let weights = WeightsBf16::pack(outputs, inputs, |output, row| {
                row.copy_from_slice(&right[output * inputs..][..inputs]);
            });
            let mut out = vec![f32::NAN; rows * outputs];
            Kernel::best().multiply_bf16(&left, &weights, &bias, &mut Aligned::default(), &mut out);
            let short = |value: f32| {
                let mut bits = [0];
                lanes::shorten(&[value], &mut bits);
                f64::from(f32::from_bits(u32::from(bits[0]) << 16))
            };
            for row in 0..rows {
                for output in 0..outputs {
                    let pairs = left[row * inputs..].iter().zip(&right[output * inputs..]).take(inputs);
                    let sum: f64 = pairs.map(|(left, right)| short(*left) * short(*right)).sum();
                    let exact = sum + f64::from(bias[output]);
                    assert!((f64::from(out[row * outputs + output]) - exact).abs() < 1e-4, "{row} {output}");
                }
            }
        }
    }
}
