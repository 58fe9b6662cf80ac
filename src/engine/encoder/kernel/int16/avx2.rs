//! 16-bit products with AVX2: tiles of 4 rows by one panel in 8 registers.

use std::arch::x86_64::{
    _mm256_add_epi32, _mm256_cvtepi32_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_mul_ps,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256, _mm256_storeu_ps,
};

use super::{LANES, PAIR, Product};

/// Rows of a whole tile.
const ROWS: usize = 4;

/// Registers of a panel, and numbers of f32 in one.
const HALVES: usize = 2;
const WIDTH: usize = LANES / HALVES;

/// Works out a product.
///
/// # Safety
/// The product keeps its promise.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn multiply(product: &Product) {
    for panel in 0..product.panels {
        let mut row = 0;
        while row < product.rows {
            let rows = ROWS.min(product.rows - row);
            // SAFETY: the rows and the panel lie within the product.
            unsafe {
                match rows {
                    1 => tile::<1>(product, row, panel),
                    2 => tile::<2>(product, row, panel),
                    3 => tile::<3>(product, row, panel),
                    _ => tile::<ROWS>(product, row, panel),
                }
            }
            row += rows;
        }
    }
}

/// # Safety
/// Rows `row..row + R` and `panel` lie within the product.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
unsafe fn tile<const R: usize>(product: &Product, row: usize, panel: usize) {
    let mut sums = [[_mm256_setzero_si256(); HALVES]; R];
    // SAFETY: every offset is one that `Product` promises: a row below `rows`, a pair below `steps`, a panel below
    // `panels`.
    unsafe {
        let left = product.left.add(row * product.left_stride);
        let right = product.right.add(panel * product.panel());
        for step in 0..product.steps {
            let lanes = right.add(step * LANES * PAIR);
            let lanes =
                [_mm256_loadu_si256(lanes.cast()), _mm256_loadu_si256(lanes.add(WIDTH * PAIR).cast())];
            for (r, sums) in sums.iter_mut().enumerate() {
                let pair = left.add(r * product.left_stride + step * PAIR).cast::<i32>().read_unaligned();
                let pair = _mm256_set1_epi32(pair);
                for (sum, lanes) in sums.iter_mut().zip(&lanes) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pair, *lanes));
                }
            }
        }
        let scale = _mm256_set1_ps(product.scale);
        for (r, sums) in sums.iter().enumerate() {
            let out = product.out.add((row + r) * product.out_stride + panel * LANES);
            for (half, sum) in sums.iter().enumerate() {
                _mm256_storeu_ps(out.add(half * WIDTH), _mm256_mul_ps(_mm256_cvtepi32_ps(*sum), scale));
            }
        }
    }
}
