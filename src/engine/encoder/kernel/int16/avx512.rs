//! 16-bit products with AVX-512 VNNI: tiles of 6 rows by up to 4 panels in 24 registers.

use std::arch::x86_64::{
    __m512i, _mm512_cvtepi32_ps, _mm512_dpwssd_epi32, _mm512_loadu_si512, _mm512_mul_ps, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_setzero_si512, _mm512_storeu_ps,
};

use super::super::starts;
use super::{LANES, PAIR, Product};

/// Rows and panels of a whole tile.
const ROWS: usize = 6;
const PANELS: usize = 4;

/// Works out a product.
///
/// # Safety
/// The product keeps its promise.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) unsafe fn multiply(product: &Product) {
    for panel in (0..product.panels).step_by(PANELS) {
        // SAFETY: the panels are among the product's.
        unsafe {
            match product.panels - panel {
                1 => rows::<1>(product, panel),
                2 => rows::<2>(product, panel),
                3 => rows::<3>(product, panel),
                _ => rows::<PANELS>(product, panel),
            }
        }
    }
}

/// # Safety
/// Panels `panel..panel + V` lie within the product.
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn rows<const V: usize>(product: &Product, panel: usize) {
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
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn tile<const R: usize, const V: usize>(product: &Product, row: usize, panel: usize) {
    let mut sums = [[_mm512_setzero_si512(); V]; R];
    // SAFETY: every offset is one that `Product` promises: a row below `rows`, a pair below `steps`, a panel below
    // `panels`.
    unsafe {
        let left = starts::<i16, R>(product.left.add(row * product.left_stride), product.left_stride);
        let right = product.right.add(panel * product.panel());
        for step in 0..product.steps {
            let mut weights: [__m512i; V] = [_mm512_setzero_si512(); V];
            for (v, weights) in weights.iter_mut().enumerate() {
                *weights = _mm512_loadu_si512(right.add(v * product.panel() + step * LANES * PAIR).cast());
            }
            for (left, sums) in left.iter().zip(&mut sums) {
                let pair = left.add(step * PAIR).cast::<i32>().read_unaligned();
                let pair = _mm512_set1_epi32(pair);
                for (sum, weights) in sums.iter_mut().zip(&weights) {
                    *sum = _mm512_dpwssd_epi32(*sum, pair, *weights);
                }
            }
        }
        let scale = _mm512_set1_ps(product.scale);
        for (r, sums) in sums.iter().enumerate() {
            let out = product.out.add((row + r) * product.out_stride + panel * LANES);
            for (v, sum) in sums.iter().enumerate() {
                _mm512_storeu_ps(out.add(v * LANES), _mm512_mul_ps(_mm512_cvtepi32_ps(*sum), scale));
            }
        }
    }
}
