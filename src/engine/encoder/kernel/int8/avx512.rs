//! int8 products with AVX-512 VNNI: tiles of 6 rows by 4 panels in 24 registers.

use std::arch::x86_64::{
    __m512i, _mm_loadu_si128, _mm512_add_epi32, _mm512_add_ps, _mm512_cvtepi8_epi32, _mm512_cvtepi32_ps,
    _mm512_dpbusd_epi32, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_mul_ps, _mm512_mullo_epi32,
    _mm512_reduce_add_epi32, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_si512, _mm512_storeu_ps,
};

use super::{GROUP, LANES, Product, STEP};

/// Rows of a whole tile.
const ROWS: usize = 6;

/// Works out a product.
///
/// # Safety
/// The product keeps its promise.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) unsafe fn multiply(product: &Product) {
    for (panel, panels, from) in product.groups() {
        // SAFETY: the group is one of the product's.
        unsafe {
            match panels {
                1 => rows::<1>(product, panel, from),
                2 => rows::<2>(product, panel, from),
                3 => rows::<3>(product, panel, from),
                _ => rows::<GROUP>(product, panel, from),
            }
        }
    }
}

/// # Safety
/// A group of `V` panels that starts at `panel` has its weights at `from`.
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn rows<const V: usize>(product: &Product, panel: usize, from: usize) {
    let mut row = 0;
    while row < product.rows {
        let rows = ROWS.min(product.rows - row);
        // SAFETY: `row..row + rows` lies within the product, the rest is promised by the caller.
        unsafe {
            match rows {
                1 => tile::<1, V>(product, row, panel, from),
                2 => tile::<2, V>(product, row, panel, from),
                3 => tile::<3, V>(product, row, panel, from),
                4 => tile::<4, V>(product, row, panel, from),
                5 => tile::<5, V>(product, row, panel, from),
                _ => tile::<ROWS, V>(product, row, panel, from),
            }
        }
        row += rows;
    }
}

/// # Safety
/// Rows `row..row + R` lie within the product, and so does the group of `V` panels that starts at `panel` with its
/// weights at `from`.
// Not inlined: several tiles in one function make the compiler keep sums on the stack.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn tile<const R: usize, const V: usize>(product: &Product, row: usize, panel: usize, from: usize) {
    let mut sums = [[_mm512_setzero_si512(); V]; R];
    // SAFETY: every offset is one that `Product` promises: a row below `rows`, an input below `inputs`, a panel below
    // `panels` with `LANES` numbers.
    unsafe {
        for v in 0..V {
            let column = _mm512_loadu_si512(product.sums.add((panel + v) * LANES).cast());
            for (r, sums) in sums.iter_mut().enumerate() {
                let rounding = &*product.roundings.add(row + r);
                let place = rounding.place * product.panels * LANES + (panel + v) * LANES;
                let weights = _mm512_cvtepi8_epi32(_mm_loadu_si128(product.columns.add(place).cast()));
                let zero = _mm512_mullo_epi32(_mm512_set1_epi32(-rounding.zero), column);
                let apart = _mm512_mullo_epi32(_mm512_set1_epi32(rounding.apart), weights);
                sums[v] = _mm512_add_epi32(zero, apart);
            }
        }
        let left = product.left.add(row * product.inputs);
        let mut right = product.right.add(from);
        for input in (0..product.inputs).step_by(STEP) {
            let mut weights: [__m512i; V] = [_mm512_setzero_si512(); V];
            for (v, weights) in weights.iter_mut().enumerate() {
                *weights = _mm512_loadu_si512(right.add(v * LANES * STEP).cast());
            }
            right = right.add(V * LANES * STEP);
            for (r, sums) in sums.iter_mut().enumerate() {
                let bytes = left.add(r * product.inputs + input).cast::<i32>().read_unaligned();
                let bytes = _mm512_set1_epi32(bytes);
                for (sum, weights) in sums.iter_mut().zip(&weights) {
                    *sum = _mm512_dpbusd_epi32(*sum, bytes, *weights);
                }
            }
        }
        let out = product.out.add(row * product.panels * LANES);
        for v in 0..V {
            let scales = _mm512_loadu_ps(product.scales.add((panel + v) * LANES));
            let bias = _mm512_loadu_ps(product.bias.add((panel + v) * LANES));
            for (r, sums) in sums.iter().enumerate() {
                let scales = _mm512_mul_ps(scales, _mm512_set1_ps((*product.roundings.add(row + r)).step));
                let value = _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums[v]), scales), bias);
                _mm512_storeu_ps(out.add((r * product.panels + panel + v) * LANES), value);
            }
        }
    }
}

/// Chains of multiply-adds for [`super::Kernel::peak_int8`]: how many, and their sum.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(in super::super) fn chains(rounds: u32) -> (usize, i32) {
    let mut sums = [_mm512_set1_epi32(1); 24];
    let bytes = _mm512_set1_epi32(std::hint::black_box(0x0102_0304));
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm512_dpbusd_epi32(*sum, bytes, bytes);
        }
    }
    let mut total = 0_i32;
    for sum in sums {
        total = total.wrapping_add(_mm512_reduce_add_epi32(sum));
    }
    (24 * LANES * STEP, total)
}
