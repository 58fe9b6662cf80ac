//! The kernel for AVX2 with fused multiply-add: tiles of 6 rows by one panel in 12 registers.

use std::arch::x86_64::{
    _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
};

use super::Product;
use crate::models::LANES;

/// Rows of a whole tile.
const ROWS: usize = 6;

/// Registers of a panel.
const HALVES: usize = 2;
const WIDTH: usize = LANES / HALVES;

/// Steps of the inner dimension worked through before the next tile, so that a panel stays in the
/// nearest cache. A sum is stored and taken up again between blocks, which does not change its bits.
const BLOCK: usize = 384;

/// Multiplication and addition are one instruction.
const FUSES: bool = true;

super::compiled!(#[target_feature(enable = "avx2,fma")]);
super::compiled_but_for_avx512!(#[target_feature(enable = "avx2,fma")]);

/// Works out a product.
///
/// # Safety
/// The product keeps its promise.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn multiply(product: &Product) {
    let mut from = 0;
    while from < product.inner {
        let steps = BLOCK.min(product.inner - from);
        for panel in 0..product.panels {
            // SAFETY: the panel and the steps lie within the product.
            unsafe { rows(product, panel, from, steps) };
        }
        from += steps;
    }
}

/// # Safety
/// `panel` and steps `from..from + steps` lie within the product.
#[target_feature(enable = "avx2,fma")]
unsafe fn rows(product: &Product, panel: usize, from: usize, steps: usize) {
    let mut row = 0;
    while row < product.rows {
        let rows = ROWS.min(product.rows - row);
        // SAFETY: `row..row + rows` lies within the product, the rest is promised by the caller.
        unsafe {
            match rows {
                1 => tile::<1>(product, row, panel, from, steps),
                2 => tile::<2>(product, row, panel, from, steps),
                3 => tile::<3>(product, row, panel, from, steps),
                4 => tile::<4>(product, row, panel, from, steps),
                5 => tile::<5>(product, row, panel, from, steps),
                _ => tile::<ROWS>(product, row, panel, from, steps),
            }
        }
        row += rows;
    }
}

/// # Safety
/// Rows `row..row + R`, `panel` and steps `from..from + steps` lie within the product.
// Not inlined: several tiles in one function make the compiler keep sums on the stack.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
unsafe fn tile<const R: usize>(product: &Product, row: usize, panel: usize, from: usize, steps: usize) {
    let mut sums = [[_mm256_setzero_ps(); HALVES]; R];
    // SAFETY: every offset is one that `Product` promises: a row below `rows`, a step below `inner`, a
    // panel below `panels`, [`LANES`] numbers at each.
    unsafe {
        let out = product.out.add(row * product.out_stride + panel * LANES);
        if from > 0 {
            for (r, sums) in sums.iter_mut().enumerate() {
                for (half, sum) in sums.iter_mut().enumerate() {
                    *sum = _mm256_loadu_ps(out.add(r * product.out_stride + half * WIDTH));
                }
            }
        }
        let left = product.left.add(row * product.left_stride + from);
        let right = product.right.add(panel * product.panel_stride + from * product.row_stride);
        for k in 0..steps {
            let lanes = right.add(k * product.row_stride);
            let lanes = [_mm256_loadu_ps(lanes), _mm256_loadu_ps(lanes.add(WIDTH))];
            for (r, sums) in sums.iter_mut().enumerate() {
                let value = _mm256_set1_ps(*left.add(r * product.left_stride + k));
                for (sum, lanes) in sums.iter_mut().zip(&lanes) {
                    *sum = _mm256_fmadd_ps(value, *lanes, *sum);
                }
            }
        }
        if from + steps == product.inner && !product.bias.is_null() {
            let bias = product.bias.add(panel * LANES);
            for half in 0..HALVES {
                let bias = _mm256_loadu_ps(bias.add(half * WIDTH));
                for sums in &mut sums {
                    sums[half] = _mm256_add_ps(sums[half], bias);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            for (half, sum) in sums.iter().enumerate() {
                _mm256_storeu_ps(out.add(r * product.out_stride + half * WIDTH), *sum);
            }
        }
    }
}

/// Chains of multiply-adds for [`super::Kernel::peak`]: how many, and their sum.
#[target_feature(enable = "avx2,fma")]
pub(super) fn chains(rounds: u32) -> (usize, f32) {
    let mut sums = [_mm256_set1_ps(1.0); 12];
    let factor = _mm256_set1_ps(std::hint::black_box(0.999_999));
    let addend = _mm256_set1_ps(std::hint::black_box(1e-6));
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm256_fmadd_ps(*sum, factor, addend);
        }
    }
    let mut total = 0.0;
    for sum in sums {
        let mut lanes = [0.0; WIDTH];
        // SAFETY: the array has the room of a register.
        unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), sum) };
        total += lanes.iter().sum::<f32>();
    }
    (12 * WIDTH, total)
}
