//! int8 products with AVX2: tiles of 2 rows by one panel, in 16-bit pairs.
//!
//! The instruction for bytes, `maddubs`, saturates in silence at 16 bits; widened first, nothing is lost.

use std::arch::x86_64::{
    __m256i, _mm_loadl_epi64, _mm_loadu_si128, _mm_set1_epi32, _mm256_add_epi32, _mm256_cvtepi8_epi16,
    _mm256_cvtepi8_epi32, _mm256_cvtepi32_ps, _mm256_cvtepu8_epi16, _mm256_fmadd_ps, _mm256_hadd_epi32,
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_mul_ps, _mm256_permute4x64_epi64,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256, _mm256_storeu_ps,
};

use super::{LANES, Product, STEP};

/// Rows of a whole tile.
const ROWS: usize = 2;

/// Registers that hold the sums of a panel, two per output.
const QUARTERS: usize = 4;

/// Outputs of a register of f32.
const WIDTH: usize = LANES / 2;

/// Works out a product.
///
/// # Safety
/// The product keeps its promise.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn multiply(product: &Product) {
    for (first, panels, from) in product.groups() {
        for index in 0..panels {
            let weights = (from + index * LANES * STEP, panels * LANES * STEP);
            let whole = product.rows - product.rows % ROWS;
            for row in (0..whole).step_by(ROWS) {
                // SAFETY: the rows and the panel are within the product.
                unsafe { tile::<ROWS>(product, row, first + index, weights) };
            }
            for row in whole..product.rows {
                // SAFETY: as above with one row.
                unsafe { tile::<1>(product, row, first + index, weights) };
            }
        }
    }
}

/// # Safety
/// Rows `row..row + R` and `panel` lie within the product; the weights of the panel start at `from` and lie `stride`
/// apart.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
unsafe fn tile<const R: usize>(product: &Product, row: usize, panel: usize, (from, stride): (usize, usize)) {
    let mut sums = [[_mm256_setzero_si256(); QUARTERS]; R];
    // SAFETY: every offset is one that `Product` promises: a row below `rows`, an input below `inputs`, a panel below
    // `panels` with `LANES` numbers.
    unsafe {
        let left = product.left.add(row * product.inputs);
        let right = product.right.add(from);
        for step in 0..product.inputs / STEP {
            let mut weights: [__m256i; QUARTERS] = [_mm256_setzero_si256(); QUARTERS];
            for (quarter, weights) in weights.iter_mut().enumerate() {
                let bytes = _mm_loadu_si128(right.add(step * stride + quarter * 16).cast());
                *weights = _mm256_cvtepi8_epi16(bytes);
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let bytes = left.add(r * product.inputs + step * STEP).cast::<i32>().read_unaligned();
                let bytes = _mm256_cvtepu8_epi16(_mm_set1_epi32(bytes));
                for (sum, weights) in sums.iter_mut().zip(&weights) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(bytes, *weights));
                }
            }
        }
        for half in 0..2 {
            let column = panel * LANES + half * WIDTH;
            let totals = _mm256_loadu_si256(product.sums.add(column).cast());
            let scales = _mm256_loadu_ps(product.scales.add(column));
            let bias = _mm256_loadu_ps(product.bias.add(column));
            for (r, sums) in sums.iter().enumerate() {
                // Pairs added up lie as outputs 0 1 4 5 2 3 6 7.
                let pairs = _mm256_hadd_epi32(sums[2 * half], sums[2 * half + 1]);
                let sum = _mm256_permute4x64_epi64::<0b11_01_10_00>(pairs);
                let rounded = &*product.rounded.add(row + r);
                let zero = _mm256_madd_epi16(_mm256_set1_epi32(rounded.zero), totals);
                let place = rounded.place * product.panels * LANES + column;
                let weights = _mm256_cvtepi8_epi32(_mm_loadl_epi64(product.columns.add(place).cast()));
                let apart = _mm256_madd_epi16(_mm256_set1_epi32(rounded.apart), weights);
                let sum = _mm256_add_epi32(_mm256_add_epi32(sum, zero), apart);
                let scales = _mm256_mul_ps(scales, _mm256_set1_ps(rounded.step));
                let out = product.out.add((row + r) * product.panels * LANES + column);
                _mm256_storeu_ps(out, _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), scales, bias));
            }
        }
    }
}
