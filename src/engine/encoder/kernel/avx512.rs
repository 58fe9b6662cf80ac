//! The kernel for AVX-512: tiles of 6 rows by 4 panels in 24 registers.

use std::arch::x86_64::{
    __m512, _MM_HINT_T1, _mm512_add_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_reduce_add_ps,
    _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
};

use super::{Product, prefetch, starts};
use crate::models::LANES;

/// Rows and panels of a whole tile.
const ROWS: usize = 6;
const PANELS: usize = 4;

/// Steps of the inner dimension worked through before the next block, so that the panels stay in the
/// nearest cache. A sum is stored and taken up again between blocks, which does not change its bits.
const BLOCK: usize = 96;

/// Steps between two looks at the end.
const UNROLL: usize = 4;

/// Tiles that share in having the next block fetched: half a panel each.
const SHARES: usize = 2 * PANELS;

/// Multiplication and addition are one instruction.
const FUSES: bool = true;

pub(super) use super::int16::{fix, panel_of_rows, raise};
super::compiled!(#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]);

/// Works out a product.
///
/// # Safety
/// The product keeps its promise.
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
pub(super) unsafe fn multiply(product: &Product) {
    for panel in (0..product.panels).step_by(PANELS) {
        // SAFETY: the panels lie within the product.
        unsafe {
            match product.panels - panel {
                1 => blocks::<1>(product, panel),
                2 => blocks::<2>(product, panel),
                3 => blocks::<3>(product, panel),
                _ => blocks::<PANELS>(product, panel),
            }
        }
    }
}

/// # Safety
/// Panels `panel..panel + V` lie within the product.
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn blocks<const V: usize>(product: &Product, panel: usize) {
    for from in (0..product.inner).step_by(BLOCK) {
        let block = Block { panel, from, steps: BLOCK.min(product.inner - from) };
        let next = if from + BLOCK < product.inner {
            panel * product.panel_stride + (from + BLOCK) * product.row_stride
        } else if panel + V < product.panels {
            (panel + V) * product.panel_stride
        } else {
            panel * product.panel_stride
        };
        for row in (0..product.rows).step_by(ROWS) {
            let share = row / ROWS % SHARES;
            let (of_panel, half) = (share / 2 * product.panel_stride, share % 2 * (BLOCK / 2));
            let ahead = product.right.wrapping_add(next + of_panel + half * product.row_stride);
            // SAFETY: the rows, the panels and the block lie within the product.
            unsafe {
                match product.rows - row {
                    1 => tile::<1, V>(product, row, &block, ahead),
                    2 => tile::<2, V>(product, row, &block, ahead),
                    3 => tile::<3, V>(product, row, &block, ahead),
                    4 => tile::<4, V>(product, row, &block, ahead),
                    5 => tile::<5, V>(product, row, &block, ahead),
                    _ => tile::<ROWS, V>(product, row, &block, ahead),
                }
            }
        }
    }
}

/// Part of the inner dimension of some panels.
struct Block {
    panel: usize,
    from: usize,
    steps: usize,
}

/// # Safety
/// Rows `row..row + R`, `V` panels from that of the block on and its steps lie within the product. What lies from `ahead` on
/// is fetched meanwhile.
// Not inlined: several tiles in one function make the compiler keep sums on the stack.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn tile<const R: usize, const V: usize>(
    product: &Product,
    row: usize,
    block: &Block,
    ahead: *const f32,
) {
    let Block { panel, from, steps } = *block;
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
        let whole = steps / UNROLL * UNROLL;
        for k in (0..whole).step_by(UNROLL) {
            for step in (k / 2)..(k + UNROLL) / 2 {
                prefetch::<_MM_HINT_T1, _>(ahead.wrapping_add(step * product.row_stride));
            }
            for k in k..k + UNROLL {
                add_up(&mut sums, &left, right, k, product);
            }
        }
        for k in whole..steps {
            add_up(&mut sums, &left, right, k, product);
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

/// Adds the products of step `k` to the sums of a tile.
///
/// # Safety
/// Step `k` lies within the rows that start at `left` and the panels that start at `right`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl")]
unsafe fn add_up<const R: usize, const V: usize>(
    sums: &mut [[__m512; V]; R],
    left: &[*const f32; R],
    right: *const f32,
    k: usize,
    product: &Product,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut lanes: [__m512; V] = [_mm512_setzero_ps(); V];
        for (v, lanes) in lanes.iter_mut().enumerate() {
            *lanes = _mm512_loadu_ps(right.add(v * product.panel_stride + k * product.row_stride));
        }
        for (left, sums) in left.iter().zip(sums) {
            let value = _mm512_set1_ps(*left.add(k));
            for (sum, lanes) in sums.iter_mut().zip(&lanes) {
                *sum = _mm512_fmadd_ps(value, *lanes, *sum);
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
