//! The kernel for AVX-512: tiles of 12 rows by 2 panels in 24 registers.

use std::arch::x86_64::{
    __m512, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_reduce_add_ps, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_storeu_ps,
};

use super::{Product, starts};
use crate::models::LANES;

/// Rows and panels of a whole tile.
const ROWS: usize = 12;
const PANELS: usize = 2;

/// Steps of the inner dimension worked through before the next tile, so that a panel stays in the
/// nearest cache. A sum is stored and taken up again between blocks, which does not change its bits.
const BLOCK: usize = 384;

pub(super) use super::int16::{fix, panel_of_rows, raise};
super::compiled!(#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]);

/// Works out a product.
///
/// # Safety
/// The product keeps its promise.
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
pub(super) unsafe fn multiply(product: &Product) {
    let mut from = 0;
    while from < product.inner {
        let steps = BLOCK.min(product.inner - from);
        let mut panel = 0;
        while panel < product.panels {
            let panels = PANELS.min(product.panels - panel);
            // SAFETY: the panels and the steps lie within the product.
            unsafe {
                match panels {
                    PANELS => rows::<PANELS>(product, panel, from, steps),
                    _ => rows::<1>(product, panel, from, steps),
                }
            }
            panel += panels;
        }
        from += steps;
    }
}

/// # Safety
/// Panels `panel..panel + V` and steps `from..from + steps` lie within the product.
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn rows<const V: usize>(product: &Product, panel: usize, from: usize, steps: usize) {
    let mut row = 0;
    while row < product.rows {
        let rows = ROWS.min(product.rows - row);
        // SAFETY: `row..row + rows` lies within the product, the rest is promised by the caller.
        unsafe {
            match rows {
                1 => tile::<1, V>(product, row, panel, from, steps),
                2 => tile::<2, V>(product, row, panel, from, steps),
                3 => tile::<3, V>(product, row, panel, from, steps),
                4 => tile::<4, V>(product, row, panel, from, steps),
                5 => tile::<5, V>(product, row, panel, from, steps),
                6 => tile::<6, V>(product, row, panel, from, steps),
                7 => tile::<7, V>(product, row, panel, from, steps),
                8 => tile::<8, V>(product, row, panel, from, steps),
                9 => tile::<9, V>(product, row, panel, from, steps),
                10 => tile::<10, V>(product, row, panel, from, steps),
                11 => tile::<11, V>(product, row, panel, from, steps),
                _ => tile::<ROWS, V>(product, row, panel, from, steps),
            }
        }
        row += rows;
    }
}

/// # Safety
/// Rows `row..row + R`, panels `panel..panel + V` and steps `from..from + steps` lie within the product.
// Not inlined: several tiles in one function make the compiler keep sums on the stack.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn tile<const R: usize, const V: usize>(
    product: &Product,
    row: usize,
    panel: usize,
    from: usize,
    steps: usize,
) {
    let mut sums = [[_mm512_setzero_ps(); V]; R];
    // SAFETY: every offset is one that `Product` promises: a row below `rows`, a step below `inner`, a
    // panel below `panels`, [`LANES`] numbers at each.
    unsafe {
        let out = product.out.add(row * product.out_stride + panel * LANES);
        if from > 0 {
            for (r, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = _mm512_loadu_ps(out.add(r * product.out_stride + v * LANES));
                }
            }
        }
        let left = starts::<f32, R>(product.left.add(row * product.left_stride + from), product.left_stride);
        let right = product.right.add(panel * product.panel_stride + from * product.row_stride);
        for k in 0..steps {
            let mut lanes: [__m512; V] = [_mm512_setzero_ps(); V];
            for (v, lanes) in lanes.iter_mut().enumerate() {
                *lanes = _mm512_loadu_ps(right.add(v * product.panel_stride + k * product.row_stride));
            }
            for (left, sums) in left.iter().zip(&mut sums) {
                let value = _mm512_set1_ps(*left.add(k));
                for (sum, lanes) in sums.iter_mut().zip(&lanes) {
                    *sum = _mm512_fmadd_ps(value, *lanes, *sum);
                }
            }
        }
        if from + steps == product.inner && !product.bias.is_null() {
            let mut bias = [_mm512_setzero_ps(); V];
            for (v, bias) in bias.iter_mut().enumerate() {
                *bias = _mm512_loadu_ps(product.bias.add((panel + v) * LANES));
            }
            for sums in &mut sums {
                for (sum, bias) in sums.iter_mut().zip(&bias) {
                    *sum = _mm512_add_ps(*sum, *bias);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                _mm512_storeu_ps(out.add(r * product.out_stride + v * LANES), *sum);
            }
        }
    }
}

/// Chains of multiply-adds for [`super::Kernel::peak`]: how many, and their sum.
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
pub(super) fn chains(rounds: u32) -> (usize, f32) {
    let mut sums = [_mm512_set1_ps(1.0); 24];
    let factor = _mm512_set1_ps(std::hint::black_box(0.999_999));
    let addend = _mm512_set1_ps(std::hint::black_box(1e-6));
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(*sum, factor, addend);
        }
    }
    let mut total = 0.0;
    for sum in sums {
        total += _mm512_reduce_add_ps(sum);
    }
    (24 * LANES, total)
}
